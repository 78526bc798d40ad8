"""A model that says what a test tells it to, with a record of what it was asked, and a clock that only moves when told.

    model = ScriptedModel(["{file} woke.", Fault.OVERLOADED, "{file} woke again."])
    model = ScriptedModel(lambda question: "..." if "past" in question.messages[-1].text else Fault.NONSENSE)

A list is a queue whose last entry stays; an exception in it is raised as it is.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from chronicles.writers.models.model import Fault, ModelFault, Reply
from chronicles.writers.prompts.forms import Choice, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chronicles.writers.draft import Option
    from chronicles.writers.models.model import Question

    Answer = str | Fault | BaseException


class Clock:
    """Seconds that pass by sleeping and by being asked."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """What it shows."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time go by at once."""
        self.slept.append(seconds)
        self.now += seconds


class ScriptedModel:
    """A model of a test."""

    backend = "llamacpp"
    name = "scripted"
    digest = "5" * 64
    parallel = 1

    def __init__(
        self,
        say: Sequence[Answer] | Callable[[Question], Answer],
        *,
        context: int = 4096,
        clock: Clock | None = None,
        costs_sec: float = 0.0,
    ) -> None:
        self.context = context
        self.options: Mapping[str, Option] = {"context": context}
        self.questions: list[Question] = []
        self.limits: list[float] = []
        self._queue = None if callable(say) else list(say)
        self._say = say if callable(say) else self._next
        self._clock = clock
        self._costs_sec = costs_sec

    def ask(self, question: Question, *, limit_sec: float, on_token: Callable[[int], None] | None = None) -> Reply:
        """Say the next thing."""
        del on_token
        self.questions.append(question)
        self.limits.append(limit_sec)
        if self._clock:
            self._clock.now += min(self._costs_sec, limit_sec)
            if self._costs_sec > limit_sec:
                raise ModelFault(Fault.TIMED_OUT, f"no reply in {limit_sec:.0f} s")
        said = self._say(question)
        if isinstance(said, Fault):
            raise ModelFault(said, "as the test has it")
        if isinstance(said, BaseException):
            raise said
        return Reply(said, 10, 90, 5, 0.5)

    def close(self) -> None:
        """There is nothing to let go of."""

    def _next(self, _: Question) -> Answer:
        assert self._queue
        return self._queue.pop(0) if len(self._queue) > 1 else self._queue[0]


def wanted(question: Question) -> list[str]:
    """The sentences that a question asks to be said in other words, as it has them."""
    task = question.messages[-1].text
    if isinstance(question.form, Choice):
        return []
    if isinstance(question.form, Line):
        return [json.loads(f'"{task.splitlines()[-1]}"')]
    task = task[task.rindex("Say these sentences") :]
    return [json.loads(found) for found in re.findall(r'"(?:[^"\\]|\\.)*"', task)]
