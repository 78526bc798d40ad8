"""What a check is, what a run of it leaves, and which of the records on disk speaks for a tree.

A record is evidence that nobody can derive again short of running the command, so it is never changed: a later run of
the same check on the same tree gets a file of its own with the next number, and a document that was told by the older
one goes on naming it, by the sha256 of its bytes. It speaks for the tree that it was made on and for the command as it
was then, and for nothing else.

Whoever can write to the folder can write a record. So one is read with all its values within what a run can leave, and
one that names a commit of another tree is none; what it says beyond that passes on its author's word, as a run record's
samples do.

Left out: who made it, and on which machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import re
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from chronicles.dossier import STRICT, CheckRun, canonical_json, read_json
from chronicles.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["LAST_LENGTH", "Check", "CheckRecord", "Stored", "record_of", "records", "store", "told"]

LAST_LENGTH = 200
"""Characters of the last line that are kept."""
_TREE_DIGITS = 12
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LONGEST_COMMAND = 10_000
"""Settings allow 1,000, and what stands for a short secret is longer than that."""
_LONGEST_SEC = 86_400.0
"""A day, as in the settings."""
_SLACK_SEC = 3600.0
"""A run is stopped when its time is over, some time soon after on a machine that has too much to do."""
_HIGHEST_EXIT = 255
_MOST_FILES = 10_000_000
"""Files that a run may have changed; more are not believed."""
_MOST_BYTES = 100_000
"""A bigger file is none that a run left."""


@dataclass(frozen=True, slots=True)
class Check:
    """A command that the owner of a repository configured."""

    name: str
    command: str
    """As it is run."""
    told: str
    """As it is told: the same, without secrets."""
    timeout_sec: float


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """One run of a check."""

    __pydantic_config__: ClassVar = STRICT
    schema: Literal["chronicles.check/1"]
    name: str
    command: str
    """As it is told."""
    timeout_sec: float
    commit: str
    tree: str
    run: int
    """1 for the first run under this name on this tree."""
    result: Literal["passed", "failed", "timed out"]
    exit: int | None
    """None where the time was over first."""
    seconds: float
    last: str
    """The last readable line of the output."""
    wrote: int | None
    """How many files of the commit it changed; None where that cannot be told."""

    def __post_init__(self) -> None:
        """Refuse a result that does not follow from how the command ended, and what no run leaves."""
        should = "timed out" if self.exit is None else "failed" if self.exit else "passed"
        if self.result != should:
            raise ValueError(f"a run with exit code {self.exit} is not {self.result!r}")
        within = {
            "name": _NAME.fullmatch(self.name),
            "command": len(self.command) <= _LONGEST_COMMAND and self.command.isprintable(),
            "timeout_sec": 0 < self.timeout_sec <= _LONGEST_SEC,
            "commit": _HASH.fullmatch(self.commit) and len(self.commit) == len(self.tree),
            "tree": _HASH.fullmatch(self.tree),
            "run": self.run > 0,
            "exit": self.exit is None or 0 <= self.exit <= _HIGHEST_EXIT,
            "seconds": math.isfinite(self.seconds) and 0 <= self.seconds <= self.timeout_sec + _SLACK_SEC,
            "last": len(self.last) <= LAST_LENGTH and " ".join(self.last.split()) == self.last,
            "wrote": self.wrote is None or 0 <= self.wrote <= _MOST_FILES,
        }
        for field, good in within.items():
            if not good:
                raise ValueError(f"{field} is {getattr(self, field)!r:.100}, which no run leaves")

    @property
    def file_name(self) -> str:
        """Under which it is stored."""
        return f"{self.tree[:_TREE_DIGITS]}-{self.name}-{self.run}.json"

    def speaks_for(self, check: Check) -> bool:
        """Whether a run of the check today could end no other way than by chance."""
        more_time = self.result == "timed out" and check.timeout_sec > self.timeout_sec
        return (self.name, self.command) == (check.name, check.told) and not more_time


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it lies on disk."""

    record: CheckRecord
    digest: str
    """The sha256 of its bytes."""

    def told(self) -> CheckRun:
        """What a document tells of it."""
        one = self.record
        return CheckRun(
            one.name, one.command, one.result, one.exit, one.seconds, one.last, wrote=one.wrote, digest=self.digest
        )


def records(folder: Path | None, tree: str, tree_of: Callable[[str], str | None] | None = None) -> list[Stored]:
    """The records of a tree, by name and run; a file that is none is passed over, as what it says cannot be told.

    Args:
        folder: Where they are; None for nowhere.
        tree: The tree.
        tree_of: Gives the tree of a commit, None where there is no such commit; a record outlives a rebase.
    """
    if folder is None:
        return []
    found = [stored for path in folder.glob(f"{tree[:_TREE_DIGITS]}-*.json") if (stored := _load(path, tree))]
    if tree_of is not None:
        found = [stored for stored in found if tree_of(stored.record.commit) in (None, tree)]
    return sorted(found, key=lambda stored: (stored.record.name, stored.record.run))


def record_of(check: Check, stored: Sequence[Stored]) -> Stored | None:
    """The newest record of a tree that speaks for a check; None where it has to run."""
    return next((one for one in reversed(stored) if one.record.speaks_for(check)), None)


def told(checks: Sequence[Check], stored: Sequence[Stored]) -> Iterator[CheckRun]:
    """Each configured check as a document tells it, by the records of the tree that its range ends in."""
    for check in checks:
        found = record_of(check, stored)
        yield found.told() if found else CheckRun(check.name, check.told)


def store(folder: Path, record: CheckRecord) -> CheckRecord:
    """Write a record, whole or not at all, as the first run from its own on whose name is not taken.

    Returns:
        The record as it was written.

    Raises:
        OutputError: The folder cannot be written to.
    """
    temporary = folder / f".chronicles-{secrets.token_hex(8)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            temporary.write_text(canonical_json(asdict(record)), encoding="utf-8")
            if _take(temporary, folder / record.file_name):
                return record
            record = replace(record, run=record.run + 1)
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _take(temporary: Path, path: Path) -> bool:
    """Give a file its name; False where another one has it, perhaps only now."""
    try:
        path.hardlink_to(temporary)  # unlike a move it never takes a name away
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if path.exists():
            return False
        temporary.replace(path)
    return True


def _load(path: Path, tree: str) -> Stored | None:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        content = path.read_bytes()
        record = read_json(CheckRecord, content)
    except (OSError, ValueError):
        return None
    if record.tree != tree or record.file_name != path.name:
        return None
    return Stored(record, hashlib.sha256(content).hexdigest())
