"""Describe a kind in Markdown: its sections, addresses, relations, rules and templates."""

from collections.abc import Iterator, Mapping, Sequence

from nianbao.checks import kind_rules
from nianbao.kinds.listing import ListedKind
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.open_rows.filling import expand_with_samples
from nianbao.model.relation_language.parser import Term
from nianbao.model.relations import Relation
from nianbao.model.value_types import ValueType
from nianbao.workspace.kinds import KindFolder


def describe_kind(kind: KindFolder, origin: str, picture: str = "") -> str:
    """Return a page on a kind; `picture` is the name of the file of its picture."""
    settings = kind.settings
    lines = [f"# {_escape(settings.name)}", ""]
    if picture:
        lines += [f"![{_escape(settings.name)}]({picture})", ""]
    rows = [
        (_("head-id"), f"`{kind.id}`"),
        (_("head-version"), settings.version),
        (_("head-language"), ", ".join(settings.languages)),
        (_("head-period"), settings.calendar.unit),
        (_("head-owed-by"), settings.owed_by),
        (_("head-look"), f"`{settings.look}`"),
        (_("head-origin"), origin),
    ]
    lines += _draw_table(("", ""), rows)
    for form in sorted(kind.forms(), key=lambda form: (form.first_year, form.edition)):
        lines += _describe_form(kind, form)
    lines += ["", f"## {_('head-templates')}", ""]
    lines += [f"- `{name}`" for name in kind.find_files("**/*.j2")]
    return "\n".join(lines).rstrip() + "\n"


def _describe_form(kind: KindFolder, form: Form) -> Iterator[str]:
    last = "" if form.last_year is None else form.last_year
    yield from ("", f"## {_('head-edition')} {form.edition}", "")
    yield f"{_('edition-in-force', first=form.first_year or '', last=last)} {_escape(form.document)}".strip()
    yield from _describe_dates(form)
    yield from ("", f"### {_('head-sections')}", "")
    rows = [
        (f"`{one.id}`", one.heading, f"`{one.table}`" if one.table else "", f"`{one.text}`" if one.text else "")
        for one in form.sections
    ]
    yield from _draw_table((_("head-id"), _("head-heading"), _("head-table"), _("head-text")), rows)
    yield from ("", f"### {_('head-addresses')}", "")
    sample = expand_with_samples(form)  # the columns of lists and of rows that the data decides
    units = {fact.id: fact.unit for fact in form.facts} | {slot.address: slot.unit for slot in sample.slots.values()}
    required = {fact.id for fact in form.facts if fact.required} | {form.kind.period_fact}
    addresses = [
        (
            f"`{address}`",
            sample.labels.get(address, ""),
            _describe_type(value_type),
            units.get(address, "") or value_type.currency,
            _("is-required") if address in required else "",
        )
        for address, value_type in sample.value_types.items()
    ]
    heads = (_("head-address"), _("head-label"), _("head-type"), _("head-unit"), _("head-required"))
    yield from _draw_table(heads, addresses)
    yield from _describe_axes(form)
    yield from _describe_relations(form)
    yield from _describe_rules(kind, form)


def _describe_type(value_type: ValueType) -> str:
    """Name a type; of a choice with the texts that may be chosen."""
    return f"{value_type.name}: {join_words(value_type.choices)}" if value_type.choices else value_type.name


def _describe_axes(form: Form) -> Iterator[str]:
    """Say which codes the axes have; the table of addresses has the first one of each."""
    rows = [
        (f"`{axis.id}`", axis.label, join_words(f"{code.id} ({code.label})" for code in axis.codes))
        for axis in form.axes.values()
    ]
    if rows:
        yield from ("", f"### {_('head-axes')}", "")
        yield from _draw_table((_("head-id"), _("head-label"), _("head-codes")), rows)


def _describe_dates(form: Form) -> Iterator[str]:
    """Say when a report is due, and which rows it carries over."""
    lines = []
    for due in form.due:
        day = _("due-on-day", month=due.month, day=due.day) if due.days is None else _("due-after-days", days=due.days)
        lines.append(" · ".join(filter(None, (day, due.author and f"`{due.author}`", _escape(due.basis)))))
    lines += [_("row-carries-over", row=row, last=last) for row, last in form.carries.items()]
    if lines:
        yield ""
        yield from (f"- {line}" for line in lines)


def _describe_relations(form: Form) -> Iterator[str]:
    rows = []
    names = {table.id: table.label or f"`{table.id}`" for table in form.tables} | {"": ""}  # of the whole report
    for table, relations in form.relations.items():
        labels = _list_labels(form, table) if table else form.labels
        for one in relations:
            holds = f"{_say(one.left, labels)} {one.sign} {_say(one.right, labels)}"
            rows.append((names[table], _say_each(one), holds, f"`{one.rule}`", one.why))
    if rows:
        yield from ("", f"### {_('head-relations')}", "")
        yield from _draw_table(
            (_("head-table"), _("head-for-each"), _("head-holds"), _("head-rule"), _("head-why")), rows
        )


def _say_each(relation: Relation) -> str:
    if relation.each is None:
        return ""
    return _("for-each-row") if relation.each == "row" else _("for-each-column")


def _list_labels(form: Form, table: str) -> dict[str, str]:
    """Return the label of each row and column of a table, and of groups of them, by the path of their ids."""
    labels: dict[str, str] = {}
    for slot in form.slots.values():
        if slot.address.startswith(f"{table}."):
            for path in (slot.rows, slot.columns):
                named = [heading for heading in path if heading.id]
                for size in range(1, len(named) + 1):
                    labels.setdefault(".".join(one.id for one in named[:size]), named[size - 1].label)
    return labels


def _say(terms: Sequence[Term], labels: Mapping[str, str]) -> str:
    words = []
    for number, term in enumerate(terms):
        label = labels.get(term.path, term.path)
        sign = "− " if term.factor < 0 else "+ " if number else ""
        words.append(sign + (_("of-last-period", label=label) if term.previous else label))
    return " ".join(words)


def _describe_rules(kind: KindFolder, form: Form) -> Iterator[str]:
    known = kind_rules.list_names(kind)
    rows = [
        (f"`{name}`", kind_rules.load_rule(kind, name).summary if name in known else "") for name in sorted(form.rules)
    ]
    if rows:
        yield from ("", f"### {_('head-rules')}", "")
        yield from _draw_table((_("head-rule"), _("head-finds")), rows)


def describe_all(kinds: Sequence[tuple[ListedKind, str, str]]) -> str:
    """Return a gallery of all kinds: each with the name of its page and that of its picture, which may be empty."""
    lines = [f"# {_('head-all-kinds')}", ""]
    for listed, page, picture in kinds:
        name = listed.settings.name if listed.settings else listed.id
        lines += [f"## {_escape(name)}", ""]
        if picture:
            lines += [f"[![{_escape(name)}]({picture})]({page})", ""]
        link = f"[`{listed.id}`]({page})" if page else f"`{listed.id}`"
        owed = listed.settings.owed_by if listed.settings else listed.error
        lines += [f"{link}: {_escape(owed)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _draw_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head[:1].upper() + head[1:] for head in heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(_escape, row))} |"


def _escape(text: str) -> str:
    """Keep a text from ending a cell or from being markup; code stays code."""
    plain = " ".join(text.split())
    if plain.startswith("`"):
        return plain.replace("|", "\\|")
    return "".join(f"\\{one}" if one in "|<>[]*_#\\" else one for one in plain)
