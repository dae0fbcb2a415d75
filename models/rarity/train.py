#!/usr/bin/env python3
"""Trains the rarity model of secrets: how surprising a string is as an ordinary word, identifier or path.

    python3 models/rarity/train.py              writes models/rarity/rarity.bin and prints what it learnt from

The text is Python's own standard library with its tests and documentation (PSF licence), which is on every machine that
has Python: identifiers, comments, prose. Nothing else is read and nothing is downloaded, so the same Python version gives
the same table. Only the standard library is needed.

The table: one byte for each of 39 * 39 * 39 symbol triples, the cost of the third after the first two in sixteenths
of a bit (-log2 of its probability, at most 15.9). Symbols: 26 letters without case, 10 digits, a separator (any other
character), a hump (an upper-case letter after a lower-case letter or digit), the border of the string.
"""

import collections
import math
import pathlib
import re
import sysconfig

SIZE = 39
SEPARATOR, HUMP, BORDER = 36, 37, 38
WORD = re.compile(r"[A-Za-z0-9_]{2,40}(?:[-./][A-Za-z0-9_]{1,40}){0,4}")
HEX = re.compile(r"[0-9a-fA-F]{12,}")


def symbols(text):
    """The symbols of a string, as `rarity.rs` makes them."""
    out, before = [], ""
    for c in text:
        if c.isascii() and c.isalpha():
            if c.isupper() and (before.islower() or before.isdigit()):
                out.append(HUMP)
            out.append(ord(c.lower()) - 97)
        elif c.isascii() and c.isdigit():
            out.append(26 + int(c))
        else:
            out.append(SEPARATOR)
        before = c
    return out


def is_ordinary(word):
    """Test data in the sources is full of digests and encoded bytes: they must not be learnt as ordinary."""
    digits = sum(c.isdigit() for c in word)
    changes = sum(a.isdigit() != b.isdigit() for a, b in zip(word, word[1:]))
    return not HEX.search(word) and digits * 3 <= len(word) + 4 and changes <= 4 and len(word) <= 48


def read():
    words = collections.Counter()
    root = pathlib.Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in sorted(root.rglob("*")) if path.suffix in {".py", ".txt", ".html", ".rst"}]
    files = [path for path in files if "site-packages" not in path.parts and "encodings" not in path.parts]
    for path in files:
        for line in path.read_text("utf-8", "ignore").splitlines():
            # A line without spaces that is long is data.
            if len(line.strip()) > 70 and " " not in line.strip():
                continue
            words.update(word for word in WORD.findall(line) if is_ordinary(word))
    return len(files), words


def train(words):
    three, two, one = (collections.Counter() for _ in range(3))
    for word, count in words.items():
        weight = 1 + math.log2(count)
        line = [BORDER, BORDER, *symbols(word), BORDER]
        for a, b, c in zip(line, line[1:], line[2:]):
            three[a, b, c] += weight
            two[b, c] += weight
            one[c] += weight
    return three, two, one


def costs(three, two, one):
    """Each level mixed with the one below by how many different symbols follow (Witten and Bell, 1991)."""
    total = sum(one.values())
    p1 = [(one[c] + 1) / (total + SIZE) for c in range(SIZE)]
    p2 = {}
    for b in range(SIZE):
        seen, kinds = sum(two[b, c] for c in range(SIZE)), sum((b, c) in two for c in range(SIZE))
        for c in range(SIZE):
            p2[b, c] = (two[b, c] + kinds * p1[c]) / (seen + kinds) if seen else p1[c]
    table = bytearray()
    for a in range(SIZE):
        for b in range(SIZE):
            row = [three.get((a, b, c), 0) for c in range(SIZE)]
            seen, kinds = sum(row), sum(count > 0 for count in row)
            for c in range(SIZE):
                p = (row[c] + kinds * p2[b, c]) / (seen + kinds) if seen else p2[b, c]
                table.append(min(255, round(-math.log2(p) * 16)))
    return bytes(table)


def main():
    files, words = read()
    table = costs(*train(words))
    target = pathlib.Path(__file__).with_name("rarity.bin")
    target.write_bytes(table)
    print(f"{files} files, {len(words)} different words, {sum(words.values())} in all; {len(table)} bytes")


if __name__ == "__main__":
    main()
