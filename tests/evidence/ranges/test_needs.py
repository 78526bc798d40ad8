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
        (project(more='[dependency-groups]\ndev = ["a>=1"]\n'), project(more='[dependency-groups]\ndev = ["a>=2"]\n')),
        (project(">=3.9"), "[project]\n"),
        (project(">=3.9"), "[project"),
        ('[tool.poetry.dependencies]\npython = "^3.9"\n', project(">=3.9,<4")),
    ],
)
def test_what_asks_for_no_more_is_not_told(breaks_of: Callable[..., list[str]], before: str, after: str) -> None:
    """The same value in a changed file, a wider wish, a group of developers, a manifest that cannot be read."""
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
    """What was only for some Pythons is told with them, what was optional and is required now with both versions."""
    head = "[tool.poetry.dependencies]\npython = '^3.9'\n"
    before = head + "a = {version = '^1', python = '<3.10'}\nb = {version = '^2', optional = true}\nc = '^3'\n"
    after = head + "b = '^2'\nc = {version = '^4', optional = true}\n"
    assert breaks_of({"pyproject.toml": before}, {"pyproject.toml": after}) == [
        "now required, no longer optional b ^2 -> ^2",
        "no longer required a ^1 (where python <3.10)",
        "optional now c ^3 -> ^4",
    ]


NOW = ["now required left", "now required right >=1 (where sys_platform == 'win32')"]
LINES = '"left", "right>=1 ; sys_platform == \'win32\'"'
SETUP = "from setuptools import setup\n{}setup(name='a'{})\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"pyproject.toml": project()}, {"pyproject.toml": project(needs=LINES)}),
        ({"pyproject.toml": "[project]\nname = 'a'\n"}, {"pyproject.toml": project(needs=LINES)}),
        ({"setup.py": SETUP.format("", "")}, {"pyproject.toml": project(needs=LINES)}),
        ({"setup.py": SETUP.format("", "")}, {"setup.py": SETUP.format(f"a = [{LINES}]\n", ", install_requires=a")}),
        (
            {"setup.py": SETUP.format("", ""), "setup.cfg": "[options]\npython_requires = >=3.6\n"},
            {
                "setup.py": "from setuptools import setup\nsetup()\n",
                "setup.cfg": "[options]\ninstall_requires =\n    left\n    right>=1; sys_platform == 'win32'\n",
            },
        ),
        (
            {"pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.9'\n"},
            {
                "pyproject.toml": (
                    "[tool.poetry.dependencies]\npython = '^3.9'\nleft = '*'\n"
                    "right = {version = '>=1', markers = \"sys_platform == 'win32'\"}\n"
                )
            },
        ),
        (
            {"setup.py": SETUP.format("import x\n", ", **x.y"), "pyproject.toml": project()},
            {"setup.py": SETUP.format("import x\n", ", **x.y"), "pyproject.toml": project(needs=LINES)},
        ),
    ],
)
def test_what_is_required_now_and_no_longer_is_told_with_its_marker(
    breaks_of: Callable[..., list[str]], before: dict[str, str], after: dict[str, str]
) -> None:
    """In every kind of Python manifest, and from one to another; and the other way round."""
    found = [line.replace(" *", "") for line in breaks_of(before, after)]
    assert found == NOW
    gone = [line.replace(" *", "") for line in breaks_of(after, before)]
    assert gone == [line.replace("now", "no longer") for line in NOW]


@pytest.mark.parametrize(
    "unknown",
    [
        {"setup.py": SETUP.format("import x\n", ", install_requires=x.y")},
        {"setup.py": SETUP.format("from x import y\n", ", install_requires=y")},
        {"setup.py": SETUP.format("import x\n", ", **x.y")},
        {"setup.py": SETUP.format("y = []\nif 1:\n    y.append('left')\n", ", install_requires=y")},
        {"setup.py": "import x\nx.install()\n"},
        {"setup.py": "setup("},
        {"setup.cfg": "[options]\ninstall_requires = file: needs.txt\n", "setup.py": SETUP.format("", "")},
        {"setup.cfg": "[options\n", "setup.py": SETUP.format("", "")},
        {"pyproject.toml": "[project]\ndynamic = ['dependencies']\n"},
        {"pyproject.toml": "[tool.black]\na = 1\n"},
        {"pyproject.toml": "[project]\ndependencies = 3\n"},
    ],
)
def test_of_a_list_that_is_worked_out_nothing_is_new_or_gone(
    breaks_of: Callable[..., list[str]], unknown: dict[str, str]
) -> None:
    """What the project asked for before it said so, or asks for since it does not, cannot be known."""
    known = {"pyproject.toml": project(needs=LINES)}
    assert breaks_of(unknown, known) == []
    assert breaks_of(known, unknown) == []


def test_a_dynamic_table_is_what_another_manifest_says(breaks_of: Callable[..., list[str]]) -> None:
    """`setup.cfg` has the list that `pyproject.toml` leaves to it; and hostile shapes are no list."""
    table = {"pyproject.toml": "[project]\ndynamic = ['dependencies']\n"}
    cfg = "[options]\ninstall_requires =\n    a\n"
    assert breaks_of({**table, "setup.cfg": cfg}, {**table, "setup.cfg": f"{cfg}    b\n"}) == ["now required b"]
    odd = "[project]\ndynamic = 3\ndependencies = [{}]\n"
    assert breaks_of({"pyproject.toml": odd.format("")}, {"pyproject.toml": odd.format("'a'")}) == ["now required a"]


def test_two_wishes_of_one_name_are_told_both(breaks_of: Callable[..., list[str]]) -> None:
    """Neither marker alone would be true of it; and the least version is the least of both."""
    lines = "\"a>=1; python_version < '3.8'\", \"a>={}; python_version >= '3.8'\""
    both = "a>=1; python_version < '3.8' || >=2; python_version >= '3.8'"
    two, three = (project(needs=lines.format(number)) for number in (2, 3))
    assert breaks_of({"pyproject.toml": project()}, {"pyproject.toml": two}) == [
        f"now required {both}".replace("a>", "a >")
    ]
    assert breaks_of({"pyproject.toml": two}, {"pyproject.toml": three}) == []


def test_a_raised_minimum_has_its_marker(breaks_of: Callable[..., list[str]]) -> None:
    """Once where it is the same on both sides, else beside each version."""
    line = '"a>={}; {}"'
    one = {"pyproject.toml": project(needs=line.format(1, "os_name == 'nt'"))}
    two = {"pyproject.toml": project(needs=line.format(2, "os_name == 'nt'"))}
    other = {"pyproject.toml": project(needs=line.format(2, "os_name == 'posix'"))}
    assert breaks_of(one, two) == ["minimum raised a >=1 -> >=2 (where os_name == 'nt')"]
    assert breaks_of(one, other) == ["minimum raised a >=1; os_name == 'nt' -> >=2; os_name == 'posix'"]
