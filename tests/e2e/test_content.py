"""QUERY (RFC 10008), POST that reads, and POST whose response is the target's (RFC 9110 section 9.3.3)."""
from harness import Case, Gate, Response, respond, strategy, unittest

FRESH = "Cache-Control: max-age=1000"


def echo(request):
    return Response(request.body, FRESH)


class Query(Case):
    def query(self, body, *fields, target="/q", method="QUERY"):
        return self.larder.get(target, *fields, method=method, body=body)

    def test_is_stored_under_its_content_and_what_describes_it(self):
        self.origin.on("/q", echo)
        for _ in range(2):
            for body in (b"a", b"b", b""):
                self.assertEqual(self.query(body).body, body)
            self.query(b"a", "Content-Type: text/plain")
            self.query(b"a", "Content-Type: text/csv")
            self.query(b"a", "Content-Encoding: gzip")
        self.assertEqual(self.origin.count("/q", "QUERY"), 6)

    def test_its_content_arrives_whole_in_chunks_too(self):
        self.origin.on("/q", echo)
        chunked = "QUERY /q HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        with self.larder.client() as client:
            self.assertEqual(client.send(chunked).read().body, b"abc")
        self.assertEqual(self.query(b"abc").cache, "hit")

    def test_is_kept_apart_from_get_and_does_not_invalidate(self):
        self.origin.on("/q", lambda r: Response(r.method, FRESH))
        self.assertEqual(self.larder.get("/q").body, b"GET")
        self.assertEqual(self.query(b"x").body, b"QUERY")
        self.assertEqual(self.larder.get("/q").cache, "hit")
        self.assertEqual(self.query(b"x").cache, "hit")

    def test_goes_with_the_url_when_that_is_written_or_purged(self):
        self.origin.on("/q", echo)
        self.query(b"x")
        self.larder.get("/q", method="PUT", body=b"new")
        self.assertEqual(self.query(b"x").cache, "uri-miss")
        self.larder.purge_key("/q")
        self.assertEqual(self.query(b"x").cache, "uri-miss")

    def test_is_validated_with_its_content(self):
        def answer(request):
            same = request["If-None-Match"] == '"1"'
            return Response(b"" if same else request.body, "Cache-Control: max-age=10", "Age: 20", 'ETag: "1"', status=304 if same else 200)

        self.origin.on("/q", answer)
        for _ in range(3):
            self.assertEqual(self.query(b"x").body, b"x")
        self.assertEqual([r.body for r in self.origin.requests], [b"x"] * 3)
        self.assertEqual([r["If-None-Match"] for r in self.origin.requests], [None, '"1"', '"1"'])
        self.assertEqual(self.query(b"x", 'If-None-Match: "1"').status, 304)

    def test_longer_content_is_passed_whole_and_not_stored(self):
        self.origin.on("/q", echo)
        for body in (b"x" * 65537, b"x" * 300_000):
            for _ in range(2):
                self.assertEqual(self.query(body).body, body)
        self.assertEqual(self.origin.count("/q"), 4)
        chunk = b"10000\r\n" + b"y" * 65536 + b"\r\n"
        with self.larder.client() as client:
            client.send(b"QUERY /q HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 3 + b"0\r\n\r\n")
            self.assertEqual(client.read().body, b"y" * 65536 * 3)

    def test_waits_for_100_continue(self):
        self.origin.on("/q", echo)
        with self.larder.client() as client:
            client.send("QUERY /q HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(client.read_head().status, 100)
            self.assertEqual(client.send("abc").read().body, b"abc")

    def test_survives_a_connection_that_the_origin_closed(self):
        self.origin.on("/q", echo)
        self.query(b"1")
        self.origin.close_connections()
        self.assertEqual(self.query(b"2").body, b"2")

    def test_other_methods_with_content_are_passed(self):
        self.origin.on("/q", echo)
        for _ in range(2):
            self.query(b"a", method="POST")
        self.assertEqual(self.origin.count("/q"), 2)


class Posted(Case):
    settings = {"strategies": [strategy(content_methods=["POST"], canonical_json=True)]}

    def post(self, body, *fields):
        return self.larder.get("/graphql", "Content-Type: application/json", *fields, method="POST", body=body)

    def test_a_post_that_reads_is_stored_where_the_strategy_asks(self):
        self.origin.on("/graphql", lambda r: Response(b"answer to " + r.body, FRESH))
        self.assertEqual(self.post(b'{"query": "{a}", "variables": {"x": 1, "y": "\\u0041"}}').cache, "uri-miss")
        same = self.post(b'{"variables":{"y":"A","x":1},\n "query":"{a}"}')
        self.assertEqual(same.cache, "hit")
        for other in (b'{"query":"{a}","variables":{"x":1.0,"y":"A"}}', b'{"query":"{a}","variables":{"x":1}}', b"[1,2]", b"[2,1]",
                      b'{"a":1,"a":2}', b'{"a":2,"a":1}', b"no json", b"no  json"):
            self.assertEqual(self.post(other).body, b"answer to " + other)
            self.assertEqual(self.post(other).cache, "hit")

    def test_no_transform_keeps_content_as_it_is(self):
        self.origin.on("/graphql", respond(b"x", FRESH))
        self.post(b"[1]")
        self.assertEqual(self.post(b"[ 1]").cache, "hit")
        self.assertEqual(self.post(b"[ 1]", "Cache-Control: no-transform").cache, "uri-miss")

    def test_what_is_not_keyed_is_a_read_all_the_same(self):
        self.origin.on("/graphql", lambda r: Response(b"answer", FRESH))
        for body, fields in ((b"x" * 70000, ()), (b"{}", ("If-Match: *",)), (b"{}", ("If-Unmodified-Since: x",)), (b"", ("Connection: Upgrade", "Upgrade: x"))):
            with self.subTest(body=body[:9], fields=fields):
                self.post(b"[1]")
                self.larder.get("/graphql")
                self.assertEqual(self.post(body, *fields).body, b"answer")
                self.assertEqual((self.post(b"[1]").cache, self.larder.get("/graphql").cache), ("hit", "hit"))

    def test_without_explicit_freshness_it_is_not(self):
        self.origin.on("/graphql", respond(b"x", "Last-Modified: Mon, 01 Jan 2001 00:00:00 GMT"))
        for _ in range(2):
            self.post(b"{}")
        self.assertEqual(self.origin.count("/graphql"), 2)

    def test_it_is_not_sent_again_when_a_connection_breaks(self):
        self.origin.on("/graphql", lambda r: Response(b"x", FRESH) if r.body == b"[1]" else Response(raw=b"", close=True))
        self.post(b"[1]")
        self.assertEqual(self.post(b"[2]").status, 502)
        self.assertEqual(self.origin.count("/graphql"), 2)

    def test_query_is_passed_where_it_is_not_named(self):
        self.origin.on("/graphql", respond(b"x", FRESH))
        for _ in range(2):
            self.larder.get("/graphql", method="QUERY", body=b"a")
        self.assertEqual(self.origin.count("/graphql"), 2)


class Represented(Case):
    """The response to POST that is what GET would get."""
    settings = {"strategies": [strategy(store_post="representation")]}

    def answers(self, *fields, status=200):
        self.origin.on("/a", lambda r: Response(r.method, *fields, status=status) if r.method == "POST" else Response("GET", FRESH))

    def stored(self, *fields, status=200):
        self.answers(*fields, status=status)
        self.assertEqual(self.larder.get("/a", method="POST", body=b"x").body, b"POST")
        return self.larder.get("/a").body == b"POST"

    def test_answers_get_from_then_on(self):
        for location in ("Content-Location: /a", "Content-Location: http://test/a", "Content-Location:"):
            with self.subTest(location):
                self.assertTrue(self.stored(FRESH, location))
                self.assertEqual(self.larder.get("/a").cache, "hit")

    def test_takes_the_place_of_what_was_stored(self):
        self.answers(FRESH, "Content-Location: /a")
        self.assertEqual(self.larder.get("/a").body, b"GET")
        self.larder.get("/a", method="POST", body=b"x")
        self.assertEqual(self.larder.get("/a").body, b"POST")

    def test_a_write_that_came_between_is_not_undone(self):
        gate = Gate()
        self.origin.on("/a", lambda r: Response(r.method, FRESH, "Content-Location: /a", head_gate=gate) if r.method == "POST" else
                       Response(r.method, FRESH))
        post = self.larder.later("/a", method="POST", body=b"x")
        gate.arrived()
        self.larder.get("/a", method="PUT", body=b"newer")
        gate.open()
        self.assertEqual(post().body, b"POST")
        self.assertEqual(self.larder.get("/a").body, b"GET")

    def test_only_where_it_says_all_of_it(self):
        for fields, status in [((FRESH,), 200), ((FRESH, "Content-Location: /b"), 200), ((FRESH, "Content-Location: http://other/a"), 200),
                               (("Content-Location: /a",), 200), (("Content-Location: /a", "Cache-Control: no-store, max-age=60"), 200),
                               ((FRESH, "Content-Location: /a"), 201), ((FRESH, "Content-Location: /a", "Set-Cookie: a=b"), 200),
                               ((FRESH, "Content-Location: /a", "Content-Location: /a"), 200)]:
            with self.subTest(fields=fields, status=status):
                self.assertFalse(self.stored(*fields, status=status))

    def test_not_where_a_get_would_have_been_forwarded_in_another_way(self):
        self.answers(FRESH, "Content-Location: /a")
        for field in ("X-HTTP-Method-Override: DELETE", "If-Unmodified-Since: Mon, 01 Jan 2035 00:00:00 GMT"):
            with self.subTest(field):
                self.larder.get("/a", field, method="POST", body=b"x")
                self.assertEqual(self.larder.get("/a").body, b"GET")
                self.larder.purge_key("/a")


class RepresentedInPart(Case):
    """A POST reaches the origin with what GET would not have had."""
    settings = {"strategies": [strategy("/**?q", store_post="representation", cookies="ignore")]}

    def test_is_not_stored(self):
        self.origin.fallback = lambda r: Response(f"{r.method} {r.target} {r['Cookie']}", FRESH, "Content-Location: " + r.target)
        for target, fields in (("/s?q=1&evil=2", ()), ("/s?q=1", ("Cookie: session=1",))):
            with self.subTest(target=target, fields=fields):
                self.larder.get(target, *fields, method="POST", body=b"x")
                self.assertEqual(self.larder.get("/s?q=1").body, b"GET /s?q=1 None")
        self.larder.get("/s?q=2", method="POST", body=b"x")
        self.assertEqual(self.larder.get("/s?q=2").body, b"POST /s?q=2 None")


class NotRepresented(Case):
    def test_by_default_no_post_answers_a_get(self):
        self.origin.fallback = lambda r: Response(r.method, FRESH, "Content-Location: " + r.target)
        self.larder.get("/a", method="POST", body=b"x")
        self.assertEqual(self.larder.get("/a").body, b"GET")


if __name__ == "__main__":
    unittest.main()
