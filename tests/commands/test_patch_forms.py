"""`chronicles patch --format`: the same dossier as a changelog's section, a release page's body, and itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.patch_forms import without_mentions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder


@pytest.fixture
def ranged(repo: RepoBuilder) -> RepoBuilder:
    """A tag, and after it one commit of each kind that a changelog tells, and one that it does not."""
    repo.commit("feat: begin", {"pkg/__init__.py": "def old() -> None:\n    pass\n", "chronicles.toml": FORGE})
    repo.tag("v1")
    repo.commit("feat: add `new`", {"pkg/__init__.py": "def new() -> None:\n    pass\n"}, author=("Eve", "e@x.org"))
    repo.commit("fix: mend <it>", {"pkg/a.py": "a = 1\n"})
    repo.commit("test: more", {"tests/test_a.py": "def test_a() -> None:\n    pass\n"})
    return repo


FORGE = 'repo_url = "https://forge.example/us/it"\n'


def test_a_changelog_has_its_sections(ranged: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Breaks, Added and Fixed, in Markdown that is safe; what has no section is summed."""
    done = run(ranged.path, "patch", "--format", "keepachangelog")
    assert done.code == 0, done
    assert done.out.startswith("## [Unreleased]\n")
    assert "**Breaking:** Removed from `pkg`: `old`" in done.out
    assert "### Added\n\n- add \\`new\\`" in done.out.replace("feat: ", "")
    assert "mend &lt;it>" in done.out
    assert done.out.rstrip().endswith("Not listed here: 1 tests. -->")
    assert re.findall(r"^### (.*)$", done.out, re.MULTILINE) == ["Added", "Removed", "Fixed"]
    assert not (ranged.path / "patches").exists()


def test_a_released_document_has_its_name_and_day(ranged: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The heading of a version is the title that somebody gave, with the day of its last commit."""
    assert run(ranged.path, "patch", "--status", "released", "--title", "2.0").code == 0
    done = run(ranged.path, "patch", "v1..HEAD", "--format", "keepachangelog")
    assert done.out.startswith("## [2.0] - 2024-01-01\n"), done


def test_a_release_page_links_the_comparison(ranged: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Overview, breaks, features, fixes, newcomers, and a link to all between the two ends."""
    base, tip = ranged.git("rev-parse", "v1"), ranged.git("rev-parse", "HEAD")
    done = run(ranged.path, "patch", "--format", "github")
    assert done.code == 0, done
    order = ["## Breaking changes", "## Features", "## Fixes", "## New contributors", "**Full changelog:**"]
    places = [done.out.index(one) for one in order]
    assert places == sorted(places)
    assert f"(https://forge.example/us/it/compare/{base}...{tip})" in done.out
    assert "Eve" in done.out.partition("## New contributors")[2]


def test_a_release_page_calls_nobody(ranged: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A name after an at sign reads as it did, in code it stays as it was, and the document has it as it is."""
    ranged.commit("fix: thank @octocat, a@b.org and (@org/team) for `x` @once", {"pkg/b.py": "b = 1\n"})
    ranged.commit("feat: call\n\nBREAKING CHANGE: ask @someone", {"pkg/@scope/c.py": "c = 1\n"})
    page = run(ranged.path, "patch", "--format", "github").out
    assert "thank @&#8203;octocat, a@b.org and (@&#8203;org/team) for \\`x\\` @&#8203;once" in page
    assert "ask @&#8203;someone" in page
    assert re.findall(r"(?<![\w`/])@(?!&#8203;)\w+", page) == []
    for other in (("--dry-run",), ("--format", "keepachangelog")):
        assert "thank @octocat" in run(ranged.path, "patch", *other).out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@a **@b** é@c _@d x_@e", "@&#8203;a **@&#8203;b** é@&#8203;c _@&#8203;d x_@&#8203;e"),
        ("`@a` ``x ` @b`` <code>@c</code> \\`@d\\`", "`@a` ``x ` @b`` <code>@c</code> \\`@&#8203;d\\`"),
        ("[@a](https://h/@b) https://h/@c @d", "[@&#8203;a](https://h/@b) https://h/@c @&#8203;d"),
        ("a@b @ @@ @-", "a@b @ @@ @-"),
    ],
)
def test_mentions_go_where_they_would_call(text: str, shown: str) -> None:
    """Not in code, addresses of links and of people."""
    assert without_mentions(text) == shown


def test_json_is_the_dossier(ranged: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Facts, claims and coverage, as `chronicles dossier --json` gives them for the range."""
    done = run(ranged.path, "patch", "--format", "json")
    dossier = json.loads(done.out)
    assert dossier["schema"] == "chronicles.dossier/1"
    assert dossier["subject"]["kind"] == "range"
    assert sum(dossier["coverage"]["excluded"].values()) + dossier["coverage"]["told"] == 3
    assert json.loads(run(ranged.path, "dossier", "v1..HEAD", "--json").out)["facts"] == dossier["facts"]


def test_forms_exclude_each_other(ranged: RepoBuilder, run: Callable[..., Ran]) -> None:
    """One output at a time."""
    assert run(ranged.path, "patch", "--format", "github", "--diff").code == 2
