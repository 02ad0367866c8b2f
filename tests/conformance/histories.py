#!/usr/bin/env python3
"""Random histories of requests and responses through Larder, Squid and Traffic Server, and what RFC 9111 says of each.

    histories.py LARDER CONFIGURATION [--count 10000] [--seed N] [--show CLASS]

A history is a path of its own and up to five steps: a request, and what the origin would answer to it. Everything that
decides is random: method, Cache-Control of both sides, Expires, Date, Age, validators, Vary, Authorization. Each proxy gets
the same histories in front of the same origin. An answer is stored if the origin was not asked; then `forbids()`, which is
an independent reading of RFC 9111 and knows no code of Larder's, says which clause that breaks, if it breaks one.

What is printed: how often each proxy answers from its store, the clauses that it breaks, and where Larder and the other
differ, by class: "breaks CLAUSE" (one of them does what the RFC forbids) or "choice: ..." (the RFC permits both). Exit code
1 if Larder breaks one. Standard library only; ports are the kernel's choice; the proxies are started and stopped here."""
import argparse
import collections
import contextlib
import email.utils
import http.client
import http.server
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

UNSAFE = {"POST", "PUT", "DELETE", "PATCH", "LARD"}
SLACK = 5  # seconds that a run may take between two steps: what is this close to a limit is left alone


class Step:
    def __init__(self, method, asking, status, fields):
        self.method, self.asking, self.status, self.fields = method, asking, status, fields


class History:
    def __init__(self, number, chance):
        self.path = f"/h/{number}"
        self.steps = [random_step(chance) for _ in range(chance.randint(2, 5))]


def random_step(chance):
    def pick(*choices):
        return chance.choice(choices)

    method = chance.choices(["GET", "HEAD", "POST", "PUT", "DELETE", "LARD"], [80, 5, 5, 4, 3, 3])[0]
    asking = []
    if chance.random() < 0.35:
        asking.append("Cache-Control: " + pick("no-cache", "no-store", "max-age=0", "max-age=30", "max-stale", "max-stale=50", "min-fresh=30",
                                               "min-fresh=1000", "only-if-cached", "max-age=3000, max-stale=3000", "MAX-AGE=0", "no-transform"))
    if chance.random() < 0.05:
        asking.append("Pragma: no-cache")
    if chance.random() < 0.1:
        asking.append("Authorization: Basic eDp5")
    for name in ("Foo", "Bar"):
        if chance.random() < 0.4:
            asking.append(f"{name}: {pick('1', '2', '1, 2', '1,2')}")
    status = chance.choices([200, 203, 204, 301, 302, 404, 410, 500, 503, 599, 207], [70, 3, 2, 3, 3, 5, 3, 2, 2, 2, 2])[0]
    fields = []
    now = time.time()
    skew = pick(0, 0, 0, 0, -3600, 3600)
    if chance.random() < 0.9:
        fields.append("Date: " + date(now + skew))
    directives = []
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        directives.append(chance.choices(["max-age=0", "max-age=60", "max-age=1000", "s-maxage=0", "s-maxage=1000", "no-store", "no-cache",
                                          "private", "public", "must-revalidate", "proxy-revalidate", "must-understand, no-store",
                                          "max-age=\"1000\"", "max-age=-1", "Max-Age=1000", "foo", "foo=\"max-age=1000, b\"", "max-age=99999999999",
                                          "immutable", "no-cache=\"x-a\"", "private=\"x-a\""],
                                         [5, 6, 20, 3, 6, 6, 6, 6, 8, 4, 3, 2, 2, 1, 2, 3, 2, 2, 2, 1, 1])[0])
    if directives:
        if chance.random() < 0.2 and len(directives) > 1:
            fields += [f"Cache-Control: {directive}" for directive in directives]
        else:
            fields.append("Cache-Control: " + pick(", ", ",", " , ").join(directives))
    if chance.random() < 0.25:
        fields.append("Expires: " + pick(date(now + skew + 1000), date(now + skew - 1000), "0", "never", date(now + 100000)))
    if chance.random() < 0.25:
        fields.append("Age: " + pick("0", "30", "500", "2000", "500"))
    if chance.random() < 0.3:
        fields.append('ETag: ' + pick('"e1"', '"e2"', 'W/"e1"'))
    if chance.random() < 0.3:
        fields.append("Last-Modified: " + date(now - pick(100, 10000, 10_000_000)))
    if chance.random() < 0.3:
        fields.append("Vary: " + pick("Foo", "foo, BAR", "*", "Bar", "Foo, *"))
    if chance.random() < 0.05:
        fields.append("Pragma: no-cache")
    return Step(method, asking, status, fields)


