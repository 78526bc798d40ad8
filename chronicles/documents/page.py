"""A page and its sidecar: the values that stand behind an episode.

The sidecar holds everything a page was rendered from, so that it can be rendered again and each sentence led
back to its facts: the dossier, the sentences with their slots, the number and title, and the links that were
known. Facts, claims and sentences stand one a line, so that a change to a page is a readable diff.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from chronicles.dossier import Dossier
from chronicles.errors import PageError
from chronicles.writers.parts import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["SCHEMA", "Links", "Page", "load_page"]

SCHEMA = "chronicles.page/1"


@dataclass(frozen=True, slots=True)
class Links:
    """Other pages that a page names; what a later page changes, so it is stored and compared by itself."""

    previous: int | None = None
    next: int | None = None
    """Number of the next episode, once it exists."""
    next_title: str = ""
    next_sha: str = ""
    earlier: Mapping[str, int] = field(default_factory=dict)
    """Full ids of earlier commits that the page names, with their episodes' numbers."""


@dataclass(frozen=True, slots=True)
class Page:
    """An episode before it is text."""

    number: int
    title: str
    series: str
    repo_url: str | None
    dossier: Dossier
    sentences: tuple[Sentence, ...]
    writer: str
    """Name of the writer that was asked for."""
    made_by: Mapping[str, str]
    """Versions of the template, the personas and the title rules; those of facts and claims are the dossier's."""
    links: Links = Links()
    rendered: tuple[str, ...] = ()
    """Digest of each line as it was rendered, so that a person's lines can be told from ours."""
    deleted: Mapping[str, str] = field(default_factory=dict)
    """Digest of each rendered line that a person took out, with who signed that."""

    def to_json(self) -> str:
        """The sidecar's text."""
        dossier = self.dossier.to_json()
        about = {
            "number": self.number,
            "title": self.title,
            "series": self.series,
            "repo_url": self.repo_url,
            "writer": self.writer,
            "made_by": dict(self.made_by),
            "links": asdict(self.links) | {"earlier": dict(self.links.earlier)},
        }
        facts, claims = dossier.pop("facts"), dossier.pop("claims")
        parts = [
            f'"schema": {_line(SCHEMA)}',
            f'"episode": {_line(about)}',
            f'"dossier": {{{_members(dossier)},\n"facts": {_lines(facts)},\n"claims": {_lines(claims)}}}',
            f'"sentences": {_lines(map(asdict, self.sentences))}',
            '"runs": []',
            f'"rendered": {_line(" ".join(self.rendered))}',
            f'"deleted": {_line(dict(self.deleted))}',
        ]
        return "{" + ",\n".join(parts) + "}\n"

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read a sidecar.

        Raises:
            ValueError: If it is none, or of a schema that this version does not read.
        """
        if not isinstance(value, dict) or value.get("schema") != SCHEMA:
            raise ValueError(
                f"expected schema {SCHEMA}, found {value.get('schema') if isinstance(value, dict) else value!r}"
            )
        try:
            about = value["episode"]
            return cls(
                number=int(about["number"]),
                title=str(about["title"]),
                series=str(about["series"]),
                repo_url=about["repo_url"],
                dossier=Dossier.from_json(value["dossier"]),
                sentences=tuple(Sentence(**sentence) for sentence in value["sentences"]),
                writer=str(about["writer"]),
                made_by=dict(about["made_by"]),
                links=Links(**about["links"]),
                rendered=tuple(_text(value["rendered"]).split()),
                deleted={digest: _text(name) for digest, name in dict(value["deleted"]).items()},
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a page: {error}") from error


def load_page(sidecar: Path) -> Page:
    """Load a sidecar.

    Raises:
        PageError: If it cannot be read as one.
    """
    remedy = "Restore it from git, or write the page anew with `chronicles generate --force`"
    try:
        return Page.from_json(json.loads(sidecar.read_bytes()))
    except OSError as error:
        raise PageError(sidecar, f"cannot be read: {error.strerror}", remedy) from error
    except (ValueError, RecursionError) as error:
        raise PageError(sidecar, f"is no sidecar: {error}", remedy) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _members(value: Mapping[str, object]) -> str:
    return ", ".join(f"{_line(key)}: {_line(item)}" for key, item in value.items())


def _lines(values: Iterable[object] | Sequence[object]) -> str:
    return "[\n" + ",\n".join(_line(value) for value in values) + "\n]"
