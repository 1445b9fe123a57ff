"""Check the Jinja templates of a kind: they compile, name facts that there are, and can be filled with any report."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from jinja2 import Environment, TemplateSyntaxError, meta, nodes
from jinja2.defaults import DEFAULT_NAMESPACE

from nianbao.checks.check import limit_check
from nianbao.compose.document import Document, compose, compose_author, compose_heading, make_page
from nianbao.compose.filling import fill_form_text
from nianbao.compose.filters import to_markdown
from nianbao.compose.markdown import Markdown
from nianbao.compose.template_context import FactNode, describe_unknown, find_below, make_names
from nianbao.compose.templating import load_nothing, make_environment
from nianbao.kinds.checking.comparisons import find_idle_comparisons, split_into_keys
from nianbao.kinds.checking.markup import check_headings
from nianbao.kinds.checking.page import check_page
from nianbao.kinds.mistakes import Mistake, find_words, locate_faults, split_error
from nianbao.kinds.samples import make_samples
from nianbao.model.finding import Place, UserError, make_internal_error
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.report import Report
from nianbao.workspace.kinds import KindFolder

_PAGE_NAMES = ("title", "author", "form", "sections", "tables", "period")
_UNKNOWN_TAG = re.compile(r"unknown tag '(\w+)'")
_TAGS = ("for", "endfor", "if", "elif", "else", "endif", "set", "endset", "macro", "endmacro", "include", "import")
_JINJA_NAMES = ("loop", "caller", "varargs", "kwargs", "self", "super")


def check_templates(kind: KindFolder, forms: list[Form]) -> Iterator[Mistake]:
    """Compile every template, and look up every name in it."""
    names = [make_names(sample) for form in forms for sample in make_samples(form).values()]
    describe = partial(_describe_unknown_in_all, names, {table.id for form in forms for table in form.tables})
    files = {name: (top.display(path), top.read_text(path)) for name, (top, path) in kind.find_files("**/*.j2").items()}
    trees: dict[str, nodes.Template] = {}
    environment = make_environment(load_nothing, kind.read_locale(kind.settings.languages[0]))
    for name, (file, text) in files.items():
        try:
            trees[name] = environment.parse(text, name, file)
            if wrong := list(_find_unknown_functions(environment, trees[name], file, text)):
                yield from wrong
            else:
                environment.compile(environment.parse(text, name, file), name, file)  # which changes the tree
        except TemplateSyntaxError as error:
            tag = _UNKNOWN_TAG.search(error.message or "")
            near = suggest(tag[1], _TAGS) if tag else ""
            why = _("template-not-jinja", error=error.message or "") + near
            yield Mistake(find_words(file, text, tag[1] if tag else "", error.lineno), why)
    assigned = {name for tree in trees.values() for name in _list_assigned(tree)}  # one template includes another
    for name, tree in trees.items():
        file, text = files[name]
        for other in filter(None, meta.find_referenced_templates(tree)):
            if other not in files:
                why = _("no-such-template", name=f"{kind.name}/{other}") + suggest(other, list(files))
                yield Mistake(find_words(file, text, other), why)
        if names:
            yield from _find_unknown_names(tree, file, text, describe, assigned)
        for node, words, why in find_idle_comparisons(tree, forms):
            yield Mistake(find_words(file, text, words, node.lineno), why)
    for form in forms:
        yield from _check_form_texts(kind, form, environment)


def _check_form_texts(kind: KindFolder, form: Form, environment: Environment) -> Iterator[Mistake]:
    """Check the comparisons in texts of an edition; what is no Jinja is found where they are filled."""
    for keys, text in _list_form_texts(form).items():
        with suppress(TemplateSyntaxError):
            faults = [Fault(keys, why) for *_at, why in find_idle_comparisons(environment.parse(text), [form])]
            yield from locate_faults(kind.read_edition_files(form.edition), faults)


def _list_form_texts(form: Form) -> dict[Keys, str]:
    """List the templates that an edition has itself."""
    texts: dict[Keys, str] = {("title",): form.title, ("author",): form.author}
    texts |= {("sections", number, "heading"): part.heading for number, part in enumerate(form.sections)}
    return texts | {("pictures", number, "title"): part.title for number, part in enumerate(form.pictures)}


def _find_unknown_functions(environment: Environment, tree: nodes.Template, file: str, text: str) -> Iterator[Mistake]:
    """Find filters and tests that there are not."""
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        is_filter = isinstance(node, nodes.Filter)
        known = environment.filters if is_filter else environment.tests
        if node.name not in known:
            key = N_("no-such-filter") if is_filter else N_("no-such-test")
            why = _(key, name=node.name) + suggest(node.name, [*known])
            yield Mistake(find_words(file, text, node.name, node.lineno), why)


def _find_unknown_names(
    tree: nodes.Template, file: str, text: str, describe: Callable[[list[str]], str], assigned: set[str]
) -> Iterator[Mistake]:
    """Find names that are neither facts of some form nor assigned in a template, wherever they stand."""
    builtin = {*DEFAULT_NAMESPACE, *_PAGE_NAMES, *_JINJA_NAMES}
    inner = {id(node.node) for node in tree.find_all(nodes.Getattr)}
    for node in tree.find_all((nodes.Name, nodes.Getattr)):
        keys = [] if id(node) in inner else split_into_keys(node)
        if not keys or keys[0] in assigned | builtin:
            continue
        if why := describe(keys):
            yield Mistake(find_words(file, text, ".".join(keys), node.lineno), why)


def _list_assigned(tree: nodes.Template) -> Iterator[str]:
    """List the names that a template gives to values of its own, to macros and to other templates."""
    yield from (node.name for node in tree.find_all(nodes.Name) if node.ctx != "load")
    yield from (node.name for node in tree.find_all(nodes.Macro))
    yield from (one.target for one in tree.find_all(nodes.Import))
    for one in tree.find_all(nodes.FromImport):
        yield from (name if isinstance(name, str) else name[1] for name in one.names)


def _describe_unknown_in_all(names: Sequence[Mapping[str, object]], tables: set[str], keys: list[str]) -> str:
    """Return why an address names no fact of any form; an empty text where it names one of some form."""
    whys = [_describe_unknown(keys, known) for known in names]
    if not all(whys):
        return ""
    is_table = keys[0] in tables and keys[1:] in ([], ["rows"])
    return _("rows-by-tables", name=keys[0]) if is_table else whys[0]


def _describe_unknown(keys: list[str], names: Mapping[str, object]) -> str:
    """Return why an address names no fact; an empty text where it names one, or what a fact can do."""
    if names.get(keys[0]) is None:
        return describe_unknown({**names, **dict.fromkeys(_PAGE_NAMES)}, keys[0])
    value: object = names[keys[0]]
    for number, key in enumerate(keys[1:], 1):
        if not isinstance(value, FactNode):
            return ""
        parent, value = value, find_below(value, key)
        if value is None:
            return describe_unknown(parent, ".".join(keys[: number + 1]))
    return ""


def check_filling(kind: KindFolder, reports: Sequence[tuple[str, Report]]) -> Iterator[Mistake]:
    """Fill every template with reports, each with the key of what it holds, and check the pages that come out."""
    for key, report in reports:
        found = list(_fill(kind, report))
        yield from (Mistake(one.place, f"{one.message}{_('filled-like-this', how=_(key))}") for one in found)
        if found:
            return  # of the other reports it would be the same


def _fill(kind: KindFolder, report: Report) -> Iterator[Mistake]:
    file = f"templates/{kind.name}/{report.form.template}"
    try:
        with limit_check():
            document = compose(report, kind.template)
            compose_author(report)
            page = make_page(document)
            marked = _mark_sections(document)
            marked_page = make_page(marked)
    except UserError as error:
        yield from _locate_error(kind, report, error)
    except Exception as error:  # noqa: BLE001  # whatever a template makes of us is its mistake
        yield Mistake(Place(file, 1, 1), make_internal_error(error).message)
    else:
        yield from check_page(kind, report.form, page.text, marked_page.text, marked.texts)
        template, shown = kind.template(report.form.template)
        headings = [str(to_markdown(compose_heading(report, id_), report.form.locale)) for id_ in marked.texts]
        yield from check_headings(shown, template, marked_page.text, headings)


def _mark_sections(document: Document) -> Document:
    """Return a document of which each section is a mark, by which it is found on the page."""
    texts = {id_: Markdown(f"SECTION{number}E") for number, id_ in enumerate(document.texts)}
    return Document(document.report, document.title, texts, document.load_template)


def _locate_error(kind: KindFolder, report: Report, error: UserError) -> Iterator[Mistake]:
    """Give an error that keeps templates from being filled its place: of a text of the form it names the file only."""
    form = report.form
    sources = kind.read_edition_files(form.edition)
    for mistake in split_error(error, sources[0].file):
        if mistake.place.file.endswith(".j2"):
            yield mistake
        else:
            texts = _list_form_texts(form)
            keys = next((keys for keys, text in texts.items() if not _can_be_filled(report, text)), ("title",))
            yield from locate_faults(sources, [Fault(keys, mistake.message)])


def _can_be_filled(report: Report, text: str) -> bool:
    try:
        fill_form_text(report, text)
    except UserError:
        return False
    return True
