"""Workers as the hook starts them, and what becomes of repositories that they work in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands.draining import Pages
from chronicles.documents import telling
from chronicles.history.location import locate
from chronicles.hook.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

CHRONICLES = (sys.executable, "-m", "chronicles")
CODE = "".join(f"def part_{at}(value):\n    if value:\n        return {at}\n\n\n" for at in range(9))


def shas(repo: RepoBuilder, since: str = "") -> list[str]:
    """The steps of main, oldest first."""
    return repo.git("rev-list", "--reverse", "--first-parent", f"{since}..main" if since else "main").split()


def start(path: Path, **more: Any) -> subprocess.Popen[str]:
    """Start a worker as the shell does."""
    command = (*CHRONICLES, "-C", str(path), "hook", "drain", "--background")
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL) | more
    return subprocess.Popen(command, cwd=path / ".git" / "chronicles-hook", text=True, **streams)


def shadows(folder: Path) -> list[Path]:
    """Temporary folders of ours."""
    return [one for one in folder.iterdir() if one.name.startswith("chronicles-git-")]


@pytest.fixture
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder in which only this test's processes leave anything."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_commits_are_told_by_one_worker(hooked: RepoBuilder, hooks: Any) -> None:
    """Commits that come together are told together, in their order; what was there before is not."""
    before = hooked.head
    for number in range(4):
        hooked.commit(f"feat: step {number}", {"a.txt": f"{number}\n"})
    hooks.settle()
    assert hooks.told(hooked.path) == shas(hooked, before)
    assert hooks.log(hooked.path).count("wrote") <= 2
    state = hooked.path / ".git" / "chronicles-hook"
    assert not {"woken", "worker.pid", "hand"} & {path.name for path in state.iterdir()}
    report = json.loads((state / "worker.json").read_bytes())
    assert report["failure"] == report["waiting"] == ""


def test_a_worker_is_in_nobodys_way(hooked: RepoBuilder, hooks: Any, own_tmp: Path) -> None:
    """It has a session of its own, is nice, stands in no folder, and keeps nothing open that its starter had."""
    hooked.commit("feat: step", {"a.txt": "b\n"})
    hooks.settle()
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    (hooked.path / ".git" / "MERGE_HEAD").write_text(hooked.head)  # so that it waits
    process = start(hooked.path, close_fds=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(writer)
    try:
        hooks.wait_for(lambda: "waits for" in hooks.log(hooked.path))
        assert os.getsid(process.pid) == process.pid
        assert os.getpriority(os.PRIO_PROCESS, process.pid) >= 10
        assert Path(f"/proc/{process.pid}/cwd").readlink() == Path("/")
        os.set_blocking(reader, False)
        assert os.read(reader, 1) == b""  # its end: nobody has the other end any more
        os.kill(process.pid, signal.SIGHUP)
        time.sleep(0.1)
        assert process.poll() is None
    finally:
        os.close(reader)
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert (out, err) == ("", "")
    assert process.returncode == 128 + signal.SIGTERM
    assert shadows(own_tmp) == []
    assert not (hooked.path / ".git" / "chronicles-hook" / "worker.pid").exists()


def test_a_second_worker_loads_nothing(hooked: RepoBuilder, hooks: Any) -> None:
    """What finds another at work has not imported what tells pages."""
    hooked.commit("feat: step", {"a.txt": "b\n"})
    hooks.settle()
    (hooked.path / ".git" / "MERGE_HEAD").write_text(hooked.head)
    first = start(hooked.path)
    hooks.wait_for(lambda: "waits for" in hooks.log(hooked.path))
    code = (
        f"import sys\nsys.argv = ['chronicles', '-C', {str(hooked.path)!r}, 'hook', 'drain', '--background']\n"
        "from chronicles.cli import main\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    state = hooked.path / ".git" / "chronicles-hook"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=state)
    loaded = set(done.stderr.split())
    assert "chronicles.hook.worker" in loaded
    assert not loaded & {"chronicles.commands.draining", "chronicles.commands.session", "chronicles.history.spawn"}
    assert not {name.partition(".")[0] for name in loaded} & {"pydantic", "sqlite3", "logging", "subprocess", "git"}
    command = (sys.executable, "-X", "importtime", *CHRONICLES[1:], "-C", str(hooked.path), "hook", "drain")
    done = subprocess.run([*command, "--background"], capture_output=True, text=True, check=True, cwd=state)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "chronicles.hook.probe" in loaded
    assert not loaded & {"click", "chronicles.cli", "chronicles.files", "dataclasses", "typing"}
    assert first.poll() is None
    (hooked.path / ".git" / "MERGE_HEAD").unlink()
    assert first.wait(timeout=60) == 0


def test_it_waits_for_the_end_of_a_merge(hooked: RepoBuilder, hooks: Any, run: Callable[..., Ran]) -> None:
    """Nothing is written meanwhile, by hand somebody is told what it waits for, and afterwards it goes on."""
    before = hooked.head
    hooked.branch("topic")
    hooked.commit("feat: topic", {"a.txt": "topic\n"})
    hooked.switch("main")
    hooked.commit("feat: main", {"a.txt": "main\n"})
    hooks.settle()
    told = hooks.told(hooked.path)
    env = {**os.environ, **hooked.identity(None, None, ("Ada", "ada@example.org"), None)}
    subprocess.run(["git", "merge", "topic"], cwd=hooked.path, env=env, capture_output=True, check=False)
    process = start(hooked.path)
    hooks.wait_for(lambda: "waits for a merge" in hooks.log(hooked.path))
    done = run(hooked.path, "hook", "drain")
    assert done.code == 1
    assert "pages wait for a merge in" in done.err
    assert "finish or abort the merge" in done.err
    status = run(hooked.path, "hook", "status")
    assert f"Worker: process {process.pid} is at work" in status.out
    assert "Waits for: a merge" in status.out
    assert hooks.told(hooked.path) == told
    hooked.commit("merge topic", {"a.txt": "both\n"})
    assert process.wait(timeout=60) == 0
    hooks.settle()
    assert hooks.told(hooked.path) == shas(hooked, before)


def test_a_branch_that_is_not_checked_out_waits(hooked: RepoBuilder, hooks: Any, run: Callable[..., Ran]) -> None:
    """Commits of other branches have no pages; the published branch's have them where it is checked out."""
    before = hooked.head
    hooked.branch("topic")
    topic = hooked.commit("feat: topic", {"b.txt": "b\n"})
    hooks.settle()
    assert not (hooked.path / "episodes").exists()
    hooked.git("push", "-q", ".", "topic:main")
    done = run(hooked.path, "hook", "drain")
    assert done.code == 1
    assert "pages wait for the branch main to be checked out. Next: `git switch main`" in done.err
    status = run(hooked.path, "hook", "status")
    assert status.code == 0
    assert "Waits for: the branch main to be checked out" in status.out
    hooked.git("worktree", "add", "-q", "../beside", "main")
    assert run(hooked.path, "hook", "drain").code == 0
    assert hooks.told(hooked.path.parent / "beside") == shas(hooked, before) == [topic]
    assert not (hooked.path / "episodes").exists()


