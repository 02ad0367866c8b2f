"""The admin listener: who may ask, what it shows, what it makes the proxy do."""
import contextlib
import json
import socket

from harness import PATIENCE, Case, Client, Larder, eventually, respond, strategy, unittest

NAMES = ["larder_requests_total", "larder_request_duration_seconds", "larder_upstream_requests_total", "larder_upstream_errors_total",
         "larder_fills_in_flight", "larder_followers_total", "larder_layer_bytes", "larder_layer_objects", "larder_layer_lookups_total",
         "larder_layer_errors_total", "larder_evictions_total", "larder_stores_total", "larder_invalidations_total",
         "larder_invalidated_keys_total", "larder_connections", "larder_loop_restarts_total",
         "larder_errand_failures_total", "larder_memory_bytes"]
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
        # A request counts when its exchange is over, which its client sees a moment before.
        eventually(lambda: self.larder.metric("larder_requests_total", result="hit") == 1)
        eventually(lambda: self.larder.metric("larder_requests_total", result="miss") == 1)
        eventually(lambda: self.larder.metric("larder_forwards_total", reason="uri-miss") == 1)
        self.origin.on("/b", respond("x", "Cache-Control: no-store"))
        self.larder.get("/b")
        eventually(lambda: self.larder.metric("larder_unstored_total", reason="no-store") == 1)
        self.assertEqual(self.larder.metric("larder_layer_objects", layer="L1_APPLICATION"), 1)
        self.assertEqual(self.larder.metric("larder_upstream_requests_total", status="200"), 2)

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


ROUTES = [("POST", "/v1/invalidations"), ("POST", "/v1/reload"), ("GET", "/v1/keys"), ("GET", "/v1/keys/http%3A%2F%2Ftest%2Fa"), ("GET", "/v1/nothing")]


