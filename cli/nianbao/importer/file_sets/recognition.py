"""Which file of a set each published file is: by its heads, by the rows that it has, and by its name."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.file_sets.deviations import Deviation
from nianbao.importer.file_sets.heads import MatchedHeads, match_heads
from nianbao.importer.file_sets.parts import PublishedPart
from nianbao.importer.file_sets.row_keys import RowKeys
from nianbao.model.file_sets.mapping import FileEntry, FileSet
from nianbao.model.file_sets.texts import fold_name
from nianbao.model.form import Form
from nianbao.model.i18n import N_, join_words

_SAMPLE = 100  # records by which a file is known
_LEAST = 0.5  # of the heads, and of the keys of rows, that must be known
_NAME_BONUS = 0.2  # of parts that have the same heads and rows the name decides


class MatchedPart(Struct, frozen=True):
    """A published file, and the file of the set that it is."""

    part: PublishedPart
    keys: RowKeys
    heads: MatchedHeads
    score: float


class MatchedSet(Struct, frozen=True):
    """The published files of a set, in the order of the set, and what is missing, there twice or unknown."""

    parts: tuple[MatchedPart, ...]
    deviations: tuple[Deviation, ...]


def match_parts(form: Form, file_set: FileSet, parts: Sequence[PublishedPart]) -> MatchedSet:
    """Find out which file of a set each part is; several for one are taken only if they are equal."""
    all_keys = [RowKeys(form, entry) for entry in file_set.files]
    found: dict[str, list[MatchedPart]] = {}
    deviations: list[Deviation] = []
    for part in parts:
        match = _match_part(all_keys, part)
        if match is None:
            deviations.append(Deviation(part.name, N_("set-file-unknown"), lost=True))
        else:
            found.setdefault(match.keys.entry.name, []).append(match)
    for name, matches in found.items():
        deviations += _describe_twice(name, matches)
    deviations += [Deviation(entry.name, N_("set-file-missing")) for entry in file_set.files if entry.name not in found]
    taken = [matches[0] for matches in found.values() if len({match.part.records for match in matches}) == 1]
    order = [entry.name for entry in file_set.files]
    taken.sort(key=lambda match: order.index(match.keys.entry.name))
    return MatchedSet(tuple(taken), tuple(deviations))


def _describe_twice(name: str, matches: Sequence[MatchedPart]) -> Iterator[Deviation]:
    is_same = len({match.part.records for match in matches}) == 1
    for match in matches[1:] if is_same else matches if len(matches) > 1 else ():
        others = join_words(one.part.name for one in matches if one is not match)
        what = N_("set-file-repeated") if is_same else N_("set-file-twice")
        yield Deviation(match.part.name, what, printed=name, read=others, lost=not is_same)


def _match_part(all_keys: Sequence[RowKeys], part: PublishedPart) -> MatchedPart | None:
    matches = [match for keys in all_keys if (match := _compare(keys, part))]
    best = max(matches, key=lambda match: match.score, default=None)
    if best and not _is_named(best.keys.entry, part):
        other = next((keys.entry.name for keys in all_keys if _is_named(keys.entry, part)), "")
        if other:
            named = Deviation(part.name, N_("set-file-named-as-other"), printed=other, read=best.keys.entry.name)
            return replace(best, heads=replace(best.heads, deviations=(named, *best.heads.deviations)))
    return best


def _compare(keys: RowKeys, part: PublishedPart) -> MatchedPart | None:
    """Compare a part with a file of the set; None where its heads or its rows are others."""
    if not part.records:
        return None
    entry = keys.entry
    heads = match_heads(part.name, entry, part.records[0].cells)
    share = heads.certain / len(entry.columns)
    if share < _LEAST or any(heads.positions[at] is None for at in entry.keys):
        return None
    known = _count_known(keys, part, heads)
    if known < _LEAST and (moved := _find_shift(keys, part, heads)):
        heads = moved
        known = _count_known(keys, part, heads)
    if known < _LEAST:
        return None
    return MatchedPart(part, keys, heads, share + known + _NAME_BONUS * _is_named(entry, part))


def _count_known(keys: RowKeys, part: PublishedPart, heads: MatchedHeads) -> float:
    """Return the share of the key cells of the first records that say what those of a row do."""
    known = total = 0
    for record in part.records[1 : _SAMPLE + 1]:
        for number, column in enumerate(keys.entry.keys):
            if (text := heads.get_text(record, column)).strip():
                total += 1
                known += bool(keys.read_key(number, text))
    return known / total if total else 1.0


def _find_shift(keys: RowKeys, part: PublishedPart, heads: MatchedHeads) -> MatchedHeads | None:
    """Find the place where a column was put in below the heads, so that cells stand one to the right of their own."""
    before = [position for at in keys.entry.keys if (position := heads.positions[at]) is not None]
    ways = [heads.shift(part.name, position) for position in sorted(before)]
    return max(ways, key=lambda way: _count_known(keys, part, way), default=None)


def _is_named(entry: FileEntry, part: PublishedPart) -> bool:
    """Tell whether a part has the name of a file of the set, or one that ends in it."""
    name = fold_name(part.stem)
    return any(name.endswith(known) for known in map(fold_name, (entry.name, entry.sheet_name, *entry.aliases)))
