"""Facts of performance: of the right runs, from raw samples, with the word that they entitle to and no other."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.dossier import Source, canonical_json
from chronicles.errors import RunError
from chronicles.evidence.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chronicles.dossier import Dossier, Ledger
    from tests.conftest import RepoBuilder


class Bench:
    """A line of seven commits and the verbs that measure them."""

    def __init__(self, repo: RepoBuilder, dossier_of: Callable[..., Dossier], invented: Any) -> None:
        self.repo, self._dossier_of, self.invented = repo, dossier_of, invented
        self.shas = [repo.commit(f"feat: step {number}", {f"s{number}.py": "X = 1\n"}) for number in range(7)]

    def measure(self, name: str, factors: dict[int, float], **plan: Any) -> None:
        """Add the records of one sitting; commits by their place on the line."""
        wanted = {self.shas[place]: factor for place, factor in factors.items()}
        self.invented.store(self.repo.path / "reports", self.invented.sitting(name, wanted, self.invented.Plan(**plan)))

    def fail(self, name: str, place: int, status: str = "failed", error: str = "exit status 1", **plan: Any) -> None:
        """Add the record of a run without a number."""
        record = self.invented.failed(name, self.shas[place], self.invented.Plan(**plan), status, error)
        self.invented.store(self.repo.path / "reports", [record])

    def dossier(self, place: int, base: int | None = None, kind: str = "group") -> Dossier:
        """The dossier of a commit, or of the commits after another."""
        span = self.shas[place] if base is None else f"{self.shas[base]}..{self.shas[place]}"
        return self._dossier_of(self.repo, span, kind=kind)

    def ledger(self, place: int, base: int | None = None) -> Ledger:
        """Its facts."""
        return self.dossier(place, base).ledger


@pytest.fixture
def bench(repo: RepoBuilder, dossier_of: Callable[..., Dossier], invented: Any) -> Bench:
    """A line of seven commits, none measured yet."""
    return Bench(repo, dossier_of, invented)


def texts(ledger: Ledger, *parts: str, row: int = 1) -> list[str]:
    """The phrases of some parts of a row; "" for one that there is not."""
    names = [f"performance.{row}.{part}" for part in parts]
    return [ledger[name].text if name in ledger else "" for name in names]


def performance(ledger: Ledger) -> list[str]:
    """The ids of all facts of performance."""
    return [key for key in ledger if key.startswith("performance.")]


# -- which words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "plan", "word"),
    [
        (1.06, {}, "slower"),
        (0.94, {}, "faster"),
        (1.0, {}, "no change seen"),
        (1.03, {"noise": 0.03}, "undecided"),
        (1.06, {"metrics": (("size", "By", "lower", 2e8),)}, "higher"),
        (0.94, {"metrics": (("size", "By", "lower", 2e8),)}, "lower"),
        (1.06, {"metrics": (("rate", "{token}/s", "higher", 84.0),)}, "slower"),
        (0.94, {"metrics": (("rate", "{token}/s", "higher", 84.0),)}, "faster"),
        (1.06, {"metrics": (("accuracy", "1", "higher", 0.8),)}, "lower"),
        (1.5, {"metrics": (("errors", "{error}/s", "lower", 84.0),)}, "higher"),
        (0.5, {"metrics": (("errors", "{error}/s", "lower", 84.0),)}, "lower"),
    ],
)
def test_a_row_says_what_the_verdict_is(bench: Bench, factor: float, plan: dict[str, Any], word: str) -> None:
    """Speed words are for times to be short and rates to be high; of anything else a row says where the value went."""
    bench.measure("s", {5: factor, 4: 1.0}, **plan)
    ledger = bench.ledger(5)
    assert texts(ledger, "verdict") == [word]
    claims = " ".join(claim.id for claim in bench.dossier(5).claims)
    assert (word in ("faster", "slower")) == any(one in claims for one in ("faster", "slower"))
    if word == "slower" and "metrics" in plan:
        assert ledger.number("performance.1.ratio") < 1


def test_a_row_has_all_that_a_reader_needs(bench: Bench) -> None:
    """Before, after, ratio, interval, blocks, baseline and machine stand in the ledger, from benchmarks."""
    bench.measure("s", {5: 1.06, 4: 1.0}, case="start up")
    ledger = bench.ledger(5)
    assert texts(ledger, "case", "metric", "what", "sha", "distance", "blocks", "bound") == [
        *("`speed/start up`", "`wall`", "`speed/start up`", f"`{bench.shas[4][:7]}`", "its parent", "12 blocks", "2%"),
    ]
    low, ratio, high = (ledger.number(f"performance.1.{part}") for part in ("low", "ratio", "high"))
    assert 1.05 < low < ratio < high < 1.07
    before, after = (ledger.number(f"performance.1.{part}") for part in ("before", "after"))
    assert 1.04 < after / before < 1.08
    assert ledger["performance.machine.1"].text == "Invented CPU of box, two cores, 8 GiB, Linux"
    facts = [ledger[key] for key in performance(ledger)]
    assert {fact.source for fact in facts} == {Source.BENCHMARK}
    assert all(fact.derive == f"chronicles fact {bench.shas[5]} {fact.id}" for fact in facts)


@pytest.mark.parametrize(
    ("plan", "sittings", "why", "needed"),
    [
        ({"noise": 0.05, "placebo": False}, 1, "the interval leaves more than one verdict open", True),
        ({"placebo_noise": 0.2}, 1, "the placebo did as much", True),
        ({}, 2, "the two were measured apart", False),
        ({"blocks": 2}, 1, "the blocks are too few", True),
        ({"blocks": 4}, 1, "the blocks are too few", True),
    ],
)
def test_what_is_undecided_says_why(
    bench: Bench, plan: dict[str, Any], sittings: int, why: str, *, needed: bool
) -> None:
    """The reason is told, and how many blocks would decide where that is what is lacking."""
    if sittings == 2:
        bench.measure("one", {4: 1.0}, **plan)
        bench.measure("two", {5: 1.06}, **plan)
    else:
        bench.measure("s", {5: 1.03, 4: 1.0}, **plan)
    ledger = bench.ledger(5)
    assert texts(ledger, "verdict", "why") == ["undecided", why]
    assert ("performance.1.needed" in ledger) is needed


def test_a_family_is_the_whole_page(bench: Bench) -> None:
    """The more is compared for one page, the wider each interval of it."""
    bench.measure("s", {5: 1.04, 4: 1.0}, noise=0.01)
    alone = bench.ledger(5)
    for number in range(12):
        bench.measure("s", {5: 1.0, 4: 1.0}, case=f"other {number:02d}", noise=0.01)
    ledger = bench.ledger(5)
    row = next(row for row in range(1, 14) if texts(ledger, "case", row=row) == ["`speed/help`"])
    assert ledger.number(f"performance.{row}.ratio") == alone.number("performance.1.ratio")
    assert ledger.number(f"performance.{row}.low") < alone.number("performance.1.low")
    assert ledger.value("performance.compared") == 13


def test_rows_come_in_the_order_of_their_news(bench: Bench) -> None:
    """Slower first, then faster, then what failed, what has not changed, and what stands alone."""
    for case, factor in (("a same", 1.0), ("b fast", 0.9), ("c slow", 1.1), ("d slower", 1.2)):
        bench.measure("s", {5: factor, 4: 1.0}, case=case)
    bench.measure("new", {5: 1.0}, case="e alone")
    bench.fail("bad", 5, case="f failed")
    ledger = bench.ledger(5)
    rows = [tuple(texts(ledger, "case", "verdict", row=row)) for row in range(1, 7)]
    assert rows == [
        ("`speed/d slower`", "slower"), ("`speed/c slow`", "slower"), ("`speed/b fast`", "faster"),
        ("`speed/f failed`", "failed"), ("`speed/a same`", "no change seen"), ("`speed/e alone`", "no baseline"),
    ]  # fmt: skip
    counts = {name: ledger.value(f"performance.{name}") for name in ("slower", "faster", "equivalent", "alone", "none")}
    assert counts == {"slower": 2, "faster": 1, "equivalent": 1, "alone": 1, "none": 1}


def test_more_rows_than_a_table_holds_are_counted(bench: Bench) -> None:
    """Sixteen rows have facts, and the rest a number; of more than 24 runs it is said that there may be others."""
    for number in range(26):
        bench.measure("s", {5: 1.0, 4: 1.0}, case=f"case {number:02d}", blocks=3, placebo=False)
    dossier = bench.dossier(5)
    assert len(dossier.ledger.numbered("performance")) == 16
    assert dossier.ledger["performance.left_out"].text == "eight measures"
    assert dossier.ledger["performance.most"].text == "24 runs"
    assert len(dossier.runs) == 24


# -- which runs ---------------------------------------------------------------------------------------------------


def test_the_baseline_is_named_with_its_distance(bench: Bench) -> None:
    """A baseline that is not the parent is told with the steps between."""
    bench.measure("s", {6: 1.0, 2: 1.0})
    assert texts(bench.ledger(6), "sha", "distance") == [f"`{bench.shas[2][:7]}`", "four commits earlier"]


def test_side_branches_are_no_baseline(bench: Bench) -> None:
    """Only first parents count: what a merge brought in was never the branch's state."""
    bench.repo.branch("side", bench.shas[5])
    side = bench.repo.commit("side", {"side.py": "X = 1\n"})
    bench.repo.switch("main")
    merge = bench.repo.merge("side")
    bench.shas += [side, merge]
    bench.measure("s", {8: 1.06, 7: 1.06, 6: 1.0})
    assert texts(bench.ledger(8), "sha", "verdict") == [f"`{bench.shas[6][:7]}`", "slower"]


