"""Episodes are written once, numbered with history, and grow without losing what people wrote."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands import session as commands_session
from chronicles.evidence import parallel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

CHRONICLES = (sys.executable, "-m", "chronicles")


def pages(folder: Path) -> dict[str, bytes]:
    """All files of a folder of pages, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def stamps(folder: Path) -> dict[str, int]:
    """When each file was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def sidecar(repo: RepoBuilder, number: int) -> dict[str, Any]:
    """A sidecar, read."""
    value = json.loads((repo.path / f"episodes/episode_{number:03d}.json").read_bytes())
    assert isinstance(value, dict)
    return value


def commits_of(repo: RepoBuilder) -> dict[int, list[str]]:
    """Which commits each page tells, newest first."""
    found = {}
    for path in sorted((repo.path / "episodes").glob("episode_*.json")):
        found[int(path.stem[-3:])] = json.loads(path.read_bytes())["dossier"]["subject"]["commits"]
    return found


@pytest.fixture
def short(repo: RepoBuilder) -> RepoBuilder:
    """Five commits of three days."""
    repo.commit("feat: one", {"a.py": "def one():\n    return 1\n"}, at="2024-01-01T10:00:00Z")
    repo.commit("feat: two", {"b.py": "def two():\n    return 2\n"}, at="2024-01-01T11:00:00Z")
    repo.commit("docs: three", {"README.md": "Three words here.\n"}, at="2024-01-02T10:00:00Z")
    repo.commit("fix: four", {"a.py": "def one():\n    return 4\n"}, at="2024-01-03T10:00:00Z")
    repo.commit("fix: five", {"b.py": "def two():\n    return 5\n"}, at="2024-01-03T11:00:00Z")
    return repo


def test_head_gets_the_first_episode(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Without arguments one page is written, its path goes to stdout and the account of the run to stderr."""
    done = run(short.path, "generate")
    assert (done.code, done.out, done.err) == (0, "episodes/episode_001.md\n", "chronicles: 1 written, 0 unchanged.\n")
    assert commits_of(short) == {1: [short.head]}


