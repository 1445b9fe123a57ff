"""Fix what is certain in a data file: slips of the pen, figures typed by hand in the prose, totals of rows.

Nothing that is printed changes: the texts and figures of the report are the same before and after, unless the file
could not be read before.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from nianbao.checks.answers.rewriting import keep_mark, read_data_text, write_changed_text
from nianbao.checks.check import limit_check
from nianbao.checks.typed_numbers import TypedNumber, find_typed_numbers
from nianbao.compose.document import compose
from nianbao.datafiles import formatter
from nianbao.datafiles.corrections import Correction, correct_text, correct_values
from nianbao.datafiles.edits import Span, find_spans, map_characters, replace_spans
from nianbao.datafiles.row_totals import find_total_edits
from nianbao.model.facts import Facts, limit_sizes, parse
from nianbao.model.finding import Finding, UserError, try_work
from nianbao.model.i18n import _
from nianbao.model.parsing.encoding import find_no_data_file
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import Store


class FixedFile(Struct, frozen=True):
    """What was fixed in a data file, or would be: its text before and after, and the changes in their order."""

    path: str
    before: str
    after: str
    changes: tuple[Correction, ...]


def fix_all(reports: Iterable[ReportRef], *, write: bool) -> Iterator[FixedFile | UserError]:
    """Fix data files one after another, see `fix_file`; yield a `UserError` for one that cannot be written."""
    for store, period in reports:
        yield try_work(partial(fix_file, store, period, write=write), store.data(period))


def fix_file(store: Store, period: Period, *, write: bool) -> FixedFile:
    """Fix what is certain in the data file of a period, and write it unless told not to.

    Raises `UserError` where the file cannot be read or written, or was changed by others meanwhile.
    """
    if find_no_data_file(store.content(period), store.data(period)):
        return FixedFile(store.data(period), "", "", ())  # which the check says
    content, text = read_data_text(store, period)
    with limit_check():
        corrected = correct_text(text)
        fixed = _Fixer(store, period).fix(corrected.text)
    changes = (*corrected.changes, *fixed.changes)
    if write and fixed.text != text:
        write_changed_text(store, period, content, keep_mark(content, fixed.text))
    return FixedFile(store.data(period), text, fixed.text, changes)


class _Fixed(Struct, frozen=True):
    text: str
    changes: tuple[Correction, ...] = ()


class _Fixer:
    """Fixes the text of one data file that can be read; any other stays as it is."""

    def __init__(self, store: Store, period: Period) -> None:
        self._store, self._period = store, period

    def fix(self, text: str) -> _Fixed:
        """Correct values, insert placeholders, treat the totals of rows alike, and keep a file laid out that was so."""
        report = self._read(text)
        if report is None:
            return _Fixed(text)
        is_laid_out = _lay_out(report) == text
        corrected = correct_values(report)
        placed = self._insert_placeholders(self._read(corrected.text) or report)
        evened = self._even_totals(self._read(placed.text) or report)
        changed, changes = self._read(evened.text), (*corrected.changes, *placed.changes, *evened.changes)
        if is_laid_out and changed and changes:
            evened = replace(evened, text=_lay_out(changed) or evened.text)
        return _Fixed(evened.text, changes)

    def _read(self, text: str) -> Report | None:
        facts = parse(text, self._store.data(self._period))
        facts = limit_sizes(facts) if isinstance(facts, Facts) else facts
        report = facts if isinstance(facts, Finding) else self._store.kind.fill(facts, self._period, None)
        return report if isinstance(report, Report) else None

    # ── figures typed by hand ────────────────────────────────────────────────

    def _insert_placeholders(self, report: Report) -> _Fixed:
        """Replace figures whose words say what they count; in no section that would be printed differently."""
        numbers = [typed for typed in find_typed_numbers(report) if typed.is_claimed]
        texts = self._compose_texts(report) if numbers else None
        while numbers and texts is not None:
            fixed = _replace_numbers(report, numbers)
            changed = self._read(fixed.text)
            printed = self._compose_texts(changed) if changed else None
            if printed is None:
                break
            different = {section for section, text in texts.items() if printed.get(section) != text}
            if not different:
                return fixed
            kept = [typed for typed in numbers if typed.section not in different]
            numbers = kept if len(kept) < len(numbers) else []
        return _Fixed(report.facts.text)

    def _compose_texts(self, report: Report) -> dict[str, str] | None:
        """Return the text of each section as it is printed; None where a fact that it takes is missing."""
        required = [report.form.kind.period_fact, *(fact.id for fact in report.form.facts if fact.required)]
        if any(address not in report.values for address in required):
            return None
        return {section: str(text) for section, text in compose(report, self._store.kind.template).texts.items()}

    # ── totals ───────────────────────────────────────────────────────────────

    def _even_totals(self, report: Report) -> _Fixed:
        """Write or leave out totals of rows, as most rows of the table do."""
        text, edits = report.facts.text, list(find_total_edits(report))
        fixed = replace_spans(text, {edit.span: edit.text for edit in edits})
        changed = self._read(fixed)
        if not edits or changed is None or changed.figures != report.figures or changed.values != report.values:
            return _Fixed(text)
        reasons = {True: _("total-written-like-others"), False: _("total-left-out-like-others")}
        return _Fixed(
            fixed,
            tuple(
                _make_change(text, edit.span, edit.text.strip(" ,"), reasons[edit.is_written])
                for edit in sorted(edits, key=lambda edit: edit.span.start)
            ),
        )


def _lay_out(report: Report) -> str:
    """Return the text of a data file laid out; empty where that is not possible without a loss."""
    try:
        return formatter.format_text(report.facts.text, report.form)
    except ValueError:
        return ""


def _replace_numbers(report: Report, numbers: Sequence[TypedNumber]) -> _Fixed:
    """Replace figures in the prose by placeholders, where they are written."""
    text = report.facts.text
    spans = find_spans(text, list(dict.fromkeys(f"prose.{typed.section}" for typed in numbers)))
    parts: dict[Span, str] = {}
    for typed in numbers:
        span = spans[f"prose.{typed.section}"]
        prose, offsets = map_characters(text[span.start : span.end])
        if prose != report.prose[typed.section]:
            continue
        part = Span(span.start + offsets[typed.start], span.start + offsets[typed.end - 1] + 1)
        figure = report.prose[typed.section][typed.start : typed.end]
        if text[part.start : part.end] == figure:
            parts[part] = f"{{{{ {typed.expression} }}}}"
    reason = _("figure-is-fact")
    changes = tuple(
        _make_change(text, span, after, reason) for span, after in sorted(parts.items(), key=lambda one: one[0].start)
    )
    return _Fixed(replace_spans(text, parts), changes)


def _make_change(text: str, span: Span, after: str, reason: str) -> Correction:
    start = text.rfind("\n", 0, span.start) + 1
    line, column = text.count("\n", 0, span.start) + 1, span.start - start + 1
    return Correction(line, column, text[span.start : span.end].strip(" ,"), after, reason)
