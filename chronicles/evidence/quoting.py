r"""Names as git quotes them.

Git writes an odd name in double quotes with C's escapes: `"a\tb \303\274.txt"`. The bytes meant are read
back as text, those that are not UTF-8 by surrogate escapes, as everywhere in this package.
"""

from __future__ import annotations

import re

__all__ = ["unquote"]

_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|.)", re.DOTALL)
_LETTERS = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}


def unquote(name: str) -> str:
    """Read a name that git may have quoted.

    Args:
        name: The name as git wrote it.

    Returns:
        The name meant; the argument itself when it is not in quotes.
    """
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    try:
        return _read(name)
    except UnicodeEncodeError:  # a surrogate that stands for no byte: not a name that git wrote
        return name


def _read(name: str) -> str:
    """Read what stands between the quotes."""
    raw = bytearray()
    at = 1
    for match in _ESCAPE.finditer(name, 1, len(name) - 1):
        raw += name[at : match.start()].encode("utf-8", "surrogateescape")
        escape = match.group(1)
        if len(escape) > 1:
            raw.append(int(escape, 8))
        elif escape in _LETTERS:
            raw.append(_LETTERS[escape])
        else:
            raw += escape.encode("utf-8", "surrogateescape")
        at = match.end()
    raw += name[at:-1].encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape")