def test_each_branch_has_its_own_line(
    bench: Bench, dossier_of: Callable[..., Dossier], open_workshop: Callable[..., Any]
) -> None:
    """One workshop asked for two branches in turn finds for each the baseline on its own line."""
    bench.repo.branch("side", bench.shas[3])
    side = [bench.repo.commit(f"side {number}", {f"side{number}.py": "X = 1\n"}) for number in range(2)]
    bench.shas += side
    bench.measure("s", {8: 1.0, 7: 1.1, 6: 1.0, 5: 0.9, 3: 1.0})
    shop = open_workshop(bench.repo)
    for place, base in ((8, 7), (6, 5), (8, 7), (5, 3)):
        ledger = dossier_of(bench.repo, bench.shas[place], shop=shop).ledger
        assert texts(ledger, "sha") == [f"`{bench.shas[base][:7]}`"], (place, base)


def test_a_group_is_told_by_its_newest_run_against_what_was_before_it(bench: Bench) -> None:
    """Of a group the newest measured commit counts, and no commit inside the group is its baseline."""
    bench.measure("s", {5: 1.1, 4: 1.2, 3: 1.3, 1: 1.0})
    ledger = bench.ledger(6, base=2)
    assert texts(ledger, "at", "sha", "distance", "verdict") == [
        *(f"`{bench.shas[5][:7]}`", f"`{bench.shas[1][:7]}`", "four commits earlier", "slower"),
    ]
    assert 1.09 < ledger.number("performance.1.ratio") < 1.11
    assert bench.dossier(6, base=2).runs == bench.dossier(6, base=2, kind="range").runs
    assert texts(bench.ledger(5, base=2), "at") == [""]


