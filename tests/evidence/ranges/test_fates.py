"""Where each commit of a range goes: told, grouped or excluded, and always in one place."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from chronicles.evidence.ranges.ignoring import Ignored
from tests.evidence.ranges.roaming import GRACE, pick, revert, roam, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.evidence.ranges.fates import Fates
    from tests.conftest import RepoBuilder


def told(fates: Fates) -> list[str]:
    """The subjects of what is told."""
    return sorted(one.work.commit.subject for one in fates.told)


def named(fates: Fates) -> dict[str, list[str]]:
    """The breaks that are named where they are excluded, by rule."""
    return {rule: [work.sha for work in works] for rule, works in fates.absent.items()}


@pytest.fixture
def begun(repo: RepoBuilder) -> RepoBuilder:
    """A repository with one file of sixty lines, tagged."""
    repo.commit("begin", {"a.txt": text(), "b.txt": "b\n"})
    repo.tag("v1")
    return repo


class TestUndone:
    """A commit and its exact revert are together no news."""

    def test_a_revert_and_what_it_reverts(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Both are netted out, one by the other, and counted."""
        made = begun.commit("feat: new", {"c.txt": "c\n"})
        begun.commit("fix: other", {"b.txt": "better\n"})
        back = revert(begun, made)
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == ["fix: other"]
        assert fates.excluded == {"undone": (made, back)}
        assert [(what.sha, by.sha) for what, by in fates.undone] == [(made, back)]

    def test_by_content_where_no_word_says_so(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """A file that is byte for byte what it was needs no word; a word without the content is not believed."""
        begun.commit("feat: new", {"b.txt": "new\n"})
        begun.commit("chore: tidy up", {"b.txt": "b\n"})
        assert told(fates_of(begun, "v1..HEAD")) == []
        false = begun.commit("feat: kept", {"b.txt": "kept\n"})
        begun.commit(f'Revert "feat: kept"\n\nThis reverts commit {false}.', {"a.txt": text(l1="not that at all")})
        assert told(fates_of(begun, "v1..HEAD")) == ['Revert "feat: kept"', "feat: kept"]

    def test_where_others_worked_on_the_file_since(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """The patch is the inverse though the file is not what it was; half an inverse is none."""
        made = begun.commit("feat: new", {"a.txt": text(l4="new", l30="newer")})
        begun.commit("fix: near", {"a.txt": text(l4="new", l30="newer", l6="near")})
        revert(begun, made)
        assert told(fates_of(begun, "v1..HEAD")) == ["fix: near"]
        begun.git("reset", "-q", "--hard", "HEAD~")
        half = f"Revert half of it\n\nThis reverts commit {made} in part."
        begun.commit(half, {"a.txt": text(l30="newer", l6="near")})
        assert told(fates_of(begun, "v1..HEAD")) == ["Revert half of it", "feat: new", "fix: near"]

    def test_a_revert_of_a_revert_restores(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Each further revert turns it round: after two the commit is told, after three it is not."""
        last = begun.commit("feat: new", {"c.txt": "c\n"})
        for number in range(1, 6):
            last = revert(begun, last)
            fates = fates_of(begun, "v1..HEAD")
            assert told(fates) == ([] if number % 2 else ["feat: new"])
            assert sum(map(len, fates.excluded.values())) == (number + 1 if number % 2 else number)

    def test_a_merge_that_is_reverted(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """All that it brought in is undone with it, and stands again when that is reverted."""
        begun.branch("topic")
        begun.commit("feat: one", {"c.txt": "c\n"})
        begun.commit("feat: two", {"d.txt": "d\n"})
        begun.switch("main")
        merge = begun.merge("topic")
        back = revert(begun, "-m", "1", merge)
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == []
        assert len(fates.excluded["undone"]) == 4
        assert {what.commit.subject for what, _ in fates.undone} == {"feat: one", "feat: two"}
        revert(begun, back)
        assert told(fates_of(begun, "v1..HEAD")) == ["feat: one", "feat: two"]

    def test_a_break_that_is_undone_is_said_first(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """A breaking commit is netted out with its revert, and stands first among what was undone."""
        broken = begun.commit("feat!: gone", {"b.txt": None})
        revert(begun, broken)
        revert(begun, begun.commit("fix: more", {"c.txt": "c\n"}))
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == []
        assert [what.breaking for what, _ in fates.undone] == [True, False]

    def test_what_an_earlier_release_had(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """To revert what came before the range is news."""
        made = begun.commit("feat: released", {"c.txt": "c\n"})
        begun.tag("v2")
        revert(begun, made)
        assert told(fates_of(begun, "v2..HEAD")) == ['Revert "feat: released"']

    def test_a_copy_on_another_line_is_undone_too(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Of a commit that came by two lines the tree has nothing after one revert; on one line each is its own."""
        begun.branch("topic")
        original = begun.commit("feat: new", {"c.txt": "c\n"})
        begun.switch("main")
        begun.commit("fix: own", {"b.txt": "better\n"})
        pick(begun, original)
        begun.merge("topic")
        revert(begun, begun.git("rev-parse", "HEAD^1"))
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == ["fix: own"]
        assert len(fates.excluded["undone"]) == 3
        pick(begun, original)
        assert told(fates_of(begun, "v1..HEAD")) == ["feat: new", "fix: own"]

    def test_a_revert_undoes_what_it_descends_from(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Whatever a revert names, it cannot undo what was done on another line: there it still stands."""
        kept = begun.commit("feat: ours", {"b.txt": "new\n"})
        begun.branch("topic", "v1")
        begun.commit("feat: theirs", {"b.txt": "new\n"})
        begun.commit(f"chore: never mind\n\nThis reverts commit {kept}.", {"b.txt": "b\n"})
        begun.commit("feat: more", {"c.txt": "c\n"})
        begun.switch("main")
        begun.merge("topic")
        assert (begun.path / "b.txt").read_text() == "new\n"
        assert told(fates_of(begun, "v1..HEAD")) == ["feat: more", "feat: ours"]

    def test_what_is_undone_already_is_not_undone_again(
        self, begun: RepoBuilder, fates_of: Callable[..., Fates]
    ) -> None:
        """A change that was undone and made again is undone by the next revert, though that names the first."""
        first = begun.commit("feat: new", {"a.txt": text(l4="new")})
        revert(begun, first)
        begun.commit("fix: far", {"a.txt": text(l50="far")})
        begun.commit("feat: once more", {"a.txt": text(l4="new", l50="far")})
        begun.commit(f"chore: out again\n\nThis reverts commit {first}.", {"a.txt": text(l50="far")})
        assert told(fates_of(begun, "v1..HEAD")) == ["fix: far"]

    def test_a_revert_that_was_merged_without_effect(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """A branch of which nothing was taken undoes nothing."""
        made = begun.commit("feat: new", {"c.txt": "c\n"})
        begun.branch("topic")
        revert(begun, made)
        begun.switch("main")
        begun.commit("fix: own", {"b.txt": "better\n"})
        begun.git("merge", "-q", "-s", "ours", "-m", "no", "topic", env=begun.identity(None, None, GRACE, None))
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == ["feat: new", "fix: own"]
        assert {rule: len(shas) for rule, shas in fates.excluded.items()} == {"merge": 1, "merged without effect": 1}


class TestCopies:
    """The same patch is told once."""

    def test_a_cherry_pick_and_its_original(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """The older is told with a copy; that lines have moved in between makes no difference."""
        begun.branch("topic")
        original = begun.commit("fix: line", {"a.txt": text(l40="fixed")})
        begun.commit("feat: more", {"c.txt": "c\n"})
        begun.switch("main")
        begun.commit("feat: top", {"a.txt": "new top\n" + text()})
        pick(begun, original)
        begun.merge("topic")
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == ["feat: more", "feat: top", "fix: line"]
        assert {one.work.sha: one.copies for one in fates.told}[original] == 1
        assert [(group.kind, len(group.shas)) for group in fates.grouped] == [("copy", 1)]

    def test_white_space_counts(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """To indent a line twice is two changes, though `git patch-id` takes them for one."""
        begun.commit("style: indent", {"b.txt": "  b\n"})
        begun.commit("style: indent", {"b.txt": "    b\n"})
        assert len(fates_of(begun, "v1..HEAD").told) == 2

    def test_binaries_are_compared_whole(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Two pictures in one place are no copies; the same picture is."""
        for number in range(3):
            begun.commit(f"chore: picture {number}", {"p.png": bytes([0, number])})
        assert len(fates_of(begun, "v1..HEAD").told) == 3

    def test_a_break_is_told_once_or_in_each_of_its_words(
        self, begun: RepoBuilder, fates_of: Callable[..., Fates]
    ) -> None:
        """Of a breaking copy in the same words the break is told once; in other words both are."""
        begun.branch("topic")
        original = begun.commit("fix!: line\n\nBREAKING CHANGE: it is another", {"a.txt": text(l40="fixed")})
        begun.switch("main")
        begun.commit("feat: top", {"a.txt": "new top\n" + text()})
        pick(begun, original)
        begun.merge("topic")
        assert told(fates_of(begun, "v1..HEAD")) == ["feat: top", "fix!: line"]
        begun.git("reset", "-q", "--hard", "HEAD^1")
        env = begun.identity(None, None, GRACE, None)
        begun.git("commit", "-q", "--amend", "-m", "fix!: line\n\nBREAKING CHANGE: mind the order", env=env)
        begun.merge("topic")
        assert told(fates_of(begun, "v1..HEAD")) == ["feat: top", "fix!: line", "fix!: line"]

    def test_what_the_base_has_already(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """A fix that a release branch picked before its tag is no news after it; taken back there, it is."""
        begun.branch("release")
        begun.commit("build: release", {"version": "1\n"})
        begun.switch("main")
        fix = begun.commit("fix: line", {"a.txt": text(l40="fixed")})
        begun.switch("release")
        copy = pick(begun, fix)
        begun.tag("v1.1")
        begun.switch("main")
        begun.merge("release")
        begun.commit("feat: more", {"c.txt": "c\n"})
        fates = fates_of(begun, "v1.1..HEAD")
        assert told(fates) == ["feat: more"]
        assert fates.excluded["already in base"] == (fix,)
        begun.switch("release")
        revert(begun, copy)
        begun.tag("v1.2")
        begun.switch("main")
        begun.git("merge", "-q", "-s", "ours", "-m", "no", "release", env=begun.identity(None, None, GRACE, None))
        assert "fix: line" in told(fates_of(begun, "v1.2..HEAD"))

    @pytest.mark.parametrize(
        ("fix", "then", "known"),
        [
            ({"hot": "hot\n"}, {"hot": None}, False),
            ({"hot": "one\ntwo\nthree\n"}, {"hot": "one\ntwo\nfour\n"}, True),
            ({"hot": "one\ntwo\nthree\n"}, {"hot": "another\n"}, False),
            ({"a.txt": text(l40="fixed")}, {"a.txt": text(l2="other")}, False),
            ({"a.txt": text(l40="fixed")}, {"a.txt": text(l40="fixed", l2="other")}, True),
            ({"b.txt": None}, {"b.txt": "again\n"}, False),
            ({"b.txt": None}, {"c.txt": "c\n"}, True),
            ({"b.txt": "b\nb\n"}, {"b.txt": "other\nb\n"}, False),
            ({"b.txt": "b\nb\n"}, {"b.txt": "other\nb\nb\n"}, True),
            ({"b.txt": "b\0b"}, {"b.txt": "b\0c"}, False),
            ({"b.txt": "b\0b"}, {"c.txt": "c\n"}, True),
        ],
    )
    def test_what_the_base_took_back_without_a_word(
        self,
        begun: RepoBuilder,
        fates_of: Callable[..., Fates],
        fix: dict[str, str],
        then: dict[str, str],
        *,
        known: bool,
    ) -> None:
        """A pick counts while what it brought stands in the base's tree, however it was taken out there."""
        begun.branch("release")
        begun.switch("main")
        made = begun.commit("fix: hot", fix)
        begun.switch("release")
        pick(begun, made)
        begun.commit("chore: for the release", then)
        begun.tag("v1.1")
        begun.switch("main")
        begun.git("merge", "-q", "-s", "ours", "-m", "no", "release", env=begun.identity(None, None, GRACE, None))
        fates = fates_of(begun, "v1.1..HEAD")
        assert fates.excluded.get("already in base") == ((made,) if known else None)
        assert told(fates) == ([] if known else ["fix: hot"])

    def test_a_branch_that_brings_what_the_base_picked_from_it(
        self, begun: RepoBuilder, fates_of: Callable[..., Fates]
    ) -> None:
        """A branch from before the base, merged after it: what was picked from it before is no news."""
        begun.branch("topic")
        fix = begun.commit("fix: line", {"a.txt": text(l40="fixed")})
        begun.commit("feat: more", {"c.txt": "c\n"})
        begun.switch("main")
        pick(begun, fix)
        begun.tag("v2")
        begun.merge("topic")
        fates = fates_of(begun, "v2..HEAD")
        assert (told(fates), fates.excluded["already in base"]) == (["feat: more"], (fix,))

    def test_what_is_made_once_more_is_news(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """The same patch as an ancestor's in the base was undone in between, whatever the words of that were."""
        for word in ("on", "off"):
            begun.commit(f"chore: {word}", {"b.txt": f"{word}\n"})
        begun.branch("topic")
        begun.commit("feat: more", {"c.txt": "c\n"})
        begun.switch("main")
        begun.commit("fix: other", {"a.txt": text(l40="fixed")})
        begun.commit("chore: and b", {"b.txt": "b\n"})
        begun.tag("v2")
        begun.commit("chore: on", {"b.txt": "on\n"})
        begun.merge("topic")
        assert told(fates_of(begun, "v2..HEAD")) == ["chore: on", "feat: more"]

    def test_a_squash_of_what_was_merged_too(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """A squash is told, the commits of its branch are counted with it; without a squash they had no effect."""
        begun.branch("topic")
        begun.commit("wip", {"c.txt": "c\n"})
        begun.commit("wip again", {"c.txt": "c\nmore\n"})
        begun.switch("main")
        begun.commit("fix: own", {"b.txt": "better\n"})
        begun.git("merge", "-q", "--squash", "topic", env=begun.identity(None, None, GRACE, None))
        squash = begun.commit("feat: topic (#3)")
        begun.merge("topic")
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == ["feat: topic (#3)", "fix: own"]
        assert {one.work.sha: one.squashed for one in fates.told}[squash] == 2
        assert [(group.kind, len(group.shas)) for group in fates.grouped] == [("squashed", 2)]


class TestRules:
    """What is excluded, and by which rule."""

    def test_each_rule(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """One commit a rule, and what stands beside them is told."""
        begun.commit("chore: ignore", {".chroniclesignore": "# lists\nlocks/\n*.lock\n!keep.lock\n"})
        begun.commit("chore: locks", {"locks/deep/a.txt": "1\n", "x/b.lock": "1\n"})
        begun.commit("chore: kept", {"keep.lock": "1\n"})
        begun.commit("chore: mixed", {"b.lock": "1\n", "c.txt": "1\n"})
        begun.commit("chore: quiet\n\nChronicle: skip", {"d.txt": "1\n"})
        begun.commit("chore: pages", {"patches/patch_1.md": "1\n"})
        begun.commit("chore: empty")
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == ["chore: ignore", "chore: kept", "chore: mixed"]
        excluded = {rule: len(shas) for rule, shas in fates.excluded.items()}
        assert excluded == {"empty": 1, "generated pages": 1, "ignore file": 1, "trailer": 1}

    def test_a_break_is_never_left_out(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Whatever a breaking commit touches and asks for, it is told, or named where nothing of it comes."""
        begun.commit("chore: ignore", {".chroniclesignore": "*\n"})
        begun.commit("chore!: quiet\n\nChronicle: skip", {"d.txt": "1\n"})
        begun.commit("oddity(x)!: quiet\n\nChronicle: skip", {"d.txt": "2\n"})
        begun.commit("chore: note\n\nBREAKING CHANGE: nothing changed, and yet")
        begun.commit("chore!: pages", {"patches/patch_1.md": "1\n"})
        begun.branch("topic")
        aside = begun.commit("feat!: aside", {"e.txt": "1\n"})
        begun.switch("main")
        begun.git(
            "merge", "-q", "--no-ff", "-s", "ours", "-m", "no", "topic", env=begun.identity(None, None, GRACE, None)
        )
        fates = fates_of(begun, "v1..HEAD")
        assert told(fates) == ["chore!: pages", "chore!: quiet", "chore: note", "oddity(x)!: quiet"]
        assert named(fates) == {"merged without effect": [aside]}
        begun.commit("feat: taken over by hand", {"e.txt": "1\n"})
        assert "feat!: aside" in told(fates_of(begun, "v1..HEAD"))

    def test_a_break_that_the_base_has(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Nobody meets it again, so it is named where it is excluded, and told once the base has it no longer."""
        begun.branch("release")
        begun.switch("main")
        made = begun.commit("feat!: gone", {"b.txt": None})
        begun.switch("release")
        pick(begun, made)
        begun.tag("v1.1")
        begun.switch("main")
        begun.merge("release")
        fates = fates_of(begun, "v1.1..HEAD")
        assert (told(fates), named(fates)) == ([], {"already in base": [made]})
        begun.switch("release")
        begun.commit("chore: back for the release", {"b.txt": "b\n"})
        begun.tag("v1.2")
        begun.switch("main")
        begun.git("merge", "-q", "-s", "ours", "-m", "no", "release", env=begun.identity(None, None, GRACE, None))
        assert told(fates_of(begun, "v1.2..HEAD")) == ["feat!: gone"]

    def test_a_merge_that_was_not_taken_decides_nothing(
        self, begun: RepoBuilder, fates_of: Callable[..., Fates]
    ) -> None:
        """What a line took nothing of is out where that line was merged, and stands where it was not taken itself."""
        begun.branch("topic")
        begun.commit("feat: new", {"c.txt": "c\n"})
        begun.branch("refuses", "v1")
        own = begun.commit("fix: own", {"b.txt": "better\n"})
        no = ("merge", "-q", "-s", "ours", "-m", "no")
        begun.git(*no, "topic", env=begun.identity(None, None, GRACE, None))
        begun.switch("main")
        begun.merge("topic")
        begun.branch("other")
        begun.merge("refuses")
        assert not (begun.path / "c.txt").exists()
        assert told(fates_of(begun, "v1..HEAD")) == ["fix: own"]
        begun.switch("main")
        begun.git(*no, "refuses", env=begun.identity(None, None, GRACE, None))
        assert (begun.path / "c.txt").exists()
        fates = fates_of(begun, "v1..HEAD")
        assert (told(fates), fates.excluded["merged without effect"]) == (["feat: new"], (own,))

    def test_paths(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """In a document of some paths commits of other paths are counted, not told."""
        begun.commit("feat: core", {"core/a": "1\n"})
        begun.commit("feat: gui", {"gui/a": "1\n"})
        begun.commit("feat: both", {"core/b": "1\n", "gui/b": "1\n"})
        begun.commit("feat: like core", {"core2/b": "1\n"})
        begun.commit("feat: moved out", {"core/a": None, "gui/moved": "1\n"})
        fates = fates_of(begun, "v1..HEAD", "core")
        assert told(fates) == ["feat: both", "feat: core", "feat: moved out"]
        assert {rule: len(shas) for rule, shas in fates.excluded.items()} == {"outside the paths": 2}

    def test_a_break_outside_the_paths(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """It is none of what is told, so it is named where it is excluded; one that touches the paths is told."""
        begun.commit("feat!: core", {"core/a": "1\n", "gui/b": "1\n"})
        gui = begun.commit("feat!: gui", {"gui/a": "1\n"})
        fates = fates_of(begun, "v1..HEAD", "core")
        assert told(fates) == ["feat!: core"]
        assert named(fates) == {"outside the paths": [gui]}
        assert told(fates_of(begun, "v1..HEAD")) == ["feat!: core", "feat!: gui"]

    def test_merges(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """A merge is told that has a line of its own, or lacks one that both sides have; keeping both sides is none."""
        begun.commit("b", {"b.txt": "one\ntwo\nthree\n"})
        merges = {}
        for name, kept in (
            ("both", "ours\ntheirs\ntwo\nthree\n"),
            ("evil", "evil\ntwo\nthree\n"),
            ("less", "ours\ntwo\n"),
        ):
            begun.branch(f"topic-{name}")
            begun.commit(f"topic {name}", {"b.txt": "theirs\ntwo\nthree\n"})
            begun.switch("main")
            begun.commit(f"main {name}", {"b.txt": "ours\ntwo\nthree\n"})
            begun.git(
                "merge", "-q", "--no-commit", "-s", "ours", f"topic-{name}", env=begun.identity(None, None, GRACE, None)
            )
            merges[name] = begun.commit(f"Merge {name}", {"b.txt": kept})
            begun.commit(f"back {name}", {"b.txt": "one\ntwo\nthree\n"})
        fates = fates_of(begun, "v1..HEAD")
        assert [one for one in told(fates) if one.startswith("Merge")] == ["Merge evil", "Merge less"]
        assert fates.excluded["merge"] == (merges["both"],)

    def test_an_ignore_file_is_written_as_gitignore(self) -> None:
        """Folders cover what is below, a slash at the front anchors, the last line that matches decides."""
        ignored = Ignored.parse("docs/\n/top.txt\n*.md\n!README.md\n\n# x.py\n!\n/\na/**/z\n")
        covered = ("docs/a", "x/docs/b/c", "top.txt", "x/y.md", "a/b/c/z", "a/z")
        assert [path for path in covered if not ignored.covers(path)] == []
        free = ("docs", "x/top.txt", "README.md", "x/README.md", "x.py", "b/a/z")
        assert [path for path in free if ignored.covers(path)] == []
        assert not Ignored.parse("")


class TestTold:
    """What may touch somebody, and all of a small range; the others are counted by type."""

    def test_a_small_range_is_told_whole(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Forty commits get forty lines, whatever their types."""
        for number in range(40):
            begun.commit(f"chore: {number}", {f"{number}.txt": f"{number}\n"})
        fates = fates_of(begun, "v1..HEAD")
        assert (len(fates.told), fates.grouped, fates.excluded) == (40, (), {})

    def test_the_rest_is_grouped(self, begun: RepoBuilder, fates_of: Callable[..., Fates]) -> None:
        """Breaks are told however many they are, then security and features before chores; groups say where."""
        for number in range(45):
            begun.commit(f"chore: {number}", {f"docs/{number}.txt": f"{number}\n"})
        begun.commit("fix: prevent CVE-2024-12345", {"safe.py": "1\n"})
        begun.commit("feat: small", {"feature.py": "1\n"})
        fates = fates_of(begun, "v1..HEAD")
        assert [one.work.commit.subject for one in fates.told[:3]] == [
            "fix: prevent CVE-2024-12345", "feat: small", "chore: 44"
        ]  # fmt: skip
        assert [(group.kind, len(group.shas), group.component) for group in fates.grouped] == [("chore", 7, "docs")]
        for number in range(42):
            begun.commit(f"chore!: {number}", {f"docs/{number}.txt": "other\n"})
        fates = fates_of(begun, "v1..HEAD")
        assert len(fates.told) == 44
        assert all(one.work.breaking for one in fates.told[:42])


@pytest.mark.parametrize("seed", range(6))
def test_every_commit_is_in_one_place(
    make_repo: Callable[..., RepoBuilder],
    wander: Callable[..., list[str]],
    fates_of: Callable[..., Fates],
    seed: int,
) -> None:
    """Of histories made by chance, told, grouped and excluded are the commits that git counts, each of them once."""
    chance = random.Random(seed)  # noqa: S311 - a test that repeats itself, no secret
    repo = make_repo(f"repo-{seed}")
    wander(repo, seed, 8)
    repo.tag("v0")
    for name in "abcd":
        repo.commit(f"begin {name}", {f"{name}.txt": text()})
    roam(repo, chance, 25)
    bases = repo.git("rev-list", "HEAD", "--").split()
    for base in ("v0", *chance.sample(bases[1:], 4), None):
        revision = f"{base}..HEAD" if base else f"{'4b825dc642cb6eb9a060e54bf8d69288fbee4904'}..HEAD"
        fates = fates_of(repo, revision)
        placed = [one.work.sha for one in fates.told]
        placed += [sha for group in fates.grouped for sha in group.shas]
        placed += [sha for shas in fates.excluded.values() for sha in shas]
        there = repo.git("rev-list", *([f"{base}..HEAD"] if base else ["HEAD"]), "--").split()
        assert Counter(placed) == Counter(there), revision
        breaking = {one for one in there if "!:" in repo.git("log", "-1", "--format=%s", one, "--").partition(" ")[0]}
        seen = {one.work.sha for one in fates.told} | set(fates.excluded.get("undone", ()))
        copies = {sha for group in fates.grouped if group.kind == "copy" for sha in group.shas}
        absent = {sha for shas in named(fates).values() for sha in shas}
        assert breaking <= seen | copies | absent, revision
        assert not absent & seen
