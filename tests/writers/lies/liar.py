"""Models that are made up: one lies, one says what it is asked to, and both hear nothing but the request.

What is asked is read off the request alone, as a server would see it: the form of the reply and the sentences in the
task. Of a liar every way has its turn, so that a few hundred requests hold them all, and a choice among options is
answered with something that is no option, since any option would be an honest answer.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from itertools import cycle
from pathlib import Path
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any

from chronicles.claims.template import slots_of

from .replies import IS_NONE
from .trial import trials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chronicles.personas import Cast

    from .trial import Trial
    from .way import Way

__all__ = ["Honest", "Liar"]

_LETTERED = re.compile(r"\{[a-z]_(?=[a-z_]+\})")
_IN_WORDS = re.compile(r'JSON object with the key "(\w+)"')
_OPTION = re.compile(r"^([a-z]): ", re.MULTILINE)
_NO_OPTION = ("z", "The Great Lie", "", '{"choice": "a and b"}', "# Hacked", '{"choice": 7}', '["a"]', "aa", "<b>", "é")
_CORPUS = Path(__file__).parents[3] / "chronicles/writers/gate/words/heard.toml"


class _Speaker:
    """Finds out what a request asks for."""

    def __init__(self, cast: Cast) -> None:
        self.told: Counter[str] = Counter()
        """Replies, by what they were."""
        self._trials = {trial.claim.skeleton: trial for trial in trials(cast)}
        self._lock = Lock()

    def answer(self, request: Mapping[str, Any]) -> str:
        """The text of a reply to a request of `/api/chat`."""
        task, form = request["messages"][-1]["content"], request["format"]
        (key,) = _IN_WORDS.findall(task) if form == "json" else form["required"]
        with self._lock:
            if key == "choice":
                return self._choose(_OPTION.findall(task))
            return self._say(self._listed(task) if key == "paragraph" else [self._last(task)], key)

    def _listed(self, task: str) -> list[Trial]:
        """The claims that a paragraph is asked for, in their order."""
        lines = [_LETTERED.sub("{", line) for line in task.splitlines() if line.startswith("- ")]
        return [self._last(line) for line in lines]

    def _last(self, text: str) -> Trial:
        """The claim whose sentence ends last in a text; where two do at one place, the longer one."""
        found = [one for one in self._trials if one in text]
        return self._trials[max(found, key=lambda one: (text.rfind(one) + len(one), len(one)))]

    def _choose(self, options: list[str]) -> str:
        raise NotImplementedError

    def _say(self, asked: list[Trial], key: str) -> str:
        raise NotImplementedError


class Liar(_Speaker):
    """Lies.

    Args:
        ways: To lie in, each in its turn.
        cast: Whose wordings are spoilt.
        seed: The same seed and requests give the same lies.
    """

    def __init__(self, ways: Mapping[str, Way], cast: Cast, seed: int) -> None:
        super().__init__(cast)
        self._turns = cycle(ways.values())
        self._chance = Random(seed)  # noqa: S311 - a test that repeats itself, no secret

    def _choose(self, options: list[str]) -> str:
        self.told["choice"] += 1
        return self._chance.choice([one for one in _NO_OPTION if one not in options])

    def _say(self, asked: list[Trial], key: str) -> str:
        at = self._chance.randrange(len(asked))
        told = asked[at].told(self._chance)
        while True:
            way = next(self._turns)
            said = way.lie(told, self._chance)
            if said is not None and not (way.raw and len(asked) > 1 and way.name not in IS_NONE):
                break
        self.told[way.name] += 1
        if way.raw:
            return said.replace('"sentence"', json.dumps(key))
        pieces = [trial.told(self._chance).wording for trial in asked]
        pieces[at] = said
        return _reply(key, pieces)


class Honest(_Speaker):
    """Says every claim in the words of the corpus of honest rewordings, one after the other."""

    def __init__(self, cast: Cast) -> None:
        super().__init__(cast)
        corpus: dict[str, list[str]] = tomllib.loads(_CORPUS.read_text(encoding="utf-8"))
        self._turns = {claim: cycle(wordings) for claim, wordings in corpus.items()}

    def _choose(self, options: list[str]) -> str:
        return json.dumps({"choice": options[-1]})

    def _say(self, asked: list[Trial], key: str) -> str:
        self.told["line" if len(asked) == 1 else "passage"] += 1
        return _reply(key, [next(self._turns[trial.claim.id]) for trial in asked])


def _reply(key: str, pieces: list[str]) -> str:
    said = pieces if len(pieces) == 1 else [_letter(at, piece) for at, piece in enumerate(pieces)]
    return json.dumps({key: " ".join(said)})


def _letter(at: int, wording: str) -> str:
    for slot in dict.fromkeys(slots_of(wording)):
        wording = wording.replace(f"{{{slot}}}", f"{{{chr(ord('a') + at)}_{slot}}}")
    return wording
