"""Fields that are dear to read, each almost as long as a head may be."""

REQUEST, RESPONSE = 14_000, 110_000  # bytes: below the limits of heads


def filled(text, size):
    """That text again and again, with a number in it where it has room for one."""
    parts, length, number = [], 0, 0
    while length < size:
        part = text.format(number)
        parts.append(part)
        length += len(part)
        number += 1
    return "".join(parts)


def in_request(name, text, *more, size=REQUEST):
    return [f"{name}: {filled(text, size)}"], list(more)


# By name: request fields, and more of them that the ordinary one has too.
REQUESTS = {
    "names in Connection": in_request("Connection", "a,", *(f"X-{i}: y" for i in range(88))),
    "long names in Connection": in_request("Connection", "a{},", *(f"X-{i}: y" for i in range(88))),
    "codings": in_request("Accept-Encoding", "a{};q=0.5,"),
    "commas of codings": in_request("Accept-Encoding", ","),
    "languages": in_request("Accept-Language", "a-{};q=0.1,"),
    "directives": in_request("Cache-Control", "a{}=\"b\","),
    "cookies": in_request("Cookie", "a{}=b; "),
    "entity tags": in_request("If-None-Match", '"{}",'),
    "weak tags": in_request("If-Match", 'W/"{}",'),
    "ranges": (["Range: bytes=" + filled("{0}-{0},", REQUEST) + "0-0"], []),
    "overlapping ranges": (["Range: bytes=" + filled("0-,", REQUEST) + "0-0"], []),
    "hops": in_request("X-Forwarded-For", "10.0.0.1,"),
    "forwarded": in_request("Forwarded", 'for="[::1]";proto=http,'),
    "loops": in_request("CDN-Loop", "a{};b,"),
    "via": in_request("Via", "1.1 a{},"),
    "trace state": in_request("Tracestate", "a{}=b,"),
    "backslashes": in_request("Cache-Control", 'a="\\"'),
}

RESPONSES = {
    "directives of a target": [f"CDN-Cache-Control: {filled('a{}=1,', RESPONSE)}b"],
    "parameters of a target": [f"CDN-Cache-Control: max-age=600{filled(';a{}=1', RESPONSE)}"],
    "directives": [f"Cache-Control: {filled('a{}=b,', RESPONSE)}max-age=600"],
    "names in Vary": [f"Vary: {filled('X-{},', RESPONSE)}a"],
    "commas in Vary": [f"Vary: {filled(',', RESPONSE)}a"],
    "tags": [f"Surrogate-Key: {filled('a{} ', 60_000)}"],
    "spaces of tags": [f"Surrogate-Key: {filled(' ', 60_000)}a"],
    "groups": [f"Cache-Groups: {filled(chr(34) + 'a{}' + chr(34) + ',', 60_000)}" + '"a"'],
    "parameters that do not count": [f"No-Vary-Search: params=({filled(chr(34) + 'a{}' + chr(34) + ' ', RESPONSE)})"],
    "names in Connection": [f"Connection: {filled('a{},', RESPONSE)}b"],
    "links": [f"Link: {filled('</{}>;rel=preload,', RESPONSE)}</a>"],
    "codings": [f"Content-Encoding: {filled('a{},', RESPONSE)}b"],
    "hops of Cache-Status": [f"Cache-Status: {filled('a{};hit,', RESPONSE)}b"],
    "private names": ["Cache-Control: max-age=600, private=\"" + filled("x-{},", RESPONSE) + 'b"'],
}
