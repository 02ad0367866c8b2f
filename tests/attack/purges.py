"""Once a purge or a write is answered, no request that starts later gets what was stored before it: under no spelling of the
resource, no variant, part, content or equivalent query of it, in no layer, not from a fill that was under way, and not after
kill -9 where the receipt said `durable`.

The origin says with each answer at which version of the resource it was made. A round plays several resources: random
requests fill the store, the version goes up, the old one is taken away in a random way, and all of it is asked again."""
from spellings import HOST, Spelling
from trial import DISK, Gate, Larder, Origin, Peer, Response, later, layers, strategy, written

RESOURCES = 6
VARIES = ["Accept-Language", "X-Kind"]


class Resource:
    """What is at a path: its version, and how its responses look."""

    def __init__(self, trial, number):
        chance = trial.chance
        self.path, self.version, self.gate = f"/r/{number}/some-thing~{number}", 0, None
        self.tag = f"tag-{number}"
        self.vary = trial.some(VARIES, 2)
        self.no_vary_search = chance.choice([None, 'params=("utm")', 'params, except=("id")', "key-order"])
        self.ranges = trial.likely(0.4)
        self.chunked = not self.ranges and trial.likely(0.3)

    def queries(self):
        """Queries that are one to this resource's No-Vary-Search; more than one resource else."""
        if not self.no_vary_search:
            return ["?id=1"]
        if self.no_vary_search == "key-order":
            return ["?id=1&b=2", "?b=2&id=1"]
        return ["?id=1", "?id=1&utm=a", "?utm=b&id=1", "?id=1&utm=c"]

    def answer(self, request):
        if request.method not in ("GET", "HEAD", "QUERY"):
            return Response("done", "Cache-Control: no-store")
        fields = ["Cache-Control: public, max-age=600", f"Surrogate-Key: {self.tag}", f'ETag: "{self.version}"']
        fields += [f"Vary: {', '.join(self.vary)}"] * bool(self.vary) + [f"No-Vary-Search: {self.no_vary_search}"] * bool(self.no_vary_search)
        body, status = f"v{self.version:06}-" * 8, 200
        if self.ranges and request.method == "GET" and (request["Range"] or "").startswith("bytes="):
            first, _, last = request["Range"][6:].partition("-")
            if first.isdigit() and last.isdigit() and int(first) < len(body):
                status, whole = 206, len(body)
                body = body[int(first):int(last) + 1]
                fields.append(f"Content-Range: bytes {first}-{int(first) + len(body) - 1}/{whole}")
        return Response(body, *fields, status=status, chunked=self.chunked, head_gate=self.gate)

    def request(self, trial):
        """Arguments of a random request for it, as a call of ask()."""
        chance = trial.chance
        spelling = Spelling(chance, self.path, chance.choice(self.queries()))
        fields = [*spelling.fields, *(f"{name}: {chance.choice(['a', 'b'])}" for name in trial.some(VARIES, 2))]
        more = {"host": spelling.host}
        if trial.likely(0.15):
            more |= {"method": "QUERY", "body": chance.choice(["q=1", "q=2"])}
            fields.append("Content-Type: text/plain")
        elif self.ranges and trial.likely(0.5):
            first = chance.choice([0, 8, 16, 32])  # where a version is written
            fields.append(f"Range: bytes={first}-{first + 7}")
        return (spelling.target, *fields), more


def by_url(trial, larder, peer, resource):
    spelling = Spelling(trial.chance, resource.path, trial.chance.choice(resource.queries()))
    return f"URL purge: {spelling.url}", larder.purge("SINGLE_KEY", cache_key=spelling.url)


def by_tag(trial, larder, peer, resource):
    return f"tag purge: {resource.tag}", larder.purge("TAG_BASED", tags=["unused", resource.tag])


def by_pattern(trial, larder, peer, resource):
    path = resource.path.rsplit("/", 1)[0]
    pattern = trial.chance.choice([path + "/**", path + "/*", HOST + path + "/**", "/r/*/" + resource.path.rsplit("/", 1)[1]])
    kind = "host pattern purge" if pattern.startswith(HOST) else "pattern purge"
    return f"{kind}: {pattern}", larder.purge("PATTERN_MATCH", cache_key_pattern=pattern)


