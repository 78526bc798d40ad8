"""What the voices of a page say, as finished Markdown, and what the page says of its voices.

A sentence that a model wrote ends in a dagger, and the last line of a page names the model, says that no model wrote
the others, and that the voices are fictional. So a reader knows of each sentence who wrote it without looking at the
front matter. Titles and stage directions carry no mark, since a model only chooses those.

The pieces of a woven passage go on in one sentence: it has one capital and one dagger. A noun is left out only where
the same claim has counted it just before; two claims may count different things by the same noun.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.tracing import bare, capital
from chronicles.dossier import Section
from chronicles.markdown import code, escape
from chronicles.writers.gate.shape import OPEN_ENDS
from chronicles.writers.parts import PLAIN, Sentence
from chronicles.writers.prompts.briefing import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page
    from chronicles.personas import Cast
    from chronicles.writers import Byline

__all__ = ["MARK", "cast_name", "closing_line", "file_name", "fill", "linked", "possessive", "roundtable", "spoken"]

MARK = "†"
"""Stands directly after a sentence that a model wrote."""

_SLOT = re.compile(r"\{([a-z_]+)\}")
_COUNTED = re.compile(
    r"([\d,]+|zero|one|two|three|four|five|six|seven|eight|nine) (lines?|files?|commits?|functions?|tests?)(?![\w-])"
)
"""A count of what a sentence may count twice; the noun without what qualifies it."""
_SENTENCE_END = re.compile(r"[.?!] ")
_QUOTES = '"', '"'
_SHOWN = 120
"""Characters of a model's name, or of a reason, that the page shows; the front matter has them whole."""


def fill(wording: str, slots: dict[str, str], *, begins: bool = True) -> str:
    """Fill the slots of a wording.

    A noun that was just counted is not said again: "82 lines out of 84 it removes", as people write it.

    Args:
        wording: The wording.
        slots: Slot name to text.
        begins: Whether it begins a sentence, which has a capital unless it begins with code.
    """
    counted_at: dict[str, int] = {}

    def filled(slot: re.Match[str]) -> str:
        text = slots[slot[1]]
        plain = bare(text)
        found = _COUNTED.match(plain.removeprefix("the "))
        if found is None:
            return text
        noun = found[2].removesuffix("s")
        before = counted_at.get(noun)
        counted_at[noun] = slot.end()
        alone = before is not None and found[0] == plain and not _SENTENCE_END.search(wording, before, slot.start())
        return text.replace(found[0], found[1]) if alone else text

    return capital(_SLOT.sub(filled, wording)) if begins else _SLOT.sub(filled, wording)


def spoken(page: Page) -> list[tuple[Sentence, str]]:
    """The sentences of the page with their text; a sentence whose claim is gone says nothing."""
    claims = {claim.id: claim for claim in page.dossier.claims}
    there = [sentence for sentence in page.sentences if not sentence.claim or sentence.claim in claims]
    found = []
    begins = True
    for sentence, after in pairwise([*there, None]):
        assert sentence is not None, there
        if not sentence.claim:
            found.append((sentence, f"*{_unmarked(escape(sentence.wording))}*"))
            begins = True
            continue
        slots = claims[sentence.claim].slots
        texts = {slot: linked(page, page.dossier.ledger[fact].text, fact) for slot, fact in slots.items()}
        text = _unmarked(fill(sentence.wording, texts, begins=begins))
        begins = not _one_sentence(sentence, after)
        found.append((sentence, text + MARK if begins and sentence.writer != PLAIN else text))
    return found


def _one_sentence(piece: Sentence, after: Sentence | None) -> bool:
    """Whether the next wording goes on in the sentence of this one."""
    if after is None or PLAIN in (piece.writer, after.writer) or not (piece.claim and after.claim):
        return False
    return (piece.section, piece.persona) == (after.section, after.persona) and piece.wording.endswith(OPEN_ENDS)


def _unmarked(text: str) -> str:
    """A text in which no dagger of a name or a message passes for the mark: it is spelled out."""
    return text.replace(MARK, "\\u2020")


def linked(page: Page, text: str, fact_id: str) -> str:
    """A hash whose episode is known becomes a link to it."""
    fact = page.dossier.ledger[fact_id]
    number = page.links.earlier.get(str(fact.value)) if fact.unit == "sha" else None
    return f"[{text}]({file_name(number)})" if number is not None else text


def file_name(number: int, ending: str = "md") -> str:
    """The file of an episode, or of its chart."""
    return f"episode_{number:03d}.{ending}"


def roundtable(said: list[tuple[Sentence, str]], cast: Cast) -> Iterator[tuple[str, str]]:
    """Name and words of each voice: its stage direction, if it has one, and its sentences in quotation marks."""
    keys = dict.fromkeys(one.persona for one, _ in said if one.section == Section.ROUNDTABLE)
    for key in keys:
        own = [(one, text) for one, text in said if one.section == Section.ROUNDTABLE and one.persona == key]
        stage = "".join(f"{text} " for one, text in own if not one.claim)
        words = " ".join(text for one, text in own if one.claim)
        if words:
            yield escape(cast_name(cast, own[0][0])), f"{stage}{_QUOTES[0]}{words}{_QUOTES[1]}"


def cast_name(cast: Cast, sentence: Sentence) -> str:
    """The name of the persona who says a sentence."""
    return next((voice.name for voice in cast.voices if voice.key == sentence.persona), sentence.persona)


def possessive(name: str) -> str:
    """A name as the owner of something."""
    return escape(name) + ("'" if name.endswith(("s", "S")) else "'s")


# -- what the page says of its voices ---------------------------------------------------------------------------


def closing_line(page: Page) -> str:
    """Who wrote the sentences of a page, as its last line; empty for a page on which nobody speaks."""
    writers = [sentence.writer for sentence in page.sentences if sentence.claim]
    if not writers:
        return ""
    by_model = sum(writer != PLAIN for writer in writers)
    parts = ["The voices are fictional."]
    if page.byline is None or not by_model:
        parts.append("No model wrote a sentence.")
    else:
        others = "" if by_model == len(writers) else "; no model wrote the others"
        parts.append(f"{_model(page.byline)} wrote the sentences marked {MARK}{others}.")
    if page.byline is not None:
        parts += _shortfall(page.byline, by_model)
    return f"<small>*{' '.join(parts)}*</small>"


def _shortfall(byline: Byline, by_model: int) -> Iterator[str]:
    """What a model was asked for and did not give, and what it was not shown."""
    if byline.degraded:
        asked = "More was asked of it" if by_model else f"{_model(byline)} was asked"
        yield f"{asked}: {escape(_cut(byline.degraded))}."
    elif not by_model:
        yield f"{_model(byline)} was asked, and the gate let none of its sentences stand."
    if byline.left_out:
        counts = [phrases.count(number, escape(noun), escape(plural(noun))) for noun, number in byline.left_out.items()]
        yield f"The model was not shown {phrases.joined(counts)}."


def _model(byline: Byline) -> str:
    """The model by its name; by its writer's where none was reached."""
    return code(_cut(byline.model or byline.writer))


def _cut(text: str) -> str:
    flat = " ".join(text.split()).rstrip(".")
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + "…"
