#!/usr/bin/env python3
"""Field values at random, as Larder's parsers read them and as the grammar says: 10,000 a parser.

    grammar.py READ_FIELDS [--count 10000] [--seed N]

The readings below are made from the ABNF of RFC 9110, 9111, 9651 and the W3C's trace context with regular expressions, and know
no code of Larder's. Values begin as right ones and are changed at random, so that about half of them are wrong in some small
way. Where a specification leaves a choice, Larder's is taken and named here."""
import argparse
import datetime
import random
import re
import subprocess
import sys

TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f]|\\[\t ])*"'
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
NOW = 1_800_000_000


def split(value):
    """Members of a list (RFC 9110 section 5.6.1): a comma in quotes does not separate, empty members do not count."""
    members, member, quoted, escaped = [], "", False, False
    for c in value:
        if c == "," and not quoted:
            members.append(member)
            member = ""
            continue
        if escaped:
            escaped = False
        elif quoted and c == "\\":
            escaped = True
        elif c == '"':
            quoted = not quoted
        member += c
    return [m.strip(" \t") for m in members + [member] if m.strip(" \t")]


# --- readings

def date(value):
    """RFC 9110 section 5.6.7; case is free (RFC 9111 section 4.2), the weekday may be any, a leap second is none."""
    times = r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)"
    short, long, month = "|".join(d[:3] for d in WEEKDAYS), "|".join(WEEKDAYS), "|".join(MONTHS)
    forms = [rf"(?P<w>{short}), (?P<d>\d\d) (?P<mon>{month}) (?P<y>\d{{4}}) {times} GMT",
             rf"(?P<w>{long}), (?P<d>\d\d)-(?P<mon>{month})-(?P<y>\d\d) {times} GMT",
             rf"(?P<w>{short}) (?P<mon>{month}) (?P<d>\d\d| \d) {times} (?P<y>\d{{4}})"]
    for form in forms:
        found = re.fullmatch(form, value, re.IGNORECASE | re.ASCII)
        if not found:
            continue
        year, given = int(found["y"]), found["y"]
        second = int(found["s"])
        if second == 60:
            second, leap = 59, 1
        else:
            leap = 0
        number = [m.lower() for m in MONTHS].index(found["mon"].lower()) + 1

        def at(y):
            return datetime.datetime(y, number, int(found["d"]), int(found["h"]), int(found["m"]), second, tzinfo=datetime.timezone.utc)

        try:
            if len(given) == 2:
                now = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
                limit = (now.year + 50, now.month, now.day, now.hour, now.minute, now.second)
                year = now.year // 100 * 100 + year + 100
                while (year, number, int(found["d"]), int(found["h"]), int(found["m"]), second) > limit:
                    year -= 100
            when = at(year)
        except ValueError:
            return "-"
        return str(int((when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)).total_seconds()) + leap)
    return "-"


def cache_control(value):
    """RFC 9111 section 5.2. Choices: the least of several numbers; a wrong number is 0 (section 4.2.1); a restriction counts also
    where it is ill-formed, a permission only where it is well-formed; a member that is neither makes all of it malformed."""
    flags = dict.fromkeys(["no-store", "public", "must-revalidate", "proxy-revalidate", "must-understand", "no-cache", "private", "malformed"],
                          False)
    numbers = dict.fromkeys(["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"])
    names = {"no-cache": [], "private": []}
    for member in split(value):
        good = re.fullmatch(rf"({TOKEN})(?:=({TOKEN}|{QUOTED}))?", member)
        name = member.split("=", 1)[0].strip(" \t").lower()
        argument = good and good[2]
        flags["malformed"] |= not good
        if argument and argument[0] == '"':
            argument = argument[1:-1]
        if name in numbers:
            number = min(int(argument), 2**31) if good and argument and re.fullmatch("[0-9]+", argument) else 0
            numbers[name] = number if numbers[name] is None else min(numbers[name], number)
        elif name in names:
            listed = [] if not argument else split(argument)
            right = []
            for one in listed:
                if not re.fullmatch(TOKEN, one):
                    break
                right.append(one.lower())
            names[name] += right
            flags[name] |= not listed or len(right) < len(listed)
        elif name == "public":
            flags[name] |= bool(good) and good[2] is None
        elif name in flags and name != "malformed":
            flags[name] = True
    out = "".join("01"[flag] for flag in flags.values())
    out += "".join(" " + ("-" if number is None else str(number)) for number in numbers.values())
    return out + "".join(" [" + "".join(name + "," for name in each) + "]" for each in names.values())


def ranges(value):
    """RFC 9110 section 14 for 100 bytes. Choices: more than 16 ranges, or ranges that overlap, are not honoured (section 14.2)."""
    found = re.fullmatch(r"bytes=(.*)", value, re.IGNORECASE | re.DOTALL)
    members = split(found[1]) if found else []
    if not members or len(members) > 16:
        return "whole"
    selected = []
    for member in members:
        spec = re.fullmatch(r"([0-9]+)-([0-9]*)|-([0-9]+)", member)
        if not spec or (spec[2] and int(spec[2]) < int(spec[1])):
            return "whole"
        if spec[3]:
            first, last = max(0, 100 - int(spec[3])), 99
        else:
            first, last = int(spec[1]), min(99, int(spec[2] or 99))
        if first > 99:
            continue
        if any(a <= last and first <= b for a, b in selected):
            return "whole"
        selected.append((first, last))
    return "".join(f"{a}-{b} " for a, b in selected) or "unsatisfiable"


