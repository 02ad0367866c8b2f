"""Many connections from one thread: asyncio, raw bytes, every answer read to its end."""
import asyncio
import contextlib
import json
import re
import time

PATIENCE = 20.0
TTL = re.compile(r"ttl=(-?\d+)")


class Broken(ConnectionError):
    """A connection ended, or could not be made, where an answer was due."""


class Answer:
    def __init__(self, status, fields, body, seconds):
        self.status, self.fields, self.body, self.seconds = status, fields, body, seconds

    @property
    def cache_status(self):
        return self.fields.get("cache-status", "")

    @property
    def cache(self):
        """hit, or the reason of the forward."""
        for part in self.cache_status.split(";")[1:]:
            part = part.strip()
            if part == "hit" or part.startswith("fwd="):
                return part.removeprefix("fwd=")
        return None

    @property
    def served_stale(self):
        """Answered from what is stored, and said to be past its time."""
        ttl = TTL.search(self.cache_status)
        return self.cache == "hit" and ttl is not None and int(ttl[1]) <= 0

    @property
    def last(self):
        return self.fields.get("connection", "").lower() == "close"


class Wire:
    """A keep-alive connection that opens itself when it is used. After an announced close the next request opens a new one;
    a close that was not announced while a request is under way is Broken."""

    def __init__(self, address, host="test"):
        self.address, self.host, self.stream, self.opened = address, host, None, 0

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()

    async def open(self):
        try:
            self.stream = await asyncio.wait_for(asyncio.open_connection(*self.address, limit=1 << 20), PATIENCE)
        except (OSError, asyncio.TimeoutError) as error:
            raise Broken(f"connect: {error!r}") from error
        self.opened += 1

    def close(self):
        if self.stream:
            self.stream[1].close()
            self.stream = None

    async def ask(self, target, method="GET", body=b"", fields=()):
        if self.stream and self.stream[0].at_eof():
            self.close()  # the peer closed an idle connection, and we knew before we asked
        fresh = self.stream is None
        started = time.monotonic()
        if fresh:
            await self.open()
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}", *fields]
        if body or method not in ("GET", "HEAD"):
            lines.append(f"Content-Length: {len(body)}")
        reader, writer = self.stream
        try:
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            answer = await asyncio.wait_for(self.read(reader, started), PATIENCE)
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
            self.close()
            raise Broken(f"{method} {target} on a {'new' if fresh else 'used'} connection: {error!r}") from error
        except BaseException:
            self.close()  # cancelled in the middle: nothing can be asked on it again
            raise
        if answer.last:
            self.close()
        return answer

    @staticmethod
    async def read(reader, started):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ", 2)[1])
        fields = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        body = b""
        if "chunked" in fields.get("transfer-encoding", ""):
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readuntil(b"\r\n")
        elif status != 304:
            body = await reader.readexactly(int(fields.get("content-length", 0)))
        return Answer(status, fields, body, time.monotonic() - started)


class Admin(Wire):
    """The admin listener of a Larder, with its token."""

    def __init__(self, larder):
        super().__init__(larder.admin, host=f"{larder.admin[0]}:{larder.admin[1]}")
        self.fields = (f"Authorization: Bearer {larder.token}", "Content-Type: application/json")

    async def purge(self, kind, **members):
        """The receipt. Broken when there is none."""
        answer = await self.ask("/v1/invalidations", "POST", json.dumps({"invalidation_type": kind} | members).encode(), self.fields)
        if answer.status != 200:
            raise Broken(f"purge {kind}: {answer.status} {answer.body[:300]!r}")
        return json.loads(answer.body)


async def in_parallel(jobs, call, width=16):
    """call(job) for each of the jobs, `width` at a time."""
    jobs = iter(jobs)

    async def work():
        for job in jobs:
            await call(job)

    await asyncio.gather(*(work() for _ in range(width)))


@contextlib.asynccontextmanager
async def background(*calls):
    """Runs coroutines while the block runs; they are cancelled at its end, and an error of theirs is raised."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome
