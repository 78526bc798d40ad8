"""What lies in the folders: episodes and patch documents, as far as other pages speak of them.

A page of the site needs a whole sidecar; lists, charts and feeds need a few values of each. Those are a `Card`, of
which the words are the page's own and the counts its facts. It is read once and kept beside the staged pages for as
long as page and sidecar stay the files that they were.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chronicles.documents.frontmatter import split_front_matter
from chronicles.errors import PageError
from chronicles.site.saying import commits_of, said_by
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from pathlib import Path

    from chronicles.documents.page import Page

__all__ = ["Card", "Part", "Source", "card_from_json", "card_of", "document_text", "slug"]

_SHOWN_PATHS = 10
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-")


@dataclass(frozen=True, slots=True)
class Part:
    """What a page tells of one component."""

    name: str
    files: int
    insertions: int
    deletions: int


@dataclass(frozen=True, slots=True)
class Card:
    """What other pages say of an episode or a patch document."""

    number: int
    file: str
    """Name of its page, such as `episode_002.md`."""
    title: str
    at: str
    """When its newest commit was authored, ISO 8601 with offset."""
    sha: str
    subject: str
    """The commit's headline, Markdown."""
    kind: str
    """Type of the change, such as `fix`."""
    author: str
    """Markdown; empty where it has several."""
    files: int
    insertions: int
    deletions: int
    verdicts: tuple[str, ...]
    """What its measurements say, in the words of its table, each once."""
    news: str
    """The weightiest sentence of the page, Markdown; empty where nobody speaks."""
    writer: str
    facts: int
    commits: int
    """That it tells, as `commits_of` counts them."""
    parts: tuple[Part, ...] = ()
    paths: tuple[str, ...] = field(default=())
    """The biggest files it changed."""
    headline: str = ""
    """The subject as it was written, no Markdown; only for what escapes it."""
    voice: str = ""
    """Name of the persona who says the news, as the page has it."""
    sources: tuple[tuple[str, int], ...] = ()
    """How many facts there are of each source."""
    by_model: int = 0
    """Sentences that a model worded."""
    by_plain: int = 0
    """Sentences that no model worded."""
    refused: int = 0
    """Wordings of a model that did not pass the gate."""

    @property
    def month(self) -> str:
        """Its month, such as `2026-05`; `undated` where its sidecar has none, since it names a file."""
        return self.at[:7] if _MONTH.match(self.at) else "undated"

    @property
    def churn(self) -> int:
        """Lines added plus lines removed."""
        return self.insertions + self.deletions


@dataclass(frozen=True, slots=True)
class Source:
    """An episode's files, and its card."""

    page: Path
    sidecar: Path
    stamp: str
    """Changes with either file."""
    card: Card
    commits: tuple[str, ...] = ()
    """Full ids of the commits that it tells."""


def card_of(page: Page, path: Path) -> Card:
    """The card of a document.

    Args:
        page: As its sidecar has it.
        path: The document, whose words count where they are others.

    Raises:
        PageError: If it cannot be read, or is another one than its sidecar says.
    """
    if page.number != int(re.sub(r"\D", "", path.stem)):
        remedy = "Restore both from version control; `chronicles verify` says what else is not in order"
        raise PageError(path.with_suffix(".json"), f"is that of number {page.number}", remedy)
    ledger = page.dossier.ledger
    said = said_by(page, *document_text(path))
    verdicts = {fact.text for fact in ledger.values() if fact.family == "performance" and fact.id.endswith(".verdict")}
    writers = Counter(sentence.writer == PLAIN for sentence in page.sentences if sentence.claim)
    names = [
        key.removeprefix("component.").removesuffix(".files")
        for key in ledger
        if key.startswith("component.") and key.endswith(".files")
    ]
    paths = (str(ledger[f"{entry}.path"].value) for entry in ledger.numbered("file"))
    several = any(ledger.number(key) > 1 for key in ("people.count", "range.authors"))
    return Card(
        number=page.number,
        file=path.name,
        title=said.title,
        at=str(ledger["commit.authored_at"].value),
        sha=page.dossier.subject.commits[0],
        subject=said.subject,
        kind=ledger.string("commit.type"),
        author="" if several else ledger["people.1" if "people.1" in ledger else "commit.author"].text,
        files=int(ledger.number("change.files")),
        insertions=int(ledger.number("change.insertions")),
        deletions=int(ledger.number("change.deletions")),
        verdicts=tuple(sorted(verdicts)),
        news=said.news,
        writer=page.writer,
        facts=len(ledger),
        commits=commits_of(page),
        parts=tuple(
            Part(
                name, *(int(ledger.number(f"component.{name}.{what}")) for what in ("files", "insertions", "deletions"))
            )
            for name in names
        ),
        paths=tuple(path for path, _ in zip(paths, range(_SHOWN_PATHS), strict=False)),
        headline=said.headline,
        voice=said.voice,
        sources=tuple(sorted(Counter(fact.source.value for fact in ledger.values()).items())),
        by_model=writers[False],
        by_plain=writers[True],
        refused=sum(page.byline.refused.values()) if page.byline else 0,
    )


def document_text(path: Path) -> tuple[dict[str, Any], str]:
    """The front matter and the body of a document.

    Raises:
        PageError: If it cannot be read.
    """
    remedy = "Restore it from version control, or save it as UTF-8"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise PageError(path, f"cannot be read: {error.strerror}", remedy) from error
    except UnicodeDecodeError as error:
        raise PageError(path, f"is not UTF-8: {error.reason} at byte {error.start}", remedy) from error
    return split_front_matter(text, path)


def card_from_json(value: dict[str, Any]) -> Card:
    """Read a card as it was kept."""
    parts = tuple(Part(**part) for part in value.pop("parts"))
    paths = tuple(value.pop("paths"))
    sources = tuple((name, number) for name, number in value.pop("sources"))
    return Card(**value | {"verdicts": tuple(value["verdicts"])}, parts=parts, paths=paths, sources=sources)


def slug(name: str) -> str:
    """A name as an HTML id and a tag."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "other"
