"""The pages of documentation: where they are, their code blocks, their commands, links and headings."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parent.parent
ONLY_ENGLISH = ("docs/architecture.md", "CONTRIBUTING.md")  # for developers
ENGLISH = ["README.md", *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md"))]
ENGLISH = [name for name in ENGLISH if name not in ONLY_ENGLISH]
CHINESE = ["README.zh-CN.md", *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/zh/*.md"))]
PAGES = {"en": ENGLISH, "zh": CHINESE}
ALL = [*ENGLISH, *CHINESE, *ONLY_ENGLISH, "SECURITY.md", "CHANGELOG.md"]
SHELL = ("sh", "console")
HEADING = re.compile(r"^(#+) +(.+?) *$", re.MULTILINE)


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def text(language):
    """Return all pages of a language, one after the other."""
    return "\n".join(map(read, PAGES[language]))


def blocks(text, kind):
    """Return the code blocks of a kind, without the indentation that they have within a list."""
    found = re.findall(rf"^( *)```{kind}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"(?m)^{indent}", "", block) for indent, block in found]


def without_blocks(text):
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def commands(text, kind):
    """Return the lines of the blocks of a kind as lists of words, without comments; prompts stand as `$`."""
    lines = [line for block in blocks(text, kind) for line in block.splitlines()]
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


def codes(text):
    """Return what stands between backticks outside of code blocks."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", without_blocks(text))


def links(text):
    """Return the targets of the links that lead to no other site."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", without_blocks(text)))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(text):
    """Return the anchors that GitHub gives to headings: lower case, no punctuation, hyphens for spaces."""
    found: list[str] = []
    for _level, heading in HEADING.findall(without_blocks(text)):
        anchor = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        again = found.count(anchor)
        found.append(f"{anchor}-{again}" if again else anchor)
    return found
