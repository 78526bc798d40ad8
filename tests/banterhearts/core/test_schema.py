"""The JSON Schema is the one of the models, and says what the models say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from banterhearts.core import schema
from banterhearts.core.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(schema.__file__).with_name("run.schema.json")


def test_the_schema_is_up_to_date() -> None:
    """What is checked in is what `python -m banterhearts.core.schema` prints."""
    done = subprocess.run([sys.executable, "-m", "banterhearts.core.schema"], capture_output=True, check=True)
    assert FILE.read_bytes().replace(b"\r\n", b"\n") == done.stdout.replace(b"\r\n", b"\n"), (
        "python -m banterhearts.core.schema > banterhearts/core/run.schema.json"
    )


def test_the_schema_has_every_key_and_no_other() -> None:
    """Each object of the schema is closed, and the top has the keys of a stored record."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    objects = [one for one in (stored, *stored["$defs"].values()) if one["type"] == "object"]
    assert len(objects) == 14
    assert all(one["additionalProperties"] is False for one in objects)
    assert list(stored["properties"]) == [field.alias or name for name, field in RunRecord.model_fields.items()]
    assert stored["required"][0] == "schema"


def test_a_stored_record_satisfies_the_schema(make_record: Callable[..., RunRecord]) -> None:
    """What the store writes is what the schema says: types, patterns, bounds, closed objects."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    record = json.loads(make_record(placebo=True).to_json())
    assert list(_misfits(record, stored, stored["$defs"])) == []
    record["samples"][0]["block"] = -1
    record["subject"]["colour"] = 3
    record["run_id"] = "R 1"
    assert sorted(_misfits(record, stored, stored["$defs"])) == [
        "-1 below 0",
        "R 1 against a pattern",
        "unknown colour",
    ]


def _misfits(value: Any, rule: dict[str, Any], named: dict[str, Any]) -> Any:
    """What of a value the schema does not allow; as much of JSON Schema as ours uses."""
    if "$ref" in rule:
        rule = named[rule["$ref"].rpartition("/")[2]]
    if "anyOf" in rule:
        if all(list(_misfits(value, one, named)) for one in rule["anyOf"]):
            yield f"{value} is none of {len(rule['anyOf'])}"
        return
    kinds = {"object": dict, "array": list, "string": str, "number": int | float, "integer": int, "boolean": bool}
    if "type" in rule and not isinstance(value, kinds.get(rule["type"], type(None))):
        yield f"{value} is no {rule['type']}"
    elif ("const" in rule and value != rule["const"]) or value not in rule.get("enum", [value]):
        yield f"{value} is not one of the values"
    elif isinstance(value, str) and not re.search(rule.get("pattern", ""), value):
        yield f"{value} against a pattern"
    elif isinstance(value, int | float) and value < rule.get("minimum", value):
        yield f"{value} below {rule['minimum']}"
    elif isinstance(value, list):
        for one in value:
            yield from _misfits(one, rule.get("items", {}), named)
    elif isinstance(value, dict) and "properties" in rule:
        yield from (f"missing {key}" for key in rule["required"] if key not in value)
        yield from (f"unknown {key}" for key in value if key not in rule["properties"])
        for key in value.keys() & rule["properties"].keys():
            yield from _misfits(value[key], rule["properties"][key], named)


def test_the_documents_name_every_field() -> None:
    """docs/records.md has a row for each group with all of its fields, and one for each status."""
    text = (Path(__file__).parents[3] / "docs" / "records.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `?(\w+)`? \| (.*) \|$", text, re.MULTILINE))
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    header = {name for name, rule in stored["properties"].items() if not set(_groups(rule))}
    assert _named(rows["header"]) >= header | {"status"}
    for name, rule in stored["properties"].items():
        for group in _groups(rule):
            fields = set(stored["$defs"][group].get("properties", ()))
            assert fields <= _named(rows.get(name, "")) or group == "Status", (name, group)
    assert rows.keys() >= set(stored["$defs"]["Status"]["enum"])


def _named(cell: str) -> set[str]:
    """What stands in code in a cell."""
    return set(re.findall(r"`(\w+)`", cell))


def _groups(rule: dict[str, Any]) -> list[str]:
    """The definitions that a rule refers to."""
    return re.findall(r"#/\$defs/(\w+)", json.dumps(rule))
