"""JSON Schemas of what people write below `templates/`, made of the same types that the loader reads it by."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nianbao.datafiles.json_schema import COMMENT_START, DRAFT_URI, Schema
from nianbao.model.form_loader import FormFile
from nianbao.model.loading.inheritance import AFTER, BASE, KEYS, REMOVE
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


def format_schema(of: str) -> str:
    """Write the schema of a kind of file as JSON; see `OF`."""
    return json.dumps(make_schema(of), ensure_ascii=False, indent=2) + "\n"


def make_schema(of: str) -> Schema:
    """Make the schema of a kind of file: its keys with descriptions, types and bounds, and nothing else allowed.

    What must be there is said of files without a base only.
    """
    shape = FILE_TYPES[of]
    _root, definitions = msgspec.json.schema_components([shape], ref_template="#/definitions/{name}")
    for definition in definitions.values():
        del definition["title"], definition["description"]  # they are for readers of the source
    root: Schema = definitions.pop(shape.__name__)
    if BASE in root["properties"]:
        _allow_changes(root, definitions)
    for node in _walk_nodes([root, definitions]):
        _simplify(node)
    head: Schema = {"$schema": DRAFT_URI, "$comment": f"{COMMENT_START} --of {of} 写的；不要手改"}
    return {**head, **root, **({"definitions": definitions} if definitions else {})}


def _allow_changes(root: Schema, definitions: dict[str, Schema]) -> None:
    """Let files with a base say only what differs from it."""
    required = root.pop("required")
    root |= {"if": {"not": {"required": [BASE]}}, "then": {"required": required}}
    entries = {
        schema["items"]["$ref"]
        for table in (root, *definitions.values())
        for key, schema in table["properties"].items()
        if key in KEYS and "$ref" in schema.get("items", {})
    }
    for node in list(_walk_nodes([root, definitions])):
        if node.get("type") == "object":
            node.pop("required", None)
            node["properties"] = {**node.get("properties", {}), REMOVE: _REMOVE}
    for name in entries:
        definitions[name.rpartition("/")[2]]["properties"] |= {REMOVE: _REMOVE_ENTRY, AFTER: _AFTER}


def _simplify(node: Schema) -> None:
    """Leave out defaults that say nothing, and let a reference have a description beside it, as Draft 7 does not."""
    if not node.get("default", True):
        del node["default"]
    if "$ref" in node and len(node) > 1:
        node["allOf"] = [{"$ref": node.pop("$ref")}]
        node.pop("default", None)


def _walk_nodes(value: Any) -> Iterator[Schema]:  # noqa: ANN401  # any part of a schema
    """Give every table of a schema, from the outside inwards."""
    if isinstance(value, dict):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from _walk_nodes(below)
