"""The store of run records: `reports/<suite>/<run_id>.json`, and which runs there are of a commit.

The files are the truth. An index (`index`) remembers what was read of them, and is believed only as far as the files
are the ones that it read: the folder is looked through before the first answer, what is new or changed is read, and a
record that is loaded is compared with its row. An index that turns out to lie is thrown away and made anew.

Answers are of one look at the folder; `refresh` looks again, and so does `load` when a file is not what it was. What
does not count as a record is in `problems()` and gives no number; it keeps nothing else from counting.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Self

from banterhearts.core.entry import Entry, Stored, entry_of
from banterhearts.core.files import read_file, write_file
from banterhearts.core.folder import read_row, scan, stamp_of
from banterhearts.core.index import Index, Row
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from pathlib import Path

    from banterhearts.core.folder import Scan
    from banterhearts.core.record import RunRecord

__all__ = ["Entry", "RecordStore", "Stored"]


class RecordStore:
    """The run records of a folder. Use it from one thread at a time, and as a context manager.

    Args:
        folder: `reports/`; it need not exist.
        index: The file that the index is kept in, one for each folder; None to keep it in memory. A place that cannot
            be written costs time, nothing else.
    """

    def __init__(self, folder: Path, index: Path | None = None) -> None:
        self.folder = folder
        self._file = index
        self._index: Index | None = None
        self._unsaved = False
        self._found: tuple[RecordError, ...] = ()
        self._ours: set[Path] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Keep the index and let go of it; the store can be used again."""
        if self._index is not None:
            if self._unsaved:
                self._index.save()
            self._index.close()
        self._index, self._unsaved = None, False

    def entries(self) -> tuple[Entry, ...]:
        """All runs, oldest first.

        Raises:
            RecordError: If the store's folder is none; so do all that look into it.
        """
        return self._looked().entries()

    def runs_of(self, commit: str) -> tuple[Entry, ...]:
        """The runs of a commit, whatever became of them, oldest first.

        Args:
            commit: Its full sha.
        """
        return self._looked().of_commit(commit)

    def runs_in(self, sitting: str) -> tuple[Entry, ...]:
        """The runs whose blocks were interleaved in one sitting, oldest first."""
        return self._looked().of_sitting(sitting)

    def commits(self) -> frozenset[str]:
        """The full shas of the commits that have runs."""
        return self._looked().commits()

    def problems(self) -> tuple[RecordError, ...]:
        """Everything in the folder that should be a record and does not count as one, by path."""
        found = [*self._looked().problems(), *self._found]
        return tuple(sorted(found, key=lambda one: (str(one.path), one.line or 0, one.problem)))

    def load(self, run_id: str) -> Stored:
        """Read a record.

        Raises:
            RecordError: If there is none of that id, or what there is does not count.
        """
        told = entry = self._looked().find(run_id)
        stored = self._read(entry)
        for repair in (self.refresh, self._rebuild):
            if stored is not None:
                break
            repair()
            entry = self._looked().find(run_id)
            stored = self._read(entry)
            if entry is None:
                break
        if entry is None or stored is None:
            raise self._missing(run_id, entry)
        if told is not None and _claims(told) != _claims(entry):
            problem = "is not what its index said, from which answers were given; the index is made anew, so ask again"
            raise RecordError(stored.path, problem)
        return stored

    def write(self, record: RunRecord) -> Path:
        """Store a record, in the place of an earlier state of the same run.

        Returns:
            Its file.

        Raises:
            RecordError: If another run has that id, or the record could not be read again.
            OutputError: If the place cannot be written to.
        """
        from banterhearts.core.reading import parse_record  # noqa: PLC0415 - who writes has pydantic, who reads may not

        path = f"{record.workload.suite}/{record.run_id}.json"
        place = self.folder / path
        content = record.to_json().encode("utf-8")
        record = parse_record(content, place)  # what `model_copy` and its like made was never checked
        if place not in self._ours:
            self._expect_free(record, place)
        write_file(place, content)
        self._ours.add(place)
        if self._index is not None:
            entry = entry_of(record, path, hashlib.sha256(content).hexdigest())
            # Read at 0: stale by its own account, so that the next look reads what truly lies there.
            self._index.change([Row(path, stamp_of(place.lstat()), 0, entry.digest, entry)])
            self._unsaved = True
        return place

    def refresh(self) -> None:
        """Look at the folder again, and read what is new or has changed."""
        seen = scan(self.folder)
        index = self._index or Index(self.folder, self._file)
        try:
            self._follow(index, seen)
        except BaseException:
            # Half a look would pass for a whole one; the next question looks again.
            index.close()
            self._index = None
            raise
        self._index = index

    def _follow(self, index: Index, seen: Scan) -> None:
        """Bring the index to what was seen."""
        settled, fresh, touched = index.settled(), [], False
        gone = [path for path in (*settled, *index.unsettled()) if path not in seen.stamps]
        for path, stamp in seen.stamps.items():
            if settled.get(path) == stamp:
                continue
            row = read_row(self.folder, path, stamp, index.digest_of(path))
            if row is None:
                gone.append(path)
            elif row.entry is None and row.problem is None:
                index.touch(path, row.stamp, row.read_ns)
                touched = True
            else:
                fresh.append(row)
        if fresh or gone:
            index.change(fresh, gone)
        if fresh or gone or touched or self._unsaved:
            index.save()
            self._unsaved = False
        self._found = seen.problems

    def _looked(self) -> Index:
        """The index, after a look at the folder."""
        if self._index is None:
            self.refresh()
        assert self._index is not None, "refreshing opens the index"
        return self._index

    def _rebuild(self) -> None:
        """Read every file anew, whatever the index says."""
        self._looked().clear()
        self.refresh()

    def _read(self, entry: Entry | None) -> Stored | None:
        """The record of an entry; None if it is not what the entry says."""
        from banterhearts.core.reading import parse_record  # noqa: PLC0415 - pydantic, which finding does without

        if entry is None:
            return None
        path = self.folder / entry.path
        try:
            content, _ = read_file(path)
            record = parse_record(content, path)
        except RecordError:
            return None
        digest = hashlib.sha256(content).hexdigest()
        return Stored(record, digest, path) if entry_of(record, entry.path, digest) == entry else None

    def _missing(self, run_id: str, entry: Entry | None) -> RecordError:
        if entry is not None:
            return RecordError(
                self.folder / entry.path, "changes while it is read; wait until whoever writes it is done"
            )
        named = (one for one in self.problems() if one.path.stem == run_id)
        return next(named, RecordError(self.folder, f"holds no run {run_id!r}"))

    def _expect_free(self, record: RunRecord, place: Path) -> None:
        """Keep another run's record from being overwritten, and an id from standing twice.

        Raises:
            RecordError: If the id is taken.
        """
        from banterhearts.core.reading import read_record  # noqa: PLC0415 - as in write

        for other in self.folder.glob(f"*/{place.name}"):
            if other != place:
                raise RecordError(place, f"its run_id is taken by {other}; a run has an id of its own")
        if os.path.lexists(place):
            there = read_record(place)
            if (there.created_at, there.subject, there.arm) != (record.created_at, record.subject, record.arm):
                raise RecordError(place, "holds another run of that id, which is not overwritten")


def _claims(entry: Entry) -> tuple[object, ...]:
    """What may not change between an answer and the record that it led to; blocks may be added."""
    return (entry.commit, entry.dirty, entry.status, entry.created_at, entry.arm, entry.sitting)
