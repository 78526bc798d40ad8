"""A claim's own words as a grammar: sentences that begin as one known wording of it and end as another.

The smallest models, left to choose their letters, put a slot in the place of another, turn a claim around, or loop:
the embedded one says its claim so in hardly one sentence of ten. So the grammar for a line holds a model to the words
that people wrote for this very claim, in the orders in which they wrote them. A sentence begins as one known wording
and goes on as another where both have just had the same tokens, be they words, signs or slots; the more of them they
have to share, the surer it is to be English, so the strictest rule that gives some choice is taken. What the model
decides is how to begin and where to go over, by the likelihood that it gives to the words.

Left out is what would say a known wording over again, lack a slot or have one twice, repeat itself, or begin with a
negation and go on as if there were none. Whether what is left says its claim is for the gate to decide, as of any other
sentence.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["crossings", "path_rules"]

_STOP, _SIGNS = ".", ".,;:"
_TOKEN = re.compile(r"\{[a-z_]+\}|[A-Za-z]+(?:['-][A-Za-z]+)*|\S")
_ALLOWED = re.compile(r"\{[a-z_]+\}|[A-Za-z'-]+|[.,;:]")
_TURNING = frozenset(
    (
        *("no", "not", "none", "never", "nothing", "nobody", "neither", "nor", "without", "cannot"),
        *("only", "every", "each", "all", "any", "few", "fewer", "more", "less"),
    )
)
"""Words that a sentence is true or false by, whatever else it says."""
_VERBS = frozenset(
    (
        *("is", "are", "was", "were", "has", "have", "had", "does", "did", "comes", "came", "goes", "went", "takes"),
        *("brings", "brought", "stands", "stood", "lies", "lay", "leads", "makes", "ends", "precedes", "enters"),
    )
)
_JOINING = frozenset(
    (
        *("and", "but", "or", "nor", "that", "which", "who", "whose", "what", "where", "when", "while", "than", "if"),
        *("though", "although", "because", "whoever", "how", "been"),
    )
)
"""Words that lead from one verb to another; without one, two verbs are two halves of sentences."""
_LONG = 4
"""Letters from which on a word says something; shorter ones may come again, but for those that follow."""
_ONCE = frozenset(("now", "too", "yet"))
_LEADING = frozenset(
    (
        *("with", "in", "at", "by", "from", "after", "for", "under", "over", "to", "of", "on", "beside", "against"),
        *("among", "out", "before", "since", "through", "within", "between", "beneath", "behind", "until", "as"),
    )
)
"""Words that begin a phrase of their own, which any whole sentence can do without."""
_SUBJECT = frozenset(
    (
        *("the", "a", "an", "it", "this", "that", "its", "his", "their", "these", "those", "nobody", "nothing"),
        *("every", "each", "all", "no", "some", "any", "half", "most", "more", "one", "another"),
    )
)
"""Words with which a clause begins that tells of what stands first in it."""
_RULES = ((3, False), (2, True), (1, True), (2, False), (1, False))
"""Tokens that two wordings have to share where one goes over into the other, and whether a phrase must end there."""
_CHOICE = 6
"""Sentences that are enough; what a looser rule gives is added until there are so many."""
_MOST = 3000
"""Sentences of a grammar; llama.cpp reads it for each reply."""

_Tokens = tuple[str, ...]


@lru_cache(maxsize=256)
def path_rules(wordings: tuple[str, ...]) -> str:
    """The rules of a grammar of a claim's own words, its root first; empty where they give nothing new.

    Args:
        wordings: Known ones of one claim, each with the same slots.
    """
    found = crossings(wordings)
    return _written(frozenset(found)) if found else ""


def crossings(wordings: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The sentences that the grammar of a claim's own words holds, each as its tokens."""
    known = [tokens for tokens in map(_tokens, dict.fromkeys(wordings)) if tokens]
    found: dict[_Tokens, None] = {}
    for shared, ended in _RULES if len(known) > 1 else ():
        # Where no phrase ends, a line of two shared words is worth having only where there is no other.
        if not found or (len(found) < _CHOICE and (ended or shared == _RULES[0][0])):
            found |= dict.fromkeys(_crossed(known, shared, ended=ended))
    return tuple(found)[:_MOST]


def _tokens(wording: str) -> _Tokens:
    """Words, signs and slots; nothing for a wording of two sentences or with a sign that the grammar has not."""
    found = tuple(_TOKEN.findall(wording))
    plain = all(_ALLOWED.fullmatch(token) for token in found)
    return found if plain and found.count(_STOP) == 1 and found[-1] == _STOP else ()


