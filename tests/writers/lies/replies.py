"""Replies that are none: JSON that is cut off, of another shape, or more than was asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .way import NONSENSE, Told, Way
from .words import tail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = ["IS_NONE", "ways"]

IS_NONE = frozenset({"half_json", "wrong_key", "array", "nested"})
"""Ways whose replies are none, whatever the claim."""


def ways() -> Iterator[Way]:
    """All of them."""
    for lie, reasons in (
        (_half_json, NONSENSE),
        (_wrong_key, NONSENSE),
        (_array, f"{NONSENSE}|markup"),
        (_nested, NONSENSE),
        (_more_keys, "topic|name|polarity"),
        (_key_twice, "topic|name|polarity"),
        (_json_in_json, "markup"),
        (_chatter, "markup|nonsense"),
        (_no_json, "slots|sign|sentence|markup"),
    ):
        yield Way(lie.__name__.strip("_"), lie, frozenset(reasons.split("|")), raw=True)


def _lied(told: Told, chance: Random) -> str:
    return tail([", which breaks the build", ", by Alice Johnson", ", and all tests pass"], told, chance)


def _half_json(told: Told, chance: Random) -> str:
    whole = json.dumps({"sentence": told.wording})
    return whole[: chance.randrange(3, len(whole) - 1)]


def _wrong_key(told: Told, chance: Random) -> str:
    key = chance.choice(("text", "Sentence", "answer", "sentences", "content", "", "sentence ", "claim"))
    return json.dumps({key: told.wording})


def _array(told: Told, chance: Random) -> str:
    found = chance.choice(([told.wording], [{"sentence": told.wording}], [told.wording, told.wording]))
    return json.dumps(found)


def _nested(told: Told, chance: Random) -> str:
    inner = chance.choice(({"sentence": told.wording}, [told.wording], None, 7, True, {"text": told.wording}))
    return json.dumps({"sentence": inner})


def _more_keys(told: Told, chance: Random) -> str:
    return json.dumps({"sentence": _lied(told, chance), "writer": "plain", "claim": "external", "by": "Eve"})


def _key_twice(told: Told, chance: Random) -> str:
    return f'{{"sentence": {json.dumps(told.wording)}, "sentence": {json.dumps(_lied(told, chance))}}}'


def _json_in_json(told: Told, chance: Random) -> str:
    return json.dumps({"sentence": json.dumps({"sentence": told.wording})})


def _chatter(told: Told, chance: Random) -> str:
    """JSON as chat models give it: in a fence, behind a greeting, twice."""
    whole = json.dumps({"sentence": told.wording})
    shapes = (
        "```json\n{}\n```",
        "Sure! {}",
        "{} I hope this helps.",
        "{}{}",
        "<think>so</think>{}",
        "JSON: {}",
        "`{}`",
    )
    return chance.choice(shapes).replace("{}", whole)


def _no_json(told: Told, chance: Random) -> str:
    said = json.dumps(told.wording)
    return chance.choice(
        (
            f"sentence: {told.wording}",
            f"'sentence': {said}",
            "null",
            "true",
            "[]",
            "{}",
            f"({said})",
            f"<s>{told.wording}",
        )
    )
