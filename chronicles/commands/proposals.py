"""Which checks a project seems to have, for `chronicles init` to propose.

They are proposed by files that name such commands, one a purpose, and written as comments: what a repository contains
does not decide what runs, its owner does, by taking a `#` away. No text of the repository enters a command.
"""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["propose_checks"]

_MOST_BYTES = 1_000_000
_EXPLAINED = "What the checklist of `chronicles patch` may run, each in a fresh checkout; without its `#` a line runs."


def propose_checks(root: Path, table: str) -> list[str]:
    """Lines of TOML, all of them comments, for the checks that a work tree seems to have.

    Args:
        root: The work tree.
        table: The table that checks are named in.
    """
    checks: dict[str, str] = {}
    for name, command in _found(root):
        checks.setdefault(name, command)
    checks["pages"] = "chronicles verify"
    return [f"# {_EXPLAINED}", f"# [{table}]", *(f'# {name} = "{command}"' for name, command in checks.items())]


def _found(root: Path) -> Iterator[tuple[str, str]]:
    """What the files of a project name, the most particular first."""
    yield from _make(root)
    for file, command in (("tox.ini", "tox"), ("noxfile.py", "nox")):
        if (root / file).is_file():
            yield "tests", command
    yield from _npm(root)
    yield from _python(root)
    if (root / "Cargo.toml").is_file():
        yield from (("tests", "cargo test"), ("lint", "cargo clippy -- -D warnings"), ("build", "cargo build"))
    if (root / "go.mod").is_file():
        yield from (("tests", "go test ./..."), ("lint", "go vet ./..."), ("build", "go build ./..."))
    if (root / "mkdocs.yml").is_file():
        yield "docs", "mkdocs build --strict"


def _make(root: Path) -> Iterator[tuple[str, str]]:
    text = _read(root / "Makefile")
    for name, target in (("tests", "test"), ("tests", "check"), ("lint", "lint"), ("build", "build"), ("docs", "docs")):
        if re.search(rf"^{target}\s*::?(?!=)", text, re.MULTILINE):
            yield name, f"make {target}"


def _npm(root: Path) -> Iterator[tuple[str, str]]:
    package: Any = None
    with suppress(ValueError, RecursionError):
        package = json.loads(_read(root / "package.json") or "{}")
    scripts = package.get("scripts") if isinstance(package, dict) else None
    if not isinstance(scripts, dict):
        return
    if "no test specified" not in str(scripts.get("test", "no test specified")):  # npm's own placeholder fails always
        yield "tests", "npm ci && npm test"
    for name in ("lint", "build", "docs"):
        if name in scripts:
            yield name, f"npm ci && npm run {name}"


def _python(root: Path) -> Iterator[tuple[str, str]]:
    project: Mapping[str, Any] = {}
    with suppress(tomllib.TOMLDecodeError, RecursionError):
        project = tomllib.loads(_read(root / "pyproject.toml"))
    tools = project.get("tool")
    tools = tools if isinstance(tools, dict) else {}
    if "pytest" in tools or (root / "pytest.ini").is_file():
        yield "tests", "python -m pytest"
    if "ruff" in tools:
        yield "lint", "ruff check ."
    if "build-system" in project:
        yield "build", "python -m build"


def _read(path: Path) -> str:
    with suppress(OSError):
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            return path.read_text(encoding="utf-8", errors="replace")
    return ""
