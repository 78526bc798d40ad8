"""The block in the bytes of a hook script: in, anew, and out again to the byte.

It stands right behind the line that names the interpreter, since the scripts of hook managers, and many a person's, end
with `exec` or `exit`. What is needed to take it out stands in its own first line, so that a file can be freed of it
where nothing else is remembered.

A script counts as sh's only when its first line says so, or when it has none, which git hands to sh. What reads itself
(`exec python "$0"`, `tail -n +9 "$0"`) would read our lines too, and counts as a stranger's.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from chronicles.hook.script import BEGIN, END, ENDED, MADE, block

__all__ = ["SHEBANG", "bare", "has_block", "is_current", "is_made", "is_shell", "made", "put", "take"]

SHEBANG = b"#!/bin/sh\n"
"""The first line of a hook that is ours alone."""
_BLOCK = re.compile(
    rb"^%s([^\r\n]*)\r?\n.*?^%s\r?\n?" % (re.escape(BEGIN.encode()), re.escape(END.encode())),
    re.DOTALL | re.MULTILINE,
)
_SHELLS = frozenset({"sh", "ash", "bash", "busybox", "dash", "ksh", "ksh93", "mksh", "pdksh", "yash", "zsh"})
_READS_ITSELF = re.compile(rb"\b(?:exec|tail|sed|awk|head|python[0-9.]*|perl|ruby|node|tclsh)\b[^\n]*\$\{?0\b")
_OPTIONS = re.compile(r"--(?:posix|login|norc|noprofile)|[-+][abefhuvxlC]+|[-+]?[eux]*o|pipefail|posix|errexit|nounset")
"""Options of a first line under which our lines work: not `-n`, `-r`, `-c` or `-s`."""


def has_block(content: bytes) -> bool:
    """Whether a script has the block, of whatever version."""
    return _BLOCK.search(content) is not None


def is_made(content: bytes) -> bool:
    """Whether a script was made for the block."""
    found = _BLOCK.search(content)
    return found is not None and found[1].decode("ascii", "replace") == MADE


def is_current(content: bytes, hook: str, *, call: str = "") -> bool:
    """Whether the block of a script is just as this version writes it."""
    return put(content, hook, call=call) == content


def is_shell(content: bytes) -> bool:
    """Whether a script is one that sh and its kin read line by line, and nobody else."""
    if b"\0" in content or _READS_ITSELF.search(bare(content)):
        return False
    if not content.startswith(b"#!"):
        return True
    first = content.partition(b"\n")[0]
    words = first[2:].decode("utf-8", "replace").split()
    if not words or first.endswith(b"\r"):  # but for Windows, no system finds an interpreter named `sh\r`
        return False
    if PurePosixPath(words[0]).name == "env":
        words = " ".join(words[1:]).removeprefix("-S").split()
    name = PurePosixPath(words[0]).name.removesuffix(".exe") if words else ""
    options = words[2:] if name == "busybox" and words[1:2] in (["sh"], ["ash"]) else words[1:]
    return name in _SHELLS and all(_OPTIONS.fullmatch(one) for one in options)


def made(hook: str, call: str = "") -> bytes:
    """A script for the block alone."""
    return SHEBANG + block(hook, note=MADE, call=call).encode()


def put(content: bytes, hook: str, *, call: str = "") -> bytes:
    """A script with the block, in place of one that it may have.

    Args:
        content: The script.
        hook: Its name.
        call: Its last line, in a script that was made for the block.
    """
    if is_made(content):
        head, _, rest = bare(content).partition(b"\n")
        return head + b"\n" + block(hook, note=MADE, call=call).encode() + rest
    content = take(content) or b""
    if not content.startswith(b"#!"):
        return block(hook).encode() + content
    head, end, rest = content.partition(b"\n")
    return head + b"\n" + block(hook, note="" if end else ENDED).encode() + rest


def take(content: bytes) -> bytes | None:
    """A script without the block, as it was; None when it was made for it and nobody has added to it."""
    while found := _BLOCK.search(content):
        note = found[1].decode("ascii", "replace")
        before, after = content[: found.start()], content[found.end() :]
        if note == ENDED and not after:
            before = before.removesuffix(b"\n")
        content = before + after
        if note == MADE and content in (b"", SHEBANG):
            return None
    return content


def bare(content: bytes) -> bytes:
    """A script less its block, its other lines as they are."""
    return _BLOCK.sub(b"", content)
