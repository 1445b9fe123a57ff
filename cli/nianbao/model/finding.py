"""Findings about a report (place, rule, message, advice), and errors for the user."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from nianbao.model.i18n import _

T = TypeVar("T")
Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")
WrittenLevel = Literal["error", "warning", "note", ""]  # in a file; empty: that of the rule
OFF: Final = "off"
Setting = Level | Literal["off"]  # what a kind or an office sets for a rule


class Place(Struct, frozen=True):
    """A place in a file: line and column, in characters, counted from 1; line 0 is the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1  # characters to underline
    source: str = ""  # the text of the line

    def __str__(self) -> str:
        return f"{self.file}:{self.position}" if self.line else self.file

    @property
    def position(self) -> str:
        """Line and column; empty for the file as a whole."""
        return f"{self.line}:{self.column}" if self.line else ""

    @property
    def text(self) -> str:
        """The text that is underlined."""
        return self.source[self.column - 1 : self.column - 1 + self.length] if self.line else ""

    def replace_text(self, text: str) -> str:
        """Return the line with another text in the place of the one that is underlined."""
        return f"{self.source[: self.column - 1]}{text}{self.source[self.column - 1 + self.length :]}"


FindingKey = tuple[str, str, str]  # rule, address and message


class Finding(Struct, frozen=True):
    """One fault of a report.

    `message` describes it, `label` is printed under the underlined value, `notes` list the figures involved, one line
    each, and `fix` says what to do if the page of the rule does not. `words` name what of a text it is about, where it
    underlines none of the text. `accepted_value` is what an acceptance states, as TOML, see
    `checks.answers.acceptances`. `others` are further faults of the file, where this one is why it cannot be read.

    Where one of several figures or rows must be wrong, `candidates` has their addresses, the likeliest first; where it
    is certain what figures should be, `change` has their values, and where it is only likely because the prose says so,
    `likely_change`. `effects` are findings that the same mistake causes, by rule, address and message.
    """

    rule: str
    level: Level
    place: Place
    message: str
    address: str = ""
    label: str = ""
    notes: tuple[str, ...] = ()
    fix: str = ""
    words: str = ""
    accepted_value: str = ""  # empty: it may not be accepted
    candidates: tuple[str, ...] = ()
    change: tuple[tuple[str, int | Decimal], ...] = ()
    likely_change: tuple[tuple[str, int | Decimal], ...] = ()
    effects: tuple["FindingKey", ...] = ()
    has_page: bool = False  # the kind has a page for the rule; those of general rules are known anyway
    others: "tuple[Finding, ...]" = ()

    def split(self) -> "list[Finding]":
        """Return this finding and the others of the file, each by itself."""
        return [replace(self, others=()), *self.others]

    @property
    def key(self) -> FindingKey:
        """What tells it from all others of a report."""
        return self.rule, self.address, self.message


def sort_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Sort findings by file, place and rule."""
    return sorted(
        findings, key=lambda finding: (finding.place.file, finding.place.line, finding.place.column, finding.rule)
    )


def has_errors(findings: Sequence[Finding]) -> bool:
    """Return whether one of the findings is an error, which forbids to build the report."""
    return any(finding.level == "error" for finding in findings)


class UserError(Exception):
    """An error that the user can act on: the command prints `message`, and what to do in `fix`, and ends."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def make_internal_error(error: Exception, file: str = "") -> UserError:
    """Make the error that is printed for a bug of the program itself, with the file that it was working on."""
    fix = _("bug-set-debug")
    why = f"{type(error).__name__}: {error}"
    if file:
        return UserError(_("program-failed-at-file", file=file, why=why), fix)
    return UserError(_("program-failed", why=why), fix)


def try_work(work: Callable[[], T], file: str) -> T | UserError:
    """Call `work` on one of many files; return an error, with the name of the file, so that the others go on."""
    try:
        return work()
    except UserError as error:
        return UserError(error.message, error.fix)  # a new one: it can be pickled, and keeps no traceback
    except Exception as error:  # noqa: BLE001  # a file can trigger any bug
        return make_internal_error(error, file)
