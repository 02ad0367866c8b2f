"""The figures of a run and what was violated in it."""
import json
import threading

SHOWN = 20


class Report:
    def __init__(self, name, rounds):
        self.figures, self.violations, self.lock = {"name": name, "rounds": rounds}, [], threading.Lock()

    def __setitem__(self, name, value):
        self.figures[name] = round(value, 3) if isinstance(value, float) else value

    def __getitem__(self, name):
        return self.figures[name]

    def violation(self, what):
        with self.lock:
            self.violations.append(what)

    def claim(self, holds, what):
        if not holds:
            self.violation(what)
        return bool(holds)

    def line(self):
        shown = {"violations": len(self.violations)}
        if self.violations:
            shown["first"] = self.violations[:SHOWN]
        return json.dumps(self.figures | shown)


def percentile(values, part):
    """The value below which that part of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def milliseconds(values):
    return {name: round(1000 * percentile(values, part), 2) for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}
