"""Pages hold to the very records they list: what is gone, changed, forged or newer is told apart."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.documents.edits import digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Ran, RepoBuilder

CLEAN = "0 false, 0 stale, 0 edited, 0 external"


class Story:
    """Five measured commits with their pages; the fourth is slower than the third."""

    def __init__(self, repo: RepoBuilder, run: Callable[..., Ran], invented: Any) -> None:
        self.repo, self._run, self.invented = repo, run, invented
        self.reports = repo.path / "reports"
        self.shas = repo.git("rev-list", "--reverse", "HEAD").split()

    def measure(self, name: str, factors: dict[str, float], **plan: Any) -> None:
        """Add the records of one sitting."""
        self.invented.store(self.reports, self.invented.sitting(name, factors, self.invented.Plan(**plan)))

    def verify(self, *options: str) -> Ran:
        """Verify all pages."""
        return self._run(self.repo.path, "verify", *options)

    def page(self, number: int, ending: str = "md") -> Path:
        """A file of an episode."""
        return self.repo.path / f"episodes/episode_{number:03d}.{ending}"

    def record(self, number: int, sitting: str = "first") -> Path:
        """The record of an episode's commit."""
        return self.reports / f"speed/{sitting}.speed.help.{self.shas[number - 1][:9]}.json"

    def edit_record(self, path: Path, how: Callable[[dict[str, Any]], object]) -> None:
        """Change a record."""
        value = json.loads(path.read_bytes())
        how(value)
        path.write_text(json.dumps(value))

    def forge(self, number: int, how: Callable[[dict[str, Any]], object], *swaps: tuple[str, str]) -> None:
        """Change a page and its sidecar alike, the digests of lines included."""
        page, sidecar = self.page(number), self.page(number, "json")
        text = page.read_text()
        for old, new in swaps:
            assert old in text, old
            text = text.replace(old, new)
        page.write_text(text)
        value = json.loads(sidecar.read_bytes())
        how(value)
        value["rendered"] = " ".join(digests(text))
        sidecar.write_text(json.dumps(value))


@pytest.fixture
def story(measured: RepoBuilder, run: Callable[..., Ran], invented: Any) -> Story:
    """Five measured commits with their pages."""
    return Story(measured, run, invented)


def load(name: str) -> Any:
    """A script of `benchmarks/`."""
    folder = Path(__file__).parents[2] / "benchmarks"
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # one of them imports another
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def counts(ran: Ran) -> dict[str, int]:
    """How many pages a run counts of each kind of finding."""
    return {kind: int(number) for number, kind in re.findall(r"(\d+) (false|stale|edited|external)", ran.err)}


# -- records that are not there -----------------------------------------------------------------------------------


def test_a_record_that_is_gone(story: Story) -> None:
    """Pages that list it are false by its name, the lines about performance are not called false one by one."""
    story.record(4).unlink()
    done = story.verify()
    assert done.code == 1
    assert f"the run record {story.record(4).stem} is gone" in done.out
    assert counts(done) == {"false": 2, "stale": 0, "edited": 0, "external": 0}
    story.verify("--fix")
    assert story.verify("--strict").err == f"chronicles: 5 pages verified: {CLEAN}.\n"
    assert "slower" not in story.page(4).read_text()
    assert not story.page(4, "svg").exists()


def test_a_record_with_other_bytes(story: Story) -> None:
    """A record that was edited after the page was made is named, though it still is a record."""
    story.edit_record(story.record(4), lambda value: value["provenance"].update(command="another"))
    done = story.verify()
    assert done.code == 1
    assert f"the run record {story.record(4).stem} has other bytes than the page was made of" in done.out
    story.verify("--fix")
    assert story.verify("--strict").code == 0


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (lambda value: value.update(x=1), "counts for none now: "),
        (lambda value: value["samples"][0].update(values=[-5]), "counts for none now: "),
        (lambda value: value.update(schema="banterhearts.run/9"), "counts for none now: "),
    ],
    ids=["an unknown key", "a negative time", "another schema"],
)
def test_a_record_that_is_none_any_more(story: Story, how: Callable[[dict[str, Any]], object], says: str) -> None:
    """A record that was spoilt is named with what is wrong with it, and gives no number."""
    story.edit_record(story.record(4), how)
    done = story.verify()
    assert done.code == 1
    assert f"the run record {story.record(4).stem} {says}" in done.out
    assert "bug" not in done.err


