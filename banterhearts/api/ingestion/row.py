"""What a row of another tool's file says, in our words and before it is a record.

A format's module turns each entry of a file into a `Row`, or raises `Refused`. It knows the tool and nothing of git,
options, folders or run ids; those come in `recording`. Values are exact decimals in the unit of the record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from banterhearts.core.record import Direction, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from banterhearts.api.ingestion.refusal import LeftOut
    from banterhearts.api.ingestion.source import Source
    from banterhearts.core.record import Attestation, Model

__all__ = ["SUMMARY", "Entry", "Format", "Passes", "Reading", "Row", "Stated", "in_a_row", "pointer", "portable"]

SUMMARY = "the file keeps no samples: one value stands for them"

_PART = r"[^\s\"'=:;,()\[\]{}<>|&/\\]+"
_ABSOLUTE = re.compile(rf"(?<![\w.:/\\-])(?:[A-Za-z]:[\\/]|~/|/(?={_PART}/))(?:{_PART}[\\/])*({_PART})")


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of one metric."""

    metric: str
    unit: str
    """UCUM."""
    values: tuple[Decimal, ...]
    direction: Direction = Direction.LOWER
    phase: Phase = Phase.MEASURE


@dataclass(frozen=True, slots=True)
class Passes:
    """Forward passes of a model, for the question whether its weights can be read so often."""

    per_second: Decimal
    weight_bytes: int | None
    """Read in each pass, at least; None where that is not known."""
    note: str | None = None
    """Where the bytes are known from, or why the rule does not apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement of another tool."""

    case: str
    readings: tuple[Reading, ...]
    essence: Mapping[str, Any]
    """All that makes two workloads the same one, less the treatment."""
    requested: Mapping[str, Any] = field(default_factory=dict)
    effective: Mapping[str, Any] = field(default_factory=dict)
    """What was in effect, as far as that is known; two rows with one effect are one arm."""
    workload: Mapping[str, int] = field(default_factory=dict)
    """Further fields of `Workload`: prompt_tokens, output_tokens, batch, context_depth."""
    model: Model | None = None
    machine: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `Environment` that the file states; without cpu and gpu the machine is not known."""
    runtime: str | None = None
    created_at: datetime | None = None
    commit: str | None = None
    """40 hexadecimal digits."""
    is_dirty: bool | None = None
    """None where the file does not say."""
    repo: str | None = None
    attestation: tuple[Attestation, ...] = ()
    passes: Passes | None = None
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that has not been read yet."""

    where: str
    """Behind the file's name: `:17`, `#/benchmarks/3`."""
    content: object
    """What the file holds there and what it says of all rows; the row's identity is made of it."""
    read: Callable[[], Row]
    """Raises `Refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What whoever imports says, because the file does not."""

    commit: str | None = None
    """Of rows that name none."""
    at: datetime | None = None
    """When rows without a time were measured."""
    suite: str | None = None
    machine: str | None = None
    """A name under which runs count as runs of one machine."""
    model: str | None = None
    bandwidth: float | None = None
    """Of the memory that holds the weights, in bytes a second."""
    weight_bytes: int | None = None
    """Read in each forward pass."""


class Format(Protocol):
    """A tool's way of writing its results."""

    @property
    def name(self) -> str:
        """As `--format` takes it."""

    @property
    def suite(self) -> str:
        """Where its records go unless another is named."""

    @property
    def needs(self) -> str:
        """By what a file of it is known."""

    @property
    def reads_lines(self) -> bool:
        """Whether a file of it may have a JSON value a line."""

    def recognises(self, source: Source) -> bool:
        """Whether a file is of it."""

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """The rows of a file, in its order.

        Raises:
            RecordError: If the file cannot be read on.
        """


def in_a_row(values: Sequence[object]) -> tuple[str, ...]:
    """What must be said of several values of one run of a tool."""
    if len(values) < 2:  # noqa: PLR2004 - several are two
        return ()
    return ("the values were taken one after another in one run of the tool: one block, whatever their number",)


def pointer(*parts: str | int) -> str:
    """The place of a value in a JSON document, as RFC 6901 writes it behind a URL."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def portable(text: str) -> str:
    r"""A text without the folders of a machine: absolute paths keep their last part.

    `/home/ada/bin/tool --in=/tmp/x.txt` becomes `tool --in=x.txt`, and `C:\Users\ada\tool.exe` becomes `tool.exe`.
    """
    return _ABSOLUTE.sub(lambda found: found[1], text)
