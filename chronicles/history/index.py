"""What came before: one first-parent line of history, indexed so that lineage is a lookup.

"How long had this file slept" must not cost more in an old repository than in a young one. The index keeps a
row a step and a row a path changed in it, in SQLite under `.git/chronicles/`, and grows by what is new. It holds
one line: asked for a commit on another branch it rewinds to the fork and follows that one. It can be deleted at
any time; verification never reads it but makes its own in memory.

Rows that were counted by other rules are wrong, so the file is named by its rules: a run with other settings has a file
of its own beside it, and takes nothing away from one that is still at work. Old files are not cleared away.

A *step* is a commit on the first-parent line, counted against its first parent, and its *depth* is the number
of steps before it, which never changes. Every question is asked "before depth d", so that an answer about an old
commit is the same today and in ten years.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from chronicles.history.commit import Commit, FileChange, Person, Status, issues_of, path_of, raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from chronicles.history.repository import Repository

__all__ = ["Index", "PathPast", "Step"]

_VERSION = 3
"""Version of the tables; an index of another version is another file."""
_WHOLE_WORDS = re.compile(r"(?s).{0,300}(?!\S)|.{0,300}")
"""The beginning of a subject; a token cut in two would no longer be known for a secret."""
_NEARBY = 1000
"""Steps back to which a clock that went wrong is looked for."""
_BATCH = 1000
"""Steps written in one transaction, so that an interrupted first run keeps what it had."""

_TABLES = """
CREATE TABLE steps (
    depth INTEGER PRIMARY KEY, sha TEXT UNIQUE, at INTEGER, author TEXT, subject TEXT, files INTEGER,
    insertions INTEGER, deletions INTEGER, grouped INTEGER, left_out INTEGER, skipped INTEGER
);
CREATE INDEX steps_at ON steps (at);
CREATE INDEX steps_subject ON steps (subject);
CREATE TABLE paths (id INTEGER PRIMARY KEY, path BLOB UNIQUE);
CREATE TABLE changes (path INTEGER, depth INTEGER, status TEXT, source INTEGER, churn INTEGER,
    PRIMARY KEY (path, depth)) WITHOUT ROWID;
CREATE INDEX changes_depth ON changes (depth);
CREATE TABLE marks (kind TEXT, key BLOB, depth INTEGER, PRIMARY KEY (kind, key, depth)) WITHOUT ROWID;
CREATE INDEX marks_depth ON marks (depth);
"""

_SKIP = re.compile(r"Chronicle:\s*skip\s*", re.IGNORECASE)
_TRAILER = re.compile(r"[A-Za-z][\w-]*(?: changes?)?:\s|(?:closes|fixes|resolves|refs) #|\(cherry|\s", re.IGNORECASE)
"""How a line of a paragraph of trailers begins, continuations included."""
_BREAKING = re.compile(r"\A\s*\w+(?:\([^()\n]*\))?!:|^BREAKING[ -]CHANGES?:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the line."""

    depth: int
    sha: str
    at: int
    """Committer time, seconds since the epoch."""
    author: str
    subject: str
    files: int
    insertions: int
    deletions: int
    grouped: int
    """Commits that it brought in by merging."""
    left_out: int
    """Files of output folders among its changes, which `files` does not count."""
    skipped: bool
    """Whether its message carries the trailer `Chronicle: skip`; a breaking change cannot be left out."""

    @property
    def churn(self) -> int:
        """Lines added plus lines removed."""
        return self.insertions + self.deletions


@dataclass(frozen=True, slots=True)
class PathPast:
    """What a path had been through before a step, renames followed."""

    changes: int
    """Steps that changed it."""
    born: int
    """Depth of the oldest of them."""
    last: int
    """Depth of the newest of them."""
    names: tuple[str, ...]
    """The names it had, newest first."""


