"""Documentation of the repository as pages of the site: its README, and the Markdown files of its documentation folder.

Only files that lie there themselves are read: a link could lead to anything that its owner can read, and would publish
it. Pictures that the documentation may show are staged as they are, but for drawings that could run scripts.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import unicodedata
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from chronicles.documents.frontmatter import render_front_matter, split_front_matter
from chronicles.documents.regions import Region, regions
from chronicles.errors import PageError
from chronicles.markdown import escape, link, visible
from chronicles.site.guard import guarded
from chronicles.site.leads import Leads
from chronicles.site.names import places
from chronicles.site.rewriting import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from chronicles.site.stock import Stock

__all__ = ["ABOUT", "LIST", "Document", "Library", "document_pages", "find_documents", "leads_of"]

ABOUT = "about.md"
"""Where the README is staged."""
LIST = "docs/index.md"
"""The page that lists all documents."""
_README = "README.md"
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"}
_MOST_BYTES = 4_000_000
_MOST_FILES = 2_000
_ACTING = re.compile(rb"<\s*(?:script|foreignObject|iframe|a)\b|\son\w+\s*=|javascript:|<!ENTITY", re.IGNORECASE)
"""What a drawing has that may run or lead away when it is opened by itself."""
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SIGNS = re.compile(r"[`*]|<[^>]*>")
_NO_PARAGRAPH = re.compile(r"[#|>!<-]|[*+] |\d+[.)] |\[!\[|\[[^\]]+\]:")
_LONGEST = 200
"""Characters of what the list says of a document."""
_ENDS = re.compile(r"(?<=[^.][.!?])\s")


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the documentation."""

    path: str
    """From the top of the repository, with slashes."""
    place: str
    """Where it is staged, from the top of the site."""
    file: Path
    stamp: str
    """Changes with the file."""

    @property
    def is_page(self) -> bool:
        """Whether it is a page, and not a picture."""
        return self.place.endswith(".md")


def document_pages(stock: Stock) -> Iterator[tuple[str, str, Callable[[], str | bytes], Path | None]]:
    """Path, key, maker and file of each page and picture of the documentation, and of the page that lists them."""
    library = Library(stock.documents, stock.edition.leads)
    around = " ".join(one.path for one in stock.documents)
    pages = [one for one in stock.documents if one.is_page]
    yield LIST, " ".join([around, *(one.stamp for one in pages)]), library.index, None
    for document in stock.documents:
        make = partial(library.page if document.is_page else library.picture, document)
        yield document.place, f"{document.stamp} {around if document.is_page else ''}", make, document.file


def leads_of(root: Path, documents: Iterable[Document], folders: Mapping[str, str], repo_url: str | None) -> Leads:
    """What of a repository has a page.

    Args:
        root: The work tree.
        documents: Its documentation.
        folders: The folders of the site that have the pages of folders of the repository.
        repo_url: The repository's page at its forge.
    """
    staged = {one.path: one.place for one in documents}
    own = {posixpath.dirname(one.path) for one in documents if one.is_page and one.place != ABOUT}
    return Leads(root, {**dict.fromkeys(own, LIST), **staged}, folders, repo_url)


def find_documents(root: Path, folder: str | None) -> tuple[Document, ...]:
    """Find the README and what lies in the documentation folder; nothing where there is neither.

    Args:
        root: The work tree.
        folder: Of the documentation, from its top; None for none.
    """
    found = _walk(root, folder) if folder else []
    staged = {path: f"docs/{place}" for path, place in places(path for path, _ in found).items()}
    documents = [_document(f"{folder}/{path}", staged[path], file) for path, file in found]
    readme = next((one for one in sorted(root.glob("[Rr][Ee][Aa][Dd][Mm][Ee].md")) if _is_plain(one)), None)
    if readme is not None:
        documents.insert(0, _document(readme.name, ABOUT, readme))
        known = {one.path for one in documents}
        shown = (path for path in _pictures_of(readme, root) if path not in known)
        documents += [_document(path, f"docs/files/{_hashed(path)}", root / path) for path in shown]
    return tuple(documents)


