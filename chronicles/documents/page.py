"""A page and its sidecar: the values that stand behind an episode or a patch document.

The sidecar holds everything a page was rendered from, so that it can be rendered again and each sentence led
back to its facts: the dossier, the sentences with their slots, the number and title, and the links that were
known. Facts, claims, sentences and runs stand one a line, so that a change to a page is a readable diff.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - sidecars are read by these annotations
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from chronicles.documents.remedies import is_patch, write_anew
from chronicles.dossier import STRICT, CheckRun, Dossier, StoredDossier, ToldRun, read_json
from chronicles.errors import PageError
from chronicles.markdown import visible
from chronicles.writers.draft import Byline  # noqa: TC001 - as above
from chronicles.writers.parts import PLAIN, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = [
    "LONGEST_TITLE",
    "SCHEMA",
    "Correction",
    "Links",
    "Page",
    "Patch",
    "Retired",
    "Status",
    "clean_title",
    "load_page",
]

SCHEMA = "chronicles.page/1"
Status = Literal["draft", "completed", "released"]
"""How far a patch document has come; what is completed or released has been published."""
LONGEST_TITLE = 120
"""Characters of a title that somebody gives a patch document."""


@dataclass(frozen=True, slots=True)
class Links:
    """Other pages that a page names; what a later page changes, so it is stored and compared by itself."""

    __pydantic_config__: ClassVar = STRICT
    previous: int | None = None
    next: int | None = None
    """Number of the next episode, once it exists."""
    next_title: str = ""
    next_sha: str = ""
    earlier: Mapping[str, int] = field(default_factory=dict)
    """Full ids of earlier commits that the page names, with their episodes' numbers."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing that a published patch document said and says no longer."""

    __pydantic_config__: ClassVar = STRICT
    day: str
    """The UTC day of the commit at which it was corrected: no clock stands in a page."""
    sha: str
    """That commit, in full."""
    was: str
    """The line without its Markdown, shortened; empty for a line that was added."""
    now: str
    """Likewise; empty for a line that was taken back."""
    more: int = 0
    """Lines that changed besides at that commit, where a regeneration changed many."""
    layout: str = ""
    """What laid the page out then, so that another layout is not taken for a forgery."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What people decide of a patch document, beyond its range."""

    __pydantic_config__: ClassVar = STRICT
    status: Status = "draft"
    title: str = ""
    """The title that somebody gave it; empty where it is built from the change."""
    corrections: tuple[Correction, ...] = ()
    base_name: str = ""
    """A tag at the commit that the range starts after, as it was when the document was last a draft; else empty."""
    tip_name: str = ""
    """The same of the commit that it ends with."""

    def titled(self, built: str) -> str:
        """The title of a document: as somebody gave it, else what was built, with the name of the range's end."""
        return self.title or (f"{self.tip_name}: {built}" if self.tip_name else built)


