"""Seeded changes to valid files: what damage, other programs and hostile people make of them."""

import copy
import json
import random

TEXTS = [
    "", " ", "\x00", "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\u202eevil", "\ud800", "\udfff",
    "a\nb", "\r", "[/bold]", "[red]", ":boom:", "x" * 400, "é" * 5000, "../../x", "/", "~", "%s",
    "NaN", "1e999", "²", "٣", "=1+1", "\ufeff", "\U000e0041", "\u2028", "-1", "0x10",
    "a\u0301\u0323" * 3000,
]  # fmt: skip
NUMBERS = [0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**19, 10**25, 10**400, 1.5, -0.0, 1e308,
           5e-324, 10**7, 10**12]  # fmt: skip


class Raw(str):
    """JSON text that `json.dumps` would not write."""


RAWS = ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "[" * 200 + "]" * 200, '{"a":' * 90,
        "[" * 20_000, "1" + "0" * 100_000, '"\\ud800"', "nul", "'x'", "{1: 2}", "[1,]"]  # fmt: skip


def hostile(rng):
    """A value of any type."""
    kind = rng.randrange(10)
    if kind < 4:
        return rng.choice(TEXTS)
    if kind < 6:
        return rng.choice(NUMBERS)
    if kind == 6:
        return rng.choice([None, True, False, [], {}, [[]], {"": None}])
    if kind == 7:
        return [hostile(rng) for _ in range(rng.randrange(4))]
    if kind == 8:
        return {rng.choice(TEXTS): hostile(rng) for _ in range(rng.randrange(4))}
    return Raw(rng.choice(RAWS))


def places(value, at=()):
    """The paths to everything in a JSON value, itself included."""
    yield at
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(child, (*at, key))


def change_value(value, rng):
    """A JSON value with another value, key or length somewhere in it."""
    value = copy.deepcopy(value)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        where = rng.choice(list(places(value)))
        if not where:
            if rng.random() < 0.2:
                value = hostile(rng)
            continue
        parent = value
        for key in where[:-1]:
            parent = parent[key]
        key, kind = where[-1], rng.randrange(6)
        if kind == 0:
            del parent[key]
        elif kind == 1 and isinstance(parent, dict):
            parent[rng.choice(TEXTS)] = parent.pop(key)
        elif kind == 1:
            parent.append(copy.deepcopy(parent[key]))
        elif kind == 2 and isinstance(parent, dict):
            parent[rng.choice(TEXTS)] = hostile(rng)
        else:
            parent[key] = hostile(rng)
        if isinstance(value, Raw):
            break
    return value


def to_json(value):
    """JSON, with `Raw` texts as they are."""
    raws = []

    def plain(one):
        if isinstance(one, Raw):
            raws.append(str(one))
            return f"raw-{len(raws) - 1}-raw"
        if isinstance(one, dict):
            return {k: plain(v) for k, v in one.items()}
        return [plain(v) for v in one] if isinstance(one, list) else one

    text = json.dumps(plain(value))
    for i, raw in enumerate(raws):
        text = text.replace(f'"raw-{i}-raw"', raw)
    return text


def change_json(content, rng):
    return to_json(change_value(json.loads(content), rng)).encode()


def change_jsonl(content, rng):
    lines = content.splitlines()
    for _ in range(rng.choice([1, 2, 4])):
        i = rng.randrange(len(lines))
        lines[i] = rng.choice([change_json(lines[i], rng), lines[i - 1], b"", b"[]", b"{}"])
        if b"\n" in lines[i]:
            lines[i] = b"{}"
        try:
            json.loads(lines[i])
        except (ValueError, RecursionError):
            break
    return b"\n".join(lines)


def change_cells(content, rng, comma=","):
    """Cells of a text table, or words of a list."""
    rows = [line.split(comma) for line in content.decode().split("\n")]
    for _ in range(rng.choice([1, 2, 5])):
        row = rng.choice(rows)
        kind = rng.randrange(6)
        if kind == 0:
            row.append("")
        elif kind == 1:
            row.pop(rng.randrange(len(row)))
        elif kind == 2:
            rows.append(list(row))
        else:
            word = hostile(rng)
            row[rng.randrange(len(row)) if row else 0 :][:1] = []
            row.insert(rng.randrange(len(row) + 1), f'"{word}"' if kind == 3 else str(word)[:9000])
        rows = [r for r in rows if r] or [[""]]
    return "\n".join(comma.join(row) for row in rows).encode("utf-8", "surrogatepass")


def change_bytes(content, rng):
    """Truncated, flipped, repeated, moved or replaced bytes."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        if not data:
            return b""
        at = rng.randrange(len(data))
        kind = rng.randrange(7)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.choice([0, 0xFF, 0x7F, 0x80, ord('"'), ord("{"), ord("\n"), 0x1B])
        elif kind == 2 and rng.random() < 0.3:
            del data[at:]
        elif kind == 3:
            del data[at : at + rng.choice([1, 4, 64])]
        elif kind == 4:
            data[at:at] = data[at : at + rng.choice([1, 8, 200])]
        elif kind == 5:
            data[at : at + 8] = rng.choice([b"\xff" * 8, b"\0" * 8, b"\x7f" + b"\xff" * 7])
        else:
            data[at:at] = rng.choice(["\x1b[2J", "\u202e", "\x9b", "NaN", "\\ud800"])\
                .encode()  # fmt: skip
    return bytes(data)


def change_length(content, rng):
    """A wrong length or a wrong word in the JSON header of a safetensors file."""
    size = int.from_bytes(content[:8], "little")
    if rng.random() < 0.2:
        size = rng.choice([0, 1, size + 1, 2**31, 2**63, len(content)])
        return size.to_bytes(8, "little") + content[8:]
    header = change_json(content[8 : 8 + size], rng)
    return len(header).to_bytes(8, "little") + header + content[8 + size :]


def random_of(name, number):
    """The generator of one input: the same in every run."""
    return random.Random(f"{name} {number}")
