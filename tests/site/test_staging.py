"""Staging: pages for a builder, of which only what changed is written."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from chronicles.site import workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder


def tree(folder: Path) -> dict[str, bytes]:
    """Every staged file, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_new_commit_stages_few_pages(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A rerun writes nothing; a new commit writes its page, the one before it, its month and the home page."""
    assert run(saga.path, "generate", "--all").code == 0
    assert run(saga.path, "site", "stage").code == 0
    staged = saga.path / ".chronicles" / "pages"
    before = tree(staged)
    assert "0 written, 0 removed" in run(saga.path, "site", "stage").err
    saga.commit("fix: one more thing", {"more.txt": "more\n"})
    assert run(saga.path, "generate").code == 0
    assert run(saga.path, "site", "stage").code == 0
    after = tree(staged)
    changed = {path for path in after if after[path] != before.get(path)}
    assert 0 < len(changed) <= 5, changed


def test_numbers_lead_to_their_facts(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A number on a page is a link, and what it opens is on the page."""
    assert run(saga.path, "generate", "--all").code == 0
    assert run(saga.path, "site", "stage").code == 0
    page = (saga.path / ".chronicles" / "pages" / "episodes" / "episode_002.md").read_text("utf-8")
    assert '<a class="fact" href="#fact-change.files">' in page
    assert '<tr id="fact-change.files">' in page


def test_what_was_removed_is_gone(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page that was taken out for good leaves no staged page."""
    assert run(saga.path, "generate", "--all").code == 0
    assert run(saga.path, "site", "stage").code == 0
    assert run(saga.path, "remove", "episode_002").code == 0
    assert run(saga.path, "site", "stage").code == 0
    assert "episodes/episode_002.md" not in tree(saga.path / ".chronicles" / "pages")


def test_several_processes_stage_the_same(
    saga: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many processes make the pages, the staged files are the same to the byte."""
    assert run(saga.path, "site", "stage", "--jobs", "1").code == 0
    staged = saga.path / ".chronicles" / "pages"
    before = tree(staged)
    shutil.rmtree(staged)
    monkeypatch.setattr(workers, "_WORTH", 5)
    assert run(saga.path, "site", "stage", "--jobs", "2").code == 0
    assert tree(staged) == before


def test_a_file_that_is_only_newer_is_not_written_again(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Touching a page has it made again, and the file stays the one that was there."""
    assert run(saga.path, "site", "stage").code == 0
    place = saga.path / ".chronicles" / "pages" / "episodes" / "episode_003.md"
    before = place.stat().st_mtime_ns
    os.utime(saga.path / "episodes" / "episode_003.md")
    assert "0 written, 0 removed" in run(saga.path, "site", "stage").err
    assert place.stat().st_mtime_ns == before


def test_a_repository_that_cannot_remember_is_staged(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Without what was remembered all pages are made again, and none is written that is there."""
    assert run(saga.path, "site", "stage").code == 0
    for memory in (saga.path / ".git" / "chronicles").glob("staged-*.json"):
        memory.write_bytes(b"{")
    assert "0 written, 0 removed" in run(saga.path, "site", "stage").err


def test_a_page_that_was_edited_is_staged_as_edited(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A person's words on a page are on the site's too."""
    assert run(saga.path, "site", "stage").code == 0
    page = saga.path / "episodes" / "episode_003.md"
    page.write_text(f"{page.read_text('utf-8')}\nI was there when it happened.\n", "utf-8")
    assert run(saga.path, "site", "stage").code == 0
    staged = saga.path / ".chronicles" / "pages" / "episodes" / "episode_003.md"
    assert "I was there when it happened." in staged.read_text("utf-8")


def assert_as_fresh(repo: RepoBuilder, run: Callable[..., Ran]) -> dict[str, bytes]:
    """Stage, and hold what is there against the same without a memory; gives what is there."""
    run(repo.path, "site", "stage")
    staged = repo.path / ".chronicles" / "pages"
    there = tree(staged)
    shutil.rmtree(staged)
    for memory in (repo.path / ".git" / "chronicles").glob("staged-*.json"):
        memory.unlink()
    done = run(repo.path, "site", "stage")
    assert "pages staged" in done.err, done.err
    fresh = tree(staged)
    assert there.keys() == fresh.keys()
    assert [path for path in fresh if there[path] != fresh[path]] == []
    return fresh


def _delete_episode(repo: RepoBuilder) -> None:
    for ending in ("md", "json"):
        (repo.path / "episodes" / f"episode_002.{ending}").unlink()


@pytest.mark.parametrize(
    ("line", "change", "before", "after"),
    [
        (
            "[x](guide.md#usage)",
            lambda repo: repo.write({"docs/guide.md": "# Guide\n\n## Usage\n"}),
            "[x](guide.md)",
            "[x](guide.md#usage)",
        ),
        ("[x](later.md)", lambda repo: repo.write({"docs/later.md": "# Later\n"}), "\nx\n", "[x](later.md)"),
        ("[x](../episodes/episode_002.md)", _delete_episode, "[x](../episodes/episode_002.md)", "\nx\n"),
        ("[x](guide.md)", lambda repo: repo.write({"docs/guide.md": None}), "[x](guide.md)", "\nx\n"),
        (
            "[x](../core/gone.py)",
            lambda repo: repo.write({"core/gone.py": ""}),
            "\nx\n",
            "[x](https://forge.example/a/b/blob/HEAD/core/gone.py)",
        ),
    ],
)
def test_links_are_followed_anew(
    saga: RepoBuilder,
    run: Callable[..., Ran],
    line: str,
    change: Callable[[RepoBuilder], None],
    before: str,
    after: str,
) -> None:
    """Where a link leads changes with what it leads to, though its own page is as it was."""
    saga.write(
        {
            "docs/guide.md": "# Guide\n",
            "docs/other.md": f"# Other\n\n{line}\n",
            "chronicles.toml": 'repo_url = "https://forge.example/a/b"\n',
        }
    )
    run(saga.path, "site", "stage")
    other = saga.path / ".chronicles" / "pages" / "docs" / "other.md"
    assert before in other.read_text("utf-8")
    change(saga)
    assert after in assert_as_fresh(saga, run)["docs/other.md"].decode()


def test_links_of_a_person_on_a_page_are_followed_anew(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A line that somebody added to an episode leads to a document once that is there, and few pages are staged."""
    page = saga.path / "episodes" / "episode_003.md"
    page.write_text(f"{page.read_text('utf-8')}\nSee [the plan](../docs/later.md).\n", "utf-8")
    run(saga.path, "site", "stage")
    saga.write({"docs/later.md": "# Later\n"})
    assert "3 written, 0 removed" in run(saga.path, "site", "stage").err
    staged = assert_as_fresh(saga, run)
    assert "See [the plan](../docs/later.md)." in staged["episodes/episode_003.md"].decode()


NAMES = ("docs/a.md", "docs/b.md", "docs/a/index.md", "docs/B.md", "docs/c/a.md", "README.md", "docs/p.svg")
EPISODES = ("episode_001", "episode_002", "episode_003")


def stumble(repo: RepoBuilder, chance: random.Random, aside: Path) -> None:
    """Change something that pages are made of, or that their links lead to."""
    name = repo.path / chance.choice(NAMES)
    episode = chance.choice(EPISODES)
    ours = [repo.path / "episodes" / f"{episode}.{ending}" for ending in ("md", "json")]
    match chance.randrange(5):
        case 0:
            name.unlink(missing_ok=True)
        case 1 if ours[0].exists():
            for file in ours[: chance.choice((1, 2))]:
                shutil.move(file, aside / file.name)
        case 1 | 2:
            for file in ours:
                if (aside / file.name).exists():
                    shutil.move(aside / file.name, file)
        case 3 if ours[0].exists():
            ours[0].write_text(f"{ours[0].read_text('utf-8')}\n{links(chance, '../')}\n", "utf-8")
        case _ if name.suffix == ".svg":
            repo.write({"docs/p.svg": f"<svg xmlns='http://www.w3.org/2000/svg'>{chance.choice(('', '<a/>'))}</svg>"})
        case _:
            front = chance.choice(("", "", "---\ntitle: [\n---\n"))
            heading = "# One\n\n" if chance.random() < 0.5 else "# One\n\n## Two\n\n"
            up = "../" * (len(name.relative_to(repo.path).parts) - 1)
            repo.write({str(name.relative_to(repo.path)): f"{front}{heading}{links(chance, up)}\n"})


def links(chance: random.Random, up: str) -> str:
    """Links to some of what there may be."""
    targets = [*NAMES, *(f"episodes/{one}.md" for one in EPISODES), "docs", "episodes", "core"]
    return " ".join(
        f"{chance.choice(('', '!'))}[x]({up}{one}{chance.choice(('', '#two'))})" for one in chance.sample(targets, 6)
    )


@pytest.mark.parametrize("seed", range(5))
def test_staging_again_is_staging_anew(saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path, seed: int) -> None:
    """Whatever was added, removed, broken or mended, pages are those of a staging that remembers nothing."""
    chance = random.Random(seed)  # noqa: S311 - a choice of edits
    aside = tmp_path / "aside"
    aside.mkdir()
    saga.write({"chronicles.toml": 'repo_url = "https://forge.example/a/b"\n'})
    for _ in range(6):
        for _ in range(chance.randrange(1, 4)):
            stumble(saga, chance, aside)
        assert_as_fresh(saga, run)
