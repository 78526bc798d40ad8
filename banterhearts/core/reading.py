"""Reading a run record strictly: what is not exactly a record is an error with the path, the line and the reason.

JSON as it is commonly read is lenient where a record must not be: of two equal keys the last wins, `NaN` is a number,
`1e400` is infinity, and an integer of a thousand digits is welcome. All of these are refused before the models see the
text. The models then refuse unknown keys and values of another type.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError

from banterhearts.core.files import read_file
from banterhearts.core.places import Place, line_at, line_of, shown, walk
from banterhearts.core.record import SCHEMA, RunRecord
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

__all__ = ["parse_record", "read_record"]

_FAMILY, _, _VERSION = SCHEMA.partition("/")
_DIGITS = 19
"""Those of the largest integer of 64 bits."""
_DEEPEST = 100
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
_NUMBER = re.compile(r"-?[0-9]+((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_SHOWN = 300
"""Characters of a message that may come from the file."""


def read_record(path: Path) -> RunRecord:
    """Load one run record.

    Raises:
        RecordError: If the file cannot be read or is no run record of this schema; with the line where there is one.
    """
    return parse_record(read_file(path)[0], path)


def parse_record(content: bytes, path: Path) -> RunRecord:
    """Parse the content of a file as a run record.

    Args:
        content: The file's bytes.
        path: Where they are from, for errors.

    Raises:
        RecordError: If it is no run record of this schema; with the line.
    """
    text = _decoded(content, path)
    _expect_schema(_parsed(text, path), text, path)
    try:
        return RunRecord.model_validate_json(text)
    except ValidationError as error:
        _refuse(error, text, path)


def _decoded(content: bytes, path: Path) -> str:
    if not content.strip():
        raise RecordError(path, "is empty; restore it, or remove it", 1)
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise RecordError(path, "begins with a byte order mark; a run record is UTF-8 without one", 1)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RecordError(path, f"is not UTF-8: {error.reason} at byte {error.start}", line) from error


class _Unfit(Exception):
    """Something that Python's decoder would have let pass."""


def _parsed(text: str, path: Path) -> object:
    """Decode JSON and nothing more.

    Raises:
        RecordError: For broken JSON, and for what is JSON only to some.
    """
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_float, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        problem = f"is broken JSON: {error.msg.lower()} (column {error.colno}); restore it, or remove it"
        raise RecordError(path, problem, error.lineno) from error
    except (_Unfit, RecursionError) as error:
        raise _unfit(text, path) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unfit
    return found


def _no_number(token: str) -> NoReturn:
    raise _Unfit(token)


def _float(token: str) -> float:
    number = float(token)
    if math.isinf(number):
        raise _Unfit
    return number


def _integer(token: str) -> int:
    if not _fits(token):
        raise _Unfit
    return int(token)


def _fits(token: str) -> bool:
    """Whether an integer has at most 64 bits; its digits are counted first, since reading a million takes long."""
    return len(token) <= _DIGITS + 1 and abs(int(token)) < 2**63


def _unfit(text: str, path: Path) -> RecordError:
    """Find what the decoder stumbled over, which by then only the text knows."""
    for spot in walk(text):
        problem = _problem(spot.lexeme, repeated=spot.repeated, depth=len(spot.place))
        if problem:
            place = f"`{_short(shown(spot.place))}` " if spot.place else ""
            return RecordError(path, f"{place}{problem}", line_at(text, spot.position))
    return RecordError(path, "is nested deeper than can be read here", 1)  # called from deep inside another recursion


def _problem(lexeme: str, *, repeated: bool, depth: int) -> str | None:
    if depth > _DEEPEST:
        return f"is nested deeper than {_DEEPEST} levels"
    if repeated:
        return "stands twice in one object"
    if lexeme.startswith(_NO_NUMBERS):
        return f"is {lexeme[:9].rstrip(',')}, which is no number"
    number = _NUMBER.match(lexeme)
    if number is None:
        return None
    if not number[1]:
        return None if _fits(number[0]) else "is an integer of more than 64 bits"
    return "is too large for a number" if math.isinf(float(number[0])) else None


def _expect_schema(value: object, text: str, path: Path) -> None:
    """Name an older or newer schema before its keys are called unknown.

    Raises:
        RecordError: If the value is no object, or of another schema.
    """
    if not isinstance(value, dict):
        raise RecordError(path, f"is no run record: it holds {_kind(value)}, not an object", line_of(text, ()))
    named = value.get("schema")
    if named == SCHEMA:
        return
    line = line_of(text, ("schema",))
    version = re.fullmatch(rf"{re.escape(_FAMILY)}/([0-9]{{1,9}})", named) if isinstance(named, str) else None
    if version is None:
        said = f"its `schema` is {_short(json.dumps(named))}" if "schema" in value else "it has no `schema`"
        raise RecordError(path, f"is no run record: {said}, not {SCHEMA!r}", line)
    if int(version[1]) > int(_VERSION):
        raise RecordError(
            path, f"is of schema {named}, newer than {SCHEMA}: upgrade chimera-chronicles to read it", line
        )
    raise RecordError(path, f"is of schema {named}, older than {SCHEMA}: measure again, or remove it", line)


def _kind(value: object) -> str:
    names = {list: "an array", str: "text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _refuse(error: ValidationError, text: str, path: Path) -> NoReturn:
    """Raise what the models say of the first thing that is wrong."""
    found = error.errors(include_url=False)
    first = found[0]
    if first["type"] == "json_invalid":  # pydantic's own decoder is stricter still: lone surrogates, depth
        line = re.search(r" at line (\d+) column", first["msg"])
        raise RecordError(path, f"is broken JSON: {first['msg']}", int(line[1]) if line else 1) from error
    place = _place(first)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    where = f"`{_short(shown(place))}`: " if place else ""
    raise RecordError(path, f"{where}{_message(first)}{more}", line_of(text, place)) from error


def _place(detail: ErrorDetails) -> Place:
    inner: Place = tuple(detail.get("ctx", {}).get("place", ()))
    return (*(step for step in detail["loc"] if step != "[key]"), *inner)


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return f"is no key of {SCHEMA}"
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "less_than_equal":  # pydantic writes a bound of 1e150 in all of its digits
        return f"is more than {detail['ctx']['le']:g}"
    return _short(detail["msg"].removeprefix("Value error, "))


def _short(text: str) -> str:
    """Text of the file for a message: one printable line, not too long."""
    plain = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[: _SHOWN + 1])
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"
