"""Checks as `chronicles patch` runs them: what the document says of each, and that nothing of them stays behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chronicles.checks import Check, runner
from chronicles.history.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.checks.conftest import Project
    from tests.conftest import RepoBuilder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what runs is looked up in /proc")

ODD = 1_000_000 + os.getpid()
"""Seconds that no other test on this machine sleeps."""


def every_process() -> list[str]:
    """The command lines of all that runs on this machine."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


PYTHON = f"'{sys.executable}'"
STUBBORN = "trap '' TERM; (trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 1000' &); echo held; sleep 1000"
"""Ignores SIGTERM, and leaves a daemon that does so too and keeps the output open."""


def wait_for(path: Path) -> None:
    """Wait until a check has written a file."""
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.02)


def test_a_checklist_that_fails_hangs_and_needs_a_network(project: Project) -> None:
    """Each check ends as it did, none is ticked that did not pass, and no process, checkout or file is left."""
    before = project.inside()
    project.configure(
        {
            "style": "echo 'All good: 3 files'",
            "tests": "echo collected; echo '1 failed, 2 passed in 0.4s'; exit 1",
            "hangs": {"command": "echo waiting; sleep 1000", "timeout_sec": 3},
            "stubborn": {"command": STUBBORN, "timeout_sec": 3},
            "network": f"{PYTHON} -c \"import urllib.request as r; r.urlopen('http://127.0.0.1:9/', timeout=9)\"",
        }
    )
    ran = project.run("patch")
    assert ran.returncode == 0, ran.stderr
    lines = project.lines()
    assert [line[:5] for line in lines.values()] == ["- [x]", *["- [ ]"] * 4]
    assert "passed (exit 0, " in lines["style"]
    assert lines["style"].endswith(": “All good: 3 files”")
    assert "failed (exit 1, " in lines["tests"]
    assert lines["tests"].endswith("“1 failed, 2 passed in 0.4s”")
    assert lines["hangs"].endswith("timed out (stopped after 3 s): “waiting”")
    assert lines["stubborn"].endswith("timed out (stopped after 3 s): “held”")
    assert "failed (exit 1, " in lines["network"]
    assert "refused" in lines["network"]
    assert "check tests (2 of 5)" in ran.stderr
    assert "1 failed, 2 passed in 0.4s" in ran.stderr.replace("\\", "")
    assert project.left() == []
    assert project.inside() == before
    assert project.run("verify", "--strict").returncode == 0


def test_what_runs_on_in_the_background_ends_with_its_check(project: Project) -> None:
    """A daemon that was left behind does not keep its check waiting, nor outlive it."""
    project.configure({"serve": "setsid sleep 1000 & echo serving"})
    project.run("patch")
    assert "passed" in project.lines()["serve"]
    assert project.records()["serve-1"]["seconds"] < 100
    assert project.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_nothing(project: Project, tmp_path: Path, number: signal.Signals) -> None:
    """Interrupted in the middle of a check, the run ends what it started and removes what it made; so much is kept."""
    before = project.inside()
    project.configure({"first": "echo done", "second": f"touch '{tmp_path}/started'; {STUBBORN}"})
    with project.start("patch") as process:
        wait_for(tmp_path / "started")
        assert len(project.processes()) > 2
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number), err
    assert "Traceback" not in err
    assert project.left() == []
    assert project.inside() == before
    assert list(project.records()) == ["first-1"]
    assert not project.document().exists()


def test_a_killed_run_leaves_nothing_running(project: Project, tmp_path: Path) -> None:
    """Even where `chronicles` is killed its guard ends the check and removes the checkout."""
    project.configure({"only": f"touch '{tmp_path}/started'; {STUBBORN}"})
    with project.start("patch") as process:
        wait_for(tmp_path / "started")
        process.kill()
        process.communicate(timeout=60)
    until = time.monotonic() + 60
    while project.processes() and time.monotonic() < until:
        time.sleep(0.02)
    assert project.processes() == []
    assert list(project.temporary.glob("chronicles-checks-*")) == []
    project.configure({"only": "true"})
    assert project.run("patch").returncode == 0
    assert "passed" in project.lines()["only"]


