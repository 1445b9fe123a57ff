"""OFD documents as tests read them: their parts, where each sign and line is, and what the standard asks of a part.

`STRUCTURE` says in short what GB/T 33190-2016 says of the elements that the program writes. Where NIANBAO_OFD_SCHEMAS
names a folder with the official schemas, every part is judged by these, too.
"""

import io
import os
import re
import zipfile
from functools import cache
from pathlib import Path

from lxml import etree
from PIL import Image, ImageDraw, ImageFont

NAMESPACE = "{http://www.ofdspec.org/2016}"
SCHEMAS = os.environ.get("NIANBAO_OFD_SCHEMAS")
NUMBER = r"-?\d+(\.\d+)?"
TYPES = {
    "ID": r"[1-9]\d*",
    "number": NUMBER,
    "box": rf"{NUMBER}( {NUMBER}){{3}}",
    "matrix": rf"{NUMBER}( {NUMBER}){{5}}",
    "point": rf"{NUMBER} {NUMBER}",
    "numbers": rf"(g \d+ )?{NUMBER}( (g \d+ )?{NUMBER})*",
    "colour": r"\d+ \d+ \d+",
    "bool": "true|false",
    "name": r"[A-Za-z_][\w.-]*",
    "day": r"\d{4}-\d\d-\d\d",
    "moment": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "loc": r"[\w./-]+",
    "outline": rf"M {NUMBER} {NUMBER}( ([ML]( {NUMBER}){{2}}|B( {NUMBER}){{6}}|C))+",
    "text": r"(?s).*",
    "some": r"(?s).+",
    "none": r"\s*",
}
PAINT = "LineWidth?:number Cap?:Butt|Round|Square Join?:Miter|Round|Bevel MiterLimit?:number DashPattern?:numbers"
UNIT = f"ID:ID Boundary:box CTM?:matrix {PAINT} DashOffset?:number Alpha?:number Stroke?:bool Fill?:bool"
# The type of the text of each element, its attributes (? may be left out), and the children in their order.
STRUCTURE = {
    "OFD": ("none", "Version:1\\.0 DocType:OFD", "DocBody+"),
    "DocBody": ("none", "", "DocInfo DocRoot"),
    "DocInfo": ("none", "", "DocID Title? Author? CreationDate? ModDate? DocUsage? Creator? CreatorVersion?"),
    "DocID": ("[0-9a-f]{32}", "", ""),
    "CreationDate": ("day", "", ""),
    "ModDate": ("day", "", ""),
    **dict.fromkeys(["Title", "Author", "DocUsage", "Creator", "CreatorVersion"], ("some", "", "")),
    **dict.fromkeys(["DocRoot", "PublicRes", "Attachments@", "FontFile", "FileLoc"], ("loc", "", "")),
    "Document": ("none", "", "CommonData Pages Outlines? Attachments?"),
    "CommonData": ("none", "", "MaxUnitID PageArea PublicRes*"),
    "MaxUnitID": ("ID", "", ""),
    "PageArea": ("none", "", "PhysicalBox"),
    "PhysicalBox": ("box", "", ""),
    "Pages": ("none", "", "Page+"),
    "Page@": ("none", "ID:ID BaseLoc:loc", ""),
    "Outlines": ("none", "", "OutlineElem+"),
    "OutlineElem": ("none", "Title:text Count?:number", "Actions? OutlineElem*"),
    "Actions": ("none", "", "Action+"),
    "Action": ("none", "Event:CLICK", "Region? (Goto|URI)"),
    "Goto": ("none", "", "Dest"),
    "URI": ("none", "URI:some", ""),
    "Dest": ("none", "Type:XYZ PageID:ID Left?:number Top?:number Zoom?:number", ""),
    "Region": ("none", "", "Area+"),
    "Area@": ("none", "Start:point", "Line+ Close"),
    "Line": ("none", "Point1:point", ""),
    "Close": ("none", "", ""),
    "Res": ("none", "BaseLoc:loc", "(DrawParams|Fonts)*"),
    "DrawParams": ("none", "", "DrawParam+"),
    "DrawParam": ("none", "ID:ID LineWidth?:number", ""),
    "Fonts": ("none", "", "Font+"),
    "Font": ("none", "ID:ID FontName:some FamilyName?:some", "FontFile?"),
    "Page": ("none", "", "Area? Content? Actions?"),
    "Area": ("none", "", "PhysicalBox"),
    "Content": ("none", "", "Layer+"),
    "Layer": ("none", "ID:ID Type?:Body", "(TextObject|PathObject)*"),
    "TextObject": (
        "none",
        f"{UNIT} Font:ID Size:number DrawParam?:ID",
        "FillColor? StrokeColor? (CGTransform* TextCode)+",
    ),
    "PathObject": ("none", f"{UNIT} Rule?:NonZero|Even-Odd", "StrokeColor? FillColor? AbbreviatedData"),
    "FillColor": ("none", "Value:colour Alpha?:number", ""),
    "StrokeColor": ("none", "Value:colour Alpha?:number", ""),
    "CGTransform": ("none", "CodePosition:number CodeCount?:ID GlyphCount?:ID", "Glyphs?"),
    "Glyphs": ("numbers", "", ""),
    "TextCode": ("some", "X:number Y:number DeltaX?:numbers DeltaY?:numbers", ""),
    "AbbreviatedData": ("outline", "", ""),
    "Attachments": ("none", "", "Attachment*"),
    "Attachment": ("none", "ID:name Name:some Format?:some CreationDate?:moment Size?:number", "FileLoc"),
}
# Elements of one name that are others elsewhere, by the element that holds them.
ELSEWHERE = {("Pages", "Page"), ("Region", "Area"), ("Document", "Attachments")}


