"""The part of the engine that others may import: run records, where they lie, and what may be said of two of them.

    with RecordStore(Path("reports"), index=Path(".git/banterhearts/runs.sqlite")) as store:
        for match in find_matches(store.runs_of, commits, runs_in=store.runs_in):
            if match.baseline is not None:
                deltas = compare(store.load(match.baseline.run_id).record, store.load(match.run.run_id).record)

It needs no torch. What is imported from here is loaded when it is first asked for, since a record costs pydantic and a
ratio costs scipy, and most runs of the narrator meet neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banterhearts.core.baseline import Match, find_matches
    from banterhearts.core.comparison import Delta, Pair, Why, compare, compare_pairs
    from banterhearts.core.entry import Entry, Stored
    from banterhearts.core.reading import parse_record, read_record
    from banterhearts.core.record import RunRecord
    from banterhearts.core.store import RecordStore
    from banterhearts.core.terms import ArmKey, Direction, Status, Verdict

__all__ = [
    "ArmKey",
    "Delta",
    "Direction",
    "Entry",
    "Match",
    "Pair",
    "RecordStore",
    "RunRecord",
    "Status",
    "Stored",
    "Verdict",
    "Why",
    "compare",
    "compare_pairs",
    "find_matches",
    "parse_record",
    "read_record",
]

_NAMES = {
    "baseline": ("Match", "find_matches"),
    "comparison": ("Delta", "Pair", "Why", "compare", "compare_pairs"),
    "entry": ("Entry", "Stored"),
    "reading": ("parse_record", "read_record"),
    "record": ("RunRecord",),
    "store": ("RecordStore",),
    "terms": ("ArmKey", "Direction", "Status", "Verdict"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the import is late by purpose

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
