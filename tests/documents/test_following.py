"""Each page follows its commits by the surest way there is; what has nothing to tell any more is retired."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.documents.following import Following, Pairs, find_following
from chronicles.documents.line import Identity
from chronicles.documents.series import Entry, Series
from chronicles.dossier import SubjectKey
from chronicles.history.fates import Fate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path


def sha(name: str) -> str:
    """A full id for a short name."""
    return name.encode().hex().ljust(40, "0")


@dataclass
class _Drawn:
    """A line that a test draws; short names stand for commits."""

    steps: list[str]
    patches: dict[str, str] = field(default_factory=dict)
    people: dict[str, Identity] = field(default_factory=dict)
    stored: dict[str, Identity] = field(default_factory=dict)
    """What sidecars say."""
    held: str = ""
    """Names, a letter each, that a branch keeps."""
    missing: str = ""
    merged: dict[str, str] = field(default_factory=dict)
    """Commits that a merge brought in, and the merge."""
    skipped: str = ""
    ours_alone: str = ""
    """Names of steps that have nothing but pages."""
    forks: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Questions that cost something."""

    def place(self, commit: str) -> int | None:
        names = [sha(step) for step in self.steps]
        return names.index(commit) if commit in names else None

    def step(self, depth: int) -> str:
        return sha(self.steps[depth])

    def tellable(self, commit: str) -> bool:
        return commit not in map(sha, self.skipped + self.ours_alone)

    def ours(self, commit: str) -> bool:
        return commit in map(sha, self.ours_alone)

    def nearby(self, first: int, pages: int) -> Iterator[str]:
        self.asked.append(f"{pages} from {first}")
        return iter([sha(step) for step in self.steps[first:]])

    def fork(self, commit: str) -> int:
        self.asked.append("fork")
        return next((place for name, place in self.forks.items() if sha(name) == commit), -1)

    def fates(self, commits: Collection[str]) -> Mapping[str, Fate]:
        found = {}
        for commit in commits:
            assert self.place(commit) is None, "a step has no fate"
            found[commit] = Fate.LOST
            found |= {commit: Fate.HELD} if commit in map(sha, self.held) else {}
            found |= {commit: Fate.MISSING} if commit in map(sha, self.missing) else {}
            found |= {commit: Fate.MERGED} if commit in map(sha, self.merged) else {}
        return found

    def merge_of(self, commit: str) -> str:
        return next(sha(merge) for name, merge in self.merged.items() if sha(name) == commit)

    def patch_ids(self, commits: Sequence[str]) -> dict[str, str]:
        assert not set(commits) & set(map(sha, self.missing)), "what is not stored has no patch"
        self.asked.append("patches")
        return {sha(name): one for name, one in self.patches.items() if sha(name) in commits}

    def identities(self, commits: Sequence[str]) -> dict[str, Identity]:
        return {sha(name): one for name, one in self.people.items() if sha(name) in commits}

    def stored_identities(self, entry: Entry) -> dict[str, Identity]:
        return {sha(name): one for name, one in self.stored.items() if sha(name) in entry.commits}


@pytest.fixture
def series(tmp_path: Path) -> Callable[..., Series]:
    """A series: `series("AB", "C", retired={2: "S"}, removed={4: "D"}, former={1: "X"})`; the pages of each letter."""

    def make(
        *pages: str, retired: dict[int, str] | None = None, removed: dict[int, str] | None = None, **more: Any
    ) -> Series:
        gone = [
            {"series": "episode", "number": number, "title": "", "commits": [sha(name) for name in names]}
            for number, names in (removed or {}).items()
        ]
        (tmp_path / "removed.json").write_text(json.dumps({"schema": "chronicles.removed/1", "removed": gone}))
        made = Series(tmp_path)
        bases = more.get("bases", {})
        for number, names in enumerate(pages, 1):
            page, into = made.page_path(number), (retired or {}).get(number)
            made.add(
                Entry(
                    number,
                    page,
                    page.with_suffix(".json"),
                    kind="commit" if len(names) == 1 else "group",
                    # Written oldest first here, and told newest first.
                    commits=tuple(sha(name) for name in reversed(names)),
                    base=sha(bases[number]) if number in bases else None,
                    retired_into=None if into is None else sha(into) if into else "",
                    former=tuple(sha(name) for name in more.get("former", {}).get(number, "")),
                )
            )
        return made

    return make


