"""Vector drawings of the repository, as far as nothing in them acts.

A drawing in SVG is a document of its own: opened by its address it runs scripts, follows links and asks other hosts for
what it names. There is no end to the ways in which that can be written, so nothing is looked for that acts. A drawing
is taken if all that it has is known to be inert: elements and namespaces by name, addresses that lead into the drawing
itself, or are a picture in full, and styles that name no others. The parser is that of XML, and what it cannot read as
UTF-8 without a document type is left out, since browsers might read it otherwise.
"""

from __future__ import annotations

import re
from xml.parsers import expat

__all__ = ["is_inert"]

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"
_ELEMENTS = frozenset(
    (
        *("svg", "g", "defs", "symbol", "use", "switch", "title", "desc", "metadata", "style", "view", "image"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath", "marker"),
        *("linearGradient", "radialGradient", "stop", "pattern", "clipPath", "mask", "filter", "mpath"),
        *("animate", "animateMotion", "animateTransform", "set"),
        *("feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix", "feDiffuseLighting"),
        *("feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR"),
        *("feGaussianBlur", "feImage", "feMerge", "feMergeNode", "feMorphology", "feOffset", "fePointLight"),
        *("feSpecularLighting", "feSpotLight", "feTile", "feTurbulence"),
    )
)
_NOTES = (
    *("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://purl.org/dc/", "http://creativecommons.org/ns#"),
    *("http://web.resource.org/cc/", "http://www.inkscape.org/namespaces/", "http://sodipodi.sourceforge.net/"),
    *(
        "http://www.serif.com/",
        "http://www.bohemiancoding.com/sketch/ns",
        "http://ns.adobe.com/",
        "https://boxy-svg.com",
    ),
)
"""How namespaces begin in which drawing programs note things for themselves."""
_WITHIN = re.compile(r"\s*(?:#|\Z)")
_PICTURE = re.compile(r"\s*data:image/(?:png|jpe?g|gif|webp|avif);base64,[A-Za-z0-9+/=\s]*\Z")
_ADDRESS = re.compile(
    r"url\(\s*+[\"']?+\s*+(?!#|data:(?:image/(?:png|jpe?g|gif|webp)|font/|application/(?:x-)?font))", re.IGNORECASE
)
"""An address in a style that is neither a part of the drawing nor given in full."""
_LOADING = re.compile(
    r"\\|@import|@namespace|image-set|\b(?:src|image|element|cross-fade)\(|(?:java|vb)script:", re.IGNORECASE
)
"""What a style may load by otherwise, or write any of it with."""


class _Acts(Exception):
    """Something that is not known to be inert."""


def is_inert(drawing: bytes) -> bool:
    """Whether nothing in a drawing can act, by all that is known of what it has."""
    try:
        drawing.decode("utf-8")
        _Reader().read(drawing)
    except (UnicodeDecodeError, expat.ExpatError, _Acts):
        return False
    return True


class _Reader:
    """Reads a drawing from its first element to its last, and stops at what may act."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.ProcessingInstructionHandler = self._refuse
        self._parser.StartElementHandler = self._opened
        self._parser.EndElementHandler = self._closed
        self._parser.CharacterDataHandler = self._said
        self._open: list[str] = []
        self._style: list[str] = []

    def read(self, drawing: bytes) -> None:
        """Read all of it.

        Raises:
            _Acts: It has something that may act.
            ExpatError: It is no XML.
        """
        self._parser.Parse(drawing, True)

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise _Acts

    def _refuse(self, *_: object) -> None:
        raise _Acts

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        inert = space.startswith(_NOTES) if space != _SVG else local in _ELEMENTS
        # A style is its own text, of which another inside of it would show the halves.
        misplaced = self._open[-1] == f"{_SVG} style" if self._open else name != f"{_SVG} svg"
        if not inert or misplaced:
            raise _Acts
        for key, value in attributes.items():
            if not _is_inert_attribute(local, key, value):
                raise _Acts
        self._open.append(name)

    def _closed(self, name: str) -> None:
        self._open.pop()
        if name == f"{_SVG} style":
            if not _is_inert_style("".join(self._style)):
                raise _Acts
            self._style.clear()

    def _said(self, text: str) -> None:
        if self._open[-1] == f"{_SVG} style":
            self._style.append(text)


def _is_inert_attribute(element: str, key: str, value: str) -> bool:
    space, _, name = key.rpartition(" ")
    name = name.lower()
    if name in ("href", "src"):
        return bool(_WITHIN.match(value) or (element in ("image", "feImage") and _PICTURE.match(value)))
    if name == "attributename":
        return not value.strip().lower().endswith("href") and not value.strip().lower().startswith("on")
    if space in (_XML, _XLINK):
        return name != "base"
    # What programs note for themselves is nothing to a browser.
    return space.startswith(_NOTES) if space else not name.startswith("on") and _is_inert_style(value)


def _is_inert_style(text: str) -> bool:
    return not _ADDRESS.search(text) and not _LOADING.search(text)