def _crossed(known: list[_Tokens], shared: int, *, ended: bool) -> Iterator[_Tokens]:
    """Every sentence that begins as one wording and ends as another."""
    ends: dict[tuple[_Tokens, ...], list[_Tokens]] = defaultdict(list)
    for tokens in known:
        for at in range(1, len(tokens)):
            ends[_past(tokens, at, shared)].append(tokens[at:])
    twice = {word for tokens in known for word, number in Counter(map(str.lower, tokens)).items() if number > 1}
    longest, slots = max(map(len, known)) + 1, sorted(_slots(known[0]))
    for tokens in known:
        for at in range(1, len(tokens)):
            for end in ends[_past(tokens, at, shared)]:
                said = (*tokens[:at], *end)
                fits = said not in known and len(said) <= longest and sorted(_slots(said)) == slots
                if ended and not _parts(tokens[at - 1], tokens[at], end[0]):
                    continue
                if fits and not _repeats(said, twice) and not _breaks(said):
                    yield said


def _past(tokens: _Tokens, at: int, shared: int) -> tuple[_Tokens, ...]:
    """What a sentence has to have had to go on as a wording does at a place.

    That is the last tokens; all turning words, since "no line has" does not go on as "every line has its root in {sha}"
    does; and how its clause began, since "to the record of {file}" does not go on as "the record of {file}". What
    stands before a slot says whether it is subject or object, so a slot is never the first token that is shared.
    """
    before = ("", *tokens[:at])
    first = max(0, len(before) - shared)
    while before[first][:1] == "{":
        first -= 1
    turning = sorted(token.lower() for token in before if token.lower() in _TURNING)
    opening = next((before[place + 1] for place in range(at - 1, -1, -1) if before[place] in ("", *_SIGNS)), "").lower()
    return before[first:], tuple(turning), ("the" if opening in _SUBJECT or opening[:1] == "{" else opening,)


def _parts(last: str, own: str, other: str) -> bool:
    """Whether a phrase ends between the last token and the next, the wording's own and the other's."""
    ends = [token in _SIGNS for token in (own, other)]
    return last in _SIGNS or all(ends) or all(token in _LEADING for token in (own, other))


def _slots(tokens: _Tokens) -> list[str]:
    return [token for token in tokens if token[0] == "{"]


def _repeats(tokens: _Tokens, twice: set[str]) -> bool:
    """Whether a word that says something comes again which no known wording has twice."""
    words = Counter(token.lower() for token in tokens if len(token) >= _LONG or token.lower() in _ONCE)
    return any(number > 1 and word not in twice for word, number in words.items())


def _breaks(tokens: _Tokens) -> bool:
    """Whether a second verb follows with nothing that leads to it."""
    verb = False
    for token in map(str.lower, tokens):
        if token in _SIGNS or token in _JOINING:
            verb = False
        elif token in _VERBS:
            if verb:
                return True
            verb = True
    return False


def _written(sentences: frozenset[_Tokens]) -> str:
    """Sentences as rules, one for each set of ends that several beginnings may share."""
    names: dict[frozenset[_Tokens], str] = {sentences: "root"}
    lines: list[str] = []
    todo = [sentences]
    while todo:
        ends = todo.pop()
        ways: list[str] = []
        for token, after in _after(ends).items():
            text, rest = token if ends is sentences else _spaced(token), after
            while rest != {()} and len(following := _after(rest)) == 1:
                ((token, rest),) = following.items()  # noqa: PLW2901 - the next token of the same way
                text += _spaced(token)
            if rest == {()}:
                ways.append(f'"{text}"')
                continue
            if rest not in names:
                names[rest] = f"s{len(names)}"
                todo.append(rest)
            ways.append(f'"{text}" {names[rest]}')
        lines.append(f"{names[ends]} ::= {' | '.join(ways)}")
    return "\n".join(lines) + "\n"


def _after(ends: frozenset[_Tokens]) -> dict[str, frozenset[_Tokens]]:
    """The tokens that may come next, each with what may follow it; only a full stop is followed by nothing."""
    found: dict[str, set[_Tokens]] = defaultdict(set)
    for end in ends:
        found[end[0]].add(end[1:])
    return {token: frozenset(found[token]) for token in sorted(found)}


def _spaced(token: str) -> str:
    return token if token in _SIGNS else f" {token}"
