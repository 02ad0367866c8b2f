"""How long hits take while something else goes on: a process of its own, so that no other load is in its figures. It asks
for the same keys on one connection at a time, again and again. `Prober` runs it."""
import contextlib
import json
import pathlib
import select
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))

import bodies  # noqa: E402
from client import Client  # noqa: E402
from report import percentile  # noqa: E402

PAUSE = 0.001


class Prober:
    """In a `with`; after it, `figures`: count, p50, p99, p999 and max in milliseconds of hits, and `misses`: of what had to
    make room in a small memory tier. An answer that is wrong is a violation."""

    def __init__(self, report, address, keys):
        self.report, self.command = report, [sys.executable, __file__, address[0], str(address[1]), *keys]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        said, _ = self.process.communicate()
        self.figures = json.loads(said or '{"wrong": ["the prober died"]}')
        for wrong in self.figures.pop("wrong"):
            self.report.violation(f"a hit from memory: {wrong}")


def main(host, port, *keys):
    seconds, wrong, misses = [], [], 0
    with contextlib.ExitStack() as connections:
        client = connections.enter_context(Client((host, int(port))))
        for key in keys:
            client.get(key)
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], PAUSE)[0]:
            key = keys[(len(seconds) + misses) % len(keys)]
            started = time.monotonic()
            try:
                reply = client.get(key)
                took = time.monotonic() - started
                if reply["Connection"] == "close":  # it has served its number of requests
                    client = connections.enter_context(Client((host, int(port))))
                bodies.check(reply.body, key)
                if reply.cache == "hit":
                    seconds.append(took)
                else:
                    misses += 1
            except (AssertionError, OSError, EOFError) as error:
                wrong.append(f"{key}: {error!r}"[:300])
                if not isinstance(error, AssertionError) or len(wrong) > 10:
                    break
    parts = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1.0}
    print(json.dumps({"count": len(seconds), "misses": misses, "wrong": wrong} |
                     {name: round(1000 * percentile(seconds, part), 3) for name, part in parts.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