class Index:
    """The index of one line of a repository; a context manager.

    Args:
        repository: Whose steps.
        component: Function from path to component name.
        kind: Function from path to the kind of file, by its name alone.
        excluded: Folders whose files do not count.
        settings_key: Anything that, when changed, makes the rows wrong: part of the index's identity.
        folder: Where the rows are kept; without one, in memory.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        component: Callable[[str], str],
        kind: Callable[[str], str],
        excluded: Sequence[str],
        settings_key: Sequence[str] = (),
        folder: Path | None = None,
    ) -> None:
        self._repository = repository
        self._component = component
        self._kind = kind
        self._excluded = tuple(f"{folder.rstrip('/')}/" for folder in excluded)
        rules = json.dumps([_VERSION, list(self._excluded), list(settings_key)])
        self._path_ids: dict[str, int] = {}
        self._db = _open(":memory:" if folder is None else _place(folder, rules))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    @property
    def on_disk(self) -> bool:
        """Whether another process that opens the same folder finds these rows."""
        _, _, file = self._db.execute("PRAGMA database_list").fetchone()
        return bool(file)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Answer from one moment while the block runs, whatever other runs write; nothing can be followed in it."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.rollback()

    # -- growing ---------------------------------------------------------------------------------------------

    def follow(self, tip: str, progress: Callable[[int, int], None] | None = None) -> int:
        """Make the line that ends at `tip` the one that is held, and return the depth of `tip`.

        Args:
            tip: Full id of a commit.
            progress: Called with steps done and steps in all, for a bar.

        Nothing is read when `tip` is on the line already.
        """
        known = self.depth(tip)
        if known is not None:
            return known
        fresh = list(self._repository.steps(tip, stop=_Held(self)))
        fork = self._fork_below(fresh[-1])
        fresh.reverse()
        self._rewind(fork)
        brought = self._authors_brought(fresh) if fork < 0 else None
        for start in range(0, len(fresh), _BATCH):
            batch = fresh[start : start + _BATCH]
            with self._db, self._names_undone():
                for depth, commit in enumerate(self._repository.commits(batch), fork + 1 + start):
                    people = brought.get(commit.sha, []) if brought is not None else self._people_of(commit)
                    self._append(depth, commit, people)
            if progress:
                progress(start + len(batch), len(fresh))
        return fork + len(fresh)

    @contextmanager
    def _names_undone(self) -> Iterator[None]:
        """Forget the numbers of paths when an interrupt takes back the rows that gave them."""
        try:
            yield
        except BaseException:
            self._path_ids.clear()
            raise

    def _fork_below(self, sha: str) -> int:
        """Depth of the step that a new one stands on, where the line holds it; else -1, below the root."""
        (commit,) = self._repository.commits([sha], changes=False)
        known = self.depth(commit.parents[0]) if commit.parents else None
        return -1 if known is None else known

    def _rewind(self, depth: int) -> None:
        with self._db:
            for table in ("steps", "changes", "marks"):
                self._db.execute(f"DELETE FROM {table} WHERE depth > ?", (depth,))  # noqa: S608 - names from the line above

    def _people_of(self, commit: Commit) -> list[Person]:
        if not commit.is_merge:
            return []
        shas = self._repository.brought_in(commit.sha)
        return [member.author for member in self._repository.commits(shas, changes=False)]

    def _authors_brought(self, steps: Sequence[str]) -> dict[str, list[Person]]:
        """For each step, the authors of the commits that it brought in; one pass over the whole ancestry."""
        if not steps:
            return {}
        parents: dict[str, tuple[str, ...]] = {}
        authors: dict[str, Person] = {}
        known: dict[Person, Person] = {}
        for commit in self._repository.ancestry(steps[-1]):
            parents[commit.sha] = commit.parents
            authors[commit.sha] = known.setdefault(commit.author, commit.author)
        seen = set(steps)
        brought: dict[str, list[Person]] = {}
        for step in steps:
            stack = [parent for parent in parents.get(step, ())[1:] if parent not in seen]
            found: list[Person] = []
            while stack:
                sha = stack.pop()
                if sha in seen:
                    continue
                seen.add(sha)
                found.append(authors[sha])
                stack.extend(parents[sha])
            if found:
                brought[step] = found
        return brought

    def _append(self, depth: int, commit: Commit, brought: Sequence[Person]) -> None:
        changes = self._counted(commit)
        self._db.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                depth,
                commit.sha,
                int(commit.committed_at.timestamp()),
                _storable(commit.author.name),
                _storable(_WHOLE_WORDS.match(commit.subject)[0]),  # type: ignore[index] # it matches any text
                len(changes),
                sum(change.insertions or 0 for change in changes),
                sum(change.deletions or 0 for change in changes),
                len(brought),
                sum(any(map(self._outside, change.names)) for change in commit.changes),
                _asks_to_be_skipped(commit.message) and not _BREAKING.search(commit.message),
            ),
        )
        rows: dict[int, tuple[int, int, str, int | None, int]] = {}
        marks: set[tuple[str, bytes, int]] = set()
        for change in changes:
            source = None
            if change.old_path is not None:
                source = self._path_id(change.old_path)
                rows[source] = (source, depth, Status.DELETED, None, 0)
            path = self._path_id(change.path)
            rows[path] = (path, depth, change.status, source, change.churn)
            marks.add(("component", raw(self._component(change.path)), depth))
            marks.add(("kind", self._kind(change.path).encode(), depth))
            if change.status in (Status.ADDED, Status.RENAMED):
                marks.update((kind, key, depth) for kind, key in born_marks(change.path))
        for person in (commit.author, *brought):
            marks.update((kind, key, depth) for kind, key in person_marks(person))
        marks.update(("issue", issue[1:].encode(), depth) for issue in issues_of(commit.subject))
        self._db.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", rows.values())
        self._db.executemany("INSERT INTO marks VALUES (?, ?, ?)", marks)

    def _outside(self, path: str) -> bool:
        """Whether a path lies in an excluded folder."""
        return path.startswith(self._excluded)

    def _counted(self, commit: Commit) -> Sequence[FileChange]:
        """The changes that count; of a move over the border of an excluded folder, only the end that counts."""
        if any(len({self._outside(name) for name in change.names}) > 1 for change in commit.changes):
            parent = commit.parents[0] if commit.parents else None
            return self._repository.diff(parent, commit.sha, [folder.rstrip("/") for folder in self._excluded])
        return [change for change in commit.changes if not self._outside(change.path)]

    def _path_id(self, path: str) -> int:
        found = self._path_ids.get(path)
        if found is None:
            octets = raw(path)
            self._db.execute("INSERT OR IGNORE INTO paths (path) VALUES (?)", (octets,))
            (found,) = self._db.execute("SELECT id FROM paths WHERE path = ?", (octets,)).fetchone()
            self._path_ids[path] = found
        return int(found)

    # -- asking ----------------------------------------------------------------------------------------------

    def depth(self, sha: str) -> int | None:
        """Depth of a step, or None where the line does not hold it."""
        row = self._db.execute("SELECT depth FROM steps WHERE sha = ?", (sha,)).fetchone()
        return int(row[0]) if row else None

    def step(self, depth: int) -> Step | None:
        """The step at a depth, if the line is that long."""
        row = self._db.execute("SELECT * FROM steps WHERE depth = ?", (depth,)).fetchone()
        return _step(row) if row else None

    def step_of(self, sha: str) -> Step | None:
        """The step of a commit, if the line holds it."""
        row = self._db.execute("SELECT * FROM steps WHERE sha = ?", (sha,)).fetchone()
        return _step(row) if row else None

    def newest(self) -> str | None:
        """The commit that the line ends at: what was read off the line is right as long as it ends there."""
        row = self._db.execute("SELECT sha FROM steps ORDER BY depth DESC LIMIT 1").fetchone()
        return str(row[0]) if row else None

    def steps(self, first: int, last: int) -> Iterator[Step]:
        """The steps from depth `first` to `last`, both included, oldest first."""
        query = "SELECT * FROM steps WHERE depth BETWEEN ? AND ? ORDER BY depth"
        for row in self._db.execute(query, (first, last)):
            yield _step(row)

    def window(self, step: Step, sec: int) -> list[Step]:
        """The steps before a step that were committed in the seconds before it, in the order of the line.

        Clocks go wrong: a step that lies before it and says that it was committed later is not among them.
        """
        query = "SELECT * FROM steps WHERE at BETWEEN ? AND ? AND depth < ? ORDER BY depth"
        return [_step(row) for row in self._db.execute(query, (step.at - sec, step.at, step.depth))]

    def latest_before(self, depth: int) -> int | None:
        """The latest time that a step shortly before a depth says it was committed at."""
        query = "SELECT max(at) FROM steps WHERE depth < ? AND depth >= ?"
        (at,) = self._db.execute(query, (depth, depth - _NEARBY)).fetchone()
        return None if at is None else int(at)

    def last_of_churn(self, churn: int, before: int) -> Step | None:
        """The newest step before a depth that changed at least `churn` lines."""
        query = "SELECT * FROM steps WHERE insertions + deletions >= ? AND depth < ? ORDER BY depth DESC LIMIT 1"
        row = self._db.execute(query, (churn, before)).fetchone()
        return _step(row) if row else None

    def path_past(self, path: str, before: int) -> PathPast | None:
        """What a path had been through before a depth; None for a path without a past."""
        changes, born, last = 0, -1, -1
        names: list[str] = []
        limit, name = before, path
        while len(names) < 8:  # noqa: PLR2004 - a path renamed more often than that is followed no further
            row = self._db.execute(
                "SELECT c.path, max(c.depth) FROM changes c JOIN paths p ON p.id = c.path "
                "WHERE p.path = ? AND c.depth < ?",
                (raw(name), limit),
            ).fetchone()
            if row is None or row[0] is None:
                break
            identity, newest = row
            names.append(name)
            last = max(last, newest)
            # A path that was deleted and came again is a new file: its past begins with its last birth.
            (birth,) = self._db.execute(
                "SELECT max(depth) FROM changes WHERE path = ? AND depth < ? AND status IN ('A', 'R')",
                (identity, limit),
            ).fetchone()
            start = birth if birth is not None else 0
            (times,) = self._db.execute(
                "SELECT count(*) FROM changes WHERE path = ? AND depth < ? AND depth >= ?", (identity, limit, start)
            ).fetchone()
            changes += times
            born = start
            source = self._db.execute(
                "SELECT p.path FROM changes c JOIN paths p ON p.id = c.source WHERE c.path = ? AND c.depth = ?",
                (identity, start),
            ).fetchone()
            if source is None:
                break
            limit, name = start, path_of(source[0])
        return PathPast(changes, born, last, tuple(names)) if names else None

    def path_depths(self, path: str, before: int) -> frozenset[int]:
        """The depths before `before` of the steps that changed a path under this name."""
        query = "SELECT c.depth FROM changes c JOIN paths p ON p.id = c.path WHERE p.path = ? AND c.depth < ?"
        return frozenset(depth for (depth,) in self._db.execute(query, (raw(path), before)))

    def last_mark(self, kind: str, key: bytes, before: int) -> int | None:
        """Newest depth before `before` that has a mark."""
        query = "SELECT max(depth) FROM marks WHERE kind = ? AND key = ? AND depth < ?"
        (depth,) = self._db.execute(query, (kind, key, before)).fetchone()
        return None if depth is None else int(depth)

    def first_mark(self, kind: str, key: bytes) -> int | None:
        """Oldest depth that has a mark."""
        (depth,) = self._db.execute("SELECT min(depth) FROM marks WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if depth is None else int(depth)

    def count_marks(self, kind: str, key: bytes, *, first: int, before: int) -> int:
        """How many steps from depth `first` on and before `before` have a mark."""
        query = "SELECT count(*) FROM marks WHERE kind = ? AND key = ? AND depth >= ? AND depth < ?"
        (number,) = self._db.execute(query, (kind, key, first, before)).fetchone()
        return int(number)

    def has_mark(self, kind: str, key: bytes, depth: int) -> bool:
        """Whether a step has a mark."""
        query = "SELECT 1 FROM marks WHERE kind = ? AND key = ? AND depth = ?"
        return self._db.execute(query, (kind, key, depth)).fetchone() is not None

    def step_by_prefix(self, prefix: str, before: int) -> Step | None:
        """The step before a depth whose full id begins so, if there is exactly one."""
        query = "SELECT * FROM steps WHERE sha >= ? AND sha < ? AND depth < ? LIMIT 2"
        rows = self._db.execute(query, (prefix.lower(), prefix.lower() + "g", before)).fetchall()
        return _step(rows[0]) if len(rows) == 1 else None

    def step_by_subject(self, subject: str, before: int) -> Step | None:
        """The newest step before a depth with a subject line."""
        query = "SELECT * FROM steps WHERE subject = ? AND depth < ? ORDER BY depth DESC LIMIT 1"
        row = self._db.execute(query, (_storable(subject), before)).fetchone()
        return _step(row) if row else None


class _Held:
    """The commits that an index holds, as a container for `Repository.steps`."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def __contains__(self, sha: object) -> bool:
        return isinstance(sha, str) and self._index.depth(sha) is not None


