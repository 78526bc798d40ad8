"""A model of an Ollama server, asked through the official client.

One question is one chat: streamed, with thinking off, the form of the reply as a JSON schema, and a seed. A server that
refuses the schema, or a reply that is not of the form, is answered with one more request for plain JSON, which names
the keys in words; a server that refused once is not asked for schemas again.

The context (`num_ctx`) is sized from the prompt in few steps, and never shrinks while the model is open: another size
has the server load the model anew. A prompt that does not fit is refused by servers that know the field `truncate`
(v0.12.4), and cut in silence by others: old messages first, then the middle. Those others are asked nothing that might
not fit. And every server's own count of the prompt's tokens is looked at: where the prompt was cut it is far below what
the same model makes of other prompts, or fills the context so that the reply ran past its end. A cut reply is never
handed on; the question is asked again with the next larger context, and is too long when there is none.

What the counters mean was read in the server's source: `prompt_eval_count` is the whole prompt, what was evaluated for
an earlier request included, except in v0.30.0 and before v0.4, which count only what was read. So tokens reused are
not known here, and are 0.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Literal

from chronicles.writers.models.model import Fault, ModelFault, Reply
from chronicles.writers.models.served import MALFORMED, Server, default_model, find_model, missing, one_line
from chronicles.writers.prompts.quoting import tokens_at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chronicles.writers.draft import Option
    from chronicles.writers.models.model import Message, Question
    from chronicles.writers.models.served import Installed

__all__ = ["CONTEXT", "Ollama"]

CONTEXT = 8192
"""Tokens of context that are used at most, unless more are asked for: memory grows with them."""
_STEPS = (2048, 4096, 8192, 16384, 32768)
_UNKNOWN = 4096
"""Context of a model of which the server does not tell it."""
_KEEP_ALIVE = "10m"
"""How long the server keeps the model after a request: longer than any pause within a run."""
_FRAME, _MESSAGE = 64, 8
"""Tokens of a chat template, about, around all messages and around each."""
_SMALL = 4
"""A prompt of less than this part of the context is not cut."""
_SURELY = 2
"""By what factor a prompt is counted too long at most: what is further beyond the context is not asked.

A server that would cut it in silence is asked nothing that may be beyond."""
_REFUSES_SINCE = (0, 12, 4)
_LEAST_SHARE = 1 / 3
"""Of our count of tokens, the least that any vocabulary makes of a prompt."""
_LEAST_LIKE = 0.6
"""Of the share that this model made of another prompt, the least that it makes of this one."""
_MOST_TOKENS = 10_000_000
_LETTERS_A_TOKEN = 64
_SPARE = 1024
_COUNTS_READ_ONLY = (0, 30, 0)
_COUNTS_ALL_SINCE = (0, 4, 0)
_AS_JSON = "\n\nAnswer with a JSON object with the key {keys} and nothing else."
_SCHEMA_WORDS = ("format", "schema", "grammar")
_LENGTH_WORDS = ("context size", "context length", "input length")


_Form = dict[str, Any] | Literal["json"]


class _SchemaRefused(Exception):
    """The server takes no JSON schema."""


class _Cut(Exception):
    """The prompt did not fit, whether the server said so or not."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A whole reply, with the server's counters."""

    text: str
    read: int
    written: int


