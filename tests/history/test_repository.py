"""Questions to one repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import chronicles.history
from chronicles.errors import EmptyRepository, GitFailed, UnknownRevision
from chronicles.history import Repository, iter_commits
from chronicles.history.blame import Blamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RepoBuilder


@pytest.fixture
def opened(repo: RepoBuilder) -> Iterator[Repository]:
    """The repository, open."""
    with Repository.open(repo.path) as repository:
        yield repository


class TestNames:
    """Names become hashes, or a clear refusal."""

    def test_names_that_git_knows(self, repo: RepoBuilder, opened: Repository) -> None:
        """Branches, tags of either kind, tags of tags, short hashes, ancestors and reflogs name commits."""
        first = repo.commit("begin")
        repo.tag("light")
        repo.tag("heavy", message="words")
        repo.tag("nested", "heavy", message="words")
        second = repo.commit("fix: find me")
        for name in ("main~1", "light", "heavy", "nested", first, first[:7], "refs/tags/light", "HEAD@{1}", "HEAD^1"):
            assert opened.resolve(name) == first
        assert opened.resolve("HEAD") == opened.resolve("@") == opened.resolve(":/find me") == second
        assert opened.tags() == [("heavy", first), ("light", first), ("nested", first)]

    @pytest.mark.parametrize(
        "name",
        [
            *(
                "",
                " ",
                "-",
                "--output=x",
                "--all",
                "-n1",
                "HEAD..HEAD",
                "^HEAD",
                "HEAD^{tree}",
                "HEAD:a.txt",
                "nothing",
            ),
            *("HEAD\n", "HEAD\0", "HEAD --", "1" * 40, "HEAD~99", "$(touch x)", "a" * 5000, "\udce9", "@{u}", "*"),
        ],
    )
    def test_names_that_name_no_commit(self, repo: RepoBuilder, opened: Repository, name: str) -> None:
        """Options, ranges, trees, files and nonsense are unknown revisions, and leave nothing behind."""
        repo.commit("begin", {"a.txt": "a\n"})
        before = sorted(repo.path.rglob("*"))
        with pytest.raises(UnknownRevision):
            opened.resolve(name)
        assert sorted(repo.path.rglob("*")) == before

    def test_an_empty_repository(self, opened: Repository) -> None:
        """Where there is no commit, that is what is said, whichever name is asked for."""
        for name in ("HEAD", "main"):
            with pytest.raises(EmptyRepository, match="no commit yet"):
                opened.resolve(name)
        with pytest.raises(EmptyRepository):
            next(iter_commits(opened.root))
        assert opened.tags() == []
        assert opened.head_branch() == "main"

    def test_an_unborn_branch_beside_others(self, repo: RepoBuilder, opened: Repository) -> None:
        """On a branch without commits in a repository that has some, HEAD is unknown, not the repository empty."""
        repo.commit("begin")
        repo.git("switch", "-q", "--orphan", "fresh")
        with pytest.raises(UnknownRevision):
            opened.resolve("HEAD")

    def test_a_detached_head(self, repo: RepoBuilder, opened: Repository) -> None:
        """A detached HEAD is on no branch and still names its commit."""
        first = repo.commit("begin")
        repo.commit("more")
        assert opened.head_branch() == "main"
        repo.git("switch", "-q", "--detach", first)
        assert opened.head_branch() is None
        assert opened.resolve("HEAD") == first

    def test_tags_that_lead_to_no_commit_are_left_out(self, repo: RepoBuilder, opened: Repository) -> None:
        """A tag of a file or a tree is no commit's."""
        sha = repo.commit("begin", {"a.txt": "a\n"})
        repo.tag("file", "HEAD:a.txt")
        repo.tag("tree", "HEAD^{tree}", message="words")
        repo.tag("größe/1", "HEAD")
        assert opened.tags() == [("größe/1", sha)]

    def test_ranges(self, repo: RepoBuilder, opened: Repository) -> None:
        """Each form of a range has its base and its tip."""
        base = repo.commit("begin")
        repo.branch("topic")
        topic = repo.commit("topic")
        repo.switch("main")
        main = repo.commit("main")
        assert opened.resolve_range("topic..main") == (topic, main)
        assert opened.resolve_range("topic...main") == (base, main)
        assert opened.resolve_range("topic..") == (topic, main)
        assert opened.resolve_range("..topic") == (main, topic)
        assert opened.resolve_range("topic") == (None, topic)
        repo.git("switch", "-q", "--orphan", "island")
        repo.commit("island")
        assert opened.resolve_range("island...main") == (None, main)
        for text in ("..", "...", "a..b", "HEAD..--output=x", "HEAD..HEAD..HEAD", "HEAD....HEAD"):
            with pytest.raises(UnknownRevision):
                opened.resolve_range(text)


