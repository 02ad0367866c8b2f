"""The core of RFC 9111, seen from outside. A response that arrives with an Age beyond its max-age is stale at once."""
from harness import Case, Gate, Response, eventually, respond, strategy, unittest

FRESH = "Cache-Control: max-age=1000"
STALE = ("Cache-Control: max-age=10", "Age: 20")


class Storing(Case):
    NEVER = [  # id, section, response fields, request fields
        ("no-store", "5.2.2.5", ["Cache-Control: no-store, max-age=60"], []),
        ("private", "5.2.2.7", ["Cache-Control: private, max-age=60"], []),
        ("set-cookie", "7.3", [FRESH, "Set-Cookie: a=b"], []),
        ("authorization", "3.5", [FRESH], ["Authorization: Basic eA=="]),
        ("cookie", "safe default", [FRESH], ["Cookie: a=b"]),
        ("vary-everything", "4.1", [FRESH, "Vary: *"], []),
        ("no-lifetime", "3", [], []),
        ("post", "safe default", [FRESH], ["Content-Length: 0"]),
    ]
    ALLOWED = [
        ("max-age", "5.2.2.1", [FRESH], []),
        ("s-maxage-beats-max-age", "5.2.2.10", ["Cache-Control: max-age=0, s-maxage=60"], []),
        ("authorization-public", "3.5", ["Cache-Control: public, max-age=60"], ["Authorization: Basic eA=="]),
        ("cookie-public", "safe default", ["Cache-Control: public, max-age=60"], ["Cookie: a=b"]),
        ("expires", "5.3", ["Expires: Fri, 01 Jan 2100 00:00:00 GMT"], []),
    ]

    def asked_twice(self, name, fields, asking):
        self.origin.on(f"/{name}", respond("x", *fields))
        for _ in range(2):
            self.assertEqual(self.larder.get(f"/{name}", *asking, method="POST" if name == "post" else "GET").body, b"x")
        return self.origin.count(f"/{name}")

    def test_what_must_not_be_stored_is_asked_for_again(self):
        for name, section, fields, asking in self.NEVER:
            with self.subTest(name, section=section):
                self.assertEqual(self.asked_twice(name, fields, asking), 2)

    def test_what_may_be_stored_is(self):
        for name, section, fields, asking in self.ALLOWED:
            with self.subTest(name, section=section):
                self.assertEqual(self.asked_twice(name, fields, asking), 1)

    def test_variants_are_kept_apart(self):
        self.origin.on("/v", lambda r: Response(r["Accept-Language"] or "-", FRESH, "Vary: Accept-Language"))
        for _ in range(2):
            for language in ("de", "fr"):
                self.assertEqual(self.larder.get("/v", f"Accept-Language: {language}").body, language.encode())
        self.assertEqual(self.origin.count("/v"), 2)

    def test_hosts_and_queries_are_kept_apart(self):
        self.origin.on("/q", lambda r: Response(f"{r['Host']} {r.target}", FRESH))
        for host, target in [("one", "/q"), ("two", "/q"), ("one", "/q?a=1"), ("one", "/q?a=2")] * 2:
            self.assertEqual(self.larder.get(target, host=host).body, f"{host} {target}".encode())
        self.assertEqual(self.origin.count(), 4)

    def test_successful_unsafe_method_invalidates(self):
        for method in ("PUT", "POST", "DELETE", "PATCH"):
            with self.subTest(method):
                path = f"/{method}"
                self.origin.on(path, lambda r: Response(r.method, FRESH))
                self.larder.get(path)
                self.larder.get(path, method=method, body=b"x")
                self.assertNotEqual(self.larder.get(path).cache, "hit")
                self.assertEqual(self.origin.count(path, "GET"), 2)

    def test_failed_unsafe_method_invalidates_nothing(self):
        self.origin.on("/a", lambda r: Response("x", FRESH, status=200 if r.method == "GET" else 500))
        self.larder.get("/a")
        self.larder.get("/a", method="PUT", body=b"x")
        self.assertEqual(self.larder.get("/a").cache, "hit")

    def test_location_of_a_write_is_invalidated_too(self):
        self.origin.on("/a", respond("x", FRESH)).on("/make", respond("", "Location: /a", status=201))
        self.larder.get("/a")
        self.larder.get("/make", method="POST", body=b"x")
        self.larder.get("/a")
        self.assertEqual(self.origin.count("/a"), 2)


