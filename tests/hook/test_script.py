"""The shell of the hook: in every shell that is here, under every option, for every kind of repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.hook.script import HOOKS, STATE, block, wake_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RepoBuilder

SHELLS = {
    "sh": ["sh"],
    "dash": ["dash"],
    "bash": ["bash"],
    "bash as sh": ["bash", "--posix"],
    "busybox": ["busybox", "sh"],
    "ksh": ["ksh"],
    "mksh": ["mksh"],
    "yash": ["yash"],
    "zsh": ["zsh"],
}
OPTIONS = ["", "-e", "-eu", "-C", "-f", "-euC"]
OLD, NEW = "1" * 40, "2" * 40
PATIENCE_SEC = 60


@pytest.fixture(params=SHELLS, ids=lambda name: name.replace(" ", "-"))
def shell(request: pytest.FixtureRequest) -> list[str]:
    """The command of one shell after the other; those that are not installed are skipped."""
    command = SHELLS[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    return command


@pytest.fixture
def top(tmp_path: Path) -> Iterator[Path]:
    """A folder that looks like a checkout with the hook, whose `wake` waits for `go`, or the end of the test."""
    state = tmp_path / "top/.git" / STATE
    (state / "rewritten").mkdir(parents=True)
    (state / "wake").write_text(
        # It stumbles over any option of the script that it is read by.
        'cd "$dir/chronicles-hook" || exit\nfalse\n: $never_set\n: >begun\n: >begun\n'
        "while [ -e wake ] && [ ! -e go ]; do sleep 0.02; done\n: >ended\n",
        "ascii",
    )
    yield tmp_path / "top"
    if state.is_dir():
        (state / "go").touch()


def run_hook(shell: list[str], top: Path, script: str, stdin: bytes = b"", **more: Any) -> tuple[str, str]:
    """Run a hook script as git would; what it printed on both streams. It has to end, and end well."""
    hook = top.parent / "hook"
    hook.write_text(f"#!/bin/sh\n{script}", "ascii")
    done = subprocess.run(
        [*shell, str(hook)], cwd=top, input=stdin, capture_output=True, timeout=PATIENCE_SEC, check=False, **more
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_the_rest_of_a_script_goes_on_as_ever(
    shell: list[str], options: str, hook: str, top: Path, wait_for: Callable[..., None]
) -> None:
    """Under any option the lines after the block run at once, with their input and nothing of ours in the way."""
    rest = 'echo "status $?"\nsleep 0.01 &\nwait\necho "input $(cat)"\nexec echo end\n'
    command = [*shell, options] if options else shell
    out, err = run_hook(command, top, block(hook) + rest, f"{OLD} {NEW}\n".encode())
    # `wake` goes on until it is let go: that this line is reached shows that nobody has waited for it.
    assert (out, err) == (f"status 0\ninput {OLD} {NEW}\nend\n", "")
    state = top / ".git" / STATE
    wait_for((state / "begun").exists, "`wake` was not run")
    (state / "go").touch()
    wait_for((state / "ended").exists, "`wake` did not outlive the hook")


@pytest.mark.parametrize("hook", HOOKS)
def test_variables_have_one_prefix(shell: list[str], hook: str, top: Path) -> None:
    """Of what the block sets, the lines after it see only names that begin with `chronicles_`."""
    rest = "set\n"
    without, _ = run_hook(shell, top, rest)
    with_block, _ = run_hook(shell, top, block(hook) + rest, b"x y\n")
    names = [{line.partition("=")[0] for line in one.splitlines() if "=" in line} for one in (without, with_block)]
    ours = {"chronicles_pairs"} if hook == "post-rewrite" else set()
    # In capitals a shell keeps its own, such as the statuses of the last pipe.
    assert {name for name in names[1] - names[0] if name.islower()} <= ours


MANY = b"".join(b"%040x %040x\n" % (number, number + 1) for number in range(3000))
"""More than a pipe holds."""


@pytest.mark.parametrize("trouble", ["none", "no state", "no folder", "a file for a folder", "an empty PATH"])
def test_rewritten_commits_reach_the_rest_whole(shell: list[str], trouble: str, top: Path) -> None:
    """However long the input is, and whatever has become of our folder, the lines after the block get all of it."""
    state = top / ".git" / STATE
    (state / "go").touch()
    rest = f"{sys.executable} -c 'import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())'\n"
    more: dict[str, Any] = {}
    if trouble == "no state":
        shutil.rmtree(state)
    elif trouble == "no folder":
        (state / "rewritten").rmdir()
    elif trouble == "a file for a folder":
        (state / "rewritten").rmdir()
        (state / "rewritten").touch()
    elif trouble == "an empty PATH":
        shell = [str(shutil.which(shell[0])), *shell[1:]]
        more["env"] = {"PATH": ""}
    out, err = run_hook(shell, top, block("post-rewrite") + rest, MANY, **more)
    assert (out.encode(), err) == (MANY, "")
    # What had no end gets one: sh hands text on by lines.
    out, _ = run_hook(shell, top, block("post-rewrite") + rest, MANY[:-1], **more)
    assert out.encode() == MANY
    out, _ = run_hook(shell, top, block("post-rewrite") + rest, b"", **more)
    assert not out


def test_rewritten_commits_are_kept_whole(shell: list[str], top: Path, wait_for: Callable[..., None]) -> None:
    """A worker finds the input of each call in a file of its own, and never a part of it."""
    state = top / ".git" / STATE
    (state / "go").touch()
    for wanted in (MANY, f"{OLD} {NEW}\n".encode()):
        run_hook(shell, top, block("post-rewrite"), wanted)
    kept = state / "rewritten"
    wait_for(lambda: sum(path.name.isdecimal() for path in kept.iterdir()) == 2, "they were not kept")
    assert sorted(path.read_bytes() for path in kept.iterdir()) == sorted([MANY, f"{OLD} {NEW}\n".encode()])


def test_a_full_disk_loses_no_input(top: Path) -> None:
    """What cannot be kept is handed on all the same: nothing on the way is written to the state folder."""
    state = top / ".git" / STATE
    (state / "go").touch()
    (state / "rewritten").rmdir()
    (state / "rewritten").symlink_to("/dev/full")
    (state / "begun").symlink_to("/dev/full")
    out, err = run_hook(["sh"], top, block("post-rewrite") + "cat\n", MANY)
    assert (out.encode(), err) == (MANY, "")


def test_closed_streams_do_no_harm(shell: list[str], top: Path) -> None:
    """A hook that was given no input at all goes on."""
    (top / ".git" / STATE / "go").touch()
    for hook in HOOKS:
        out, err = run_hook(["sh", "-c", f'exec {" ".join(shell)} "$0" <&-'], top, block(hook) + "echo on\n")
        assert (out, err) == ("on\n", "")


def test_nothing_happens_where_nobody_asked(shell: list[str], top: Path) -> None:
    """In a clone whose owner did not install the hook, the block prints nothing and makes nothing."""
    shutil.rmtree(top / ".git" / STATE)
    before = sorted(top.rglob("*"))
    for hook in HOOKS:
        assert run_hook(shell, top, block(hook) + "echo on\n", b"x y\n") == ("on\n", "")
    time.sleep(0.2)
    assert sorted(top.rglob("*")) == before


def test_the_block_is_the_same_everywhere() -> None:
    """It names nothing of the machine it was made on, so that a team may commit it."""
    for hook in HOOKS:
        text = block(hook)
        assert text.isascii()
        assert not {"/home", "/root", str(Path.cwd()), sys.prefix, os.sep + "work"} & set(text.split())
        assert sys.prefix not in text


def install_block(repo: RepoBuilder, waking: Any, hooks: Path, state: Path) -> Any:
    """A repository with bare hooks and a `wake` that leaves a mark."""
    hooks.mkdir(parents=True, exist_ok=True)
    for hook in HOOKS:
        (hooks / hook).write_text(f"#!/bin/sh\n{block(hook)}", "ascii")
        (hooks / hook).chmod(0o755)
    return waking(state)


@pytest.mark.parametrize("name", ["plain", "with space", 'quote\'d "$(touch x)"', "-dash", "new\nline", "ünï"])
def test_the_state_is_found_from_anywhere(
    name: str, make_repo: Callable[..., RepoBuilder], waking: Any, tmp_path: Path
) -> None:
    """From the checkout, a subfolder, a linked worktree, by --git-dir and by GIT_DIR, whatever the folder is called."""
    repo = make_repo(f"{name}/repo")
    git = repo.path / ".git"
    woken = install_block(repo, waking, git / "hooks", git / STATE)
    repo.commit("feat: one", {"deep/er/a.txt": "a\n"})
    woken.assert_reached()
    ada = repo.identity(None, None, ("Ada", "a@b"), None)
    repo.git("-C", "deep/er", "commit", "-q", "--allow-empty", "-m", "two", env=ada)
    woken.assert_reached()
    repo.git("worktree", "add", "-q", "-b", "topic", "../linked")
    repo.git("-C", "../linked", "commit", "-q", "--allow-empty", "-m", "three", env=ada)
    woken.assert_reached()
    repo.git("-C", "/", f"--git-dir={git}", f"--work-tree={repo.path}", "commit", "-qm", "4", "--allow-empty", env=ada)
    woken.assert_reached()
    env = {**ada, "GIT_DIR": str(git), "GIT_WORK_TREE": str(repo.path)}
    repo.git("-C", str(tmp_path), "commit", "-q", "--allow-empty", "-m", "five", env=env)
    woken.assert_reached()
    repo.git("-C", "../linked", "commit", "-q", "--amend", "--allow-empty", "-m", "six", env=ada)
    woken.assert_reached()


def test_a_submodule_has_its_own(make_repo: Callable[..., RepoBuilder], waking: Any) -> None:
    """A commit in a submodule reaches the state of the submodule, and not of what it lies in."""
    inner, outer = make_repo("inner"), make_repo("outer")
    inner.commit("feat: one", {"a.txt": "a\n"})
    outer.commit("feat: outer", {"b.txt": "b\n"})
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub dir")
    git = outer.path / ".git/modules/sub dir"
    outside = waking(outer.path / ".git" / STATE)
    inside = install_block(outer, waking, git / "hooks", git / STATE)
    ada = outer.identity(None, None, ("Ada", "a@b"), None)
    outer.git("-C", "sub dir", "commit", "-q", "--allow-empty", "-m", "two", env=ada)
    inside.assert_reached()
    assert not outside.reached


def test_a_rebase_tells_every_pair(repo: RepoBuilder, waking: Any, wait_for: Callable[..., None]) -> None:
    """What git says of a rebase and of an amended commit is kept, and merges wake as commits do."""
    repo.commit("feat: one", {"a.txt": "a\n"})
    repo.branch("topic")
    repo.commit("feat: two", {"b.txt": "b\n"})
    repo.commit("feat: three", {"c.txt": "c\n"})
    repo.switch("main")
    repo.commit("feat: four", {"d.txt": "d\n"})
    git = repo.path / ".git"
    woken = install_block(repo, waking, git / "hooks", git / STATE)
    repo.switch("topic")
    old = repo.git("rev-list", "--reverse", "main..topic").split()
    repo.git("rebase", "-q", "main", env=repo.identity(None, None, ("Ada", "a@b"), None))
    new = repo.git("rev-list", "--reverse", "main..topic").split()
    wait_for(woken.pairs, "the pairs were not kept")
    assert woken.pairs() == ["".join(f"{a} {b}\n" for a, b in zip(old, new, strict=True)).encode()]
    wait_for(lambda: woken.reached, "no hook has reached `wake`")
    repo.switch("main")
    woken.forget()
    repo.git("merge", "-q", "--ff-only", "topic")
    woken.assert_reached()


# The `wake` script


STAND_IN = """\
#!/bin/sh
{ printf '%s\\n' "$@"; echo "cwd $PWD"; umask; env | grep '^GIT_'; grep SigIgn /proc/self/status; } >seen.new
mv seen.new seen
"""
"""In the place of Python: says how it was called."""


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A program with a name that a careless script would trip over."""
    folder = tmp_path / 'it\'s "a" $(touch pwned) `touch pwned`\nplace'
    folder.mkdir()
    program = folder / "python 3; touch pwned"
    program.write_text(STAND_IN, "ascii")
    program.chmod(0o755)
    return program


