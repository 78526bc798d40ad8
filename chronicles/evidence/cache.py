"""What analysis found in a blob, kept by blob and tool under `.git/chronicles/`.

Analysing a file costs a hundred times what reading its result costs, and a history shows each version of a file
twice: as what came and as what went. The cache can be deleted at any time; verification passes none.
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

__all__ = ["BlobCache"]

_REMEMBERED = 4096


class BlobCache:
    """Results by key, in memory and, with a folder, on disk; a context manager."""

    def __init__(self, folder: Path | None = None) -> None:
        self._near: OrderedDict[str, Any] = OrderedDict()
        self._db: sqlite3.Connection | None = None
        self._unwritten: list[tuple[str, str]] = []
        if folder is None:
            return
        try:
            folder.mkdir(exist_ok=True)
            self._db = _opened(folder / "blobs.sqlite")
        except (sqlite3.Error, OSError):
            self._db = None  # a cache that cannot be kept is a cache that is not kept

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._db is not None:
            self._write()
        if self._db is not None:
            self._db.close()

    def get(self, key: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON of any shape
        """The JSON value kept under a key; made, and kept, where there is none."""
        found = self.look(key)
        if found is None and key not in self._near:
            found = make()
            self.keep(key, found)
        return found

    def look(self, key: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """The JSON value kept under a key; None where there is none."""
        if key in self._near:
            self._near.move_to_end(key)
            return self._near[key]
        kept = self._kept(key)
        if kept is None:
            return None
        value = json.loads(kept)
        self._remember(key, value)
        return value

    def keep(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON of any shape
        """Keep a JSON value under a key."""
        self._remember(key, value)
        if self._db is not None:
            self._keep(key, value)

    def _remember(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON of any shape
        self._near[key] = value
        if len(self._near) > _REMEMBERED:
            self._near.popitem(last=False)

    def _kept(self, key: str) -> str | None:
        """The JSON text kept on disk under a key; a file that cannot be read any more is asked no more."""
        if self._db is None:
            return None
        try:
            row = self._db.execute("SELECT value FROM found WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:
            self._db.close()
            self._db = None
            return None
        return str(row[0]) if row else None

    def _keep(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON of any shape
        self._unwritten.append((key, json.dumps(value)))
        if len(self._unwritten) >= 200:
            self._write()

    def _write(self) -> None:
        """Write what is waiting in one short transaction: other processes of the run write here too."""
        assert self._db is not None, self._unwritten
        try:
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO found VALUES (?, ?)", self._unwritten)
        except sqlite3.Error:
            self._db.close()
            self._db = None
        self._unwritten.clear()


def _opened(path: Path) -> sqlite3.Connection:
    """The database at a path; one that is torn or foreign is thrown away first."""
    try:
        return _prepared(path)
    except sqlite3.OperationalError:
        raise  # locked or read-only, which is no reason to throw away what another run is writing
    except sqlite3.DatabaseError:
        path.unlink()
        return _prepared(path)


def _prepared(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=60)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("CREATE TABLE IF NOT EXISTS found (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    except BaseException:
        db.close()
        raise
    return db
