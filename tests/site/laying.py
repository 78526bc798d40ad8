"""Documents of a folder as the site lays them out, and as a browser would get them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import markdown

from chronicles.documents.frontmatter import split_front_matter
from chronicles.documents.page import load_page
from chronicles.documents.render import Renderer
from chronicles.personas import Cast, load_cast
from chronicles.site.edition import Edition, Layout
from chronicles.site.leads import Leads
from chronicles.site.shelf import Source, card_of

if TYPE_CHECKING:
    from pathlib import Path

EXTENSIONS = ["toc", "tables", "fenced_code", "attr_list", "md_in_html"]
"""What mkdocs.yml asks of Python-Markdown, and what MkDocs does by itself."""


def edition(cast: Cast | None = None, templates: Path | None = None, root: Path | None = None) -> Edition:
    """What documents are laid out with, and the repository in which their links lead somewhere."""
    there = cast or load_cast()
    episode, patch = (Layout(partial(Renderer, there, templates, kind=kind)) for kind in ("episode", "patch"))
    leads = Leads(root, folders={"episodes": "episodes", "patches": "patches"}) if root else Leads()
    return Edition("Saga", there, episode, patch, leads)


def source_of(page: Path) -> Source:
    """A document as the site takes it."""
    sidecar = page.with_suffix(".json")
    return Source(page, sidecar, "", card_of(load_page(sidecar), page))


def built(text: str) -> str:
    """A staged page as HTML."""
    return markdown.markdown(split_front_matter(text)[1], extensions=EXTENSIONS)


def tree(text: str) -> ET.Element:
    """A staged page as a tree of elements."""
    return ET.fromstring(f"<body>{built(text)}</body>".replace("&nbsp;", " "))  # noqa: S314 - what is read is ours


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    """The elements of a class."""
    return [one for one in root.iter() if name in one.get("class", "").split()]


def words(element: ET.Element) -> str:
    """What one reads of an element, in one line."""
    return " ".join("".join(element.itertext()).split())
