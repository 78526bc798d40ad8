"""What the hook remembers between runs, in the git directory that all checkouts share.

Which commits are untold is not remembered: git and the pages say so. What is kept is where the telling begins, what
went wrong, and the pairs of rewritten commits that git tells once and never again. Each file is written whole, and one
that cannot be read counts as absent and is a problem that `chronicles hook status` names, never one that stops a commit
or a worker. Anything may stand in these files: they are read up to a size, and of a kind that no reader waits for.

Times here are for people. Nothing is decided by them, so a clock that steps back delays nothing.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chronicles.errors import OutputError
from chronicles.files import own_folder, write_atomic
from chronicles.hook.looking import place_of, read_small, stamp_of, user_name
from chronicles.hook.script import STATE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Installed", "Parked", "Report", "State"]

_SCHEMA = "chronicles.hook/1"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MOST_BYTES = 1 << 20
"""Of a file of state that is read; ours are a few kilobytes."""
_MOST_PAIRS_BYTES = 64 << 20
"""Of the pairs that one rewriting told: some 800,000 commits."""
_MOST_NAMES = 50
"""Pages that a report names; of all it tells the number."""
_MOST_TRIES = 1_000_000
_YOUNG_SEC = 60.0


@dataclass(frozen=True, slots=True)
class Installed:
    """Since when, and of which branch, commits are told."""

    branch: str
    since: str | None
    """The newest commit of the branch when the hook was installed; None when there was none."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A commit that could not be told."""

    tries: int
    what: str
    """What went wrong at last, in one line."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the last run of the worker did."""

    began_at: float = 0.0
    """Seconds since the epoch; 0 when none has begun."""
    ended_at: float = 0.0
    """Seconds since the epoch; 0 when it has not ended, or was ended by force."""
    pages: int = 0
    """How many pages it wrote or changed."""
    written: tuple[str, ...] = ()
    """Names of the last of them."""
    waiting: str = ""
    """What it left the rest waiting for, such as "a rebase"."""
    failure: str = ""
    """Why it gave up, in one line; empty when it did not."""
    notes: tuple[str, ...] = ()
    """What else there is to say, a line each."""
    failures: dict[str, Parked] = field(default_factory=dict)
    """Commits that could not be told, by full hash."""

    def wrote(self, names: list[str]) -> Report:
        """With more pages written."""
        return replace(self, pages=self.pages + len(names), written=(*self.written, *names)[-_MOST_NAMES:])

    def noted(self, note: str) -> Report:
        """With something more to say, each once."""
        return self if not note or note in self.notes else replace(self, notes=(*self.notes, note)[-_MOST_NAMES:])


