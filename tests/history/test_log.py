"""Commits are read as they are, whatever they hold."""

from __future__ import annotations

import os
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.errors import GitFailed
from chronicles.history import Commit, FileChange, Person, Repository, Status, iter_commits, log
from chronicles.history.log import parse_commits

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RepoBuilder

EPOCH = datetime.fromtimestamp(0, UTC)


def only(repo: RepoBuilder) -> Commit:
    """The newest commit."""
    return next(iter_commits(repo.path))


def counts(change: FileChange) -> tuple[str, str, int | None, int | None]:
    """What most tests look at."""
    return change.path, change.status.value, change.insertions, change.deletions


def test_a_commit_is_read_whole(repo: RepoBuilder) -> None:
    """Each field of a commit and of its changes is what git has."""
    first = repo.commit("begin", {"a.txt": "1\n2\n"})
    sha = repo.commit(
        "subject\n\nbody\n",
        {"a.txt": "1\n3\n4\n"},
        at="2024-05-06T07:08:09+02:00",
        committed_at="2024-05-07T00:00:00-11:30",
        author=("Grace", "grace@example.org"),
        committer=("Ada", "ada@example.org"),
    )
    old, new = repo.git("rev-parse", "HEAD~1:a.txt", "HEAD:a.txt").split()
    change = FileChange("a.txt", None, Status.MODIFIED, 2, 1, 0o100644, 0o100644, old, new, None)
    commit = only(repo)
    assert commit == Commit(
        sha=sha,
        parents=(first,),
        author=Person("Grace", "grace@example.org"),
        authored_at=datetime.fromisoformat("2024-05-06T07:08:09+02:00"),
        committer=Person("Ada", "ada@example.org"),
        committed_at=datetime.fromisoformat("2024-05-07T00:00:00-11:30"),
        message="subject\n\nbody\n",
        changes=(change,),
    )
    assert commit.authored_at.utcoffset() == timedelta(hours=2)
    assert commit.committed_at.utcoffset() == -timedelta(hours=11, minutes=30)


def test_a_root_commit_adds_all_it_has(repo: RepoBuilder) -> None:
    """A root is counted against nothing."""
    repo.commit("begin", {"a.txt": "1\n2\n", "b.txt": ""})
    commit = only(repo)
    assert commit.parents == ()
    assert [counts(change) for change in commit.changes] == [("a.txt", "A", 2, 0), ("b.txt", "A", 0, 0)]
    assert commit.changes[0].old_mode == 0
    assert commit.changes[0].old_blob == "0" * 40


def test_an_empty_commit_changes_nothing(repo: RepoBuilder) -> None:
    """Empty commits, at the root and in a row, have no changes and keep their places."""
    shas = [repo.commit(f"empty {number}") for number in range(3)]
    found = list(iter_commits(repo.path))
    assert [commit.sha for commit in found] == shas[::-1]
    assert all(commit.changes == () for commit in found)


def test_a_merge_is_counted_against_its_first_parent(repo: RepoBuilder) -> None:
    """Of a merge and of an octopus, the changes are those that came to the branch they were merged into."""
    repo.commit("begin", {"a.txt": "a\n"})
    for name in ("one", "two", "three"):
        repo.branch(name, "main")
        repo.commit(name, {f"{name}.txt": name})
    repo.switch("main")
    repo.commit("ours", {"a.txt": "b\n"})
    repo.merge("one")
    merge = only(repo)
    assert [counts(change) for change in merge.changes] == [("one.txt", "A", 1, 0)]
    repo.merge("two", "three")
    octopus = only(repo)
    assert len(octopus.parents) == 3
    assert [change.path for change in octopus.changes] == ["three.txt", "two.txt"]
    assert len(list(iter_commits(repo.path))) == 7


