"""What a persona says, so that a reader sees whose it is: a portrait, and the colour of its voice.

A voice is known by how its line begins, the name in bold, as every rendering begins one; so a line that a person has
reworded stays in that voice. A deep dive has its name in the heading above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.documents.speech import cast_name, possessive
from chronicles.dossier import Section
from chronicles.markdown import escape
from chronicles.site.portraits import portrait, voice_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.documents.page import Page
    from chronicles.personas import Cast

__all__ = ["Voices"]

_SPEAKING = (Section.ROUNDTABLE, Section.DEEP_DIVE)


class Voices:
    """The voices of one page.

    Args:
        page: As its sidecar has it.
        cast: Who speaks in the series.
    """

    def __init__(self, page: Page, cast: Cast) -> None:
        said = [one for one in page.sentences if one.section in _SPEAKING]
        names = dict.fromkeys((*(cast_name(cast, one) for one in said), *(voice.name for voice in cast.voices)))
        self._leads = {f"**{escape(name)}:** ": name for name in names}
        self._dives = {f"## 🎭 {possessive(name)} Deep Dive": name for name in names}

    def dressed(self, raw: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
        """The lines of a page, those of a voice in a block of their own.

        Args:
            raw: The lines as the page has them.
            lines: The same with whatever was put into them.
        """
        dive = ""
        for line, shown in zip(raw, lines, strict=True):
            lead = next((lead for lead in self._leads if line.startswith(lead)), "")
            if lead:
                yield from _block(self._leads[lead], f"**{escape(self._leads[lead])}** ", shown.removeprefix(lead))
            elif dive and line.startswith('"'):
                yield from _block(dive, "", shown)
            else:
                yield shown
            if line.strip():
                dive = self._dives.get(line, "")


def _block(name: str, label: str, words: str) -> Iterator[str]:
    yield f'<div class="voice {voice_class(name)}" markdown="1">'
    yield f'<div class="face" markdown="0">{portrait(name)}</div>'
    yield ""
    yield f"{label}{words}"
    yield ""
    yield "</div>"
