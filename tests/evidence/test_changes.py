"""Sizes, components, kinds and moves, held against what plain git says of the same trees."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from chronicles.evidence.facts import shown_path
from chronicles.evidence.kinds import component

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
OUTPUTS = ("episodes", "patches", "reports", "site")


def numstat(repo: RepoBuilder, base: str, tip: str) -> list[tuple[str, int | None, int | None]]:
    """Path, insertions and deletions of each change, from `git diff --numstat -z`; None for a binary file."""
    exclude = [f":(top,exclude){folder}" for folder in OUTPUTS]
    raw = repo.git_bytes("diff", "--numstat", "-z", "-M50%", base, tip, "--", ".", *exclude)
    tokens = iter(raw.split(b"\0")[:-1])
    found = []
    for token in tokens:
        added, removed, path = token.split(b"\t", 2)
        if not path:
            next(tokens)
            path = next(tokens)
        counts = (None, None) if added == b"-" else (int(added), int(removed))
        found.append((os.fsdecode(path), *counts))
    return found


def parent_of(repo: RepoBuilder, sha: str) -> str:
    """The first parent, or the empty tree before the root."""
    parents = repo.git("log", "-1", "--format=%P", sha).split()
    return parents[0] if parents else EMPTY_TREE


@pytest.mark.parametrize("seed", range(4))
def test_every_count_is_what_git_counts(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
    seed: int,
) -> None:
    """Totals and components of commits by chance are the sums of `git diff --numstat`, first parents before merges."""
    wander(repo, seed, 25)
    shop = open_workshop(repo)
    for sha in repo.git("rev-list", "--first-parent", "HEAD", "--").split():
        ledger = dossier_of(repo, sha, shop=shop, reading="quick").ledger
        rows = numstat(repo, parent_of(repo, sha), sha)
        assert ledger.value("change.files") == len(rows)
        assert ledger.value("change.insertions") == sum(added or 0 for _, added, _ in rows)
        assert ledger.value("change.deletions") == sum(removed or 0 for _, _, removed in rows)
        assert ledger.value("change.churn") == sum((a or 0) + (r or 0) for _, a, r in rows)
        assert ledger.value("change.binary_files") == sum(added is None for _, added, _ in rows)
        sums: dict[str, Counter[str]] = {}
        for path, added, removed in rows:
            total = sums.setdefault(shown_path(component(path)), Counter())
            total.update({"files": 1, "insertions": added or 0, "deletions": removed or 0})
        told = {key for key in ledger if key.startswith("component.")}
        assert told == {f"component.{name}.{what}" for name in sums for what in ("files", "insertions", "deletions")}
        for name, total in sums.items():
            for what in ("files", "insertions", "deletions"):
                assert ledger.value(f"component.{name}.{what}") == total[what], (sha, name, what)
        kinds = [key for key in ledger if key.startswith("kind.") and key.endswith(".files")]
        assert sum(ledger.number(key) for key in kinds) == len(rows)
        for ratio in ("change.lines_per_file", "change.additive_percent"):
            of_something = bool(rows if ratio.endswith("file") else ledger.number("change.churn"))
            assert (ledger[ratio].value is not None) == of_something


def test_the_counts_of_a_range_are_those_of_its_ends(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """What a range did and undid again is no news."""
    base = repo.commit("feat: begin", {"a.py": "a = 1\n"})
    repo.commit("feat: try", {"b.py": "b = 1\n", "a.py": "a = 2\n"})
    repo.commit("feat: give up", {"b.py": None, "a.py": "a = 3\n"})
    ledger = dossier_of(repo, f"{base}..HEAD").ledger
    assert ledger.value("change.files") == 1
    assert (ledger.value("change.insertions"), ledger.value("change.deletions")) == (1, 1)


def test_components_can_be_named_by_globs(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """`packages/*` makes each package a component of its own."""
    repo.commit("feat: begin", {"packages/a/x.py": "1\n", "packages/b/y.py": "1\n2\n", "setup.py": "1\n"})
    ledger = dossier_of(repo, components=("packages/*",)).ledger
    names = [key for key in ledger if key.startswith("component.") and key.endswith(".files")]
    assert names == ["component.packages/a.files", "component.packages/b.files", "component.setup.py.files"]
    assert ledger.value("component.packages/b.insertions") == 2


def test_equal_components_stand_in_the_seeds_order(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The biggest first; of equals, folders and files known by their whole name before those with an ending."""
    names = ["z/a.py", "z/b.py", "docs/x.md", "CHANGELOG.md", "Dockerfile", ".gitignore", "a.py"]
    repo.commit("feat: begin", dict.fromkeys(names, "1\n"))
    ledger = dossier_of(repo).ledger
    order = [
        key.split(".", 1)[1].removesuffix(".files") for key in ledger if key.endswith(".files") and "component" in key
    ]
    assert order == ["z", ".gitignore", "Dockerfile", "docs", "CHANGELOG.md", "a.py"]


