"""Makes the tagger: gazetteer, weights, golden sentences. See README.md; `python train.py --data FOLDER --out FOLDER`."""

import argparse
import os
import random
import time

import numba
import numpy as np

import generate
import measure
from features import (COMMON, GIVEN, LABELS, ORG, PLACE, REACH, FIRST_BITS, FOLDS, SECOND_BITS, STREET, SURNAME, Corpus, first_features, margin_of,
                      second_features, shifted)
from gazetteer import Lists, Table, common_words, flags, prose_of

SEED = 20261120
WAYS = len(LABELS) - 1
UNLABELLED_WEIGHT = 0.4  # what nobody labelled counts less
FORGOTTEN = 0.15  # share of words that training takes away
UNIT = 16  # table units for one natural logarithm
CONLL = {"B-PER": "PER", "I-PER": "PER", "B-LOC": "LOC", "I-LOC": "LOC", "B-ORG": "ORG", "I-ORG": "ORG",
         "B-person": "PER", "I-person": "PER", "B-location": "LOC", "I-location": "LOC", "B-corporation": "ORG",
         "I-corporation": "ORG", "B-group": "ORG", "I-group": "ORG", "B-product": "MSC", "I-product": "MSC",
         "B-creative-work": "MSC", "I-creative-work": "MSC"}


@numba.njit(cache=True)
def learn(rows, labels, importance, order, weights, squares, rate, decay):
    """One round of multinomial logistic regression with AdaGrad; O is the label whose score is always zero."""
    score = np.zeros(WAYS + 1, dtype=np.float32)
    total = 0.0
    for i in order:
        score[:] = 0
        for r in rows[i]:
            for k in range(WAYS):
                score[k + 1] += weights[r, k]
        top = score.max()
        norm = 0.0
        for k in range(WAYS + 1):
            score[k] = np.exp(score[k] - top)
            norm += score[k]
        total -= np.log(score[labels[i]] / norm + 1e-9)
        for k in range(WAYS):
            error = score[k + 1] / norm - (1.0 if labels[i] == k + 1 else 0.0)
            if abs(error) < 0.004:
                continue
            error *= importance[i]
            for r in rows[i]:
                gradient = error + decay * weights[r, k]
                squares[r, k] += gradient * gradient
                weights[r, k] -= rate * gradient / np.sqrt(squares[r, k] + 1e-6)
    return total / len(order)


@numba.njit(cache=True)
def sums(rows, weights, out):
    for i in range(rows.shape[0]):
        for r in rows[i]:
            for k in range(WAYS):
                out[i, k + 1] += weights[r, k]


def scores(rows, weights):
    out = np.zeros((len(rows), WAYS + 1), dtype=np.float32 if weights.dtype == np.float32 else np.int32)
    sums(rows, weights, out)
    return out


def fit(bits, rows, labels, importance, rounds, seed):
    weights = np.zeros((1 << bits, WAYS), dtype=np.float32)
    squares = np.full_like(weights, 0.05)
    rng = np.random.default_rng(seed)
    for round_ in range(rounds):
        loss = learn(rows, labels, importance, rng.permutation(len(rows)), weights, squares, 0.12, 2e-6)
        print(f"  round {round_ + 1}: loss {loss:.4f}", flush=True)
    return weights


def quantised(weights):
    return np.clip(np.rint(weights * UNIT), -127, 127).astype(np.int8)


def read_conll(path):
    """Tweets as texts with spans: tokens with spaces between; mentions of accounts are no names."""
    words, spans, length = [], [], 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if not line.strip():
                if words:
                    yield " ".join(words), spans
                words, spans, length = [], [], 0
                continue
            word, tag = line.split("\t")[0].strip(), line.split("\t")[-1].strip()
            if not word:
                continue
            label = CONLL.get(tag)
            is_mention = word.startswith("@") or bool(words) and words[-1] == "@"
            if label and not is_mention:
                if spans and tag.startswith("I-") and spans[-1][1] == length - 1 and spans[-1][2] == label:
                    spans[-1] = (spans[-1][0], length + len(word), label)
                else:
                    spans.append((length, length + len(word), label))
            words.append(word)
            length += len(word) + 1
    if words:
        yield " ".join(words), spans


class Drop:
    """Takes gazetteer flags away from some names, so that the model learns to do without."""

    def __init__(self, seed, share):
        self.rng, self.share = random.Random(seed), share

    def __call__(self, _start, gaz):
        if gaz & (GIVEN | SURNAME | PLACE) and not gaz & (COMMON | STREET | ORG) and self.rng.random() < self.share:
            return 0
        return gaz


def corpus(table, parts, drop=0.0, seed=SEED):
    """Texts with spans as arrays; spans `None` are those of a text that nobody labelled."""
    made, drop = Corpus(table), Drop(seed, drop)
    for text, spans in parts:
        made.add(text, spans or (), drop if drop.share and spans is not None else None, spans is None)
    return made.finish()


class Model:
    """The quantised tables, read as the crate reads them."""

    def __init__(self, first, second):
        self.weights, self.second = first, second

    def predict(self, c):
        labels, margins = self.first(c)
        out = np.zeros(len(c.word), dtype=np.int32)
        # Where the first look saw nothing far and wide there is nothing.
        near = sum(shifted(labels, by) for by in range(-REACH, REACH + 1)) > 0
        looked = c.active & near
        out[looked] = scores(second_features(c, labels, margins)[looked], self.second).argmax(axis=1)
        return out

    def first(self, c):
        labels, margins = np.zeros(len(c.word), dtype=np.int32), np.zeros(len(c.word), dtype=np.uint32)
        made = scores(first_features(c)[c.active], self.weights)
        labels[c.active] = made.argmax(axis=1)
        margins[c.active] = margin_of(made)
        return labels, margins