def test_a_dirty_tree_tells_nothing(bench: Bench) -> None:
    """A run of changed files is nobody's, neither told nor a baseline."""
    records = bench.invented.sitting("s", {bench.shas[5]: 1.1, bench.shas[4]: 1.0})
    soiled = [one.model_copy(update={"subject": one.subject.model_copy(update={"dirty": True})}) for one in records]
    bench.invented.store(bench.repo.path / "reports", soiled)
    assert performance(bench.ledger(5)) == []
    bench.measure("clean", {5: 1.1})
    assert texts(bench.ledger(5), "verdict") == ["no baseline"]


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({"machine": "other"}, "on another machine"),
        ({"config": "other"}, "in another configuration"),
        ({"metrics": (("cpu", "ns", "lower", 1e8),)}, "without this metric"),
        ({"metrics": (("wall", "s", "lower", 0.1),)}, "in other units"),
    ],
)
def test_what_cannot_be_compared_stands_alone(bench: Bench, change: dict[str, Any], how: str) -> None:
    """A run of the same case that is not alike is named as the reason, and gives no ratio."""
    bench.measure("s", {4: 1.0}, **change)
    bench.measure("t", {5: 1.0})
    ledger = bench.ledger(5)
    assert texts(ledger, "verdict", "elsewhere", "ratio") == ["no baseline", how, ""]
    assert "performance.compared" not in ledger


@pytest.mark.parametrize(
    ("status", "said"), [("failed", "failed"), ("invalid", "was invalid"), ("impossible", "was impossible")]
)
def test_a_run_without_a_number_is_told_without_one(bench: Bench, status: str, said: str) -> None:
    """Status and error stand in the row; there is no value, ratio or baseline, even where others were measured."""
    bench.measure("s", {4: 1.0})
    bench.fail("bad", 5, status, "exit status 1: make: [all] <b>Error</b> 2\nsecond line")
    ledger = bench.ledger(5)
    assert texts(ledger, "verdict", "status", "sha", "after", "ratio") == [status, said, "", "", ""]
    assert texts(ledger, "error") == ["exit status 1: make: \\[all] &lt;b>Error&lt;/b> 2"]
    assert bench.dossier(5).runs[0].series == ()