def content_range(value):
    """RFC 9110 section 14.4, of bytes that are there. Choice: positions below 2^62, a length that 64 bits hold."""
    found = re.fullmatch(r"bytes ([0-9]+)-([0-9]+)/(\*|[0-9]+)", value, re.IGNORECASE)
    if not found:
        return "none"
    first, last, complete = int(found[1]), int(found[2]), None if found[3] == "*" else int(found[3])
    if last < first or last >= 2**62 or (complete or 0) >= 2**64 or (complete is not None and last >= complete):
        return "none"
    return f"{first} {last} {'-' if complete is None else complete}"


KEY = r"[a-z*][a-z0-9_\-.*]*"
SF_STRING = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
SF_NUMBER = r"-?(?:[0-9]{1,12}\.[0-9]{1,3}|[0-9]{1,15}(?![0-9]*\.))"
SF_TOKEN = r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*"
SF_BYTES = r":[A-Za-z0-9+/=]*:"
SF_ITEM = rf"(?:{SF_STRING}|{SF_NUMBER}|{SF_TOKEN}|{SF_BYTES}|\?[01])"
PARAMETERS = rf"(?:; *{KEY}(?:={SF_ITEM})?)*"
INNER = rf"\( *(?:{SF_ITEM}{PARAMETERS}(?: +{SF_ITEM}{PARAMETERS})* *)?\)"


def unquoted(text):
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def string_list(value):
    """RFC 9651 section 3.1, of strings alone."""
    member = rf"{SF_STRING}{PARAMETERS}"
    value = value.strip(" ")
    if not value:
        return "list"
    if not re.fullmatch(rf"{member}(?:[ \t]*,[ \t]*{member})*[ \t]*", value):
        return "none"
    out, rest = "list", value
    while rest:
        found = re.match(rf"({SF_STRING}){PARAMETERS}[ \t]*,?[ \t]*", rest)
        out += " " + unquoted(found[1]).encode("latin-1").hex() + "."
        rest = rest[found.end():]
    return out


def dictionary(value):
    """RFC 9651 section 3.2 as far as RFC 8941 had it."""
    value = value.strip(" ")
    member = rf"({KEY})(?:=({SF_ITEM}|{INNER}))?{PARAMETERS}"
    if not value:
        return "dictionary"
    plain = member.replace("(" + KEY + ")", KEY).replace(f"=({SF_ITEM}|{INNER})", f"=(?:{SF_ITEM}|{INNER})")
    if not re.fullmatch(rf"{plain}(?:[ \t]*,[ \t]*{plain})*[ \t]*", value):
        return "none"
    members, rest = {}, value
    while rest:
        found = re.match(rf"{member}[ \t]*,?[ \t]*", rest)
        key, item = found[1], found[2]
        members.pop(key, None)
        kind, integer, text, texts = 4, 0, "", []
        if item is None:
            kind, integer = 0, 1
        elif item[0] == "?":
            kind, integer = 0, int(item[1])
        elif item[0] == '"':
            kind, text = 2, unquoted(item)
        elif item[0] == "(":
            inside = re.findall(rf"(?:^\( *| )({SF_ITEM}){PARAMETERS}", item)
            if all(one[0] == '"' for one in inside):
                kind, texts = 3, [unquoted(one) for one in inside]
        elif item[0] != ":" and not re.fullmatch(SF_NUMBER, item):
            kind, text = 2, item
        elif re.fullmatch(r"-?[0-9]+", item):
            kind, integer = 1, int(item)
        members[key] = f"{key}:{kind}:{integer}:{text.encode('latin-1').hex()}" + "".join("/" + t.encode("latin-1").hex() for t in texts)
        rest = rest[found.end():]
    return "dictionary" + "".join(" " + one for one in members.values())


def vary(value):
    """RFC 9110 section 12.5.5; what is no field name matches nothing."""
    names = []
    for member in split(value):
        if member == "*" or not re.fullmatch(TOKEN, member):
            return "nothing matches"
        if member.lower() not in names:
            names.append(member.lower())
    return "names" + "".join(" " + name for name in names)


