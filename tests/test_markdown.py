"""Data written as Markdown comes back as the same data, from both families of renderer."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import markdown as python_markdown
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chronicles.markdown import cell, code, escape, fence, link, visible

Renderer = Callable[[str], str]

_FORGE = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_SITE = python_markdown.Markdown(
    extensions=[
        "tables",
        "fenced_code",
        "toc",
        "attr_list",
        "def_list",
        "footnotes",
        "abbr",
        "admonition",
        "md_in_html",
    ]
)


def _forge(source: str) -> str:
    return str(_FORGE.render(source))


def _site(source: str) -> str:
    _SITE.reset()
    return _SITE.convert(source)


RENDERERS = pytest.mark.parametrize("render", [_forge, _site], ids=["commonmark", "python-markdown"])

ACTIVE = st.text(alphabet="ab1 \\`*_~[](){}<>#+-=.!|&;:/?%\n\t\"'^$@x", max_size=30)
ACTING = re.split(
    " ",
    "**b** __init__ [a](b) ![i](j) <b> &amp; &#65; {{x}} {%y%} `c` # - 1. > --- === ~~s~~ ~~~ ``` | [^1] [^1]: \\ "
    "{:.x} {#id} !!! ??? : *[HTML]: [r]: http://a.b word <a@b.c> <http://x> \x1b[31m \u202e \x02 * _ C# a_b <!-- -->",
)
TEXTS = st.one_of(
    ACTIVE,
    st.text(max_size=30),
    st.lists(st.sampled_from(ACTING), max_size=6).map("".join),
    st.lists(st.sampled_from(["# h", "- l", "1. n", "a | b", ":   d", "!!! note", "\udcff", "\n", "&", "2 * 3"])).map(
        "".join
    ),
)


class _Reader(HTMLParser):
    """Collects tags and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- the base class names it
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 -- the base class names it
        self.tags.append("comment")


def _read(html: str) -> tuple[list[str], str]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.tags, "".join(reader.parts)


def _flat(text: str) -> str:
    return " ".join(text.split())


FRAMES = [
    ("{}", ["p"]),
    ("word {} word", ["p"]),
    ("word\n{}", ["p"]),
    ("- {}", ["ul", "li"]),
    ("> {}", ["blockquote", "p"]),
    ("## {}", ["h2"]),
    ("**Claude:** {}", ["p", "strong"]),
]


@RENDERERS
@pytest.mark.parametrize(("frame", "tags"), FRAMES, ids=[frame for frame, _ in FRAMES])
@given(text=TEXTS)
@example(text=" * ")
@example(text="- - -")
@example(text="#12 fixes C#")
@example(text="a\\|b\\")
@example(text="\\`x`\\\\`")
def test_escaped_text_renders_as_itself(render: Renderer, frame: str, tags: list[str], text: str) -> None:
    """Whatever the text, the page shows it and nothing of it acts."""
    if not _flat(visible(text)):
        return
    source = frame.format(escape(text))
    shown_tags, shown = _read(render(source))
    assert [tag for tag in shown_tags if tag != "p" or "p" in tags] == tags, source
    expected = _flat(re.sub(r"^(- |> |## )|\*\*", "", frame).format(visible(text)))
    assert _flat(shown) == expected, source


@RENDERERS
@given(text=TEXTS)
def test_a_cell_holds_its_text_and_the_table_its_shape(render: Renderer, text: str) -> None:
    """A pipe, a line end or a backslash in a cell splits nothing."""
    source = f"| a | b |\n|---|---|\n| {cell(text)} | {cell(text)} |\n"
    tags, shown = _read(render(source))
    assert [tag for tag in tags if tag not in ("thead", "tbody")] == ["table", "tr", "th", "th", "tr", "td", "td"], (
        source
    )
    assert _flat(shown) == _flat(f"a b {visible(text)} {visible(text)}"), source