@pytest.mark.parametrize(("error", "said"), [("\n \nmake: all\n", "make: all"), (" \n", "(no word)")])
def test_an_error_is_told_by_its_first_words(bench: Bench, error: str, said: str) -> None:
    """A tool may begin with blank lines, or have nothing to say."""
    bench.fail("bad", 5, error=error)
    assert texts(bench.ledger(5), "error") == [said]


def test_the_line_of_a_machine_is_bounded(bench: Bench) -> None:
    """What a tool calls its system is cut where it goes on and on."""
    (record,) = bench.invented.sitting("s", {bench.shas[5]: 1.0})
    environment = record.environment.model_copy(update={"os": "long " * 780})
    bench.invented.store(bench.repo.path / "reports", [record.model_copy(update={"environment": environment})])
    assert 200 < len(bench.ledger(5)["performance.machine.1"].text) <= 240


def test_a_failure_is_not_told_beside_a_run_that_went_well(bench: Bench) -> None:
    """A run that failed and was then made again is no news; one that fails after a good one inside a group is."""
    bench.fail("bad", 5)
    bench.measure("s", {5: 1.0, 4: 1.0})
    assert texts(bench.ledger(5), "verdict") == ["no change seen"]
    bench.fail("worse", 6)
    assert texts(bench.ledger(6), "verdict") == ["failed"]
    assert texts(bench.ledger(6, base=4), "verdict", "at") == ["no change seen", f"`{bench.shas[5][:7]}`"]


def test_of_several_definitions_the_last_one_is_told(bench: Bench) -> None:
    """A suite that was edited and measured again leaves one row of a name, one family, and no run of the old one."""
    bench.measure("later", {5: 1.06, 4: 1.0}, definition="new", day=3)
    alone = bench.ledger(5)
    bench.measure("old", {6: 1.0, 5: 1.5, 4: 1.0}, definition="old", day=2)
    bench.measure("other", {5: 1.0, 4: 1.0}, machine="loft", definition="old", config="b")
    dossier = bench.dossier(5)
    assert sorted(run.run.id.partition(".")[0] for run in dossier.runs) == ["later", "other"]
    assert dossier.ledger.value("performance.compared") == 2
    assert dossier.ledger.number("performance.1.ratio") == alone.number("performance.1.ratio")
    assert [run.run.id.partition(".")[0] for run in bench.dossier(6).runs] == ["old"]


def test_configurations_of_one_definition_are_all_told(bench: Bench) -> None:
    """Back ends of one case differ in their effective configuration alone, and whichever was last, both stay."""
    bench.measure("one", {5: 1.0, 4: 1.0}, config="a")
    bench.measure("two", {5: 1.0, 4: 1.0}, config="b", day=2)
    assert len(bench.dossier(5).runs) == 2


def test_two_machines_are_told_apart(bench: Bench) -> None:
    """Rows name their machine where there is more than one."""
    bench.measure("s", {5: 1.0, 4: 1.0})
    bench.measure("t", {5: 1.1, 4: 1.0}, machine="loft")
    ledger = bench.ledger(5)
    assert texts(ledger, "machine", "verdict") == ["machine 1", "slower"]
    assert ledger["performance.machine.1"].text.startswith("Invented CPU of loft")
    assert texts(ledger, "machine", row=2) == ["machine 2"]


# -- series -------------------------------------------------------------------------------------------------------


def test_a_series_ends_at_the_told_run(bench: Bench) -> None:
    """Its points are the measured commits up to this one, oldest first, none after it."""
    bench.measure("old", {0: 1.0, 1: 1.0})
    bench.measure("s", {6: 1.0, 5: 1.0, 3: 1.0})
    (run,) = bench.dossier(5).runs
    assert [point.commit for point in run.series] == [bench.shas[place] for place in (0, 1, 3, 5)]
    assert [point.together for point in run.series] == [False, False, True, True]
    assert all(point.low is not None and point.low <= point.value <= (point.high or 0) for point in run.series)
    assert run.series[-1].value == bench.ledger(5).number("performance.1.after")


def test_too_few_blocks_have_no_whisker(bench: Bench) -> None:
    """An interval of the median needs six blocks."""
    bench.measure("s", {5: 1.0, 4: 1.0}, blocks=5)
    assert [(point.low, point.high) for point in bench.dossier(5).runs[0].series] == [(None, None)] * 2


