"""The cast: who speaks on the pages, and that nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.frontmatter import render_front_matter
from chronicles.dossier import Lens
from chronicles.markdown import escape
from chronicles.site.facts import inert
from chronicles.site.portraits import portrait, voice_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.personas import Cast, Persona

__all__ = ["cast_key", "cast_page"]

_LENSES = {
    Lens.CRAFT: ("craft and risk", "what was deleted, what has no test, what will have to be lived with"),
    Lens.MEASUREMENT: ("measurement", "what was counted or measured, and beside what it stands"),
    Lens.NOVELTY: ("novelty", "what is here for the first time"),
    Lens.LINEAGE: ("lineage", "whose lines are changed, how old they are, and what slept until now"),
}
_FICTIONAL = (
    "These voices are fictional. They are ways to look at a change, given names and manners; no person and no company"
    " speaks through them, and what they are called after has nothing to do with what they say. None of them knows"
    " anything: each sentence stands for a claim that is true of the commit, and its numbers are filled in from facts."
)


def cast_key(cast: Cast) -> str:
    """Says all that the page is made of."""
    return f"cast {cast.version}"


def cast_page(cast: Cast) -> str:
    """The page of the personas."""
    lines = [render_front_matter({"title": "Cast", "hide": ["navigation", "toc"]}), "# Cast", "", _FICTIONAL, ""]
    lines += ['<div class="cast" markdown="1">', ""]
    for voice in cast.voices:
        lines += [*_voice(voice), ""]
    lines += ["</div>", "", *_narrator(cast.narrator)]
    return "\n".join(lines)


def _voice(voice: Persona) -> Iterator[str]:
    yield f'<section class="cast-member {voice_class(voice.name)}" markdown="1">'
    yield ""
    yield f'<div class="face">{portrait(voice.name)}</div>'
    yield ""
    yield f"## {inert(escape(voice.name))}"
    yield ""
    if voice.lens is not None:
        name, looks = _LENSES[voice.lens]
        yield f"Looks at **{name}**: {looks}."
        yield ""
    number = sum(len(wordings) for wordings in voice.wordings.values())
    yield (
        f"Says at most {phrases.count(voice.sentences, 'sentence')} at the roundtable. Without a model it has"
        f" {phrases.count(number, 'wording')} for {phrases.count(len(voice.wordings), 'kind')} of claims."
    )
    yield ""
    if voice.voice:
        yield f"A model is told: *{inert(escape(voice.voice)).strip()}*"
        yield ""
    yield "</section>"


def _narrator(narrator: Persona) -> Iterator[str]:
    number = sum(len(wordings) for wordings in narrator.wordings.values())
    yield "## And the narrator {: #narrator }"
    yield ""
    yield (
        "Everything outside of quotation marks that is no table is the narrator's, in"
        f" {phrases.count(number, 'wording')} of no manner at all. Why a change was made is never guessed: a reason"
        " stands on a page only as a quotation of the author's own words."
    )
    yield ""
    yield "[How facts are derived and verified](method.md)"
    yield ""
