"""Which range a patch document tells: the nearest beginning by ancestry, exactly what was named, or a clear refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.documents.patch_range import choose_range
from chronicles.documents.scope import Scope, is_scope_path, scope_of
from chronicles.documents.series import Series
from chronicles.documents.steps import missing_step
from chronicles.errors import EmptyRepository, RangeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import SubjectKey
    from chronicles.evidence.build import Workshop
    from tests.conftest import Ran, RepoBuilder


@pytest.fixture
def chosen(repo: RepoBuilder, open_workshop: Callable[..., Workshop]) -> Callable[..., SubjectKey]:
    """Choose the range of what is asked, and hold that history has it."""

    def choose(revision: str | None = None, paths: tuple[str, ...] = (), tags: str = "") -> SubjectKey:
        shop = open_workshop(repo)
        series = Series(repo.path / "patches", prefix="patch", digits=1, exclusive=False)
        key = choose_range(shop, series, revision, scope_of(paths, tags))
        assert missing_step(open_workshop(repo), key) == ""
        assert list(key.commits) == repo.git("rev-list", "--first-parent", _written(key), "--").split()
        return key

    return choose


def _written(key: SubjectKey) -> str:
    return f"{key.base}..{key.commits[0]}" if key.base else key.commits[0]


def _refused(chosen: Callable[..., SubjectKey], *asked: str | None, **scope: object) -> str:
    with pytest.raises(RangeError) as caught:
        chosen(*asked, **scope)
    return str(caught.value)


class TestNearest:
    """Without a range, the beginning is the nearest tag or finished document among the ancestors."""

    def test_all_since_the_last_tag(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """The younger of two tags is the beginning; a tag of the tip itself is none, and names the same range."""
        repo.commit("one", {"a": "1\n"})
        repo.tag("v1.0")
        second = repo.commit("two", {"a": "2\n"})
        repo.tag("v1.1", message="heavy")
        third = repo.commit("three", {"a": "3\n"})
        tip = repo.commit("four", {"a": "4\n"})
        key = chosen()
        assert (key.base, key.commits) == (second, (tip, third))
        repo.tag("v1.2")
        repo.tag("v1.2-final")
        assert chosen() == chosen("v1.2") == chosen("HEAD") == key

    def test_a_tip_has_the_same_rule(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """Of an older commit the beginning is the tag before it, and of the first tag the beginning of all."""
        first = repo.commit("one", {"a": "1\n"})
        repo.tag("v1.0")
        repo.commit("two", {"a": "2\n"})
        repo.tag("v1.1")
        repo.commit("three", {"a": "3\n"})
        assert chosen("v1.1").base == first
        assert chosen("v1.0") == chosen(first)
        assert (chosen("v1.0").base, chosen("v1.0").commits) == (None, (first,))

    def test_a_tag_on_a_side_branch_is_no_beginning(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """A tag that was never merged does not count, however young; merged back it does."""
        first = repo.commit("one", {"a": "1\n"})
        repo.tag("v1.0")
        repo.branch("release")
        aside = repo.commit("release", {"b": "1\n"})
        repo.tag("v1.0.1")
        repo.switch("main")
        repo.commit("two", {"a": "2\n"})
        assert chosen().base == first
        merge = repo.merge("release")
        last = repo.commit("three", {"a": "3\n"})
        key = chosen()
        assert key.base == aside
        assert key.commits[:2] == (last, merge)
        assert len(key.commits) == 3

    def test_the_nearer_of_two_lines(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """Of tags on two lines that both lead to the tip, that with fewer commits to come."""
        repo.commit("one", {"a": "1\n"})
        repo.branch("side")
        for number in range(3):
            repo.commit(f"side {number}", {"b": f"{number}\n"})
        long = repo.head
        repo.tag("long")
        repo.switch("main")
        short = repo.commit("main", {"c": "1\n"})
        repo.tag("short")
        repo.merge("side")
        # The main line's tag lacks the three of the side, the side's tag one of the main line.
        assert chosen().base == long
        repo.git("tag", "-d", "long")
        assert chosen().base == short

    def test_of_two_as_near_the_main_line(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """Where as many commits lead from both, the tag on the first-parent line is the beginning."""
        repo.commit("one", {"a": "1\n"})
        repo.branch("side")
        repo.commit("side", {"b": "1\n"})
        repo.tag("aside")
        repo.switch("main")
        ours = repo.commit("main", {"c": "1\n"})
        repo.tag("ours")
        repo.merge("side")
        assert chosen().base == ours

    @pytest.mark.parametrize(("status", "counts"), [("draft", False), ("completed", True), ("released", True)])
    def test_a_finished_document_is_a_beginning(
        self,
        repo: RepoBuilder,
        run: Callable[..., Ran],
        chosen: Callable[..., SubjectKey],
        status: str,
        *,
        counts: bool,
    ) -> None:
        """A completed or released document is followed by the next; a draft is not over yet."""
        first = repo.commit("feat: one", {"a.py": "A = 1\n"})
        repo.tag("v1.0")
        told = repo.commit("feat: two", {"a.py": "A = 2\n"})
        assert run(repo.path, "patch").code == 0
        sidecar = repo.path / "patches" / "patch_1.json"
        sidecar.write_text(sidecar.read_text().replace('"status": "draft"', f'"status": "{status}"'))
        repo.commit("feat: three", {"a.py": "A = 3\n"})
        assert chosen().base == (told if counts else first)
        assert chosen(told).base == first

    def test_what_this_tool_wrote_is_no_news(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """Nobody asks for a document of the commit that holds the last one; named, the range is told."""
        first = repo.commit("one", {"a": "1\n"})
        repo.tag("v1.0")
        repo.commit("the document", {"patches/patch_1.md": "words\n"})
        assert chosen().commits == (first,)
        said = _refused(chosen, "HEAD")
        assert "nothing has changed since tag v1.0" in said
        assert "chronicles patch A..HEAD" in said
        assert len(chosen("v1.0..HEAD").commits) == 1

    def test_it_ends_with_the_newest_work(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """Asked for nothing, trailing steps of our own, ignored or empty are passed; a tip that is named is the tip."""
        repo.commit("one", {"a": "1\n", ".chroniclesignore": "*.lock\n"})
        repo.tag("v1.0")
        two = repo.commit("two", {"a": "2\n", "patches/patch_1.md": "words\n"})
        repo.commit("the document", {"patches/patch_1.md": "more words\n", "x.lock": "1\n"})
        repo.commit("nothing")
        repo.branch("page")
        repo.commit("its page", {"patches/patch_2.md": "words\n"})
        repo.switch("main")
        last = repo.merge("page")
        assert chosen().commits == (two,)
        assert chosen("HEAD").commits[0] == chosen("v1.0..").commits[0] == last
        broken = repo.commit("chore!: says so", {"patches/patch_1.md": "words\n"})
        assert chosen().commits[0] == broken

    def test_a_merge_of_work_is_the_end(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """A merge that changed no file brought in commits all the same, and they are told."""
        repo.commit("one", {"a": "1\n"})
        repo.branch("topic")
        repo.commit("two", {"b": "2\n"})
        repo.switch("main")
        repo.commit("three", {"c": "2\n"})
        env = repo.identity(None, None, ("A", "a@b"), None)
        repo.git("merge", "-q", "-s", "ours", "-m", "no", "topic", env=env)
        assert chosen().commits[0] == repo.head

    def test_a_committed_draft_stays(
        self, repo: RepoBuilder, run: Callable[..., Ran], chosen: Callable[..., SubjectKey]
    ) -> None:
        """Run after run, each committed, the draft is the same to the byte, also one that was asked for by its tip."""
        repo.commit("one", {"a": "1\n"})
        repo.tag("v1.0")
        repo.commit("feat: two", {"a": "2\n"})
        page = repo.path / "patches/patch_1.md"
        for revision in ((), ("HEAD",)):
            assert run(repo.path, "patch", *revision).code == 0
            before = page.read_bytes(), page.with_suffix(".json").read_bytes()
            for _ in range(2):
                repo.git("add", "patches")
                repo.commit("docs: the document")
                assert run(repo.path, "patch").err == "chronicles: unchanged.\n"
            assert before == (page.read_bytes(), page.with_suffix(".json").read_bytes())
        assert [one.name for one in page.parent.glob("*.md")] == ["patch_1.md"]
        third = repo.commit("feat: three", {"a": "3\n"})
        assert chosen().commits[0] == third

    def test_without_a_commit(self, chosen: Callable[..., SubjectKey]) -> None:
        """An empty repository has no range."""
        with pytest.raises(EmptyRepository):
            chosen()


class TestNamed:
    """A named range is told exactly, or refused with the commit or command that helps."""

    @pytest.fixture(autouse=True)
    def history(self, repo: RepoBuilder) -> dict[str, str]:
        """A main line of four, a side that left it after the first, and two tags on one commit."""
        made = {"one": repo.commit("one", {"a": "1\n"})}
        repo.tag("v1.0")
        repo.tag("v1.0.0", message="the same")
        repo.branch("side")
        made["side"] = repo.commit("side", {"b": "1\n"})
        repo.tag("v1.0.1")
        repo.switch("main")
        for word in ("two", "three", "four"):
            made[word] = repo.commit(word, {"a": f"{word}\n"})
        repo.tag("v2.0", made["three"])
        return made

    def test_exactly_that(self, history: dict[str, str], chosen: Callable[..., SubjectKey]) -> None:
        """Both ends are taken at their word, whatever tags lie between; an end left out is HEAD."""
        key = chosen("v1.0..HEAD")
        assert (key.kind, key.base, key.commits) == (
            "range", history["one"], (history["four"], history["three"], history["two"])
        )  # fmt: skip
        assert chosen("v1.0..") == key
        assert chosen("4b825dc642cb6eb9a060e54bf8d69288fbee4904..v2.0").base is None

    def test_three_dots(self, history: dict[str, str], chosen: Callable[..., SubjectKey]) -> None:
        """What either side has is no range; where they parted is named."""
        said = _refused(chosen, "v1.0.1...HEAD")
        assert f"chronicles patch {history['one'][:7]}..HEAD" in said

    def test_a_base_beside_the_line(self, history: dict[str, str], chosen: Callable[..., SubjectKey]) -> None:
        """A tag of another branch does not come before; where they parted is named."""
        said = _refused(chosen, "v1.0.1..HEAD")
        assert f"v1.0.1 ({history['side'][:7]}) is no ancestor of HEAD" in said
        assert f"chronicles patch {history['one'][:7]}..HEAD" in said

    def test_the_wrong_way_round(self, chosen: Callable[..., SubjectKey]) -> None:
        """A base that comes after its tip is turned round."""
        assert "chronicles patch v1.0..v2.0" in _refused(chosen, "v2.0..v1.0")

    @pytest.mark.parametrize("empty", ["HEAD..HEAD", "v1.0..v1.0.0", "..", "HEAD.."])
    def test_nothing_between(self, chosen: Callable[..., SubjectKey], empty: str) -> None:
        """One commit under one name or two has nothing between, and the error says under which."""
        said = _refused(chosen, empty)
        assert said.startswith(f"{empty}: ")
        if empty == "v1.0..v1.0.0":
            assert "v1.0 and v1.0.0 both name commit" in said

    def test_an_unknown_tag(self, chosen: Callable[..., SubjectKey]) -> None:
        """What nothing is named is refused with the nearest tag and the commands that list and bring tags."""
        said = _refused(chosen, "v1.O..HEAD")
        assert "no commit is named 'v1.O'" in said
        assert "Did you mean v1.0? `git tag --list`" in said
        assert "git fetch --tags" in said
        assert "no commit is named 'nowhere'" in _refused(chosen, "nowhere")

    def test_no_history_in_common(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """Two histories that never met have no range between them."""
        repo.git("checkout", "-q", "--orphan", "other")
        repo.commit("other", {"z": "1\n"})
        assert "share no history" in _refused(chosen, "v1.0..other")
        assert "share no history" in _refused(chosen, "v1.0...other")

    def test_a_shallow_clone(self, repo: RepoBuilder, run: Callable[..., Ran]) -> None:
        """A clone without its past is refused with the command that completes it."""
        shallow = repo.path.parent / "shallow"
        repo.git("clone", "-q", "--depth", "1", f"file://{repo.path}", str(shallow))
        done = run(shallow, "patch")
        assert done.code == 2
        assert "git fetch --unshallow" in done.err


class TestScope:
    """In a monorepo a document tells some paths, from a tag of theirs."""

    @pytest.fixture(autouse=True)
    def history(self, repo: RepoBuilder) -> dict[str, str]:
        """Two packages with tags of their own."""
        made = {}
        for number, (name, tag) in enumerate((("core", "core-v1"), ("gui", "gui-v1"), ("core", ""), ("gui", ""))):
            made[tag or f"{name} later"] = repo.commit(
                f"feat({name}): it", {f"packages/{name}/a.py": f"A = {number}\n"}
            )
            if tag:
                repo.tag(tag)
        return made

    def test_a_package_begins_at_its_own_tag(self, history: dict[str, str], chosen: Callable[..., SubjectKey]) -> None:
        """The glob chooses the tag, the paths stand in the key in one spelling."""
        assert chosen(None, ("./packages/core/",), "core-v*").base == history["core-v1"]
        key = chosen(None, ("packages/gui", "packages/core", "packages/core"))
        assert (key.base, key.paths) == (history["gui-v1"], ("packages/core", "packages/gui"))

    def test_a_glob_that_no_tag_matches(
        self, repo: RepoBuilder, run: Callable[..., Ran], chosen: Callable[..., SubjectKey], history: dict[str, str]
    ) -> None:
        """It is refused with the nearest tags, unless a finished document is a beginning or there is no tag at all."""
        said = _refused(chosen, None, tags="v*")
        assert said.startswith("--tags 'v*': no tag matches it, though there are gui-v1, core-v1. Leave it out")
        beginning = said.rpartition("`chronicles patch ")[2].partition("`")[0]
        assert (chosen(beginning, tags="v*").base, len(chosen(beginning).commits)) == (None, 4)
        assert chosen(history["core-v1"], tags="core-*").base is None
        assert run(repo.path, "patch", f"{beginning}{history['core later']}", "--status", "released").code == 0
        assert chosen(None, tags="v*").base == history["core later"]
        repo.git("rm", "-rq", "--ignore-unmatch", "patches")
        repo.git("tag", "-d", "core-v1", "gui-v1")
        (repo.path / "patches/patch_1.json").unlink()
        done = run(repo.path, "patch", "--tags", "v*", "--dry-run")
        assert (done.code, "so it tells all there is" in done.err) == (0, True)
        assert "so it tells" not in run(repo.path, "patch", beginning, "--dry-run").err

    def test_a_document_of_another_part_is_no_beginning(
        self, repo: RepoBuilder, run: Callable[..., Ran], chosen: Callable[..., SubjectKey], history: dict[str, str]
    ) -> None:
        """A finished document of one package says nothing of the others, nor of the whole."""
        repo.commit("feat(core): more", {"packages/core/b.py": "B = 1\n"})
        assert run(repo.path, "patch", "--path", "packages/core", "--tags", "core-v*", "--status", "released").code == 0
        told = repo.head
        repo.commit("feat: both", {"packages/core/a.py": "A = 9\n", "packages/gui/a.py": "A = 9\n"})
        assert chosen(None, ("packages/core",), "core-v*").base == told
        assert chosen(None, ("packages/gui",), "gui-v*").base == chosen().base == history["gui-v1"]

    def test_nothing_of_the_package(self, repo: RepoBuilder, chosen: Callable[..., SubjectKey]) -> None:
        """Where only other packages changed there is no document."""
        repo.tag("core-v2", "HEAD~1")
        said = _refused(chosen, None, ("packages/core",), "core-v*")
        assert "nothing has changed below packages/core since tag core-v2" in said

    @pytest.mark.parametrize("path", ["..", "/etc", ".", "", "a/../../b", "a\nb"])
    def test_a_path_that_is_none(self, path: str) -> None:
        """A path out of the repository, or all of it, is refused; nor is it one in a sidecar."""
        with pytest.raises(RangeError):
            scope_of((path,))
        assert not is_scope_path(path)

    def test_a_misspelt_path(self, chosen: Callable[..., SubjectKey]) -> None:
        """A path that neither end has is named, rather than told as unchanged."""
        assert "neither end has a file at packages/cor" in _refused(chosen, "gui-v1..HEAD", ("packages/cor",))

    def test_a_range_that_does_not_touch_the_paths(self, chosen: Callable[..., SubjectKey]) -> None:
        """A named range has no document of paths that none of its commits touches."""
        said = _refused(chosen, "HEAD~..HEAD", ("packages/core",))
        assert "no commit of it touches packages/core. `git log --oneline -- packages/core` lists" in said

    def test_a_sidecar_spells_paths_one_way(self) -> None:
        """What `scope_of` writes is what a sidecar may hold, and no other spelling."""
        assert all(map(is_scope_path, scope_of(("./a/", "b//c", "[d]*")).paths))
        assert not any(map(is_scope_path, ("./a", "a/", "b//c")))
        assert Scope().has_tag("anything")
        assert not Scope(tags="core-v*").has_tag("gui-v1")
