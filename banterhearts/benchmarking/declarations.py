"""What a repository declares: `[tool.banterhearts]` in pyproject.toml, or `banterhearts.toml`, which wins.

Here the tables are found and split into suites that are declared and options of built-in ones; a suite's own table is
checked when that suite is opened, so that a mistake in one suite is no reason to refuse another. Unknown keys are
refused at every level: a misspelt `blocks` that silently means ten is found months later.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from banterhearts.core.record import SuiteName
from banterhearts.errors import SuiteError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

__all__ = ["Declarations", "checked", "load_declarations", "parse_option"]

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Declarations:
    """The tables of a repository's settings, as written."""

    where: Path
    """The file that they stand in, or would."""
    suites: Mapping[str, Mapping[str, Any]]
    """By name; unchecked but for the name."""
    built_in: Mapping[str, Mapping[str, Any]]
    """Options of built-in suites, by name; unchecked."""


def load_declarations(folder: Path, built_in: tuple[str, ...]) -> Declarations:
    """Load what a repository declares.

    Args:
        folder: The work tree.
        built_in: Names of the suites that are there without a declaration, whose options may stand in tables.

    Raises:
        SuiteError: If the file is no TOML, a key is unknown or a suite's name is unusable.
    """
    where, table = _read_table(folder)
    suites = table.pop("suites", {})
    for key, value in table.items():
        if key not in built_in:
            known = ", ".join(("suites", *built_in))
            raise SuiteError(key, f"no such key in the settings of banterhearts; there are: {known}", where)
        _expect_table(key, value, where)
    _expect_table("suites", suites, where)
    for name, value in suites.items():
        _expect_table(name, value, where)
        try:
            TypeAdapter(SuiteName).validate_python(name)
        except ValidationError as error:
            problem = "a suite's name is a folder of reports/: small letters, digits, `.`, `_` and `-`, at most 64"
            raise SuiteError(name, problem, where) from error
        if name in built_in:
            raise SuiteError(name, f"is built in; its options stand in `[tool.banterhearts.{name}]`", where)
    return Declarations(where, suites, table)


def parse_option(text: str) -> tuple[str, Any]:
    """An option of the command line, `key=value`; the value as TOML, or as a string where it is none.

    Raises:
        SuiteError: If there is no `=`.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SuiteError(text, "an option is written key=value")
    try:
        table = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        table = {}
    return key.strip(), table["value"] if len(table) == 1 else value


def checked(model: type[Model], name: str, table: Mapping[str, Any], where: Path | None) -> Model:
    """A suite's table as its model.

    Raises:
        SuiteError: Naming the suite, the file and the first key that is wrong.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise SuiteError(name, _told(model, error.errors()[0]), where) from error


def _told(model: type[BaseModel], fault: ErrorDetails) -> str:
    """What is wrong with a table, in the words of who writes one."""
    key = ".".join(str(part) for part in fault["loc"])
    problem = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        problem = "no such key"
        if len(fault["loc"]) == 1:
            problem += f"; there are: {', '.join(model.model_fields)}"
    elif fault["type"] == "string_pattern_mismatch":
        problem = "holds characters that it must not hold, or none"
    return f"`{key}`: {problem}" if key else problem


def _expect_table(name: str, value: object, where: Path) -> None:
    if not isinstance(value, dict):
        raise SuiteError(name, "is no table", where)


def _read_table(folder: Path) -> tuple[Path, dict[str, Any]]:
    own, project = folder / "banterhearts.toml", folder / "pyproject.toml"
    if own.is_file():
        return own, _read_toml(own)
    if not project.is_file():
        return project, {}
    tool = _read_toml(project).get("tool", {})
    table = tool.get("banterhearts", {}) if isinstance(tool, dict) else {}
    _expect_table("tool.banterhearts", table, project)
    return project, dict(table)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SuiteError("suites", f"cannot be read: {error.strerror}", path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SuiteError("suites", f"no readable TOML: {error}", path) from error