def write_wake(top: Path, python: Path, package: Path | None = None) -> Path:
    """Put the real `wake` into a state folder."""
    state = top / ".git" / STATE
    (state / "wake").write_bytes(wake_script(python, package or Path(__file__), Path(shutil.which("git") or "git")))
    return state


def test_the_worker_is_started_as_it_should_be(
    shell: list[str], top: Path, stand_in: Path, wait_for: Callable[..., None]
) -> None:
    """From any shell the interpreter starts, unquoted by its name, with none of the commit's surroundings."""
    state = write_wake(top, stand_in)
    env = {**os.environ, "GIT_DIR": ".git", "GIT_INDEX_FILE": "x", "GIT_AUTHOR_DATE": "y", "GIT_CONFIG_COUNT": "0"}
    run_hook(["sh", "-c", f'umask 027; exec {" ".join(shell)} "$0"'], top, block("post-commit"), env=env)
    wait_for((state / "seen").exists, "the worker was not started")
    lines = (state / "seen").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("GIT_")] == [
        f"{name}={value}" for name, value in os.environ.items() if name.startswith("GIT_CONFIG_")
    ]
    assert lines[:6] == ["-E", "-P", "-X", "utf8", "-m", "chronicles"]
    assert str(top) in lines
    assert f"cwd {state}" in lines  # where nothing of the repository can be taken for a module
    assert {"0027", "027"} & set(lines)
    ignored = next(line for line in lines if line.startswith("SigIgn"))
    assert int(ignored.split()[1], 16) & 1, "a terminal that closes would end the worker"
    assert not list(top.rglob("pwned"))
    assert not list(state.glob("missing"))


