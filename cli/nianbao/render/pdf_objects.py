"""Objects of Typst's PDF files: row labels tagged as headers of their rows, and objects compressed.

Typst 0.15 tags headers of columns only, unless a feature is enabled that its Python package cannot enable, and
compresses streams alone. Its files are regular: each object begins a line, and a table of offsets ends them.
"""

import re
import zlib
from collections.abc import Iterator

_OBJECTS_PER_STREAM = 200  # a reader unpacks all of a stream to read one of its objects
_NUMBER = re.compile(rb"(\d+) 0 obj\n")
_TRAILER = re.compile(rb"trailer\n<<(.*)>>\nstartxref\n(\d+)\n%%EOF\s*\Z", re.DOTALL)
_REFERENCES = re.compile(rb"/K\[((?:\d+ 0 R ?)+)\]")
_TABLE = b"<</Type/StructElem/S/Table/"
_ROW = b"<</Type/StructElem/S/TR/"
_CELL = b"<</Type/StructElem/S/TD/"
_SPANS = {name: re.compile(rb"/%bSpan (\d+)" % name) for name in (b"Row", b"Col")}
_THICKNESS = re.compile(rb"/BorderThickness (\d+\.\d+)")
_STEPS = 10_000  # of a pt: by as many the lines of a table are thicker as it has columns of row labels (template.typ)

_Objects = dict[int, bytes]


def rewrite_pdf(content: bytes) -> bytes:
    """Return a PDF that Typst made with row labels tagged as headers, and its objects compressed."""
    trailer = _TRAILER.search(content, max(0, content.rfind(b"trailer\n")))
    if not trailer:
        return content
    objects = _read_objects(content, int(trailer[2]))
    _tag_row_headers(objects)
    return _write_objects(objects, content[: content.index(b"\n", content.index(b"\n") + 1) + 1], trailer[1])


def _read_objects(content: bytes, table: int) -> _Objects:
    """Return the text of each object by its number."""
    lines = content[table : content.rindex(b"trailer\n")].splitlines()[2:]
    starts = sorted(int(line[:10]) for line in lines if line[17:18] == b"n")
    objects = {}
    for start, end in zip(starts, [*starts[1:], table], strict=True):
        number = _NUMBER.match(content, start)
        if number:
            objects[int(number[1])] = content[number.end() : content.rindex(b"endobj", start, end)].rstrip(b"\n")
    return objects


def _tag_row_headers(objects: _Objects) -> None:
    names: dict[bytes, int] = {}
    for text in list(objects.values()):
        if not text.startswith(_TABLE):
            continue
        thickness = _THICKNESS.search(text)
        labels = round(float(thickness[1]) * _STEPS) % 10 if thickness else 0
        if labels:
            names |= _tag_table(objects, text, labels)
    for number, text in objects.items():
        if names and text.startswith(b"<</Type/StructTreeRoot"):
            # Sorted, they are before those of Typst, which begin with U.
            known = b"".join(b"(%b)%d 0 R" % (name, names[name]) for name in sorted(names))
            objects[number] = (
                text.replace(b"/IDTree<</Names[", b"/IDTree<</Names[" + known)
                if b"/IDTree<</Names[" in text
                else text[:-2] + b"/IDTree<</Names[" + known + b"]>>>>"
            )


def _tag_table(objects: _Objects, table: bytes, labels: int) -> dict[bytes, int]:
    """Make headers of the cells in the first columns of a table; return the numbers of their objects by name."""
    names = {}
    below: dict[int, tuple[int, bytes]] = {}  # by column: how many rows more a cell goes over, and its name
    for row in _list_rows(objects, table):
        column = 0
        headers: list[bytes] = []
        for number in _list_children(objects[row]):
            column = _skip_covered(below, column, headers)
            text = objects[number]
            name = b""
            if text.startswith(_CELL):
                text = _add_headers(text, headers)
                if column < labels:
                    name = b"R%d" % number
                    names[name] = number
                    headers.append(name)
                    text = _make_header(text, name)
                objects[number] = text
            rows = _span(text, b"Row")
            for at in range(column, column + _span(text, b"Col")):
                below[at] = (rows - 1, name)
            column += _span(text, b"Col")
        _skip_covered(below, column, headers)
    return names


