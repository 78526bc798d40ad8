"""Documentation of the repository as pages of the site: its README, and the Markdown files of its documentation folder.

Only what is the repository's is published: files that git tracks, or would track, and none of the folders that we write
ourselves. They are read where they lie: a link could lead to anything that its owner can read, and would publish it.
Secrets in the text are redacted. Pictures that the documentation may show are staged as they are, but for drawings that
could run scripts.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from chronicles.documents.frontmatter import render_front_matter, split_front_matter
from chronicles.errors import PageError
from chronicles.evidence.redaction import redact
from chronicles.history.listed import listed_files
from chronicles.markdown import escape, link
from chronicles.site.contents import anchors, first_heading, first_sentence, shortened
from chronicles.site.leads import Leads
from chronicles.site.names import places
from chronicles.site.rewriting import rewritten
from chronicles.site.vectors import is_inert

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

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
_LONGEST_PATH = 1_000
"""Characters of a picture's path; no file system has longer ones that a README would name."""
_BUILT = re.compile(r"^site_dir:[ \t]*[\"']?([^\"'#\n]+)", re.MULTILINE)
"""Where the built site goes, as mkdocs.yml says it."""


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
    around = " ".join(f"{one.path}>{one.place}" for one in stock.documents)
    yield LIST, " ".join([around, *(one.stamp for one in stock.documents if one.is_page)]), library.index, None
    for document in stock.documents:
        make = partial(library.page if document.is_page else library.picture, document)
        yield document.place, f"{document.stamp} {document.path}", make, document.file


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


def find_documents(root: Path, folder: str | None, outputs: Iterable[str] = ()) -> tuple[Document, ...]:
    """Find the README and what lies in the documentation folder; nothing where there is neither.

    Args:
        root: The work tree.
        folder: Of the documentation, from its top; None for none.
        outputs: Folders that hold what we wrote.

    Raises:
        GitFailed: If git cannot tell which files are the repository's.
    """
    listed = listed_files(root, below=[folder] if folder else [], named=[_README])
    readme = next((one for one in listed if one.lower() == _README.lower() and _is_plain(root, one)), None)
    rest = [one for one in listed if one != readme]
    found = _found(root, PurePosixPath(folder), rest, {*outputs, *_built(root)}) if folder else {}
    staged = {path: f"docs/{place}" for path, place in places(found).items()}
    documents = [_document(root, path, staged[inside]) for inside, path in found.items()]
    if readme is not None:
        shown = _pictures_of(root, readme, {one.path for one in documents})
        documents.insert(0, _document(root, readme, ABOUT))
        documents += [_document(root, path, f"about/{_hashed(path)}") for path in shown]
    return tuple(documents)


class Library:
    """The documentation, and where its links lead.

    Args:
        documents: As they were found.
        leads: What else of the repository has a page.
    """

    def __init__(self, documents: tuple[Document, ...], leads: Leads) -> None:
        self.documents = documents
        self._leads = leads
        self._pages = {one.path: one for one in documents if one.is_page}

    def page(self, document: Document) -> str:
        """A document as the site shows it.

        Raises:
            PageError: It cannot be read.
        """
        values, body = _read(document)
        text = rewritten(body, partial(self._resolve, document))
        head = {"title": _title(document, values, body), "hide": ["navigation"]}
        back = posixpath.relpath(LIST, posixpath.dirname(document.place) or ".")
        return "\n".join([render_front_matter(head), text.strip("\n"), "", f"[All documentation]({back})", ""])

    def picture(self, document: Document) -> bytes:
        """A picture, as it is."""
        return document.file.read_bytes()

    def index(self) -> str:
        """The page that lists the documents, by folder, each with its first sentence."""
        lines = [render_front_matter({"title": "Documentation", "hide": ["navigation", "toc"]}), "# Documentation", ""]
        pages = list(self._pages.values())
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
                about = first_sentence(body)
                lines += [
                    f"- {link(_title(document, values, body), quote(address))}{': ' if about else ''}{escape(about)}"
                ]
        return "\n".join([*lines, ""])

    def _resolve(self, document: Document, address: str, picture: bool) -> str | None:  # noqa: FBT001 - a callback
        """Where an address that stands in a document leads on the site; None for nowhere."""
        target = self._leads.target(document.path, address)
        if target is None:
            return None
        if not target.path:
            own = _anchors(document).get(target.anchor)
            return f"#{own}" if own else None
        led = self._leads.resolve(document.path, document.place, address, picture)
        other = self._pages.get(target.path)
        if led is None or other is None or not target.anchor:
            return led
        # The id of a heading is another one here than at the forge, and goes with the file that has it.
        self._leads.stamp(other.path)
        there = None
        with suppress(PageError):
            there = _anchors(other).get(target.anchor)
        return led.partition("#")[0] + (f"#{there}" if there else "")