def forget_words(c):
    """Some words become words never seen, so that shapes, lists and the other words must do."""
    rng = np.random.default_rng(SEED)
    lost = rng.random(len(c.word)) < FORGOTTEN
    lost &= c.shape > 2
    c.word[lost] = rng.integers(0, 1 << 32, int(lost.sum()), dtype=np.uint32)


def train(c, rounds, weight_o):
    """Two looks: the second learns from first looks by models that had not seen the text."""
    known = c.active & (c.label >= 0)
    forget_words(c)
    rows, labels = first_features(c)[known], c.label[known]
    importance = np.where(labels == 0, weight_o, 1.0).astype(np.float32)
    importance[c.doc[known] >= c.unlabelled_from] *= UNLABELLED_WEIGHT
    half = c.doc[known] % 2
    made = np.zeros((len(rows), WAYS + 1), dtype=np.int32)
    for side in (0, 1):
        print(f" half {side}", flush=True)
        learnt = np.nonzero(half != side)[0]
        weights = quantised(fit(FIRST_BITS, rows[learnt], labels[learnt], importance[learnt], max(2, rounds - 1), SEED + side))
        made[half == side] = scores(rows[half == side], weights)
    first, margins = np.zeros(len(c.word), dtype=np.int32), np.zeros(len(c.word), dtype=np.uint32)
    first[known], margins[known] = made.argmax(axis=1), margin_of(made)
    print(" first look", flush=True)
    weights = fit(FIRST_BITS, rows, labels, importance, rounds, SEED)
    second = second_features(c, first, margins)[known]
    print(" second look", flush=True)
    later = fit(SECOND_BITS, second, labels, importance, rounds, SEED + 2)
    return weights, later


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="folder with ner/ and injection/")
    parser.add_argument("--out", help="folder for tagger.bin; absent: measure only")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--fillings", type=int, default=100, help="texts from each template")
    parser.add_argument("--weight-o", type=float, default=0.6, help="how much O counts: less favours recall")
    parser.add_argument("--hold-out", type=int, default=6, help="every n-th template is held out; 0 ships with all")
    options = parser.parse_args()
    started = time.time()
    lists = Lists()
    tweets = {name: list(read_conll(os.path.join(options.data, "ner", name + ".conll")))
              for name in ("BTC__a", "BTC__b", "BTC__e", "BTC__f", "WNUT17__wnut17train")}
    unlabelled = [(text[:3000].translate(FOLDS), None) for text in prose_of(options.data, ("mitre_frr", "si_seed", "awesome_prompts"))]
    repository = measure.negatives()
    common = common_words(list(prose_of(options.data)) + [t for t, _ in repository] + [t for name in tweets for t, _ in tweets[name]])
    for words in lists.lorem.values():
        common += words
    table = Table(flags(lists, common))
    print(f"gazetteer: {int((table.slots != 0).sum())} entries, {table.dropped} dropped, false positives {table.false_positive_rate():.4f}")
    held = lambda n: options.hold_out and n % options.hold_out == 3
    made = list(generate.texts(lists, SEED, options.fillings, lambda n: not held(n)))
    parts = [(t, s) for _, t, s in made]
    held_tweets = [] if not options.hold_out else tweets["BTC__e"] + tweets["WNUT17__wnut17train"][::5]
    tweet_parts = [row for name, rows in tweets.items() for i, row in enumerate(rows)
                   if not (options.hold_out and (name == "BTC__e" or name.startswith("WNUT") and i % 5 == 0))]
    random.Random(SEED).shuffle(parts)
    labelled = generate.joined(parts, SEED) + tweet_parts + tweet_parts
    c = corpus(table, labelled + repository + unlabelled, drop=0.25)
    c.unlabelled_from = len(labelled)
    print(f"{c.docs} texts, {len(c.word)} tokens, {int(c.active.sum())} active, {time.time() - started:.0f} s")
    first, second = train(c, options.rounds, options.weight_o)
    model = Model(quantised(first), quantised(second))
    print(f"trained, {time.time() - started:.0f} s")
    measure.report(model, table, corpus, lists, held if options.hold_out else None, held_tweets, options.data)
    if options.out:
        write(options, model, table, lists)


def write(options, model, table, lists):
    """The table for the crate, and sentences with what it must find in them."""
    with open(os.path.join(options.out, "tagger.bin"), "wb") as file:
        file.write(table.bytes() + model.weights.tobytes() + model.second.tobytes())
    made = list(generate.texts(lists, 99, 1, lambda n: n % 6 == 3))
    shown = lambda text: text.replace("\n", "⏎").replace("\t", "⇥")
    with open(os.path.join(options.out, "golden.txt"), "w", encoding="utf-8") as file:
        for _, text, _ in made:
            c = corpus(table, [(text, [])])
            spans = [f"{label}={shown(text[start:end])}" for _, start, end, label in measure.spans_of(c, model.predict(c))]
            file.write("\t".join([shown(text), *spans]) + "\n")


if __name__ == "__main__":
    main()
