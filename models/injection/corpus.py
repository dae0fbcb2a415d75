"""The examples: attacks and tasks from the grammars, real ones from data by path, and harmless text of every kind."""

import base64
import codecs
import json
import re
from pathlib import Path

from grammar import FAMILIES, LANGUAGES, Grammar

MAIN = ["de", "fr", "es", "pt", "ru", "zh", "ja", "ar"]
BARE = {"zh", "ja", "th"}


class Example:
    """A text in parts, each malicious or not; where it is from; which language and family."""

    __slots__ = ("parts", "source", "language", "family", "is_real")

    def __init__(self, parts, source, language="en", family="", is_real=False):
        self.parts, self.source, self.language, self.family, self.is_real = parts, source, language, family, is_real

    @property
    def text(self):
        return "".join(text for text, _ in self.parts)

    @property
    def label(self):
        return int(any(bad for _, bad in self.parts))


def load(data, name):
    path = Path(data) / "injection" / f"{name}.jsonl"
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


PLANS = [
    ["undo"], ["reveal"], ["undo", "reveal"], ["authority", "reveal"], ["authority"], ["fiction"], ["persona"],
    ["persona", "nolimit"], ["undo", "persona"], ["persona", "reveal"], ["reveal", "reveal"], ["fiction", "reveal"],
    ["undo", "task"], ["authority", "undo"], ["undo", "nolimit", "persona"], ["prompt", "undo"], ["prompt", "reveal"],
    ["prompt", "authority"], ["frames"], ["frames", "reveal"], ["split"], ["persona", "harm"], ["nolimit", "harm"],
    ["persona", "nolimit", "authority", "harm"], ["undo", "harm"], ["undo", "prompt"], ["undo", "undo"],
    ["prompt", "undo", "reveal"], ["persona", "persona", "nolimit"], ["planted"], ["authority", "persona"], ["reveal", "nolimit"],
]


def direct(grammar, language, rng, count):
    """What a user types to turn a model."""
    made, tries = [], 0
    plans = [plan for plan in PLANS if all(grammar.has(section) for section in plan)]
    while len(made) < count and tries < count * 3:
        tries += 1
        plan = rng.choice(plans)
        joint = "" if language in BARE and rng.random() < 0.7 else rng.choice([" ", " ", " ", "\n", "\n\n"])
        parts = []
        for i, section in enumerate(plan):
            line = grammar.line(section) + (joint if i + 1 < len(plan) else "")
            parts.append((line, section not in ("prompt", "task")))
        parts = [(disguise(text, rng), bad) for text, bad in parts] if rng.random() < 0.12 else parts
        made.append(Example(parts, "generated", language, plan[-1]))
    return made


LEET = str.maketrans("aeiost", "431057")


