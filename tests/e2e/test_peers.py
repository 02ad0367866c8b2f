"""Clients that are slow hold what is theirs, and nothing that others need."""
import contextlib
import select
import socket

from harness import PATIENCE, Gate, Larder, Origin, eventually, request, respond, unittest

BODY = b"POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n"
LARGE = b"x" * (8 << 20)


class Peers(unittest.TestCase):
    def setUp(self):
        self.origin = self.enterContext(Origin())
        self.origin.on("/other", respond("other", "Cache-Control: max-age=60"))

    def start(self, **upstream):
        self.larder = self.enterContext(Larder(self.origin, threads=1, upstream=upstream))
        return self.larder

    def client(self, data):
        return self.enterContext(self.larder.client()).send(data)

    def slow_reader(self, target):
        """Asks, and takes next to nothing of the answer."""
        reader = self.enterContext(contextlib.closing(socket.socket()))
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(self.larder.address)
        reader.sendall(request(target))
        return reader

    def test_short_bodies_that_do_not_come_hold_no_connection(self):
        self.start(max_connections=1, queue_timeout="10s")
        for _ in range(8):
            self.client(BODY % 1000 + b"x")
        self.assertEqual(self.larder.get("/other").body, b"other")
        self.assertEqual(self.origin.count("/upload"), 0)

    def test_long_bodies_leave_connections_to_others(self):
        self.start(max_connections=4)
        for _ in range(8):
            self.client(BODY % 10_000_000 + b"x" * 100_000)
        eventually(lambda: self.larder.metric("larder_limits_total", limit="max_uploads") >= 6)
        replies = [self.larder.later(f"/other?{i}") for i in range(8)]
        self.assertEqual([reply().body for reply in replies], [b"other"] * 8)

    def test_uploads_that_had_to_wait_are_served_in_turn(self):
        self.origin.on("/upload", lambda asked: respond(str(len(asked.body)))(asked))
        self.start(max_connections=2, max_uploads=1)
        clients = [self.client(BODY % 200_000 + b"x" * 150_000) for _ in range(3)]
        for client in clients:
            client.send(b"x" * 50_000)
        self.assertEqual([client.read().body for client in clients], [b"200000"] * 3)

    def test_readers_that_stand_still_give_way_to_others(self):
        self.origin.on("/large", respond(LARGE, "Cache-Control: no-store"))
        self.start(max_connections=4)
        readers = [self.slow_reader(f"/large?{i}") for i in range(4)]
        self.origin.wait_for(4)
        replies = [self.larder.later(f"/other?{i}") for i in range(4)]
        self.assertEqual([reply().body for reply in replies], [b"other"] * 4)
        self.assertGreaterEqual(self.larder.metric("larder_limits_total", limit="paced_transfers"), 1)
        lost = 0
        for reader in readers:
            reader.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                try:
                    while reader.recv(1 << 20):
                        pass
                except ConnectionResetError:
                    lost += 1
        self.assertGreaterEqual(lost, 1)

    def test_tunnels_are_counted_apart(self):
        def upgrade(asked):
            asked.connection.sendall(b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            while asked.connection.recv(100):
                pass

        self.origin.on("/ws", upgrade)
        self.start(max_connections=1, max_tunnels=2)
        ask = request("/ws", "Connection: Upgrade", "Upgrade: echo")
        for _ in range(2):
            self.assertIn(b" 101 ", self.client(ask).until(b"\r\n\r\n"))
        self.assertEqual(self.larder.get("/other").body, b"other")
        self.assertEqual(self.client(ask).read().status, 503)

    def test_an_early_answer_comes_though_the_origin_takes_no_more(self):
        full, done = Gate(), Gate()
        self.addCleanup(done.open)

        def refuse(asked):
            full.pass_through()
            asked.connection.sendall(b"HTTP/1.1 413 X\r\nContent-Length: 3\r\n\r\nbig")
            done.wait(PATIENCE)

        self.origin.body = lambda *_: b""  # it reads none of what is announced
        self.origin.on("/upload", refuse)
        self.start(idle_timeout="600s")
        with self.larder.client() as client:
            client.send(BODY % 500_000_000)
            full.arrived()
            client.socket.setblocking(False)
            data = memoryview(b"x" * (1 << 20))
            while select.select([], [client.socket], [], 0.3)[1]:  # until nobody takes any more
                client.socket.send(data)
            client.socket.settimeout(PATIENCE)
            full.open()
            self.assertEqual(client.read().status, 413)

    def test_what_is_stored_comes_over_connections_that_carried_no_content(self):
        self.origin.on("/page", respond("page", "Cache-Control: max-age=60")).on("/post", respond("done"))
        self.start()
        self.larder.get("/post", method="POST", body=b"GET /evil HTTP/1.1\r\nX: ")
        self.larder.get("/page")
        self.assertEqual(self.origin.accepted, 2)
        self.larder.get("/page?2")
        self.larder.get("/post", method="POST", body=b"x")
        self.assertEqual(self.origin.accepted, 2)
        self.larder.get("/page?3", "Authorization: Bearer x")
        self.larder.get("/page?4")
        self.assertEqual(self.origin.accepted, 3)

    def test_a_connection_that_logged_somebody_in_is_not_used_again(self):
        self.origin.on("/in", respond("in")).on("/out", respond("", "WWW-Authenticate: Negotiate", status=401))
        self.start()
        self.larder.get("/in", "Authorization: NTLM abc")
        self.larder.get("/in?2", "Authorization: Bearer abc")
        self.assertEqual(self.origin.accepted, 2)
        self.larder.get("/out", "Authorization: Bearer abc")
        self.larder.get("/in?3", "Authorization: Bearer abc")
        self.assertEqual(self.origin.accepted, 3)

    def test_a_request_gets_through_past_idle_connections_that_are_not_for_it(self):
        self.origin.on("/post", respond("done"))
        self.start(max_connections=1)
        self.larder.get("/post", method="POST", body=b"x")
        self.assertEqual(self.larder.get("/other").body, b"other")


if __name__ == "__main__":
    unittest.main()
