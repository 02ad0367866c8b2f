"""A client gets a stored or shared response only if the origin would have answered the client's own request alike: alike in
all that the response's Vary names and all that the strategy keys. What the origin sees of a request is what counts, so it is
asked: by the same request under another path.

The origin reads names as CGI does (`_` is `-`), numbers its answers and names one field, or two, in Vary. Larder answers
first a hostile request and then an ordinary one: behind one another, or at once, while the first waits at the origin."""
import re
import threading

import request_fields
from trial import Gate, Larder, Origin, Peer, Response, later, layers, strategy, understands

ATTACKER, VICTIM = "127.0.0.2", "127.0.0.3"
WORD, WEIGHT = re.compile(r"[a-z0-9-]+|\*"), re.compile(r"q=(0(\.\d{0,3})?|1(\.0{0,3})?)")
FRESH = "Cache-Control: public, max-age=600"


class Numbered(Origin):
    """Answers with the number of the request, and remembers each request by its number. `vary`: what Vary says of a path."""

    def __init__(self):
        super().__init__()
        self.seen, self.vary, self.gates, self.leading, self.lock = [], {}, {}, {}, threading.Lock()
        self.fallback = self.answer

    def answer(self, request):
        with self.lock:
            number = len(self.seen)
            self.seen.append(request)
        path = request.target.split("?")[0]
        gate = self.gates.get(path)
        fields = [f"Vary: {self.vary[path]}"] if self.vary.get(path) else []
        if path in self.leading:
            name, leading = self.leading[path]
            fields.append(f"{leading}: <https://{request[name]}/>")
        return Response(f"#{number}", FRESH, *fields, head_gate=gate)

    def by(self, talk):
        """The request that this answer was made for; None when the origin made it for none."""
        return self.seen[int(talk.body[1:])] if talk.status == 200 and talk.body.startswith("#") else None


def lines(request, name):
    """What the origin sees of that field: its lines, as one where the field is a list."""
    found = [value for key, value in request.fields if key.lower().replace("_", "-") == name.lower()]
    if name.lower() not in request_fields.LISTS:
        return found
    return [member for line in found for part in line.split(",") if (member := part.strip(" \t"))] if found else None


def alike(first, second, name, normalised):
    """Whether the origin cannot tell the two apart by that field."""
    one, other = lines(first, name), lines(second, name)
    if one == other:
        return True
    if not normalised or name.lower() not in ("accept-encoding", "accept-language") or one is None or other is None:
        return False
    return meaning(one, name) == meaning(other, name) is not None


def meaning(members, name):
    """Of Accept-Language the language that is preferred, which is enough; of Accept-Encoding the codings with their weights.
    None: not of the grammar, and so like nothing else."""
    weights = {}
    for member in members:
        word, *rest = (part.strip(" \t").lower() for part in member.split(";"))
        if not WORD.fullmatch(word) or len(rest) > 1 or not all(WEIGHT.fullmatch(part) for part in rest) or word in weights:
            return None
        weights[word] = float(rest[0][2:]) if rest else 1.0
    if not weights or name.lower() == "accept-encoding":
        return weights or None
    best = [word for word, weight in weights.items() if weight == max(weights.values())]
    return best[0] if len(best) == 1 else weights


class Probe:
    """A field, what an ordinary client sends of it and what a hostile one does."""

    def __init__(self, trial, number, name):
        chance = trial.chance
        self.name, self.mutation = name, chance.choice(list(request_fields.MUTATIONS))
        values = request_fields.values(chance, name)
        hostile = request_fields.MUTATIONS[self.mutation](chance, name, values)
        self.ordinary, self.hostile = [f"{name}: {value}" for value in values], [f"{key}: {value}" for key, value in hostile]
        self.named = trial.likely(0.3)
        if self.named:
            self.hostile += [f"Connection: {value}" for value in request_fields.connection(chance, name)]
        self.versions = [chance.choice(["1.1", "1.1", "1.0"]) for _ in range(2)]
        self.vary = chance.choice([name, name, name, f"X-Bar, {name.lower()}", f"{name},{name.upper()}"])
        self.at_once = trial.likely(0.15)
        self.path = f"/{number}"

    def __str__(self):
        return f"{self.name} ({self.mutation}{', named in Connection' * self.named}{', at once' * self.at_once}, HTTP/{self.versions[0]})"


