"""Subjects find the pages that tell them; gaps between pages become runs of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chronicles.commands.session import Session
from chronicles.documents.merging import _ours
from chronicles.documents.page import load_page
from chronicles.documents.recovery import recover
from chronicles.documents.telling import Told
from chronicles.dossier import SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Ran, RepoBuilder


@pytest.fixture
def session(saga: RepoBuilder) -> Iterator[Session]:
    """The saga, open."""
    with Session(saga.path) as opened:
        opened.follow(saga.head)
        yield opened


def history(saga: RepoBuilder) -> list[str]:
    """The first-parent steps, oldest first."""
    return saga.git("rev-list", "--first-parent", "--reverse", "HEAD").split()


def test_what_is_told_stays_where_it_is(saga: RepoBuilder, session: Session) -> None:
    """Of a group whose commits have pages of their own nothing is new."""
    steps = history(saga)
    key = SubjectKey("group", tuple(reversed(steps[2:5])), steps[1])
    parts = session.press().untold(key)
    assert [(part.commits, entry and entry.number) for part, entry in parts] == [
        ((steps[2],), 3),
        ((steps[3],), 4),
        ((steps[4],), 5),
    ]


def test_gaps_become_runs(saga: RepoBuilder, session: Session, run: Callable[..., Ran]) -> None:
    """Untold commits around told ones are runs with their own bases; removed ones stay out and are counted."""
    steps = history(saga)
    for number in (1, 2, 4, 5, 6):
        (saga.path / f"episodes/episode_{number:03d}.md").unlink()
        (saga.path / f"episodes/episode_{number:03d}.json").unlink()
    run(saga.path, "remove", "episodes/episode_007.md")
    told = Told()
    parts = session.press().untold(SubjectKey("group", tuple(reversed(steps[:7])), None), told)
    assert [(part.kind, part.commits, part.base, entry and entry.number) for part, entry in parts] == [
        ("group", (steps[1], steps[0]), None, None),
        ("commit", (steps[2],), steps[1], 3),
        ("group", (steps[5], steps[4], steps[3]), steps[2], None),
    ]
    assert told.excluded == {"removed by `chronicles remove`": 1}


def test_pages_know_the_rules_that_made_them(saga: RepoBuilder) -> None:
    """A sidecar names the version of everything that a page depends on."""
    page = load_page(saga.path / "episodes/episode_003.json")
    assert set(page.made_by) == {"template", "view", "title", "personas", "writer"}
    families = {fact.family for fact in page.dossier.ledger.values()}
    assert families <= set(page.dossier.made_by)
    assert {f"claims.{claim.family}" for claim in page.dossier.claims} <= set(page.dossier.made_by)


def test_a_page_without_sidecar_keeps_what_may_be_a_persons() -> None:
    """Lines that the rendering has, or has with another number, are ours; any other may be a person's."""
    page = "---\nold: 1\n---\n\n- **Files**: 3\n\nA person said this.\n\nSame.\n"
    rendering = "---\nnew: 2\n---\n\n- **Files**: 4\n\nSame.\n"
    assert len(_ours(page, rendering)) == len(page.split("\n")) - len(["A person said this.", ""])


def test_recovery_finishes_or_undoes(saga: RepoBuilder) -> None:
    """A whole sidecar alone is moved after its page; half a file, or a page beside it, means nothing was moved."""
    folder = saga.path / "episodes"
    stored = (folder / "episode_003.json").read_text()
    newer = stored.replace('"title": "', '"title": "Newer ', 1)
    (folder / ".chronicles-aa.tmp").write_text(newer)
    recover(folder)
    assert json.loads((folder / "episode_003.json").read_bytes())["episode"]["title"].startswith("Newer ")
    for left in ([newer[:500]], [newer, "# a page"], ["{}"], [""]):
        (folder / "episode_003.json").write_text(stored)
        for number, content in enumerate(left):
            (folder / f".chronicles-{number}.tmp").write_text(content)
        recover(folder)
        assert (folder / "episode_003.json").read_text() == stored
        assert not list(folder.glob(".chronicles-*"))