@dataclass(frozen=True, slots=True)
class Library:
    """The documentation, and where its links lead.

    Args:
        documents: As they were found.
        leads: What else of the repository has a page.
    """

    documents: tuple[Document, ...]
    leads: Leads

    def page(self, document: Document) -> str:
        """A document as the site shows it.

        Raises:
            PageError: It cannot be read.
        """
        values, body = _read(document)
        anchors = _anchors(body)
        text = rewritten(body, partial(self._resolve, document, anchors))
        head = {"title": _title(document, values, body), "hide": ["navigation"]}
        back = posixpath.relpath(LIST, posixpath.dirname(document.place) or ".")
        return "\n".join([render_front_matter(head), text.strip("\n"), "", f"[All documentation]({back})", ""])

    def picture(self, document: Document) -> bytes:
        """A picture, as it is."""
        return document.file.read_bytes()

    def index(self) -> str:
        """The page that lists the documents, by folder, each with its first sentence."""
        lines = [render_front_matter({"title": "Documentation", "hide": ["navigation", "toc"]}), "# Documentation", ""]
        pages = [one for one in self.documents if one.is_page]
        if not pages:
            lines += [
                "There is no documentation here: no README.md, and no Markdown in the folder of the setting `docs`.",
                "",
            ]
        folders = dict.fromkeys(posixpath.dirname(one.path) for one in pages if one.place != ABOUT)
        before = next(iter(folders), "")
        for document in pages:
            folder = posixpath.dirname(document.path) if document.place != ABOUT else before
            if folder != before:
                lines += ["", f"## {escape(folder)}", ""]
            before = folder
            with suppress(PageError):
                values, body = _read(document)
                address = posixpath.relpath(document.place, "docs")
                about = _gist(body)
                lines += [
                    f"- {link(_title(document, values, body), quote(address))}{': ' if about else ''}{escape(about)}"
                ]
        return "\n".join([*lines, ""])

    def _resolve(self, document: Document, anchors: Mapping[str, str], address: str, picture: bool) -> str | None:  # noqa: FBT001 - a callback
        """Where an address that stands in a document leads on the site; None for nowhere."""
        target = self.leads.target(document.path, address)
        if target is None:
            return None
        if not target.path:
            own = anchors.get(target.anchor)
            return f"#{own}" if own else None
        led = self.leads.resolve(document.path, document.place, address, picture)
        other = next((one for one in self.documents if one.path == target.path and one.is_page), None)
        if led is None or other is None or not target.anchor:
            return led
        # The id of a heading is another one here than at the forge.
        there = None
        with suppress(PageError):
            there = _anchors(_read(other)[1]).get(target.anchor)
        return led.partition("#")[0] + (f"#{there}" if there else "")


# -- files ------------------------------------------------------------------------------------------------------


def _walk(root: Path, folder: str) -> list[tuple[str, Path]]:
    """The files of a folder that can be shown, by their paths in it."""
    top = root / folder
    if any(part.is_symlink() for part in (top, *top.parents) if part != root and part.is_relative_to(root)):
        return []
    found: list[tuple[str, Path]] = []
    for place, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(names):
            file = Path(place) / name
            path = file.relative_to(top).as_posix()
            if file.suffix.lower() in {".md", *_PICTURES} and not name.startswith(".") and _is_plain(file):
                found.append((path, file))
    pages_first = sorted(found, key=lambda one: (not one[0].lower().endswith(".md"), one[0].count("/"), one[0]))
    return pages_first[:_MOST_FILES]


def _is_plain(file: Path) -> bool:
    """Whether it is a file of bearable size, no link, and no drawing that could act."""
    with suppress(OSError):
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _MOST_BYTES:
            return False
        return file.suffix.lower() != ".svg" or _ACTING.search(file.read_bytes()) is None
    return False


