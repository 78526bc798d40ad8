"""Documentation as pages: which files, where they are staged, and where their links lead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from chronicles.site.documentation import Library, find_documents, leads_of
from chronicles.site.leads import Leads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

README = """\
# The `Project`

`tool` does it. And more.

[guide](docs/guide.md#two--parts) [code](src/a.py) [licence](LICENSE) [tests](tests/) [list](docs) ![logo](art/logo.png)
![gone](art/gone.png)
"""
GUIDE = """\
---
title: The Guide
---

# Guide

## Two -- parts

[up](../README.md) [first](../episodes/episode_001.md) [self](#two----parts) [none](#gone) ![x](img/x.png)
[src](/src/a.py)
"""
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree with documentation."""
    files: dict[str, str | bytes] = {
        "README.md": README,
        "docs/guide.md": GUIDE,
        "docs/deep/aux.md": "# Deep\n\n[guide](../guide.md) [out](../../../outside.md)\n",
        "docs/index.md": "# Start\n",
        "docs/img/x.png": PNG,
        "docs/img/ok.svg": "<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>",
        "docs/img/bad.svg": "<svg onload='pwn()'><script>pwn()</script></svg>",
        "docs/notes.txt": "no page",
        "docs/.secret.md": "# Hidden",
        "art/logo.png": PNG,
        "episodes/episode_001.md": "# One\n",
        "src/a.py": "",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "tests").mkdir()
    return tmp_path


def library(tree: Path, repo_url: str | None = None) -> Library:
    """The documentation of a work tree, beside one episode."""
    documents = find_documents(tree, "docs")
    return Library(documents, leads_of(tree, documents, {"episodes": "episodes"}, repo_url))


def page(library: Library, path: str) -> str:
    """A document as it is staged."""
    return library.page(next(one for one in library.documents if one.path == path))


def test_files_have_places(tree: Path) -> None:
    """README, pages and harmless pictures are found, each with a name that every system takes."""
    found = {one.path: one.place for one in find_documents(tree, "docs")}
    logo = found.pop("art/logo.png")
    assert re.fullmatch(r"docs/files/[0-9a-f]{12}\.png", logo)
    assert found == {
        "README.md": "about.md",
        "docs/deep/aux.md": "docs/deep/aux-page.md",
        "docs/guide.md": "docs/guide.md",
        "docs/img/ok.svg": "docs/img/ok.svg",
        "docs/img/x.png": "docs/img/x.png",
        "docs/index.md": "docs/start.md",
    }


def test_links_lead_to_pages_of_the_site(tree: Path) -> None:
    """A link to a document or an episode leads to its page and place; one to anything else is no link."""
    readme = page(library(tree), "README.md")
    assert "[guide](docs/guide.md) code licence tests [list](docs/index.md)" in readme
    assert re.search(r"!\[logo\]\(docs/files/[0-9a-f]{12}\.png\)\ngone", readme)
    guide = page(library(tree), "docs/guide.md")
    assert 'title: "The Guide"' in guide
    assert "[up](../about.md) [first](../episodes/episode_001.md) [self](#two-parts) none ![x](img/x.png)\nsrc" in guide
    assert "[guide](../guide.md) out" in page(library(tree), "docs/deep/aux.md")


def test_links_lead_to_the_forge(tree: Path) -> None:
    """Where the forge is known, a file that is no page of the site is linked there, if it is there at all."""
    readme = page(library(tree, "https://forge.example/a/b"), "README.md")
    assert "[code](https://forge.example/a/b/blob/HEAD/src/a.py) licence" in readme
    assert "[tests](https://forge.example/a/b/tree/HEAD/tests)" in readme
    gitlab = page(library(tree, "https://gitlab.example/a/b"), "docs/guide.md")
    assert "[src](https://gitlab.example/a/b/-/blob/HEAD/src/a.py)" in gitlab


def test_a_heading_that_comes_twice_is_found(tree: Path) -> None:
    """A link to the second of two headings of one name leads to the second."""
    (tree / "docs" / "twice.md").write_text("# A\n\n## B c\n\n## B c\n\n[x](#b-c-1) [y](#b-c)\n", "utf-8")
    assert "[x](#b-c_1) [y](#b-c)" in page(library(tree), "docs/twice.md")


def test_the_list_names_each_document(tree: Path) -> None:
    """Documents are listed by folder, with their title and first sentence."""
    text = library(tree).index()
    assert "- [The Project](../about.md): tool does it.\n- [The Guide](guide.md)" in text
    assert "## docs/deep\n\n- [Deep](deep/aux-page.md)" in text
    assert "There is no documentation" in Library((), Leads()).index()


def test_links_of_the_file_system_are_not_followed(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file or folder that is a link, which may lead to anything its reader has, is no document."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.md").write_text("# Secret\n", "utf-8")
    (tree / "docs" / "linked.md").symlink_to(outside / "secret.md")
    (tree / "docs" / "folder").symlink_to(outside)
    assert not [one for one in find_documents(tree, "docs") if "linked" in one.path or "folder" in one.path]
    (tree / "elsewhere").symlink_to(outside)
    assert not [one for one in find_documents(tree, "elsewhere") if "secret" in one.path]


def test_a_repository_without_documentation_has_the_list(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Without README and folder the page that lists documents says so."""
    repo.commit("feat: begin", {"a.txt": "a\n"})
    assert run(repo.path, "site", "stage").code == 0
    staged = repo.path / ".chronicles" / "pages"
    assert "There is no documentation here" in (staged / "docs" / "index.md").read_text("utf-8")
    assert not (staged / "about.md").exists()


def test_another_folder_can_be_named(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The setting `docs` names the folder; an empty one names none."""
    repo.commit("docs: begin", {"manual/a.md": "# A\n", "docs/b.md": "# B\n", "chronicles.toml": 'docs = "manual"\n'})
    run(repo.path, "site", "stage")
    staged = repo.path / ".chronicles" / "pages" / "docs"
    assert {one.name for one in staged.iterdir()} == {"a.md", "index.md"}
    (repo.path / "chronicles.toml").write_text('docs = ""\n', "utf-8")
    run(repo.path, "site", "stage")
    assert {one.name for one in staged.iterdir()} == {"index.md"}


def test_a_broken_document_is_named(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A document whose front matter is none is left out and named, and the rest is staged."""
    repo.commit("docs: begin", {"docs/a.md": "---\ntitle: [\n---\n# A\n", "docs/b.md": "# B\n"})
    done = run(repo.path, "site", "stage")
    assert done.code == 1
    assert "docs/a.md: line 3: the front matter is not YAML" in done.err
    staged = repo.path / ".chronicles" / "pages" / "docs"
    assert {one.name for one in staged.iterdir()} == {"b.md", "index.md"}
    assert "a.md" not in (staged / "index.md").read_text("utf-8")
