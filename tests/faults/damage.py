"""data.mdb cut short and damaged in every way: it serves, after one more start at worst, and never a wrong byte."""
import asyncio
import collections
import contextlib
import random
import re
import shutil
import subprocess
import tempfile

from fixtures import KIB, MIB, Larder, Versioned, data_file, need_disk, with_disk, written
from ledger import Ledger
from load import get
from wire import Broken, Wire, in_parallel

PAGE = 4096
READS = 200
DISK = 64 * MIB
BY_SIGNAL = {"ASAN_OPTIONS": "handle_segv=0:handle_sigbus=0:handle_abort=0"}  # a death is one, under a sanitizer too


def inside_lmdb(events):
    """AddressSanitizer sees the copies that LMDB makes, and ends with a report where LMDB alone would have died of them: one with
    liblmdb behind memcpy and its like is such a death. One with a line of ours there is not."""
    frames = [line for line in events if isinstance(line, str) and re.match(r" *#[01] ", line)]
    return any("liblmdb" in line for line in frames[:2])


def said_last(events):
    """What tells why: the frames of a sanitizer's report, else the last lines."""
    lines = [line for line in events if isinstance(line, str) and re.match(r" *#\d |.*ERROR: ", line)]
    return lines[:8] or events[-3:]



def run(report, rounds, full=False):
    """Eight truncations, then `rounds` random damages. Damage n is the same in every run."""
    need_disk()
    with Versioned() as origin, tempfile.TemporaryDirectory() as scratch:
        keys = [f"/d/{size}/{n}" for size, count in ((1 * KIB, 600), (10 * KIB, 500), (200 * KIB, 6), (1500 * KIB, 1))
                for n in range(count)]
        with Larder(origin, **with_disk(memory=4 * MIB, disk=DISK)) as larder:
            asyncio.run(fill(report, larder, keys))
            written(larder)
            report.claim(larder.stop() == 0, "the first stop was not clean")
            pristine = shutil.copytree(larder.data, f"{scratch}/pristine", ignore=shutil.ignore_patterns("handover"))
            size = data_file(larder).stat().st_size
            report["file_bytes"] = size
            outcomes = collections.Counter()
            report["cut"] = 0
            for number, (name, change) in enumerate([("nothing", lambda file: None), *truncations(size), *damages(size, rounds)]):
                with tempfile.TemporaryDirectory(dir=scratch) as directory:
                    shutil.copytree(pristine, directory, dirs_exist_ok=True)
                    outcomes[one(report, origin, keys, number, name, change, directory)] += 1
    report["outcomes"] = dict(outcomes)
    report["served"] = sum(count for outcome, count in outcomes.items() if outcome.startswith("served"))
    report["copies"] = sum(outcomes.values())
    report.claim(report["served"] == report["copies"], f"{report['served']} of {report['copies']} served")


async def fill(report, larder, keys):
    ledger = Ledger(report)
    wires = [Wire(larder.address) for _ in range(8)]

    async def read(key):
        wire = wires.pop()
        await get(wire, ledger, key)
        wires.append(wire)

    await in_parallel(keys, read, width=len(wires))
    for wire in wires:
        wire.close()


def truncations(size):
    for name, length in (("0", 0), ("1", 1), ("4095", 4095), ("4096", 4096), ("8192", 8192), ("half", size // 2),
                         ("a page less", size - PAGE), ("a byte less", size - 1)):
        yield f"cut to {name}", lambda file, length=length: file.truncate(length)


def damages(size, rounds):
    for number in range(rounds):
        yield f"damage {number}", lambda file, number=number: damage(file, size, random.Random(number))


def damage(file, size, rng):
    """One to sixteen places: bits, bytes, pages of zeros or noise, pages that took each other's place."""
    pages = size // PAGE
    # Half of all damages strike the first pages, where the meta pages are, and small ones the heads of pages.
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        page = rng.randrange(min(pages, 64)) if rng.random() < 0.3 else rng.randrange(pages)
        at = page * PAGE + (rng.randrange(64) if rng.random() < 0.5 else rng.randrange(PAGE))
        kind = rng.choice(("bit", "bytes", "zeros", "noise", "swap"))
        if kind == "bit":
            file.seek(at)
            byte = file.read(1)
            file.seek(at)
            file.write(bytes([byte[0] ^ 1 << rng.randrange(8)]))
        elif kind == "bytes":
            file.seek(at)
            file.write(rng.randbytes(min(rng.randrange(1, 64), size - at)))
        elif kind in ("zeros", "noise"):
            file.seek(page * PAGE)
            file.write(bytes(PAGE) if kind == "zeros" else rng.randbytes(PAGE))
        else:
            other = rng.randrange(pages)
            both = []
            for which in (page, other):
                file.seek(which * PAGE)
                both.append(file.read(PAGE))
            for which, data in zip((other, page), both):
                file.seek(which * PAGE)
                file.write(data)


def one(report, origin, keys, number, name, change, directory):
    """What became of a damaged copy, in a word."""
    larder = Larder(origin, directory=directory, environment=BY_SIGNAL, **with_disk(memory=4 * MIB, disk=DISK))
    with open(data_file(larder), "r+b") as file:
        change(file)
    ledger = Ledger(report)
    sample = random.Random(number).sample(keys, READS - 1) + keys[-1:]  # the last is the largest
    deaths = 0
    while True:
        code, served = attempt(report, ledger, larder, sample, name)
        if code == 0 and served:
            break
        deaths += 1
        if not report.claim(code < 0 or inside_lmdb(larder.events), f"{name}: ended with {code} ({said_last(larder.events)})") or \
                not report.claim(deaths < 2, f"{name}: died by signal {-code} a second time"):
            return "failed"
    moved = (data_file(larder).parent / "data.mdb.damaged").exists()
    if name == "nothing":
        report["hits_undamaged"] = ledger.hits
        report.claim(ledger.hits >= 0.999 * READS, f"only {ledger.hits} hits on a copy without damage")
    return "served" + (", after a death" if deaths else "") + (", started empty" if moved or not ledger.hits else "")


def attempt(report, ledger, larder, sample, name):
    """Start, reads, stop: the exit code, and whether all was served."""
    try:
        larder.start()
        served = asyncio.run(read(report, ledger, larder, sample, name))
    except AssertionError as error:  # it did not come to listen
        served = False
        report.claim(dying(larder), f"{name}: {error}")
    return larder.stop(), served


async def read(report, ledger, larder, sample, name):
    """Whether it answered all of them."""
    async with Wire(larder.address) as wire:
        for key in sample:
            before = len(report.violations)
            for attempt in range(2):
                try:
                    await get(wire, ledger, key)
                    break
                except Broken as broken:
                    if await asyncio.to_thread(dying, larder):
                        return False
                    # A body that is read while it is sent ends early where it is damaged; then it is gone.
                    if not report.claim(attempt == 0 and key == sample[-1], f"{name}: it lives, but {broken}"):
                        return False
                    report["cut"] = report["cut"] + 1
                    wire.close()
            if len(report.violations) > before:
                report.violations[-1] = f"{name}: {report.violations[-1]}"
    return True


def dying(larder):
    """Whether it has ended, or is about to."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return larder.process.wait(5) is not None
    return False