def disguise(text, rng):
    """The same words in another dress."""
    kind = rng.randrange(7)
    if kind == 0:
        return text.upper()
    if kind == 1:
        return text.translate(LEET)
    if kind == 2:
        return " ".join(" ".join(word) for word in text.split(" "))
    if kind == 3:
        return "".join(c.upper() if i % 2 else c for i, c in enumerate(text))
    if kind == 4:
        chars = list(text)
        for _ in range(max(1, len(chars) // 18)):
            i = rng.randrange(len(chars) - 1) if len(chars) > 1 else 0
            chars[i : i + 2] = chars[i : i + 2][::-1]
        return "".join(chars)
    if kind == 5:
        return codecs.encode(text, "rot13") if text.isascii() else text.lower()
    return re.sub(r"[.,!?;:]", "", text).lower()


def harmless_prompts(grammar, language, rng, count):
    """What users ask: plain, and full of words that attacks use."""
    made = []
    for _ in range(count):
        plan = rng.choice([["prompt"], ["hard"], ["hard"], ["prompt", "prompt"], ["doc", "prompt"], ["hard", "prompt"], ["task"], ["prompt", "hard"]])
        if plan[0] == "doc" and language == "en":
            plan = [rng.choice(["mail", "news", "web", "record"]), "prompt"]
        joint = "" if language in BARE and rng.random() < 0.7 else rng.choice([" ", " ", "\n", "\n\n"])
        text = joint.join(grammar.line(section) for section in plan)
        if rng.random() < 0.05:
            text = disguise(text, rng)
        made.append(Example([(text, False)], "generated", language, plan[0]))
    return made


def document(grammar, language, rng):
    """The sentences of a harmless document, and what joins them."""
    bare = language in BARE
    if language == "en":
        kind = rng.choice(["mail", "mail", "news", "news", "web", "record", "table"])
    else:
        kind = "doc"
    n = rng.randint(2, 12)
    if kind == "table":
        head = " | ".join(rng.choice(["Year", "Team", "Name", "Country", "Points", "Rank", "Date", "Result", "Venue"]) for _ in range(4))
        return [head] + [grammar.line("record") for _ in range(n)], "\n"
    if kind == "mail":
        return [grammar.line("mailopen")] + [grammar.line("mail") for _ in range(n)], rng.choice([" ", "\n", "\n\n"])
    if kind == "record":
        return [grammar.line("record") for _ in range(n)], "\n"
    lines = [grammar.line(kind) for _ in range(n)]
    return lines, ("" if bare else rng.choice([" ", " ", "\n"]))


def plant(grammar, language, rng, lines, joint, real=None):
    """Puts a task or an order into a document, wrapped now and then as such things are hidden."""
    if real is not None:
        attack, family = real, "real"
    else:
        choices = [s for s in ["planted"] * 4 + ["task"] * 9 + ["prompt"] + ["undo", "undo", "reveal", "frames", "authority", "persona"] if grammar.has(s)]
        family = rng.choice(choices)
        attack = grammar.line(family)
        if rng.random() < 0.12:
            attack += " " + grammar.line(rng.choice(choices))
    if rng.random() < 0.1 and real is None:
        attack = rng.choice(["<!-- {} -->", "<div style=\"display:none\">{}</div>", "[{}]", "({})", "# {}", "\"note\": \"{}\"", "/* {} */", "P.S. {}", "> {}", "**{}**"]).format(attack)
    at = rng.randint(0, len(lines))
    before, after = joint.join(lines[:at]), joint.join(lines[at:])
    link = joint if joint.strip(" ") or rng.random() < 0.6 else rng.choice(["\n", "\n\n", " "])
    parts = [(before + link, False)] if before else []
    # The code that an order brings along is code like any other.
    order, fence, block = attack.partition("\n```")
    parts.append((order + ("" if fence or not after else link), True))
    if fence:
        parts.append((fence + block + (link if after else ""), False))
    if after:
        parts.append((after, False))
    return Example(parts, "planted", language, family)


SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])|\n\s*\n")


def library_text(rng, folders, count, suffixes):
    """Harmless text and code of installed packages: READMEs, changelogs, comments, docstrings, source."""
    files = []
    for folder in folders:
        root = Path(folder).expanduser()
        if root.exists():
            files += [p for p in root.rglob("*") if p.suffix in suffixes and p.is_file()]
    files = sorted(files, key=str)
    rng.shuffle(files)
    made = []
    for path in files:
        if len(made) >= count:
            break
        if re.search(r"jailbreak|prompt.?injection|/llm|openai|anthropic|mini_?jinja", str(path), re.I):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        if len(text) < 300 or "\x00" in text:
            continue
        for _ in range(2):
            start = rng.randrange(max(1, len(text) - 600))
            start = text.find("\n", start) + 1
            cut = text[start : start + rng.choice([400, 800, 1600, 2400])]
            if len(cut) > 200 and max(map(len, cut.split())) < 300:
                made.append(Example([(cut, False)], "library" + path.suffix, "en", path.suffix, True))
    return made


def translated_text(rng, folders, per_language):
    """Sentences of user interfaces in many languages, from the translations that packages bring."""
    found = {}
    for folder in folders:
        for path in sorted(Path(folder).expanduser().rglob("*.po")):
            match = re.search(r"(?:locale|locales)/([a-z]{2})(?:[_-]\w+)?/", str(path))
            if match:
                text = path.read_text(encoding="utf-8", errors="ignore")
                for block in re.findall(r'msgstr(?:\[\d\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)', text):
                    line = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', block)).replace("\\n", "\n").replace('\\"', '"')
                    if len(line) > 12:
                        found.setdefault(match.group(1), set()).add(line)
        for path in sorted(Path(folder).expanduser().rglob("*.json")):
            match = re.search(r"jupyterlab_language_pack_([a-z]{2})", str(path))
            if match:
                try:
                    table = json.loads(path.read_text(encoding="utf-8"))
                except (ValueError, OSError):
                    continue
                for value in table.values():
                    if isinstance(value, list) and value and isinstance(value[0], str) and len(value[0]) > 12:
                        found.setdefault(match.group(1), set()).add(value[0])
    made = []
    for language in sorted(found):
        lines = sorted(found[language])
        rng.shuffle(lines)
        while len(lines) > 3 and sum(1 for e in made if e.language == language) < per_language:
            n = min(len(lines), rng.randint(1, 7))
            take, lines = lines[:n], lines[n:]
            made.append(Example([(rng.choice([" ", "\n"]).join(take), False)], "translations", language, "translations", True))
    return made


