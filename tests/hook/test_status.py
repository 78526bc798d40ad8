"""`chronicles hook status`, and what a terminal is told: what is wrong, and the one thing to do next."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands.notice import notice
from chronicles.documents import rounds
from chronicles.hook.state import Parked, Report, State
from chronicles.hook.worker import TRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

TOKEN = "ghp_" + "a1B2" * 9


def quietly(repo: RepoBuilder, message: str) -> str:
    """A commit whose wake-up never comes."""
    with (repo.path / "a.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"{message[:20]}\n")
    repo.git("add", "a.txt")
    identity = repo.identity(None, None, ("Ada", "ada@example.org"), None)
    repo.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", message, env=identity)
    return repo.head


def next_line(ran: Ran) -> str:
    """What is to be done next."""
    assert ran.out.splitlines()[-1].startswith("Next: ")
    return ran.out.splitlines()[-1].removeprefix("Next: ")


def state_of(repo: RepoBuilder) -> State:
    """What the hook remembers."""
    return State(repo.path / ".git")


def test_without_a_hook(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """It says how to get one."""
    repo.commit("feat: one", {"a.txt": "a\n"})
    done = run(repo.path, "hook", "status")
    assert (done.code, done.out) == (1, "Installed: no\nNext: `chronicles hook install` installs the hook.\n")
    done = run(repo.path, "hook", "drain")
    assert done.code == 2
    assert "`chronicles hook install` installs it" in done.err


def test_nothing_to_do(hooked: RepoBuilder, run: Callable[..., Ran]) -> None:
    """All is well, and it says what well is."""
    done = run(hooked.path, "hook", "status")
    assert done.code == 0
    assert next_line(done) == "nothing: everything is told."
    lines = done.out.splitlines()
    assert lines[0].startswith(f"Installed: {hooked.path / '.git' / 'hooks' / 'post-commit'}")
    assert lines[1:5] == [f"Branch: main in {hooked.path}", f"Since: {hooked.head}", "Untold: 0", "Last run: none yet"]


def test_what_is_untold(hooked: RepoBuilder, run: Callable[..., Ran], contents: Any) -> None:
    """The first commits by name, the others by number, secrets and control characters out; nothing is changed."""
    shas = [quietly(hooked, f"feat: step {number}") for number in range(6)]
    last = quietly(hooked, f"fix: \x1b[31m{TOKEN}")
    run(hooked.path, "hook", "status")  # the index has read all of it now
    before = contents(hooked.path)
    done = run(hooked.path, "hook", "status")
    assert done.code == 0
    assert "Untold: 7" in done.out
    assert [line for line in done.out.splitlines() if line.startswith("  ")] == [
        *(f"  {sha[:12]} feat: step {number}" for number, sha in enumerate(shas[:5])),
        "  and 2 more",
    ]
    assert "`chronicles hook drain` does so now" in next_line(done)
    assert contents(hooked.path) == before
    found = json.loads(run(hooked.path, "hook", "status", "--json").out)
    assert found["untold"]["number"] == 7
    assert [one["commit"] for one in found["untold"]["first"]] == shas[:5]
    assert (found["needs_you"], found["worker"], found["failed"]) == (False, None, [])
    state_of(hooked).tell(Report(failures={last: Parked(1, f"git said {TOKEN} \x1b[2J")}))
    found = json.loads(run(hooked.path, "hook", "status", "--json").out)
    assert TOKEN not in json.dumps(found["failed"][0]["subject"])
    assert "\x1b" not in run(hooked.path, "hook", "status").out


def test_what_a_drain_by_hand_says(hooked: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The pages that it wrote, on stdout; and that there was nothing to do."""
    for number in range(3):
        quietly(hooked, f"feat: step {number}")
    done = run(hooked.path, "hook", "drain")
    assert done.code == 0
    assert done.out.split() == [f"episodes/episode_00{number}.md" for number in (1, 2, 3)]
    assert done.err == "chronicles: 3 pages written or changed.\n"
    assert "wrote 3 pages (episode_001.md, episode_002.md, episode_003.md)" in run(hooked.path, "hook", "status").out
    done = run(hooked.path, "hook", "drain")
    assert (done.code, done.out, done.err) == (0, "", "chronicles: 0 pages written or changed.\n")


