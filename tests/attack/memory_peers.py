"""What peers do that makes a proxy hold memory: each takes a round's Play and leaves something open, or much behind."""
import threading

from trial import MIB, Peer, Response, request

FRESH = "Cache-Control: public, max-age=600"
SIZE = 6 * MIB


class Play:
    """The hostile side of a round. `open`: connections that stay as they are until the round is over."""

    def __init__(self, trial, larder, origin, stack):
        self.trial, self.larder, self.origin, self.stack = trial, larder, origin, stack
        self.unread = threading.Event()
        blob = bytes(range(256)) * (SIZE // 256)
        for path in ("/large", "/same"):
            origin.on(path, lambda r: Response(blob, FRESH))
        origin.on("/passed", lambda r: Response(blob, "Cache-Control: no-store"))
        origin.on("/write", lambda r: Response("done", "Cache-Control: no-store"))
        origin.on("/unkept", lambda r: Response("x", "Cache-Control: no-store"))
        origin.on("/varied", lambda r: Response("x", FRESH, "Vary: X-Long"))
        origin.on("/headed", lambda r: Response("x", FRESH, *(f"X-{i}: {'y' * 7000}" for i in range(12))))

    def peer(self, slow=False):
        peer = Peer(self.trial, self.larder.address, "127.0.0.2", receive_buffer=4096 if slow else 0)
        self.trial.asked += 1
        return self.stack.enter_context(peer)

    def slow(self, target, *fields):
        """Asks, and reads nothing."""
        self.peer(slow=True).send_all(request(target, *fields))


def slow_misses(play):
    for number in range(24):
        play.slow(f"/large?{number}")


def slow_hits(play):
    for number in range(24):
        with Peer(play.trial, play.larder.address) as fast:
            fast.ask(f"/large?{number}")
        play.slow(f"/large?{number}")


def slow_followers(play):
    for number in range(60):
        play.slow(f"/same?{number // 20}")


def slow_passes(play):
    for number in range(40):
        play.slow(f"/passed?{number}")


def slow_parts(play):
    for number in range(40):
        play.slow(f"/large?{number % 10}", f"Range: bytes={number * 1000}-{SIZE - 1 - number}")


def stalled_content(play):
    """Content that is read before the request is answered, all but its end."""
    for number in range(900):
        method = "QUERY" if number % 2 else "POST"
        head = request(f"/large?{number}", "Content-Type: text/plain", "Content-Length: 65536", method=method)
        play.peer().send_all(head + b"x" * 65000)


def unfinished_heads(play):
    for number in range(600):
        play.peer().send_all(f"GET /large?{number} HTTP/1.1\r\nHost: test\r\nX: {'y' * 15000}".encode())


def pipelined(play):
    """A hundred kilobytes of requests on each connection, and no answer is read."""
    for number in range(30):
        play.peer(slow=True).send_all(request(f"/large?{number}") * 2000)


def long_values(play):
    """Values of 12 KB that Vary names, many a URL."""
    with Peer(play.trial, play.larder.address) as peer:
        for number in range(1200):
            peer.ask(f"/varied?{number // 60}", f"X-Long: {number:06}{'y,' * 6000}")


def long_urls(play):
    """URLs of 7 KB, stored and not stored: whatever is remembered of them has a bound."""
    with Peer(play.trial, play.larder.address) as peer:
        for number in range(2500):
            peer.ask(f"/{'unkept' if number % 2 else 'varied'}?{number:06}{'y' * 7000}")


def large_heads(play):
    with Peer(play.trial, play.larder.address) as peer:
        for number in range(400):
            peer.ask(f"/headed?{number}")


def writes_beside_a_slow_one(play):
    """What was invalidated is remembered while a request is under way that began before."""
    play.peer().send_all(request("/write?slow", "Content-Length: 100000", method="POST") + b"x" * 1000)
    play.slow("/large?first")
    with Peer(play.trial, play.larder.address) as peer:
        for number in range(7000):
            peer.ask(f"/write?{number:06}{'y' * 8000}", method="DELETE")


ALL = [slow_misses, slow_hits, slow_followers, slow_passes, slow_parts, stalled_content, unfinished_heads, pipelined, long_values, long_urls,
       large_heads, writes_beside_a_slow_one]
