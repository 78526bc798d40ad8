"""Pages of commits that were measured: what they say, how they are kept, and what no page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.documents.page import load_page
from chronicles.documents.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

CLEAN = "0 false, 0 stale, 0 edited, 0 external"
CODE = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(12))
SPEED = re.compile(r"\b(?:fast|slow|quick|speedup|regress)", re.IGNORECASE)


def page_of(repo: RepoBuilder, number: int, ending: str = "md") -> Path:
    """A file of an episode."""
    return repo.path / f"episodes/episode_{number:03d}.{ending}"


def body_of(page: Path) -> str:
    """A page under its front matter."""
    return page.read_text().split("\n---\n", 1)[1]


def files(repo: RepoBuilder) -> dict[str, bytes]:
    """All files of the pages."""
    return {path.name: path.read_bytes() for path in (repo.path / "episodes").iterdir()}


# -- what a page says ---------------------------------------------------------------------------------------------


def test_the_commit_that_is_slower_says_so_and_no_other(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """One page of five says slower, in its row, its table, its first sentence and its chart; no page says faster."""
    texts = [page_of(measured, number).read_text() for number in range(1, 6)]
    assert ["slower" in text for text in texts] == [False, False, False, True, False]
    assert not any("faster" in text for text in texts)
    row = r"\| `speed/help` `wall` \| .*, its parent \| [\d.]+ ms \| [\d.]+ ms \| 1\.0[56]\d* \(.*\) \| 12 \| slower \|"
    assert re.search(row, texts[3])
    assert "| Performance | `speed/help`: slower (1.0" in texts[3]
    assert re.search(r"## [^\n]*Why It Matters\n\n[^\n.]*`speed/help`[^\n]*slower", texts[3], re.IGNORECASE)
    assert re.search(r"!\[speed/help, wall: slower, 1\.0\d+ times the baseline, .*\]\(episode_004\.svg\)", texts[3])
    assert "Machine: Invented CPU of box, two cores, 8 GiB, Linux" in texts[3]
    assert run(measured.path, "verify").err == f"chronicles: 5 pages verified: {CLEAN}.\n"


@pytest.mark.parametrize("factor", [1.46, 0.7])
def test_a_verdict_stands_first_in_why_it_matters(
    repo: RepoBuilder, run: Callable[..., Ran], invented: Any, factor: float
) -> None:
    """Whatever a message promises, what was measured is the first sentence, also of a change with other news."""
    base = repo.commit("feat: begin", {"core/a.py": CODE, "tests/test_a.py": "def test_a():\n    assert True\n"})
    change = {"core/a.py": CODE.replace("value", "number"), "lib/new.py": CODE, "tests/test_a.py": None}
    sha = repo.commit("perf: cache parser tables at import for speed", change)
    for case in ("help", "all"):
        plan = invented.Plan(case=case, metrics=(("wall", "ns", "lower", 1e8), ("mem", "By", "lower", 1e8)))
        value = factor if case == "help" else 1.0
        invented.store(repo.path / "reports", invented.sitting("s", {sha: value, base: 1.0}, plan))
    run(repo.path, "generate", sha)
    word = "slower" if factor > 1 else "faster"
    why = re.search(r"Why It Matters\n\n(.*?)\n\n", page_of(repo, 1).read_text(), re.DOTALL)
    assert why is not None
    first = why[1].split("\n")[0]
    assert "the `wall` of `speed/help`" in first.replace("The", "the")
    assert word in first.partition(". ")[0]


@pytest.mark.parametrize("noise", [0.04, 0.002])
def test_what_is_undecided_is_no_reason_why(
    repo: RepoBuilder, run: Callable[..., Ran], invented: Any, noise: float
) -> None:
    """An undecided measure stands in the table and at a glance, and Why It Matters says nothing of blocks."""
    base = repo.commit("feat: begin", {"core/a.py": CODE})
    sha = repo.commit("feat: more", {"core/b.py": CODE})
    invented.store(repo.path / "reports", invented.sitting("s", {sha: 1.02, base: 1.0}, invented.Plan(noise=0.04)))
    if noise < 0.04:
        plan = invented.Plan(case="all", noise=noise)
        invented.store(repo.path / "reports", invented.sitting("s", {sha: 1.0, base: 1.0}, plan))
    run(repo.path, "generate", sha)
    text = page_of(repo, 1).read_text()
    assert "| undecided: " in text
    why = text.split("Why It Matters\n\n", 1)[1].split("\n#", 1)[0]
    assert not re.search(r"block|undecided", why)
    if noise < 0.04:
        assert not re.search(r"\*\*\w+:\*\* .*(?:undecided|speed/help)", text)


def test_no_change_is_told_with_its_bound(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page of a commit that changed nothing says that none was seen, within what bound, and no word of speed."""
    text = page_of(measured, 3).read_text()
    assert "| no change seen (within 2%) |" in text
    assert not SPEED.search(text)


