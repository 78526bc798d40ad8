"""The index of one line: the same answers however it came to hold them, and never a look ahead."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.history import index as index_module
from chronicles.history.index import Index
from chronicles.history.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RepoBuilder

OUTPUTS = ("episodes", "site")


def top(path: str) -> str:
    """A component: the first part of a path."""
    return path.partition("/")[0]


def kind(path: str) -> str:
    """A kind: tests by name, all else source."""
    return "test" if "test" in path else "source"


def open_index(repository: Repository, *, in_memory: bool = False, excluded: tuple[str, ...] = OUTPUTS) -> Index:
    """An index with simple rules."""
    folder = None if in_memory else repository.git_dir / "chronicles"
    return Index(repository, component=top, kind=kind, excluded=excluded, folder=folder)


@pytest.fixture
def opened(repo: RepoBuilder) -> Iterator[Callable[[], Repository]]:
    """Open the repository once, when it has something to open."""
    found: list[Repository] = []

    def opener() -> Repository:
        if not found:
            found.append(Repository.open(repo.path))
        return found[0]

    yield opener
    for repository in found:
        repository.close()


def content(index: Index, depth: int) -> dict[str, list[Any]]:
    """Everything that an index holds up to a depth, without the numbers it gives to paths."""
    ask = index._db.execute
    changes = (
        "SELECT p.path, c.depth, c.status, s.path, c.churn FROM changes c JOIN paths p ON p.id = c.path "
        "LEFT JOIN paths s ON s.id = c.source WHERE c.depth <= ? ORDER BY 1, 2"
    )
    return {
        "steps": ask("SELECT * FROM steps WHERE depth <= ? ORDER BY depth", (depth,)).fetchall(),
        "changes": ask(changes, (depth,)).fetchall(),
        "marks": ask("SELECT kind, key, depth FROM marks WHERE depth <= ? ORDER BY 1, 2, 3", (depth,)).fetchall(),
        "unnamed": ask("SELECT count(*) FROM changes WHERE path NOT IN (SELECT id FROM paths)").fetchall(),
    }


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_following_gives_one_content(
    repo: RepoBuilder, wander: Callable[..., list[str]], opened: Callable[[], Repository], seed: int
) -> None:
    """Built at once, step by step or by rewinding from other branches, the index holds the same rows."""
    wander(repo, seed, 18)
    shas = repo.git("rev-list", "--all").split()
    chance = random.Random(seed)  # noqa: S311 -- a test that repeats itself, no secret
    chance.shuffle(shas)
    with open_index(opened()) as index:
        for sha in shas[:14]:
            depth = index.follow(sha)
            line = repo.git("rev-list", "--first-parent", "--reverse", sha).split()
            assert depth == len(line) - 1
            assert [step.sha for step in index.steps(0, depth)] == line
            with open_index(opened(), in_memory=True) as fresh:
                fresh.follow(sha)
                assert content(index, depth) == content(fresh, depth)


def test_steps_say_what_their_commits_are(
    repo: RepoBuilder, wander: Callable[..., list[str]], opened: Callable[[], Repository]
) -> None:
    """Sizes, times and the number of merged commits are those of git, counted without our own output."""
    wander(repo, 7, 25)
    with open_index(opened(), in_memory=True) as index:
        depth = index.follow(repo.head)
        for step in index.steps(0, depth):
            parents = repo.git("log", "-1", "--format=%P", step.sha).split()
            base = parents[0] if parents else "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
            exclude = [f":(top,exclude){folder}" for folder in OUTPUTS]
            rows = repo.git("diff", "--numstat", "-M50%", base, step.sha, "--", ".", *exclude).splitlines()
            counts = [row.split("\t")[:2] for row in rows]
            assert step.files == len(rows)
            assert step.insertions == sum(int(added) for added, _ in counts if added != "-")
            assert step.deletions == sum(int(removed) for _, removed in counts if removed != "-")
            assert step.at == int(repo.git("log", "-1", "--format=%ct", step.sha))
            brought = repo.git("rev-list", "--count", *parents[1:], f"^{parents[0]}") if parents[1:] else "0"
            assert step.grouped == int(brought)


@pytest.mark.parametrize("grown", [False, True])
def test_a_merge_has_the_hands_that_it_brought(
    repo: RepoBuilder,
    opened: Callable[[], Repository],
    grown: bool,  # noqa: FBT001 -- a column
) -> None:
    """Everyone who wrote what a merge brought in is marked there, read in bulk or alone."""
    repo.commit("one", {"a.py": "1\n"})
    repo.branch("topic")
    repo.commit("two", {"b.py": "1\n"}, author=("Bea", "bea@example.org"))
    repo.branch("deeper")
    repo.commit("three", {"c.py": "1\n"}, author=("Cy", "cy@example.org"))
    repo.switch("topic")
    repo.commit("four", {"d.py": "1\n"}, author=("Di", "di@example.org"))
    repo.merge("deeper")
    repo.switch("main")
    repo.commit("five", {"e.py": "1\n"})
    with open_index(opened(), in_memory=True) as index:
        if grown:
            index.follow(repo.head)
        repo.merge("topic")
        index.follow(repo.head)
        merge = index.step(2)
        assert merge
        assert merge.grouped == 4
        for name in (b"bea", b"cy", b"di@example.org"):
            assert index.last_mark("person", name, 3) == 2, name


def test_following_what_is_held_reads_nothing(
    repo: RepoBuilder, opened: Callable[[], Repository], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older commit of the line is answered from the index, whose newer steps stay."""
    first = repo.commit("one", {"a.py": "1\n"})
    second = repo.commit("two", {"a.py": "2\n"})
    with open_index(opened()) as index:
        assert index.follow(second) == 1
        monkeypatch.setattr(Repository, "commits", lambda *_, **__: pytest.fail("read again"))
        assert index.follow(first) == 0
        assert index.follow(second) == 1
    with open_index(opened()) as again:
        assert again.follow(second) == 1


