"""The edge: where work meets a person. What stops a command is caught once, said, and given an exit code."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import typer

from nianbao.cli.terminal import StyledText, echo, make_console
from nianbao.model.finding import Stop, mistake
from nianbao.model.i18n import _
from nianbao.workspace.files import FULL, reason

if TYPE_CHECKING:
    from nianbao.checks.results import CheckResult, FailedReport
    from nianbao.workspace.selection import Asked

T = TypeVar("T")

EXIT_CLEAN, EXIT_FOUND, EXIT_FAILED = 0, 1, 2


def list_crashes(reports: "Sequence[CheckResult]") -> "list[FailedReport]":
    """Say which rules failed by our own mistake; what the others found still stands."""
    from nianbao.checks.results import FailedReport  # noqa: PLC0415  # it takes a while to import

    fix = _("这是 nianbao 的错，别的规则照常核对；请报给我们")
    return [
        FailedReport(
            report.office,
            report.year,
            Stop(_("规则 {rule} 自己出错了（{why}）", rule=crash.rule, why=crash.why), fix),
        )
        for report in reports
        for crash in report.crashes
    ]


def exit_command(stops: list[Stop], *, blocked: bool) -> None:
    """Exit as the findings ask: 2 where something could not run, 1 where something is wrong, else 0.

    What stopped several reports alike is said once.
    """
    for stop in {(stop.message, stop.fix): stop for stop in stops}.values():
        print_error(stop)
    if stops:
        raise typer.Exit(EXIT_FAILED)
    raise typer.Exit(EXIT_FOUND if blocked else EXIT_CLEAN)


@contextmanager
def report_errors() -> Iterator[None]:
    """Catch once what stops a command, and say it without a traceback."""
    try:
        yield
    except Stop as stop:
        print_error(stop)
        raise typer.Exit(EXIT_FAILED) from None
    except KeyboardInterrupt:
        print_error(make_interruption_error())
        raise typer.Exit(EXIT_FAILED) from None
    except (typer.Exit, typer.Abort, BrokenPipeError):  # typer ends quietly where nobody reads on
        raise
    except Exception as error:
        if os.environ.get("NIANBAO_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno in FULL:
            print_error(Stop(reason(error), _("腾出空间再运行")))
        else:
            print_error(mistake(error))
        raise typer.Exit(EXIT_FAILED) from None


def print_warning(words: str) -> None:
    """Say something that a person should know, beside the results."""
    echo(StyledText(_("注意: {words}", words=words), typer.colors.YELLOW), err=True)


def make_output_error(error: OSError | None = None) -> Stop:
    """Say that standard output takes nothing: it is closed, or what it is written to refuses it."""
    why = reason(error) if error else _("它是关着的")
    return Stop(_("结果写不到标准输出：{why}", why=why), _("换一个输出的去处再运行；不要结果就写 > /dev/null"))


def make_interruption_error() -> Stop:
    """Say what it means that a person, or the system, ended the command."""
    return Stop(_("中断了"), _("做好的都在，没有写了一半的文件；再运行一次就接着做"))


def print_error(stop: Stop) -> None:
    """Say why the road ended, and the next step; where nobody can be told, the exit code says it."""
    with suppress(OSError):
        _print_error_lines(stop)


def _print_error_lines(stop: Stop) -> None:
    first, *more = _("错误: {message}", message=stop.message).split("\n")
    echo(StyledText(first, typer.colors.RED), err=True)
    for line in more:  # they can pass for nothing that is said elsewhere
        echo("    ", StyledText(line, typer.colors.RED), err=True)
    if stop.fix:
        echo(_("怎么办: {fix}", fix=stop.fix), err=True)


@contextmanager
def show_spinner(words: str, *, quiet: bool) -> Iterator[None]:
    """Show a moving line while work goes on, where a person watches."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.text import Text  # noqa: PLC0415  # rich takes a while to import

    with make_console().status(Text(words)):
        yield


def show_progress(
    items: Iterable[T], size: int, words: str, *, quiet: bool, beside: Callable[[], str] = str
) -> Iterator[T]:
    """Give items as they come; where a person watches, with a bar of how many, how fast, and how long still.

    What `beside` says from moment to moment stands at its end.
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

    class Rate(ProgressColumn):
        def render(self, task: Task) -> str:
            return _("每秒 {rate:.1f}", rate=task.speed) if task.speed else ""

    class Beside(ProgressColumn):
        def render(self, task: Task) -> str:  # noqa: ARG002  # rich gives it
            return beside()

    words_of, time_left = TextColumn("{task.description}", markup=False), TimeRemainingColumn()
    columns = (words_of, BarColumn(), MofNCompleteColumn(), Rate(), time_left, Beside())
    with Progress(*columns, console=make_console(), transient=True) as bar:
        yield from bar.track(items, total=size, description=words)


def print_note(words: str) -> None:
    """Say some words to the person, beside the results."""
    echo(words, err=True)


def collect_results(
    results: "Iterable[T | FailedReport]",
    asked: "Sequence[Asked]",
    checked: "Callable[[T], CheckResult]",
    refuses: "Callable[[CheckResult], bool]",
    *,
    fail_fast: bool = False,
) -> "tuple[list[T], list[FailedReport]]":
    """Gather what became of reports, in the order asked for; with `fail_fast` up to the first that is not right."""
    from nianbao.checks.results import FailedReport  # noqa: PLC0415  # see above

    found: dict[tuple[str, int], T | FailedReport] = {}
    for result in results:
        one = result if isinstance(result, FailedReport) else checked(result)
        found[one.office, one.year] = result  # one that comes again knows more
        if fail_fast and (isinstance(one, FailedReport) or refuses(one)):
            break
    ordered = [found[key] for store, year in asked if (key := (store.office, year)) in found]
    return [one for one in ordered if not isinstance(one, FailedReport)], [
        one for one in ordered if isinstance(one, FailedReport)
    ]


def split_errors(results: Iterable[T | Stop]) -> tuple[list[T], list[Stop]]:
    """Part what was done from what could not be done."""
    done: list[T] = []
    stops: list[Stop] = []
    for result in results:
        if isinstance(result, Stop):
            stops.append(result)
        else:
            done.append(result)
    return done, stops