@RENDERERS
@pytest.mark.parametrize("frame", ["{}", "x {} y", "| a |\n|---|\n| {} |", "- {}"])
@example(text="&#1")
@example(text="&#x41 and &#65 `x`")
@given(text=TEXTS)
def test_code_renders_as_code_with_its_text(render: Renderer, frame: str, text: str) -> None:
    """Inline code shows its content once, with white space other than a space spelled out."""
    source = frame.format(code(text))
    tags, shown = _read(render(source))
    assert tags.count("code") == 1, source
    assert not set(tags) & {"em", "strong", "a", "b", "comment", "img", "del"}, source
    expected = visible(text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t"))
    frame_text = frame.replace("| ", "").replace(" |", "").replace("|---|", "").replace("- ", "")
    assert _flat(shown) == _flat(frame_text.format(expected)), source


@RENDERERS
@given(lines=st.lists(TEXTS.map(lambda text: re.sub(r"[\r\n]", "", text)), max_size=5))
def test_a_fence_holds_its_lines(render: Renderer, lines: list[str]) -> None:
    """No line of a block of code ends the block or acts in it."""
    source = f"before\n\n{fence(lines, 'diff')}\n\nafter"
    tags, shown = _read(render(source))
    assert tags == ["p", "pre", "code", "p"], source
    assert _flat(shown) == _flat("before " + "\n".join(visible(line) for line in lines) + " after"), source


@RENDERERS
@given(label=TEXTS, path=TEXTS)
def test_a_link_shows_its_label_and_is_one_link(render: Renderer, label: str, path: str) -> None:
    """Neither label nor address can end the link early."""
    tags, shown = _read(render(link(label, f"https://example.org/{path}")))
    assert tags == ["p", "a"]
    if label.strip() and _flat(visible(label)):
        assert _flat(shown) == _flat(visible(label))


@given(text=TEXTS)
def test_no_template_sign_survives(text: str) -> None:
    """A plugin that runs templates over pages finds none in what was escaped."""
    written = [escape(text), cell(text), code(text), link(text, text), fence(text.split("\n"))]
    for markdown in written:
        assert not re.search(r"\{[{%#]", markdown)
        markdown.encode("utf-8")


@pytest.mark.parametrize(
    "text",
    ["fix: it's 3.5 (#12)", "feat(core)!: add snake_case_name", "2 * 3 < 4 & ~5, a -> b", "Ann O'Neill, R&D", "-1 + 2"],
)
def test_ordinary_text_stays_itself(text: str) -> None:
    """The Markdown source of ordinary text stays pleasant to read."""
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("__init__.py", "\\_\\_init\\_\\_.py"),
        ("# a", "\\# a"),
        ("1. a", "1\\. a"),
        ("a_", "a\\_"),
        ("HEAD~1", "HEAD&#126;1"),
    ],
)
def test_what_acts_is_escaped_also_where_texts_are_joined(text: str, written: str) -> None:
    """A sign at an end is escaped even if it would be harmless alone, since other text may follow."""
    assert escape(text) == written


def test_unseen_characters_are_spelled_out() -> None:
    """Escape codes, marks that turn text around and undecodable bytes can be seen."""
    assert visible("\ue0007\ue001x\ue002 \ue003") == "\\ue0007\\ue001x\\ue002 \ue003"  # marks that trace facts
    assert visible("\x1b[31m \u202eabc \udcff\ud800 \x85") == "\\x1b[31m \\u202eabc \\xff\\ud800 \x85"
    assert code("a\nb\udce9") == "`a\\nb\\xe9`"


def test_an_address_that_could_act_is_not_linked() -> None:
    """Only relative, web and mail addresses become links."""
    assert link("x", "javascript:alert(1)") == "x"
    assert link("a]b", "https://e.org/a b(c)") == "[a\\]b](https://e.org/a%20b%28c%29)"
    assert link("", "page.md") == "[page.md](page.md)"


def test_a_fence_is_longer_than_what_it_holds() -> None:
    """Backticks inside lengthen the fence; an info string that is no word is left out."""
    assert fence(["a", "````"], "py") == "`````py\na\n````\n`````"
    assert fence(["x"], "a b\n").startswith("```\n")
    assert fence(["{{ x }}"], "py") == '<pre><code class="language-py">&#123;&#123; x }}\n</code></pre>'
