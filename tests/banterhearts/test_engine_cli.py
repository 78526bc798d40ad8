"""The root registers commands and turns errors into messages and exit codes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click
import pytest

import banterhearts
from banterhearts.cli import _COMMANDS, cli
from banterhearts.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.banterhearts.conftest import Ended


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | int | None], None]:
    """Let `doctor` be a command that raises, or ends with a status."""

    def make(outcome: Exception | int | None) -> None:
        @click.command("doctor")
        def command() -> None:
            if isinstance(outcome, Exception):
                raise outcome
            if outcome is not None:
                raise click.exceptions.Exit(outcome)

        module = ModuleType("banterhearts.commands.doctor")
        module.command = command  # type: ignore[attr-defined]  # a module of our own making
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return make


def test_version(engine: Callable[..., Ended], tmp_path: Path) -> None:
    """`--version` names the tool and the version of the distribution, the package's own."""
    done = engine(tmp_path, "--version")
    assert (done.code, done.out, done.err) == (0, f"banterhearts, version {version('chimera-chronicles')}\n", "")
    assert banterhearts.__version__ == version("chimera-chronicles")
    with pytest.raises(AttributeError, match="no attribute '__nothing__'"):
        _ = banterhearts.__nothing__


def test_overview(engine: Callable[..., Ended], tmp_path: Path) -> None:
    """The overview lists every command with the line it is registered with."""
    for arguments in (("--help",), ("-h",)):
        done = engine(tmp_path, *arguments)
        assert (done.code, done.err) == (0, "")
        for name, (_, line) in _COMMANDS.items():
            assert f"  {name}" in done.out
            assert line in done.out


def test_a_command_that_is_none(engine: Callable[..., Ended], tmp_path: Path) -> None:
    """What click refuses ends with 2, on stderr, with the usage."""
    done = engine(tmp_path, "nothing")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: banterhearts")
    assert cli.get_command(click.Context(cli), "nothing") is None


def test_every_command_is_registered() -> None:
    """Each module of commands that has a command is in the overview, and none is missing."""
    folder = Path(import_module("banterhearts.commands").__path__[0])
    declared = re.compile(r"^@click\.(?:command|group)\(", re.MULTILINE)
    modules = {path.stem for path in folder.glob("*.py") if declared.search(path.read_text(encoding="utf-8"))}
    assert modules == {module for module, _ in _COMMANDS.values()}


def test_the_module_is_the_script(tmp_path: Path) -> None:
    """`python -m banterhearts` does what the script does, with its exit code, and a closed pipe is no error."""
    for command in ((sys.executable, "-m", "banterhearts"), (str(Path(sys.executable).with_name("banterhearts")),)):
        done = subprocess.run((*command, "nothing"), cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Usage: banterhearts ")
        pipe = shlex.join((*command, "doctor", "--json")) + " | head -c 1"
        done = subprocess.run(("sh", "-c", pipe), cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("[", "")


@pytest.mark.parametrize("status", [None, 0, 1, 2])
def test_the_status_of_a_command_is_that_of_the_process(
    engine: Callable[..., Ended], tmp_path: Path, stand_in: Callable[..., None], status: int | None
) -> None:
    """A command that ends by itself ends with 0, and one with a finding or a fault with that."""
    stand_in(status)
    assert engine(tmp_path, "doctor").code == (status or 0)


def test_an_error_of_ours_is_one_line(
    engine: Callable[..., Ended], tmp_path: Path, stand_in: Callable[..., None]
) -> None:
    """What the core refuses is its message and exit 2."""
    stand_in(Missing("no server at localhost:11434", "start one with `ollama serve`"))
    done = engine(tmp_path, "doctor")
    assert (done.code, done.out) == (2, "")
    assert done.err == "banterhearts: no server at localhost:11434; start one with `ollama serve`\n"


def test_a_bug_has_no_traceback_unless_asked(
    engine: Callable[..., Ended], tmp_path: Path, stand_in: Callable[..., None]
) -> None:
    """A bug is one line that says how to see more; with `--debug` it is the traceback itself."""
    stand_in(ZeroDivisionError("nought"))
    done = engine(tmp_path, "doctor")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "banterhearts: ZeroDivisionError: nought. This is a bug; `banterhearts --debug ...` shows where, "
        "please report that.\n"
    )
    with pytest.raises(ZeroDivisionError):
        engine(tmp_path, "--debug", "doctor")


def test_an_interruption_is_told(engine: Callable[..., Ended], tmp_path: Path, stand_in: Callable[..., None]) -> None:
    """Ctrl-C ends with 130 and says what is kept."""
    stand_in(click.Abort())
    done = engine(tmp_path, "doctor")
    assert (done.code, done.err) == (
        130,
        "banterhearts: interrupted.\n",
    )


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_help_of_each_command(engine: Callable[..., Ended], tmp_path: Path, name: str) -> None:
    """Each command answers `--help` anywhere, on stdout, and describes all its options."""
    done = engine(tmp_path, name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: banterhearts {name} ")
    for command in _family(import_module(f"banterhearts.commands.{_COMMANDS[name][0]}").command):
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.name


def _family(command: click.Command) -> list[click.Command]:
    """A command and those under it."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return [command, *(one for child in below for one in _family(child))]
