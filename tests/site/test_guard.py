"""What every staged page is held to."""

from __future__ import annotations

import html
from typing import Any

import markdown
import pytest
import yaml

from chronicles.documents.frontmatter import render_front_matter, split_front_matter
from chronicles.markdown import escape
from chronicles.site.guard import guarded

HOSTILE = '</title><script>pwn("x")</script> \\"quoted\\" &lt; {{ x }} \\'


def ids(text: str) -> list[str]:
    """The ids of a page's headings, as MkDocs makes them."""
    built = markdown.markdown(split_front_matter(text)[1], extensions=["attr_list", "toc", "fenced_code"])
    return [part.split('"')[0] for part in built.split('id="')[1:]]


def test_a_title_is_text_for_any_template() -> None:
    """Put into HTML as it is, even between quotes, a title shows itself and does nothing."""
    values: dict[str, Any] = {"title": HOSTILE, "tags": [HOSTILE, "fix"], "date": "2024-01-02"}
    front = guarded(render_front_matter(values)).removeprefix("---\n").removesuffix("---\n")
    read = yaml.safe_load(front)
    for written in (read["title"], read["tags"][0]):
        assert not set(written) & set('<>"')
    assert read["date"] == "2024-01-02"
    assert html.unescape(read["title"]) == HOSTILE


def test_words_below_the_front_matter_stay() -> None:
    """What stands on the page is Markdown, and nothing of it is escaped again; a page without front matter is fine."""
    assert guarded("---\na: 1\n---\n\n# A & <b>b</b>\n") == "---\na: 1\n---\n\n# A & <b>b</b>\n"
    assert guarded("# A & <b>b</b>\n") == "# A & <b>b</b>\n"
    assert guarded("") == ""


@pytest.mark.parametrize(
    "subject",
    ["__config", "__search", "`__palette`", "Evidence", "fact-change.files", "[__toc](x.md)", "<b>__config</b>"],
)
def test_no_heading_takes_an_id_that_others_look_for(subject: str) -> None:
    """Ids of the theme, of the evidence and of its rows are not those of headings."""
    written = subject if subject[0] in "[`<" else escape(subject)
    found = ids(guarded(f"---\ntitle: x\n---\n\n# One\n\n## {written}\n\n### {written}\n"))
    assert found[0] == "one"
    assert [one.rstrip("0123456789") for one in found[1:]] == ["heading-", "heading-"]
    assert len(set(found)) == 3


def test_other_headings_keep_theirs() -> None:
    """A heading is called by its words, and code that looks like a heading is left as it is."""
    text = "# Core\n\n## Why It Matters\n\n```\n# __config\n```\n"
    assert guarded(text) == text
    named = "# Evidence {: #proof }\n"
    assert guarded(named) == named
    assert guarded(text + "# __config\n") == text + "# __config {: #heading-7 }\n"
