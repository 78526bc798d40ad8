"""The peak memory of this process, as the kernel counts it."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["peak_resident_bytes"]

_STATUS = Path("/proc/self/status")


def peak_resident_bytes(status: Path = _STATUS) -> int | None:
    """The most pages that this process ever had in memory, shared ones and those of mapped files included.

    Linux's `VmHWM`, which begins anew with the program (`ru_maxrss` begins with the peak of whoever started it). None
    on other systems.
    """
    try:
        text = status.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None
