"""Rules of HTTP caching beside the core: No-Vary-Search, Cache-Groups, what Vary counts, 103, trace context, CDN fields."""
import re

from harness import Case, Gate, Response, eventually, respond, strategy, unittest

FRESH = "Cache-Control: max-age=1000"


def echo_target(*fields):
    return lambda r: Response(r.target, FRESH, *fields)


class NoVarySearch(Case):
    def body(self, target):
        return self.larder.get(target).body.decode()

    def test_parameters_that_do_not_count_make_no_other_request(self):
        self.origin.fallback = echo_target('No-Vary-Search: key-order, params=("utm")')
        self.assertEqual(self.body("/p?a=1&b=2&utm=x"), "/p?a=1&b=2&utm=x")
        for same in ("/p?a=1&b=2&utm=y", "/p?b=2&a=1", "/p?utm&b=2&a=%31", "/p?a=1&b=2&utm=x"):
            reply = self.larder.get(same)
            self.assertEqual((reply.body, reply.cache), (b"/p?a=1&b=2&utm=x", "hit"), same)
        for other in ("/p?a=1&b=3", "/p", "/q?a=1&b=2"):
            self.assertEqual(self.body(other), other)

    def test_a_write_or_purge_of_any_of_them_is_one_of_all(self):
        self.origin.fallback = lambda r: Response(r.target, FRESH, "No-Vary-Search: params") if r.method == "GET" else Response("")
        self.body("/p?x=1")
        self.assertEqual(self.body("/p?x=2"), "/p?x=1")
        self.larder.get("/p?x=3", method="PUT", body=b"new")
        self.assertEqual(self.body("/p?x=2"), "/p?x=2")
        self.larder.purge_key("/p?x=4")
        self.assertEqual(self.body("/p?x=5"), "/p?x=5")

    def test_holds_no_longer_than_the_origin_says_it(self):
        says = ["No-Vary-Search: params"]
        self.origin.fallback = lambda r: Response(r.target, FRESH, *says)
        self.body("/p?x=1")
        says.clear()
        self.larder.purge_key("/p?x=1")
        self.assertEqual(self.body("/p?x=1"), "/p?x=1")
        self.assertEqual(self.body("/p?x=2"), "/p?x=2")
        self.assertEqual(self.body("/p?x=1"), "/p?x=1")

    def test_what_is_stale_is_asked_for_by_its_own_url(self):
        self.origin.fallback = lambda r: Response(r.target, "Cache-Control: max-age=10", "Age: 20", 'ETag: "1"', "No-Vary-Search: params")
        self.body("/p?x=1")
        self.assertEqual(self.body("/p?x=2"), "/p?x=2")

    def test_is_foretold(self):
        self.origin.fallback = echo_target("No-Vary-Search: params")
        self.body("/p?x=1")
        said = self.larder.ask_admin("POST", "/v1/explain", {"url": "http://test/p?x=2"}).json()
        self.assertEqual((said["outcome"], said["found_under"]), ("hit", "http://test/p?x=1"))


    def test_of_one_response_is_not_applied_to_another(self):
        self.origin.fallback = lambda r: Response(r.target, FRESH, 'No-Vary-Search: params=("%s")' % ("user" if "plain" in r.target else "ref"))
        self.body("/p?ref=1&id=7")
        self.body("/p?plain&user=bob")
        self.assertEqual(self.body("/p?id=7&user=alice"), "/p?id=7&user=alice")
        self.assertEqual(self.body("/p?id=7&ref=2"), "/p?ref=1&id=7")  # and neither has displaced the other
        self.assertEqual(self.body("/p?plain&user=eve"), "/p?plain&user=bob")

    def test_a_purge_takes_every_copy_that_its_own_field_makes_equal(self):
        version = [1]
        self.origin.fallback = lambda r: Response(f"{version[0]} {r.target}", FRESH, 'No-Vary-Search: params=("utm")', "Vary: X-Kind")
        copies = [("/p?id=1&utm=a", "X-Kind: 1"), ("/p?id=1&utm=b", "X-Kind: 2"), ("/p?utm=c&id=1", "X-Kind: 3")]
        other = ("/p?id=2&utm=a", "X-Kind: 1")
        for way in (lambda: self.larder.purge_key("/p?id=1"), lambda: self.larder.get("/p?id=1&utm=z", method="PUT", body=b"x"),
                    lambda: self.larder.purge("SINGLE_KEY", cache_key="https://test./p?id=1")):
            for target, kind in [*copies, other]:
                self.larder.get(target, kind)
            version[0] += 1
            way()
            for target, kind in copies:
                self.assertEqual(self.larder.get(target, kind).body.split()[0], str(version[0]).encode(), target)
            self.assertEqual(self.larder.get(*other).cache, "hit")
        receipt = self.larder.purge_key("/p?id=1")
        self.assertEqual(receipt["keys_invalidated_count"], len(receipt["invalidated_keys"]))
        self.assertTrue(set(receipt["invalidated_keys"]) <= {"http://test" + target for target, _ in copies}, receipt)
        self.assertTrue(receipt["invalidated_keys"])

    def test_marks_are_no_tags(self):
        self.origin.fallback = echo_target("No-Vary-Search: params", "Surrogate-Key: red")
        self.body("/p?x=1")
        self.assertEqual(self.larder.ask_admin("GET", "/v1/keys?prefix=/p").json()["keys"][0]["key_metadata"]["tags"], ["red"])


