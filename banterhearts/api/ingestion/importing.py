"""Files of other tools go in, run records and refusals come out: one outcome a row, in the file's order.

Beyond what a format finds wrong with a row by itself, here is found what rows are to each other. The first sound row
of an effective configuration stands for its arm; a later one that asked for something else and got the same is an
*alias*, and refused, since kept it would be told as another configuration. A row that asked for the same again is a
repeat, and has a record of its own. The same content once more is a duplicate.

Importing is idempotent: a row that is stored already, and would be stored the same, is left as it is. One that would
be stored otherwise (another `--commit`, another `--machine`) is refused with the way out, because one measurement has
one record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from banterhearts.api.ingestion.fields import excerpt
from banterhearts.api.ingestion.formats import find_format
from banterhearts.api.ingestion.recording import fault, record_of, run_id_of
from banterhearts.api.ingestion.refusal import Reason, Refusal, Refused
from banterhearts.api.ingestion.row import Stated
from banterhearts.api.ingestion.source import open_source
from banterhearts.core.reading import read_record
from banterhearts.core.record import digest
from banterhearts.errors import RecordError, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from banterhearts.api.ingestion.refusal import LeftOut
    from banterhearts.api.ingestion.row import Entry, Format, Row
    from banterhearts.api.ingestion.source import Source
    from banterhearts.benchmarking.git import Repository
    from banterhearts.core.record import RunRecord
    from banterhearts.core.store import RecordStore

__all__ = ["Imported", "Importer", "Intake", "Outcome"]


@dataclass(frozen=True, slots=True)
class Imported:
    """A row that has a record."""

    where: str
    run_id: str
    path: Path
    is_new: bool
    """False where it was stored before."""
    left_out: tuple[LeftOut, ...]


Outcome = Imported | Refusal


@dataclass(slots=True)
class _Arms:
    """The configurations that rows of a file stand for."""

    first: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    """The digest of workload and effect to the place of the first row, and what it asked for."""

    def refuse_alias(self, row: Row, where: str) -> None:
        """Take a row's place in its arm.

        Raises:
            Refused: If another request for the same effect has it.
        """
        arm = digest([dict(row.essence), dict(row.effective)])
        before, asked = self.first.setdefault(arm, (where, row.requested))
        names = [name for name in row.requested if row.requested[name] != asked.get(name)]
        if names:
            told = ", ".join(
                f"{name} {row.requested[name]} and {asked.get(name)} both take effect as {row.effective.get(name)}"
                for name in names
            )
            raise Refused(Reason.ALIAS, f"the configuration of {before} once more: {excerpt(told)}")


@dataclass(slots=True)
class Importer:
    """One call of the command: its options, and what it has seen.

    Args:
        store: Where records go.
        stated: What files do not say.
        repository: In which commits are looked for; None where there is none.
        warn: Called with what a person should know and no row is refused for.
        is_dry: Whether nothing is written.
    """

    store: RecordStore
    stated: Stated = field(default_factory=Stated)
    repository: Repository | None = None
    warn: Callable[[str], None] = lambda _: None
    is_dry: bool = False
    _seen: set[str] = field(default_factory=set)
    _commits: dict[str, bool] = field(default_factory=dict)

    def open(self, path: Path, format_name: str | None = None) -> Intake:
        """Open a file.

        Raises:
            RecordError: If it cannot be read, or its format is not known.
        """
        source = open_source(path)
        return Intake(self, source, find_format(source, format_name))

    def keep(self, record: RunRecord) -> tuple[Path, bool]:
        """Store a record.

        Returns:
            Its file, and whether it is new.

        Raises:
            Refused: If its row is stored already, and otherwise.
            OutputError: If it cannot be written.
        """
        place = self.store.folder / record.workload.suite / f"{record.run_id}.json"
        there = next(iter(sorted(self.store.folder.glob(f"*/{record.run_id}.json"))), None)
        if there is not None:
            _expect_same(there, record)
            return there, False
        if record.run_id in self._seen:
            return place, False  # of another file of a dry run
        self._seen.add(record.run_id)
        return (place if self.is_dry else self.store.write(record)), True

    def repository_of(self, row: Row) -> str | None:
        """The name of the repository that has the row's commit; warns once of a commit that it does not have."""
        commit = row.commit or self.stated.commit
        if self.repository is None or commit is None:
            return None
        if commit not in self._commits:
            try:
                self._commits[commit] = self.repository.resolve(commit) == commit
            except RepositoryError:
                self._commits[commit] = False
            if not self._commits[commit]:
                self.warn(
                    f"commit {commit[:7]} is not in this repository; its records are kept, and no page tells them"
                )
        return self.repository.name if self._commits[commit] else None


@dataclass(slots=True)
class Intake:
    """A file that is imported row by row."""

    importer: Importer
    source: Source
    format: Format

    def outcomes(self) -> Iterator[Outcome]:
        """What becomes of each row; a record is stored before its outcome is told.

        Raises:
            RecordError: If the file cannot be read on, or holds no row.
            OutputError: If a record cannot be written.
        """
        arms, seen, rows = _Arms(), set[str](), 0
        for rows, entry in enumerate(self.format.entries(self.source, self.importer.stated), 1):  # noqa: B007 - counted
            try:
                yield self._import(entry, arms, seen)
            except Refused as refused:
                yield Refusal(entry.where, refused.reason, refused.why)
        if not rows:
            raise RecordError(self.source.path, f"is of {self.format.name} and holds no row")

    def _import(self, entry: Entry, arms: _Arms, seen: set[str]) -> Imported:
        try:
            row = entry.read()
        except ValidationError as error:  # of a part of a record that the format makes itself, such as the model
            raise Refused(Reason.MALFORMED, f"a record cannot hold it: {fault(error)}") from error
        run_id = run_id_of(entry.content)
        if run_id in seen:
            raise Refused(Reason.DUPLICATE, "another row of the file has the same content")
        importer = self.importer
        suite = importer.stated.suite or self.format.suite
        record = record_of(row, run_id, self.source, importer.stated, suite=suite, repo=importer.repository_of(row))
        arms.refuse_alias(row, entry.where)
        seen.add(run_id)
        path, is_new = importer.keep(record)
        return Imported(entry.where, run_id, path, is_new, row.left_out)


def _expect_same(path: Path, record: RunRecord) -> None:
    try:
        there = read_record(path)
    except RecordError as error:
        raise Refused(Reason.CONFLICT, f"what is stored of it cannot be read: {error}") from error
    parts = ("subject", "model", "workload", "treatment", "environment", "attestation", "samples", "roofline")
    differing = [name for name in parts if _told(getattr(there, name)) != _told(getattr(record, name))]
    if differing:
        where = f"{path.parent.name}/{path.name}"
        problem = f"stored as {where} with another {', '.join(differing)}; remove that file to import it like this"
        raise Refused(Reason.CONFLICT, problem)


def _told(part: Any) -> Any:  # noqa: ANN401 - a part of a record is of many types
    """A part of a record without what changes with the importer's version."""
    return part.model_copy(update={"engine_version": ""}) if hasattr(part, "engine_version") else part
