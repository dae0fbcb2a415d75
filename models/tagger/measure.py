"""Figures for the tagger: held-out templates, held-out tweets, and texts that are for measuring only."""

import glob
import json
import os

import numpy as np

import generate
from features import FOLDS, LABELS

PII = {"PERSON": "PER", "ADDRESS": "ADR", "STREET_ADDRESS": "ADR", "LOCATION": "LOC", "GPE": "LOC", "ORGANIZATION": "ORG", "DATE_TIME": "DAT",
       "TITLE": "TTL", "PREFIX": "PER", "NRP": "NRP"}


def negatives():
    """Prose and code of this repository: hardly a name in them."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    out = []
    for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md", "crates/*/src/*.rs", "crates/*/src/*/*.rs", "Cargo.toml"):
        for path in sorted(glob.glob(os.path.join(root, pattern))):
            if "/detect/" in path or "tagger" in path or "inspection.md" in path or "pseudonym" in path:
                continue
            with open(path, encoding="utf-8") as file:
                text = file.read().translate(FOLDS)
            for block in text.split("#[cfg(test)]")[0].split("\n\n"):
                if block.strip():
                    out.append((block[:2000], []))
    return [(text, None) for text, _ in out]


def spans_of(c, labels):
    """(doc, start, end, label) of runs of the same label."""
    out, open_ = [], None
    for i in range(len(labels)):
        label = labels[i]
        if open_ and (label != open_[3] or c.doc[i] != open_[0] or c.newline[i] or c.shape[i] == 0):
            out.append(tuple(open_))
            open_ = None
        is_sign = c.shape[i] == 1
        if label and open_ and not is_sign:
            open_[2] = c.end[i]
        elif label and not open_ and not is_sign:
            open_ = [c.doc[i], c.start[i], c.end[i], label]
    if open_:
        out.append(tuple(open_))
    return [(int(d), int(s), int(e), LABELS[l]) for d, s, e, l in out]


def f(p, r, beta):
    return 0.0 if p + r == 0 else (1 + beta * beta) * p * r / (beta * beta * p + r)


def tokens_f2(name, c, gold, predicted, quiet=False):
    words = (c.shape > 2)
    tp = int((words & (gold > 0) & (predicted > 0)).sum())
    p, r = tp / max(1, int((words & (predicted > 0)).sum())), tp / max(1, int((words & (gold > 0)).sum()))
    print(f"{name}: tokens, any type: P {p:.3f} R {r:.3f} F2 {f(p, r, 2):.3f}")
    if not quiet:
        for k, label in enumerate(LABELS[1:], 1):
            hit, of, found = int((words & (gold == k) & (predicted > 0)).sum()), int((words & (gold == k)).sum()), int((words & (predicted == k)).sum())
            right = int((words & (gold > 0) & (predicted == k)).sum())
            if of or found:
                print(f"   {label}: recall {hit / max(1, of):.3f} of {of}, precision {right / max(1, found):.3f} of {found}")


def spans_f1(name, gold, predicted, label="PER"):
    gold, predicted = [s for s in gold if s[3] == label], [s for s in predicted if s[3] == label]
    exact = len(set(gold) & set(predicted))
    p, r = exact / max(1, len(predicted)), exact / max(1, len(gold))
    by_doc = {}
    for s in predicted:
        by_doc.setdefault(s[0], []).append(s)
    touched = sum(any(p_[1] < g[2] and g[1] < p_[2] for p_ in by_doc.get(g[0], ())) for g in gold)
    print(f"{name}: {label} spans P {p:.3f} R {r:.3f} F1 {f(p, r, 1):.3f}, overlap recall {touched / max(1, len(gold)):.3f} of {len(gold)}")


def report(model, table, corpus, lists, held, held_tweets, data):
    if held:
        made = list(generate.texts(lists, 7, 20, held))
        for family in ("CHAT", "RECORDS", "EDITED", "PLAIN", "OTHER"):
            c = corpus(table, [(t, s) for fam, t, s in made if fam == family], drop=0.3)
            got = model.predict(c)
            tokens_f2("held-out templates, " + family, c, c.label, got)
            spans_f1("   ", spans_of(c, c.label), spans_of(c, got))
            errors(family, c, c.label, got, [t for fam, t, s in made if fam == family])
    if held_tweets:
        c = corpus(table, held_tweets)
        got = model.predict(c)
        tokens_f2("held-out tweets", c, c.label, got)
        spans_f1("   ", spans_of(c, c.label), spans_of(c, got))
    for name in ("generated_small", "generated_large"):
        path = os.path.join(data, "pii", name + ".json")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
        parts = []
        for row in rows:
            text = row["full_text"].translate({k: (v if len(v) == 1 else " ") if isinstance(v, str) else v for k, v in FOLDS.items()})
            spans = [(s["start_position"], s["end_position"], PII.get(s["entity_type"], "MSC")) for s in row["spans"]]
            parts.append((text, spans))
        c = corpus(table, parts)
        # What other detectors find is neither counted for nor against.
        got = model.predict(c)
        others = c.label == LABELS.index("MSC")
        gold, got2 = np.where(others, 0, c.label), np.where(others | (got == LABELS.index("MSC")), 0, got)
        tokens_f2(name, c, gold, got2)
        spans_f1("   ", spans_of(c, c.label), spans_of(c, got))
        errors(name, c, gold, got2, [t for t, _ in parts])


def errors(name, c, gold, got, texts):
    """Some texts with what was missed and what was wrong, for the eye; only when asked for."""
    if not os.environ.get("SHOW"):
        return
    wrong = {}
    for i in np.nonzero(gold != got)[0]:
        if c.shape[i] > 2:
            wrong.setdefault(int(c.doc[i]), []).append(("-" if gold[i] and not got[i] else "+" if got[i] and not gold[i] else "~" + LABELS[gold[i]] + ">" + LABELS[got[i]] + ":") + texts[c.doc[i]][c.start[i]:c.end[i]] + "/" + LABELS[max(gold[i], got[i])])
    for doc in list(wrong)[::max(1, len(wrong) // int(os.environ["SHOW"]))]:
        print("  ", repr(texts[doc][:160]), wrong[doc])
