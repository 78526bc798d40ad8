"""Templates lay out finished Markdown; a broken or prying one is an error with its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from chronicles.documents.frontmatter import split_front_matter
from chronicles.documents.page import load_page
from chronicles.documents.render import Renderer
from chronicles.errors import ConfigError
from chronicles.personas import load_cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

HEADINGS = (
    "Why It Matters",
    "The Roundtable: Dossier Reactions",
    "🔬 Technical Analysis",
    "Commit Metrics & Complexity Assessment",
    "🏗️ Architecture & Strategic Impact",
    "🎭 Banterpacks' Deep Dive",
    "🔮 Next Time on The Repo Chronicles",
)


def headings(page: str) -> list[str]:
    """The headings of a page, in order."""
    tokens = MarkdownIt("commonmark").parse(page.split("\n---\n", 1)[1])
    return [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]


def test_the_seeds_commit(repo: RepoBuilder, run: Callable[..., Ran], scaffold: Callable[..., str]) -> None:
    """The reference commit is told in the seed's words, figures and headings, these in the seed's order."""
    sha = scaffold(repo)
    assert run(repo.path, "generate", "--all").code == 0
    page = (repo.path / "episodes/episode_002.md").read_text()
    assert "*38 files adjusted across banterhearts (26), " in page
    for line in (
        "## The scaffolding",
        f"### 🔗 Commit: `{sha[:7]}`",
        "### 📊 Episode 2 of The Repo Chronicles",
        "- **Files Changed**: 38",
        "- **Lines Added**: 6,518",
        "- **Lines Removed**: 1",
        "- **Lines per File**: 171.5",
        "- **Change Ratio**: +6,518/-1 (99.98% additive)",
    ):
        assert f"\n{line}\n" in page, line
    score = int(page.split("- **Complexity Score**: ")[1].split("\n")[0])
    assert 90 <= score <= 100
    found = headings(page)
    assert found[0].startswith('Repo - Episode 2: "')
    places = [found.index(heading) for heading in HEADINGS if heading in found]
    assert places == sorted(places)
    assert {*HEADINGS[:5], HEADINGS[6]} <= set(found)


def test_a_one_line_change_is_short(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page of a one-line change has at most 25 lines under its front matter, and one voice."""
    repo.commit("begin", {"a.py": "".join(f"a_{n} = {n}\n" for n in range(40))})
    repo.commit("fix: the seventh", {"a.py": "".join(f"a_{n} = {n + (n == 7)}\n" for n in range(40))})
    run(repo.path, "generate")
    page = (repo.path / "episodes/episode_001.md").read_text()
    _, body = split_front_matter(page)
    assert len([line for line in body.splitlines() if line.strip()]) <= 25
    voices = ("**Banterpacks:**", "**ChatGPT:**", "**Claude:**", "**Gemini:**")
    assert sum(body.count(voice) for voice in voices) <= 1


def test_front_matter(saga: RepoBuilder) -> None:
    """The front matter has the contract's keys, in its order, with full hashes."""
    values, _ = split_front_matter((saga.path / "episodes/episode_003.md").read_text())
    assert list(values) == "schema episode title date commits tags writer voiced runs".split()  # noqa: SIM905 -- as the contract lists them
    assert values["commits"] == saga.git("rev-list", "--first-parent", "HEAD").split()[-3:-2]
    assert (values["schema"], values["episode"], values["runs"]) == ("chronicles.page/1", 3, [])


def test_no_blank_run_and_no_trailing_blank(saga: RepoBuilder) -> None:
    """A page has no two blank lines together, none at its end, and ends with one line end."""
    for path in (saga.path / "episodes").glob("*.md"):
        text = path.read_text()
        assert "\n\n\n" not in text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ nothing }}", "the template fails: 'nothing' is undefined"),
        ("{% if %}", "no usable template"),
        ("{{ ''.__class__.__mro__ }}", "the template fails"),
        ("{{ metrics.append(1) }}", "the template fails"),
        ("{% include '/etc/passwd' %}", "the template fails"),
    ],
)
def test_templates_of_a_repository(saga: RepoBuilder, tmp_path: Path, source: str, said: str) -> None:
    """A template that uses what there is not, reaches outside or changes values is an error with its path."""
    (tmp_path / "episode.md.jinja").write_text(source)
    page = load_page(saga.path / "episodes/episode_003.json")
    with pytest.raises(ConfigError, match=str(tmp_path)) as caught:
        Renderer(load_cast(), tmp_path).render(page)
    assert said in str(caught.value)


def test_a_template_of_ones_own(saga: RepoBuilder, tmp_path: Path) -> None:
    """A user's file wins over the built-in one and has a version of its own."""
    (tmp_path / "episode.md.jinja").write_text("# {{ title }}, {{ number }}\n")
    page = load_page(saga.path / "episodes/episode_003.json")
    own = Renderer(load_cast(), tmp_path)
    assert own.render(page).endswith(f"# {page.title}, 3\n")
    assert own.made_by["template"] != Renderer(load_cast()).made_by["template"]
    assert Renderer(load_cast(), tmp_path / "nowhere").made_by == Renderer(load_cast()).made_by


def test_python_markdown_reads_the_same_tables(saga: RepoBuilder) -> None:
    """The other family of renderers finds as many tables and headings on each page."""
    import markdown  # noqa: PLC0415 -- one test needs it

    for path in (saga.path / "episodes").glob("*.md"):
        _, body = split_front_matter(path.read_text())
        html = markdown.markdown(body, extensions=["tables", "fenced_code"])
        tokens = MarkdownIt("commonmark").enable("table").parse(body)
        assert html.count("<table>") == sum(token.type == "table_open" for token in tokens), path.name
        assert html.count("<h3>") + html.count("<h2>") + html.count("<h1>") == len(headings(path.read_text())), (
            path.name
        )
