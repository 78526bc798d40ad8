"""Write the pages of `docs/` that the code itself knows best, or check that they are up to date.

    python docs/build_help.py            writes commands.md and claims.md
    python docs/build_help.py --check    exit 1 when one is not what this would write

What the commands print is the only source of their reference, and the claims' templates that of the list of claims;
what neither says (exit codes, streams) stands in the introductions here.
"""  # noqa: INP001 - a script, no package

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from banterhearts.cli import cli as engine
from chronicles.claims import TEMPLATES
from chronicles.cli import cli as narrator
from chronicles.markdown import code

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
WIDTH = 100

COMMANDS = """\
# Commands

This page is the commands' own `--help`: those of the narrator, [`chronicles`](#chronicles), and those of the engine,
[`banterhearts`](#banterhearts). `python docs/build_help.py` writes it anew.

What a command makes goes to stdout, what it has to say about that to stderr. `-C PATH` and `--debug` stand before the
command's name.

| exit code | meaning |
|---:|---|
| 0 | done |
| 1 | a finding |
| 2 | a request that cannot be carried out, or a machine that refuses; the message says the next step |
| 130 | interrupted; what was finished is kept |

A finding is a false sentence or an unsigned edit that `verify` met (with `--strict` also a stale page), a line that
`adopt` cannot sign or that says what the repository does not, a page for which `generate` got less than it asked of a
writer that was named, or a wording or model that `personas check` found wanting. Of the engine: a case that gave no
measurement, the verdict that `compare --fail-on` names, or a row that `import --strict` refused.

Where a command takes `REV`, it takes whatever git takes: a hash, a branch, a tag, `HEAD~3`. A `RANGE` is `A..B`.
"""

CLAIMS = """\
# Claims

Every sentence that a page may speak stands for one of these claims. `python docs/build_help.py` writes this page from
the templates in `chronicles/claims/`.

The skeleton is the plainest wording; a persona may have others with the same slots
([personas.md](personas.md)). Each slot takes the phrase of one fact, noun and unit included.
"""


def commands() -> Iterator[str]:
    """Render `commands.md`: each tool, its commands and theirs, in the order in which they are listed."""
    yield COMMANDS
    for name, tool in (("chronicles", narrator), ("banterhearts", engine)):
        yield from _helps(name, tool, tool.make_context(name, [], terminal_width=WIDTH, resilient_parsing=True))


def _helps(title: str, command: click.Command, context: click.Context) -> Iterator[str]:
    lines = [line.rstrip() for line in context.get_help().splitlines()]
    yield "\n".join((f"## `{title}`", "", "```text", *lines, "```", ""))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, f"{title} {name}"
            below = child.make_context(name, [], parent=context, resilient_parsing=True)
            yield from _helps(f"{title} {name}", child, below)


def claims() -> Iterator[str]:
    """Render `claims.md`."""
    yield CLAIMS
    ordered = sorted(TEMPLATES.values(), key=lambda template: template.id)
    for family, members in groupby(ordered, key=lambda template: template.id.partition(".")[0]):
        rows = [f"| `{one.id}` | {one.lens.value} | {code(one.skeleton)} |" for one in members]
        yield "\n".join((f"## {family}", "", "| claim | lens | skeleton |", "|---|---|---|", *rows, ""))


PAGES = {HERE / "commands.md": commands, HERE / "claims.md": claims}


def main() -> int:
    """Write or check the pages."""
    behind = 0
    for path, render in PAGES.items():
        text = "\n".join(render())
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if sys.argv[1:] == ["--check"]:
            behind = 1
            sys.stderr.write(f"docs/{path.name} is not what the code says; run `python docs/build_help.py`\n")
        else:
            path.write_text(text, encoding="utf-8")
    return behind


if __name__ == "__main__":
    sys.exit(main())