def test_our_own_output_is_left_out_and_said(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Files of output folders are in no count but one: how many were left out."""
    repo.commit("feat: begin", {"a.py": "1\n", "episodes/e.md": "1\n2\n", "site/i.html": "x\n", "episodes.py": "1\n"})
    ledger = dossier_of(repo).ledger
    assert ledger.value("change.files") == 2
    assert ledger.value("change.insertions") == 2
    assert ledger.value("change.left_out") == 2
    assert "component.episodes.files" not in ledger


@pytest.mark.parametrize(
    ("old", "new", "counts"), [("episodes/e.md", "docs/e.md", (1, 20, 0)), ("docs/e.md", "episodes/e.md", (1, 0, 20))]
)
def test_a_move_over_the_border_of_our_output(
    repo: RepoBuilder,
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
    old: str,
    new: str,
    counts: tuple[int, int, int],
) -> None:
    """What leaves an output folder is new and what moves into one is gone, in the facts and in the index."""
    text = "".join(f"line {n}\n" for n in range(20))
    repo.commit("begin", {old: text, "a.py": "1\n"})
    repo.commit("move", {old: None, new: text})
    shop = open_workshop(repo)
    ledger = dossier_of(repo, shop=shop).ledger
    assert tuple(ledger.value(f"change.{what}") for what in ("files", "insertions", "deletions")) == counts
    assert len(numstat(repo, "HEAD~1", "HEAD")) == 1
    assert ledger.value("change.left_out") == 1
    step = shop.index.step(1)
    assert step
    assert ((step.files, step.insertions, step.deletions), step.left_out) == (counts, 1)


@pytest.mark.parametrize(
    ("renames", "told"),
    [
        ({"a/x.py": "b/x.py"}, [("a/x.py", "b/x.py", 1)]),
        ({"a/x.py": "b/x.py", "a/y.py": "b/y.py"}, [("a/", "b/", 2)]),
        ({"a/s/x.py": "b/s/x.py", "a/s/y.py": "b/s/y.py"}, [("a/", "b/", 2)]),
        ({"x.py": "lib/x.py", "y.py": "lib/y.py"}, [("./", "lib/", 2)]),
        ({"a/x.py": "a/z.py"}, [("a/x.py", "a/z.py", 1)]),
        ({"a/x.py": "b/x.py", "a/y.py": "b/y.py", "c.py": "d.py"}, [("a/", "b/", 2), ("c.py", "d.py", 1)]),
    ],
)
def test_moves_are_grouped_by_folder(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier], renames: dict[str, str], told: list[tuple[str, str, int]]
) -> None:
    """Files that keep their name move as a folder when there is more than one; the longest common end is cut."""
    texts = {old: "".join(f"{old} {n}\n" for n in range(10)) for old in renames}
    repo.commit("begin", texts)
    repo.commit("move", {**dict.fromkeys(renames), **{new: texts[old] for old, new in renames.items()}})
    ledger = dossier_of(repo).ledger
    moves = [tuple(ledger.value(f"{m}.{part}") for part in ("from", "to", "files")) for m in ledger.numbered("move")]
    assert moves == told
    assert ledger.value("change.renamed_files") == len(renames)
    assert ledger.value("move.unchanged") == len(renames)


def test_statuses_modes_and_the_biggest_file(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """New, deleted and re-moded files are counted, and the biggest change by hand is the first file."""
    repo.commit("begin", {"gone.py": "1\n", "run.sh": "1\n", "big.py": "1\n"})
    repo.git("update-index", "--chmod=+x", "run.sh")
    lock = "".join(f"l{n}\n" for n in range(90))
    repo.commit("change", {"gone.py": None, "big.py": "2\n3\n4\n", "poetry.lock": lock})
    ledger = dossier_of(repo).ledger
    assert ledger.value("change.mode_files") == 1
    assert ledger.value("change.added_files") == 1
    assert ledger.value("change.deleted_files") == 1
    assert ledger.value("file.1.path") == "big.py"
    assert ledger.value("change.generated_lines") == 90
    assert ledger.value("spread.half") == 1
    assert ledger.value("spread.small") == 2