def short(following: Following) -> dict[str, Any]:
    """What was found, in short names, oldest first; empty parts left out."""

    def name(commit: str) -> str:
        return bytes.fromhex(commit).rstrip(b"\0").decode()

    found = {
        "moves": {number: "".join(map(name, reversed(steps))) for number, steps in following.moves.items()},
        "retired": {number: name(into) for number, into in following.retired.items()},
        "removed": {number: "".join(map(name, steps)) for number, steps in following.removed.items()},
        "waiting": {name(merge) for merge in following.waiting},
    }
    return {key: value for key, value in found.items() if value}


def find(series: Series, line: _Drawn, pairs: Sequence[str] = (), **options: Any) -> dict[str, Any]:
    """Find what pages should tell; a pair is two letters, old and new."""
    return short(find_following(series, line, [(sha(old), sha(new)) for old, new in pairs], **options))


ADA = Identity("Ada", "2024-01-01T10:00:00+00:00", "feat: one")


def test_nothing_was_rewritten(series: Callable[..., Series]) -> None:
    """Where all commits are steps nothing is found, and nothing is asked that costs more than a look-up."""
    line = _Drawn(list("ABC"))
    assert find(series("A", "BC"), line, ["XY"]) == {}
    assert line.asked == []


def test_pairs_are_followed_over_several_rewritings(series: Callable[..., Series]) -> None:
    """A page goes where the last rewriting leads; a circle of pairs ends, and dead ends are left."""
    assert find(series("A"), _Drawn(["c"]), ["Ab", "bc"]) == {"moves": {1: "c"}}
    assert find(series("A"), _Drawn(["b"]), ["Ab", "bc"]) == {"moves": {1: "b"}}
    assert find(series("A"), _Drawn(["d"]), ["Ab", "bA", "bc", "Ad"]) == {"moves": {1: "d"}}
    assert find(series("A"), _Drawn(["x"]), ["Ab", "bA"]) == {"retired": {1: ""}}
    assert [one[:2] for one in Pairs([("a", "b"), ("b", "a"), ("a", "c")]).after("a")] == ["c", "b"]


def test_of_two_rewritings_the_later_counts(series: Callable[..., Series]) -> None:
    """A commit that was amended, brought back and amended again is what it became at last, if both are steps."""
    assert find(series("A"), _Drawn(list("bc")), ["Ab", "Ac"]) == {"moves": {1: "c"}}
    assert find(series("A"), _Drawn(list("bx")), ["Ab", "Ac"]) == {"moves": {1: "b"}}


def test_a_squash_goes_to_the_lowest_number(series: Callable[..., Series]) -> None:
    """Of pages that lead to one step the first keeps it, and the others went into it."""
    assert find(series("A", "B", "C"), _Drawn(["s"]), ["As", "Bs", "Cs"]) == {
        "moves": {1: "s"},
        "retired": {2: "s", 3: "s"},
    }


def test_a_told_step_is_nobodys_target(series: Callable[..., Series]) -> None:
    """What leads to a step with a page of its own is retired into it."""
    assert find(series("S", "B"), _Drawn(["S"]), ["BS"]) == {"retired": {2: "S"}}
    assert find(series("S", "B"), _Drawn(["S"], patches={"S": "p", "B": "p"})) == {"retired": {2: ""}}


def test_what_must_not_be_told_has_no_page(series: Callable[..., Series]) -> None:
    """A step that asks not to be told, or whose page was taken out for good, takes the page's commit with it."""
    assert find(series("A"), _Drawn(["b"], skipped="b"), ["Ab"]) == {"retired": {1: "b"}}
    assert find(series("A", removed={9: "b"}), _Drawn(["b"]), ["Ab"]) == {"retired": {1: "b"}}


def test_patches_are_followed_in_order(series: Callable[..., Series]) -> None:
    """Without pairs a page goes where its change is; of equal changes the first goes to the first."""
    line = _Drawn(list("xyz"), patches={"A": "p", "B": "p", "C": "q", "x": "p", "y": "p"})
    assert find(series("A", "B", "C"), line) == {"moves": {1: "x", 2: "y"}, "retired": {3: ""}}


