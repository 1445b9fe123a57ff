"""What is wrong with a report, as a value: where, which rule, why, and what to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from nianbao.model.i18n import _

T = TypeVar("T")
Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of text in a file: 1-based line and column in characters; line 0 is the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1  # characters to underline
    source: str = ""  # the line itself

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `message` says what, `label` stands under the underlined value, `notes` give the figures that
    make it up, one line each, and `fix` says what to do where the rule's own page does not.
    """

    rule: str
    level: Level
    place: Place
    message: str
    address: str = ""
    label: str = ""
    notes: tuple[str, ...] = ()
    fix: str = ""


def sort_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Sort by file and place, as a reader meets them."""
    return sorted(
        findings, key=lambda finding: (finding.place.file, finding.place.line, finding.place.column, finding.rule)
    )


def has_errors(findings: Sequence[Finding]) -> bool:
    """Tell whether any of them forbids to print."""
    return any(finding.level == "error" for finding in findings)


class UserError(Exception):
    """The road ends here: said to the person once, at the edge, with the next step in `fix`."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def make_internal_error(error: Exception, file: str = "") -> UserError:
    """Say that the program itself went wrong, and with which file."""
    fix = _("这是 nianbao 的错：设 NIANBAO_DEBUG=1 再运行，把全部输出报给我们")
    why = f"{type(error).__name__}: {error}"
    if file:
        return UserError(_("{file}：程序自己出错了（{why}）", file=file, why=why), fix)
    return UserError(_("程序自己出错了（{why}）", why=why), fix)


def try_work(work: Callable[[], T], file: str) -> T | UserError:
    """Do the work on one file of many; whatever stops it is returned with the file's name, so that the others go on."""
    try:
        return work()
    except UserError as error:
        return UserError(error.message, error.fix)  # which travels between processes, and holds on to nothing
    except Exception as error:  # noqa: BLE001  # a file can hold what nobody foresaw
        return make_internal_error(error, file)
