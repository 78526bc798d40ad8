"""The log of the worker: what nobody stands beside to read.

One line an event, with its time; of a bug the traceback follows. It is at most two files of a quarter of a megabyte,
and a log that cannot be written stops nothing. What a command prints in the background goes there too, line by line:
through the same two files, since a descriptor that was simply turned to the log would go on writing to the old one.
"""

from __future__ import annotations

import errno
import io
import logging
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Log", "one_line"]

_MOST_BYTES = 256 * 1024
_MOST_LINE = 4_000
"""Characters of one event, a traceback apart."""


def one_line(text: str, most: int = 300) -> str:
    """Any text as one line that can be shown on a terminal: what is not printable is written as its code."""
    flat = " ".join(text.split())
    shown = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in flat[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


class Log:
    """The log of one repository's worker.

    Args:
        folder: Where its files lie.
        clean: Takes secrets out of a text.
    """

    def __init__(self, folder: Path, clean: Callable[[str], str]) -> None:
        self.path = folder / "log"
        self._clean = clean
        self._handler = _Handler(
            self.path, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", delay=True, errors="backslashreplace"
        )

    def say(self, event: str) -> None:
        """Write one event."""
        self._write(one_line(self._clean(event), _MOST_LINE))

    def line(self, text: str) -> str:
        """A text as it would be written: in one line, without secrets."""
        return one_line(self._clean(text))

    def trace(self, error: BaseException) -> None:
        """Write where a bug came up."""
        import traceback  # noqa: PLC0415 - bugs are few

        told = self._clean("".join(traceback.format_exception(error)))
        lines = [one_line(line, _MOST_LINE) if line.strip() else "" for line in told.splitlines()[-200:]]
        self._write("\n".join(["traceback:", *(f"    {line}" for line in lines)]))

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Write down what is printed while the block runs, on both streams."""
        before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = _Lines(self.say)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before

    def close(self) -> None:
        """Close the file."""
        self._handler.close()

    def _write(self, text: str) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._handler.emit(logging.makeLogRecord({"msg": f"{at} {text}"}))


class _Handler(RotatingFileHandler):
    """One that tells nobody of what keeps it from writing: there is nobody."""

    def _open(self) -> io.TextIOWrapper:
        path = Path(self.baseFilename)
        if path.exists() and not path.is_file():
            raise OSError(errno.EEXIST, "is no file", self.baseFilename)  # opening a pipe would wait for its reader
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its parent's name
        del record
        with suppress(OSError):
            self.close()


class _Lines(io.TextIOBase):
    """A stream whose whole lines are events."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._begun = ""

    def writable(self) -> bool:
        """Say that it is."""
        return True

    def write(self, text: str, /) -> int:
        """Take text, and say the lines that are whole."""
        *lines, self._begun = (self._begun + text).split("\n")
        self._begun = self._begun[-_MOST_LINE:]
        for line in lines:
            if line.strip():
                self._say(line)
        return len(text)
