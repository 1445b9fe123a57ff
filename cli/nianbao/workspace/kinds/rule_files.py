"""Rules of a kind of document: `rules/NAME.md`, a head of TOML between `+++` lines and the page for people.

The page begins with one sentence about the fault. Its two indented blocks are the examples: a wrong and a right one.
`rules/NAME.LANGUAGE.md` has the words of the page in another language, without the examples.
"""

from collections.abc import Mapping
from functools import cache
from textwrap import dedent
from types import MappingProxyType
from typing import Annotated, NoReturn

from msgspec import Meta, Struct

from nianbao.model.file_names import ID
from nianbao.model.finding import Place, UserError, WrittenLevel
from nianbao.model.i18n import _
from nianbao.model.loading.loader import load
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.rule_page import split_page
from nianbao.workspace.files import parse_toml
from nianbao.workspace.template_files import TemplateFolder

_FENCE = "+++"
_EXAMPLES = 2  # a wrong and a right one


class RuleHead(Shape, frozen=True):
    """The head of a rule file."""

    level: Annotated[WrittenLevel, Meta(description="field-rule-level")] = ""
    editions: Annotated[tuple[Text, ...], Meta(description="field-rule-editions")] = ()


class RuleFile(Struct, frozen=True):
    """A rule of a kind: its page, and its translations by language; `level` is empty if its head has none."""

    name: str
    file: str  # its name for people
    level: WrittenLevel
    editions: tuple[str, ...]
    page: str
    translations: Mapping[str, str]

    @property
    def examples(self) -> tuple[str, ...]:
        """The wrong and the right example; none if the page has no examples."""
        return tuple(dedent(block) + "\n" for block in split_page(self.page) if block.startswith(" "))

    @property
    def example_lines(self) -> tuple[int, ...]:
        """The numbers of the lines of the file in which the examples begin."""
        lines, line = [], self.first_line
        for part in split_page(self.page):
            if part.startswith(" "):
                lines.append(line)
            line += part.count("\n") + 2
        return tuple(lines)

    def raise_fault(self, why: str, line: int = 1) -> NoReturn:
        """Raise the `UserError` for a fault of the file."""
        _raise_fault(self.file, line, why)

    @property
    def last_line(self) -> int:
        """The number of the last line, below which more can be written."""
        return self.page.count("\n") + self.first_line

    first_line: int = 1  # of the page


@cache
def read_rules(kind: str, tops: tuple[TemplateFolder, ...]) -> Mapping[str, RuleFile]:
    """Read the rules of a kind, whose folder is named below each of `tops`; raises `UserError` that lists faults."""
    texts: dict[str, tuple[str, str]] = {}
    for top in tops:
        known = {name.split(".")[0] for name in texts}  # a page and its translations are of one folder
        paths = [path for path in sorted(top.path.glob(f"{kind}/rules/*.md")) if path.name.split(".")[0] not in known]
        texts |= {path.name: (top.display(path), top.read_text(path)) for path in paths}
    rules: dict[str, RuleFile] = {}
    faults: list[str] = []
    for name in dict.fromkeys(name.split(".")[0] for name in texts):
        try:
            rules[name] = _read_rule(name, texts)
        except UserError as error:
            faults.append(error.message)
    if faults:
        raise UserError("\n".join(faults), _("mend-file"))
    return MappingProxyType(rules)


def _read_rule(name: str, texts: Mapping[str, tuple[str, str]]) -> RuleFile:
    any_file = next(file for other, (file, _text) in texts.items() if other.split(".")[0] == name)
    if not ID.fullmatch(name):
        _raise_fault(any_file, 1, _("rule-name-invalid", name=name))
    if f"{name}.md" not in texts:
        _raise_fault(any_file, 1, _("translation-without-page", file=f"{name}.md"))
    file, text = texts[f"{name}.md"]
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        _raise_fault(file, 1, _("rule-head-missing"))
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == _FENCE), 0)
    if not end:
        _raise_fault(file, 1, _("rule-head-not-closed"))
    head = load(RuleHead, [parse_toml("\n".join(["", *lines[1:end]]), file)])  # places are those of the file
    page, first_line = _strip(lines[end + 1 :], end + 2)
    rule = RuleFile(name, file, head.level, head.editions, page, {}, first_line)
    if not page or page.startswith(" "):
        rule.raise_fault(_("rule-page-empty"), first_line)
    if len(rule.examples) not in {0, _EXAMPLES}:
        rule.raise_fault(_("rule-needs-two-examples", count=len(rule.examples)), rule.last_line)
    return RuleFile(name, file, head.level, head.editions, page, _read_translations(rule, texts), first_line)


def _read_translations(rule: RuleFile, texts: Mapping[str, tuple[str, str]]) -> Mapping[str, str]:
    paragraphs = [part for part in split_page(rule.page) if not part.startswith(" ")]
    translations: dict[str, str] = {}
    for name, (file, text) in texts.items():
        if name.startswith(f"{rule.name}.") and name.count(".") > 1:
            translation, _line = _strip(text.split("\n"), 1)
            count = len(translation.split("\n\n"))
            if count != len(paragraphs):
                _raise_fault(file, 1, _("translation-not-parallel", count=count, expected=len(paragraphs)))
            translations[name.split(".")[1]] = translation
    return MappingProxyType(translations)


def _strip(lines: list[str], number: int) -> tuple[str, int]:
    """Return a text without blank lines around it, and the number of its first line: `number` before they go."""
    skipped = next((at for at, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(line.rstrip() for line in lines[skipped:]).rstrip(), number + skipped


def _raise_fault(file: str, line: int, why: str) -> NoReturn:
    raise UserError(f"{Place(file, line, 1)}: {why}", _("mend-file"))
