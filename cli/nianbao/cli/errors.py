"""Errors and progress of commands: an error is caught once, printed for people, and given an exit code."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import typer

from nianbao.cli.terminal import StyledText, echo, make_console
from nianbao.model.finding import UserError, make_internal_error
from nianbao.model.i18n import N_, _, join_words
from nianbao.workspace.access import FULL, describe_reason

if TYPE_CHECKING:
    from nianbao.checks.results import CheckResult, FailedReport
    from nianbao.workspace.selection import ReportRef
    from nianbao.workspace.store import ReportKey, Store

T = TypeVar("T")
_MAX_NAMES = 20  # in one line

EXIT_CLEAN, EXIT_FOUND, EXIT_FAILED = 0, 1, 2  # no error found; errors found; could not run


def list_crashes(results: "Sequence[CheckResult]") -> "list[FailedReport]":
    """Return a failed report for each rule that failed by an error of ours; findings of other rules still count."""
    from nianbao.checks.results import FailedReport  # noqa: PLC0415  # it takes a while to import

    fix = _("bug-report-rule")
    return [
        FailedReport(result.key, UserError(_("rule-failed", rule=crash.rule, why=crash.error), fix))
        for result in results
        for crash in result.crashes
    ]


def exit_command(errors: list[UserError], *, blocked: bool) -> None:
    """Print errors and exit: with 2 where there are any, with 1 where findings are `blocked`, else with 0.

    An error that several reports have in common is printed once.
    """
    for error in {(error.message, error.fix): error for error in errors}.values():
        print_error(error)
    if errors:
        raise typer.Exit(EXIT_FAILED)
    raise typer.Exit(EXIT_FOUND if blocked else EXIT_CLEAN)


@contextmanager
def report_errors() -> Iterator[None]:
    """Print the error that ends a command, without a traceback, and exit with 2.

    With NIANBAO_DEBUG in the environment, unexpected errors keep their traceback.
    """
    try:
        yield
    except UserError as error:
        print_error(error)
        raise typer.Exit(EXIT_FAILED) from None
    except KeyboardInterrupt:
        print_error(make_interruption_error())
        raise typer.Exit(EXIT_FAILED) from None
    except (typer.Exit, typer.Abort, BrokenPipeError):  # typer ends without a message where nobody reads the output
        raise
    except Exception as error:
        if os.environ.get("NIANBAO_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno in FULL:
            print_error(UserError(describe_reason(error), _("free-space-and-rerun")))
        else:
            print_error(make_internal_error(error))
        raise typer.Exit(EXIT_FAILED) from None


def make_output_error(error: OSError | None = None) -> UserError:
    """Return the error for a standard output that is closed (no `error`), or that cannot be written."""
    why = describe_reason(error) if error else _("stream-closed")
    return UserError(_("cannot-write-stdout", why=why), _("send-output-elsewhere"))


def make_interruption_error() -> UserError:
    """Return the error for a command that a person, or the system, has ended."""
    return UserError(_("interrupted-by-user"), _("rerun-to-go-on"))


def print_error(error: UserError) -> None:
    """Print an error and what to do about it; where standard error cannot be written, the exit code has to do."""
    with suppress(OSError):
        _print_error_lines(error)


def _print_error_lines(error: UserError) -> None:
    first, *more = _("error-line", message=error.message).split("\n")
    echo(StyledText(first, typer.colors.RED), err=True, hang=4)
    for line in more:  # indented, so that none looks like a message of its own
        echo("    ", StyledText(line, typer.colors.RED), err=True, hang=4)
    if error.fix:
        echo(_("fix-line", fix=error.fix), err=True, hang=4)


def print_warning(text: str) -> None:
    """Print a warning to standard error."""
    echo(StyledText(_("note-line", words=text), typer.colors.YELLOW), err=True, hang=4)


def print_register_errors(store: "Store") -> None:
    """Print the errors of the register, because of which nobody knows which offices report to which."""
    for finding in store.register().errors:
        print_warning(f"{finding.place}: {finding.message}")


def print_double_counts(store: "Store", reports: "Sequence[ReportRef]") -> None:
    """Print because of which offices sums over some reports count what the register does not know, or count it twice.

    These are offices that it does not list, and those that were added up from units that it does not list below them.
    """
    offices = {one.office for one, _period in reports if one.office}
    registers = {period: store.register(period) for period in {period for _one, period in reports}}
    unlisted = sorted({one.office for one, period in reports if one.office and registers[period].lacks(one.office)})
    added_up = {
        one.office
        for one, period in reports
        if one.office and not registers[period].list_children(one.office)
        if (record := one.record(period)) and not offices.isdisjoint(record.units or ())
    }
    found = ((N_("reports-of-unlisted-offices"), unlisted), (N_("sums-of-unlisted-units"), sorted(added_up)))
    for key, names in found:
        if names:
            shown = join_words([*names[:_MAX_NAMES], *(["…"] if len(names) > _MAX_NAMES else [])])
            print_note(_(key, count=len(names), names=shown))


def print_note(text: str) -> None:
    """Print a text to standard error, beside the results."""
    echo(text, err=True, hang=2)


@contextmanager
def show_spinner(text: str, *, quiet: bool) -> Iterator[None]:
    """Show a text with a spinner while work goes on, where standard error is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.text import Text  # noqa: PLC0415  # rich takes a while to import

    with make_console().status(Text(text), spinner="line"):
        yield


