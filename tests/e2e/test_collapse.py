"""One fill per key, streaming to its followers."""
from harness import Case, Gate, Response, eventually, request, respond, unittest

FRESH = "Cache-Control: max-age=1000"


class Collapse(Case):
    def clients(self, count, target):
        clients = [self.enterContext(self.larder.client()) for _ in range(count)]
        for client in clients:
            client.send(request(target))
        return clients

    def test_fifty_clients_of_a_cold_key_are_one_fetch(self):
        gate = Gate()
        self.origin.on("/a", respond("x" * 100_000, FRESH, head_gate=gate))
        clients = self.clients(50, "/a")
        gate.arrived()
        gate.open()
        self.assertEqual({client.read().body for client in clients}, {b"x" * 100_000})
        self.assertEqual(self.origin.count("/a"), 1)

    def test_followers_get_the_body_while_it_arrives(self):
        gate = Gate()
        self.origin.on("/a", respond("x" * 1000, FRESH, body_gate=gate))
        clients = self.clients(3, "/a")
        for client in clients:
            head = client.read_head()
            self.assertEqual((head.status, client.exactly(500)), (200, b"x" * 500))  # the origin holds the other half
        gate.open()
        for client in clients:
            self.assertEqual(client.exactly(500), b"x" * 500)
        self.assertEqual(self.origin.count("/a"), 1)

    def test_first_clients_leaving_before_the_head_does_not_end_the_fill(self):
        gate = Gate()
        self.origin.on("/a", respond("x", FRESH, head_gate=gate))
        [first] = self.clients(1, "/a")
        gate.arrived()
        [second] = self.clients(1, "/a")
        first.close()
        gate.open()
        self.assertEqual((second.read().body, self.origin.count("/a")), (b"x", 1))

    def test_first_clients_leaving_in_the_body_does_not_end_the_fill(self):
        gate = Gate()
        self.origin.on("/a", respond("x" * 1000, FRESH, body_gate=gate))
        [first] = self.clients(1, "/a")
        first.read_head()
        [second] = self.clients(1, "/a")
        second.read_head()
        first.close()
        gate.open()
        self.assertEqual(second.exactly(1000), b"x" * 1000)
        self.assertEqual((self.larder.get("/a").cache, self.origin.count("/a")), ("hit", 1))

    def test_uncacheable_key_is_not_serialised(self):
        gate = Gate()
        self.origin.on("/a", [respond("x", "Cache-Control: no-store"), respond("x", "Cache-Control: no-store", head_gate=gate)])
        self.larder.get("/a")
        clients = self.clients(5, "/a")
        for _ in clients:
            gate.arrived()  # all five are at the origin at once
        gate.open()
        self.assertEqual([client.read().body for client in clients], [b"x"] * 5)

    def test_followers_of_what_turns_out_private_each_get_their_own(self):
        gate, counter = Gate(), iter(range(100))
        self.origin.on("/a", lambda r: Response(str(next(counter)), "Cache-Control: private", head_gate=gate))
        clients = self.clients(10, "/a")
        gate.arrived()
        gate.open()
        self.assertEqual(len({client.read().body for client in clients}), 10)

    def test_followers_of_another_variant_get_theirs(self):
        gate = Gate()
        self.origin.on("/a", lambda r: Response(r["X-L"], FRESH, "Vary: X-L", head_gate=gate))
        clients = {language: self.enterContext(self.larder.client()) for language in ("de", "fr", "it")}
        for language, client in clients.items():
            client.send(request("/a", f"X-L: {language}"))
        gate.arrived()
        gate.open()
        for language, client in clients.items():
            self.assertEqual(client.read().body, language.encode())

    def test_failed_fill_leaves_no_follower_waiting(self):
        gate = Gate()
        self.origin.on("/a", respond(raw=b"", close=True, head_gate=gate))
        clients = self.clients(10, "/a")
        gate.arrived()
        gate.open()
        self.assertEqual({client.read().status for client in clients}, {502})

    def test_failed_fill_is_tried_once_more_for_all_its_followers(self):
        gate, again = Gate(), Gate()
        self.origin.on("/a", [respond(raw=b"", close=True, head_gate=gate), respond("x", FRESH, head_gate=again)])
        clients = self.clients(5, "/a")
        gate.arrived()
        eventually(lambda: self.larder.metric("larder_followers_total") == 4)
        gate.open()
        again.arrived()
        again.open()
        self.assertEqual(sorted(client.read().status for client in clients), [200] * 4 + [502])
        self.assertEqual(self.origin.count("/a"), 2)

    def test_dead_origin_is_asked_twice_however_many_wait(self):
        gate = Gate()
        self.origin.on("/a", respond(raw=b"", close=True, head_gate=gate))
        clients = self.clients(30, "/a")
        gate.arrived()
        eventually(lambda: self.larder.metric("larder_followers_total") == 29)
        gate.open()
        self.assertEqual({client.read().status for client in clients}, {502})
        self.assertEqual(self.origin.count("/a"), 2)

    def test_requests_that_came_after_the_origin_was_asked_share_one_more_fetch_of_what_may_not_be_reused(self):
        gate, again, counter = Gate(), Gate(), iter(range(100))
        answer = lambda gate: lambda r: Response(str(next(counter)), "Cache-Control: no-cache", 'ETag: "e"', head_gate=gate)
        self.origin.on("/a", [answer(gate), answer(again)])
        [first] = self.clients(1, "/a")
        gate.arrived()
        rest = self.clients(20, "/a")
        eventually(lambda: self.larder.metric("larder_followers_total") == 20)
        gate.open()
        again.arrived()
        eventually(lambda: self.larder.metric("larder_followers_total") == 39)
        again.open()
        self.assertEqual(first.read().body, b"0")
        self.assertEqual([client.read().body for client in rest], [b"1"] * 20)
        self.assertEqual(self.origin.count("/a"), 2)

    def test_fill_cut_short_is_cut_for_everybody_and_not_kept(self):
        gate = Gate()

        def cut(asked):
            asked.connection.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nabc")
            gate.pass_through()

        self.origin.on("/a", [cut, respond("whole", FRESH)])
        clients = self.clients(3, "/a")
        heads = [client.read_head() for client in clients]
        gate.open()
        self.assertEqual([client.read_body(head).complete for client, head in zip(clients, heads)], [False] * 3)
        self.assertEqual(self.larder.get("/a").body, b"whole")


if __name__ == "__main__":
    unittest.main()
