"""The facts of one report: a parsed TOML text, and the line and column of each value."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias

import toml_rs
from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _
from nianbao.model.parsing.hazards import find_hazard

Tree: TypeAlias = dict[str, Any]
Address: TypeAlias = str | Sequence[str | int]  # keys joined with dots, or a sequence of keys, which may hold dots

# Limits in characters, far beyond any real report: a file, the text of a section, another text, a key.
FILE_LIMIT, PROSE_LIMIT, TEXT_LIMIT, KEY_LIMIT = 4_000_000, 200_000, 20_000, 200
ENTRIES_LIMIT, TOTAL_LIMIT = 5_000, 100_000  # keys and items of arrays: of one table or array, of the whole file
_DIGITS = 1000  # of a number, before and after the point; Python formats at most 4300
_INTEGERS = range(-(10**_DIGITS), 10**_DIGITS)
_HEADER = re.compile(r"\s*\[\s*([^\[\]#]+)\]")


class Facts(Struct, frozen=True, dict=True):
    """One parsed data file: its name as shown to people, its text and its tree of values.

    Counts are `int`, decimals are `Decimal` with the digits as written, dates are `datetime.date`. `renamed` has the
    keys that differ in the text: path in the tree -> key as written.
    """

    file: str
    text: str
    tree: Tree
    renamed: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    @cached_property
    def lines(self) -> list[str]:
        """The text line by line."""
        return self.text.split("\n")

    @cached_property
    def texts(self) -> Sequence[tuple[str, str]]:
        """Every text, keys included, as (address, text): several rules look through them."""
        found: list[tuple[str, str]] = []
        _list_texts(self.tree, "", found, with_keys=True)
        return found

    @cached_property
    def text_values(self) -> Sequence[tuple[str, str]]:
        """The texts that are no keys, as (address, text): few, so that rules search them only."""
        found: list[tuple[str, str]] = []
        _list_texts(self.tree, "", found, with_keys=False)
        return found

    @cached_property
    def _nodes(self) -> Mapping[str, Any]:
        # Made when the first finding needs a place: it takes twenty times as long as parsing.
        return toml_rs.load_with_metadata(self.text).meta["nodes"]

    def find_place(self, address: Address, *, text_line: int = 0, words: str = "") -> Place:
        """Find the place of the value at an address, or of the table that would hold it if there is none.

        `text_line` is a line of a text of several lines, counted from 1; `words` are underlined on that line.
        """
        node, found = self._find_node(address)
        if node is None:
            return Place(self.file)
        if "value_line" not in node or (not found and node.get("key_line")):
            return self.convert_place(node["key_line"], node["key_col"])
        line, column = node["value_line"], node["value_col"]
        first = line[0] if isinstance(line, tuple) else line
        if isinstance(line, tuple) and text_line:
            starts_below = node["value_raw"][3:4] in {"\n", "\r"}  # TOML drops a line break right after the quotes
            return self._find_words(min(first + text_line - (not starts_below), line[1]), words)
        place = self.convert_place(first, column if first == line or not isinstance(column, tuple) else column[0])
        return self._find_words(first, words, place) if words else place

    def find_place_in_text(self, address: Address, text: str, at: int, words: str = "") -> Place:
        """Find the place of words at a position of the text at an address; without words that of their line."""
        return self.find_place(address, text_line=text.count("\n", 0, at) + 1, words=words)

    def _find_words(self, line: int, words: str, place: Place | None = None) -> Place:
        """Find the place of words on a line; if they are not there, return `place`, or that of the whole line."""
        source = self.lines[line - 1].rstrip("\r")
        start = source.find(words) if words else -1
        return Place(self.file, line, start + 1, len(words), source) if start >= 0 else place or self.find_line(line)

    def find_key(self, address: Address) -> Place:
        """Find the place of the key, rather than of the value, at an address."""
        node, found = self._find_node(address)
        if node is None or not found or "key_line" not in node:
            return self._find_part_of_key(address) or self.find_place(address)
        return self.convert_place(node["key_line"], node["key_col"])

    def _find_part_of_key(self, address: Address) -> Place | None:
        """Find a key that stands in front of a dot of another one; None where there is none."""
        nodes: Any = self._nodes
        keys = _split_address(address)
        for key in keys:
            nodes = nodes.get(key) if isinstance(nodes, dict) and not _is_leaf(nodes) else None
        while isinstance(nodes, dict) and nodes and "key_line" not in nodes:
            nodes = next(iter(nodes.values()))
        if not isinstance(nodes, dict) or "key_line" not in nodes:
            return None
        place = self.convert_place(nodes["key_line"], nodes["key_col"])
        at = place.source.rfind(f"{keys[-1]}.", 0, place.column - 1)
        return replace(place, column=at + 1, length=len(keys[-1])) if at >= 0 else None

    def find_line(self, line: int) -> Place:
        """Return the place of a whole line, without the blanks at its start."""
        source = self.lines[line - 1].rstrip("\r")
        start = len(source) - len(source.lstrip())
        return Place(self.file, line, start + 1, max(1, len(source) - start), source)

    def convert_place(self, line: int, columns: int | tuple[int, int]) -> Place:
        """Convert a place of the parser, which counts columns in bytes from 1, to a place in characters."""
        source = self.lines[line - 1].rstrip("\r")
        first, last = columns if isinstance(columns, tuple) else (columns, columns)
        raw = source.encode()
        column = len(raw[: first - 1].decode(errors="ignore")) + 1
        length = len(raw[first - 1 : last].decode(errors="ignore"))
        return Place(self.file, line, column, max(1, length), source)

    def _find_node(self, address: Address) -> tuple[dict[str, Any] | None, bool]:
        """Follow an address in the tree of the parser; the flag is whether the whole address was found."""
        nodes: Any = self._nodes
        leaf: dict[str, Any] | None = None
        keys = _split_address(address)
        if self.renamed:
            keys = tuple(self.renamed.get(keys[: size + 1], key) for size, key in enumerate(keys))
        for key in keys:
            if key.isdigit() and isinstance(nodes, list) and int(key) < len(nodes):
                node = nodes[int(key)]
            elif isinstance(nodes, dict) and key in nodes:
                node = nodes[key]
            else:
                return leaf or self._find_header(keys), False
            if _is_leaf(node):
                leaf = node
                nodes = node.get("value")
            else:
                nodes = node
        if leaf is not None and nodes is leaf.get("value"):
            return leaf, True
        return self._headers.get(keys) or self._find_header_below(keys) or self._find_header(keys), False

    def _find_header(self, keys: tuple[str, ...]) -> dict[str, Any] | None:
        """Find the `[table]` line of the innermost table that contains an address."""
        nodes = (self._headers.get(keys[:size]) for size in range(len(keys), 0, -1))
        return next(filter(None, nodes), None)

    def _find_header_below(self, keys: tuple[str, ...]) -> dict[str, Any] | None:
        """Find the first `[table]` line below an address: a table may have no line of its own."""
        return next((node for header, node in self._headers.items() if node and header[: len(keys)] == keys), None)

    @cached_property
    def _headers(self) -> dict[tuple[str, ...], dict[str, Any]]:
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for number, line in enumerate(self.lines, 1):
            if match := _HEADER.match(line):
                keys = tuple(key.strip().strip("\"'") for key in match[1].split("."))
                start = len(line[: match.start(1)].encode()) + 1
                node = {"key_line": number, "key_col": (start, start + len(match[1].rstrip().encode()) - 1)}
                found.setdefault(keys, node)
        return found


def _split_address(address: Address) -> tuple[str, ...]:
    return tuple(address.split(".")) if isinstance(address, str) else tuple(map(str, address))


def parse(
    text: str, file: str, parse_decimal: Callable[[str], object] = Decimal, *, is_data: bool = True
) -> Facts | Finding:
    """Parse the text of a data file; for a text that is not TOML, return the finding that says where and why.

    `parse_decimal` makes the value of a decimal number. Other files than data files are not mended by a command.
    """
    text = text.removeprefix("\ufeff")
    if finding := find_hazard(text, file):
        return finding
    try:
        tree = toml_rs.loads(text, parse_float=parse_decimal)
    except toml_rs.TOMLDecodeError as error:
        from nianbao.model.parsing.errors import explain_error  # noqa: PLC0415  # slow to import; most files are TOML

        return explain_error(text, file, str(error), is_data=is_data)
    return Facts(file, text, tree)


def _is_leaf(node: object) -> bool:
    """Return whether a node of the parser's tree is a value, rather than a table of nodes: only values have lines."""
    return isinstance(node, dict) and (
        isinstance(node.get("value_line"), int | tuple) or isinstance(node.get("key_line"), int)
    )


