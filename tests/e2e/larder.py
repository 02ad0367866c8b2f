"""A running Larder: its configuration, its events, its admin listener."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading

from client import PATIENCE, Client, Reply
from waiting import later

LARDER_BIN = os.environ.get("LARDER_BIN", str(pathlib.Path(__file__).parents[2] / "build/dev/larder"))


class Larder:
    """A running Larder. Settings are a dict, written as JSON (which is YAML); what a test leaves out is filled in."""

    def __init__(self, *origins, threads=2, **settings):
        self.directory = tempfile.TemporaryDirectory()
        self.data = pathlib.Path(self.directory.name)
        upstream = {"name": "test", "servers": [origin if isinstance(origin, str) else origin.url for origin in origins]}
        upstream |= settings.pop("upstream", {})
        limits = {"shutdown_grace": "2s"} | settings.pop("limits", {})  # a failed test may leave requests in flight
        self.settings = {"limits": limits, "data_dir": str(self.data), "threads": threads, "memory": "256MiB", "upstreams": [upstream],
                         "admin": {"address": "127.0.0.1:0"}, "listeners": [{"address": "127.0.0.1:0"}]} | settings
        self.events, self.news = [], threading.Condition()
        self.address = self.admin = None

    def __enter__(self):
        config = self.data / "larder.yaml"
        config.write_text(json.dumps(self.settings, indent=1))
        self.log = self.data / "access.log"
        self.process = subprocess.Popen([LARDER_BIN, "serve", "--config", str(config), "--access-log", str(self.log)],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read_events, daemon=True)
        self.reader.start()
        try:
            self.address = self.listening("client")
            self.admin = self.listening("admin")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, *_):
        """Stops it and holds it to a clean end: under a sanitizer that is also its verdict."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.reader.join()
        self.process.stderr.close()
        self.directory.cleanup()
        if kind is None and code != 0:
            raise AssertionError(f"larder ended with {code}:\n" + "\n".join(map(str, self.events[-80:])))

    def read_events(self):
        for line in self.process.stderr:
            try:
                event = json.loads(line)
            except ValueError:
                event = line.rstrip()
            with self.news:
                self.events.append(event)
                self.news.notify_all()
        with self.news:
            self.events.append({"event": "stderr closed"})
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


def strategy(pattern="/**", name="test", **configuration):
    """A strategy for the settings' list; capitals and numbers of the model by keyword, the rest is its configuration."""
    rows = {key: configuration.pop(key) for key in ("ttl_seconds", "cache_behavior", "resource_type") if key in configuration}
    return {"strategy_name": name, "resource_type": "OTHER", "cache_key_pattern": pattern, "cache_layer": "L1_APPLICATION",
            "cache_behavior": "READ_THROUGH", "invalidation_strategy": "TTL", "strategy_configuration": configuration} | rows
