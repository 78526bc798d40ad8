"""The engine's command line for tests: `engine(repo.path, "bench", "list")` runs it as the console script does."""

from __future__ import annotations

import io
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def engine() -> Callable[..., Ended]:
    """Run `banterhearts` in this process: `engine(folder, "bench", "list")`."""
    return _run


def _run(folder: Path, *arguments: object) -> Ended:
    from banterhearts.cli import main  # noqa: PLC0415 -- tests of the command line measure what is imported

    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["banterhearts", *map(str, arguments)]
    try:
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        return Ended(int(ended.code or 0), out.getvalue(), err.getvalue())
    finally:
        sys.argv = before
    raise AssertionError("the command line ends with a status")
