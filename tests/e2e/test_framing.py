"""Strict framing (RFC 9112): what has two readings is refused, on either side, and never stored."""
from harness import Case, respond, unittest

AMBIGUOUS = [  # id, section, bytes, statuses that are right
    ("te-and-length", "6.3", b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", {400}),
    ("te-unknown", "6.1", b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n\r\n", {400, 501}),
    ("te-not-last", "6.3", b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", {400, 501}),
    ("te-in-1.0", "6.1", b"POST / HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    ("lengths-differ", "6.3", b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
    ("length-signed", "6.2", b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: +1\r\n\r\na", {400}),
    ("length-huge", "6.2", b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\n", {400, 413}),
    ("chunk-size-hex-prefix", "7.1", b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", {400}),
    ("chunk-end-missing", "7.1", b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naXX0\r\n\r\n", {400}),
    ("space-before-colon", "5.1", b"GET / HTTP/1.1\r\nHost: t\r\nX-A : 1\r\n\r\n", {400}),
    ("folded-field", "5.2", b"GET / HTTP/1.1\r\nHost: t\r\nX-A: 1\r\n 2\r\n\r\n", {400}),
    ("bare-cr", "2.2", b"GET / HTTP/1.1\r\nHost: t\r\nX-A: 1\r2\r\n\r\n", {400}),
    ("nul-in-value", "5", b"GET / HTTP/1.1\r\nHost: t\r\nX-A: 1\x002\r\n\r\n", {400}),
]

MEANINGLESS = [  # id, section, a request that ends where it says and says nothing sound, statuses that are right
    ("host-missing", "3.2", b"GET / HTTP/1.1\r\n\r\n", {400}),
    ("host-twice", "3.2", b"GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n", {400}),
    ("host-invalid", "3.2", b"GET / HTTP/1.1\r\nHost: t@u\r\n\r\n", {400}),
    ("target-without-slash", "3.2", b"GET a HTTP/1.1\r\nHost: t\r\n\r\n", {400}),
    ("version-3.7", "2.3", b"GET / HTTP/3.7\r\nHost: t\r\n\r\n", {400, 505}),
    ("connection-nominates-host", "7.6.1 of RFC 9110", b"GET / HTTP/1.1\r\nHost: t\r\nConnection: Host\r\n\r\n", {400}),
]

OK = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
RESPONSES = [  # id, section, what the origin sends as its whole answer
    ("lengths-differ", "6.3", OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ("length-junk", "6.3", OK + b"Content-Length: 2x\r\n\r\nab"),
    ("te-unknown", "6.3", OK + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("no-status-line", "4", b"hello world\r\n\r\n"),
    ("space-before-colon", "5.1", OK + b"X-A : 1\r\nContent-Length: 2\r\n\r\nab"),
    ("nul-in-value", "5", OK + b"X-A: \x00\r\nContent-Length: 2\r\n\r\nab"),
    ("nothing", "9.5", b""),
    ("half-a-head", "8", OK),
]

CUT = [  # id, section, a whole head, less than its body
    ("length-short", "8", OK + b"Content-Length: 10\r\n\r\nabc"),
    ("no-last-chunk", "8", OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
    ("chunk-short", "8", OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc"),
    ("chunk-size-junk", "7.1", OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"),
]


class Framing(Case):
    def test_ambiguous_requests_are_refused_and_the_connection_closed(self):
        for name, section, data, statuses in AMBIGUOUS:
            with self.subTest(name, section=section):
                reply, closed = self.larder.raw(data + b"GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n")
                self.assertIn(reply.status, statuses)
                self.assertTrue(closed)
                self.assertEqual(self.origin.count("/smuggled"), 0)

    def test_meaningless_requests_are_refused(self):
        for name, section, data, statuses in MEANINGLESS:
            with self.subTest(name, section=section), self.larder.client() as client:
                self.assertIn(client.send(data).read().status, statuses)
        self.assertEqual(self.origin.count(), 0)

    def test_wrong_responses_are_502_and_not_stored(self):
        for name, section, data in RESPONSES:
            with self.subTest(name, section=section):
                self.origin.on(f"/{name}", respond(raw=data, close=True))
                reply = self.larder.get(f"/{name}")
                self.assertEqual((reply.status, reply["Content-Type"]), (502, "application/problem+json"))
                asked = self.origin.count(f"/{name}")
                self.larder.get(f"/{name}")
                self.assertGreater(self.origin.count(f"/{name}"), asked)

    def test_cut_responses_are_visibly_cut_and_not_stored(self):
        for name, section, data in CUT:
            with self.subTest(name, section=section):
                self.origin.on(f"/{name}", respond(raw=data, close=True))
                with self.larder.client() as client:
                    reply = client.get(f"/{name}")
                    self.assertTrue(reply.status == 502 or not reply.complete, reply)
                asked = self.origin.count(f"/{name}")
                self.larder.get(f"/{name}")
                self.assertGreater(self.origin.count(f"/{name}"), asked)

    def test_bytes_behind_a_response_are_nobodys_answer(self):
        self.origin.on("/a", respond(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
        self.origin.on("/b", respond("good"))
        for _ in range(3):
            self.assertEqual(self.larder.get("/a").body, b"ok")
            self.assertEqual(self.larder.get("/b").body, b"good")

    def test_body_of_a_request_answered_from_the_cache_is_not_the_next_request(self):
        self.origin.on("/a", respond("kept", "Cache-Control: max-age=60"))
        self.larder.get("/a")
        body = b"GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n"
        with self.larder.client() as client:
            client.get("/a", body=body)
            client.send(b"GET /a HTTP/1.1\r\nHost: test\r\n\r\n")
            if not client.closed():
                self.assertEqual(client.read().body, b"kept")
        self.assertEqual(self.origin.count("/smuggled"), 0)


if __name__ == "__main__":
    unittest.main()