def tweets(data):
    """Short noisy texts, from data whose licence allows training (CC-BY)."""
    made = []
    for path in sorted((Path(data) / "ner").glob("*.conll")):
        for block in path.read_text(encoding="utf-8", errors="ignore").split("\n\n"):
            words = [line.split("\t")[0].split(" ")[0] for line in block.splitlines() if line.strip()]
            text = re.sub(r" ([.,!?;:')])", r"\1", " ".join(words))
            if len(text) > 30:
                made.append(Example([(text, False)], "tweets", "en", "tweets", True))
    return made


def encoded(text, rng):
    return base64.b64encode(text.encode()).decode() if rng.random() < 0.5 else text.encode().hex()


LETTERS = "abcdefghijklmnopqrstuvwxyz"
MIXED = LETTERS + LETTERS.upper() + "0123456789"


def fragments(rng, count):
    """What is no language: identifiers, keys, headers, numbers, records. Never an order."""
    def token(low, high, alphabet=MIXED):
        return "".join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))
    def digits(low, high):
        return token(low, high, "0123456789")
    def word():
        return rng.choice(WORDS)
    shapes = [
        lambda: f"{word()}{rng.choice(['=', ': ', ' = ', ':'])}{token(4, 40)}",
        lambda: f"{rng.choice(['Authorization: Bearer ', 'X-Api-Key: ', 'Cookie: session=', 'bearer ', 'token '])}{token(16, 60)}",
        lambda: f"{word()}_{word()} = \"{token(8, 40)}\"",
        lambda: f"-----BEGIN {rng.choice(['RSA ', '', 'EC ', 'OPENSSH '])}PRIVATE KEY-----\n{token(64, 64)}\n{token(20, 64)}\n-----END PRIVATE KEY-----",
        lambda: f"eyJ{token(20, 40)}.eyJ{token(20, 60)}.{token(20, 43)}",
        lambda: f"{rng.choice(['https', 'postgres', 'redis', 'amqp'])}://{word()}:{token(4, 16)}@{word()}.example.com:{digits(2, 4)}/{word()}",
        lambda: f"{token(2, 2, 'ABDEFGINS')}{digits(2, 2)} {digits(4, 4)} {digits(4, 4)} {digits(4, 4)} {digits(2, 4)}",
        lambda: f"{rng.choice(['IBAN', 'card', 'phone', 'tel.', 'ISBN', 'Ref', 'MRN', 'NPI', 'SSN', 'No.', 'id', 'call me', 'Steuer-ID', 'NIF', 'patient'])} {digits(2, 6)}{rng.choice([' ', '-', '.', ''])}{digits(3, 8)}",
        lambda: f"{token(6, 40)} {token(3, 12)}",
        lambda: "-".join(token(4, 8, "0123456789abcdef") for _ in range(5)),
        lambda: f"{rng.choice(['CONFIDENTIAL', 'TOP SECRET//NOFORN', 'TLP:RED', 'TLP:AMBER', 'CUI', 'SECRET', 'VERTRAULICH', 'INTERNAL ONLY', 'CONFIDENTIEL', '(C)', 'NATO RESTRICTED', 'PUBLIC'])}{rng.choice(['', chr(10), ' '])}{rng.choice(['', word(), word() + ' ' + word(), 'Quarterly report'])}",
        lambda: f"{word().title()} {word().title()}, {digits(1, 3)} {word().title()} {rng.choice(['Street', 'Road', 'Str.', 'Ave', 'Platz'])}, {digits(5, 5)} {word().title()}",
        lambda: f"{{\"{word()}\": \"{token(3, 20)}\", \"{word()}\": {digits(1, 6)}, \"{word()}\": null}}",
        lambda: f"{word()} --{word()} {token(3, 12)} -{token(1, 1, LETTERS)} {word()}.{rng.choice(['txt', 'rs', 'py', 'json'])} | {word()} > /tmp/{word()}",
        lambda: ",".join(rng.choice([word(), digits(1, 6), token(3, 9)]) for _ in range(rng.randint(3, 12))),
        lambda: f"{word()}({word()}, {digits(1, 3)}) -> {word()}::{word()}<{token(1, 2)}>; // {word()} {word()}",
        lambda: " ".join(word() for _ in range(rng.randint(1, 7))),
        lambda: f"{word()}@{word()}.{rng.choice(['com', 'de', 'org'])} {rng.choice(['', '+' + digits(2, 2) + ' ' + digits(3, 3) + ' ' + digits(6, 8)])}",
        lambda: f"[{word()}](https://{word()}.example/{word()}/{token(4, 20)}) ![{word()}](https://{word()}.test/{word()}.png?{token(1, 3)}={digits(1, 9)})",
        lambda: f"<{word()} {word()}=\"{token(3, 12)}\">{word()} {word()}</{word()}>",
        lambda: rng.choice("x.-=*#/ab1") * rng.randint(5, 120),
        lambda: (token(1, 6, SYMBOLS) + rng.choice(["", " ", " ", "\n", ", "])) * rng.randint(4, 80),
        lambda: " ".join(token(1, 9, SYMBOLS) for _ in range(rng.randint(1, 20))),
        lambda: f"{digits(1, 3)}.{digits(1, 3)}.{digits(1, 3)}.{digits(1, 3)} - - [{digits(2, 2)}/Oct/2024] \"GET /{word()} HTTP/1.1\" {digits(3, 3)} {digits(2, 5)}",
        lambda: f"the {rng.choice(['password', 'secret', 'token', 'key', 'passphrase', 'api key', 'pin'])} is {token(6, 20)}",
        lambda: f"{rng.choice(['password', 'secret', 'token', 'api_key', 'passwd', 'pwd', 'client_secret', 'Passwort', 'contraseña', 'mot de passe', 'пароль', '密码', 'senha'])}{rng.choice(['=', ': ', ' = ', ':'])}{rng.choice(['<your password>', '${SECRET}', 'changeme', '***', 'null', '{{ token }}', word(), token(6, 20), '<' + word() + '>'])}",
        lambda: f"{word().title()} {word()} {rng.choice(['was diagnosed with', 'was prescribed', 'born on', 'lives in', 'works for'])} {word()} {digits(2, 4)}",
    ]
    made = []
    for _ in range(count):
        text = rng.choice([" ", "\n", "; "]).join(rng.choice(shapes)() for _ in range(rng.choice([1, 1, 1, 2, 3, 6])))
        made.append(Example([(text, False)], "fragments", "en", "fragments"))
    return made


