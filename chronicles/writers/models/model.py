"""What a writer asks of a model, and what can come back: the seam between the prompts and the two back ends.

A back end takes a question and gives one reply or a fault; it retries nothing, keeps nothing and judges nothing. What a
reply says is text from a stranger until the gate has seen it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chronicles.writers.draft import Option

__all__ = ["Fault", "Form", "Message", "Model", "ModelFault", "NoAddress", "Question", "Reply"]


class Fault(StrEnum):
    """Why there is no reply, in words for whoever reads a page; they name no machine and no file."""

    UNREACHABLE = "no server answered"
    """No server answers, or what answers is none."""
    MISSING = "the model was not there"
    """The server or the disk has no such model, or it is none that can chat."""
    OVERLOADED = "the server had too much to do"
    TIMED_OUT = "the time was over"
    BROKEN_OFF = "the reply broke off"
    """The reply ended before its end, or was cut at its limit of tokens."""
    NONSENSE = "the reply could not be read"
    """A reply that is none: not of the form asked for, too long, without its counters."""
    TOO_LONG = "the question was too long"
    """The prompt does not fit into the model's context, or the server cut it."""
    FAILED = "the server failed"
    """The server says that it failed, with a status of its own."""

    @property
    def passes(self) -> bool:
        """Whether asking again may help."""
        return self in _PASSING


_PASSING = (Fault.UNREACHABLE, Fault.OVERLOADED, Fault.BROKEN_OFF, Fault.NONSENSE, Fault.FAILED)


class ModelFault(Exception):
    """A question that got no reply."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail
        """One line for people: what failed, where, and what to do."""


class NoAddress(ModelFault):
    """What names a server is no address: a setting to mend, whatever servers there are."""

    def __init__(self, detail: str) -> None:
        super().__init__(Fault.UNREACHABLE, detail)


class Form(Protocol):
    """The form of a reply."""

    def schema(self) -> dict[str, Any]:
        """As a JSON schema, for servers that constrain by one."""
        ...

    def grammar(self) -> str:
        """As a GBNF grammar of llama.cpp, which need not be JSON."""
        ...

    def read(self, text: str) -> str:
        """What a reply says: JSON of the schema or text of the grammar.

        Raises:
            ValueError: If it has neither form.
        """
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: str
    """`system`, `user` or `assistant`."""
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request; questions of one episode begin with the same messages."""

    messages: tuple[Message, ...]
    form: Form
    seed: int
    temperature: float
    max_tokens: int
    """Of the reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered."""

    text: str
    """As it came, of whatever form."""
    read_tokens: int
    """Tokens of the prompt that were evaluated for this reply."""
    reused_tokens: int
    """Tokens of the prompt that had been evaluated before; 0 where the server does not tell."""
    written_tokens: int
    seconds: float


class Model(Protocol):
    """A model that can be asked."""

    backend: str
    """`ollama` or `llamacpp`."""
    name: str
    digest: str
    """Of its weights, as the server tells it or as the file has it."""
    context: int
    """Tokens of prompt and reply together."""
    parallel: int
    """Questions that it answers at once."""
    options: Mapping[str, Option]
    """What it is run with, for the byline."""

    def ask(self, question: Question, *, limit_sec: float, on_token: Callable[[int], None] | None = None) -> Reply:
        """Ask one question.

        Args:
            question: What to ask.
            limit_sec: When to give up.
            on_token: Told how many tokens of the reply there are, as they come.

        Raises:
            ModelFault: If there is no reply.
        """
        ...

    def close(self) -> None:
        """Let go of the server or the memory."""
        ...