@pytest.mark.parametrize("gone", ["python", "package"])
def test_a_vanished_environment_is_noted(gone: str, top: Path, stand_in: Path, wait_for: Callable[..., None]) -> None:
    """Without the interpreter, or our package in it, the hook says in its folder what is gone, until it is back."""
    package = top.parent / "package.py"
    package.touch()
    state = write_wake(top, stand_in, package)
    lost = stand_in if gone == "python" else package
    lost.rename(lost.with_name("away"))
    run_hook(["sh"], top, block("post-commit"))
    wait_for((state / "missing").exists, "nothing was noted")
    wait_for(lambda: (state / "missing").read_text("utf-8") == f"{lost}\n", "something else was noted")
    lost.with_name("away").rename(lost)
    run_hook(["sh"], top, block("post-commit"))
    wait_for((state / "seen").exists, "the worker was not started")
    assert not (state / "missing").exists()


def stale(pid: Path, sec: float) -> None:
    """Have a file be as old as that, or come from the future."""
    os.utime(pid, (time.time() - sec, time.time() - sec))


@pytest.mark.parametrize(
    ("content", "age_sec", "starts"),
    [
        ("{own}\n", 0, False),
        ("{own}\n", 1000, True),  # the number is another process's by now
        ("{own}\n", -100_000, True),  # the clock was set back, and this proves nothing
        ("{dead}\n", 0, True),
        ("", 0, True),
        ("garbage; touch pwned\n", 0, True),
        (None, 0, True),
    ],
)
def test_python_starts_unless_a_worker_is_at_work(
    content: str | None,
    age_sec: float,
    starts: bool,  # noqa: FBT001 - a column of the table above
    top: Path,
    stand_in: Path,
    wait_for: Callable[..., None],
) -> None:
    """A worker at work is told by its file; when in doubt another one starts, which finds the real lock."""
    state = write_wake(top, stand_in)
    ended = subprocess.Popen(["true"])
    ended.wait()
    if content is not None:
        (state / "worker.pid").write_text(content.format(own=os.getpid(), dead=ended.pid), "ascii")
        stale(state / "worker.pid", age_sec)
    run_hook(["sh"], top, block("post-commit"), env=with_sleep(top, ": >slept"))
    wait_for((state / "woken").exists, "no wake-up was left")
    if starts:
        wait_for((state / "seen").exists, "no worker was started")
    else:
        time.sleep(0.5)
        assert not (state / "seen").exists()
    assert (state / "slept").exists() == starts
    assert not list(top.rglob("pwned"))


