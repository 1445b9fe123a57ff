"""What a rollup and a trace say: which units a sum is made of, and which are not in it."""

from collections.abc import Iterator, Sequence
from typing import Any

from nianbao.cli.output import findings
from nianbao.cli.terminal import echo
from nianbao.datafiles.patch import number
from nianbao.model.aggregate import Given, Rolled
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, series
from nianbao.rollup.roll_up import Account, Cell
from nianbao.rollup.trace import Trace

_MAX_NAMES = 20  # units that one line names
_MAX_ROWS = 50  # rows of a table, and units with errors, that are said in full; --json has them all


def print_rollups(found: Sequence[Account], year: int) -> None:
    """Say of each office above what was added up for it, what was not, and whether its file was written."""
    for account in found:
        findings.print_findings(account.findings)
        if account.rolled:
            _print_rollup(account, account.rolled, year)


def _print_rollup(account: Account, rolled: Rolled, year: int) -> None:
    counted = len(rolled.counted)
    echo(_("{unit} {year} 年度：{count} 个单位相加", unit=account.unit, year=year, count=counted))
    _print_names(_("缺报"), account.missing)
    _print_names(_("逾期"), [given.unit for given in rolled.counted if given.late])
    _print_names(_("有错误，也计入了"), [given.unit for given in rolled.counted if given.faults])
    _print_names(_("有错误，没有计入"), [given.unit for given in rolled.broken])
    findings.print_findings(_list_faults(rolled))
    _print_other_editions(rolled)
    for unit in account.outdated:
        command = f"report rollup {year} --into {unit.id}"
        echo("  " + _("{unit} 自己的下级还没有汇总，或者后来变了，先运行 {command}", unit=unit, command=command))
    _print_names(_("名册 data/offices.toml 里没有的文件夹"), account.unlisted)
    _print_cells(_("按 [[accept]] 保留"), account.accepted)
    _print_cells(_("改动"), account.changed)
    _print_cells(_("手改过"), account.edited)
    for hint in account.hints:
        echo(f"  {hint}")
    echo("  " + _describe_end(account))


def _print_names(words: str, names: Sequence[object]) -> None:
    if names:
        more = _(" 等") if len(names) > _MAX_NAMES else ""
        told = series(names[:_MAX_NAMES])
        echo("  " + _("{words} {count} 个：{names}{more}", words=words, count=len(names), names=told, more=more))


def _list_faults(rolled: Rolled) -> list[Finding]:
    """Give the errors of units, of each the first few, and the doubts about their money."""
    faulty = [*rolled.broken, *(given for given in rolled.counted if given.faults)]
    errors = [fault for given in faulty[:_MAX_ROWS] for fault in given.faults[:3]]
    return errors + [doubt for given in rolled.counted for doubt in given.doubts][:_MAX_ROWS]


def _print_other_editions(rolled: Rolled) -> None:
    """Say what units of another edition give that has no place, and what they have no figure for."""
    if not rolled.strangers:
        return
    editions = series(sorted({given.edition for given in rolled.strangers}))
    _print_names(_("用 {editions} 版格式的", editions=editions), [given.unit for given in rolled.strangers])
    if rolled.unplaced:
        words = {"count": len(rolled.unplaced), "edition": rolled.form.edition}
        echo("  " + _("{count} 个数在 {edition} 版里没有地方，没有加：", **words))
        rows = [(str(one.given.unit), one.address, number(one.figure)) for one in rolled.unplaced[:_MAX_ROWS]]
        findings.print_table((_("单位"), _("地址"), _("数")), rows)
        _print_rest(len(rolled.unplaced))
    for row, columns, count in rolled.rows_lacking():
        cells = f"{row} {series(columns)}".strip()
        echo("  " + _("{cells}：{count} 个单位的版本没有", cells=cells, count=count))


def _print_cells(words: str, cells: Sequence[Cell]) -> None:
    if cells:
        echo(f"  {words}:")
        rows = [
            (
                cell.address,
                number(cell.figure),
                "" if cell.last is None else number(cell.last),
                number(cell.total),
            )
            for cell in cells[:_MAX_ROWS]
        ]
        findings.print_table((_("地址"), _("文件里"), _("上次汇总"), _("现在的和")), rows)
        _print_rest(len(cells))


def _print_rest(size: int) -> None:
    if size > _MAX_ROWS:
        echo("  " + _("其余 {count} 项见 --json", count=size - _MAX_ROWS))


def _describe_end(account: Account) -> str:
    if account.edited:
        told = _("没有写 {file}：{count} 格手改过", file=account.file, count=len(account.edited))
        return told + _('。要换成合计加 --force；应当不同的，在文件里用 [[accept]]（rule = "rollup-differs"）写明理由')
    if account.saved is None:
        return _("没有写文件（会写到 {target}）", target=account.file)
    if account.saved.changed:
        return _("已写 {target}", target=account.file)
    return _("{target} 没有改动", target=account.file)


