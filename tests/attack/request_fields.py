"""The request fields that an origin may look at, values for them, and what a hostile client makes of both."""

# Fields of which RFC 9110 and its kin make a list: there, white space around commas means nothing.
LISTS = {"accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection", "te", "trailer", "upgrade", "via",
         "forwarded", "x-forwarded-for", "prefer", "want-digest", "cdn-loop", "pragma", "expect", "access-control-request-headers", "tracestate",
         "if-match", "if-none-match", "sec-ch-ua", "a-im", "vary", "link", "surrogate-capability", "x-forwarded-proto", "x-forwarded-host"}

# Larder writes these itself, by who the client is and which way the request came.
WRITTEN = ["X-Forwarded-For", "Forwarded", "Via", "CDN-Loop", "Traceparent"]

ORDINARY = """Accept Accept-Charset Accept-Datetime Accept-Encoding Accept-Language Accept-Version A-IM Access-Control-Request-Headers
Access-Control-Request-Method Alt-Used Content-Language Content-Type Date Depth Destination DNT Early-Data From If-Unmodified-Since Link
Max-Forwards Origin Overwrite Pragma Prefer Priority Profile Purpose Referer Rsc Save-Data Sec-CH-UA Sec-Fetch-Dest Sec-Purpose Service-Worker
SOAPAction Timeout Tracestate Baggage Upgrade-Insecure-Requests User-Agent Want-Digest X-Requested-With X-Request-ID X-Wap-Profile
X-Api-Version X-Foo X-Tenant Next-Router-Prefetch X-Nextjs-Data""".split()

# Say who the client is, or that the request is another than it is.
CLAIMS = """X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Scheme X-Forwarded-Server X-Forwarded-SSL X-Forwarded
X-Forwarded-By X-Host X-Original-URL X-Rewrite-URL X-Original-Host X-Real-IP X-Client-IP X-Cluster-Client-IP X-ProxyUser-IP Client-Cert
Client-Cert-Chain X-Client-Cert SSL-Client-Cert X-SSL-Client-Verify X-HTTP-Method-Override X-HTTP-Method X-Method-Override Proxy X-Original-URI
X-Forward-Host X-HTTP-Host-Override X-Scheme Front-End-Https True-Client-IP CF-Connecting-IP X-Accel-Mapping X-Middleware-Subrequest""".split()

OTHER_CLAIMS = """CF-Visitor Client-IP Fastly-Client-IP Fastly-SSL Proxy-Host X-Arr-SSL X-Azure-ClientIP X-Backend-Host X-Dev-IP X-Forward-For
X-Forward-Proto X-Host-Override X-Invoke-Path X-Matched-Path X-Now-Route-Matches X-Originating-IP X-Proxy-Host X-Remote-Addr X-Remote-IP
X-Server-Name X-SSL X-Url-Scheme Base-Url Http-Host Request-Uri Script-Name Surrogate-Capability""".split()

ALL = ORDINARY + CLAIMS + OTHER_CLAIMS + WRITTEN

# What a strategy may have in its key, and what `unkeyed_fields: drop` lets pass all the same.
KEYS = """Accept Accept-Version DNT Origin Referer Save-Data Sec-CH-UA User-Agent X-Api-Version X-Foo X-Requested-With X-Tenant
X-Forwarded-For Prefer""".split()
DECLARED = "Accept-Encoding Accept-Language Content-Language Content-Type If-Unmodified-Since Pragma".split() + WRITTEN

VALUES = {"Accept-Encoding": ["gzip", "br, gzip", "gzip;q=0.5, br", "identity"], "Accept-Language": ["de", "en, de;q=0.5", "fr-CH, fr;q=0.9"],
          "Accept": ["text/html", "application/json, text/html;q=0.5", "*/*"], "Origin": ["https://a.example", "null"],
          "User-Agent": ["Mozilla/5.0 (X11) Gecko (KHTML, like Gecko) Safari", "curl/8"], "Max-Forwards": ["3", "0"], "Prefer": ["wait=1, return=minimal"],
          "Traceparent": ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], "CDN-Loop": ["other"], "Via": ["1.1 a, 1.0 b"]}


def values(chance, name):
    """What an ordinary client sends of it: no line, one, or rarely two."""
    choices = VALUES.get(name, ["a", "a, b", "a b", "x=1; y=2"])
    return chance.choices([[], [chance.choice(choices)], [chance.choice(choices), chance.choice(choices)]], [4, 12, 1])[0]


def odd_case(chance, text):
    return "".join(chance.choice([c.lower(), c.upper()]) for c in text)


def underscored(chance, name):
    """The name with one dash, or all of them, as underscores: what CGI makes the same."""
    dashes = [at for at, c in enumerate(name) if c == "-"]
    if not dashes:
        return name + "_"
    if chance.random() < 0.5:
        return name.replace("-", "_")
    at = chance.choice(dashes)
    return name[:at] + "_" + name[at + 1:]


def split(chance, lines):
    """One line cut in two, at a comma if it has one."""
    if not lines:
        return ["", ""]
    at = chance.randrange(len(lines))
    head, comma, rest = lines[at].partition(chance.choice([",", ", "]))
    return [*lines[:at], head, rest if comma else "", *lines[at + 1:]]


def spaced(chance, lines):
    return [chance.choice(["", " ", "\t", "  "]) + line.replace(",", chance.choice([" ,", ",  ", ",\t", ", ,"])) + chance.choice(["", " ", "\t"])
            for line in lines]


EVIL = "evil"
MUTATIONS = {
    "none": lambda chance, name, lines: [(name, line) for line in lines],
    "absent": lambda chance, name, lines: [],
    "other": lambda chance, name, lines: [(name, EVIL)],
    "empty": lambda chance, name, lines: [(name, "")],
    "joined": lambda chance, name, lines: [(name, chance.choice([", ", ","]).join(lines))],
    "split": lambda chance, name, lines: [(name, line) for line in split(chance, lines)],
    "appended line": lambda chance, name, lines: [(name, line) for line in [*lines, EVIL]],
    "line before": lambda chance, name, lines: [(name, line) for line in [EVIL, *lines]],
    "twice": lambda chance, name, lines: [(name, line) for line in lines * 2],
    "empty line": lambda chance, name, lines: [(name, line) for line in chance.choice([["", *lines], [*lines, ""]])],
    "comma": lambda chance, name, lines: [(name, chance.choice(["," + line, line + ",", line + ", ,"])) for line in lines],
    "spaced": lambda chance, name, lines: [(name, line) for line in spaced(chance, lines)],
    "case of value": lambda chance, name, lines: [(name, odd_case(chance, line)) for line in lines],
    "case of name": lambda chance, name, lines: [(odd_case(chance, name), line) for line in [*lines, EVIL]],
    "quoted": lambda chance, name, lines: [(name, f'"{line}"') for line in lines],
    "obs-text": lambda chance, name, lines: [(name, line + "\xe9") for line in lines or [""]],
    "underscore": lambda chance, name, lines: [*((name, line) for line in lines), (underscored(chance, name), EVIL)],
    "underscore before": lambda chance, name, lines: [(underscored(chance, name), EVIL), *((name, line) for line in lines)],
    "markup": lambda chance, name, lines: [(name, (lines or [""])[0] + '"><script>')],
}


def connection(chance, name):
    """Lines of Connection that name the field, plainly or not."""
    written = chance.choice([name, name.lower(), odd_case(chance, name)])
    return chance.choice([[written], [f"close, {written}"], ["keep-alive", written], [f"x,\t{written} ,"], [written.replace("-", "_"), written]])
