"""A disk that is full, slow or broken: clients notice nothing, hits from memory take no longer, and the metrics say so."""
import asyncio
import contextlib
import errno
import os
import pathlib
import random
import resource
import signal
import subprocess
import tempfile
import time

from fixtures import DISK, KIB, MIB, LARDER_BIN, Larder, Shim, Versioned, data_file, eventually, need_disk, with_disk, written
from ledger import Ledger
from load import get, purge
from prober import Prober
from wire import Admin, Broken, Wire, in_parallel

HOT = [f"/hot/1000/{n}" for n in range(50)]
SIZES = [1 * KIB, 4 * KIB, 10 * KIB, 30 * KIB, 64 * KIB]
KEPT = "yes"  # the result of a store that succeeded
WRITES, SYNCS = "pwrite,pwritev,write,writev", "fdatasync,fsync,msync,dsync"

SINGLE = [{"calls": WRITES, "errno": errno.EIO}, {"calls": SYNCS, "errno": errno.EIO}, {"calls": WRITES, "errno": errno.ENOSPC},
          {"calls": WRITES, "short": 1}]


def run(report, rounds, full=False):
    """Each of the faults; `rounds` of the one that strikes a single call."""
    need_disk()
    traffic = 1024 * MIB if full else 64 * MIB
    slack = 5 if full else None  # milliseconds that p99 may rise by beside doubling; None: other tests run meanwhile
    with Versioned() as origin:
        for scene in (full_map, full_disk, slow_syncs, broken_writes, broken_syncs):
            before = len(report.violations)
            report[scene.__name__] = scene(report, origin, traffic, slack)
            for at in range(before, len(report.violations)):
                report.violations[at] = f"{scene.__name__}: {report.violations[at]}"
        report["single_faults"] = single_faults(report, origin, rounds)


class Scene:
    """A Larder with traffic through its disk layer, and probes of what it has in memory meanwhile."""

    def __init__(self, report, origin, slack, larder):
        self.report, self.origin, self.slack, self.larder = report, origin, slack, larder
        self.ledger, self.asked, self.figures = Ledger(report), 0, {}

    def traffic(self, name, size):
        """So many bytes of objects never asked for before; the latency of hits from memory meanwhile."""
        with Prober(self.report, self.larder.address, HOT) as prober:
            begun = time.monotonic()
            asyncio.run(self.pour(size))
            seconds = time.monotonic() - begun
        self.figures[name] = {"seconds": round(seconds, 2), "hit_ms": prober.figures}
        return prober.figures

    async def pour(self, size):
        wires = [Wire(self.larder.address) for _ in range(8)]

        def keys():
            poured = 0
            while poured < size:
                self.asked += 1
                one = random.Random(self.asked).choice(SIZES)
                poured += one
                yield f"/pour/{one}/{self.asked}"

        async def read(key):
            wire = wires.pop()
            try:
                await get(wire, self.ledger, key)
            except Broken as broken:
                self.report.violation(f"a client's request failed: {broken}")
            wires.append(wire)

        await in_parallel(keys(), read, width=len(wires))
        for wire in wires:
            wire.close()

    def stores(self, result=None):
        return self.larder.metric("larder_stores_total", layer=DISK, **({"result": result} if result else {}))

    def errors(self):
        return self.larder.metric("larder_layer_errors_total", layer=DISK)

    def unmoved(self, calm, fault):
        """Hits from memory take as long as before: where that was asked for, on a machine that is quiet enough."""
        if self.slack is None:
            return
        self.report.claim(fault["p50"] <= 1.5 * calm["p50"] + 0.3 + self.slack / 20, f"p50 of hits: {calm} before, {fault} with the fault")
        self.report.claim(fault["p99"] <= 2 * calm["p99"] + self.slack, f"p99 of hits: {calm} before, {fault} with the fault")

    def said(self):
        """The metrics tell that not all could be stored."""
        self.figures["errors"] = self.errors()
        self.figures["stores"] = {word: self.stores(word) for word in (KEPT, "failed", "skipped")}
        told = self.figures["errors"] + self.stores("failed") + self.stores("skipped")
        self.report.claim(told > 0, f"no metric tells of the fault: {self.figures}")

    def recovers(self):
        """What is new is stored again."""
        before = self.stores(KEPT)

        def stored():
            asyncio.run(self.pour(1))
            return self.stores(KEPT) > before

        begun = time.monotonic()
        with contextlib.ExitStack() as stack:
            for _ in range(4):  # its back-off may have grown to some patience
                try:
                    eventually(stored, "stored again")
                    break
                except AssertionError:
                    continue
            else:
                stack.callback(self.report.violation, "nothing is stored after the fault has ended")
        self.figures["recovered_after_s"] = round(time.monotonic() - begun, 2)


def full_map(report, origin, traffic, slack):
    """16 MiB of map under many times as much."""
    with Larder(origin, keep_address=True, **with_disk(memory=8 * MIB, disk=16 * MIB)) as larder:
        scene = Scene(report, origin, slack, larder)
        calm = scene.traffic("calm", 8 * MIB)
        written(larder)
        scene.unmoved(calm, scene.traffic("full", traffic))
        written(larder)
        size, evictions = data_file(larder).stat().st_size, larder.metric("larder_evictions_total", layer=DISK)
        part = scene.stores(KEPT) / max(1, scene.stores() - scene.stores("skipped"))
        scene.figures |= {"file_bytes": size, "evictions": evictions, "stored_part": round(part, 4), "skipped": scene.stores("skipped"),
                          "errors": scene.errors()}
        report.claim(size <= 16 * MIB, f"data.mdb has {size} bytes of {16 * MIB}")
        report.claim(evictions > 0, "nothing was evicted")
        report.claim(part > 0.95, f"only {part:.3f} of the stores that were tried succeeded")
        return scene.figures