def test_a_check_that_ends_its_guard_has_not_run(project: Project) -> None:
    """Nobody knows how it ended, and what it left is ended and removed all the same; the next one has another guard."""
    leaves = "mkdir locked; touch locked/in; chmod 000 locked; kill -9 $PPID"
    daemon = f"(trap '' TERM; setsid env -i sh -c 'trap \"\" TERM; sleep {ODD}; sleep {ODD}' &) ; sleep 0.3"
    project.configure({"rude": f"{daemon}; {leaves}; sleep {ODD}", "after": "echo fine", "again": "kill -9 $PPID"})
    ran = project.run("patch")
    assert ran.returncode == 0
    assert "check rude was not run: the process that guards it was ended" in ran.stderr
    assert "check again was not run: the process that guards it was ended" in ran.stderr
    assert project.lines()["rude"].endswith("not run")
    assert project.lines()["after"].endswith("“fine”")
    assert project.left() == []
    assert not [line for line in every_process() if f"sleep {ODD}" in line]


def test_a_guard_that_a_check_stopped_is_not_waited_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard that does not answer in time is ended with what it guards."""
    monkeypatch.setattr(runner, "_PATIENCE_SEC", 3.0)
    monkeypatch.setattr(runner, "_FAREWELL_SEC", 0.2)
    monkeypatch.setenv("TMPDIR", str(project.temporary))
    said: list[str] = []
    checks = [Check("stops", one := f"kill -STOP $PPID; sleep {ODD}", one, 0.1), Check("after", "true", "true", 60.0)]
    folder = project.path / "patches/checks"
    with Repository.open(project.path) as repository:
        runner.run_checks(repository, checks, project.repo.head, folder=folder, clean=bytes.decode, say=said.append)
    assert "check stops was not run: the process that guards it was ended" in said
    assert list(project.records()) == ["after-1"]
    assert list(project.temporary.rglob("*")) == []
    assert not [line for line in every_process() if f"sleep {ODD}" in line]


def test_what_a_check_writes_is_gone(project: Project) -> None:
    """Files, commits, tags, configuration and hooks of a check end with its checkout, and the document counts files."""
    before = project.inside()
    identity = "-c user.name=x -c user.email=x"
    project.configure(
        {
            "rewrites": "echo no > a.py; rm b.py; echo new > c.py",
            "commits": f"echo no > a.py; git {identity} commit -qam evil && git tag evil && git config a.b c",
            "destroys": "rm -rf .git *; mkdir locked; touch locked/in; chmod 000 locked",
            "keeps": 'mktemp; touch a.py; test -z "$(git status --porcelain)" && git describe --tags',
        }
    )
    project.run("patch")
    lines = project.lines()
    assert "it changed two files of its checkout" in lines["rewrites"]
    assert "passed (exit 0, " in lines["commits"]
    assert "it changed one file of its checkout" in lines["commits"]
    assert "it changed three files of its checkout" in lines["destroys"]
    assert "changed" not in lines["keeps"]
    assert lines["keeps"].endswith(f"“v1.0-1-g{project.repo.head[:7]}”")
    assert [one["wrote"] for one in project.records().values()] == [1, 3, 0, 2]
    assert project.left() == []
    assert project.inside() == before
    assert (project.path / "a.py").read_text() == "A = 1\n"


def test_a_check_sees_the_commit_and_not_the_work_tree(project: Project) -> None:
    """What is not committed is not checked, and what the repository's own hooks and filters do is not done."""
    hook = project.path / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o755)
    project.repo.git("config", "filter.x.smudge", "sed s/A/HACKED/")
    project.repo.commit("chore: filter", {".gitattributes": "*.py filter=x\n"})
    (project.path / "b.py").write_text("B = 3\n")
    (project.path / "new.py").write_text("")
    project.configure({"reads": "cat a.py b.py; ls -a | tr '\\n' ' '"})
    project.run("patch", "v1.0..HEAD")
    assert project.lines()["reads"].endswith("“. .. .git .gitattributes README.md a.py b.py”")
    project.configure({"reads": "cat a.py b.py | tr '\\n' ' '"})
    project.run("patch", "v1.0..HEAD")
    assert project.lines()["reads"].endswith("“A = 1 B = 2”")


