"""What the Markdown of a document says of itself."""

from __future__ import annotations

import pytest

from chronicles.site.contents import anchors, first_heading, first_sentence


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("text\n\n## The `Project` ##\n", "The Project"),
        ("# [![ci](a.svg) *Name*](b.md)\n", "ci Name"),
        ("```\n# code\n```\n", ""),
        (f"# {'long ' * 100}\n", f"{'long ' * 39}long…"),
    ],
)
def test_the_first_heading_is_the_title(body: str, title: str) -> None:
    """Signs of Markdown, links and pictures are taken off, and what is too long is cut."""
    assert first_heading(body) == title


def test_the_first_sentence_is_of_the_first_paragraph() -> None:
    """Headings, badges, lists and code are no paragraph."""
    body = "# A\n\n[![ci](a.svg)](b)\n\n- item\n\nIt does *this*\nand [that](x). Then more.\n"
    assert first_sentence(body) == "It does this and that."
    assert first_sentence("# A\n") == ""


def test_what_sphinx_reads_is_no_sentence() -> None:
    """Targets, attributes and roles of MyST are not for readers."""
    body = "{.hide}\n# A\n\n(a-target)=\n\n## B\n\nUse {ref}`the testing module <testing>` for it.\n"
    assert first_sentence(body) == "Use the testing module for it."


def test_ids_of_headings_are_translated() -> None:
    """A second heading of one name has another id, and one that is the theme's has none."""
    assert anchors("# B -- c\n## B -- c\n# __config\n") == {"b----c": "b-c", "b----c-1": "b-c_1"}


@pytest.mark.parametrize("sign", [" ", "#", " #", "[", "<", "[a](", "](", "`", "{a"])
def test_a_heading_without_end_is_read(sign: str) -> None:
    """However often a sign comes, a heading and a paragraph are read in one pass; a pass a sign would take hours."""
    text = f"a{sign * 100_000}b"
    assert anchors(f"# {text}\n") is not None
    assert first_heading(f"# {text}\n")
    assert first_sentence(f"{text}\n")
