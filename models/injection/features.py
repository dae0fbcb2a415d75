"""What the scorer sees: folded characters, segments, hashed n-grams. `injection/linear.rs` does the same, character by character."""

import re
import unicodedata
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

BITS = 18
GRAMS = (4,)
PRIME = np.uint32(0x01000193)
MIX = np.uint32(0x9E3779B1)
WORD_SALT = np.uint32(0x5BD1E995)
PAIR_PRIME = np.uint32(0x85EBCA6B)
TRIPLE_PRIME = np.uint32(0xC2B2AE35)
SEGMENT_MIN = 16
SEGMENT_SOFT = 160
SEGMENT_MAX = 200
PAD = 3

INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\u0300-\u036f\u20d0-\u20ff]|[\U000e0000-\U000e0fff]")
PLAIN = str.maketrans("\u2018\u2019\u201b\u2032\u201c\u201d\u201e\u201f\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u3002\uff61\u2044\u2215\u2236", "''''\"\"\"\"-------..//:")


SOURCE = Path(__file__).parents[2] / "crates/inspect/src/normal.rs"
TWINS = {ord(other): twin for twin, others in re.findall(r"\('(\w)', \"([^\"]+)\"\)", SOURCE.read_text(encoding="utf-8"))
         for other in re.sub(r"\\u\{(\w+)\}", lambda m: chr(int(m.group(1), 16)), others)}
MIXED = re.compile(r"\w*[A-Za-z0-9]\w*")


def normalise(text):
    """Nearly what `inspect::normal` does; the golden test holds the rest together."""
    if text.isascii():
        return text
    text = MIXED.sub(lambda word: word.group() if word.group().isascii() else word.group().translate(TWINS), text)
    text = unicodedata.normalize("NFC", text).translate(PLAIN)
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).replace("\u3002", ".")


def fold(codes):
    """Lower case, digits as one, white space as space; of simple scripts only, by arithmetic."""
    c = codes.astype(np.uint32).copy()
    def between(a, b):
        return (c >= a) & (c <= b)
    upper = between(0x41, 0x5A) | (between(0xC0, 0xDE) & (c != 0xD7)) | between(0x410, 0x42F) | between(0x391, 0x3A9)
    even = (between(0x100, 0x137) | between(0x14A, 0x177)) & (c % 2 == 0)
    early = between(0x400, 0x40F)
    c[upper] += 32
    c[early] += 80
    c[even] += 1
    c[between(0x30, 0x39)] = 0x30
    c[between(0x09, 0x0D)] = 0x20
    return c


def is_ideograph(c):
    return ((c >= 0x2E80) & (c < 0x3000)) | ((c >= 0x3040) & (c <= 0x9FFF)) | ((c >= 0xF900) & (c <= 0xFAFF)) | ((c >= 0x20000) & (c < 0x30000))


def is_word(c):
    """Letters and digits, roughly: everything beyond ASCII but punctuation and symbols."""
    ascii_word = ((c >= 0x61) & (c <= 0x7A)) | (c == 0x30) | (c == 0x5F)
    other = (c >= 0xAA) & (c != 0xAB) & (c != 0xB7) & (c != 0xBB) & (c != 0xBF) & (c != 0x60C) & (c != 0x61F) & (c != 0x964)
    return (ascii_word | (other & ~((c >= 0x2000) & (c <= 0x2BFF)) & ~((c >= 0x3000) & (c <= 0x303F)) & ~((c >= 0xFF00) & (c <= 0xFF0F)))) & ~is_ideograph(c)


ENDS = frozenset(".!?\u061f\u0964")


def segments(text):
    """Cuts a text into sentences, roughly: the places are characters of the text."""
    out, start, length, space = [], 0, 0, True
    n = len(text)
    for i, char in enumerate(text):
        blank = char in " \t\n\r\x0b\x0c"
        if blank and space:
            if char == "\n" and length >= SEGMENT_MIN:
                pass
            else:
                continue
        else:
            length += 1
        space = blank
        if length < SEGMENT_MIN:
            continue
        after = text[i + 1] if i + 1 < n else " "
        if (
            char == "\n"
            or (char in ENDS and (after in " \t\n\r\x0b\x0c" or after > "\x7f"))
            or (length >= SEGMENT_SOFT and blank)
            or length >= SEGMENT_MAX
        ):
            out.append(text[start : i + 1])
            start, length, space = i + 1, 0, True
    if length > 0:
        out.append(text[start:])
    return out


