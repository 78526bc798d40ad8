"""Vector drawings of a repository: those that are known to be inert, and no others."""

from __future__ import annotations

import pytest

from chronicles.site.vectors import is_inert

DRAWING = (
    "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'"
    " xmlns:s='http://www.w3.org/2000/svg' xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape'>{}</svg>"
)


@pytest.mark.parametrize(
    "content",
    [
        "<!-- a comment --><defs><linearGradient id='a'/></defs><rect style='fill: url(#a)' mask='url( \"#a\" )'/>",
        "<use xlink:href='#a'/><image href='data:image/png;base64,AA==' width='3'/>",
        "<style>@font-face {font-family: x; src: url(data:font/woff2;base64,AA)} a {fill: red}</style>",
        "<text>src(x) javascript: url(http://x.example) &amp; more</text>",
        "<animate attributeName='x' values='1;2'/>",
        "<g inkscape:label='C:\\drawing' xml:space='preserve'/><inkscape:page/>",
    ],
)
def test_a_drawing_that_does_nothing_is_taken(content: str) -> None:
    """Shapes, gradients, text, pictures given in full, and what drawing programs note."""
    assert is_inert(DRAWING.format(content).encode())


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "<s:script>alert(1)</s:script>",
        "<rect onclick='alert(1)'/>",
        "<foreignObject/>",
        "<b xmlns='http://www.w3.org/1999/xhtml'/>",
        "<b xmlns=''/>",
        "<a href='#x'/>",
        "<use href='javascript:alert(1)'/>",
        "<use href='data:image/svg+xml,x'/>",
        "<image href='http://x.example/a.png'/>",
        "<image xlink:href='a.png'/>",
        "<g xml:base='http://x.example/'><use href='#a'/></g>",
        "<set attributeName='xlink:href' to='javascript:alert(1)'/>",
        "<rect fill='url( \"//x.example/a#b\")'/>",
        "<rect style='fill: u\\72l(//x.example)'/>",
        "<style>@import 'http://x.example'</style>",
        "<style><![CDATA[@im]]>port 'x'</style>",
        "<style>@im<title/>port 'x'</style>",
        "<style>@im<style/>port 'x'</style>",
        "<style>a {background: image-set('http://x.example/a.png' 1x)}</style>",
        "<text>&unknown;</text>",
        "<g>",
    ],
)
def test_a_drawing_that_could_act_is_not(content: str) -> None:
    """Scripts by any prefix, handlers, links, and whatever leads or loads from elsewhere."""
    assert not is_inert(DRAWING.format(content).encode())


def test_a_drawing_that_could_be_read_otherwise_is_not() -> None:
    """Other encodings, document types, style sheets beside it, and what is no drawing at all."""
    plain = DRAWING.format("<rect/>")
    assert is_inert(b"\xef\xbb\xbf" + plain.encode())
    assert is_inert(b"<?xml version='1.0' encoding='UTF-8'?>\n" + plain.encode())
    assert not is_inert(plain.encode("utf-16"))
    for before in ("<?xml version='1.0' encoding='UTF-7'?>", "<!DOCTYPE svg>", "<?xml-stylesheet href='x'?>", "<svg/>"):
        assert not is_inert(f"{before}{plain}".encode())
    assert not is_inert(b"<svg/>")
    assert not is_inert(b"")
