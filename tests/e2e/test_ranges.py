"""Ranges that are asked for before anything is stored (RFC 9110 section 14, RFC 9111 sections 3.3 and 3.4)."""
import random
import re

from harness import Case, Gate, Response, eventually, later, respond, strategy, unittest

FRESH = "Cache-Control: max-age=1000"
TEXT = bytes(range(256)) * 40  # 10,240 bytes


def by_range(body=TEXT, etag='"1"', *fields, ignores=False):
    """An origin that knows ranges, as most do: one range, If-Range."""

    def answer(request):
        more = (FRESH, *(["ETag: " + etag] if etag else []), *fields)
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request["Range"] or "")
        if not asked or ignores or (request["If-Range"] or etag) != etag:
            return Response(body, *more)
        first, last = asked.groups()
        begin = int(first) if first else max(0, len(body) - int(last))
        end = min(int(last) + 1, len(body)) if first and last else len(body)
        if begin >= len(body):
            return Response(b"", f"Content-Range: bytes */{len(body)}", status=416)
        return Response(body[begin:end], f"Content-Range: bytes {begin}-{end - 1}/{len(body)}", *more, status=206)

    return answer


class Parts(Case):
    def ranges_asked(self):
        return [request["Range"] for request in self.origin.requests]

    def get(self, begin, end, *fields):
        reply = self.larder.get("/a", f"Range: bytes={begin}-{end - 1}", *fields)
        self.assertEqual(reply.status, 206)
        self.assertEqual(reply.body, TEXT[begin:end])
        self.assertEqual(reply["Content-Range"], f"bytes {begin}-{end - 1}/{len(TEXT)}")
        return reply.cache

    def test_only_the_range_is_fetched_and_it_answers_ranges_within_it(self):
        self.origin.on("/a", by_range())
        self.assertEqual(self.get(100, 200), "uri-miss")
        self.assertEqual(self.get(100, 200), "hit")
        self.assertEqual(self.get(150, 151), "hit")
        self.assertEqual(self.get(199, 201), "partial")
        self.assertEqual(self.get(100, 201), "hit")
        self.assertEqual(self.ranges_asked(), ["bytes=100-199", "bytes=199-200"])

    def test_a_player_that_reads_on_makes_it_whole(self):
        self.origin.on("/a", by_range())
        for begin in range(0, len(TEXT), 1024):
            self.get(begin, begin + 1024)
        whole = self.larder.get("/a")
        self.assertEqual((whole.status, whole.body, whole.cache), (200, TEXT, "hit"))
        self.assertNotIn("Content-Range", dict(whole.fields))
        self.assertEqual(self.larder.get("/a", "Range: bytes=-5").cache, "hit")
        self.assertEqual(self.larder.get("/a", "Range: bytes=1-2,5-6").status, 206)
        self.assertEqual(self.origin.count("/a"), 10)

    def test_the_whole_is_completed_from_the_beginning_that_is_there(self):
        self.origin.on("/a", by_range())
        self.get(0, 4000)
        whole = self.larder.get("/a")
        self.assertEqual((whole.status, whole.body, whole.cache), (200, TEXT, "partial"))
        self.assertEqual(self.origin.requests[-1]["Range"], "bytes=4000-")
        self.assertEqual(self.origin.requests[-1]["If-Range"], '"1"')
        self.assertEqual(self.larder.get("/a").cache, "hit")

    def test_a_representation_that_changed_is_never_mixed(self):
        for etag in ('"1"', 'W/"1"', None):
            with self.subTest(etag):
                path = f"/{etag and len(etag)}"
                self.origin.on(path, by_range(etag=etag))
                self.assertEqual(self.larder.get(path, "Range: bytes=0-4999").body, TEXT[:5000])
                other = TEXT[::-1]
                self.origin.on(path, by_range(other, etag and etag.replace("1", "2")))
                whole = self.larder.get(path)
                self.assertEqual((whole.status, whole.body), (200, other))
                self.assertEqual(self.larder.get(path).body, other)

    def test_ranges_of_two_representations_are_not_joined(self):
        self.origin.on("/a", by_range())
        self.get(0, 5000)
        self.origin.on("/a", by_range(TEXT[::-1], '"2"'))
        self.assertEqual(self.larder.get("/a", "Range: bytes=5000-5999").body, TEXT[::-1][5000:6000])
        self.assertEqual(self.larder.get("/a", "Range: bytes=4000-5999").body, TEXT[::-1][4000:6000])

    def test_an_origin_that_ignores_ranges_gives_the_whole(self):
        self.origin.on("/a", by_range(ignores=True))
        self.assertEqual(self.get(10, 20), "uri-miss")
        self.assertEqual(self.get(0, 5000), "hit")
        self.assertEqual(self.larder.get("/a").cache, "hit")
        self.assertEqual(self.origin.count("/a"), 1)

    def test_if_range_holds_or_brings_the_whole(self):
        self.origin.on("/a", by_range())
        self.assertEqual(self.get(0, 10, 'If-Range: "1"'), "uri-miss")
        self.assertEqual(self.get(0, 10, 'If-Range: "1"'), "hit")
        other = self.larder.get("/a", "Range: bytes=0-9", 'If-Range: "0"')
        self.assertEqual((other.status, other.body), (200, TEXT))

    def test_what_cannot_be_satisfied_is_the_origins_answer(self):
        self.origin.on("/a", by_range())
        self.get(0, 10)
        reply = self.larder.get("/a", "Range: bytes=99999-")
        self.assertEqual((reply.status, reply["Content-Range"]), (416, f"bytes */{len(TEXT)}"))
        self.assertEqual(self.get(0, 10), "hit")

    def test_a_part_that_does_not_say_which_it_is_is_passed_and_not_kept(self):
        claims = [], ["Content-Range: bytes 0-4"], ["Content-Range: bytes 9-5/10"], ["Content-Range: bytes 0-2/10"]
        for number, content_range in enumerate(claims):
            with self.subTest(content_range):
                path = f"/{number}"
                self.origin.on(path, respond(b"01234", FRESH, *content_range, status=206))
                for _ in range(2):
                    reply = self.larder.get(path, "Range: bytes=0-4")
                    self.assertEqual((reply.status, reply.body), (206, b"01234"))
                self.assertEqual(self.origin.count(path), 2)

    def test_a_part_shorter_than_it_says_is_what_came_of_it(self):
        self.origin.on("/a", respond(b"45678", FRESH, "Content-Range: bytes 4-9/10", status=206))
        first = self.larder.get("/a", "Range: bytes=-6")
        self.assertEqual((first.body, first["Content-Range"]), (b"45678", "bytes 4-9/10"))  # as the origin sent it
        within = self.larder.get("/a", "Range: bytes=6-8")
        self.assertEqual((within.body, within["Content-Range"], within.cache), (b"678", "bytes 6-8/10", "hit"))
        self.assertEqual(self.larder.get("/a", "Range: bytes=6-9").cache, "partial")

    def test_a_part_that_must_not_be_stored_is_not(self):
        self.origin.on("/a", respond(b"01", "Cache-Control: no-store", "Content-Range: bytes 0-1/10", status=206))
        for _ in range(2):
            self.larder.get("/a", "Range: bytes=0-1")
        self.assertEqual(self.origin.count("/a"), 2)

    def test_a_part_is_purged_with_its_key_and_asked_for_again_when_stale(self):
        self.origin.on("/a", by_range())
        self.get(0, 10)
        self.larder.purge_key("/a")
        self.assertEqual(self.get(0, 10), "uri-miss")
        self.origin.on("/s", respond(b"01", "Cache-Control: max-age=10", "Age: 20", 'ETag: "1"', "Content-Range: bytes 0-1/10",
                                     status=206))
        for _ in range(2):
            self.assertEqual(self.larder.get("/s", "Range: bytes=0-1").body, b"01")
        self.assertEqual(self.origin.count("/s"), 2)

    def test_equal_ranges_are_fetched_once(self):
        gate = Gate()
        self.origin.on("/a", lambda r: Response(TEXT[:100], FRESH, f"Content-Range: bytes 0-99/{len(TEXT)}", status=206, head_gate=gate))
        first = later(lambda: self.get(0, 100))
        gate.arrived()
        others = [later(lambda: self.get(0, 100)) for _ in range(5)]
        eventually(lambda: self.larder.metric("larder_followers_total") == 5)
        gate.open()
        for each in [first, *others]:
            each()
        self.assertEqual(self.origin.count("/a"), 1)

    def test_a_conditional_range_is_answered_from_a_part(self):
        self.origin.on("/a", by_range())
        self.get(0, 10)
        self.assertEqual(self.larder.get("/a", "Range: bytes=0-9", 'If-None-Match: "1"').status, 304)

    def test_random_requests_never_get_a_wrong_byte(self):
        chance = random.Random(4)
        versions = {}

        def answer(request):
            version, body = versions["now"]
            return by_range(body, f'"{version}"')(request)

        self.origin.on("/a", answer)
        for version in range(12):
            versions["now"] = (version, chance.randbytes(3000))
            body = versions["now"][1]
            self.larder.purge_key("/a")
            for _ in range(40):
                a, b = sorted(chance.sample(range(len(body) + 1), 2))
                asked = chance.choice([f"Range: bytes={a}-{b - 1}", f"Range: bytes={a}-", f"Range: bytes=-{b - a}", "X: y"])
                reply = self.larder.get("/a", asked)
                whole = {f"Range: bytes={a}-{b - 1}": body[a:b], f"Range: bytes={a}-": body[a:],
                         f"Range: bytes=-{b - a}": body[len(body) - (b - a):]}
                expected = whole.get(asked, body) if reply.status == 206 else body
                if a == len(body) and asked == f"Range: bytes={a}-":
                    continue
                self.assertIn(reply.status, (200, 206) if asked.startswith("Range") else (200,))
                self.assertEqual(reply.body, expected, asked)


    def test_a_rest_of_unknown_length_is_not_promised_to_anybody(self):
        self.origin.on("/a", by_range())
        self.get(0, 4000)
        short = Response(TEXT[4000:5000], FRESH, 'ETag: "1"', f"Content-Range: bytes 4000-{len(TEXT) - 1}/{len(TEXT)}", status=206, chunked=True)
        self.origin.on("/a", lambda r: short if r["Range"] else Response(TEXT, FRESH, 'ETag: "1"'))
        self.assertEqual(self.larder.get("/a").body, TEXT)


