"""Text to tokens, tokens to candidates, candidates to hashed features: the same arithmetic as crates/inspect/src/tagger.

Whatever is changed here must be changed there; the golden test of the crate compares the two.
"""

import numpy as np

LABELS = ["O", "PER", "ADR", "LOC", "ORG", "DAT", "NRP", "TTL", "MSC"]
FIRST_BITS, SECOND_BITS = 17, 14
MASK = 0xFFFFFFFFFFFFFFFF
# Gazetteer flags.
GIVEN, SURNAME, PLACE, STREET, ORG, COMMON, CUE = 1, 2, 4, 8, 16, 32, 64
# Shapes.
(PAD, PUNCT, OTHER, LOWER, TITLE, UPPER, LETTER, MIXED, JOINED_TITLE, JOINED_LOWER, DOTTED) = range(11)
DIGITS = 11  # 11 to 16: one to six and more
DATE_LIKE, NUMBER, ORDINAL, CODE, IDENT, HANDLE = 17, 18, 19, 20, 21, 22
TOKEN_BYTES_MAX = 40
GAP_BYTES_MAX = 32
PADS = 3
REACH = 3

FOLDS = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201b": "'", "\u2032": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2026": ".", "\u00ad": "", "\u200b": "", "\ufeff": "", "\ufe0f": "",
})


def hash32(data):
    h = 0x9E3779B97F4A7C15 ^ len(data)
    for at in range(0, len(data), 8):
        h = ((h ^ int.from_bytes(data[at:at + 8], "little")) * 0xFF51AFD7ED558CCD) & MASK
        h ^= h >> 32
    return h & 0xFFFFFFFF


def is_letter_beyond(c):
    """Letters of Latin, Greek and Cyrillic beyond ASCII; other scripts are not tagged."""
    o = ord(c)
    return (0xC0 <= o <= 0x24F and o not in (0xD7, 0xF7)) or 0x386 <= o <= 0x3FF or 0x400 <= o <= 0x52F \
        or 0x1E00 <= o <= 0x1EFF or o in (0xAA, 0xBA)


def is_ascii_alnum(c):
    return c.isascii() and c.isalnum()


def is_letter(c):
    return c.isascii() and c.isalpha() or is_letter_beyond(c)


def is_digit(c):
    return "0" <= c <= "9"


def is_word(c):
    return is_ascii_alnum(c) or c == "_" or is_letter_beyond(c)


def lower_of(text):
    return "".join("0" if is_digit(c) else c.lower() for c in text)


def joins(text, i, start):
    """Whether the sign at `i`, inside a word that began at `start`, belongs to the word."""
    c, before = text[i], text[i - 1]
    after = text[i + 1] if i + 1 < len(text) else ""
    further = text[i + 2] if i + 2 < len(text) else ""
    if not after:
        return False
    if c == "'":
        is_genitive = after in "sS" and not (further and is_word(further))
        return is_letter(before) and is_letter(after) and not is_genitive
    if c == "-" and is_letter(before) and is_letter(after):
        return True
    if c in "-/.:," and is_digit(before) and is_digit(after):
        return True
    if c == "." and is_letter(before) and is_letter(after):
        is_alone = i - 1 == start or text[i - 2] == "."
        return is_alone and not (further and is_word(further))
    return False


def shape_of(text, before, is_handle):
    if is_handle:
        return HANDLE
    if "_" in text:
        return IDENT
    digits = sum(map(is_digit, text))
    letters = sum(map(is_letter, text))
    if letters == 0:
        signs = [c for c in text if not is_digit(c)]
        if not signs:
            return DIGITS + min(digits, 6) - 1
        return DATE_LIKE if len(signs) == 2 and signs[0] == signs[1] and len(text) <= 10 else NUMBER
    uppers = sum(c.isupper() for c in text)
    if digits:
        if is_digit(text[0]):
            return ORDINAL
        return CODE if uppers == letters and len(text) <= 4 else IDENT
    if len(text) == 1:
        return LETTER if uppers else LOWER
    if "." in text:
        return DOTTED
    if letters < len(text):
        return JOINED_TITLE if text[0].isupper() else JOINED_LOWER
    if uppers == 0:
        return LOWER
    if uppers == letters:
        return UPPER
    return TITLE if uppers == 1 and text[0].isupper() else MIXED