_SHORT_FILE = 2 * ENTRIES_LIMIT  # characters: an item of an array takes at least two
_LARGE_EXPONENT = re.compile(r"[eE](?<=\d[eE])[+-]?\d{4}")  # twice as fast as with the digit first
# Characters that may be a long key or number.
_LONG_TOKEN = re.compile(rf"[\w.+-]{{{KEY_LIMIT},}}|[\"'][^\"'\n]{{{KEY_LIMIT},}}[\"'][ \t]*[.=\]]", re.ASCII)


def limit_sizes(facts: Facts) -> Facts | Finding:
    """Return the facts of a report, or the finding that says which limit they exceed."""
    if len(facts.text) < _SHORT_FILE and not _may_exceed(facts):
        return facts
    if len(facts.text) > FILE_LIMIT:
        return _make_size_finding(Place(facts.file), _("data-file-too-large", limit=FILE_LIMIT))
    count = 0
    stack: list[tuple[str, Any]] = [("", facts.tree)]
    while stack:
        prefix, value = stack.pop()
        count += len(value)
        if len(value) > ENTRIES_LIMIT:
            name = prefix.removesuffix(".")
            is_short = name and len(value) <= TOTAL_LIMIT  # places are found in twenty times the time of parsing
            place, why = (
                facts.find_key(name) if is_short else Place(facts.file),
                _("too-many-keys", limit=ENTRIES_LIMIT),
            )
            return _make_size_finding(place, f"{name}: {why}" if name else why)
        if count > TOTAL_LIMIT:
            return _make_size_finding(Place(facts.file), _("too-many-keys", limit=TOTAL_LIMIT))
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(below, dict | list):
                stack.append((f"{prefix}{key}.", below))
            if why := _find_excess(prefix, key, below):
                is_long_key = isinstance(key, str) and len(key) > KEY_LIMIT
                return _make_size_finding(Place(facts.file) if is_long_key else facts.find_place(f"{prefix}{key}"), why)
    return facts


