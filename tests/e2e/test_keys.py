"""The key registry: GET /v1/keys and GET /v1/keys/{cache_key}."""
import re
from urllib.parse import quote, urlencode

from harness import Case, respond, strategy, unittest

FRESH = "Cache-Control: max-age=600"
MEMBERS = {"cache_key", "strategy_name", "resource_type", "resource_id", "data_size_bytes", "stored_size_bytes", "hit_count", "miss_count",
           "last_accessed", "expires_at", "created_at", "is_active", "layers", "key_metadata"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


class Keys(Case):
    settings = {"strategies": [strategy("/api/workouts/{resource_id}", "workout-by-id", resource_type="WORKOUT", key_fields=["Accept-Language"]),
                               strategy("/**", "rest")]}

    def store(self, target, *fields, host="test", body=b"12345", **more):
        self.origin.on(target.split("?")[0], respond(body, *fields, *([] if "status" in more else [FRESH]), **more))
        self.assertIsNotNone(self.larder.get(target, host=host).cache)

    def listed(self, **query):
        reply = self.larder.ask_admin("GET", "/v1/keys?" + urlencode(query))
        self.assertEqual(reply.status, 200, reply)
        return reply.json()

    def names(self, **query):
        return [key["cache_key"] for key in self.listed(**query)["keys"]]

    def key(self, text, **more):
        return self.larder.ask_admin("GET", "/v1/keys/" + quote(text, safe=""), **more)


class One(Keys):
    def test_a_key_has_the_members_of_the_model(self):
        self.origin.on("/api/workouts/42", respond(b"12345", FRESH, 'ETag: "v1"', "Content-Type: application/json", "Surrogate-Key: a b"))
        for _ in range(3):
            self.larder.get("/api/workouts/42", "Accept-Language: de")
        reply = self.key("http://test/api/workouts/42 Accept-Language=de")
        self.assertEqual((reply.status, reply["Content-Type"]), (200, "application/json"), reply)
        key = reply.json()
        self.assertEqual(set(key), MEMBERS)
        self.assertEqual((key["strategy_name"], key["resource_type"], key["resource_id"]), ("workout-by-id", "WORKOUT", "42"))
        self.assertEqual((key["data_size_bytes"], key["hit_count"], key["layers"]), (5, 2, ["L1_APPLICATION"]))
        self.assertGreater(key["stored_size_bytes"], 5)
        self.assertTrue(key["is_active"])
        for member in ("created_at", "expires_at", "last_accessed"):
            self.assertRegex(key[member], TIME)
        self.assertEqual(key["key_metadata"], {"status": 200, "content_type": "application/json", "etag": '"v1"', "tags": ["a", "b"]})

    def test_every_fetch_is_a_miss_of_its_key(self):
        self.origin.on("/a", respond(b"x", FRESH, 'ETag: "v1"'))
        self.larder.get("/a")
        self.larder.purge_key("/a", mode="soft")
        self.larder.get("/a", "Cache-Control: no-cache")
        self.larder.get("/a")
        self.assertEqual(self.key("http://test/a").json()["miss_count"], 2)

    def test_any_spelling_of_the_url_finds_it(self):
        self.store("/a%20b/c?x=%2F&y=1")
        for text in ("http://test/a%20b/c?x=%2F&y=1", "HTTP://TEST:80/a%20b/./c?x=%2F&y=1", "http://test/%61%20b/d/../c?x=%2F&y=1"):
            with self.subTest(text):
                reply = self.key(text)
                self.assertEqual(reply.status, 200, reply)
                self.assertEqual(reply.json()["cache_key"], "http://test/a%20b/c?x=%2F&y=1")

    def test_what_is_not_there_is_404(self):
        self.store("/a/b")
        for text in ("http://test/a", "http://test/a/b/", "http://other/a/b", "https://test/a/b", "http://test/a/b Accept=x", "a/b", ""):
            with self.subTest(text):
                reply = self.key(text)
                self.assertEqual((reply.status, reply["Content-Type"]), (404, "application/problem+json"))

    def test_a_query_that_was_not_escaped_is_told(self):
        reply = self.larder.ask_admin("GET", "/v1/keys/" + quote("http://test/a", safe="") + "?b=c")
        self.assertEqual(reply.status, 400)
        self.assertIn("%3F", reply.json()["detail"])

    def test_a_soft_purge_leaves_it_inactive_and_a_hard_one_takes_it(self):
        self.store("/a")
        self.larder.purge_key("/a", mode="soft")
        self.assertFalse(self.key("http://test/a").json()["is_active"])
        self.larder.purge_key("/a")
        self.assertEqual(self.key("http://test/a").status, 404)

    def test_a_head_request_has_the_head_alone(self):
        self.store("/a")
        reply = self.larder.ask_admin("HEAD", "/v1/keys/" + quote("http://test/a", safe=""))
        self.assertEqual((reply.status, reply.body), (200, b""))
        self.assertGreater(int(reply["Content-Length"]), 0)
        self.assertEqual(self.larder.ask_admin("HEAD", "/v1/keys").status, 200)

    def test_a_key_as_long_as_a_target_may_be_is_found(self):
        target = "/" + "%C3%A4" * 1200
        self.store(target)
        self.assertEqual(self.key("http://test" + target).status, 200)


class Pages(Keys):
    def test_a_row_is_what_the_single_answer_is(self):
        self.store("/a")
        listed = self.listed()
        self.assertEqual(listed["keys"], [self.key("http://test/a").json()])
        self.assertIsNone(listed.get("next"))

    def test_filters_take_what_they_name(self):
        self.store("/api/workouts/1", "Surrogate-Key: red")
        self.store("/api/workouts/2")
        self.store("/b", "Surrogate-Key: red blue")
        self.store("/b", "Surrogate-Key: red", host="other")
        workouts = ["http://test/api/workouts/1", "http://test/api/workouts/2"]
        for query, wanted in [({}, [*workouts, "http://other/b", "http://test/b"]),
                              ({"strategy_name": "workout-by-id"}, workouts),
                              ({"resource_type": "WORKOUT", "resource_id": "2"}, workouts[1:]),
                              ({"tag": "red", "prefix": "/b"}, ["http://other/b", "http://test/b"]),
                              ({"tag": "blue"}, ["http://test/b"]),
                              ({"prefix": "http://test/"}, [*workouts, "http://test/b"]),
                              ({"prefix": "http://test/api/workouts/1"}, workouts[:1]),
                              ({"strategy_name": "none"}, [])]:
            with self.subTest(query):
                self.assertEqual([name.split(" ")[0] for name in self.names(**query)], wanted)

    def test_paging_shows_every_key_once_while_others_come_and_go(self):
        for i in range(25):
            self.store(f"/k/{i:02}")
        seen, cursor, pages = [], None, 0
        while True:
            page = self.listed(limit=4, prefix="/k/", **({"cursor": cursor} if cursor else {}))
            self.assertLessEqual(len(page["keys"]), 4)
            seen += [key["cache_key"] for key in page["keys"]]
            cursor = page.get("next")
            if not cursor:
                break
            self.assertRegex(cursor, r"^[A-Za-z0-9_-]+$")
            pages += 1
            self.store(f"/k/{pages:02}a")
            self.larder.purge_key(f"/k/{pages - 1:02}a")
        stayed = [name for name in seen if not name.endswith("a")]
        self.assertEqual(stayed, [f"http://test/k/{i:02}" for i in range(25)])
        self.assertEqual(len(seen), len(set(seen)))

    def test_wrong_parameters_are_named(self):
        for query, named in [("nonsense=1", "nonsense"), ("limit=0", "limit"), ("limit=x", "limit"), ("limit=-1", "limit"), ("limit=", "limit"),
                             ("limit=99999999999999999999", "limit"), ("cursor=x", "cursor"), ("cursor=", "cursor"),
                             ("cursor=aHR0cDovL3gvYQ", "cursor"), ("prefix=%zz", "percent")]:
            with self.subTest(query):
                reply = self.larder.ask_admin("GET", "/v1/keys?" + query)
                self.assertEqual((reply.status, reply["Content-Type"]), (400, "application/problem+json"))
                self.assertIn(named, reply.json()["detail"])

    def test_a_large_limit_is_cut(self):
        self.store("/a")
        self.assertEqual(len(self.listed(limit=100000)["keys"]), 1)

    def test_keys_are_only_read(self):
        for method in ("POST", "DELETE", "PUT", "PATCH"):
            for target in ("/v1/keys", "/v1/keys/" + quote("http://test/a", safe="")):
                with self.subTest(method=method, target=target):
                    reply = self.larder.ask_admin(method, target)
                    self.assertEqual((reply.status, reply["Allow"]), (405, "GET, HEAD"))


if __name__ == "__main__":
    unittest.main()
