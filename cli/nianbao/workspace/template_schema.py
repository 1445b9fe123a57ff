"""JSON Schemas of the TOML files below `templates/`, made from the types with which the loader reads them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nianbao.datafiles.json_schema import COMMENT_START, DRAFT_URI, Schema
from nianbao.model.form_loader import FormFile
from nianbao.model.loading.inheritance import AFTER, BASE, NATURAL_KEYS, REMOVE
from nianbao.model.loading.shapes import Shape
from nianbao.workspace.formats import FormatFile
from nianbao.workspace.theme import LookFile

FILE_TYPES: Mapping[str, type[Shape]] = {"form": FormFile, "look": LookFile, "format": FormatFile}

_REMOVE: Schema = {
    "description": "有底本时：先去掉底本的这些键",
    "type": "array",
    "items": {"type": "string"},
}
_REMOVE_ENTRY: Schema = {
    "description": "有底本时：true 去掉底本的这一条；或先去掉这一条的这些键",
    "anyOf": [{"const": True}, {"type": "array", "items": {"type": "string"}}],
}
_AFTER: Schema = {"description": "有底本时：放在底本的哪一条后面；空的就是最前", "type": "string"}


def format_schema(file_type: str) -> str:
    """Return the schema of a file type, a key of `FILE_TYPES`, as JSON."""
    return json.dumps(make_schema(file_type), ensure_ascii=False, indent=2) + "\n"


def make_schema(file_type: str) -> Schema:
    """Make the schema of a file type: its keys with descriptions, types and bounds; other keys are not allowed.

    Keys are required in files without a base only.
    """
    shape = FILE_TYPES[file_type]
    _root, definitions = msgspec.json.schema_components([shape], ref_template="#/definitions/{name}")
    for definition in definitions.values():
        del definition["title"], definition["description"]  # docstrings, which are for readers of the source
    root: Schema = definitions.pop(shape.__name__)
    if BASE in root["properties"]:
        _allow_changes(root, definitions)
    for node in _walk_nodes([root, definitions]):
        _simplify(node)
    header: Schema = {"$schema": DRAFT_URI, "$comment": f"{COMMENT_START} --of {file_type} 写的；不要手改"}
    return {**header, **root, **({"definitions": definitions} if definitions else {})}


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
            node["properties"] = {**node.get("properties", {}), REMOVE: _REMOVE}
    for name in entries:
        definitions[name.rpartition("/")[2]]["properties"] |= {REMOVE: _REMOVE_ENTRY, AFTER: _AFTER}


def _simplify(node: Schema) -> None:
    """Remove empty defaults, and wrap a reference that has other keys beside it, which Draft 7 would ignore."""
    if not node.get("default", True):
        del node["default"]
    if "$ref" in node and len(node) > 1:
        node["allOf"] = [{"$ref": node.pop("$ref")}]
        node.pop("default", None)


def _walk_nodes(value: Any) -> Iterator[Schema]:  # noqa: ANN401  # any part of a schema
    """Yield every table of a schema, parents before children."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from _walk_nodes(child)