def test_a_rerun_changes_no_byte(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A second run over the same history writes nothing, not even the same bytes again."""
    folder = saga.path / "episodes"
    before, written = pages(folder), stamps(folder)
    done = run(saga.path, "generate", "--all")
    assert (done.code, done.out, done.err) == (0, "", "chronicles: 0 written, 18 unchanged.\n")
    assert (pages(folder), stamps(folder)) == (before, written)


def test_force_without_news_changes_no_byte(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Pages made anew from the same history are the same pages."""
    before = pages(saga.path / "episodes")
    done = run(saga.path, "generate", "--all", "--force")
    assert (done.code, done.out) == (0, "")
    assert pages(saga.path / "episodes") == before


def test_another_machine_writes_the_same_bytes(
    saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time zone, language and the user's git settings leave no trace in a page."""
    config = tmp_path / "config"
    config.write_text(
        "[diff]\n renames = false\n algorithm = patience\n noprefix = true\n[core]\n quotePath = true\n abbrev = 20\n"
        '[log]\n date = relative\n showSignature = true\n[diff "shout"]\n textconv = tr a-z A-Z <\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    time.tzset()
    try:
        done = run(saga.path, "generate", "--all", "--output", str(tmp_path / "elsewhere"))
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert done.code == 0
    assert pages(tmp_path / "elsewhere") == pages(saga.path / "episodes")


def test_numbers_rise_with_history(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The oldest commit of a run has the lowest number, and a later run goes on from the highest."""
    run(short.path, "generate", "HEAD~2..HEAD")
    run(short.path, "generate", "--all")
    history = short.git("rev-list", "--reverse", "HEAD").split()
    assert [shas[0] for shas in commits_of(short).values()] == [history[n] for n in (3, 4, 0, 1, 2)]


def test_several_revisions_and_ranges(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Revisions are told in the order given, and each commit once."""
    done = run(short.path, "generate", "HEAD~4", "HEAD~2..HEAD", "HEAD")
    assert done.code == 0
    history = short.git("rev-list", "--reverse", "HEAD").split()
    assert [shas[0] for shas in commits_of(short).values()] == [history[n] for n in (0, 3, 4)]


def test_since_takes_the_commits_of_that_day_on(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`--since` is a day in UTC, itself included; what is no day is a usage error."""
    assert run(short.path, "generate", "--since", "2024-01-02").code == 0
    assert len(commits_of(short)) == 3
    wrong = run(short.path, "generate", "--since", "yesterday")
    assert wrong.code == 2
    assert "'yesterday' is no day such as 2024-05-31" in wrong.err


def test_since_over_clocks_that_went_backwards(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A step from before the day inside later ones ends a group, which then verifies."""
    short.commit("fix: six", {"a.py": "a = 6\n"}, at="2023-01-01T10:00:00Z")
    short.commit("fix: seven", {"a.py": "a = 7\n"}, at="2024-01-03T12:00:00Z")
    assert run(short.path, "generate", "--since", "2024-01-03", "--group-by", "day").code == 0
    assert [len(shas) for shas in commits_of(short).values()] == [2, 1]
    assert run(short.path, "verify").code == 0


def test_group_by_day(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A day is one page that names its commits, and the days of a history are its pages."""
    assert run(short.path, "generate", "--all", "--group-by", "day").code == 0
    assert [len(shas) for shas in commits_of(short).values()] == [2, 1, 2]
    assert "two commits" in (short.path / "episodes/episode_001.md").read_text()
    assert run(short.path, "verify").code == 0


def test_a_growing_day_keeps_its_number(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Commits of a day that has its page already join that page."""
    run(short.path, "generate", "--group-by", "day")
    short.commit("fix: six", {"c.py": "def six():\n    return 6\n"}, at="2024-01-03T12:00:00Z")
    done = run(short.path, "generate", "--group-by", "day")
    assert done.out == "episodes/episode_001.md\n"
    assert [len(shas) for shas in commits_of(short).values()] == [3]
    assert run(short.path, "verify").code == 0


def test_group_by_tag(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A tag's page tells what lies between it and the one before; commits after the last tag wait, and are counted."""
    short.tag("v1", "HEAD~3")
    short.tag("v2", "HEAD~1")
    done = run(short.path, "generate", "--group-by", "tag")
    assert [len(shas) for shas in commits_of(short).values()] == [2, 2]
    assert "1 left out (no tag yet)" in done.err


def test_fold_gathers_small_commits_of_a_day(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """With `fold`, small neighbours of one day share a page, a big commit keeps its own, and a later one joins."""
    (short.path / "chronicles.toml").write_text('fold = "day"\n')
    big = "".join(f"def f_{n}():\n    return {n}\n" for n in range(600))
    short.commit("feat: big", {"big.py": big}, at="2024-01-03T12:00:00Z")
    assert run(short.path, "generate", "--all").code == 0
    assert [len(shas) for shas in commits_of(short).values()] == [2, 1, 2, 1]
    short.commit("fix: six", {"a.py": "a = 6\n"}, at="2024-01-03T13:00:00Z")
    run(short.path, "generate")
    short.commit("fix: seven", {"a.py": "a = 7\n"}, at="2024-01-03T14:00:00Z")
    assert "episodes/episode_005.md" in run(short.path, "generate").out.split()
    assert [len(shas) for shas in commits_of(short).values()] == [2, 1, 2, 1, 2]
    assert run(short.path, "verify").code == 0


def test_dry_run_prints_and_writes_nothing(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The Markdown goes to stdout as it would be written, and the work tree stays as it was."""
    done = run(short.path, "generate", "--dry-run")
    assert done.code == 0
    assert not (short.path / "episodes").exists()
    run(short.path, "generate")
    assert done.out == (short.path / "episodes/episode_001.md").read_text()
    assert short.git("status", "--porcelain") == "?? episodes/"


def test_a_report_in_json(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`--json` says what was written, left alone, left out, in conflict and by whom; nothing else is on stdout."""
    short.commit("chore: quiet\n\nChronicle: skip\n", {"q.py": "q = 1\n"})
    done = run(short.path, "generate", "HEAD~2..HEAD", "--json")
    effort = dict.fromkeys(("requests", "kept", "read_tokens", "reused_tokens", "written_tokens"), 0)
    assert json.loads(done.out) == {
        "written": ["episodes/episode_001.md"],
        "unchanged": 0,
        "excluded": {"trailer `Chronicle: skip`": 1},
        "followed": 0,
        "retired": 0,
        "conflicts": [],
        "writer": "auto",
        "voiced": {"model": 0, "plain": sum(bool(one["claim"]) for one in sidecar(short, 1)["sentences"])},
        "refused": {},
        "degraded": [],
        "effort": {**effort, "seconds": 0.0},
    }


def test_a_commit_may_ask_not_to_be_told(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`Chronicle: skip` keeps a commit from having a page, by itself and inside a day, and the run says so."""
    short.commit("chore: quiet\n\nChronicle: skip\n", {"q.py": "q = 1\n"}, at="2024-01-03T12:00:00Z")
    alone = run(short.path, "generate")
    assert (alone.code, alone.out) == (0, "")
    assert "1 left out (trailer `Chronicle: skip`)" in alone.err
    run(short.path, "generate", "--all", "--group-by", "day")
    assert [len(shas) for shas in commits_of(short).values()] == [2, 1, 2]
    assert run(short.path, "verify").code == 0


def test_own_output_is_no_news(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A commit of pages alone gets none, and a mixed one counts the rest and says how many it left out."""
    run(short.path, "generate")
    short.git("add", "-A")
    short.commit("docs: publish")
    assert "1 left out (only our own output)" in run(short.path, "generate").err
    short.commit("feat: mixed", {"c.py": "c = 1\n", "episodes/x.md": "x\n", "reports/y.json": "{}\n"})
    run(short.path, "generate")
    page = (short.path / "episodes/episode_002.md").read_text()
    assert "*1 file adjusted across c.py (1)*" in page
    assert re.search(r"\| Left out \| two files", page)


def test_next_time_names_the_next_episode(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page names the one after it as soon as that is written, and stays as it is afterwards."""
    short.git("reset", "-q", "--hard", "HEAD~1")
    big = {f"m_{n}.py": f"def f_{n}():\n    return {n}\n" * 20 for n in range(6)}
    short.commit("feat: big", big, at="2024-01-03T12:00:00Z")
    run(short.path, "generate")
    first = short.path / "episodes/episode_001.md"
    assert "The next dossier entry has not been written." in first.read_text()
    short.commit("fix: six", {"c.py": "def six():\n    return 6\n"})
    assert run(short.path, "generate").out.split() == ["episodes/episode_001.md", "episodes/episode_002.md"]
    assert f"](episode_002.md) (`{short.head[:7]}`)" in first.read_text()
    assert run(short.path, "verify").err == "chronicles: 2 pages verified: 0 false, 0 stale, 0 edited, 0 external.\n"


def test_a_persons_lines_outlive_every_regeneration(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Edits, signed or not, stay through a new page before, `--force` and `--revoice`."""
    page = saga.path / "episodes/episode_018.md"
    own = "Grace says hello to whoever reads this."
    page.write_text(page.read_text() + f"\n{own}\n")
    run(saga.path, "adopt", "episodes/episode_018.md", "--name", "Grace")
    page.write_text(page.read_text() + "\nNobody signed this.\n")
    saga.commit("fix: more", {"core/more.py": "MORE = 1\n"})
    for arguments in (["HEAD"], ["--all", "--force"], ["--all", "--revoice"]):
        assert run(saga.path, "generate", *arguments).code == 0
        assert f"{own} <!-- by: Grace -->\n" in page.read_text()
        assert "\nNobody signed this.\n" in page.read_text()
    found = run(saga.path, "verify")
    assert (found.code, found.err.split(": ")[2]) == (1, "0 false, 0 stale, 1 edited, 0 external.\n")


def test_revoice_reads_no_history(saga: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """`--revoice` words the stored dossiers anew and builds none."""
    before = pages(saga.path / "episodes")
    monkeypatch.setattr(parallel, "build_dossier", lambda *_: pytest.fail("a dossier was built"))
    assert run(saga.path, "generate", "--all", "--revoice").code == 0
    assert pages(saga.path / "episodes") == before


def test_quick_says_so(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page that was made without symbols and blame tells its reader, and verifies as what it is."""
    run(short.path, "generate", "--quick")
    assert (
        "| Reading | quick: without symbols, public names and blame |"
        in (short.path / "episodes/episode_001.md").read_text()
    )
    assert run(short.path, "verify").code == 0


def test_a_series_can_be_continued(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`init --first-episode` sets the number of the first page."""
    assert run(short.path, "init", "--first-episode", "41").code == 0
    assert run(short.path, "generate").out == "episodes/episode_041.md\n"


@pytest.mark.parametrize(
    ("url", "commit", "issue"),
    [
        ("https://github.com/a/b", "https://github.com/a/b/commit/{}", "https://github.com/a/b/issues/7"),
        ("https://gitlab.com/a/b", "https://gitlab.com/a/b/-/commit/{}", "https://gitlab.com/a/b/-/issues/7"),
    ],
)
def test_forge_links(short: RepoBuilder, run: Callable[..., Ran], url: str, commit: str, issue: str) -> None:
    """Commits and issues are links to the configured forge, made without asking it."""
    (short.path / "chronicles.toml").write_text(f'repo_url = "{url}/"\n')
    short.commit("fix: colours (#7)", {"c.py": "c = 1\n"})
    run(short.path, "generate")
    page = (short.path / "episodes/episode_001.md").read_text()
    assert f"### 🔗 Commit: [`{short.head[:7]}`]({commit.format(short.head)})" in page
    assert f"[#7]({issue})" in page
    assert run(short.path, "verify").code == 0


SECRETS = {
    "path": "AKIAIOSFODNN7EXAMPLE",
    "hunk": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "comment": "xoxb-123456789012-1234567890123-abcdefghijABCDEFGHIJabcd",
    "message": "AKIAI44QH8DHBEXAMPLE",
    "author": "ghp_0123456789abcdefghijABCDEFGHIJ456789",
}


def test_secrets_reach_neither_page_nor_sidecar(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What looks like a credential is taken out wherever it stands, and the page says how many there were."""
    repo.commit("feat: begin", {"a.py": "a = 1\n"})
    repo.commit(
        f"fix: use {SECRETS['message']}\n\nBecause {SECRETS['message']} works.",
        {
            f"{SECRETS['path']}/key.py": "k = 1\n",
            "b.py": f'# {SECRETS["comment"]} opens it, says the note\nTOKEN = "{SECRETS["hunk"]}"\n',
        },
        author=(f"Eve {SECRETS['author']}", "eve@example.org"),
    )
    repo.commit("fix: after", {"a.py": "a = 2\n"})
    assert run(repo.path, "generate", "--all").code == 0
    for name, content in pages(repo.path / "episodes").items():
        for place, secret in SECRETS.items():
            assert secret.encode() not in content, (place, name)
    assert re.search(r"\| Redacted \| \S+ secrets", (repo.path / "episodes/episode_002.md").read_text())
    assert run(repo.path, "verify").code == 0


def test_an_interrupted_run_is_resumed(
    short: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C keeps the pages that were finished, whole, and the next run builds the others and no other."""
    built: list[str] = []
    build = parallel.build_dossier

    def interrupted(workshop: object, key: object) -> object:
        built.append(key.commits[0])  # type: ignore[attr-defined] # a subject's key
        if len(built) == 4:
            raise KeyboardInterrupt
        return build(workshop, key)  # type: ignore[arg-type] # as above

    monkeypatch.setattr(parallel, "build_dossier", interrupted)
    done = run(short.path, "generate", "--all")
    assert done.code == 130
    assert "interrupted. What was finished is kept; run it again to go on." in done.err
    assert len(commits_of(short)) == 3
    assert run(short.path, "verify").code == 0
    built.clear()
    built.extend(["verified"] * 5)  # past the interrupt
    assert run(short.path, "generate", "--all").code == 0
    assert len(built) == 5 + 2
    assert len(commits_of(short)) == 5
    assert run(short.path, "verify").code == 0


def test_a_killed_run_leaves_nothing_half_written(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Whenever a run is killed, the next one ends with the pages of a run that was not."""
    folder = saga.path / "episodes"
    wanted = pages(folder)
    for path in folder.iterdir():
        path.unlink()
    for delay in (0.75, 0.9, 1.05):
        process = subprocess.Popen(
            (*CHRONICLES, "generate", "--all"), cwd=saga.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in folder.glob("episode_*.json"):
            json.loads(path.read_bytes())
    assert run(saga.path, "generate", "--all").code == 0
    assert pages(folder) == wanted


@pytest.mark.parametrize("at", ["before the page", "between the two"])
def test_a_run_killed_while_publishing(saga: RepoBuilder, run: Callable[..., Ran], at: str) -> None:
    """A unit of page and sidecar that was torn by a kill is made whole by the next run, whichever half was there."""
    script = (
        "import os, sys; from pathlib import Path; move = Path.replace\n"
        "def torn(self, target):\n"
        f"    {'os._exit(9)' if at == 'before the page' else 'pass'}\n"
        "    move(self, target); os._exit(9)\n"
        "Path.replace = torn; sys.argv = ['chronicles', 'generate']\n"
        "from chronicles.cli import main; main()"
    )
    saga.commit("fix: more", {"core/more.py": "MORE = 1\n"})
    done = subprocess.run((sys.executable, "-c", script), cwd=saga.path, check=False)
    assert done.returncode == 9
    assert run(saga.path, "generate").code == 0
    assert not list((saga.path / "episodes").glob(".chronicles-*"))
    found = run(saga.path, "verify")
    assert (found.code, found.out) == (0, "")


def test_two_runs_at_once(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Two runs at the same time both end well, and no commit is told twice."""
    both = [
        subprocess.Popen((*CHRONICLES, "generate", "--all"), cwd=short.path, stderr=subprocess.PIPE) for _ in range(2)
    ]
    ends = [(process.communicate()[1].decode(), process.returncode) for process in both]
    assert [code for _, code in ends] == [0, 0], ends
    told = [sha for shas in commits_of(short).values() for sha in shas]
    assert sorted(told) == sorted(short.git("rev-list", "HEAD").split())
    assert run(short.path, "verify").code == 0


def test_a_run_waits_for_another(
    short: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """While one run is at work on a repository another does not begin, whatever its folder, and says who is."""
    monkeypatch.setattr(commands_session, "_WAIT_SEC", 0.1)
    with commands_session.Session(short.path) as other, other.alone():
        done = run(short.path, "generate", "--output", str(tmp_path / "elsewhere"))
    assert (done.code, done.out) == (2, "")
    assert f"is being written by process {os.getpid()}. Wait for it to end" in done.err
    assert not (tmp_path / "elsewhere").exists()
    assert run(short.path, "generate").code == 0


def test_a_page_without_its_sidecar_is_written_again(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A lost sidecar comes back with the next run, and what a person wrote on the page stays."""
    run(short.path, "generate", "--all")
    page, stored = short.path / "episodes/episode_002.md", short.path / "episodes/episode_002.json"
    before = stored.read_bytes()
    page.write_text(page.read_text() + "\nGrace says hello.\n")
    stored.unlink()
    assert run(short.path, "generate", "--all").code == 0
    assert stored.read_bytes() == before
    assert page.read_text().endswith("\nGrace says hello.\n")


def test_no_sidecar_that_cannot_be_read_stops_a_run(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Pages after a broken sidecar are written all the same, and `--force` makes the broken one anew."""
    run(short.path, "generate", "HEAD~1")
    stored = short.path / "episodes/episode_001.json"
    stored.write_text(stored.read_text()[:2000])
    assert run(short.path, "generate").out == "episodes/episode_002.md\n"
    assert run(short.path, "generate", "--force", "HEAD~1").code == 0
    assert run(short.path, "verify").code == 0


def test_unknown_revision(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A revision that names nothing is a usage error that says so, without a traceback."""
    done = run(short.path, "generate", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"chronicles: no commit is named 'nowhere' in {short.path}. `git log --oneline` lists those there are.\n"
    )
    assert os.path.lexists(short.path / "episodes") is False


def test_a_backfill_after_the_newest_page(short: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page told before the commits it names links to their episodes once they have some; nothing is stale."""
    assert run(short.path, "generate").code == 0
    assert run(short.path, "generate", "--all").code == 0
    done = run(short.path, "verify", "--strict")
    assert (done.code, done.out) == (0, "")


def test_jobs_change_nothing(make_repo: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """Pages are the same bytes whether one process builds their dossiers or two, and verify the same."""
    repo = make_repo("long")
    for number in range(26):
        repo.commit(f"fix: step {number}", {f"part{number % 3}.py": f"def f{number}():\n    return {number}\n"})
    for jobs in ("1", "2"):
        assert run(repo.path, "generate", "--all", "--jobs", jobs, "--output", f"out{jobs}").code == 0
        assert run(repo.path, "verify", "--jobs", jobs, "--output", f"out{jobs}").code == 0
    assert pages(repo.path / "out1").keys() == pages(repo.path / "out2").keys()
    for name, content in pages(repo.path / "out1").items():
        if name.endswith(".md"):
            assert content == pages(repo.path / "out2")[name]


@pytest.mark.parametrize("flag", ["--force", "--quick", "--dry-run"])
def test_revoice_alone(saga: RepoBuilder, run: Callable[..., Ran], flag: str) -> None:
    """What `--revoice` has no use for is refused instead of ignored."""
    done = run(saga.path, "generate", "--revoice", flag)
    assert done.code == 2
    assert f"--revoice and {flag} exclude each other" in done.err
