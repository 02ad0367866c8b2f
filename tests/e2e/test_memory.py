"""Whose bytes are in memory: bodies on their way into a layer, those that slow clients pin, and request content."""
import socket
import time

from harness import Case, Gate, Larder, Response, eventually, request, respond, strategy, unittest

FRESH = "Cache-Control: max-age=1000"
MIB = 1 << 20


def resident(process):
    """RssAnon + RssShmem, in MiB."""
    with open(f"/proc/{process.pid}/status") as status:
        lines = [line.split() for line in status]
    return sum(int(words[1]) for words in lines if words[0] in ("RssAnon:", "RssShmem:")) / 1024


def slow_reader(larder, target, *fields):
    """Asks, takes next to nothing, and waits."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(larder.address)
    reader.sendall(request(target, *fields))
    return reader


class SlowReaders(Case):
    SIZE = 4 * MIB
    settings = {"limits": {"fills_bytes": 16 * MIB},
                "layers": [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "max_size_bytes": 16 * MIB}]}

    def setUp(self):
        super().setUp()
        self.origin.fallback = respond("x" * self.SIZE, FRESH)

    def readers(self, *targets):
        for target in targets:
            self.enterContext(slow_reader(self.larder, target))

    def outside(self):
        return sum(self.larder.metric("larder_memory_bytes", part=part) for part in ("fills", "pinned", "content"))

    def bounded(self):
        # One body may be leaving the layer while another one comes in.
        self.assertLessEqual(self.outside(), 16 * MIB + self.SIZE + MIB)

    def test_misses_that_are_read_slowly_stay_within_the_bound(self):
        for n in range(20):
            self.readers(f"/o{n}")
            self.bounded()
            time.sleep(0.1)
        eventually(lambda: self.larder.metric("larder_limits_total", limit="pinned_rate") > 0)
        eventually(lambda: self.larder.get("/other")["Cache-Status"].endswith("stored"))
        self.assertEqual(self.larder.get("/other").cache, "hit")
        self.bounded()

    def test_hits_that_are_evicted_while_they_are_sent_are_pinned_and_the_slowest_are_cut(self):
        for n in range(20):
            self.larder.get(f"/o{n}")
            self.readers(f"/o{n}")
            self.bounded()
            time.sleep(0.1)
        eventually(lambda: self.larder.metric("larder_limits_total", limit="pinned_rate") > 0)
        self.assertEqual(self.larder.get("/o19").status, 200)

    def test_what_is_pinned_is_seen_and_given_back(self):
        self.larder.get("/a")
        reader = slow_reader(self.larder, "/a")
        eventually(lambda: self.larder.metric("larder_memory_bytes", part="layers") > self.SIZE)
        self.assertEqual(self.larder.metric("larder_memory_bytes", part="pinned"), 0)
        self.larder.purge_key("/a")
        eventually(lambda: self.larder.metric("larder_memory_bytes", part="pinned") > self.SIZE)
        reader.close()
        eventually(lambda: self.larder.metric("larder_memory_bytes", part="pinned") == 0)
        self.assertEqual(self.larder.metric("larder_memory_bytes", part="layers"), 0)

    def test_a_client_that_takes_its_body_is_not_cut_for_those_that_do_not(self):
        with self.larder.client() as steady:
            steady.send(request("/steady"))
            head = steady.read_head()
            self.readers(*(f"/o{n}" for n in range(10)))
            for _ in range(32):
                steady.exactly(self.SIZE // 32)
                time.sleep(0.1)
            self.assertEqual(head.status, 200)


class NoRoom(Case):
    settings = {"limits": {"fills_bytes": MIB}}

    def test_a_response_that_finds_no_room_is_passed_on_and_says_so(self):
        self.origin.on("/a", respond("x" * (2 * MIB), FRESH))
        reply = self.larder.get("/a")
        self.assertEqual((reply.body, reply.cache), (b"x" * (2 * MIB), "uri-miss"))
        self.assertNotIn("stored", reply["Cache-Status"])
        self.assertEqual(self.larder.get("/a").cache, "uri-miss")
        self.assertEqual(self.larder.metric("larder_limits_total", limit="fills_bytes"), 2)

    def test_stored_is_said_where_it_is_known(self):
        gate = Gate()
        whole = f"HTTP/1.1 200 X\r\n{FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
        self.origin.on("/whole", respond(raw=whole.encode()))
        self.origin.on("/unknown", respond("x" * 100, FRESH, chunked=True, body_gate=gate))
        self.assertIn("stored", self.larder.get("/whole")["Cache-Status"])
        with self.larder.client() as client:
            client.send(request("/unknown"))
            self.assertNotIn("stored", client.read_head()["Cache-Status"])
            gate.open()
        eventually(lambda: self.larder.get("/unknown").cache == "hit")

    def test_followers_of_a_response_that_finds_no_room_get_all_of_it(self):
        gate = Gate()
        self.origin.on("/a", respond("x" * (2 * MIB), FRESH, head_gate=gate))
        first = self.larder.later("/a")
        gate.arrived()
        second = self.larder.later("/a")
        eventually(lambda: self.larder.metric("larder_followers_total") == 1)
        gate.open()
        self.assertEqual([len(first().body), len(second().body)], [2 * MIB] * 2)


class Content(Case):
    settings = {"limits": {"fills_bytes": MIB}, "strategies": [strategy(content_bytes=65536)]}

    def test_content_of_stalled_requests_is_bounded_and_others_are_served(self):
        self.origin.fallback = lambda asked: Response(str(len(asked.body)), FRESH)
        stalled = []
        for _ in range(20):
            client = self.enterContext(self.larder.client())
            client.send(b"QUERY /q HTTP/1.1\r\nHost: test\r\nContent-Length: 65536\r\n\r\n" + b"x" * 60000)
            stalled.append(client)
        eventually(lambda: self.larder.metric("larder_memory_bytes", part="content") > 100_000)
        time.sleep(0.3)
        self.assertLessEqual(self.larder.metric("larder_memory_bytes", part="content"), MIB // 4)
        self.assertEqual(self.larder.get("/a").body, b"0")
        self.assertEqual(self.larder.get("/a").cache, "hit")
        for client in stalled:
            client.send(b"x" * 5536)
            self.assertEqual(client.read().body, b"65536")


class Background(Case):
    settings = {"limits": {"background_fill_bytes": 100_000, "background_fill_percent": 50},
                "layers": [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "max_size_bytes": 16 * MIB}]}

    def leave_early(self, target, length, first):
        """A client that asks, and leaves when `first` bytes have come; then the rest comes in small steps."""
        gate, ended = Gate(), Gate()

        def handler(asked):
            asked.connection.sendall(f"HTTP/1.1 200 OK\r\n{FRESH}\r\nContent-Length: {length}\r\n\r\n".encode() + b"x" * first)
            gate.pass_through()
            try:
                for _ in range(first, length, 10_000):
                    asked.connection.sendall(b"x" * 10_000)
                    time.sleep(0.01)
            except OSError:
                ended.open()
                raise

        self.origin.on(target, [handler, respond("whole", FRESH)])
        with self.larder.client() as client:
            client.send(request(target))
            client.read_head()
            client.exactly(first)
        gate.open()
        return ended

    def test_a_fetch_that_nobody_waits_for_is_given_up_while_much_of_it_is_to_come(self):
        self.assertTrue(self.leave_early("/a", 1_000_000, 10_000).wait(10))
        self.assertEqual(self.larder.get("/a").body, b"whole")

    def test_it_is_finished_when_half_of_it_is_here(self):
        self.leave_early("/a", 1_000_000, 600_000)
        eventually(lambda: self.larder.metric("larder_layer_objects") == 1)
        self.assertEqual(self.larder.get("/a").cache, "hit")

    def test_it_is_finished_when_little_is_left(self):
        self.leave_early("/a", 100_000, 10_000)
        eventually(lambda: self.larder.metric("larder_layer_objects") == 1)
        self.assertEqual(self.larder.get("/a").cache, "hit")


if __name__ == "__main__":
    unittest.main()
