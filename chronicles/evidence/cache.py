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
        self._unwritten = 0
        if folder is None:
            return
        try:
            folder.mkdir(exist_ok=True)
            self._db = sqlite3.connect(folder / "blobs.sqlite", timeout=60)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.execute("CREATE TABLE IF NOT EXISTS found (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        except (sqlite3.Error, OSError):
            self._db = None  # a cache that cannot be kept is a cache that is not kept

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._db is not None:
            self._db.commit()
            self._db.close()

    def get(self, key: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON of any shape
        """The JSON value kept under a key; made, and kept, where there is none."""
        if key in self._near:
            self._near.move_to_end(key)
            return self._near[key]
        row = self._db.execute("SELECT value FROM found WHERE key = ?", (key,)).fetchone() if self._db else None
        value = json.loads(row[0]) if row else make()
        self._near[key] = value
        if len(self._near) > _REMEMBERED:
            self._near.popitem(last=False)
        if row is None and self._db is not None:
            self._keep(key, value)
        return value

    def _keep(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON of any shape
        assert self._db is not None, key
        try:
            self._db.execute("INSERT OR REPLACE INTO found VALUES (?, ?)", (key, json.dumps(value)))
            self._unwritten += 1
            if self._unwritten >= 500:
                self._db.commit()
                self._unwritten = 0
        except sqlite3.Error:
            self._db = None
