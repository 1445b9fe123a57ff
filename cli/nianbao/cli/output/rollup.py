"""What a rollup and a trace say: which units a sum is made of, and which are not in it."""

from collections.abc import Iterator, Sequence
from typing import Any

from nianbao.cli.output import findings
from nianbao.cli.terminal import echo
from nianbao.model.aggregate import Aggregate, UnitReport
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, series
from nianbao.model.value_types import digits
from nianbao.rollup.roll_up import ChangedCell, RollupResult
from nianbao.rollup.trace import Trace

_FEW = 20  # units that one line names
_MANY = 50  # rows of a table, and units with errors, that are said in full; --json has them all


def accounts(found: Sequence[RollupResult], year: int) -> None:
    """Say of each office above what was added up for it, what was not, and whether its file was written."""
    for account in found:
        findings.findings(account.findings)
        if account.aggregate:
            _account(account, account.aggregate, year)


def _account(account: RollupResult, rolled: Aggregate, year: int) -> None:
    counted = len(rolled.counted)
    echo(_("{unit} {year} 年度：{count} 个单位相加", unit=account.unit, year=year, count=counted))
    _listed(_("缺报"), account.missing)
    _listed(_("逾期"), [given.unit for given in rolled.counted if given.late])
    _listed(_("有错误，也计入了"), [given.unit for given in rolled.counted if given.errors])
    _listed(_("有错误，没有计入"), [given.unit for given in rolled.broken])
    findings.findings(_faults(rolled))
    _foreign(rolled)
    for unit in account.outdated:
        command = f"report rollup {year} --into {unit.id}"
        echo("  " + _("{unit} 自己的下级还没有汇总，或者后来变了，先运行 {command}", unit=unit, command=command))
    _listed(_("名册 data/offices.toml 里没有的文件夹"), account.unlisted)
    _cells(_("按 [[accept]] 保留"), account.accepted)
    _cells(_("改动"), account.changed)
    _cells(_("手改过"), account.edited)
    for hint in account.hints:
        echo(f"  {hint}")
    echo("  " + _ended(account))


def _listed(words: str, names: Sequence[object]) -> None:
    if names:
        more = _(" 等") if len(names) > _FEW else ""
        told = series(names[:_FEW])
        echo("  " + _("{words} {count} 个：{names}{more}", words=words, count=len(names), names=told, more=more))


def _faults(rolled: Aggregate) -> list[Finding]:
    """Give the errors of units, of each the first few, and the doubts about their money."""
    faulty = [*rolled.broken, *(given for given in rolled.counted if given.errors)]
    errors = [fault for given in faulty[:_MANY] for fault in given.errors[:3]]
    return errors + [doubt for given in rolled.counted for doubt in given.warnings][:_MANY]


def _foreign(rolled: Aggregate) -> None:
    """Say what units of another edition give that has no place, and what they have no figure for."""
    if not rolled.units_of_other_edition:
        return
    editions = series(sorted({given.edition for given in rolled.units_of_other_edition}))
    _listed(_("用 {editions} 版格式的", editions=editions), [given.unit for given in rolled.units_of_other_edition])
    if rolled.unplaced:
        words = {"count": len(rolled.unplaced), "edition": rolled.form.edition}
        echo("  " + _("{count} 个数在 {edition} 版里没有地方，没有加：", **words))
        rows = [(str(one.report.unit), one.address, digits(one.figure)) for one in rolled.unplaced[:_MANY]]
        findings.table((_("单位"), _("地址"), _("数")), rows)
        _more(len(rolled.unplaced))
    for row, columns, count in rolled.list_rows_without_cells():
        cells = f"{row} {series(columns)}".strip()
        echo("  " + _("{cells}：{count} 个单位的版本没有", cells=cells, count=count))


def _cells(words: str, cells: Sequence[ChangedCell]) -> None:
    if cells:
        echo(f"  {words}:")
        rows = [
            (
                cell.address,
                digits(cell.figure),
                "" if cell.last is None else digits(cell.last),
                digits(cell.total),
            )
            for cell in cells[:_MANY]
        ]
        findings.table((_("地址"), _("文件里"), _("上次汇总"), _("现在的和")), rows)
        _more(len(cells))


def _more(size: int) -> None:
    if size > _MANY:
        echo("  " + _("其余 {count} 项见 --json", count=size - _MANY))


def _ended(account: RollupResult) -> str:
    if account.edited:
        told = _("没有写 {file}：{count} 格手改过", file=account.file, count=len(account.edited))
        return told + _('。要换成合计加 --force；应当不同的，在文件里用 [[accept]]（rule = "rollup-differs"）写明理由')
    if account.saved is None:
        return _("没有写文件（会写到 {target}）", target=account.file)
    if account.saved.changed:
        return _("已写 {target}", target=account.file)
    return _("{target} 没有改动", target=account.file)