def _step(row: Sequence[Any]) -> Step:
    depth, sha, at, author, subject, files, insertions, deletions, grouped, left_out, skipped = row
    return Step(depth, sha, at, author, subject, files, insertions, deletions, grouped, left_out, skipped=bool(skipped))


def born_marks(path: str) -> Iterable[tuple[str, bytes]]:
    """What a new path may be the first of: its extension and its folders."""
    folder, _, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if dot and stem:
        yield "extension", raw(extension.lower())
    while folder:
        yield "folder", raw(folder)
        folder = folder.rpartition("/")[0]


def person_marks(person: Person) -> Iterable[tuple[str, bytes]]:
    """The keys by which a person is known again: the address, and the name (people change addresses)."""
    for key in (person.email.strip().lower(), person.name.strip().casefold()):
        if key:
            yield "person", _storable(key).encode()


def _storable(text: str) -> str:
    """Text that SQLite can hold: lone surrogates become U+FFFD."""
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def _asks_to_be_skipped(message: str) -> bool:
    """Whether the trailer stands where trailers stand, in the last paragraph among its like; prose may quote it."""
    _, *body = re.split(r"\n\s*\n", message.strip())
    lines = body[-1].split("\n") if body else []
    return any(map(_SKIP.fullmatch, lines)) and all(map(_TRAILER.match, lines))