class TestAncestry:
    """Steps, merges and ancestors."""

    def test_steps_follow_first_parents(self, repo: RepoBuilder, opened: Repository) -> None:
        """The steps of a branch leave out what merges brought, which the merge tells, octopus too."""
        first = repo.commit("begin")
        sides = {}
        for name in ("one", "two", "three"):
            repo.branch(name, "main")
            sides[name] = [repo.commit(f"{name} {number}") for number in range(2)][::-1]
        repo.switch("main")
        second = repo.commit("main")
        merge = repo.merge("one")
        octopus = repo.merge("two", "three")
        assert list(opened.steps(octopus)) == [octopus, merge, second, first]
        assert list(opened.steps(octopus, stop={second})) == [octopus, merge]
        assert list(opened.steps(octopus, stop={octopus})) == []
        assert opened.brought_in(merge) == sides["one"]
        assert sorted(opened.brought_in(octopus)) == sorted(sides["two"] + sides["three"])
        assert opened.brought_in(first) == opened.brought_in(second) == []
        told = [sha for step in opened.steps(octopus) for sha in (step, *opened.brought_in(step))]
        assert sorted(told) == sorted(commit.sha for commit in opened.ancestry(octopus))

    def test_ancestors(self, repo: RepoBuilder, opened: Repository) -> None:
        """A commit is an ancestor of itself and of its children, not of its parents."""
        first, second = repo.commit("1"), repo.commit("2")
        assert opened.is_ancestor(first, second)
        assert opened.is_ancestor(first, first)
        assert not opened.is_ancestor(second, first)
        with pytest.raises(GitFailed):
            opened.is_ancestor("1" * 40, first)