class State:
    """The hook's folder of one repository.

    Args:
        common_dir: The git directory that all checkouts share.
    """

    def __init__(self, common_dir: Path) -> None:
        self.folder = common_dir / STATE
        self._problems: dict[str, None] = {}
        self._place = place_of(self.folder)
        self._stamps: dict[Path, tuple[int, int, int]] = {}
        """By which files of pairs are known not to be others of their names."""

    # -- the folder ------------------------------------------------------------------------------------------------

    @property
    def there(self) -> bool:
        """Whether a hook was installed here."""
        return (self.folder / "wake").is_file()

    @property
    def gone(self) -> bool:
        """Whether the folder is no longer where it was: the repository was moved, or the hook taken out."""
        return self._place is None or place_of(self.folder) != self._place

    @property
    def problems(self) -> list[str]:
        """Files that were there and could not be read."""
        return list(self._problems)

    @property
    def owner(self) -> str:
        """Whose repository this is, when we are root and it is somebody else's; empty otherwise.

        What root writes, its owner could not write again. So root leaves the work to the owner.
        """
        if sys.platform == "win32" or os.geteuid() != 0:
            return ""
        for folder in (self.folder, self.folder.parent):
            with suppress(OSError):
                if owner := folder.stat().st_uid:
                    return user_name(owner)
        return ""

    def leave_to_owner(self) -> None:
        """Give a wake-up that root has caused to the owner, as whom from now on we are.

        What the shell has made as root, the owner's shell could not open: then nothing would ever start again.
        """
        if sys.platform == "win32":
            return
        with suppress(OSError):
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            status = os.fstat(folder)
            os.setegid(status.st_gid)
            os.seteuid(status.st_uid)  # in a folder of somebody else's nothing is done with the rights of root
            for name in ("complaints", "woken"):
                with suppress(OSError):
                    os.unlink(name, dir_fd=folder)
            os.close(os.open("woken", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666, dir_fd=folder))

    # -- wake-ups --------------------------------------------------------------------------------------------------

    @property
    def woken(self) -> bool:
        """Whether somebody has woken the worker since it took the last wake-up."""
        return (self.folder / "woken").exists()

    def wake(self) -> None:
        """Wake the worker that is at work, as the shell does."""
        with suppress(OSError):
            (self.folder / "woken").touch()

    def take_wake(self) -> None:
        """Take a wake-up, before looking at what it is about."""
        self._drop("woken")

    @property
    def missing(self) -> str:
        """The interpreter that the shell looked for in vain; empty when there was no such need."""
        text = self.read("missing")
        return "" if text is None else text.decode("utf-8", "replace").strip()[:500] or "?"

    def tidy(self) -> None:
        """Remove what others have left: that an interpreter was missing, and half-written files of killed workers.

        Only for who has the lock. A young file may be that of an installation that goes on right now.
        """
        self._drop("missing")
        with suppress(OSError):
            for path in self.folder.glob(".chronicles-*.tmp"):
                if abs(time.time() - path.stat().st_mtime) > _YOUNG_SEC:
                    self._drop(path.name)

    # -- the beginning ---------------------------------------------------------------------------------------------

    def installed(self) -> Installed | None:
        """What was set at installation; None where that is lost."""
        value = self._load("installed.json")
        if value is None:
            return None
        branch, since = value.get("branch"), value.get("since")
        sound = isinstance(branch, str) and 0 < len(branch) < 1000 and branch.isprintable()  # noqa: PLR2004 - git's own refs end far below
        if not sound or not (since is None or (isinstance(since, str) and _SHA.fullmatch(since))):
            self._complain("installed.json")
            return None
        return Installed(str(branch), since)

    def install(self, installed: Installed) -> None:
        """Remember what was set at installation."""
        self._write("installed.json", asdict(installed))

    # -- what runs did ---------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """What the last run did; an empty report where none is known."""
        aside = self._note(make=False)
        if aside is not None and (noted := read_small(aside, _MOST_BYTES)) is not None:
            # It is there only as long as the folder has been refusing a newer one.
            with suppress(ValueError, KeyError, TypeError, RecursionError):
                return _report(json.loads(noted))
        value = self._load("worker.json")
        if value is None:
            return Report()
        try:
            return _report(value)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._complain("worker.json")
            return Report()

    def tell(self, report: Report) -> None:
        """Remember what a run did: here, or where the folder refuses it, in a folder of the user's own."""
        aside = self._note(make=False)
        try:
            self._write("worker.json", asdict(report))
        except OutputError:
            aside = None if self.gone else self._note(make=True)
            with suppress(OutputError):
                if aside is not None:
                    write_atomic(aside, _json(asdict(report)))
        else:
            with suppress(OSError):
                if aside is not None:
                    aside.unlink(missing_ok=True)

    # -- what a run has in hand ------------------------------------------------------------------------------------

    @property
    def in_hand(self) -> str | None:
        """The commit that a run had in hand when it was ended by force, "" of several; None when none was."""
        found = self.read("hand")
        if found is None:
            return None
        text = found.decode("ascii", "replace").strip()
        return text if _SHA.fullmatch(text) else ""

    def take_in_hand(self, commit: str) -> None:
        """Note the commit that is told next, "" of several, so that one which ends the process is found out."""
        with suppress(OSError):
            if not self.gone:
                (self.folder / "hand").write_text(f"{commit}\n", "ascii")

    def put_down(self) -> None:
        """Note that none is in hand."""
        self._drop("hand")

    # -- rewritten commits -----------------------------------------------------------------------------------------

    def rewritten(self) -> dict[Path, tuple[tuple[str, str], ...]]:
        """The pairs of rewritten commits, old and new, by the file that holds them; in the order of the rewritings."""
        found = []
        with suppress(OSError):
            for path in (self.folder / "rewritten").iterdir():
                stamp, content = stamp_of(path), read_small(path, _MOST_PAIRS_BYTES)
                if path.suffix == ".new" or stamp is None or content is None:
                    continue
                words = (line.split() for line in content.decode("ascii", "replace").splitlines())
                pairs = tuple((one[0], one[1]) for one in words if len(one) > 1 and all(map(_SHA.fullmatch, one[:2])))
                found.append((stamp, path, pairs))
        found.sort(key=lambda one: one[:2])
        self._stamps |= {path: stamp for stamp, path, _ in found}
        return {path: pairs for _, path, pairs in found}

    def forget(self, followed: Iterable[Path]) -> None:
        """Delete pairs that the pages have followed; a file that has come since it was read stays."""
        for path in followed:
            with suppress(OSError):
                if stamp_of(path) == self._stamps.get(path):
                    path.unlink()

    # -- files -----------------------------------------------------------------------------------------------------

    def _note(self, *, make: bool) -> Path | None:
        """Where a report goes that the folder refuses."""
        import hashlib  # noqa: PLC0415 - a run that finds another at work does without it

        key = hashlib.blake2b(os.fsencode(self.folder.resolve()), digest_size=8).hexdigest()
        try:
            return own_folder(make=make) / f"hook-{key}.json"
        except OutputError:
            return None

    def _drop(self, name: str) -> None:
        """Delete a file of ours; in a folder that took the place of ours it is another worker's."""
        with suppress(OSError):
            if not self.gone:
                (self.folder / name).unlink(missing_ok=True)

    def read(self, name: str) -> bytes | None:
        """The content of a small file of ours; None where there is none that can be read."""
        return read_small(self.folder / name, _MOST_BYTES)

    def _load(self, name: str) -> dict[str, Any] | None:
        """A file of ours; None where there is none that can be read."""
        content = self.read(name)
        if content is None:
            if os.path.lexists(self.folder / name):
                self._complain(name)
            return None
        try:
            value = json.loads(content)
            if value["schema"] == _SCHEMA:
                return dict(value)
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        self._complain(name)
        return None

    def _complain(self, name: str) -> None:
        self._problems[f"{self.folder / name} cannot be read as what the hook keeps there"] = None

    def _write(self, name: str, value: dict[str, Any]) -> None:
        write_atomic(self.folder / name, _json(value))


def _json(value: dict[str, Any]) -> str:
    return json.dumps({"schema": _SCHEMA, **value}, ensure_ascii=False, indent=1) + "\n"


def _report(value: dict[str, Any]) -> Report:
    """A report from what was read; ValueError and its like for anything else."""
    failures = {
        str(sha): Parked(min(max(int(one["tries"]), 0), _MOST_TRIES), str(one["what"])[:_MOST_BYTES])
        for sha, one in value["failures"].items()
        if _SHA.fullmatch(sha)
    }
    return Report(
        _time(value["began_at"]),
        _time(value["ended_at"]),
        max(int(value["pages"]), 0),
        tuple(str(one) for one in value["written"][:_MOST_NAMES]),
        str(value["waiting"]),
        str(value["failure"]),
        tuple(str(one) for one in value["notes"][:_MOST_NAMES]),
        failures,
    )


def _time(value: Any) -> float:  # noqa: ANN401 - anything may stand in a file
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(found)
    return found