def test_no_records_at_all(story: Story) -> None:
    """Without the folder of records the pages that list any are false, and are mended without performance."""
    story.reports.rename(story.repo.path / "elsewhere")
    done = story.verify()
    assert done.code == 1
    assert "is gone" in done.out
    story.verify("--fix")
    assert story.verify("--strict").code == 0
    assert not any("Benchmarks" in story.page(number).read_text() for number in range(1, 6))


def test_a_lost_record_does_not_hide_an_edit(story: Story) -> None:
    """What the sidecar says of performance still stands against a row that somebody changed."""
    story.record(4).unlink()
    page = story.page(4)
    page.write_text(page.read_text().replace("| slower |", "| faster |"))
    assert "changed by hand to what the repository does not say" in story.verify().out


# -- other runs than would be chosen today ------------------------------------------------------------------------


def test_a_newer_run_makes_pages_stale(story: Story) -> None:
    """Runs of the same commits that were made later are no reason to call a page false; `--fix` tells them."""
    story.measure("second", {story.shas[3]: 1.2, story.shas[2]: 1.0}, day=2)
    done = story.verify()
    assert (done.code, counts(done)["false"]) == (0, 0)
    assert re.search(r"episode_004.md: stale: made of other runs: run second\.\S+ would tell it today", done.out)
    assert story.verify("--strict").code == 1
    assert story.verify("--fix", "--strict").code == 0
    assert "slower (1.19" in story.page(4).read_text() or "slower (1.2" in story.page(4).read_text()


def test_an_edited_definition_leaves_no_row_of_the_old_one(story: Story) -> None:
    """A case that was measured by another definition makes its page stale, and then has one row."""
    story.measure("edited", {story.shas[3]: 1.2, story.shas[2]: 1.0}, day=2, definition="edited")
    done = story.verify()
    assert (done.code, counts(done)["false"]) == (0, 0)
    assert story.verify("--fix", "--strict").code == 0
    assert story.page(4).read_text().count("| `speed/help` `wall` |") == 1
    assert story.verify("--strict").err == f"chronicles: 5 pages verified: {CLEAN}.\n"


def test_earlier_runs_make_a_chart_stale(story: Story) -> None:
    """Runs of earlier commits that lengthen a series are said as such, with what draws the chart anew."""
    for path in story.reports.rglob(f"first.speed.help.{story.shas[1][:9]}.json"):
        path.unlink()
    story.verify("--fix")
    story.measure("past", {story.shas[1]: 1.0})
    done = story.verify()
    assert (done.code, counts(done)["false"]) == (0, 0)
    said = r"runs of earlier commits were added to the series of run first\.\S+; --fix draws the chart anew"
    assert re.search(rf"episode_004.md: stale: made of other runs: {said}", done.out)
    assert story.verify("--fix", "--strict").code == 0


def test_a_first_run_makes_a_page_without_runs_stale(story: Story) -> None:
    """A page that was written before anything was measured is stale once its commit has a run."""
    sha = story.repo.commit("feat: unmeasured", {"core/six.py": "SIX = 6\n" * 60})
    assert story._run(story.repo.path, "generate").code == 0
    assert "Performance |" not in story.page(6).read_text()
    assert story.verify("--strict").code == 0
    story.measure("later", {sha: 1.0, story.shas[4]: 1.0})
    done = story.verify()
    assert (done.code, counts(done)["false"]) == (0, 0)
    assert re.search(r"episode_006.md: stale: made of other runs: run later\.\S+ would tell it today", done.out)
    story.verify("--fix")
    assert story.verify("--strict").err == f"chronicles: 6 pages verified: {CLEAN}.\n"
    assert "| Performance | `speed/help`" in story.page(6).read_text()