def tokens(text):
    """(start, end, shape, newline before), offsets in characters; a PAD stands for what is too long to look over."""
    out = []
    i, n, gap_start, newline = 0, len(text), 0, True
    while i < n:
        c = text[i]
        if c in " \t\r\n":
            newline |= c == "\n"
            i += 1
            continue
        if i - gap_start > GAP_BYTES_MAX:
            out.append((i, i, PAD, False))
            newline = True
        start = i
        if is_word(c):
            i += 1
            while i < n and (is_word(text[i]) or joins(text, i, start)):
                i += 1
            before = text[start - 1] if start else ""
            after = text[i] if i < n else ""
            before2 = text[start - 2] if start > 1 else ""
            is_handle = before == "@" or after == "@" or before == "/" == before2
            shape = shape_of(text[start:i], before, is_handle)
        elif c.isascii():
            while i < n and text[i] == c:
                i += 1
            shape = PUNCT
        else:
            while i < n and not text[i].isascii() and not is_word(text[i]):
                i += 1
            shape = OTHER
        if len(text[start:i].encode()) > TOKEN_BYTES_MAX:
            out.append((start, i, PAD, False))
            newline = True
        else:
            out.append((start, i, shape, newline))
            newline = False
        gap_start = i
    return out


class Corpus:
    """Tokens of many texts as arrays, with pads between texts."""

    def __init__(self, gazetteer):
        self.gazetteer = gazetteer
        self.cache = {}
        self.word, self.shape, self.newline, self.gaz, self.pre, self.suf3, self.suf4, self.first = ([] for _ in range(8))
        self.label, self.start, self.end, self.doc = [], [], [], []
        self.docs = 0

    def _pad(self, count=PADS):
        for _ in range(count):
            self._put(0, PAD, 0, 0, (0, 0, 0, 0), 0, 0, 0)

    def _put(self, word, shape, newline, gaz, parts, label, start, end):
        self.word.append(word)
        self.shape.append(shape)
        self.newline.append(newline)
        self.gaz.append(gaz)
        self.pre.append(parts[0])
        self.suf3.append(parts[1])
        self.suf4.append(parts[2])
        self.first.append(parts[3])
        self.label.append(label)
        self.start.append(start)
        self.end.append(end)
        self.doc.append(self.docs)

    def word_of(self, text):
        known = self.cache.get(text)
        if known is None:
            is_word_ = is_word(text[0])
            low = (lower_of(text) if is_word_ else text).encode()
            h = hash32(low)
            gaz = self.gazetteer(h) if is_word_ else 0
            if gaz == 0 and is_word_ and b"-" in low:
                gaz = self.gazetteer(hash32(low.split(b"-")[0]))
            take = lambda data: int.from_bytes(data, "little")
            known = (h, gaz, (take(low[:3]), take(low[-3:]), take(low[-4:]), low[0]))
            self.cache[text] = known
        return known

    def add(self, text, spans=(), drop=None, unknown=False):
        """Adds a text with spans (start, end, label) in characters. `drop` may take gazetteer flags away."""
        text = text.translate(FOLDS) if not spans else text
        self._pad()
        spans = sorted(spans)
        at = 0
        for start, end, shape, newline in tokens(text):
            if shape == PAD:
                self._pad()
                continue
            word, gaz, parts = self.word_of(text[start:end])
            if drop is not None:
                gaz = drop(start, gaz)
            while at < len(spans) and spans[at][1] <= start:
                at += 1
            inside = at < len(spans) and spans[at][0] <= start
            label = LABELS.index(spans[at][2]) if inside else 0
            # In a text that nobody has labelled, a word that may be a name says nothing.
            if unknown and gaz & (GIVEN | SURNAME | PLACE) and not gaz & COMMON:
                label = -1
            self._put(word, shape, int(newline), gaz, parts, label, start, end)
        self.docs += 1

    def finish(self):
        self._pad()
        u32 = lambda values: np.array(values, dtype=np.uint32)
        self.word, self.shape, self.newline, self.gaz = map(u32, (self.word, self.shape, self.newline, self.gaz))
        self.pre, self.suf3, self.suf4, self.first = map(u32, (self.pre, self.suf3, self.suf4, self.first))
        self.label = np.array(self.label, dtype=np.int32)
        self.start, self.end, self.doc = map(np.array, (self.start, self.end, self.doc))
        self.strong = strong(self)
        self.active = active(self)
        return self


def shifted(values, by, fill=0):
    out = np.full_like(values, fill)
    if by > 0:
        out[:-by] = values[by:]
    elif by < 0:
        out[-by:] = values[:by]
    else:
        out[:] = values
    return out


STARTERS = np.array([ord(c) for c in '.!?:;"-*>#|'], dtype=np.uint32)


