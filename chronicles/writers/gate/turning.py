"""What a claim turns on, beyond single words: what telling words stand beside.

`After this` is not `after {age}`, and `all changed` not `all that changed`: a small word that turns a claim has to have
behind it what some known wording of the very claim has there, a verdict the slot before it, a number what it counts.
Of the senses and slots of a wording, all else left out, each two in a row where one turns the claim (`{sha} is undone`,
`undoes {sha}`) are looked at: words of time, amount and negation have to stand so in a known wording, what is said of
a slot too; another pair may be new where neither its reverse nor the same with another slot is known. A sentence with
no slot holds nothing new at all, for nothing in it is bound to the claim.
"""

from __future__ import annotations

from functools import cache
from itertools import compress, pairwise
from typing import TYPE_CHECKING

from chronicles.writers.gate.known import load_known
from chronicles.writers.gate.lexicon import BE, NEGATION, STOPS, load_lexicon, once
from chronicles.writers.gate.neighbours import slot_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.writers.gate.lexicon import Word
    from chronicles.writers.gate.reading import Reading

__all__ = ["turns_otherwise"]

_Pair = tuple[str, str]

_SMALL_WORDS = (
    "after before since until afterwards afterward later earlier ago again once all every each both one only "
    "no none more less most least few fewer any also still up close around can could may might must shall should "
    "will would used"
)
_SMALL = frozenset(_SMALL_WORDS.split())
"""Words of time, amount and possibility."""
_VERDICTS = frozenset({"FASTER", "SLOWER", "BETTER", "WORSE", "FAST"})
_LEADING = frozenset({"but", "if", "out", "off", "without", "another", "whatever"})
"""Other words that turn what follows them."""
_TELLING = frozenset({NEGATION, "COME", "LEAVE", "GO", "END", "STAY", "BEGIN", "KEEP"})
"""Senses that turn a claim by who does so."""
_SCOPED_SENSES = (
    "NO_MORE ANY_MORE ONLY ALL FIRST LAST MOST LEAST MORE LESS HALF STAY SAME DIFFERENT STILL EVEN AVERAGE OFTEN "
    "RARELY NEXT END NUMBER"
)
_SCOPED = frozenset((NEGATION, *_SCOPED_SENSES.split()))
"""Senses of words that turn whatever stands next to them."""
_OBJECTS = frozenset({"it", "this", "them", "these"})
_BACKWARD = frozenset({"again", "still", "before", "after", "since", "earlier", "later", "ago", "once"})
"""Small words that turn what stands before them where nothing follows."""
_DETERMINERS = frozenset({"the", "this", "that", "its", "'s"})
_COMPARING = frozenset({"MORE", "LESS"})
_ASKING = frozenset({"what", "who"})
_POINTERS = frozenset({"this", "that"})
_COUNTS = frozenset({"NUMBER", "TIMESPAN"})
_ARTICLES = frozenset({"the", "a", "an", ","})
_MAY_SAY_NOTHING = frozenset({"but", "any", "one", "very"})
_NEW_STEPS = 2
_PASSED = frozenset(["just", "also", "even", "now", "here", "then", "already", "so", "too", "ever"])
"""Words that may stand between a small word and what it turns."""
_THROUGH = {"that", "which", "who", ","}
"""Breaks over which a verdict keeps its subject."""


def turns_otherwise(claim: str, words: Reading) -> bool:
    """Whether a telling word stands beside what it stands beside in no known wording of the claim."""
    turns, steps = _known_turns(claim)
    if not turns.issuperset(_turns(words)):
        return True
    alone = _slotless(words)
    if alone and any(not steps.issuperset(_words(part)) for part in alone):
        return True
    told = _steps(words)
    negated = not words.distinct.isdisjoint(load_lexicon().negations)
    if negated and any(_denies(one, other, steps) for one, other in pairwise(told)):
        return True
    if steps.issuperset(told):
        return False
    new = [step for step in told if step not in steps]
    return len(new) > _NEW_STEPS or any(_is_odd(step, steps, claim) for step in new)


def _denies(one: _Pair, other: _Pair, steps: frozenset[_Pair]) -> bool:
    """Whether a negation parts what is known to be said outright, and nobody is known to deny it."""
    return one[1] == NEGATION and (one[0], other[1]) in steps and (f"{one[0]} not", other[1]) not in steps


def _is_odd(step: _Pair, steps: frozenset[_Pair], claim: str) -> bool:
    """Whether two in a row that are not known to stand so may turn the claim.

    Words of time, amount and negation turn whatever stands next to them, so theirs have to be known. What is said of a
    slot, and what ends a sentence, has to be known, too. Of other pairs it is enough that they are not known the other
    way round, nor with another slot.
    """
    one, other = step
    if not (_is_telling(one) or _is_telling(other)):
        return False
    if _is_scoped(one) or _is_scoped(other) or (other, one) in steps:
        return True
    if other == "$":
        return one in load_lexicon().hard
    slots = slot_words(claim)
    if one in slots:
        return other in load_lexicon().hard or any((slot, other) in steps for slot in slots)
    return other in slots and any((one, slot) in steps for slot in slots)


def _slotless(words: Reading) -> list[Sequence[Word]]:
    """The sentences that hold no slot."""
    if len(words.ends) == 1 and words.slots:
        return []
    starts = [0, *[end + 1 for end in words.ends]]
    sentences = [words[start:end] for start, end in zip(starts, words.ends, strict=False)]
    return [sentence for sentence in sentences if not any(word.part for word in sentence)]