def test_a_nearer_baseline_makes_a_page_stale(repo: RepoBuilder, run: Callable[..., Ran], invented: Any) -> None:
    """A commit between that is measured later becomes the baseline, and until then the page is stale."""
    shas = [repo.commit(f"feat: step {number}", {f"core/s{number}.py": "X = 1\n" * 60}) for number in range(4)]
    invented.store(repo.path / "reports", invented.sitting("far", {shas[3]: 1.1, shas[0]: 1.0}))
    run(repo.path, "generate", shas[3])
    page = repo.path / "episodes/episode_001.md"
    assert "three commits earlier" in page.read_text()
    invented.store(repo.path / "reports", invented.sitting("near", {shas[2]: 1.1}))
    done = run(repo.path, "verify")
    assert (done.code, counts(done)["stale"]) == (0, 1)
    assert "would be compared with near." in done.out
    run(repo.path, "verify", "--fix")
    assert "its parent" in page.read_text()
    assert "undecided: the two were measured apart" in page.read_text()


def test_runs_of_other_commits_and_machines_change_nothing(story: Story) -> None:
    """What tells no page leaves all pages as they are: other commits, other machines elsewhere, dirty trees."""
    story.measure("strange", {"0" * 40: 1.0})
    (record,) = story.invented.sitting("dirty", {story.shas[3]: 9.0})
    dirty = record.model_copy(update={"subject": record.subject.model_copy(update={"dirty": True})})
    story.invented.store(story.reports, [dirty])
    assert story.verify("--strict").err == f"chronicles: 5 pages verified: {CLEAN}.\n"


# -- forged lists -------------------------------------------------------------------------------------------------


def _named(path: Path) -> dict[str, str]:
    from hashlib import sha256  # noqa: PLC0415 -- one helper needs it

    return {"id": path.stem, "digest": sha256(path.read_bytes()).hexdigest()}


def forgeries(story: Story) -> Iterator[tuple[str, Callable[[dict[str, Any]], object]]]:
    """Lists that no rule makes, each of records that are there."""
    other = _named(story.record(2))
    yield "a run of another commit", lambda runs: runs[0].update(run=other)
    yield "a baseline further away than one of its sitting", lambda runs: runs[0].update(baseline=other)
    yield "a baseline that came later", lambda runs: runs[0].update(baseline=_named(story.record(5)))
    yield "itself as the baseline", lambda runs: runs[0].update(baseline=runs[0]["run"])
    yield "no baseline", lambda runs: runs[0].update(baseline=None)
    yield "no placebo", lambda runs: runs[0].update(placebo=None)
    yield "another placebo", lambda runs: runs[0].update(placebo=other)
    yield "a series without a run", lambda runs: runs[0]["series"].pop(1)
    yield "a series in another order", lambda runs: runs[0]["series"].reverse()
    yield "a run twice", lambda runs: runs.append(runs[0])
    yield "a digest of nothing", lambda runs: runs[0]["run"].update(digest="0" * 64)
    yield "a run that never was", lambda runs: runs[0]["run"].update(id="first.never")
    yield "a point that no sample gives", lambda runs: runs[0]["series"][0].update(value=1.0)
    yield "an interval that no sample gives", lambda runs: runs[0]["series"][0].update(low=1.0)
    yield "a point of another commit", lambda runs: runs[0]["series"][0].update(commit=story.shas[1])
    yield "another metric", lambda runs: runs[0].update(metric="cpu")
    yield "another case", lambda runs: runs[0].update(case="all")
    yield "another unit", lambda runs: runs[0].update(unit="s")


FORGERIES = 18