def strong(c):
    """Tokens that may be part of a name by themselves."""
    s, g = c.shape, c.gaz
    is_name = (g & (GIVEN | SURNAME | PLACE)) != 0
    is_common = (g & COMMON) != 0
    starts = (c.newline == 1) | (shifted(s, -1) == PAD) | ((shifted(s, -1) == PUNCT) & np.isin(shifted(c.first, -1), STARTERS))
    title = np.isin(s, [TITLE, JOINED_TITLE, MIXED])
    out = title & ~(is_common & ~is_name & starts)
    out |= (s == UPPER) & ~(is_common & ~is_name)
    next_dot = (shifted(s, 1) == PUNCT) & (shifted(c.first, 1) == ord("."))
    out |= (s == LETTER) & (~is_common | next_dot)
    out |= np.isin(s, [DOTTED, CODE])
    low = np.isin(s, [LOWER, JOINED_LOWER])
    # A cue that is a place is no cue, but a place so big that it is known when written small.
    after_cue = (shifted(g, -1) & (CUE | PLACE)) == CUE
    out |= low & ~is_common & (((g & (GIVEN | STREET)) != 0) | ((g & (CUE | PLACE)) == (CUE | PLACE)) | after_cue)
    return out


def active(c):
    """Tokens that are scored; all others are O."""
    a = c.strong
    near = a | shifted(a, -1, False) | shifted(a, -2, False) | shifted(a, 1, False)
    near |= shifted(a, 2, False) & (c.shape >= DIGITS) & (c.shape < DIGITS + 6)
    return near & ~np.isin(c.shape, [PAD, OTHER, IDENT, HANDLE])


def mixed(bits, salt, *values):
    x = np.uint32(salt * 0x9E3779B1 & 0xFFFFFFFF)
    x = np.broadcast_to(x, values[0].shape).copy()
    for value, prime in zip(values, (0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1, 0xD3A2646D)):
        x ^= value.astype(np.uint32) * np.uint32(prime)
        x *= np.uint32(0x01000193)
        x ^= x >> np.uint32(15)
    x *= np.uint32(0x9E3779B1)
    return x >> np.uint32(32 - bits)


def first_features(c):
    """Rows of the table for each token, from three tokens on either side."""
    at = lambda values, by: shifted(values, by)
    w = {k: at(c.word, k) for k in range(-3, 4)}
    sn_all = c.shape | (c.newline << np.uint32(5))
    sn = {k: at(sn_all, k) for k in range(-3, 4)}
    g = {k: at(c.gaz, k) for k in range(-2, 3)}
    cap = {k: (sn[k] & np.uint32(31)) for k in range(-2, 3)}
    gs = g[0] | (sn[0] << np.uint32(7))
    s3 = {k: at(c.suf3, k) for k in (-1, 0, 1)}
    rows = [
        (w[0],), (w[0], sn[0]), (w[-1],), (w[1],), (w[-2],), (w[2],), (w[-3],), (w[3],),
        (w[-1], w[0]), (w[0], w[1]),
        (c.pre, cap[0]), (s3[0], cap[0]), (c.suf4, cap[0]),
        (sn[-1], sn[0], sn[1]), (sn[-2], sn[-1], sn[0], sn[1], sn[2]), (sn[-3], sn[-2], sn[-1], sn[0]),
        (gs,), (g[-1], gs, cap[-1]), (gs, g[1], sn[1]), (g[-1], gs, g[1]), (g[-2], g[-1], gs, g[1], g[2]),
        (w[-1], gs), (w[1], gs), (w[-2], w[-1], cap[0]), (w[1], w[2], cap[0]),
        (s3[1], gs), (s3[-1], gs), (cap[0], w[-2]),
    ]
    return np.stack([mixed(FIRST_BITS, k + 1, *row) for k, row in enumerate(rows)], axis=1)


def second_features(c, labels, margins):
    """Rows for the second look: what the first look made of the token and its neighbours."""
    values = np.where(c.shape == PAD, 9, labels).astype(np.uint32)
    l = {k: shifted(values, k, 9) for k in range(-3, 4)}
    g, sn = c.gaz, c.shape | (c.newline << np.uint32(5))
    sn1 = shifted(sn, 1)
    own = l[0] | (margins.astype(np.uint32) << np.uint32(4))
    gs = g | (sn << np.uint32(7))
    rows = [
        (own,), (l[-1], own), (own, l[1]), (l[-1], own, l[1]), (l[-2], l[-1], l[0], l[1], l[2]),
        (l[-3], l[-2], l[-1], own), (own, l[1], l[2], l[3]), (gs, l[-1], l[1]), (gs, own), (c.word, l[-1]),
        (c.word, l[1]), (sn, sn1, l[-1], l[1]), (shifted(c.word, -1), l[-2], l[0]), (shifted(c.word, 1), l[2], l[0]),
    ]
    return np.stack([mixed(SECOND_BITS, k + 64, *row) for k, row in enumerate(rows)], axis=1)


def margin_of(scores):
    """How far the best label is ahead of the second: 0 to 3. Scores include O as 0 in the first column."""
    two = np.partition(scores, -2, axis=1)[:, -2:]
    ahead = two[:, 1] - two[:, 0]
    return np.digitize(ahead, MARGINS).astype(np.uint32)


# In units of the quantised table.
MARGINS = [24, 64, 128]
