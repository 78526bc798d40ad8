"""What a model has answered, kept so that nothing is asked twice.

A raw reply is kept the moment it is there, in SQLite under `.git/chronicles/`, so a backfill that was interrupted goes
on where it stopped. It is found again by what it was an answer to: the claim's text with its slots filled, the
persona's file, the model's weights, the prompt's fixed text, the freedom and the seed. What the gate said of it is not
kept: replies are judged anew each time, by the gate of the day.

Keeping is a convenience and never a reason to fail. A damaged file is moved aside and begun anew; a file that cannot
be written is only read, and one that cannot be read is done without; `problem` then says so in one line. The file can
be deleted at any time. It holds at most 100,000 replies: beyond that those go whose last use lies the most runs back,
a tenth at a time. A reply of more than 64 KiB is not kept: no sentence is that long.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import suppress
from dataclasses import astuple, dataclass
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["MOST", "Kept", "Key"]

MOST = 100_000
"""Replies that are kept at most; about 30 MB."""
_LONGEST = 64 * 1024
"""Bytes of a reply that is kept."""
_TRIM_EVERY = 1000
"""Replies after which the bound is looked at."""
_LAST_TURN = 2**62
"""A number beyond it was written by nobody of us."""
_WAIT_SEC = 10.0
"""How long another run may hold the file."""
_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""Errors that leave the file as good as it was; every other one means that it is none of ours, or damaged."""
_TABLE = "CREATE TABLE IF NOT EXISTS replies_1 (key BLOB PRIMARY KEY, said BLOB NOT NULL, turn INTEGER NOT NULL)"
"""The number in the table's name is its version: another version's table stays beside it."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a reply answers; the same question asked again has the same reply."""

    text: str
    """The claims' text with their slots filled, or the options that there were to choose from."""
    persona: str
    """Digest of the persona's file."""
    model: str
    """Digest of the model's weights."""
    prompt: str
    """Digest of the prompt's fixed text and rules."""
    freedom: str
    """`line`, `passage`, or what is chosen."""
    seed: int
    """Of the candidate."""

    @property
    def digest(self) -> bytes:
        """By which it is found; text that no file can hold, such as half a surrogate pair, has one too."""
        return sha256(json.dumps(astuple(self)).encode()).digest()


