"""Whatever peers hold open, others reach the same origin: slow uploads and downloads, content that stops, tunnels, three times
as many as there are connections to it.

The hostile peers keep above the minimum rate: they are not cut off. Asserted is that the others are answered at all, well
within the time that a request may wait; how fast, this machine decides."""
import contextlib
import threading

from trial import MIB, Larder, Origin, Peer, Response, later, layers, request, strategy

CONNECTIONS = 6
FRESH = "Cache-Control: public, max-age=600"


def upload(number):
    return request(f"/upload?{number}", "Content-Length: 10000000", method="POST") + b"x" * 20000


def chunked_upload(number):
    return request(f"/upload?{number}", "Transfer-Encoding: chunked", method="PUT") + b"1\r\nx\r\n"


def awaited_upload(number):
    return request(f"/upload?{number}", "Content-Length: 100000", "Expect: 100-continue", method="POST")


def content(number):
    return request(f"/large?{number}", "Content-Length: 60000", "Content-Type: text/plain", method="QUERY") + b"x" * 1000


def download(number):
    return request(f"/large?{number}")


def passed_download(number):
    return request(f"/passed?{number}")


def part(number):
    return request(f"/large?{number}", f"Range: bytes={number}-")


def tunnel(number):
    return request(f"/tunnel?{number}", "Connection: Upgrade", "Upgrade: websocket")


KINDS = [upload, chunked_upload, awaited_upload, content, download, passed_download, part, tunnel]


def run(trial):
    kinds = KINDS[trial.seed % len(KINDS):][:1] + trial.some(KINDS, 1)
    over = threading.Event()

    def accept(asked):
        asked.connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello")
        over.wait(60)

    stored_in, slowest = layers(trial, disk=0.3)
    with Origin() as origin, Larder(origin, layers=stored_in, strategies=[strategy(cache_layer=slowest)], access_log="off",
                                    upstream={"max_connections": CONNECTIONS, "queue_timeout": "5s"}) as larder, contextlib.ExitStack() as stack:
        blob = b"x" * (8 * MIB)
        origin.on("/large", lambda r: Response(blob, FRESH)).on("/passed", lambda r: Response(blob, "Cache-Control: no-store"))
        origin.on("/other", lambda r: Response("other", FRESH)).on("/tunnel", accept)
        stack.callback(over.set)
        peers = []
        for number in range(3 * CONNECTIONS):
            peer = stack.enter_context(Peer(trial, larder.address, "127.0.0.2", receive_buffer=4096))
            kind = trial.chance.choice(kinds)
            peer.send_all(kind(number))
            peers.append((kind, peer))
            trial.asked += 1
        threading.Thread(target=drip, args=(peers, over), daemon=True).start()
        over.wait(0.3)
        names = " and ".join(sorted({kind.__name__.replace("_", " ") for kind in kinds}))
        asked = [later(lambda number=number: other(trial, larder, number)) for number in range(6)]
        for reply in asked:
            talk = reply()
            trial.claim(talk.body == "other", f"shut out by {names}", "a miss of somebody else's is not answered", talk)
        over.set()


def drip(peers, over):
    """A little of each, so that nobody is below the minimum rate; reading stays slow."""
    while not over.wait(0.5):
        for kind, peer in peers:
            with contextlib.suppress(OSError):
                peer.socket.settimeout(0.01)
                if kind in (upload, content):
                    peer.socket.sendall(b"x" * (1000 if kind is upload else 100))
                elif kind is chunked_upload:
                    peer.socket.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
                elif kind is tunnel:
                    peer.socket.sendall(b"x")
                elif kind is not awaited_upload:
                    peer.socket.recv(1100)


def other(trial, larder, number):
    with Peer(trial, larder.address, "127.0.0.3") as peer:
        return peer.ask(f"/other?{trial.seed}-{number}")
