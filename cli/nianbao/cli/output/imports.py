"""The output of imports: for each file what was read of each table, its findings, and where the data file is now."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nianbao.cli.output import findings
from nianbao.cli.output.finding_printer import FindingPrinter
from nianbao.cli.terminal import echo
from nianbao.importer.pipeline import ImportedReport
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace.files import display_path
from nianbao.workspace.selection import is_in_data_folder


def print_imports(reports: Sequence[ImportedReport], failed: int = 0, *, quiet: bool) -> None:
    """Print what was read of each file, what was found in it, and where its data file is now.

    `failed` is the number of files that could not be imported; with `quiet`, tables and findings are left out.
    """
    printer = FindingPrinter()
    for one in reports:
        title = " ".join(
            filter(None, [one.office or _("office-not-recognised"), findings.describe_periods([one.period])])
        )
        echo(_("at-place", place=one.source, message=title))
        if not quiet:
            if one.lossless:
                echo("  " + _("took-carried-facts"))
            findings.print_table(
                (
                    _("type-table"),
                    _("head-cells-read"),
                    _("head-cells-blank"),
                    _("head-cells-undecided"),
                    _("head-cells-missing"),
                    _("head-cells-in-conflict"),
                ),
                [(counts["label"], *_format_counts(counts)) for counts in one.cell_counts.values()],
            )
            for counts in one.cell_counts.values():
                if counts["by_order"]:
                    echo("  " + _("columns-taken-in-order", name=counts["label"]))
            for note in one.notes:
                echo(f"  {note}")
            printer.print_all(one.findings)
        else:
            for note in one.notes:
                echo(f"  {note}")
        echo("  " + _describe_target(one))
        echo("  " + _describe_next_step(one))
    if len(reports) + failed > 1:
        clean = sum(one.clean for one in reports)
        parts = [_("reports-and-read-in-full", count=len(reports), clean=clean)]
        parts += [_("files-not-imported", count=failed)] if failed else []
        echo(_("clause-separator").join(parts))


def _format_counts(counts: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(counts[key] or "") for key in ("read", "blank", "ambiguous", "missing", "conflict"))


def _describe_target(one: ImportedReport) -> str:
    """Return for people where the data file is, and what is to be done next."""
    if one.saved is None:
        state = _("would-write-target", target=display_path(one.target))
    else:
        state = (
            _("wrote-target", target=one.saved.path)
            if one.saved.changed
            else _("target-unchanged", target=display_path(one.target))
        )
    rest = [findings.describe_counts(one.findings)]
    if one.missing:
        rest.insert(0, _("cells-to-add", count=one.missing))
    if one.undecided:
        rest.insert(0, _("cells-to-decide", count=one.undecided))
    return _("told-and-rest", told=state, rest=_("clause-separator").join(rest))


def _describe_next_step(one: ImportedReport) -> str:
    """Say in one sentence what to do now."""
    if one.saved is None:
        return _("next-import-to-write")
    target = one.saved.path
    if one.undecided or one.missing:
        return _("next-add-cells", target=target, then=_name_command("validate", target))
    if one.clean:
        return _("next-compare-and-build", target=target, then=_name_command("build", target))
    return _("next-correct", target=target, then=_name_command("validate", target))


def _name_command(command: str, target: str) -> str:
    """Say what to run on a data file, which commands read below `data/` only."""
    if is_in_data_folder(Path(target)):
        return _("then-run", command=f"report {command} {shlex.quote(target)}")
    return _("then-move-and-run", command=f"report {command}")


def imports_data(reports: Sequence[ImportedReport], errors: Sequence[UserError], *, alone: bool) -> object:
    """Return what was read as plain values for JSON: one report if it is `alone`, else a list and the errors."""
    data = [
        one.figures | {"notes": list(one.notes), "findings": list(map(findings.finding_data, one.findings))}
        for one in reports
    ]
    return data[0] if alone and data else {"reports": data, "stops": findings.errors_data(errors)}
