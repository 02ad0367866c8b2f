"""Responses that are wrong, or odd, or followed by bytes that nobody asked for. Each holds `mark`, which names the request that
it answers; `whole` is a complete second response with that mark, to be taken for the answer to somebody else."""


def head(status, *fields):
    return "\r\n".join([f"HTTP/1.1 {status} Odd", *fields]).encode("latin-1") + b"\r\n\r\n"


def sized(mark, *fields, status=200, size=None):
    return head(status, "Cache-Control: max-age=60", f"Content-Length: {len(mark) if size is None else size}", *fields) + mark


def chunks(*parts, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


CHUNKED = "Transfer-Encoding: chunked"

# By name: a function of mark and whole; the bytes of an answer.
ODDITIES = {
    "two responses": lambda mark, whole: sized(mark) + whole,
    "bytes behind the body": lambda mark, whole: sized(mark) + b"\r\n" + whole,
    "longer than it says": lambda mark, whole: sized(mark, size=max(0, len(mark) - 3)) + whole,
    "shorter than it says": lambda mark, whole: sized(mark, size=len(mark) + 500) + whole,
    "two lengths": lambda mark, whole: sized(mark, f"Content-Length: {len(mark) + 7}") + whole,
    "length in a list": lambda mark, whole: head(200, f"Content-Length: {len(mark)}, {len(mark)}") + mark + whole,
    "length with a sign": lambda mark, whole: head(200, f"Content-Length: +{len(mark)}") + mark + whole,
    "length of hex": lambda mark, whole: head(200, f"Content-Length: 0x{len(mark):x}") + mark + whole,
    "length of nothing": lambda mark, whole: head(200, "Content-Length:") + mark + whole,
    "length and chunked": lambda mark, whole: head(200, f"Content-Length: {len(mark)}", CHUNKED) + chunks(mark) + whole,
    "chunked twice": lambda mark, whole: head(200, CHUNKED, CHUNKED) + chunks(mark) + whole,
    "chunked, not last": lambda mark, whole: head(200, "Transfer-Encoding: chunked, gzip") + chunks(mark) + whole,
    "an unknown coding": lambda mark, whole: head(200, "Transfer-Encoding: xchunked", f"Content-Length: {len(mark)}") + mark + whole,
    "chunked after a tab": lambda mark, whole: head(200, "Transfer-Encoding:\tchunked") + chunks(mark) + whole,
    "space before the colon": lambda mark, whole: head(200, "Transfer-Encoding : chunked", f"Content-Length: {len(mark)}") + mark + whole,
    "bad chunk size": lambda mark, whole: head(200, CHUNKED) + b"-5\r\n" + mark + whole,
    "chunk that overruns": lambda mark, whole: head(200, CHUNKED) + b"ffffffffffffffff0\r\n" + mark + whole,
    "chunk without its end": lambda mark, whole: head(200, CHUNKED) + b"%x\r\n%s" % (len(mark), mark) + whole,
    "chunk extension with LF": lambda mark, whole: head(200, CHUNKED) + b"%x;a\n%s\r\n" % (len(mark), mark) + b"0\r\n\r\n" + whole,
    "bytes behind the last chunk": lambda mark, whole: head(200, CHUNKED) + chunks(mark) + whole,
    "framing in a trailer": lambda mark, whole: head(200, CHUNKED) + chunks(mark, end=b"0\r\nContent-Length: 900\r\n\r\n") + whole,
    "no last chunk": lambda mark, whole: head(200, CHUNKED) + chunks(mark, end=b""),
    "some interim responses": lambda mark, whole: head(103, "Link: </a>") * 5 + sized(mark),
    "a flood of them": lambda mark, whole: head(103, "Link: </a>") * 400 + sized(mark) + whole,
    "interim with a body": lambda mark, whole: head(103, f"Content-Length: {len(whole)}") + whole + sized(mark),
    "100 that nobody awaits": lambda mark, whole: head(100) + sized(mark),
    "101 that nobody asked for": lambda mark, whole: head(101, "Upgrade: x", "Connection: upgrade") + whole,
    "204 with a body": lambda mark, whole: head(204, f"Content-Length: {len(whole)}") + whole,
    "304 with a body": lambda mark, whole: head(304, f"Content-Length: {len(whole)}") + whole,
    "304 alone": lambda mark, whole: head(304, 'ETag: "x"') + whole,
    "206 that nobody asked for": lambda mark, whole: sized(mark, "Content-Range: bytes 100-199/1000", status=206) + whole,
    "another version": lambda mark, whole: sized(mark).replace(b"HTTP/1.1", b"HTTP/2.0") + whole,
    "HTTP/1.0": lambda mark, whole: sized(mark).replace(b"HTTP/1.1", b"HTTP/1.0") + whole,
    "no head": lambda mark, whole: mark + whole,
    "bare LF": lambda mark, whole: sized(mark).replace(b"\r\n", b"\n") + whole,
    "bare CR": lambda mark, whole: head(200, f"X: a\rContent-Length: 0\rY: b", f"Content-Length: {len(mark)}") + mark + whole,
    "NUL in a field": lambda mark, whole: sized(mark, "X: a\0b") + whole,
    "folded line": lambda mark, whole: head(200, "X: a", " Content-Length: 0", f"Content-Length: {len(mark)}") + mark + whole,
    "closing, and more": lambda mark, whole: sized(mark, "Connection: close") + whole,
    "an empty line first": lambda mark, whole: b"\r\n" + sized(mark) + whole,
    "status of two digits": lambda mark, whole: sized(mark).replace(b" 200 ", b" 20 ") + whole,
    "connection names length": lambda mark, whole: sized(mark, "Connection: content-length") + whole,
    "too large a head": lambda mark, whole: sized(mark, "X: " + "x" * 200_000) + whole,
}
