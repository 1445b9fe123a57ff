"""A JSON Schema of the data files of a form: what an editor needs to complete, explain and check them."""

import json
from typing import Any

from nianbao.model.form import OWN, Form
from nianbao.model.value_types import KINDS, Kind

# The draft that Taplo reads, and with it Even Better TOML and other editors.
DRAFT_URI = "http://json-schema.org/draft-07/schema#"
COMMENT_START = "report schema"  # opens the comment by which a schema that nianbao wrote is known
_NAME_PATTERN = (
    r"^[^\s\d!-/:-@\[-^`{-~][^\s!-/:-@\[-^`{-~]*$"  # a name in any script, in any engine's regular expressions
)

Schema = dict[str, Any]
_TEXT_SCHEMA: Schema = {"type": "string"}


def format_file_name(form: Form) -> str:
    """Name the file that holds the schema, beside the data files."""
    return f".report-{form.edition}.schema.json"


def format_schema(form: Form) -> str:
    """Write the schema as JSON."""
    return json.dumps(make_schema(form), ensure_ascii=False, indent=2) + "\n"


def is_own_schema(text: str) -> bool:
    """Tell whether a text is a schema that nianbao wrote, which it may write anew."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and str(found.get("$comment", "")).startswith(COMMENT_START)


def make_schema(form: Form) -> Schema:
    """Make the schema: every address of the form with its label, kind and unit, and nothing else allowed."""
    root = _make_table(form.name, form.document)
    labels = _find_labels(form)
    units = {fact.id: fact.unit for fact in form.facts} | {slot.address: slot.unit for slot in form.slots.values()}
    for address, kind in form.kinds.items():
        value = _make_value(form.labels.get(address, ""), KINDS[kind], units.get(address, ""))
        _set_property(root, address.split("."), value, labels)
    root["properties"]["edition"] |= {"const": form.edition}
    headed = [section for section in form.sections if section.heading]
    written = [section for section in form.sections if section.text or section.heading]
    for group, title, sections in (("headings", "各部分的标题", headed), ("prose", "各部分的正文", written)):
        root["properties"][group] = _make_table(title) | {
            "properties": {part.id: {"title": part.heading or part.id, "type": "string"} for part in sections},
        }
    root["properties"][OWN] = {
        "title": "本机关自己的事实",
        "description": "名称自定，供正文使用",
        "type": "object",
        "propertyNames": {"pattern": _NAME_PATTERN},
        "additionalProperties": {"anyOf": [dict(KINDS[name].shape) for name in ("text", "change", "money", "texts")]},
    }
    root["properties"]["accept"] = {
        "title": "看过并接受的发现",
        "type": "array",
        "items": _make_table("接受一条发现：规则、地址、当时的值和理由")
        | {
            "properties": {"rule": _TEXT_SCHEMA, "at": _TEXT_SCHEMA, "value": {}, "because": _TEXT_SCHEMA},
            "required": ["rule", "at", "value", "because"],
        },
    }
    for fact in form.facts:
        if fact.required:
            _add_required(root, fact.id.split("."))
    root["required"] = list(dict.fromkeys(["year", *root["required"], *(table.id for table in form.tables)]))
    return {
        "$schema": DRAFT_URI,
        "$comment": f"{COMMENT_START} --edition {form.edition} 写的，随格式更新；不要手改",
        **root,
    }


def _find_labels(form: Form) -> dict[str, str]:
    """Name each table of values by the heading of the form that it stands for."""
    found = {table.id: table.label for table in form.tables}
    for table in form.tables:
        for slot in table.slots:
            address = table.id
            for heading in (*slot.rows, *slot.columns):
                if heading.id:
                    address = f"{address}.{heading.id}"
                    found.setdefault(address, heading.label)
    return found


def _set_property(root: Schema, keys: list[str], value: Schema, labels: dict[str, str]) -> None:
    node = root
    for size, key in enumerate(keys[:-1], 1):
        node = node["properties"].setdefault(key, _make_table(labels.get(".".join(keys[:size]), "")))
    node["properties"][keys[-1]] = value


def _add_required(root: Schema, keys: list[str]) -> None:
    node = root
    for key in keys:
        node["required"] = list(dict.fromkeys([*node.get("required", ()), key]))
        node = node["properties"][key]


def _make_table(title: str, description: str = "") -> Schema:
    said = {"title": title, "description": description}
    return {key: text for key, text in said.items() if text} | {
        "type": "object",
        "additionalProperties": False,
        "properties": {},
    }


def _make_value(label: str, kind: Kind, unit: str) -> Schema:
    words = f"{kind.words}（{unit}）" if unit else kind.words
    return {"title": label, "description": words, **kind.shape}
