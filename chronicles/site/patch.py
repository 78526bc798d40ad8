"""A patch document as the site shows it: its numbers lead to their facts, and its evidence folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.documents.frontmatter import render_front_matter, split_front_matter
from chronicles.documents.page import load_page
from chronicles.site.facts import Evidence

if TYPE_CHECKING:
    from chronicles.site.edition import Edition
    from chronicles.site.shelf import Source

__all__ = ["patch"]


def patch(source: Source, edition: Edition) -> str:
    """A patch document as the site shows it."""
    stored = load_page(source.sidecar)
    values, body = split_front_matter(source.page.read_text("utf-8"), source.page)
    evidence = Evidence(stored, edition.patch)
    lines = list(evidence.link(body.strip("\n").split("\n")))
    head = {"title": values.get("title", stored.title), "date": values.get("date")}
    return "\n".join([render_front_matter(head), *lines, "", *evidence.table(), ""])
