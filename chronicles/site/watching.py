"""What a served site is made of, looked at while it is served.

Pages are made of folders that may not be there yet, of single files and of settings that name both. A builder watches
folders that are there when it begins. So the site is looked at from here: all places by name, there or not, and which
they are is asked again whenever something has changed, since the settings may have. A look reads the time and the size
of each file and nothing in it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

__all__ = ["LOOK_SEC", "Look", "Watch"]

LOOK_SEC = 1.0
"""How long is waited between two looks."""


class Look:
    """Tells whether something has changed since it was told last.

    Args:
        find: Gives the files and folders of which pages are made, whether they are there or not.
    """

    def __init__(self, find: Callable[[], Iterable[Path]]) -> None:
        self._find = find
        self._places = list(find())
        self._seen = self._state()

    def changed(self) -> bool:
        """Look once more; what has changed is told once."""
        if self._state() == self._seen:
            return False
        self._places = list(self._find())
        self._seen = self._state()
        return True

    def _state(self) -> int:
        return hash(tuple(one for place in self._places for one in _files(place)))


class Watch:
    """Calls something after each change, in a thread of its own, until it is left; a context manager.

    Args:
        look: What is looked at.
        call: What is called; it must not raise.
        wait_sec: How long is waited between two looks.
    """

    def __init__(self, look: Look, call: Callable[[], None], wait_sec: float = LOOK_SEC) -> None:
        self._look = look
        self._call = call
        self._wait_sec = wait_sec
        self._end = Event()
        self._thread = Thread(target=self._run, name="chronicles-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(self._wait_sec):
            if self._look.changed():
                self._call()


def _files(place: Path) -> Iterator[tuple[str, int, int]]:
    """Each file of a place, with its time and size; links are not followed out of it."""
    with suppress(OSError):
        if not place.is_dir():
            yield _status(os.fspath(place))
            return
        for folder, folders, names in os.walk(place):
            folders[:] = sorted(name for name in folders if name != ".git")
            for name in sorted(names):
                with suppress(OSError):
                    yield _status(os.path.join(folder, name))  # noqa: PTH118 - of ten thousand files a second


def _status(path: str) -> tuple[str, int, int]:
    status = os.stat(path)  # noqa: PTH116 - as above
    return path, status.st_mtime_ns, status.st_size
