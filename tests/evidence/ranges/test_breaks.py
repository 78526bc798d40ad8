"""Breaks as facts and as a part of the document: grouped, counted, quoted as data, held by verify."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from chronicles.evidence.ranges.marked import find_marked
from chronicles.history.repository import iter_commits
from tests.evidence.ranges.conftest import shown_breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from tests.conftest import Ran, RepoBuilder

BODY = "".join(f"def name_{number:03}(): ...\n" for number in range(200))
BEFORE = {
    "pkg/__init__.py": "from .core import Client\n",
    "pkg/core.py": "class Client:\n    def get(self, url, app): ...\n    def put(self, url, app): ...\n",
    "pkg/many.py": BODY + "X = 1\n",
    "pkg/_cli.py": "import click\n@click.command()\n@click.option('--fast', '-f')\ndef run(): ...\n",
    "pkg/config.py": "default_config = {'a': 1, 'b': 2}\n",
    "include/api.h": "int api(void);\n" * 9,
    "include/old.h": "int old(void);\n" * 9,
    "pyproject.toml": '[project]\nrequires-python = ">=3.9"\ndependencies = ["left", "right>=2", "gone"]\n',
}
AFTER = BEFORE | {
    "pkg/core.py": "class Client:\n    def get(self, url): ...\n    def put(self, url): ...\n",
    "pkg/many.py": "X = 1\n",
    "pkg/_cli.py": "import click\n@click.command()\ndef run(): ...\n",
    "pkg/config.py": "default_config = {'a': 1, 'c': 2}\n",
    "include/new.h": "int old(void);\n" * 9,
    "pyproject.toml": '[project]\nname = "pkg"\nrequires-python = ">=3.10"\ndependencies = '
    """["right>=2", "come>=1; os_name == 'nt'", "here"]\n""",
}
GONE = ("include/api.h", "include/old.h")
SECTION = """
### Public API (202 breaks)

- Changed in `pkg`: `Client.get`, `Client.put` (no longer takes `app`)
- Removed from `pkg.many`: NAMES, and 160 more

### Public files (two breaks)

- File removed: `include/api.h`
- File renamed: `include/old.h` → `include/new.h`

### Command line (one break)

- Option removed from `run`: `--fast / -f`

### Settings (one break)

- Setting removed: `b`

### Requirements (one break, four other changes)

- `python`: `>=3.9` → `>=3.10` (minimum raised)
- Now required: `come` (`>=1` where `os_name == 'nt'`), `here`
- No longer required: `gone`, `left`

### Marked by their authors (one marked commit, counted apart)

- drop \\*the\\* app (COMMIT): “Give &lt;b> what you took.”
"""


def release(repo: RepoBuilder) -> str:
    """A range with a break of each kind; its last commit."""
    repo.commit("begin", dict(BEFORE))
    repo.tag("v1.0")
    message = "refactor(core)!: drop *the* app (#12)\n\nBREAKING CHANGE: Give <b> what\nyou took.\nReviewed-by: Grace\n"
    return repo.commit(message, dict.fromkeys(GONE) | {path: AFTER[path] for path in AFTER if path not in GONE})


def test_the_document_tells_each_break_once(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Each part has its heading with its count, what broke alike is one line, and verify derives them all again."""
    sha = release(repo)
    assert run(repo.path, "patch").code == 0
    page = repo.path / "patches" / "patch_1.md"
    names = ", ".join(f"`name_{number:03}`" for number in range(40))
    expected = SECTION.replace("NAMES", names).replace("COMMIT", f"`{sha[:7]}`")
    section = page.read_text().partition("## Breaking Changes\n")[2]
    assert section.startswith(expected), section[:4000]
    verified = run(repo.path, "verify")
    assert (verified.code, verified.out) == (0, "")
    for was, now in (("202 breaks", "203 breaks"), ("`Client.put` (no", "`Client.del` (no"), (">=3.10", ">=3.11")):
        text = page.read_text()
        page.write_text(text.replace(was, now))
        assert run(repo.path, "verify").code == 1, was
        page.write_text(text)


