"""larder explain and POST /v1/explain: what they say is what happens, and saying it changes nothing."""
import json
import os
import random
import subprocess

from harness import Case, Response, respond, strategy, unittest

DISK = {"layers": [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "max_size_bytes": "16MiB"},
                   {"layer_name": "L3_DATABASE", "technology": "FILE_SYSTEM", "max_size_bytes": "64MiB"}]}


def on_disk(pattern, name, **more):
    return {**strategy(pattern, name, **more), "cache_layer": "L3_DATABASE"}


class Explain(Case):
    settings = {**DISK, "strategies": [on_disk("/**", "rest", request_directives="obey"),
                                       on_disk("/api/**", "api", key_fields=["X-Tenant"]),
                                       on_disk("/api/{id}", "one", stale_while_revalidate="60s")]}

    def explain(self, url, *fields, method="GET", **more):
        reply = self.larder.ask_admin("POST", "/v1/explain", {"method": method, "url": url, "fields": list(fields), **more})
        self.assertEqual(reply.status, 200, reply)
        return reply.json()


class Words(Explain):
    def test_an_absent_response_is_fetched_by_the_most_specific_strategy(self):
        said = self.explain("http://test/api/7?b=1&a=2", "X-Tenant: t")
        self.assertEqual((said["outcome"], said["cache_status"]), ("fetch", "larder; fwd=uri-miss"))
        self.assertEqual([s["strategy_name"] for s in said["strategies"]], ["one", "api", "rest"])
        self.assertIn("segment 2", said["strategies"][1]["behind_because"])
        self.assertEqual(said["cache_key"], "http://test/api/7?b=1&a=2")
        self.assertEqual([(one["layer_name"], one["answer"]) for one in said["layers"]],
                         [("L1_APPLICATION", "nothing"), ("L3_DATABASE", "nothing")])
        self.assertEqual(self.origin.count(), 0)

    def test_a_query_is_told_by_its_content(self):
        self.origin.on("/q", lambda r: Response(r.body, "Cache-Control: max-age=60"))
        self.larder.get("/q", method="QUERY", body=b"a")
        self.assertEqual(self.explain("http://test/q", method="QUERY", content="a")["outcome"], "hit")
        self.assertEqual(self.explain("http://test/q", method="QUERY", content="b")["outcome"], "fetch")
        self.assertIn("content_bytes", self.explain("http://test/q", method="QUERY", content="b" * 70000)["why"])

    def test_a_part_is_told_from_the_whole(self):
        self.origin.on("/p", respond(b"01", "Cache-Control: max-age=60", "Content-Range: bytes 0-1/10", status=206))
        self.larder.get("/p", "Range: bytes=0-1")
        self.assertEqual(self.explain("http://test/p", "Range: bytes=1-1")["outcome"], "hit")
        said = self.explain("http://test/p", "Range: bytes=1-2")
        self.assertEqual((said["outcome"], said["cache_status"]), ("fetch", "larder; fwd=partial"))
        self.assertIn("a part is stored", said["why"])

    def test_a_stored_response_is_told_with_its_arithmetic(self):
        self.origin.on("/a", respond(b"x", "Cache-Control: s-maxage=100, max-age=5", "Age: 30", 'ETag: "1"', "Vary: Accept-Language",
                                     "Cache-Tag: red"))
        self.larder.get("/a", "Accept-Language: de")
        said = self.explain("http://test/a", "Accept-Language: de")
        self.assertEqual(said["outcome"], "hit")
        key = self.larder.ask_admin("GET", "/v1/keys?prefix=/a").json()["keys"][0]
        self.assertEqual((key["hit_count"], key["miss_count"]), (0, 1), "nothing was counted")
        stored = said["stored"]
        self.assertEqual((stored["freshness_lifetime"], stored["freshness_from"], stored["initial_age"]), (100, "s-maxage", 30))
        self.assertEqual(stored["ttl"], stored["freshness_lifetime"] - stored["age"])
        self.assertEqual((stored["must_revalidate"], stored["tags"], stored["etag"]), (True, ["red"], '"1"'))
        self.assertEqual(stored["vary"], [{"name": "accept-language", "value": "de"}])
        self.assertEqual(self.explain("http://test/a")["layers"][0]["answer"], "other-variants")

    def test_a_response_can_be_proposed(self):
        def judged(*fields, request=(), status=200):
            said = self.explain("http://test/a", *request, response={"status": status, "fields": list(fields)})
            return said["response_storable"]

        self.assertEqual(judged("Cache-Control: private")["verdict"], "private")
        self.assertIn("5.2.2.7", judged("Cache-Control: private")["clause"])
        self.assertEqual(judged("Cache-Control: max-age=9", request=["Authorization: x"])["clause"], "RFC 9111 section 3.5")
        kept = judged("Cache-Control: max-age=9000", status=404)["as_stored"]
        self.assertEqual((kept["freshness_lifetime"], kept["freshness_capped"]), (60, True))
        kept = judged("CDN-Cache-Control: max-age=7", "Cache-Control: no-store")["as_stored"]
        self.assertEqual((kept["freshness_lifetime"], kept["freshness_from"]), (7, "max-age"))

    def test_what_is_refused_says_why(self):
        said = self.explain("http://test/a", "Content-Length: x")
        self.assertEqual((said["outcome"], said["status"]), ("refused", 400))

    def test_a_wrong_question_is_told_by_its_member(self):
        for body, word in [({}, "url"), ({"url": "a"}, "url"), ({"url": "http://a/", "fields": ["x"]}, "fields"),
                           ({"url": "http://a/", "more": 1}, "more"), ({"url": "http://a/", "fields": ["A: b\r\nC: d"]}, "line break"),
                           ({"url": "http://a/", "response": {"status": 99}}, "response"), ({"url": 5}, "url")]:
            with self.subTest(body):
                reply = self.larder.ask_admin("POST", "/v1/explain", body)
                self.assertEqual(reply.status, 422)
                self.assertIn(word, reply.json()["detail"])

    def test_the_command_line_says_it_in_words(self):
        self.origin.on("/a", respond(b"x", "Cache-Control: max-age=600"))
        self.larder.get("/a")
        environment = {**os.environ, "LARDER_ADMIN": "%s:%d" % self.larder.admin, "LARDER_TOKEN": self.larder.token}

        def run(*words):
            return subprocess.run([self.larder.binary, "explain", *words], env=environment, capture_output=True, text=True, timeout=30)

        said = run("GET", "http://test/a")
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertTrue(said.stdout.startswith("outcome       hit"), said.stdout)
        self.assertIn("lifetime 600 s from max-age (RFC 9111 section 5.2.2.1)", said.stdout)
        self.assertEqual(json.loads(run("GET", "http://test/a", "--json").stdout)["outcome"], "hit")
        self.origin.on("/q", lambda r: Response(r.body, "Cache-Control: max-age=60"))
        self.larder.get("/q", method="QUERY", body=b"a")
        self.assertTrue(run("QUERY", "http://test/q", "-d", "a").stdout.startswith("outcome       hit"))
        wrong = run("GET", "a")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("absolute URL", wrong.stderr)