class Ollama:
    """A model of a server, ready to be asked; from several threads too."""

    backend = "ollama"

    def __init__(self, server: Server, model: Installed, *, context: int, version: tuple[int, int, int]) -> None:
        self.name = model.name
        self.digest = model.digest
        self.context = context
        self.parallel = server.parallel
        self.options: Mapping[str, Option] = {"context": context}
        self._server = server
        self._counts_all = version >= _COUNTS_ALL_SINCE and version != _COUNTS_READ_ONLY
        self._most = context * (_SURELY if version >= _REFUSES_SINCE else 1)
        self._takes_schemas = True
        self._num_ctx = min(_STEPS[0], context)
        self._share = 0.0
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls, host: str | None = None, model: str = "", *, context: int = CONTEXT, limit_sec: float | None = None
    ) -> Ollama:
        """Find a server and a model of it.

        Args:
            host: As `OLLAMA_HOST` is written, which is asked when this is empty.
            model: Its name; `default_model` when empty.
            context: Tokens that prompt and reply may have together, if the model has as many.
            limit_sec: How long the server may take to tell of itself and the model; a while for each answer if None.

        Raises:
            ModelFault: If there is no such server or model; the detail says what helps.
        """
        server = Server.at(host, limit_sec=limit_sec)
        version = server.version()
        if model:
            models = server.installed()
            found = find_model(models, model)
            if found is None:
                raise ModelFault(Fault.MISSING, missing(server.address, model, models))
        else:
            found = default_model(server)
        length = server.context(found) or _UNKNOWN
        return cls(server, found, context=min(context, length, _STEPS[-1]), version=version)

    def ask(self, question: Question, *, limit_sec: float, on_token: Callable[[int], None] | None = None) -> Reply:
        """Ask one question.

        Args:
            question: What to ask.
            limit_sec: When to give up, further requests and loading the model included.
            on_token: Told how many pieces of the reply there are, as they come.

        Raises:
            ModelFault: If there is no reply, or none of the form.
        """
        started, ends = perf_counter(), monotonic() + limit_sec
        read = written = 0
        refused = False
        forms: list[_Form] = [question.form.schema(), "json"]
        for form in forms if self._takes_schemas else forms[1:]:
            try:
                answer = self._fitted(question, form, ends, on_token)
            except _SchemaRefused:
                refused = True
                continue
            self._takes_schemas = self._takes_schemas and not refused
            read, written = read + answer.read, written + answer.written
            if _is_readable(question, answer.text):
                return Reply(answer.text, read, 0, written, perf_counter() - started)
        raise ModelFault(Fault.NONSENSE, f"{self.name} answered twice in a form that was not asked for")

    def close(self) -> None:
        """Nothing is held: each request has its connection, and the server lets go of the model by itself."""

    def _fitted(self, question: Question, form: _Form, ends: float, on_token: Callable[[int], None] | None) -> _Answer:
        """Ask with a context that the prompt fits into."""
        asked = _in_words(question) if form == "json" else question
        size = _FRAME + sum(_MESSAGE + tokens_at_most(message.text) for message in asked.messages)
        num_ctx = self._room(size + asked.max_tokens)
        while size + asked.max_tokens <= self._most:
            try:
                answer = self._chat(asked, form, num_ctx, ends, on_token)
                self._expect_whole(answer, size, num_ctx)
            except _Cut:
                if num_ctx >= self.context:
                    break
                num_ctx = self._room(num_ctx + 1)
            else:
                return answer
        problem = f"a prompt of about {size} tokens does not fit into the {self.context} of {self.name}"
        raise ModelFault(Fault.TOO_LONG, f"{problem}; name a model with a longer context with `--model`")

    def _room(self, tokens: int) -> int:
        """The context for so many tokens: the same as before, or the next step that is enough."""
        with self._lock:
            steps = (step for step in _STEPS if step >= max(tokens, self._num_ctx))
            self._num_ctx = min(next(steps, self.context), self.context)
            return self._num_ctx

    def _chat(
        self,
        question: Question,
        form: _Form,
        num_ctx: int,
        ends: float,
        on_token: Callable[[int], None] | None,
    ) -> _Answer:
        """One request."""
        options = {
            "num_ctx": num_ctx,
            "num_predict": question.max_tokens,
            "seed": question.seed,
            "temperature": question.temperature,
        }
        left = ends - monotonic()
        if left <= 0:
            raise ModelFault(Fault.TIMED_OUT, f"there was no time left to ask {self.name}")
        try:
            with self._server.client(left, self.name, extra={"truncate": False}) as client:
                stream = client.chat(
                    self.name,
                    [{"role": message.role, "content": message.text} for message in question.messages],
                    stream=True,
                    think=False,
                    format=form,
                    options=options,
                    keep_alive=_KEEP_ALIVE,
                )
                return self._read(_parts(stream, self.name), question, on_token)
        except ModelFault as fault:
            words = fault.detail.lower()
            if fault.fault is Fault.FAILED and any(word in words for word in _LENGTH_WORDS):
                raise _Cut from fault
            if fault.fault is Fault.FAILED and form != "json" and any(word in words for word in _SCHEMA_WORDS):
                raise _SchemaRefused from fault
            raise

    def _read(self, parts: Iterator[Any], question: Question, on_token: Callable[[int], None] | None) -> _Answer:
        """Read a stream to its last line, and see that it is a reply."""
        text, pieces = "", 0
        for pieces, part in enumerate(parts, 1):
            text += part.message.content or ""
            if len(text) > _LETTERS_A_TOKEN * question.max_tokens + _SPARE:
                raise ModelFault(Fault.NONSENSE, f"{self.name} says more than it was asked for, and was ended")
            if part.done:
                break
            if on_token:
                on_token(pieces)
        else:
            raise ModelFault(Fault.BROKEN_OFF, f"the reply of {self.name} ends after {pieces} pieces, before its end")
        if part.done_reason == "length":
            problem = f"the reply of {self.name} was cut at its limit of {question.max_tokens} tokens"
            raise ModelFault(Fault.BROKEN_OFF, problem)
        # A server leaves out what is 0; one that counts all read at least one token.
        read, written = part.prompt_eval_count or 0, part.eval_count or 0
        told = (read > 0 or not self._counts_all) and (written > 0 or not text)
        if not told or not 0 <= read <= _MOST_TOKENS or not 0 <= written <= question.max_tokens + 1:
            raise ModelFault(Fault.NONSENSE, f"the counters of {self.name} cannot be: {read} read, {written} written")
        return _Answer(_without_thoughts(text), read, written)

    def _expect_whole(self, answer: _Answer, size: int, num_ctx: int) -> None:
        """See by the server's counters that it read the whole prompt."""
        if answer.read <= num_ctx < answer.read + answer.written:
            raise _Cut
        if not self._counts_all or size < num_ctx // _SMALL:
            return
        share = answer.read / size
        with self._lock:
            if share < max(_LEAST_SHARE, _LEAST_LIKE * self._share):
                raise _Cut
            self._share = max(self._share, share)