def date(at):
    return email.utils.formatdate(at, usegmt=True)


# --- what RFC 9111 forbids

def values(lines, name):
    return [line.split(":", 1)[1].strip() for line in lines if line.split(":", 1)[0].lower() == name.lower()]


def elements(lines, name):
    """The members of a list in all its lines; a comma in quotes does not separate."""
    for value in values(lines, name):
        member, quoted = "", False
        for c in value:
            quoted ^= c == '"'
            if c == "," and not quoted:
                yield member.strip()
                member = ""
            else:
                member += c
        yield member.strip()


def directives_of(lines):
    found = collections.defaultdict(list)
    for member in elements(lines, "Cache-Control"):
        name, _, argument = member.partition("=")
        if name:
            found[name.strip().lower()].append(argument.strip().strip('"'))
    return found


def seconds(text):
    return min(int(text), 2**31) if text.isascii() and text.isdigit() else None


def when(text):
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None


class Stored:
    """A response as it came at `at`, for the request of its step."""

    def __init__(self, step, at):
        self.step, self.at, self.lines, self.said = step, at, step.fields, directives_of(step.fields)

    def lifetimes(self):
        """The longest that the RFC allows, and whether it is explicit (section 4.2.1, 4.2.2)."""
        for name in ("s-maxage", "max-age"):
            if name in self.said:
                given = [seconds(argument) for argument in self.said[name]]
                return (0 if given[0] is None else given[0]), True
        expires = values(self.lines, "Expires")
        if expires:
            until = when(expires[0])
            dates = values(self.lines, "Date")
            base = when(dates[0]) if dates else self.at
            return (0 if until is None else max(0, until - base)), True
        modified = values(self.lines, "Last-Modified")
        cacheable = self.step.status in (200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501) or "public" in self.said
        if modified and cacheable:
            return float("inf"), False  # any heuristic
        return 0, False

    def age(self, now):
        """Section 4.2.3."""
        dates = values(self.lines, "Date")
        apparent = max(0, self.at - when(dates[0])) if dates else 0
        ages = [seconds(member) for member in elements(self.lines, "Age")]
        return max(apparent, ages[0] if ages and ages[0] is not None else 0) + now - self.at

    def may_not_be_stored(self):
        said, asked = self.said, directives_of(self.step.asking)
        if self.step.method != "GET":
            return "3: only responses to GET here"
        if "no-store" in asked:
            return "5.2.1.5: no-store in the request"
        understood = self.step.status not in (599, 207)
        if "no-store" in said and not ("must-understand" in said and understood):
            return "5.2.2.5: no-store"
        if "must-understand" in said and not understood:
            return "5.2.2.3: must-understand"
        if "private" in said and "" in said["private"]:
            return "5.2.2.7: private"
        shared = said.keys() & {"must-revalidate", "public", "s-maxage"}
        if values(self.step.asking, "Authorization") and not shared:
            return "3.5: Authorization"
        lifetime, explicit = self.lifetimes()
        heuristic = self.step.status in (200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501)
        if not (explicit or heuristic or "public" in said):
            return "3: neither explicit nor heuristic freshness, nor public"
        return None


