"""Words that turn round where another is put for them: whether the known wordings would have the other one there.

`Added to` is not `added from`, `no faster than` not `faster than`, `{age} later` not `{age} earlier`. Each word of such
a pair is looked at with what is told before it and behind it. What nobody is known to have said there is let pass, save
where its contrary is known there: then the wording says the contrary of a known one. Negations are held to more: behind
which auxiliary they stand, and before what, has to be known.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import compress, pairwise
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import NEGATION, PREPOSITIONS, STOPS, load_lexicon, once
from chronicles.writers.gate.neighbours import alike, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from chronicles.writers.gate.lexicon import Word
    from chronicles.writers.gate.neighbours import Key
    from chronicles.writers.gate.reading import Reading

__all__ = ["CONTRARY", "contraries", "exchanged", "exchanges", "negations", "opposed"]

_PAIRS = (
    # Ways and places.
    "from:to from:into from:in to:off in:out into:out up:down UP:DOWN above:below above:under OUTSIDE:inside "
    "among:OUTSIDE among:EXCEPT with:NOT with:without TOGETHER:EXCEPT "
    # What comes and what goes.
    "ADDITION:GONE ADDITION:DROP ADDITION:LEAVE NEW:GONE NEW:OLD COME:GO COME:GONE COME:LEAVE COME:BRING COME:DROP "
    "RETURN:GONE back:GONE back:GO back:away BRING:take BRING:DROP give:take put:take BEGIN:END BEGIN:close "
    "STAY:CHANGE STAY:GO STAY:COME STAY:BEGIN STAY:GONE STAY:MOVE STILL:CHANGE "
    "UNDO:keep UNDO:STAY OMIT:show OMIT:include OMIT:keep MEND:BREAK WAKE:STILL "
    # Amounts and order.
    "MORE:LESS MOST:LEAST ALL:NOT ALL:ONLY FIRST:LAST EARLIER:LATER BIGGEST:SMALLEST BIGGER:SMALLER LONGER:SHORT "
    "OLDEST:YOUNG OLDER:YOUNG LONGEST:SHORT OFTEN:RARELY OUTWEIGH:LIGHTER BEFORE:AFTER before:after since:until "
    # Verdicts and likeness.
    "FASTER:SLOWER SAME:DIFFERENT UNDECIDED:VERDICT "
    # Sides, and what is now and what was.
    "CODE:TEST CODE:DOC is:was are:were has:had have:had now:then"
)
_RARELY = 25
"""How many times as often a contrary has to be known for what is known too to be taken for a slip."""
_WAYS = frozenset(["from", "to", "in", "into", "out", "up", "down", "away", "off"])
"""Words of direction: what is told before one of them stays what is told before the next."""
_CARRIED = frozenset({"in", "into", "out", "UP", "DOWN", "off"})
"""Words of direction that tell what becomes of the slot before them."""
_AMOUNTS = frozenset({"ALL", "NOT", "ONLY"})
_VERDICTS = frozenset({"FASTER", "SLOWER"})
_PLACES = frozenset({"FIRST", "LAST"})
_PAST = frozenset({"stood", "went", "came", "took", "grew", "fell", "rose", "began", "gave", "lay", "sat", "ran"})
"""Forms that are the past and nothing else, or nothing else behind a subject."""
_DOERS = frozenset({"it", "this", "which", "that", "who"})
_POINTING = frozenset(["it", "them", "this", "that", "us", "nothing"])
_MOMENTS = {"earlier": "EARLIER", "ago": "EARLIER", "before": "EARLIER", "later": "LATER", "after": "LATER"}
"""Behind a span of time."""
_PARTICLES = frozenset({"up", "down", "off", "away", "out", "back", "over", "apart", "gone"})
"""Words that make another verb of the verb before them: `gives up`, `gives away`."""
_NO_VERBS = frozenset({"N", "NS", "A", "D"})
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


CONTRARY = _both_ways()
"""What a word turns round that is put for another, by what each says."""


def contraries(claim: str, words: Sequence[Word]) -> list[Key]:
    """Each word that has a contrary, last in its key, with what is told before it and behind it."""
    found: list[Key] = []
    for at in compress(range(len(words)), map(_has_contrary, words)):
        word = words[at]
        if at and _tense(word):
            found += _tenses(claim, words, at)
        if at and word.text in _MOMENTS and words[at - 1].part:
            found += _moments(claim, words, at)
        elif word.name in CONTRARY:
            name, behind = word.name, _behind(words, at)
            if word.text in _AUXILIARIES:
                beside = words[at - 1].told or words[at - 1].text if at else "^"
                found += (("time", claim, beside, name), ("timed", claim, behind, name))
            else:
                before = _before(words, at)
                found.append(("behind", claim, before, name))
                if behind != "$" or before == "^":
                    anywhere = behind in parts_of(claim).values()
                    found.append(("before", "" if anywhere else claim, behind, name))
                found += _closely(claim, words, at)
    return found


@once
def _has_contrary(word: Word) -> bool:
    """Whether another word turns a claim round where it is put for this one."""
    return not word.breaks and (word.name in CONTRARY or word.text in _MOMENTS or bool(_tense(word)))


@once
def _tense(word: Word) -> str:
    return "now" if word.forms == {"VZ"} else "then" if word.text in _PAST else ""


def _tenses(claim: str, words: Sequence[Word], at: int) -> Iterator[Key]:
    """Whether a verb tells what is or what was: `which stood at` is not `which stands at`."""
    word, before = words[at], words[at - 1]
    if before.part or before.text in _DOERS:
        yield "tense", claim, word.lemma, before.text, _tense(word)
        yield "tensed", claim, word.lemma, _behind(words, at), _tense(word)


def _closely(claim: str, words: Sequence[Word], at: int) -> list[Key]:
    """What stands right beside a word that has a contrary, and for some what slots stand before or follow."""
    name = words[at].name
    slot = _slot_before(words, at) if name in _CARRIED else ""
    found: list[Key] = [("carried", claim, slot, name)] if slot else []
    if name in _WAYS and at and words[at - 1].content:
        found.append(("by", claim, words[at - 1].lemma, name))
    elif name in _AMOUNTS and at:
        found.append(("amount", claim, "^" if words[at - 1].breaks else words[at - 1].text, name))
    elif name in _VERDICTS and at + 1 < len(words):
        last = next((one.text for one in reversed(words[:at]) if one.part), "")
        found.append(("verdict", claim, last, words[at + 1].text, name))
    elif name in _PLACES:
        found += _placed(claim, words[at:], name)
    return found


def _placed(claim: str, words: Sequence[Word], name: str) -> list[Key]:
    """The slots that follow in the clause, each with the word before it."""
    found: list[Key] = []
    for before, after in pairwise(words):
        if after.part:
            found.append(("place", claim, before.text, after.part, name))
        elif after.breaks:
            break
    return found


def _slot_before(words: Sequence[Word], at: int) -> str:
    """The slot before a word in its clause."""
    for word in reversed(words[:at]):
        if word.part:
            return word.text
        if word.breaks:
            return ""
    return ""


def _moments(claim: str, words: Sequence[Word], at: int) -> Iterator[Key]:
    """Whether a span of time lies before or after: what stands before the span, and what behind."""
    span, name, behind = words[at - 1].told, _MOMENTS[words[at].text], _behind(words, at)
    comma = words[at - 2].text if at > 1 and words[at - 2].breaks else ""
    led = next((one.told for one in reversed(words[: at - 1]) if one.told), "^")
    yield "span", claim, comma, led, span, name
    yield "spans", claim, comma, span, behind if behind == "$" else "", name
    yield "spanned", claim, span, behind, name


def opposed(known: Mapping[Key, int]) -> Iterator[Key]:
    """What says the contrary of the known: where nobody, or next to nobody, is known to have said the one word.

    Args:
        known: How often each key of `contraries` was met.
    """
    for (*place, name), number in known.items():
        for other in CONTRARY[name]:
            if number > _RARELY * known.get((*place, other), 0):
                yield *place, other


def exchanges(claim: str, words: Reading) -> list[Key]:
    """Two slots in a row with what is told before the first and between them."""
    found: list[Key] = []
    if len(words.slots) < _TWO:
        return found
    before, first = "^", ""
    between: list[str] = []
    for word in words:
        if word.part:
            if first:
                found.append(("pair", claim, before, *between, first, word.text))
                before = first
            first, between = word.text, []
        elif word.told or word.text in _BETWEEN:
            if first:
                between.append(word.name)
            else:
                before = word.name
    return found


_TWO = 2
_BETWEEN = PREPOSITIONS | STOPS | frozenset({",", "and", "that", "which", "who"})


def exchanged(known: AbstractSet[Key]) -> Iterator[Key]:
    """What exchanges two slots that are known to stand so the other way round alone.

    Args:
        known: All keys of `exchanges` that were met.
    """
    for kind, claim, *between, one, other in known:
        key = (kind, claim, *between, other, one)
        if key not in known and (claim, frozenset((one[1:-1], other[1:-1]))) not in alike():
            yield key


def negations(claim: str, words: Reading) -> list[Key]:
    """Each negation with the auxiliary before it, and what it stands before; verbs of two words; `back from`."""
    found: list[Key] = []
    if not words.distinct.isdisjoint(load_lexicon().negations):
        for at in [at for at, word in enumerate(words) if word.sense == NEGATION]:
            behind = _behind(words, at)
            found += (("negated", claim, _auxiliary(words, at), behind), ("not", claim, words[at].text, behind))
    if not words.distinct.isdisjoint(_PARTICLES):
        found += [("particle", verb.lemma, word.text) for verb, word in pairwise(words) if _are_one(verb, word)]
        ways = [at for at, two in enumerate(pairwise(words.texts), 1) if two == ("back", "from")]
        found += [("back from", claim, _behind(words, at)) for at in ways]
    return found


def _are_one(verb: Word, word: Word) -> bool:
    """Whether a word makes another verb of the one before it."""
    return word.text in _PARTICLES and verb.content and not verb.forms <= _NO_VERBS


def _auxiliary(words: Sequence[Word], at: int) -> str:
    """The auxiliary before a negation; empty where something else is told between them, or nothing before it."""
    for word in reversed(words[: at + 1]):
        if word.text in _AUXILIARIES:
            return _AUXILIARIES[word.text]
        if (word.told and not word.verb and word.sense != NEGATION) or (word.breaks and word.sense != NEGATION):
            break
    return ""


def _before(words: Sequence[Word], at: int) -> str:
    """What is told last in the clause."""
    for word in reversed(words[:at]):
        if word.told and word.text not in _WAYS:
            return word.told
        if word.breaks:
            break
    return "^"


def _behind(words: Sequence[Word], at: int) -> str:
    """What is told next in the clause."""
    for word in words[at + 1 :]:
        if word.told:
            return word.told
        if word.breaks:
            return "$"
        if word.text in _POINTING:
            return word.text
    return "$"
