"""A form's file read into the form: strict about every key, and told at once where it contradicts itself."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from nianbao.model.finding import LEVELS
from nianbao.model.form import Due, Fact, Form, Relation, Section, Sign, Term, bad
from nianbao.model.i18n import _, series
from nianbao.model.table import Block, Heading, Table
from nianbao.model.text_rules import check
from nianbao.model.text_rules import read as read_vocabulary
from nianbao.model.value_types import KINDS


def read(raw: Mapping[str, Any], edition: str) -> Form:
    """Read a form from its values; raises `Stop` that names the place of what a form cannot say."""
    reader = _Reader(edition)
    top = reader.of(
        raw,
        "",
        "name document years template title author sections tables facts due key_figures vocabulary carries takes",
    )
    years = reader.of(top.get("years", {}), "years", "from to")
    tables = [reader.table(item, f"tables[{at}]") for at, item in enumerate(top.get("tables", []))]
    form = Form(
        edition=edition,
        name=str(top.get("name") or bad(edition, "name", _("缺名称"))),
        document=str(top.get("document", "")),
        first_year=int(years.get("from", 0)),
        last_year=int(years["to"]) if "to" in years else None,
        template=str(top.get("template") or bad(edition, "template", _("缺模板"))),
        title=str(top.get("title", "{{ year }}")),
        author=str(top.get("author", "")),
        sections=tuple(reader.made(Section, item, "sections") for item in top.get("sections", [])),
        tables=tuple(table for table, _ in tables),
        relations={table.id: relations for table, relations in tables},
        facts=tuple(reader.made(Fact, item, "facts") for item in top.get("facts", [])),
        due=tuple(reader.made(Due, item, "due") for item in top.get("due", [])),
        carries=reader.carries(top.get("carries", {})),
        takes=reader.takes(top.get("takes", {})),
        key_figures=tuple(top.get("key_figures", [])),
        vocabulary=read_vocabulary(top.get("vocabulary", {}), partial(bad, edition)),
    )
    sections = {section.id for section in form.sections}
    check(form.vocabulary, form.key_figures, form.kinds, sections, partial(bad, edition))
    named = [("carries", row) for row in (*form.carries, *form.carries.values())]
    named += [(f"takes.{other}", row) for other, rows in form.takes.items() for row in rows]
    for at, row in named:
        if not any(f"{address}.".startswith(f"{row}.") for address in form.slots):
            bad(edition, at, _("没有名为 {row} 的行", row=row))
    known = {table.id for table in form.tables}
    for section in form.sections:
        if section.table not in known | {""}:
            bad(edition, f"sections.{section.id}", _("没有名为 {table} 的表", table=section.table))
    for address, kind in form.kinds.items():
        if kind not in KINDS:
            bad(edition, address, _("没有 {kind} 这种值，只有 {kinds}", kind=kind, kinds=" ".join(KINDS)))
    if len(form.slots) != sum(1 for table in form.tables for _ in table.slots):
        bad(edition, "tables", _("两个数字的地址相同"))
    len(form.totals)  # a relation that applies nowhere is a mistake of the form, told at once
    return form


class _Reader:
    """Turns the plain values of a form's file into the model, strict about every key."""

    def __init__(self, edition: str) -> None:
        self.edition = edition

    def of(self, raw: object, at: str, known: str) -> dict[str, Any]:
        """Return a table of values whose keys are all known."""
        if not isinstance(raw, dict):
            bad(self.edition, at, _("应为表"))
        for key in raw:
            if key not in known.split():
                bad(self.edition, f"{at}.{key}".strip("."), _("不认识的键；这里可以写 {known}", known=known))
        return raw

    def made(self, shape: type[Any], raw: object, at: str) -> Any:  # noqa: ANN401  # one reader for all shapes
        """Make a frozen record, its lists turned into tuples, its headings read."""
        values = self.of(raw, at, " ".join(shape.__dataclass_fields__))
        made: dict[str, object] = {}
        for key, value in values.items():
            if key in {"below", "rows", "columns"}:
                made[key] = tuple(self.made(Heading, item, f"{at}.{key}") for item in value)
            else:
                made[key] = tuple(value) if isinstance(value, list) else value
        try:
            return shape(**made)
        except TypeError as error:
            return bad(self.edition, at, str(error))

    def carries(self, raw: object) -> dict[str, str]:
        rows = raw if isinstance(raw, dict) else bad(self.edition, "carries", _("应为表"))
        return {str(into): str(row) for into, row in rows.items()}

    def takes(self, raw: object) -> dict[str, dict[str, tuple[str, ...]]]:
        editions = raw if isinstance(raw, dict) else bad(self.edition, "takes", _("应为表"))
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for other, rows in editions.items():
            if not isinstance(rows, dict) or not all(isinstance(row, list) for row in rows.values()):
                bad(self.edition, f"takes.{other}", _("应为表，每行写那一版的哪些行"))
            found[str(other)] = {str(into): tuple(map(str, row)) for into, row in rows.items()}
        return found

    def table(self, raw: object, at: str) -> tuple[Table, tuple[Relation, ...]]:
        values = self.of(raw, at, "id label widths relations blocks")
        blocks = tuple(self.made(Block, item, f"{at}.blocks") for item in values.get("blocks", []))
        if not blocks or not all(block.columns for block in blocks):
            bad(self.edition, at, _("表至少要有一块，每块至少要有一列"))
        table = Table(str(values["id"]), str(values.get("label", "")), blocks, tuple(values.get("widths", ())))
        if table.widths and len(table.widths) != table.lay_out().columns:
            bad(self.edition, f"{at}.widths", _("应有 {columns} 个宽度", columns=table.lay_out().columns))
        relations = tuple(self.relation(item, f"{at}.relations") for item in values.get("relations", []))
        return table, relations

    def relation(self, raw: object, at: str) -> Relation:
        values = self.of(raw, at, "rule each holds level why at but when")
        match = re.fullmatch(r"([^<>=!]+)(<=>|>=|<=|!=|=)([^<>=!]+)", values.get("holds", ""))
        if not match or values.get("each") not in {"row", "column"} or "rule" not in values:
            bad(self.edition, at, _("应写 rule、each（row 或 column）和形如 a + b = c 的 holds"))
        level = values.get("level", "error")
        if level not in LEVELS:
            bad(self.edition, at, _("level 只能是 {levels}", levels=series(LEVELS)))
        left, sign, right = match.groups()
        return Relation(
            rule=values["rule"],
            each=values["each"],
            left=self.terms(left, at),
            sign=cast("Sign", sign),
            right=self.terms(right, at),
            level=level,
            why=values.get("why", ""),
            at=tuple(values.get("at", ())),
            but=tuple(values.get("but", ())),
            when=values.get("when", ""),
        )

    def terms(self, side: str, at: str) -> tuple[Term, ...]:
        parts = re.findall(r"([+-]?)\s*([\w.]+)", side)
        if re.sub(r"[+-]?\s*[\w.]+", "", side).strip() or not parts:
            bad(self.edition, at, _("看不懂 {side}，只能用 + 和 - 连接地址", side=side.strip()))
        return tuple(
            Term(path.removeprefix("before."), -1 if mark == "-" else 1, path.startswith("before."))
            for mark, path in parts
        )