def print_trace(trace: Trace) -> None:
    """Say which units give a figure, the biggest first, and what its report says."""
    label = f"{trace.address} {trace.label}"
    echo(_("{unit} {label}：合计 {total}", unit=trace.unit, label=label, total=number(trace.total)))
    if trace.figure is not None and trace.figure != trace.total:
        echo("  " + _("它自己的报告写 {figure}", figure=number(trace.figure)))
    rows = list(_make_rows(trace, 0))
    if rows:
        findings.print_table((_("文件夹"), _("单位"), _("数"), _("占")), rows)
    if trace.zeros:
        echo("  " + _("另 {count} 个单位是 0", count=trace.zeros))
    if trace.parts:
        parts = " + ".join(f"{part} {number(figure)}" for part, figure in trace.parts.items() if figure)
        echo("  " + _("它是各项之和：{parts}", parts=parts or "0"))
    levels = list(_walk_levels(trace))
    _print_names(_("缺报"), [unit for level in levels for unit in level.missing])
    _print_names(_("有错误，没有计入"), [given.unit for level in levels for given in level.broken])
    _print_names(_("所用的版本没有这一格"), [given.unit for level in levels for given in level.without])


def _walk_levels(trace: Trace) -> Iterator[Trace]:
    yield trace
    for inner in trace.below.values():
        yield from _walk_levels(inner)


def _make_rows(trace: Trace, depth: int) -> Iterator[tuple[str, str, str, str]]:
    for given, figure in trace.gifts:
        share = f"{100 * figure / trace.total:.1f}%" if trace.total > 0 else ""
        yield "  " * depth + given.unit.id, str(given.unit), number(figure), share
        inner = trace.below.get(given.unit.id)
        if inner:
            yield from _make_rows(inner, depth + 1)


# ── for programs ─────────────────────────────────────────────────────────────────────


def rollup_data(account: Account) -> dict[str, Any]:
    """Give the account of a rollup as plain values; figures are texts, so that no digit is lost."""
    rolled = account.rolled
    return {
        "office": account.unit.id,
        "file": account.file,
        "ok": not account.blocked,
        "written": account.saved is not None,
        "changed": bool(account.saved and account.saved.changed),
        "findings": [findings.finding_data(found) for found in account.findings],
        "counted": [_unit_data(given) for given in rolled.counted] if rolled else [],
        "broken": [_unit_data(given) for given in rolled.broken] if rolled else [],
        "missing": [unit.id for unit in account.missing],
        "outdated": [unit.id for unit in account.outdated],
        "unlisted": list(account.unlisted),
        "figures": {at: number(figure) for at, figure in rolled.figures.items()} if rolled else {},
        "unplaced": [
            {"unit": one.given.unit.id, "address": one.address, "figure": number(one.figure)}
            for one in (rolled.unplaced if rolled else ())
        ],
        "lacking": {at: [given.unit.id for given in units] for at, units in (rolled.lacking if rolled else {}).items()},
        "cells": {
            name: list(map(_cell_data, cells))
            for name, cells in (
                ("changed", account.changed),
                ("accepted", account.accepted),
                ("edited", account.edited),
            )
        },
    }


def _unit_data(given: Given) -> dict[str, Any]:
    return {
        "unit": given.unit.id,
        "name": given.unit.name,
        "kind": given.unit.kind or None,
        "own": given.unit.own,
        "file": given.file,
        "edition": given.edition or None,
        "late": given.late is not None,
        "faults": [findings.finding_data(fault) for fault in given.faults],
        "doubts": [findings.finding_data(doubt) for doubt in given.doubts],
    }


def _cell_data(cell: Cell) -> dict[str, str | None]:
    last = None if cell.last is None else number(cell.last)
    return {"address": cell.address, "figure": number(cell.figure), "last": last, "sum": number(cell.total)}


def trace_data(trace: Trace | list[Finding]) -> dict[str, Any]:
    """Give a trace as plain values, or what is wrong with the register."""
    if isinstance(trace, list):
        return {"findings": [findings.finding_data(found) for found in trace]}
    return {
        "office": trace.unit.id,
        "address": trace.address,
        "label": trace.label,
        "sum": number(trace.total),
        "figure": None if trace.figure is None else number(trace.figure),
        "units": [
            {"unit": given.unit.id, "name": given.unit.name, "figure": number(figure)}
            | ({"below": trace_data(trace.below[given.unit.id])} if given.unit.id in trace.below else {})
            for given, figure in trace.gifts
        ],
        "zeros": trace.zeros,
        "parts": {part: number(figure) for part, figure in trace.parts.items()},
        "missing": [unit.id for unit in trace.missing],
        "broken": [given.unit.id for given in trace.broken],
        "without": [given.unit.id for given in trace.without],
    }
