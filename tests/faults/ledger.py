"""What was promised to clients, and whether it was kept: every answer is checked against the purges answered before it."""
import bodies


class Ledger:
    """For one asyncio loop. Before a request: begin(key). After its answer: answered(). After a purge's answer: purged()."""

    def __init__(self, report):
        self.report = report
        self.hard = {}       # key -> the oldest version that may still be served
        self.soft = {}       # key -> the oldest that may be served as fresh
        self.fleeting = {}   # as `hard`, of purges that do not claim to outlive a crash
        self.stored = {}     # key -> when an answer said that it is stored, or came from what is stored
        self.reads = self.hits = self.purges = 0

    def begin(self, key):
        """The oldest versions that a request which starts now may get: at all, and as fresh."""
        return max(self.hard.get(key, 0), self.fleeting.get(key, 0)), self.soft.get(key, 0)

    def answered(self, key, floors, answer, now):
        """Checks an answer to a GET; its version, or None when it is no body."""
        self.reads += 1
        said = f"({answer.cache_status})"
        if not self.report.claim(answer.status == 200, f"{key}: status {answer.status} {said}"):
            return None
        try:
            version = bodies.check(answer.body, key)
        except bodies.Wrong as wrong:
            self.report.violation(f"{wrong} {said}")
            return None
        self.hits += answer.cache == "hit"
        hard, soft = floors
        self.report.claim(version >= hard, f"{key}: version {version} after a purge that leaves {hard} and later {said}")
        self.report.claim(version >= soft or answer.served_stale,
                          f"{key}: version {version} as fresh after a soft purge of what is older than {soft} {said}")
        if answer.cache == "hit" or "stored" in answer.cache_status:
            self.stored.setdefault(key, now)
        return version

    def purged(self, keys, version, durable=True, soft=False):
        """A purge of these keys, begun when the origin had `version`, was answered."""
        self.purges += 1
        floors = self.soft if soft else self.hard if durable else self.fleeting
        for key in keys:
            floors[key] = max(version, floors.get(key, 0))
            self.stored.pop(key, None)

    def crashed(self, since=float("inf")):
        """What was stored since then may be lost, and is not looked for unless it is stored again."""
        self.fleeting.clear()
        self.stored = {key: when for key, when in self.stored.items() if when < since}

    def stored_before(self, time):
        """Keys that should outlive a crash which happened at that time or later."""
        return [key for key, since in self.stored.items() if since < time]
