"""Another process takes over: what one of the two invalidates is gone in the other, and nobody shares a port in silence."""
import subprocess
import tempfile

from harness import LARDER_BIN, PATIENCE, Gate, Larder, Origin, Response, eventually, later, strategy, unittest
from larder import reserved_port

FRESH = "Cache-Control: max-age=1000"
MEMORY = {"layer_name": "L1_APPLICATION", "technology": "MEMORY", "cache_level": 1, "max_size_bytes": "16MiB"}
DISK = {"layer_name": "L3_DATABASE", "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": "64MiB"}
SETTINGS = {"layers": [MEMORY, DISK], "strategies": [strategy(cache_layer="L3_DATABASE")],
            "limits": {"shutdown_grace": "20s", "drain_idle": "1s"}}


class Takeover(unittest.TestCase):
    def setUp(self):
        self.origin = self.enterContext(Origin())
        self.content, self.gate = "old", Gate()
        self.origin.on("/doc", self.answer)
        self.former = []

    def answer(self, request):
        if request.method == "GET":
            return Response(self.content, FRESH)
        self.content = "new"
        return Response("done", "Cache-Control: no-store", head_gate=self.gate)

    def start(self, **settings):
        self.larder = self.enterContext(Larder(self.origin, keep_address=True, **SETTINGS | settings))
        self.addCleanup(self.end_former)

    def end_former(self):
        self.gate.open()
        for process, reader in self.former:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)
            reader.join()
            process.stderr.close()

    def take_over(self):
        """Another one starts beside the present one; gives the process before."""
        before, events = self.larder.process, self.larder.events
        self.former.append((before, self.larder.reader))
        self.larder.start()
        eventually(lambda: any(isinstance(e, dict) and e.get("event") == "draining" for e in events), "the takeover")
        return before

    def write(self):
        """A write that the present process passes, and that has reached the origin."""
        post = later(lambda: self.larder.raw("POST /doc HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx")[0])
        self.gate.arrived()
        return post

    def get(self):
        reply = self.larder.get("/doc")
        return reply.body.decode()

    def test_a_write_that_ends_in_the_old_process_counts_in_the_new_one(self):
        for layers in ([MEMORY, DISK], [MEMORY]):
            with self.subTest(layers=len(layers)):
                self.content, self.gate = "old", Gate()
                rules = strategy(cache_layer=layers[-1]["layer_name"])
                self.start(layers=layers, strategies=[rules])
                self.assertEqual(self.get(), "old")
                post = self.write()
                self.content = "old"  # as long as the write is not done
                before = self.take_over()
                self.larder.get("/doc")
                self.assertEqual((self.get(), self.larder.get("/doc").cache), ("old", "hit"))
                self.content = "new"
                self.gate.open()
                self.assertEqual(post().status, 200)
                self.assertEqual(self.get(), "new")
                self.assertEqual(before.wait(PATIENCE), 0)
                self.assertEqual(self.get(), "new")

    def test_a_purge_of_the_new_process_counts_in_the_old_one(self):
        self.start(limits={"shutdown_grace": "20s", "drain_idle": "20s"})
        with self.larder.client() as kept:
            self.assertEqual(kept.get("/doc").body, b"old")
            self.assertEqual(kept.get("/doc").cache, "hit")
            self.take_over()
            self.content = "new"
            self.larder.purge_key("/doc")
            reply = kept.get("/doc")
            self.assertEqual((reply.body, reply.cache), (b"new", "uri-miss"))

    def test_a_third_process_hears_of_the_first(self):
        self.start()
        self.get()
        post = self.write()
        self.content = "old"
        self.take_over()
        second = self.take_over()
        self.assertEqual(second.wait(PATIENCE), 0)
        self.assertEqual(self.get(), "old")
        self.content = "new"
        self.gate.open()
        self.assertEqual(post().status, 200)
        self.assertEqual(self.get(), "new")

    def test_what_nobody_could_be_told_is_not_served_from_disk_later(self):
        self.start()
        self.get()
        eventually(lambda: self.larder.metric("larder_layer_objects", layer="L3_DATABASE") == 1)
        post = self.write()
        self.content = "old"
        first = self.take_over()
        self.larder.event("storage_opened")
        self.larder.kill()
        self.content = "new"
        self.gate.open()
        self.assertEqual(post().status, 200)
        self.assertEqual(first.wait(PATIENCE), 0)
        self.larder.start()
        self.assertEqual(self.get(), "new")

    def test_the_old_process_ends_in_time_though_the_new_one_hangs(self):
        self.start(limits={"shutdown_grace": "1s"})
        self.get()
        post = self.write()
        first = self.take_over()
        self.larder.process.send_signal(19)  # SIGSTOP
        try:
            self.gate.open()
            self.assertEqual(first.wait(PATIENCE), 0)
        finally:
            self.larder.process.send_signal(18)  # SIGCONT
        try:
            post()
        except (AssertionError, OSError):
            pass  # cut off: it was not answered that the write counts everywhere


class Port(unittest.TestCase):
    def test_is_not_shared_with_a_process_of_another_directory(self):
        with Origin() as origin, reserved_port() as port, Larder(origin, listeners=[{"address": f"127.0.0.1:{port}"}]), \
                tempfile.TemporaryDirectory() as data:
            done = subprocess.run([LARDER_BIN, "serve", "--listen", f"127.0.0.1:{port}", "--upstream", origin.url, "--data-dir", data,
                                   "--admin", "off"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot listen on 127.0.0.1:{port}", done.stderr)
        self.assertIn("same data_dir", done.stderr)


if __name__ == "__main__":
    unittest.main()
