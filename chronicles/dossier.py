"""The dossier: all that is known of one subject, as facts in a ledger and the claims they entitle to.

A fact is one value with the phrase it is shown as and the command that derives it again. Its *family* is the
first part of its id (`change.files` is of the family `change`), and every family has a version, which says by
which rules and tools the values were found: the same version and another value is false, another version is
stale. The JSON form is the contract `chronicles.dossier/1`; it is canonical, so equal dossiers have equal bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

if TYPE_CHECKING:
    from pydantic import ConfigDict, TypeAdapter

__all__ = [
    "SCHEMA",
    "STRICT",
    "CheckRun",
    "Claim",
    "Coverage",
    "Dossier",
    "Fact",
    "Ledger",
    "Lens",
    "Point",
    "Polarity",
    "RunName",
    "Section",
    "Source",
    "StoredDossier",
    "SubjectKey",
    "ToldRun",
    "canonical_json",
    "read_json",
]

_NUMBER = re.compile(r"\.\d+(?=\.|$)")

SCHEMA = "chronicles.dossier/1"

Value = int | float | str | None
T = TypeVar("T")

STRICT: ConfigDict = {"extra": "forbid", "allow_inf_nan": False}
"""How dataclasses are read from JSON that anybody may have written; pydantic looks for it in each of them."""


class Source(StrEnum):
    """What a fact was read from."""

    GIT = "git"
    ANALYSIS = "analysis"
    BENCHMARK = "benchmark"
    CHECK = "check"


class Lens(StrEnum):
    """What a persona looks at."""

    CRAFT = "craft"
    MEASUREMENT = "measurement"
    NOVELTY = "novelty"
    LINEAGE = "lineage"


class Section(StrEnum):
    """Where a sentence stands in a document: the last two are a patch document's, the others an episode's."""

    WHY = "why"
    ROUNDTABLE = "roundtable"
    ARCHITECTURE = "architecture"
    DEEP_DIVE = "deep_dive"
    OVERVIEW = "overview"
    HIGHLIGHTS = "highlights"


class Polarity(StrEnum):
    """Whether a claim tells of something welcome, unwelcome or neither."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a subject."""

    __pydantic_config__: ClassVar = STRICT
    id: str
    """Dotted name, unique in the ledger; the first part is the family."""
    value: Value
    unit: str
    """What the value counts or is: `line`, `file`, `s`, `percent`, `sha`, `path`, `name`, `text`, `time`, ..."""
    figure: str
    """The value as a table cell shows it, Markdown."""
    text: str
    """The phrase that fills a slot, noun and unit included, Markdown."""
    source: Source
    derive: str
    """A command that a person can paste into a shell to find the value again."""

    @property
    def family(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence skeleton that the ledger entitles to."""

    __pydantic_config__: ClassVar = STRICT
    id: str
    """Name of the claim's template, such as `sleep.file_woke`."""
    family: str
    lens: Lens
    polarity: Polarity
    salience: float
    """0 to 1: how far from this repository's habit, by the rule of the family."""
    skeleton: str
    """The plainest wording, slots in braces."""
    slots: Mapping[str, str]
    """Slot name to fact id."""


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """Which commits a dossier tells."""

    __pydantic_config__: ClassVar = STRICT
    kind: str
    """`commit`, `group` or `range`."""
    commits: tuple[str, ...]
    """First-parent steps, newest first, full ids."""
    base: str | None
    """The commit that the changes are counted against; None for the empty tree."""
    reading: str = "full"
    """`full`, or `quick`: without symbols, public API, imports and blame."""
    paths: tuple[str, ...] = ()
    """Folders or files that a range is limited to, sorted; none for the whole tree."""

    def to_json(self) -> dict[str, Any]:
        """The key's JSON value; the paths stand there only where there are some."""
        value = asdict(self)
        if not self.paths:
            del value["paths"]
        return value


@dataclass(frozen=True, slots=True)
class RunName:
    """A run record, named so that another one cannot take its place."""

    __pydantic_config__: ClassVar = STRICT
    id: str
    digest: str
    """The sha256 of the record's bytes."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one run of a series measured."""

    __pydantic_config__: ClassVar = STRICT
    run: RunName
    commit: str
    value: float
    """In the metric's unit, made from the raw samples."""
    low: float | None
    """Ends of the confidence interval; None where there are too few blocks for one."""
    high: float | None
    together: bool
    """Whether its blocks were interleaved with those of the run that is told."""


@dataclass(frozen=True, slots=True)
class ToldRun:
    """A run that a subject is told by, with all the runs that its facts are made of."""

    __pydantic_config__: ClassVar = STRICT
    run: RunName
    baseline: RunName | None
    """What it is compared with; None where nothing before it was measured alike."""
    placebo: RunName | None
    """The record that holds the placebo's samples; it may be one of the other two."""
    earlier: RunName | None
    """Where there is no baseline: the nearest run of the same case in another configuration or on another machine."""
    suite: str
    case: str
    metric: str
    """What the series is of; empty for a run without a series, as is the unit."""
    unit: str
    series: tuple[Point, ...]
    """Runs of the same arm up to this one, oldest first."""

    @property
    def names(self) -> tuple[RunName, ...]:
        """Every run that it names, itself first."""
        others = (one for one in (self.baseline, self.placebo, self.earlier) if one is not None)
        return tuple(dict.fromkeys((self.run, *others, *(point.run for point in self.series))))


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A configured check, and how it ended on the tree at the end of a range."""

    __pydantic_config__: ClassVar = STRICT
    name: str
    command: str
    result: str = "not run"
    """`passed`, `failed`, `timed out` or `not run`."""
    exit: int | None = None
    """The command's exit code; None where it did not end by itself."""
    seconds: float | None = None
    """How long it ran."""
    last: str = ""
    """The last line of its output, cleaned."""
    wrote: int | None = None
    """How many files of its checkout it changed; None where that is not known."""
    digest: str = ""
    """The sha256 of its stored record; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where each commit of the subject went: told + grouped + excluded is all of them."""

    __pydantic_config__: ClassVar = STRICT
    told: int
    """First-parent steps."""
    grouped: int
    """Commits that merges among them brought in."""
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Rule to the number of commits it left out."""


class Ledger(Mapping[str, Fact]):
    """Facts by id, in the order they were found."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts = {fact.id: fact for fact in facts}
        self._numbered: dict[str, dict[str, None]] | None = None
        """What stands before a number of an id, to the entries; made when it is asked for."""

    def __getitem__(self, key: str) -> Fact:
        return self._facts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def value(self, key: str) -> Value:
        """The value of a fact, or None where there is no such fact."""
        fact = self._facts.get(key)
        return fact.value if fact else None

    def number(self, key: str) -> float:
        """The value of a numeric fact, or 0 where there is none."""
        value = self.value(key)
        return value if isinstance(value, int | float) else 0

    def string(self, key: str) -> str:
        """The value of a textual fact, or "" where there is none."""
        value = self.value(key)
        return value if isinstance(value, str) else ""

    def numbered(self, prefix: str) -> list[str]:
        """The entries `prefix.1`, `prefix.2`, ... that have facts, in order."""
        if self._numbered is None:
            self._numbered = {}
            for key in self._facts:
                for found in _NUMBER.finditer(key):
                    self._numbered.setdefault(key[: found.start()], {})[key[: found.end()]] = None
        return list(self._numbered.get(prefix, ()))


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one subject."""

    subject: SubjectKey
    made_by: Mapping[str, str]
    """Family to the version of its rules and tools."""
    ledger: Ledger
    claims: tuple[Claim, ...]
    coverage: Coverage
    runs: tuple[ToldRun, ...] = ()
    """The run records that the facts of performance are made of; a page's sidecar holds them beside the dossier."""
    checks: tuple[CheckRun, ...] = ()
    """The checks that a range is told with, likewise."""

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON value."""
        return {
            "schema": SCHEMA,
            "subject": self.subject.to_json(),
            "made_by": dict(self.made_by),
            "facts": [_fact_json(fact) for fact in self.ledger.values()],
            "claims": [asdict(claim) for claim in self.claims],
            "coverage": {**asdict(self.coverage), "excluded": dict(self.coverage.excluded)},
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Dossier:
        """Read the contract's JSON value.

        Raises:
            ValueError: If it is of another schema or not a dossier at all.
        """
        return read_json(StoredDossier, json.dumps(value)).read()


@dataclass(frozen=True, slots=True)
class StoredDossier:
    """A dossier as its JSON form lays it out."""

    __pydantic_config__: ClassVar = STRICT
    schema: Literal["chronicles.dossier/1"]
    subject: SubjectKey
    made_by: dict[str, str]
    facts: tuple[Fact, ...]
    claims: tuple[Claim, ...]
    coverage: Coverage

    def read(self) -> Dossier:
        """The dossier itself."""
        return Dossier(self.subject, self.made_by, Ledger(self.facts), self.claims, self.coverage)


def read_json(kind: type[T], text: str | bytes) -> T:
    """Read a dataclass from JSON: each field of its very type, none missing, none unknown, all numbers finite.

    Raises:
        ValueError: If the text is anything else; it names the first place that is.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - heavy; only stored files need it

    try:
        adapter: TypeAdapter[T] = _adapter(kind)  # type: ignore[arg-type] # a type is hashable
        return adapter.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place!r}: {first['msg']}" if place else first["msg"]) from error


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    return TypeAdapter(kind)


def _fact_json(fact: Fact) -> dict[str, Value]:
    """A fact as JSON; written out, since `dataclasses.asdict` costs five times as much and pages hold hundreds."""
    return {
        "id": fact.id,
        "value": fact.value,
        "unit": fact.unit,
        "figure": fact.figure,
        "text": fact.text,
        "source": fact.source.value,
        "derive": fact.derive,
    }


def canonical_json(value: object) -> str:
    """Write JSON that is the same for the same value on every machine, and that diffs line by line."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
