"""The page on performance where nothing was measured: what to run, ready to be pasted.

A repository that declares suites is shown the commands with the name of its first one; any other one is shown a suite
to begin with as well, of which the command is the repository's own business. What is declared is only looked at for
names here: the engine reads it, and says what is wrong with it.
"""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["declared_suite", "unmeasured"]

_FILES = (("banterhearts.toml", ()), ("pyproject.toml", ("tool", "banterhearts")))
"""Where suites are declared, and below which tables; the first file that is there counts alone."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Names that are shown, which a shell takes as they are."""
_EXAMPLE = "start"
_COLUMN = 40


def declared_suite(root: Path) -> str:
    """The name of the first suite that a work tree declares; empty where there is none."""
    name, tables = next(((name, tables) for name, tables in _FILES if (root / name).is_file()), ("", ()))
    found: Any = {}
    with suppress(OSError, ValueError, RecursionError):
        found = tomllib.loads((root / name).read_text("utf-8")) if name else {}
    for table in (*tables, "suites"):
        found = found.get(table) if isinstance(found, dict) else None
    return next((one for one in found if _NAME.fullmatch(one)), "") if isinstance(found, dict) else ""


def unmeasured(suite: str) -> Iterator[str]:
    """What the page says, below its title.

    Args:
        suite: One that the repository declares; empty where it declares none.
    """
    yield "Nothing has been measured at commits of this repository yet."
    yield ""
    if not suite:
        yield "A suite is a command that is timed. Declare one in pyproject.toml, with your own command, and commit it:"
        yield ""
        yield "```toml"
        yield f"[tool.banterhearts.suites.{_EXAMPLE}]"
        yield 'command = "python --version"'
        yield "```"
        yield ""
    name = suite or _EXAMPLE
    yield "These commands change that:" if suite else "Then each of these does something:"
    yield ""
    yield "```shell"
    for command, about in (
        ("bench list", "the suites that there are"),
        (f"bench run {name}", "measure the commit that is checked out"),
        (f"history --suite {name} HEAD", "measure a commit and its parent, or all of A..B"),
        ("import results.json", "pytest-benchmark, asv, hyperfine and others"),
    ):
        yield f"banterhearts {command}".ljust(_COLUMN) + f"  # {about}"
    yield "```"
    yield ""
    yield "`banterhearts bench run --help` says more of them. Episodes then tell what a commit did to performance, and"
    yield "this page where it went."
    yield ""