class Validating(Case):
    def test_304_refreshes_what_is_stored(self):
        self.origin.on("/a", [respond("body", *STALE, 'ETag: "1"', "X-Note: old"),
                              respond("", FRESH, 'ETag: "1"', "X-Note: new", status=304)])
        self.larder.get("/a")
        for expected in ("stale", "hit"):
            reply = self.larder.get("/a")
            self.assertEqual((reply.status, reply.body, reply["X-Note"], reply.cache), (200, b"body", "new", expected))
        self.assertEqual((self.origin.count("/a"), self.origin.last("/a")["If-None-Match"]), (2, '"1"'))

    def test_changed_response_replaces_what_is_stored(self):
        self.origin.on("/a", [respond("one", *STALE, 'ETag: "1"'), respond("two", FRESH, 'ETag: "2"')])
        self.larder.get("/a")
        self.assertEqual([self.larder.get("/a").body for _ in range(2)], [b"two", b"two"])
        self.assertEqual(self.origin.count("/a"), 2)

    def test_clients_conditionals_are_answered_from_the_cache(self):
        changed = "Wed, 01 Jan 2020 00:00:00 GMT"
        self.origin.on("/a", respond("body", FRESH, 'ETag: "1"', f"Last-Modified: {changed}"))
        self.larder.get("/a")
        for condition, status in [('If-None-Match: "1"', 304), ('If-None-Match: W/"1"', 304), ("If-None-Match: *", 304),
                                  ('If-None-Match: "2"', 200), (f"If-Modified-Since: {changed}", 304),
                                  ("If-Modified-Since: Tue, 31 Dec 2019 00:00:00 GMT", 200)]:
            with self.subTest(condition):
                self.assertEqual(self.larder.get("/a", condition).status, status)
        self.assertEqual(self.origin.count("/a"), 1)

    def test_clients_conditionals_are_not_part_of_a_fill(self):
        self.origin.on("/a", respond("body", FRESH, 'ETag: "1"'))
        self.assertEqual(self.larder.get("/a", 'If-None-Match: "1"').status, 304)
        self.assertIsNone(self.origin.last()["If-None-Match"])
        self.assertEqual(self.larder.get("/a").body, b"body")
        self.assertEqual(self.origin.count("/a"), 1)

    def test_ranges_are_cut_from_the_stored_body(self):
        self.origin.on("/a", respond("0123456789", FRESH, 'ETag: "1"'))
        self.larder.get("/a")
        for asked, status, body, content_range in [
                ("bytes=2-5", 206, b"2345", "bytes 2-5/10"), ("bytes=8-", 206, b"89", "bytes 8-9/10"),
                ("bytes=-3", 206, b"789", "bytes 7-9/10"), ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
                ("bytes=10-", 416, None, "bytes */10"), ("lines=1-2", 200, b"0123456789", None)]:
            with self.subTest(asked):
                reply = self.larder.get("/a", f"Range: {asked}")
                self.assertEqual((reply.status, reply["Content-Range"]), (status, content_range))
                if body is not None:
                    self.assertEqual(reply.body, body)
        self.assertEqual(self.origin.count("/a"), 1)

    def test_range_with_another_etag_gets_the_whole(self):
        self.origin.on("/a", respond("0123456789", FRESH, 'ETag: "1"'))
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a", "Range: bytes=0-1", 'If-Range: "1"').body, b"01")
        self.assertEqual(self.larder.get("/a", "Range: bytes=0-1", 'If-Range: "2"').body, b"0123456789")


