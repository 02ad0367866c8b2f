"""Loads: a mixture that ends when Larder is killed, and a steady rate."""
import asyncio
import random
import time

from versioned import group_of
from wire import Admin, Broken, Wire

VOLATILE_GROUPS, VOLATILE_NAMES = 8, 12


def volatile(group, name):
    return f"/v{group}/2000/{name}"


VOLATILE = [volatile(group, name) for group in range(VOLATILE_GROUPS) for name in range(VOLATILE_NAMES)]


class Mixture:
    """Hits and misses of stable keys; reads, purges (key, tag, pattern) and writes of volatile ones."""

    def __init__(self, larder, origin, ledger, stable, size, seed, width=12):
        self.larder, self.origin, self.ledger, self.stable, self.size = larder, origin, ledger, stable, size
        self.random, self.width, self.killed, self.fresh, self.seed = random.Random(seed), width, False, 0, seed

    def calls(self):
        return [self.work() for _ in range(self.width)]

    async def work(self):
        """Until cancelled, or the kill. What breaks before that is a violation."""
        try:
            async with Wire(self.larder.address) as wire, Admin(self.larder) as admin:
                while not self.killed:
                    await self.step(wire, admin)
        except Broken as broken:
            self.ledger.report.claim(self.killed, f"before the kill: {broken}")

    async def step(self, wire, admin):
        dice = self.random.random()
        if dice < 0.55:
            return await get(wire, self.ledger, self.random.choice(self.stable))
        if dice < 0.75:
            return await get(wire, self.ledger, self.random.choice(VOLATILE))
        if dice < 0.90:
            self.fresh += 1
            return await get(wire, self.ledger, f"/fresh/{self.size}/{self.seed}-{self.fresh}")
        group = self.random.randrange(VOLATILE_GROUPS)
        key = volatile(group, self.random.randrange(VOLATILE_NAMES))
        if dice < 0.93:
            return await write(wire, self.ledger, key)
        kind = self.random.choice(["SINGLE_KEY", "TAG_BASED", "PATTERN_MATCH"])
        await purge(admin, self.origin, self.ledger, kind, key, [volatile(group, name) for name in range(VOLATILE_NAMES)])


async def get(wire, ledger, key):
    floors = ledger.begin(key)
    answer = await wire.ask(key)
    ledger.answered(key, floors, answer, time.monotonic())
    return answer


async def write(wire, ledger, key):
    """A POST through Larder: when it is answered, what was stored for that URL is gone (RFC 9111 section 4.4)."""
    answer = await wire.ask(key, "POST", b"x")
    if ledger.report.claim(answer.status == 200, f"POST {key}: status {answer.status}"):
        ledger.purged([key], int(answer.body))


async def purge(admin, origin, ledger, kind, key, group, host="test", **members):
    """The origin begins a version, then the purge: of `key`, or of its group. The receipt."""
    group_name = group_of(key)
    keys, what = {
        "SINGLE_KEY": ([key], {"cache_key": f"http://{host}{key}"}),
        "TAG_BASED": (group, {"tags": [group_name]}),
        "PATTERN_MATCH": (group, {"cache_key_pattern": f"/{group_name}/**"}),
        "MANUAL_FLUSH": (group, {}),
    }[kind]
    version = origin.begin_version(group_name)
    receipt = await admin.purge(kind, **what, **members)
    ledger.purged(keys, version, receipt["durable"], members.get("mode") == "soft")
    return receipt


class Changes:
    """Reads, and writes that take a while, of few keys, until ended. What breaks is among `failures`."""

    KEYS = [f"/slow{number}/2000/x" for number in range(6)]

    def __init__(self, larder, ledger, width=12):
        self.ledger, self.over, self.writes, self.failures = ledger, False, 0, []
        self.tasks = [asyncio.ensure_future(self.work(larder.address, random.Random(seed))) for seed in range(width)]

    async def work(self, address, rng):
        async with Wire(address) as wire:
            while not self.over:
                key = rng.choice(self.KEYS)
                try:
                    if rng.random() < 0.02:
                        await write(wire, self.ledger, key)
                        self.writes += 1
                    for _ in range(3):
                        await get(wire, self.ledger, key)
                except Broken as broken:
                    self.failures.append(str(broken))
                    wire.close()

    async def finish(self):
        self.over = True
        await asyncio.gather(*self.tasks)


class Steady:
    """Open loop: so many requests a second, whatever becomes of them, on kept connections and on new ones by turns."""

    def __init__(self, address, keys, ledger, rate, kept=50):
        self.address, self.keys, self.ledger, self.rate = address, keys, ledger, rate
        self.kept = [Wire(address) for _ in range(kept)]
        self.asked = self.late = 0
        self.seconds, self.failures = [], []

    async def run(self):
        """Until cancelled; then call finish()."""
        self.tasks, begun = set(), time.monotonic()
        free, rng = list(self.kept), random.Random(self.rate)
        while True:
            due = int((time.monotonic() - begun) * self.rate)
            for _ in range(min(due - self.asked, 100)):
                wire = free.pop(0) if free and self.asked % 2 else Wire(self.address)
                self.asked += 1
                task = asyncio.ensure_future(self.one(wire, rng.choice(self.keys), free))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            await asyncio.sleep(0.002)

    async def one(self, wire, key, free):
        floors = self.ledger.begin(key)
        try:
            answer = await wire.ask(key)
            self.seconds.append(answer.seconds)
            self.ledger.answered(key, floors, answer, time.monotonic())
        except Broken as broken:
            self.failures.append(str(broken))
        if wire in self.kept:
            free.append(wire)
        else:
            wire.close()

    async def finish(self):
        """What is under way ends."""
        await asyncio.gather(*self.tasks)
        for wire in self.kept:
            wire.close()