class Guarded(Case):
    """What the listener asks of whoever calls, on every route."""

    def ask(self, method, target, *fields, host=None, body=b"{}"):
        """Bytes as they are given: http.client would mend some of them."""
        lines = [f"{method} {target} HTTP/1.1", *([f"Host: {host or '127.0.0.1'}"] if host != "" else []), *fields]
        if method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        with Client(self.larder.admin) as client:
            client.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body if method == "POST" else b""))
            return client.read(head_only=method == "HEAD")

    @property
    def right(self):
        return f"Authorization: Bearer {self.larder.token}"

    def refusals(self, method, target):
        token = self.larder.token
        for fields in ([], ["Authorization:"], ["Authorization: Bearer"], ["Authorization: Bearer wrong"], [f"Authorization: bearer {token}"],
                       [f"Authorization: Bearer {token}x"], [f"Authorization: Bearer {token[:-1]}"], [f"Authorization: Basic {token}"],
                       ["Authorization: Bearer wrong", self.right], [self.right, "Authorization: Bearer wrong"],
                       [f"Authorization: Bearer {token}\xe4"]):
            yield fields, self.ask(method, target, *fields)

    def test_no_route_tells_why_it_was_refused(self):
        answers = set()
        for method, target in ROUTES:
            for fields, reply in self.refusals(method, target):
                with self.subTest(target=target, fields=fields):
                    self.assertIn(reply.status, (401, 429))
                    if reply.status == 401:
                        answers.add((reply.body, tuple(field for field in reply.fields if field[0] != "Date")))
                    self.assertNotIn(self.larder.token.encode(), reply.body)
        self.assertEqual(len(answers), 1)

    def test_a_token_that_is_no_text_or_endless_is_refused(self):
        for value in (f"Bearer {self.larder.token}\0", "Bearer " + "x" * (1 << 20)):
            self.assertIn(self.ask("GET", "/v1/keys", f"Authorization: {value}").status, (400, 401, 431))

    def test_after_thirty_wrong_tokens_guessing_is_slowed_and_the_right_one_passes(self):
        for _ in range(30):
            self.assertEqual(self.ask("GET", "/v1/keys", "Authorization: Bearer wrong").status, 401)
        slowed = self.ask("GET", "/v1/keys", "Authorization: Bearer wrong")
        self.assertEqual(slowed.status, 429)
        self.assertTrue(1 <= int(slowed["Retry-After"]) <= 60)
        self.assertEqual(self.ask("GET", "/v1/keys", self.right).status, 200)
        self.assertEqual(self.ask("GET", "/healthz").status, 200)
        self.assertEqual(self.larder.metric("larder_admin_refused_total"), 31)

    def test_a_host_that_is_not_ours_is_refused_on_every_route(self):
        port = self.larder.admin[1]
        for method, target in [*ROUTES, ("GET", "/metrics"), ("GET", "/healthz")]:
            for host, fields in [("attacker.example", []), (f"attacker.example:{port}", []), ("", []), ("127.0.0.1.attacker.example", []),
                                 ("127.0.0.1", ["Host: attacker.example"])]:
                with self.subTest(target=target, host=host, fields=fields):
                    self.assertIn(self.ask(method, target, self.right, *fields, host=host).status, (400, 403))
            with self.subTest("absolute form", target=target):
                self.assertIn(self.ask(method, "http://attacker.example" + target, self.right).status, (400, 403))
        self.assertEqual(self.ask("GET", "/v1/keys", self.right, host=f"localhost:{port}").status, 200)

    def test_probes_may_use_any_name_where_the_listener_is_open_to_other_machines(self):
        with Larder(self.origin, admin={"address": "0.0.0.0:0"}) as larder:
            larder.admin = ("127.0.0.1", larder.admin[1])
            for host in ("larder.svc:9180", "10.1.2.3", "127.0.0.1"):
                for target in ("/healthz", "/readyz", "/metrics"):
                    with self.subTest(host=host, target=target):
                        self.assertEqual(larder.ask_admin("GET", target, token="", Host=host).status, 200)
            for method, target in [*ROUTES, ("POST", "/metrics"), ("GET", "/metrics/x")]:
                with self.subTest(target=target):
                    body = {} if method == "POST" else None
                    self.assertEqual(larder.ask_admin(method, target, body, Host="attacker.example").status, 403)

    def test_what_a_foreign_page_can_send_is_refused_on_every_route(self):
        for method, target in [*ROUTES, ("GET", "/metrics")]:
            for field in ("Origin: null", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"):
                with self.subTest(target=target, field=field):
                    reply = self.ask(method, target, self.right, field)
                    self.assertEqual(reply.status, 403)
                    self.assertFalse([name for name, _ in reply.fields if name.lower().startswith("access-control-")])

    def test_a_form_or_a_preflight_does_nothing(self):
        self.origin.on("/a", respond("x", "Cache-Control: max-age=60"))
        self.larder.get("/a")
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            for target in ("/v1/invalidations", "/v1/reload"):
                with self.subTest(content_type, target=target):
                    reply = self.larder.ask_admin("POST", target, FLUSH, **{"Content-Type": content_type})
                    self.assertEqual(reply.status, 415)
        for method, target in (("OPTIONS", "/v1/invalidations"), ("OPTIONS", "/v1/reload"), ("GET", "/v1/reload"), ("HEAD", "/v1/invalidations")):
            with self.subTest(method, target=target):
                reply = self.ask(method, target, self.right)
                self.assertEqual((reply.status, reply["Allow"]), (405, "POST"))
                self.assertIsNone(reply["Access-Control-Allow-Origin"])
        self.assertEqual(self.larder.get("/a").cache, "hit")

    def test_another_spelling_of_a_path_is_no_way_past_the_token(self):
        for target in ("/healthz/../v1/keys", "/%2e%2e/v1/keys", "//v1/keys", "/v1//keys", "/V1/keys", "/v1/keys;x", "/v1/%6beys", "/metrics/../v1/keys"):
            with self.subTest(target):
                self.assertIn(self.ask("GET", target).status, (400, 401))
        for target in ("//v1/keys", "/V1/keys", "/v1/keys;x", "/v1/invalidations/", "/metrics/"):
            with self.subTest(target):
                self.assertEqual(self.ask("GET", target, self.right).status, 404)
        self.assertEqual(self.ask("GET", "/v1/keys%00", self.right).status, 400)

    def test_purges_that_make_no_sense_are_refused(self):
        deep = b"[" * 100000
        for body, status in [(b"", 400), (b"{", 400), (deep, 400), (b"[]", 422), (b"null", 422), (b"{}", 422), (b'{"invalidation_type":7}', 422),
                             (b'{"invalidation_type":"MANUAL_FLUSH","nonsense":1}', 422), (b'{"invalidation_type":"TAG_BASED","tags":"a"}', 422),
                             (b'{"invalidation_type":"PATTERN_MATCH","cache_key_pattern":"(a+)+$"}', 422),
                             (b'{"invalidation_type":"MANUAL_FLUSH","dry_run":"yes"}', 422)]:
            with self.subTest(body[:60]):
                reply = self.ask("POST", "/v1/invalidations", self.right, body=body)
                self.assertIn(reply.status, {400, 422} if status == 400 else {status, 400})
                self.assertEqual(reply["Content-Type"], "application/problem+json")
        self.assertEqual(self.ask("POST", "/v1/invalidations", self.right, body=b" " * (1 << 20) + b"{}").status, 413)

    def test_a_body_is_not_waited_for_without_the_token(self):
        with Client(self.larder.admin) as client:
            client.send("POST /v1/invalidations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n{")
            self.assertEqual(client.read(interim=True).status, 401)

    def test_connections_that_do_nothing_keep_nobody_out(self):
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(Client(self.larder.admin)) for _ in range(80)]
            idle[0].send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
            self.assertEqual(self.ask("GET", "/v1/keys", self.right).status, 200)
            self.assertTrue(idle[0].closed(), "the one that has been idle the longest gave way")
        self.assertGreater(self.larder.metric('larder_limits_total{limit="admin_connections"}'), 0)