class Staleness(Case):
    def test_stale_is_served_while_one_request_revalidates(self):
        gate = Gate()
        self.origin.on("/a", [respond("old", "Cache-Control: max-age=10, stale-while-revalidate=1000", "Age: 20"),
                              respond("new", FRESH, head_gate=gate)])
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a").body, b"old")
        gate.arrived()
        self.assertEqual([self.larder.get("/a").body for _ in range(5)], [b"old"] * 5)
        self.assertEqual(self.origin.count("/a"), 2)
        gate.open()
        eventually(lambda: self.larder.get("/a").body == b"new", "the new response")
        self.assertEqual(self.origin.count("/a"), 2)

    def test_stale_is_served_if_the_origin_fails(self):
        self.origin.on("/a", [respond("old", "Cache-Control: max-age=10, stale-if-error=1000", "Age: 20"),
                              respond("broken", status=503)])
        self.larder.get("/a")
        self.assertEqual((self.larder.get("/a").body, self.origin.count("/a")), (b"old", 2))
        self.origin.stop()
        self.assertEqual(self.larder.get("/a").body, b"old")

    def test_must_revalidate_is_never_served_stale(self):
        self.origin.on("/a", [respond("old", "Cache-Control: max-age=10, must-revalidate, stale-if-error=1000", "Age: 20", 'ETag: "1"'),
                              respond(raw=b"", close=True)])
        self.larder.get("/a")
        self.assertIn(self.larder.get("/a").status, (502, 504))

    def test_stale_is_served_by_default_for_an_hour_if_the_origin_fails(self):
        self.origin.on("/a", [respond("old", *STALE, 'ETag: "1"'), respond("broken", status=500)])
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a").body, b"old")

    def test_without_permission_an_error_is_an_error(self):
        self.origin.on("/a", [respond("old", "Cache-Control: max-age=10, stale-if-error=0", "Age: 20", 'ETag: "1"'),
                              respond("broken", status=500)])
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a").status, 500)

    def test_only_if_cached_does_not_ask_the_origin(self):
        self.assertEqual(self.larder.get("/a", "Cache-Control: only-if-cached").status, 504)
        self.assertEqual(self.origin.count("/a"), 0)


class OwnRevalidation(Case):
    """A revalidation behind the back of a client is the cache's request, not the client's."""

    def test_has_nothing_of_the_client_that_would_keep_it_from_being_stored(self):
        for field in ("Cache-Control: no-store", "Authorization: Basic YTpi", "Cookie: session=1", "X-Api-Key: k"):
            with self.subTest(field):
                self.larder.purge("MANUAL_FLUSH")
                count = self.origin.count("/a")
                self.origin.on("/a", [respond("old", "Cache-Control: public, max-age=10, stale-while-revalidate=1000", "Age: 20"), respond("new", FRESH)])
                self.larder.get("/a")
                self.assertEqual(self.larder.get("/a", field).body, b"old")
                eventually(lambda: self.larder.get("/a").body == b"new", "the new response")
                self.assertEqual(self.origin.count("/a"), count + 2)
                self.assertIsNone(self.origin.last()[field.split(":")[0]])

    def test_renews_the_variant_that_it_met(self):
        says = ["Cache-Control: public, max-age=10, stale-while-revalidate=1000", "Age: 20"]
        self.origin.on("/a", lambda r: Response(f"{r['Cookie']}", *says, "Vary: Cookie"))
        self.larder.get("/a", "Cookie: a=1")
        says[:] = [FRESH.replace("Cache-Control: ", "Cache-Control: public, ")]
        self.assertEqual(self.larder.get("/a", "Cookie: a=1").body, b"a=1")
        self.origin.wait_for(2, "/a")
        renewed = lambda: self.larder.get("/a", "Cookie: a=1")  # noqa: E731
        eventually(lambda: "ttl=-" not in renewed()["Cache-Status"], "the new response")
        self.assertEqual((renewed().body, self.origin.count("/a")), (b"a=1", 2))


class Forcing(Case):
    """What a client could add to have the origin asked for what is stored."""
    FIELDS = (("Connection: Upgrade", "Upgrade: x"), ("If-Match: x",), ("If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT",), ("Cache-Control: no-cache",))

    def test_is_answered_from_the_store(self):
        self.origin.on("/a", respond("x", FRESH))
        for method in ("GET", "HEAD"):
            self.larder.get("/a")
            for fields in self.FIELDS:
                self.assertEqual(self.larder.get("/a", *fields, method=method).cache, "hit", (method, fields))
        self.assertEqual(self.origin.count("/a"), 1)

    def test_reaches_the_origin_where_nothing_fresh_is_stored(self):
        self.origin.on("/a", respond("x", "Cache-Control: no-store"))
        for fields in self.FIELDS:
            self.assertEqual(self.larder.get("/a", *fields).body, b"x")
        self.assertEqual(self.origin.count("/a"), len(self.FIELDS))

    def test_a_websocket_is_never_answered_from_the_store(self):
        self.origin.on("/a", respond("x", FRESH))
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a", "Connection: Upgrade", "Upgrade: WebSocket").cache, "bypass")
        self.assertEqual(self.origin.last()["Upgrade"], "WebSocket")


class ForcingWhereItIsObeyed(Case):
    settings = {"strategies": [strategy(request_directives="obey")]}

    def test_preconditions_are_the_origins(self):
        self.origin.on("/a", respond("x", FRESH))
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a", "If-Match: x").cache, "bypass")
        self.assertEqual(self.origin.last()["If-Match"], "x")


