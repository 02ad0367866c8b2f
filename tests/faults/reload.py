"""Reloads under load, good and bad files in turn: no request notices, memory stays, listeners come and go as written."""
import asyncio
import contextlib
import copy
import json
import random
import signal
import socket
import statistics

from fixtures import KIB, MIB, Lacking, Larder, Versioned, eventually, memory, sanitized, strategy
from harness import Client
from larder import reserved_port
from ledger import Ledger
from load import Steady
from report import milliseconds

RATE = 200
KEYS = [f"/{group}/1000/{n}" for group in ("a", "b") for n in range(100)]


def run(report, rounds, full=False):
    with Versioned() as origin, contextlib.ExitStack() as stack:
        layers = [{"layer_name": "L1_APPLICATION", "technology": "MEMORY", "cache_level": 1, "max_size_bytes": 16 * MIB}]
        larder = stack.enter_context(Larder(origin, keep_address=True, layers=layers, strategies=[strategy()], access_log="off"))
        if larder.ask_admin("POST", "/v1/reload").status in (404, 501):
            raise Lacking("this larder cannot reload")
        other = f"127.0.0.1:{stack.enter_context(reserved_port())}"
        taken = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        asyncio.run(reloads(report, rounds, larder, other, f"127.0.0.1:{taken.getsockname()[1]}"))


async def reloads(report, rounds, larder, other, taken):
    ledger, rng = Ledger(report), random.Random(rounds)
    steady = Steady(larder.address, KEYS, ledger, RATE)
    load = asyncio.ensure_future(steady.run())
    resident, refused, on = [], 0, False
    try:
        for number in range(rounds):
            asked = steady.asked
            by_signal = number // 2 % 2 == 0
            if number % 2 == 0:
                on = not on
                larder.settings = good(larder.settings, number, other if on else None)
                larder.write_settings()
                outcome = await reload(larder, by_signal)
                report.claim(outcome == "reloaded", f"round {number}: a good file: {outcome}")
            else:
                name, text = rng.choice(bad(larder.settings, taken))
                larder.file.write_text(text)
                outcome = await reload(larder, by_signal)
                refused += outcome == "reload_refused"
                report.claim(outcome == "reload_refused", f"round {number}: a file that is wrong ({name}): {outcome}")
            listens = await asyncio.to_thread(listening_as_it_should, other, on)
            report.claim(listens, f"round {number}: {other} should {'' if on else 'not '}listen")
            while steady.asked < asked + RATE // 10:  # some requests under each configuration
                await asyncio.sleep(0.005)
            resident.append(memory(larder.process.pid))
    finally:
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
        await steady.finish()
    third = max(1, len(resident) // 3)
    first, last = statistics.median(resident[:third]), statistics.median(resident[-third:])
    report["requests"], report["failed"], report["refused"] = steady.asked, len(steady.failures), refused
    report["request_ms"] = milliseconds(steady.seconds)
    report["anonymous_bytes"] = {"first_third": first, "last_third": last}
    for failure in steady.failures:
        report.violation(f"a request failed: {failure}")
    if not sanitized(larder.process.pid):
        report.claim(last <= 1.05 * first + 2 * MIB, f"memory grew from {first / KIB:.0f} KiB to {last / KIB:.0f} KiB")


def good(settings, number, other):
    """The next good configuration: other rules, perhaps another listener."""
    settings = copy.deepcopy(settings)
    own = settings["listeners"][0]
    settings["listeners"] = [own, *([{"address": other}] if other else [])]
    settings["strategies"] = [strategy(stale_if_error=f"{number + 1}s"), strategy("/b/**", name=f"b{number % 3}", ttl_seconds=1000 + number)]
    settings["limits"]["keepalive_timeout"] = f"{15 + number % 5}s"
    return settings


def bad(settings, taken):
    """Wrong configurations, by name."""
    def changed(**members):
        return json.dumps(settings | members)

    upstream = settings["upstreams"][0]
    return [
        ("syntax", json.dumps(settings)[:-20]),
        ("empty", ""),
        ("unknown key", changed(listenres=[])),
        ("wrong type", changed(threads="many")),
        ("unknown layer", changed(strategies=[strategy(cache_layer="L4_CDN")])),
        ("tie", changed(strategies=[strategy(name="a"), strategy(name="b")])),
        ("address in use", changed(listeners=[*settings["listeners"], {"address": taken}])),
        ("no upstream", changed(upstreams=[])),
        ("wrong upstream", changed(upstreams=[upstream | {"servers": ["ftp://127.0.0.1"]}])),
        ("other directory", changed(data_dir="/nowhere")),
        ("very long", json.dumps(settings) + "\n#" + "x" * 12_000_000),
    ]


async def reload(larder, by_signal):
    """What became of it, as the event says; the admin's answer agrees."""
    with larder.news:
        seen = len(larder.events)
    if by_signal:
        larder.process.send_signal(signal.SIGHUP)
    else:
        reply = await asyncio.to_thread(larder.ask_admin, "POST", "/v1/reload")
    event = await asyncio.to_thread(eventually, lambda: outcome_after(larder, seen), "an event of the reload")
    if not by_signal and {"reloaded": 200, "reload_refused": 422}[event] != reply.status:
        return f"{event}, but the answer was {reply}"
    return event


def outcome_after(larder, seen):
    with larder.news:
        return next((event["event"] for event in larder.events[seen:]
                     if isinstance(event, dict) and event.get("event") in ("reloaded", "reload_refused")), None)


def listening_as_it_should(address, on):
    host, port = address.split(":")

    def listens():
        try:
            with Client((host, int(port))) as client:
                return client.get("/a/1000/0").status == 200
        except (OSError, EOFError):
            return False

    try:
        return eventually(lambda: listens() == on)
    except AssertionError:
        return False
