"""The admin listener: who may ask, and what it shows."""
import json

from harness import PATIENCE, Case, Client, respond, unittest

NAMES = ["larder_requests_total", "larder_request_duration_seconds", "larder_upstream_requests_total", "larder_upstream_errors_total",
         "larder_fills_in_flight", "larder_followers_total", "larder_layer_bytes", "larder_layer_objects", "larder_layer_lookups_total",
         "larder_layer_errors_total", "larder_evictions_total", "larder_stores_total", "larder_invalidations_total",
         "larder_invalidated_keys_total", "larder_connections", "larder_memory_bytes"]
FLUSH = {"invalidation_type": "MANUAL_FLUSH"}


class Admin(Case):
    def test_token_is_private_to_its_owner(self):
        self.assertEqual((self.larder.data / "admin.token").stat().st_mode & 0o777, 0o600)
        self.assertGreaterEqual(len(self.larder.token), 22)  # 128 bits in base64

    def test_only_the_exact_token_counts(self):
        token = self.larder.token
        answers = set()
        for authorization in ("", "Bearer", "Bearer wrong", f"Basic {token}", f"Bearer {token}x", f"Bearer {token[:-1]}", token):
            with self.subTest(authorization):
                reply = self.larder.ask_admin("POST", "/v1/invalidations", FLUSH, Authorization=authorization)
                self.assertEqual(reply.status, 401)
                answers.add(reply.body)
        self.assertEqual(len(answers), 1)  # none tells more than another
        self.assertEqual(self.larder.ask_admin("POST", "/v1/invalidations", FLUSH).status, 200)

    def test_foreign_host_is_refused_even_with_the_token(self):
        for host in ("attacker.example", f"attacker.example:{self.larder.admin[1]}"):
            with self.subTest(host):
                self.assertIn(self.larder.ask_admin("POST", "/v1/invalidations", FLUSH, Host=host).status, (400, 403, 421))

    def test_what_a_browser_can_send_unasked_is_refused(self):
        for fields in ({"Content-Type": "text/plain"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            with self.subTest(**fields):
                reply = self.larder.ask_admin("POST", "/v1/invalidations", FLUSH, **fields)
                self.assertIn(reply.status, (400, 403, 415))
                self.assertIsNone(reply["Access-Control-Allow-Origin"])

    def test_health_needs_no_token(self):
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.larder.ask_admin("GET", path, Authorization="").status, 200)

    def test_metrics_have_the_names_that_dashboards_use(self):
        self.origin.on("/a", respond("x", "Cache-Control: max-age=60"))
        self.larder.get("/a")
        self.larder.get("/a")
        reply = self.larder.ask_admin("GET", "/metrics", Authorization="")
        self.assertTrue(reply["Content-Type"].startswith("text/plain"))
        for name in NAMES:
            with self.subTest(name):
                self.assertIn(f"# TYPE {name} ".encode(), reply.body)
        self.assertEqual(self.larder.metric("larder_requests_total", result="hit"), 1)
        self.assertEqual(self.larder.metric("larder_requests_total", result="miss"), 1)
        self.assertEqual(self.larder.metric("larder_layer_objects"), 1)
        self.assertEqual(self.larder.metric("larder_upstream_requests_total", status="200"), 1)

    def test_unknown_path_is_404_and_wrong_method_405(self):
        self.assertEqual(self.larder.ask_admin("GET", "/v1/nothing").status, 404)
        self.assertEqual(self.larder.ask_admin("GET", "/v1/invalidations").status, 405)

    def test_public_listener_has_no_admin(self):
        for path in ("/v1/invalidations", "/healthz", "/metrics"):
            self.larder.get(path)
            self.assertEqual(self.origin.count(path), 1)

    def test_admin_parser_is_as_strict(self):
        with Client(self.larder.admin) as client:
            client.send(b"POST /v1/invalidations HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n\r\n")
            self.assertIn(client.read().status, (400, 501))
            self.assertTrue(client.closed())


class AccessLog(Case):
    def test_every_request_is_one_json_line(self):
        self.origin.on("/a", respond("hello", "Cache-Control: max-age=60"))
        for target in ("/a", "/a?q=%22", "/a"):
            self.larder.get(target)
        self.larder.process.terminate()
        self.larder.process.wait(PATIENCE)
        lines = [json.loads(line) for line in self.larder.log.read_text().splitlines()]
        self.assertEqual([line["status"] for line in lines], [200, 200, 200])
        for name in ("ts", "client", "method", "url", "status", "bytes", "ms", "cache", "strategy"):
            self.assertIn(name, lines[0])
        self.assertIn("hit", lines[2]["cache"])


if __name__ == "__main__":
    unittest.main()