class DiskCase(Case):
    """Where only a slow layer has anything."""
    settings = {"layers": [{"layer_name": "L3_DATABASE", "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": "64MiB"}],
                "strategies": [strategy(cache_layer="L3_DATABASE")]}

    def setUp(self):
        super().setUp()
        self.larder.event("storage_opened")


class OnDisk(DiskCase):
    def test_an_equivalent_url_is_found(self):
        self.origin.fallback = echo_target("No-Vary-Search: params")
        self.larder.get("/p?x=1")
        reply = self.larder.get("/p?x=2")
        self.assertEqual((reply.body, reply.cache), (b"/p?x=1", "hit"))

    def test_a_purge_takes_equivalents_after_a_restart(self):
        self.origin.fallback = echo_target('No-Vary-Search: params=("utm")')
        for target in ("/p?id=1&utm=a", "/p?id=2&utm=a", "/p?id=3&utm=a"):
            self.larder.get(target)
        eventually(lambda: len(self.larder.ask_admin("GET", "/v1/keys?prefix=/p").json()["keys"]) == 3)
        self.larder.stop()
        self.larder.start()
        self.larder.event("storage_opened")
        self.assertEqual(self.larder.purge_key("/p?id=1")["invalidated_keys"], ["http://test/p?id=1&utm=a"])
        self.assertEqual(self.larder.get("/p?id=1&utm=a").cache, "uri-miss")
        self.assertEqual(self.larder.get("/p?id=2&utm=a").cache, "hit")
        # Without the knowledge of what may make them equal no purge would reach them.
        self.larder.stop()
        (self.larder.data / "no_vary_search").unlink()
        self.larder.start()
        self.larder.event("storage_opened")
        self.assertEqual(self.larder.get("/p?id=3&utm=a").cache, "uri-miss")

    def test_tag_fields_stay_hidden_after_a_restart(self):
        self.origin.on("/a", respond("x", FRESH, "Surrogate-Key: red", "X-Last: 1"))
        self.larder.get("/a")
        eventually(lambda: self.larder.ask_admin("GET", "/v1/keys?prefix=/a").json()["keys"])
        self.larder.stop()
        self.larder.start()
        self.larder.event("storage_opened")
        reply = self.larder.get("/a")
        self.assertEqual((reply.cache, reply["Surrogate-Key"], reply["X-Last"]), ("hit", None, "1"))
        self.assertEqual(self.larder.purge("TAG_BASED", tags=["red"])["keys_invalidated_count"], 1)


class NoVarySearchOff(Case):
    settings = {"strategies": [strategy(no_vary_search=False)]}

    def test_where_the_strategy_says_so_it_means_nothing(self):
        self.origin.fallback = echo_target("No-Vary-Search: params")
        for target in ("/p?x=1", "/p?x=2"):
            self.assertEqual(self.larder.get(target).body.decode(), target)


