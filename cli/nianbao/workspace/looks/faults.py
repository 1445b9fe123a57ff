"""What is wrong with a look whose keys have the right types."""

from collections.abc import Iterator

from nianbao.model.i18n import N_, _
from nianbao.model.loading.inheritance import Fault, suggest
from nianbao.workspace.looks.shapes import PARTS, LookFile

_LEAST_CHARACTERS, _LEAST_LINES = 10, 5  # of a line and of a page: with fewer, tables would be printed over each other


def find_faults(look: LookFile) -> Iterator[Fault]:
    """Find faces that the look does not define, and margins that leave no space."""
    faces = [(part, "face", getattr(look, part).face) for part in (*PARTS, "stress")]
    if look.redhead:
        faces += [("redhead", "face", look.redhead.face), ("redhead", "names", look.redhead.names)]
    if look.colophon:
        faces += [("colophon", "face", look.colophon.face)]
    for part, key, face in faces:
        if face and face not in look.faces:
            yield Fault((part, key), _("no-such-face", face=face) + suggest(face, list(look.faces)))
    page = look.page
    for first, last, side, unit, least, message in (
        ("left", "right", "width", look.body.size, _LEAST_CHARACTERS, N_("margins-leave-few-characters")),
        ("top", "bottom", "height", look.body.pitch, _LEAST_LINES, N_("margins-leave-few-lines")),
    ):
        space = getattr(page, side) - getattr(page, first) - getattr(page, last)
        count = int(space * 72 / 25.4 / unit)
        wider = max(first, last, key=lambda margin: getattr(page, margin))
        if space <= 0:
            yield Fault(("page", wider), _("margins-fill-side", first=first, last=last, side=side))
        elif count < least:
            numbers = {"space": f"{space:g}", "count": count, "least": least, "unit": f"{unit:g}"}
            yield Fault(("page", wider), _(message, first=first, last=last, **numbers))
    if look.number.gap > page.bottom:
        yield Fault(("number", "gap"), _("page-number-off-paper"))
