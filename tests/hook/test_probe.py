"""Whether a worker is at work, asked cheaply."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from chronicles.files import hold
from chronicles.hook.probe import is_taken

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nobody asks there")


def test_it_knows_the_lock_that_a_worker_holds(tmp_path: Path) -> None:
    """Held, let go of, and never made; what is no lock of ours does not count."""
    assert not is_taken(str(tmp_path / "nowhere"))
    assert not is_taken(str(tmp_path))
    with hold(tmp_path, locks=tmp_path):
        assert is_taken(str(tmp_path))
        (tmp_path / "output-link.lock").symlink_to("nowhere")
        assert is_taken(str(tmp_path))
    assert not is_taken(str(tmp_path))


def test_asking_takes_nothing_from_anybody(tmp_path: Path) -> None:
    """After it, and while several ask, the lock can be had."""
    with hold(tmp_path, locks=tmp_path):
        assert is_taken(str(tmp_path))
    assert not is_taken(str(tmp_path))
    with hold(tmp_path, locks=tmp_path):
        pass