class PartsBesideDisk(Case):
    """A part lives in memory alone: what lies on disk is taken for whole."""
    settings = {"layers": [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "cache_level": 1, "max_size_bytes": "16MiB"},
                           {"layer_name": "L3_DATABASE", "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": "64MiB"}],
                "strategies": [strategy(cache_layer="L3_DATABASE")]}

    def layers(self):
        return [row["layers"] for row in self.larder.ask_admin("GET", "/v1/keys?prefix=/a").json()["keys"]]

    def test_it_is_stored_there_when_it_is_whole(self):
        self.larder.event("storage_opened")
        self.origin.on("/a", by_range())
        self.larder.get("/a", "Range: bytes=0-4999")
        # What is stored later on disk is there: so would the part be.
        self.origin.on("/b", respond("x", FRESH))
        self.larder.get("/b")
        eventually(lambda: "L3_DATABASE" in self.larder.ask_admin("GET", "/v1/keys?prefix=/b").json()["keys"][0]["layers"])
        self.assertEqual(self.layers(), [["L1_APPLICATION"]])
        self.larder.get("/a", "Range: bytes=5000-")
        eventually(lambda: self.layers() == [["L1_APPLICATION", "L3_DATABASE"]])
        self.larder.kill()
        self.larder.start()
        self.larder.event("storage_opened")
        whole = self.larder.get("/a")
        self.assertEqual((whole.status, whole.body, whole.cache), (200, TEXT, "hit"))


class Whole(Case):
    settings = {"strategies": [strategy(range_requests="whole", max_object_size=20000)]}

    def test_the_whole_is_fetched_and_the_range_answered_from_its_stream(self):
        gate = Gate()
        self.origin.on("/a", lambda r: Response(TEXT, FRESH, body_gate=gate))
        reply = self.larder.get("/a", "Range: bytes=100-199")  # the second half has not been sent yet
        self.assertEqual((reply.status, reply.body, reply["Content-Range"]), (206, TEXT[100:200], f"bytes 100-199/{len(TEXT)}"))
        self.assertIsNone(self.origin.requests[0]["Range"])
        gate.open()
        eventually(lambda: self.larder.get("/a").cache == "hit")
        self.assertEqual(self.larder.get("/a", "Range: bytes=-3").body, TEXT[-3:])

    def test_of_a_body_without_length_the_range_comes_when_it_is_whole(self):
        self.origin.on("/a", lambda r: Response(TEXT, FRESH, chunked=True))
        reply = self.larder.get("/a", "Range: bytes=-100")
        self.assertEqual((reply.status, reply.body), (206, TEXT[-100:]))

    def test_what_is_too_large_to_be_stored_is_not_sent_whole(self):
        large = TEXT * 4
        self.origin.on("/a", by_range(large))
        for _ in range(2):
            reply = self.larder.get("/a", "Range: bytes=5-9")
            self.assertEqual((reply.status, reply.body), (206, large[5:10]))
        self.assertEqual(self.origin.requests[-1]["Range"], "bytes=5-9")
        self.assertEqual(self.origin.count("/a"), 3)  # the whole is given up once


