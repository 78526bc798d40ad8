"""A patch document as the site shows it: what breaks stands out, and checks say how they ended."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.page import load_page
from chronicles.site.around import Near, Other
from chronicles.site.patch import patch
from tests.site.laying import edition, of_class, source_of, tree, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from xml.etree import ElementTree as ET

    from tests.conftest import Ran, RepoBuilder

CHECKS = """
[tool.chronicles.checks]
tests = "true"
lint = "false"
"""
API = '__all__ = ["one", "two"]\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n'


@pytest.fixture
def document(repo: RepoBuilder, run: Callable[..., Ran]) -> Path:
    """The patch document of a range that breaks something and whose checks passed and failed."""
    settings = '[project]\nname = "lib"\nversion = "1.0"\n' + CHECKS
    repo.commit("feat: begin", {"pyproject.toml": settings, "lib/__init__.py": API, "docs/a.md": "A.\n"})
    repo.tag("v1.0")
    repo.commit("feat!: drop", {"lib/__init__.py": API.replace('"two"', '"three"').replace("two", "three")})
    repo.commit("docs: more", {"docs/a.md": "A.\nB.\n", "docs/b.md": "B.\n"})
    repo.tag("v2.0")
    run(repo.path, "patch", "v1.0..v2.0", "--check")
    return repo.path / "patches/patch_1.md"


def shown(path: Path, near: Near | None = None) -> str:
    """A patch document as it is staged."""
    return patch(source_of(path), edition(root=path.parents[1]), near or Near())


def section(root: ET.Element, heading: str) -> list[str]:
    """The items of the list under a heading."""
    parts = list(root)
    at = next(at for at, one in enumerate(parts) if words(one) == heading)
    return [words(item) for item in parts[at + 1].iter("li")]


def test_what_identifies_it_is_one_line_under_the_title(document: Path) -> None:
    """Date, status, commit and range stand under the title, whose numbers are links."""
    root = tree(shown(document))
    (meta,) = of_class(root, "meta")
    assert re.fullmatch(r"date 20\d\d-\d\d-\d\d status Draft commit [0-9a-f]{7} range v1\.0 to v2\.0", words(meta))
    (head,) = root.iter("h1")
    assert words(head).startswith("Patch 1 ")
    assert [link.attrib["href"] for link in head.iter("a")] == ["#fact-broken.count", "#fact-range.commits"]
    assert 'title: "Patch 1: ' in shown(document)


def test_what_breaks_stands_in_a_block_of_its_own(document: Path) -> None:
    """All of the section stands there and nothing of the next one."""
    root = tree(shown(document))
    (block,) = of_class(root, "breaking")
    headings = [words(one) for one in block if one.tag in ("h2", "h3")]
    assert headings[0] == "Breaking Changes"
    assert any(heading.startswith("Public API") for heading in headings)
    assert "two" in words(block)
    assert "Files Added" in [words(one) for one in root.iter("h2")]
    assert "Files Added" not in words(block)


def test_a_check_says_how_it_ended(document: Path) -> None:
    """Passed and failed are words, each with its own look, and no box is left."""
    root = tree(shown(document))
    items = [item for item in root.iter("li") if of_class(item, "check")]
    results = {words(item).partition(":")[0]: of_class(item, "check")[0].attrib["class"] for item in items}
    facts = load_page(document.with_suffix(".json")).dossier.ledger
    ended = {facts.string(f"{one}.name"): facts.string(f"{one}.result") for one in facts.numbered("check")}
    assert ended["tests"] == "passed"
    assert ended["lint"] == "failed"
    assert results["passed tests"] == "check passed"
    assert results["failed lint"] == "check failed"
    assert "[ ]" not in words(root)
    assert "[x]" not in words(root)


def test_a_check_that_did_not_run_is_open(document: Path, run: Callable[..., Ran]) -> None:
    """Nobody takes a check without a record for one that failed or passed."""
    repo = document.parents[1]
    shutil.rmtree(repo / "patches" / "checks")
    run(repo, "patch", "v1.0..v2.0", "--no-check")
    root = tree(shown(document))
    assert {(one.attrib["class"], words(one)) for one in of_class(root, "check")} == {("check open", "not run")}


def test_a_persons_box_is_no_result(document: Path) -> None:
    """A task that a person has ticked is done and one that is not is open; neither looks like a check that ran."""
    text = document.read_text("utf-8")
    own = "## Ours\n\n- [x] told Ann\n- [ ] tell Bob\n\n"
    document.write_text(text.replace("## Coverage\n", f"{own}## Coverage\n"), "utf-8")
    root = tree(shown(document))
    assert section(root, "Ours") == ["done told Ann", "open tell Bob"]
    looks = [one.attrib["class"] for one in of_class(root, "check") if words(one) in ("done", "open")]
    assert looks == ["check open", "check open"]


def test_numbers_lead_to_their_facts(document: Path) -> None:
    """Each link of the document has its row, and so have the bars of its components."""
    root = tree(shown(document))
    ids = {one.attrib["id"] for one in root.iter("tr") if "id" in one.attrib}
    targets = {one.attrib["href"].removeprefix("#") for one in of_class(root, "fact")}
    assert targets <= ids
    assert {"fact-range.commits", "fact-component.docs.insertions"} <= targets
    page = load_page(document.with_suffix(".json"))
    assert page.dossier.subject.commits[0] in words(of_class(root, "evidence")[0])


def test_links_lead_to_the_documents_around_it(document: Path) -> None:
    """A document names the one before it and the one behind it."""
    near = Near(Other(3, "patch_3.md", "Three"), Other(5, "patch_5.md", "Five"))
    (block,) = of_class(tree(shown(document, near)), "around")
    assert [one.attrib["href"] for one in block.iter("a")] == ["patch_3.md", "patch_5.md"]
    assert words(block) == "Earlier Patch 3: Three Next Patch 5: Five"


def test_a_document_without_breaks_has_no_block(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where nothing breaks, nothing stands out."""
    repo.commit("feat: begin", {"a.py": "x = 1\n"})
    repo.tag("v1.0")
    repo.commit("fix: it", {"a.py": "x = 2\n"})
    assert run(repo.path, "patch", "v1.0..HEAD").code == 0
    root = tree(shown(repo.path / "patches/patch_1.md"))
    assert not of_class(root, "breaking")
    assert json.loads((repo.path / "patches/patch_1.json").read_text("utf-8"))["schema"] == "chronicles.page/1"
