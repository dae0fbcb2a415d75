"""What the method reaches on sources and templates that it was not trained on: `python report.py --data FOLDER`."""

import argparse
import random

import numpy as np

import corpus
from train import (ALPHA, LANGUAGES, REAL_BENIGN, REAL_DIRECT, REAL_PLANTED, add_rows, build, halves, planted_real, real, recall_at,
                   shared, train_group)


def main(data, scale):
    base = shared(data)
    kept_direct, kept_planted = build(data, 1, (0, 4, False), scale)
    left_direct, left_planted = build(data, 2, (0, 4, True), scale / 4)
    fragments = corpus.fragments(random.Random(5), 3000)
    train_t, test_t = halves(base["translations"])
    train_w, test_w = halves(base["tweets"])
    train_l, test_l = halves(base["library"])
    direct(data, kept_direct, left_direct, [(train_t, 0.3), (train_w, 0.3), (train_l, 0.3), (fragments, 1.0)],
           {"translations": test_t, "tweets": test_w, "packages": test_l})
    tasks = corpus.load(data, "si_seed")
    rng = random.Random(4)
    own = [corpus.plant(None, "en", rng, *rng.choice(base["contexts"]), real=text.split("\n")[0]) for text in tasks for _ in range(6)]
    planted(data, kept_planted, left_planted, [(own, 1.0), (train_t, 1.0), (train_w, 1.0), (train_l, 1.0), (fragments, 1.0), (base["emails"][:30], 4.0)],
            {"e-mails": base["emails"][30:], "packages": test_l, "tweets": test_w, "translations": test_t})


def direct(data, kept, left, extra, harmless):
    train, test = [], []
    for examples in real(data, REAL_BENIGN, 0).values():
        a, b = halves(examples)
        train, test = train + a, test + b
    sources = real(data, REAL_DIRECT, 1)
    in_train, in_test = {}, {}
    for name, examples in sources.items():
        in_train[name], in_test[name] = halves(examples)
    for title, attacks in (("all sources, a fifth of each kept aside", in_train), ("none of these sources, templates and harmless texts only", {})):
        model, _ = train_group("direct", kept, [(train, 5.0)] + [(list(a), 3.0) for a in attacks.values()] + extra, ALPHA)
        quiet = model.score(test)
        threshold = np.quantile(quiet, 0.99)
        print(f"direct, {title}; {len(test)} harmless prompts kept aside")
        for name in sources:
            print(f"  {name:36} recall at 1 % {np.mean(model.score(in_test[name] if attacks else sources[name]) > threshold):.3f}")
        for name, examples in harmless.items():
            print(f"  {name:36} false alarms {np.mean(model.score(examples) > threshold):.4f}")
    by_language(model, left, threshold)


def planted(data, kept, left, extra, harmless):
    model, _ = train_group("planted", kept, extra, ALPHA)
    quiet = {name: model.score(examples) for name, examples in harmless.items()}
    quiet["generated documents"] = model.score([e for e in left if e.label == 0])
    for title, names in (("e-mails and generated documents", ["e-mails", "generated documents"]), ("package texts and tweets too", list(quiet))):
        threshold = np.quantile(np.concatenate([quiet[name] for name in names]), 0.99)
        print(f"planted, no BIPIA task seen; one per cent false alarms over {title}")
        for name in REAL_PLANTED:
            print(f"  {name:36} recall {np.mean(model.score(planted_real(data, name, 9, 4)) > threshold):.3f}")
    by_language(model, left, threshold)


def by_language(model, left, threshold):
    print("  every fourth template kept aside, by language: recall, false alarms; recall at 1 % of the language's own harmless texts")
    for language in LANGUAGES:
        bad = [e for e in left if e.label == 1 and e.language == language]
        good = [e for e in left if e.label == 0 and e.language == language]
        if bad and good:
            b, g = model.score(bad), model.score(good)
            print(f"    {language}  {np.mean(b > threshold):.3f}  {np.mean(g > threshold):.3f}  {recall_at(g, b)[0]:.3f}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--scale", type=float, default=0.5)
    arguments = arguments.parse_args()
    main(arguments.data, arguments.scale)