@pytest.mark.parametrize("place", range(FORGERIES))
def test_a_forged_list_is_false(story: Story, place: int) -> None:
    """A list of runs that cannot have been chosen is false, whatever page and digests say; `--fix` restores it."""
    found = list(forgeries(story))
    assert len(found) == FORGERIES
    name, how = found[place]
    sidecar = story.page(4, "json")
    before = sidecar.read_bytes()
    story.forge(4, lambda value: how(value["runs"]))
    done = story.verify(str(sidecar))
    assert (done.code, counts(done)["false"] > 0) == (1, True), name
    assert "bug" not in done.err
    story.verify("--fix")
    assert sidecar.read_bytes() == before, name


def test_an_empty_list_does_not_excuse_a_verdict(story: Story) -> None:
    """A page that lists no runs may say nothing of performance, page and sidecar forged alike or not."""
    story.forge(4, lambda value: value.update(runs=[]))
    done = story.verify()
    assert done.code == 1
    assert "the fact `performance.1.verdict` is not what the repository says" in done.out


def test_a_forged_verdict_is_false(story: Story) -> None:
    """Page, facts and digests that agree on another verdict are held to the samples of the listed runs."""

    def lie(value: dict[str, Any]) -> None:
        facts = {fact["id"]: fact for fact in value["dossier"]["facts"]}
        facts["performance.1.verdict"].update(value="faster", figure="faster", text="faster")
        facts["performance.1.ratio"].update(value=0.94)

    story.forge(4, lie, ("| slower |", "| faster |"))
    done = story.verify()
    assert done.code == 1
    assert "the fact `performance.1.verdict` is not what the repository says" in done.out
    assert "the fact `performance.1.ratio` is not what the repository says" in done.out


def test_stored_medians_are_not_believed(story: Story, invented: Any) -> None:
    """A record whose own summary and comparison lie is told by its samples."""
    record = story.record(4)
    value = json.loads(record.read_bytes())
    value["metrics"][0].update(median=max(max(one["values"]) for one in value["samples"]))
    value["comparison"] = [
        {
            "metric": "wall", "baseline_run": story.record(3).stem, "ratio": 0.5, "ci_low": 0.4, "ci_high": 0.6,
            "p_raw": 0.0, "p_adjusted": 0.0, "family": "x", "min_effect": 0.02, "verdict": "faster",
        }
    ]  # fmt: skip
    before = story.page(4).read_text()
    record.write_text(json.dumps(value))
    story.verify("--fix")
    digest = re.compile(r"[0-9a-f]{64}")
    assert digest.sub("", story.page(4).read_text()) == digest.sub("", before)


def test_what_is_falsified_is_caught_and_what_is_added_makes_stale(story: Story) -> None:
    """Of 60 changed verdicts, ratios, intervals, values, drawings and lists each one is found, forged or not.

    A later run of each page's commit makes it stale and not false, and mending tells that run.
    """
    driver = load("tamper_performance")
    story.measure("first", dict(zip(story.shas[::-1], (1.0,) * 5, strict=True)), case="all")
    story.verify("--fix")
    score = driver.tamper(story.repo.path, story.repo.path / "episodes", 60, 5)
    assert (score.missed, score.unclean) == ([], [])
    assert sum(score.caught.values()) == 60
    assert len(score.edits) >= 12
    assert sum(score.false.values()) >= 56
    later = driver.add_later_runs(story.repo.path, story.repo.path / "episodes", most=3)
    assert (later.pages, later.stale, later.renewed, later.wrong) == (3, 3, 3, [])
    assert story.verify("--strict").code == 0, "all files are as they were"


# -- the chart ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["edited", "missing", "empty", "a folder"])
def test_a_chart_that_is_not_the_pages(story: Story, what: str) -> None:
    """A chart that was edited or is gone is false, and drawn again to the byte."""
    chart = story.page(4, "svg")
    before = chart.read_bytes()
    chart.unlink()
    if what == "edited":
        chart.write_bytes(before.replace(b"<title", b"<script>alert(1)</script><title"))
    elif what == "empty":
        chart.write_bytes(b"")
    elif what == "a folder":
        chart.mkdir()
    done = story.verify()
    assert done.code == 1
    assert f"{'episodes/episode_004.svg'}: false: " in done.out
    assert counts(done)["false"] == 1
    if what != "a folder":
        assert story.verify("--fix").code == 0
        assert chart.read_bytes() == before


