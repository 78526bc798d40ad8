"""Decoding by a running Ollama server, told from the server's own counters.

The server is another program: between its model and our clock are two processes and their pipes. So the times that
become metrics are those of its reply (`Own`), and our clock is the witness that they are no longer than what we waited.
The gaps between chunks are the exception: the server has no counter for them. It stamps each with the time of day,
which is the second witness here.

`load_duration` is told apart from the first token, and a request in which the model was loaded is flagged: somebody
else uses the server with other options, or keeps it for a shorter time.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.declarations import checked
from banterhearts.benchmarking.decode.backend import Chunk, Evidence, Generation, Loaded, Own, Reads
from banterhearts.benchmarking.ollama import OllamaClient
from banterhearts.benchmarking.served import Placed, Served, model_of
from banterhearts.core.record import Attestation, Flag, Status
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from banterhearts.benchmarking.decode.backend import Prompt, Setup
    from banterhearts.benchmarking.ollama_card import ModelCard
    from banterhearts.benchmarking.ollama_replies import Reply, Resident
    from banterhearts.benchmarking.served import Answer

__all__ = ["OllamaBackend", "generation_of"]

_SUITE = "decode"
_F16_BYTES = 2
"""Of a key's or a value's number. It is Ollama's default; another (`OLLAMA_KV_CACHE_TYPE`) is not in its API."""


class OllamaOptions(BaseModel):
    """`--option ollama={…}`: what is asked of the server besides the suite's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    host: str | None = None
    """Instead of `OLLAMA_HOST`."""
    num_gpu: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """Layers on the GPU; not given, the server decides."""
    num_batch: Annotated[int, Field(ge=1, le=1 << 20)] | None = None
    limit_sec: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    """For one request, loading included."""


@dataclass(slots=True)
class OllamaBackend:
    """A running server."""

    connect: Callable[..., OllamaClient] = OllamaClient.from_environment
    _served: Served | None = None
    _evidence: list[Attestation] = field(default_factory=list)

    @property
    def name(self) -> str:
        """As `--option backends=…` names it."""
        return "ollama"

    @property
    def trusts_own(self) -> bool:
        """The wire between us and the server is no part of it."""
        return True

    def open(self, setup: Setup, prompt: Prompt) -> Loaded:
        """Load the model from nothing.

        Raises:
            Missing: If no server answers, or it has no such model.
            SuiteError: For options that are unknown, or that contradict the device.
            MeasureFailed: If the model cannot be loaded, or is not placed on the device asked for.
        """
        asked = checked(OllamaOptions, _SUITE, setup.options, None)
        if setup.device == "cpu" and asked.num_gpu:
            raise SuiteError(_SUITE, f"`ollama.num_gpu`: {asked.num_gpu} layers on the GPU, and `device` is cpu")
        options: dict[str, Any] = {"num_ctx": setup.context, "num_thread": setup.threads, "temperature": 0.0}
        if asked.num_batch:
            options["num_batch"] = asked.num_batch
        if asked.num_gpu is not None or setup.device == "cpu":
            options["num_gpu"] = asked.num_gpu or 0
        client = self.connect(asked.host, limit_sec=asked.limit_sec)
        self._served = Served(client, setup.model, options, prompt.text, prompt.tokens, setup.seed)
        placed = self._served.open()
        self._evidence = [_placement(placed, setup)]
        return Loaded(
            effective=placed.effective,
            model=model_of(placed.card),
            load_ns=placed.load_ns,
            reads=_reads(placed.card),
            versions={"runtime": f"ollama {placed.version}"},
        )

    def generate(self, tokens: int) -> Generation:
        """Send the prompt, its words in a new order, and wait for `tokens` output tokens.

        Raises:
            MeasureFailed: If it fails, hangs, or counts otherwise than asked (status `invalid`).
        """
        assert self._served, "opened before it is asked"
        try:
            answer = self._served.ask(tokens)
        except Missing as error:
            raise MeasureFailed(str(error)) from error
        return generation_of(answer)

    def close(self) -> Evidence:
        """Have the model out of the server's memory."""
        served, self._served = self._served, None
        if served is None or served.placed is None:
            return Evidence()
        with suppress(Missing, MeasureFailed):  # the server is gone, or somebody else uses the model: no longer ours
            served.close()
        return Evidence(peak_allocator_bytes=served.placed.resident.size, attestation=tuple(self._evidence))


def _placement(placed: Placed, setup: Setup) -> Attestation:
    """Where the server says that the model is.

    Raises:
        MeasureFailed: As invalid, if that is not the device asked for.
    """
    resident: Resident = placed.resident
    evidence = f"/api/ps: {resident.size_vram} of {resident.size} bytes on the GPU, context {resident.context}"
    if (resident.size_vram > 0) != (setup.device == "cuda"):
        raise MeasureFailed(f"the device asked for is {setup.device}, and {evidence}", Status.INVALID)
    if resident.context != setup.context:
        problem = f"a context of {setup.context} tokens was asked for, and {evidence}"
        raise MeasureFailed(f"{problem}; the model was trained for {placed.card.trained_context}", Status.INVALID)
    return Attestation(kind="placement", required=True, evidence=evidence, verdict="proven")


def _reads(card: ModelCard) -> Reads | None:
    """What a pass reads; None where the server does not say, and for experts, of which a pass reads some only."""
    names = {tensor.name for tensor in card.tensors}
    # Without an output of its own the embedding is read in full, as the output.
    weights = card.weight_bytes(without="token_embd.weight" if "output.weight" in names else "")
    kv = 2 * card.blocks * card.heads_kv * card.head_width * _F16_BYTES
    if weights is None or not kv or any("_exps" in name for name in names):
        return None
    return Reads(weights, kv)


def generation_of(answer: Answer) -> Generation:
    """An answer as both witnesses saw it."""
    reply = answer.reply
    return Generation(
        prompt_tokens=reply.prompt_tokens,
        output_tokens=reply.output_tokens,
        chunks=_chunks(reply.arrivals_ns, reply.output_tokens),
        own=_own(reply),
        flags=(Flag.RELOAD,) if answer.reloaded else (),
        text=reply.text,
    )


def _own(reply: Reply) -> Own:
    return Own(
        prompt_tokens=reply.prompt_tokens,
        prompt_ns=reply.prompt_ns,
        decode_passes=reply.output_tokens - 1,
        decode_ns=reply.eval_ns,
        chunks=_chunks(reply.stamps_ns, reply.output_tokens),
        load_ns=reply.load_ns,
    )


def _chunks(times_ns: tuple[int, ...], tokens: int) -> tuple[Chunk, ...]:
    """Chunks of a token each; where they are fewer than tokens, only the last is known to hold the last one.

    (A token that is half a letter waits for the other half, and comes with it.)
    """
    last = len(times_ns) - 1
    return tuple(Chunk(at, tokens if place == last else min(place + 1, tokens)) for place, at in enumerate(times_ns))