class Groups(Case):
    """RFC 9875."""

    def test_a_write_names_groups_of_its_origin(self):
        self.origin.fallback = lambda r: Response(r.target, FRESH, 'Cache-Groups: "red", "green"') if r.method == "GET" else Response(
            "", 'Cache-Group-Invalidation: "green"', status=200)
        self.larder.get("/a")
        self.larder.get("/b")
        self.larder.get("/a", host="other")
        self.larder.get("/write", method="POST", body=b"x")
        self.assertEqual(self.larder.get("/a").cache, "uri-miss")
        self.assertEqual(self.larder.get("/b").cache, "uri-miss")
        self.assertEqual(self.larder.get("/a", host="other").cache, "hit")

    def test_a_read_invalidates_nothing(self):
        self.origin.fallback = respond("x", FRESH, 'Cache-Groups: "red"', 'Cache-Group-Invalidation: "red"')
        self.larder.get("/a")
        self.larder.get("/b")
        self.assertEqual(self.larder.get("/a").cache, "hit")


class Surrogates(Case):
    FIELDS = ["Surrogate-Key: a b", "Cache-Tag: c", "xkey: d", "Surrogate-Control: max-age=60", "Larder-Cache-Control: max-age=60"]

    def given(self, reply):
        return [line for line in self.FIELDS if reply[line.split(":")[0]]]

    def test_clients_do_not_get_what_is_for_caches(self):
        self.origin.fallback = lambda r: Response(r.method, *self.FIELDS, 'Cache-Groups: "g"', "CDN-Cache-Control: max-age=60", FRESH)
        for method in ("GET", "GET", "POST", "HEAD"):
            reply = self.larder.get("/a", method=method)
            self.assertEqual(self.given(reply), [])
            self.assertEqual((reply["Cache-Groups"], reply["CDN-Cache-Control"]), ('"g"', "max-age=60"))

    def test_they_hold_over_a_304_that_does_not_repeat_them(self):
        def answer(request):
            if request["If-None-Match"]:
                return Response("", "Cache-Control: max-age=10", status=304)
            return Response("x", "Cache-Control: max-age=10", "Age: 20", "Surrogate-Key: red", 'ETag: "1"')

        self.origin.on("/a", answer)
        self.larder.get("/a")
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a").cache, "hit")
        self.assertEqual(self.larder.purge("TAG_BASED", tags=["red"])["keys_invalidated_count"], 1)

    def test_64_kib_of_tags(self):
        tags = " ".join(f"tag-{number:08}" for number in range(5000))  # 65 KB
        self.origin.on("/a", respond("x", FRESH, f"Surrogate-Key: {tags}"))
        self.larder.get("/a")
        self.assertEqual(self.larder.get("/a").cache, "hit")
        self.assertEqual(self.larder.purge("TAG_BASED", tags=["tag-00004999"])["keys_invalidated_count"], 1)


class SurrogatesPassed(Case):
    settings = {"strategies": [strategy(surrogate_fields="pass")]}

    def test_another_cache_in_front_gets_them(self):
        self.origin.on("/a", respond("x", FRESH, *Surrogates.FIELDS))
        for _ in range(2):
            reply = self.larder.get("/a")
            self.assertEqual([f"{f.split(':')[0]}: {reply[f.split(':')[0]]}" for f in Surrogates.FIELDS], Surrogates.FIELDS)


