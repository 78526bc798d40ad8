"""Looking at what a served site is made of."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from chronicles.commands.site import watched
from chronicles.mkdocs import built_or_kept
from chronicles.site.watching import Look, Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RepoBuilder


def test_a_look_sees_what_comes_changes_and_goes(tmp_path: Path) -> None:
    """A file and a folder that are not there yet are seen when they are, and each change is told once."""
    file, folder = tmp_path / "README.md", tmp_path / "docs"
    look = Look(lambda: [file, folder])
    page = folder / "deep" / "page.md"
    steps: list[Callable[[], object]] = [
        lambda: file.write_text("a", "utf-8"),
        lambda: page.parent.mkdir(parents=True) or page.write_text("a", "utf-8"),
        lambda: page.write_text("ab", "utf-8"),
        page.unlink,
        file.unlink,
    ]
    assert not look.changed()
    for step in steps:
        step()
        assert look.changed()
        assert not look.changed()


def test_all_that_makes_the_site_is_looked_at(repo: RepoBuilder) -> None:
    """Folders that appear later, the README, personas, and what other settings name from then on."""
    repo.commit("feat: begin", {"a.py": "A = 1\n", "chronicles.toml": 'personas = "voices"\n'})
    look = Look(watched(repo.path))
    for path, text in (
        ("README.md", "# Saga"),
        ("docs/guide.md", "# Guide"),
        ("episodes/x.md", "x"),
        ("patches/x.md", "x"),
        ("voices/ada.toml", "x"),
        ("templates/episode.md.jinja", "x"),
        ("chronicles.toml", 'personas = "voices"\ndocs = "manual"\n'),
        ("manual/guide.md", "# Guide"),
        ("chronicles.toml", "broken ["),
        ("manual/guide.md", "# Other guide"),
    ):
        place = repo.path / path
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, "utf-8")
        assert look.changed(), path
        assert not look.changed(), path
    repo.commit("feat: more", {"a.py": "A = 2\n"})
    assert look.changed()


def test_a_watch_calls_after_a_change_and_ends(tmp_path: Path) -> None:
    """What is called is called in another thread, until it is left."""
    called = Event()
    with Watch(Look(lambda: [tmp_path / "a"]), called.set, wait_sec=0.01):
        (tmp_path / "a").write_text("a", "utf-8")
        assert called.wait(60)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit("no")])
def test_a_build_that_fails_leaves_the_last_site(tmp_path: Path, error: BaseException) -> None:
    """What was built of it goes, and the last site is as it was; a build that succeeds takes its place."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("last", "utf-8")

    def fail() -> None:
        (site / "half.html").write_text("half", "utf-8")
        raise error

    built_or_kept(fail, site)
    assert {one.name: one.read_text() for one in site.iterdir()} == {"index.html": "last"}
    built_or_kept((site / "new.html").touch, site)
    assert [one.name for one in site.iterdir()] == ["new.html"]
    assert [one.name for one in tmp_path.iterdir()] == ["site"]
