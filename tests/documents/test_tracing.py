"""Marks: which fact stands where on a page, found by laying it out once more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.documents.page import load_page
from chronicles.documents.regions import Region, regions
from chronicles.documents.render import Renderer
from chronicles.documents.tracing import Traced, bare, capital, derived, replaced, same, traced
from chronicles.dossier import Fact, Source
from chronicles.personas import load_cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chronicles.documents.page import Page
    from tests.conftest import Ran, RepoBuilder


def fact(name: str, value: int) -> Fact:
    """A fact of so many lines."""
    return Fact(name, value, "line", str(value), f"{value} lines", Source.GIT, "true")


def pages(folder: Path) -> Iterator[Page]:
    """The episodes of a folder."""
    for sidecar in sorted(folder.glob("episodes/episode_*.json")):
        yield load_page(sidecar)


def shown(text: str, facts: list[Fact]) -> str:
    """A text whose marks are written out."""

    def name(behind: Traced, text: str) -> str:
        sign = "~" if behind.counted else "="
        return f"<{'+'.join(one.id for one in behind.facts)}{sign}{text}>"

    return replaced(text, facts, name)


def marked(saga: RepoBuilder) -> tuple[list[str], list[Fact]]:
    """Two marked figures, of 3 and 4 lines, as a traced page has them, and their facts."""
    page, facts = traced(next(pages(saga.path)))
    ledger = page.dossier.ledger
    return [ledger["change.insertions"].figure, ledger["change.files"].figure], facts


def test_a_page_without_its_marks_is_the_page(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Every page, also those of days, lays out to the same text with marks and without; no mark comes undone."""
    assert run(saga.path, "generate", "--all", "--group-by", "day", "--output", "days/episodes").code == 0
    renderer = Renderer(load_cast())
    days = list(pages(saga.path / "days"))
    assert any(page.dossier.subject.kind == "group" for page in days)
    for page in [*pages(saga.path), *days]:
        with_marks, facts = traced(page)
        text = renderer.render(with_marks)
        assert bare(text) == renderer.render(page)
        assert "<change.insertions=" in shown(text, facts)


def test_numbers_that_are_counted_name_all_that_they_come_from(saga: RepoBuilder) -> None:
    """The sum of a merge's commits is counted from told and grouped, each of which is a fact of its own."""
    renderer = Renderer(load_cast())
    page = next(page for page in pages(saga.path) if page.dossier.coverage.grouped)
    with_marks, facts = traced(page)
    text = shown(renderer.render(with_marks), facts)
    assert "<coverage.told+coverage.grouped~Three commits>: <coverage.told=1> told" in text
    (told,) = (one for one in facts if one.id == "coverage.told")
    sha = page.dossier.subject.commits[0]
    assert told.derive == f"chronicles dossier {sha} --json"
    assert not any(name.startswith("coverage.") for name in page.dossier.ledger)


def test_every_number_of_tables_lists_and_the_files_line_is_marked(saga: RepoBuilder) -> None:
    """Outside of links, code and quotations no digit of ours stands without a fact behind it."""
    renderer = Renderer(load_cast())
    for page in pages(saga.path):
        with_marks, facts = traced(page)
        ours = re.compile(r"[|*-] ?")
        lines = renderer.render(with_marks).split("\n")
        for line, kind in zip(lines, regions(lines), strict=True):
            if kind is Region.PROSE and ours.match(line) and not line.startswith(("**", "---")):
                rest = replaced(line, facts, lambda *_: "")
                rest = re.sub(r"\[[^\]]*\]\([^)]*\)|`[^`]*`", "", rest)
                assert not re.search(r"\d", rest), line


def test_marks_are_handed_on(saga: RepoBuilder) -> None:
    """Other words for a fact keep its mark, a count has the marks of all that it is counted from, and nests none."""
    (lines, files), facts = marked(saga)
    assert shown(same("many", lines), facts) == "<change.insertions=many>"
    assert shown(derived("seven", lines, files), facts) == "<change.insertions+change.files~seven>"
    assert shown(derived(f"of {lines}", lines), facts).startswith("<change.insertions~of ")
    assert shown(derived("all", derived("some", lines), files), facts) == "<change.insertions+change.files~all>"
    assert shown(capital(same("many", lines)), facts) == "<change.insertions=Many>"


def test_without_marks_there_is_only_text() -> None:
    """A page that nobody traces has no marks."""
    assert same("many", "3") == "many"
    assert derived("7", "3", "4") == "7"
    assert capital("many") == "Many"


def test_marks_that_lead_nowhere_are_dropped() -> None:
    """A mark of no fact, a half of one, and one that was in the text before leave the text alone."""
    facts = [fact("a", 1)]
    assert shown("\ue0007\ue001text\ue002", facts) == "text"
    assert shown("\ue0000\ue001no end", facts) == "no end"
    assert shown("\ue000+\ue001text\ue002", facts) == "text"
    assert shown("\ue0000+9\ue001text\ue002", facts) == "<a=text>"
