"""Nobody gets what was made for another user, unless the response says that it is for everybody.

The origin answers each request with the name of its user, and with random words about reuse. Users with credentials of one
kind or another, and nobody in particular, ask for the same URL: after one another, at once, for parts of it, with HEAD
before; the store may be asked again after a restart or with the origin gone. credentials.py says what the words permit."""
import re

import credentials
from trial import DISK, Gate, Larder, Origin, Peer, Response, later, layers, strategy, written

PATHS = 60
NAME = re.compile(r"user-([a-z]+)-")


class Personal:
    """A path: how its responses may be reused, and by which field its users say who they are."""

    def __init__(self, trial, number):
        self.path = f"/{number}"
        self.policy = credentials.Policy(trial.chance)
        self.field = trial.chance.choice(list(credentials.FIELDS))
        self.gate = None

    def answer(self, request):
        value = request[self.field] or ""
        user = next((name for name in ("alice", "bob", "carol") if name in value), "nobody")
        body, fields, status = f"user-{user}-" * 8, list(self.policy.lines), 200
        if (request["Range"] or "") == "bytes=0-39" and request.method == "GET":
            fields.append(f"Content-Range: bytes 0-39/{len(body)}")
            body, status = body[:40], 206
        return Response(body, *fields, status=status, head_gate=self.gate)


def ask(trial, peer, personal, user, chance_of_part=0.2):
    """A request of that user; "nobody" has no credentials."""
    fields = [] if user == "nobody" else [credentials.identity(user, personal.field)]
    fields += ["Range: bytes=0-39"] * trial.likely(chance_of_part)
    fields += [f"Connection: {personal.field}"] * (user != "nobody" and trial.likely(0.1))
    return judged(trial, personal, user, peer.ask(personal.path, *fields))


def judged(trial, personal, user, talk):
    """What nobody in particular would get is no secret."""
    found = set(NAME.findall(talk.body)) - {user, "nobody"}
    if found and not personal.policy.for_everybody(personal.field):
        trial.violation(f"{personal.field} leaks", f"{user} gets what is {', '.join(found)}'s; the origin said {personal.policy.lines}", talk)
    return talk


def run(trial):
    stored_in, slowest = layers(trial)
    paths = [Personal(trial, number) for number in range(PATHS)]
    by_path = {personal.path: personal for personal in paths}
    with Origin() as origin, Larder(origin, layers=stored_in, strategies=[strategy(cache_layer=slowest)], access_log="off",
                                    keep_address=True) as larder:
        origin.fallback = lambda request: by_path[request.target].answer(request)
        with Peer(trial, larder.address) as peer:
            for personal in paths:
                in_turn(trial, peer, personal)
            for personal in paths:
                if trial.likely(0.4):
                    at_once(trial, larder, personal)
        if slowest == DISK:
            written(larder)
            larder.kill()
            larder.start()
        with Peer(trial, larder.address) as peer:
            for personal in paths:
                ask(trial, peer, personal, trial.chance.choice(["carol", "nobody"]), 0)
            origin.stop()
            for personal in paths:
                ask(trial, peer, personal, trial.chance.choice(["carol", "nobody"]), 0)


def in_turn(trial, peer, personal):
    for user in trial.chance.choices(["alice", "bob", "nobody"], k=5):
        if trial.likely(0.1):
            peer.ask(personal.path, credentials.identity("alice", personal.field), method="HEAD")
        ask(trial, peer, personal, user)


def at_once(trial, larder, personal):
    """Three users whose requests meet while the origin takes its time; the path is one that nobody asked for before."""
    gate = personal.gate = Gate()
    users = trial.chance.sample(["alice", "bob", "carol", "nobody"], 3)

    def request(user):
        with Peer(trial, larder.address) as peer:
            fields = [] if user == "nobody" else [credentials.identity(user, personal.field)]
            return judged(trial, personal, user, peer.ask(personal.path, *fields, "Cache-Control: no-cache"))

    waiting = [later(lambda user=user: request(user)) for user in users]
    gate.waiting.acquire(timeout=0.1)
    gate.open()
    for reply in waiting:
        reply()
    personal.gate = None
