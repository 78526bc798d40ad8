"""Settings: `[tool.chronicles]` in pyproject.toml, or `chronicles.toml`, or `CHRONICLES_*` in the environment.

The environment wins over `chronicles.toml`, which wins over pyproject.toml. Unknown keys are refused, since a
misspelt setting that silently does nothing is found months later. A file of the repository may name a server's model
but no model file: whoever clones a repository should not have llama.cpp read what lies in it.

Checks are commands, and a list of commands is no single value: they stand in a table of the work tree's own file and
nowhere else. What the environment of a run can set, it could otherwise make run. The hook's settings stand there too,
since its worker runs long after the environment of a commit has gone.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from chronicles.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CheckCommand", "HookSettings", "Package", "Settings", "load_settings", "own_table"]

_ENVIRONMENT_PREFIX = "CHRONICLES_"
_NO_SETTINGS = frozenset({"CHRONICLES_STATE"})
"""Variables of ours that belong to a user and to no repository."""
_TABLES = ("checks", "packages", "hook")
"""Settings that are tables; other tables belong to other rooms."""
_MOST_CHECKS = 30
_CHECK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""A check's name stands on pages and in names of files, on systems that know no case too."""
_NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|^[-/]|\.\.|@\{|//|/$|\.$|\.lock$")
"""What git lets no branch be called; an option's dash in front would be read as one."""


class CheckCommand(BaseModel):
    """A command that shows whether the project is sound."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    command: str = Field(min_length=1, max_length=1000)
    """A shell's command line."""
    timeout_sec: float = Field(default=600.0, gt=0, le=86_400, allow_inf_nan=False)
    """How long it may run."""

    @field_validator("command")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable() or not value.strip():
            raise ValueError("must be one line of text")
        return value.strip()


class Package(BaseModel):
    """A part of a monorepo that has releases of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paths: tuple[str, ...] = Field(min_length=1)
    """Folders or files that belong to it, from the top of the repository."""
    tags: str = "*"
    """Glob of the tags that mark its releases."""

    @field_validator("paths")
    @classmethod
    def _all_inside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_folder, value))


class HookSettings(BaseModel):
    """What the hook's worker does with the pages that it writes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    branch: str = Field(default="", max_length=250)
    """The branch whose commits get pages; by default the one that was found at installation."""
    pages: Literal["leave", "stage", "commit"] = "leave"
    """Whether pages are left in the work tree, staged, or committed by themselves."""
    suite: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?$")
    """A benchmark suite that runs before pages are written, once whoever installs the hook has allowed it."""

    @field_validator("branch")
    @classmethod
    def _a_branch(cls, value: str) -> str:
        name = value.removeprefix("refs/heads/")
        if _NO_BRANCH.search(name):
            raise ValueError("must be the name of a branch")
        return name


class Settings(BaseModel):
    """What a user may choose for a repository."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    series: str = Field(default="", max_length=60)
    """Name of the series, as in "The Chimera Chronicles"; by default the repository's folder name."""
    repo_url: str | None = None
    """Forge page of the repository, such as https://github.com/pallets/click; makes links, is never contacted."""
    output: str = "episodes"
    """Folder of the episodes, relative to the work tree."""
    outputs: tuple[str, ...] = ("episodes", "patches", "reports", "site")
    """Folders that hold what this tool wrote: left out of all counts."""
    patches: str = "patches"
    """Folder of the patch documents, relative to the work tree."""
    reports: str = "reports"
    """Folder of the run records that performance is told by, relative to the work tree."""
    docs: str | None = "docs"
    """Folder of the documentation that the site has pages of, relative to the work tree; empty for none."""
    components: tuple[str, ...] = ()
    """Globs that name components, such as `packages/*`; by default each top-level folder or file is one."""
    public: tuple[str, ...] = ("include/**", "*.proto", "openapi*.json", "openapi*.yaml", "openapi*.yml")
    """Globs of files that others use by their path: one that a range removes or renames is a breaking change."""
    fold: Literal["day"] | None = None
    """`day` folds commits below `fold_below` into one page for their day."""
    fold_below: int = Field(default=20, ge=0, le=100)
    """Complexity score under which `fold` takes a commit."""
    first_episode: int = Field(default=1, ge=0)
    """Number of the first episode, to continue an existing series."""
    personas: str | None = None
    """Folder of persona files that replace or join the built-in cast, file by file."""
    cast: tuple[str, ...] = ()
    """Which voices speak on a page, by the names of their files and in this order; by default all there are."""
    templates: str = "templates"
    """Folder of templates that replace the built-in ones, file by file."""
    writer: Literal["auto", "plain", "ollama", "llamacpp"] = "auto"
    """Who words the claims of episodes."""
    model: str = Field(default="", max_length=500)
    """A model of the Ollama server, or the path of a GGUF file; by default the writer's own choice."""
    deadline_sec: float = Field(default=600.0, gt=0, le=86_400, allow_inf_nan=False)
    """How long a model may take for one page; what it has not said by then is said in plain words."""
    checks: dict[str, CheckCommand] = {}
    """The checks that a patch document tells, by name: a command, or a table of `command` and `timeout_sec`."""

    packages: dict[str, Package] = {}
    """Parts of a monorepo that have patch documents of their own, by name."""
    hook: HookSettings = HookSettings()
    """What the hook does with pages: a table of `branch`, `pages` and `suite`."""

    @field_validator("output", "patches", "reports", "templates", "personas")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        return None if value is None else _folder(value)

    @field_validator("docs")
    @classmethod
    def _inside_or_none(cls, value: str | None) -> str | None:
        return _folder(value) if value else None

    @field_validator("outputs")
    @classmethod
    def _all_inside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_folder, value))

    @field_validator("repo_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not re.fullmatch(r"https?://[^\s()<>\"'\\]+", value):
            raise ValueError("must be an http or https address")
        return value.rstrip("/")

    @field_validator("model")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line of text")
        return value.strip()

    @field_validator("checks", mode="before")
    @classmethod
    def _spelled_out(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: {"command": one} if isinstance(one, str) else one for name, one in value.items()}

    @field_validator("checks")
    @classmethod
    def _named(cls, value: dict[str, CheckCommand]) -> dict[str, CheckCommand]:
        if len(value) > _MOST_CHECKS:
            raise ValueError(f"at most {_MOST_CHECKS} checks can be told")
        seen: dict[str, str] = {}
        for name in value:
            if not _CHECK_NAME.fullmatch(name):
                raise ValueError(f"a check is named by up to 40 letters, digits, `.`, `_` and `-`, not {name[:60]!r}")
            if (other := seen.setdefault(name.lower(), name)) != name:
                raise ValueError(f"{other!r} and {name!r} differ in case alone")
        return value

    @property
    def excluded(self) -> tuple[str, ...]:
        """All output folders, sorted: also that of the pages, and one that was named for run records.

        `patches` and `reports` unnamed stand in `outputs`; who takes one out of there has a folder of that name that is
        none of ours.
        """
        named = {getattr(self, key) for key in ("patches", "reports") if key in self.model_fields_set}
        return tuple(sorted({*self.outputs, self.output, *named}))


def _folder(value: str) -> str:
    """The one spelling of a folder inside the repository: `reports` for `./reports/`."""
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not value.strip():
        raise ValueError("must be a folder inside the repository")
    return str(path)


def load_settings(folder: Path | None, *, name: str, environment: Mapping[str, str] = os.environ) -> Settings:
    """Load the settings of a repository.

    Args:
        folder: The work tree; None for a bare repository, which has only the environment.
        name: Series name to fall back on.
        environment: Where `CHRONICLES_*` are looked up.

    Raises:
        ConfigError: If a file is no TOML or a setting is unknown or unusable.
    """
    origin, table = _read_table(folder) if folder else (Path("environment"), {})
    _refuse_model_file(origin, table.get("model"))
    named: dict[str, str] = {}
    for key, value in environment.items():
        field = key.removeprefix(_ENVIRONMENT_PREFIX).lower()
        if key.startswith(_ENVIRONMENT_PREFIX) and key not in _NO_SETTINGS:
            where = Path(f"environment variable {key}")
            if field in _TABLES:
                raise ConfigError(where, f"`{field}` stands in the repository's file alone")
            if field not in Settings.model_fields:
                raise ConfigError(where, f"no such setting{_nearest(field)}")
            table[field] = value.split(os.pathsep) if field in ("outputs", "components", "public", "cast") else value
            named[field] = key
    table.setdefault("series", name)
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if variable := named.get(place.partition(".")[0]):
            origin = Path(f"environment variable {variable}")
        raise ConfigError(origin, f"setting `{place}`: {first['msg']}. See `docs/configuration.md`.") from error
    if folder and not (folder / settings.output).resolve().is_relative_to(folder.resolve()):
        raise ConfigError(folder / settings.output, "is a link out of the repository; pages are kept inside")
    return settings


def _refuse_model_file(origin: Path, model: object) -> None:
    if isinstance(model, str) and model.strip().lower().endswith(".gguf"):
        remedy = "Name one yourself: `--model FILE`, or CHRONICLES_MODEL in the environment"
        raise ConfigError(
            origin, f"setting `model`: {model!r} is a model file, which no repository may name. {remedy}."
        )


def _nearest(field: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a misspelling needs it

    found = get_close_matches(field, Settings.model_fields.keys() - set(_TABLES), 1)
    return f"; did you mean {_ENVIRONMENT_PREFIX}{found[0].upper()}?" if found else ""


def own_table(folder: Path) -> dict[str, Any] | None:
    """The settings of a work tree as written; None where there are none yet.

    Raises:
        ConfigError: If a file is no TOML.
    """
    if (folder / "chronicles.toml").is_file():
        return _read_toml(folder / "chronicles.toml")
    return _project_table(folder / "pyproject.toml")


def _read_table(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The settings as written, with the file they were found in."""
    own, project = folder / "chronicles.toml", folder / "pyproject.toml"
    found = (own, _read_toml(own)) if own.is_file() else (project, _project_table(project) or {})
    # Tables that are none of these are left to the rooms that read them.
    return found[0], {key: value for key, value in found[1].items() if key in _TABLES or not isinstance(value, dict)}


def _project_table(project: Path) -> dict[str, Any] | None:
    """`[tool.chronicles]` of a pyproject.toml; None where there is none.

    A file that is no TOML stops us only when it may hold settings of ours: a commit that breaks somebody's
    pyproject.toml is history too, and wants its page.
    """
    if not project.is_file():
        return None
    try:
        tool = _read_toml(project).get("tool", {})
    except ConfigError:
        if b"chronicles" in project.read_bytes():
            raise
        return None
    table = tool.get("chronicles") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(project, "`tool.chronicles` is no table. See `docs/configuration.md`.")
    return table


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(path, f"no readable TOML: {error}") from error