def test_facts_name_what_broke_and_where_it_is_seen(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Each break has its part, kind, name and file; the count leaves out what authors say, which may be the same."""
    release(repo)
    ledger = dossier_of(repo, "v1.0..HEAD").ledger
    assert ledger["broken.count"].text == "207 breaking changes"
    first = {key: ledger.value(f"broken.1.{key}") for key in ("part", "kind", "name", "module", "detail", "path")}
    assert first == {
        "part": "public API",
        "kind": "changed",
        "name": "pkg.Client.get",
        "module": "pkg",
        "detail": "no longer takes app",
        "path": "pkg/__init__.py",
    }
    parts = {ledger.string(f"{e}.name"): ledger.value(f"{e}.count") for e in ledger.numbered("broken.part")}
    assert list(parts.values()) == [202, 2, 1, 1, 1, 1]
    assert sum(int(ledger.number(f"broken.part.{part}.count")) for part in range(1, 6)) == 207
    assert ledger["broken.part.5.changes"].text == "four other changes"


def test_a_newer_library_is_listed_and_breaks_nobody(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """It is in no count of breaks: not in the title, the overview, the heading, or a changelog; verify agrees."""
    text = '[project]\nname = "pkg"\ndependencies = [{}]\n'
    repo.commit("begin", {"pyproject.toml": text.format('"left>=1", "right", "other==1"')})
    repo.tag("v1.0")
    repo.commit("deps: newer ones", {"pyproject.toml": text.format('"left>=2", "other==2"')})
    assert run(repo.path, "patch").code == 0
    page = (repo.path / "patches" / "patch_1.md").read_text()
    section = (
        "\n## Requirements (three changes, none breaking)\n\n"
        "- `left`: `>=1` → `>=2` (minimum raised)\n"
        "- `other`: `==1` → `==2` (minimum raised)\n"
        "- No longer required: `right`\n"
    )
    assert section in page
    assert not re.search(r"\d Breaking|breaking change|\bbreaks?\b", page)
    assert run(repo.path, "verify").code == 0
    changelog = run(repo.path, "patch", "v1.0..HEAD", "--format", "keepachangelog").out
    assert "**Breaking:**" not in changelog
    assert re.search(r"### Changed\n\n(?:- .*\n)*- `left`: `>=1` → `>=2` \(minimum raised\)\n", changelog)
    assert "### Removed\n\n- No longer required: `right`\n" in changelog
    repo.commit("deps: newer language", {"pyproject.toml": text.format('"left>=2"') + 'requires-python = ">=3.9"\n'})
    repo.tag("v2.0")
    after = text.format('"left>=3"') + 'requires-python = ">=3.10"\n'
    repo.commit("deps: newer still", {"pyproject.toml": after})
    changelog = run(repo.path, "patch", "v2.0..HEAD", "--format", "keepachangelog").out
    assert "- **Breaking:** `python`: `>=3.9` → `>=3.10` (minimum raised)\n" in changelog
    assert "- `left`: `>=2` → `>=3` (minimum raised)\n" in changelog


def test_marked_commits_are_counted_where_nothing_else_breaks(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Then the overview counts them, and their heading does not say that they are counted apart."""
    text = '[project]\nname = "pkg"\ndependencies = ["left>={}"]\n'
    repo.commit("begin", {"pyproject.toml": text.format(1)})
    repo.tag("v1.0")
    repo.commit("feat!: otherwise", {"pyproject.toml": text.format(2)})
    page = run(repo.path, "patch", "v1.0..HEAD", "--dry-run").out
    assert "The range holds one commit marked as breaking." in page
    assert "### Requirements (one change, not breaking)\n" in page
    assert "### Marked by their authors (one marked commit)\n" in page


def test_fifty_newer_libraries_are_listed_up_to_forty(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The rest is a number."""
    needs = '[project]\nrequires-python = ">=3"\ndependencies = [{}]\n'
    for version in (1, 2):
        repo.commit("deps", {"pyproject.toml": needs.format(", ".join(f'"d{n}>={version}"' for n in range(50)))})
        repo.tag(f"v{version}")
    page = run(repo.path, "patch", "v1..v2", "--dry-run").out
    assert page.count("(minimum raised)") == 40
    assert "(minimum raised)\n- and 10 more\n" in page


def test_a_secret_in_a_name_is_redacted(breaks_of: Callable[..., list[str]]) -> None:
    """Names are the repository's text like any other."""
    token = "AKIA" + "Q7RZ3M5K2W9XT4BN"
    found = breaks_of({"m.py": f"def {token}(): ...\nX = 1\n"}, {"m.py": "X = 1\n"})
    assert token not in "".join(found)
    assert len(found) == 1


@pytest.mark.parametrize(
    "text", ["def f(", "\0", "x = " + "(" * 5000, "class A(A): ...\n", "from m import m\n__all__ = 3\n"]
)
def test_code_that_cannot_be_read_breaks_nothing(breaks_of: Callable[..., list[str]], text: str) -> None:
    """Of what cannot be parsed, or leads in a circle, nothing is said, and nothing fails."""
    good = "class A:\n    def f(self): ...\n"
    assert len(breaks_of({"m.py": text, "n.py": good}, {"m.py": good, "n.py": text})) <= 1
    assert breaks_of({"m.py": text, "n.py": good}, {"m.py": text + " ", "n.py": good}) == []


def test_what_was_undone_inside_the_range_is_no_break(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A removal that was reverted, and a function that came and went, are not told; nor is the mark on the first."""
    repo.commit("begin", {"m.py": "def f(): ...\nX = 1\n"})
    repo.tag("v1.0")
    first = repo.commit("feat!: take f away\n\nBREAKING CHANGE: No f.\n", {"m.py": "X = 1\n"})
    repo.git("revert", "--no-edit", first, env=repo.identity(None, None, ("Ada", "ada@example.org"), None))
    repo.commit("feat: g", {"n.py": "def g(): ...\n"})
    repo.commit("feat: no g", {"n.py": None})
    assert shown_breaks(dossier_of(repo, "v1.0..HEAD").ledger) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("feat!: a", [("a", ())]),
        ("weird(x)!: a (#3)", [("a", ())]),
        ("feat: a\n\nBREAKING-CHANGE: b\n  c", [("a", ("b c",))]),
        ("feat: a\n\nBREAKING CHANGE: b\nBREAKING CHANGE: c\n\nBREAKING CHANGE: d", [("a", ("b", "c", "d"))]),
        ("feat: a\n\nBREAKING CHANGE: b\nSigned-off-by: c", [("a", ("b",))]),
        ("feat: a\n\nThis is no BREAKING CHANGE: b", []),
        ('Revert "feat!: a"', []),
        ("hurry!: a", [("a", ())]),
        ("what is this!: a", []),
    ],
)
def test_marks_of_authors_are_read(
    repo: RepoBuilder, message: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    """A `!` of any type and each footer count, and only the footer's own words are its text."""
    repo.commit(message, {"a": "1\n"})
    found = find_marked(iter_commits(repo.path))
    assert [(one.name, tuple(note.words for note in one.notes)) for one in found] == expected


def test_a_break_that_a_merge_repeats_is_told_once(repo: RepoBuilder) -> None:
    """The pull request's subject on the merge, and a commit picked to another branch, say the same thing."""
    repo.commit("begin", {"a": "1\n"})
    repo.branch("topic")
    repo.commit("feat!: b", {"b": "1\n"})
    repo.switch("main")
    repo.merge("topic", message="feat!: b (#7)\n\nBREAKING CHANGE: Mind b.")
    found = list(find_marked(iter_commits(repo.path)))
    assert [one.name for one in found] == ["b"]
    repo.commit("feat!: b (#8)\n\nBREAKING CHANGE: Mind b.", {"c": "1\n"})
    assert len(list(find_marked(iter_commits(repo.path)))) == 1
    assert re.fullmatch(r"[0-9a-f]{40}", found[0].commit or "")