def with_sleep(top: Path, line: str) -> dict[str, str]:
    """An environment in which `sleep` is something else."""
    program = top.parent / "bin/sleep"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{line}\n", "ascii")
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


def test_python_starts_when_the_commit_is_over(
    shell: list[str], top: Path, stand_in: Path, wait_for: Callable[..., None]
) -> None:
    """Its start would take the processor from the commit, so it comes a second later, when nobody waits any more."""
    told = subprocess.run([*shell, "-c", "type sleep"], capture_output=True, text=True, check=True).stdout
    if "builtin" in told:
        pytest.skip("this shell sleeps by itself, and cannot be stopped in the midst of it")
    state = write_wake(top, stand_in)
    waiting = f": >asleep; until [ -e go ]; do {shutil.which('sleep')} 0.02; done"
    run_hook(shell, top, block("post-commit"), env=with_sleep(top, waiting))
    wait_for((state / "asleep").exists, "it did not wait")
    assert not (state / "seen").exists()
    (state / "go").touch()
    wait_for((state / "seen").exists, "the worker was not started")


def test_a_worker_that_begins_meanwhile_is_enough(top: Path, stand_in: Path, wait_for: Callable[..., None]) -> None:
    """Who would start Python, and finds a worker after its second, leaves its mark once more."""
    state = write_wake(top, stand_in)
    begins = f"rm woken; echo {os.getpid()} >worker.pid; : >asleep"
    run_hook(["sh"], top, block("post-commit"), env=with_sleep(top, begins))
    wait_for((state / "asleep").exists, "it did not wait")
    wait_for((state / "woken").exists, "the worker was not woken")
    time.sleep(0.5)
    assert not (state / "seen").exists()


