"""Portraits of the personas, drawn for this project, and the colour that a voice has on the site.

The built-in cast has portraits of its own; any other persona gets one that is put together from its name, so that it
has the same face on every page and in every year. Shapes carry classes and no colours: the style sheet gives a voice
its colour in light and in dark. A portrait is an ornament, since the name always stands beside it.
"""

from __future__ import annotations

import hashlib

__all__ = ["portrait", "voice_class"]

_HUES = 8
"""Colours for personas that are none of the built-in cast."""

_SHOULDERS = '<path class="ink" d="M9 48c1-9 7-13 15-13s14 4 15 13z"/>'

_BUILT_IN = {
    # The reviewer who has been paged at night: a headset, heavy glasses, a mug that steams.
    "Banterpacks": (
        _SHOULDERS,
        '<circle class="skin" cx="22" cy="21" r="11"/>',
        '<path class="ink" d="M11 19c0-8 5-12 11-12s11 4 11 12c-2-4-6-5-11-5s-9 1-11 5z"/>',
        '<path class="line" d="M9 22C8 10 14 4 22 4s14 6 13 18"/>',
        '<rect class="ink" x="7" y="19" width="5" height="8" rx="2"/>',
        '<rect class="ink" x="32" y="19" width="5" height="8" rx="2"/>',
        '<rect class="line" x="14" y="18" width="7" height="5" rx="1.5"/>',
        '<rect class="line" x="23" y="18" width="7" height="5" rx="1.5"/>',
        '<path class="line" d="M21 20h2M18 28h8"/>',
        '<path class="skin edge" d="M33 36h9v9a2 2 0 0 1-2 2h-5a2 2 0 0 1-2-2zM42 38h2a2 2 0 0 1 0 5h-2"/>',
        '<path class="line" d="M36 33c-1-2 1-2 0-4M39 33c-1-2 1-2 0-4"/>',
    ),
    # The one who is delighted: hair on end, wide eyes, an open mouth, sparks.
    "ChatGPT": (
        _SHOULDERS,
        '<path class="ink" d="M11 23 9 13l7 3 1-10 7 7 7-7 1 10 7-3-2 10z"/>',
        '<circle class="skin" cx="24" cy="23" r="11"/>',
        '<circle class="line" cx="19.5" cy="21" r="3"/>',
        '<circle class="line" cx="28.5" cy="21" r="3"/>',
        '<circle class="ink" cx="20" cy="20.5" r="1.2"/>',
        '<circle class="ink" cx="29" cy="20.5" r="1.2"/>',
        '<path class="ink" d="M18 27h12c0 4-3 6-6 6s-6-2-6-6z"/>',
        '<path class="ink" d="m6 29 1 3 3 1-3 1-1 3-1-3-3-1 3-1zM42 5l1 3 3 1-3 1-1 3-1-3-3-1 3-1z"/>',
    ),
    # The one who measures: a parting like a ruled line, calm eyes, a ruler before the chest.
    "Claude": (
        _SHOULDERS,
        '<circle class="skin" cx="24" cy="20" r="11"/>',
        '<path class="ink" d="M13 20c-1-8 4-13 11-13s12 5 11 13c-1-4-3-6-6-7l-10-1c-3 1-5 4-6 8z"/>',
        '<path class="line" d="M17 19.5h4M27 19.5h4M20 26c2 1.5 6 1.5 8 0"/>',
        '<path class="skin edge" d="m4 40 38-6 1 7-38 6z"/>',
        '<path class="line" d="m10 39 .5 3m5-4 .7 4.5m5-5.5.5 3m5-4 .7 4.5m5-5.5.5 3"/>',
    ),
    # The one who knows where lines come from: two faces of one likeness, and a line that branches and joins.
    "Gemini": (
        '<circle class="ink" cx="17" cy="18" r="11"/>',
        '<circle class="skin edge" cx="31" cy="20" r="11"/>',
        '<path class="ink" d="M20 18c0-7 5-10 11-10s11 3 11 10c-3-4-6-5-11-5s-8 1-11 5z"/>',
        '<path class="cut" d="M9 18h4M16 18h3M10 23c2 1.5 4 1.5 6 .5"/>',
        '<path class="line" d="M26 21h3M33 21h3M28 26c2 1.5 4 1.5 6 0"/>',
        '<path class="line" d="M5 40h38M13 40c4 0 4-6 9-6h6c5 0 5 6 9 6"/>',
        '<circle class="ink" cx="13" cy="40" r="2.5"/>',
        '<circle class="ink" cx="25" cy="34" r="2.5"/>',
        '<circle class="ink" cx="37" cy="40" r="2.5"/>',
    ),
}

