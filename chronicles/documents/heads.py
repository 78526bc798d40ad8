"""The heads of pages and sidecars: what a series must know of each, without reading thousands of them whole.

A sidecar is tens of kilobytes and its subject stands near its top; a page's front matter is what we rendered, in lines
that are recognised at a fiftieth of the cost of reading YAML. Both are shortcuts and not limits: a subject further down
and a front matter that a person reworded are found by reading on.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chronicles.documents.frontmatter import split_front_matter
from chronicles.errors import PageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["SidecarHead", "full_shas", "read_page_head", "read_sidecar_head"]

_HEAD_BYTES = 8192
"""How much of a file is read at first; a group of 150 commits still fits."""

_SCHEMA = re.compile(r'"schema"\s*:\s*"chronicles\.page/([0-9]{1,9})"')
_OPENING = re.compile(r"\A\ufeff?---[ \t]*\r?\n")
_CLOSING = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_SUBJECT = re.compile(r'"subject"\s*:\s*(?=\{)')
_RETIRED = re.compile(r'"retired"\s*:\s*\{\s*"into"\s*:\s*"([0-9a-f]*)"\s*\}')
_FORMER = re.compile(r'"former"\s*:\s*\[([^\]]*)\]')
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TITLE = re.compile(r'^title: (".*")\r?$', re.MULTILINE)
_LISTED = re.compile(r'^  - "([0-9a-f]{40,64})"\r?$', re.MULTILINE)
_INLINE = re.compile(r"^commits: \[(.*)\]\r?$", re.MULTILINE)
_ENDS = re.compile(r'^(base|tip): "([0-9a-f]{40,64})"\r?$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SidecarHead:
    """What a series must know of a sidecar."""

    schema: int | None
    """The version of its form; None where it names none."""
    subject: dict[str, Any] | None
    retired_into: str | None
    """The step that the commits of a retired page went into, empty where none is known; None for any other page."""
    former: tuple[str, ...]
    """Commits that the page told before history was rewritten."""


def full_shas(values: Iterable[object]) -> tuple[str, ...]:
    """Keep what is a full object id."""
    return tuple(value for value in values if isinstance(value, str) and _SHA.fullmatch(value))


def read_page_head(path: Path, key: str) -> dict[str, Any]:
    """Read number, title and commits of a page, or the ends of its range.

    Args:
        path: The page.
        key: The front matter key that holds the number.

    Returns:
        The front matter, or just those of its values.

    Raises:
        OSError: The file cannot be read.
        PageError: There is no front matter, or none that can be read.
    """
    text, _ = _head(path)
    opening = _OPENING.match(text)
    if opening is None:
        remedy = f"Move it out of the series, or give it front matter with `{key}:`"
        raise PageError(path, "it has no front matter", remedy)
    end = _CLOSING.search(text, opening.end())
    block = text[opening.end() : end.start()] if end is not None else ""
    number = re.search(rf"^{re.escape(key)}: ([0-9]{{1,18}})\r?$", block, re.MULTILINE)
    title = _TITLE.search(block)
    if number is not None and title is not None:
        inline = _INLINE.search(block)
        listed = _LISTED.findall(block) if inline is None else re.findall(r'"([^"]*)"', inline[1])
        with contextlib.suppress(ValueError):
            ends = dict(_ENDS.findall(block))
            return {key: int(number[1]), "title": json.loads(title[1]), "commits": listed, **ends}
    return split_front_matter(path.read_text("utf-8", "replace"), path)[0]


def read_sidecar_head(path: Path) -> SidecarHead:
    """Read the schema, the subject and the past of a sidecar, from its head when they stand there."""
    text, whole = _head(path)
    subject = _subject(text)
    if subject is None and not whole:
        text = path.read_text("utf-8", "replace")
        subject = _subject(text)
    schema, retired, former = _SCHEMA.search(text), _RETIRED.search(text), _FORMER.search(text)
    return SidecarHead(
        None if schema is None else int(schema[1]),
        subject,
        None if retired is None else next(iter(full_shas([retired[1]])), ""),
        () if former is None else full_shas(re.findall(r'"([^"]*)"', former[1])),
    )


def _subject(text: str) -> dict[str, Any] | None:
    # Inside a JSON string the quotes would be escaped, so the pattern meets keys alone.
    for match in _SUBJECT.finditer(text):
        with contextlib.suppress(ValueError, RecursionError):
            value, _ = json.JSONDecoder().raw_decode(text, match.end())
            if isinstance(value.get("kind"), str) and isinstance(value.get("commits"), list):
                return dict(value)
    return None


def _head(path: Path) -> tuple[str, bool]:
    """Read the head of a file, and whether that is all of it."""
    with path.open("rb") as stream:
        octets = stream.read(_HEAD_BYTES)
    return octets.decode("utf-8", "replace"), len(octets) < _HEAD_BYTES
