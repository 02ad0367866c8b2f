"""What one answer of the origin may do to what is stored: validation, provoked errors and redirects, groups."""
from harness import Case, Response, respond, strategy, unittest

STALE = ("Cache-Control: max-age=10", "Age: 20")
FRESH = "Cache-Control: max-age=1000"


class Validation(Case):
    def test_a_head_without_validators_renews_nothing(self):
        self.origin.on("/a", [respond("old", *STALE), respond("new", FRESH), respond("new", FRESH)])
        self.larder.get("/a")
        self.larder.get("/a", method="HEAD")
        reply = self.larder.get("/a")
        self.assertEqual((reply.body, self.origin.count("/a")), (b"new", 3))

    def test_a_head_after_a_soft_purge_renews_nothing(self):
        self.origin.fallback = lambda r: Response("old", FRESH)
        self.larder.get("/a")
        self.larder.purge_key("/a", mode="soft")
        self.larder.get("/a", method="HEAD")
        self.larder.get("/a")
        self.assertEqual(self.origin.count("/a"), 3)

    def test_a_304_for_another_representation_is_asked_again_without_conditions(self):
        def origin(r):
            if r["If-None-Match"] == '"1"':
                return Response("", 'ETag: "2"', FRESH, status=304)
            return Response("one", 'ETag: "1"', *STALE) if self.origin.count("/a") == 1 else Response("two", 'ETag: "2"', FRESH)

        self.origin.on("/a", origin)
        self.larder.get("/a")
        reply = self.larder.get("/a")
        self.assertEqual((reply.status, reply.body, reply["ETag"], self.origin.count("/a")), (200, b"two", '"2"', 3))
        self.assertFalse(self.origin.last("/a")["If-None-Match"])
        self.assertEqual(self.larder.get("/a").cache, "hit")

    def test_a_304_that_ends_the_object_is_answered_with_its_head(self):
        def origin(r):
            if r["If-None-Match"]:
                return Response("", 'ETag: "1"', "Cache-Control: private, no-store", "Set-Cookie: sid=42", status=304)
            return Response("body", 'ETag: "1"', "Cache-Control: public, max-age=10", "Age: 20")

        self.origin.on("/a", origin)
        self.larder.get("/a")
        reply = self.larder.get("/a")
        self.assertEqual((reply.status, reply.body), (200, b"body"))
        self.assertEqual((reply["Cache-Control"], reply["Set-Cookie"]), ("private, no-store", "sid=42"))
        self.larder.get("/a")
        self.assertFalse(self.origin.last("/a")["If-None-Match"])


class Provoked(Case):
    """By a field that the origin looks at and the key does not hold."""

    def origin_with(self, provoked, good=("good", *STALE)):
        self.down = False

        def origin(r):
            if self.down:
                return Response("", status=503)
            return provoked if r["X-Bad"] else Response(*good)

        self.origin.on("/a", origin)
        self.larder.get("/a")
        self.larder.get("/a", "X-Bad: 1")

    def victim_when_down(self):
        self.down = True
        return self.larder.get("/a").body

    def test_an_error_takes_no_usable_place(self):
        for status in (400, 403, 405, 422, 499, 501):
            with self.subTest(status):
                self.larder.purge("MANUAL_FLUSH")
                self.origin_with(Response("bad", FRESH, status=status))
                self.assertEqual(self.larder.get("/a").body, b"good")
                self.assertEqual(self.victim_when_down(), b"good")

    def test_an_error_for_a_user_takes_no_fresh_place(self):
        self.origin_with(Response("bad", "Cache-Control: public, max-age=1000", status=404), ("good", "Cache-Control: max-age=500"))
        self.larder.get("/a", "X-Bad: 1", "Authorization: x")
        self.assertEqual(self.larder.get("/a").body, b"good")

    def test_an_unstorable_answer_costs_nobody_the_stale_one(self):
        for provoked in (Response("", "Cache-Control: no-store", "Location: http://m.test/", status=302), Response("x", "Set-Cookie: a=b", FRESH),
                         Response("", "Set-Cookie: a=b", FRESH, "Location: /b", status=301)):
            self.larder.purge("MANUAL_FLUSH")
            self.origin_with(provoked)
            self.assertEqual(self.victim_when_down(), b"good")

    def test_what_is_gone_is_gone(self):
        for provoked in (Response("gone", FRESH, status=404), Response("gone", "Cache-Control: no-store", status=410)):
            self.larder.purge("MANUAL_FLUSH")
            self.origin_with(provoked)
            self.assertNotEqual(self.victim_when_down(), b"good")

    def test_errors_about_a_request_are_not_stored(self):
        self.origin.fallback = respond("bad", FRESH, status=414)
        self.larder.get("/e")
        self.larder.get("/e")
        self.assertEqual(self.origin.count("/e"), 2)