def test_a_patch_is_not_looked_for_below_its_commit(series: Callable[..., Series]) -> None:
    """A change that was made, taken back and made again is not the first of the two."""
    patches = {"x": "p", "C": "p"}
    line = _Drawn(list("xB"), patches=patches)
    assert find(series("B", "C", bases={2: "B"}), line) == {"retired": {2: ""}}
    assert find(series("B", "C", bases={2: "x"}), _Drawn(list("xBy"), patches=patches | {"y": "p"})) == {
        "moves": {2: "y"}
    }
    other = series("B", "C", "D", bases={2: "B"})
    assert find(other, line) == {"retired": {2: "", 3: ""}}, "how far others are looked for is no matter"


def test_forks_are_known_from_bases(series: Callable[..., Series]) -> None:
    """Where pages stand on each other, git is not asked where they left the line; else it is, once."""
    line = _Drawn(list("Axyz"), patches={"x": "p", "B": "p"})
    pages = series("A", "B", "C", "D", bases={2: "A", 3: "B", 4: "C"})
    assert find(pages, line) == {"moves": {2: "x"}, "retired": {3: "", 4: ""}}
    assert line.asked.count("fork") == 0
    line = _Drawn(list("Axyz"), patches={"x": "p", "B": "p"}, forks={"U": 1})
    assert find(series("A", "B", "C", bases={2: "U", 3: "U"}), line) == {"retired": {2: "", 3: ""}}
    assert line.asked.count("fork") == 1


def test_bases_in_a_circle_end(series: Callable[..., Series]) -> None:
    """Sidecars that somebody made up may stand on each other."""
    assert find(series("A", "B", bases={1: "B", 2: "A"}), _Drawn(["x"])) == {"retired": {1: "", 2: ""}}


def test_author_time_and_subject_know_a_commit(series: Callable[..., Series]) -> None:
    """Where the change is another, who, when and in what words decide, if that names one commit on either side."""
    people = {"A": ADA, "b": ADA}
    assert find(series("A"), _Drawn(["b"], people=people)) == {"moves": {1: "b"}}
    assert find(series("A"), _Drawn(list("bc"), people=people | {"c": ADA})) == {"retired": {1: ""}}
    assert find(series("A", "B"), _Drawn(["b"], people=people | {"B": ADA})) == {"retired": {1: "", 2: ""}}
    other = Identity("Grace", ADA.authored_at, ADA.subject)
    assert find(series("A"), _Drawn(["b"], people=people | {"b": other})) == {"retired": {1: ""}}


def test_a_clone_without_the_commits_asks_the_sidecars(series: Callable[..., Series]) -> None:
    """Where the old commit was never fetched the sidecar says who and when; of a group's members, who and what."""
    assert find(series("A"), _Drawn(["b"], people={"b": ADA}, stored={"A": ADA}, missing="A")) == {"moves": {1: "b"}}
    members = {"A": Identity("Ada", "", "feat: one"), "B": Identity("Ada", "", "feat: two")}
    now = {"x": ADA, "y": Identity("Ada", "2024-01-01T11:00:00+00:00", "feat: two")}
    line = _Drawn(list("xyz"), people=now, stored=members, missing="AB")
    assert find(series("AB"), line) == {"moves": {1: "xy"}}


def test_a_page_goes_back_to_what_it_told(series: Callable[..., Series]) -> None:
    """After a reset to before an amend, the page that followed the amend has its first commit again."""
    assert find(series("b", former={1: "A"}), _Drawn(["A"])) == {"moves": {1: "A"}}
    assert find(series("s", former={1: "XA"}), _Drawn(list("AX"))) == {"moves": {1: "X"}}
    assert find(series("sB", former={1: "A"}), _Drawn(list("AB"))) == {"moves": {1: "AB"}}
    assert find(series("b", former={1: "A"}), _Drawn(list("bA"))) == {}