def test_renames_are_found(repo: RepoBuilder) -> None:
    """A rename has both names, its similarity and the lines that changed; half alike is enough, less is not."""
    body = "".join(f"line {number}\n" for number in range(20))
    repo.commit("begin", {"a.txt": body, "b.txt": body.upper(), "c.txt": "gone\n"})
    repo.commit(
        "move", {"a.txt": None, "d/a.txt": body + "new\n", "b.txt": None, "d/b.txt": body.upper(), "c.txt": None}
    )
    gone, near, exact = sorted(only(repo).changes, key=lambda change: change.path)
    assert counts(gone) == ("c.txt", "D", 0, 1)
    assert (*counts(near), near.old_path) == ("d/a.txt", "R", 1, 0, "a.txt")
    assert near.similarity is not None
    assert 90 < near.similarity < 100
    assert (*counts(exact), exact.old_path, exact.similarity) == ("d/b.txt", "R", 0, 0, "b.txt", 100)


def test_binary_symlink_submodule_mode_and_case(repo: RepoBuilder) -> None:
    """Binary files have no lines; links, submodules, modes and the case of a name are changes like others."""
    repo.commit("begin", {"logo.png": b"\0one", "run.sh": "x\n", "Readme": "r\n", "link": Path("a"), "kind": "text\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repo.git("update-index", "--chmod=+x", "run.sh")
    repo.git("mv", "Readme", "README")
    repo.commit("change", {"logo.png": b"\0two", "link": Path("b")})
    (repo.path / "kind").unlink()
    found = {change.path: change for change in only(repo).changes}
    assert found.keys() == {"logo.png", "run.sh", "README", "link", "module"}
    assert counts(found["logo.png"]) == ("logo.png", "M", None, None)
    assert found["logo.png"].binary
    assert found["logo.png"].churn == 0
    assert (found["run.sh"].old_mode, found["run.sh"].new_mode) == (0o100644, 0o100755)
    assert counts(found["run.sh"])[1:] == ("M", 0, 0)
    assert found["README"].old_path == "Readme"
    assert (found["link"].new_mode, found["link"].churn) == (0o120000, 2)
    assert (found["module"].new_mode, found["module"].new_blob, found["module"].insertions) == (0o160000, "1" * 40, 1)
    repo.commit("to a link", {"kind": Path("elsewhere")})
    assert counts(only(repo).changes[0]) == ("kind", "T", 1, 1)


ODD_NAMES = [
    "with space",
    " ",
    'quo"te',
    "apo'strophe",
    "new\nline",
    "\n:100644 100644 a b M",
    "tab\there",
    "1\t2\tcount",
    "back\\slash",
    "--output=x",
    ":(top)magic",
    "*.py",
    "{{ name }}",
    "<b>bold</b>",
    "\x1b[31mred",
    "\u202egnp.exe",
    "née/日本語",
    "R100",
    os.fsdecode(b"caf\xe9"),
    os.fsdecode(b"\xff\xfe"),
]


def test_odd_names_of_files_are_kept(repo: RepoBuilder) -> None:
    """A name is any bytes but NUL, comes out as it went in, and git understands it again."""
    repo.commit("begin", {name: f"{name!r}\n" for name in ODD_NAMES})
    assert sorted(change.path for change in only(repo).changes) == sorted(ODD_NAMES)
    for name in ODD_NAMES:
        repo.git("mv", "--", f"./{name}", f"{name}.moved")
    sha = repo.commit("move")
    assert {change.path: change.old_path for change in only(repo).changes} == {f"{n}.moved": n for n in ODD_NAMES}
    with Repository.open(repo.path) as repository:
        for name in ODD_NAMES:
            assert repository.read_file(sha, f"{name}.moved") == f"{name!r}\n".encode()
            assert repository.patch(f"{sha}~1", sha, [f"{name}.moved"]).count(b"\ndiff --git") == 0
            assert repository.patch(f"{sha}~1", sha, [f"{name}.moved"]).count(b"new file mode") == 1
            assert [run.sha for run in repository.blame(sha, f"{name}.moved", [(1, 1)])]


ODD_MESSAGES = [
    "",
    "\n",
    "\n\n  late subject\n",
    "no line break at the end",
    "sub\nject\n\nbody",
    "\\0 %x00 \\x00 \x01\x02",
    "\n:100644 100644 0 0 M",
    ":100644 100644 " + "0" * 40 + " " + "1" * 40 + " M\n1\t1\ta.txt\n",
    "commit " + "a" * 40 + "\n\n" + "b" * 40,
    "# a heading\n\n<script>alert(1)</script>\n{{ 7*7 }}\n---\ntitle: x\n---\n",
    "\x1b[2J\x1b]0;title\x07",
    "\u202eright to left",
    "é 日本語 🎉",
    "huge " + "x" * 3_000_000,
    "many\n\n" + "line\n" * 50_000,
]


def test_odd_messages_are_kept(repo: RepoBuilder) -> None:
    """A message holds anything; none shifts a field of its own commit or of another."""
    for number, message in enumerate(ODD_MESSAGES):
        repo.commit(message, {"a.txt": f"{number}\n"} if number % 2 else None)
    found = list(iter_commits(repo.path))[::-1]
    assert [commit.message for commit in found] == ODD_MESSAGES
    assert [len(commit.changes) for commit in found] == [number % 2 for number in range(len(found))]
    assert {commit.author for commit in found} == {Person("Ada", "ada@example.org")}


def test_encodings(repo: RepoBuilder) -> None:
    """A message and a name in a declared encoding are read in it; bytes that are no text become U+FFFD."""
    repo.git("config", "i18n.commitEncoding", "ISO-8859-1")
    repo.git_bytes(
        "commit", "-q", "--allow-empty", "-F", "-", stdin=b"caf\xe9\n",
        env={**repo.identity(None, None, (os.fsdecode(b"Andr\xe9"), "a@example.org"), None)},
    )  # fmt: skip
    latin = only(repo)
    assert (latin.message, latin.author.name) == ("café\n", "André")
    tree = repo.git("write-tree").encode()
    who = b"Andr\xe9 <a@example.org> 1 +0000"
    repo.raw_commit(b"tree %b\nauthor %b\ncommitter %b\n\nno text: \xff\n" % (tree, who, who))
    broken = only(repo)
    assert (broken.message, broken.author.name) == ("no text: \ufffd\n", "Andr\ufffd")
    repo.raw_commit(b"tree %b\nauthor %b\ncommitter %b\nencoding klingon\n\nold\n" % (tree, who, who))
    assert only(repo).message == "old\n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1700000000 +1400", datetime.fromisoformat("2023-11-15T12:13:20+14:00")),
        ("1700000000 -1200", datetime.fromisoformat("2023-11-14T10:13:20-12:00")),
        ("1700000000 +0545", datetime.fromisoformat("2023-11-15T03:58:20+05:45")),
        ("1700000000 +9999", datetime.fromisoformat("2023-11-14T22:13:20+00:00")),
        ("1700000000 -99999", datetime.fromisoformat("2023-11-14T22:13:20+00:00")),
        ("0 -0000", EPOCH),
        ("-12345 +0000", EPOCH),
        ("253402300800 +0000", EPOCH),
        ("253402300799 +1400", EPOCH),
        ("99999999999999999999999 +0000", EPOCH),
        ("noon +0000", EPOCH),
        ("", EPOCH),
    ],
)
def test_dates_of_raw_commits(repo: RepoBuilder, written: str, expected: datetime) -> None:
    """Any date that a commit object may hold is read or is the epoch."""
    tree = repo.git("write-tree")
    repo.raw_commit(f"tree {tree}\nauthor A <a@b> {written}\ncommitter C <c@d> {written}\n\nm\n".encode())
    commit = only(repo)
    assert (commit.authored_at, commit.authored_at.utcoffset()) == (expected, expected.utcoffset())
    assert (commit.committed_at, commit.committed_at.utcoffset()) == (expected, expected.utcoffset())
    assert (commit.author, commit.committer, commit.message) == (Person("A", "a@b"), Person("C", "c@d"), "m\n")


