"""The claims that every model is tried with: four small changes that never were, six claims each.

They are the same for all models and all repositories, so that two measures can be compared, and neither tests nor docs
ask about the same ones. Each change has two claims of three of the four lenses, hence three paragraphs of two; the
claims are of twenty-four templates from most families, with one slot to four, good, bad and neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES
from chronicles.dossier import Coverage, Dossier, Fact, Ledger, Section, Source, SubjectKey
from chronicles.writers.parts import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chronicles.personas import Cast

__all__ = ["Trial", "trials"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One change that never was, and what is to be said of it."""

    dossier: Dossier
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    subject: str
    kind: str
    reason: str
    claims: Mapping[str, Mapping[str, str]]
    """Template id to what its slots stand for; claims of one lens beside each other."""


_CHANGES = (
    _Change(
        "fix(cache): evict what nobody read",
        "fix",
        "The cache grew until the worker was killed.",
        {
            "tests.absent": {"source": "212 lines", "window": "40 commits", "habit": "31 of them"},
            "code.tangled": {"function": "`evict()`", "complexity": "a complexity of 23"},
            "past.woke": {"file": "`cache/store.py`", "slept": "14 months"},
            "rewrite.oldest": {"sha": "`4be81d0`", "age": "three years"},
            "code.new_function": {"function": "`oldest_unread()`", "file": "`cache/store.py`"},
            "people.first": {"name": "Ines Okafor"},
        },
    ),
    _Change(
        "perf(parser): read tokens in one pass",
        "perf",
        "Two passes read every file twice.",
        {
            "performance.slower": {
                "what": "parse time",
                "ratio": "1.18 times",
                "sha": "`9d2f6ab`",
                "distance": "four commits ago",
                "blocks": "12 blocks",
            },
            "size.rank": {"rank": "the third largest", "window": "50 commits"},
            "kind.docs_with": {"docs": "38 lines", "source": "164 lines"},
            "reading.half": {"half": "two files", "files": "11 files"},
            "past.former_name": {"file": "`parser/tokens.py`", "first_name": "`lex.py`", "age": "five years"},
            "undo.partial": {"sha": "`c07e519`", "age": "nine days"},
        },
    ),
    _Change(
        "feat(export): write tables as CSV",
        "feat",
        "Accountants asked for files that their tools can open.",
        {
            "first.extension": {"file": "`samples/rates.csv`", "extension": "`.csv`"},
            "dependency.added": {"name": "`pyarrow`", "after": "`>=17`"},
            "code.complexity_up": {"function": "`render_table()`", "step": "from 9 to 16"},
            "size.ratio": {"ratio": "four times", "window": "30 commits"},
            "tests.added": {"added": "eight tests", "first": "`test_empty_table`"},
            "message.silent": {"churn": "640 lines"},
        },
    ),
    _Change(
        "refactor: give the importers a folder of their own",
        "refactor",
        "",
        {
            "move.folder": {"files": "17 files", "old": "`lib/`", "new": "`importers/`"},
            "people.other_hand": {"file": "`importers/base.py`", "name": "Tomas Lind", "slept": "six months"},
            "public.added": {"name": "`importers.open_any`"},
            "first.test_files": {"files": "three files"},
            "size.shrinks": {"removed": "410 lines", "added": "96 lines"},
            "rewrite.median": {"age": "two years"},
        },
    ),
)


def trials(cast: Cast) -> tuple[Trial, ...]:
    """What a model is asked about when this cast speaks; a lens that nobody has is the narrator's."""
    return tuple(_trial(change, cast) for change in _CHANGES)


def _trial(change: _Change, cast: Cast) -> Trial:
    facts = [_fact("commit.subject", change.subject), _fact("commit.type", change.kind)]
    if change.reason:
        facts.append(_fact("message.reason", change.reason))
    parts = []
    for template_id, texts in change.claims.items():
        facts += [_fact(f"trial.{template_id}.{slot}", text) for slot, text in texts.items()]
        claim = TEMPLATES[template_id].claim(1.0, **{slot: f"trial.{template_id}.{slot}" for slot in texts})
        parts.append(Part(claim, Section.ROUNDTABLE, cast.of(claim.lens) or cast.narrator))
    # An id as a commit has one, so that its seeds are as good as any.
    sha = sha256(change.subject.encode()).hexdigest()[:40]
    claims = tuple(part.claim for part in parts)
    dossier = Dossier(SubjectKey("commit", (sha,), None), {}, Ledger(facts), claims, Coverage(1, 0))
    return Trial(dossier, tuple(parts))


def _fact(fact_id: str, text: str) -> Fact:
    return Fact(fact_id, text, "text", text, text, Source.GIT, "true")