def test_a_repository_that_moves_while_it_is_told(hooked: RepoBuilder, hooks: Any, run: Callable[..., Ran]) -> None:
    """The worker ends and makes nothing at the old place; what is untold is told at the new one."""
    before = hooked.head
    for number in range(40):
        hooked.git(
            "-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", f"step {number}", env=_ada()
        )
    process = start(hooked.path)
    hooks.wait_for(lambda: len(list(hooked.path.glob("episodes/*.md"))) > 5)
    new = hooked.path.with_name("moved")
    hooked.path.rename(new)
    assert process.wait(timeout=60) == 0
    assert not hooked.path.exists()
    old, hooked.path = hooked.path, new
    hooked.commit("feat: here", {"a.txt": "here\n"})
    hooks.settle()
    assert run(new, "hook", "drain").code == 0
    assert hooks.told(new) == shas(hooked, before)
    assert not old.exists()
    hooks.verify(new)


def test_a_repository_that_is_deleted_while_it_is_told(hooked: RepoBuilder, hooks: Any, own_tmp: Path) -> None:
    """The worker ends, and nothing of it is left anywhere."""
    for number in range(40):
        hooked.git(
            "-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", f"step {number}", env=_ada()
        )
    process = start(hooked.path)
    hooks.wait_for(lambda: len(list(hooked.path.glob("episodes/*.md"))) > 5)
    gone = hooked.path.with_name("gone")
    hooked.path.rename(gone)  # at once, or the worker would write into folders that are being emptied
    shutil.rmtree(gone, ignore_errors=True)
    process.wait(timeout=60)
    shutil.rmtree(gone, ignore_errors=True)
    assert not hooked.path.exists()
    assert shadows(own_tmp) == []


