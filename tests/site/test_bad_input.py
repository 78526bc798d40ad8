"""Repositories that are not in order: a page is named and left out, and the rest of the site is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder


def staged(repo: RepoBuilder) -> Path:
    """The folder of staged pages."""
    return repo.path / ".chronicles" / "pages"


def mentions(folder: Path, word: str) -> set[str]:
    """The staged pages that have a word."""
    found = (path for path in folder.rglob("*.md") if word in path.read_text("utf-8"))
    return {path.relative_to(folder).as_posix() for path in found}


def test_a_repository_without_episodes_is_welcomed(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Before the first episode the first page says which command writes it, and the site builds strictly."""
    repo.commit("feat: begin", {"a.txt": "a\n"})
    assert run(repo.path, "init").code == 0
    for builder in ("mkdocs", "zensical"):
        done = run(repo.path, "site", "build", "--builder", builder, "--strict")
        assert done.code == 0, done.err
        assert "chronicles generate" in (repo.path / "site" / "index.html").read_text("utf-8")
        assert (repo.path / "site" / "feed.xml").is_file()


def test_a_repository_without_a_commit_is_welcomed(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Before the first commit there is a site too."""
    assert run(repo.path, "site", "stage").code == 0
    assert "chronicles generate" in (staged(repo) / "index.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text.replace("title:", "title: [", 1), "line "),
        (lambda text: text.replace('tags: ["', 'tags: [[{"', 1).replace("commits:", "commits: {", 1), "line "),
        (lambda text: text.partition("---\n# ")[2] or text.split("---\n", 2)[2], "it has no front matter"),
    ],
)
def test_a_page_with_broken_front_matter_is_named(
    saga: RepoBuilder, run: Callable[..., Ran], spoil: Callable[[str], str], said: str
) -> None:
    """The page is left out of the site and its lists, the exit code is 1, and the other pages are there."""
    page = saga.path / "episodes" / "episode_007.md"
    page.write_text(spoil(page.read_text("utf-8")), "utf-8")
    done = run(saga.path, "site", "stage")
    assert done.code == 1
    assert f"chronicles: {page}: {said}" in done.err
    assert done.err.count(str(page)) == 1
    assert not (staged(saga) / "episodes" / "episode_007.md").exists()
    assert (staged(saga) / "episodes" / "episode_008.md").is_file()
    lists = {path for path in mentions(staged(saga), "(episode_007.md") if "episode_" not in path}
    assert lists == set()
    assert run(saga.path, "site", "stage").code == 1, "a rerun has not forgotten it"


def test_the_site_is_built_without_a_broken_page(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Both builders build what is in order; the exit code is 1 and the page is named once."""
    assert run(saga.path, "init").code == 0
    page = saga.path / "episodes" / "episode_018.md"
    page.write_text(page.read_text("utf-8").replace("title:", "title: [", 1), "utf-8")
    for builder in ("mkdocs", "zensical"):
        done = run(saga.path, "site", "build", "--builder", builder)
        assert done.code == 1
        assert (saga.path / "site" / "episodes" / "episode_017" / "index.html").is_file()
        assert not (saga.path / "site" / "episodes" / "episode_018").exists()
        assert "episode_018" not in (saga.path / "site" / "feed.json").read_text("utf-8")


@pytest.mark.parametrize("missing", ["json", "md"])
def test_half_a_page_is_named(saga: RepoBuilder, run: Callable[..., Ran], missing: str) -> None:
    """A page without its sidecar, or a sidecar without its page, is left out and named."""
    (saga.path / "episodes" / f"episode_004.{missing}").unlink()
    done = run(saga.path, "site", "stage")
    assert done.code == 1
    assert "there is no " in done.err
    assert "episode_004" in done.err
    assert not (staged(saga) / "episodes" / "episode_004.md").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"schema": "chronicles.page/9"}', b"\xff\xfe", b"[" * 100_000, None],
    ids=["empty", "open", "list", "newer", "bytes", "deep", "folder"],
)
def test_a_broken_sidecar_is_named(saga: RepoBuilder, run: Callable[..., Ran], content: bytes | None) -> None:
    """A sidecar that is none leaves its page out; whatever it is, no traceback."""
    sidecar = saga.path / "episodes" / "episode_004.json"
    sidecar.unlink()
    if content is None:
        sidecar.mkdir()
    else:
        sidecar.write_bytes(content)
    done = run(saga.path, "site", "stage")
    assert done.code == 1
    assert "episode_004.json" in done.err
    assert "Traceback" not in done.err
    assert not (staged(saga) / "episodes" / "episode_004.md").exists()
    assert (staged(saga) / "episodes" / "episode_005.md").is_file()


