"""Manifests and how they changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence.dependencies import (
    DependencyChange,
    Requirement,
    compare_manifests,
    dependency_changes,
    is_major,
    parse_manifest,
    requirements_of,
)

PYPROJECT = """
[build-system]
requires = ["hatchling>=1.27"]
[project]
requires-python = ">=3.11"
dependencies = ["click>=8.1.7", "Rich [jupyter] >= 13.7 ; python_version < '3.13'", "tomli"]
[project.optional-dependencies]
site = ["zensical>=0.0.3"]
[dependency-groups]
dev = ["pytest>=8", {include-group = "site"}]
[tool.poetry.dependencies]
python = "^3.8"
requests = { version = "^2.0", extras = ["socks"] }
mine = { git = "https://example.org/m.git", rev = "abc" }
[tool.poetry.group.docs.dependencies]
Sphinx_Book = "*"
"""


def test_pyproject_is_read_in_all_its_forms() -> None:
    """The standard's tables, extras, groups, the build system and Poetry's tables are read as written."""
    assert requirements_of("pyproject.toml", PYPROJECT) == (
        Requirement("click", "main", ">=8.1.7"),
        Requirement("hatchling", "build", ">=1.27"),
        Requirement("mine", "main", "git https://example.org/m.git abc"),
        Requirement("pytest", "dev", ">=8"),
        Requirement("python", "runtime", "^3.8"),
        Requirement("requests", "main", "^2.0"),
        Requirement("rich", "main", ">= 13.7; python_version < '3.13'"),
        Requirement("sphinx-book", "docs", "*"),
        Requirement("tomli", "main", ""),
        Requirement("zensical", "site", ">=0.0.3"),
    )


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "requirements/dev.txt",
            "-r base.txt\n# note\nDjango==4.2  # why\nuvicorn[standard]>=0.2,<1 \\\n  --hash=sha256:00\nhttps://x/y.whl\n",
            {"django": "==4.2", "uvicorn": ">=0.2,<1"},
        ),
        (
            "setup.cfg",
            "[options]\npython_requires = >=3.8\ninstall_requires =\n  click>=8\n[options.extras_require]\nx =\n  y\n",
            {"click": ">=8", "python": ">=3.8", "y": ""},
        ),
        (
            "web/package.json",
            (
                '{"dependencies": {"a": "^1"}, "devDependencies": {"b": "~2"}, "peerDependencies": {"c": "*"}, '
                '"optionalDependencies": {"d": "1"}, "engines": {"node": ">=20"}}'
            ),
            {"a": "^1", "b": "~2", "c": "*", "d": "1", "node": ">=20"},
        ),
        (
            "go.mod",
            (
                "module example.org/m\n\ngo 1.22\n\nrequire (\n\tgolang.org/x/net v0.1.0\n"
                "\tgithub.com/a/b v2.0.0+incompatible // indirect\n)\n"
                "require example.org/c v1.0.0\n"
            ),
            {
                "golang.org/x/net": "v0.1.0",
                "github.com/a/b": "v2.0.0+incompatible",
                "example.org/c": "v1.0.0",
                "go": "1.22",
            },
        ),
        (
            "Cargo.toml",
            (
                '[package]\nrust-version = "1.74"\n[dependencies]\nserde = { version = "1", features = ["derive"] }\n'
                '[dev-dependencies]\nx = "0.3"\n[target."cfg(unix)".dependencies]\nlibc = "0.2"\n'
            ),
            {"serde": "1", "x": "0.3", "libc": "0.2", "rust": "1.74"},
        ),
        (
            "Dockerfile",
            (
                "ARG V=1\nFROM --platform=linux/amd64 python:3.12-slim AS build\nRUN true\nFROM build AS test\n"
                "FROM registry.example:5000/base/image@sha256:00\nFROM scratch\n"
            ),
            {"python": "3.12-slim", "registry.example:5000/base/image": "@sha256:00"},
        ),
    ],
)
def test_manifests_are_read_as_written(path: str, text: str, expected: dict[str, str]) -> None:
    """Each ecosystem's manifest gives names and what is wanted, unaltered."""
    assert parse_manifest(path, text) == expected


def test_two_lines_of_one_name_are_both_wishes() -> None:
    """Each with its marker, in their order; without markers the later line counts."""
    text = "a>=1; python_version < '3.8'\na>=2; python_version >= '3.8'\nb>=1\nb>=2\n"
    wanted = [one.wanted for one in requirements_of("requirements.txt", text) or ()]
    assert wanted == [">=1; python_version < '3.8' || >=2; python_version >= '3.8'", ">=2"]


def test_only_real_changes_are_changes() -> None:
    """A reordered list is no change; what was altered, came and went is, with both values."""
    before = '[project]\ndependencies = ["a>=1", "b", "c<2"]\n'
    after = '[project]\ndependencies = ["c<2", "a>=2", "d"]\n'
    assert dependency_changes("pyproject.toml", before, after) == (
        DependencyChange("python", "a", "main", ">=1", ">=2"),
        DependencyChange("python", "b", "main", "", None),
        DependencyChange("python", "d", "main", None, ""),
    )
    assert dependency_changes("pyproject.toml", before, before.replace('"a>=1", "b"', '"b", "a>=1"')) == ()


def test_a_new_manifest_adds_and_a_gone_one_removes() -> None:
    """No file on one side means no requirements there."""
    text = '{"engines": {"node": ">=20"}}'
    (came,) = dependency_changes("package.json", None, text)
    assert (came.before, came.after, came.runtime) == (None, ">=20", True)
    (went,) = dependency_changes("package.json", text, None)
    assert (went.before, went.after) == (">=20", None)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[project\n"),
        ("pyproject.toml", "project = 3\n"),
        ("package.json", "[]"),
        ("package.json", '{"dependencies": ["a"]}'),
        ("Cargo.toml", "[dependencies]\nx = 3\n"),
        ("setup.cfg", "no section"),
        ("go.mod", "<html>"),
    ],
)
def test_an_unreadable_manifest_says_so(path: str, text: str) -> None:
    """Instead of losing all requirements, a broken manifest gives none and is named."""
    assert parse_manifest(path, text) is None
    found = compare_manifests(path, None, text)
    assert (found.changes, found.unreadable) == ((), ("after",))


@pytest.mark.parametrize(
    ("before", "after", "major"),
    [
        (">=1.2,<3", ">=2", True),
        ("^1.4", "^1.9", False),
        ("==4.2", "==5.0", True),
        ("3.12-slim", "3.13-slim", False),
        ("v1.9.0", "v2.0.0", True),
        (">=1.0.0,<2.0.0", ">=0.7.0,<2.0.0", False),
        ("<3,>=1", ">=1.5", False),
        ("<3", ">=2", None),
        ("*", "^1", None),
        (None, "1", None),
    ],
)
def test_a_major_step_is_told_where_both_bounds_are_known(
    before: str | None, after: str | None, *, major: bool | None
) -> None:
    """Without a lower bound on both sides nothing is claimed."""
    assert is_major(before, after) is major


@given(
    st.sampled_from(
        ["pyproject.toml", "requirements.txt", "setup.cfg", "package.json", "go.mod", "Cargo.toml", "Dockerfile"]
    ),
    st.text() | st.from_regex(r'(\[[a-z.]{1,12}\]\n|[a-z]{1,9} = ("[a-z]*"|\d|\[\]|\{\})\n){1,6}', fullmatch=True),
    st.text(),
)
def test_any_text_is_read_or_refused(path: str, before: str, after: str) -> None:
    """No content of a manifest raises."""
    compare_manifests(path, before, after)
    is_major(before, after)
