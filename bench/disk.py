#!/usr/bin/env python3
"""CPU per request of a hit on disk: Larder's FILE_SYSTEM layer beside nginx's proxy_cache. `./dev bench disk` runs it.

A working set ten times Larder's memory tier, asked for at random, so that nine hits in ten come from disk (and go into
memory on the way, in place of others). The files are in the page cache: what is measured is the path, not the device.
With --cold each round begins with servers started anew and files that are out of the page cache.
"""
import argparse
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading

from compare import CLIENT_CORE, CONNECTIONS, SERVER_CORE, Server, free_port, machine

OBJECTS, BODY = 16_000, os.urandom(10 * 1024)
MEMORY = OBJECTS * len(BODY) // 10

METHOD = """\
machine  {machine}
method   {objects} responses of {size} bytes, a working set ten times Larder's memory tier ({memory} bytes), asked for at random on
         {connections} keep-alive connections. The server under test has core {server_core} and one worker, wrk core {client_core}.
         {rounds} rounds of {seconds} s, servers in turn{cold}. CPU is utime + stime of all of the server's processes, divided by
         the requests wrk counted; medians over the rounds, ratios within a round."""

NGINX = """\
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    proxy_cache_path {directory}/cache levels=1:2 keys_zone=one:32m max_size=2g inactive=1d use_temp_path=off;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{origin};
            proxy_cache one;
            add_header X-Cache $upstream_cache_status;
        }}
    }}
}}
"""

WRK = """\
math.randomseed({seed})
request = function() return wrk.format("GET", "/o/" .. math.random({objects})) end
"""


class Origin(http.server.BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.send_header("Cache-Control", "max-age=86400")
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Cache:
    """A server that can be started again on what it has."""

    def __init__(self, name, directory, command, port, files):
        self.name, self.directory, self.command, self.port, self.files = name, directory, command, port, files
        self.server = None

    def start(self):
        self.server = Server(self.name, self.port, self.command, SERVER_CORE)

    def stop(self):
        if self.server:
            self.server.__exit__()
        self.server = None

    def cpu(self):
        """Of the process and its children: nginx serves in one of those."""
        parent = self.server.process.pid
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        sums = [0, 0]
        for pid in [str(parent), *children]:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            sums = [sums[0] + int(stat[11]), sums[1] + int(stat[12])]
        return [ticks / os.sysconf("SC_CLK_TCK") for ticks in sums]

    def fill(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        for number in range(1, OBJECTS + 1):
            connection.request("GET", f"/o/{number}")
            assert len(connection.getresponse().read()) == len(BODY)

    def out_of_page_cache(self):
        subprocess.run(["sync"], check=True)
        for file in pathlib.Path(self.directory).rglob("*"):
            if file.is_file():
                descriptor = os.open(file, os.O_RDONLY)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)

    def measure(self, seconds, script):
        before = self.cpu()
        wrk = subprocess.run(["taskset", "-c", str(CLIENT_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s",
                              script, f"http://127.0.0.1:{self.port}/"], capture_output=True, text=True, check=True).stdout
        after = self.cpu()
        if "Socket errors" in wrk or "Non-2xx" in wrk:
            sys.exit(f"{self.name} failed under load:\n{wrk}")
        requests = int(re.search(r"(\d+) requests in", wrk)[1])
        user, kernel = (1e6 * (b - a) / requests for a, b in zip(before, after))
        return user, kernel, requests / seconds, re.search(r"99%\s+(\S+)", wrk)[1]


def larder(directory, binary, origin):
    port = free_port()
    settings = {"data_dir": directory, "threads": 1, "access_log": "off", "admin": {"address": "off"}, "memory": "1GiB",
                "listeners": [{"address": f"127.0.0.1:{port}"}], "upstreams": [{"name": "o", "servers": [f"http://127.0.0.1:{origin}"]}],
                "layers": [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "cache_level": 1, "max_size_bytes": MEMORY},
                           {"layer_name": "L3_DATABASE", "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": "1GiB"}],
                "strategies": [{"strategy_name": "all", "cache_key_pattern": "/**", "cache_layer": "L3_DATABASE"}]}
    file = pathlib.Path(directory, "larder.yaml")
    file.write_text(json.dumps(settings))
    return Cache("Larder", directory, [binary, "serve", str(file)], port, "objects")


def nginx(directory, origin):
    port, file = free_port(), pathlib.Path(directory, "nginx.conf")
    os.chmod(directory, 0o777)
    file.write_text(NGINX.format(directory=directory, port=port, origin=origin))
    return Cache("nginx", directory, ["nginx", "-p", directory, "-c", str(file)], port, "cache")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--larder", required=True)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--seconds", type=int, default=4)
    words.add_argument("--cold", action="store_true")
    chosen = words.parse_args()
    with contextlib.ExitStack() as running:
        origin = running.enter_context(Threads(("127.0.0.1", 0), Origin))
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        running.callback(origin.shutdown)
        servers = [larder(running.enter_context(tempfile.TemporaryDirectory()), chosen.larder, origin.server_port),
                   nginx(running.enter_context(tempfile.TemporaryDirectory()), origin.server_port)]
        script = pathlib.Path(running.enter_context(tempfile.TemporaryDirectory()), "random.lua")
        for server in servers:
            running.callback(server.stop)
            server.start()
            server.fill()
        print(METHOD.format(machine=machine(), objects=OBJECTS, size=len(BODY), memory=MEMORY, connections=CONNECTIONS,
                            server_core=SERVER_CORE, client_core=CLIENT_CORE, rounds=chosen.rounds, seconds=chosen.seconds,
                            cold=", started anew with cold files" if chosen.cold else ""))
        rounds = {server.name: [] for server in servers}
        for number in range(chosen.rounds):
            script.write_text(WRK.format(seed=number, objects=OBJECTS))
            for server in servers:
                if chosen.cold:
                    server.stop()
                    server.out_of_page_cache()
                    server.start()
                rounds[server.name].append(server.measure(chosen.seconds, str(script)))
        print(f"\n{'server':<10}{'us/request':>12}{'user':>8}{'kernel':>8}{'requests/s':>12}{'p99':>10}   ratio to nginx")
        for name, results in rounds.items():
            user, kernel, rate = (statistics.median(column) for column in list(zip(*results))[:3])
            total = statistics.median(u + k for u, k, *_ in results)
            ratios = [(r[0] + r[1]) / (o[0] + o[1]) for r, o in zip(results, rounds["nginx"])]
            print(f"{name:<10}{total:>12.2f}{user:>8.2f}{kernel:>8.2f}{rate:>12.0f}{results[-1][3]:>10}   "
                  f"{statistics.median(ratios):.2f}  ({min(ratios):.2f}-{max(ratios):.2f})")


if __name__ == "__main__":
    main()
