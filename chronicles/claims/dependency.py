"""Dependencies: from what to what, both values read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

ADDED = Template("dependency.added", Lens.NOVELTY, "{name} becomes a dependency, at {after}.")
REMOVED = Template("dependency.removed", Lens.CRAFT, "{name} is a dependency no longer.")
MAJOR = Template("dependency.major", Lens.CRAFT, "{name} crosses a major version: {before} before, {after} now.")
UPDATED = Template("dependency.updated", Lens.CRAFT, "{name} goes from {before} to {after}.")
MINIMUM = Template("dependency.minimum", Lens.CRAFT, "The minimum for {name} goes from {before} to {after}.")
MANY = Template("dependency.many", Lens.CRAFT, "{changes} change together.")
LOCK_ONLY = Template(
    "dependency.lock_only", Lens.CRAFT, "A lock file moves by {lines}, and no declared dependency moves with it."
)


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of dependencies that came, went or moved."""
    if ledger.number("lineage.step") == 1:
        return  # in the beginning all of them come at once
    entries = ledger.numbered("dependency")
    for number, entry in enumerate(entries):
        what, weight = ledger.string(f"{entry}.change"), 0.5 - 0.01 * min(number, 10)
        pair = {"name": f"{entry}.name", "before": f"{entry}.before", "after": f"{entry}.after"}
        if what in ("regrouped", "stated"):  # it was a dependency before, and still is; it is none
            continue
        if what == "added":
            yield ADDED.claim(weight + 0.08, name=pair["name"], after=pair["after"])
        elif what == "removed":
            yield REMOVED.claim(weight + 0.1, name=pair["name"])
        elif what == "minimum":
            yield MINIMUM.claim(weight + 0.25, **pair)
        elif what == "major":
            yield MAJOR.claim(weight + 0.15, **pair)
        else:
            yield UPDATED.claim(weight, **pair)
    if ledger.number("dependency.count") >= 4:
        yield MANY.claim(0.4 + min(ledger.number("dependency.count"), 40) / 100, changes="dependency.count")
    if (
        ledger.number("kind.lock.files")
        and not entries
        and ledger.number("change.files") == ledger.number("kind.lock.files")
    ):
        yield LOCK_ONLY.claim(0.42, lines="change.generated_lines")