def test_first_and_best_of_a_series_are_counted(bench: Bench) -> None:
    """How long no run had got this verdict, and whether each one before is beaten, stand in the ledger."""
    bench.measure("s", {6: 0.8, 5: 0.9, 4: 0.9, 3: 1.0, 2: 1.0, 1: 1.0, 0: 1.0})
    assert texts(bench.ledger(6), "quiet", "beaten") == ["one measured commit without one", "six commits"]
    assert texts(bench.ledger(4), "quiet", "beaten") == ["three measured commits without one", "four commits"]
    assert texts(bench.ledger(5), "quiet", "beaten") == ["", ""]


def test_one_run_that_is_as_good_is_enough_against_a_best(bench: Bench) -> None:
    """Of a series with one earlier commit that was as fast nobody says that all are beaten."""
    bench.measure("s", {6: 0.8, 5: 0.9, 4: 0.9, 3: 1.0, 2: 0.8, 1: 1.0, 0: 1.0})
    assert texts(bench.ledger(6), "verdict", "beaten") == ["faster", ""]


# -- laws ---------------------------------------------------------------------------------------------------------


def test_the_same_records_give_the_same_bytes(bench: Bench) -> None:
    """The dossier is the same twice over, and does not depend on the order in which records came."""
    bench.measure("s", {5: 1.06, 4: 1.0}, case="one")
    bench.measure("t", {5: 1.0, 4: 1.0}, case="two")
    first = bench.dossier(5)
    texts_before = canonical_json(first.to_json())
    for path in sorted((bench.repo.path / "reports").rglob("*.json")):
        path.write_bytes(path.read_bytes())  # other times, other inodes
    again = bench.dossier(5)
    assert canonical_json(again.to_json()) == texts_before
    assert again.runs == first.runs


def test_records_of_no_commit_here_change_nothing(bench: Bench) -> None:
    """Runs of another repository's commits, or of a commit that is not known, give no fact."""
    (record,) = bench.invented.sitting("x", {"f" * 40: 1.0})
    nameless = record.model_copy(
        update={"run_id": "nameless", "subject": record.subject.model_copy(update={"commit_sha": None})}
    )
    bench.invented.store(bench.repo.path / "reports", [record, nameless])
    assert performance(bench.ledger(6)) == []


def test_text_of_a_record_is_shown_and_never_obeyed(bench: Bench) -> None:
    """Names, units and machines of a record are escaped, and secrets in an error are taken out."""
    bench.measure("s", {5: 1.0, 4: 1.0}, case="a (b) %c @d", metrics=(("x %y", "{a}*[b]", "lower", 5.0),))
    bench.fail("bad", 5, error="token ghp_" + "a1B2" * 9 + " | <script>", case="bad")
    ledger = bench.ledger(5)
    shown = " ".join(text for key in performance(ledger) for text in (ledger[key].text, ledger[key].figure))
    assert "ghp_" not in shown
    assert "<script" not in shown
    assert "&lt;script>" in shown


def test_without_records_nothing_of_the_engine_is_loaded(repo: RepoBuilder) -> None:
    """Pages are written and verified without one module of `banterhearts`, also beside an empty folder of records."""
    repo.commit("feat: one", {"a.py": "a = 1\n"})
    (repo.path / "reports/speed").mkdir(parents=True)
    for command in ("generate", "verify", "dossier"):
        code = (
            f"import sys\nsys.argv = ['chronicles', '-C', {str(repo.path)!r}, {command!r}]\n"
            "from chronicles.cli import main\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
            "print(*(name for name in sys.modules if name.split('.')[0] in ('banterhearts', 'scipy')), file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert "banterhearts" not in done.stderr, command
        assert "scipy" not in done.stderr, command


def test_a_folder_that_cannot_be_read_is_an_error_with_its_path(tmp_path: Path) -> None:
    """What the store refuses comes out as an error of ours that names the path."""
    (tmp_path / "reports/speed").mkdir(parents=True)
    (tmp_path / "reports/speed/x.json").write_text("{}")
    runs = Runs(tmp_path / "reports", tmp_path / "index.sqlite")
    assert len(runs.pool.by_id) == 0
    ((path, _, problem),) = runs.problems()
    assert path.name == "x.json"
    assert problem
    (tmp_path / "reports/speed/x.json").unlink()
    assert not runs.there
    with pytest.raises(RunError, match="gone"):
        runs.load(next(iter([type("Entry", (), {"run_id": "gone"})()])))
