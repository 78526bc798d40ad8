"""Times, commits and machines as other tools write them.

A time without an offset is read as UTC, and the record says so. A commit is 40 hexadecimal digits or none: a shortened
hash may name two commits next year.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from banterhearts.api.ingestion.fields import excerpt

__all__ = ["commit_of", "from_epoch_ms", "moment", "no_commit", "release"]

_SHA = re.compile(r"[0-9a-fA-F]{40}")
_LATEST_MS = 253_402_300_799_000
"""The end of the year 9999."""


def moment(text: str | None, *, tool_writes_utc: bool = False) -> tuple[datetime | None, tuple[str, ...]]:
    """A time, and what must be said of it.

    Args:
        text: ISO 8601, or whatever the file has; what is no time is not known.
        tool_writes_utc: Whether the tool is known to write UTC where it writes no offset.
    """
    if not text:
        return None, ()
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC), ()
    except (ValueError, OverflowError):
        return None, (f"the file's time {excerpt(text)!r} cannot be read",)
    notes = () if tool_writes_utc else (f"the file's time {excerpt(text)} has no offset and is read as UTC",)
    return found.replace(tzinfo=UTC), notes


def from_epoch_ms(value: int | None) -> datetime | None:
    """A time from milliseconds since 1970; None for what lies outside the calendar."""
    if value is None or not 0 <= value <= _LATEST_MS:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)


def commit_of(text: str | None) -> str | None:
    """A full hash, in small letters; None for anything else."""
    return text.lower() if text and _SHA.fullmatch(text) else None


def no_commit(text: str) -> str:
    """What must be said of a commit that is none."""
    return f"the file's commit {excerpt(text)!r} is no full hash and was not taken"


def release(text: str | None) -> str:
    """The numbers of a kernel's release: whoever builds one may write anything behind them, a machine's name too."""
    found = re.match(r"\d+(?:\.\d+)*", text or "", re.ASCII)
    return found[0] if found else ""
