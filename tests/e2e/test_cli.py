"""The command line: exit codes, complaints, and the verbs that ask a running Larder."""
import json
import os
import pathlib
import subprocess
import tempfile

from harness import LARDER_BIN, PATIENCE, Case, Larder, Origin, respond, strategy, unittest

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

    def test_the_strict_example_serves_with_flags(self):
        with tempfile.TemporaryDirectory() as data:
            command = [LARDER_BIN, "serve", EXAMPLES / "rfc9111.yaml", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:1",
                       "--admin", "off", "--data-dir", data, "--access-log", "off"]
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
                said = process.stderr.readline()
                process.terminate()
        self.assertIn('"listening"', said)

    def test_complaint_names_line_and_column(self):
        for text, place in [("upstreams:\n  - name: a\n    servers: [http://h]\n    conect_timeout: 2s\n", "FILE:4:5:"),
                            ("threads: many\n", "FILE:1:10:"),
                            ("listeners:\n  - address: nowhere\n", "FILE:2:14:"),
                            ("a: [1\n", "FILE:")]:
            with self.subTest(text):
                code, said = self.check(text)
                self.assertEqual(code, 2)
                self.assertIn(place, said)

    def test_what_is_surely_not_meant_is_said_and_can_be_served(self):
        text = ("listeners: [{address: '127.0.0.1:8080'}]\nupstreams: [{name: a, servers: ['http://h']}]\n"
                "strategies:\n- {strategy_name: a, cache_key_pattern: /**, ttl_seconds: 600}\n")
        code, said = self.check(text)
        self.assertEqual(code, 0, said)
        self.assertIn("FILE:4:59: warning: strategies[0].ttl_seconds: found 10m without a ttl_mode", said)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            warnings = json.loads(larder("check", "--json", file.name).stdout)
            self.assertEqual([(w["field"], w["warning"]) for w in warnings], [("strategies[0].ttl_seconds", True)])

    def test_serve_warns_too(self):
        with Origin() as origin, Larder(origin, strategies=[strategy(ttl_seconds=600)]) as running:
            self.assertIn("without a ttl_mode", running.event("configuration_warning")["warning"])

    def test_a_verb_that_is_not_there_is_named(self):
        said = larder("sevre").stderr
        self.assertIn('no verb is called sevre (did you mean "serve"?)', said)

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


class Asking(Case):
    def setUp(self):
        super().setUp()
        self.environment = {"LARDER_ADMIN": "{}:{}".format(*self.larder.admin), "LARDER_TOKEN": self.larder.token}

    def run_verb(self, *words, **environment):
        return larder(*words, **self.environment | environment)

    def store(self, *paths, fields=()):
        for path in paths:
            self.origin.on(path, respond("x", "Cache-Control: max-age=60", *fields))
            self.larder.get(path)


class Purge(Asking):
    def setUp(self):
        super().setUp()
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


    def test_all_is_not_taken_with_anything_else(self):
        for words in (["--all", "--tag", "red"], ["--all", "http://test/a"], ["--all", "--pattern", "/a"]):
            with self.subTest(words=words):
                done = self.purge(*words)
                self.assertEqual(done.returncode, 2)
                self.assertIn("--all", done.stderr)
                self.assertEqual(self.larder.get("/a").cache, "hit")

    def test_a_url_that_nothing_is_stored_for_is_explained(self):
        done = self.purge("http://other/a")
        self.assertEqual(done.returncode, 0)
        self.assertIn("host and port must be those that clients used", done.stderr)


class Elsewhere(Asking):
    """Verbs that are led to another server than an admin listener."""

    verbs = (["stats"], ["keys"], ["purge", "--all"], ["explain", "GET", "http://test/a"], ["reload"])

    def test_the_client_side_is_not_taken_for_it_and_gets_no_token(self):
        self.origin.fallback = respond("x", "Cache-Control: max-age=60")
        for words in self.verbs:
            with self.subTest(words=words):
                done = self.run_verb(*words, LARDER_ADMIN="{}:{}".format(*self.larder.address))
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn("is not the admin listener", done.stderr)
        self.assertFalse([r for r in self.origin.requests if r["Authorization"]])
        self.assertEqual(self.larder.ask_admin("GET", "/v1/keys").json()["keys"], [])

    def test_a_server_that_keeps_the_connection_or_says_nothing_does_not_hold_it_up(self):
        self.origin.fallback = respond("x")
        done = self.run_verb("keys", LARDER_ADMIN=f"127.0.0.1:{self.origin.port}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not the admin listener", done.stderr)


