"""Texts from grammars: `[section]` of lines, `{a|b}` chooses (and nests), `$name` is a line of a section."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "grammars"
SLOT = re.compile(r"\$([a-z_]+)")


class Grammar:
    def __init__(self, language, rng, hold_out=None):
        """`hold_out`: (k, n, want) keeps only lines whose number modulo n is k (want) or is not (not want), per section."""
        self.rng = rng
        self.sections = read(FOLDER / "shared.txt") | read(FOLDER / f"{language}.txt")
        if hold_out:
            k, n, want = hold_out
            for name in FAMILIES + ["prompt", "hard", "task"]:
                lines = self.sections.get(name)
                if lines and len(lines) >= n:
                    self.sections[name] = [line for i, line in enumerate(lines) if (i % n == k) == want]

    def has(self, section):
        return bool(self.sections.get(section))

    def line(self, section):
        return self.fill(self.rng.choice(self.sections[section]))

    def fill(self, template):
        text = self.choose(template)
        for _ in range(12):
            text, count = SLOT.subn(self._slot, text)
            if not count:
                break
            text = self.choose(text)
        return text.strip()

    def _slot(self, match):
        # `$num.00`: the longest known name counts.
        name = match.group(1)
        for end in range(len(name), 0, -1):
            if name[:end] in self.sections:
                return self.rng.choice(self.sections[name[:end]]) + name[end:]
        return "\u0001" + name

    def choose(self, template):
        """Resolves `{a|b}` from the outside in; braces that choose nothing stay."""
        out, i = [], 0
        while i < len(template):
            if template[i] != "{":
                out.append(template[i])
                i += 1
                continue
            depth, j, parts, begin = 0, i, [], i + 1
            while j < len(template):
                if template[j] == "{":
                    depth += 1
                elif template[j] == "}":
                    depth -= 1
                    if depth == 0:
                        break
                elif template[j] == "|" and depth == 1:
                    parts.append(template[begin:j])
                    begin = j + 1
                j += 1
            if j >= len(template) or not parts:
                out.append(template[i])
                i += 1
                continue
            parts.append(template[begin:j])
            out.append(self.choose(self.rng.choice(parts)))
            i = j + 1
        return "".join(out).replace("\u0001", "$")


FAMILIES = ["undo", "reveal", "persona", "nolimit", "authority", "fiction", "split", "frames", "harm"]
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.txt") if path.stem != "shared")


def read(path):
    sections, current = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and re.fullmatch(r"\[[a-z_]+\]", line):
            current = sections.setdefault(line[1:-1], [])
        elif current is not None and line.strip():
            current.append(line)
    return sections
