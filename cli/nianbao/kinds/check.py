"""Check a kind as a whole: every file of it is read, filled, judged and rendered, and every mistake has its place."""

from collections.abc import Iterable, Iterator
from functools import partial

from nianbao.checks.results import CheckResult
from nianbao.kinds.checking.file_sets import check_file_set
from nianbao.kinds.checking.files import check_editions, check_files, check_settings
from nianbao.kinds.checking.formats import check_formats
from nianbao.kinds.checking.markup import check_markup
from nianbao.kinds.checking.outputs import check_outputs, compare_findings, judge_example
from nianbao.kinds.checking.relations import check_relations
from nianbao.kinds.checking.rules import check_rules
from nianbao.kinds.checking.templates import check_filling, check_templates
from nianbao.kinds.examples import Example, find_examples
from nianbao.kinds.mistakes import Mistake, sort_mistakes, split_error
from nianbao.kinds.samples import EXAMPLE, make_samples
from nianbao.model.finding import Place, UserError, make_internal_error
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store


def check_kind(store: Store, id_: str, *, render: bool = True) -> list[Mistake]:
    """Return every mistake in the files of a kind, in the order of files and places; nothing in it makes this fail.

    Files are rendered only where nothing else is wrong, and unless told not to.
    """
    of_kind = store.of_kind(id_)
    kind = of_kind.kind
    settings = kind.origin.display(kind.origin.path / kind.name / "kind.toml")
    found = [*_try(check_files(kind), settings), *_try(check_settings(of_kind, kind), settings)]
    if any(one.place.file == settings for one in found):
        return sort_mistakes(found)  # without its settings nothing of a kind can be read
    of_editions = _try(check_editions(kind), settings)
    # Where an edition is wrong, what is said of names in other files is said of a form that nobody means.
    forms = [] if of_editions else kind.forms()
    found += of_editions
    for stage in (
        partial(check_templates, kind, forms),
        partial(check_markup, kind),
        partial(check_formats, of_kind, kind),
        partial(check_file_set, kind, forms),
        *(partial(check_relations, kind, form) for form in forms),
    ):
        found += _try(stage(), settings)
    if not any(one.place.file.endswith(".j2") for one in found):
        for form in forms:
            found += _try(check_filling(kind, list(make_samples(form).items())), settings)
    found += _try(check_rules(kind, forms, run=not found), settings)
    if forms and not found:
        found = _check_examples(of_kind, kind, settings, render=render)
    return sort_mistakes(found)


def _check_examples(store: Store, kind: KindFolder, settings: str, *, render: bool) -> list[Mistake]:
    judged: list[tuple[Example, CheckResult]] = []
    found = _try(_judge_examples(store, kind, judged), settings)
    reports = [(EXAMPLE, result.report) for _example, result in judged if result.report]
    if not found:
        found = _try(check_filling(kind, reports), settings)
    if reports and not found and render:
        page = Place(kind.template(reports[0][1].form.template)[1], 1, 1)
        found = _try(check_outputs(judged, page), settings)
    return found


def _judge_examples(store: Store, kind: KindFolder, judged: list[tuple[Example, CheckResult]]) -> Iterator[Mistake]:
    for example in find_examples(store, kind):
        result = judge_example(example)
        if isinstance(result, CheckResult):
            judged.append((example, result))
            yield from compare_findings(example, result)
        else:
            yield from result


def _try(stage: Iterable[Mistake], file: str) -> list[Mistake]:
    """Collect the mistakes that a stage yields; one that cannot go on gives the mistake that stopped it."""
    found: list[Mistake] = []
    try:
        found.extend(stage)
    except UserError as error:
        found += split_error(error, file)
    except Exception as error:  # noqa: BLE001  # an author's file can make anything fail, and is named all the same
        found.append(Mistake(Place(file, 1, 1), make_internal_error(error).message))
    return found
