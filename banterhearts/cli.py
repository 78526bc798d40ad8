"""The `banterhearts` command: registers the commands and turns errors into messages and exit codes.

Each command lives in a module of `banterhearts.commands` and is imported only when it is called or asked for help: the
engine's libraries are heavy, and whoever compares two records needs none of those that made them. A command finds
`{"path": …, "debug": …}` in `ctx.obj`. Exit 0: done; 1: a finding; 2: usage or environment.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

__all__ = ["main"]

_COMMANDS = {
    "bench": ("bench", "Measure a suite, or list the suites there are."),
    "compare": ("compare", "Say what may be said of the runs of two commits."),
    "history": ("history", "Measure a suite at many commits."),
    "import": ("import_records", "Turn other tools' results into run records."),
    "doctor": ("doctor", "Say what is installed, reachable and missing."),
}
"""Name to its module and its line in the overview, so that the overview loads no command."""


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command = import_module(f"banterhearts.commands.{module}").command
        assert isinstance(command, click.Command), cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="chimera-chronicles", prog_name="banterhearts")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "-C", "--repository", "path", default=".", show_default=True, metavar="PATH", help="The repository to work on."
)
@click.pass_context
def cli(ctx: click.Context, path: str, *, debug: bool) -> None:
    """Measure what a commit does to performance, and say only what the measurement allows.

    Declare a suite under `[tool.banterhearts.suites]`, then `banterhearts bench run` writes a run record a case into
    `reports/`, `banterhearts history` measures earlier commits, and `banterhearts compare` gives the verdicts.
    """
    ctx.obj = {"path": path, "debug": debug}


def main() -> None:
    """Run the command line; the only place that knows both errors and exit codes."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    try:
        # click's own parser still answers --help, --version and usage errors.
        status = cli.main(arguments, prog_name="banterhearts", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = 2
    except click.Abort:
        status = _say("interrupted.", 130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left, which is no error of anybody's
        status = 0
    except Exception as error:
        if debug:
            raise
        status = _report(error)
    sys.exit(status if isinstance(status, int) else 0)


def _report(error: Exception) -> int:
    from banterhearts.errors import BanterheartsError  # noqa: PLC0415 - a run without error does without it

    if isinstance(error, BanterheartsError):
        return _say(str(error), error.exit_code)
    kind = type(error).__name__
    return _say(f"{kind}: {error}. This is a bug; `banterhearts --debug ...` shows where, please report that.", 2)


def _say(text: str, status: int) -> int:
    click.echo(f"banterhearts: {text}", err=True)
    return status


if __name__ == "__main__":
    main()