COMMANDS = [
    ('read answer && echo "got $answer"', 1, ""),
    (
        f"{PYTHON} -c 'open(\"/dev/tty\")' 2>&1 | grep -o 'No such device.*'",
        0,
        "No such device or address: '/dev/tty'",
    ),
    ("printf '\\377\\376\\000x\\n'", 0, "\\xff\\xfex"),
    ("printf '\\000\\001\\002'", 0, ""),
    ("true", 0, ""),
    ("printf '\\n  \\n'", 0, ""),
    ("no-such-command --here", 127, "not found"),
    ("kill -SEGV $$", 139, ""),
    ("echo \"it's $(echo 'a b' | tr a-z A-Z)\" | cat", 0, "it's A B"),
    ("printf '\\033[1;32m5 passed\\033[0m\\n\\n'", 0, "5 passed"),
    ("printf '10%%\\r50%%\\r100%% done\\r\\n'", 0, "100% done"),
    ("printf 'a \\342\\200\\256 b\\n'", 0, "a b"),
    ("printf '<!-- x --> {{ y }} | `z` **b** [l](http://e)'", 0, "<!-- x --> {{ y }} | `z` **b** [l](http://e)"),
    ("echo key sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789", 0, "key [redacted]"),
    ("printf 'key sk-ant-api03-abcdefghij\\rklmnopqrstuvwxyz0123456789\\n'", 0, "key [redacted]"),
    ("printf 'sk-a\\377nt-api03-abcdefghijkl\\rmnopqrstuvwxyz\\3770123456789 \\376\\n'", 0, "[redacted] \\xfe"),
    ("printf '10%%\\rsk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789\\r 50%% \\n'", 0, "50%"),
    (f"{PYTHON} -c 'print(\"x\" * 500)'", 0, "x" * 199 + "…"),
    ("env | grep -c -e ^GIT_ -e ^CHRONICLES_ -e ^OLDPWD", 1, "0"),
    ("echo out; echo err >&2", 0, "err"),
    ("exit 3", 3, ""),
]
"""A command, its exit code, and the last line that a document has of it."""


def test_whatever_a_command_does_is_told_honestly(project: Project) -> None:
    """Exit code and last line are those of the command, made safe; the document verifies."""
    project.configure({f"c{number}": command for number, (command, _, _) in enumerate(COMMANDS)})
    ran = project.run("patch", env={"GIT_AUTHOR_NAME": "x", "CHRONICLES_SERIES": "S", "OLDPWD": "/x"})
    assert ran.returncode == 0, ran.stderr
    stored, lines = project.records(), project.lines()
    for number, (command, code, last) in enumerate(COMMANDS):
        record, line = stored[f"c{number}-1"], lines[f"c{number}"]
        assert (record["exit"], record["result"]) == (code, "failed" if code else "passed"), command
        assert record["last"] == last or (last == "not found" and record["last"].endswith(last)), command
        assert line.startswith(f"- [{' ' if code else 'x'}] `c{number}`: "), command
    assert project.left() == []
    verified = project.run("verify", "--strict", env={"CHRONICLES_SERIES": "S"})
    assert verified.returncode == 0, verified.stdout


