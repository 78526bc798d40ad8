"""Documentation for the site: links lead somewhere, and nothing acts."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown

from chronicles.site.rewriting import rewritten

KNOWN = {"guide.md": "guide.md", "a (b).md": "a-b.md", "img/x.png": "img/x.png", "#here": "#here"}
HARMLESS = {
    *("p", "em", "strong", "code", "pre", "a", "img", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "br"),
    *("blockquote", "b", "del", "i", "ins", "kbd", "mark", "s", "small", "sub", "sup", "u", "table", "thead", "tbody"),
    *("tr", "th", "td"),
}


class Acting(HTMLParser):
    """Whatever of a page could do something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that is not harmless, or has attributes that act."""
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            safe = name in {"alt", "title", "id", "align", "class", "start"} or (
                name in {"href", "src"} and not address.startswith(("javascript:", "data:", "vbscript:", "//"))
            )
            if not safe or (name == "src" and ":" in address):
                self.found.append(f"{tag} {name}={value}")
        if tag not in HARMLESS:
            self.found.append(tag)


def resolve(address: str, picture: bool) -> str | None:  # noqa: FBT001 - as it is called
    """Know a few addresses; a picture is none of the pages."""
    found = KNOWN.get(unquote(address))
    return None if picture and found and found.endswith(".md") else found


def shown(text: str) -> str:
    """The HTML that a builder makes of a rewritten document."""
    return markdown(rewritten(text, resolve), extensions=["tables", "fenced_code", "attr_list", "md_in_html", "toc"])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[a](guide.md)", "[a](guide.md)"),
        ("[a](gone.md)", "a"),
        ("[`code` and *more*](gone.md)", "<code>code</code> and *more*"),
        ("[`code`](guide.md)", "[<code>code</code>](guide.md)"),
        ("[a](<a (b).md>)", "[a](a-b.md)"),
        ('[a](guide.md "title")', "[a](guide.md)"),
        ("[a](#here) [b](#gone)", "[a](#here) b"),
        ("[a](https://x.example/(y)?a=1&b=2)", "[a](https://x.example/%28y%29?a=1&b=2)"),
        ("[a](javascript:alert)", "a"),
        ("[a](java&#115;cript:alert)", "a"),
        ("[a](JavaScript&colon;alert)", "a"),
        ("[a](//x.example/y)", "a"),
        ("`[a](gone.md)`", "<code>&#91;a&#93;(gone.md)</code>"),
        ("```sh\na `b` <c>\n```", '<pre><code class="language-sh">a &#96;b&#96; &lt;c&gt;\n</code></pre>'),
        ("text\n\n    a\n\n      <b>\n\nmore", "text\n\n\n<pre><code>a\n\n  &lt;b&gt;\n</code></pre>\n\n\nmore"),
        ("\\[a](gone.md)", "\\[a](gone.md)"),
        ("![a](img/x.png)", "![a](img/x.png)"),
        ("![a](gone.png)", "a"),
        ("![a](https://x.example/a.png)", "[a](https://x.example/a.png)"),
        ("[![ci](https://x.example/a.svg)](https://x.example)", "[ci](https://x.example)"),
        ("[![shown](img/x.png)](gone.md)", "![shown](img/x.png)"),
        (
            "[a][1] [b] [c][]\n\n[1]: guide.md\n[b]: gone.md\n[c]: <guide.md> 'x'",
            "[a](guide.md) b [c](guide.md)\n\n\n\n",
        ),
        ("a [b] c", "a [b] c"),
        ("<https://x.example> <me@x.example>", "<https://x.example> <me@x.example>"),
        ("a < b, c<d", "a &lt; b, c&lt;d"),
        ("<sub class=x>a</sub><br/>", "<sub>a</sub><br>"),
        ('<p align="center"><img src="img/x.png" alt="[x]" width="3"></p>', "![\\[x\\]](img/x.png)"),
        ('<a href="guide.md"><b>x</b></a><a name="y"></a>', "[<b>x</b>](guide.md)"),
        ("<script>alert()</script>", "&lt;script>alert()&lt;/script>"),
        ("a<!-- b\nc -->d", "a\nd"),
        ("{: onclick=x } `{: y }`", "&#123;: onclick=x } <code>&#123;: y &#125;</code>"),
        ("one\r\ntwo", "one\ntwo"),
        ("[a [b](guide.md) c](gone.md) ] [d](guide.md)", "[a [b](guide.md) c](gone.md) ] [d](guide.md)"),
        (
            '<pre><code class="language-x">\n a &lt;\n</code></pre>  ',
            '<pre><code class="language-x"> a &lt;\n</code></pre>',
        ),
        ("```{note} A\nb\n```", "<pre><code>&#123;note&#125; A\nb\n</code></pre>"),
        ("``` {.py}\nb\n```", "<pre><code>b\n</code></pre>"),
        ("<pre>a</pre> b", "<pre><code>&lt;pre&gt;a&lt;/pre&gt; b\n</code></pre>"),
        ("<!-- a\n <!-- b", "&lt;!-- a\n &lt;!-- b"),
    ],
)
def test_what_is_written(text: str, wanted: str) -> None:
    """Links, pictures and HTML of a document as the site has them."""
    assert rewritten(text, resolve) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{ref}`a\n  <b>`.", "&#123;ref}<code>a &lt;b&gt;</code>."),
        ("- x `a\n  <b>` and `<c>`", "- x <code>a &lt;b&gt;</code> and <code>&lt;c&gt;</code>"),
        ("> x `a\n> b` c", "> x <code>a b</code> c"),
        ("x `a\n\nb` <c>", "x &#96;a\n\nb&#96; &lt;c>"),
        ("x `a\n- b` <c>", "x &#96;a\n- b&#96; &lt;c>"),
        ("x `a\n> b` <c>", "x &#96;a\n> b&#96; &lt;c>"),
        ("# x `a\nb` <c>", "# x &#96;a\nb&#96; &lt;c>"),
        ("| a | `b |\n|---|---|\n| c | d` |", "| a | &#96;b |\n|---|---|\n| c | d&#96; |"),
        ("\\`<c>\\` \\\\`", "&#96;&lt;c>&#96; \\\\&#96;"),
        ("(target)=\n# A", "\n# A"),
        ("(target)=\nA `b` c", "\nA <code>b</code> c"),
        ("x `a\n*b* c`", "x <code>a &#42;b&#42; c</code>"),
        ("see (target)= there", "see (target)= there"),
    ],
)
def test_code_goes_on_in_its_paragraph(text: str, wanted: str) -> None:
    """A code span ends in its line or in a later one of its paragraph; a backtick without another is a sign."""
    assert rewritten(text, resolve) == wanted
    assert "&amp;" not in shown(text)


def test_a_title_in_html_is_a_heading() -> None:
    """The centred title of a README is the title of its page."""
    assert "<h1" in shown('<h1 align="center">\n  The Project\n</h1>\n\ntext').replace("\n", "")


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\nscript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg\nonload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "# x {: onclick=alert(1) }",
    "x{ onclick=alert(1) }",
    "*x*{: onclick=alert(1) }",
    "`x\n<script>alert(1)</script>\ny`",
    "``x ` <script>alert(1)</script>",
    "\\`<script>alert(1)</script>\\`",
    "\\<script>alert(1)\\</script>",
    "- x\n\n        <script>alert(1)</script>",
    "1. x\n\n    <script>alert(1)</script>",
    "> <script>alert(1)</script>",
    "<details open ontoggle=alert(1)><summary>x</summary>y</details>",
    "<p onclick=alert(1)>x</p>",
    "<b style='position:fixed' onclick=alert(1)>x</b>",
    "<!--><script>alert(1)</script>-->",
    "<!-- x --!><script>alert(1)</script>",
    "<?php alert(1) ?><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "|a|\n|-|\n|<script>alert(1)</script>|",
    "~~~\n<b>\n~~~\n<script>alert(1)</script>",
    "```js\n```\n<script>alert(1)</script>",
    "![x](data:text/html,<script>alert(1)</script>)",
    "<div markdown=1><script>alert(1)</script></div>",
    '<a href="x" "><script>alert(1)</script>',
    '[x](guide.md "y" onclick=alert(1))',
    '[x]("onmouseover=alert(1))',
    "``` { .x onclick=alert(1) }\n<b>\n```",
    "```x y=z\n<script>alert(1)</script>\n```",
    "  ```\n<script>alert(1)</script>\n  ```",
    "````\n```\n<script>alert(1)</script>\n````",
    "<scr<script>ipt>alert(1)</script>",
    "<a\u00a0href=x onclick=alert(1)>",
    "text\n\n    code\n<script>alert(1)</script>",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_acts(text: str) -> None:
    """Whatever a document holds, no script, handler or foreign picture is in the page."""
    assert Acting(shown(text)).found == []


@given(
    st.lists(
        st.sampled_from(
            [*HOSTILE, "\n", "\n\n", "`", "``", "```\n", "\n~~~~\n", "\n```\n", "    ", "- ", "> ", "\\", "x"]
        ),
        max_size=6,
    )
)
def test_nothing_acts_together(parts: list[str]) -> None:
    """What does no harm by itself does none in the company of other markup."""
    text = "".join(parts)
    assert Acting(shown(text)).found == [], html.escape(text)


@pytest.mark.parametrize(
    ("before", "sign", "after"),
    [
        ("", "<!--", ""),
        ("", "](a)", ""),
        ("", "[", ""),
        ("", "[a](", ""),
        ("", "<pre>\n", ""),
        ("](", " ", "x"),
        ("[a]: x", " ", "y"),
        ("[a]: ", '"(', " x"),
        ("<pre>", " ", "x</pre>y"),
        ("<pre>x", " ", "y</pre>"),
        ("<img ", "a", ">"),
        ('<img alt="', "* ", '" src=x>'),
        ("```" + "x" * 200_000, "\ny", ""),
    ],
)
def test_a_document_without_end_is_rewritten(before: str, sign: str, after: str) -> None:
    """However often a sign comes, a document is read in one pass a step; a pass a sign would take hours."""
    assert rewritten(f"{before}{sign * 400_000}{after}", resolve)
