"""Asking a model the questions of one page: what was answered before, patience, and when to give up.

A question has a reply that was kept, or is sent; what fails for a while is tried again after a wait, three times. A
reply that broke off or was nonsense is not: it would be so again with the same seed, and the next candidate is another
seed. Nothing is sent any more on a page whose time is over, whose model is missing or cannot be reached, or on which
the server failed on two questions in a row; what was kept is still found. Two pages in a row without any reply open the
breaker: for the rest of the run the model is not asked, so that a dead server costs one backfill seconds and not hours.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from chronicles.writers.draft import Effort
from chronicles.writers.models.model import Fault, ModelFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.writers.kept import Kept, Key
    from chronicles.writers.models.model import Model, Question, Reply

__all__ = ["WAITS_SEC", "Asking", "Breaker", "Patience"]

WAITS_SEC = (0.5, 2.0, 6.0)
"""Before a question is sent again: a server that restarts is back within these."""
_WAITED_FOR = (Fault.UNREACHABLE, Fault.OVERLOADED, Fault.FAILED)
"""What may pass while one waits."""
_FINAL = (Fault.UNREACHABLE, Fault.MISSING, Fault.TIMED_OUT)
"""What ends the page: the next question would fare no better."""
_FAILURES = 2
"""Questions in a row on which the server fails for good, until the page ends."""
_LONGEST = 64 * 1024
"""Characters of a reply that is looked at."""
_PAGES = 2
"""Pages in a row without a reply that open the breaker."""
_TROUBLES = 20


class Breaker:
    """Whether a model is worth asking; shared by all pages of a run."""

    def __init__(self) -> None:
        self._dead = 0
        self._troubles: dict[str, None] = {}
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether the model is not asked any more."""
        with self._lock:
            return self._dead >= _PAGES

    @property
    def troubles(self) -> tuple[str, ...]:
        """What went wrong, each once, in a line with what to do; for stderr, since it may name this machine."""
        with self._lock:
            return tuple(self._troubles)

    def note(self, trouble: str) -> None:
        """Remember what went wrong."""
        with self._lock:
            if len(self._troubles) < _TROUBLES:
                self._troubles[" ".join(trouble.split())[:500]] = None

    def page(self, *, sent: int, replies: int) -> None:
        """Hear of a page's end; one that sent nothing says nothing."""
        with self._lock:
            if replies:
                self._dead = 0
            elif sent:
                self._dead += 1


class Patience:
    """How long a page may take, and how to wait.

    Args:
        deadline_sec: From now on.
        clock: Seconds from any moment on.
        sleep: Waits for so many of them.
    """

    def __init__(self, deadline_sec: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._ends = clock() + deadline_sec
        self.clock = clock
        self._sleep = sleep

    @property
    def left_sec(self) -> float:
        """What is left; never below 0."""
        return max(0.0, self._ends - self.clock())

    def wait(self, seconds: float) -> None:
        """Wait, but not beyond the page's end."""
        self._sleep(min(seconds, self.left_sec))


class Asking:
    """The questions of one page.

    Args:
        model: Who is asked.
        kept: What was answered before.
        breaker: Of the run.
        patience: Of the page.
        listen: Told what each reply cost.
    """

    def __init__(
        self,
        model: Model,
        kept: Kept,
        breaker: Breaker,
        patience: Patience,
        listen: Callable[[Effort], None] | None = None,
    ) -> None:
        self.effort = Effort()
        self.barred = breaker.is_open
        """Whether nothing is sent, since earlier pages had no reply."""
        self.stopped: Fault | None = None
        """Why nothing is sent any more."""
        self._model = model
        self._kept = kept
        self._breaker = breaker
        self._patience = patience
        self._listen = listen
        self._replies = 0
        self._failures = 0

    def ask(self, question: Question, key: Key) -> str:
        """The raw reply to a question.

        Raises:
            ModelFault: If there is none.
        """
        said = self._kept.get(key)
        if said is not None:
            self._tell(Effort(kept=1))
            return said
        if self.barred or self.stopped is not None:
            raise ModelFault(self.stopped or Fault.UNREACHABLE, "nothing is asked any more on this page")
        try:
            reply = self._send(question)
        except ModelFault as fault:
            self._failures += fault.fault in _WAITED_FOR
            if fault.fault in _FINAL or self._failures >= _FAILURES:
                self.stopped = fault.fault
            raise
        self._failures = 0
        return self._take(reply, key)

    def end(self) -> None:
        """Tell the breaker how the page went."""
        self._breaker.page(sent=self.effort.requests, replies=self._replies)

    def _send(self, question: Question) -> Reply:
        """Send a question until there is a reply, or no hope of one."""
        waits = iter(WAITS_SEC)
        while self._patience.left_sec > 0:
            began = self._patience.clock()
            try:
                return self._answer(question)
            except ModelFault as fault:
                self._breaker.note(str(fault))
                self._tell(Effort(requests=1, seconds=self._patience.clock() - began))
                wait = next(waits, None) if fault.fault in _WAITED_FOR else None
                if wait is None:
                    raise
                self._patience.wait(wait)
        raise ModelFault(Fault.TIMED_OUT, "the time for this page is over")

    def _answer(self, question: Question) -> Reply:
        try:
            return self._model.ask(question, limit_sec=self._patience.left_sec)
        except ModelFault:
            raise
        except Exception as error:
            raise ModelFault(Fault.FAILED, f"{type(error).__name__}: {error}") from error

    def _take(self, reply: Reply, key: Key) -> str:
        """Keep a reply before anything else happens to it."""
        fits = len(reply.text) <= _LONGEST
        if fits and key.model:
            self._kept.put(key, reply.text)
        self._replies += 1
        self._tell(Effort(1, 0, reply.read_tokens, reply.reused_tokens, reply.written_tokens, reply.seconds))
        if not fits:
            fault = ModelFault(Fault.NONSENSE, f"a reply of {len(reply.text)} characters to one question")
            self._breaker.note(str(fault))
            raise fault
        return reply.text

    def _tell(self, effort: Effort) -> None:
        self.effort += effort
        if self._listen:
            self._listen(effort)