@pytest.mark.parametrize("lost", ["commit.authored_at", "change.files", "commit.subject"])
def test_a_sidecar_that_lacks_a_fact_is_named(saga: RepoBuilder, run: Callable[..., Ran], lost: str) -> None:
    """A sidecar of the right form from which no page can be made is named, with what is missing."""
    sidecar = saga.path / "episodes" / "episode_004.json"
    stored = json.loads(sidecar.read_bytes())
    stored["dossier"]["facts"] = [fact for fact in stored["dossier"]["facts"] if fact["id"] != lost]
    sidecar.write_text(json.dumps(stored), "utf-8")
    done = run(saga.path, "site", "stage")
    assert done.code == 1
    assert "episode_004.json: no page can be made of it" in done.err
    assert (staged(saga) / "episodes" / "episode_005.md").is_file()


def test_two_pages_of_one_number_are_named(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Of two pages with one number the one with the usual name is on the site, and the other is named."""
    for ending in ("md", "json"):
        shutil.copyfile(saga.path / f"episodes/episode_004.{ending}", saga.path / f"episodes/episode_4.{ending}")
    done = run(saga.path, "site", "stage")
    assert done.code == 1
    assert "episode_4.md: has the same number as episode_004.md" in done.err
    assert (staged(saga) / "episodes" / "episode_004.md").is_file()
    assert not (staged(saga) / "episodes" / "episode_4.md").exists()


def test_many_commits_of_windows_names(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Paths that are no names on Windows, in commits and documentation, give files that are."""
    odd = {"aux/con.txt": "1\n", 'a"b?/c|d': "2\n", "nul": "3\n", "ends./x": "4\n", "docs/what?.md": "# What\n"}
    repo.commit("feat: odd names", odd | {"docs/AUX.md": "# Aux\n", "docs/aux.md": "# Aux, small\n"})
    assert run(repo.path, "generate", "--all").code == 0
    assert run(repo.path, "init").code == 0
    assert run(repo.path, "site", "build", "--strict").code == 0
    places = [path.relative_to(repo.path / "site").as_posix() for path in (repo.path / "site").rglob("*")]
    assert len({place.casefold() for place in places}) == len(places)
    for place in places:
        for part in place.split("/"):
            assert not set(part) & set('<>:"\\|?*'), place
            assert part.partition(".")[0].lower() not in {"con", "aux", "nul", "prn"}, place
            assert part[-1] not in ". ", place


def test_a_link_in_the_place_of_staged_pages_is_refused(
    saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path
) -> None:
    """Where a repository has a link to another folder instead of its staged pages, nothing is deleted there."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.md").write_text("Dear", "utf-8")
    assert run(saga.path, "init").code == 0
    for link in (saga.path / ".chronicles", saga.path / ".chronicles" / "pages"):
        shutil.rmtree(saga.path / ".chronicles", ignore_errors=True)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(mine)
        done = run(saga.path, "site", "stage")
        assert done.code == 2
        assert "it is a link" in done.err
        for what in (("init",), ("site", "build")):
            done = run(saga.path, *what)
            assert done.code == 2
            assert "it is a link" in done.err
        assert sorted(one.name for one in mine.iterdir()) == ["letter.md"], "nothing is made behind it"
        link.unlink()
    (saga.path / ".chronicles" / "pages").mkdir(parents=True)
    (saga.path / ".chronicles" / "pages" / "episodes").symlink_to(mine)
    assert run(saga.path, "site", "stage").code == 2
    assert (mine / "letter.md").read_text("utf-8") == "Dear"


def test_a_link_among_staged_pages_is_taken_away(saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path) -> None:
    """A page that is a link to a file is replaced, and the file stays as it was; so does what an odd link leads to."""
    letter = tmp_path / "letter.md"
    letter.write_text("Dear", "utf-8")
    staged(saga).mkdir(parents=True)
    (staged(saga) / "index.md").symlink_to(letter)
    (staged(saga) / "odd").symlink_to(tmp_path)
    assert run(saga.path, "site", "stage").code == 0
    assert letter.read_text("utf-8") == "Dear"
    assert not (staged(saga) / "index.md").is_symlink()
    assert not (staged(saga) / "odd").exists()


def test_what_a_repository_brings_as_staged_is_not_believed(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Staged pages that somebody committed or wrote over are made anew, and what else lies there goes."""
    assert run(saga.path, "site", "stage").code == 0
    page = staged(saga) / "episodes" / "episode_003.md"
    right = page.read_bytes()
    page.write_text("<script>pwn()</script>", "utf-8")
    (staged(saga) / "more.md").write_text("<script>pwn()</script>", "utf-8")
    (staged(saga) / ".staged.json").write_text("{}", "utf-8")
    assert run(saga.path, "site", "stage").code == 0
    assert page.read_bytes() == right
    assert not (staged(saga) / "more.md").exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_named(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A read-only work tree is a fault of the machine, said in a sentence."""
    saga.path.chmod(0o555)
    try:
        done = run(saga.path, "site", "stage")
    finally:
        saga.path.chmod(0o755)
    assert done.code == 2
    assert "cannot write" in done.err


def test_a_file_in_the_place_of_staged_pages_is_named(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where pages are staged there may be something else already."""
    assert run(saga.path, "init").code == 0
    shutil.rmtree(saga.path / ".chronicles")
    (saga.path / ".chronicles").write_text("mine", "utf-8")
    for what in ("stage", "build", "serve"):
        done = run(saga.path, "site", what)
        assert done.code == 2
        assert "cannot write" in done.err
    assert (saga.path / ".chronicles").read_text("utf-8") == "mine"


@pytest.mark.parametrize("how", ["spoilt", "deleted"])
def test_no_link_leads_to_a_page_that_is_not_there(saga: RepoBuilder, run: Callable[..., Ran], how: str) -> None:
    """Of a page that was left out or deleted no other page keeps a link, wherever that stood; it comes back with it."""
    guide = saga.path / "docs" / "guide.md"
    guide.write_text("See [three](../episodes/episode_003.md).\n", "utf-8")
    assert run(saga.path, "site", "stage").code == 0
    before = {path: path.read_bytes() for path in staged(saga).rglob("*.md")}
    linking = mentions(staged(saga), "episode_003.md")
    assert any("episode_" in path for path in linking)
    assert "docs/guide.md" in linking
    page, sidecar = (saga.path / "episodes" / f"episode_003.{ending}" for ending in ("md", "json"))
    whole = {one: one.read_bytes() for one in (page, sidecar)}
    if how == "spoilt":
        sidecar.write_text("{", "utf-8")
    else:
        page.unlink()
        sidecar.unlink()
    assert run(saga.path, "site", "stage").code == (1 if how == "spoilt" else 0)
    # One to the file at the forge is as good as any other.
    left = (
        re.findall(r"\]\(([^()\s]*episode_003\.md)", path.read_text("utf-8")) for path in staged(saga).rglob("*.md")
    )
    assert [link for links in left for link in links if not link.startswith("https://github.com/")] == []
    for one, content in whole.items():
        one.write_bytes(content)
    assert run(saga.path, "site", "stage").code == 0
    assert {path: path.read_bytes() for path in staged(saga).rglob("*.md")} == before