@contextlib.contextmanager
def small_file_system(directory, megabytes):
    """A tmpfs there, where this user may mount one. Gives what makes it larger."""
    pathlib.Path(directory).mkdir(mode=0o750)
    mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=750", "larder", directory],
                                                   capture_output=True).returncode == 0
    try:
        yield mounted and (lambda: subprocess.run(["mount", "-o", f"remount,size={8 * megabytes}m", directory], check=True))
    finally:
        if mounted:
            subprocess.run(["umount", directory], check=True)


def full_disk(report, origin, traffic, slack):
    """A file system of 64 MiB for a layer that would take 1 GiB; or a file that may not grow, where nothing can be mounted."""
    with tempfile.TemporaryDirectory() as base:
        # The child of a shell that ignores SIGXFSZ ignores it too: a write beyond the limit then fails with EFBIG.
        binary = pathlib.Path(base, "larder")
        binary.write_text(f"#!/bin/sh\ntrap '' XFSZ\nexec '{LARDER_BIN}' \"$@\"\n")
        binary.chmod(0o755)
        data = pathlib.Path(base, "data")
        data.mkdir(mode=0o750)
        with small_file_system(str(data / "objects"), 64) as enlarge, \
                Larder(origin, binary=binary, directory=str(data), keep_address=True, **with_disk(memory=8 * MIB)) as larder:
            scene = Scene(report, origin, slack, larder)
            scene.figures["by"] = "tmpfs" if enlarge else "RLIMIT_FSIZE"
            calm = scene.traffic("calm", 8 * MIB)
            written(larder)
            if not enlarge:
                hard = resource.prlimit(larder.process.pid, resource.RLIMIT_FSIZE)[1]
                resource.prlimit(larder.process.pid, resource.RLIMIT_FSIZE, (48 * MIB, hard))
            scene.unmoved(calm, scene.traffic("full", max(traffic, 128 * MIB)))
            scene.said()
            if enlarge:
                enlarge()
            else:
                resource.prlimit(larder.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
            scene.recovers()
            return scene.figures


def with_shim(report, origin, traffic, slack, path=".mdb", **variables):
    """Traffic, then traffic with the fault, then recovery."""
    with Shim(path, **variables) as shim, \
            Larder(origin, environment=shim.environment, keep_address=True, **with_disk(memory=8 * MIB)) as larder:
        scene = Scene(report, origin, slack, larder)
        calm = scene.traffic("calm", traffic // 4)
        written(larder)
        shim.begin()
        scene.unmoved(calm, scene.traffic("fault", traffic // 4))
        scene.figures["faults"] = shim.faults
        report.claim(shim.faults > 0, "the fault never struck")
        if "errno" in variables:
            scene.said()
        shim.end()
        scene.recovers()
        return scene.figures


def slow_syncs(report, origin, traffic, slack):
    return with_shim(report, origin, traffic, slack, calls=SYNCS, delay=200)


def broken_writes(report, origin, traffic, slack):
    return with_shim(report, origin, traffic, slack, calls=WRITES, errno=errno.ENOSPC)


def broken_syncs(report, origin, traffic, slack):
    return with_shim(report, origin, traffic, slack, calls=SYNCS, errno=errno.EIO)


def single_faults(report, origin, rounds):
    """One call fails or is cut short, the first, the second and so on: then purges, kill -9 or a stop, and everything is checked again."""
    struck = undurable = 0
    for number in range(rounds):
        before, variables = len(report.violations), SINGLE[number % len(SINGLE)] | {"nth": 1 + number // len(SINGLE)}
        with Shim(".mdb", **variables) as shim, \
                Larder(origin, environment=shim.environment, keep_address=True, **with_disk(memory=8 * MIB, disk=64 * MIB)) as larder:
            shim.begin()
            ledger = Ledger(report)
            undurable += asyncio.run(single_fault(report, origin, larder, ledger, number))
            struck += shim.faults > 0
            shim.end()
            if number // len(SINGLE) % 2:
                report.claim(larder.stop() == 0, "the stop was not clean")
            else:
                report.claim(larder.kill() == -signal.SIGKILL, "it had died before it was killed")
            ledger.crashed()
            larder.start()
            asyncio.run(read_groups(larder, ledger, number))
        for at in range(before, len(report.violations)):
            report.violations[at] = f"single fault {number} {variables}: {report.violations[at]}"
    return {"rounds": rounds, "struck": struck, "purges_that_did_not_claim_to_last": undurable}


def group_keys(number, group):
    return [f"/s{number}-{group}/{size}/{name}" for name, size in enumerate((500, 3000, 20_000, 200_000))]


async def single_fault(report, origin, larder, ledger, number):
    """Fills and purges by turns; how many purges did not claim to be durable."""
    undurable = 0
    async with Wire(larder.address) as wire, Admin(larder) as admin:
        for turn in range(6):
            for group in range(4):
                for key in group_keys(number, group):
                    await get(wire, ledger, key)
            keys = group_keys(number, turn % 4)
            kind = ("SINGLE_KEY", "TAG_BASED", "PATTERN_MATCH")[turn % 3]
            receipt = await purge(admin, origin, ledger, kind, keys[turn % 4], keys)
            undurable += not receipt["durable"]
            for key in keys:
                await get(wire, ledger, key)
    return undurable


async def read_groups(larder, ledger, number):
    async with Wire(larder.address) as wire:
        for group in range(4):
            for key in group_keys(number, group):
                await get(wire, ledger, key)
