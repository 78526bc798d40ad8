"""The first page: what is new, how the story stands and what of it is verified, and nothing that is not so."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.site.laying import tree, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

    Stage = Callable[[RepoBuilder], str]


@pytest.fixture
def home(run: Callable[..., Ran]) -> Stage:
    """Stage a repository and read its first page."""

    def staged(repo: RepoBuilder) -> str:
        ran = run(repo.path, "site", "stage")
        assert ran.code == 0, ran.err
        return (repo.path / ".chronicles" / "pages" / "index.md").read_text("utf-8")

    return staged


def figures(page: str) -> dict[str, str]:
    """What the first page counts."""
    return dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))


def test_a_story_that_has_not_begun_is_welcomed(repo: RepoBuilder, home: Stage, run: Callable[..., Ran]) -> None:
    """Without episodes the first page names the command to run; so do the other lists, and each of them is there."""
    repo.commit("feat: begin", {"a.py": "A = 1\n"})
    page = home(repo)
    assert "chronicles generate --all" in page
    assert "State of the story" not in page
    for name in ("episodes/index", "components"):
        assert "`chronicles generate --all`" in (repo.path / f".chronicles/pages/{name}.md").read_text("utf-8")
    assert "banterhearts bench run" in (repo.path / ".chronicles/pages/performance/index.md").read_text("utf-8")


def test_episodes_of_several_commits_are_no_single_ones(
    repo: RepoBuilder, home: Stage, run: Callable[..., Ran]
) -> None:
    """Where days are told and not commits the first page does not promise an episode a commit."""
    for name in "abc":
        repo.commit(f"feat: add {name}", {f"{name}.py": "A = 1\n"})
    for grouping, pace in (("commit", "told one commit at a time."), ("day", "told a commit or a few at a time.")):
        for page in repo.path.glob("episodes/*"):
            page.unlink()
        assert run(repo.path, "generate", "--all", "--group-by", grouping).code == 0
        assert pace in home(repo)


def test_the_state_is_the_sum_of_the_sidecars(saga: RepoBuilder, home: Stage) -> None:
    """Episodes, commits and facts are those of the pages; the newest episodes are the cards, newest first."""
    sidecars = [json.loads(path.read_bytes()) for path in sorted(saga.path.glob("episodes/episode_*.json"))]
    page = home(saga)
    found = figures(page)
    coverages = [one["dossier"]["coverage"] for one in sidecars]
    assert found["Episodes"] == f"{len(sidecars):,}"
    assert found["Facts"] == f"{sum(len(one['dossier']['facts']) for one in sidecars):,}"
    assert found["Commits"] == f"{sum(one['told'] + one['grouped'] for one in coverages):,}"
    cards = re.findall(r"<p class=\"eyebrow\"><span>Episode (\d+)</span>", page)
    assert cards == [str(len(sidecars) - at) for at in range(6)]


def test_verified_is_what_was_verified(saga: RepoBuilder, home: Stage, run: Callable[..., Ran]) -> None:
    """Nothing is called verified before somebody verifies; then all is, at the commit; then all but a changed page."""
    assert "verified**" not in home(saga)
    assert run(saga.path, "verify").code == 0
    page = home(saga)
    assert re.search(
        rf"\*\*All {figures(page)['Facts']} facts verified\*\* at \[?`{saga.head[:7]}`.* by `chronicles verify`", page
    )
    changed = saga.path / "episodes" / "episode_004.md"
    changed.write_text(changed.read_text("utf-8") + "\nA word more.\n", "utf-8")
    page = home(saga)
    found = re.search(r"\*\*([\d,]+) facts verified\*\* at .*; ([\d,]+) are not", page)
    assert found is not None
    verified, rest = (int(one.replace(",", "")) for one in found.groups())
    assert verified + rest == int(figures(page)["Facts"].replace(",", ""))
    assert rest == len(json.loads((saga.path / "episodes/episode_004.json").read_bytes())["dossier"]["facts"])


def test_a_changed_sidecar_is_not_verified(saga: RepoBuilder, home: Stage, run: Callable[..., Ran]) -> None:
    """A sidecar that says another thing than the one that was verified, though the same of it everywhere."""
    assert run(saga.path, "verify").code == 0
    sidecar = saga.path / "episodes" / "episode_004.json"
    stored = json.loads(sidecar.read_bytes())
    (files,) = (one for one in stored["dossier"]["facts"] if one["id"] == "change.files")
    files.update(value=4242, figure="4,242", text="4,242 files")
    sidecar.write_text(json.dumps(stored), "utf-8")
    assert f"; {len(stored['dossier']['facts'])} are not" in home(saga)


def test_each_month_is_linked(saga: RepoBuilder, home: Stage) -> None:
    """Every month of the story is in the calendar with its number of episodes, and has its page."""
    page = home(saga)
    months = re.findall(r"\[(\d+)\]\(episodes/(\d{4}-\d\d)\.md\)", page)
    assert sum(int(number) for number, _ in months) == len(list(saga.path.glob("episodes/episode_*.md")))
    for _, month in months:
        assert (saga.path / f".chronicles/pages/episodes/{month}.md").is_file()


def test_the_plot_says_what_the_records_say(measured: RepoBuilder, home: Stage) -> None:
    """The first page draws the cases, and lists verdicts with their ratio and the episodes of both commits."""
    page = home(measured)
    assert '<svg class="plot"' in page
    assert page.count('<path class="mark slower"') == 1
    (line,) = re.findall(r"- `speed/help` \*\*slower\*\* at (.*)", page)
    assert re.match(r"\[`\w{7}`\]\(episodes/episode_004\.md\), 1\.06\d* times what it was at", line)
    assert "episodes/episode_003.md" in line


def test_a_repository_without_runs_has_no_plot(saga: RepoBuilder, home: Stage) -> None:
    """Nothing is drawn of what was never measured."""
    assert "Where performance went" not in home(saga)


def test_what_a_commit_says_is_text(repo: RepoBuilder, home: Stage, run: Callable[..., Ran]) -> None:
    """A subject of HTML, links, attributes and templates stands on the page as it was typed, and does nothing."""
    repo.commit(
        "feat: <script>alert(1)</script> [x](javascript:alert(1)) {{ config }} {: onclick=alert(1) } {% raw %}",
        {"a{: onload=x }.py": "A = 1\n" * 9},
        author=('<img src=x onerror="alert(1)">', "x@example.org"),
    )
    assert run(repo.path, "generate", "--all").code == 0
    home(repo)
    for name in ("index", "episodes/2024-01", "components"):
        root = tree((repo.path / f".chronicles/pages/{name}.md").read_text("utf-8"))
        for element in root.iter():
            assert element.tag not in ("script", "img")
            assert not [key for key in element.keys() if key.startswith("on")]  # noqa: SIM118 - no mapping
            assert not element.get("href", "").startswith("javascript")
        said = words(root)
        assert "{{" not in (repo.path / f".chronicles/pages/{name}.md").read_text("utf-8")
        if name != "components":
            assert "<script>alert(1)</script> [x](javascript:alert(1)) {{ config }} {: onclick=alert(1) }" in said
