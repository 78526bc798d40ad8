"""A claim's own words as a grammar: every sentence that goes over from one known wording of it into another.

The smallest models, left to choose their letters, put a slot in the place of another, turn a claim around, or loop: the
embedded one says its claim so in hardly one sentence of ten. So the grammar for a line holds a model to the words that
people wrote for this very claim, in the orders in which they wrote them. A sentence walks along one known wording and
changes over into another where both have just had the same tokens, be they words, signs or slots: the more of them, and
the fewer changes, the surer it is to be English, so the strictest rule that gives some choice is taken. It never says a
known wording over again, passes each slot once, and cannot loop. What the model decides is where to change over, by the
likelihood that it gives to the words.

Whether such a sentence says its claim is for the gate to decide, as of any other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["path_rules"]

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
_RULES = ((3, 1), (3, 2), (2, 1), (2, 2), (1, 1))
"""Tokens that two wordings have to have in common, and changes from one to another in a sentence, strictest first."""
_CHOICE = 8
"""Sentences that a rule has to give to be taken; where none does, the one that gives most."""
_MOST_STATES = 8000
"""Of a grammar; llama.cpp reads it for each reply."""

_Spot = tuple[int, int, int]
"""A wording, how many of its tokens are behind, and how often it was changed over."""
_State = tuple[frozenset[str], frozenset[_Spot], frozenset[tuple[int, int]]]
"""Slots that are behind, every spot at which a sentence that begins so can be, and the known wordings that begin so."""
_Edges = dict[_State, dict[str, _State | None]]
"""Each state with the tokens that may follow and where they lead; None is the end."""


@lru_cache(maxsize=256)
def path_rules(wordings: tuple[str, ...]) -> str:
    """The rules of a grammar of a claim's own words, its root first; empty where they give nothing new.

    Args:
        wordings: Known ones of one claim, each with the same slots.
    """
    known = [tokens for tokens in map(_tokens, wordings) if tokens]
    best, most = "", 0
    for context, changes in _RULES if len(known) > 1 else ():
        rules, number = _Paths(known, context, changes).rules()
        if number > most:
            best, most = rules, number
        if most >= _CHOICE:
            break
    return best


def _tokens(wording: str) -> tuple[str, ...]:
    """Words, signs and slots; nothing for a wording of two sentences or with a sign that the grammar has not."""
    found = tuple(_TOKEN.findall(wording))
    plain = all(_ALLOWED.fullmatch(token) for token in found)
    return found if plain and found.count(".") == 1 and found[-1] == "." else ()


class _Paths:
    """All sentences that change over between wordings."""

    def __init__(self, known: list[tuple[str, ...]], context: int, changes: int) -> None:
        self._known = known
        self._context = context
        self._changes = changes
        self._slots = frozenset(token for token in known[0] if token[0] == "{")
        self._places: dict[tuple[tuple[str, ...], ...], list[tuple[int, int]]] = defaultdict(list)
        for wording, tokens in enumerate(known):
            for at in range(1, len(tokens)):
                self._places[self._past(wording, at)].append((wording, at))

    def rules(self) -> tuple[str, int]:
        """The grammar and how many sentences it has; nothing where there is none, or too many states to tell them."""
        starts = [(wording, 0) for wording in range(len(self._known))]
        first: _State = (frozenset(), frozenset((*start, 0) for start in starts), frozenset(starts))
        edges: _Edges = {}
        todo = [first]
        while todo and len(edges) <= _MOST_STATES:
            state = todo.pop()
            if state not in edges:
                edges[state] = self._follow(state)
                todo += [after for after in edges[state].values() if after is not None]
        alive = _alive(edges)
        return (_written(first, alive), _count(first, alive)) if first in alive and not todo else ("", 0)

    def _past(self, wording: int, at: int) -> tuple[tuple[str, ...], ...]:
        """What a sentence that stands before a token has to have had, to go on with it: tokens, and turning words.

        "No line has" may not go on as "every line has its root in {sha}" does.
        """
        before = self._known[wording][:at]
        turning = sorted(token.lower() for token in before if token.lower() in _TURNING)
        return before[-self._context :], tuple(turning)

    def _follow(self, state: _State) -> dict[str, _State | None]:
        """Every token that may follow, and where it leads."""
        used, spots, like = state
        after: dict[str, set[_Spot]] = defaultdict(set)
        for wording, at, changes in spots:
            for token, spot in self._next(wording, at, changes):
                after[token].add(spot)
        found: dict[str, _State | None] = {}
        for token in sorted(after):
            echoes = frozenset((one, at + 1) for one, at in like if self._known[one][at] == token)
            if token == _STOP and used == self._slots and not echoes:
                found[token] = None
            elif token != _STOP and token not in used:
                found[token] = (used | {token} if token[0] == "{" else used, frozenset(after[token]), echoes)
        return found

    def _next(self, wording: int, at: int, changes: int) -> Iterator[tuple[str, _Spot]]:
        """What may follow at a spot: its wording's own next token, or another one's that has just had the same."""
        own = self._known[wording][at]
        yield own, (wording, at + 1, changes)
        if at and changes < self._changes:
            for other, place in self._places[self._past(wording, at)]:
                token = self._known[other][place]
                if other != wording and token != own:
                    yield token, (other, place + 1, changes + 1)


def _alive(edges: _Edges) -> _Edges:
    """The states from which the end can be reached, and of their edges those that lead there."""
    before: dict[_State, list[_State]] = defaultdict(list)
    todo: list[_State] = []
    for state, following in edges.items():
        for after in following.values():
            if after is None:
                todo.append(state)
            else:
                before[after].append(state)
    found = set(todo)
    while todo:
        for state in before[todo.pop()]:
            if state not in found:
                found.add(state)
                todo.append(state)
    return {
        state: {token: after for token, after in following.items() if after is None or after in found}
        for state, following in edges.items()
        if state in found
    }


def _count(first: _State, edges: _Edges) -> int:
    """How many ways lead to the end; none comes back, since each of its steps goes on in some wording."""
    number: dict[_State, int] = {}
    todo = [first]
    while todo:
        state = todo[-1]
        open_ones = [after for after in edges[state].values() if after is not None and after not in number]
        if open_ones:
            todo += open_ones
        else:
            number[todo.pop()] = sum(1 if after is None else number[after] for after in edges[state].values())
    return number[first]


def _written(first: _State, edges: _Edges) -> str:
    """States as rules; one that has a single way on is written where it is led to."""
    names: dict[_State, str] = {first: "root"}
    lines: list[str] = []
    todo = [first]
    while todo:
        state = todo.pop()
        ways: list[str] = []
        for token, after in edges[state].items():
            text = token if state == first else _spaced(token)
            goal = after
            while goal is not None and len(edges[goal]) == 1:
                ((token, goal),) = edges[goal].items()  # noqa: PLW2901 - the next token of the same way
                text += _spaced(token)
            if goal is not None and goal not in names:
                names[goal] = f"s{len(names)}"
                todo.append(goal)
            ways.append(f'"{text}"' if goal is None else f'"{text}" {names[goal]}')
        lines.append(f"{names[state]} ::= {' | '.join(ways)}")
    return "\n".join(lines) + "\n"


def _spaced(token: str) -> str:
    return token if token in _SIGNS else f" {token}"