def test_a_mangled_commit_object(repo: RepoBuilder) -> None:
    """A commit without readable people, and one with a NUL in its message, are told as far as git can."""
    tree = repo.git("write-tree")
    repo.raw_commit(f"tree {tree}\nauthor nobody\ncommitter\n\nm".encode())
    assert only(repo).authored_at == EPOCH
    assert only(repo).message == "m"
    repo.raw_commit(f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\ncut\0off".encode())
    assert only(repo).message == "cut"


def test_two_commits_in_one_second(repo: RepoBuilder) -> None:
    """Commits of one second, and of a clock that runs backwards, come children first."""
    noon = "2024-01-01T12:00:00+00:00"
    shas = [repo.commit(str(number), at=noon) for number in range(5)]
    shas.append(repo.commit("yesterday", at="2023-12-31T12:00:00+00:00"))
    assert [commit.sha for commit in iter_commits(repo.path)] == shas[::-1]


def test_twenty_thousand_files(repo: RepoBuilder) -> None:
    """A commit with 20,000 files is one commit with 20,000 changes."""
    who = "committer Ada <ada@example.org> 1700000000 +0000\ndata 1\nx\n"
    files = "".join(f"M 100644 inline d{n % 100}/f{n}.txt\ndata 2\n{n % 9}\n\n" for n in range(20_000))
    repo.git("fast-import", "--quiet", stdin=f"commit refs/heads/main\n{who}{files}")
    commit = only(repo)
    assert len(commit.changes) == 20_000
    assert sum(change.insertions or 0 for change in commit.changes) == 20_000


def test_sha256(make_repo: Callable[..., RepoBuilder]) -> None:
    """A SHA-256 repository is read like any other."""
    repo = make_repo("sha256", object_format="sha256")
    repo.commit("begin", {"a.txt": "1\n"})
    sha = repo.commit("move", {"a.txt": None, "b.txt": "1\n"})
    with Repository.open(repo.path) as repository:
        assert repository.object_format == "sha256"
        assert repository.resolve("HEAD") == sha
        assert len(sha) == 64
        assert [counts(change) for change in repository.diff(None, sha)] == [("b.txt", "A", 1, 0)]
        assert repository.read_file(sha, "b.txt") == b"1\n"
        assert [run.sha for run in repository.blame(sha, "b.txt", [(1, 1)])] == [list(repository.steps(sha))[-1]]
    assert [change.old_path for change in only(repo).changes] == ["a.txt"]


@pytest.mark.parametrize("seed", range(3))
def test_the_sums_are_those_of_git_show(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Of a random history, read in many small chunks, each commit has the numbers of `git show --numstat`."""
    generate(repo, random.Random(seed))  # noqa: S311 -- a fixed story, no secret
    for pace in ("TOGETHER", "ALONE"):
        monkeypatch.setattr(log, pace, log.Pace(chunk=7, in_flight=3))
    found = list(iter_commits(repo.path))
    assert [commit.sha for commit in found] == repo.git("rev-list", "HEAD").split()
    for commit in found:
        shown = repo.git("show", "--numstat", "-z", "--format=", "-M", "--diff-merges=first-parent", commit.sha)
        assert render_numstat(commit.changes) == shown


def test_the_sums_of_a_given_repository() -> None:
    """The repository named by TEST_HISTORY_REPOSITORY has the numbers of one `git log --numstat`."""
    path = os.environ.get("TEST_HISTORY_REPOSITORY")
    if path is None:
        pytest.skip("TEST_HISTORY_REPOSITORY names no repository")
    options = ("--numstat", "-z", "--format=", "-M", "--diff-merges=first-parent")
    shown = subprocess.run(["git", "-C", path, "log", *options], capture_output=True, check=True).stdout
    assert "".join(render_numstat(commit.changes) for commit in iter_commits(path)) == os.fsdecode(shown)


def render_numstat(changes: tuple[FileChange, ...]) -> str:
    """Changes as `git show --numstat -z` prints them."""

    def number(count: int | None) -> str:
        return "-" if count is None else str(count)

    names = (f"\0{change.old_path}\0{change.path}" if change.old_path else change.path for change in changes)
    return "".join(
        f"{number(change.insertions)}\t{number(change.deletions)}\t{name}\0"
        for change, name in zip(changes, names, strict=True)
    )


def generate(repo: RepoBuilder, chance: random.Random) -> None:
    """Write a history of some thirty commits with branches, merges, moves, deletions and binary files."""
    held: dict[str, list[str]] = {}
    repo.commit("begin", {"seed.txt": "0\n"})
    for number in range(24):
        files: dict[str, str | bytes | Path | None] = {}
        for _ in range(chance.randint(0, 3)):
            name = f"{chance.choice('abc')}/{chance.randint(0, 9)}.txt"
            lines = held.setdefault(name, [f"{name} {line}" for line in range(chance.randint(1, 30))])
            lines.insert(chance.randint(0, len(lines)), f"commit {number}")
            if chance.random() < 0.2:
                held[f"moved/{number}.txt"] = held.pop(name)
                files[f"moved/{number}.txt"] = "\n".join(lines)
                if (repo.path / name).exists():
                    files[name] = None
            else:
                files[name] = "\n".join(lines)
        if chance.random() < 0.3:
            files[f"bin/{number}"] = chance.randbytes(40) + b"\0"
        repo.commit(f"commit {number}", files)
        if number % 6 == 5:
            repo.branch(f"side{number}", "HEAD~1")
            repo.commit("side", {f"side/{number}.txt": "side\n"})
            repo.switch("main")
            repo.merge(f"side{number}")


def test_leaving_early_ends_git(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops asking leaves no process and no shadow behind."""
    started: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen[bytes]):
        """A process that stays known after whoever started it forgot it."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    chance = random.Random(5)  # noqa: S311 - lines, not secrets
    for number in range(2):  # two orders of the same lines, over which git's comparison takes seconds
        repo.commit(f"{number}", {"a.txt": "".join(f"{chance.randrange(9000)}\n" for _ in range(40_000))})
    repo.commit("the newest, soon read", {"b.txt": "b\n"})
    monkeypatch.setattr(log, "TOGETHER", log.Pace(chunk=1, in_flight=3))
    monkeypatch.setattr(log, "ALONE", log.Pace(chunk=1, in_flight=3))
    monkeypatch.setattr(subprocess, "Popen", Watched)
    commits = iter_commits(repo.path)
    next(commits)
    assert any(process.returncode is None for process in started), "nothing ran while the history was read"
    commits.close()  # type: ignore[attr-defined] # a generator, typed as the iterator it is used as
    assert [process.args for process in started if process.returncode is None] == []


def test_a_commit_that_is_missing_is_an_error(repo: RepoBuilder) -> None:
    """A hash that git does not have, or that is asked for twice, raises instead of being passed over."""
    sha = repo.commit("begin")
    with Repository.open(repo.path) as repository:
        with pytest.raises(GitFailed):
            list(repository.commits(["1" * 40]))
        with pytest.raises(GitFailed, match="not told"):
            list(repository.commits([sha, sha]))


def test_without_changes_nothing_else_is_missing(repo: RepoBuilder) -> None:
    """Metadata alone is the same metadata, in the order asked for."""
    shas = [repo.commit(f"{number}\n\nbody\n", {"a.txt": f"{number}\n"}) for number in range(3)]
    with Repository.open(repo.path) as repository:
        bare = list(repository.commits(shas, changes=False))
        full = list(repository.commits(shas))
    assert [commit.sha for commit in bare] == shas
    assert all(commit.changes for commit in full)
    assert [(c.sha, c.message, c.author, c.authored_at) for c in bare] == [
        (c.sha, c.message, c.author, c.authored_at) for c in full
    ]


TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))
NAMES = TEXT.filter(bool)


@given(st.lists(st.tuples(TEXT, TEXT, st.lists(st.tuples(NAMES, st.none() | NAMES, st.none() | st.integers(0, 9))))))
def test_no_text_breaks_the_frame(commits: list[tuple[str, str, list[tuple[str, str | None, int | None]]]]) -> None:
    """Whatever names, messages and paths hold, parsing gives back what was rendered."""
    output, expected = "", []
    for number, (name, message, files) in enumerate(commits):
        sha = f"{number:040x}"
        output += f"{sha}\0\0{name}\0e\0001 +0000\0{name}\0e\0001 +0000\0{message}\0"
        raws, counted = "", ""
        for path, old, lines in files:
            count = "-" if lines is None else str(lines)
            named = path if old is None else f"{old}\0{path}"
            raws += f":100644 100644 {sha} {sha} {'M' if old is None else 'R075'}\0{named}\0"
            counted += f"{count}\t{count}\t{path if old is None else f'{chr(0)}{named}'}\0"
        output += f"\n{raws}{counted}" if files else ""
        expected.append((sha, name, message, [(path, old, lines) for path, old, lines in files]))
    found = [
        (c.sha, c.author.name, c.message, [(f.path, f.old_path, f.insertions) for f in c.changes])
        for c in parse_commits(output)
    ]
    assert found == expected
