"""How facts are made: one way from a value to its figure, its phrase and the command that finds it again."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Fact, Ledger, Source, SubjectKey, Value
from chronicles.evidence.redaction import redact, safe_text
from chronicles.history.git import DIFF_OPTIONS, EMPTY_TREES
from chronicles.markdown import code, escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["FactBook", "clean", "diff_command", "looked_at", "shown_path"]

_LOOKS = ("--indent-heuristic", "--no-abbrev", "--submodule=short")
"""Options that change how a diff reads, but no figure of it."""


def shown_path(path: str) -> str:
    r"""A path as text that any file can hold: bytes that are not UTF-8 are written `\xNN`."""
    return "".join(f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else char for char in path)


class FactBook:
    """Collects the facts of one subject, in the order they are found."""

    def __init__(self, key: SubjectKey, excluded: Sequence[str]) -> None:
        self.key = key
        self.excluded = tuple(excluded)
        self.redactions = 0
        """Secrets taken out of the texts of this subject so far."""
        self._facts: dict[str, Fact] = {}

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def ledger(self) -> Ledger:
        """All facts so far."""
        return Ledger(self._facts.values())

    @property
    def revision(self) -> str:
        """The subject as a revision or range that a shell command takes."""
        tip = self.key.commits[0]
        if self.key.kind == "commit":
            return tip
        return f"{_base(self.key)}..{tip}"

    @property
    def _within(self) -> list[str]:
        """The paths that a range is limited to, as options of `chronicles fact`."""
        return [word for path in self.key.paths for word in ("--path", path)]

    def clean(self, text: str) -> str:
        """Repository text made safe: secrets out (and counted), control characters out."""
        found = redact(safe_text(text))
        self.redactions += len(found.found)
        return found.text

    def add(
        self,
        fact_id: str,
        value: Value,
        unit: str,
        *,
        text: str,
        figure: str | None = None,
        source: Source = Source.ANALYSIS,
        derive: str | None = None,
    ) -> None:
        """Add a fact; `figure` defaults to the phrase, `derive` to `chronicles fact`."""
        command = derive or shlex.join(["chronicles", "fact", *self._within, self.revision, fact_id])
        self._facts[fact_id] = Fact(fact_id, value, unit, text if figure is None else figure, text, source, command)

    def count(
        self,
        fact_id: str,
        value: int,
        noun: str,
        plural: str | None = None,
        *,
        source: Source = Source.ANALYSIS,
        derive: str | None = None,
    ) -> None:
        """Add a number of things."""
        text = phrases.count(value, noun, plural)
        self.add(fact_id, value, noun, text=text, figure=phrases.figure(value), source=source, derive=derive)

    def path(self, fact_id: str, path: str, *, source: Source = Source.GIT, derive: str | None = None) -> None:
        """Add a path, as a code span."""
        shown = self.clean(shown_path(path)) or "(empty)"
        self.add(fact_id, shown, "path", text=code(shown), source=source, derive=derive)

    def name(self, fact_id: str, name: str) -> None:
        """Add a name from code, as a code span."""
        shown = self.clean(name) or "(empty)"
        self.add(fact_id, shown, "name", text=code(shown))

    def sha(self, fact_id: str, sha: str, *, source: Source = Source.GIT, derive: str | None = None) -> None:
        """Add a commit, shown by its first seven digits."""
        self.add(fact_id, sha, "sha", text=f"`{sha[:7]}`", source=source, derive=derive)

    def words(
        self,
        fact_id: str,
        text: str,
        unit: str = "text",
        *,
        limit: int | None = None,
        source: Source = Source.GIT,
        derive: str | None = None,
    ) -> None:
        """Add running text of the repository's, escaped.

        What is longer than `limit` is cut, after a word where there is one: half a secret would not be known for one,
        so nobody cuts before this.
        """
        shown = self.clean(text)
        if limit is not None:
            shown = _cut(shown, limit)
        self.add(fact_id, shown, unit, text=escape(shown), source=source, derive=derive)

    def span(self, fact_id: str, seconds: int) -> None:
        """Add a span of time."""
        self.add(fact_id, seconds, "s", text=phrases.duration(max(0, seconds)))


def _cut(text: str, limit: int) -> str:
    """The words of a text that fit; of a single word that does not, as much as does."""
    found = re.match(rf".{{1,{limit}}}(?!\S)|.{{0,{limit}}}", text, re.DOTALL)
    assert found, text
    return found[0]


def clean(text: str) -> str:
    """Repository text without secrets and control characters, where nobody counts."""
    return redact(safe_text(text)).text


def _base(key: SubjectKey) -> str:
    """The commit before a subject, or the empty tree."""
    return key.base or EMPTY_TREES["sha1" if len(key.commits[0]) == 40 else "sha256"]


def diff_command(key: SubjectKey, excluded: Sequence[str], form: str, after: str = "") -> str:
    """A git command that shows a subject's changes as `form` (such as `--numstat`), for `derive`."""
    options = " ".join(option for option in DIFF_OPTIONS if option not in _LOOKS)
    return f"git diff {form} {options} {_base(key)} {key.commits[0]} -- {looked_at(key, excluded)}" + after


def looked_at(key: SubjectKey, excluded: Sequence[str]) -> str:
    """Where git looks for what a subject changed, as a command has it.

    Counted from the top, whichever folder the command is pasted in, and by the letter, whatever a folder is called.
    """
    left_out = (shlex.quote(f":(top,exclude,literal){folder}") for folder in excluded)
    wanted = [shlex.quote(f":(top,literal){path}") for path in key.paths] or [":/"]
    return " ".join([*wanted, *left_out])
