"""The block in the bytes of a script: in, anew, and out again to the byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.hook import blocks
from chronicles.hook.script import BEGIN, END, HOOKS, call

SCRIPTS = [
    b"#!/bin/sh\necho on\n",
    b"#!/bin/sh\necho on",
    b"#!/bin/sh",
    b"#!/bin/sh\n",
    b"",
    b"\n",
    b"echo on\n",
    b"#!/bin/sh\r\necho on\r\n",
    b"echo on\r\nexit 0\r\n",
    b"#!/usr/bin/env bash\nset -euo pipefail\nexec true\n",
    b"\xef\xbb\xbf#!/bin/sh\n",
    b"#!/bin/sh\n# \xff\xfe\x80 no text\n",
    b"# only a comment",
]


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_in_and_out_again(script: bytes, hook: str) -> None:
    """A script is to the byte what it was, and has the block right behind its first line meanwhile."""
    inside = blocks.put(script, hook)
    assert blocks.has_block(inside)
    assert not blocks.is_made(inside)
    head = script.partition(b"\n")[0] + b"\n" if script.startswith(b"#!") else b""
    assert inside.startswith(head + BEGIN.encode())
    assert blocks.take(inside) == script


lines = st.sampled_from([b"#!/bin/sh", b"#!/bin/sh -e", b"exit 0", b"", b"\r", b"# \xff", b"#", b"exec true"])


@given(st.lists(lines), st.sampled_from([b"", b"\n"]), st.sampled_from(HOOKS))
def test_any_lines_come_back(parts: list[bytes], end: bytes, hook: str) -> None:
    """Whatever the lines of a script are and however they end: twice in is once in, and out is as before."""
    script = b"\n".join(parts) + end
    once = blocks.put(script, hook)
    assert blocks.put(once, hook) == once
    assert blocks.take(once) == script


@pytest.mark.parametrize("line", ["", call("post-commit"), call("post-commit", by_sh=True)])
def test_a_file_of_ours_goes(line: str) -> None:
    """A file that was made for the block leaves nothing; what somebody has added to it stays."""
    made = blocks.made("post-commit", line)
    assert blocks.is_made(made)
    assert blocks.put(made, "post-commit", call=line) == made
    assert blocks.take(made) is None
    added = made + b"echo mine\n"
    assert blocks.put(added, "post-commit", call=line) == added
    assert blocks.take(added) == b"#!/bin/sh\necho mine\n"


def test_an_old_block_is_replaced() -> None:
    """What an earlier version wrote is taken for ours by its first and last lines, wherever it has got to."""
    for end in (b"\n", b"\r\n"):
        old = (BEGIN.encode(), b"something else", END.encode())
        script = b"#!/bin/sh\necho one\n" + b"".join(line + end for line in old) + b"echo two\n"
        assert blocks.put(script, "post-merge") == blocks.put(b"#!/bin/sh\necho one\necho two\n", "post-merge")
        assert not blocks.is_current(script, "post-merge")
        assert blocks.take(script) == b"#!/bin/sh\necho one\necho two\n"


def test_two_blocks_go_together() -> None:
    """Two of them, as a merge of two branches leaves, become one and none."""
    script = b"#!/bin/sh\necho on\n"
    once = blocks.put(script, "post-commit")
    twice = once + once.partition(b"\n")[2]
    assert blocks.take(twice) == b"#!/bin/sh\necho on\necho on\n"
    assert blocks.put(twice, "post-commit").count(BEGIN.encode()) == 1


def test_what_was_added_behind_a_line_without_end_keeps_it() -> None:
    """A line that had no end gets none again, unless something stands below by now."""
    inside = blocks.put(b"#!/bin/sh", "post-commit")
    assert blocks.take(inside + b"echo new\n") == b"#!/bin/sh\necho new\n"


@pytest.mark.parametrize(
    "first",
    [
        b"#!/bin/sh",
        b"#! /bin/sh -e",
        b"#!/bin/bash -eu",
        b"#!/usr/bin/env bash",
        b"#!/usr/bin/env -S bash -eu",
        b"#!/usr/bin/env -Sbash",
        b"#!/usr/local/bin/zsh",
        b"#!/bin/busybox sh",
        b"#!/usr/bin/ksh93",
        b"#!/bin/bash --posix",
        b"#!/bin/bash -euo pipefail",
        b"#!/usr/bin/sh.exe",
        b"echo no first line of that kind",
        b"",
    ],
)
def test_shells_are_known(first: bytes) -> None:
    """What sh or its kin read is known by the first line, or by there being none."""
    assert blocks.is_shell(first + b"\necho on\n")
    assert blocks.is_shell(blocks.put(first + b"\necho on\n", "post-rewrite")), "our own lines speak against it"


@pytest.mark.parametrize(
    "script",
    [
        b"#!/usr/bin/env python3\nprint()\n",
        b"#!/usr/bin/perl -w\n",
        b"#!/usr/bin/env -S node --no-warnings\n",
        b"#!/usr/bin/fish\n",
        b"#!/bin/csh\n",
        b"#!/bin/rbash\n",
        b"#!/bin/bash -r\n",
        b"#!/bin/sh -n\n",
        b"#!\n",
        b"#!/usr/bin/env\n",
        b"#!/bin/busybox awk\n",
        b"#!/bin/sh\r\necho on\r\n",
        b"\x7fELF\x02\x01\x01\0\0",
        b"MZ\x90\0\x03",
        b"#!/bin/sh\n'''exec' /usr/bin/python3 \"$0\" \"$@\"\n' '''\nimport sys\n",
        b'#!/bin/sh\nexec tclsh "$0" "$@"\n',
        b'#!/bin/sh\ntail -n +4 "$0" | python3 -\nexit\nprint()\n',
        b'#!/bin/sh\nexec perl -x "${0}"\n',
    ],
)
def test_strangers_are_known(script: bytes) -> None:
    """What is another interpreter's, is no text, or reads itself, gets no lines of ours."""
    assert not blocks.is_shell(script)


def test_a_script_that_looks_for_its_folder_is_a_shells() -> None:
    """Naming `$0` alone does not make a script read itself: managers find their folder by it."""
    assert blocks.is_shell(b'#!/bin/sh\n. "$(dirname -- "$0")/_/husky.sh"\n')
    assert blocks.is_shell(b'#!/usr/bin/env bash\nHERE="$(cd "$(dirname "$0")" && pwd)"\nexec "$INSTALL_PYTHON" x\n')
