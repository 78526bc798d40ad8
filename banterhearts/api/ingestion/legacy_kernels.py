"""The original engine's `kernel_benchmarks.json`: groups of kernels, each a mean, a spread and extremes.

Times are milliseconds. The file tells neither how many samples there were nor on which machine, of which shapes or
when. The mean is all that there is, so `summaries` decides whether it is one. Nothing in it proves that a fused
kernel ran, and the record says so.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from banterhearts.api.ingestion.fields import Fields
from banterhearts.api.ingestion.row import SUMMARY, Entry, Reading, Row, pointer
from banterhearts.api.ingestion.summaries import milliseconds
from banterhearts.core.record import Attestation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["LegacyKernels"]

_KEYS = {"mean_time_ms", "std_time_ms", "min_time_ms", "max_time_ms"}


class LegacyKernels:
    """The format."""

    name = "legacy-kernels"
    suite = "legacy-kernels"
    needs = "groups of kernels with `mean_time_ms`, `std_time_ms`, `min_time_ms` and `max_time_ms`"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By the shape of every entry."""
        groups = list(source.value.values()) if isinstance(source.value, dict) else []
        if not groups or not all(isinstance(group, dict) and group for group in groups):
            return False
        return all(isinstance(one, dict) and one.keys() >= _KEYS for group in groups for one in group.values())

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a kernel."""
        del stated
        for group, kernels in source.value.items():
            for kernel, stats in kernels.items():
                yield Entry(
                    pointer(group, kernel),
                    [self.name, group, kernel, stats],
                    partial(_row, group, kernel, stats),
                )


def _row(group: str, kernel: str, value: object) -> Row:
    stats = Fields.of(value)
    notes = milliseconds(stats, None).check("ms")
    proofs: tuple[Attestation, ...] = ()
    if kernel.startswith("fused"):
        evidence = "the file has neither a profile nor outputs"
        proofs = (Attestation(kind="fusion", required=False, evidence=evidence, verdict="not_proven"),)
    return Row(
        case=f"{group}/{kernel}",
        readings=(Reading("time", "ns", (stats.duration("mean_time_ms", "ms"),)),),
        essence={"group": group, "kernel": kernel},
        attestation=proofs,
        notes=(f"{SUMMARY}, the mean", *notes),
    )
