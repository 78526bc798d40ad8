"""Text that a terminal, a browser and an editor show as it is read.

A commit message can hold escape sequences that recolour a terminal, marks that turn a line from right to
left, characters of no width that split a word in two, and halves of surrogate pairs that no encoder takes.
None of them belongs on a page. `safe_text` takes them out and leaves the letters of every script alone; an
emoji joined from two falls back into its two.
"""

from __future__ import annotations

import re

__all__ = ["safe_text"]

_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC: titles, hyperlinks
    r"|\x1b[PX^_][^\x1b\n]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"  # the shorter ones
)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"  # fillers, joiners, direction marks, tags
)
_LONE = re.compile("[\ud800-\udfff]")


def safe_text(text: str) -> str:
    """Strip what is not meant to be read; line ends of every kind become newlines, tabs stay.

    Args:
        text: Any text.

    Returns:
        The text without escape sequences, control characters, direction marks and characters of no width; a
        lone surrogate becomes U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ANSI.sub("", _LINE_END.sub("\n", text))
    return _LONE.sub("\ufffd", _UNSEEN.sub("", text))
