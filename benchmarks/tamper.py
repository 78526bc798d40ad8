"""Edit published pages at random, one token at a time, and count what verification catches.

    python benchmarks/tamper.py REPOSITORY PAGES NUMBER SEED

Each edit changes one token of one page: a digit, a digit of a hash, a path, a component's name, the commit type, a
number word, or a number into another number that stands in the same page's ledger. It is caught when `verify` then has
a false or unsigned line in that page; `false` counts those that are named as contradicting the repository. The pages
are put back after each edit. The table goes to stdout, what was missed to stderr, and the exit status is 1 when
anything was missed or an untouched page was not clean.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.commands.session import Session
from chronicles.documents import verification
from chronicles.documents.page import load_page
from chronicles.documents.verification import Finding, Kind, verify_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.documents.telling import Press
    from chronicles.dossier import Dossier, SubjectKey, ToldRun

__all__ = ["KINDS", "Edit", "Remembered", "Score", "tamper"]

_TRIES = 50
"""How often an edit is tried that applies to nothing, such as a number word on a page without any."""
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_TYPES = [
    "fix",
    "feat",
    "docs",
    "test",
    "refactor",
    "perf",
    "ci",
    "build",
    "deps",
    "style",
    "release",
    "revert",
    "merge",
    "chore",
    "security",
]


@dataclass(slots=True)
class Score:
    """What became of some edits."""

    edits: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    unclean: list[str] = field(default_factory=list)
    """What was found on pages that nobody had touched."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One token put in the place of another."""

    start: int
    end: int
    text: str


def tamper(repository: Path, pages: Path, number: int, seed: int) -> Score:
    """Edit pages and verify each edit.

    Args:
        repository: Whose history the pages tell.
        pages: Folder of the pages; they are as they were afterwards.
        number: How many edits; fewer where the pages have nothing to edit.
        seed: The same seed makes the same edits on the same pages.
    """
    chance = random.Random(seed)  # noqa: S311 - a benchmark that repeats itself, no secret
    score = Score()
    with Session(repository, output=pages, fresh=True) as session:
        session.follow(session.repository.resolve("HEAD"))
        press = session.press()
        paths = [entry.page for entry in press.series]
        with Remembered():
            for path in paths:
                score.unclean += map(str, verify_page(press, path))
            tries = _TRIES * number if paths else 0
            while sum(score.edits.values()) < number and tries:
                _edit_once(press, chance.choice(paths), chance, score)
                tries -= 1
    return score


def _edit_once(press: Press, path: Path, chance: random.Random, score: Score) -> None:
    kind = chance.choice(list(KINDS))
    before = path.read_text(encoding="utf-8")
    edit = KINDS[kind](before, load_page(path.with_suffix(".json")).dossier, chance)
    if edit is None or before[edit.start : edit.end] == edit.text:
        return
    after = before[: edit.start] + edit.text + before[edit.end :]
    try:
        path.write_text(after, encoding="utf-8")
        found = verify_page(press, path)
    finally:
        path.write_text(before, encoding="utf-8")
    line = before.count("\n", 0, edit.start) + 1
    _count(score, kind, found, line, f"{path.name}:{line}: {kind}: {before[edit.start : edit.end]!r} -> {edit.text!r}")


def _count(score: Score, kind: str, found: list[Finding], line: int, what: str) -> None:
    score.edits[kind] += 1
    kinds = {one.kind for one in found if one.line == line}
    if kinds & {Kind.FALSE, Kind.EDITED}:
        score.caught[kind] += 1
    else:
        score.missed.append(what)
    if Kind.FALSE in kinds:
        score.false[kind] += 1


class Remembered:
    """Build each dossier once: an edit of a page changes nothing in the repository."""

    def __enter__(self) -> None:
        self._build = verification.build_dossier
        known: dict[object, Dossier] = {}

        def build(workshop: object, key: SubjectKey, listed: tuple[ToldRun, ...] | None = None) -> Dossier:
            if (key, listed) not in known:
                known[key, listed] = self._build(workshop, key, listed)  # type: ignore[arg-type] # passed through
            return known[key, listed]

        verification.build_dossier = build  # type: ignore[assignment] # restored below

    def __exit__(self, *_: object) -> None:
        verification.build_dossier = self._build


