"""The command line: exit codes, complaints, purge."""
import json
import os
import pathlib
import subprocess
import tempfile

from harness import LARDER_BIN, PATIENCE, Case, respond, unittest

EXAMPLES = pathlib.Path(__file__).parents[2] / "config/examples"


def larder(*words, **environment):
    return subprocess.run([LARDER_BIN, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE, env=os.environ | environment)


class Check(unittest.TestCase):
    def check(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = larder("check", file.name)
            return done.returncode, (done.stdout + done.stderr).replace(file.name, "FILE")

    def test_examples_are_right(self):
        for file in EXAMPLES.glob("*/larder.yaml"):
            with self.subTest(file.parent.name):
                done = larder("check", file)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_complaint_names_line_and_column(self):
        for text, place in [("upstreams:\n  - name: a\n    servers: [http://h]\n    conect_timeout: 2s\n", "FILE:4:5:"),
                            ("threads: many\n", "FILE:1:10:"),
                            ("listeners:\n  - address: nowhere\n", "FILE:2:14:"),
                            ("a: [1\n", "FILE:")]:
            with self.subTest(text):
                code, said = self.check(text)
                self.assertEqual(code, 2)
                self.assertIn(place, said)

    def test_serve_refuses_what_check_refuses(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("threads: many\n")
            file.flush()
            done = larder("serve", "--config", file.name)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{file.name}:1:10:", done.stdout + done.stderr)

    def test_wrong_use_is_2(self):
        for words in (["nonsense"], ["serve", "--no-such-flag"], ["purge"], ["check"], ["check", "/no/such/file"]):
            with self.subTest(words=words):
                self.assertEqual(larder(*words).returncode, 2)

    def test_reference_names_every_part(self):
        page = larder("reference")
        self.assertEqual(page.returncode, 0)
        for word in ("listeners", "upstreams", "connect_timeout", "strategies", "ttl_mode", "stale_if_error", "limits"):
            self.assertIn(word, page.stdout)


class Purge(Case):
    def setUp(self):
        super().setUp()
        self.environment = {"LARDER_ADMIN": "{}:{}".format(*self.larder.admin), "LARDER_TOKEN": self.larder.token}
        self.origin.on("/a", respond("x", "Cache-Control: max-age=60", "Surrogate-Key: red"))
        self.larder.get("/a")

    def purge(self, *words):
        return larder("purge", *words, **self.environment)

    def test_each_way_purges(self):
        for words in (["http://test/a"], ["--pattern", "/a"], ["--tag", "red"], ["--all"]):
            with self.subTest(words=words):
                self.assertEqual(self.larder.get("/a").cache, "hit")
                done = self.purge(*words)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertNotEqual(self.larder.get("/a").cache, "hit")

    def test_json_is_the_receipt(self):
        done = self.purge("--tag", "red", "--json", "--dry-run", "--reason", "a look")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["keys_invalidated_count"], 1)
        self.assertEqual(self.larder.get("/a").cache, "hit")

    def test_token_file_serves_as_well(self):
        done = larder("purge", "--all", "--admin", self.environment["LARDER_ADMIN"], "--token-file", self.larder.data / "admin.token")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotEqual(self.larder.get("/a").cache, "hit")

    def test_refused_and_unreachable_are_1(self):
        self.assertEqual(larder("purge", "--all", **self.environment | {"LARDER_TOKEN": "wrong"}).returncode, 1)
        self.larder.process.terminate()
        self.larder.process.wait(PATIENCE)
        done = self.purge("--all")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr)


if __name__ == "__main__":
    unittest.main()
