"""The text that a PDF itself gives for what it draws: sign for sign, and nothing that a program guesses."""

import io
import re

import pikepdf


def read_texts(content):
    """Return the text of each page, in the order in which it is drawn, without artifacts such as page numbers."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        known = {}
        return [_read_page(page, known) for page in pdf.pages]


def _read_page(page, known):
    found, said, font = [], [], None  # said: for each open mark the text that stands for what is drawn in it, or None
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BDC" | "BMC":
                tag, values = str(operands[0]), operands[1] if len(operands) > 1 else {}
                actual = values.get("/ActualText") if isinstance(values, pikepdf.Dictionary) else None
                said.append("" if tag == "/Artifact" else None if actual is None else str(actual))
                found.append(said[-1] or "")
            case "EMC":
                said.pop()
            case "Tf":
                font = page.Resources.Font[str(operands[0])]
            case "Tj" | "TJ" if not any(text is not None for text in said):
                key = font.objgen
                known[key] = known.get(key) or _read_codes(font)
                parts = operands[0] if str(operator) == "TJ" else operands
                for part in parts:
                    if isinstance(part, pikepdf.String):
                        code = bytes(part)
                        found += [known[key][code[at : at + 2]] for at in range(0, len(code), 2)]
    return "".join(found)


def _read_codes(font):
    """Return the text of each code of a font, by its two bytes."""
    text = font.ToUnicode.read_bytes().decode("latin1")
    codes = {}
    for part in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, value in re.findall(r"<(\w+)>\s*<(\w+)>", part):
            codes[bytes.fromhex(code)] = bytes.fromhex(value).decode("utf-16-be")
    assert "beginbfrange" not in text  # Typst writes none
    return codes