def forbids(stored, step, now, invalidated):
    """The clause against answering `step` with `stored` without asking; None: it is permitted."""
    why = stored.may_not_be_stored()
    if why:
        return why
    if step.method not in ("GET", "HEAD"):
        return "4: another method"
    if invalidated:
        return "4.4: invalidated by an unsafe method"
    names = [name.lower() for name in elements(stored.lines, "Vary")]
    if "*" in names:
        return "4.1: Vary: *"
    for name in names:
        def normal(lines):
            return ",".join(part.strip() for value in values(lines, name) for part in value.split(",")) if values(lines, name) else None
        if normal(stored.step.asking) != normal(step.asking):
            return "4.1: Vary"
    said, asked = stored.said, directives_of(step.asking)
    if "no-cache" in said and "" in said["no-cache"]:
        return "5.2.2.4: no-cache"
    age, (lifetime, _) = stored.age(now), stored.lifetimes()
    if "no-cache" in asked or (values(step.asking, "Pragma") and not values(step.asking, "Cache-Control")):
        return "5.2.1.4: no-cache in the request"
    limit = seconds((asked.get("max-age") or [""])[0])
    stale_by = age - lifetime
    stale_allowed = 0
    if "max-stale" in asked:
        given = asked["max-stale"][0]
        stale_allowed = float("inf") if given == "" else seconds(given) or 0
    if limit is not None and age > limit + stale_allowed + SLACK:
        return "5.2.1.1: max-age in the request"
    fresh_left = seconds((asked.get("min-fresh") or [""])[0])
    if fresh_left is not None and lifetime - age < fresh_left - SLACK:
        return "5.2.1.3: min-fresh in the request"
    if stale_by > SLACK:
        strict = said.keys() & {"must-revalidate", "proxy-revalidate", "s-maxage"}
        if strict:
            return "4.2.4: stale, and " + sorted(strict)[0]
        if stale_by > stale_allowed + SLACK:
            return "4.2: stale"
    return None


# --- the origin and the proxies

class Origin(http.server.BaseHTTPRequestHandler):
    """Answers step N of a history as it says; the body names the history, the step and the try."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    histories, asked, statuses = {}, collections.Counter(), {}
    lock = threading.Lock()

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length:
            self.rfile.read(length)
        step = int(self.headers.get("X-Step", "0"))
        history = self.histories.get(self.path)
        if not history:
            self.send_error(404)  # a proxy's own question
            return
        with self.lock:
            self.asked[self.headers.get("X-Proxy", "?"), self.path, step] += 1
        what = history.steps[step]
        status, body = what.status, f"{self.path} {step}".encode()
        known = self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since")
        etags, dates = values(what.fields, "ETag"), values(what.fields, "Last-Modified")
        if known and what.method == "GET" and status == 200 and (known in etags or known in dates):
            status = 304
        self.statuses[self.headers.get("X-Proxy", "?"), self.path, step] = status
        lines = [f"HTTP/1.1 {status} X", *what.fields, f"X-Step: {step}"]
        if status in (204, 304):
            body = b""
        else:
            lines.append(f"Content-Length: {len(body)}")
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if what.method == "HEAD" else body))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_LARD = answer

    def log_message(self, *_):
        pass


class Connection(http.client.HTTPConnection):
    def connect(self):
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextlib.contextmanager
def running(command, port, **more):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[0]} does not listen")
                threading.Event().wait(0.05)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def larder(origin, directory, binary, configuration):
    port = free_port()
    command = [binary, "serve", configuration, "--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{origin}", "--data-dir",
               str(directory), "--admin", "off", "--access-log", "off"]
    with running(command, port):
        yield port


@contextlib.contextmanager
def squid(origin, directory):
    port = free_port()
    (directory / "squid.conf").write_text(f"""
http_port 127.0.0.1:{port} accel defaultsite=test no-vhost
cache_peer 127.0.0.1 parent {origin} 0 no-query originserver name=o
cache_peer_access o allow all
never_direct allow all
http_access allow all
cache_mem 128 MB
access_log none
cache_log {directory}/cache.log
pid_filename {directory}/squid.pid
coredump_dir {directory}
shutdown_lifetime 0 seconds
collapsed_forwarding off
negative_ttl 0 seconds
refresh_pattern . 0 20% 4320
""")
    os.chmod(directory, 0o777)
    with running(["squid", "-N", "-f", str(directory / "squid.conf")], port):
        yield port


@contextlib.contextmanager
def traffic_server(origin, directory):
    port = free_port()
    root = directory / "ats"
    etc = root / "etc"
    shutil.copytree("/etc/trafficserver", etc)
    for name in ("cache", "run", "log"):
        (root / name).mkdir()
    places = {"sysconfdir": etc, "datadir": root / "cache", "cachedir": root / "cache", "localstatedir": root, "runtimedir": root / "run",
              "logdir": root / "log", "bindir": "/usr/bin", "libdir": "/usr/lib/trafficserver", "libexecdir": "/usr/lib/trafficserver/modules",
              "prefix": "/usr", "exec_prefix": "/usr", "sbindir": "/usr/bin", "includedir": "/usr/include"}
    (root / "runroot.yaml").write_text("".join(f"{name}: {place}\n" for name, place in places.items()))
    (etc / "records.config").write_text(f"""