def test_one_of_many_shells_starts_python(
    shell: list[str], top: Path, stand_in: Path, wait_for: Callable[..., None]
) -> None:
    """While one waits to start it the others leave their mark and end; one that was killed holds up nobody for long."""
    state = write_wake(top, stand_in)
    starting = state / "starting"
    starting.touch()
    run_hook(shell, top, block("post-commit"))
    wait_for((state / "woken").exists, "no wake-up was left")
    time.sleep(1.5)
    assert not (state / "seen").exists()
    assert starting.exists()
    stale(starting, 100)
    run_hook(shell, top, block("post-commit"))
    wait_for((state / "seen").exists, "no worker was started")
    assert not starting.exists()


def test_a_worker_of_another_user_is_none_of_ours(
    top: Path, stand_in: Path, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    """Whom we may not signal we cannot know to be a worker: another one starts, and finds the lock."""
    if os.geteuid() != 0:
        pytest.skip("only root can run something as somebody else")
    state = write_wake(top, stand_in)
    (state / "worker.pid").write_text(f"{os.getpid()}\n", "ascii")
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 65534, 65534)
    open_up(tmp_path)
    run_hook(["sh"], top, block("post-commit"), user=65534, group=65534)
    wait_for((state / "seen").exists, "no worker was started")


def open_up(path: Path) -> None:
    """Let everybody pass through the folders above a path."""
    for folder in path.parents:
        if folder.stat().st_mode & 0o001 == 0 and folder.is_relative_to("/tmp"):  # noqa: S108 - where pytest works
            folder.chmod(folder.stat().st_mode | 0o011)