def test_a_checkout_that_is_removed_while_it_is_told(hooked: RepoBuilder, hooks: Any, run: Callable[..., Ran]) -> None:
    """The worker was woken from it and writes into it: it ends, and the pages come where the branch is next."""
    before = hooked.head
    hooked.branch("topic")
    beside = hooked.path.with_name("beside")
    hooked.git("worktree", "add", "-q", str(beside), "main")
    for number in range(40):
        hooked.git("-c", "core.hooksPath=/dev/null", "-C", str(beside), "commit", "-q", "--allow-empty", "-m",
                   f"step {number}", env=_ada())  # fmt: skip
    command = (*CHRONICLES, "-C", str(beside), "hook", "drain", "--background")
    process = subprocess.Popen(command, cwd=hooked.path / ".git" / "chronicles-hook")
    hooks.wait_for(lambda: len(list(beside.glob("episodes/*.md"))) > 5)
    beside.rename(beside.with_name("away"))
    hooked.git("worktree", "prune")
    # It finds that its pages wait for the branch to be checked out, once what it had in hand has failed.
    assert process.wait(timeout=60) == 0
    assert not beside.exists()
    hooked.switch("main")
    assert run(hooked.path, "hook", "drain").code == 0
    assert hooks.told(hooked.path) == shas(hooked, before)


def test_who_ends_a_worker_gets_a_whole_page(hooked: RepoBuilder, hooks: Any, own_tmp: Path) -> None:
    """SIGTERM at any moment leaves pages that are whole, no temporary folder, and no commit to blame."""
    before = hooked.head
    for number in range(30):
        hooked.git(
            "-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", f"step {number}", env=_ada()
        )
    ended = []
    for wait in (0.02, 0.1, 0.3, 0.6, 0.9, 1.2):
        process = start(hooked.path)
        time.sleep(wait)
        process.terminate()
        ended.append(process.wait(timeout=60))
        assert shadows(own_tmp) == []
        assert not list(hooked.path.glob("episodes/.*"))
        assert not (hooked.path / ".git" / "chronicles-hook" / "hand").exists()
    assert set(ended) <= {0, 143, -15}
    assert 143 in ended
    process = start(hooked.path)
    assert process.wait(timeout=60) == 0
    assert hooks.told(hooked.path) == shas(hooked, before)
    hooks.verify(hooked.path)