def test_a_commit_that_cannot_be_told(
    hooked: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told, it is named with its error, parked in the end, and told by hand once it can be."""
    shas = [quietly(hooked, f"feat: step {number}") for number in range(4)]
    build = rounds.build_dossiers

    def broken(shop: Any, keys: Any, **options: Any) -> Any:
        for key in keys:
            if key.commits[0] == shas[1]:
                raise KeyError("a surprise")
            yield from build(shop, [key], **options)

    monkeypatch.setattr(rounds, "build_dossiers", broken)
    done = run(hooked.path, "hook", "drain")
    assert done.code == 1
    assert f"{shas[1][:12]} could not be told, 1 tries: KeyError: 'a surprise'" in done.err.replace("1 try", "1 tries")
    status = run(hooked.path, "hook", "status")
    assert status.code == 0
    assert f"Failed: {shas[1][:12]} feat: step 1\n  failed after 1 try: KeyError: 'a surprise'" in status.out
    assert "  next try: with the next commit" in status.out
    for _ in range(TRIES - 1):
        run(hooked.path, "hook", "drain")
    status = run(hooked.path, "hook", "status")
    assert status.code == 1
    assert f"given up after {TRIES} tries" in status.out
    assert next_line(status).startswith("`chronicles hook drain` tries again what was given up")
    log = (hooked.path / ".git" / "chronicles-hook" / "log").read_text("utf-8")
    assert "in broken" in log
    monkeypatch.undo()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    done = run(hooked.path, "hook", "drain")
    assert done.code == 0
    assert run(hooked.path, "hook", "status").code == 0
    told = [json.loads(one.read_bytes()) for one in sorted((hooked.path / "episodes").glob("*.json"))]
    assert [one["dossier"]["subject"]["commits"] for one in told] == [[shas[at]] for at in (0, 2, 3, 1)]


def test_settings_that_are_broken(hooked: RepoBuilder, run: Callable[..., Ran]) -> None:
    """It is the settings' fault and said so; nothing is counted against the commit."""
    quietly(hooked, "feat: step")
    (hooked.path / "chronicles.toml").write_text("seriez = 'x'\n", "utf-8")
    done = run(hooked.path, "hook", "drain")
    assert done.code == 2
    assert "seriez" in done.err
    status = run(hooked.path, "hook", "status")
    assert status.code == 1
    assert "seriez" in next_line(status)
    assert next_line(status).endswith("Then `chronicles hook drain`.")
    (hooked.path / "chronicles.toml").unlink()
    assert run(hooked.path, "hook", "drain").code == 0
    assert run(hooked.path, "hook", "status").code == 0


def test_garbage_in_the_folder(hooked: RepoBuilder, run: Callable[..., Ran]) -> None:
    """It is named, whatever began before is left alone, and a drain by hand mends all of it."""
    quietly(hooked, "feat: one")
    assert run(hooked.path, "hook", "drain").code == 0
    quietly(hooked, "feat: two")
    state = hooked.path / ".git" / "chronicles-hook"
    for name in ("installed.json", "worker.json", "worker.pid", "hand", "log"):
        (state / name).write_bytes(b"\xff{garbage\n" * 3)
    (state / "rewritten" / "77").write_bytes(b"\x00\xff" * 100)
    status = run(hooked.path, "hook", "status")
    assert status.code == 1
    assert "installed.json cannot be read as what the hook keeps there" in status.out
    assert "worker.json cannot be read" in status.out
    assert "since nobody knows any more where it began" in status.out
    assert "Untold: 1" in status.out
    done = run(hooked.path, "hook", "drain")
    assert done.code == 0, done.err
    assert "the newest commit that has a page, since nobody knows any more" in done.err
    assert len(list((hooked.path / "episodes").glob("*.md"))) == 2
    status = run(hooked.path, "hook", "status")
    assert status.code == 0
    assert "cannot be read" not in status.out


def test_a_run_that_was_ended_by_force(hooked: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Whatever the clock said, it is shown, and nothing waits for that time to come."""
    quietly(hooked, "feat: one")
    state_of(hooked).tell(Report(began_at=4e9))
    (hooked.path / ".git" / "chronicles-hook" / "worker.pid").write_text("999999999\n", "ascii")
    status = run(hooked.path, "hook", "status")
    assert "Last run: began 2096-10-02T07:06:40Z, and has not ended in order, wrote 0 pages" in status.out
    assert "Worker:" not in status.out
    state_of(hooked).tell(Report(began_at=1e300, ended_at=-1e300))
    assert run(hooked.path, "hook", "status").code == 0
    assert run(hooked.path, "hook", "drain").code == 0
    assert len(list((hooked.path / "episodes").glob("*.md"))) == 1


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (Report(), ""),
        (Report(failures={"a" * 40: Parked(1, "x")}), ""),
        (Report(failure="no space\x1b[2J left"), "the hook could not write pages: no space\\x1b[2J left"),
        (Report(failures={"a" * 40: Parked(TRIES, "x")}), "the hook has given up a commit"),
        (Report(failures={c * 40: Parked(TRIES, "x") for c in "ab"}), "the hook has given up 2 commits"),
    ],
)
def test_a_terminal_is_told(
    hooked: RepoBuilder, monkeypatch: pytest.MonkeyPatch, report: Report, said: str, run: Callable[..., Ran]
) -> None:
    """One line where somebody has to look, from any folder and checkout; nothing in a pipe and where all is well."""
    state_of(hooked).tell(report)
    hooked.git("worktree", "add", "-q", "../beside", "-b", "beside")
    (hooked.path / "deep" / "down").mkdir(parents=True)
    wanted = f"chronicles: {said}. `chronicles hook status` says what to do.\n" if said else ""
    for folder in (hooked.path, hooked.path / "deep" / "down", hooked.path.with_name("beside")):
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
        notice(folder)
        assert terminal.getvalue() == wanted
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    notice(hooked.path)
    notice(hooked.path.with_name("nowhere"))
    assert pipe.getvalue() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
def test_a_command_in_a_terminal_tells(hooked: RepoBuilder) -> None:
    """Any command but those of the hook itself; and `--version` asks for no repository."""
    state_of(hooked).tell(Report(failure="no space left"))
    for arguments, told in ((("doctor",), True), (("hook", "status"), False), (("--version",), False)):
        ours, theirs = os.openpty()
        command = (sys.executable, "-m", "chronicles", *arguments)
        subprocess.run(command, cwd=hooked.path, stdout=subprocess.DEVNULL, stderr=theirs, check=False)
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 4096):
                said += part
        except OSError:
            pass  # how a terminal ends
        os.close(ours)
        assert (b"the hook could not write pages: no space left" in said) is told, arguments


def test_the_notice_loads_little(hooked: RepoBuilder) -> None:
    """It asks neither git nor a setting."""
    code = (
        "import sys\nsys.stderr.isatty = lambda: True\nbefore = set(sys.modules)\n"
        "from pathlib import Path\nfrom chronicles.commands.notice import notice\nnotice(Path())\n"
        "print(*sorted(sys.modules))"
    )
    state_of(hooked).tell(Report(failure="no space left"))
    done = subprocess.run([sys.executable, "-c", code], cwd=hooked.path, capture_output=True, text=True, check=True)
    assert "no space left" in done.stderr
    loaded = set(done.stdout.split())
    assert not loaded & {"subprocess", "pydantic", "sqlite3", "chronicles.config", "chronicles.history.location"}
