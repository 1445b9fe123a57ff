"""Load TOML files that people write: strict about every key and value; every fault has its place."""

from collections.abc import Iterable, Iterator, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, NoReturn, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect as mi

from nianbao.model.facts import Facts
from nianbao.model.finding import Place, UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import Fault, Keys, Tree, find_nearest, find_origin, join_keys, merge, suggest
from nianbao.model.loading.shapes import Shape
from nianbao.model.values.faults import describe_value

S = TypeVar("S", bound=Shape)

_MAX_FAULTS = 20  # of a file, in one error message


def load(shape: type[S], sources: Sequence[Facts]) -> S:
    """Load a file into a value of the type `shape`; each of the `sources` is based on the next one.

    Raises `UserError` that lists the faults with their places.
    """
    tree = merge_sources(sources)
    try:
        return msgspec.convert(tree, shape)
    except msgspec.ValidationError:
        raise_faults(sources, find_faults(tree, shape))


def merge_sources(sources: Sequence[Facts]) -> Tree:
    """Merge a file with the files that it is based on; each source is based on the next. Raises `UserError`."""
    tree = sources[-1].tree
    for source in sources[-2::-1]:
        faults: list[Fault] = []
        tree = merge(source.tree, tree, faults)
        if faults:
            raise_faults([source], faults)
    return tree


def raise_faults(sources: Sequence[Facts], faults: Iterable[Fault]) -> NoReturn:
    """Raise the `UserError` that lists faults, each with its place in the file that the value is written in."""
    places = {(_find_place(sources, fault), fault.message): None for fault in faults}
    ordered = sorted(places, key=lambda pair: (pair[0].file != sources[0].file, pair[0].line, pair[0].column))
    file = sources[0].file
    lines = [
        f"{place}: {why}" + ("" if place.file == file else _("file-based-on-it", file=file))
        for place, why in ordered[:_MAX_FAULTS]
    ]
    more = [_("and-more-places", count=len(ordered) - _MAX_FAULTS)] if len(ordered) > _MAX_FAULTS else []
    raise UserError("\n".join([*lines, *more]), _("mend-file"))


def _find_place(sources: Sequence[Facts], fault: Fault) -> Place:
    number, keys = 0, fault.keys
    if len(sources) > 1:
        number, keys = find_origin([source.tree for source in sources], merge_sources(sources), keys)
    source = sources[number]
    place = source.find_key(keys) if fault.at_key else source.find_place(keys)
    return place if place.line or not source.text else source.convert_place(1, 1)


def find_faults(value: object, shape: Any, keys: Keys = (), name: str = "") -> Iterator[Fault]:  # noqa: ANN401  # the type of any field
    """Find why a value is not of a type, in the values below it too; nothing if it is of the type.

    `keys` are the path to the value, and `name` is its name in messages.
    """
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError:
        yield from _find_value_faults(value, shape, keys, name)


def _find_value_faults(value: object, shape: Any, keys: Keys, name: str) -> Iterator[Fault]:  # noqa: ANN401  # see above
    bare = _strip(shape)
    if isinstance(value, dict) and isinstance(bare, type) and issubclass(bare, Shape):
        yield from _find_table_faults(value, bare, keys, name)
    elif isinstance(value, dict) and get_origin(bare) is dict:
        for key, item in value.items():
            yield from find_faults(item, get_args(bare)[1], (*keys, key), join_keys(name, key))
    elif isinstance(value, list) and get_origin(bare) is tuple:
        for index, item in enumerate(value):
            yield from find_faults(item, get_args(bare)[0], (*keys, index), _name_entry(name, item, index))
        if not value:
            yield Fault(keys, _("key-cannot-be-empty", key=name))
    else:
        yield Fault(keys, _describe_wrong_value(value, shape, name))


def _strip(shape: Any) -> Any:  # noqa: ANN401  # see above
    """Return a type without its description, and without None, which stands for what is left out."""
    bare = get_args(shape)[0] if get_origin(shape) is Annotated else shape
    members = [member for member in get_args(bare) if member is not NoneType] if get_origin(bare) is UnionType else []
    return members[0] if len(members) == 1 else bare


