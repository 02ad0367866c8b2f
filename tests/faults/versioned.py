"""An origin in a process of its own, fast enough to be no bottleneck: GET /GROUP/SIZE/NAME gives the current version of that
body (bodies.py), tagged GROUP; every write to it begins the group's next version, in groups `slow...` after a while.
`Versioned` runs it."""
import asyncio
import collections
import contextlib
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))

import bodies  # noqa: E402
from client import Client  # noqa: E402

WRITES = ("POST", "PUT", "PATCH", "DELETE")
SLOW_WRITE = 0.3  # seconds


def group_of(key):
    return key.split("/")[1]


class Serve(asyncio.Protocol):
    """One connection. Requests may come in any pieces, and several at once."""

    versions, requests = collections.Counter(), 0

    def __init__(self):
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while True:
            head, mark, rest = self.buffer.partition(b"\r\n\r\n")
            if not mark:
                return
            fields = {}
            first, *lines = head.decode("latin-1").split("\r\n")
            for line in lines:
                name, _, value = line.partition(":")
                fields[name.lower()] = value.strip()
            length = int(fields.get("content-length", 0))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            method, target, _ = first.split(" ")
            self.answer(method, target, fields)

    def answer(self, method, target, fields):
        if target == "/-/requests":
            return self.send(200, str(Serve.requests).encode())
        Serve.requests += 1
        group, size = target.split("/")[1:3]
        if method in WRITES:
            if not group.startswith("slow"):
                return self.write(group)
            return asyncio.get_running_loop().call_later(SLOW_WRITE, self.write, group)
        version = Serve.versions[group]
        kept = ("Cache-Control: max-age=1000000", f'ETag: "{version}"', f"Surrogate-Key: {group}")
        if fields.get("if-none-match") == f'"{version}"':
            return self.send(304, None, *kept)
        return self.send(200, bodies.make(target, version, int(size)), *kept)

    def write(self, group):
        Serve.versions[group] += 1
        self.send(200, str(Serve.versions[group]).encode(), "Cache-Control: no-store")

    def send(self, status, body, *fields):
        lines = [f"HTTP/1.1 {status} Scripted", *fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))


class Versioned:
    """The origin as a process. begin_version() is a write that Larder does not see."""

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = ("127.0.0.1", int(self.process.stdout.readline()))
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self.client = Client(self.address)
        return self

    def __exit__(self, *_):
        self.client.close()
        self.process.stdin.close()  # it ends with its input, so with us, however we end
        self.process.wait()
        self.process.stdout.close()

    def begin_version(self, group):
        return int(self.client.get(f"/{group}/1/version", method="POST").body)

    def requests(self):
        return int(self.client.get("/-/requests").body)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