def languages(value):
    """RFC 9110 section 12.5.4 in the form of Larder's own: the preferred first, then by name."""
    found = []
    for member in split(value):
        one = re.fullmatch(r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?", member)
        if not one or one[1].lower() in [name for name, _ in found]:
            return "as it is"
        found.append((one[1].lower(), round(float(one[2] or 1) * 1000)))
    found.sort(key=lambda each: (-each[1], each[0]))

    def weight(q):
        return "" if q == 1000 else ";q=" + (f"{q / 1000:.3f}".rstrip("0").rstrip(".") if q else "0")

    return "languages " + ", ".join(name + weight(q) for name, q in found)


def none_match(value):
    """RFC 9110 section 13.1.2 against the stored W/"a,b". Choice: members that are no entity-tags are passed over."""
    if value == "*":
        return "304"
    rest, found = value, False
    while rest:
        tag = re.match(r'(W/)?"[^"]*"[^,]*', rest)
        piece = tag[0] if tag else rest.split(",", 1)[0]
        if re.fullmatch(r'(W/)?"a,b"', piece.strip(" \t")):
            found = True
        rest = rest[len(piece):]
        rest = rest[1:] if rest[:1] == "," else rest
        rest = rest.strip(" \t")
    return "304" if found else "200"


def traceparent(value):
    found = re.fullmatch(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?", value, re.DOTALL)
    good = found and found[1] != "ff" and found[2].strip("0") and found[3].strip("0") and (found[1] != "00" or found[4] is None)
    return "yes" if good else "no"


# --- values

SEEDS = {
    "date": (date, ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Fri, 31 Dec 1999 23:59:59 GMT",
                    "Friday, 15-Jan-27 08:00:00 GMT", "Sat Jan  1 00:00:00 2000", "Tue, 29 Feb 2028 12:00:00 GMT", "Sunday, 15-Jan-77 08:00:00 GMT"]),
    "cache-control": (cache_control, ["max-age=60", "no-store", "no-cache=\"a, b\"", "private=\"set-cookie\"", "public, max-age=0, s-maxage=99999999999",
                                      "must-revalidate,proxy-revalidate", "max-age=\"10\", max-age=5", "foo=\"x, max-age=1\", stale-if-error=7",
                                      "stale-while-revalidate=30, must-understand, no-store", "private, no-cache=a"]),
    "range": (ranges, ["bytes=0-4", "bytes=-5", "bytes=90-", "bytes=0-1,5-9, 20-30", "bytes=500-600", "BYTES=1-1", "bytes=0-99999999999999999999",
                       "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30"]),
    "content-range": (content_range, ["bytes 0-4/10", "bytes 5-9/*", "bytes 0-0/1", "BYTES 10-20/1000", "bytes 100-200/201"]),
    "string-list": (string_list, ['"a", "b c"', '"a\\"b"', '"a";p=1, "b";q', '""', ' "x" ', '"a"\t,"b"']),
    "dictionary": (dictionary, ["max-age=60, no-store", 'a="x y", b=tok/en:1, c=?0, d=1.5', "params=(\"a\" \"b\");x, key-order", "a=(1 \"b\" c), d=:YQ==:",
                                "a=1, a=2", "*x=-7;p=\"q\", y_.-*=()", "a=( \"x\"  \"y\";z=1 )"]),
    "vary": (vary, ["Accept", "a, B,c", "*", "a, *", "accept-encoding,Accept-Encoding", ""]),
    "languages": (languages, ["en", "de-CH, de;q=0.9, *;q=0.1", "EN;q=1.000,fr ; Q=0.5", "en;q=0", "zh-Hant-TW;q=0.123, pt-BR"]),
    "if-none-match": (none_match, ['"a,b"', 'W/"a,b"', '"x", W/"a,b", "y"', "*", '"a","b"', '"a,b', 'W/"a,bc"']),
    "traceparent": (traceparent, ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                                  "00-00000000000000000000000000000000-00f067aa0ba902b7-01"]),
}
LETTERS = " \t,;=\"\\-*/()?:.+%aAbzZqQ0159_'~\x7f\xe9"


def changed(chance, value):
    """One to three small changes, or none."""
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
        at = chance.randint(0, len(value))
        kind = chance.random()
        if kind < 0.4:
            value = value[:at] + chance.choice(LETTERS) + value[at:]
        elif kind < 0.7:
            value = value[:at] + value[at + 1:]
        elif kind < 0.9:
            value = value[:at] + chance.choice(LETTERS) + value[at + 1:]
        else:
            value = value[:at] + value[chance.randint(0, at):]
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("read_fields")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=9110)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    asked = []
    for name, (reading, seeds) in SEEDS.items():
        for _ in range(given.count):
            value = changed(chance, chance.choice(seeds))
            if chance.random() < 0.2:
                value += chance.choice([", ", ","]) + changed(chance, chance.choice(seeds))
            asked.append((name, value.strip(" \t")))
    lines = "".join(f"{name}\t{value.encode('latin-1').hex()}\n" for name, value in asked)
    answers = subprocess.run([given.read_fields], input=lines, capture_output=True, text=True, check=True).stdout.split("\n")
    differ = {}
    for (name, value), answer in zip(asked, answers):
        expected = SEEDS[name][0](value)
        if answer.rstrip() != expected.rstrip():
            differ.setdefault(name, []).append(f"{value!r}: read as {answer!r}, by the grammar {expected!r}")
    for name in SEEDS:
        print(f"{name}: {len(differ.get(name, []))} of {given.count} differ")
        for line in differ.get(name, [])[:8]:
            print("  " + line)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