def _place(folder: Path, rules: str) -> str:
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return ":memory:"
    return str(folder / f"index-{hashlib.sha256(rules.encode()).hexdigest()[:8]}.sqlite")


def _open(place: str) -> sqlite3.Connection:
    """The database at a place; in memory where that place cannot be had."""
    try:
        return _prepared(place)
    except sqlite3.OperationalError:
        # Locked or read-only: no reason to throw away what another run is writing.
        return _prepared(":memory:")
    except sqlite3.DatabaseError:
        # A torn or foreign file is no reason to fail: the index is a cache, so it is made anew, and where even
        # that fails (a read-only disk) it lives in memory for this run.
        try:
            if place != ":memory:":
                Path(place).unlink(missing_ok=True)
            return _prepared(place)
        except (sqlite3.Error, OSError):
            return _prepared(":memory:")


def _prepared(place: str) -> sqlite3.Connection:
    db = sqlite3.connect(place, timeout=60)
    try:
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;")
        if not _has_tables(db):
            # All of them or none, and by one of two runs that begin at the same time.
            with db:
                db.execute("BEGIN IMMEDIATE")
                for statement in () if _has_tables(db) else _TABLES.split(";"):
                    db.execute(statement)
    except BaseException:
        db.close()
        raise
    return db


def _has_tables(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'steps'").fetchone() is not None