class Negotiated(Case):
    settings = {"strategies": [
        strategy("/offered/**", "offered", offered_languages=["en", "de"], offered_encodings=["br", "gzip"]),
        strategy("/literal/**", "literal", vary={"Accept-Language": "pass", "Accept-Encoding": "pass"}),
        strategy("/bypass/**", "bypass", vary={"User-Agent": "bypass"}),
        strategy()]}

    def asked(self, path, *values, vary="Accept-Language", fields=()):
        """What the origin was asked with, for requests with these values."""
        self.origin.on(path, lambda r: Response("x", FRESH, f"Vary: {vary}", *fields))
        for value in values:
            self.larder.get(path, f"{vary}: {value}")
        return [request[vary] for request in self.origin.requests if request.target == path]

    def test_values_that_mean_the_same_are_the_same(self):
        self.assertEqual(self.asked("/a", "de, en", "EN,de", " en;q=1.0 ,de;q=1", "en, de;q=0.5"), ["de, en", "en, de;q=0.5"])
        self.assertEqual(self.asked("/b", "gzip, br", "br,gzip", vary="Accept-Encoding"), ["br, gzip"])
        self.assertEqual(self.asked("/c", "de en", "de  en"), ["de en", "de  en"])  # no list of languages

    def test_or_not_where_the_strategy_compares_them_as_they_are(self):
        self.assertEqual(self.asked("/literal/a", "de, en", "en, de"), ["de, en", "en, de"])

    def test_they_are_reduced_to_what_the_origin_has(self):
        self.assertEqual(self.asked("/offered/a", "en-US,en;q=0.9,fr;q=0.5", "en", "fr, en;q=0.1", "fr", "it"), ["en", None])
        self.assertEqual(self.asked("/offered/b", "zstd, br, gzip, deflate", "br;q=1, gzip", "x", "identity", vary="Accept-Encoding"),
                         ["br, gzip", "identity"])

    def test_on_one_connection_each_strategy_has_its_own_form(self):
        self.origin.fallback = respond("x", FRESH)
        with self.larder.client() as client:
            for path in ("/offered/a", "/a", "/literal/a", "/offered/b"):
                client.get(path, "Accept-Language: fr, DE;q=0.5", "Accept-Encoding: zstd,br")
        self.assertEqual([(r["Accept-Language"], r["Accept-Encoding"]) for r in self.origin.requests],
                         [("de", "br"), ("fr, de;q=0.5", "br, zstd"), ("fr, DE;q=0.5", "zstd,br"), ("de", "br")])

    def test_a_stored_first_choice_of_language_is_enough(self):
        said = ["Content-Language: de"]
        self.assertEqual(self.asked("/d", "en;q=0.9, de", "fr;q=0.5, de", "de-AT", fields=said), ["de, en;q=0.9", "de-at"])

    def test_what_was_got_without_that_choice_is_not(self):
        said = ["Content-Language: de"]
        self.assertEqual(self.asked("/d", "en, de", 'de"><script>', "de", fields=said), ["de, en", 'de"><script>', "de"])

    def test_bypassed_fields_keep_a_response_from_being_stored(self):
        self.assertEqual(self.asked("/bypass/a", "x", "x", vary="User-Agent"), ["x", "x"])

    def test_a_dictionary_response_is_only_for_who_has_the_dictionary(self):
        def answer(request):
            coding = ["Content-Encoding: dcb"] if request["Available-Dictionary"] == ":YQ==:" else []
            return Response("dcb" if coding else "plain", FRESH, *coding)

        self.origin.on("/x", answer)
        has = "Accept-Encoding: dcb, br", "Available-Dictionary: :YQ==:"
        self.assertEqual(self.larder.get("/x", *has).body, b"dcb")
        self.assertEqual(self.larder.get("/x", *has).cache, "hit")
        self.assertEqual(self.larder.get("/x", "Accept-Encoding: dcb, br", "Available-Dictionary: :Yg==:").body, b"plain")
        self.assertEqual(self.larder.get("/x").body, b"plain")

    def test_only_so_many_variants_of_a_key_are_kept(self):
        self.origin.on("/v", lambda r: Response(r["Foo"], FRESH, "Vary: Foo"))
        for number in range(70):
            self.larder.get("/v", f"Foo: {number}")
        self.assertEqual(self.larder.get("/v", "Foo: 69").cache, "hit")
        self.assertEqual(self.larder.get("/v", "Foo: 0").cache, "vary-miss")


class Chain(Case):
    """RFC 9211 section 2: the members of caches nearer to the origin stay, the last is ours."""

    def test_upstreams_members_come_first(self):
        self.origin.fallback = respond("x", FRESH, "Cache-Status: near; hit; ttl=5", "Cache-Status: nearer; fwd=miss")
        for path, ours in [("/a", "larder; fwd=uri-miss"), ("/a", "larder; hit"), ("/b", "larder; fwd=uri-miss")]:
            members = self.larder.get(path).all("Cache-Status")
            self.assertEqual(members[:2], ["near; hit; ttl=5", "nearer; fwd=miss"])
            self.assertTrue(members[2].startswith(ours), members)
        self.assertEqual(len(self.larder.get("/a", method="POST").all("Cache-Status")), 3)