def test_a_chart_with_other_line_ends_is_the_same(story: Story) -> None:
    """A checkout that turned line ends has edited nothing."""
    for path in (story.repo.path / "episodes").glob("*.svg"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert story.verify().err == f"chronicles: 5 pages verified: {CLEAN}.\n"


def test_an_edited_chart_of_an_older_drawing_is_false(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another way to draw makes charts stale, and excuses no edit of one."""
    monkeypatch.setattr("chronicles.documents.chart.VERSION", "2")
    done = story.verify()
    assert (done.code, counts(done)["false"]) == (0, 0)
    assert "stale: made by another version of chart\n" in done.out
    chart = story.page(4, "svg")
    chart.write_bytes(chart.read_bytes().replace(b"speed", b"steed"))
    assert "this is not the chart of the page's runs" in story.verify().out


# -- older rules --------------------------------------------------------------------------------------------------


def test_another_rule_makes_pages_stale(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts of performance by an older rule are kept as they are, and stale."""
    from chronicles.evidence import build  # noqa: PLC0415 -- patched for one test

    monkeypatch.setitem(build.VERSIONS, "performance", "3")
    done = story.verify()
    assert (done.code, counts(done)["false"]) == (0, 0)
    assert "stale: made by another version of performance\n" in done.out


def test_settings_of_counts_do_not_touch_runs(story: Story, run: Callable[..., Ran]) -> None:
    """Under other settings of counts a changed row of performance is still false."""
    (story.repo.path / "chronicles.toml").write_text('components = ["core/*"]\n')
    page = story.page(4)
    page.write_text(page.read_text().replace("| 12 | slower |", "| 13 | slower |"))
    done = story.verify()
    assert done.code == 1
    assert "| 13 | slower |" in done.out


# -- people -------------------------------------------------------------------------------------------------------


def test_a_signed_verdict_is_still_a_verdict(story: Story, run: Callable[..., Ran]) -> None:
    """A sentence with the other verdict in it is false, whoever signs it."""
    page = story.page(4)
    line = page.read_text().split("Why It Matters\n\n", 1)[1].partition("\n")[0]
    assert "slower" in line
    page.write_text(page.read_text().replace(line, f"{line.replace('slower', 'faster')} <!-- by: Eve -->"))
    done = story.verify()
    assert (done.code, counts(done)["false"]) == (1, 1)


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("### Benchmarks", "<div hidden> words <!-- by: Eve -->\n"),
        ("### Benchmarks", '<span style="display:none"> words <!-- by: Eve -->\n'),
        ("### Benchmarks", "<script> words <!-- by: Eve -->\n"),
        ("### Benchmarks", "<div hidden> words <!-- claim: external me -->\n"),
        ("### Benchmarks", "words <div <!-- by: Eve -->\nhidden> words <!-- by: Eve -->\n"),
        ("### Benchmarks", "a ` b <!-- by: Eve -->\nc ` <div hidden> ` <!-- by: Eve -->\n"),
        ("### Benchmarks", "a | ` b | <div hidden> | ` c <!-- by: Eve -->\n"),
        ("### Benchmarks", "words <!--> <div hidden> --> <!-- by: Eve -->\n"),
        ("### Benchmarks", "words \\<div hidden> <!-- by: Eve -->\n"),
        ("### Benchmarks", "<?words <!-- by: Eve -->\n"),
        ("### Benchmarks", "{% comment %} words <!-- by: Eve -->\n"),
        ("### Benchmarks", "words <!-- claim: external me --> <!--\n"),
        ("### Benchmarks", "~~~ words <!-- by: Eve -->\n"),
        ("| `speed/help`", "| faster | <!-- claim: external me -->"),
        ("| `speed/help`", "| faster | <!-- by: Eve -->"),
        ("| `speed/help`", "all is well <!-- by: Eve -->"),
        ("| measure |", "| faster | <!-- claim: external me -->"),
    ],
)
def test_no_mark_lets_a_line_hide_or_join_ours(story: Story, before: str, line: str) -> None:
    """Tags, comments and fences that swallow what follows are findings, and so are rows that a person added."""
    page = story.page(4)
    assert f"\n{before}" in page.read_text()
    page.write_text(page.read_text().replace(f"\n{before}", f"\n{line}\n{before}", 1))
    assert story.verify().code == 1


