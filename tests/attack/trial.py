"""A round and what it plays with: its chance, clients from addresses of their own, origins that number their answers."""
import contextlib
import functools
import json
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading

TESTS = pathlib.Path(__file__).parents[1]
sys.path += [str(TESTS / "e2e"), str(TESTS / "faults")]

from harness import LARDER_BIN, PATIENCE, Client, Gate, Larder, Origin, Response, eventually, later, request, strategy  # noqa: E402,F401
from fixtures import DISK, MEMORY, MIB, cpu, memory, sanitized, written  # noqa: E402,F401

SHOWN = 3  # violations of a kind that are printed
LENGTH = 2000  # characters of a request or a reply


class Talk:
    """A request as it was sent, and the reply; None where the connection ended without one."""

    def __init__(self, sent, reply):
        self.sent, self.reply = sent, reply

    @property
    def status(self):
        return self.reply.status if self.reply else None

    @property
    def body(self):
        return self.reply.body.decode("latin-1") if self.reply else ""

    def __str__(self):
        said = f"{self.reply.status} {self.reply.fields} {self.reply.body!r}" if self.reply else "closed without a reply"
        return "\n".join(f"  {mark} {text if len(text) <= LENGTH else text[:LENGTH] + ' ...'}" for mark, text in ((">", repr(self.sent)), ("<", said)))


class Peer(Client):
    """A client that keeps what it says, from an address of 127.0.0.0/8. Connects again where the last reply ended it."""

    def __init__(self, trial, address, source="127.0.0.1", receive_buffer=0):
        self.trial, self.address, self.source, self.receive_buffer = trial, address, source, receive_buffer
        self.connect()

    def connect(self):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if self.receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.socket.bind((self.source, 0))
        self.socket.connect(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.over = b"", False

    def send_all(self, data):
        """As send(), but a peer that takes no more is waited for no longer than the socket's patience."""
        with contextlib.suppress(OSError):
            self.socket.sendall(data)
        return self

    def ask(self, target="/", *fields, **more):
        """A request and its reply. `more`: host, method, body, version."""
        if self.over:
            self.close()
            self.connect()
        sent = request(target, *fields, **more)
        self.trial.asked += 1
        reply = None
        with contextlib.suppress(EOFError, OSError):
            self.send(sent)
            reply = self.read(head_only=more.get("method") == "HEAD")
        self.over = reply is None or not reply.complete or more.get("version") == "1.0" or "close" in (reply["Connection"] or "").lower()
        return Talk(sent, reply)


class Trial:
    """One round. `chance` is its random.Random: nothing else decides. `kinds`: how often each kind was violated so far."""

    def __init__(self, name, seed, kinds):
        self.name, self.seed, self.kinds, self.asked = name, seed, kinds, 0
        self.chance = random.Random(seed)
        self.lock = threading.Lock()

    def violation(self, kind, what, *talks):
        """`kind`: a word or two, the same for violations that are alike; the talks show how it came about."""
        with self.lock:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            if self.kinds[kind] > SHOWN:
                return
            print(f"{self.name} --seed {self.seed}: {kind}: {what}", *talks, sep="\n", flush=True)

    def claim(self, holds, kind, what, *talks):
        if not holds:
            self.violation(kind, what, *talks)
        return bool(holds)

    def likely(self, part):
        return self.chance.random() < part

    def some(self, choices, most):
        """Up to so many of them, in random order."""
        choices = list(choices)
        return self.chance.sample(choices, self.chance.randint(0, min(most, len(choices))))


def layers(trial, disk=0.5, size=64 * MIB):
    """Settings: MEMORY alone, or with FILE_SYSTEM behind it, or FILE_SYSTEM alone; and the name of the slowest."""
    memory_layer = {"layer_name": MEMORY, "technology": "MEMORY", "cache_level": 1, "max_size_bytes": size}
    disk_layer = {"layer_name": DISK, "technology": "FILE_SYSTEM", "cache_level": 3, "max_size_bytes": size}
    if not trial.likely(disk):
        return [memory_layer], MEMORY
    return trial.chance.choice([[memory_layer, disk_layer], [disk_layer]]), DISK


@functools.cache
def understands(setting, value):
    """Whether this Larder knows that setting of strategy_configuration."""
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "larder.yaml")
        file.write_text(json.dumps({"data_dir": directory, "upstreams": [{"name": "a", "servers": ["http://127.0.0.1:1"]}],
                                    "listeners": [{"address": "127.0.0.1:1"}], "strategies": [strategy(**{setting: value})]}))
        return subprocess.run([LARDER_BIN, "check", str(file)], capture_output=True, timeout=60).returncode == 0
