"""Origins that are slow, dead, full or gone between two requests."""
import contextlib
import select
import socket
import threading
import time

from harness import PATIENCE, Case, Gate, Larder, Origin, Response, eventually, request, respond, strategy, unittest


def dead_server():
    """An address where nothing listens, and nothing will while the context lasts."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
    return contextlib.closing(taken), f"http://127.0.0.1:{taken.getsockname()[1]}"


class Upstream(unittest.TestCase):
    def start(self, *origins, **upstream):
        return self.enterContext(Larder(*origins, threads=1, upstream=upstream))

    def assert_problem(self, reply, *statuses):
        self.assertIn(reply.status, statuses)
        self.assertEqual(reply["Content-Type"], "application/problem+json")
        self.assertEqual(reply.json()["status"], reply.status)
        self.assertIn("error=", reply["Proxy-Status"])

    def test_refused_connection_is_a_problem_with_proxy_status(self):
        taken, url = dead_server()
        with taken:
            self.assert_problem(self.start(url).get("/"), 502, 503)

    def test_no_answer_in_time_is_504(self):
        origin, gate = self.enterContext(Origin()), Gate()
        origin.on("/slow", respond("late", head_gate=gate))
        self.assert_problem(self.start(origin, first_byte_timeout="200ms").get("/slow"), 504)
        gate.open()

    def test_get_is_retried_when_a_reused_connection_was_closed(self):
        origin = self.enterContext(Origin())
        larder = self.start(origin)
        origin.on("/a", respond("a")).on("/b", [respond(raw=b"", close=True), respond("b")])
        larder.get("/a")
        self.assertEqual(larder.get("/b").body, b"b")
        self.assertEqual(origin.count("/b"), 2)

    def test_post_is_not_retried(self):
        origin = self.enterContext(Origin())
        larder = self.start(origin)
        origin.on("/a", respond("a")).on("/b", [respond(raw=b"", close=True), respond("b")])
        larder.get("/a")
        self.assertEqual(larder.get("/b", method="POST", body=b"pay").status, 502)
        self.assertEqual(origin.count("/b"), 1)

    def test_upstream_connections_are_reused(self):
        origin = self.enterContext(Origin())
        origin.on("/a", respond("a"))
        larder = self.start(origin)
        for _ in range(10):
            larder.get("/a")
        self.assertEqual((origin.count("/a"), origin.accepted), (10, 1))

    def test_round_robin_shares_evenly(self):
        one, two = (self.enterContext(Origin()).on("/a", respond("a")) for _ in range(2))
        larder = self.start(one, two)
        for _ in range(10):
            larder.get("/a")
        self.assertEqual((one.count("/a"), two.count("/a")), (5, 5))

    def test_dead_server_is_ejected(self):
        alive = self.enterContext(Origin()).on("/a", respond("a"))
        taken, url = dead_server()
        with taken:
            larder = self.start(url, alive, max_failures=2, ejection_time="600s")
            statuses = [larder.get("/a").status for _ in range(20)]
        self.assertLessEqual(len([s for s in statuses if s != 200]), 2, statuses)
        self.assertEqual(set(statuses[-10:]), {200})

    def test_connections_are_capped_and_the_rest_waits(self):
        origin, gate = self.enterContext(Origin()), Gate()
        origin.on("/a", respond("a", head_gate=gate))
        larder = self.start(origin, max_connections=2)
        replies = [larder.later(f"/a?{i}") for i in range(6)]
        gate.arrived()
        gate.arrived()
        self.assertEqual(origin.accepted, 2)
        gate.open()
        self.assertEqual([reply().status for reply in replies], [200] * 6)
        self.assertEqual(origin.accepted, 2)

    def test_full_queue_is_503_at_once(self):
        origin, gate = self.enterContext(Origin()), Gate()
        origin.on("/a", respond("a", head_gate=gate))
        larder = self.start(origin, max_connections=1, queue=1)
        first = larder.later("/a?1")
        gate.arrived()
        clients = [self.enterContext(larder.client()).send(request(f"/a?{i}")) for i in (2, 3)]
        ready, _, _ = select.select([client.socket for client in clients], [], [], PATIENCE)
        self.assertEqual(len(ready), 1)
        refused, waiting = sorted(clients, key=lambda client: client.socket is not ready[0])
        self.assert_problem(refused.read(), 503)
        gate.open()
        self.assertEqual((first().status, waiting.read().status), (200, 200))

    def test_origin_errors_are_passed_on(self):
        origin = self.enterContext(Origin()).on("/a", respond("broken", "X-Own: 1", status=503))
        reply = self.start(origin).get("/a")
        self.assertEqual((reply.status, reply.body, reply["X-Own"]), (503, b"broken", "1"))

    def test_routes_choose_by_path_and_strip_their_prefix(self):
        one, two = (self.enterContext(Origin()).on("/x", lambda r: Response(r["X-Env"] or "-")) for _ in range(2))
        larder = self.enterContext(Larder(upstreams=[{"name": "one", "servers": [one.url]}, {"name": "two", "servers": [two.url]}],
                                          routes=[{"path": "/v2/**", "upstream": "two", "strip_prefix": "/v2",
                                                   "request_fields": {"set": {"X-Env": "prod"}, "remove": ["X-Debug"]}},
                                                  {"path": "/**", "upstream": "one"}]))
        self.assertEqual((larder.get("/x").body, one.count("/x"), two.count("/x")), (b"-", 1, 0))
        self.assertEqual((larder.get("/v2/x", "X-Debug: 1").body, two.count("/x")), (b"prod", 1))
        self.assertIsNone(two.last()["X-Debug"])


class Loop(Case):
    def test_a_request_that_comes_back_is_ended(self):
        self.origin.on("/a", respond("x"))
        self.larder.get("/a", "CDN-Loop: other; a=b")
        passed = self.origin.last("/a")["CDN-Loop"]
        self.assertRegex(passed, r"^other; a=b, larder-[0-9a-f]{16}$")
        for method in ("GET", "POST"):
            reply = self.larder.get("/a", f"CDN-Loop: {passed}, more", method=method)
            self.assertEqual((reply.status, reply["Proxy-Status"]), (502, "larder; error=proxy_loop_detected"))
        self.assertEqual(self.origin.count("/a"), 1)
        self.assertEqual(self.larder.metric("larder_upstream_errors_total", kind="loop"), 2)
        self.assertEqual(self.larder.get("/a", "Connection: CDN-Loop").status, 400)


class Peer(unittest.TestCase):
    def test_an_ipv4_client_of_a_socket_for_both_is_known_by_its_ipv4_address(self):
        with Origin() as origin, Larder(origin, listeners=[{"address": ":0"}]) as larder:
            larder.address = ("127.0.0.1", larder.address[1])
            origin.on("/a", respond("x"))
            larder.get("/a")
            self.assertEqual(origin.last("/a")["X-Forwarded-For"], "127.0.0.1")
            eventually(lambda: '"127.0.0.1"' in larder.log.read_text())
            self.assertNotIn("::ffff", larder.log.read_text())


class Back(unittest.TestCase):
    """A real loop: the origin that Larder knows leads back to Larder."""

    class Way:
        def __enter__(self):
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.url = "http://127.0.0.1:{}".format(self.listener.getsockname()[1])
            self.to = None
            threading.Thread(target=self.accept, daemon=True).start()
            return self

        def __exit__(self, *_):
            self.listener.close()

        def accept(self):
            while True:
                try:
                    one = self.listener.accept()[0]
                except OSError:
                    return
                other = socket.create_connection(self.to)
                threading.Thread(target=self.join, args=(one, other), daemon=True).start()

        def join(self, one, other):
            with one, other:
                back = threading.Thread(target=self.copy, args=(other, one), daemon=True)
                back.start()
                self.copy(one, other)
                back.join()

        @staticmethod
        def copy(source, sink):
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)

    def test_is_seen_at_once_by_every_kind_of_request(self):
        with self.Way() as way, Larder(way.url, strategies=[strategy(ttl_mode="override", ttl_seconds=60)]) as larder:
            way.to = larder.address
            for method, fields in [("GET", []), ("GET", ["Range: bytes=0-1"]), ("HEAD", []), ("POST", []), ("DELETE", [])]:
                with self.subTest(method=method, fields=fields):
                    begun = time.monotonic()
                    reply = larder.get("/a", *fields, method=method)
                    self.assertEqual((reply.status, "loop" in (reply["Proxy-Status"] or "loop")), (502, True))
                    self.assertLess(time.monotonic() - begun, PATIENCE / 4)
            self.assertGreaterEqual(larder.metric("larder_upstream_errors_total", kind="loop"), 5)


class Health(unittest.TestCase):
    def test_a_check_reads_the_whole_response(self):
        seen, enough = [], threading.Event()
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with connection:
                    connection.settimeout(PATIENCE)
                    asked = b""
                    while b"\r\n\r\n" not in asked:
                        asked += connection.recv(4096)
                    try:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 300_000)
                        connection.shutdown(socket.SHUT_WR)
                        seen.append(connection.recv(1))  # b"": an end, and no reset
                    except OSError as error:
                        seen.append(error)
                if len(seen) >= 3:
                    enough.set()

        threading.Thread(target=serve, daemon=True).start()
        url = "http://127.0.0.1:{}".format(listener.getsockname()[1])
        self.addCleanup(listener.close)
        with Larder(url, upstream={"health": {"path": "/ok", "interval": "100ms"}}) as larder:
            self.assertTrue(enough.wait(PATIENCE))
            self.assertEqual(seen[:3], [b""] * 3)
            self.assertFalse(any(isinstance(e, dict) and e["event"] == "server_down" for e in larder.events))


if __name__ == "__main__":
    unittest.main()