class Truth(Explain):
    """Random requests over random responses: the Cache-Status that was foretold is the one that comes."""

    RESPONSES = [["Cache-Control: max-age=600"], ["Cache-Control: max-age=0", 'ETag: "1"'], ["Cache-Control: no-store"],
                 ["Cache-Control: max-age=600", "Vary: Accept"], ["Cache-Control: private, max-age=600"], ["Cache-Control: public, max-age=600"],
                 ["CDN-Cache-Control: max-age=600"], ["Cache-Control: max-age=600", "Set-Cookie: a=b"], ["Expires: 0"], []]
    FIELDS = ["Accept: a", "Accept: b", "Cache-Control: no-cache", "Cache-Control: max-age=0", "Cache-Control: only-if-cached",
              "Cache-Control: max-stale", "Authorization: x", "Cookie: a=b", "X-Tenant: 1", "If-None-Match: \"1\"", "If-Match: \"1\"",
              "Range: bytes=0-0", "Accept-Language: de, en"]

    @staticmethod
    def reason(cache_status):
        """hit, or why it was forwarded."""
        words = [word.strip() for word in cache_status.split(";")]
        return next((word for word in words if word == "hit" or word.startswith("fwd=")), "neither")

    def test_what_is_foretold_comes(self):
        rng = random.Random(4)
        for number, fields in enumerate(self.RESPONSES):
            for path in (f"/r{number}", f"/api/r{number}", f"/api/x/r{number}"):
                self.origin.on(path, respond(b"x", *fields))
        for step in range(300):
            path = rng.choice(["", "/api", "/api/x"]) + f"/r{rng.randrange(len(self.RESPONSES))}"
            fields = rng.sample(self.FIELDS, rng.randrange(3))
            method = rng.choice(["GET"] * 8 + ["HEAD", "OPTIONS"])
            with self.subTest(step, path=path, fields=fields, method=method):
                before = self.origin.count()
                said = self.explain("http://test" + path, *fields, method=method)
                self.assertEqual(self.origin.count(), before)
                reply = self.larder.get(path, *fields, method=method)
                self.assertEqual(self.reason(reply["Cache-Status"]), self.reason(said["cache_status"]), (said, reply))
                if said["outcome"] == "504":
                    self.assertEqual(reply.status, 504)


if __name__ == "__main__":
    unittest.main()