CONFIG proxy.config.http.server_ports STRING {port}:ip-in=127.0.0.1
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.http.cache.http INT 1
CONFIG proxy.config.http.cache.required_headers INT 0
CONFIG proxy.config.http.cache.ignore_client_no_cache INT 0
CONFIG proxy.config.http.cache.ignore_client_cc_max_age INT 0
CONFIG proxy.config.http.cache.cache_responses_to_cookies INT 1
CONFIG proxy.config.http.negative_caching_enabled INT 0
CONFIG proxy.config.http.insert_response_via_str INT 0
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.url_remap.pristine_host_hdr INT 1
CONFIG proxy.config.diags.debug.enabled INT 0
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.cache.ram_cache.size INT 128M
""")
    (etc / "remap.config").write_text(f"map / http://127.0.0.1:{origin}/\n")
    (etc / "storage.config").write_text(f"{root / 'cache'} 256M\n")
    with running(["traffic_server", f"--run-root={root / 'runroot.yaml'}"], port):
        time.sleep(3)  # its cache opens behind its port, and nothing says when
        yield port


# --- running and judging

def run(name, port, histories, seen):
    """Plays every history; seen[path] = for each step: (from which step the answer came, asked, status, time)."""
    todo = list(histories)
    lock = threading.Lock()

    def play():
        connection = Connection("127.0.0.1", port, timeout=30)
        while True:
            with lock:
                if not todo:
                    return
                history = todo.pop()
            outcomes = []
            for number, step in enumerate(history.steps):
                headers = {"Host": "test", "X-Step": str(number), "X-Proxy": name}
                for line in step.asking:
                    field, _, value = line.partition(": ")
                    headers[field] = value
                body = b"x" if step.method in UNSAFE else None
                for attempt in range(2):
                    try:
                        connection.request(step.method, history.path, body, headers)
                        response = connection.getresponse()
                        response.read()
                        break
                    except (http.client.HTTPException, OSError):
                        connection.close()
                        if attempt:
                            response = None
                asked = Origin.asked[name, history.path, number] > 0
                came = response.getheader("X-Step") if response is not None else None
                outcomes.append((None if came is None else int(came.split(",")[-1]), asked, response.status if response is not None else 0,
                                 time.time()))
            seen[history.path] = outcomes

    threads = [threading.Thread(target=play) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def judged(name, history, outcomes):
    """For each step: ("asked" | "stored" | "own", the clause that is broken or None). What a 304 or HEAD has updated has fields
    of several steps: that is not judged."""
    verdicts, now_of = [], [at for *_, at in outcomes]
    for number, (came, asked, status, at) in enumerate(outcomes):
        if asked:
            verdicts.append(("asked", None))
        elif came is None or came >= number:
            verdicts.append(("own", None))
        elif history.steps[came].method == "HEAD" or Origin.statuses.get((name, history.path, came)) == 304:
            verdicts.append(("stored", None))
        else:
            source = history.steps[came]
            stored = Stored(source, now_of[came])
            later = range(came + 1, number)
            invalidated = any(history.steps[n].method in UNSAFE and outcomes[n][1] and 200 <= outcomes[n][2] < 400 for n in later)
            verdicts.append(("stored", forbids(stored, history.steps[number], at, invalidated)))
    return verdicts


def permitted(history, outcomes, number):
    """Why an answer from what other proxies had stored would have been forbidden here; None: it was permitted."""
    best = "nothing stored"
    for came in reversed(range(number)):
        if not outcomes[came][1]:
            continue
        stored = Stored(history.steps[came], outcomes[came][3])
        invalidated = any(history.steps[n].method in UNSAFE and 200 <= outcomes[n][2] < 400 for n in range(came + 1, number))
        why = forbids(stored, history.steps[number], outcomes[number][3], invalidated)
        if not why:
            return None
        best = why
    return best


def choice(history, number):
    """What makes a permitted reuse a matter of choice, and the clause that leaves it."""
    step = history.steps[number]
    asked = directives_of(step.asking)
    if values(step.asking, "Authorization"):
        return "the request has Authorization (4: may, not must)"
    if values(step.asking, "Pragma"):
        return "Pragma beside Cache-Control (5.4)"
    for word, clause in [("only-if-cached", "5.2.1.7"), ("max-stale", "5.2.1.2"), ("min-fresh", "5.2.1.3"), ("max-age", "5.2.1.1")]:
        if word in asked:
            return f"the request's {word} ({clause})"
    if step.method == "HEAD":
        return "HEAD from a stored GET (4)"
    earlier = history.steps[:number]
    if any(len(directives_of(old.fields).get(name, [])) > 1 for old in earlier for name in ("max-age", "s-maxage")):
        return "a directive that stands twice (4.2.1)"
    for name, what in [("Vary", "variants are kept (4.1)"), ("Last-Modified", "heuristic freshness (4.2.2)"), ("Expires", "Expires (5.3)"),
                       ("Age", "Age on arrival (4.2.3)")]:
        if any(values(old.fields, name) for old in earlier):
            return what
    if any(old.status != 200 for old in earlier):
        return "a status other than 200 (3)"
    if any(old.method in UNSAFE for old in earlier):
        return "invalidation by a status that is no success (4.4)"
    return "other (3: may, not must)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("larder")
    parser.add_argument("configuration")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=9111)
    parser.add_argument("--show", help="print the histories of this class, at most five")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    histories = [History(number, chance) for number in range(given.count)]
    Origin.histories = {history.path: history for history in histories}
    server = Server(("127.0.0.1", 0), Origin)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxies = {"larder": lambda d: larder(server.server_port, d, given.larder, given.configuration),
               "squid": lambda d: squid(server.server_port, d), "traffic_server": lambda d: traffic_server(server.server_port, d)}
    seen = {}
    for name, start in proxies.items():
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o777)
            with start(pathlib.Path(directory)) as port:
                run(name, port, histories, seen.setdefault(name, {}))
        print(f"{name}: played in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return report(histories, seen, given.show)


def report(histories, seen, show):
    shown = 0
    failed = False
    for name, outcomes in seen.items():
        broken = collections.Counter()
        stored = 0
        for history in histories:
            for number, (what, clause) in enumerate(judged(name, history, outcomes[history.path])):
                stored += what == "stored"
                if clause:
                    broken[clause] += 1
                    if show == clause and name == "larder" and shown < 5:
                        shown += 1
                        print_history(history, outcomes[history.path], number)
        print(f"\n{name}: {stored} answers from the store")
        for clause, count in broken.most_common():
            print(f"  {count:6}  breaks {clause}")
        failed |= name == "larder" and bool(broken)
    for name in list(seen)[1:]:
        classes = collections.Counter()
        for history in histories:
            ours, theirs = seen["larder"][history.path], seen[name][history.path]
            our_verdicts, their_verdicts = judged("larder", history, ours), judged(name, history, theirs)
            for number, (mine, other) in enumerate(zip(our_verdicts, their_verdicts)):
                if (mine[0] == "stored") == (other[0] == "stored"):
                    continue
                if mine[0] == "stored":
                    kind = f"larder stores, {name} asks: " + (f"larder breaks {mine[1]}" if mine[1] else "choice: " + choice(history, number))
                else:
                    why = other[1] or permitted(history, ours, number)
                    kind = f"{name} stores, larder asks: " + (f"{name} breaks {other[1]}" if other[1] else
                                                              f"larder had: {why}" if why else "choice: " + choice(history, number))
                classes[kind] += 1
                if show == kind and shown < 5:
                    shown += 1
                    print_history(history, ours, number)
                break  # what comes behind the first difference follows from it
        print(f"\nlarder and {name} differ in {sum(classes.values())} of {len(histories)} histories, first at:")
        for kind, count in classes.most_common():
            print(f"  {count:6}  {kind}")
    return 1 if failed else 0


def print_history(history, outcomes, number):
    print("---", history.path, "step", number)
    for n, (step, outcome) in enumerate(zip(history.steps, outcomes)):
        print(f"  {n} {step.method} {step.asking} -> {step.status} {step.fields}\n      came from {outcome[0]}, asked {outcome[1]}, {outcome[2]}")


if __name__ == "__main__":
    sys.exit(main())