class TestChanges:
    """Differences of any two commits."""

    def test_a_difference_leaves_out_what_is_excluded(self, repo: RepoBuilder, opened: Repository) -> None:
        """Excluded folders and files are literal paths from the root; look-alikes stay."""
        base = repo.commit("begin", {"a.txt": "1\n"})
        files = ("episodes/1.md", "sub/episodes/1.md", "episodes.md", "*.md", "x.md", ":(top)")
        repo.commit("between")
        tip = repo.commit("write", dict.fromkeys(files, "new\n"))
        assert {change.path for change in opened.diff(base, tip)} == set(files)
        assert {change.path for change in opened.diff(base, tip, ["episodes", "*.md", ":(top)"])} == {
            "sub/episodes/1.md",
            "episodes.md",
            "x.md",
        }
        assert {change.path for change in opened.diff(None, tip)} == {*files, "a.txt"}
        assert opened.diff(tip, tip) == ()
        assert opened.diff(base, tip, ["episodes", "sub", "episodes.md", "*.md", "x.md", ":(top)"]) == ()

    def test_a_difference_is_the_commits_own(self, repo: RepoBuilder, opened: Repository) -> None:
        """Between a commit and its first parent, the difference is what the commit is told to change."""
        repo.commit("begin", {"a.txt": "1\n2\n3\n", "b.bin": b"\0"})
        repo.branch("topic")
        repo.commit("topic", {"a.txt": None, "c.txt": "1\n2\n3\n4\n"})
        repo.switch("main")
        repo.commit("main", {"b.bin": b"\0\0"})
        repo.merge("topic")
        for commit in opened.ancestry(repo.head, changes=True):
            parent = commit.parents[0] if commit.parents else None
            assert opened.diff(parent, commit.sha) == commit.changes

    def test_a_patch_shows_the_paths_asked_for(self, repo: RepoBuilder, opened: Repository) -> None:
        """A patch has no context, no other file, and keeps a rename when both names are given."""
        body = "".join(f"{number}\n" for number in range(9))
        base = repo.commit("begin", {"a.txt": body, "b.txt": "b\n"})
        tip = repo.commit("move", {"a.txt": None, "c.txt": body.replace("4", "four"), "b.txt": "B\n"})
        patch = opened.patch(base, tip, ["a.txt", "c.txt"]).decode()
        assert "rename from a.txt\nrename to c.txt\n" in patch
        assert patch.endswith("\n-4\n+four\n")
        assert "b.txt" not in patch
        assert b"new file mode" in opened.patch(base, tip, ["c.txt"])
        assert opened.patch(None, base, ["b.txt"]).endswith(b"+b\n")
        assert opened.patch(base, tip, []) == b""
        assert opened.patch(base, tip, ["*.txt", ":/", "nothing"]) == b""


class TestContents:
    """Blobs and trees."""

    def test_blobs_are_read_to_the_byte(self, repo: RepoBuilder, opened: Repository) -> None:
        """Contents with NULs, line breaks, nothing in them or looking like git's answers come out as they went in."""
        contents = [b"", b"\n", b"\0\xff\n", b"no end", b"a" * 200_000, b"0" * 40 + b" blob 3\nabc\n"]
        repo.commit("begin", {f"{number}.bin": content for number, content in enumerate(contents)})
        entries = opened.list_tree(repo.head)
        ids = [entry.object_id for entry in entries]
        assert [entry.path for entry in entries] == [f"{number}.bin" for number in range(len(contents))]
        assert [opened.read_blob(object_id) for object_id in ids] == contents
        assert opened.read_blobs([*ids, "1" * 40]) == dict(zip(ids, contents, strict=True))
        assert opened.blob_sizes([*ids, "1" * 40]) == {i: len(c) for i, c in zip(ids, contents, strict=True)}
        assert opened.blob_sizes([]) == {}
        with pytest.raises(GitFailed, match="is not in"):
            opened.read_blob("1" * 40)
        assert opened.read_blob(ids[0]) == contents[0], "a missing one does not upset the next"

    def test_files_are_read_by_path(self, repo: RepoBuilder, opened: Repository) -> None:
        """A path gives a file or a link's target at that commit; a folder, a submodule or nothing gives None."""
        odd = {"a b": "1", "new\nline": "2", "cr\r": "3", " x abc blob 5": "4", "é": "5", "d/e": "6"}
        first = repo.commit("begin", {**odd, "link": Path("d/e")})
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
        second = repo.commit("more", {"a b": None})
        assert {path: opened.read_file(first, path) for path in odd} == {p: c.encode() for p, c in odd.items()}
        assert opened.read_file(first, "link") == b"d/e"
        for path in ("d", "module", "a b", "nope", "no\npe", "", "../a", "link/e"):
            assert opened.read_file(second, path) is None
        assert (0o160000, "1" * 40, "module") in opened.list_tree(second)

    def test_the_reader_survives_its_process(self, repo: RepoBuilder, opened: Repository) -> None:
        """When `git cat-file` dies, the next question starts another."""
        sha = repo.commit("begin", {"a.txt": "a\n"})
        assert opened.read_file(sha, "a.txt") == b"a\n"
        process = opened._objects._process
        assert process is not None
        process.kill()
        process.wait()
        assert opened.read_file(sha, "a.txt") == b"a\n"