def _pictures_of(readme: Path, root: Path) -> Iterator[str]:
    """The pictures that a README shows from anywhere in the repository."""
    found: list[str] = []

    def note(address: str, picture: bool) -> None:  # noqa: FBT001 - a callback
        if picture:
            found.append(posixpath.normpath(unquote(address.partition("#")[0].partition("?")[0]).lstrip("/")))

    with suppress(OSError):
        rewritten(readme.read_text("utf-8", "replace"), note)
    for path in dict.fromkeys(found):
        file = root / path
        links = any(part.is_symlink() for part in file.parents if part != root and part.is_relative_to(root))
        if not path.startswith("..") and not links and file.suffix.lower() in _PICTURES and _is_plain(file):
            yield path


def _hashed(path: str) -> str:
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return f"{digest}{posixpath.splitext(path)[1].lower()}"


def _document(path: str, place: str, file: Path) -> Document:
    status = file.stat()
    return Document(path, place, file, f"{status.st_mtime_ns}:{status.st_size}")


def _read(document: Document) -> tuple[Mapping[str, object], str]:
    """Front matter and text of a document; without front matter it is all text.

    Raises:
        PageError: It cannot be read, or its front matter is none.
    """
    try:
        text = document.file.read_text("utf-8", "replace").lstrip("\ufeff").replace("\r\n", "\n")
    except OSError as error:
        raise PageError(document.file, f"cannot be read: {error.strerror}", "Make it a readable file") from error
    opened = re.match(r"---[ \t]*\n.*?^---[ \t]*$", text, re.DOTALL | re.MULTILINE)
    try:
        return split_front_matter(text, document.file) if opened else ({}, text)
    except PageError as error:
        raise PageError(document.file, error.problem, "Mend it") from error


# -- what stands in a document ----------------------------------------------------------------------------------


def _headings(body: str) -> Iterator[str]:
    lines = body.split("\n")
    for line, kind in zip(lines, regions(lines), strict=True):
        if kind is Region.PROSE and (found := _HEADING.match(line)):
            yield found[1]


def _title(document: Document, values: Mapping[str, object], body: str) -> str:
    named = values.get("title")
    title = named if isinstance(named, str) and named.strip() else _plain(next(_headings(body), ""))
    return " ".join(visible(title).split()) or posixpath.basename(document.path)


def _gist(body: str) -> str:
    """The first sentence of the first paragraph."""
    lines = body.split("\n")
    words: list[str] = []
    for line, kind in zip(lines, regions(lines), strict=True):
        told = line.strip() if kind is Region.PROSE else ""
        if words and not told:
            break
        if told and (words or not _NO_PARAGRAPH.match(told)):
            words.append(told)
    sentence = _ENDS.split(" ".join(_plain(" ".join(words)).split()), maxsplit=1)[0]
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST - 1]}…"


def _plain(text: str) -> str:
    """Text without the signs of Markdown, those in a link's label too."""
    return _SIGNS.sub("", _LINK.sub(r"\1", text))


def _anchors(body: str) -> dict[str, str]:
    """The ids that headings have at a forge, with the ids that builders give them."""
    found: dict[str, str] = {}
    at_forge: Counter[str] = Counter()
    built: Counter[str] = Counter()
    for heading in _headings(body):
        text = _plain(heading)
        forge = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        own = _slug(text)
        if guarded(f"# {heading}") != f"# {heading}":
            continue  # it gets an id of no meaning
        found[f"{forge}-{at_forge[forge]}" if at_forge[forge] else forge] = f"{own}_{built[own]}" if built[own] else own
        at_forge[forge] += 1
        built[own] += 1
    return found


def _slug(text: str) -> str:
    """An id as the table of contents of Python-Markdown makes it."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_only).strip().lower())
