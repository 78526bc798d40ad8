"""The coverage of a range as facts and as the part of a document that shows them."""

from __future__ import annotations

import random
import shlex
from typing import TYPE_CHECKING

import pytest

from chronicles.evidence.ranges.commits import RULES
from tests.evidence.ranges.roaming import GRACE, revert, roam, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from tests.conftest import Ran, RepoBuilder


def coverage(page: str) -> str:
    """The part of a page under its heading."""
    return page.partition("## Coverage\n\n")[2].partition("\n---\n")[0]


def test_the_sum_and_what_it_adds_up_from(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """One line has the sum, then each commit stands under the plain word for its kind or under a rule."""
    repo.commit("begin", {"a.txt": text()})
    repo.tag("v1")
    repo.commit("feat: new (#7)", {"b.txt": "b\n"})
    repo.commit("fix!: order\n\nBREAKING CHANGE: mind it", {"c.txt": "c\n"})
    undone = repo.commit("feat!: gone again", {"d.txt": "d\n"})
    back = revert(repo, undone)
    repo.commit("chore: empty")
    shown = coverage(run(repo.path, "patch", "v1..HEAD", "--dry-run").out)
    new, order = (repo.git("log", "--format=%h", "--abbrev=7", "-1", f"--grep={word}") for word in ("new", "order"))
    assert shown.splitlines() == [
        "5 commits = 2 told + 0 grouped + 3 excluded.",
        "",
        "### Breaking",
        "",
        f"- fix!: order (`{order}`, Ada)",
        "",
        "### Features",
        "",
        f"- feat: new (#7) (`{new}`, Ada)",
        "",
        "### Excluded",
        "",
        f"- two commits: {RULES['undone']}",
        f"    - **Breaking, and undone:** feat!: gone again (`{undone[:7]}`), by `{back[:7]}`",
        f"- one commit: {RULES['empty']}",
    ]


def test_a_break_of_which_nothing_comes_is_named(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """It stands under its rule, twenty at most by name, and neither in the count of breaks nor in their section."""
    repo.commit("begin", {"a.txt": text()})
    repo.tag("v1")
    repo.branch("topic")
    for number in range(22):
        repo.commit(f"feat!: aside {number}", {f"{number}.txt": "1\n"})
    repo.switch("main")
    repo.commit("fix: own", {"b.txt": "b\n"})
    repo.git("merge", "-q", "-s", "ours", "-m", "no", "topic", env=repo.identity(None, None, GRACE, None))
    page = run(repo.path, "patch", "--dry-run").out
    assert "## Breaking" not in page
    last = repo.git("rev-parse", "--short=7", "topic")
    lines = coverage(page).partition("### Excluded\n\n")[2].splitlines()
    assert lines[:2] == [
        f"- 22 commits: {RULES['merged without effect']}",
        f"    - **Breaking, and merged without effect:** feat!: aside 21 (`{last}`)",
    ]
    assert lines[21:] == ["    - and two more that break something", f"- one commit: {RULES['merge']}"]


def test_a_list_tells_the_first_line(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A message that runs on without an empty line has an ellipsis there; one with white space in it has none."""
    repo.commit("begin", {"a.txt": text()})
    repo.tag("v1")
    repo.commit("feat: squashed (#7)\n- one thing\n- another", {"b.txt": "b\n"})
    repo.commit("fix!: order (#8)\nof all\n\nBREAKING CHANGE: mind it", {"c.txt": "c\n"})
    repo.commit("docs: lines\r\n\r\nof a Windows editor", {"d.txt": "d\n"})
    revert(repo, repo.commit("feat: gone\n- again", {"e.txt": "e\n"}))
    page = run(repo.path, "patch", "--dry-run").out
    for line in (
        "- feat: squashed (#7) … (`",
        "- fix!: order (#8) … (`",
        "- order … (`",
        "- docs: lines (`",
        "    - feat: gone … (`",
    ):
        assert f"\n{line}" in page
    assert "thing" not in page


def test_groups_say_how_many_and_where(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What has no line of its own is counted in plain words, with the component that most of it touches."""
    repo.commit("begin", {"a.txt": text()})
    repo.tag("v1")
    for number in range(52):
        repo.commit(f"docs: {number}", {f"docs/{number}.md": f"{number}\n"})
    shown = coverage(run(repo.path, "patch", "--dry-run").out)
    assert shown.startswith("52 commits = 40 told + 12 grouped + 0 excluded.\n")
    assert shown.endswith("### Grouped\n\n- 12 changes to documentation, mostly in `docs`\n")
    for number in range(41):
        repo.commit(f"feat: {number}", {f"new/{number}.py": f"{number}\n"})
    repo.commit("chore: alone", {"e.txt": "e\n"})
    shown = coverage(run(repo.path, "patch", "--dry-run").out)
    assert "- 52 changes to documentation, mostly in `docs`\n- one other change\n" in shown


def test_paths_are_named_and_hold_the_changes(
    repo: RepoBuilder, run: Callable[..., Ran], dossier_of: Callable[..., Dossier]
) -> None:
    """A document of some paths says so, counts their files only, and verify derives just that."""
    repo.commit("begin", {"packages/core/a.py": "A = 1\n", "packages/gui/a.py": "A = 1\n"})
    repo.tag("core-v1")
    repo.commit("feat: core", {"packages/core/a.py": "A = 2\nB = 1\n"})
    repo.commit("feat: gui", {"packages/gui/a.py": "A = 2\nB = 1\nC = 1\n"})
    repo.tag("gui-v1")
    repo.commit("fix: core", {"packages/core/b.py": "B = 3\n"})
    assert run(repo.path, "patch", "--path", "packages/core", "--tags", "core-v*").code == 0
    page = (repo.path / "patches/patch_1.md").read_text()
    assert "3 commits = 2 told + 0 grouped + 1 excluded.\n\nOnly what lies in `packages/core` is told." in page
    assert f"- one commit: {RULES['outside the paths']}" in page
    assert "packages/gui" not in page
    verified = run(repo.path, "verify")
    assert (verified.code, verified.out) == (0, ""), verified
    found = run(repo.path, "fact", "--path", "packages/core", "core-v1..HEAD", "change.files")
    assert found.out.startswith("two files\n"), found
    assert dossier_of(repo, "core-v1..HEAD").ledger.number("change.files") == 3
    assert run(repo.path, "patch", "--path", "packages/gui", "core-v1..HEAD").code == 0
    assert (repo.path / "patches/patch_2.md").is_file()
    sidecar = repo.path / "patches/patch_1.json"
    sidecar.write_text(sidecar.read_text().replace('"paths": ["packages/core"]', '"paths": ["packages/gui"]'))
    assert run(repo.path, "verify", "patches/patch_1.md").code == 1


def test_a_document_of_paths_speaks_of_the_work_on_them(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Its head names the paths, and title, overview and newcomers are of the commits that touch them, merges not."""
    eve, mallory = (("Eve", "e@example.org"), ("Mallory", "m@example.org"))
    repo.commit("begin", {"core/a.py": "A = 1\n", "core/c.py": "C = 0\n", "gui/a.py": "A = 1\n"})
    repo.tag("v1")
    repo.branch("topic")
    repo.commit("feat: aside", {"core/c.py": "C = 1\n"}, author=eve)
    repo.switch("main")
    repo.commit("feat: gui", {"gui/a.py": "A = 2\n"}, author=mallory)
    repo.commit("fix: core", {"core/a.py": "A = 3\n"})
    repo.merge("topic")
    page = run(repo.path, "patch", "--path", "core", "--dry-run").out
    assert "**Commit:** `" in page
    assert page.index("\nOnly what lies in `core` is told.\n") < page.index("## Overview")
    base, tip = (repo.git("rev-parse", "--short=7", end) for end in ("v1", "HEAD"))
    assert f"Two commits to `core` by two authors lead from `{base}` to `{tip}`." in page
    assert "# Patch 1: 2 Commits by 2 Authors" in page
    assert ("Eve" in page, "Mallory" in page) == (True, False)
    assert "4 commits = 2 told + 0 grouped + 2 excluded." in page
    both = run(repo.path, "patch", "--path", "core", "--path", "gui", "--dry-run").out
    assert "Three commits to two paths by three authors lead" in both
    fact = run(repo.path, "fact", "--path", "core", "v1..HEAD", "range.touching").out
    assert repo.git(*shlex.split(fact.partition("derive   git ")[2])) == "2"


def test_paths_of_a_sidecar_lead_nowhere_else(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A sidecar whose paths lead out of the repository is false, and nothing is asked of git."""
    repo.commit("begin", {"core/a.py": "A = 1\n"})
    repo.tag("v1")
    repo.commit("feat: core", {"core/a.py": "A = 2\n"})
    run(repo.path, "patch", "--path", "core")
    sidecar = repo.path / "patches/patch_1.json"
    sidecar.write_text(sidecar.read_text().replace('"paths": ["core"]', '"paths": ["../../etc"]'))
    verified = run(repo.path, "verify")
    assert verified.code == 1
    assert "tells the paths ../../etc of a range" in verified.out


def test_a_release_branch_that_was_merged_back(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A base beside the first-parent line makes a page that verify finds true, and another base a false one."""
    first = repo.commit("begin", {"a.txt": text()})
    repo.branch("release")
    tagged = repo.commit("build: release", {"version": "1\n"})
    repo.tag("v1")
    repo.switch("main")
    repo.commit("feat: new", {"b.txt": "b\n"})
    repo.merge("release")
    repo.commit("fix: more", {"c.txt": "c\n"})
    assert run(repo.path, "patch").code == 0
    page = (repo.path / "patches/patch_1.md").read_text()
    assert "3 commits = 2 told + 0 grouped + 1 excluded." in page
    verified = run(repo.path, "verify")
    assert (verified.code, verified.out) == (0, ""), verified
    sidecar = repo.path / "patches/patch_1.json"
    before = sidecar.read_text()
    identity = repo.identity(None, None, ("A", "a@b"), None)
    alone = repo.git("commit-tree", "-m", "alone", f"{first}^{{tree}}", env=identity)
    never_merged = repo.git("commit-tree", "-m", "aside", "-p", first, f"{first}^{{tree}}", env=identity)
    for other in (repo.git("rev-parse", "HEAD~2"), "0" * 40, alone, never_merged):
        sidecar.write_text(before.replace(f'"base": "{tagged}"', f'"base": "{other}"'))
        assert "as the commit before" in run(repo.path, "verify").out


@pytest.mark.parametrize("seed", range(3))
def test_a_page_of_any_history_is_true(
    make_repo: Callable[..., RepoBuilder], wander: Callable[..., list[str]], run: Callable[..., Ran], seed: int
) -> None:
    """Of histories made by chance, the sum is git's, verify finds the page true, and a rerun changes no byte."""
    repo = make_repo(f"repo-{seed}")
    wander(repo, seed, 8)
    for name in "abcd":
        repo.commit(f"begin {name}", {f"{name}.txt": text()})
    repo.tag("v0")
    roam(repo, random.Random(seed), 25)  # noqa: S311 - a test that repeats itself, no secret
    assert run(repo.path, "patch", "v0..HEAD").code == 0
    page = repo.path / "patches/patch_1.md"
    assert f"{repo.git('rev-list', '--count', 'v0..HEAD', '--')} commits = " in page.read_text()
    before = page.read_bytes(), page.with_suffix(".json").read_bytes()
    verified = run(repo.path, "verify", str(page))
    assert (verified.code, verified.out) == (0, ""), verified
    assert run(repo.path, "patch", "v0..HEAD").code == 0
    assert before == (page.read_bytes(), page.with_suffix(".json").read_bytes())


def test_packages_of_the_settings(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`--package` stands for its paths and its tags; each package has documents of its own, told since its own tag."""
    settings = '[packages.core]\npaths = ["packages/core"]\ntags = "core-v*"\n'
    settings += '[packages.gui]\npaths = ["packages/gui/"]\n'
    repo.commit("begin", {"chronicles.toml": settings, "packages/core/a.py": "A = 1\n", "packages/gui/a.py": "A = 1\n"})
    repo.tag("core-v1")
    repo.commit("feat: core", {"packages/core/a.py": "A = 2\n"})
    repo.tag("gui-v1")
    repo.commit("feat: gui", {"packages/gui/a.py": "A = 2\n"})
    core = run(repo.path, "patch", "--package", "core", "--dry-run").out
    assert "2 commits = 1 told + 0 grouped + 1 excluded." in core
    assert core == run(repo.path, "patch", "--path", "packages/core", "--tags", "core-v*", "--dry-run").out
    assert run(repo.path, "patch", "--package", "core").code == 0
    assert run(repo.path, "patch", "--package", "gui").code == 0
    assert "1 commit = 1 told + 0 grouped + 0 excluded." in (repo.path / "patches/patch_2.md").read_text()
    assert run(repo.path, "verify").code == 0
    unknown = run(repo.path, "patch", "--package", "cor")
    assert (unknown.code, "no package is called 'cor'; core, gui" in unknown.err) == (2, True)
    assert run(repo.path, "patch", "--package", "core", "--path", "x").code == 2