class EarlyHints(Case):
    settings = {"strategies": [strategy(early_hints=True)]}
    LINK = "Link: </a.css>; rel=preload; as=style"
    STALE = ("Cache-Control: max-age=10", "Age: 20", 'ETag: "1"')

    def test_are_sent_while_the_next_response_is_waited_for(self):
        gate = Gate()
        answers = [Response("1", *self.STALE, self.LINK), Response("2", FRESH, self.LINK, head_gate=gate)]
        self.origin.on("/a", lambda r: answers.pop(0))
        with self.larder.client() as client:
            self.assertEqual(client.get("/a").body, b"1")
            client.send("GET /a HTTP/1.1\r\nHost: test\r\n\r\n")
            hints = client.read_head()
            self.assertEqual((hints.status, hints["Link"]), (103, "</a.css>; rel=preload; as=style"))
            gate.open()
            self.assertEqual(client.read().body, b"2")

    def test_are_of_the_variant_and_of_nothing_that_was_purged(self):
        says = ["Cache-Control: public, max-age=10", "Age: 20", 'ETag: "1"', "Vary: X-Tenant"]
        self.origin.fallback = lambda r: Response("x", *says, "Link: </%s.css>; rel=preload" % r["X-Tenant"])
        def hints(path, *fields):
            with self.larder.client() as client:
                client.send(f"GET {path} HTTP/1.1\r\nHost: test\r\n" + "".join(field + "\r\n" for field in fields) + "\r\n")
                head = client.read_head()
                return head["Link"] if head.status == 103 else None
        self.larder.get("/a", "X-Tenant: a")
        self.assertIsNone(hints("/a", "X-Tenant: b"))
        self.assertEqual(hints("/a", "X-Tenant: a"), "</a.css>; rel=preload")
        self.assertIsNone(hints("/a", "X-Tenant: a", "Authorization: x"))
        for mode in ("soft", "hard"):
            self.larder.get("/a", "X-Tenant: a")
            self.larder.purge("SINGLE_KEY", cache_key="http://test/a", mode=mode)
            self.assertIsNone(hints("/a", "X-Tenant: a"), mode)

    def test_not_to_a_client_of_http_1_0(self):
        self.origin.on("/a", respond("1", *self.STALE, self.LINK))
        self.larder.get("/a")
        reply, _ = self.larder.raw("GET /a HTTP/1.0\r\nHost: test\r\n\r\n")
        self.assertEqual(reply.status, 200)

    def test_of_the_origin_are_passed_on(self):
        raw = b"HTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
        self.origin.on("/b", lambda r: Response(raw=raw))
        with self.larder.client() as client:
            client.send("GET /b HTTP/1.1\r\nHost: test\r\n\r\n")
            self.assertEqual(client.read_head()["Link"], "</b.css>; rel=preload")
            self.assertEqual(client.read().body, b"x")


class EarlyHintsOfAStaleResponse(DiskCase):
    settings = DiskCase.settings | {"strategies": [strategy(cache_layer="L3_DATABASE", early_hints=True)]}

    def test_are_sent_after_a_restart_too(self):
        gate = Gate()
        answers = [Response("1", "Cache-Control: max-age=10", "Age: 20", 'ETag: "1"', EarlyHints.LINK),
                   Response("", "Cache-Control: max-age=10", status=304, head_gate=gate)]
        self.origin.on("/a", lambda r: answers.pop(0))
        self.larder.get("/a")
        eventually(lambda: self.larder.ask_admin("GET", "/v1/keys?prefix=/a").json()["keys"])
        self.larder.stop()
        self.larder.start()
        self.larder.event("storage_opened")
        with self.larder.client() as client:
            client.send("GET /a HTTP/1.1\r\nHost: test\r\n\r\n")
            self.assertEqual(client.read_head().status, 103)
            gate.open()
            self.assertEqual(client.read().body, b"1")


class TraceContext(Case):
    PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    def test_is_made_or_passed(self):
        self.origin.fallback = respond("x", FRESH)
        for path in ("/1", "/2"):
            self.larder.get(path)
        self.larder.get("/3", f"traceparent: {self.PARENT}", "tracestate: a=1")
        self.larder.get("/4", "traceparent: 00-broken", "tracestate: a=1")
        seen = [request["traceparent"] for request in self.origin.requests]
        for parent in (*seen[:2], seen[3]):
            self.assertTrue(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", parent), parent)
        self.assertEqual(len(set(seen)), 4)
        self.assertEqual(seen[2], self.PARENT)
        self.assertEqual([request["tracestate"] for request in self.origin.requests], [None, None, "a=1", None])


class TraceContextPassed(Case):
    settings = {"trace_context": "pass"}

    def test_nothing_is_made(self):
        self.origin.fallback = respond("x", FRESH)
        self.larder.get("/1")
        self.larder.get("/2", "traceparent: 00-broken")
        self.assertEqual([request["traceparent"] for request in self.origin.requests], [None, "00-broken"])


if __name__ == "__main__":
    unittest.main()
