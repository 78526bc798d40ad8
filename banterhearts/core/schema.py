"""The JSON Schema of a run record, generated from the models and checked in beside them as `run.schema.json`.

    python -m banterhearts.core.schema > banterhearts/core/run.schema.json

makes it anew; a test fails while it is not what the models say. The schema is for those who write records with other
tools: it says what each field is, and cannot say what fields say of each other. `read_record` checks both.
"""

from __future__ import annotations

import json
import sys

from banterhearts.core.record import SCHEMA, RunRecord

__all__ = ["schema_text"]


def schema_text() -> str:
    """The schema as it is checked in."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        **RunRecord.model_json_schema(by_alias=True),
        "title": f"Run record {SCHEMA}",
    }
    schema["required"] = ["schema", *schema["required"]]
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
