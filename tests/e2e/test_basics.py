"""HTTP/1.1 to and fro: what a client and an origin may rely on."""
from harness import Case, Gate, Response, request, respond, unittest


class Basics(Case):
    def test_second_get_is_a_hit(self):
        self.origin.on("/a", respond("hello", "Cache-Control: max-age=60", "X-Own: 1"))
        first, second = self.larder.get("/a"), self.larder.get("/a")
        self.assertEqual((first.status, first.body, first["X-Own"]), (200, b"hello", "1"))
        self.assertEqual((second.status, second.body, second["X-Own"]), (200, b"hello", "1"))
        self.assertNotEqual(first.cache, "hit")
        self.assertEqual(second.cache, "hit")
        self.assertLess(int(second["Age"]), 60)
        self.assertTrue(second["Cache-Status"].startswith("larder"))
        self.assertEqual(self.origin.count("/a"), 1)

    def test_head_has_the_head_of_a_get_and_no_body(self):
        self.origin.on("/a", respond("hello", "Cache-Control: max-age=60"))
        self.larder.get("/a")
        with self.larder.client() as client:
            head = client.get("/a", method="HEAD")
            self.assertEqual((head.status, head["Content-Length"], head.cache), (200, "5", "hit"))
            self.assertEqual(client.get("/a").body, b"hello")  # nothing of a body lay between

    def test_http_1_0_client_gets_no_chunks_and_a_close(self):
        self.origin.on("/a", respond("hello", chunked=True))
        reply, closed = self.larder.raw(request("/a", version="1.0"))
        self.assertEqual((reply.status, reply.body, reply["Transfer-Encoding"]), (200, b"hello", None))
        self.assertTrue(closed)

    def test_connection_is_kept(self):
        self.origin.on("/a", respond("hello"))
        with self.larder.client() as client:
            for _ in range(5):
                self.assertEqual(client.get("/a").status, 200)

    def test_connection_close_is_obeyed(self):
        self.origin.on("/a", respond("hello"))
        reply, closed = self.larder.raw(request("/a", "Connection: close"))
        self.assertEqual((reply.body, closed), (b"hello", True))

    def test_hundred_pipelined_requests_are_answered_in_order(self):
        self.origin.on("/p", lambda r: Response(r.target))
        with self.larder.client() as client:
            client.send(b"".join(request(f"/p?{i}") for i in range(100)))
            self.assertEqual([client.read().body for _ in range(100)], [f"/p?{i}".encode() for i in range(100)])

    def test_chunked_request_body_arrives_whole(self):
        self.origin.on("/up", lambda r: Response(r.body))
        reply, _ = self.larder_reply(b"POST /up HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     b"5;note=x\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n")
        self.assertEqual(reply.body, b"hello world")

    def larder_reply(self, data):
        with self.larder.client() as client:
            return client.send(data).read(), client.get("/next").status

    def test_chunked_response_body_arrives_whole(self):
        self.origin.on("/a", respond("x" * 300_000, chunked=True))
        self.assertEqual(self.larder.get("/a").body, b"x" * 300_000)

    def test_bodies_of_megabytes_pass_both_ways(self):
        self.origin.on("/up", lambda r: Response(r.body))
        body = bytes(range(256)) * 16384
        self.assertEqual(self.larder.get("/up", method="PUT", body=body).body, body)

    def test_expect_100_continue_is_answered_before_the_body(self):
        self.origin.on("/up", lambda r: Response(r.body))
        with self.larder.client() as client:
            client.send("PUT /up HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(client.read(interim=True).status, 100)
            self.assertEqual(client.send("hello").read().body, b"hello")

    def test_interim_responses_are_passed_on(self):
        self.origin.on("/a", respond(raw=b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n"
                                         b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        with self.larder.client() as client:
            client.send(request("/a"))
            self.assertEqual(client.read(interim=True).status, 103)
            self.assertEqual(client.read().body, b"ok")

    def test_absolute_form_means_the_same_as_origin_form(self):
        self.origin.on("/a", respond("hello", "Cache-Control: max-age=60"))
        self.larder.get("/a", host="api.test")
        self.assertEqual(self.larder.get("http://api.test/a", host="api.test").cache, "hit")
        self.assertEqual((self.origin.last().target, self.origin.last()["Host"]), ("/a", "api.test"))

    def test_upgrade_is_tunnelled_both_ways(self):
        def echo(upgraded):
            upgraded.connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst")
            while data := upgraded.stream.read1(4096):
                upgraded.connection.sendall(data.upper())

        self.origin.on("/ws", echo)
        with self.larder.client() as client:
            client.send(request("/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"))
            self.assertEqual(client.read().status, 101)
            self.assertEqual(client.exactly(5), b"first")
            for word in (b"one", b"two"):
                self.assertEqual(client.send(word).exactly(3), word.upper())

    def test_server_sent_events_arrive_one_by_one(self):
        gate = Gate()

        def events(subscribed):
            subscribed.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                                          b"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
            gate.pass_through()
            subscribed.connection.sendall(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")

        self.origin.on("/sse", events)
        with self.larder.client() as client:
            client.send(request("/sse", "Accept: text/event-stream"))
            client.read_head()
            self.assertEqual(client.read_chunk(), b"data: 1\n\n")  # the origin still holds the second one
            gate.open()
            self.assertEqual(client.read_chunk(), b"data: 2\n\n")

    def test_hop_by_hop_fields_stop_here(self):
        self.origin.on("/a", respond("x", "Connection: X-Back", "X-Back: 1", "Keep-Alive: timeout=9", "X-Kept: 1"))
        reply = self.larder.get("/a", "Connection: X-Hop", "X-Hop: 1", "Proxy-Connection: close", "X-Through: 1")
        self.assertEqual((reply["X-Back"], reply["Keep-Alive"], reply["X-Kept"]), (None, None, "1"))
        seen = self.origin.last()
        self.assertEqual((seen["X-Hop"], seen["Proxy-Connection"], seen["X-Through"]), (None, None, "1"))

    def test_forwarding_fields_of_a_stranger_are_overwritten(self):
        self.origin.on("/a", respond("x"))
        self.larder.get("/a", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil", "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6")
        seen = self.origin.last()
        self.assertEqual(seen["X-Forwarded-For"], "127.0.0.1")
        self.assertNotIn("evil", str(seen))
        self.assertNotIn("6.6.6.6", str(seen))
        self.assertIn("larder", seen["Via"])


if __name__ == "__main__":
    unittest.main()