class Kept:
    """Replies by question, for all threads of a run and for several runs at once.

    Args:
        path: Of the database; None keeps replies for this run alone.
    """

    def __init__(self, path: Path | None) -> None:
        self.problem = ""
        """Why replies are not kept, or were lost, in one line; empty where all is well."""
        self._lock = Lock()
        self._path = path
        self._writes = True
        self._put = 0
        self._turn = 0
        self._db = self._open()

    def get(self, key: Key) -> str | None:
        """The reply to a question, as it came; None where there is none."""
        with self._lock:
            if self._db is None:
                return None
            try:
                row = self._db.execute("SELECT said, turn FROM replies_1 WHERE key = ?", (key.digest,)).fetchone()
            except sqlite3.Error as error:
                self._mend(error)
                return None
            said = _text(row[0]) if row else None
            if said is not None and row[1] != self._turn:
                self._write("UPDATE replies_1 SET turn = ? WHERE key = ?", self._turn, key.digest)
            return said

    def put(self, key: Key, said: str) -> None:
        """Keep a reply; it is on the disk when this returns."""
        raw = said.encode("utf-8", "surrogatepass")
        if len(raw) > _LONGEST:
            return
        with self._lock:
            self._write("INSERT OR REPLACE INTO replies_1 VALUES (?, ?, ?)", key.digest, raw, self._turn)
            self._put += 1
            if self._put % _TRIM_EVERY == 0 and self._writes and self._db is not None:
                try:
                    trim(self._db, MOST)
                except sqlite3.Error as error:
                    self._mend(error)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _let_go(self) -> None:
        """Close the file; what could not be written by then is lost, and no reason to fail."""
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()

    def _open(self) -> sqlite3.Connection | None:
        if self._path is None:
            return self._in_memory()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._prepared(str(self._path))
        except OSError as error:
            return self._without(error.strerror or "no access")
        except sqlite3.Error as error:
            return self._without(str(error)) if _leaves_whole(error) else self._anew(str(error))

    def _prepared(self, place: str) -> sqlite3.Connection:
        db = sqlite3.connect(place, timeout=_WAIT_SEC, isolation_level=None, check_same_thread=False)
        try:
            # NORMAL with WAL: what is written outlives this process at once, and the machine's power but for the last.
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute(_TABLE)
            self._begin(db)
            trim(db, MOST)
        except BaseException:
            db.close()
            raise
        return db

    def _begin(self, db: sqlite3.Connection) -> None:
        """Number this run: one more than the last that used a reply."""
        (last,) = db.execute("SELECT max(turn) FROM replies_1").fetchone()
        self._turn = last + 1 if isinstance(last, int) and 0 <= last < _LAST_TURN else 0

    def _in_memory(self) -> sqlite3.Connection | None:
        """Room for this run's own replies; none where SQLite has not even that."""
        try:
            return self._prepared(":memory:")
        except sqlite3.Error as error:
            self._say(f"replies are not kept: {error}. Free some memory to ask nothing twice")
            return None

    def _without(self, reason: str) -> sqlite3.Connection | None:
        """The file as it stands, where it can at least be read; else nothing but this run's own replies."""
        self._say(f"replies are not kept: {self._path}: {reason}. Make it writable to ask nothing twice")
        if self._path is not None and os.path.isfile(self._path):  # noqa: PTH113 - Path's raises where nobody may look
            try:
                # A folder that cannot be written has no room for the log beside the file, hence "immutable".
                db = self._readable(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1")
            except sqlite3.Error:
                return self._in_memory()
            self._writes = False
            return db
        return self._in_memory()

    def _readable(self, place: str) -> sqlite3.Connection:
        db = sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False)
        try:
            self._begin(db)
        except BaseException:
            db.close()
            raise
        return db

    def _anew(self, reason: str) -> sqlite3.Connection | None:
        """An empty file in the place of a damaged one, which is moved aside."""
        assert self._path is not None, "memory is not damaged"
        aside = self._path.with_name(f"{self._path.name}.damaged")
        self._say(f"replies of earlier runs are lost: {self._path}: {reason}. It was moved to {aside.name}")
        try:
            self._path.replace(aside)
            for ending in ("-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
            return self._prepared(str(self._path))
        except (OSError, sqlite3.Error):
            return self._in_memory()

    def _mend(self, error: sqlite3.Error) -> None:
        """Go on after an error while reading or writing."""
        if _leaves_whole(error) or self._path is None:
            self._writes = False
            self._say(f"replies are no longer kept: {self._path}: {error}. Free the place to ask nothing twice")
            return
        self._let_go()
        self._db = self._anew(str(error))

    def _write(self, statement: str, *values: bytes | int) -> None:
        if not self._writes or self._db is None:
            return
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            self._mend(error)

    def _say(self, problem: str) -> None:
        """Keep the first problem; what follows from it is no news."""
        self.problem = self.problem or problem


def trim(db: sqlite3.Connection, most: int) -> None:
    """Drop the replies whose last use lies the most runs back, so that a tenth of the room is free again."""
    (number,) = db.execute("SELECT count(*) FROM replies_1").fetchone()
    if number > most:
        oldest = "SELECT key FROM replies_1 ORDER BY turn, rowid LIMIT ?"
        excess = number - most + most // 10
        db.execute(f"DELETE FROM replies_1 WHERE key IN ({oldest})", (excess,))  # noqa: S608 - both texts are ours


def _leaves_whole(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _UNAVAILABLE


def _text(raw: object) -> str | None:
    """What was kept, if it is what `put` writes: anybody may have written to the file."""
    try:
        return raw.decode("utf-8", "surrogatepass") if isinstance(raw, bytes) else None
    except UnicodeDecodeError:
        return None
