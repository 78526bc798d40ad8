"""Entry points and extras that manifests no longer declare, wherever they declared them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.evidence.ranges.declared import parse_setup

if TYPE_CHECKING:
    from collections.abc import Callable

PEP621 = """
[project.scripts]
tool = "a:b"
[project.entry-points."plug.ins"]
x = "a:b"
[project.optional-dependencies]
fast = ["z"]
"""
POETRY = """
[tool.poetry.scripts]
tool = "a:b"
[tool.poetry.plugins."plug.ins"]
x = "a:b"
[tool.poetry.extras]
fast = ["z"]
"""
CFG = """
[options.entry_points]
console_scripts =
  tool = a:b
plug.ins =
  x = a:b
[options.extras_require]
fast = z
"""
SETUP = """
points = {"console_scripts": ["tool = a:b"], "plug.ins": ["x=a:b"]}
setup(entry_points=points, extras_require={"fast": ["z"], ":os_name == 'nt'": ["y"]})
"""


@pytest.mark.parametrize(
    ("path", "text", "left"),
    [
        ("pyproject.toml", PEP621, "[project]\nname = 'a'\n"),
        ("pyproject.toml", POETRY, "[tool.poetry]\nname = 'a'\n"),
        ("setup.cfg", CFG, "[options]\n"),
        ("setup.py", SETUP, "setup(name='a')\n"),
    ],
)
def test_what_a_manifest_no_longer_declares_is_told(
    breaks_of: Callable[..., list[str]], path: str, text: str, left: str
) -> None:
    """A command, an entry point of a group, and an extra: each by its name, of every kind of Python manifest."""
    assert breaks_of({path: text}, {path: left}) == [
        "command no longer installed tool",
        "entry point removed x in plug.ins",
        "extra removed fast",
    ]


def test_what_moved_to_another_manifest_is_no_news(breaks_of: Callable[..., list[str]]) -> None:
    """From `setup.cfg` to `pyproject.toml`: nothing went."""
    before = {"setup.cfg": "[options.entry_points]\nconsole_scripts =\n  tool = a:b\n"}
    assert breaks_of(before, {"pyproject.toml": "[project.scripts]\ntool = 'a.c:d'\n"}) == []


def test_commands_and_exports_of_javascript(breaks_of: Callable[..., list[str]]) -> None:
    """`bin` and the paths under `exports` count."""
    before = {
        "package.json": '{"name": "a", "bin": {"x": "x.js", "y": "y.js"}, "exports": {".": "a.js", "./b": "b.js"}}'
    }
    after = {"package.json": '{"name": "a", "bin": {"x": "x.js"}, "exports": {".": "a.js"}}'}
    assert breaks_of(before, after) == ["command no longer installed y", "export removed ./b"]


@pytest.mark.parametrize("text", ["setup(", "setup(entry_points=read())", "setup(**given)", "x = 1", "\0"])
def test_a_setup_that_works_things_out_declares_what_it_states(text: str) -> None:
    """Nothing is run, and what is no constant is left out."""
    assert parse_setup(text) == {}


def test_manifests_of_tests_and_unreadable_ones_are_left_alone(breaks_of: Callable[..., list[str]]) -> None:
    """A fixture's manifest is nobody's, and of one that cannot be read nothing is said."""
    before = {"tests/fixtures/a/pyproject.toml": PEP621, "pyproject.toml": "[project\n", "package.json": "[1]"}
    assert breaks_of(before, {"pyproject.toml": "[project]\n"}) == []