def show_progress(
    items: Iterable[T], size: int, text: str, *, quiet: bool, describe_state: Callable[[], str] = str
) -> Iterator[T]:
    """Yield items as they come; where standard error is a terminal, with a bar of how many, how fast and how long.

    What `describe_state` returns from moment to moment is shown at the end of the bar.
    """
    if quiet or not sys.stderr.isatty():
        yield from items
        return
    from rich.progress import (  # noqa: PLC0415  # see above
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> str:
            return _("rate-per-second", rate=task.speed) if task.speed else ""

    class StateColumn(ProgressColumn):
        def render(self, task: Task) -> str:  # noqa: ARG002  # rich gives it
            return describe_state()

    description, time_left = TextColumn("{task.description}", markup=False), TimeRemainingColumn()
    columns = (description, BarColumn(), MofNCompleteColumn(), RateColumn(), time_left, StateColumn())
    with Progress(*columns, console=make_console(), transient=True) as bar:
        yield from bar.track(items, total=size, description=text)


def collect_results(
    results: "Iterable[T | FailedReport]",
    reports: "Sequence[ReportRef]",
    get_check: "Callable[[T], CheckResult]",
    is_refused: "Callable[[CheckResult], bool]",
    *,
    fail_fast: bool = False,
) -> "tuple[list[T], list[FailedReport]]":
    """Return the results of reports and the failed ones, in the order of `reports`.

    With `fail_fast` up to the first that failed or is refused.
    """
    from nianbao.checks.results import FailedReport  # noqa: PLC0415  # see above

    by_report: dict[ReportKey, T | FailedReport] = {}
    for result in results:
        report = result if isinstance(result, FailedReport) else get_check(result)
        by_report[report.key] = result  # a second result of a report is more complete
        if fail_fast and (isinstance(report, FailedReport) or is_refused(report)):
            break
    ordered = [by_report[key] for store, period in reports if (key := store.key(period)) in by_report]
    done = [result for result in ordered if not isinstance(result, FailedReport)]
    return done, [result for result in ordered if isinstance(result, FailedReport)]


def split_errors(results: Iterable[T | UserError]) -> tuple[list[T], list[UserError]]:
    """Split results into those of work that was done and the errors of work that failed."""
    done: list[T] = []
    errors: list[UserError] = []
    for result in results:
        if isinstance(result, UserError):
            errors.append(result)
        else:
            done.append(result)
    return done, errors
