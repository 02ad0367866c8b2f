#!/usr/bin/env python3
"""What must hold whatever a client, an origin or an operator does, tried at random. `./dev attack` builds Larder and runs these:

unkeyed      a response reaches only requests that the origin would have answered alike, by its Vary and by the key
queries      a response reaches only the queries that it says itself are one with its own
purges       what was purged is not served again: no variant, part or spelling of it, not even after kill -9
privacy      nobody gets what was made for another user, unless the response says that it is for everybody
memory       whatever peers hold open, the process stays below `memory`, and others are served
connections  whatever peers hold open, others reach the same origin
work         no message costs much more CPU than an ordinary one of its length
origins      whatever an origin sends, a client gets the bytes of its own exchange only

A round is a Larder, an origin and some hundred random requests; its seed decides all of them. Rounds go on for --seconds
with seeds that follow one another; --seed alone repeats one round; --short is what ctest has time for. Each violation is
printed with its seed, the requests and the responses; the last line of a script is JSON. LARDER_BIN names the program."""
import argparse
import importlib
import json
import random
import sys
import time
import traceback

from trial import SHOWN, Trial

# Rounds of the short form.
ROUNDS = {"unkeyed": 4, "queries": 6, "purges": 6, "privacy": 4, "memory": 12, "connections": 8, "work": 1, "origins": 3}


def rounds(name, chosen):
    """Gives the seeds to play, one by one, until the time or their number is over."""
    if chosen.short:
        yield from range(1, 1 + ROUNDS[name])
        return
    first = random.randrange(1, 1 << 31) if chosen.seed is None else chosen.seed
    if chosen.seed is not None and chosen.seconds is None:
        yield first
        return
    end = time.monotonic() + (60 if chosen.seconds is None else chosen.seconds)
    seed = first
    while seed == first or time.monotonic() < end:
        yield seed
        seed += 1


def play(name, chosen):
    """Plays rounds of a script. True: nothing was violated."""
    module, begun = importlib.import_module(name), time.monotonic()
    totals, kinds, seeds = 0, {}, []
    for seed in rounds(name, chosen):
        trial = Trial(name, seed, kinds)
        try:
            module.run(trial)
        except Exception:  # Larder ended, or did not answer in time: a violation too
            trial.violation("broken off", traceback.format_exc())
        totals += trial.asked
        seeds.append(seed)
        if kinds.get("broken off", 0) == SHOWN:
            break
    print(json.dumps({"name": name, "seeds": [seeds[0], seeds[-1]], "requests": totals, "seconds": round(time.monotonic() - begun, 1),
                      "violations": kinds}), flush=True)
    return not kinds


def main():
    words = argparse.ArgumentParser(prog="./dev attack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("name", choices=[*ROUNDS, "all"], nargs="?", default="all")
    words.add_argument("--seconds", type=int, help="of each script; default 60")
    words.add_argument("--seed", type=int, help="of the first round; alone: of the only one")
    words.add_argument("--short", action="store_true", help="the rounds that ctest plays")
    chosen = words.parse_args()
    results = [play(name, chosen) for name in (ROUNDS if chosen.name == "all" else [chosen.name])]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
