"""Tables on stdout: with colours and lines for a person, as aligned text for a pipe.

Cells may hold a stranger's text (a case's name, an error), so none of it is read as markup and control characters are
taken out.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["echo_table", "printable"]

_COLOURS = {"slower": "red", "faster": "green", "failed": "red", "invalid": "red", "impossible": "red"}


def echo_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _echo_rich(headers, cells)
        return
    widths = [max(len(line[place]) for line in (headers, *cells)) for place in range(len(headers))]
    for line in (headers, *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def printable(text: str) -> str:
    """A stranger's text on one line, without what moves a cursor."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _echo_rich(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only a person at a terminal waits for rich
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(*headers, box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    Console().print(table)