class VariantsInUse(Case):
    settings = {"strategies": [strategy(max_variants=4, vary={"*": "pass"})]}

    def test_are_not_displaced_by_what_is_asked_for_once(self):
        self.origin.on("/a", respond("x", FRESH, "Vary: X-Kind, Accept-Encoding"))
        popular = ("X-Kind: popular", "Accept-Encoding: gzip, br")
        for _ in range(3):
            self.larder.get("/a", *popular)
        for junk in range(20):
            self.larder.get("/a", f"X-Kind: junk{junk}")
        self.assertEqual(self.larder.get("/a", *popular).cache, "hit")
        count = self.origin.count("/a")
        for junk in range(20):
            self.assertEqual(self.larder.get("/a", popular[0], f"Accept-Encoding: junk{junk}, br, gzip").cache, "hit")
        self.assertEqual((self.origin.count("/a"), self.origin.last()["Accept-Encoding"]), (count, None))


class Strategies(Case):
    settings = {"strategies": [
        strategy("/default/**", "default", ttl_seconds=600, ttl_mode="default"),
        strategy("/cap/**", "cap", ttl_seconds=5, ttl_mode="cap"),
        strategy("/override/**", "override", ttl_seconds=600, ttl_mode="override"),
        strategy("/origin/**", "origin"),
        strategy("/keyed/**", "keyed", key_fields=["X-Units"]),
        strategy("/stripped/**", "stripped", set_cookie="strip"),
        strategy("/small/**", "small", max_object_size=100),
        strategy("/aside/**", "aside", cache_behavior="CACHE_ASIDE", ttl_seconds=600, ttl_mode="default"),
        strategy("/search?q&page&!utm_*", "search"),
    ]}

    def test_lifetime_is_whose_ttl_mode_says(self):
        for path, fields, requests in [("/default/a", [], 1), ("/default/b", [*STALE], 2), ("/cap/a", ["Cache-Control: max-age=100", "Age: 20"], 2),
                                       ("/override/a", ["Cache-Control: max-age=0"], 1), ("/override/b", ["Cache-Control: no-store"], 2),
                                       ("/origin/a", [], 2), ("/unmatched", [FRESH], 2), ("/aside/a", [], 2), ("/aside/b", [FRESH], 1)]:
            with self.subTest(path):
                self.origin.on(path, respond("x", *fields))
                self.larder.get(path)
                self.larder.get(path)
                self.assertEqual(self.origin.count(path), requests)

    def test_default_lifetime_is_not_for_errors_or_credentials(self):
        self.origin.on("/default/e", respond("x", status=500)).on("/default/c", respond("x"))
        for _ in range(2):
            self.larder.get("/default/e")
            self.larder.get("/default/c", "Cookie: a=b")
        self.assertEqual((self.origin.count("/default/e"), self.origin.count("/default/c")), (2, 2))

    def test_key_fields_separate(self):
        self.origin.on("/keyed/a", lambda r: Response(r["X-Units"] or "-", FRESH))
        for units in ("kg", "lb", "kg", "lb"):
            self.assertEqual(self.larder.get("/keyed/a", f"X-Units: {units}").body, units.encode())
        self.assertEqual(self.origin.count("/keyed/a"), 2)

    def test_stripped_cookie_reaches_nobody(self):
        self.origin.on("/stripped/a", respond("x", FRESH, "Set-Cookie: a=b"))
        self.assertEqual([self.larder.get("/stripped/a")["Set-Cookie"] for _ in range(2)], [None, None])
        self.assertEqual(self.origin.count("/stripped/a"), 1)

    def test_large_object_passes_unstored(self):
        self.origin.on("/small/a", respond("x" * 101, FRESH)).on("/small/c", respond("x" * 101, FRESH, chunked=True))
        for path in ("/small/a", "/small/c"):
            self.assertEqual([len(self.larder.get(path).body) for _ in range(2)], [101, 101])
            self.assertEqual(self.origin.count(path), 2)

    def test_query_selection_holds_for_key_and_origin(self):
        self.origin.on("/search", lambda r: Response(r.target, FRESH))
        first = self.larder.get("/search?utm_source=x&page=2&q=a&other=1")
        second = self.larder.get("/search?q=a&page=2&utm_medium=y")
        self.assertEqual((first.body, second.body, second.cache), (first.body, first.body, "hit"))
        self.assertEqual(sorted(first.body.decode().partition("?")[2].split("&")), ["page=2", "q=a"])


if __name__ == "__main__":
    unittest.main()
