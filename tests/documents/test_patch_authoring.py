"""What people write on a patch document stays through new commits, and what they left alone is current."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands.session import Session
from chronicles.documents.edits import digests
from chronicles.documents.page import load_page
from chronicles.documents.regions import Region, regions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

_NUMBER = re.compile(r"\b(?:\d[\d,]*|one|two|three|four|five|six|seven|eight|nine)\b", re.IGNORECASE)
_NOTE = re.compile(r"\bnote [a-j]+q\b")
_MARK = re.compile(r" <!-- by: [^<>]* -->")


def _key(line: str) -> str:
    """A line without the numbers that a later commit may change, and the plural that goes with them."""
    return re.sub(r"(?<=\w)s\b|\bchanges\b|\bare\b|\bis\b", "", _NUMBER.sub("#", line.strip()))


@dataclass
class Author:
    """Somebody who edits a page by chance, and remembers what they took off it."""

    chance: random.Random
    lines: list[str] = field(default_factory=list)
    rendered: Counter[str] = field(default_factory=Counter)
    kept: set[str] = field(default_factory=set)
    """Lines that nobody takes off: what broke."""
    notes: int = 0
    taken: set[str] = field(default_factory=set)
    """Keys of lines of ours that they deleted or put others in the place of."""
    done: Counter[str] = field(default_factory=Counter)

    def read(self, page: str, rendering: str) -> None:
        """Take up the page as it is now."""
        self.lines, self.rendered = page.split("\n"), Counter(rendering.split("\n"))
        broke = re.search(r"^## Breaking Changes\n.*?(?=^## )", rendering, re.DOTALL | re.MULTILINE)
        self.kept = {line for line in broke[0].split("\n") if line} if broke else set()

    def note(self) -> str:
        """A sentence of their own; it has no number that a fact could be held to."""
        self.notes += 1
        return f"note {''.join('abcdefghij'[int(digit)] for digit in str(self.notes))}q"

    def edit(self) -> None:
        """Do one thing to the page."""
        ways: list[Callable[[], bool]] = [
            *([self.insert] * 5),
            *([self.rewrite] * 5),
            *([self.delete] * 3),
            *([self.move] * 4),
            *([self.new_section] * 2),
            self.move_section,
            self.delete_section,
        ]
        while True:
            way = self.chance.choice(ways)
            if way():
                self.done[way.__name__] += 1
                return

    # -- one line -----------------------------------------------------------------------------------------------

    def insert(self) -> bool:
        """Add a line."""
        place = self.chance.choice(self._open())
        self.lines.insert(
            place, self.chance.choice(["- As {} has it.", "A word of {}.", "> So says {}."]).format(self.note())
        )
        return True

    def rewrite(self) -> bool:
        """Say a line otherwise, or a little otherwise."""
        found = self._ours()
        if not found:
            return False
        place = self.chance.choice(found)
        old = self.lines[place]
        self.taken.add(_key(old))
        lead = re.match(r"\s*(?:[-*+] |\d+\. |#+ )?", old)
        assert lead is not None
        light = f"{old} as {self.note()} has it"
        self.lines[place] = light if self.chance.random() < 0.5 else f"{lead[0]}In the words of {self.note()}."
        return True

    def delete(self) -> bool:
        """Take a line off the page."""
        found = self._ours()
        if not found:
            return False
        self.taken.add(_key(self.lines.pop(self.chance.choice(found))))
        return True

    def move(self) -> bool:
        """Put a line elsewhere."""
        found = self._ours()
        if not found:
            return False
        line = self.lines.pop(self.chance.choice(found))
        self.lines.insert(self.chance.choice(self._open()), line)
        return True

    # -- a section ----------------------------------------------------------------------------------------------

    def new_section(self) -> bool:
        """Write a section."""
        place = self.chance.choice([start for start, _ in self._sections()])
        self.lines[place:place] = [f"## {self.note()}", "", f"It is about {self.note()}.", ""]
        return True

    def move_section(self) -> bool:
        """Put a section elsewhere."""
        start, end = self.chance.choice(self._sections())
        section = self.lines[start:end]
        del self.lines[start:end]
        place = self.chance.choice([start for start, _ in self._sections()])
        self.lines[place:place] = section
        return True

    def delete_section(self) -> bool:
        """Take a section off the page, but never one of three last ones."""
        sections = self._sections()
        if len(sections) < 6:
            return False
        start, end = self.chance.choice(sections[:-1])
        if any(_NOTE.search(line) or line in self.kept for line in self.lines[start:end]):
            return False
        self.taken.update(_key(line) for line in self.lines[start:end] if line.strip())
        del self.lines[start:end]
        return True

    # -- where --------------------------------------------------------------------------------------------------

    def _open(self) -> list[int]:
        """Where a line can go: in no front matter, fence or table."""
        kinds = regions(self.lines)
        return [
            number
            for number in range(len(self.lines) - 2)
            if kinds[number] is Region.PROSE
            and kinds[number - 1] in (Region.PROSE, Region.INDENTED)
            and not self.lines[number].startswith(("|", "# "))
        ]

    def _ours(self) -> list[int]:
        """Lines of ours that say something."""
        kinds = regions(self.lines)
        return [
            number
            for number, line in enumerate(self.lines)
            if kinds[number] is Region.PROSE
            and line.strip("- \n")
            and line in self.rendered
            and line not in self.kept
            and not line.startswith(("|", "# ", "**", "<small>"))
            and " = " not in line  # the sum of commits is a fact, and no sentence
        ]

    def _sections(self) -> list[tuple[int, int]]:
        kinds = regions(self.lines)
        starts = [n for n, line in enumerate(self.lines) if line.startswith("## ") and kinds[n] is Region.PROSE]
        return list(zip(starts, [*starts[1:], len(self.lines) - 4], strict=True))


def _grow(repo: RepoBuilder, chance: random.Random, number: int) -> None:
    """A commit that changes several sections of the document."""
    kind = chance.choice(["feat", "fix", "refactor", "docs", "feat!"])
    files: dict[str, str | bytes | None] = {
        f"core/m{number}.py": "".join(
            f"def f{number}_{n}(a):\n    return a + {n}\n" for n in range(chance.randint(1, 5))
        )
    }
    if chance.random() < 0.5:
        files[f"docs/page{number}.md"] = f"# Page {number}\n\nAbout it.\n"
    there = sorted(path.relative_to(repo.path).as_posix() for path in (repo.path / "old").rglob("*.py"))
    if there and chance.random() < 0.7:
        path = chance.choice(there)
        files[path] = None
        if chance.random() < 0.7:
            files[path.replace("old/", "attic/")] = (repo.path / path).read_text()
    word = chance.choice(["carry", "mend", "name", "weigh", "fold"])
    repo.commit(f"{kind}: {word} part {number}\n\nNext: look at part {number} again", files)


def _begin(repo: RepoBuilder) -> None:
    repo.commit(
        "feat: begin",
        {f"old/{a}/m{n}.py": f"def old_{a}_{n}(x):\n" + "    x += 1\n" * (n + 3) for a in "ab" for n in range(6)}
        | {"README.md": "# It\n"},
    )
    repo.tag("v1.0")


def _rendering(path: Path, page: Path) -> str:
    with Session(path) as session:
        stored = load_page(page.with_suffix(".json"))
        text = session.patch_press().render(stored)
        assert tuple(digests(text)) == stored.rendered
        return text


def _held_to_account(author: Author, before: list[str], page: str, rendering: str, conflicts: list[Any]) -> None:
    """Hold a page to what its author did and to what it would be without them."""
    lines = [_MARK.sub("", line) for line in page.split("\n")]
    notes = [_MARK.sub("", line) for line in before if _NOTE.search(line)]
    assert [line for line in lines if _NOTE.search(line)] == notes, "a person's line is lost, doubled or out of order"
    ours = Counter(line for line in lines if line.strip() and not _NOTE.search(line))
    wanted = Counter(line for line in rendering.split("\n") if line.strip())
    assert sorted(ours - wanted) == [], "lines that no rendering has now"
    # What is not rendered any more is forgotten; what was reported as hidden stays so, however it changes.
    author.taken &= {_key(line) for line in wanted}
    author.taken.update(_key(one["rendered"]) for one in conflicts if one["rendered"])
    for line in wanted - ours:
        assert _key(line) in author.taken, f"nobody took this off the page: {line}"
    for line in ours:
        if _key(line) in author.taken:
            alike = [one for one in wanted if _key(one) == _key(line)]
            assert len(alike) > 1 or wanted[line] > 1 or line.startswith("#"), f"this came back: {line}"


@pytest.mark.parametrize("seed", range(3))
def test_two_hundred_edits_survive_new_commits(repo: RepoBuilder, run: Callable[..., Ran], seed: int) -> None:
    """Every line that somebody wrote stays, in their order; every other line is one of a fresh rendering."""
    chance = random.Random(seed)  # noqa: S311 -- a test that repeats itself, no secret
    _begin(repo)
    for number in range(4):
        _grow(repo, chance, number)
    assert run(repo.path, "patch").code == 0
    page = repo.path / "patches/patch_1.md"
    author = Author(chance)
    for turn in range(1, 6):
        author.read(_MARK.sub("", page.read_text()), _rendering(repo.path, page))
        for _ in range(40):
            author.edit()
        before = page.read_text()
        page.write_text("\n".join(author.lines))
        if turn % 2:
            run(repo.path, "adopt", str(page), "--name", "Ann")
        before = page.read_text()
        for number in range(3):
            _grow(repo, chance, turn * 10 + number)
        told = run(repo.path, "patch", "--json")
        assert told.code == 0, told
        report = json.loads(told.out)
        assert report["number"] == 1
        _held_to_account(author, before.split("\n"), page.read_text(), _rendering(repo.path, page), report["conflicts"])
    assert author.done.total() == 200
    run(repo.path, "adopt", str(page), "--name", "Ann")
    lines = page.read_text().split("\n")
    found = json.loads(run(repo.path, "verify", "--json").out)["findings"]
    # A reworded line keeps the numbers that it had, and those may have changed since.
    others = [one for one in found if not (_NOTE.search(lines[one["line"] - 1]) and "signed by Ann, but" in one["why"])]
    assert others == []