class Keys(Asking):
    settings = {"strategies": [strategy("/api/**", "api", resource_type="WORKOUT"), strategy("/**", "rest")]}

    def test_a_table_has_a_line_a_key(self):
        self.store("/b", "/api/1")
        self.larder.get("/b")
        done = self.run_verb("keys")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = [line.split() for line in done.stdout.splitlines()]
        self.assertEqual(lines[0], ["KEY", "STRATEGY", "SIZE", "HITS", "AGE", "EXPIRES", "LAYERS"])
        self.assertEqual([line[0] for line in lines[1:]], ["http://test/api/1", "http://test/b"])
        self.assertEqual(lines[2][1:5], ["rest", "1", "B", "1"])
        self.assertEqual(lines[2][-1], "L1_APPLICATION")

    def test_filters_and_limit_are_handed_on(self):
        self.store("/a1", "/a2", fields=["Surrogate-Key: red"])
        self.store("/api/1")
        for words, wanted in [(["--prefix", "/a"], 3), (["--strategy", "api"], 1), (["--tag", "red"], 2), (["--type", "WORKOUT"], 1),
                              (["--limit", "2"], 2), (["--prefix", "http://test/a1"], 1), (["--tag", "none"], 0)]:
            with self.subTest(words=words):
                done = self.run_verb("keys", "--json", *words)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(len(json.loads(done.stdout)["keys"]), wanted)
        self.assertEqual(self.run_verb("keys", "--json", LARDER_TOKEN="wrong").stdout, "")

    def test_nothing_is_said_to_be_nothing(self):
        self.assertIn("nothing is stored", self.run_verb("keys").stderr)
        self.store("/a")
        self.assertIn("nothing that is stored matches", self.run_verb("keys", "--prefix", "/b").stderr)

    def test_json_is_what_the_admin_call_gives(self):
        self.store("/a", "/b")
        done = self.run_verb("keys", "--json")
        self.assertEqual(json.loads(done.stdout)["keys"], self.larder.ask_admin("GET", "/v1/keys").json()["keys"])

    def test_all_pages_are_asked_for(self):
        paths = [f"/p/{i:04}" for i in range(1005)]
        self.origin.fallback = respond("x", "Cache-Control: max-age=60")
        with self.larder.client() as client:
            for path in paths:
                client.get(path)
        done = self.run_verb("keys", "--json")
        self.assertEqual([key["cache_key"] for key in json.loads(done.stdout)["keys"]], ["http://test" + path for path in paths])


class Stats(Asking):
    def test_json_has_the_counts(self):
        self.store("/a")
        self.larder.get("/a")
        done = self.run_verb("stats", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        stats = json.loads(done.stdout)
        self.assertEqual((stats["requests"], stats["hit"], stats["miss"], stats["hit_ratio"]), (2, 1, 1, 0.5))
        self.assertEqual((len(stats["layers"]), stats["layers"][0]["objects"]), (2, 1))
        self.assertEqual([upstream["2xx"] for upstream in stats["upstreams"]], [1])

    def test_tables_name_every_part_and_need_no_token(self):
        self.store("/a")
        done = self.run_verb("stats", LARDER_TOKEN="")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("STRATEGY", "LAYER", "L1_APPLICATION", "UPSTREAM", "INVALIDATIONS", "connections:", "memory:"):
            self.assertIn(word, done.stdout)

    def test_the_address_may_be_spelt_as_for_serve(self):
        port = self.larder.admin[1]
        for address in (f":{port}", f"localhost:{port}", f"http://127.0.0.1:{port}"):
            with self.subTest(address):
                self.assertEqual(larder("stats", "--admin", address).returncode, 0)
        self.assertEqual(larder("stats", "--admin", "nowhere").returncode, 2)

    def test_nobody_there_is_1(self):
        done = larder("stats", "--admin", "127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--admin", done.stderr)


class Reload(Asking):
    def test_a_wrong_file_is_2_with_its_complaints(self):
        self.assertEqual(self.run_verb("reload").returncode, 0)
        file = self.larder.data / "larder.yaml"
        file.write_text("threads: many\n")
        done = self.run_verb("reload")
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{file}:1:10:", done.stderr)

    def test_a_wrong_token_is_1(self):
        done = self.run_verb("reload", LARDER_TOKEN="wrong")
        self.assertEqual(done.returncode, 1)
        self.assertIn("LARDER_TOKEN", done.stderr)


class Help(unittest.TestCase):
    def test_every_verb_has_help(self):
        words = larder("--help")
        self.assertEqual(words.returncode, 0)
        for verb in ("serve", "check", "reference", "purge", "keys", "stats", "reload"):
            with self.subTest(verb):
                self.assertIn(f"  {verb} ", words.stdout)
                self.assertEqual(larder(verb, "--help").returncode, 0)


if __name__ == "__main__":
    unittest.main()
