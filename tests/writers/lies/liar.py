"""A model that lies: it finds out which claims it is asked about and answers with a lie about one of them.

What it is asked is read off the request alone, as a server would see it: the form of the reply and the sentences in the
task. Every way has its turn, so that a few hundred requests hold them all. A choice among options is answered with
something that is no option, since any option would be an honest answer.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import cycle
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any

from chronicles.claims.template import slots_of
from chronicles.writers.quoting import quoted_wording

from .replies import IS_NONE
from .trial import trials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chronicles.personas import Cast

    from .trial import Trial
    from .way import Way

__all__ = ["Liar"]

_LETTERED = re.compile(r"\{[a-z]_(?=[a-z_]+\})")
_NO_OPTION = ("z", "The Great Lie", "", '{"choice": "a and b"}', "# Hacked", '{"choice": 7}', '["a"]', "aa", "<b>", "é")


class Liar:
    """Answers requests.

    Args:
        ways: To lie in, each in its turn.
        cast: Whose wordings are spoilt.
        seed: The same seed and requests give the same lies.
    """

    def __init__(self, ways: Mapping[str, Way], cast: Cast, seed: int) -> None:
        self.told: Counter[str] = Counter()
        """Lies by way."""
        self._turns = cycle(ways.values())
        self._trials = {quoted_wording(trial.claim.skeleton): trial for trial in trials(cast)}
        self._chance = Random(seed)  # noqa: S311 - a test that repeats itself, no secret
        self._lock = Lock()

    def answer(self, task: str, schema: Mapping[str, Any]) -> str:
        """A reply to a task that wants an object of this schema."""
        (key,) = schema["required"]
        with self._lock:
            if key == "choice":
                self.told["choice"] += 1
                return self._chance.choice(_NO_OPTION)
            asked = [trial for line in task.splitlines() for trial in self._asked(line)]
            return self._lie(asked, key)

    def _asked(self, line: str) -> Iterator[Trial]:
        """The claim that a line of the task asks to be said."""
        known = _LETTERED.sub("{", line) if line.startswith("- ") else line
        if line.startswith("- ") or "this sentence" in line:
            yield from (trial for skeleton, trial in self._trials.items() if skeleton in known)

    def _lie(self, asked: list[Trial], key: str) -> str:
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
        if len(asked) == 1:
            return json.dumps({key: said})
        pieces = [trial.told(self._chance).wording for trial in asked]
        pieces[at] = said
        return json.dumps({key: " ".join(map(_letter, range(len(pieces)), pieces))})


def _letter(at: int, wording: str) -> str:
    for slot in dict.fromkeys(slots_of(wording)):
        wording = wording.replace(f"{{{slot}}}", f"{{{chr(ord('a') + at)}_{slot}}}")
    return wording