def matrix(pieces, chunk=20000):
    """A row of counts for each segment."""
    from scipy.sparse import vstack
    return vstack([_matrix(pieces[i : i + chunk]) for i in range(0, len(pieces), chunk)]).tocsr()


def _matrix(pieces):
    rows, codes = [], []
    for row, piece in enumerate(pieces):
        c = fold(np.frombuffer(piece.encode("utf-32-le", "surrogatepass"), dtype="<u4"))
        # One space for a run, one before and one after.
        c = np.concatenate([[0x20], c, [0x20]]).astype(np.uint32)
        keep = np.ones(len(c), bool)
        keep[1:] = ~((c[1:] == 0x20) & (c[:-1] == 0x20))
        c = c[keep]
        codes.append(np.concatenate([np.zeros(PAD, np.uint32), c]))
        rows.append(np.full(len(c) + PAD, row, np.int32))
    if not codes:
        return csr_matrix((0, 1 << BITS), dtype=np.float32)
    c, row = np.concatenate(codes), np.concatenate(rows)
    pad = np.zeros(len(c), bool)
    start = np.flatnonzero(np.diff(row, prepend=-1))
    for k in range(PAD):
        pad[start + k] = True
    real = ~pad
    shift = np.uint32(32 - BITS)
    ids, owners = [], []
    h = c.copy()
    for n in range(2, max(GRAMS) + 1):
        # h_n(i) = h_{n-1}(i-1) * P + c(i)
        h = np.concatenate([[np.uint32(0)], h[:-1]]) * PRIME + c
        if n in GRAMS:
            ids.append((h[real] * MIX) >> shift)
            owners.append(row[real])
    ids_w, owners_w = _words(c, row)
    ids.extend(ids_w)
    owners.extend(owners_w)
    ids, owners = np.concatenate(ids).astype(np.int32), np.concatenate(owners)
    m = csr_matrix((np.ones(len(ids), np.float32), (owners, ids)), shape=(len(pieces), 1 << BITS), dtype=np.float32)
    m.sum_duplicates()
    return m


def _words(c, row):
    """Hashes of words, pairs and triples of words; an ideograph is a word."""
    word, ideograph = is_word(c), is_ideograph(c)
    begin = ideograph | (word & ~np.concatenate([[False], word[:-1]]))
    token = word | ideograph
    first = np.flatnonzero(begin)
    if len(first) == 0:
        return [], []
    group = np.cumsum(begin) - 1
    inside = np.flatnonzero(token)
    g = group[inside]
    last = np.zeros(len(first), np.int64)
    np.maximum.at(last, g, inside)
    exponent = last[g] - inside
    powers = np.ones(int(exponent.max()) + 1, np.uint32)
    powers[1:] = PRIME
    powers = np.multiply.accumulate(powers, dtype=np.uint32)
    h = np.zeros(len(first), np.uint32)
    np.add.at(h, g, c[inside] * powers[exponent])
    owner = row[first]
    one = np.concatenate([[0], h[:-1]]).astype(np.uint32)
    two = np.concatenate([[0, 0], h[:-2]]).astype(np.uint32)[: len(h)]
    same1 = np.concatenate([[False], owner[1:] == owner[:-1]])
    same2 = np.concatenate([[False, False], owner[2:] == owner[:-2]])[: len(h)]
    one[~same1] = 0
    two[~same2] = 0
    shift = np.uint32(32 - BITS)
    unigram = ((h ^ WORD_SALT) * MIX) >> shift
    pair = one * PAIR_PRIME + h
    bigram = ((pair ^ WORD_SALT) * MIX) >> shift
    trigram = (((two * TRIPLE_PRIME + pair) ^ WORD_SALT) * MIX) >> shift
    return [unigram, bigram[same1], trigram[same2]], [owner, owner[same1], owner[same2]]