class Reload(Case):
    def rewrite(self, **settings):
        (self.larder.data / "larder.yaml").write_text(json.dumps(self.larder.settings | settings, indent=1))

    def reload(self):
        return self.larder.ask_admin("POST", "/v1/reload")

    def test_a_good_file_is_in_force_when_the_answer_comes(self):
        self.origin.on("/a", respond("x", "Cache-Control: max-age=60"))
        self.assertNotEqual(self.larder.get("/a").cache, "hit")
        self.rewrite(strategies=[strategy("/**", "renamed")])
        reply = self.reload()
        self.assertEqual((reply.status, reply.json()["state"]), (200, "reloaded"))
        self.larder.get("/b")
        eventually(lambda: self.larder.metric("larder_requests_total", strategy="renamed") == 1)
        self.assertEqual(self.larder.metric("larder_reloads_total"), 1)

    def test_a_wrong_file_changes_nothing_and_is_told_by_place(self):
        self.rewrite(threads="many", nonsense=1)
        reply = self.reload()
        self.assertEqual((reply.status, reply["Content-Type"]), (422, "application/problem+json"))
        problem = reply.json()
        self.assertTrue(problem["file"].endswith("larder.yaml"))
        self.assertGreater(problem["line"], 1)
        self.assertGreater(problem["column"], 0)
        for member in ("field", "found", "expected", "title", "status", "detail"):
            self.assertIn(member, problem)
        self.assertEqual(len(problem["complaints"]), 2)
        self.assertEqual(self.larder.get("/a").status, 404)
        self.rewrite()
        self.assertEqual(self.reload().status, 200)

    def test_it_is_answered_though_the_admin_listener_moves(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = free.getsockname()
        self.rewrite(admin={"address": "{}:{}".format(*address)})
        self.assertEqual(self.reload().status, 200)
        self.larder.admin = address
        self.assertEqual(self.larder.ask_admin("GET", "/v1/keys").status, 200)

    def test_it_takes_no_fields(self):
        self.assertEqual(self.larder.ask_admin("POST", "/v1/reload", {"dry_run": True}).status, 422)
        self.assertEqual(self.larder.ask_admin("POST", "/v1/reload", {}).status, 200)


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
        # Workers write in their own time.
        self.assertEqual(sum("; hit" in line["cache"] for line in lines), 1)


if __name__ == "__main__":
    unittest.main()
