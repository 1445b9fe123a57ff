"""The words of the page of a preview, in the user's language."""

from nianbao.model.i18n import _


def list_words() -> dict[str, str]:
    """Return the words by the names that `static/index.html` and `static/preview.js` have for them."""
    return {
        "title": _("preview-title"),
        "begins": _("preview-begins"),
        "web": _("preview-web"),
        "official": _("preview-official"),
        "findings": _("preview-findings"),
        "no_findings": _("nothing-found"),
        "page": _("preview-page"),
        "lines": _("preview-lines"),
        "lines_hint": _("preview-lines-hint"),
        "open_editor": _("preview-open-editor"),
        "run": _("preview-run"),
        "because": _("preview-because"),
        "stale": _("preview-stale"),
        "no_page": _("preview-no-page"),
        "ended": _("preview-ended"),
        "error": _("preview-level-error"),
        "warning": _("preview-level-warning"),
        "note": _("preview-level-note"),
        "source": _("preview-source"),
        "undecided": _("preview-undecided"),
        "undecided_hint": _("preview-undecided-hint"),
        "all_decided": _("preview-all-decided"),
        "compare": _("preview-compare"),
        "done": _("preview-done"),
        "page_not_drawn": _("preview-page-not-drawn"),
    }