def _skip_covered(below: dict[int, tuple[int, bytes]], column: int, headers: list[bytes]) -> int:
    """Return the next column that no cell from above goes over; add the names of those that are headers."""
    while below.get(column, (0, b""))[0]:
        rows, name = below[column]
        below[column] = (rows - 1, name)
        if name and name not in headers:
            headers.append(name)
        column += 1
    return column


def _list_rows(objects: _Objects, element: bytes) -> Iterator[int]:
    for number in _list_children(element):
        if objects[number].startswith(_ROW):
            yield number
        else:
            yield from _list_rows(objects, objects[number])


def _list_children(element: bytes) -> list[int]:
    references = _REFERENCES.search(element)
    return [int(part) for part in references[1].replace(b" 0 R", b"").split()] if references else []


def _span(cell: bytes, name: bytes) -> int:
    found = _SPANS[name].search(cell)
    return int(found[1]) if found else 1


def _add_headers(cell: bytes, headers: list[bytes]) -> bytes:
    """Add headers of its row to a cell, behind those of its column that Typst names."""
    names = b"".join(b"(%b)" % name for name in headers)
    if b"/Headers[" in cell:
        return re.sub(rb"/Headers\[([^\]]*)\]", lambda found: b"/Headers[" + found[1] + names + b"]", cell, count=1)
    return cell


def _make_header(cell: bytes, name: bytes) -> bytes:
    cell = cell.replace(b"/S/TD/", b"/S/TH/", 1)
    scope = b"<</O/Table/Scope/Row"
    if b"<</O/Table" in cell:
        cell = cell.replace(b"<</O/Table", scope, 1)
    elif b"/A[" in cell:
        cell = cell.replace(b"/A[", b"/A[" + scope + b">>", 1)
    else:
        cell = cell[:-2] + b"/A[" + scope + b">>]>>"
    return cell[:-2] + b"/ID(%b)>>" % name


def _write_objects(objects: _Objects, head: bytes, trailer: bytes) -> bytes:
    """Write a PDF with its objects in compressed streams, but for streams and the root, which programs look for."""
    root = int(re.search(rb"/Root (\d+)", trailer)[1])  # type: ignore[index]  # each trailer has one
    packed = [number for number, text in objects.items() if number != root and not text.endswith(b"endstream")]
    parts, offset = [head], len(head)
    places: dict[int, tuple[int, int, int]] = {0: (0, 0, 0xFFFF)}

    def add(number: int, text: bytes) -> None:
        nonlocal offset
        places[number] = (1, offset, 0)
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, text))
        offset += len(parts[-1])

    for number, text in objects.items():
        if number == root or text.endswith(b"endstream"):
            add(number, text)
    after = max(objects) + 1
    for first in range(0, len(packed), _OBJECTS_PER_STREAM):
        numbers = packed[first : first + _OBJECTS_PER_STREAM]
        index, length = [], 0
        for at, number in enumerate(numbers):
            places[number] = (2, after, at)
            index.append(b"%d %d" % (number, length))
            length += len(objects[number]) + 1
        top = b" ".join(index) + b"\n"
        body = top + b"\n".join(objects[number] for number in numbers)
        add(after, _make_stream(b"/Type/ObjStm/N %d/First %d" % (len(numbers), len(top)), body))
        after += 1
    places[after] = (1, offset, 0)
    table = b"".join(
        kind.to_bytes(1, "big") + place.to_bytes(4, "big") + at.to_bytes(2, "big")
        for kind, place, at in (places.get(number, (0, 0, 0xFFFF)) for number in range(after + 1))
    )
    known = re.sub(rb"/Size \d+", b"", trailer)
    stream = _make_stream(b"/Type/XRef/Size %d/W[1 4 2]%b" % (after + 1, known), table)
    parts.append(b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF" % (after, stream, offset))
    return b"".join(parts)


def _make_stream(entries: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content, 9)
    return b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (entries, len(packed), packed)