@cache
def _known_turns(claim: str) -> tuple[frozenset[_Pair], frozenset[_Pair]]:
    """What stands beside what in the known wordings: small words and verdicts, then senses and slots."""
    known = load_known()
    turns: set[_Pair] = set()
    steps: set[_Pair] = set()
    for words in known.claims[claim].sayings:
        turns.update(_turns(words))
        steps.update(_steps(words))
        steps.update((f"{one} not", other) for (one, told), (_, other) in pairwise(_steps(words)) if told == NEGATION)
        for part in _slotless(words):
            steps.update(_words(part))
    return frozenset(turns), frozenset(steps)


def _words(words: Sequence[Word]) -> Iterator[_Pair]:
    """All words but articles, each with the next."""
    before = "^^"
    for word in words:
        if word.tag not in _ARTICLES:
            yield before, f"{word.item}^"
            before = f"{word.item}^"
    yield before, "$$"


def _steps(words: Reading) -> list[_Pair]:
    """Senses, slots and telling words, each with the next."""
    told = list(map(_told, words))
    if not words.distinct.isdisjoint(_MAY_SAY_NOTHING):
        for at, text in enumerate(words.texts):
            if text in _MAY_SAY_NOTHING and words[at].sense != NEGATION and _says_nothing(words, at):
                told[at] = ""
    return list(pairwise(["^?" if _asks(words) else "^", *filter(None, told), "$"]))


def _asks(words: Reading) -> bool:
    """Whether the first sentence is a question."""
    return "?" in words.distinct and words.texts[words.ends[0]] == "?"


def _says_nothing(words: Sequence[Word], at: int) -> bool:
    """Whether a small word turns nothing where it stands.

    `But` behind a comma joins and excepts nothing, `any` under a negation adds nothing to it, `this one` points, and
    `the very last` is the last.
    """
    text = words[at].text
    if text == "any":
        return _is_denied(words, at)
    before = words[at - 1].text if at else ""
    if text == "but":
        return before in {",", ";"}
    return before in _DETERMINERS if text == "very" else text == "one" and before in _POINTERS


def _is_denied(words: Sequence[Word], at: int) -> bool:
    """Whether a negation stands before a word, with no stop between."""
    for word in reversed(words[:at]):
        if word.text in STOPS:
            return False
        if word.sense == NEGATION:
            return True
    return False


@once
def _told(word: Word) -> str:
    if word.part:
        return word.text
    if word.sense == NEGATION:
        return NEGATION
    if word.text in _SMALL:
        return word.sense or word.text
    if word.content or word.sense in {"UP", "DOWN"}:
        return word.sense
    return word.text if word.text in _LEADING else ""


@cache
def _is_scoped(told: str) -> bool:
    lexicon = load_lexicon()
    return told in _SMALL or told in _LEADING or told in _SCOPED or told in lexicon.foreign or told in lexicon.numbers


@cache
def _is_telling(told: str) -> bool:
    lexicon = load_lexicon()
    return told in _SMALL or told in _LEADING or told in _TELLING or told in lexicon.hard or told in lexicon.foreign


def _turns(words: Sequence[Word]) -> list[_Pair]:
    """Small words, numbers and verdicts with what they turn, verbs with the pronoun to which they are done."""
    found: list[_Pair] = []
    for at in compress(range(len(words)), map(_may_turn, words)):
        word, before = words[at], words[at - 1] if at else None
        if _is_small(word):
            if not _says_nothing(words, at):
                name = word.sense if word.sense in _COMPARING else word.text
                name = f"not {name}" if before and before.text == "not" else name
                behind = f"behind {_item_before(words, at)}" if word.text in _BACKWARD else ""
                found.append((name, _after(words, at) or behind))
        elif word.sense in _VERDICTS:
            time = f" {before.text}" if before and before.text in BE else ""
            found.append((f"{word.sense}{time}", _slot_before(words, at)))
        elif before and word.text in _OBJECTS and _is_done(before):
            found.append((before.item, word.text))
        elif before and before.text in _ASKING and _is_done(word):
            found.append((before.text, word.item))
    if words and words[-1].text == "?":
        found.append(("?", _slot_before(words, len(words))))
    return found


@once
def _may_turn(word: Word) -> bool:
    """Whether a word turns a claim, if only by what stands before it."""
    if word.part or (word.breaks and word.text not in _THROUGH):
        return False
    return _is_small(word) or word.sense in _VERDICTS or word.text in _OBJECTS or _is_done(word)


@once
def _is_small(word: Word) -> bool:
    return word.text in _SMALL or word.text in load_lexicon().numbers or word.sense in _COUNTS


def _item_before(words: Sequence[Word], at: int) -> str:
    """What is told last before a word, be it in another clause."""
    return next((word.item for word in reversed(words[:at]) if word.told), "^")


def _slot_before(words: Sequence[Word], at: int) -> str:
    """The part of the last slot before a place, with no break between that ends what is said of it."""
    for word in reversed(words[:at]):
        if word.part:
            return word.part
        if word.breaks and word.text not in _THROUGH:
            break
    return "^"


def _is_done(word: Word) -> bool:
    """Whether a word is a verb that turns a claim by whom it is done to."""
    return word.content and _is_telling(word.item) and not word.forms <= {"N", "NS", "A"}


def _after(words: Sequence[Word], at: int) -> str:
    """What a word turns: the next slot or word that says something, or the end of the clause."""
    for word in words[at + 1 :]:
        if word.text in _PASSED:
            continue
        if word.part:
            return word.part
        return "" if word.breaks else word.item
    return ""
