"""The public names of `banterhearts.core`, and that asking for none of them costs nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from banterhearts import core


def test_every_public_name_is_there() -> None:
    """What `__all__` promises can be imported, is listed by `dir`, and is told to the type checker from its home."""
    assert sorted(core.__all__) == core.__all__
    for name in core.__all__:
        assert getattr(core, name).__name__ == name
    assert set(core.__all__) <= set(dir(core))
    told = {
        (alias.name, node.module)
        for node in ast.walk(ast.parse(Path(core.__file__).read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("banterhearts.core.")
        for alias in node.names
    }
    assert told == {(name, f"banterhearts.core.{core._HOMES[name]}") for name in core.__all__}


def test_other_names_are_not_there() -> None:
    """A name that is not public is an attribute error that names it."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = core.nothing


@pytest.mark.parametrize(
    ("statement", "free_of"),
    [
        ("import banterhearts.core", {"pydantic", "numpy", "scipy", "sqlite3", "torch"}),
        ("from banterhearts.core import ArmKey, Entry, find_matches", {"pydantic", "numpy", "scipy", "sqlite3"}),
        ("from banterhearts.core import RecordStore", {"pydantic", "numpy", "scipy"}),
        ("from banterhearts.core import RunRecord, read_record", {"numpy", "scipy", "sqlite3"}),
    ],
)
def test_a_name_costs_what_it_needs(statement: str, free_of: set[str]) -> None:
    """Each public name loads its own libraries and none of the others'."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not free_of & set(done.stdout.split())
