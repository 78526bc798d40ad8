"""What a project asks for that it did not ask for before, both values read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def project(python: str = ">=3.9", needs: str = "", more: str = "") -> str:
    """A pyproject.toml."""
    return f'[project]\nrequires-python = "{python}"\ndependencies = [{needs}]\n{more}'


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (project(">=3.7"), project(">=3.10"), "minimum raised python >=3.7 -> >=3.10"),
        (project(">=3.9"), project(">=3.9,<4"), "newest version limited python >=3.9 -> >=3.9,<4"),
        (project(">=3.9,<4"), project(">=3.9,<3.13"), "newest version lowered python >=3.9,<4 -> >=3.9,<3.13"),
        (project(needs='"a>=1.9"'), project(needs='"a>=1.10"'), "minimum raised a >=1.9 -> >=1.10"),
        (project(needs='"a"'), project(needs='"a>=1"'), "minimum raised a any version -> >=1"),
        (project(needs='"a==1.0"'), project(needs='"a==2.0"'), "minimum raised a ==1.0 -> ==2.0"),
        (project(needs='"a>=1", "b"'), project(needs='"b"'), "no longer required a >=1"),
        (
            project(needs='"b"', more='[project.optional-dependencies]\nx = ["a>=1"]\n'),
            project(needs='"a>=1", "b"', more='[project.optional-dependencies]\nx = ["c"]\n'),
            "now required, no longer optional a >=1 -> >=1",
        ),
    ],
)
def test_what_a_project_asks_for_now(
    breaks_of: Callable[..., list[str]], before: str, after: str, expected: str
) -> None:
    """A raised minimum, a newer limit, what is no longer required and what no longer is an extra: with both values."""
    assert breaks_of({"pyproject.toml": before}, {"pyproject.toml": after}) == [expected]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (project(">=3.9"), project(">=3.9", more="[tool.x]\na = 1\n")),
        (project(">=3.10"), project(">=3.9")),
        (project(">=3.9"), project(" >= 3.9.0 ")),
        (project(needs='"a<3"'), project(needs='"a<4"')),
        (project(needs='"a"'), project(needs='"a", "b"')),
        (project(needs="\"a; python_version < '3.10'\""), project()),
        (project(more='[dependency-groups]\ndev = ["a>=1"]\n'), project(more='[dependency-groups]\ndev = ["a>=2"]\n')),
        (project(">=3.9"), "[project]\n"),
        (project(">=3.9"), "[project"),
        ('[tool.poetry.dependencies]\npython = "^3.9"\n', project(">=3.9,<4")),
    ],
)
def test_what_asks_for_no_more_is_not_told(breaks_of: Callable[..., list[str]], before: str, after: str) -> None:
    """The same value in a changed file, a wider wish, a new requirement, a group of developers: nobody is shut out."""
    assert breaks_of({"pyproject.toml": before}, {"pyproject.toml": after}) == []


def test_a_requirement_is_compared_with_itself_in_another_manifest(breaks_of: Callable[..., list[str]]) -> None:
    """What `setup.py` asked for is what `pyproject.toml` asks for now."""
    before = {
        "setup.py": "from setuptools import setup\nsetup(python_requires='>=3.7', install_requires=['a>=1', 'b'])\n"
    }
    after = {"pyproject.toml": project(">=3.8", '"a>=1", "b"')}
    assert breaks_of(before, after) == ["minimum raised python >=3.7 -> >=3.8"]


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("package.json", '{"engines": {"node": ">=18"}}', '{"engines": {"node": ">=20"}}', "node >=18 -> >=20"),
        ("go.mod", "module a\n\ngo 1.20\n", "module a\n\ngo 1.22\n", "go 1.20 -> 1.22"),
        ("Cargo.toml", '[package]\nrust-version = "1.60"\n', '[package]\nrust-version = "1.70"\n', "rust 1.60 -> 1.70"),
        (
            "sub/package.json",
            '{"engines": {"node": "18 || 20"}}',
            '{"engines": {"node": "20"}}',
            "node in sub 18 || 20 -> 20",
        ),
    ],
)
def test_other_languages(
    breaks_of: Callable[..., list[str]], path: str, before: str, after: str, expected: str
) -> None:
    """Their least versions are told too, with the folder of a project that is not at the top."""
    assert breaks_of({path: before}, {path: after}) == [f"minimum raised {expected}"]


def test_a_project_that_went_asks_for_nothing_and_drops_nothing(breaks_of: Callable[..., list[str]]) -> None:
    """Nor does one that came: there is no other side to compare."""
    one, two = {"one/pyproject.toml": project(needs='"a"')}, {"two/pyproject.toml": project(needs='"b"')}
    assert breaks_of(one, two) == []


def test_poetrys_optional_and_conditional_requirements(breaks_of: Callable[..., list[str]]) -> None:
    """What was only for some Pythons leaves without a word; what was optional and is required now is told."""
    head = "[tool.poetry.dependencies]\npython = '^3.9'\n"
    before = head + "a = {version = '^1', python = '<3.10'}\nb = {version = '^2', optional = true}\nc = '^3'\n"
    after = head + "b = '^2'\nc = {version = '^4', optional = true}\n"
    assert breaks_of({"pyproject.toml": before}, {"pyproject.toml": after}) == [
        "now required, no longer optional b ^2 -> ^2",
        "optional now c ^3 -> ^4",
    ]
