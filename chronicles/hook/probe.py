"""Whether a worker is at work, asked before anything is loaded.

In a burst of commits several Pythons start before the first has said that it is there, and all but one have nothing to
do. This is what they load to find that out, so it imports next to nothing.

The lock is tried and let go of. A worker that begins at that very moment finds it taken and leaves; but then the one
who asked goes on, and does its work.
"""

from __future__ import annotations

import os
import sys

__all__ = ["is_taken"]


def is_taken(folder: str) -> bool:
    """Whether the lock in a hook's folder is held; False where nobody can say so quickly."""
    if sys.platform == "win32":
        return False
    import fcntl  # noqa: PLC0415 - Windows has none

    try:
        names = [name for name in os.listdir(folder) if name.startswith("output-") and name.endswith(".lock")]  # noqa: PTH208 - pathlib costs more
    except OSError:
        return False
    for name in names:
        try:
            descriptor = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass
        finally:
            os.close(descriptor)
    return False
