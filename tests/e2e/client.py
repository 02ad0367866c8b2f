"""Clients that speak raw bytes and read responses one by one."""
import contextlib
import json
import socket

PATIENCE = 20.0  # seconds: how long a test waits for what must happen


class Reply:
    """One response as the client read it. `complete`: its body ended where its head said that it would."""

    def __init__(self, status, reason, fields, body, complete):
        self.status, self.reason, self.fields, self.body, self.complete = status, reason, fields, body, complete

    def __getitem__(self, name):
        values = self.all(name)
        return ", ".join(values) if values else None

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    @property
    def cache(self):
        """What Cache-Status says: hit, or the reason of the forward."""
        for part in (self["Cache-Status"] or "").split(";")[1:]:
            part = part.strip()
            if part == "hit":
                return "hit"
            if part.startswith("fwd="):
                return part[4:]
        return None

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:200]!r}>"


class Client:
    """A connection that sends the bytes it is given and reads responses one by one."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a refusal may come before all is sent
            self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def get(self, target="/", *fields, host="test", method="GET", body=b""):
        self.send(request(target, *fields, host=host, method=method, body=body))
        return self.read(head_only=method == "HEAD")

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                raise EOFError(f"closed before {mark!r}; had {self.buffer[:300]!r}")
        before, self.buffer = self.buffer.split(mark, 1)
        return before

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise EOFError(f"closed {count - len(self.buffer)} bytes early")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_head(self):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        _, status, *reason = lines[0].split(" ", 2)
        fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        return Reply(int(status), " ".join(reason), fields, b"", True)

    def read_chunk(self):
        size = int(self.until(b"\r\n").split(b";")[0], 16)
        if size:
            data = self.exactly(size)
            assert self.exactly(2) == b"\r\n"
            return data
        while self.until(b"\r\n"):
            pass
        return b""

    def read_body(self, reply):
        """Reads the body that the head announces into the reply; `complete` tells whether it ended as announced."""
        body = bytearray()
        try:
            if (reply["Transfer-Encoding"] or "").lower() == "chunked":
                while chunk := self.read_chunk():
                    body += chunk
            elif reply["Content-Length"] is not None:
                while len(body) < int(reply["Content-Length"]):
                    if not self.buffer and not self.more():
                        raise EOFError
                    left = int(reply["Content-Length"]) - len(body)
                    body += self.buffer[:left]
                    self.buffer = self.buffer[left:]
            else:
                while self.more():
                    pass
                body, self.buffer = bytearray(self.buffer), b""
        except EOFError:
            reply.complete = False
        reply.body = bytes(body)
        return reply

    def read(self, head_only=False, interim=False):
        """The next response; 1xx are skipped unless `interim`."""
        reply = self.read_head()
        while 100 <= reply.status < 200 and reply.status != 101 and not interim:
            reply = self.read_head()
        if head_only or reply.status < 200 or reply.status in (204, 304):
            return reply
        return self.read_body(reply)

    def closed(self):
        """True when the peer closes without another byte; a deadline that passes is False."""
        try:
            return not self.buffer and not self.more()
        except TimeoutError:
            return False


def request(target="/", *fields, host="test", method="GET", body=b"", version="1.1"):
    lines = [f"{method} {target} HTTP/{version}", *([f"Host: {host}"] if host else []), *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body if isinstance(body, bytes) else body.encode())
