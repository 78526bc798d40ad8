"""The formats that can be imported, and which one a file is of.

A file is recognised by what it holds, never by its name. No file at hand is of two formats; where one were, the first
of the list would read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banterhearts.api.ingestion.asv import Asv
from banterhearts.api.ingestion.google_benchmark import GoogleBenchmark
from banterhearts.api.ingestion.hyperfine import Hyperfine
from banterhearts.api.ingestion.legacy_backends import LegacyBackends
from banterhearts.api.ingestion.legacy_banter import LegacyBanter, LegacySummary
from banterhearts.api.ingestion.legacy_kernels import LegacyKernels
from banterhearts.api.ingestion.legacy_quantization import LegacyQuantization
from banterhearts.api.ingestion.legacy_sweep import LegacySweep
from banterhearts.api.ingestion.llama_bench import LlamaBench
from banterhearts.api.ingestion.pytest_benchmark import PytestBenchmark
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from banterhearts.api.ingestion.row import Format
    from banterhearts.api.ingestion.source import Source

__all__ = ["FORMATS", "find_format"]

_ALL: tuple[Format, ...] = (
    PytestBenchmark(),
    Asv(),
    LlamaBench(),
    Hyperfine(),
    GoogleBenchmark(),
    LegacySweep(),
    LegacyKernels(),
    LegacyBackends(),
    LegacyQuantization(),
    LegacyBanter(),
    LegacySummary(),
)
FORMATS = {one.name: one for one in _ALL}
"""By name."""


def find_format(source: Source, name: str | None) -> Format:
    """The format of a file.

    Args:
        source: The file.
        name: Of `FORMATS`, where it is said; None to look.

    Raises:
        RecordError: If the file is not of it, or of none that is known.
    """
    if name is not None:
        if not _is_of(source, FORMATS[name]):
            raise RecordError(source.path, f"is no file of {name}: that has {FORMATS[name].needs}")
        return FORMATS[name]
    found = next((one for one in _ALL if _is_of(source, one)), None)
    if found is None:
        raise RecordError(source.path, f"is of no format that can be imported ({', '.join(FORMATS)})")
    return found


def _is_of(source: Source, one: Format) -> bool:
    return one.recognises(source) and (one.reads_lines or not source.is_lines)
