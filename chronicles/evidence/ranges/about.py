"""What a file or a folder says of itself, in its first words.

A folder speaks through its README or its package's docstring, a module through its docstring, a page through its first
sentence or, where it has none, its title. The words are the repository's own and are shown as a quotation; they are
never ours, and where there are none nothing stands in their place.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["describe", "describe_folder", "purpose"]

_LONGEST = 110
"""Characters that a description may have."""
_READ = 40_000
"""Characters of a file that are looked at."""
_MARKDOWN = (".md", ".markdown", ".rst")
_HOMES = ("README.md", "README.rst", "README.txt", "README", "__init__.py", "index.md")
_FENCE = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"#{1,6} +(?P<text>.+?)(?: +#+)?$")
_UNDERLINE = re.compile(r"(?:=+|-+|~+)$")
_NO_PROSE = re.compile(r"[|>`<!\[:*+=#~-]|\.\. |\d+[.)] |https?:")
_LINK = re.compile(r"!?\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)")
_ADDRESS = re.compile(r"`([^`<>]+?) *<[^<>]*>`_{0,2}|<https?:[^<>]*>")
"""An address beside its words, as reStructuredText has it, or bare."""
_MARKS = re.compile(r"(?<![\w*])[*]+(?=\S)|(?<=\S)[*]+(?![\w*])|`+|(?<!\w)_+|_+(?!\w)")
"""Marks of emphasis and code; a star between words or numbers is neither."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


def describe(path: str, text: str | None) -> str:
    """The first words of a file about itself; empty where it has none.

    Args:
        path: Its path, which tells how it is read.
        text: Its contents; None for what is no text.
    """
    if not text:
        return ""
    if path.endswith((".py", ".pyi")):
        return _short(_docstring(text[:_READ]))
    if path.endswith(_MARKDOWN) or path.rpartition("/")[2].upper().startswith("README"):
        spoken = (_SENTENCE_END.split(one, maxsplit=1)[0] for one in _prose(text[:_READ]))
        return _short(
            next((one for one in spoken if one.rstrip().endswith((".", "!", "?"))), "") or _title(text[:_READ])
        )
    return ""


def describe_folder(folder: str, read: Callable[[str], str | None]) -> tuple[str, str]:
    """What a folder says of itself, and in which of its files; both empty where it says nothing.

    Args:
        folder: Its path, with a slash at the end.
        read: Gives the text of a path; None where there is none.
    """
    for name in _HOMES:
        path = f"{folder}{name}"
        if found := describe(path, read(path)):
            return found, path
    return "", ""


_PURPOSE = re.compile(
    r"\b(?:because|so that|in order to|due to|for (?:future|later|reference)|no longer|instead of|kept|preserved?|"
    r"archived?|superseded|replaced by|obsolete|deprecated|unused|legacy|needed for|intended|meant)\b",
    re.IGNORECASE,
)


def purpose(text: str | None) -> str:
    """The first sentence of a README that says why a thing lies where it lies; empty where none does."""
    for paragraph in _prose(text[:_READ]) if text else ():
        for sentence in _SENTENCE_END.split(paragraph):
            if _PURPOSE.search(sentence) and len(sentence) <= 2 * _LONGEST:
                return sentence.strip()
    return ""


def _docstring(text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in their code is no news here
            found = ast.get_docstring(ast.parse(text)) or ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return " ".join(found.split("\n\n", 1)[0].split())


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of running text in a page."""
    bare = _FENCE.sub("\n\n", _FRONT_MATTER.sub("", text.replace("\r\n", "\n")))
    for paragraph in re.split(r"\n[ \t]*\n", bare):
        lines = [line.strip() for line in paragraph.strip("\n").split("\n")]
        if lines and _HEADING.match(lines[0]):
            lines = lines[1:]
        if not lines or any(_UNDERLINE.fullmatch(line) for line in lines):
            continue
        if not any(_NO_PROSE.match(line) for line in lines):
            words = _bare(" ".join(lines))
            if words.count(" ") > 1:
                yield words


def _title(text: str) -> str:
    lines = _FRONT_MATTER.sub("", text).lstrip().split("\n")
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if found := _HEADING.match(line.strip()):
            return _bare(found["text"])
        if line.strip() and _UNDERLINE.fullmatch(after.strip()):
            return _bare(line.strip())
    return ""


def _bare(text: str) -> str:
    """Text without the marks of Markdown."""
    return " ".join(_MARKS.sub("", _ADDRESS.sub(r"\1", _LINK.sub(r"\1", text))).split())


def _short(text: str) -> str:
    """The first sentence, if it is short enough to stand beside a path."""
    first = _SENTENCE_END.split(text, maxsplit=1)[0].strip()
    if len(first) <= _LONGEST:
        return first
    cut = first[:_LONGEST].rpartition(" ")[0].rstrip(",;:—– ")
    return f"{cut} …" if cut else ""
