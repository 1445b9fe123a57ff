"""A published file read as a report of its kind: by the facts that it carries, as an Excel form, or by its labels."""

from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from nianbao.compose import document
from nianbao.importer import embedded_facts
from nianbao.importer.embedded_facts import CarriedReport, VerifiedFacts
from nianbao.importer.recognition import RecognizedReport, excel_form, recognize, recognize_filled
from nianbao.importer.recognition.labelled_form import LabelledForm, find_labelled_form, recognize_labelled_form
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.period import Period
from nianbao.workspace.store import Store


class ReadReport(Struct, frozen=True):
    """A file that was read: the store of its kind, what was recognized, and the facts taken as they are carried."""

    store: Store
    recognized: RecognizedReport
    verified: VerifiedFacts
    notes: tuple[str, ...] = ()


def read_by_kind(  # noqa: PLR0913  # what a person may say of a file
    store: Store,
    published: PublishedDocument,
    kind: str = "",
    period: Period | None = None,
    edition: str = "",
    *,
    trusted: bool = False,
) -> ReadReport:
    """Read a file as a report of the kind asked for, else of the one that it says, else of the first that fits.

    What a file of ours carries comes first; where the page prints otherwise, or nothing is carried, its labels are
    recognized, for which a kind needs a `reading.toml`: those of one `edition`, else of all. Raises `UserError` where
    the file is of none.
    """
    if kind:
        store.find_kind(kind)
    carried = embedded_facts.read_carried_report(store, published, kind, trusted=trusted)
    is_meant = carried and edition in {"", carried.document.report.form.edition}
    if carried and is_meant and not carried.difference and period in {None, carried.document.report.period}:
        recognized = recognize_filled(published, carried.document.report, _take_texts(carried.document))
        return ReadReport(carried.store, recognized, carried.verified)
    if of_form := excel_form.find_kind(published):
        return _read_excel_form(store, published, of_form, kind, period, edition)
    read = _recognize(store, published, kind or (carried.store.kind.id if carried else ""), period, carried, edition)
    verified = embedded_facts.verify_facts(read.store, read.recognized, trusted=trusted)
    return replace(read, verified=verified)


def _take_texts(composed: document.Document) -> ExtractedText:
    """Return what the texts of a report say, where its file prints them."""
    report = composed.report
    day = report.values.get("published")
    return ExtractedText(
        title=composed.title,
        office=document.compose_author(report),
        year=report.year,
        published=day if isinstance(day, date) else None,
        headings={section.id: document.compose_heading(report, section.id) for section in report.form.sections},
    )


def _list_forms(store: Store, edition: str) -> list[Form]:
    """Return the edition that is asked for, else all; raises `UserError` where there is none of its name."""
    return [store.kind.edition(one) for one in ([edition] if edition else sorted(store.kind.editions()))]


def _read_excel_form(  # noqa: PLR0913, PLR0917  # see above
    store: Store, published: PublishedDocument, kind: str, wanted: str, period: Period | None, edition: str
) -> ReadReport:
    if wanted not in {"", kind}:
        raise UserError(_("form-of-other-kind", said=kind, kind=wanted), _("check-file-or-kind"))
    store.find_kind(kind)
    store = store.of_kind(kind)
    recognized = excel_form.recognize_excel_form(published, _list_forms(store, edition), period)
    return ReadReport(store, recognized, VerifiedFacts())


def _read_labelled_form(store: Store, labelled: LabelledForm, period: Period | None) -> ReadReport:
    """Read a form that has lost its names; its folder is that of the office of its name in the register."""
    recognized = recognize_labelled_form(labelled, period)
    units = store.register(recognized.period).units.values()
    folder = next((unit.id for unit in units if unit.name == recognized.texts.office), "")
    return ReadReport(store, replace(recognized, folder=folder), VerifiedFacts())


def _recognize(  # noqa: PLR0913, PLR0917  # see above
    store: Store,
    published: PublishedDocument,
    kind: str,
    period: Period | None,
    carried: CarriedReport | None,
    edition: str,
) -> ReadReport:
    """Recognize a file by the labels of a kind: the one asked for, else the default one first."""
    kinds = [kind] if kind else sorted(store.list_kinds(), key=lambda one: (one != store.default_kind, one))
    errors: list[UserError] = []
    for one in kinds:
        of_kind = store.of_kind(one)
        try:
            if labelled := find_labelled_form(published, _list_forms(of_kind, edition)):
                return _read_labelled_form(of_kind, labelled, period)
            if of_kind.kind.settings.reading is None:
                continue
            if period:
                of_kind.kind.require_period(period)
            recognized = recognize(published, _list_forms(of_kind, edition), period)
        except UserError as error:  # of a kind that cannot be read itself too: others go on
            errors.append(error)
            continue
        is_chosen = bool(kind) or one == store.default_kind
        return ReadReport(of_kind, recognized, VerifiedFacts(), () if is_chosen else (_("read-as-kind", kind=one),))
    if carried and carried.store.kind.settings.reading is None:
        differ = carried.difference or str(carried.document.report.period)
        raise UserError(_("page-not-as-carried", kind=carried.store.kind.id, differ=differ), _("import-file-as-built"))
    raise (
        errors[0]
        if errors
        else UserError(_("kind-cannot-be-recognised", kind=kind or join_words(kinds)), _("import-own-file-or-form"))
    )
