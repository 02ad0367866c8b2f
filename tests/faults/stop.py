"""SIGTERM in the middle of everything: no new work, what is under way ends, and then it is gone; twice is quicker."""
import contextlib
import signal
import time

from fixtures import KIB, Larder, Origin, eventually
from harness import Client, Gate, respond
from origin import Response

GRACE = 30
BODY = bytes(range(256)) * 4 * KIB  # 1 MiB


def run(report, rounds, full=False):
    downloads, uploads, idle = (100, 50, 50) if full else (10, 5, 5)
    ends, hurried = [], []
    for _ in range(rounds):
        ends.append(graceful(report, downloads, uploads, idle))
        hurried.append(impatient(report, downloads, uploads))
    report["downloads"], report["uploads"], report["idle"] = downloads, uploads, idle
    report["ended_after_the_last_s"] = round(max(ends), 3)
    report["second_signal_s"] = round(max(hurried), 3)


class Busy(contextlib.ExitStack):
    """Downloads held in the middle by the origin, uploads held in the middle by the client, idle connections, a tunnel."""

    def __init__(self, downloads, uploads, idle):
        super().__init__()
        self.origin = self.enter_context(Origin())
        self.gate = Gate()
        self.callback(self.gate.open)
        self.origin.on("/slow", lambda request: Response(BODY, "Cache-Control: no-store", body_gate=self.gate))
        self.origin.on("/upload", lambda request: Response(str(len(request.body)), "Cache-Control: no-store"))
        self.origin.on("/quick", respond("quick", "Cache-Control: max-age=100")).on("/tunnel", self.echo)
        self.larder = Larder(self.origin, keep_address=True, limits={"shutdown_grace": f"{GRACE}s"}, access_log="off",
                             upstream={"max_connections": 2 * (downloads + uploads)})
        self.push(self.larder)
        self.larder.start()
        self.downloads = [self.client(f"GET /slow?{n} HTTP/1.1\r\nHost: test\r\n\r\n") for n in range(downloads)]
        self.uploads = [self.client(f"POST /upload?{n} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(BODY)}\r\n\r\n")
                        for n in range(uploads)]
        self.idle = [self.client() for _ in range(idle)]
        for client in self.downloads:
            self.gate.arrived()
            client.reply = client.read_head()
        for client in self.uploads:
            client.send(BODY[:len(BODY) // 2])
        for client in self.idle:
            client.get("/quick")
        self.tunnel = self.client("GET /tunnel HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert self.tunnel.read().status == 101
        assert self.passes(b"one")
        eventually(lambda: self.larder.metric("larder_connections", side="client") >= downloads + uploads + idle + 1, "all connected")
        eventually(lambda: self.larder.metric("larder_connections", side="upstream") >= downloads, "all forwarded")

    def client(self, data=b""):
        return self.enter_context(Client(self.larder.address)).send(data)

    @staticmethod
    def echo(request):
        request.connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        while data := request.stream.read1(65536):
            request.connection.sendall(data)

    def passes(self, data):
        """Whether the tunnel gives back what is sent through it."""
        with contextlib.suppress(OSError, EOFError):
            return self.tunnel.send(data).exactly(len(data)) == data
        return False

    def terminate(self):
        self.larder.process.send_signal(signal.SIGTERM)

    def refuses(self):
        try:
            with Client(self.larder.address) as client:
                client.get("/quick")
            return False
        except (OSError, EOFError):
            return True


def graceful(report, downloads, uploads, idle):
    """One signal. Seconds from the end of the last request to the end of the process."""
    with Busy(downloads, uploads, idle) as busy:
        larder = busy.larder
        report.claim(larder.ask_admin("GET", "/readyz").status == 200, "/readyz was not 200 before")
        busy.terminate()
        larder.event("draining")
        report.claim(larder.ask_admin("GET", "/readyz").status == 503, "/readyz was not 503 while it drains")
        begun = time.monotonic()
        try:
            eventually(busy.refuses, "refused connections")
        except AssertionError as error:
            report.violation(str(error))
        report["refused_after_s"] = round(time.monotonic() - begun, 3)
        report.claim(report["refused_after_s"] < 5, "the listener was not closed at once")
        closed = sum(client.closed() for client in busy.idle)
        report.claim(closed == idle, f"{closed} of {idle} idle connections were closed")
        report["idle_closed_after_s"] = round(time.monotonic() - begun, 3)
        report.claim(larder.process.poll() is None, "it ended while requests were in flight")
        report.claim(busy.passes(b"two"), "the tunnel was cut")
        busy.gate.open()
        for client in busy.downloads:
            reply = client.read_body(client.reply)
            report.claim(reply.status == 200 and reply.complete and reply.body == BODY, f"a download ended with {len(reply.body)} bytes")
        for client in busy.uploads:
            client.send(BODY[len(BODY) // 2:])
        for client in busy.uploads:
            report.claim(reply_of(client) == (200, str(len(BODY)).encode()), "an upload was not answered")
        report.claim(busy.passes(b"three"), "the tunnel was cut before its client left")
        busy.tunnel.close()
        begun = time.monotonic()
        code = larder.ended()
        report.claim(code == 0, f"it ended with {code}: {larder.events[-3:]}")
        seconds = time.monotonic() - begun
        report.claim(seconds < GRACE / 2, f"it took {seconds:.1f} s to end after the last request")
        return seconds


def reply_of(client):
    try:
        reply = client.read()
        return reply.status, reply.body
    except (OSError, EOFError) as error:
        return repr(error)


def impatient(report, downloads, uploads):
    """Two signals: it does not wait for the rest. Seconds to the end."""
    with Busy(downloads, uploads, 1) as busy:
        busy.terminate()
        busy.larder.event("draining")
        begun = time.monotonic()
        busy.terminate()
        code = busy.larder.ended()
        seconds = time.monotonic() - begun
        report.claim(code == 0, f"after two signals it ended with {code}: {busy.larder.events[-3:]}")
        report.claim(seconds < GRACE / 3, f"after two signals it took {seconds:.1f} s to end")
        return seconds