def traced(trace: Trace) -> None:
    """Say which units give a figure, the biggest first, and what its report says."""
    label = f"{trace.address} {trace.label}"
    echo(_("{unit} {label}：合计 {total}", unit=trace.unit, label=label, total=digits(trace.total)))
    if trace.figure is not None and trace.figure != trace.total:
        echo("  " + _("它自己的报告写 {figure}", figure=digits(trace.figure)))
    rows = list(_rows(trace, 0))
    if rows:
        findings.table((_("文件夹"), _("单位"), _("数"), _("占")), rows)
    if trace.zeros:
        echo("  " + _("另 {count} 个单位是 0", count=trace.zeros))
    if trace.parts:
        parts = " + ".join(f"{part} {digits(figure)}" for part, figure in trace.parts.items() if figure)
        echo("  " + _("它是各项之和：{parts}", parts=parts or "0"))
    levels = list(_levels(trace))
    _listed(_("缺报"), [unit for level in levels for unit in level.missing])
    _listed(_("有错误，没有计入"), [given.unit for level in levels for given in level.broken])
    _listed(_("所用的版本没有这一格"), [given.unit for level in levels for given in level.without_cell])


def _levels(trace: Trace) -> Iterator[Trace]:
    yield trace
    for inner in trace.below.values():
        yield from _levels(inner)


def _rows(trace: Trace, depth: int) -> Iterator[tuple[str, str, str, str]]:
    for given, figure in trace.contributions:
        share = f"{100 * figure / trace.total:.1f}%" if trace.total > 0 else ""
        yield "  " * depth + given.unit.id, str(given.unit), digits(figure), share
        inner = trace.below.get(given.unit.id)
        if inner:
            yield from _rows(inner, depth + 1)


# ── for programs ─────────────────────────────────────────────────────────────────────


def account_data(account: RollupResult) -> dict[str, Any]:
    """Give the account of a rollup as plain values; figures are texts, so that no digit is lost."""
    rolled = account.aggregate
    return {
        "office": account.unit.id,
        "file": account.file,
        "ok": not account.is_blocked,
        "written": account.saved is not None,
        "changed": bool(account.saved and account.saved.changed),
        "findings": [findings.finding_data(found) for found in account.findings],
        "counted": [_given(given) for given in rolled.counted] if rolled else [],
        "broken": [_given(given) for given in rolled.broken] if rolled else [],
        "missing": [unit.id for unit in account.missing],
        "outdated": [unit.id for unit in account.outdated],
        "unlisted": list(account.unlisted),
        "figures": {at: digits(figure) for at, figure in rolled.figures.items()} if rolled else {},
        "unplaced": [
            {"unit": one.report.unit.id, "address": one.address, "figure": digits(one.figure)}
            for one in (rolled.unplaced if rolled else ())
        ],
        "lacking": {
            at: [given.unit.id for given in units]
            for at, units in (rolled.units_without_cell if rolled else {}).items()
        },
        "cells": {
            name: list(map(_cell, cells))
            for name, cells in (
                ("changed", account.changed),
                ("accepted", account.accepted),
                ("edited", account.edited),
            )
        },
    }


def _given(given: UnitReport) -> dict[str, Any]:
    return {
        "unit": given.unit.id,
        "name": given.unit.name,
        "kind": given.unit.kind or None,
        "own": given.unit.own,
        "file": given.file,
        "edition": given.edition or None,
        "late": given.late is not None,
        "faults": [findings.finding_data(fault) for fault in given.errors],
        "doubts": [findings.finding_data(doubt) for doubt in given.warnings],
    }


def _cell(cell: ChangedCell) -> dict[str, str | None]:
    last = None if cell.last is None else digits(cell.last)
    return {
        "address": cell.address,
        "figure": digits(cell.figure),
        "last": last,
        "sum": digits(cell.total),
    }


def trace_data(trace: Trace | list[Finding]) -> dict[str, Any]:
    """Give a trace as plain values, or what is wrong with the register."""
    if isinstance(trace, list):
        return {"findings": [findings.finding_data(found) for found in trace]}
    return {
        "office": trace.unit.id,
        "address": trace.address,
        "label": trace.label,
        "sum": digits(trace.total),
        "figure": None if trace.figure is None else digits(trace.figure),
        "units": [
            {"unit": given.unit.id, "name": given.unit.name, "figure": digits(figure)}
            | ({"below": trace_data(trace.below[given.unit.id])} if given.unit.id in trace.below else {})
            for given, figure in trace.contributions
        ],
        "zeros": trace.zeros,
        "parts": {part: digits(figure) for part, figure in trace.parts.items()},
        "missing": [unit.id for unit in trace.missing],
        "broken": [given.unit.id for given in trace.broken],
        "without": [given.unit.id for given in trace.without_cell],
    }
