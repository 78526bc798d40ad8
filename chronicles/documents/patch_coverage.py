"""The coverage of a patch document: where each commit of its range went, first as a sum, then told, grouped, excluded.

The sum is one line, and what follows adds up to it. Commits with a line of their own stand under the plain word for
their kind, what breaks first; the kinds keep one order, so that two documents read alike. A word for a kind is here,
which kind a commit is of the ledger says.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.forge import Forge
from chronicles.documents.tracing import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger

__all__ = ["Coverage", "coverage_of"]

_HEADINGS = {
    "breaking": "Breaking",
    "security": "Security",
    "feat": "Features",
    "fix": "Fixes",
    "perf": "Performance",
    "revert": "Reverts",
    "refactor": "Inner Changes",
    "docs": "Documentation",
    "test": "Tests",
    "build": "Build and Dependencies",
    "ci": "Continuous Integration",
    "style": "Style",
    "release": "Releases",
    "merge": "Merges with Changes of Their Own",
    "chore": "Other Changes",
}
"""Plain words for kinds of commits, in the order in which they are told."""
_IN_WORDS = {
    "feat": ("other feature", "other features"),
    "fix": ("other fix", "other fixes"),
    "perf": ("other change for speed", "other changes for speed"),
    "revert": ("other revert", "other reverts"),
    "refactor": ("inner change", "inner changes"),
    "docs": ("change to documentation", "changes to documentation"),
    "test": ("change to tests", "changes to tests"),
    "build": ("change to build and dependencies", "changes to build and dependencies"),
    "ci": ("change to continuous integration", "changes to continuous integration"),
    "style": ("change of style", "changes of style"),
    "release": ("commit for releases", "commits for releases"),
    "merge": ("merge with changes of its own", "merges with changes of their own"),
    "chore": ("other change", "other changes"),
    "copy": (
        "commit with the same change as another of the range",
        "commits with the same change as another of the range",
    ),
    "squashed": ("commit that a squash of the range holds", "commits that a squash of the range holds"),
}
"""What the commits of a group are, one and several."""

_ABSENT = {
    "already in base": "in the base already",
    "merged without effect": "merged without effect",
    "outside the paths": "outside the paths",
}
"""Rules that exclude breaks too: what the document says of one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line with those below it."""

    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the template lays out, all of it finished Markdown."""

    total: str
    within: str
    """The paths that the document tells; empty for all."""
    told: tuple[tuple[str, tuple[str, ...]], ...]
    """Heading to lines."""
    grouped: tuple[str, ...]
    excluded: tuple[Row, ...]


def coverage_of(page: Page) -> Coverage:
    """Lay out the coverage of a page."""
    ledger, forge = page.dossier.ledger, Forge(page.repo_url)
    told: dict[str, list[str]] = defaultdict(list)
    for entry in ledger.numbered("told"):
        told[_kind(ledger, entry)].append(_told(ledger, entry, forge))
    paths = [ledger[entry].text for entry in ledger.numbered("range.path")]
    return Coverage(
        total=f"{ledger['range.coverage'].text}.",
        within=f"Only what lies in {', '.join(paths)} is told." if paths else "",
        told=tuple((heading, tuple(told[kind])) for kind, heading in _HEADINGS.items() if kind in told),
        grouped=tuple(_group(ledger, entry) for entry in ledger.numbered("grouped")),
        excluded=tuple(_exclusion(ledger, entry, forge) for entry in ledger.numbered("excluded")),
    )


def _kind(ledger: Ledger, entry: str) -> str:
    for mark in ("breaking", "security"):
        if f"{entry}.{mark}" in ledger:
            return mark
    kind = ledger.string(f"{entry}.type")
    return kind if kind in _HEADINGS else "chore"


def _told(ledger: Ledger, entry: str, forge: Forge) -> str:
    commit = forge.commit(ledger.string(f"{entry}.sha"))
    copies, squashed = f"{entry}.copies", f"{entry}.squashed"
    more = f"; with {ledger[copies].text}" if copies in ledger else ""
    more += f"; squashes {ledger[squashed].text}" if squashed in ledger else ""
    subject = forge.issues(ledger[f"{entry}.subject"].text)
    return f"{subject} ({commit}, {ledger[f'{entry}.author'].text}{more})"


def _group(ledger: Ledger, entry: str) -> str:
    component, kind = f"{entry}.component", ledger.string(f"{entry}.type")
    count = phrases.count(int(ledger.number(f"{entry}.commits")), *_IN_WORDS.get(kind, _IN_WORDS["chore"]))
    what = same(count, ledger[f"{entry}.commits"].figure)
    return f"{what}, mostly in {ledger[component].text}" if component in ledger else what


def _exclusion(ledger: Ledger, entry: str, forge: Forge) -> Row:
    rule = ledger[f"{entry}.rule"]
    lines = _undone(ledger, forge) if rule.value == "undone" else _absent(ledger, entry, forge)
    return Row(f"{ledger[f'{entry}.commits'].text}: {rule.text}", tuple(lines))


def _absent(ledger: Ledger, rule: str, forge: Forge) -> Iterator[str]:
    """The breaks among the commits of a rule."""
    mark = f"**Breaking, and {_ABSENT.get(ledger.string(f'{rule}.rule'), 'excluded')}:**"
    for entry in ledger.numbered(f"{rule}.break"):
        subject = forge.issues(ledger[f"{entry}.subject"].text)
        yield f"{mark} {subject} ({forge.commit(ledger.string(f'{entry}.sha'))})"
    if f"{rule}.more" in ledger:
        yield f"and {ledger[f'{rule}.more'].text} that break something"


def _undone(ledger: Ledger, forge: Forge) -> Iterator[str]:
    for entry in ledger.numbered("undone"):
        commit, by = (forge.commit(ledger.string(f"{entry}.{end}")) for end in ("sha", "by"))
        mark = "**Breaking, and undone:** " if f"{entry}.breaking" in ledger else ""
        yield f"{mark}{forge.issues(ledger[f'{entry}.subject'].text)} ({commit}), by {by}"
    if "undone.more" in ledger:
        yield f"and {ledger['undone.more'].text}"
