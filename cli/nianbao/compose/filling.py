"""The names that the templates of a kind may use, and texts of a form filled with the facts of a report."""

from nianbao.compose import template_context
from nianbao.compose.table_rows import PrintedTables, describe_form
from nianbao.compose.templating import fill_text
from nianbao.model.report import Report


def make_template_names(report: Report) -> dict[str, object]:
    """Return the names of the kind's own templates: those of prose, the form and its tables."""
    more = {"form": describe_form(report.form), "tables": PrintedTables(report)}
    return more | template_context.make_names(report)


def fill_form_text(report: Report, text: str) -> str:
    """Fill a text that stands in the form itself; raises `TemplateFillError`, which names the file of the edition."""
    return fill_text(
        text,
        f"templates/kinds/{report.form.kind.id}/editions/{report.form.edition}.toml",
        make_template_names(report),
        report.form.locale,
        plain=True,
    )
