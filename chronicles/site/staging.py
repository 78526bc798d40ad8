"""Staging: the pages of the site in a folder that a builder reads, of which only what changed is written."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from chronicles.errors import PageError
from chronicles.files import write_atomic
from chronicles.site.pages import site_pages
from chronicles.site.shelf import Source, card_from_json, read_card

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

    from chronicles.documents.series import Entry, Series
    from chronicles.site.edition import Edition

__all__ = ["Staged", "stage"]

_SCHEMA = "chronicles.staged/1"


@dataclass(slots=True)
class Staged:
    """What staging did."""

    pages: int = 0
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Pages that were left out, and why."""


def stage(folder: Path, edition: Edition, series: Series, patches: Series) -> Staged:
    """Bring the staged pages up to date.

    Args:
        folder: Of the staged pages, the builder's `docs_dir`.
        edition: What documents are laid out with.
        series: The episodes.
        patches: The patch documents.

    Raises:
        OutputError: The folder cannot be written to.
    """
    staged = Staged()
    memory = folder / ".staged.json"
    before = _read(memory)
    sources, documents = (
        [source for entry in one if (source := _source(entry, before["cards"], staged)) is not None]
        for one in (series, patches)
    )
    keys: dict[str, str] = {}
    for page in site_pages(edition, sources, documents):
        place = folder / page.path
        keys[page.path] = page.key
        staged.pages += 1
        if before["keys"].get(page.path) == page.key and place.is_file():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if write_atomic(place, page.make()):
            staged.written.append(page.path)
    staged.removed += _clear(folder, keys)
    cards = {source.page.name: [source.stamp, asdict(source.card)] for source in (*sources, *documents)}
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(memory, json.dumps({"schema": _SCHEMA, "keys": keys, "cards": cards}, ensure_ascii=False))
    return staged


def _source(entry: Entry, cards: dict[str, Any], staged: Staged) -> Source | None:
    try:
        stamp = " ".join(f"{one.st_mtime_ns}:{one.st_size}" for one in (entry.page.stat(), entry.sidecar.stat()))
        known = cards.get(entry.page.name)
        card = card_from_json(known[1]) if known and known[0] == stamp else read_card(entry)
    except (OSError, PageError) as error:
        staged.problems.append(str(error))
        return None
    return Source(entry.page, entry.sidecar, stamp, card)


def _clear(folder: Path, wanted: Container[str]) -> Iterator[str]:
    """Delete what is no page of the site any more; the folder is ours, but for files that begin with a dot."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.name.startswith(".") and name not in wanted:
            path.unlink()
            yield name


def _read(memory: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, KeyError, TypeError):
        value = json.loads(memory.read_bytes())
        if value["schema"] == _SCHEMA:
            return dict(value)
    return {"keys": {}, "cards": {}}