def _parts(stream: Iterator[Any], name: str) -> Iterator[Any]:
    """The parts of a streamed reply, as the client understands them.

    Raises:
        ModelFault: If it does not, or the server says within the stream that it failed.
    """
    from ollama import ResponseError  # noqa: PLC0415 - loaded by now

    while True:
        try:
            part = next(stream, None)
        except ResponseError as error:
            raise ModelFault(
                Fault.FAILED, f"the server failed while {name} answered: {one_line(error.error)}"
            ) from error
        except MALFORMED as error:
            raise ModelFault(Fault.NONSENSE, f"what came as a reply of {name} is none of Ollama's") from error
        if part is None:
            return
        yield part


def _in_words(question: Question) -> Question:
    """The same question, its form said in words at its very end, so that the beginning stays the same."""
    keys = " and ".join(json.dumps(key) for key in question.form.schema().get("properties", {}))
    *others, last = question.messages
    asked: Message = replace(last, text=last.text + _AS_JSON.format(keys=keys))
    return replace(question, messages=(*others, asked))


def _is_readable(question: Question, text: str) -> bool:
    if not text:
        return False
    try:
        question.form.read(text)
    except (ValueError, RecursionError):
        return False
    return True


def _without_thoughts(text: str) -> str:
    """What stands after a model's thoughts; nothing, if they do not end."""
    *_, said = text.rpartition("</think>")
    return "" if said.lstrip().startswith("<think>") else said.strip()
