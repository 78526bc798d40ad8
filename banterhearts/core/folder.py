"""The folder of records as it lies there: which files it has, and what each of them is.

A record lies in `<suite>/<run_id>.json`, and says the same of itself; one that lies elsewhere was copied or renamed by
hand, and nobody can say which of its two names is right. Files that end otherwise, hidden ones, and folders below a
suite's are none of ours.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from banterhearts.core.entry import entry_of
from banterhearts.core.files import read_file
from banterhearts.core.index import Row
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.core.index import Stamp

__all__ = ["Scan", "read_row", "scan", "stamp_of"]

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Scan:
    """What a folder of records has."""

    stamps: dict[str, Stamp]
    """By path in the folder."""
    problems: tuple[RecordError, ...]
    """What cannot even be looked into."""


def scan(folder: Path) -> Scan:
    """Look at every file that may be a record; none is opened.

    Args:
        folder: With a folder a suite in it; one that does not exist has no records.

    Raises:
        RecordError: If it is no folder, or cannot be looked into.
    """
    stamps: dict[str, Stamp] = {}
    problems: list[RecordError] = []
    try:
        found = list(_visible(folder))
    except FileNotFoundError:
        return Scan({}, ())
    except OSError as error:
        raise RecordError(folder, f"is no folder of run records: {_reason(error)}") from error
    for one in found:
        if one.is_dir(follow_symlinks=False):
            _scan_suite(one, stamps, problems)
        elif one.name.endswith(".json"):
            problems.append(RecordError(Path(one.path), "lies in no suite's folder; move it to <suite>/<run_id>.json"))
        elif one.is_symlink():
            problems.append(RecordError(Path(one.path), "is a link, which is not followed"))
    return Scan(stamps, tuple(problems))


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a file."""
    # Some file systems number inodes with all 64 bits, and SQLite has 63.
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino & _LARGEST)


def read_row(folder: Path, path: str, stamp: Stamp, known: str | None = None) -> Row | None:
    """Read one file of the folder.

    Args:
        folder: Of the records.
        path: Of the file, in the folder.
        stamp: As it was seen; what is read may be newer, which the row then says.
        known: The digest of the content that needs no new reading.

    Returns:
        The row of whatever lies there, record or not; a row with neither entry nor problem where it is what is known;
        None where there is nothing any more.
    """
    read_ns = time.time_ns()
    try:
        content, status = read_file(folder / path)
    except RecordError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        return Row(path, stamp, 0, None, None, error.problem)
    stamp, digest = stamp_of(status), hashlib.sha256(content).hexdigest()
    if digest == known:
        return Row(path, stamp, read_ns, digest, None)
    from banterhearts.core.reading import parse_record  # noqa: PLC0415 - pydantic, which a warm index does without

    try:
        record = parse_record(content, folder / path)
    except RecordError as error:
        return Row(path, stamp, read_ns, digest, None, error.problem, error.line)
    entry = entry_of(record, path, digest)
    problem, key = _misplaced(path, entry.run_id, entry.arm.suite)
    line = _line(content, key) if problem else None
    return Row(path, stamp, read_ns, digest, entry, problem, line)


def _misplaced(path: str, run_id: str, suite: str) -> tuple[str | None, tuple[str, ...]]:
    folder, name = path.split("/")
    if name != f"{run_id}.json":
        return f"is called {name!r}, and its run_id is {run_id!r}; one of them is wrong", ("run_id",)
    if folder != suite:
        return f"lies in {folder!r}, and its suite is {suite!r}; one of them is wrong", ("workload", "suite")
    return None, ()


def _line(content: bytes, place: tuple[str, ...]) -> int:
    from banterhearts.core.places import line_of  # noqa: PLC0415 - only for what is wrong

    return line_of(content.decode("utf-8"), place)


def _visible(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        yield from (one for one in found if not one.name.startswith("."))


def _scan_suite(suite: os.DirEntry[str], stamps: dict[str, Stamp], problems: list[RecordError]) -> None:
    try:
        for one in _visible(suite.path):
            path = f"{suite.name}/{one.name}"
            if not one.name.endswith(".json"):
                continue
            if not path.isprintable():
                problems.append(RecordError(Path(suite.path, ascii(one.name)), "has a name of unprintable characters"))
                continue
            try:
                stamps[path] = stamp_of(one.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue  # removed while we looked
    except OSError as error:
        problems.append(RecordError(Path(suite.path), f"cannot be looked into: {_reason(error)}"))


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
