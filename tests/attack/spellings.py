"""One resource, spelt in many ways: RFC 3986 section 6.2 and RFC 9110 section 4.2.3 make them one; so do both schemes, and the
dot that ends a full name, to most origins."""
HOST = "larder.test"


class Spelling:
    """`target` and `host` as a client writes them, `fields` beside them; `url` as an operator would write the same."""

    def __init__(self, chance, path, query=""):
        https = chance.random() < 0.3
        scheme, port = ("https", ":443") if https else ("http", ":80")
        host = "".join(chance.choice([c, c.upper()]) for c in HOST) if chance.random() < 0.3 else HOST
        host += "." * (chance.random() < 0.25) + port * (chance.random() < 0.3)
        self.host, self.path = host, escaped(chance, path) + query
        self.fields = [f"X-Forwarded-Proto: {scheme}"] if https or chance.random() < 0.2 else []
        self.url = f"{scheme}://{host}{self.path}"
        self.target = self.url if chance.random() < 0.15 and not https else self.path


def escaped(chance, path):
    """Unreserved characters escaped or not, and dot segments."""
    out = ""
    for c in path:
        if c.isalnum() and chance.random() < 0.08:
            code = f"%{ord(c):02x}"
            out += chance.choice([code, code.upper()])
        elif c == "/" and out and chance.random() < 0.15:
            out += chance.choice(["/./", "/x/../", "/%2e/", "/y/%2E%2e/"])
        else:
            out += c
    return out
