"""A JSON Schema of the data files of a form: what an editor needs to complete, explain and check them."""

import json
from typing import Any

from nianbao.model.form import OWN_FACTS, Form
from nianbao.model.locale import Locale
from nianbao.model.open_rows.filling import expand_with_samples
from nianbao.model.pictures import PICTURES, Picture
from nianbao.model.tables.headings import ENTRY, join_ids
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import OWN_TYPES

# The draft that Taplo reads, and with it Even Better TOML and other editors.
DRAFT_URI = "http://json-schema.org/draft-07/schema#"
COMMENT_START = "report schema"  # begins the comment by which a schema that nianbao wrote is recognized
_NAME_PATTERN = (
    r"^[^\s\d!-/:-@\[-^`{-~][^\s!-/:-@\[-^`{-~]*$"  # a name in any script, in any engine's regular expressions
)

Schema = dict[str, Any]
_TEXT_SCHEMA: Schema = {"type": "string"}


def format_file_name(form: Form) -> str:
    """Return the name of the file that holds the schema, beside the data files."""
    return f".report-{form.edition}.schema.json"


def format_schema(form: Form) -> str:
    """Format the schema as JSON."""
    return json.dumps(make_schema(form), ensure_ascii=False, indent=2) + "\n"


def is_own_schema(text: str) -> bool:
    """Return whether a text is a schema that nianbao wrote, which it may replace."""
    try:
        schema = json.loads(text)
    except ValueError:
        return False
    return isinstance(schema, dict) and str(schema.get("$comment", "")).startswith(COMMENT_START)


def make_schema(form: Form) -> Schema:
    """Make the schema: every address of the form with its label, value type and unit, and nothing else allowed.

    It is written in the language of the form.
    """
    root = _make_table(form.name, form.document)
    required = [table.id for table in form.tables if any(map(_must_be_there, table.slots))]
    form = expand_with_samples(form)
    labels = _find_labels(form)
    units = {fact.id: fact.unit for fact in form.facts} | {slot.address: slot.unit for slot in form.slots.values()}
    for address, value_type in form.value_types.items():
        texts = {
            "title": form.labels.get(address, ""),
            "description": value_type.describe(form.locale) + form.locale.put_in_brackets(units.get(address, "")),
        }
        value = {**texts, **value_type.json_schema}
        _set_property(root, address.split("."), value, labels)
    definitions = _open_rows(root, form)
    root["properties"]["edition"] |= {"const": form.edition}
    root["properties"] |= _make_section_tables(form) | {
        OWN_FACTS: _make_own_facts(form.locale),
        "accept": _make_accept(form.locale),
        PICTURES: _make_pictures(form),
    }
    for fact in form.facts:
        if fact.required:
            _add_required(root, fact.id.split("."))
    root["required"] = list(dict.fromkeys([form.kind.period_fact, *root["required"], *required]))
    comment = form.locale.say("schema-written-by", command=f"{COMMENT_START} --edition {form.edition}")
    return {"$schema": DRAFT_URI, "$comment": comment, **root} | ({"definitions": definitions} if definitions else {})


def _open_rows(root: Schema, form: Form) -> Schema:
    """Put arrays and the codes of axes in the places of samples; return what is the same below each code."""
    definitions: Schema = {}
    opened = {address: heading for table in form.tables for address, heading in table.open_rows.items()}
    for table in form.tables:
        for lines, own in zip(table.lines, table.opened, strict=False):
            for row in lines.rows:
                opened |= {join_ids(join_ids(table.id, row.ids), ids): heading for ids, heading in own.columns.items()}
    for address in sorted(opened, key=lambda one: -one.count(".")):
        node = root
        *above, key = address.split(".")
        for part in above:
            node = node["properties"][part]
        open_node, heading = node["properties"][key], opened[address]
        (below,) = open_node["properties"].values()
        if heading.each == ENTRY:
            title = {"title": open_node["title"]} if "title" in open_node else {}
            node["properties"][key] = {**title, "type": "array", "items": below}
        else:
            definitions[address] = below
            codes = form.axes[heading.each].codes
            open_node["properties"] = {code.id: {"$ref": f"#/definitions/{address}"} for code in codes}
    return definitions


def _make_section_tables(form: Form) -> Schema:
    """Describe the tables of headings and of prose: a text for each section that has one."""
    with_heading = [section for section in form.sections if section.heading]
    with_prose = [section for section in form.sections if section.text or section.heading]
    return {
        group: _make_table(title)
        | {
            "properties": {
                section.id: {"title": section.heading or section.id, "type": "string"} for section in sections
            },
        }
        for group, title, sections in (
            ("headings", form.locale.say("schema-headings"), with_heading),
            ("prose", form.locale.say("schema-prose"), with_prose),
        )
    }


def _make_own_facts(locale: Locale) -> Schema:
    return {
        "title": locale.say("schema-own"),
        "description": locale.say("schema-own-names"),
        "type": "object",
        "propertyNames": {"pattern": _NAME_PATTERN},
        "additionalProperties": {
            "anyOf": [dict(known.json_schema) for known in OWN_TYPES if known.name not in {"date", "money"}]
        },
    }


def _make_accept(locale: Locale) -> Schema:
    return {
        "title": locale.say("schema-accept"),
        "type": "array",
        "items": _make_table(locale.say("schema-accept-entry"))
        | {
            "properties": {"rule": _TEXT_SCHEMA, "at": _TEXT_SCHEMA, "value": {}, "because": _TEXT_SCHEMA},
            "required": ["rule", "at", "value", "because"],
        },
    }


def _make_pictures(form: Form) -> Schema:
    import msgspec  # noqa: PLC0415  # its schemas are slow to import

    _root, definitions = msgspec.json.schema_components([Picture])
    properties = {
        name: {key: value for key, value in schema.items() if key not in {"description", "default"}}
        for name, schema in definitions[Picture.__name__]["properties"].items()
        if name != "optional"
    }
    return {
        "title": form.locale.say("schema-pictures"),
        "type": "array",
        "items": _make_table(form.locale.join(picture.id for picture in form.pictures))
        | {"properties": properties, "required": ["id"]},
    }


def _find_labels(form: Form) -> dict[str, str]:
    """Find the label of each table of values: address -> label of the table or heading of the form."""
    labels = {table.id: table.label for table in form.tables}
    for table in form.tables:
        for slot in table.slots:
            address = table.id
            for heading in (*slot.rows, *slot.columns):
                if heading.id:
                    address = f"{address}.{heading.id}"
                    labels.setdefault(address, heading.label)
    return labels


def _set_property(root: Schema, keys: list[str], value: Schema, labels: dict[str, str]) -> None:
    node = root
    for size, key in enumerate(keys[:-1], 1):
        node = node["properties"].setdefault(key, _make_table(labels.get(".".join(keys[:size]), "")))
    node["properties"][keys[-1]] = value


def _must_be_there(slot: Slot) -> bool:
    """Return whether a figure applies to every report; a table without any may be left out."""
    return slot.value_type.is_number and not slot.traits.conditions


def _add_required(root: Schema, keys: list[str]) -> None:
    node = root
    for key in keys:
        node["required"] = list(dict.fromkeys([*node.get("required", ()), key]))
        node = node["properties"][key]


def _make_table(title: str, description: str = "") -> Schema:
    texts = {"title": title, "description": description}
    return {key: text for key, text in texts.items() if text} | {
        "type": "object",
        "additionalProperties": False,
        "properties": {},
    }
