"""Every wait and every size has a number."""
from harness import Case, request, respond, unittest


class Limits(Case):
    settings = {"limits": {"request_head_timeout": "1s", "request_body_timeout": "1s", "keepalive_timeout": "2s",
                           "keepalive_requests": 3, "request_body_bytes": 1000, "request_fields": 20, "connections_per_client": 50}}

    def setUp(self):
        super().setUp()
        self.origin.on("/a", respond("x"))

    def test_unfinished_head_is_cut_off(self):
        with self.larder.client() as client:
            client.send(b"GET /a HTTP/1.1\r\nHost: te")
            if not client.closed():
                self.assertEqual(client.read().status, 408)
                self.assertTrue(client.closed())

    def test_idle_connection_is_closed(self):
        with self.larder.client() as client:
            client.get("/a")
            self.assertTrue(client.closed())

    def test_unfinished_body_is_cut_off(self):
        with self.larder.client() as client:
            client.send(b"POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nabc")
            if not client.closed():
                self.assertIn(client.read().status, (400, 408))
                self.assertTrue(client.closed())

    def test_connection_ends_after_its_requests(self):
        with self.larder.client() as client:
            client.get("/a")
            client.get("/a")
            self.assertEqual(client.get("/a")["Connection"], "close")
            self.assertTrue(client.closed())

    def test_too_much_is_refused(self):
        for name, data, statuses in [
                ("fields", request("/a", *[f"X-{i}: 1" for i in range(30)]), {400, 431}),
                ("head", request("/a", "X-Long: " + "x" * 17_000), {400, 431}),
                ("target", request("/a" + "x" * 9_000), {400, 414}),
                ("body", request("/a", method="POST", body=b"x" * 1001), {413})]:
            with self.subTest(name):
                reply, closed = self.larder.raw(data)
                self.assertIn(reply.status, statuses)
                self.assertTrue(closed)
        self.assertEqual(self.origin.count(), 0)

    def test_chunked_body_beyond_the_limit_is_not_passed_as_whole(self):
        with self.larder.client() as client:
            client.send(b"POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n")
            self.assertIn(client.read().status, (400, 413))
        self.assertEqual(self.origin.count("/a"), 0)

    def test_silent_connections_do_not_stop_the_next(self):
        silent = [self.enterContext(self.larder.client()) for _ in range(40)]
        self.assertEqual(self.larder.get("/a").status, 200)
        for client in silent:
            client.closed()
        self.assertEqual(self.larder.get("/a").status, 200)


class Eviction(Case):
    settings = {"layers": [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "cache_level": 1, "max_size_bytes": "4MiB",
                            "default_ttl_seconds": 60, "eviction_policy": "LRU"}]}

    def test_layer_stays_within_its_size(self):
        self.origin.on("/a", respond("x" * 100_000, "Cache-Control: max-age=60"))
        with self.larder.client() as client:
            for i in range(100):
                self.assertEqual(client.get(f"/a?{i}").status, 200)
        self.assertLessEqual(self.larder.metric("larder_layer_bytes"), 4 << 20)
        self.assertGreater(self.larder.metric("larder_layer_objects"), 10)
        self.assertGreater(self.larder.metric("larder_evictions_total"), 50)


if __name__ == "__main__":
    unittest.main()
