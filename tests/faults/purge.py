"""A purge is answered, and the process killed at once: after the restart what was purged is not served, the rest is."""
import asyncio
import random

from fixtures import MIB, Larder, Versioned, need_disk, with_disk, written
from ledger import Ledger
from load import get, purge, write
from wire import Admin, Wire

SIZE, NAMES = 3000, 8
KINDS = ["SINGLE_KEY", "TAG_BASED", "PATTERN_MATCH", "POST", "MANUAL_FLUSH", "SOFT_KEY", "SOFT_TAG"]


def run(report, rounds, full=False):
    """`rounds` of each kind."""
    need_disk()
    with Versioned() as origin, Larder(origin, keep_address=True, **with_disk(memory=8 * MIB, disk=64 * MIB)) as larder:
        asyncio.run(kills(report, rounds, origin, larder))


async def kills(report, rounds, origin, larder):
    ledger, rng = Ledger(report), random.Random(rounds)
    groups = [[f"/p{group}/{SIZE}/{name}" for name in range(NAMES)] for group in range(4)]
    held = {kind: 0 for kind in KINDS}
    found = kept = kept_of = 0
    for number in range(rounds * len(KINDS)):
        kind, keys = KINDS[number % len(KINDS)], rng.choice(groups)
        key, others = rng.choice(keys), [other for group in groups if group is not keys for other in group]
        await read(larder, ledger, keys + others)
        # By turns what is purged is on disk already, or still on its way there.
        if number // len(KINDS) % 2 == 0:
            written(larder)
        before = len(report.violations)
        found += await purge_and_kill(larder, origin, ledger, kind, key, keys)
        ledger.crashed()
        larder.start()
        await asyncio.to_thread(written, larder)
        await read(larder, ledger, keys)
        held[kind] += len(report.violations) == before
        if kind != "MANUAL_FLUSH" and number // len(KINDS) % 2 == 0:
            hits = await read(larder, ledger, others)
            kept, kept_of = kept + hits, kept_of + len(others)
    report["held"], report["of_each"] = held, rounds
    report["keys_purged"] = found
    report["others_kept"], report["others"] = kept, kept_of
    report.claim(found > 0, "the purges found nothing")
    report.claim(kept >= 0.999 * kept_of, f"{kept} of {kept_of} that were not purged were hits: what holds may just be forgetting")


async def purge_and_kill(larder, origin, ledger, kind, key, keys):
    """How many keys the purge found."""
    async with Wire(larder.address) as wire, Admin(larder) as admin:
        if kind == "POST":
            await write(wire, ledger, key)
            found = 1
        else:
            soft = {"SOFT_KEY": "SINGLE_KEY", "SOFT_TAG": "TAG_BASED"}.get(kind)
            receipt = await purge(admin, origin, ledger, soft or kind, key, keys, **({"mode": "soft"} if soft else {}))
            ledger.report.claim(receipt["durable"], f"{kind}: a purge that does not claim to last, without any fault: {receipt}")
            found = receipt["keys_invalidated_count"]
        larder.kill()
    return found


async def read(larder, ledger, keys):
    """Reads each once; how many were hits."""
    async with Wire(larder.address) as wire:
        return sum([(await get(wire, ledger, key)).cache == "hit" for key in keys])
