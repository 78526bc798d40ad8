"""Which commits of a range get a line of their own; the others are counted by type.

Who takes a range over looks for what may touch him: what breaks, security, features, fixes, speed, reverts and
deprecations. These are told before anything else is, up to 150 lines, which is a long list and still one that can be
read. Where there are more, a choice is made anyway, and in the document of so long a range all other parts are long
too: then every break is told, and the other kinds share what is left of 110 lines in proportion, so that a thousand
fixes do not hide ten features. No kind gets fewer than 15 lines while it has commits for them.

Everything else is told as far as forty lines suffice for all: a small range is told whole. First go weight and size
together; last what tells nothing: subjects that return with other numbers, dependencies that were bumped, merges that
say no more than which branch, and what machines committed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.evidence.ranges.works import Work

__all__ = ["Choice", "choose"]

_MOST = 150
"""Lines up to which all that may touch somebody is told."""
_SHARED = 110
"""Lines that are shared where there is more; breaks go beyond them, and so does the least that each kind has."""
_LEAST = 15
"""Lines of a kind, if it has so many commits, however many others there are."""
_SMALL = 40
"""Lines up to which everything else is told too."""

_BREAKING, _SECURITY, _DEPRECATION, _OTHER = "breaking", "security", "deprecation", "other"
_FOREMOST = ("feat", "fix", "perf", "revert")
_WEIGHTS = {"feat": 9, "perf": 9, "fix": 7, "revert": 6, "merge": 4, "refactor": 3, "build": 3}
_WEIGHT_OF_SECURITY = 12
_WEIGHT_OF_OTHERS = 1
_MOST_BITS = 14
"""A change of 8,192 lines is as big as any: weight and size are then about equally strong."""

_NUMBERS = re.compile(r"\b(?=\w*\d)[0-9a-f]{7,64}\b|\d+")
_TYPE = r"(?:[a-z][\w-]*(?:\([^()]*\))?!?: *|\[[\w .-]*\] *)*"
_BUMP = re.compile(
    r"[a-z]+\(deps[^()]*\)!?:|\[pre-commit\.ci\]|"
    rf"{_TYPE}(?:auto-?|re-?)?(?:bump|upgrade|update|pin|unpin|lock)(?:e?[sd]|ing|ning)?\b.*"
    r"(?:\b(?:dependenc(?:y|ies)|deps|requirements?|lock ?-?files?|pre-commit|hooks)\b|\b(?:from|to) v?\d)",
    re.IGNORECASE,
)
_MERGE = re.compile(
    r"merged? (?:(?:remote(?:-tracking)?|the) )?(?:branch(?:es)?|pull request|tag|commit)\b", re.IGNORECASE
)
_MACHINE = re.compile(r"\[bot\]|\b(?:pre-commit-ci|dependabot|renovate)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the news of a range is told, and what is not."""

    told: tuple[Work, ...]
    """The most salient first."""
    rest: tuple[Work, ...]
    """The most salient first."""


def choose(news: Sequence[Work]) -> Choice:
    """Choose the commits that get a line each."""
    subjects = Counter(map(_bare, news))
    kinds: dict[str, list[Work]] = defaultdict(list)
    for work in sorted(news, key=lambda one: (_is_noise(one, subjects), _salience(one))):
        kinds[_kind(work)].append(work)
    others = kinds.pop(_OTHER, [])
    lines = _share({kind: len(works) for kind, works in kinds.items()})
    chosen = {work.at for kind, works in kinds.items() for work in works[: lines[kind]]}
    chosen.update(work.at for work in others[: max(0, _SMALL - len(chosen))])
    ordered = sorted(news, key=_salience)
    return Choice(
        tuple(work for work in ordered if work.at in chosen), tuple(work for work in ordered if work.at not in chosen)
    )


def _share(sizes: Mapping[str, int]) -> dict[str, int]:
    """How many lines each kind has: all of them if they fit, else in proportion, but at least some."""
    if sum(sizes.values()) <= _MOST:
        return dict(sizes)
    given = {_BREAKING: sizes[_BREAKING]} if _BREAKING in sizes else {}
    while True:
        left = max(0, _SHARED - sum(given.values()))
        asking = {kind: size for kind, size in sizes.items() if kind not in given}
        whole = sum(asking.values())
        small = {kind: min(size, _LEAST) for kind, size in asking.items() if size * left < min(size, _LEAST) * whole}
        if not small:
            return given | {kind: size * left // whole for kind, size in asking.items()}
        given |= small


def _kind(work: Work) -> str:
    if work.breaking:
        return _BREAKING
    if work.security:
        return _SECURITY
    if work.type in _FOREMOST:
        return work.type
    return _DEPRECATION if "deprecat" in work.commit.headline.lower() else _OTHER


def _salience(work: Work) -> tuple[bool, int, int]:
    """What goes first: breaks, then weight and size together, then the newer."""
    weight = _WEIGHT_OF_SECURITY if work.security else _WEIGHTS.get(work.type, _WEIGHT_OF_OTHERS)
    return not work.breaking, -(weight + min(work.churn.bit_length(), _MOST_BITS)), -work.at


def _bare(work: Work) -> str:
    """A headline without what differs from release to release: numbers and hashes."""
    return " ".join(_NUMBERS.sub("", work.commit.headline.lower()).split())


def _is_noise(work: Work, subjects: Mapping[str, int]) -> bool:
    """Whether a line of its own would tell next to nothing."""
    headline, author = work.commit.headline, work.commit.author
    return (
        subjects[_bare(work)] > 1
        or _BUMP.match(headline) is not None
        or _MERGE.match(headline) is not None
        or _MACHINE.search(f"{author.name} {author.email}") is not None
    )