def test_a_retired_page_comes_back(series: Callable[..., Series]) -> None:
    """A commit that is a step again has its page again, and a retired page follows like any other."""
    assert find(series("A", "B", retired={2: ""}), _Drawn(list("AB"))) == {"moves": {2: "B"}}
    assert find(series("A", "B", retired={2: ""}), _Drawn(list("A"))) == {}
    assert find(series("AB", "B", retired={2: ""}), _Drawn(list("AB"))) == {"retired": {2: "B"}}
    assert find(series("AB", "B", retired={2: "B"}), _Drawn(list("AB"))) == {}
    assert find(series("A", "B", retired={2: ""}), _Drawn(list("Ab")), ["Bb"]) == {"moves": {2: "b"}}
    line = _Drawn(list("Ab"), patches={"B": "p", "b": "p"})
    assert find(series("A", "B", retired={2: ""}, bases={2: "A"}), line) == {"moves": {2: "b"}}


def test_a_retired_page_takes_nothing_from_one_that_tells(series: Callable[..., Series]) -> None:
    """Of a retired page and one that tells something, with lower number or not, the latter has the step."""
    assert find(series("A", "B", retired={1: ""}), _Drawn(["s"]), ["As", "Bs"]) == {
        "moves": {2: "s"},
        "retired": {1: "s"},
    }
    line = _Drawn(["s"], patches={"A": "p", "B": "p", "s": "p"})
    assert find(series("A", "B", retired={1: ""}), line) == {"moves": {2: "s"}}


def test_what_a_retired_page_went_into_moves_on(series: Callable[..., Series]) -> None:
    """A tombstone names the step that holds its change now: where the page of that step went, or nothing."""
    pages = series("S", "B", retired={2: "S"})
    assert find(pages, _Drawn(["t"]), ["St"]) == {"moves": {1: "t"}, "retired": {2: "t"}}
    assert find(pages, _Drawn(["t"], patches={"S": "p", "t": "p"})) == {"moves": {1: "t"}, "retired": {2: "t"}}
    assert find(pages, _Drawn(["x"])) == {"retired": {1: "", 2: ""}}
    assert find(series("t", "B", retired={2: "S"}, former={1: "S"}), _Drawn(["t"])) == {"retired": {2: "t"}}
    assert find(series("S", "B", retired={2: "S"}), _Drawn(["S"])) == {}


def test_other_branches_keep_their_pages(series: Callable[..., Series]) -> None:
    """A page whose commit some name still leads to was told there and stays, unless git says what it became."""
    assert find(series("A"), _Drawn(["x"], held="A")) == {}
    assert find(series("A"), _Drawn(["x"], held="A"), ["Ax"]) == {"moves": {1: "x"}}
    assert find(series("A"), _Drawn(["x"], held="A", patches={"A": "p", "x": "p"})) == {"moves": {1: "x"}}
    assert find(series("AB"), _Drawn(["A", "x"], held="B")) == {}


def test_a_merge_takes_over_once_it_is_told(series: Callable[..., Series]) -> None:
    """A page gives way to that of the merge which brought its commit in, never to nothing."""
    line = _Drawn(["x", "M"], merged={"A": "M"})
    assert find(series("A"), line) == {"waiting": {"M"}}
    assert find(series("A", "M"), line) == {"retired": {1: "M"}}
    assert find(series("M", "A"), line) == {}
    assert find(series("A"), _Drawn(["x", "M"], merged={"A": "M"}, skipped="M")) == {"retired": {1: "M"}}
    assert find(series("A", "M"), _Drawn(["x", "M"], merged={"b": "M"}), ["Ab"]) == {"retired": {1: "M"}}


def test_a_group_stays_together(series: Callable[..., Series]) -> None:
    """A page of several commits keeps the longest run of what they became, and of two runs the older."""
    assert find(series("ABC"), _Drawn(list("Abc")), ["Bb", "Cc"]) == {"moves": {1: "Abc"}}
    assert find(series("ABC"), _Drawn(list("Ac")), ["Cc"]) == {"moves": {1: "Ac"}}
    assert find(series("ABC"), _Drawn(list("axbc")), ["Aa", "Bb", "Cc"]) == {"moves": {1: "bc"}}
    assert find(series("AB"), _Drawn(list("axb")), ["Aa", "Bb"]) == {"moves": {1: "a"}}
    assert find(series("AB"), _Drawn(["s"]), ["As", "Bs"]) == {"moves": {1: "s"}}
    assert find(series("AB", "C"), _Drawn(list("As")), ["Bs", "Cs"]) == {"moves": {1: "As"}, "retired": {2: "s"}}


