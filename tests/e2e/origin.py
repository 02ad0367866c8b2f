"""A scripted origin: what it answers is decided path by path, and every request it gets is recorded."""
import contextlib
import socket
import threading

from client import PATIENCE


class Response:
    """What to send. `raw` replaces all of it. `close` ends the connection behind it. `head_gate` is waited for before the
    head, `body_gate` before the second half of the body."""

    def __init__(self, body=b"", *fields, status=200, raw=None, close=False, chunked=False, head_gate=None, body_gate=None):
        self.body = body if isinstance(body, bytes) else body.encode()
        self.fields, self.status, self.raw, self.close, self.chunked = fields, status, raw, close, chunked
        self.head_gate, self.body_gate = head_gate, body_gate


def respond(body=b"", *fields, **more):
    """A handler that always answers the same."""
    return lambda request: Response(body, *fields, **more)


class Request:
    def __init__(self, method, target, fields, body, connection):
        self.method, self.target, self.fields, self.body, self.connection = method, target, fields, body, connection

    def __getitem__(self, name):
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def __repr__(self):
        return f"<{self.method} {self.target} {self.fields}>"


class Gate(threading.Event):
    """Holds a response until open() is called. arrived() waits until a response stands before it."""

    def __init__(self):
        super().__init__()
        self.waiting = threading.Semaphore(0)

    def open(self):
        self.set()

    def arrived(self):
        assert self.waiting.acquire(timeout=PATIENCE), "nothing came to this gate"

    def pass_through(self):
        self.waiting.release()
        assert self.wait(PATIENCE), "this gate was never opened"


class Origin:
    """Listens from construction on. `on(path, handler)`: a handler gets a Request and gives a Response, or None when it
    has written to request.connection itself. Paths without a handler answer 404. Threads: one a connection."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.handlers, self.requests, self.connections, self.accepted = {}, [], set(), 0
        self.changed = threading.Condition()
        self.fallback = respond(b"", "Cache-Control: no-store", status=404)

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """No more connections, and those there are end."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.close_connections()

    def close_connections(self):
        with self.changed:
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def on(self, path, handler):
        """`handler` may be a list: one for each request in turn, the last for all that follow."""
        self.handlers[path] = list(handler) if isinstance(handler, list) else handler
        return self

    def count(self, path=None, method=None):
        with self.changed:
            return sum((path is None or r.target == path) and method in (None, r.method) for r in self.requests)

    def last(self, path=None):
        with self.changed:
            return next(r for r in reversed(self.requests) if path is None or r.target == path)

    def wait_for(self, count, path=None):
        with self.changed:
            assert self.changed.wait_for(lambda: self.count(path) >= count, PATIENCE), f"{path}: {self.requests}"

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.changed:
                self.accepted += 1
                self.connections.add(connection)
                self.changed.notify_all()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError, EOFError, ValueError), connection, connection.makefile("rb") as stream:
            while self.exchange(connection, stream):
                pass
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # the makefile holds the socket open
        with self.changed:
            self.connections.discard(connection)

    def exchange(self, connection, stream):
        """One request and its response. False: the connection is over."""
        line = stream.readline()
        if not line:
            return False
        method, target, _ = line.decode("latin-1").split(" ")
        fields = []
        while (line := stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields.append((name, value.strip()))
        request = Request(method, target, fields, b"", connection)
        if request["Expect"]:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.body = self.body(request, stream)
        with self.changed:
            self.requests.append(request)
            handler = self.handlers.get(target.split("?")[0], self.fallback)
            if isinstance(handler, list):
                handler = handler.pop(0) if len(handler) > 1 else handler[0]
            self.changed.notify_all()
        request.stream = stream
        response = handler(request)
        return response is not None and self.send(connection, request, response)

    @staticmethod
    def body(request, stream):
        """The whole body; EOFError when the connection ends inside it, and the request then counts as never received."""
        def exactly(count):
            data = stream.read(count)
            if len(data) < count:
                raise EOFError
            return data

        if (request["Transfer-Encoding"] or "").lower() != "chunked":
            return exactly(int(request["Content-Length"] or 0))
        body = b""
        while size := int(stream.readline().split(b";")[0], 16):
            body += exactly(size + 2)[:-2]
        while stream.readline() not in (b"\r\n", b""):
            pass
        return body

    @staticmethod
    def send(connection, request, response):
        if response.head_gate:
            response.head_gate.pass_through()
        if response.raw is not None:
            connection.sendall(response.raw)
            return not response.close
        bodiless = response.status in (204, 304)
        head = [f"HTTP/1.1 {response.status} Scripted", *response.fields]
        if response.chunked:
            head.append("Transfer-Encoding: chunked")
        elif not bodiless:
            head.append(f"Content-Length: {len(response.body)}")
        if response.close:
            head.append("Connection: close")
        head = "\r\n".join(head).encode("latin-1") + b"\r\n\r\n"
        body = b"" if bodiless or request.method == "HEAD" else response.body
        half = len(body) // 2 if response.body_gate else len(body)
        connection.sendall(head + Origin.framed(body[:half], response.chunked))
        if response.body_gate:
            response.body_gate.pass_through()
            connection.sendall(Origin.framed(body[half:], response.chunked))
        if response.chunked and request.method != "HEAD":
            connection.sendall(b"0\r\n\r\n")
        return not response.close

    @staticmethod
    def framed(data, chunked):
        return b"%x\r\n%s\r\n" % (len(data), data) if chunked and data else data