def _find_table_faults(table: Tree, shape: type[Shape], keys: Keys, name: str) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    intended: set[str] = set()
    for key in table:
        if key not in fields:
            intended.add(find_nearest(key, list(fields)))
            advice = suggest(key, list(fields), name) or _("keys-known-here", known=join_words(fields))
            yield Fault((*keys, key), _("unknown-key", key=join_keys(name, key)) + advice, at_key=True)
    for key, field in fields.items():
        key_name = join_keys(name, key)
        if key in table:
            yield from find_faults(table[key], field.type, (*keys, key), key_name)
        elif field.required and key not in intended:
            yield Fault((*keys, key), _("key-missing-should-be", key=key_name, expected=_describe_expected(field.type)))


def _name_entry(name: str, entry: object, index: int) -> str:
    """Name an entry of a list by its id, or by its number, counted from 1, if it has no id."""
    entry_id = entry.get("id") if isinstance(entry, dict) else None
    return f"{name}[{entry_id if isinstance(entry_id, str) else index + 1}]"


def _describe_wrong_value(value: object, shape: Any, name: str) -> str:  # noqa: ANN401  # see above
    """Describe the expected type of a value, and what was found."""
    expected, info = _describe_expected(shape), _get_type_info(shape)
    if isinstance(value, str) and isinstance(info, mi.LiteralType):
        found = f"“{value}”" + suggest(value, [str(choice) for choice in info.values])
    elif isinstance(value, str) and value.strip() and isinstance(info, mi.StrType):
        return _("key-should-be-written-like", key=name, pattern=info.pattern)
    elif isinstance(value, str) and isinstance(info, mi.StrType):
        return _("key-cannot-be-empty", key=name)
    elif isinstance(value, int | float) and not isinstance(value, bool) and _is_number(info):
        return _("key-should-be-value", key=name, expected=expected, value=value)
    else:
        found = describe_value(value)
    return _("key-should-be-type", key=name, expected=expected, found=found)


def _is_number(info: mi.Type) -> bool:
    if isinstance(info, mi.UnionType):
        return any(map(_is_number, info.types))
    return isinstance(info, mi.IntType | mi.FloatType)


def _get_type_info(shape: Any) -> mi.Type:  # noqa: ANN401  # see above
    info = _unwrap(mi.type_info(shape))
    if isinstance(info, mi.UnionType):
        members = [member for member in info.types if not isinstance(member, mi.NoneType)]  # which no file can hold
        choices = [value for member in members if isinstance(member, mi.LiteralType) for value in member.values]
        if all(isinstance(member, mi.LiteralType) for member in members):
            return mi.LiteralType(tuple(choices))
        return _unwrap(members[0]) if len(members) == 1 else info
    return info


def _unwrap(info: mi.Type) -> mi.Type:
    while isinstance(info, mi.Metadata):
        info = info.type
    return info


def _describe_expected(shape: Any) -> str:  # noqa: ANN401  # see above
    return _describe_type(_get_type_info(shape))


def _describe_type(info: mi.Type) -> str:
    """Describe the values of a type."""
    if isinstance(info, mi.LiteralType):
        return _("one-of-choices", choices=join_words(value for value in info.values if value != ""))
    if isinstance(info, mi.UnionType):
        decimals = any(isinstance(member, mi.FloatType) for member in info.types)  # which include integers
        skipped = (mi.NoneType, mi.IntType) if decimals else (mi.NoneType,)
        return _("or-between-types").join(
            dict.fromkeys(_describe_type(member) for member in info.types if not isinstance(member, skipped))
        )
    if isinstance(info, mi.IntType | mi.FloatType):
        noun, bounds = (
            _("type-whole-number") if isinstance(info, mi.IntType) else _("type-number"),
            _describe_bounds(info),
        )
        return _("type-within-bounds", bounds=bounds, noun=noun) if bounds else noun
    if isinstance(info, mi.ListType | mi.VarTupleType):
        return _("type-array")
    if isinstance(info, mi.StrType):
        return _("type-text")
    return _("type-true-or-false") if isinstance(info, mi.BoolType) else _("type-table")


def _describe_bounds(info: mi.IntType | mi.FloatType) -> str:
    above = _("bound-above", limit=info.gt) if info.gt is not None else ""
    least = _("bound-at-least", limit=info.ge) if info.ge is not None else ""
    most = _("bound-at-most", limit=info.le) if info.le is not None else ""
    return join_words(filter(None, (above or least, most)))