# -- kinds of edits -------------------------------------------------------------------------------------------------


def _match(pattern: str, text: str, chance: random.Random) -> re.Match[str] | None:
    found = list(re.finditer(pattern, text))
    return chance.choice(found) if found else None


def _digit(text: str, _dossier: Dossier, chance: random.Random) -> Edit | None:
    found = _match(r"\d", text, chance)
    return found and Edit(found.start(), found.end(), str((int(found[0]) + chance.randrange(1, 10)) % 10))


def _hash_digit(text: str, _dossier: Dossier, chance: random.Random) -> Edit | None:
    found = _match(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b", text, chance)
    if found is None:
        return None
    place = chance.randrange(found.start(), found.end())
    return Edit(place, place + 1, chance.choice([sign for sign in "0123456789abcdef" if sign != text[place]]))


def _path(text: str, dossier: Dossier, chance: random.Random) -> Edit | None:
    """One path becomes another of the same subject, or one that there is not."""
    names = sorted({str(fact.value) for fact in dossier.ledger.values() if fact.unit == "path" and fact.value})
    return _swap(text, names, [*names, "src/nowhere.py"], chance)


def _component(text: str, dossier: Dossier, chance: random.Random) -> Edit | None:
    names = sorted({key.split(".", 1)[1].rsplit(".", 1)[0] for key in dossier.ledger if key.startswith("component.")})
    return _swap(text, names, [*names, "nowhere"], chance)


def _type(text: str, dossier: Dossier, chance: random.Random) -> Edit | None:
    return _swap(text, [dossier.ledger.string("commit.type")], _TYPES, chance)


def _number_word(text: str, _dossier: Dossier, chance: random.Random) -> Edit | None:
    found = _match(rf"\b(?:{'|'.join([*_WORDS, *_ORDINALS])})\b", text, chance)
    if found is None:
        return None
    row = _WORDS if found[0] in _WORDS else _ORDINALS
    return Edit(found.start(), found.end(), chance.choice([word for word in row if word != found[0]]))


def _number(text: str, dossier: Dossier, chance: random.Random) -> Edit | None:
    """A number becomes another one that stands in the ledger."""
    known = sorted({f.figure for f in dossier.ledger.values() if re.fullmatch(r"\d[\d,.]*", f.figure)})
    found = _match(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w.-]|,\d)", text, chance)
    others = [figure for figure in known if found and figure != found[0]]
    return Edit(found.start(), found.end(), chance.choice(others)) if found and others else None


def _swap(text: str, names: list[str], others: list[str], chance: random.Random) -> Edit | None:
    shown = [name for name in names if re.search(rf"(?<![\w/.]){re.escape(name)}(?![\w/])", text)]
    if not shown:
        return None
    name = chance.choice(shown)
    found = _match(rf"(?<![\w/.]){re.escape(name)}(?![\w/])", text, chance)
    assert found is not None, name
    return Edit(found.start(), found.end(), chance.choice([other for other in others if other != name]))


KINDS: dict[str, Callable[[str, Dossier, random.Random], Edit | None]] = {
    "digit": _digit,
    "hash digit": _hash_digit,
    "path": _path,
    "component": _component,
    "commit type": _type,
    "number word": _number_word,
    "other number of the ledger": _number,
}


def main(arguments: list[str]) -> int:
    """Print the table."""
    repository, pages, number, seed = arguments
    score = tamper(Path(repository), Path(pages), int(number), int(seed))
    print(f"{'edit':<28} {'edits':>6} {'caught':>7} {'as false':>9}")
    for kind in KINDS:
        print(f"{kind:<28} {score.edits[kind]:>6} {score.caught[kind]:>7} {score.false[kind]:>9}")
    total = sum(score.edits.values())
    print(f"{'all':<28} {total:>6} {sum(score.caught.values()):>7} {sum(score.false.values()):>9}")
    for line in (*score.missed, *score.unclean):
        print(line, file=sys.stderr)
    return 1 if score.missed or score.unclean else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