@pytest.mark.parametrize(
    "line",
    [
        "See <https://example.org/a>, or write to <grace@example.org>. <!-- by: Grace -->",
        "A `<div hidden>` is 12 blocks < more. <!-- by: Grace -->",
        "It is so, <!-- or not --> I think. <!-- by: Grace -->",
    ],
)
def test_code_links_and_comments_hide_nothing(story: Story, line: str) -> None:
    """What every reader shows, or leaves out by itself, is no tag."""
    page = story.page(4)
    page.write_text(page.read_text().replace("\n### Benchmarks", f"\n{line}\n\n### Benchmarks", 1))
    assert "raw HTML" not in story.verify().out


@pytest.mark.parametrize(
    ("number", "said", "why"),
    [
        (4, "The default case is now faster than ever, and the start is fine.", "no verdict here says faster"),
        (4, "It is slower, a _regression_ as I see it.", ""),
        (4, "A start that was sped up, I hope.", "no verdict here says faster"),
        (4, "Quite a speed-up, this.", "no verdict here says faster"),
        (3, "The startup regression is gone.", "no verdict here says slower"),
        (3, "It has regressed, I fear.", "no verdict here says slower"),
        (3, "It has a regression test besides.", ""),
        (3, "Users call it faster. <!-- claim: external letters -->", ""),
    ],
)
def test_a_persons_word_of_speed_takes_a_verdict(
    story: Story, run: Callable[..., Ran], number: int, said: str, why: str
) -> None:
    """A signed sentence says faster and slower where a verdict of its page does, or says that it is not from here."""
    page = story.page(number)
    page.write_text(f"{page.read_text()}\n{said}\n")
    run(story.repo.path, "adopt", str(page), "--name", "Eve")
    done = story.verify()
    assert (done.code, f"signed by Eve, but {why}" in done.out) == ((1, True) if why else (0, False)), done.out


def test_the_authors_own_words_of_speed_are_quoted(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What the message claims stands on the page as its author's, and is nobody's finding."""
    message = "perf: make it faster\n\nBecause the regression of last week made each start slower."
    repo.commit(message, {"core.py": "X = 1\n"})
    assert run(repo.path, "generate").code == 0
    page = repo.path / "episodes/episode_001.md"
    assert "regression of last week" in page.read_text()
    page.write_text(page.read_text() + "\nSo says its author.\n")
    assert run(repo.path, "adopt", str(page), "--name", "Eve").code == 0
    done = run(repo.path, "verify", "--strict")
    assert (done.code, done.out) == (0, "")


def test_a_persons_sentence_is_held_to_the_numbers(story: Story, run: Callable[..., Ran]) -> None:
    """A sentence of one's own may use the ratio that was measured, and no other."""
    page = story.page(4)
    (ratio,) = re.findall(r"slower \((1\.\d+) times\)", page.read_text())
    for said, code in (
        (f"{ratio} times", 0),
        ("1.5 times", 1),
        ("12 blocks", 0),
        ("13 blocks", 1),
        ("2%", 0),
        ("3%", 1),
    ):
        before = page.read_text()
        page.write_text(f"{before}\nThe runs say {said}, and I have seen them.\n")
        assert run(story.repo.path, "adopt", str(page), "--name", "Grace").code == code, said
        page.write_text(before)
