"""A page is reserved by one run at a time, across processes, and free again when that ends, however it ends."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.reserving import Reserved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER = """
    import sys
    from pathlib import Path

    from chronicles.documents.reserving import Reserved

    reserved = Reserved(lambda: Path(sys.argv[1]))
    for line in sys.stdin:
        verb, name = line.split()
        print(getattr(reserved, verb)(name), flush=True)
"""


class Other:
    """Another run, that does as it is told."""

    def __init__(self, folder: Path) -> None:
        command = (sys.executable, "-c", textwrap.dedent(OTHER), str(folder))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, verb: str, name: str) -> str:
        """Call a method there."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{verb} {name}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    """Another run on the same folder."""
    made = Other(tmp_path)
    yield made
    made.kill()
    made.process.communicate()


def test_one_run_has_a_page(tmp_path: Path, other: Other) -> None:
    """What one has the other has not, other pages it has, and what is let go is to be had."""
    ours = Reserved(lambda: tmp_path)
    assert other.do("take", "aa") == "True"
    assert [ours.take("aa"), ours.take("bb")] == [False, True]
    assert other.do("take", "bb") == "False"
    ours.release("bb")
    assert other.do("take", "bb") == "True"
    other.do("release", "aa")
    assert ours.take("aa")
    ours.close()
    assert other.do("take", "aa") == "True"


def test_a_run_that_is_killed_has_nothing(tmp_path: Path, other: Other) -> None:
    """Who waits has the page when the other is gone, and was told once that it waits."""
    told = []
    ours = Reserved(lambda: tmp_path, lambda: told.append("waiting"))
    for name in ("aa", "bb"):
        assert other.do("take", name) == "True"
    Timer(0.2, other.kill).start()
    ours.wait("aa")
    ours.wait("bb")
    assert told == ["waiting"]
    ours.close()


def test_without_a_place_everything_is_free(tmp_path: Path) -> None:
    """Where no file can be made, and where none is wanted, a run goes on without reserving."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for reserved in (Reserved(), Reserved(lambda: tmp_path / "file")):
        assert reserved.take("aa")
        reserved.wait("aa")
        reserved.release("aa")
        reserved.close()
