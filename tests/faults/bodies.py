"""Bodies that check themselves: each says its key, its version and its size, and carries a digest of all of it."""
import hashlib
import re

MARK = re.compile(rb"larder-body (\S+) v=(\d+) size=(\d+) sha256=([0-9a-f]{64})\n")


class Wrong(AssertionError):
    """A body that is torn, damaged, or another one's."""


def digest(key, version, size, payload):
    return hashlib.sha256(b"%s %d %d " % (key.encode(), version, size) + payload).hexdigest()


def make(key, version, size):
    """`size` bytes, at least enough for the mark. The same for the same arguments, different for any other."""
    mark = len(f"larder-body {key} v={version} size={size} sha256=\n") + 64
    payload = hashlib.shake_128(f"{key} {version}".encode()).digest(max(0, size - mark))
    return f"larder-body {key} v={version} size={size} sha256={digest(key, version, size, payload)}\n".encode() + payload


def check(body, key):
    """The version of a body that is whole and belongs to the key; else raises Wrong."""
    mark = MARK.match(body)
    if not mark:
        raise Wrong(f"{key}: {len(body)} bytes that begin with {bytes(body[:80])!r}")
    name, version, size = mark[1].decode(), int(mark[2]), int(mark[3])
    if name != key:
        raise Wrong(f"{key}: got the body of {name}")
    if len(body) != max(size, mark.end()):
        raise Wrong(f"{key}: {len(body)} bytes of {size}")
    if digest(name, version, size, body[mark.end():]) != mark[4].decode():
        raise Wrong(f"{key}: version {version} is damaged")
    return version
