"""The `chronicles` command: registers the commands and turns errors into messages and exit codes.

Each command lives in a module of `chronicles.commands` and is imported only when it is called or asked for help,
because the narrator is run after every commit and most of its weight belongs to one command or another. Exit 0: done;
1: a finding; 2: usage or environment.
"""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chronicles import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

_COMMANDS = {
    "init": "Write the configuration and folders that a repository needs.",
    "dossier": "Show the facts and claims of one subject.",
    "fact": "Derive one fact and show how.",
    "generate": "Write the episodes of commits, days or tags.",
    "patch": "Write a patch document: what changed between two points.",
    "verify": "Derive every published fact again.",
    "adopt": "Sign the edits on a page as a person's own.",
    "remove": "Take a page out for good.",
    "hook": "Write the pages of new commits after each commit.",
    "site": "Build the site that people browse.",
    "personas": "Show the personas, check their files, measure a model.",
    "doctor": "Say what is installed, reachable and missing.",
}
"""Name to its line in the overview, so that the overview loads no command."""


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"chronicles.commands.{cmd_name}").command
        assert isinstance(command, click.Command), cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chronicles")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "-C", "--repository", "path", default=".", show_default=True, metavar="PATH", help="The repository to work on."
)
@click.pass_context
def cli(ctx: click.Context, path: str, *, debug: bool) -> None:
    """Tell a repository's history, every number bound to a fact.

    Start with `chronicles init`, then `chronicles generate` writes the episode of the newest commit and
    `chronicles verify` derives everything it says again from git.
    """
    ctx.obj = {"path": path, "debug": debug}
    if ctx.invoked_subcommand not in (None, "hook") and sys.stderr.isatty():
        from chronicles.commands.notice import notice  # noqa: PLC0415 - only a person at a terminal is told

        notice(Path(path))


def main() -> None:
    """Run the command line; the only place that knows both errors and exit codes."""
    _speak_any_terminal()
    with _ending_in_order():
        status = _run(sys.argv[1:])
    sys.exit(status)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Have what ends a process from outside unwind the stack, so that temporary folders and children go with it.

    An interrupt does so anyway. Who has a signal ignored, as `nohup` has, means it.
    """

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows knows no SIGHUP
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(arguments: list[str]) -> int:
    """Run the command line; returns the exit code."""
    debug = "--debug" in arguments
    try:
        # click's own parser still answers --help, --version and usage errors.
        status = cli.main(arguments, prog_name="chronicles", standalone_mode=False)
    except click.exceptions.Exit as error:
        status = error.exit_code
    except click.ClickException as error:
        error.show()
        status = 2
    except click.Abort:
        status = _say("interrupted. What was finished is kept; run it again to go on.", 130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left, which is no error of anybody's
        status = 0
    except Exception as error:
        if debug:
            raise
        status = _report(error)
    return status if isinstance(status, int) else 0


def _speak_any_terminal() -> None:
    """Have what a terminal cannot show written out as its code, rather than stop a run in the middle of a page.

    Where the encoding is ASCII click takes UTF-8 instead; any other one, such as Latin-1, it takes at its word.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _report(error: Exception) -> int:
    from chronicles.errors import ChroniclesError  # noqa: PLC0415 - a run without error does without it

    if isinstance(error, ChroniclesError):
        return _say(str(error), error.exit_code)
    kind = type(error).__name__
    return _say(f"{kind}: {error}. This is a bug; `chronicles --debug ...` shows where, please report that.", 2)


def _say(text: str, status: int) -> int:
    click.echo(f"chronicles: {text}", err=True)
    return status


if __name__ == "__main__":
    main()
