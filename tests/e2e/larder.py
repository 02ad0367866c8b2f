"""A running Larder: its configuration, its events, its admin listener."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

from client import PATIENCE, Client, Reply
from waiting import later

LARDER_BIN = os.environ.get("LARDER_BIN", str(pathlib.Path(__file__).parents[2] / "build/dev/larder"))


class Larder:
    """A Larder on a data directory of its own: start(), stop(), kill(), and start() again on what it left there. Settings
    are a dict, written as JSON (which is YAML); what a test leaves out is filled in.

    `binary`: the program, LARDER_BIN by default. `directory`: the data directory, kept; else one that goes at the end.
    `environment`: variables that it gets beside ours. `keep_address`: it listens on the same port after each start, and
    nobody else on this machine gets that port meanwhile. `access_log`: as the flag; a file in the directory by default."""

    def __init__(self, *origins, threads=2, binary=None, directory=None, environment=None, keep_address=False, access_log=None,
                 **settings):
        self.binary, self.environment = binary or LARDER_BIN, environment or {}
        self.directory = None if directory else tempfile.TemporaryDirectory()
        self.data = pathlib.Path(directory or self.directory.name)
        upstream = {"name": "test", "servers": [origin if isinstance(origin, str) else origin.url for origin in origins]}
        upstream |= settings.pop("upstream", {})
        limits = {"shutdown_grace": "2s"} | settings.pop("limits", {})  # a failed test may leave requests in flight
        self.settings = {"limits": limits, "data_dir": str(self.data), "threads": threads, "memory": "256MiB", "upstreams": [upstream],
                         "admin": {"address": "127.0.0.1:0"}, "listeners": [{"address": "127.0.0.1:0"}]} | settings
        self.reserved = contextlib.ExitStack()
        if keep_address:
            for listener in self.settings["listeners"]:
                listener["address"] = f"127.0.0.1:{self.reserved.enter_context(reserved_port())}"
        self.log = access_log or self.data / "access.log"
        self.process, self.events, self.news = None, [], threading.Condition()
        self.address = self.admin = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__(BaseException)
            raise

    def __exit__(self, kind, *_):
        """Stops it and holds it to a clean end: under a sanitizer that is also its verdict."""
        running = self.process and self.process.poll() is None
        code = self.stop() if running or kind is None else None
        self.reserved.close()
        if self.directory:
            self.directory.cleanup()
        if kind is None and code not in (0, -signal.SIGKILL):
            raise AssertionError(f"larder ended with {code}:\n" + "\n".join(map(str, self.events[-80:])))

    @property
    def file(self):
        return self.data / "larder.yaml"

    def write_settings(self):
        self.file.write_text(json.dumps(self.settings, indent=1))

    def start(self):
        """Starts it on what its directory holds; gives itself once it listens. `started`: when it was executed."""
        self.write_settings()
        self.events = []
        self.started = time.monotonic()
        self.process = subprocess.Popen([self.binary, "serve", "--config", str(self.file), "--access-log", str(self.log)],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
                                        env=os.environ | self.environment)
        self.reader = threading.Thread(target=self.read_events, args=(self.process.stderr, self.events), daemon=True)
        self.reader.start()
        self.address = self.listening("client")
        if self.settings["admin"]["address"] != "off":
            self.admin = self.listening("admin")
        return self

    def stop(self):
        """SIGTERM; its exit code. One that does not end in time is killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self):
        """SIGKILL: what kill -9 does."""
        self.process.kill()
        return self.ended()

    def ended(self):
        """Waits for its end; its exit code, negative for a signal."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.reader.join()
        self.process.stderr.close()
        return code

    def read_events(self, lines, events):
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                event = line.rstrip()
            with self.news:
                events.append(event)
                self.news.notify_all()
        with self.news:
            events.append({"event": "stderr closed"})
            self.news.notify_all()

    def event(self, name, **members):
        """Waits for an event of that name with these members."""
        wanted = {"event": name} | members

        def find():
            return next((e for e in self.events if isinstance(e, dict) and wanted.items() <= e.items()), None)

        with self.news:
            self.news.wait_for(lambda: find() or {"event": "stderr closed"} in self.events, PATIENCE)
            found = find()
        if not found:
            raise AssertionError(f"no event {wanted} among {self.events[-40:]}")
        return found

    def listening(self, side):
        host, port = self.event("listening", side=side)["address"].rsplit(":", 1)
        return host, int(port)

    def client(self):
        return Client(self.address)

    def get(self, target="/", *fields, **more):
        with self.client() as client:
            return client.get(target, *fields, **more)

    def raw(self, data):
        """Sends bytes on a new connection; the first response, and whether the connection was closed behind it."""
        with self.client() as client:
            client.send(data)
            reply = client.read()
            return reply, client.closed()

    def later(self, target="/", *fields, **more):
        """A GET on its own thread; call the result for its reply."""
        return later(lambda: self.get(target, *fields, **more))

    @property
    def token(self):
        return (self.data / "admin.token").read_text().strip()

    def ask_admin(self, method, target, body=None, token=None, **fields):
        connection = http.client.HTTPConnection(*self.admin, timeout=PATIENCE)
        with contextlib.closing(connection):
            headers = {"Authorization": f"Bearer {self.token if token is None else token}"} | fields
            if body is not None:
                headers.setdefault("Content-Type", "application/json")
                body = json.dumps(body)
            connection.request(method, target, body, {name: value for name, value in headers.items() if value})
            response = connection.getresponse()
            return Reply(response.status, response.reason, response.getheaders(), response.read(), True)

    def purge(self, kind, **members):
        reply = self.ask_admin("POST", "/v1/invalidations", {"invalidation_type": kind} | members)
        assert reply.status == 200, reply
        return reply.json()

    def purge_key(self, path, host="test", **members):
        return self.purge("SINGLE_KEY", cache_key=f"http://{host}{path}", **members)

    def metric(self, name, **labels):
        """The sum of that metric's samples that have these labels."""
        total = 0.0
        for line in self.ask_admin("GET", "/metrics").body.decode().split("\n"):
            if line.startswith(name) and line[len(name):len(name) + 1] in ("{", " "):
                if all(f'{key}="{value}"' in line for key, value in labels.items()):
                    total += float(line.rsplit(" ", 1)[1])
        return total


@contextlib.contextmanager
def reserved_port():
    """A port that the system gives to nobody else while the context lasts, but that Larder, which shares its ports between
    workers (SO_REUSEPORT), may listen on. Nothing is accepted here: without Larder it refuses."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def strategy(pattern="/**", name="test", **configuration):
    """A strategy for the settings' list; capitals and numbers of the model by keyword, the rest is its configuration."""
    rows = {key: configuration.pop(key) for key in ("ttl_seconds", "cache_behavior", "resource_type", "cache_layer") if key in configuration}
    return {"strategy_name": name, "resource_type": "OTHER", "cache_key_pattern": pattern, "cache_layer": "L1_APPLICATION",
            "cache_behavior": "READ_THROUGH", "invalidation_strategy": "TTL", "strategy_configuration": configuration} | rows