class WithoutLength(Case):
    """An origin that sends a large body without telling its length."""

    LARGE = bytes(range(256)) * 400
    settings = {"strategies": [strategy(max_object_size=50000)]}

    def setUp(self):
        super().setUp()
        self.origin.on("/a", lambda r: Response(self.LARGE, FRESH, chunked=True))

    def test_a_range_is_answered_from_what_has_come(self):
        reply = self.larder.get("/a", "Range: bytes=10-19")
        self.assertEqual((reply.status, reply.body, reply["Content-Range"]), (206, self.LARGE[10:20], "bytes 10-19/*"))

    def test_one_that_lies_beyond_what_is_kept_is_asked_for(self):
        whole = by_range(self.LARGE)
        asked = []

        def handler(r):
            asked.append(r["Range"])
            return Response(self.LARGE, FRESH, chunked=True) if len(asked) == 1 else whole(r)

        self.origin.on("/a", handler)
        for wanted, body in (("bytes=-7", self.LARGE[-7:]), ("bytes=90000-90004", self.LARGE[90000:90005])):
            reply = self.larder.get("/a", f"Range: {wanted}")
            self.assertEqual((reply.status, reply.body), (206, body))

    def test_an_origin_that_ignores_ranges_answers_with_all_of_it(self):
        for wanted in ("bytes=-7", "bytes=90000-90004", "bytes=99000-"):
            reply = self.larder.get("/a", f"Range: {wanted}")
            self.assertEqual((reply.status, reply.body, reply.complete), (200, self.LARGE, True))


class Passed(Case):
    settings = {"strategies": [strategy(range_requests="pass")]}

    def test_nothing_is_stored_of_a_range(self):
        self.origin.on("/a", by_range())
        for _ in range(2):
            self.assertEqual(self.larder.get("/a", "Range: bytes=0-9").body, TEXT[:10])
        self.assertEqual([r["Range"] for r in self.origin.requests], ["bytes=0-9"] * 2)


if __name__ == "__main__":
    unittest.main()