def test_a_folder_that_may_not_be_written_stops_nobody(top: Path, stand_in: Path, tmp_path: Path) -> None:
    """In a read-only state folder no worker starts, nothing is printed, and the commit's other lines run."""
    state = write_wake(top, stand_in)
    more = {}
    if os.geteuid() == 0:
        open_up(tmp_path)
        tmp_path.chmod(0o755)
        more = {"user": 65534, "group": 65534}
    else:
        state.chmod(0o555)
    for hook in HOOKS:
        assert run_hook(["sh"], top, block(hook) + "echo on\n", b"x y\n", **more) == ("on\n", "")


def test_a_commit_of_root_leaves_what_its_owner_can_remove(
    top: Path, stand_in: Path, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    """What root's hook leaves in a user's repository can be read and removed by the user, whatever root's umask."""
    if os.geteuid() != 0:
        pytest.skip("only root can do what root does")
    state = write_wake(top, stand_in)
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 65534, 65534)
    open_up(tmp_path)
    run_hook(["sh", "-c", 'umask 077; exec sh "$0"'], top, block("post-rewrite"), f"{OLD} {NEW}\n".encode())
    wait_for((state / "seen").exists, "the hook did not get there")
    (kept,) = (state / "rewritten").iterdir()
    act = f'cat "{kept}" && rm -f "{kept}" "{state}/woken" && : >"{state}/woken"'
    done = subprocess.run(["sh", "-c", act], user=65534, group=65534, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (f"{OLD} {NEW}\n".encode(), b"")


@pytest.mark.parametrize("environment", [{"PATH": ""}, {"LC_ALL": "C"}, {"LC_ALL": "xx_YY.latin1", "LANG": ""}])
def test_commits_of_odd_surroundings_succeed(
    environment: dict[str, str], repo: RepoBuilder, stand_in: Path, wait_for: Callable[..., None]
) -> None:
    """From a graphical client with no PATH, or in a locale of C, the commit is made and the worker starts."""
    repo.commit("feat: one", {"a.txt": "a\n"})
    (repo.path / ".git" / STATE).mkdir()
    state = write_wake(repo.path, stand_in)
    (repo.path / ".git/hooks").mkdir(exist_ok=True)
    hook = repo.path / ".git/hooks/post-commit"
    hook.write_text(f"#!/bin/sh\n{block('post-commit')}", "ascii")
    hook.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name.startswith("GIT_CONFIG_")}
    env = {**kept, **environment, **repo.identity(None, None, ("Ada", "a@b"), None)}
    git = str(shutil.which("git"))
    done = subprocess.run(
        [git, "commit", "--allow-empty", "-qm", "ünï"], cwd=repo.path, env=env, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    wait_for((state / "seen").exists, "the worker was not started")


def test_paths_of_windows_are_written_as_its_shell_wants_them() -> None:
    """In Git for Windows a drive is a folder, since a colon would part two entries of PATH."""
    python = PureWindowsPath(r"C:\Users\Ada L\venv\Scripts\python.exe")
    script = wake_script(python, python.with_name("x.py"), PureWindowsPath(r"D:\Git\cmd\git.exe")).decode()
    assert "python='/c/Users/Ada L/venv/Scripts/python.exe'\n" in script
    assert "PATH=${PATH:+$PATH:}/d/Git/cmd:/usr/bin:/bin\n" in script