def test_a_secret_in_a_command_is_not_told(project: Project) -> None:
    """The command runs as it is, and is recorded and shown without what must not be."""
    project.configure({"it": "test sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789 != other"})
    ran = project.run("patch")
    assert "passed" in project.lines()["it"]
    written = [path.read_text() for path in (project.path / "patches").rglob("*") if path.is_file()]
    assert len(written) == 3
    assert not [text for text in (*written, ran.stderr) if "abcdefgh" in text]
    assert "check it" not in project.run("patch", "--check").stderr


def test_a_flood_of_output_fills_no_memory(project: Project) -> None:
    """A hundred megabytes are read to the end, and the guard stays as small as it was."""
    project.configure({"flood": "head -c 100000000 /dev/zero; echo; grep VmHWM /proc/$PPID/status"})
    project.run("patch")
    name, size, unit = project.records()["flood-1"]["last"].split()
    assert (name, unit) == ("VmHWM:", "kB")
    assert int(size) < 60_000


def test_a_check_runs_again_only_for_another_tree_or_command(project: Project, tmp_path: Path) -> None:
    """A record stands for its tree and command; more time counts for what timed out, and `--check` for failures."""
    log = tmp_path / "log"

    def ran(checks: dict[str, object], *arguments: str) -> str:
        log.write_text("")
        project.configure(checks)  # type: ignore[arg-type] # as they stand in the file
        done = project.run("patch", "v1.0..HEAD", *arguments)
        assert done.returncode == 0, done.stderr
        assert project.run("verify", "--strict").returncode == 0
        return log.read_text()

    def command(sign: str, rest: str) -> str:
        return f"printf {sign} >> '{log}'; {rest}"

    good, bad, slow = command("g", "true"), command("b", "false"), command("s", "sleep 1000")
    first = {"good": good, "bad": bad, "slow": {"command": slow, "timeout_sec": 0.3}}
    assert ran(first, "--no-check") == ""
    assert [line.rpartition(" ")[2] for line in project.lines().values()] == ["run", "run", "run"]
    assert ran(first) == "gbs"
    assert ran(first) == ""
    assert ran(first, "--dry-run") == ""
    assert ran(first, "--check") == "bs"
    assert ran({**first, "slow": {"command": slow, "timeout_sec": 0.2}}) == ""
    assert ran({**first, "slow": {"command": slow, "timeout_sec": 0.6}}) == "s"
    assert ran({**first, "good": {"command": good, "timeout_sec": 5}, "slow": "true"}) == ""
    assert ran({"good": command("G", "true"), "bad": bad}) == "G"
    assert ran({"good": good, "bad": bad}) == ""
    project.repo.commit("fix: it", {"a.py": "A = 2\n"})
    assert ran({"good": good, "bad": bad}, "--no-check") == ""
    assert {line.rpartition(" ")[2] for line in project.lines(2 if project.document(2).exists() else 1).values()} == {
        "run"
    }
    assert ran({"good": good, "bad": bad}) == "gb"
    project.repo.git("commit", "--allow-empty", "-qm", "empty", env=project.repo.identity(None, None, ("a", "b"), None))
    assert ran({"good": good, "bad": bad}) == ""


def test_only_the_work_trees_own_settings_make_anything_run(project: Project, tmp_path: Path) -> None:
    """Checks of the range's tree and of the environment do not run; without configured ones there is no checklist."""
    project.repo.commit("chore: settings", {"chronicles.toml": f"[checks]\nevil = \"touch '{tmp_path}/evil'\"\n"})
    project.repo.commit("chore: no settings", {"chronicles.toml": None})
    assert project.run("patch", "v1.0..HEAD~1").returncode == 0
    assert "Validation" not in project.document().read_text()
    refused = project.run("patch", env={"CHRONICLES_CHECKS": f"touch '{tmp_path}/evil'"})
    assert (refused.returncode, "repository's file alone" in refused.stderr) == (2, True)
    assert not (tmp_path / "evil").exists()


