"""The phrases of `injection/cues.rs` and their score, as `injection/mod.rs` computes it."""

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "crates/inspect/src/injection/cues.rs"
WINDOW_BYTES, WINDOW_CUES_MAX = 400, 24


def read_cues():
    text = SOURCE.read_text(encoding="utf-8")
    cues = []
    for group, body in re.findall(r"\(Group::(\w+), &\[(.*?)\]\)", text, re.S):
        for word in re.findall(r'"((?:[^"\\]|\\.)*)"', body):
            word = word.replace("\\n", "\n").replace('\\"', '"').encode()
            cues.append((group, lower(word)))
    return cues


def lower(raw):
    return raw.translate(LOWER)


LOWER = bytes(c + 32 if 65 <= c <= 90 else c for c in range(256))
CUES = read_cues()


def score(text):
    """From 0 to 1."""
    raw = lower(text.encode())
    found = []
    for group, word in CUES:
        at = raw.find(word)
        while at >= 0:
            begins = not (chr(raw[at]).isascii() and chr(raw[at]).isalpha()) or at == 0 or not (chr(raw[at - 1]).isalnum() and raw[at - 1] < 128 or raw[at - 1] == 95)
            if begins:
                found.append((at, at + len(word), group))
            at = raw.find(word, at + 1)
    found.sort()
    best = 0.0
    for i, first in enumerate(found):
        window = [first]
        for cue in found[i + 1 : i + 1 + WINDOW_CUES_MAX]:
            if cue[0] >= first[0] + WINDOW_BYTES:
                break
            window.append(cue)
        left, seen = 1.0, set()
        for signal, weight in signals(raw, window):
            if signal not in seen:
                seen.add(signal)
                left *= 1.0 - weight
        best = max(best, 1.0 - left)
    return best


SINGLE = {"Hidden": (3, 0.15), "Persona": (4, 0.35), "Unbound": (5, 0.55), "Announce": (6, 0.3), "Frame": (7, 0.4),
          "Address": (8, 0.35), "Stealth": (9, 0.6), "Send": (10, 0.35)}


def signals(raw, window):
    out = []
    for i, (start, end, group) in enumerate(window):
        def near(other, reach):
            return any(g == other and s <= end + reach and not re.search(rb"[.?!][ \n]", raw[end:s]) for s, _, g in window[i + 1 :])
        if group == "Undo":
            prior, orders = near("Prior", 40), near("Orders", 60)
            out.append((0, 0.9 if prior and orders else 0.5 if orders else 0.3 if prior else 0.05))
        elif group.startswith("Foreign"):
            def has(other):
                return any(g == other and abs(s - start) <= 90 for s, _, g in window)
            if has("ForeignUndo") and has("ForeignOrders"):
                out.append((1, 0.9 if has("ForeignPrior") else 0.55))
        elif group == "Tell":
            if near("Hidden", 60):
                out.append((2, 0.75))
        elif group in SINGLE:
            out.append(SINGLE[group])
    return out
