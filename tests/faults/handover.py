"""Another process takes over under load: no connection is refused, no request lost, what lies on disk goes with it, and a
write that either process passes counts in both."""
import asyncio
import tempfile
import time

from fixtures import DISK, KIB, MIB, Larder, Versioned, need_disk, with_disk, written
from ledger import Ledger
from load import Changes, Steady
from report import milliseconds
from restart import read_all

KEYS = [f"/stable/{10 * KIB}/{n}" for n in range(300)]


def run(report, rounds, full=False):
    need_disk()
    rate = 1000 if full else 300
    with Versioned() as origin, tempfile.TemporaryDirectory() as directory:
        settings = with_disk(memory=8 * MIB, disk=64 * MIB)
        first = Larder(origin, directory=directory, keep_address=True, **settings)
        with first:
            asyncio.run(take_over_and_over(report, rounds, rate, first))


async def take_over_and_over(report, rounds, rate, larder):
    ledger = Ledger(report)
    await read_all(larder, ledger, KEYS)
    await asyncio.to_thread(written, larder)
    steady = Steady(larder.address, KEYS, ledger, rate)
    load = asyncio.ensure_future(steady.run())
    changes = Changes(larder, ledger)
    taken, opened = [], []
    for number in range(rounds):
        asked = steady.asked
        while steady.asked < asked + rate // 2:
            await asyncio.sleep(0.005)
        before, events, stderr, reader = larder.process, larder.events, larder.process.stderr, larder.reader
        begun = time.monotonic()
        await asyncio.to_thread(larder.start)  # on the same directory and ports, beside the one that runs
        code = await asyncio.to_thread(before.wait, 60)
        taken.append(time.monotonic() - begun)
        await asyncio.to_thread(reader.join)
        stderr.close()
        report.claim(code == 0, f"round {number}: the one before ended with {code}: {events[-5:]}")
        await asyncio.to_thread(larder.event, "storage_opened")
        opened.append(time.monotonic() - begun)
    load.cancel()
    await changes.finish()
    await steady.finish()
    report.claim(not changes.failures, f"{len(changes.failures)} writes or reads of what changes failed: {changes.failures[:5]}")
    report.claim(not steady.failures, f"{len(steady.failures)} requests failed: {steady.failures[:5]}")
    hits = ledger.hits
    kept = await read_all(larder, ledger, KEYS)
    report.claim(kept == len(KEYS), f"{kept} of {len(KEYS)} are hits in the last process")
    report["writes"] = changes.writes
    report["rate"], report["requests"], report["hits"], report["failed"] = rate, steady.asked, hits, len(steady.failures)
    report["request_ms"] = milliseconds(steady.seconds)
    report["taken_over_ms"], report["disk_opened_ms"] = milliseconds(taken), milliseconds(opened)
    report["errors"] = larder.metric("larder_layer_errors_total", layer=DISK)
