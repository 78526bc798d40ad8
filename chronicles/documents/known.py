"""What a subject has, for checking words that no writer of ours wrote.

A signed sentence and a page of another hand are held to the same thing: the numbers that facts have, with what they
count, and the names, paths, hashes, dates and issues of the subject and of the trees on both sides of it. A signed
sentence is held to the verdicts besides: on a page of ours a word of speed comes from one, whoever says it.

A range has what each of its commits has, those that a merge brought in and those that no line tells by themselves too:
who writes of a release names its authors, issues, days and versions, and what the messages name as code. What Python
itself has is known wherever there is Python: nobody has to define `ValueError` to name it.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from chronicles.documents.foreign import Known, Quantity, quantities
from chronicles.documents.mentions import code_spans
from chronicles.history.commit import issues_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.dossier import Dossier, Fact, SubjectKey
    from chronicles.history.commit import Commit
    from chronicles.history.repository import Repository

__all__ = ["known_of"]

_NAMES = ("name", "path", "type", "person", "text", "kind", "status")
"""Units of facts whose value may stand in a code span."""

_PYTHON = (".py", ".pyi", ".pyx", ".ipynb")
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
"""Functions, types, exceptions and constants that Python has everywhere."""


def known_of(dossier: Dossier, repository: Repository, *, verdicts: bool = False) -> Known:
    """Collect what a subject has.

    Args:
        dossier: Of the subject.
        repository: Whose trees hold the paths that may be named.
        verdicts: Whether words of speed are looked up.
    """
    facts = list(dossier.ledger.values())
    numbers = [quantity for fact in facts if isinstance(fact.value, int | float) for quantity in _quantities(fact)]
    base = dossier.subject.base
    members = _members(dossier.subject, repository)
    told = {*dossier.subject.commits, *(commit.sha for commit in members), *((base,) if base else ())}
    trees = (dossier.subject.commits[0], *((base,) if base else ()))
    paths = frozenset(entry.path for tree in trees for entry in repository.list_tree(tree))
    return Known(
        numbers=tuple(numbers),
        hashes=frozenset({str(fact.value) for fact in facts if fact.unit == "sha"}.union(told)),
        paths=paths,
        names=frozenset(str(fact.value) for fact in facts if fact.unit in _NAMES).union(
            (name for commit in members for name in _named(commit)),
            (tag for tag, sha in repository.tags() if members and sha in told),
            _BUILTINS if any(path.endswith(_PYTHON) for path in paths) else (),
        ),
        dates=frozenset(str(fact.value) for fact in facts if fact.unit in ("time", "day")).union(
            moment.isoformat() for commit in members for moment in (commit.authored_at, commit.committed_at)
        ),
        references=frozenset(str(fact.value) for fact in facts if fact.unit == "issue").union(
            issue for commit in members for issue in issues_of(commit.message)
        ),
        # By its text: the verdict on a size may be slower, and is told as higher.
        verdicts=frozenset(fact.text for fact in facts if fact.unit == "verdict") if verdicts else None,
    )


def _members(key: SubjectKey, repository: Repository) -> list[Commit]:
    """The commits of a range; none of any other subject, whose one message is told by its facts."""
    if key.kind != "range":
        return []
    return list(repository.commits(repository.between(key.base, key.commits[0]), changes=False))


def _named(commit: Commit) -> Iterator[str]:
    """What a commit names: its author, and what its message writes as code."""
    yield commit.author.name
    yield commit.subject
    for start, end, ticks in code_spans(commit.message):
        yield commit.message[start + ticks : end - ticks].strip()


def _quantities(fact: Fact) -> Iterator[Quantity]:
    """The numbers of a fact, with what they count.

    Lines are added or removed; their sum is left out, since "6,519 lines" of 6,518 added and one removed is what a
    careless page says.
    """
    name = fact.id.rpartition(".")[2]
    if name == "churn":
        return
    label = name.replace("_", " ")
    way = {"insertions": " added", "deletions": " removed"}.get(name, "")
    yield from quantities(fact.text + way, label)
    yield from quantities(fact.figure, label)
