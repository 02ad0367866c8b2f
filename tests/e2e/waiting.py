"""Waiting without sleeping: for a call on another thread, and for what gives no event."""
import threading
import time

from client import PATIENCE


def eventually(claim, what="condition"):
    """Asks claim() until it is true; its value. Only for what gives no event, such as a metric."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while True:
        value = claim()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        pause.wait(0.01)


def later(call):
    """Runs call() on a thread; the result, when called, waits for it and gives its value or raises what it raised."""
    outcome = {}

    def run():
        try:
            outcome["value"] = call()
        except BaseException as error:  # noqa: BLE001  (handed to whoever asks)
            outcome["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result():
        thread.join(PATIENCE)
        assert not thread.is_alive(), "no answer in time"
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]

    return result