@dataclass(frozen=True, slots=True)
class Retired:
    """What became of the commits of an episode that are no steps of the published branch any more."""

    __pydantic_config__: ClassVar = STRICT
    into: str = ""
    """The step that they went into, in full; empty where none is known. One of them, where another page tells it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A document before it is text: an episode, or with `patch` a patch document."""

    number: int
    title: str
    series: str
    repo_url: str | None
    dossier: Dossier
    sentences: tuple[Sentence, ...]
    made_by: Mapping[str, str]
    """Versions of the template, the personas and the title rules; those of facts and claims are the dossier's."""
    links: Links = Links()
    byline: Byline | None = None
    """The model that was asked for its words; None where none was."""
    rendered: tuple[str, ...] = ()
    """Digest of each line as it was rendered, so that a person's lines can be told from ours."""
    deleted: Mapping[str, str] = field(default_factory=dict)
    """Digest of each rendered line that a person took out, with who signed that."""
    chart: str = ""
    """The sha256 of the chart beside the page as it was drawn; empty for a page without one."""
    patch: Patch | None = None
    """What a patch document has beyond an episode; None for an episode."""
    former: tuple[str, ...] = ()
    """Commits that it told before history was rewritten, the latest first, so that it finds back to them."""
    retired: Retired | None = None
    """Set where its commits are no steps any more: then it has no facts and no sentences."""

    @property
    def writer(self) -> str:
        """Name of the writer that gave the page its words, or was asked for them."""
        return self.byline.writer if self.byline else PLAIN

    def to_json(self) -> str:
        """The sidecar's text."""
        dossier = self.dossier.to_json()
        about = {
            "number": self.number,
            "title": self.title,
            "series": self.series,
            "repo_url": self.repo_url,
            # Where they stand in the head of the file, a series finds them without reading it whole.
            **({"retired": asdict(self.retired)} if self.retired else {}),
            **({"former": list(self.former)} if self.former else {}),
            "made_by": dict(self.made_by),
            "links": asdict(self.links) | {"earlier": dict(self.links.earlier)},
            **({"byline": asdict(self.byline)} if self.byline else {}),
            **({"patch": asdict(self.patch)} if self.patch else {}),
        }
        facts, claims = dossier.pop("facts"), dossier.pop("claims")
        parts = [
            f'"schema": {_line(SCHEMA)}',
            f'"episode": {_line(about)}',
            f'"dossier": {{{_members(dossier)},\n"facts": {_lines(facts)},\n"claims": {_lines(claims)}}}',
            f'"sentences": {_lines(map(asdict, self.sentences))}',
            f'"runs": {_lines(map(asdict, self.dossier.runs)) if self.dossier.runs else "[]"}',
            *([f'"checks": {_lines(map(asdict, self.dossier.checks))}'] if self.dossier.checks else []),
            *([f'"chart": {_line(self.chart)}'] if self.chart else []),
            f'"rendered": {_line(" ".join(self.rendered))}',
            f'"deleted": {_line(dict(self.deleted))}',
        ]
        return "{" + ",\n".join(parts) + "}\n"

    @staticmethod
    def from_json(text: str | bytes) -> Page:
        """Read a sidecar's text.

        Raises:
            ValueError: If it is none, or of a schema that this version does not read.
        """
        stored = read_json(_Sidecar, text)
        about = stored.episode
        return Page(
            number=about.number,
            title=about.title,
            series=about.series,
            repo_url=about.repo_url,
            dossier=replace(stored.dossier.read(), runs=stored.runs, checks=stored.checks),
            sentences=stored.sentences,
            made_by=about.made_by,
            links=about.links,
            byline=about.byline,
            rendered=tuple(stored.rendered.split()),
            deleted=stored.deleted,
            chart=stored.chart,
            patch=about.patch,
            former=about.former,
            retired=about.retired,
        )


@dataclass(frozen=True, slots=True)
class _Episode:
    """What a sidecar says of the page, as its JSON form lays it out."""

    __pydantic_config__: ClassVar = STRICT
    number: int
    title: str
    series: str
    repo_url: str | None
    made_by: dict[str, str]
    links: Links
    byline: Byline | None = None
    writer: Literal["plain"] | None = None
    """What older sidecars say, which no model had a hand in; the byline says it now."""
    patch: Patch | None = None
    former: tuple[str, ...] = ()
    retired: Retired | None = None


@dataclass(frozen=True, slots=True)
class _Sidecar:
    """A sidecar as its JSON form lays it out."""

    __pydantic_config__: ClassVar = STRICT
    schema: Literal["chronicles.page/1"]
    episode: _Episode
    dossier: StoredDossier
    sentences: tuple[Sentence, ...]
    runs: tuple[ToldRun, ...]
    rendered: str
    deleted: dict[str, str]
    chart: str = ""
    checks: tuple[CheckRun, ...] = ()


def clean_title(text: str) -> str:
    """A title in one line, unseen characters spelled out."""
    return " ".join(visible(text).split())


def load_page(sidecar: Path) -> Page:
    """Load a sidecar.

    Raises:
        PageError: If it cannot be read as one.
    """
    remedy = f"Restore it from git, or write the page anew with {write_anew(sidecar)}"
    try:
        page = Page.from_json(sidecar.read_bytes())
    except OSError as error:
        raise PageError(sidecar, f"cannot be read: {error.strerror}", remedy) from error
    except ValueError as error:
        raise PageError(sidecar, f"is no sidecar: {error}", remedy) from error
    if is_patch(sidecar) != (page.patch is not None and page.dossier.subject.kind == "range"):
        kind = "a patch document" if is_patch(sidecar) else "an episode"
        raise PageError(sidecar, f"is not the sidecar of {kind}, as its name says", remedy)
    return page


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _members(value: Mapping[str, object]) -> str:
    return ", ".join(f"{_line(key)}: {_line(item)}" for key, item in value.items())


def _lines(values: Iterable[object] | Sequence[object]) -> str:
    return "[\n" + ",\n".join(_line(value) for value in values) + "\n]"
