"""What a request says of its user, and when a response that was made for one user may reach another: README, "Configuration",
and RFC 9111 sections 3.5, 4.2.2 and 5.2.2, RFC 9213 section 2.2, read once more and apart from Larder's code."""

# By field: what a user sends, and which directives say that the response is for everybody all the same.
EVERYBODY = {"public", "s-maxage", "must-revalidate"}
FIELDS = {"Authorization": ("Bearer {}", EVERYBODY), "Cookie": ("session={}", {"public", "s-maxage"}), "X-Api-Key": ("{}", EVERYBODY),
          "X-Auth-Token": ("{}", EVERYBODY), "Private-Token": ("{}", EVERYBODY), "Proxy-Authorization": ("Basic {}", EVERYBODY)}

TARGETS = ["Larder-Cache-Control", "CDN-Cache-Control", "Surrogate-Control"]
KNOWN = {"max-age", "s-maxage", "no-store", "no-cache", "private", "public", "must-revalidate", "proxy-revalidate", "must-understand",
         "stale-while-revalidate", "stale-if-error"}
FORBID = {"no-store", "private", "no-cache"}


class Policy:
    """What a response says of its reuse. `lines`: as the origin sends it."""

    def __init__(self, chance):
        pick, self.lines = chance.choice, []
        self.control = chance.sample(["max-age=600", "public", "private", "no-store", "no-cache", "s-maxage=600", "must-revalidate", "max-age=0",
                                      "immutable", "private=\"x-a\"", "proxy-revalidate", "no-transform"], pick([0, 0, 1, 1, 2, 3]))
        if self.control:
            self.lines.append(f"Cache-Control: {', '.join(self.control)}")
        self.targeted = {}
        for target in TARGETS:
            if chance.random() < 0.2:
                self.targeted[target] = chance.sample(['content="ESI/1.0"', "foo", "max-age=600", "public", "private", "no-store", "s-maxage=60",
                                                       "stale-while-revalidate=60", "x=?0", "must-revalidate"], pick([1, 1, 2]))
                self.lines.append(f"{target}: {', '.join(self.targeted[target])}")
        self.cookie = chance.random() < 0.2
        self.lines += ["Set-Cookie: session=new"] * self.cookie
        self.lines += ["Last-Modified: Tue, 01 Jan 2019 00:00:00 GMT"] * (chance.random() < 0.6) + ['ETag: "1"'] * (chance.random() < 0.3)
        self.lines += ["Vary: " + pick([*FIELDS, "X-Foo"])] * (chance.random() < 0.15)

    def effective(self):
        """The directives that count, and those that a target displaced."""
        control = names(self.control)
        for target in TARGETS:
            said = names(self.targeted.get(target, []))
            if said & KNOWN:
                return said, control
        return control, set()

    def for_everybody(self, field):
        """Whether a response to a request with that field may be given to others."""
        said, displaced = self.effective()
        if said & {"no-store", "private"} or self.cookie:
            return False
        explicit = said & {"max-age", "s-maxage", "stale-while-revalidate"}
        if displaced & FORBID and not explicit:
            return False
        return bool(said & FIELDS[field][1])


def names(directives):
    """Qualified directives count as unqualified, which is the default."""
    return {directive.split("=")[0] for directive in directives}


def identity(name, field):
    return f"{field}: {FIELDS[field][0].format(name)}"
