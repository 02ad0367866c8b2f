"""Whatever peers hold open or leave behind, the process stays below `memory`, and others are answered meanwhile.

RssAnon and RssShmem count: pages of the disk layer's map are the kernel's. Under a sanitizer, whose memory it is then, only
the answers count."""
import contextlib
import threading

import memory_peers
from trial import DISK, MEMORY, MIB, Larder, Origin, Peer, Response, layers, memory, sanitized, strategy

LIMIT = 64 * MIB


class Watch:
    """The largest size of the process so far."""

    def __init__(self, pid):
        self.pid, self.largest, self.over = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.sample()
        self.begin = self.largest
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def sample(self):
        size = memory(self.pid) + memory(self.pid, "RssShmem")
        self.largest = max(self.largest, size)
        return size

    def run(self):
        while not self.over.wait(0.02):
            self.sample()

    def settled(self):
        """Waits until it grows no more, for a while at most."""
        sizes = []
        for _ in range(100):
            sizes.append(self.sample())
            if len(sizes) > 15 and max(sizes[-15:]) - min(sizes[-15:]) < MIB // 4:
                return
            self.over.wait(0.02)


def run(trial):
    first = memory_peers.ALL[trial.seed % len(memory_peers.ALL)]
    hostile = [first, *trial.some([each for each in memory_peers.ALL if each is not first], 1)]
    stored_in, slowest = layers(trial, size=8 * MIB)
    for layer in stored_in:
        if layer["layer_name"] == DISK:
            layer |= {"max_size_bytes": 64 * MIB, "connection_config": {"queue_bytes": 4 * MIB}}
    limits = {"fills_bytes": "8MiB"}
    with Origin() as origin, contextlib.ExitStack() as stack:
        larder = stack.enter_context(Larder(origin, memory=LIMIT, layers=stored_in, limits=limits, access_log="off",
                                            strategies=[strategy(cache_layer=slowest)], upstream={"max_connections": 1000}))
        origin.on("/other", lambda r: Response("other", memory_peers.FRESH))
        with Watch(larder.process.pid) as watch, contextlib.ExitStack() as held:
            play = memory_peers.Play(trial, larder, origin, held)
            for each in hostile:
                each(play)
                others(trial, larder, each)
            watch.settled()
            others(trial, larder, hostile[-1])
        names = " and ".join(each.__name__.replace("_", " ") for each in hostile)
        if not sanitized(larder.process.pid):
            trial.claim(watch.largest < LIMIT, f"memory: {names}",
                        f"{watch.largest / MIB:.0f} MiB (at the start {watch.begin / MIB:.0f}), with `memory` {LIMIT // MIB} MiB, in {slowest}")


def others(trial, larder, hostile):
    """A miss and a hit of somebody else."""
    with Peer(trial, larder.address, "127.0.0.3") as peer:
        target = f"/other?{trial.chance.random()}"
        for _ in range(2):
            talk = peer.ask(target)
            trial.claim(talk.body == "other", "not served", f"beside {hostile.__name__.replace('_', ' ')}", talk)
