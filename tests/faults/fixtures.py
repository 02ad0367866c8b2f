"""What the scripts share: settings with a disk layer, what this Larder can do, the shim, and things to ask a process."""
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from harness import LARDER_BIN, Larder, Origin, eventually, strategy  # noqa: E402,F401
from versioned import Versioned, group_of  # noqa: E402,F401

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
MEMORY, DISK = "L1_APPLICATION", "L3_DATABASE"
TICK = os.sysconf("SC_CLK_TCK")


class Lacking(Exception):
    """This Larder, or this machine, does not have what is to be tested."""


def with_disk(memory=16 * MIB, disk=1 * GIB, path="objects", **more):
    """Settings: everything is kept on disk, with memory in front; what lies under /hot only in memory."""
    layers = [{"layer_name": MEMORY, "technology": "MEMORY", "cache_level": 1, "max_size_bytes": memory},
              {"layer_name": DISK, "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": disk,
               "connection_config": {"path": path}}]
    strategies = [strategy(cache_layer=DISK), strategy("/hot/**", name="hot", cache_layer=MEMORY)]
    return {"layers": layers, "strategies": strategies, "access_log": "off"} | more


@functools.cache
def has_disk(binary=LARDER_BIN):
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "larder.yaml")
        settings = with_disk()
        settings |= {"data_dir": directory, "upstreams": [{"name": "a", "servers": ["http://127.0.0.1:1"]}],
                     "listeners": [{"address": "127.0.0.1:1"}]}
        file.write_text(json.dumps(settings))
        return subprocess.run([binary, "check", str(file)], capture_output=True, timeout=60).returncode == 0


def need_disk():
    if not has_disk():
        raise Lacking("this larder has no FILE_SYSTEM layer")


def data_file(larder):
    return larder.data / "objects" / "data.mdb"


def written(larder):
    """Waits until the disk layer has nothing left to write."""
    eventually(lambda: larder.metric("larder_layer_queue_bytes", layer=DISK) == 0, "an empty queue of the disk layer")


def sanitized(pid):
    """Whether that process runs under a sanitizer: then its memory and its times are the sanitizer's."""
    return "libasan" in (maps := pathlib.Path(f"/proc/{pid}/maps").read_text()) or "libtsan" in maps


def memory(pid, kind="RssAnon"):
    """Bytes of that kind in /proc/PID/status."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith(kind + ":"):
            return int(line.split()[1]) * KIB
    raise KeyError(kind)


def cpu(pid):
    """Seconds of CPU, user and system, of all threads so far."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / TICK


class Shim:
    """The shim, compiled, for a Larder's `environment`. It acts between begin() and end()."""

    def __init__(self, path="data.mdb", **variables):
        self.directory = tempfile.TemporaryDirectory()
        base = pathlib.Path(self.directory.name)
        library, self.switch, self.tally = base / "shim.so", base / "on", base / "tally"
        subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", library, HERE / "shim.c"], check=True)
        self.environment = {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0", "LARDER_SHIM_PATH": path,
                            "LARDER_SHIM_SWITCH": str(self.switch), "LARDER_SHIM_TALLY": str(self.tally)}
        self.environment |= {f"LARDER_SHIM_{name.upper()}": str(value) for name, value in variables.items()}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def begin(self):
        self.switch.touch()

    def end(self):
        self.switch.unlink(missing_ok=True)

    @property
    def faults(self):
        """How many there were."""
        return self.tally.stat().st_size if self.tally.exists() else 0