SYMBOLS = LETTERS + "àâäáãåæçèéêëíîïñóôöõøúûüßąćęłńśźżčďěňřšťůğışабвгдежзиклмнопрстуфхцчшщыэюяіїєαβγδεηθκλμπρσתאבשלמابتجدرسعقلمنهويकखगतनमरसहकाकিกขคงชดตนบมยรวส的一是不了人我在有他这中大来上国日本語あいうえおかきくけアイウエオ가나다라마바사한국어😀🎉✓→•…"

WORDS = """account admin api apple array backup bank base blue board bridge build cache call card case chart check city class client code
color config connect copy count crown data date debug default delete demo device disk door draft east edge email engine entry error event export
field file filter flag float forest form frame garden gate graph green group guard handle hash header host house image import index input insulin
invoice item job john key label lake layer level library light limit line link list load local log loop main map maria mask master match memory
merge metal method mode model month mouse name network night node note null number object office open order output owner page panel park parse
patch path patient phone plan point port print private process profile proxy public query queue read record red region remote report request
reset result river role root route row rule run sample save scan score script secret section server session set shape sign silver size smith
source space staff stage start state stone store stream string style summer switch system table tag task team test text time title token tool
tower train tree type union unit update user value vector version view village wall water week white wind window winter wood word write year zone""".split()
