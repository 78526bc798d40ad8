"""A file of another tool: its bytes, its digest, and its content as JSON, JSON lines or CSV.

What cannot be read is an error with path and line, never a row less: an empty file, another encoding than UTF-8, text
that ends in the middle, a key that stands twice. JSON is held whole and so has a limit; lines are streamed, however
many there are.
"""

from __future__ import annotations

import csv
import hashlib
import json
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from banterhearts.api.ingestion.fields import Fields, excerpt
from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Source", "open_source"]

_LARGEST_JSON = 256 << 20
_LONGEST_LINE = 1 << 20
_CHUNK = 1 << 20
_NAME = 200
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
"""What PowerShell's `>` writes at the start of a file."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is not empty."""

    path: Path
    """As it was named."""
    name: str
    """Its base name, printable."""
    sha256: str
    modified: datetime
    """In UTC."""
    value: Any = None
    """What a JSON document holds; the first value of JSON lines."""
    columns: tuple[str, ...] = ()
    """The header of a CSV file; empty for JSON."""
    is_lines: bool = False
    """Whether it holds a JSON value a line."""

    def records(self) -> Iterator[tuple[int, Fields | Refused]]:
        """The lines of a CSV file below its header, with their numbers: each by column, or why it is none.

        Raises:
            RecordError: Where no further line can be told from the next: a quotation that does not end, an encoding.
        """
        reader = csv.reader(_lines(self.path), strict=True)
        try:
            next(reader)
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(self.columns):
                    problem = f"{len(cells)} cells under {len(self.columns)} columns"
                    yield reader.line_num, Refused(Reason.MALFORMED, problem)
                else:
                    yield reader.line_num, Fields(dict(zip(self.columns, cells, strict=True)), textual=True)
        except csv.Error as error:
            raise RecordError(self.path, f"no CSV: {error}", reader.line_num) from error

    def values(self) -> Iterator[tuple[int, Any]]:
        """The values of JSON lines with their numbers.

        Raises:
            RecordError: At the first line that is no JSON.
        """
        for number, line in enumerate(_lines(self.path), 1):
            if line.strip():
                yield number, _parse(self.path, line.rstrip("\r\n"), number)


def open_source(path: Path) -> Source:
    """Read what is needed to know what a file holds.

    Raises:
        RecordError: If it cannot be read, or is neither JSON nor CSV.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder; name the files" if path.is_dir() else "no regular file; write the results to one first"
            raise RecordError(path, f"is {kind}")
        sha256, start = _digest(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RecordError(path, f"cannot be read: {reason}") from error
    if not start.strip():
        raise RecordError(path, "is empty")
    if start[:2] in _MARKS:
        problem = f"is {_MARKS[start[:2]]}; save it as UTF-8 (in PowerShell: `... | Out-File -Encoding utf8 FILE`)"
        raise RecordError(path, problem, 1)
    name = "".join(sign if sign.isprintable() and sign not in "/\\" else "_" for sign in path.name)[:_NAME] or "_"
    common: dict[str, Any] = {
        "path": path,
        "name": name,
        "sha256": sha256,
        "modified": datetime.fromtimestamp(status.st_mtime, UTC),
    }
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}:
        first = _first_of_lines(path)
        if first is not None:
            return Source(**common, value=first, is_lines=True)
        return Source(**common, value=_load(path, status.st_size))
    return Source(**common, columns=_header(path))


def _digest(path: Path) -> tuple[str, bytes]:
    sha, start = hashlib.sha256(), b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            sha.update(chunk)
            start = start if start.strip() else chunk
    return sha.hexdigest(), start


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file, decoded one by one, so that a fault has its line."""
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                raise RecordError(path, f"a line longer than {_LONGEST_LINE} bytes", number)
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise RecordError(path, f"no UTF-8: byte 0x{line[error.start]:02x}", number) from error


def _header(path: Path) -> tuple[str, ...]:
    reader = csv.reader(_lines(path), strict=True)
    try:
        columns = tuple(cell.strip() for cell in next(reader))
    except csv.Error as error:
        raise RecordError(path, f"neither JSON nor CSV: {error}", 1) from error
    doubled = {column for column in columns if columns.count(column) > 1}
    if doubled:
        raise RecordError(path, f"column {excerpt(min(doubled))!r} stands twice", 1)
    return columns


def _first_of_lines(path: Path) -> Any | None:  # noqa: ANN401 - a value of JSON is of many types
    """The first value of a file that has an object on each of several lines; None for a document."""
    lines = (line for line in _lines(path) if line.strip())
    try:
        first, second = next(lines, ""), next(lines, "")
        if not first.strip().endswith("}") or not second.lstrip().startswith("{"):
            return None
        return _parse(path, first)
    except RecordError:
        return None  # what is wrong the document's own reader says


def _load(path: Path, size: int) -> Any:  # noqa: ANN401 - as above
    if size > _LARGEST_JSON:
        problem = f"{size} bytes of JSON, and at most {_LARGEST_JSON} are held at once; split it"
        raise RecordError(path, problem)
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"no UTF-8: byte 0x{data[error.start]:02x}"
        raise RecordError(path, problem, data.count(b"\n", 0, error.start) + 1) from error
    return _parse(path, text)


def _parse(path: Path, text: str, line: int | None = None) -> Any:  # noqa: ANN401 - as above
    """A JSON value with its numbers as decimals, so that no digit is lost.

    Args:
        path: For errors.
        text: A document, or one line of a file.
        line: Which line; None for a document.

    Raises:
        RecordError: If it is none; with the line, where the parser tells it.
    """

    def refuse(problem: str) -> NoReturn:
        raise RecordError(path, problem, line)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _ in pairs]
            refuse(f"key {excerpt(next(key for key in keys if keys.count(key) > 1))!r} stands twice in one object")
        return found

    try:
        return json.loads(text, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        problem = f"no JSON: {error.msg}, column {error.colno}"
        raise RecordError(path, problem, (line or 1) + error.lineno - 1) from error
    except RecursionError:
        refuse("nested deeper than JSON is read")
    except ValueError as error:  # an integer of more digits than Python reads
        refuse(f"no JSON: {error}")
