#!/usr/bin/env python3
"""The demo origin: a small fitness API, every answer 50 ms late so that a cache is felt. usage: origin.py [PORT]

/api/workouts/ID, /api/exercises/ID, /api/programs/ID and /api/users/ID answer GET, HEAD, PUT and DELETE; POST to the
collection makes one. /media/NAME.svg, /api/translations/APP, /api/analytics/REPORT and /api/search?q=... only answer GET.
"""
import hashlib
import json
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LATENCY = 0.05
MUSCLES = ["legs", "back", "chest", "core", "shoulders"]
WORDS = {"en": {"start": "Start workout", "rest": "Rest"}, "de": {"start": "Training starten", "rest": "Pause"},
         "fr": {"start": "Commencer", "rest": "Repos"}}

state_lock = threading.Lock()
started = time.time()
stored = {}  # (collection, id) -> (representation, time of the last change); None for what was deleted
next_id = 1000

MADE = {  # what an id holds until somebody writes to it
    "workouts": lambda i: {"id": i, "title": f"Workout {i}", "program": i % 10, "minutes": 20 + i % 40,
                           "exercises": [{"exercise": (i * k) % 100, "sets": 3, "reps": 8 + k} for k in range(1, 6)]},
    "exercises": lambda i: {"id": i, "name": f"Exercise {i}", "muscle": MUSCLES[i % len(MUSCLES)], "load": 20 + i % 60,
                            "picture": f"/media/{i}.svg"},
    "programs": lambda i: {"id": i, "title": f"{4 + i % 8}-week program", "workouts": [i + 10 * k for k in range(8)]},
    "users": lambda i: {"id": i, "name": f"Athlete {i}", "weight_kg": 60 + i % 40, "streak_days": i % 30},
}


def tags(collection, thing):
    one = collection[:-1]
    related = [f"program-{thing['program']}"] if "program" in thing else []
    return " ".join([f"{one}-{thing['id']}", collection, *related])


def read(collection, number):
    with state_lock:
        if (collection, number) not in stored:
            stored[collection, number] = (MADE[collection](number), started)
        return stored[collection, number]


def write(collection, number, thing):
    with state_lock:
        stored[collection, number] = thing and (thing, time.time())


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        time.sleep(LATENCY)
        url = urlsplit(self.path)
        match url.path.strip("/").split("/"):
            case ["healthz"]:
                self.answer({"ok": True}, **{"Cache-Control": "no-store"})
            case ["api", ("workouts" | "exercises" | "programs") as collection, number] if number.isdigit():
                self.answer_stored(collection, int(number))
            case ["api", "users", number] if number.isdigit():
                if not self.headers.get("Authorization"):
                    return self.problem(401, **{"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})
                self.answer_stored("users", int(number), **{"Cache-Control": "private, max-age=60"})
            case ["media", name] if name.endswith(".svg"):
                hue = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 360
                picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4" fill="hsl({hue},80%,50%)"/></svg>'
                self.answer(picture.encode(), "image/svg+xml", **{"Cache-Control": "public, max-age=86400, immutable"})
            case ["api", "translations", app]:
                wanted = self.headers.get("Accept-Language", "en")[:2]
                language = wanted if wanted in WORDS else "en"
                self.answer({"app": app, "language": language, "words": WORDS[language]},
                            **{"Vary": "Accept-Language", "Content-Language": language, "Cache-Control": "max-age=600",
                               "Surrogate-Key": f"translations translations-{app}"})
            case ["api", "analytics", report]:
                self.answer({"report": report, "generated_at": int(time.time()), "active_users": int(time.time()) % 5000},
                            **{"Cache-Control": "max-age=5, stale-while-revalidate=60", "Surrogate-Key": "analytics"})
            case ["api", "search"]:
                query = parse_qs(url.query)
                term, page = query.get("q", [""])[0], query.get("page", ["1"])[0]
                hits = [MADE["workouts"](i) for i in range(1, 60) if term.lower() in MADE["workouts"](i)["title"].lower()]
                self.answer({"q": term, "page": page, "total": len(hits), "hits": hits[:10]},
                            **{"Cache-Control": "max-age=3600", "Surrogate-Key": "search workouts"})
            case _:
                self.problem(404)

    do_HEAD = do_GET

    def do_POST(self):
        global next_id
        collection = self.path.strip("/").split("/")[-1]
        if (thing := self.body()) is None:
            return self.problem(400)
        if collection not in MADE:
            return self.problem(404)
        with state_lock:
            next_id += 1
            number = next_id
        write(collection, number, MADE[collection](number) | thing | {"id": number})
        self.answer(read(collection, number)[0], status=201, Location=f"/api/{collection}/{number}")

    def do_PUT(self):
        body = self.body()
        match self.path.strip("/").split("/"):
            case ["api", collection, number] if collection in MADE and number.isdigit():
                if body is None:
                    return self.problem(400)
                write(collection, int(number), MADE[collection](int(number)) | body | {"id": int(number)})
                self.answer_stored(collection, int(number))
            case _:
                self.problem(404)

    def do_DELETE(self):
        self.body()
        match self.path.strip("/").split("/"):
            case ["api", collection, number] if collection in MADE and number.isdigit():
                write(collection, int(number), None)
                self.send_response(204)
                self.end_headers()
            case _:
                self.problem(404)

    def body(self):
        """The request's JSON object; None when it is something else."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            thing = json.loads(raw or b"{}")
        except ValueError:
            return None
        return thing if isinstance(thing, dict) else None

    def answer_stored(self, collection, number, **fields):
        found = read(collection, number)
        if found is None:
            return self.problem(404, **{"Cache-Control": "no-cache"})
        thing, changed = found
        fields = {"Last-Modified": formatdate(changed, usegmt=True), "Surrogate-Key": tags(collection, thing)} | fields
        if collection == "programs":
            fields |= {"Cache-Control": "max-age=300"}
        if collection == "exercises" and self.headers.get("X-Units") == "imperial":
            thing = thing | {"load": round(thing["load"] * 2.2046)}
        self.answer(thing, **fields)  # workouts and exercises name no lifetime: that is the strategy's to say

    def answer(self, thing, kind="application/json", status=200, **fields):
        body = thing if isinstance(thing, bytes) else json.dumps(thing, indent=1).encode() + b"\n"
        etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        unchanged = status == 200 and self.command in ("GET", "HEAD") and self.headers.get("If-None-Match") == etag
        self.send_response(304 if unchanged else status)
        for name, value in (fields | {"ETag": etag, "Content-Type": kind}).items():
            self.send_header(name, value)
        if not unchanged:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not unchanged and self.command != "HEAD":
            self.wfile.write(body)

    def problem(self, status, **fields):
        body = json.dumps({"status": status, "title": self.responses[status][0]}).encode() + b"\n"
        self.send_response(status)
        for name, value in (fields | {"Content-Type": "application/problem+json", "Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    try:
        Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 3000), Origin).serve_forever()
    except KeyboardInterrupt:
        pass
