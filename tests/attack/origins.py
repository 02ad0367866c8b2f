"""A client gets bytes that the origin sent for its own request, or for one that asked for the same, or an answer that Larder
made, or a visibly broken one: never what was sent for somebody else.

Every answer of the origin names the target that it was made for, and the user that the origin takes the connection for. Some
are odd (oddities.py), some come with bytes behind them, at once or while the connection is at rest; some requests have content
that the origin does not read, but takes for a request. Clients in parallel share few connections to it."""
import re
import threading

from oddities import ODDITIES
from trial import Larder, Origin, Peer, Response, later, layers, strategy

CLIENTS, REQUESTS = 4, 60
MARK = re.compile(r"<(/[^>]*)>")
USER = re.compile(r"user-(\w+)")


class OddOrigin(Origin):
    """What it does is in the target: /odd/NAME/..., /late/..., /lazy/...; else it is honest. Authorization of the kind that
    is bound to a connection (Negotiate) makes the connection that user's."""

    def __init__(self):
        super().__init__()
        self.users, self.said_more = {}, threading.Semaphore(0)
        self.fallback = self.answer

    def body(self, request, stream):
        if request.target.startswith("/lazy/"):
            return b""  # and what is there is read as a request
        return Origin.body(request, stream)

    def answer(self, request):
        if (request["Authorization"] or "").startswith("Negotiate "):
            self.users[request.connection] = request["Authorization"].split()[1]
        user = self.users.get(request.connection)
        mark = f"<{request.target}>" + (f" user-{user}" if user else "")
        kind, name = request.target.split("/")[1:3]
        if kind == "odd":
            bare = mark.encode()
            whole = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n%s" % (len(bare), bare)
            return Response(raw=list(ODDITIES.values())[int(name)](bare, whole), close=name[-1] in "02468")
        if kind == "late":
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(mark), mark.encode())
            request.connection.sendall(answer)
            pause(0.005)
            request.connection.sendall(answer)
            self.said_more.release()
            return Response(raw=b"")
        return Response(mark, "Cache-Control: max-age=60" if kind == "kept" else "Cache-Control: no-store", chunked=kind == "kept" and "7" in name)


def pause(seconds):
    threading.Event().wait(seconds)


def plan(trial, client):
    """What a client asks, in turn: (target, fields, more, user)."""
    chance, asked = trial.chance, []
    for number in range(REQUESTS):
        kind = chance.choices(["plain", "kept", "odd", "lazy"], [40, 20, 30, 5])[0]
        which = chance.randrange(len(ODDITIES)) if kind == "odd" else number
        target = f"/kept/{chance.randrange(8)}" if kind == "kept" else f"/{kind}/{which}/{client}-{number}"
        fields, more, user = [], {"method": chance.choices(["GET", "HEAD", "POST", "QUERY"], [12, 2, 3, 1])[0]}, None
        if more["method"] in ("POST", "QUERY"):
            more["body"] = "x" * chance.choice([1, 40, 5000])
            fields.append("Content-Type: text/plain")
        elif kind == "lazy":
            more = {"method": chance.choice(["GET", "POST"]), "body": f"GET /lazy/{which}/{client}-{number}/smuggled HTTP/1.1\r\nX: "}
        elif chance.random() < 0.1:
            fields.append("Range: bytes=0-5")
        if kind == "plain" and chance.random() < 0.1:
            user = f"u{client}"
            fields.append(f"Authorization: Negotiate {user}")
        asked.append((target, fields, more, user))
    return asked


def talk(trial, larder, asked):
    users = set()
    with Peer(trial, larder.address) as peer:
        for target, fields, more, user in asked:
            users |= {user} if user else set()
            said = peer.ask(target, *fields, **more)
            marks, seen = set(MARK.findall(said.body)), set(USER.findall(said.body))
            kind = list(ODDITIES)[int(target.split("/")[2])] if target.startswith("/odd/") else target.split("/")[1]
            foreign = sorted(marks - {target})
            if any("/smuggled" in mark for mark in foreign) or kind == "lazy":
                # A connection that had content is for such requests only: what has none is not answered by content.
                bare = more["method"] in ("GET", "HEAD") and "body" not in more and not fields
                trial.claim(not foreign or not bare, "content taken for a request", f"{foreign} is the answer to {target}", said)
                continue
            trial.claim(not foreign, "another's bytes", f"{foreign} is the answer to {target} ({kind})", said)
            trial.claim(seen <= users, "another's connection", f"the origin takes {sorted(users)} for {sorted(seen)}", said)
            if said.status == 200 and target.startswith(("/plain/", "/kept/")) and more["method"] == "GET" and said.reply.complete and not fields:
                trial.claim(marks == {target}, "not its bytes", f"{target} is answered without what the origin said", said)


def run(trial):
    stored_in, slowest = layers(trial, disk=0.3)
    upstream = {"max_connections": trial.chance.choice([1, 2, 8]), "first_byte_timeout": "2s", "idle_timeout": "300ms", "max_failures": 0}
    plans = [plan(trial, client) for client in range(CLIENTS)]
    with OddOrigin() as origin, Larder(origin, layers=stored_in, strategies=[strategy(cache_layer=slowest)], upstream=upstream,
                                       access_log="off") as larder:
        for reply in [later(lambda asked=asked: talk(trial, larder, asked)) for asked in plans]:
            reply()
        at_rest(trial, origin, larder)


def at_rest(trial, origin, larder):
    """Bytes that come while a connection waits in the pool are nobody's answer."""
    with Peer(trial, larder.address) as peer:
        for number in range(4):
            first = peer.ask(f"/late/{number}/x")
            origin.said_more.acquire(timeout=1)
            pause(0.02)
            target = f"/{trial.chance.choice(['plain', 'kept'])}/rest-{number}/x"
            second = peer.ask(target)
            trial.claim(set(MARK.findall(second.body)) == {target}, "bytes at rest", "what came behind an answer, later, is the next one", first, second)
