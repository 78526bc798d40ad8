"""What the hook remembers between runs, in the git directory that all checkouts share.

Which commits are untold is not remembered: git and the pages say so. What is kept is where the telling begins, what
went wrong, and the pairs of rewritten commits that git tells once and never again. Each file is written whole, and one
that cannot be read is a problem that `chronicles hook status` names, never one that stops a commit or a worker.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from chronicles.files import write_atomic
from chronicles.hook.script import STATE

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Installed", "Parked", "Report", "State"]

_SCHEMA = "chronicles.hook/1"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Installed:
    """Since when, and of which branch, commits are told."""

    branch: str
    since: str | None
    """The newest commit of the branch when the hook was installed; None when there was none."""


@dataclass(slots=True)
class Parked:
    """A commit that could not be told."""

    tries: int
    what: str
    """What went wrong at last, in one line."""


@dataclass(slots=True)
class Report:
    """What the last run of the worker did."""

    ended_at: float = 0.0
    """Seconds since the epoch; 0 when none has ended."""
    written: list[str] = field(default_factory=list)
    """Names of the pages that it wrote or changed."""
    waiting: str = ""
    """What it left the rest waiting for, such as "a rebase"."""
    failure: str = ""
    """Why it gave up, in one line; empty when it did not."""
    failures: dict[str, Parked] = field(default_factory=dict)
    """Commits that could not be told, by full hash."""


class State:
    """The hook's folder of one repository.

    Args:
        common_dir: The git directory that all checkouts share.
    """

    def __init__(self, common_dir: Path) -> None:
        self.folder = common_dir / STATE
        self.problems: list[str] = []
        """Files that were there and could not be read."""

    @property
    def there(self) -> bool:
        """Whether a hook was installed here."""
        return (self.folder / "wake").is_file()

    def installed(self) -> Installed | None:
        """What was set at installation; None where that is lost."""
        value = self._read("installed.json")
        if value is None:
            return None
        branch, since = value.get("branch"), value.get("since")
        if not isinstance(branch, str) or not (since is None or (isinstance(since, str) and _SHA.fullmatch(since))):
            self._complain("installed.json")
            return None
        return Installed(branch, since)

    def install(self, installed: Installed) -> None:
        """Remember what was set at installation."""
        self._write("installed.json", asdict(installed))

    def report(self) -> Report:
        """What the last run did; an empty report where none is known."""
        value = self._read("worker.json") or {}
        try:
            failures = {str(sha): Parked(int(one["tries"]), str(one["what"])) for sha, one in value["failures"].items()}
            return Report(
                float(value["ended_at"]),
                [str(one) for one in value["written"]],
                str(value["waiting"]),
                str(value["failure"]),
                failures,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            if value:
                self._complain("worker.json")
            return Report()

    def tell(self, report: Report) -> None:
        """Remember what a run did."""
        self._write("worker.json", asdict(report))

    def rewritten(self) -> dict[Path, list[tuple[str, str]]]:
        """The pairs of rewritten commits, old and new, by the file that holds them; files in the order of writing."""
        found = {}
        folder = self.folder / "rewritten"
        with suppress(OSError):
            files = [path for path in folder.iterdir() if path.name.isdecimal()]
            for path in sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name)):
                words = [line.split() for line in path.read_text("ascii", "replace").splitlines()]
                found[path] = [
                    (line[0], line[1]) for line in words if len(line) > 1 and all(map(_SHA.fullmatch, line[:2]))
                ]
        return found

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            value = json.loads((self.folder / name).read_bytes())
            if value["schema"] == _SCHEMA:
                return dict(value)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        self._complain(name)
        return None

    def _complain(self, name: str) -> None:
        self.problems.append(f"{self.folder / name} cannot be read as what the hook keeps there")

    def _write(self, name: str, value: dict[str, Any]) -> None:
        text = json.dumps({"schema": _SCHEMA, **value}, ensure_ascii=False, indent=1)
        write_atomic(self.folder / name, text + "\n")
