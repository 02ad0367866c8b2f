#!/usr/bin/env python3
"""CPU per request of Larder beside other servers. `./dev bench hit` and `./dev bench miss` build what it needs.

hit:  a 1 KiB response from the cache: Larder, HAProxy with its cache on, and the floor (bench/floor.cpp).
miss: a 1 KiB no-store response from a fast origin on loopback: Larder and HAProxy.
"""
import argparse
import contextlib
import os
import pathlib
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
CONNECTIONS = 64

METHOD = """\
machine  {machine}
method   {what}; {connections} keep-alive connections, no pipelining. The server under test has core {server_core} and one
         worker, wrk{beside} core {client_core}. {rounds} rounds of {seconds} s, servers in turn in each round. CPU is
         utime + stime of the whole process from /proc/PID/stat, divided by the requests wrk counted; kernel work for
         loopback is in it. Medians over the rounds; ratios are taken within a round first, their median stands here
         with the lowest and highest behind it."""

HAPROXY = """\
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    option http-keep-alive
    no option http-server-close
    http-reuse always
{cache}
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
{use}
    server origin 127.0.0.1:{origin}
"""
HAPROXY_CACHE = "cache one\n    total-max-size 64\n    max-object-size 100000\n    max-age 3600"
HAPROXY_USE = "    http-request cache-use one\n    http-response cache-store one"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, name, port, command, core):
        self.name, self.port = name, port
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(["taskset", "-c", str(core), *command], stdout=subprocess.DEVNULL, stderr=self.said)
        deadline = time.monotonic() + 10
        while True:
            if self.process.poll() is not None:
                self.said.seek(0)
                sys.exit(f"{name} ended with {self.process.returncode}: {' '.join(command)}\n{self.said.read()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            if time.monotonic() > deadline:
                sys.exit(f"{name} does not listen on port {port}")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.said.close()

    def cpu(self):
        """User and kernel seconds of all threads so far, ended ones included."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(stat[11]) / TICK, int(stat[12]) / TICK

    def from_cache(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/bench", timeout=5) as response:
            assert len(response.read()) == 1024
            return response.headers["Age"] is not None

    def measure(self, seconds):
        """User and kernel microseconds a request, and requests a second."""
        before = self.cpu()
        wrk = subprocess.run(["taskset", "-c", str(CLIENT_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
                              f"http://127.0.0.1:{self.port}/bench"], capture_output=True, text=True, check=True).stdout
        after = self.cpu()
        if "Socket errors" in wrk or "Non-2xx" in wrk:
            sys.exit(f"{self.name} failed under load:\n{wrk}")
        requests = int(re.search(r"(\d+) requests in", wrk)[1])
        user, kernel = (1e6 * (b - a) / requests for a, b in zip(before, after))
        return user, kernel, requests / seconds


def haproxy(directory, origin, cached):
    port, file = free_port(), pathlib.Path(directory, "haproxy.cfg")
    file.write_text(HAPROXY.format(port=port, origin=origin, cache=HAPROXY_CACHE if cached else "", use=HAPROXY_USE if cached else ""))
    return Server("HAProxy", port, ["haproxy", "-db", "-f", str(file)], SERVER_CORE)


def larder(directory, binary, origin):
    port = free_port()
    return Server("Larder", port, [binary, "serve", "--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{origin}",
                                   "--admin", "off", "--data-dir", directory, "--threads", "1", "--access-log", "off"], SERVER_CORE)


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"


def versions():
    first = subprocess.run(["haproxy", "-v"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    return first.split(" ")[2]


def report(rounds, reference):
    print(f"\n{'server':<10}{'us/request':>12}{'user':>8}{'kernel':>8}{'requests/s':>12}   ratio to {reference}")
    for name, results in rounds.items():
        user, kernel, rate = (statistics.median(column) for column in zip(*results))
        total = statistics.median(u + k for u, k, _ in results)
        ratios = [(r[0] + r[1]) / (o[0] + o[1]) for r, o in zip(results, rounds[reference])]
        print(f"{name:<10}{total:>12.2f}{user:>8.2f}{kernel:>8.2f}{rate:>12.0f}   "
              f"{statistics.median(ratios):.2f}  ({min(ratios):.2f}-{max(ratios):.2f})")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("what", choices=["hit", "miss"])
    words.add_argument("--floor", required=True)
    words.add_argument("--larder", help="left out: only the others are measured")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--seconds", type=int, default=4)
    chosen = words.parse_args()
    hit = chosen.what == "hit"

    with contextlib.ExitStack() as running:
        directory = running.enter_context(tempfile.TemporaryDirectory())
        origin = free_port()
        running.enter_context(Server("origin", origin, [chosen.floor, str(origin), "max-age=3600" if hit else "no-store"], CLIENT_CORE))
        servers = []
        if chosen.larder:
            servers.append(running.enter_context(larder(directory, chosen.larder, origin)))
        if hit:
            port = free_port()
            servers.append(running.enter_context(Server("floor", port, [chosen.floor, str(port)], SERVER_CORE)))
        servers.append(running.enter_context(haproxy(directory, origin, hit)))

        for server in servers:
            server.from_cache()
            if server.name != "floor" and server.from_cache() != hit:
                sys.exit(f"{server.name} {'does not answer' if hit else 'answers'} from its cache: there is nothing to measure")
        print(METHOD.format(machine=machine(), what="1 KiB cache hit" if hit else "1 KiB no-store response through the proxy",
                            connections=CONNECTIONS, server_core=SERVER_CORE, client_core=CLIENT_CORE, rounds=chosen.rounds,
                            seconds=chosen.seconds, beside="" if hit else " and the origin (floor.cpp)"))
        print(f"haproxy  {versions()}")
        rounds = {server.name: [] for server in servers}
        for _ in range(chosen.rounds):
            for server in servers:
                rounds[server.name].append(server.measure(chosen.seconds))
        report(rounds, "floor" if hit else "HAProxy")


if __name__ == "__main__":
    main()
