"""No message costs much more CPU than an ordinary one of its length: heads full of commas, names, parameters and ranges;
variants that differ at their end; content in chunks of a byte.

The process's own CPU time is compared, a request of the hostile kind with an ordinary one of the same size through the same
path. The bound is generous: what grows with the square of the length goes beyond it at once."""
import time

from trial import Larder, Origin, Peer, Response, Talk, request, sanitized, strategy
from work_messages import REQUESTS, RESPONSES, filled

# How much dearer it may be, in a build without optimisation too. Fields of responses are longer, and each is read for several
# reasons; a chunk is passed on by a write of its own. Under a sanitizer reading costs more still, and copying does not.
REQUEST_FACTOR, RESPONSE_FACTOR, CHUNK_FACTOR, SANITIZED = 12, 150, 200, 4
GRACE = 0.0001  # seconds
ENOUGH, MOST = 0.06, 120  # CPU seconds to be measured, requests at most


def cpu(pid):
    """Seconds of CPU of all its threads, by its clock (clock_getcpuclockid(3)): finer than the ticks of /proc."""
    return time.clock_gettime((~pid << 3) | 2)


class Bench:
    """A Larder of one thread, and the CPU that it takes for a request."""

    def __init__(self, trial, larder):
        self.trial, self.larder, self.number = trial, larder, 0
        self.scale = SANITIZED if sanitized(larder.process.pid) else 1

    def each(self, send):
        """CPU seconds of a send(peer, number)."""
        pid = self.larder.process.pid
        with Peer(self.trial, self.larder.address) as peer:
            send(peer, self.next())
            begin, count = cpu(pid), 0
            while count < MOST and (count < 5 or cpu(pid) - begin < ENOUGH):
                talk = send(peer, self.next())
                count += 1
            return (cpu(pid) - begin) / count, talk

    def next(self):
        self.number += 1
        return self.number

    def compare(self, name, hostile, ordinary, factor=REQUEST_FACTOR):
        plain, _ = self.each(ordinary)
        dear, talk = self.each(hostile)
        self.trial.claim(dear <= factor * self.scale * plain + GRACE, f"work: {name}",
                         f"{dear * 1e3:.3f} ms of CPU a request, an ordinary one {plain * 1e3:.3f} ms", talk)


def padded(lines):
    """Lines of unknown fields, as long."""
    return [f"X-Pad: {'y' * (len(line) - 7)}" for line in lines]


def run(trial):
    strategies = [strategy(key_cookies=["theme"], early_hints=True, canonical_json=True)]
    listeners = [{"address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.0/8"]}]
    for kind in (requests, responses, variants, bodies):
        with Origin() as origin, Larder(origin, threads=1, strategies=strategies, listeners=listeners, access_log="off") as larder:
            kind(Bench(trial, larder), origin)


def requests(bench, origin):
    """Of misses and of hits."""
    origin.on("/miss", lambda r: Response("x" * 5000, "Cache-Control: no-store"))
    origin.on("/hit", lambda r: Response("x" * 5000, "Cache-Control: public, max-age=600", 'ETag: "x"', "Last-Modified: Tue, 01 Jan 2019 00:00:00 GMT"))
    for name, (lines, more) in REQUESTS.items():
        for path in ("/miss", "/hit"):
            bench.compare(f"{name}, {path[1:]}", lambda peer, number: peer.ask(path, *lines, *more), lambda peer, number: peer.ask(path, *padded(lines), *more))
    for name, target in {"segments": "/hit" + filled("/.", 7000), "dots": filled("/a/..", 7000) + "/hit", "escapes": "/" + filled("%61", 7000)}.items():
        bench.compare(f"target of {name}", lambda peer, number: peer.ask(target), lambda peer, number: peer.ask("/hit?" + "y" * len(target)))
    origin.on("/search", lambda r: Response("x", "Cache-Control: public, max-age=600", 'No-Vary-Search: key-order, params=("utm")'))
    query = filled("a{}=b&", 7000)
    bench.compare("parameters", lambda peer, number: peer.ask(f"/search?{query}{number % 2}"),
                  lambda peer, number: peer.ask(f"/search?{'y' * len(query)}{number % 2}"))


def responses(bench, origin):
    said = []
    origin.on("/said", lambda r: Response("x", *said))
    for name, lines in RESPONSES.items():
        fresh = [] if any(line.startswith(("Cache-Control", "CDN")) for line in lines) else ["Cache-Control: max-age=600"]

        def hostile(peer, number):
            said[:] = fresh + lines
            return peer.ask(f"/said?{number}")

        def ordinary(peer, number):
            said[:] = fresh + padded(lines)
            return peer.ask(f"/said?{number}")

        bench.compare(f"{name}, response", hostile, ordinary, RESPONSE_FACTOR)


def variants(bench, origin):
    """Values that differ at their end, as many as a key may have."""
    origin.on("/varied", lambda r: Response("x", "Cache-Control: public, max-age=600", "Vary: X-Long"))
    origin.on("/single", lambda r: Response("x", "Cache-Control: public, max-age=600"))
    value = filled(",", 13_000)
    with Peer(bench.trial, bench.larder.address) as peer:
        for number in range(64):
            peer.ask("/varied", f"X-Long: {value}{number:03}")
    bench.compare("variants", lambda peer, number: peer.ask("/varied", f"X-Long: {value}000"), lambda peer, number: peer.ask("/single", f"X-Long: {value}000"))


def bodies(bench, origin):
    origin.on("/content", lambda r: Response("x", "Cache-Control: public, max-age=600"))

    def query(content, *fields):
        def send(peer, number):
            peer.send(request("/content", *fields, method="QUERY", body=content % number if b"%" in content else content))
            return talk_of(peer)
        return send

    deep = b"[" * 15_000 + b"%06d" + b"]" * 15_000
    bench.compare("deep JSON", query(deep, "Content-Type: application/json"), query(b"[" + b"1," * 15_000 + b"%06d]", "Content-Type: application/json"))
    members = b"{" + b",".join(b'"a%d":1' % i for i in range(5000)) + b"}"
    bench.compare("members of JSON", query(members, "Content-Type: application/json"), query(b"[" + b"1," * (len(members) // 2) + b"1]", "Content-Type: application/json"))

    def chunked(parts):
        def send(peer, number):
            peer.send(request("/content", "Transfer-Encoding: chunked", method="POST") + parts + b"0\r\n\r\n")
            return talk_of(peer)
        return send

    one = b"1\r\nx\r\n" * 4000
    bench.compare("chunks", chunked(one), chunked(b"%x\r\n%s\r\n" % (len(one), b"x" * len(one))), CHUNK_FACTOR)


def talk_of(peer):
    return Talk(b"content as above", peer.read())