def test_a_page_without_runs_has_no_word_of_them(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """No row, no section, no adjective, no empty place where a number could stand, and no chart."""
    measured.commit("perf: step six", {"core/step_6.py": CODE})
    assert run(measured.path, "generate").code == 0
    text = page_of(measured, 6).read_text()
    assert "runs: []" in text
    body = body_of(page_of(measured, 6)).replace("Performance & Scalability Indicators", "")
    assert not re.search(r"performance|benchmark|no stored run|machine", body, re.IGNORECASE)
    assert not SPEED.search(body)
    assert not page_of(measured, 6, "svg").exists()
    sidecar = json.loads(page_of(measured, 6, "json").read_bytes())
    assert sidecar["runs"] == []
    assert "chart" not in sidecar
    assert "chart" not in sidecar["episode"]["made_by"]


def test_front_matter_and_sidecar_name_every_run(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Run, baseline and placebo stand in both by id and sha256; the sidecar has the whole series besides."""
    shas = measured.git("rev-list", "--reverse", "HEAD").split()
    from hashlib import sha256  # noqa: PLC0415 -- one test counts digests itself

    text = page_of(measured, 4).read_text()
    (listed,) = json.loads(page_of(measured, 4, "json").read_bytes())["runs"]
    record = measured.path / f"reports/speed/first.speed.help.{shas[3][:9]}.json"
    assert listed["run"] == {"id": record.stem, "digest": sha256(record.read_bytes()).hexdigest()}
    for role, place in (("run", 3), ("baseline", 2), ("placebo", 0)):
        assert listed[role]["id"].endswith(shas[place][:9])
        assert f'{role}: {{id: "{listed[role]["id"]}", digest: "{listed[role]["digest"]}"}}' in text
    assert [point["commit"] for point in listed["series"]] == shas[:4]
    for point in listed["series"]:
        path = measured.path / f"reports/speed/{point['run']['id']}.json"
        assert point["run"]["digest"] == sha256(path.read_bytes()).hexdigest()


def test_every_number_can_be_derived_by_its_command(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The command that a fact of performance names gives the same phrase and value again."""
    facts = [
        fact for fact in load_page(page_of(measured, 4, "json")).dossier.ledger.values() if fact.source == "benchmark"
    ]
    assert len(facts) > 15
    for fact in facts[:: len(facts) // 5]:
        program, *arguments = shlex.split(fact.derive)
        done = run(measured.path, *arguments)
        assert (program, done.code) == ("chronicles", 0)
        assert done.out.startswith(f"{fact.text}\n  value    {fact.value} (")


def test_a_one_line_change_stays_a_small_page(repo: RepoBuilder, run: Callable[..., Ran], invented: Any) -> None:
    """At most 25 lines that are not blank, with the verdict, its interval, baseline, machine and chart among them."""
    repo.commit("feat: begin", {"core.py": CODE})
    changed = CODE.replace("value + 4", "value * 4")
    repo.commit("docs: a word", {"README.md": "one\n"})
    repo.commit("perf: step four\n\nBecause it took long in the morning.", {"core.py": changed})
    shas = repo.git("rev-list", "HEAD").split()
    factors = dict(zip(shas, (1.06, 1.0, 1.0), strict=True))
    for case in ("help", "all", "one"):
        metrics = (("wall", "ns", "lower", 1e8), ("mem", "By", "lower", 1e8))
        invented.store(repo.path / "reports", invented.sitting("s", factors, invented.Plan(case=case, metrics=metrics)))
    run(repo.path, "generate")
    body = body_of(page_of(repo, 1))
    assert len([line for line in body.splitlines() if line.strip()]) <= 25, body
    assert re.search(r"\| Performance \| .* slower \(1\.\d+ times, 1\.\d+ to 1\.\d+, in 12 blocks\), since `", body)
    assert "Machine: " in body
    assert "](episode_001.svg)" in body
    assert "| measure |" not in body
    assert body.count("\n**") == 1


def test_a_baseline_further_away_is_named_with_its_distance(
    repo: RepoBuilder, run: Callable[..., Ran], invented: Any
) -> None:
    """Where commits between were not measured the table says how many steps lie between."""
    shas = [repo.commit(f"feat: step {number}", {f"core/s{number}.py": CODE}) for number in range(5)]
    invented.store(repo.path / "reports", invented.sitting("s", {shas[4]: 1.1, shas[0]: 1.0}))
    run(repo.path, "generate")
    text = page_of(repo, 1).read_text()
    assert f"`{shas[0][:7]}`, four commits earlier | " in text
    assert re.search(
        rf"\| Performance \| .* slower \(1\.\d+ times\), since `{shas[0][:7]}`, four commits earlier \|", text
    )


def test_a_day_is_told_by_its_newest_run(repo: RepoBuilder, run: Callable[..., Ran], invented: Any) -> None:
    """A page of several commits names the commit that was measured, and a baseline from before the day."""
    first = repo.commit("feat: begin", {"core/a.py": CODE}, at="2024-02-01T10:00:00Z")
    shas = [
        repo.commit(f"feat: step {number}", {f"core/s{number}.py": CODE}, at=f"2024-02-02T1{number}:00:00Z")
        for number in range(4)
    ]
    invented.store(repo.path / "reports", invented.sitting("s", {shas[2]: 1.1, shas[1]: 1.0, first: 1.0}))
    run(repo.path, "generate", "--all", "--group-by", "day")
    text = page_of(repo, 2).read_text()
    row = rf"\| `speed/help` `wall` at `{shas[2][:7]}` \| .*`{first[:7]}`.*, three commits earlier \| .* \| slower \|"
    assert re.search(row, text)
    assert run(repo.path, "verify", "--strict").err == f"chronicles: 2 pages verified: {CLEAN}.\n"


@pytest.mark.parametrize("status", ["failed", "invalid", "impossible"])
def test_a_run_without_a_number_has_a_row_without_one(
    repo: RepoBuilder, run: Callable[..., Ran], invented: Any, status: str
) -> None:
    """Status and reason, no delta, no chart; and the page verifies."""
    shas = [repo.commit(f"feat: step {number}", {f"core/s{number}.py": CODE}) for number in range(2)]
    invented.store(repo.path / "reports", invented.sitting("s", {shas[0]: 1.0}))
    invented.store(repo.path / "reports", [invented.failed("bad", shas[1], None, status, "make ended with status 2")])
    run(repo.path, "generate")
    text = page_of(repo, 1).read_text()
    assert f"| `speed/help` |  |  |  |  |  | {status}: make ended with status 2 |" in text
    assert f"| Performance | `speed/help`: {status}: make ended with status 2 |" in text
    assert "Banterpacks" in text
    assert not page_of(repo, 1, "svg").exists()
    assert run(repo.path, "verify", "--strict").code == 0


def test_text_of_records_stays_text(repo: RepoBuilder, run: Callable[..., Ran], invented: Any) -> None:
    """Names and errors that look like Markdown, HTML or a template are shown by both families of renderers."""
    import markdown  # noqa: PLC0415 -- a heavy import for one test

    shas = [repo.commit(f"feat: step {number}", {f"core/s{number}.py": CODE}) for number in range(2)]
    plan = invented.Plan(case="a (b)] %c", metrics=(("x (y)", "{a}*b*", "lower", 5.0),))
    invented.store(repo.path / "reports", invented.sitting("s", dict.fromkeys(shas[::-1], 1.0), plan))
    hostile = "</td> | <script>alert(1)</script> ![x](y) {{ 7 * 7 }} \u202e # `"
    invented.store(repo.path / "reports", [invented.failed("bad", shas[1], None, "failed", hostile)])
    run(repo.path, "generate")
    html = markdown.markdown(body_of(page_of(repo, 1)), extensions=["tables"])
    assert "<script" not in html
    assert "{{" not in html
    assert html.count("<img") == 1
    assert run(repo.path, "verify", "--strict").code == 0


# -- how pages are kept -------------------------------------------------------------------------------------------


def test_a_rerun_changes_no_byte(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Generating again, forced or from nothing, by one process or several, gives the same files."""
    before = files(measured)
    times = {path: path.stat().st_mtime_ns for path in (measured.path / "episodes").iterdir()}
    run(measured.path, "generate", "--all", "--force")
    assert {path: path.stat().st_mtime_ns for path in (measured.path / "episodes").iterdir()} == times
    shutil.rmtree(measured.path / ".git/chronicles")
    shutil.rmtree(measured.path / "episodes")
    run(measured.path, "generate", "--all")
    assert files(measured) == before


def test_several_processes_tell_the_same(repo: RepoBuilder, run: Callable[..., Ran], invented: Any) -> None:
    """Pages with runs come out alike however many processes build them, and verify alike."""
    shas = [repo.commit(f"feat: step {number}", {f"core/s{number}.py": "X = 1\n"}) for number in range(25)]
    invented.store(repo.path / "reports", invented.sitting("s", dict.fromkeys(shas[:3][::-1], 1.0)))
    run(repo.path, "generate", "--all", "--jobs", "2")
    before = files(repo)
    assert run(repo.path, "verify", "--strict", "--jobs", "2").code == 0
    shutil.rmtree(repo.path / "episodes")
    run(repo.path, "generate", "--all", "--jobs", "1")
    assert files(repo) == before
    assert "no change seen" in page_of(repo, 2).read_text()


def test_a_dry_run_writes_no_chart(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The Markdown goes to stdout and nothing into the folder."""
    shas = measured.git("rev-list", "--reverse", "HEAD").split()
    shutil.rmtree(measured.path / "episodes")
    done = run(measured.path, "generate", shas[3], "--dry-run")
    assert "](episode_001.svg)" in done.out
    assert not (measured.path / "episodes").exists()


def test_removing_a_page_removes_its_chart(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The chart goes with its page; a picture of somebody's in the place of a chart that there is not stays."""
    run(measured.path, "remove", str(page_of(measured, 4)))
    assert not page_of(measured, 4, "svg").exists()
    assert page_of(measured, 3, "svg").exists()
    page_of(measured, 1, "svg").write_text("mine")
    run(measured.path, "remove", str(page_of(measured, 1)))
    assert page_of(measured, 1, "svg").read_text() == "mine"


def test_voicing_linking_and_signing_keep_runs_and_chart(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What writes a page anew from its sidecar loses neither its list of runs nor its chart."""
    before = files(measured)
    assert run(measured.path, "generate", "--all", "--revoice").code == 0
    assert files(measured) == before
    page = page_of(measured, 4)
    page.write_text(page.read_text() + "\nA word of my own.\n")
    assert run(measured.path, "adopt", str(page), "--name", "Grace").code == 0
    assert load_page(page.with_suffix(".json")).dossier.runs
    measured.commit("feat: one more", {"core/more.py": CODE})
    run(measured.path, "generate")
    assert load_page(page_of(measured, 5, "json")).links.next == 6
    assert {name: content for name, content in files(measured).items() if name.endswith(".svg")} == {
        name: content for name, content in before.items() if name.endswith(".svg")
    }
    assert run(measured.path, "verify", "--strict").code == 0


def test_sidecars_with_runs_read_back(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A sidecar with runs reads and writes back to the byte, one line a run."""
    for path in sorted((measured.path / "episodes").glob("*.json")):
        assert load_page(path).to_json().encode() == path.read_bytes()
    lines = page_of(measured, 4, "json").read_text().split("\n")
    assert sum(line.startswith('{"run": {"id"') for line in lines) == 1


def test_a_killed_run_is_finished_or_undone(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Page, chart and sidecar are one unit: what a killed run left is completed, or taken away."""
    folder, before = measured.path / "episodes", files(measured)
    chart, sidecar = page_of(measured, 4, "svg").read_bytes(), page_of(measured, 4, "json").read_bytes()

    def left(*contents: bytes) -> dict[str, bytes]:
        for number, content in enumerate(contents):
            (folder / f".chronicles-{number}.tmp").write_bytes(content)
        recover(folder)
        return files(measured)

    page_of(measured, 4, "svg").write_bytes(b"old")
    page_of(measured, 4, "json").write_bytes(b"{}")
    assert left(chart, sidecar) == before, "the page was moved already"
    page_of(measured, 4, "json").write_bytes(b"{}")
    assert left(sidecar) == before, "page and chart were moved already"
    page_of(measured, 4, "svg").write_bytes(b"old")
    spoilt = {**before, "episode_004.svg": b"old"}
    assert left(chart, sidecar[:500]) == spoilt, "nothing was moved: the sidecar is half written"
    assert left(chart) == spoilt
    assert left(b"# page", chart, sidecar) == spoilt
    bare = replace(load_page(page_of(measured, 4, "json")), chart="").to_json().encode()
    found = left(bare)
    assert "episode_004.svg" not in found, "a page that lost its runs loses its chart"
    assert found["episode_004.json"] == bare


def test_a_template_of_ones_own_may_leave_performance_out(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A repository's own template that knows nothing of runs still gives pages that verify."""
    (measured.path / "templates").mkdir()
    (measured.path / "templates/episode.md.jinja").write_text("# {{ title }}\n\n{{ subject }}\n")
    assert run(measured.path, "generate", "--all", "--force").code == 0
    assert "Benchmarks" not in page_of(measured, 4).read_text()
    assert run(measured.path, "verify", "--strict").code == 0


def test_a_spoilt_record_is_named_and_stops_nothing(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Files among the records that are none are told on stderr with path and line, the first three by name."""
    folder = measured.path / "reports/speed"
    for number in range(5):
        (folder / f"bad{number}.json").write_text('{\n "schema": "banterhearts.run/1",\n "x": NaN\n}')
    done = run(measured.path, "generate", "--all")
    assert done.code == 0
    assert re.search(r"chronicles: reports/speed/bad0\.json:3: .*NaN.*; nothing is told of it\.", done.err)
    assert "chronicles: 2 more files are no run records." in done.err
    (folder / "bad0.json").unlink()
    assert "chronicles: 1 more file is no run record." in run(measured.path, "generate", "--all").err
    assert run(measured.path, "verify").code == 0


@pytest.mark.parametrize("kind", ["file", "pipe", "link"])
def test_what_is_no_folder_of_records_is_named(measured: RepoBuilder, run: Callable[..., Ran], kind: str) -> None:
    """Where the folder of records is something else, whoever loses their verdicts is told why."""
    folder = measured.path / "reports"
    shutil.rmtree(folder)
    if kind == "pipe" and not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    make = {"file": folder.touch, "pipe": lambda: os.mkfifo(folder), "link": lambda: folder.symlink_to("nowhere")}
    make[kind]()
    for command in (("generate", "HEAD", "--force"), ("verify",)):
        err = run(measured.path, *command).err
        assert "chronicles: reports: is no folder of run records; nothing is told of it.\n" in err


def test_another_folder_of_records(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The setting `reports` names the folder, which then counts for nothing else."""
    (measured.path / "bench").mkdir()
    (measured.path / "reports").rename(measured.path / "bench/runs")
    (measured.path / "chronicles.toml").write_text('reports = "bench/runs"\n')
    measured.git("add", "-A")
    measured.commit("feat: measured")
    assert run(measured.path, "generate", "--all", "--force").code == 0
    assert "slower" in page_of(measured, 4).read_text()
    assert "\n*1 file adjusted across chronicles.toml (1)*\n" in page_of(measured, 6).read_text()
    assert run(measured.path, "verify", "--strict").code == 0
