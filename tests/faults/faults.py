#!/usr/bin/env python3
"""Faults and crashes of a whole Larder, and what it promises about them. `./dev faults` builds it and runs these:

restart   kill -9 under load: hits at once, nothing lost that was old enough, nothing purged comes back
purge     kill -9 right after a purge was answered, of each kind
damage    data.mdb cut short and damaged at random
full      a full map, a full disk, a slow one, a broken one
reload    good and bad configurations under load
stop      SIGTERM with everything in flight
handover  another process takes over under load

Each prints a line of JSON and fails when a promise was broken. LARDER_BIN names the program."""
import argparse
import importlib
import sys
import time

from fixtures import Lacking
from report import Report

# name: rounds in short, and in full: what CI has time for, and what is to be shown.
ROUNDS = {"restart": (3, 200), "purge": (1, 200), "damage": (12, 1000), "full": (8, 200), "reload": (10, 200), "stop": (1, 5),
          "handover": (2, 10)}


def measure(name, rounds=None, full=False):
    """The report of a script. Raises Lacking when there is nothing to be measured here."""
    report = Report(name, rounds or ROUNDS[name][full])
    begun = time.monotonic()
    importlib.import_module(name).run(report, report["rounds"], full)
    report["seconds"] = time.monotonic() - begun
    return report


def main():
    words = argparse.ArgumentParser(prog="./dev faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("name", choices=[*ROUNDS, "all"], nargs="?", default="all")
    words.add_argument("rounds", type=int, nargs="?", help="how many; default: as many as CI takes, or with --full what is to be shown")
    words.add_argument("--full", action="store_true", help="as much data and load as is to be shown, and limits to match")
    chosen = words.parse_args()
    failed = False
    for name in ROUNDS if chosen.name == "all" else [chosen.name]:
        try:
            report = measure(name, chosen.rounds, chosen.full)
        except Lacking as lacking:
            print(f'{{"name": "{name}", "lacking": "{lacking}"}}', flush=True)
            failed = True
            continue
        print(report.line(), flush=True)
        failed |= bool(report.violations)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