def test_a_line_knows_where_it_ends(repo: RepoBuilder, opened: Callable[[], Repository]) -> None:
    """The newest commit is that of the line followed last, also after going back and over to another branch."""
    first = repo.commit("one", {"a.py": "1\n"})
    second = repo.commit("two", {"a.py": "2\n"})
    repo.branch("side", first)
    side = repo.commit("side", {"b.py": "1\n"})
    with open_index(opened()) as index:
        assert index.newest() is None
        for tip, newest in ((second, second), (first, second), (side, side), (second, second)):
            index.follow(tip)
            assert index.newest() == newest


def test_an_interrupted_run_goes_on_where_it_was(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    opened: Callable[[], Repository],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was read before an interrupt is kept, half a batch is not, and the same index can go on."""
    wander(repo, 2, 16)
    monkeypatch.setattr(index_module, "_BATCH", 4)
    read = Repository.commits
    left = [3]

    def stop(repository: Repository, shas: Any, *, changes: bool = True) -> Iterator[Any]:
        for number, commit in enumerate(read(repository, shas, changes=changes)):
            if changes and number == 2:
                left[0] -= 1
                if left[0] == 0:
                    raise KeyboardInterrupt
            yield commit

    monkeypatch.setattr(Repository, "commits", stop)
    with open_index(opened()) as index:
        with pytest.raises(KeyboardInterrupt):
            index.follow(repo.head)
        assert len(list(index.steps(0, 99))) == 8
        depth = index.follow(repo.head)
        with open_index(opened(), in_memory=True) as fresh:
            fresh.follow(repo.head)
            assert content(index, depth) == content(fresh, depth)


@pytest.mark.parametrize("damage", ["garbage", "torn", "deleted", "a folder", "no folder"])
def test_a_broken_index_is_made_anew(
    repo: RepoBuilder, wander: Callable[..., list[str]], opened: Callable[[], Repository], damage: str
) -> None:
    """A file that is torn, foreign, gone or cannot be written changes no answer."""
    wander(repo, 4, 12)
    with open_index(opened()) as index:
        depth = index.follow(repo.head)
        expected = content(index, depth)
    (place,) = (repo.path / ".git" / "chronicles").glob("index-*.sqlite")
    if damage == "garbage":
        place.write_bytes(b"no database " * 500)
    elif damage == "torn":
        place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    else:
        place.unlink()
    if damage == "a folder":
        place.mkdir()
    if damage == "no folder":
        place.parent.rename(place.parent.with_name("elsewhere"))
        place.parent.write_text("a file is in the way", encoding="utf-8")
    with open_index(opened()) as index:
        assert content(index, index.follow(repo.head)) == expected
        assert index.on_disk is (damage not in {"a folder", "no folder"})


def test_other_rules_make_another_index(repo: RepoBuilder, opened: Callable[[], Repository]) -> None:
    """Rows that were counted under other output folders are not used."""
    repo.commit("one", {"a.py": "1\n", "log/x.md": "1\n"})
    with open_index(opened()) as index:
        index.follow(repo.head)
        assert [step.files for step in index.steps(0, 0)] == [2]
        with open_index(opened(), excluded=("log",)) as other:
            other.follow(repo.head)
            assert [(step.files, step.left_out) for step in other.steps(0, 0)] == [(1, 1)]
        # The first is still at work.
        assert [step.files for step in index.steps(0, 0)] == [2]


def test_the_past_of_a_path_follows_its_names(repo: RepoBuilder, opened: Callable[[], Repository]) -> None:
    """Age and number of changes go back through renames to the birth under the first name."""
    text = "".join(f"line {n}\n" for n in range(20))
    repo.commit("one", {"a.py": text})
    repo.commit("two", {"a.py": text + "x\n"})
    repo.commit("three", {"a.py": None, "b/a.py": text + "x\n"})
    repo.commit("four", {"b/a.py": text + "y\n"})
    repo.commit("five", {"b/a.py": None, "b/c.py": text + "y\n"})
    repo.commit("six", {"other.py": "1\n"})
    with open_index(opened(), in_memory=True) as index:
        index.follow(repo.head)
        past = index.path_past("b/c.py", 6)
        assert past
        assert (past.changes, past.born, past.last) == (5, 0, 4)
        assert past.names == ("b/c.py", "b/a.py", "a.py")
        before = index.path_past("b/a.py", 4)
        assert before
        assert (before.changes, before.born, before.last, before.names) == (4, 0, 3, ("b/a.py", "a.py"))
        assert index.path_past("b/c.py", 4) is None
        assert index.path_past("never.py", 6) is None
        assert len(index.path_depths("b/a.py", 6)) == 3


def test_a_path_born_again_is_young(repo: RepoBuilder, opened: Callable[[], Repository]) -> None:
    """What was deleted and made anew has the past of the new file only."""
    repo.commit("one", {"a.py": "1\n", "b.py": "1\n"})
    repo.commit("two", {"a.py": None})
    repo.commit("three", {"a.py": "completely\nnew\n"})
    repo.commit("four", {"a.py": "completely\nnewer\n"})
    with open_index(opened(), in_memory=True) as index:
        index.follow(repo.head)
        past = index.path_past("a.py", 4)
        assert past
        assert (past.changes, past.born, past.last, past.names) == (2, 2, 3, ("a.py",))


def test_no_answer_looks_ahead(repo: RepoBuilder, opened: Callable[[], Repository]) -> None:
    """Every question is asked before a depth, and later steps do not change its answer."""
    repo.commit("fix: one (#7)", {"src/a.py": "1\n"})
    repo.commit("fix: two", {"src/a.py": "1\n2\n"})
    middle = repo.head

    def answers(index: Index) -> list[Any]:
        return [
            index.window(step, step.at) if (step := index.step(1)) else None,
            index.last_of_churn(1, 2),
            index.path_past("src/a.py", 2),
            index.last_mark("issue", b"7", 2),
            index.last_mark("component", b"src", 2),
            index.count_marks("component", b"src", first=0, before=2),
            index.step_by_subject("fix: two", 2),
            index.step_by_prefix(middle[:8], 2),
            index.path_depths("src/a.py", 2),
        ]

    with open_index(opened(), in_memory=True) as index:
        index.follow(middle)
        before = answers(index)
        assert None not in before
        for number in range(3):
            repo.commit("fix: two", {"src/a.py": f"{number}\n" * 90, "src/b.py": f"{number}\n"})
        repo.commit("fix: three (#7)", {"src/a.py": None})
        index.follow(repo.head)
        assert answers(index) == before


def test_a_prefix_that_fits_two_names_none(repo: RepoBuilder, opened: Callable[[], Repository]) -> None:
    """An abbreviation names a step only if it is the only one, in either case of letters."""
    shas = [repo.commit(str(number), {"a.py": f"{number}\n"}) for number in range(20)]
    with open_index(opened(), in_memory=True) as index:
        index.follow(repo.head)
        assert index.step_by_prefix("", 20) is None
        for sha in shas:
            alone = sum(other.startswith(sha[:2]) for other in shas) == 1
            found = index.step_by_prefix(sha[:2].upper(), 20)
            assert (found is not None and found.sha == sha) == alone


@pytest.mark.parametrize(
    ("message", "skipped"),
    [
        ("chore: tidy\n\nChronicle: skip\n", True),
        ("chore: tidy\n\nchronicle:  SKIP\n", True),
        ("chore: tidy\n\nIt says Chronicle: skip in here.\n", False),
        ("chore: tidy\n\nCloses #12\nSigned-off-by: A <a@b>\nChronicle: skip\n\n", True),
        ("docs: tell of the trailer\n\nWrite\n\nChronicle: skip\n\nto leave a commit out.\n", False),
        ("docs: tell of the trailer\n\nWrite\nChronicle: skip\nto leave a commit out.\n", False),
        ("feat!: drop the old API\n\nChronicle: skip\n", False),
        ("feat: drop\n\nBREAKING CHANGE: the old API is gone\nChronicle: skip\n", False),
    ],
)
def test_a_commit_may_ask_to_be_skipped_unless_it_breaks(
    repo: RepoBuilder,
    opened: Callable[[], Repository],
    message: str,
    skipped: bool,  # noqa: FBT001 -- a column
) -> None:
    """The trailer `Chronicle: skip` holds, but no breaking change can be left out."""
    repo.commit(message, {"a.py": "1\n"})
    with open_index(opened(), in_memory=True) as index:
        index.follow(repo.head)
        step = index.step(0)
        assert step
        assert step.skipped is skipped


def test_issues_are_those_of_this_repository(repo: RepoBuilder, opened: Callable[[], Repository]) -> None:
    """An entity and another repository's issue are no issue of ours."""
    repo.commit("fix: &#39;quotes&#39; as in org/repo#40, see #41", {"a.py": "1\n"})
    with open_index(opened(), in_memory=True) as index:
        index.follow(repo.head)
        assert [index.first_mark("issue", key) for key in (b"39", b"40", b"41")] == [None, None, 0]


def test_paths_are_bytes_of_git_whatever_the_locale(repo: RepoBuilder) -> None:
    """Under the C locale paths beyond ASCII are followed, and leave the same rows."""
    repo.commit("one", {"é/é.é": "1\n", os.fsdecode(b"\xff/\xe9.py"): "1\n"})
    code = (
        "import sys; from pathlib import Path; from chronicles.history.index import Index\n"
        "from chronicles.history.repository import Repository\n"
        "assert sys.getfilesystemencoding() != 'utf-8'\n"
        "with Repository.open(Path()) as repository, "
        "Index(repository, component=str.title, kind=lambda _: 'source', excluded=()) as index:\n"
        "    index.follow(sys.argv[1])\n"
        "    print(index.path_past('\\xe9/\\xe9.\\xe9', 1).changes, "
        "index.last_mark('folder', b'\\xc3\\xa9', 1), index.last_mark('folder', b'\\xff', 1))"
    )
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, repo.head],
        cwd=repo.path,
        env={**os.environ, **plain},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("1 0 0\n", "")
