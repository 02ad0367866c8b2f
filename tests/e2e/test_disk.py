"""The tier on disk, seen from outside: what is stored outlives the process, what was purged does not."""
import hashlib
import shutil
import tempfile

from harness import Case, Larder, Response, eventually, respond, strategy, unittest

FRESH = "Cache-Control: max-age=1000"
LAYERS = [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "cache_level": 1, "max_size_bytes": "16MiB"},
          {"layer_name": "L3_DATABASE", "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": "64MiB"}]


def body_of(name, size):
    block = hashlib.sha256(name.encode()).digest()
    return (block * (size // 32 + 1))[:size]


class Disk(Case):
    settings = {"layers": LAYERS, "strategies": [strategy(cache_layer="L3_DATABASE", ttl_seconds=1000)]}

    def setUp(self):
        super().setUp()
        self.larder.event("storage_opened")

    def asked(self, path, *fields):
        before = self.origin.count(path)
        self.reply = self.larder.get(path, *fields)
        return self.origin.count(path) - before

    def stored(self, path):
        """Waits until it lies on disk."""
        def there():
            reply = self.larder.ask_admin("GET", f"/v1/keys?prefix={path}")
            return any("L3_DATABASE" in row["layers"] for row in reply.json()["keys"])
        eventually(there)

    def restart(self, kill=True):
        self.larder.kill() if kill else self.larder.stop()
        self.larder.start()
        self.larder.event("storage_opened")

    def test_what_is_stored_is_there_after_a_kill(self):
        for size in (0, 1, 5_000, 300_000, 3_000_000):
            self.origin.on(f"/{size}", respond(body_of("x", size), FRESH, "Cache-Tag: t", 'ETag: "1"'))
            self.larder.get(f"/{size}")
            self.stored(f"/{size}")
        self.restart()
        for size in (0, 1, 5_000, 300_000, 3_000_000):
            for _ in range(2):
                self.assertEqual(self.asked(f"/{size}"), 0)
                self.assertEqual(self.reply.body, body_of("x", size))
                self.assertIn("hit", self.reply["Cache-Status"])

    def test_ranges_and_conditions_are_answered_from_disk(self):
        body = body_of("r", 3_000_000)
        self.origin.on("/r", respond(body, FRESH, 'ETag: "1"'))
        self.larder.get("/r")
        self.stored("/r")
        self.restart()
        self.assertEqual(self.asked("/r", "Range: bytes=1000000-2500000"), 0)
        self.assertEqual((self.reply.status, self.reply.body), (206, body[1_000_000:2_500_001]))
        self.assertEqual(self.asked("/r", "Range: bytes=-10"), 0)
        self.assertEqual(self.reply.body, body[-10:])
        self.assertEqual(self.asked("/r", 'If-None-Match: "1"'), 0)
        self.assertEqual(self.reply.status, 304)

    def test_variants_outlive_a_restart(self):
        self.origin.on("/v", lambda r: Response(r["Accept-Language"], FRESH, "Vary: Accept-Language"))
        for language in ("de", "fr"):
            self.larder.get("/v", f"Accept-Language: {language}")
        self.stored("/v")
        self.restart()
        for language in ("de", "fr"):
            self.assertEqual(self.asked("/v", f"Accept-Language: {language}"), 0)
            self.assertEqual(self.reply.body, language.encode())

    def test_what_was_purged_stays_purged(self):
        for kind, members in [("SINGLE_KEY", {"cache_key": "http://test/p"}), ("TAG_BASED", {"tags": ["t"]}),
                              ("PATTERN_MATCH", {"cache_key_pattern": "/*"}), ("MANUAL_FLUSH", {})]:
            with self.subTest(kind):
                self.origin.on("/p", respond("x", FRESH, "Cache-Tag: t"))
                self.larder.get("/p")
                self.stored("/p")
                receipt = self.larder.purge(kind, **members)
                self.assertTrue(receipt["durable"])
                self.restart()
                self.assertEqual(self.asked("/p"), 1)

    def test_a_soft_purge_outlives_a_restart(self):
        self.origin.on("/s", lambda r: Response(b"", status=304) if r["If-None-Match"] else Response("x", FRESH, 'ETag: "1"'))
        self.larder.get("/s")
        self.stored("/s")
        self.larder.purge_key("/s", mode="soft")
        self.restart()
        self.assertEqual(self.asked("/s"), 1)
        self.assertEqual(self.origin.requests[-1]["If-None-Match"], '"1"')

    def test_a_revalidated_response_keeps_its_body_and_outlives_a_restart(self):
        self.origin.on("/n", lambda r: Response(b"", FRESH, status=304) if r["If-None-Match"]
                       else Response(body_of("n", 2_000_000), "Cache-Control: max-age=10", "Age: 20", 'ETag: "1"'))
        self.larder.get("/n")
        self.stored("/n")
        self.restart()
        self.assertEqual(self.asked("/n"), 1)
        self.assertEqual(self.reply.body, body_of("n", 2_000_000))
        self.assertEqual(self.asked("/n"), 0)
        self.restart(kill=False)
        self.assertEqual(self.asked("/n"), 0)
        self.assertEqual(self.reply.body, body_of("n", 2_000_000))

    def test_use_is_counted_over_restarts(self):
        self.origin.on("/u", respond("x", FRESH))
        for _ in range(3):
            self.larder.get("/u")
        self.stored("/u")
        self.restart(kill=False)
        self.larder.get("/u")
        row = self.larder.ask_admin("GET", "/v1/keys?prefix=/u").json()["keys"][0]
        self.assertGreaterEqual(row["hit_count"], 1)
        self.assertTrue(row["created_at"])

    def test_a_download_from_disk_goes_on_when_it_is_purged(self):
        body = body_of("d", 30_000_000 // 3)
        self.origin.on("/d", respond(body, FRESH))
        self.larder.get("/d")
        self.stored("/d")
        self.restart()
        with self.larder.client() as client:
            client.send(b"GET /d HTTP/1.1\r\nHost: test\r\n\r\n")
            eventually(lambda: self.larder.metric("larder_layer_lookups_total", layer="L3_DATABASE", result="hit") >= 1)
            self.larder.purge("MANUAL_FLUSH")
            self.assertEqual(client.read().body, body)

    def test_a_data_directory_may_move(self):
        self.origin.on("/x", respond("x", FRESH))
        self.larder.get("/x")
        self.stored("/x")
        self.larder.stop()
        with tempfile.TemporaryDirectory() as other:
            shutil.copytree(self.larder.data, other, dirs_exist_ok=True)
            with Larder(self.origin, directory=other, **self.settings) as moved:
                moved.event("storage_opened")
                self.assertIn("hit", moved.get("/x")["Cache-Status"])

    def test_without_the_directory_it_starts_empty_and_serves(self):
        self.origin.on("/x", respond("x", FRESH))
        self.larder.get("/x")
        self.stored("/x")
        self.larder.stop()
        data = self.larder.data / "objects" / "data.mdb"
        data.write_bytes(b"nonsense" * 1000)
        self.larder.start()
        self.larder.event("storage_moved_aside")
        self.larder.event("storage_opened")
        self.assertEqual([self.asked("/x"), self.asked("/x")], [1, 0])


if __name__ == "__main__":
    unittest.main()