# -- files ------------------------------------------------------------------------------------------------------


def _found(root: Path, top: PurePosixPath, listed: Iterable[str], outputs: Iterable[str]) -> dict[str, str]:
    """The files of a folder that can be shown, by their paths in it; pages come first."""
    # A folder that is all of the documentation was named by somebody who meant it.
    kept_out = [one for one in map(PurePosixPath, outputs) if one != top and one.is_relative_to(top)]
    found: dict[str, str] = {}
    for path in (one for one in map(PurePosixPath, listed) if one.is_relative_to(top)):
        inside = path.relative_to(top)
        hidden = path.name.startswith(".") or any(part.startswith((".", "_")) for part in inside.parts[:-1])
        wanted = path.suffix.lower() in {".md", *_PICTURES}
        ours = any(path.is_relative_to(one) for one in kept_out)
        if wanted and not hidden and not ours and _is_plain(root, str(path)):
            found[str(inside)] = str(path)
    first = sorted(found, key=lambda one: (not one.lower().endswith(".md"), one.count("/"), one))
    return {one: found[one] for one in first[:_MOST_FILES]}


def _built(root: Path) -> Iterator[str]:
    """The folder of the built site, where mkdocs.yml names one; pictures of the theme are no documentation."""
    with suppress(OSError):
        named = _BUILT.search((root / "mkdocs.yml").read_text("utf-8", "replace"))
        if named:
            yield posixpath.normpath(named[1].strip())


def _is_plain(root: Path, path: str) -> bool:
    """Whether it is a file of bearable size, in no folder that is a link and none itself, and no drawing that acts."""
    file = root / path
    with suppress(OSError):
        parts = [file, *(root / part for part in PurePosixPath(path).parents[:-1])]
        if any(part.is_symlink() for part in parts) or not file.is_file() or file.stat().st_size > _MOST_BYTES:
            return False
        return file.suffix.lower() != ".svg" or is_inert(file.read_bytes())
    return False


def _pictures_of(root: Path, readme: str, known: Collection[str]) -> Iterator[str]:
    """The pictures that a README shows from anywhere in the repository, but for those that are known."""
    shown: list[str] = []

    def note(address: str, picture: bool) -> None:  # noqa: FBT001 - a callback
        path = posixpath.normpath(unquote(address.partition("#")[0].partition("?")[0]).lstrip("/"))
        usual = len(path) <= _LONGEST_PATH and "\0" not in path and not path.startswith("..")
        if picture and usual and path not in known and posixpath.splitext(path)[1].lower() in _PICTURES:
            shown.append(path)

    with suppress(OSError):
        rewritten(_text_of(root / readme), note)
    wanted = list(dict.fromkeys(shown))[:_MOST_FILES]
    there = set(listed_files(root, below=wanted))
    return (path for path in wanted if path in there and _is_plain(root, path))


def _hashed(path: str) -> str:
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return f"{digest}{posixpath.splitext(path)[1].lower()}"


def _document(root: Path, path: str, place: str) -> Document:
    file = root / path
    status = file.stat()
    return Document(path, place, file, f"{status.st_mtime_ns}:{status.st_size}")


def _text_of(file: Path) -> str:
    text = file.read_text("utf-8", "replace").lstrip("\ufeff").replace("\r\n", "\n")
    return redact(text).text


def _read(document: Document) -> tuple[Mapping[str, object], str]:
    """Front matter and text of a document; without front matter it is all text.

    Raises:
        PageError: It cannot be read, or its front matter is none.
    """
    try:
        text = _text_of(document.file)
    except OSError as error:
        raise PageError(document.file, f"cannot be read: {error.strerror}", "Make it a readable file") from error
    opened = re.match(r"---[ \t]*\n.*?^---[ \t]*$", text, re.DOTALL | re.MULTILINE)
    try:
        return split_front_matter(text, document.file) if opened else ({}, text)
    except PageError as error:
        raise PageError(document.file, error.problem, "Mend it") from error


@lru_cache(maxsize=256)
def _anchors(document: Document) -> Mapping[str, str]:
    """The ids of a document's headings; the same file is asked as often as links lead into it.

    Raises:
        PageError: It cannot be read.
    """
    return anchors(_read(document)[1])


def _title(document: Document, values: Mapping[str, object], body: str) -> str:
    named = values.get("title")
    title = named if isinstance(named, str) and named.strip() else first_heading(body)
    return shortened(title) or posixpath.basename(document.path)
