"""JSON Schemas of the TOML files below `templates/` and of the register, made from the types by which they are read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import toml_rs

from nianbao.datafiles.json_schema import COMMENT_START, DRAFT_URI, Schema
from nianbao.model.file_sets.mapping import FileSet
from nianbao.model.i18n import N_, _
from nianbao.model.kind import KindFile
from nianbao.model.loading.form_file import FormFile
from nianbao.model.loading.inheritance import AFTER, BASE, NATURAL_KEYS, REMOVE
from nianbao.model.loading.reading import ReadingFile
from nianbao.model.locale import LocaleFile
from nianbao.model.units.register_loading import RegisterFile
from nianbao.workspace.formats import FormatFile
from nianbao.workspace.looks.shapes import LookFile
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.template_files import COMPLETE_LOCALE

REGISTER_SCHEMA_FILE = ".offices.schema.json"  # beside the register
FILE_TYPES: Mapping[str, Any] = {
    "kind": KindFile,
    "edition": FormFile,
    "reading": ReadingFile,
    "files": FileSet,
    "locale": LocaleFile,
    "look": LookFile,
    "format": FormatFile,
    "register": RegisterFile,
}

_REMOVE: Schema = {
    "description": N_("field-remove-keys"),
    "type": "array",
    "items": {"type": "string"},
}
_REMOVE_ENTRY: Schema = {
    "description": N_("field-remove-entry"),
    "anyOf": [{"const": True}, {"type": "array", "items": {"type": "string"}}],
}
_AFTER: Schema = {"description": N_("field-place-after"), "type": "string"}


def format_schema(file_type: str) -> str:
    """Return the schema of a file type, a key of `FILE_TYPES`, as JSON."""
    return json.dumps(make_schema(file_type), ensure_ascii=False, indent=2) + "\n"


def make_schema(file_type: str) -> Schema:
    """Make the schema of a file type: its keys with descriptions, types and bounds; other keys are not allowed.

    Descriptions are in the user's language. Keys are required in files without a base only.
    """
    shape = FILE_TYPES[file_type]
    (root,), definitions = msgspec.json.schema_components([shape], ref_template="#/definitions/{name}")
    for definition in definitions.values():
        del definition["title"], definition["description"]  # docstrings, which are for readers of the source
    if "$ref" in root:
        root = definitions.pop(shape.__name__)
    if BASE in root.get("properties", {}):
        _allow_changes(root, definitions)
    for node in _walk_nodes([root, definitions]):
        _simplify(node)
        _translate(node)
    if shape is LocaleFile:
        _add_words(root)
    comment = _("schema-written-by", command=f"{COMMENT_START} --of {file_type}")
    header: Schema = {"$schema": DRAFT_URI, "$comment": comment}
    return {**header, **root, **({"definitions": definitions} if definitions else {})}


def _add_words(root: Schema) -> None:
    """Name every word that the program says, with what it is in English."""
    words = toml_rs.loads((TEMPLATES / COMPLETE_LOCALE).read_text("utf-8"))["words"]
    root["properties"]["words"]["properties"] |= {
        key: {"description": text, "type": "string"} for key, text in words.items()
    }


def _allow_changes(root: Schema, definitions: dict[str, Schema]) -> None:
    """Allow files with a base to have only the keys that differ from it."""
    required = root.pop("required")
    root |= {"if": {"not": {"required": [BASE]}}, "then": {"required": required}}
    entries = {
        schema["items"]["$ref"]
        for table in (root, *definitions.values())
        for key, schema in table["properties"].items()
        if key in NATURAL_KEYS and "$ref" in schema.get("items", {})
    }
    for node in list(_walk_nodes([root, definitions])):
        if node.get("type") == "object":
            node.pop("required", None)
            node["properties"] = {**node.get("properties", {}), REMOVE: dict(_REMOVE)}
    for name in entries:
        definitions[name.rpartition("/")[2]]["properties"] |= {REMOVE: dict(_REMOVE_ENTRY), AFTER: dict(_AFTER)}


def _simplify(node: Schema) -> None:
    """Remove empty defaults, and wrap a reference that has other keys beside it, which Draft 7 would ignore."""
    if not node.get("default", True):
        del node["default"]
    if "$ref" in node and len(node) > 1:
        node["allOf"] = [{"$ref": node.pop("$ref")}]
        node.pop("default", None)


def _translate(node: Schema) -> None:
    """Replace the description of a node, the key of a message, by its words in the user's language."""
    if isinstance(key := node.get("description"), str):
        node["description"] = _(key)


def _walk_nodes(value: Any) -> Iterator[Schema]:  # noqa: ANN401  # any part of a schema
    """Yield every table of a schema, parents before children."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from _walk_nodes(child)
