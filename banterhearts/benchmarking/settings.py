"""The table of a declared suite: `[tool.banterhearts.suites.<name>]`, checked key by key.

    command = "python -m mytool build big.toml"   # a string for the shell, or a list of arguments
    setup = "make"                                # once a work tree, untimed
    blocks = 10
    [metrics.rows]
    unit = "{row}/s"
    direction = "higher"
    pattern = "rows per second: ([0-9.]+)"

A metric besides the command's own time is found in what the command prints, by a regular expression with one group or
by a JSON pointer (RFC 6901), or in a JSON file that it writes. Values are stored in base units: `scale` is what one
printed unit is in `unit`, so milliseconds are `unit = "ns"` with `scale = 1e6`. A unit with a prefix is refused, or
the same quantity would stand in two units in two suites.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from banterhearts.core.kinds import TIMES
from banterhearts.core.record import Name  # noqa: TC001 - pydantic reads the annotations

__all__ = ["CaseSettings", "CommandSettings", "MetricSettings"]

_DAY_SEC = 86_400.0


def _command(value: object) -> object:
    # Checked here: of a union, pydantic would tell what was wrong with each of its kinds, by names of its own.
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise ValueError("is a string for the shell, or a list of a program and its arguments")
    for word in words:
        if not isinstance(word, str) or not word or "\x00" in word:
            raise ValueError(f"holds {word!r:.60}, and takes text that is not empty and has no NUL")
    return value


Command = Annotated[str | list[str], PlainValidator(_command)]
"""A string is run by the shell (`/bin/sh -c`); a list is a program and its arguments, with no shell between."""
Env = dict[
    Annotated[str, StringConstraints(pattern=r"^[^=\x00]+$")], Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
]
_BASE = {
    **dict.fromkeys(("us", "ms", "s", "min", "h"), ("ns", "nanoseconds")),
    **dict.fromkeys(
        ("kBy", "MBy", "GBy", "KiBy", "MiBy", "GiBy", "KB", "MB", "GB", "KiB", "MiB", "GiB"), ("By", "bytes")
    ),
    "%": ("1", "a fraction"),
}
_RESERVED = {"time", "cpu_time"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class MetricSettings(_Strict):
    """One more metric, and where it is found: `pattern`, or `pointer` (in `file` where that is given)."""

    unit: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[!-~]+$")]
    """UCUM: `ns`, `By`, `{row}/s`, `J`, `1`."""
    direction: Literal["lower", "higher"]
    """Which way is better."""
    pattern: str | None = None
    """A regular expression with one group; each match in stdout is a value."""
    pointer: str | None = None
    """Where in the JSON the number, or the list of numbers, stands; "" is the whole of it."""
    file: str | None = None
    """The JSON file that the command writes, relative to the work tree; stdout when not given."""
    scale: Annotated[float, Field(gt=0)] = 1.0
    """What one unit of what is printed is in `unit`."""

    @field_validator("unit")
    @classmethod
    def _is_a_base_unit(cls, value: str) -> str:
        if value in _BASE:
            base, name = _BASE[value]
            raise ValueError(f'is no base unit: say unit = "{base}", and in scale how many {name} one {value} is')
        return value

    @field_validator("direction")
    @classmethod
    def _is_that_of_a_time(cls, value: str, about: ValidationInfo) -> str:
        if value == "higher" and about.data.get("unit") in TIMES:
            raise ValueError('of a time less is better: say "lower", or the unit of what more is better of')
        return value

    @field_validator("pattern")
    @classmethod
    def _has_one_group(cls, value: str | None) -> str | None:
        try:
            groups = re.compile(value or "()").groups
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        if groups != 1:
            raise ValueError(f"has {groups} groups; exactly one says where the number is")
        return value

    @field_validator("pointer")
    @classmethod
    def _is_a_pointer(cls, value: str | None) -> str | None:
        if value and (not value.startswith("/") or re.search(r"~(?![01])", value)):
            raise ValueError("is no JSON pointer: it begins with /, and ~ is written ~0, a / in a key ~1")
        return value

    @field_validator("file")
    @classmethod
    def _is_inside(cls, value: str | None) -> str | None:
        if value is not None and (
            PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts or not value
        ):
            raise ValueError("is a path inside the work tree")
        return value

    @model_validator(mode="after")
    def _is_found_one_way(self) -> Self:
        if (self.pattern is None) == (self.pointer is None):
            raise ValueError("needs a `pattern` or a `pointer`, and not both")
        if self.file is not None and self.pointer is None:
            raise ValueError("`file` goes with a `pointer`")
        return self


class CaseSettings(_Strict):
    """One case: what differs from the suite."""

    command: Command | None = None
    """Instead of the suite's."""
    env: Env = {}
    """Over the suite's."""


class CommandSettings(_Strict):
    """A declared suite."""

    command: Command | None = None
    """What is measured; not needed where each case has its own."""
    cases: dict[Name, CaseSettings] = {}
    """By name; without any there is one, called `default`."""
    setup: Command | None = None
    """Builds a work tree, once and untimed."""
    setup_limit_sec: Annotated[float, Field(gt=0, le=_DAY_SEC)] = 1800.0
    time_limit_sec: Annotated[float, Field(gt=0, le=_DAY_SEC)] = 300.0
    """Seconds after which a run of the command is ended, and failed."""
    warmups: Annotated[int, Field(ge=0, le=1000)] = 1
    """Visits of each arm before the first block."""
    blocks: Annotated[int, Field(ge=1, le=10_000)] = 10
    samples: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Runs of the command in a visit; each arm is visited twice a block."""
    min_effect: Annotated[float, Field(gt=0, le=1)] = 0.02
    """The smallest change worth a verdict: 0.02 is two per cent."""
    env: Env = {}
    """Over the clean environment that commands run in."""
    cpu_time: bool = False
    """Whether `cpu_time` is told too: it is noise where a command waits, and more certain than `time` where it computes
    beside others."""
    metrics: dict[Name, MetricSettings] = {}
    """By name, besides the times."""

    @model_validator(mode="after")
    def _has_something_to_run(self) -> Self:
        without = [name for name, case in self.cases.items() if case.command is None]
        if self.command is None and (without or not self.cases):
            raise ValueError("`command` is missing" + (f" for case {without[0]!r}" if without else ""))
        if taken := _RESERVED & self.metrics.keys():
            raise ValueError(f"`metrics.{min(taken)}` is measured always, and cannot be declared")
        return self