def test_what_one_page_leaves_another_has(series: Callable[..., Series]) -> None:
    """A step that a group cannot keep, since others came between, goes to the next page that leads to it."""
    line = _Drawn(list("axb"))
    assert find(series("AB", "C"), line, ["Aa", "Bb", "Cb"]) == {"moves": {1: "a", 2: "b"}}


def test_a_commit_of_pages_parts_no_group(series: Callable[..., Series]) -> None:
    """What only adds pages stays inside a group, and neither begins nor ends one; what is skipped does part it."""
    pairs = ["Aa", "Pp", "Bb", "Qq"]
    assert find(series("APBQ"), _Drawn(list("apbq"), ours_alone="pq"), pairs) == {"moves": {1: "apb"}}
    assert find(series("APB"), _Drawn(list("apb"), skipped="p"), pairs) == {"moves": {1: "a"}}
    assert find(series("AB"), _Drawn(list("apqb"), ours_alone="pq"), pairs) == {"moves": {1: "apqb"}}


def days(*subjects: str) -> Callable[[int], list[SubjectKey]]:
    """Divide a line into these subjects."""
    keys = [SubjectKey("group", tuple(sha(name) for name in reversed(one)), None) for one in subjects]
    return lambda _: keys


def test_days_are_cut_anew(series: Callable[..., Series]) -> None:
    """Where a day has one page, pages whose commits have one day now become one, and a page of two days is cut."""
    pairs = ["Aa", "Bb", "Cc"]
    assert find(series("A", "B", "C"), _Drawn(list("abc")), pairs, divide=days("abc")) == {
        "moves": {1: "abc"},
        "retired": {2: "b", 3: "c"},
    }
    assert find(series("ABC"), _Drawn(list("abc")), pairs, divide=days("a", "bc")) == {"moves": {1: "bc"}}
    assert find(series("AB", "C"), _Drawn(list("abc")), pairs, divide=days("a", "bc")) == {"moves": {1: "a", 2: "bc"}}
    pages = series("A", "B", retired={1: ""})
    assert find(pages, _Drawn(["s"]), ["As", "Bs"], divide=days("s")) == {"moves": {2: "s"}, "retired": {1: "s"}}


def test_days_that_stand(series: Callable[..., Series]) -> None:
    """A page that was not touched grows by what falls into its day, and one that reaches over the border does not."""
    assert find(series("A", "B"), _Drawn(list("Ab")), ["Bb"], divide=days("Ab")) == {
        "moves": {1: "Ab"},
        "retired": {2: "b"},
    }
    assert find(series("A", "B"), _Drawn(list("aB")), ["Aa"], divide=days("aB")) == {
        "moves": {1: "aB"},
        "retired": {2: "B"},
    }
    assert find(series("AB", "C"), _Drawn(list("ABc")), ["Cc"], divide=days("A", "Bc")) == {"moves": {2: "c"}}
    assert find(series("A", "BC"), _Drawn(list("aBC")), ["Aa"], divide=days("aB", "C")) == {"moves": {1: "a"}}
    pages = series("AB", "C", "D")
    assert find(pages, _Drawn(list("ABs")), ["Cs", "Ds"], divide=days("A", "Bs")) == {
        "moves": {2: "s"},
        "retired": {3: "s"},
    }
    assert find(series("A", "B", retired={1: ""}), _Drawn(list("AB")), divide=days("AB")) == {
        "moves": {2: "AB"},
        "retired": {1: "A"},
    }
    assert find(series("A"), _Drawn(list("a")), ["Aa"], divide=days("x")) == {"moves": {1: "a"}}


def test_removed_pages_follow_too(series: Callable[..., Series]) -> None:
    """What was taken out for good stays out under another hash, but never at the cost of a page that is there."""
    assert find(series(removed={1: "A"}), _Drawn(["b"]), ["Ab"]) == {"removed": {1: "b"}}
    assert find(series(removed={1: "A"}), _Drawn(["b"], patches={"A": "p", "b": "p"})) == {"removed": {1: "b"}}
    assert find(series(removed={1: "bA"}), _Drawn(["b", "c"], patches={"A": "p", "c": "p"})) == {}
    assert find(series("B", removed={9: "A"}), _Drawn(["s"]), ["As", "Bs"]) == {"moves": {1: "s"}}
    assert find(series("S", removed={9: "A"}), _Drawn(["S"]), ["AS"]) == {}
