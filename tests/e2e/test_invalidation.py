"""What a purge removes, and that nothing under way brings it back."""
import functools

from harness import Case, Gate, request, respond, unittest

FRESH = "Cache-Control: max-age=1000"
TAGS = "Surrogate-Key: red blue"
PURGES = [  # each removes http://test/a/1, tagged red
    ("SINGLE_KEY", {"cache_key": "http://test/a/1"}),
    ("PATTERN_MATCH", {"cache_key_pattern": "/a/**"}),
    ("TAG_BASED", {"tags": ["red"]}),
    ("MANUAL_FLUSH", {}),
]


class Invalidation(Case):
    def store(self, *paths):
        for path in paths:
            self.origin.on(path, respond(path, FRESH, TAGS if path.startswith("/a") else "Surrogate-Key: green"))
            self.larder.get(path)

    def gone(self, path):
        return self.larder.get(path).cache != "hit"

    def test_key(self):
        self.store("/a/1", "/a/2")
        receipt = self.larder.purge_key("/a/1")
        self.assertEqual((receipt["keys_invalidated_count"], receipt["invalidated_keys"]), (1, ["http://test/a/1"]))
        self.assertEqual((self.gone("/a/1"), self.gone("/a/2")), (True, False))

    def test_a_resource_goes_under_all_its_spellings(self):
        self.origin.on("/a/1", respond("x", FRESH))
        hosts = ["test", "test.", "TEST:80", "test:443"]
        for host in hosts:
            self.larder.get("/a/1", host=host)
        self.assertEqual(self.larder.purge("SINGLE_KEY", cache_key="https://Test./a/1")["invalidated_keys"], ["http://test/a/1", "http://test:443/a/1"])
        for host in hosts:
            self.larder.get("/a/1", host=host)
        self.larder.get("/a/1", method="PUT", body=b"x", host="test.")
        self.assertNotEqual(self.larder.get("/a/1", host="test:443").cache, "hit")

    def test_pattern(self):
        self.store("/a/1", "/a/2", "/b/1")
        self.assertEqual(self.larder.purge("PATTERN_MATCH", cache_key_pattern="/a/**")["keys_invalidated_count"], 2)
        self.assertEqual([self.gone(path) for path in ("/a/1", "/a/2", "/b/1")], [True, True, False])

    def test_tag(self):
        self.store("/a/1", "/a/2", "/b/1")
        self.assertEqual(self.larder.purge("TAG_BASED", tags=["blue"])["keys_invalidated_count"], 2)
        self.assertEqual([self.gone(path) for path in ("/a/1", "/a/2", "/b/1")], [True, True, False])

    def test_flush(self):
        self.store("/a/1", "/b/1")
        self.larder.purge("MANUAL_FLUSH")
        self.assertEqual([self.gone(path) for path in ("/a/1", "/b/1")], [True, True])

    def test_all_variants_go(self):
        self.origin.on("/a/1", respond("x", FRESH, "Vary: X-L"))
        for language in ("de", "fr"):
            self.larder.get("/a/1", f"X-L: {language}")
        self.larder.purge_key("/a/1")
        for language in ("de", "fr"):
            self.assertNotEqual(self.larder.get("/a/1", f"X-L: {language}").cache, "hit")

    def test_dry_run_only_counts(self):
        self.store("/a/1")
        for kind, members in PURGES:
            with self.subTest(kind):
                self.assertEqual(self.larder.purge(kind, dry_run=True, **members)["keys_invalidated_count"], 1)
                self.assertFalse(self.gone("/a/1"))

    def test_soft_leaves_it_to_be_validated(self):
        for kind, members in PURGES:
            with self.subTest(kind):
                self.origin.on("/a/1", [respond("x", FRESH, TAGS, 'ETag: "1"'), respond("", FRESH, 'ETag: "1"', status=304)])
                self.larder.purge("MANUAL_FLUSH")
                self.larder.get("/a/1")
                self.assertEqual(self.larder.purge(kind, mode="soft", **members)["mode"], "soft")
                reply = self.larder.get("/a/1")
                self.assertEqual((reply.body, reply.cache, self.origin.last()["If-None-Match"]), (b"x", "stale", '"1"'))

    def test_receipt_says_what_was_done(self):
        self.store("/a/1")
        receipt = self.larder.purge("TAG_BASED", tags=["red"], invalidation_reason="test")
        self.assertRegex(receipt["id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual((receipt["invalidation_type"], receipt["mode"], receipt["state"]), ("TAG_BASED", "hard", "done"))
        self.assertRegex(receipt["invalidated_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        self.assertEqual((receipt["layers"][0]["technology"], receipt["layers"][0]["count"]), ("MEMORY", 1))
        self.assertEqual(self.larder.metric("larder_invalidations_total", type="TAG_BASED"), 1)
        self.assertEqual(self.larder.metric("larder_invalidated_keys_total", type="TAG_BASED"), 1)

    def test_wrong_calls_are_problems_and_change_nothing(self):
        self.store("/a/1")
        for body in ({}, {"invalidation_type": "NO_SUCH"}, {"invalidation_type": "SINGLE_KEY"}, {"invalidation_type": "TAG_BASED", "tags": "red"},
                     {"invalidation_type": "MANUAL_FLUSH", "mode": "medium"}, {"invalidation_type": "MANUAL_FLUSH", "unknown": 1}, []):
            with self.subTest(body=body):
                reply = self.larder.ask_admin("POST", "/v1/invalidations", body)
                self.assertIn(reply.status, (400, 422))
                self.assertEqual(reply["Content-Type"], "application/problem+json")
        self.assertFalse(self.gone("/a/1"))


def with_each_purge(test):
    """Runs test(self, purge) for every kind of purge that removes http://test/a/1, from an empty cache each time."""
    @functools.wraps(test)
    def run(self):
        for kind, members in PURGES:
            with self.subTest(kind):
                self.larder.purge("MANUAL_FLUSH")
                test(self, functools.partial(self.larder.purge, kind, **members))
    return run


class Races(Case):
    """Forced by the origin, which holds the response until the purge has been acknowledged."""

    def assert_new(self):
        reply = self.larder.get("/a/1")
        self.assertEqual(reply.body, b"new")
        self.assertEqual(self.larder.get("/a/1").cache, "hit")  # and the new one is kept

    @with_each_purge
    def test_fetch_sent_before_a_purge_is_not_stored(self, purge):
        gate = Gate()
        self.origin.on("/a/1", [respond("old", FRESH, TAGS, head_gate=gate), respond("new", FRESH, TAGS)])
        waiting = self.larder.later("/a/1")
        gate.arrived()
        purge()
        gate.open()
        self.assertEqual(waiting().status, 200)
        self.assert_new()

    @with_each_purge
    def test_body_under_way_during_a_purge_is_not_stored(self, purge):
        gate = Gate()
        self.origin.on("/a/1", [respond("old" * 100, FRESH, TAGS, body_gate=gate), respond("new", FRESH, TAGS)])
        with self.larder.client() as client:
            client.send(request("/a/1"))
            head = client.read_head()
            purge()
            gate.open()
            self.assertEqual(client.read_body(head).body, b"old" * 100)
        self.assert_new()

    @with_each_purge
    def test_304_does_not_revive_what_was_purged(self, purge):
        gate = Gate()
        self.origin.on("/a/1", [respond("old", "Cache-Control: max-age=10", "Age: 20", TAGS, 'ETag: "1"'),
                                respond("", FRESH, TAGS, 'ETag: "1"', status=304, head_gate=gate),
                                respond("new", FRESH, TAGS, 'ETag: "2"')])
        self.larder.get("/a/1")
        waiting = self.larder.later("/a/1")
        gate.arrived()
        purge()
        gate.open()
        self.assertEqual(waiting().status, 200)
        self.assert_new()
        self.assertIsNone(self.origin.last()["If-None-Match"])

    @with_each_purge
    def test_background_refresh_does_not_undo_a_purge(self, purge):
        gate = Gate()
        self.origin.on("/a/1", [respond("old", "Cache-Control: max-age=10, stale-while-revalidate=1000", "Age: 20", TAGS),
                                respond("old", FRESH, TAGS, body_gate=gate), respond("new", FRESH, TAGS)])
        self.larder.get("/a/1")
        self.assertEqual(self.larder.get("/a/1").body, b"old")
        gate.arrived()
        purge()
        gate.open()
        self.assert_new()

    def test_fetch_of_an_equivalent_url_does_not_undo_a_purge_or_write(self):
        search = 'No-Vary-Search: params=("utm")'
        for way in (lambda: self.larder.purge_key("/n?id=1"), lambda: self.larder.get("/n?id=1", method="PUT", body=b"x"),
                    lambda: self.larder.get("/n?utm=w&id=1", method="PUT", body=b"x")):
            self.larder.purge("MANUAL_FLUSH")
            gates = [Gate(), Gate()]
            old = [respond("old", FRESH, search, head_gate=gates[0]), respond("old" * 50, FRESH, search, body_gate=gates[1])]
            answers = {"/n?id=1&utm=0": [old[0]], "/n?id=1&utm=1": [old[1]]}
            def answer(r):
                if r.method == "PUT":
                    return respond("", status=204)(r)
                return (answers[r.target].pop() if answers.get(r.target) else respond("new", FRESH, search))(r)
            self.origin.fallback = answer
            waiting = self.larder.later("/n?id=1&utm=0")
            gates[0].arrived()
            with self.larder.client() as client:
                client.send(request("/n?id=1&utm=1"))
                head = client.read_head()
                way()
                joined = self.larder.later("/n?id=1&utm=0")  # came after it: the held one is too old for it
                self.assertEqual(joined().body, b"new")
                for gate in gates:
                    gate.open()
                client.read_body(head)
            waiting()
            for target in ("/n?id=1", "/n?id=1&utm=0", "/n?id=1&utm=1", "/n?id=1&utm=2"):
                self.assertEqual(self.larder.get(target).body, b"new", target)

    def test_write_beats_a_fetch_under_way(self):
        gate = Gate()
        self.origin.on("/a/1", [respond("old", FRESH, head_gate=gate), respond("", status=204), respond("new", FRESH)])
        waiting = self.larder.later("/a/1")
        gate.arrived()
        self.assertEqual(self.larder.get("/a/1", method="PUT", body=b"x").status, 204)
        gate.open()
        self.assertEqual(waiting().status, 200)
        self.assert_new()

    @with_each_purge
    def test_older_fill_that_ends_later_does_not_replace_the_newer(self, purge):
        gate = Gate()
        self.origin.on("/a/1", [respond("old", FRESH, TAGS, head_gate=gate), respond("new", FRESH, TAGS)])
        waiting = self.larder.later("/a/1")
        gate.arrived()
        purge()
        self.assertEqual(self.larder.get("/a/1").body, b"new")  # a fetch of its own: the held one is too old
        gate.open()
        self.assertEqual(waiting().status, 200)
        self.assert_new()


if __name__ == "__main__":
    unittest.main()
