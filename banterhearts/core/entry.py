"""What is known of a stored run without reading it again: enough to find it, to rank it, and to notice a lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from banterhearts.core.terms import ArmKey, Status

if TYPE_CHECKING:
    from pathlib import Path

    from banterhearts.core.record import RunRecord

__all__ = ["Entry", "Stored", "entry_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A run of the store, as its index has it."""

    run_id: str
    path: str
    """In the store's folder, with `/` between its parts: `speed/2025-01-31.mining.json`."""
    digest: str
    """The sha256 of the file's bytes."""
    commit: str | None
    """None where the record does not say."""
    dirty: bool
    status: Status
    created_at: str
    """ISO 8601 in UTC with microseconds, so that the order of the texts is that of the times."""
    arm: ArmKey
    sitting: str | None
    complete: bool
    """Whether it ended well and has samples of all blocks that were planned."""
    has_placebo: bool

    @property
    def speaks(self) -> bool:
        """Whether the run tells its commit's performance: it ended well, and the tree was that commit's."""
        return self.status is Status.OK and not self.dirty and self.commit is not None


@dataclass(frozen=True, slots=True)
class Stored:
    """A record that was read, and the file that it was read from."""

    record: RunRecord
    digest: str
    """The sha256 of the bytes that the record was parsed from."""
    path: Path


def entry_of(record: RunRecord, path: str, digest: str) -> Entry:
    """The entry of a record.

    Args:
        record: The record.
        path: Where it lies in the store's folder.
        digest: The sha256 of the file's bytes.
    """
    return Entry(
        run_id=record.run_id,
        path=path,
        digest=digest,
        commit=record.subject.commit_sha,
        dirty=record.subject.dirty,
        status=record.status,
        created_at=record.created_at.isoformat(timespec="microseconds"),
        arm=record.arm,
        sitting=record.provenance.sitting,
        complete=record.status is Status.OK and not record.missing_blocks,
        has_placebo=record.has_placebo,
    )
