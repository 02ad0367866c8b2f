"""kill -9 under load, again and again: what was stored is there, what was purged is not, nothing is torn, at once."""
import asyncio
import random
import time

from fixtures import DISK, KIB, MIB, Larder, Versioned, data_file, need_disk, with_disk
from ledger import Ledger
from load import Mixture, get
from report import milliseconds
from wire import Wire, in_parallel

SIZE = 10 * KIB
OLD_ENOUGH = 2.0  # seconds before a kill after which an answered object must outlive it


def run(report, rounds, full=False, objects=None, first_hit_limit=None):
    need_disk()
    objects = objects or (100_000 if full else 300)
    limit = first_hit_limit or (1.0 if full else 10.0)
    disk = 64 * MIB + 2 * objects * SIZE + rounds * 8 * MIB  # nothing that is looked for may be evicted
    with Versioned() as origin, Larder(origin, keep_address=True, **with_disk(memory=8 * MIB, disk=disk)) as larder:
        asyncio.run(rounds_of_kills(report, rounds, origin, larder, objects, limit))
        report["file_bytes"] = data_file(larder).stat().st_size
        report.claim(report["file_bytes"] <= disk, f"data.mdb has {report['file_bytes']} bytes of {disk}")


async def rounds_of_kills(report, rounds, origin, larder, objects, limit):
    ledger, rng = Ledger(report), random.Random(rounds)
    stable = [f"/stable/{SIZE}/{n}" for n in range(objects)]
    begun = time.monotonic()
    await read_all(larder, ledger, stable)
    report["fill_seconds"] = time.monotonic() - begun
    first_hits, sampled, kept, short_lived = [], 0, 0, 0
    for number in range(rounds):
        # The first kill leaves all that was filled time to become old enough; the others come at any moment.
        duration = OLD_ENOUGH + 0.3 if number == 0 else rng.uniform(0.005, 2.0)
        await load_until_kill(larder, origin, ledger, stable, number, duration)
        killed = time.monotonic()
        ledger.crashed(killed - OLD_ENOUGH)
        larder.start()
        due = ledger.stored_before(killed - OLD_ENOUGH)
        due = [key for key in due if not key.startswith("/v")]
        rng.shuffle(due)
        probes = min(200, len(due) // 2)
        seconds, absent = await first_hit(larder, ledger, due[:probes], limit)
        first_hits.append(seconds)
        report.claim(seconds <= limit, f"round {number}: first hit after {seconds:.3f} s")
        short_lived += absent
        sample = due[probes:] if number == rounds - 1 else due[probes:probes + 500]
        kept, sampled = kept + await read_all(larder, ledger, sample), sampled + len(sample)
    part = kept / max(1, sampled)
    report.claim(sampled > 0, "nothing was old enough to be looked for")
    report.claim(part >= 0.999, f"{kept} of {sampled} stored objects were hits after their restart")
    report["objects"], report["bytes"] = objects, objects * SIZE
    report["first_hit_ms"] = milliseconds(first_hits)
    report["kept"], report["kept_of"], report["kept_part"] = kept, sampled, round(part, 5)
    report["misses_before_the_first_hit"] = short_lived
    report["reads"], report["hits"], report["purges"] = ledger.reads, ledger.hits, ledger.purges
    report["errors"] = larder.metric("larder_layer_errors_total", layer=DISK)


async def load_until_kill(larder, origin, ledger, stable, seed, duration):
    mixture = Mixture(larder, origin, ledger, stable, SIZE, seed)
    tasks = [asyncio.ensure_future(call) for call in mixture.calls()]
    await asyncio.wait(tasks, timeout=duration)
    mixture.killed = True
    code = larder.kill()
    ledger.report.claim(code == -9, f"it had ended with {code} before it was killed")
    await asyncio.gather(*tasks)


async def first_hit(larder, ledger, keys, limit):
    """Seconds from exec to the first hit, and how many of the keys were asked for in vain before."""
    async with Wire(larder.address) as wire:
        for asked, key in enumerate(keys):
            answer = await get(wire, ledger, key)
            if answer.cache == "hit":
                return time.monotonic() - larder.started, asked
            if time.monotonic() - larder.started > 3 * limit:
                break
    return limit + time.monotonic() - larder.started, len(keys)


async def read_all(larder, ledger, keys):
    """Reads each once; how many were hits."""
    wires = [Wire(larder.address) for _ in range(16)]
    hits = 0

    async def read(key):
        nonlocal hits
        wire = wires.pop()
        answer = await get(wire, ledger, key)
        hits += answer.cache == "hit"
        wires.append(wire)

    await in_parallel(keys, read, width=len(wires))
    for wire in wires:
        wire.close()
    return hits