def by_flush(trial, larder, peer, resource):
    return "flush: all", larder.purge("MANUAL_FLUSH")


def by_write(trial, larder, peer, resource):
    spelling = Spelling(trial.chance, resource.path, trial.chance.choice(resource.queries()))
    method = trial.chance.choice(["POST", "PUT", "DELETE", "PATCH"])
    talk = peer.ask(spelling.target, *spelling.fields, host=spelling.host, method=method, body="" if method == "DELETE" else "new")
    trial.claim(talk.status == 200, "write failed", f"{method} through Larder", talk)
    return f"{method}: {spelling.url}", {}


WAYS = [by_url, by_url, by_tag, by_pattern, by_write, by_write, by_flush]


def run(trial):
    stored_in, slowest = layers(trial, disk=0.7)
    settings = {"layers": stored_in, "strategies": [strategy(cache_layer=slowest, content_methods=["QUERY"])], "keep_address": True,
                "listeners": [{"address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.0/8"]}], "access_log": "off"}
    resources = [Resource(trial, number) for number in range(RESOURCES)]
    by_path = {resource.path: resource for resource in resources}
    with Origin() as origin, Larder(origin, **settings) as larder:
        origin.fallback = lambda request: by_path[request.target.split("?")[0]].answer(request)
        for resource in resources:
            play(trial, larder, resource, slowest == DISK)


def play(trial, larder, resource, on_disk):
    kill = on_disk and trial.likely(0.4)
    asked = [resource.request(trial) for _ in range(trial.chance.randint(4, 24))]
    with Peer(trial, larder.address) as peer:
        before = [peer.ask(*words, **more) for words, more in asked]
        if on_disk and trial.likely(0.7):
            written(larder)
        under_way, gate = held(trial, larder, resource) if trial.likely(0.5) else ([], None)
        resource.version += 1
        resource.gate = None
        way = trial.chance.choice(WAYS)
        what, receipt = way(trial, larder, peer, resource)
        if trial.likely(0.3) and not kill:
            after(trial, peer, resource, asked[:3], before, f"{what}, its fills still held")
        if gate:
            gate.open()
        for reply in under_way:
            reply()
        if kill and receipt.get("durable"):
            larder.kill()
            larder.start()
            what += ", then kill -9"
    with Peer(trial, larder.address) as peer:
        fresh = [resource.request(trial) for _ in range(6)]
        after(trial, peer, resource, asked + fresh, before, what)


def held(trial, larder, resource):
    """Requests that the origin answers with the old version, but only when the gate opens."""
    gate = resource.gate = Gate()
    under_way = []
    for _ in range(trial.chance.randint(1, 4)):
        words, more = resource.request(trial)
        words = (words[0], *words[1:], "X-Kind: held")
        under_way.append(later(lambda words=words, more=more: one(trial, larder, words, more)))
    gate.waiting.acquire(timeout=0.3)
    return under_way, gate


def one(trial, larder, words, more):
    with Peer(trial, larder.address) as peer:
        return peer.ask(*words, **more)


def after(trial, peer, resource, asked, before, what):
    """Asks again; nothing but the present version may come."""
    for at, (words, more) in enumerate(asked):
        talk = peer.ask(*words, **more)
        wanted = f"v{resource.version:06}"
        whole = talk.status in (200, 206)
        trial.claim(whole, "no answer", f"behind {what}", talk)
        if whole:
            trial.claim(set(talk.body.split("-")) <= {wanted, ""}, f"old {likeness(what, words, more)}", f"the resource is at {wanted} since: {what}",
                        *before[at:at + 1], talk)


def likeness(what, words, more):
    """What sets a request apart from the purge that should have taken its answer."""
    way = what.split(":")[0]
    if "://" not in what:
        return f"after {way}"
    https = any("https" in field for field in words[1:])
    apart = ["scheme"] * (https != ("https://" in what)) + ["dot"] * ((".test." in more["host"].lower()) != (".test." in what.lower()))
    return f"after {way}, apart by {' and '.join(apart) or 'query, variant or nothing'}"