def test_checks_that_cannot_run_are_refused_when_asked_for(project: Project) -> None:
    """`--check` without checks, or where nothing may be written, is a usage error."""
    asked = project.run("patch", "--check")
    assert (asked.returncode, "no check is configured" in asked.stderr) == (2, True)
    project.configure({"it": "true"})
    dry = project.run("patch", "--check", "--dry-run")
    assert (dry.returncode, "leaves records" in dry.stderr) == (2, True)
    assert not (project.path / "patches").exists()


def test_records_that_cannot_be_written_stop_before_anything_runs(project: Project, tmp_path: Path) -> None:
    """An hour of tests is not spent on a record that has no place."""
    project.configure({"it": f"touch '{tmp_path}/ran'"})
    (project.path / "patches").mkdir()
    (project.path / "patches/checks").write_text("no folder")
    ran = project.run("patch")
    assert (ran.returncode, "patches/checks" in ran.stderr) == (2, True)
    assert not (tmp_path / "ran").exists()


def test_a_checkout_that_does_not_fit_is_no_failure_of_the_check(project: Project) -> None:
    """Where the files cannot be written nothing ran: the document says so, stderr says why, and no record stays."""
    project.repo.commit("feat: big", {"big.bin": os.urandom(2_000_000)})
    project.configure({"it": "true"})
    limited = project.run("patch", through=("sh", "-c", 'ulimit -f 1000; exec "$@"', "sh"))
    assert limited.returncode == 0, limited.stderr
    (said,) = re.findall(r"check it was not run: its files could not be written to (\S.*)", limited.stderr)
    assert re.fullmatch(
        r"/.*/chronicles-checks-\w+: git (says 'error: .*|ended with status -25); [\d,]+\.\d MB were free there", said
    )
    assert project.lines()["it"].endswith("not run")
    assert project.left() == []
    assert project.records() == {}
    assert project.run("patch").returncode == 0
    assert "passed" in project.lines()["it"]


def test_a_full_disk_is_told_in_one_line(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the files that did not fit the first one says why, and the next check finds the room that there was."""
    there: list[int] = []

    def full(source: Path, target: Path) -> None:
        there.append(len(list(source.parents[2].iterdir())))
        why = "[Errno 28] No space left on device"
        raise shutil.Error([(str(source / name), str(target / name), f"{why}: '{target / name}'") for name in "ab"])

    monkeypatch.setattr(shutil, "copytree", full)
    monkeypatch.setenv("TMPDIR", str(project.temporary))
    said: list[str] = []
    checks = [Check(name, "true", "true", 60.0) for name in ("one", "two")]
    folder = project.path / "patches/checks"
    with Repository.open(project.path) as repository:
        runner.run_checks(repository, checks, project.repo.head, folder=folder, clean=bytes.decode, say=said.append)
    one, two = (line for line in said if "was not run" in line)
    assert re.search(
        r"one was not run: .*/chronicles-checks-\w+: no space left on device; [\d,.]+ MB were free there$", one
    )
    assert two.partition("two")[2].partition(";")[0] == one.partition("one")[2].partition(";")[0]
    assert there == [1, 1]


def test_a_project_in_a_linked_worktree_and_of_sha256(
    project: Project, tmp_path: Path, make_repo: Callable[..., RepoBuilder]
) -> None:
    """A worktree's checks run like any other's; so do those of a repository with long hashes."""
    project.repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    (tmp_path / "linked/chronicles.toml").write_text('[checks]\nit = "git rev-parse HEAD"\n')
    done = subprocess.run(
        [sys.executable, "-m", "chronicles", "-C", str(tmp_path / "linked"), "patch"],
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"“{project.repo.head}”" in (tmp_path / "linked/patches/patch_1.md").read_text()
    long = make_repo("long", object_format="sha256")
    long.commit("feat: begin", {"a.py": "A = 1\n"})
    sha = long.head
    other = type(project)(long, project.temporary)
    other.configure({"it": "git rev-parse HEAD"})
    assert other.run("patch").returncode == 0
    assert json.loads(next((long.path / "patches/checks").iterdir()).read_text())["last"] == sha