class AllErrors(Case):
    settings = {"strategies": [strategy(store_errors="all")]}

    def test_are_stored(self):
        self.origin.fallback = respond("bad", FRESH, status=414)
        self.larder.get("/e")
        self.assertEqual((self.larder.get("/e").cache, self.origin.count("/e")), ("hit", 1))


class SelfRedirect(Case):
    settings = {"strategies": [strategy("/**?!utm_*")]}

    def test_is_never_stored(self):
        for target, location in (("/a", "http://test/a"), ("/b", "/b#x"), ("/c", "c"), ("/d", "/x/../%64"), ("/e?q=1", "?q=1"),
                                 ("/f?utm_source=x", "/f"), ("/g", "")):
            seen = target.split("?utm")[0]  # by the origin
            self.origin.on(seen, respond("", FRESH, "Location: " + location, status=301))
            self.larder.get(target)
            self.larder.get(target)
            self.assertEqual(self.origin.count(seen), 2, target)

    def test_another_is_stored(self):
        for target, location in (("/a", "https://test/a"), ("/b", "/b/"), ("/c", "http://other/c"), ("/d", "/d?q=1")):
            self.origin.on(target, respond("", FRESH, "Location: " + location, status=301))
            self.larder.get(target)
            self.assertEqual(self.larder.get(target).cache, "hit", target)

    def test_nor_where_no_vary_search_makes_it_the_answer(self):
        self.origin.fallback = lambda r: Response("page", FRESH) if r.target == "/p" else Response(
            "", FRESH, "No-Vary-Search: params", "Location: /p", status=302)
        self.larder.get("/p?x=1")
        self.assertEqual(self.larder.get("/p").status, 200)


class Credentials(Case):
    def test_cookies_and_authorization_have_rules_of_their_own(self):
        self.origin.fallback = lambda r: Response("for " + (r["Cookie"] or r["Authorization"] or "all"), "Cache-Control: max-age=60, must-revalidate")
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a", "Cookie: s=alice").body, b"for s=alice")
        self.assertEqual(self.larder.get("/a", "Authorization: bob").body, b"for all")
        self.assertEqual(self.larder.get("/a").body, b"for all")


class Groups(Case):
    FIELDS = {"/sk": "Surrogate-Key: g", "/ct": "Cache-Tag: g", "/xkey": "xkey: g", "/cg": 'Cache-Groups: "g"'}
    settings = {"layers": [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "cache_level": 1, "max_size_bytes": "16MiB"},
                           {"layer_name": "L3_DATABASE", "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": "64MiB"}],
                "strategies": [strategy(cache_layer="L3_DATABASE")]}

    def test_a_write_takes_groups_alone_and_an_operator_all(self):
        self.origin.fallback = lambda r: Response("x", FRESH, self.FIELDS[r.target]) if r.method == "GET" else Response(
            "", 'Cache-Group-Invalidation: "g"')
        for target in self.FIELDS:
            self.larder.get(target)
        listed = self.larder.ask_admin("GET", "/v1/keys?tag=g").json()
        self.assertEqual([(row["cache_key"], row["key_metadata"]["tags"]) for row in listed["keys"]],
                         [("http://test" + target, ["g"]) for target in sorted(self.FIELDS)])
        self.larder.get("/form", method="POST", body=b"x")
        self.assertEqual({t: self.larder.get(t).cache == "hit" for t in self.FIELDS}, {"/sk": True, "/ct": True, "/xkey": True, "/cg": False})
        self.larder.purge("TAG_BASED", tags=["g"])
        for target in self.FIELDS:
            self.assertNotEqual(self.larder.get(target).cache, "hit", target)


if __name__ == "__main__":
    unittest.main()
