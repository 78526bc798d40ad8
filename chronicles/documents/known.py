"""What a subject has, for checking words that no writer of ours wrote.

A signed sentence and a page of another hand are held to the same thing: the numbers that facts have, with what they
count, and the names, paths, hashes, dates and issues of the subject and of the trees on both sides of it. A signed
sentence is held to the verdicts besides: on a page of ours a word of speed comes from one, whoever says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.documents.foreign import Known, Quantity, quantities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.dossier import Dossier, Fact
    from chronicles.history.repository import Repository

__all__ = ["known_of"]

_NAMES = ("name", "path", "type", "person", "text", "kind", "status")
"""Units of facts whose value may stand in a code span."""


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
    commits = (*dossier.subject.commits, *((base,) if base else ()))
    trees = (dossier.subject.commits[0], *((base,) if base else ()))
    return Known(
        numbers=tuple(numbers),
        hashes=frozenset({str(fact.value) for fact in facts if fact.unit == "sha"}.union(commits)),
        paths=frozenset(entry.path for tree in trees for entry in repository.list_tree(tree)),
        names=frozenset(str(fact.value) for fact in facts if fact.unit in _NAMES),
        dates=frozenset(str(fact.value) for fact in facts if fact.unit in ("time", "day")),
        references=frozenset(str(fact.value) for fact in facts if fact.unit == "issue"),
        # By its text: the verdict on a size may be slower, and is told as higher.
        verdicts=frozenset(fact.text for fact in facts if fact.unit == "verdict") if verdicts else None,
    )


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
