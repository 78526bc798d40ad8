"""Facts that say what they hold, and commands that only read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.page import load_page
from chronicles.dossier import Fact, Ledger, Source
from chronicles.markdown import code, escape
from chronicles.site.agreement import contradiction, odd_commands
from tests.site.test_rewriting import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from tests.conftest import Ran, RepoBuilder


def fact(value: float | str | None, unit: str, figure: str, text: str = "") -> Fact:
    """A fact that is shown somehow."""
    return Fact("some.fact", value, unit, figure, text or figure, Source.ANALYSIS, "")


def with_command(dossier: Dossier, fact_id: str, derive: str) -> Dossier:
    """A dossier of which one fact is derived otherwise."""
    facts = (replace(one, derive=derive) if one.id == fact_id else one for one in dossier.ledger.values())
    return replace(dossier, ledger=Ledger(facts))


@pytest.mark.parametrize(
    "good",
    [
        fact(6518, "line", "6,518", "6,518 lines"),
        fact(2, "file", "2", "two files"),
        fact(2, "rank", "2", "the second-largest"),
        fact(99, "commit", "1/99", "more than one commit in 99"),
        fact(2, "change", "2", "the second change in 30 days"),
        fact(90_000, "s", "one day"),
        fact(2410, "line number", "2410", "line 2410"),
        fact(-2, "1", "-2", "-2 in cyclomatic complexity"),
        fact(1, "1", "13 → 14", "from 13 to 14 in cyclomatic complexity"),
        fact(0, "1", "27", "from 27 to 27 in cyclomatic complexity"),
        fact(1001, "block", "more than 1,000 blocks"),
        fact(51.2195, "percent", "51.21%", "51.21% additive"),
        fact(9.78, "percent", "9.77%", "9.77% of the lines"),
        fact(1.52405127, "times", "1.525", "1.525 times"),
        fact(243315664.0, "ns", "243.3 ms"),
        fact(0.0, "s", "under 0.1 s"),
        fact(None, "percent", "unknown", "unknown additive"),
        fact("a" * 40, "sha", "aaaaaaa", "`aaaaaaa`"),
        fact("a.b.C", "name", "`C`", "`a.b.C`"),
        fact("alone", "verdict", "no baseline"),
        fact("subject", "rule", "inferred from the subject"),
    ],
)
def test_a_fact_as_the_narrator_writes_it_agrees(good: Fact) -> None:
    """Every form in which a value is written is its own."""
    assert contradiction(good) == ""


@pytest.mark.parametrize(
    "bad",
    [
        fact(4242, "file", "2", "two files"),
        fact(2, "file", "4,242", "two files"),
        fact(2, "file", "2", "4,242 files"),
        fact(2, "file", "2", "2,500 files"),
        fact(90_000, "s", "two days"),
        fact(2, "1", "13 → 14", "from 13 to 14 in cyclomatic complexity"),
        fact(51.9, "percent", "51.21%", "51.21% additive"),
        fact(1.7, "times", "1.525", "1.525 times"),
        fact(0.5, "s", "under 0.1 s"),
        fact(None, "percent", "3%"),
        fact("b" * 40, "sha", "aaaaaaa"),
        fact("a", "path", "`b`"),
        fact("slower", "verdict", "no change seen"),
        fact("fix: it", "text", "not a fix: it"),
    ],
)
def test_a_fact_that_says_another_thing_is_found(bad: Fact) -> None:
    """Words that are not the value's are named, with the value."""
    assert contradiction(bad).startswith("it says `")


@pytest.mark.parametrize("value", [1e300, -1e300, 10**5000], ids=["big", "small", "long"])
def test_a_number_beyond_measure_is_found(value: float) -> None:
    """A number that no function of ours can write is no traceback."""
    assert contradiction(fact(value, "line", "2", "two lines"))


@pytest.mark.parametrize("words", [*HOSTILE, "a  b", "a\\b", "`a`", "&amp;", "<b>", "", "# a", "a|b", "x <y"])
def test_whatever_text_a_commit_has_agrees(words: str) -> None:
    """Text that was escaped, or written as code, is the value that it was made of."""
    for text in (escape(words), code(words)):
        assert contradiction(fact(words, "text", text)) == ""


def test_all_that_is_written_agrees(saga: RepoBuilder) -> None:
    """No fact of a whole story is in contradiction with itself, nor has it an odd command."""
    sidecars = sorted((saga.path / "episodes").glob("*.json"))
    assert len(sidecars) > 10
    for sidecar in sidecars:
        dossier = load_page(sidecar).dossier
        assert [why for one in dossier.ledger.values() if (why := contradiction(one))] == []
        assert list(odd_commands(dossier)) == []


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf ~",
        "chronicles fact HEAD change.files",
        "chronicles fact {sha} change.deletions",
        "chronicles fact {sha} change.files; rm -rf ~",
        "git log -1 --format=%H {sha}; rm -rf ~",
        "git log -1 --format=%H {sha} | sh",
        "git log -1 --format=%H HEAD",
        "git log -1 --output=.bashrc {sha}",
        "git -c core.pager=x log -1 {sha}",
        "git diff --raw $(x) -- :/",
        "git diff --raw {sha} -- :/ > x",
        "git diff --raw {sha}\nx",
    ],
)
def test_a_command_that_is_not_the_narrators_is_found(saga: RepoBuilder, command: str) -> None:
    """What asks for another fact or another commit, or does more than read, is no command of a fact."""
    dossier = load_page(saga.path / "episodes/episode_003.json").dossier
    (odd,) = odd_commands(with_command(dossier, "change.files", command.format(sha=dossier.subject.commits[0])))
    assert odd[0].id == "change.files"
    assert odd[1].startswith("it is derived by `")


@pytest.mark.parametrize(
    ("of", "values", "said"),
    [
        ("change.files", {"value": 4242}, "it says `2` and holds `4242`; `chronicles verify` says"),
        ("change.files", {"derive": "rm -rf ~"}, "it is derived by `rm -rf ~`; `chronicles verify` says"),
        ("commit.authored_at", {"value": "yesterday"}, "is no time with an offset"),
        ("commit.authored_at", {"value": 5}, "is no time with an offset"),
        ("commit.authored_at", {"value": "2026-02-02T03:00:00"}, "is no time with an offset"),
        ("commit.authored_at", {"value": "2026-02-30T03:00:00+01:00"}, "is no time with an offset"),
        ("", {"commits": ["<b>"]}, "it tells a commit that is none"),
        ("", {"commits": []}, "it tells a commit that is none"),
        ("", {"commits": ["a" * 40]}, "its facts are of another commit"),
        ("episode", {"number": 77}, "is that of number 77"),
    ],
)
def test_its_page_is_left_out_and_named(
    saga: RepoBuilder, run: Callable[..., Ran], of: str, values: dict[str, object], said: str
) -> None:
    """A page that contradicts itself, or that no list could take, is no page; the others are built."""
    assert run(saga.path, "init").code == 0
    sidecar = saga.path / "episodes" / "episode_003.json"
    stored = json.loads(sidecar.read_bytes())
    facts = {one["id"]: one for one in stored["dossier"]["facts"]}
    parts = {"": stored["dossier"]["subject"], "episode": stored["episode"]} | facts
    parts[of].update(values)
    sidecar.write_text(json.dumps(stored), "utf-8")
    done = run(saga.path, "site", "build", "--builder", "zensical")
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (saga.path / "site/episodes/episode_003").exists()
    assert "episode_003" not in (saga.path / "site" / "sitemap.xml").read_text("utf-8")
    assert (saga.path / "site/episodes/episode_004/index.html").is_file()