_HEADS = (
    '<circle class="skin" cx="24" cy="22" r="11"/>',
    '<rect class="skin" x="13.5" y="11" width="21" height="23" rx="7"/>',
    '<path class="skin" d="M13 12h22v11c0 7-5 11-11 11s-11-4-11-11z"/>',
)
_HAIR = (
    '<path class="ink" d="M12 20c0-9 5-13 12-13s12 4 12 13c-3-4-6-6-12-6s-9 2-12 6z"/>',
    '<path class="ink" d="M11 32V19C11 11 16 7 24 7s13 4 13 12v13h-4V18c-5 0-9-1-12-4-1 3-4 4-6 5v13z"/>',
    '<path class="ink" d="M13 15c1-3 4-5 7-4 0-3 5-5 8-2 4 0 7 3 7 7-4-2-7-2-11-1-4-1-7-1-11 0z"/>',
    '<path class="ink" d="M8 16h32l-4-2c0-6-5-9-12-9s-12 3-12 9z"/>',
    '<path class="ink" d="M22 4h4v8c5 0 8 2 9 4-4-1-7-2-11-2s-7 1-11 2c1-2 4-4 9-4z"/>',
)
_EYES = (
    '<circle class="ink" cx="19.5" cy="22" r="1.6"/><circle class="ink" cx="28.5" cy="22" r="1.6"/>',
    '<path class="line" d="M15.5 22a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0m10 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0h-3"/>',
    '<path class="line" d="M17 22c1-2 4-2 5 0M26 22c1-2 4-2 5 0"/>',
    '<path class="line" d="M17 22h4.5M26.5 22H31"/>',
)
_MOUTHS = (
    '<path class="line" d="M19 28c3 2.5 7 2.5 10 0"/>',
    '<path class="line" d="M20 29h8"/>',
    '<path class="line" d="M20 29c3 1 6 0 8-2"/>',
    '<path class="ink" d="M19 27h10c0 3.5-2 5-5 5s-5-1.5-5-5z"/>',
)
_EXTRAS = (
    "",
    '<path class="skin" d="m24 41-6-3v6zm0 0 6-3v6z"/>',
    '<path class="skin" d="M17 36h14l-2 5H19zM27 40h5v8h-4z"/>',
    '<circle class="skin" cx="32" cy="43" r="3"/>',
)


def portrait(name: str) -> str:
    """The portrait of a persona as one line of SVG, hidden from who listens."""
    parts = _BUILT_IN.get(name) or _drawn(name)
    inside = "".join(parts)
    ground = '<rect class="ground" width="48" height="48" rx="12"/>'
    return f'<svg class="portrait" viewBox="0 0 48 48" aria-hidden="true" focusable="false">{ground}{inside}</svg>'


def voice_class(name: str) -> str:
    """The class that gives a voice its colour: one of its own for the built-in cast, else one by its name."""
    return f"voice-{name.lower()}" if name in _BUILT_IN else f"voice-hue-{_digest(name)[-1] % _HUES}"


def _drawn(name: str) -> tuple[str, ...]:
    """A portrait put together by a digest of the name."""
    picks = _digest(name)
    choices = (_HEADS, _HAIR, _EYES, _MOUTHS, _EXTRAS)
    return _SHOULDERS, *(choice[pick % len(choice)] for choice, pick in zip(choices, picks, strict=False))


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