def run(trial):
    stored_in, slowest = layers(trial)
    policy = trial.chance.choice([{}, {"vary": {name: "pass" for name in ("Accept-Encoding", "Accept-Language")}}])
    drop = understands("unkeyed_fields", "drop") and trial.likely(0.4)
    settings = policy | ({"unkeyed_fields": "drop"} if drop else {})
    keyed = trial.chance.sample(request_fields.KEYS, 6)
    strategies = [strategy(cache_layer=slowest, **settings), strategy("/keyed/**", name="keyed", cache_layer=slowest, key_fields=keyed, **settings)]
    with Numbered() as origin, Larder(origin, layers=stored_in, strategies=strategies, access_log="off") as larder:
        with Peer(trial, larder.address, ATTACKER) as attacker, Peer(trial, larder.address, VICTIM) as victim:
            for number, name in enumerate(request_fields.ALL):
                probe = Probe(trial, number, name)
                probe_field(trial, origin, larder, attacker, victim, probe, not policy)
            for number, name in enumerate(keyed * 3):
                probe = Probe(trial, f"keyed/{number}", name)
                probe.vary = ""
                probe_field(trial, origin, larder, attacker, victim, probe, False)
            claims(trial, origin, attacker, victim)
            reflections(trial, origin, attacker, victim)
            if drop:
                unkeyed(trial, origin, attacker, victim)


def probe_field(trial, origin, larder, attacker, victim, probe, normalised):
    """The two requests, and whether the second may be answered as it is."""
    path = probe.path
    learnt = victim.ask(path + "/alone", *probe.ordinary, version=probe.versions[1])
    own = origin.by(learnt)
    if own is None:
        return  # refused: there is nothing to be poisoned
    origin.vary[path] = probe.vary
    if probe.at_once:
        gate = origin.gates[path] = Gate()
        before = len(origin.seen)
        leader = later(lambda: attacker.ask(path, *probe.hostile, version=probe.versions[0]))
        reached = gate.waiting.acquire(timeout=0.2)
        follower = later(lambda: victim.ask(path, *probe.ordinary, version=probe.versions[1]))
        gate.waiting.acquire(timeout=0.02) if reached and len(origin.seen) == before + 1 else None
        gate.open()
        first, second = leader(), follower()
    else:
        first = attacker.ask(path, *probe.hostile, version=probe.versions[0])
        second = victim.ask(path, *probe.ordinary, version=probe.versions[1])
    made_for = origin.by(second)
    if made_for is None:
        trial.violation("refused", f"an ordinary request is refused behind a hostile one: {probe}", first, second)
        return
    if VICTIM in lines(made_for, "X-Forwarded-For"):
        made_for = own  # the origin was asked for this one
    trial.claim(alike(made_for, own, probe.name, normalised), f"poisoned by {probe.mutation}{', Connection' * probe.named}",
                f"{probe}: the origin sees {lines(own, probe.name)} of the second, which is answered by what it made of {lines(made_for, probe.name)}",
                first, second)
    if probe.name in request_fields.WRITTEN and probe.vary:
        made_for, third = origin.by(second), victim.ask(path, *probe.ordinary, version=probe.versions[1])
        trial.claim(origin.by(third) is not made_for, f"{probe.name} stored", f"a response that varies by {probe.name} is stored", second, third)


def claims(trial, origin, attacker, victim):
    """What Larder keeps from origins reaches them under no spelling: responses that reflect it would be everybody's."""
    for number, name in enumerate(request_fields.CLAIMS):
        spelt = trial.chance.choice([name, name.lower(), request_fields.odd_case(trial.chance, name), request_fields.underscored(trial.chance, name)])
        talk = attacker.ask(f"/claim/{number}", f"{spelt}: {request_fields.EVIL}", version=trial.chance.choice(["1.1", "1.0"]))
        seen = origin.by(talk)
        if seen is not None:
            trial.claim(request_fields.EVIL not in [value.lower() for value in lines(seen, name) or []], "claim passed",
                        f"{spelt} reaches the origin", talk)


def reflections(trial, origin, attacker, victim):
    """A field that leads clients somewhere, and repeats what a client sent and the key has not, leads that client alone."""
    for number, name in enumerate(request_fields.ORDINARY + request_fields.OTHER_CLAIMS):
        path = f"/leading/{number}"
        origin.leading[path] = name, trial.chance.choice(["Link", "Location", "Refresh", "Content-Security-Policy"])
        first = attacker.ask(path, f"{name}: {request_fields.EVIL}.example.net")
        second = victim.ask(path)
        trial.claim(first.status != 200 or request_fields.EVIL not in str(second.reply.fields), "reflected to others", f"{name} in {origin.leading[path][1]}",
                    first, second)


def unkeyed(trial, origin, attacker, victim):
    """With `unkeyed_fields: drop` the origin sees nothing that neither key nor Vary has, so a hit is what it would answer."""
    for number, name in enumerate(name for name in request_fields.ALL if name not in request_fields.DECLARED):
        probe = Probe(trial, f"drop/{number}", name)
        first = attacker.ask(probe.path, *probe.hostile, version=probe.versions[0])
        second = victim.ask(probe.path, *probe.ordinary, version=probe.versions[1])
        if origin.by(first) is None or origin.by(first) is not origin.by(second):
            continue
        learnt = victim.ask(probe.path + "/alone", *probe.ordinary, version=probe.versions[1])
        trial.claim(alike(origin.by(first), origin.by(learnt), name, True) or name in request_fields.WRITTEN, "unkeyed passed",
                    f"{probe} reaches the origin with a response that is stored for all", first, second)