class TestBlame:
    """Whose line it is."""

    def test_lines_belong_to_steps(self, repo: RepoBuilder, opened: Repository) -> None:
        """A line that a merge brought in is the merge's; a moved file keeps the steps of its lines."""
        first = repo.commit("begin", {"a.txt": "1\n2\n3\n4\n"})
        repo.branch("topic")
        repo.commit("filename 4\n\n" + "a" * 40 + " 1 1 1\n", {"a.txt": "1\n2\n3\n4\n5\n"})
        repo.switch("main")
        second = repo.commit("change", {"a.txt": "1\ntwo\n3\n4\n"})
        merge = repo.merge("topic")
        tip = repo.commit("move", {"a.txt": None, "b.txt": "0\n1\ntwo\n3\n4\n5\n"})
        assert opened.blame(tip, "b.txt", [(1, 6)]) == [
            Blamed(tip, 1, 1, 1),
            Blamed(first, 1, 2, 1),
            Blamed(second, 1, 3, 2),
            Blamed(first, 2, 4, 3),
            Blamed(merge, 1, 6, 5),
        ]
        assert opened.blame(tip, "b.txt", [(6, 6), (3, 4)]) == [
            Blamed(second, 1, 3, 2),
            Blamed(first, 1, 4, 3),
            Blamed(merge, 1, 6, 5),
        ]
        assert opened.blame(tip, "b.txt", []) == []

    def test_hastened_blame_is_the_same(self, repo: RepoBuilder, opened: Repository) -> None:
        """With its index of paths, blame gives the same answers, and git writes nothing into the repository."""
        for number in range(5):
            tip = repo.commit(f"{number}", {"d/a.txt": f"{number}\n" * (number + 1), f"{number}.txt": "x\n"})
        repo.commit("d/a.txt moves", {"d/a.txt": None, "b.txt": "4\n" * 5})
        before = opened.blame(tip, "d/a.txt", [(1, 5)]), opened.blame(repo.head, "b.txt", [(1, 5)])
        files = sorted(repo.path.rglob("*"))
        opened.hasten_blame(repo.head)
        graph = opened._git._shadow / "objects/info/commit-graph"
        assert graph.is_file()
        assert before == (opened.blame(tip, "d/a.txt", [(1, 5)]), opened.blame(repo.head, "b.txt", [(1, 5)]))
        assert sorted(repo.path.rglob("*")) == files
        opened.close()
        assert not graph.exists()

    def test_what_is_not_there_is_an_error(self, repo: RepoBuilder, opened: Repository) -> None:
        """A missing file and a line past the end raise."""
        sha = repo.commit("begin", {"a.txt": "1\n"})
        for path, lines in (("nothing", (1, 1)), ("a.txt", (5, 6))):
            with pytest.raises(GitFailed):
                opened.blame(sha, path, [lines])


def test_access_reads_remotes(repo: RepoBuilder, make_repo: Callable[..., RepoBuilder]) -> None:
    """GitPython is at hand for what is not history."""
    repo.git("remote", "add", "origin", "https://example.org/a/b.git")
    with Repository.open(repo.path) as repository:
        assert [remote.url for remote in repository.access.remotes] == ["https://example.org/a/b.git"]


def test_importing_is_light() -> None:
    """Naming and using iter_commits loads neither GitPython nor pydantic."""
    code = (
        "import sys; from chronicles.history import Commit, Repository, iter_commits; "
        "print({'git', 'pydantic', 'rich', 'click', 'numpy', 'logging', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_public_names() -> None:
    """What the package offers is what it lists."""
    assert chronicles.history.__all__ == ["Commit", "FileChange", "Person", "Repository", "Status", "iter_commits"]
    assert all(hasattr(chronicles.history, name) for name in chronicles.history.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = chronicles.history.nothing
