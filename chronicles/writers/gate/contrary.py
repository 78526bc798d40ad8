"""Words that turn round where another is put for them: whether the known wordings would have the other one there.

`Added to` is not `added from`, `no faster than` not `faster than`, `{age} later` not `{age} earlier`. Each word of such
a pair is looked at with what is told before it and behind it. What nobody is known to have said there is let pass, save
where its contrary is known there: then the wording says the contrary of a known one. Negations are held to more: behind
which auxiliary they stand, and before what, has to be known.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import BREAKS, NEGATION, PREPOSITIONS, STOPS
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.writers.gate.lexicon import Word
    from chronicles.writers.gate.neighbours import Key

__all__ = ["contraries", "exchanges", "is_contrary", "is_exchanged", "negations"]

_PAIRS = (
    # Ways and places.
    "from:to from:into from:in to:off in:out into:out up:down UP:DOWN above:below above:under OUTSIDE:inside "
    "among:OUTSIDE with:NOT with:without TOGETHER:OUTSIDE "
    # What comes and what goes.
    "ADDITION:GONE ADDITION:DROP ADDITION:LEAVE NEW:GONE NEW:OLD COME:GO COME:GONE COME:LEAVE COME:BRING COME:DROP "
    "RETURN:GONE back:GONE back:GO back:away BRING:take BRING:DROP give:take put:take BEGIN:END BEGIN:close "
    "STAY:CHANGE STAY:GO STAY:COME STAY:BEGIN STAY:GONE STAY:MOVE STILL:CHANGE "
    "UNDO:keep UNDO:STAY OMIT:show OMIT:include OMIT:keep MEND:BREAK WAKE:STILL "
    # Amounts and order.
    "MORE:LESS MOST:LEAST ALL:NOT ALL:ONLY FIRST:LAST EARLIER:LATER BIGGEST:SMALLEST BIGGER:SMALLER LONGER:SHORT "
    "OLDEST:YOUNG OLDER:YOUNG LONGEST:SHORT OFTEN:RARELY OUTWEIGH:LIGHTER before:after since:until "
    # Verdicts and likeness.
    "FASTER:SLOWER SAME:DIFFERENT UNDECIDED:VERDICT "
    # Sides, and what is now and what was.
    "CODE:TEST CODE:DOC is:was are:were has:had have:had now:then"
)
_RARELY = 25
"""How many times as often a contrary has to be known for what is known too to be taken for a slip."""
_WAYS = frozenset(["from", "to", "in", "into", "out", "up", "down", "away", "off"])
"""Words of direction: what is told before one of them stays what is told before the next."""
_AMOUNTS = frozenset({"ALL", "NOT", "ONLY"})
_VERDICTS = frozenset({"FASTER", "SLOWER"})
_PLACES = frozenset({"FIRST", "LAST"})
_PAST = frozenset({"stood", "went", "came", "took", "grew", "fell", "rose", "began", "gave", "lay", "sat", "ran"})
"""Forms that are the past and nothing else, or nothing else behind a subject."""
_DOERS = frozenset({"it", "this", "which", "that", "who"})
_POINTING = frozenset(["it", "them", "this", "that", "us", "nothing"])
_MOMENTS = {"earlier": "EARLIER", "ago": "EARLIER", "before": "EARLIER", "later": "LATER", "after": "LATER"}
"""Behind a span of time."""
_AUXILIARIES = {
    **dict.fromkeys(("is", "are", "am", "be", "being"), "is"),
    **dict.fromkeys(("was", "were", "been"), "was"),
    **dict.fromkeys(("has", "have"), "has"),
    **dict.fromkeys(("does", "do"), "does"),
    "had": "had",
    "did": "did",
}


def _both_ways() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for pair in _PAIRS.split():
        one, _, other = pair.partition(":")
        found[one].add(other)
        found[other].add(one)
    return {one: frozenset(others) for one, others in found.items()}


_CONTRARY = _both_ways()


def contraries(claim: str, words: Sequence[Word], parts: Mapping[str, str]) -> Iterator[Key]:
    """Each word that has a contrary, last in its key, with what is told before it and behind it."""
    told = _told(words, parts)
    before = "^"
    for at, word in enumerate(words):
        if word.text in BREAKS and word.tag != SLOT:
            before = "^"
        elif at and word.text in _MOMENTS and words[at - 1].tag == SLOT:
            yield from _moments(claim, words, told, at)
        elif word.tag != SLOT and _name(word) in _CONTRARY:
            behind = _behind(words, told, at)
            if word.text in _AUXILIARIES:
                beside = told[at - 1] or words[at - 1].text if at else "^"
                yield "time", claim, beside, _name(word)
                yield "timed", claim, behind, _name(word)
            else:
                yield "behind", claim, before, _name(word)
                if behind != "$" or before == "^":
                    yield "before", "" if behind in parts.values() else claim, behind, _name(word)
                yield from _closely(claim, words, parts, at)
        yield from _tenses(claim, words, told, at)
        if told[at] and word.text not in _WAYS:
            before = told[at]


def _tenses(claim: str, words: Sequence[Word], told: Sequence[str], at: int) -> Iterator[Key]:
    """Whether a verb tells what is or what was: `which stood at` is not `which stands at`."""
    word = words[at]
    name = "now" if word.forms == {"VZ"} else "then" if word.text in _PAST else ""
    if name and at and (words[at - 1].tag == SLOT or words[at - 1].text in _DOERS):
        yield "tense", claim, word.lemma, words[at - 1].text, name
        yield "tensed", claim, word.lemma, _behind(words, told, at), name


def _closely(claim: str, words: Sequence[Word], parts: Mapping[str, str], at: int) -> Iterator[Key]:
    """What stands right beside a word that has a contrary, and for some what slots follow."""
    name = _name(words[at])
    if name in _WAYS and at and words[at - 1].content:
        yield "by", claim, words[at - 1].lemma, name
    elif name in _AMOUNTS and at:
        yield "amount", claim, words[at - 1].text, name
    elif name in _VERDICTS and at + 1 < len(words):
        slot = next((one.text for one in reversed(words[:at]) if one.tag == SLOT), "")
        yield "verdict", claim, slot, words[at + 1].text, name
    elif name in _PLACES:
        for before, after in pairwise(words[at:]):
            if after.tag == SLOT:
                yield "place", claim, before.text, parts[after.text[1:-1]], name
            elif after.text in BREAKS:
                break


def _moments(claim: str, words: Sequence[Word], told: Sequence[str], at: int) -> Iterator[Key]:
    """Whether a span of time lies before or after: what stands before the span, and what behind."""
    span, name, behind = told[at - 1], _MOMENTS[words[at].text], _behind(words, told, at)
    comma = words[at - 2].text if at > 1 and words[at - 2].text in BREAKS else ""
    led = next((one for one in reversed(told[: at - 1]) if one), "^")
    yield "span", claim, comma, led, span, name
    yield "spans", claim, comma, span, behind if behind == "$" else "", name
    yield "spanned", claim, span, behind, name


def exchanges(claim: str, words: Sequence[Word]) -> Iterator[Key]:
    """Two slots in a row with what is told before the first and between them."""
    before, first = "^", ""
    between: list[str] = []
    for word in words:
        if word.tag == SLOT:
            if first:
                yield "pair", claim, before, *between, first, word.text
                before = first
            first, between = word.text, []
        elif word.content or word.sense or word.text in _BETWEEN:
            if first:
                between.append(_name(word))
            else:
                before = _name(word)


_BETWEEN = PREPOSITIONS | STOPS | frozenset({",", "and", "that", "which", "who"})


def is_exchanged(key: Key, seen: Mapping[Key, int]) -> bool:
    """Whether two slots are known to stand so the other way round alone."""
    return seen[key] <= 0 and seen[*key[:-2], key[-1], key[-2]] > 0


def is_contrary(key: Key, seen: Mapping[Key, int]) -> bool:
    """Whether nobody is known to say this, or next to nobody, and somebody the contrary."""
    return any(seen[*key[:-1], other] > _RARELY * seen[key] for other in _CONTRARY[key[-1]])


def negations(claim: str, words: Sequence[Word], parts: Mapping[str, str]) -> Iterator[Key]:
    """Each negation with the auxiliary before it, and with what it stands before; and `back from`, no `back to`."""
    told = _told(words, parts)
    auxiliary = ""
    for at, word in enumerate(words):
        if word.tag == SLOT or (word.text in BREAKS) or ((word.content or word.sense) and not word.verb):
            auxiliary = "" if word.sense != NEGATION else auxiliary
        auxiliary = _AUXILIARIES.get(word.text, auxiliary)
        if word.text == "from" and at and words[at - 1].text == "back":
            yield "back from", claim, _behind(words, told, at)
        if word.sense == NEGATION:
            behind = _behind(words, told, at)
            yield "negated", claim, auxiliary, behind
            yield "not", claim, word.text, behind


def _told(words: Sequence[Word], parts: Mapping[str, str]) -> list[str]:
    """What each word tells: the part of a slot, a sense, or nothing."""
    return [
        parts[word.text[1:-1]] if word.tag == SLOT else word.item if word.content or word.sense else ""
        for word in words
    ]


def _name(word: Word) -> str:
    return word.item if word.content or word.sense else word.text


def _behind(words: Sequence[Word], told: Sequence[str], at: int) -> str:
    """What is told next in the clause."""
    for behind in range(at + 1, len(words)):
        text = words[behind].text
        if told[behind]:
            return told[behind]
        if text in BREAKS:
            return "$"
        if text in _POINTING:
            return text
    return "$"
