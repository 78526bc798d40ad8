"""How much the pages of a series sound alike, counted over their sidecars.

    python benchmarks/prose.py FOLDER...

Sentences are compared with their slots blanked, as the wordings they are. Shares are of the pages of the folder; the
bars are those of the design: no sentence in more than a tenth of the pages, none twice on one page, no claim in two
voices of one page, and one voice at most where fewer than five lines changed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SMALL = 5


@dataclass(slots=True)
class Count:
    """What was counted in one folder."""

    pages: int = 0
    wordings: Counter[str] = field(default_factory=Counter)
    repeating: int = 0
    """Pages that have a sentence twice."""
    sharing: int = 0
    """Pages on which two voices tell one claim."""
    small: int = 0
    """Pages of fewer than five changed lines."""
    loud: int = 0
    """Of those, the pages with more than one voice."""
    titles: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Print one table for all folders named."""
    print("| series | pages | most common sentence | repeat one | share a claim | small and loud | most common title |")
    print("|---|---:|---|---:|---:|---:|---|")
    for folder in map(Path, sys.argv[1:]):
        count = Count()
        for sidecar in sorted(folder.glob("episode_*.json")):
            add(count, json.loads(sidecar.read_bytes()))
        wording, often = next(iter(count.wordings.most_common(1)), ("", 0))
        title, titled = next(iter(count.titles.most_common(1)), ("", 0))
        share = 100 * often / max(1, count.pages)
        print(
            f"| {folder.name} | {count.pages} | {share:.1f} %: {wording} | {count.repeating} "
            f"| {count.sharing} | {count.loud} of {count.small} | {titled}: {title} |"
        )


def add(count: Count, page: dict[str, Any]) -> None:
    """Count one page."""
    count.pages += 1
    count.titles[page["episode"]["title"]] += 1
    said = [sentence["wording"] for sentence in page["sentences"]]
    count.wordings.update(set(said))
    count.repeating += len(said) != len(set(said))
    tellers: dict[str, set[str]] = defaultdict(set)
    voices = set()
    for sentence in page["sentences"]:
        if sentence["claim"]:
            tellers[sentence["claim"]].add(sentence["persona"])
            if sentence["section"] == "roundtable":
                voices.add(sentence["persona"])
    count.sharing += any(len(personas) > 1 for personas in tellers.values())
    churn = next(fact["value"] for fact in page["dossier"]["facts"] if fact["id"] == "change.churn")
    if churn < _SMALL:
        count.small += 1
        count.loud += len(voices) > 1


if __name__ == "__main__":
    main()
