"""A response reaches another query only if it says itself, by No-Vary-Search, that the two are one: not by what another
response of the path says, and not beyond what it says. Where a strategy selects parameters, the origin sees the selected ones,
and queries that it sees alike are one.

What the origin sees of a query is asked for with the same query under another path. The draft's rules are read here once
more, apart from Larder's code."""
import urllib.parse

from trial import Larder, Origin, Peer, Response, layers, strategy

SAID = [None, None, "key-order", "params", 'params=("utm")', 'params=("utm" "b"), key-order', 'params, except=("id")', 'params, except=("id" "b"), key-order',
        "params=?0", 'params=("%75tm")', 'except=("id")', 'params=("a+b")', "params=utm", 'key-order=?0, params=("b")']
PARTS = ["id=1", "id=2", "id=%31", "id", "id=", "b=1", "b=2", "%62=1", "utm=x", "utm=y", "utm", "%75tm=z", "UTM=x", "a+b=1", "a%20b=1", "", "b=1;utm=2",
         "id=1%26b=2", "utm=x=y", "=1", "utm_a=1"]
PATHS, REQUESTS = 12, 24


def read(said):
    """(key_order, ignores) of No-Vary-Search; None: it says nothing, so that a response answers its own query alone."""
    members = {}
    for part in said.split(", "):
        name, _, value = part.partition("=")
        members[name] = value
    key_order, params, kept = members.get("key-order"), members.get("params"), members.get("except")
    flags, names = {None: False, "": True, "?0": False}, None
    if key_order not in flags or params not in flags and not params.startswith("("):
        return None
    if kept is not None and params != "":
        return None
    listed = params if params and params.startswith("(") else kept
    names = {urllib.parse.unquote_plus(name.strip('"')) for name in listed[1:-1].split()} if listed else set()
    if params in ("", None, "?0"):
        every = flags[params]
        return flags[key_order], lambda name: every and name not in names
    return flags[key_order], lambda name: name in names


def canonical(query, said):
    """What counts of a query: equal texts are one query to a response that says so."""
    rule = read(said) if said else None
    if rule is None:
        return query
    key_order, ignores = rule
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        name, value = urllib.parse.unquote_plus(name, "latin-1"), urllib.parse.unquote_plus(value, "latin-1")
        if part and not ignores(name):
            pairs.append((name, value))
    return sorted(pairs, key=lambda pair: pair[0]) if key_order else pairs


def run(trial):
    stored_in, slowest = layers(trial)
    strategies = [strategy(cache_layer=slowest), strategy("/selected/**?id&b&!utm_*", name="selected", cache_layer=slowest)]
    made = []

    def answer(request):
        said = trial.chance.choice(SAID)  # one thread asks: the order is the seed's
        made.append((request.target, said))
        return Response(f"#{len(made) - 1}", "Cache-Control: public, max-age=600", *([f"No-Vary-Search: {said}"] if said else []))

    with Origin() as origin, Larder(origin, layers=stored_in, strategies=strategies, access_log="off") as larder, Peer(trial, larder.address) as peer:
        origin.fallback = answer
        for number in range(PATHS):
            path = f"/{trial.chance.choice(['selected', 'all'])}/{number}"
            for step in range(REQUESTS):
                ask(trial, peer, made, path, f"{path}/alone-{step}")


def ask(trial, peer, made, path, alone):
    query = "?" + "&".join(trial.chance.choices(PARTS, k=trial.chance.randint(0, 4)))
    learnt, before = peer.ask(alone + query), len(made)
    talk = peer.ask(path + query)
    if talk.status != 200 or learnt.status != 200 or int(talk.body[1:]) >= before:
        return
    target, said = made[int(talk.body[1:])]
    theirs, own = target.partition("?")[2], made[int(learnt.body[1:])][0].partition("?")[2]
    trial.claim(target.partition("?")[0] == path and canonical(theirs, said) == canonical(own, said), "another query's",
                f"{path}?{own} is answered by what was made for ?{theirs} and says No-Vary-Search: {said}", talk)