def parts(content):
    """Return the parts of a package by their names, those of XML as trees."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    return {name: etree.fromstring(part) if name.endswith(".xml") else part for name, part in files.items()}


def name_of(element):
    return element.tag.removeprefix(NAMESPACE)


@cache
def schema(name):
    return etree.XMLSchema(etree.parse(Path(SCHEMAS) / f"{name}.xsd"))


def find_faults(content):
    """Find what the parts of a document have otherwise than the standard says."""
    found = parts(content)
    trees = {name: part for name, part in found.items() if name.endswith(".xml")}
    for name, tree in trees.items():
        for element in tree.iter():
            yield from (f"{name}: {fault}" for fault in judge(element))
        if SCHEMAS and not (judge_of := schema(name_of(tree))).validate(tree):
            yield f"{name}: {judge_of.error_log}"
    yield from find_wrong_ids(trees)
    named = {"OFD.xml", "Doc_0/Document.xml", "Doc_0/PublicRes.xml"}
    named |= {f"Doc_0/{page.get('BaseLoc')}" for page in trees["Doc_0/Document.xml"].iter(f"{NAMESPACE}Page")}
    named |= {f"Doc_0/Res/{file.text}" for file in trees["Doc_0/PublicRes.xml"].iter(f"{NAMESPACE}FontFile")}
    if (attachments := trees["Doc_0/Document.xml"].findtext(f"{NAMESPACE}Attachments")) is not None:
        named |= {f"Doc_0/{attachments}"}
        named |= {f"Doc_0/Attachs/{file.text}" for file in trees[f"Doc_0/{attachments}"].iter(f"{NAMESPACE}FileLoc")}
    if named != set(found):
        yield f"files and what names them differ: {named ^ set(found)}"


def find_wrong_ids(trees):
    """Find IDs that are given twice or too great, references to none, and texts with too few or many distances."""
    everything = [element for tree in trees.values() for element in tree.iter()]
    ids = [int(element.get("ID")) for element in everything if element.get("ID", "").isdigit()]
    if len(ids) != len(set(ids)):
        yield "an ID is given twice"
    document = trees["Doc_0/Document.xml"]
    if int(document.findtext(f".//{NAMESPACE}MaxUnitID")) < max(ids):
        yield "an ID is greater than MaxUnitID"
    pages = {page.get("ID") for page in document.iter(f"{NAMESPACE}Page")}
    fonts = {font.get("ID") for font in trees["Doc_0/PublicRes.xml"].iter(f"{NAMESPACE}Font")}
    styles = {style.get("ID") for style in trees["Doc_0/PublicRes.xml"].iter(f"{NAMESPACE}DrawParam")}
    for element in everything:
        for attribute, known in (("PageID", pages), ("Font", fonts), ("DrawParam", styles)):
            if attribute in element.attrib and element.get(attribute) not in known:
                yield f"{attribute} {element.get(attribute)} is none"
        if name_of(element) == "TextCode" and len(distances(element)) != len(element.text):
            yield f"{element.text} has {len(distances(element))} distances"


def judge(element):
    """Find what an element has otherwise than `STRUCTURE` says."""
    name, above = name_of(element), element.getparent()
    is_other = above is not None and (name_of(above), name) in ELSEWHERE
    text, attributes, children = STRUCTURE[f"{name}@" if is_other else name]
    if not re.fullmatch(TYPES.get(text, text), element.text or ""):
        yield f"{name} holds {element.text!r}"
    known = dict(part.split(":", 1) for part in attributes.split())
    for attribute, pattern in known.items():
        value = element.get(attribute.rstrip("?"))
        if value is None and not attribute.endswith("?"):
            yield f"{name} has no {attribute}"
        if value is not None and not re.fullmatch(TYPES.get(pattern, pattern), value):
            yield f"{name} has {attribute} {value!r}"
    for attribute in element.keys():  # noqa: SIM118  # not its children
        if attribute not in known and f"{attribute}?" not in known:
            yield f"{name} has {attribute}"
    order = re.sub(r"(\w+)", r"(?:\1;)", children).replace(" ", "")
    if not re.fullmatch(order, "".join(f"{name_of(child)};" for child in element)):
        yield f"{name} holds {[name_of(child) for child in element]}"


# ── what is drawn ────────────────────────────────────────────────────────────────────────────────────


def list_pages(content):
    """List the pages as trees, in their order."""
    found = parts(content)
    pages = found["Doc_0/Document.xml"].iter(f"{NAMESPACE}Page")
    return [found[f"Doc_0/{page.get('BaseLoc')}"] for page in pages]


def numbers(text):
    return [float(part) for part in text.split()]


def distances(code):
    """Return the distances behind each sign of a text, none behind the last."""
    found, left = [], (code.get("DeltaX") or "").split()
    while left:
        if left[0] == "g":
            found += [float(left[2])] * int(left[1])
            left = left[3:]
        else:
            found.append(float(left.pop(0)))
    return [*found, 0.0]


def list_signs(page):
    """List the signs of a page as they are written: the sign, and its place from the left upper corner, in mm.

    All signs of a ligature stand where it begins.
    """
    for text in page.iter(f"{NAMESPACE}TextObject"):
        left, top = numbers(text.get("Boundary"))[:2]
        a, b, c, d, e, f = numbers(text.get("CTM", "1 0 0 1 0 0"))
        for code in text.iter(f"{NAMESPACE}TextCode"):
            x, y = float(code.get("X")), float(code.get("Y"))
            for sign, behind in zip(code.text, distances(code), strict=True):
                yield sign, left + a * x + c * y + e, top + b * x + d * y + f
                x += 0 if text.find(f"{NAMESPACE}CGTransform") is not None else behind


def list_lines(page):
    """List the boxes of what is drawn on a page other than text: left, top, right and bottom, in mm."""
    for path in page.iter(f"{NAMESPACE}PathObject"):
        left, top, width, height = numbers(path.get("Boundary"))
        yield left, top, left + width, top + height


def read_grey(value):
    """Return how light a colour is, of 255."""
    red, green, blue = numbers(value)
    return round(0.299 * red + 0.587 * green + 0.114 * blue)


def paint(content, dpi):
    """Paint the upright text in black, and the lines and boxes of each page, with the embedded fonts only."""
    found, scale = parts(content), dpi / 25.4
    fonts = {
        font.get("ID"): found[f"Doc_0/Res/{font.findtext(f'{NAMESPACE}FontFile')}"]
        for font in found["Doc_0/PublicRes.xml"].iter(f"{NAMESPACE}Font")
    }
    for page in list_pages(content):
        width, height = numbers(page.findtext(f".//{NAMESPACE}PhysicalBox"))[2:]
        image = Image.new("L", (round(width * scale), round(height * scale)), 255)
        canvas = ImageDraw.Draw(image)
        for path, box in zip(page.iter(f"{NAMESPACE}PathObject"), list_lines(page), strict=True):
            left, top, right, bottom = (round(value * scale) for value in box)
            fill = path.find(f"{NAMESPACE}FillColor")
            grey = 0 if fill is None else read_grey(fill.get("Value"))
            canvas.rectangle(
                [left, top, max(left, right - 1), max(top, bottom - 1)], grey
            )  # the last pixels are painted
        for text in page.iter(f"{NAMESPACE}TextObject"):
            left, top = numbers(text.get("Boundary"))[:2]
            size = float(text.get("Size")) * scale
            pen = float(text.get("LineWidth")) * scale / 2 if text.get("Stroke") else 0
            font = ImageFont.truetype(io.BytesIO(fonts[text.get("Font")]), size, layout_engine=ImageFont.Layout.BASIC)
            for code in text.iter(f"{NAMESPACE}TextCode"):
                x, y = float(code.get("X")), float(code.get("Y"))
                for sign, behind in zip(code.text, distances(code), strict=True):
                    canvas.text(((left + x) * scale, (top + y) * scale), sign, 0, font, "ls", stroke_width=pen)
                    x += behind
        yield image