def _may_exceed(facts: Facts) -> bool:
    """Return whether a short file may hold a key or a number that is too long; either is on one line."""
    lines = (line for line in facts.lines if len(line) > KEY_LIMIT)
    return any(map(_LONG_TOKEN.search, lines)) or bool(_LARGE_EXPONENT.search(facts.text))


def _find_excess(prefix: str, key: str | int, value: object) -> str:
    """Describe the limit that a key or its value exceeds; an empty text if none."""
    if isinstance(key, str) and len(key) > KEY_LIMIT:
        return _("key-too-long", key=key[:20], limit=KEY_LIMIT)
    if isinstance(value, str):
        size, limit = len(value), PROSE_LIMIT if prefix == "prose." else TEXT_LIMIT
        return _("text-too-long", size=size, limit=limit) if size > limit else ""
    if (isinstance(value, int) and value not in _INTEGERS) or (isinstance(value, Decimal) and _is_long(value)):
        return _("number-too-long")
    return ""


def _is_long(value: Decimal) -> bool:
    _sign, digits, exponent = value.as_tuple()
    return isinstance(exponent, int) and (len(digits) > _DIGITS or abs(exponent) > _DIGITS)


def _make_size_finding(place: Place, message: str) -> Finding:
    return Finding("too-large", "error", place, message)


def find_value(tree: object, address: str) -> object:
    """Find the value at an address in a tree of values: None where there is none, for an empty address the tree.

    The items of a list are counted from 0.
    """
    for key in address.split(".") if address else ():
        if isinstance(tree, list):
            tree = tree[int(key)] if key.isdecimal() and int(key) < len(tree) else None
        else:
            tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _list_texts(tree: object, address: str, found: list[tuple[str, str]], *, with_keys: bool) -> None:
    if isinstance(tree, str):
        found.append((address, tree))
    elif isinstance(tree, dict):
        for key, value in tree.items():
            key_address = f"{address}.{key}" if address else key
            if with_keys:
                found.append((key_address, key))
            if not isinstance(value, int):  # most values are figures
                _list_texts(value, key_address, found, with_keys=with_keys)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            _list_texts(value, f"{address}.{index}", found, with_keys=with_keys)