def test_a_page_in_hand_is_written_before_the_end(hooked: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM in the very moment in which a page goes to its place ends the worker after it, not in it."""
    for number in range(4):
        hooked.git(
            "-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", f"step {number}", env=_ada()
        )
    state = State(hooked.path / ".git")
    pages = Pages(locate(hooked.path), state)
    write, names = telling.write_together, []

    def write_and_end(files: Any) -> Any:
        names.append(min(path.name for path in files))
        if names[-1] == "episode_002.json":
            os.kill(os.getpid(), signal.SIGTERM)
        return write(files)

    monkeypatch.setattr(telling, "write_together", write_and_end)
    before = signal.getsignal(signal.SIGTERM)
    pages.ending.listen()
    try:
        with pytest.raises(SystemExit) as ended, pages.open() as desk:
            desk.tell(desk.untold)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 128 + signal.SIGTERM
    there = sorted(path.name for path in (hooked.path / "episodes").iterdir())
    assert {"episode_002.json", "episode_002.md"} <= set(there)
    assert "episode_004.md" not in there
    assert len(there) % 2 == 0


def test_a_run_by_hand_that_is_ended_leaves_no_folder(saga: RepoBuilder, own_tmp: Path, hooks: Any) -> None:
    """Every command unwinds when it is ended from outside."""
    shutil.rmtree(saga.path / "episodes")
    process = subprocess.Popen((*CHRONICLES, "generate", "--all"), cwd=saga.path, stderr=subprocess.DEVNULL)
    hooks.wait_for(lambda: shadows(own_tmp))
    process.terminate()
    assert process.wait(timeout=60) == 143
    assert shadows(own_tmp) == []


def test_pages_follow_rewritten_commits(hooked: RepoBuilder, hooks: Any, run: Callable[..., Ran]) -> None:
    """Amended and rebased commits keep their pages, the pairs are used once, and where it began follows too."""
    before = hooked.head
    for number in range(4):
        hooked.commit(f"feat: step {number}", {f"{number}.txt": f"{number}\n"})
    hooks.settle()
    told = hooks.told(hooked.path)
    env = {**os.environ, **hooked.identity(None, None, ("Ada", "ada@example.org"), None)}
    rewritten = hooked.path / ".git" / "chronicles-hook" / "rewritten"
    amend = ["git", "commit", "-q", "--amend", "-m", "fix: something else"]
    (hooked.path / "3.txt").write_text("another three\n")
    subprocess.run([*amend, "-a"], cwd=hooked.path, env=env, check=True)
    hooks.settle()
    assert hooks.told(hooked.path) == [*told[:3], hooked.head]
    assert list(rewritten.iterdir()) == []
    script = "sed -i 's/^pick/reword/;2s/^/exec true\\n/'"
    editor = "sed -i '1s/^/again: /'"
    env |= {"GIT_SEQUENCE_EDITOR": script, "GIT_EDITOR": editor}
    subprocess.run(["git", "rebase", "-q", "-i", "--root"], cwd=hooked.path, env=env, check=True)
    hooks.settle()
    assert hooks.told(hooked.path) == shas(hooked)[1:]
    assert list(rewritten.iterdir()) == []
    installed = json.loads((rewritten.parent / "installed.json").read_bytes())
    assert installed["since"] == shas(hooked)[0] != before
    assert "4 pages followed rewritten commits" in hooks.log(hooked.path)
    assert run(hooked.path, "hook", "status").code == 0
    hooks.verify(hooked.path)


def test_pages_are_committed_where_the_settings_ask_for_it(
    hooked: RepoBuilder, hooks: Any, run: Callable[..., Ran]
) -> None:
    """In one commit a pass, which has no page itself and wakes nobody for ever; what is left over is said and done."""
    hooked.git("config", "user.name", "Ada")
    hooked.git("config", "user.email", "ada@example.org")
    before = hooked.head
    hooked.commit("build: settings", {"chronicles.toml": '[hook]\npages = "commit"\n'})
    hooks.settle()
    subjects = hooked.git("log", "--format=%s", f"{before}..").splitlines()
    assert subjects == ["docs(chronicles): episode 1", "build: settings"]
    assert hooked.git("status", "--porcelain") == ""
    assert len(hooks.told(hooked.path)) == 1
    for number in range(2):
        hooked.git(
            "-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", f"step {number}", env=_ada()
        )
    (hooked.path / ".git" / "index.lock").touch()  # git is at work, or was killed
    done = run(hooked.path, "hook", "drain")
    assert done.code == 0
    assert "not committed yet" in done.err
    status = run(hooked.path, "hook", "status")
    assert status.code == 0
    assert "Not staged or committed yet: what the last pass wrote" in status.out
    assert "the next pass stages or commits what the last one left" in status.out
    (hooked.path / ".git" / "index.lock").unlink()
    assert run(hooked.path, "hook", "drain").code == 0
    assert hooked.git("status", "--porcelain") == ""
    assert hooked.git("log", "-1", "--format=%s") == "docs(chronicles): episodes 2 and 3"
    assert "Not staged" not in run(hooked.path, "hook", "status").out
    hooks.settle()
    assert len(hooks.told(hooked.path)) == 3
    hooks.verify(hooked.path)


def test_a_file_system_that_knows_no_locks(hooked: RepoBuilder, hooks: Any, run: Callable[..., Ran]) -> None:
    """Nobody can be sure to be alone there, so nothing is written, and it is said."""
    hooked.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "step", env=_ada())
    code = (
        "import fcntl, sys\n"
        "def refuse(*_): raise OSError(37, 'No locks available')\n"
        "fcntl.flock = refuse\n"
        f"sys.argv = ['chronicles', '-C', {str(hooked.path)!r}, 'hook', 'drain', *sys.argv[1:]]\n"
        "from chronicles.__main__ import start\nstart()"
    )
    state = hooked.path / ".git" / "chronicles-hook"
    by_hand, behind = (
        subprocess.run([sys.executable, "-c", code, *more], cwd=state, capture_output=True, text=True, check=False)
        for more in ((), ("--background",))
    )
    assert by_hand.returncode == 2
    assert "no locks available" in by_hand.stderr
    assert (behind.returncode, behind.stderr) == (0, "")
    assert not (hooked.path / "episodes").exists()
    status = run(hooked.path, "hook", "status")
    assert status.code == 1
    assert "no locks available" in status.out.splitlines()[-1]
    assert run(hooked.path, "hook", "drain").code == 0
    assert run(hooked.path, "hook", "status").code == 0


def _ada() -> dict[str, str]:
    names = {"NAME": "Ada", "EMAIL": "ada@example.org"}
    return {f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in names.items()}
