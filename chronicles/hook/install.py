"""Putting the hook's block into hook scripts, and taking it out again without a trace."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.files import write_atomic
from chronicles.hook.script import BEGIN, END, HOOKS, block

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["has_block", "put", "take"]

_BLOCK = re.compile(re.escape(BEGIN.encode()) + rb".*?" + re.escape(END.encode()) + rb"\n", re.DOTALL)
_SHEBANG = b"#!/bin/sh\n"


def has_block(hook: Path) -> bool:
    """Whether a hook script has the block."""
    return hook.is_file() and _BLOCK.search(hook.read_bytes()) is not None


def put(folder: Path) -> None:
    """Put the block into every hook of a folder, after the line that names the interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in HOOKS:
        hook = folder / name
        before = _BLOCK.sub(b"", hook.read_bytes()) if hook.is_file() else _SHEBANG
        head, end, rest = before.partition(b"\n") if before.startswith(b"#!") else (b"", b"", before)
        write_atomic(hook, head + end + block(name).encode() + rest)
        hook.chmod(hook.stat().st_mode | 0o111)


def take(folder: Path) -> None:
    """Take the block out of every hook of a folder; a hook that was ours alone goes."""
    for name in HOOKS:
        hook = folder / name
        if not has_block(hook):
            continue
        rest = _BLOCK.sub(b"", hook.read_bytes())
        if rest == _SHEBANG:
            hook.unlink()
        else:
            write_atomic(hook, rest)
