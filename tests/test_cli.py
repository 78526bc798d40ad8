"""The root registers commands and turns errors into messages and exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from chronicles import __version__
from chronicles.cli import _COMMANDS, cli
from chronicles.evidence import parallel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

SCRIPT = Path(sys.executable).with_name("chronicles")
HEAVY = ("git", "lizard", "griffe", "detect_secrets", "pydantic", "rich", "jinja2", "numpy", "scipy", "yaml", "ollama")


def test_version(run: Callable[..., Ran], tmp_path: Path) -> None:
    """`--version` names the tool and its version."""
    assert run(tmp_path, "--version") == type(run(tmp_path, "--version"))(0, f"chronicles, version {__version__}\n", "")


def test_overview(run: Callable[..., Ran], tmp_path: Path) -> None:
    """The overview lists every command with the line it is registered with."""
    for arguments in (("--help",), ("-h",)):
        done = run(tmp_path, *arguments)
        assert done.code == 0
        for name, line in _COMMANDS.items():
            assert f"  {name}" in done.out
            assert line in done.out


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_help_of_each_command(run: Callable[..., Ran], tmp_path: Path, name: str) -> None:
    """Each command answers `--help` anywhere, on stdout, and describes all its options."""
    done = run(tmp_path, name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: chronicles {name} ")
    command = import_module(f"chronicles.commands.{name}").command
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.opts[0] in done.out


def test_every_command_is_registered() -> None:
    """Each module of commands that has a command is in the overview, and none is missing."""
    folder = Path(import_module("chronicles.commands").__path__[0])
    # The commands of a group lie in modules of their own, named for it first.
    modules = {
        path.stem.partition("_")[0]
        for path in folder.glob("*.py")
        if re.search(r"@click\.(command|group)\(", path.read_text())
    }
    assert modules == set(_COMMANDS)
    assert cli.get_command(click.Context(cli), "nothing") is None


def test_the_overview_loads_nothing_heavy() -> None:
    """`chronicles --help` imports click and no library that some command alone needs."""
    script = (
        "import sys; sys.argv = ['chronicles', '--help']\n"
        "from chronicles.cli import main\n"
        "try:\n    main()\nfinally:\n    print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True)
    for module in HEAVY:
        assert f"'{module}'" not in done.stderr
    assert "chronicles.commands" not in done.stderr


@pytest.mark.parametrize("arguments", [("nothing",), ("generate", "--nothing"), ("verify", "nowhere.md"), ("fact",)])
def test_usage_errors(run: Callable[..., Ran], tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """What click refuses ends with 2, on stderr, with the usage of the command."""
    done = run(tmp_path, *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: chronicles")


def test_an_error_has_no_traceback_unless_asked(
    repo: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug is one line that says how to see more; with `--debug` it is the traceback itself."""
    repo.commit("one", {"a": "1\n"})

    def broken(*_: object) -> None:
        raise ZeroDivisionError("nought")

    monkeypatch.setattr(parallel, "build_dossier", broken)
    done = run(repo.path, "generate")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "chronicles: ZeroDivisionError: nought. This is a bug; `chronicles --debug ...` shows where, "
        "please report that.\n"
    )
    with pytest.raises(ZeroDivisionError):
        run(repo.path, "--debug", "generate")


def test_settings_that_make_no_sense(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """An unknown setting, a wrong value and a file that is no TOML are named with their file."""
    repo.commit("one", {"a": "1\n"})
    path = repo.path / "chronicles.toml"
    for text, said in (
        ('sreies = "x"\n', "setting `sreies`"),
        ("fold_below = 900\n", "setting `fold_below`"),
        ('output = "../out"\n', "setting `output`"),
        ('repo_url = "javascript:alert(1)"\n', "setting `repo_url`"),
        ("= nothing\n", "no readable TOML"),
    ):
        path.write_text(text)
        done = run(repo.path, "generate")
        assert (done.code, done.out) == (2, "")
        assert f"{path}: {said}" in done.err


def test_a_reader_that_leaves(saga: RepoBuilder) -> None:
    """A pipe that is closed early ends a command quietly."""
    pipe = f"{SCRIPT} dossier HEAD --json | head -c 10"
    done = subprocess.run(["sh", "-c", pipe], cwd=saga.path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ('{\n "schema', "")


def test_the_module_is_the_script(repo: RepoBuilder) -> None:
    """`python -m chronicles` does what the script does, `-C` names the repository, and paths are relative to here."""
    repo.commit("one", {"a": "1\n"})
    for command in ((sys.executable, "-m", "chronicles"), (str(SCRIPT),)):
        done = subprocess.run(
            (*command, "-C", repo.path.name, "generate", "--force"),
            cwd=repo.path.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0
    assert (repo.path / "episodes/episode_001.md").is_file()


def test_output_in_another_encoding(saga: RepoBuilder) -> None:
    """A terminal that knows no Unicode gets the page's bytes all the same, never a traceback."""
    done = subprocess.run(
        (str(SCRIPT), "generate", "HEAD", "--dry-run"),
        cwd=saga.path,
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "📅".encode() in done.stdout


def test_settings_from_the_environment(
    repo: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment wins over the file."""
    repo.commit("one", {"a": "1\n"})
    (repo.path / "chronicles.toml").write_text('series = "File"\n')
    monkeypatch.setenv("CHRONICLES_SERIES", "Environment")
    assert "# Environment - Episode 1" in run(repo.path, "generate", "--dry-run").out


def test_json_is_json(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What reports in JSON puts nothing else on stdout."""
    for arguments in (
        ("dossier", "HEAD"),
        ("fact", "HEAD", "change.files"),
        ("verify",),
        ("generate",),
        ("doctor",),
    ):
        done = run(saga.path, *arguments, "--json")
        assert done.code in {0, 2}, arguments
        json.loads(done.out)


@pytest.mark.parametrize(
    ("environment", "calendar"),
    [
        ({"PYTHONIOENCODING": "ascii"}, "📅".encode()),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "📅".encode()),
        ({"PYTHONIOENCODING": "latin-1", "TERM": "dumb"}, b"\\U0001f4c5"),
    ],
)
def test_a_terminal_without_unicode(saga: RepoBuilder, environment: dict[str, str], calendar: bytes) -> None:
    """What a locale cannot show is written out, and neither a page nor a report stops in the middle."""
    done = subprocess.run(
        (SCRIPT, "generate", "HEAD", "--dry-run"),
        cwd=saga.path,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert calendar in done.stdout
