"""Documentation as pages: which files, where they are staged, and where their links lead."""

from __future__ import annotations

import re
import subprocess
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
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
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
    assert re.fullmatch(r"about/[0-9a-f]{12}\.png", logo)
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
    assert re.search(r"!\[logo\]\(about/[0-9a-f]{12}\.png\)\ngone", readme)
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


def test_only_files_of_the_repository_are_published(tree: Path) -> None:
    """What git is told to ignore stays where it is, in the folder and beside it; what is not yet committed does not."""
    (tree / ".gitignore").write_text("private.md\nlogo.png\nREADME.md\n", "utf-8")
    (tree / "docs" / "private.md").write_text("# Private\n", "utf-8")
    found = {one.path for one in find_documents(tree, "docs")}
    assert found == {"docs/deep/aux.md", "docs/guide.md", "docs/img/ok.svg", "docs/img/x.png", "docs/index.md"}


def test_what_we_wrote_is_no_documentation(tree: Path) -> None:
    """Output folders inside of the documentation are left out, and so is the built site, wherever it goes."""
    for name in ("docs/episodes/episode_001.md", "docs/built/logo.png", "docs/episodes.md"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("# Told\n", "utf-8")
    (tree / "mkdocs.yml").write_text("site_name: x\nsite_dir: 'docs/built'  # here\n", "utf-8")
    found = {one.path for one in find_documents(tree, "docs", ("docs/episodes", "docs"))}
    assert {"docs/guide.md", "docs/episodes.md"} <= found
    assert not [one for one in found if one.startswith(("docs/episodes/", "docs/built"))]
    whole = {one.path for one in find_documents(tree, ".", ("episodes",))}
    assert {"docs/guide.md", "docs/episodes/episode_001.md"} <= whole
    assert "episodes/episode_001.md" not in whole


def test_secrets_are_redacted(tree: Path) -> None:
    """A password in a document is not on its page, in its title or in the list."""
    secret = "ghp_" + "a1B2" * 9
    (tree / "docs" / "guide.md").write_text(f"# Guide {secret}\n\nUse {secret}.\n", "utf-8")
    there = library(tree)
    for text in (page(there, "docs/guide.md"), there.index()):
        assert "redacted" in text
        assert "a1B2" not in text


def test_an_address_that_no_file_has_is_no_picture(tree: Path) -> None:
    """An address too long for a file system, or with a sign that none takes, is looked for nowhere."""
    addresses = ["x" * 5000 + ".png", "a%00b.png", "../../x.png", "art/logo.png"]
    (tree / "README.md").write_text("".join(f"![a]({one}) [b]({one})\n" for one in addresses), "utf-8")
    assert [one.path for one in find_documents(tree, None)] == ["README.md", "art/logo.png"]
    assert "blob/HEAD/art/logo.png" not in page(library(tree, "https://forge.example/a/b"), "README.md")


def test_documents_of_one_address_are_two(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`a.md` and `a/index.md` would be built into one file; each has an address of its own."""
    repo.commit("docs: begin", {"docs/a.md": "# One\n", "docs/a/index.md": "# Two\n\n[one](../a.md)\n"})
    assert run(repo.path, "site", "stage").code == 0
    staged = repo.path / ".chronicles" / "pages" / "docs"
    assert {one.relative_to(staged).as_posix() for one in staged.rglob("*.md")} == {"a.md", "a/index-2.md", "index.md"}
    assert "[one](../a.md)" in (staged / "a" / "index-2.md").read_text("utf-8")


def test_nothing_leads_to_a_document_that_is_left_out(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A link to a document that could not be read is text, since no page is there."""
    repo.commit("docs: begin", {"docs/a.md": "---\ntitle: [\n---\n# A\n", "docs/b.md": "# B\n\n[a](a.md) here\n"})
    assert run(repo.path, "site", "stage").code == 1
    assert "\na here\n" in (repo.path / ".chronicles" / "pages" / "docs" / "b.md").read_text("utf-8")
