"""A configuration exchanged while Larder runs: what is new counts, what is there stays, what is wrong changes nothing."""
import signal

from harness import Case, Gate, Origin, Response, eventually, respond, strategy, unittest
from larder import reserved_port

FRESH = "Cache-Control: max-age=1000"
MEMORY = {"layer_name": "L1_APPLICATION", "technology": "MEMORY", "cache_level": 1, "max_size_bytes": "16MiB"}
DISK = {"layer_name": "L3_DATABASE", "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": "16MiB"}


class Reload(Case):
    settings = {"layers": [MEMORY], "strategies": [strategy(ttl_seconds=1000)]}

    def change(self, **settings):
        self.larder.settings |= settings
        self.larder.write_settings()
        reply = self.larder.ask_admin("POST", "/v1/reload")
        self.assertEqual(reply.status, 200, reply.body)
        return reply

    def refused(self, **settings):
        kept = dict(self.larder.settings)
        self.larder.settings |= settings
        self.larder.write_settings()
        reply = self.larder.ask_admin("POST", "/v1/reload")
        self.larder.settings = kept
        self.larder.write_settings()
        self.assertEqual(reply.status, 422)
        self.assertEqual(reply["Content-Type"], "application/problem+json")
        return reply.json()

    def asked(self, path):
        """How often the origin was asked for a path while Larder was asked for it once more."""
        before = self.origin.count(path)
        self.larder.get(path)
        return self.origin.count(path) - before

    def test_what_is_stored_stays(self):
        self.origin.on("/x", respond("x", FRESH))
        self.larder.get("/x")
        self.change(limits={"admin_body_bytes": "32KiB"})
        self.assertEqual(self.asked("/x"), 0)

    def test_a_request_does_not_join_a_fetch_of_the_former_rules(self):
        gate = Gate()
        self.origin.on("/x", [lambda r: Response("first" * 20, "Cache-Control: private, max-age=60", body_gate=gate),
                              respond("second", "Cache-Control: private, max-age=60")])
        self.change(strategies=[strategy(lift=["private"])])
        first = self.larder.later("/x")
        gate.arrived()
        self.change(strategies=[strategy(ttl_seconds=1000)])
        self.assertEqual(self.larder.get("/x").body, b"second")
        gate.open()
        self.assertEqual(first().body, b"first" * 20)

    def test_changed_rules_validate_what_they_stored(self):
        self.origin.on("/x", lambda r: Response(b"", status=304) if r["If-None-Match"] else Response("x", FRESH, 'ETag: "1"'))
        self.larder.get("/x")
        self.change(strategies=[strategy(ttl_seconds=2000)])
        self.assertEqual(self.asked("/x"), 1)
        self.assertEqual(self.origin.requests[-1]["If-None-Match"], '"1"')
        self.assertEqual(self.asked("/x"), 0)

    def test_another_strategy_counts_from_now_on(self):
        self.origin.on("/x/1", respond("x", FRESH))
        self.larder.get("/x/1")
        self.change(strategies=[strategy("/y/**")])
        self.assertEqual([self.asked("/x/1"), self.asked("/x/1")], [1, 1])

    def test_listeners_come_and_go(self):
        self.origin.on("/x", respond("x"))
        held = Gate()
        self.addCleanup(held.open)
        self.origin.on("/slow", respond("slow", body_gate=held))
        first, second = [self.enterContext(reserved_port()) for _ in range(2)]
        listeners = [{"address": f"127.0.0.1:{port}"} for port in (first, second)]
        self.change(listeners=listeners[:1])
        self.larder.address = ("127.0.0.1", first)
        slow = self.larder.later("/slow")
        held.arrived()
        self.change(listeners=listeners[1:])
        with self.assertRaises(ConnectionRefusedError):
            self.larder.get("/x")
        held.open()
        self.assertEqual(slow().body, b"slow")
        self.change(listeners=listeners)
        for port in (first, second):
            self.larder.address = ("127.0.0.1", port)
            self.assertEqual(self.larder.get("/x").body, b"x")

    def test_upstreams_are_exchanged_and_a_request_ends_where_it_began(self):
        held = Gate()
        self.addCleanup(held.open)
        self.origin.on("/slow", respond("old", body_gate=held))
        self.origin.on("/x", respond("old"))
        slow = self.larder.later("/slow")
        held.arrived()
        with Origin() as other:
            other.on("/x", respond("new"))
            self.change(upstreams=[{"name": "test", "servers": [other.url]}])
            self.assertEqual(self.larder.get("/x").body, b"new")
            held.open()
            self.assertEqual(slow().body, b"old")

    def test_a_connection_serves_on_under_the_new_configuration(self):
        self.origin.on("/x", respond("x", FRESH))
        with self.larder.client() as client:
            client.get("/x")
            self.change(strategies=[strategy("/other")])
            self.assertIn("bypass", client.get("/x")["Cache-Status"])

    def test_layers_come_and_go(self):
        self.origin.on("/x", respond("x", FRESH))
        self.larder.get("/x")
        self.change(layers=[MEMORY, DISK], strategies=[strategy(ttl_seconds=1000, cache_layer="L3_DATABASE")])
        self.larder.event("storage_opened")
        self.larder.purge("MANUAL_FLUSH")
        self.assertEqual([self.asked("/x"), self.asked("/x")], [1, 0])
        row = self.larder.ask_admin("GET", "/v1/keys").json()["keys"][0]
        self.assertEqual(row["layers"], ["L1_APPLICATION", "L3_DATABASE"])
        self.change(layers=[MEMORY], strategies=[strategy(ttl_seconds=1000)])
        row = self.larder.ask_admin("GET", "/v1/keys").json()["keys"][0]
        self.assertEqual(row["layers"], ["L1_APPLICATION"])
        self.assertEqual(self.larder.metric("larder_layer_objects", layer="L3_DATABASE"), 0)

    def test_which_layers_are_in_use_is_written_when_it_can_be(self):
        in_the_way = self.larder.data / "identity.new"
        in_the_way.mkdir()
        self.change(layers=[MEMORY, DISK], strategies=[strategy(ttl_seconds=1000, cache_layer="L3_DATABASE")])
        self.larder.event("data_dir_not_written")
        identity = self.larder.data / "identity"
        self.assertNotIn("layer objects", identity.read_text())
        in_the_way.rmdir()
        eventually(lambda: "layer objects" in identity.read_text(), "the next try")

    def test_a_smaller_layer_lets_go_at_once(self):
        for i in range(40):
            self.origin.on(f"/{i}", respond(b"x" * 500_000, FRESH))
        self.change(layers=[MEMORY | {"max_size_bytes": "64MiB"}])
        for i in range(40):
            self.larder.get(f"/{i}")
        self.change(layers=[MEMORY | {"max_size_bytes": "4MiB"}])
        self.assertLess(self.larder.metric("larder_layer_bytes", layer="L1_APPLICATION"), 4 * 1024 * 1024)

    def test_a_wrong_file_names_the_place_and_changes_nothing(self):
        self.origin.on("/x", respond("x", FRESH))
        self.larder.get("/x")
        problem = self.refused(strategies=[strategy(ttl_seconds="soon")], threads=2)
        self.assertEqual(problem["field"], "strategies[0].ttl_seconds")
        self.assertIn("soon", problem["found"])
        self.assertTrue(problem["expected"] and problem["line"] and problem["column"])
        self.assertEqual(problem["file"], str(self.larder.file))
        self.assertEqual(len(problem["complaints"]), 1)
        self.assertEqual(self.asked("/x"), 0)
        self.assertEqual(self.larder.metric("larder_reloads_total", result="refused"), 1)

    def test_the_data_directory_cannot_change(self):
        self.assertEqual(self.refused(data_dir="/tmp/elsewhere")["field"], "data_dir")
        self.assertEqual(self.refused(threads=1)["field"], "threads")

    def test_an_address_that_is_taken_changes_nothing(self):
        with Origin() as taken:
            problem = self.refused(listeners=[{"address": f"127.0.0.1:{taken.port}"}], upstreams=[])
            self.assertTrue(problem["complaints"])
            problem = self.refused(listeners=[{"address": f"127.0.0.1:{taken.port}"}])
            self.assertIn("listeners[0]", problem["field"])
        self.origin.on("/x", respond("x"))
        self.assertEqual(self.larder.get("/x").body, b"x")

    def test_a_signal_reloads_too(self):
        self.origin.on("/x", respond("x", FRESH))
        self.larder.settings["strategies"] = [strategy("/y")]
        self.larder.write_settings()
        self.larder.process.send_signal(signal.SIGHUP)
        self.larder.event("reloaded")
        self.assertEqual([self.asked("/x"), self.asked("/x")], [1, 1])
        self.larder.file.write_text("layers: [")
        self.larder.process.send_signal(signal.SIGHUP)
        self.larder.event("reload_refused")
        self.assertEqual(self.larder.metric("larder_reloads_total", result="adopted"), 1)

    def test_the_admin_listener_moves(self):
        before = self.larder.admin
        known = len(self.larder.events)
        self.change(admin={"address": "127.0.0.2:0"})
        told = eventually(lambda: [event for event in self.larder.events[known:] if event.get("side") == "admin"], "the new address")
        moved = told[0]["address"].rsplit(":", 1)
        self.larder.admin = (moved[0], int(moved[1]))
        self.assertEqual(self.larder.ask_admin("GET", "/healthz").status, 200)
        self.larder.admin = before
        with self.assertRaises(ConnectionRefusedError):
            self.larder.ask_admin("GET", "/healthz")


if __name__ == "__main__":
    unittest.main()
