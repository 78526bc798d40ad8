"""A model on an Ollama server with one set of options: placed, asked and given back.

**Effective configuration.** What the server reports of a loaded model decides what it is: the model's digest, the
context (cut to the trained one), the bytes of its buffers and how many of them are on a GPU. `num_gpu` is no part of
it, since it is a wish: all above the number of layers are one, and on a machine without a GPU they all are. `num_batch`
and `num_thread` are reported by nobody, so they count as asked, a batch cut to the context as llama.cpp cuts it, and
what was not asked is "the server's choice", which is not the same as asking for what it may have chosen. Temperature
loads nothing anew, but it decides what is computed after each pass, so it is a part; 0 and below are one, and so are
two that are one number in 32 bits, as the server keeps them.

**Prefill each time.** The server keeps the keys and values of earlier prompts and uses the longest common beginning
again; its API cannot forbid it, and newer servers count tokens from the cache like tokens that were read. So the words
of the prompt are shuffled for each request: as many tokens, another first one.

**As many tokens as asked.** The API cannot forbid a model to end its answer, and the server cuts one off that repeats
a token 30 times, as small models do on a row of words. A penalty on the very last token keeps greedy decoding in longer
circles, which neither ends nor is cut off. Where an answer ends early all the same, the next shuffle is asked.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.core.record import Model, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banterhearts.benchmarking.ollama import OllamaClient
    from banterhearts.benchmarking.ollama_card import ModelCard
    from banterhearts.benchmarking.ollama_replies import Reply, Resident

__all__ = ["RULE", "Answer", "Placed", "Served", "effective_of", "model_of"]

RULE = {"order": "shuffled each time", "repeat_last_n": 1, "repeat_penalty": 1.5}
"""What belongs to each request besides its options; part of a workload's digest."""
_TRIES = 6
"""Shuffles that are asked before a model is one that ends its answers."""
_FITS = 8
"""Requests after which a prompt that has not the right length never will."""
_FILLER = "the"
"""A word that is one token in every vocabulary."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A model in memory, and nothing asked of it yet."""

    card: ModelCard
    resident: Resident
    effective: Mapping[str, Any]
    version: str
    """Of the server."""
    load_ns: int
    """By our clock: the server counts nothing when it only loads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A request that was answered in full."""

    reply: Reply
    reloaded: bool
    """Whether the server loaded the model inside it."""


@dataclass(slots=True)
class Served:
    """A model with one set of options."""

    client: OllamaClient
    model: str
    options: Mapping[str, Any]
    """As asked of the server: `num_ctx`, `num_gpu`, `num_batch`, `num_thread`, `temperature`."""
    text: str
    """The prompt: words, each with a space in front."""
    tokens: int
    """That the prompt shall have."""
    seed: int
    placed: Placed | None = None
    chance: random.Random = field(default_factory=random.SystemRandom)
    """Of the shuffles. Not seeded: the same order again, in another process, would be found in the server's memory."""
    _words: list[str] = field(default_factory=list)
    _shortest_load_ns: int = 0

    def open(self) -> Placed:
        """Fit the prompt to its length, and load the model from nothing.

        Raises:
            Missing: If no server answers, or it has no such model.
            MeasureFailed: If the model cannot be loaded, or the prompt has no such length.
        """
        client, version = self.client, self.client.version()
        card = client.card(self.model)
        self._fit(card)
        client.unload(card)
        load_ns = client.load(card, self.options)
        resident = self._resident(card)
        effective = effective_of(card, resident, self.options)
        self._shortest_load_ns = load_ns
        self.placed = Placed(card, resident, effective, version, load_ns)
        return self.placed

    def settle(self) -> None:
        """Have the model loaded with these options, whoever was there before; untimed.

        Raises:
            Missing: If the server is gone.
            MeasureFailed: As invalid, if the server places it otherwise than at first.
        """
        placed = self._placed()
        took = self.client.load(placed.card, self.options)
        resident = self._resident(placed.card)
        if effective_of(placed.card, resident, self.options) != placed.effective:
            problem = f"Ollama placed {placed.card.name} otherwise than at first: {_place(resident)}"
            raise MeasureFailed(f"{problem}; before, {_place(placed.resident)}", Status.INVALID)
        if self._is_load(took):
            self._shortest_load_ns = min(took, self._shortest_load_ns)

    def ask(self, tokens: int) -> Answer:
        """Send the prompt in a new order and wait for exactly so many tokens.

        Raises:
            Missing: If the server is gone.
            MeasureFailed: If the request fails, or counts otherwise than asked (status `invalid`).
        """
        placed = self._placed()
        reply = None
        for _ in range(_TRIES):
            reply = self._send(placed.card, tokens)
            if reply.prompt_tokens != self.tokens:
                problem = f"Ollama read {reply.prompt_tokens} tokens of a prompt of {self.tokens}"
                raise MeasureFailed(f"{problem}: some came from its cache, or did not fit the context", Status.INVALID)
            if reply.output_tokens == tokens and reply.arrivals_ns:
                return Answer(reply, reloaded=self._is_load(reply.load_ns))
        assert reply is not None
        problem = f"{placed.card.name} ended its answer {_TRIES} times, last after {reply.output_tokens} of {tokens}"
        raise MeasureFailed(f"{problem} tokens; ask for fewer", Status.INVALID)

    def close(self) -> None:
        """Have the model out of memory.

        Raises:
            Missing: If the server is gone.
            MeasureFailed: If somebody else is using the model.
        """
        if self.placed:
            self.client.unload(self.placed.card)

    def _is_load(self, took_ns: int) -> bool:
        """Whether a model was loaded in this time; to find it loaded takes the server some milliseconds."""
        return 2 * took_ns > self._shortest_load_ns

    def _placed(self) -> Placed:
        assert self.placed, "opened before it is asked"
        return self.placed

    def _resident(self, card: ModelCard) -> Resident:
        resident = self.client.resident(card)
        if resident is None:
            raise MeasureFailed(f"Ollama loaded {card.name}, and does not have it in memory: somebody else uses it")
        return resident

    def _send(self, card: ModelCard, tokens: int) -> Reply:
        self.chance.shuffle(self._words)
        penalty = {name: value for name, value in RULE.items() if name != "order"}
        options = {**self.options, **penalty, "seed": self.seed, "num_predict": tokens}
        return self.client.generate(card, "".join(f" {word}" for word in self._words), options)

    def _fit(self, card: ModelCard) -> None:
        """Take words from the end of the prompt until the server counts as many tokens as it shall have.

        The server may put a token in front, and a word may be two: a prompt of 6 may be [w w ww w w] or [^ w ww w w].
        What is one too short then gets a word that is one token everywhere.
        """
        self._words = self.text.split()
        counted = 0
        for _ in range(_FITS):
            counted = self._send(card, 1).prompt_tokens
            if counted == self.tokens:
                return
            spare = counted - self.tokens
            kept = self._words[: max(1, len(self._words) - max(0, spare))]
            self._words = [*kept, *[_FILLER] * -min(0, spare)]
        problem = f"no prompt of {self.tokens} tokens for {card.name}: {len(self._words)} words are {counted}"
        raise MeasureFailed(problem, Status.INVALID)


def effective_of(card: ModelCard, resident: Resident, options: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that is in effect; the docstring of the module says why it is made of this."""
    batch = options.get("num_batch")
    temperature = struct.unpack("f", struct.pack("f", max(0.0, options["temperature"])))[0]
    return {
        "server": "ollama",
        "model": card.digest,
        "context_length": resident.context,
        "size_bytes": resident.size,
        "size_vram_bytes": resident.size_vram,
        "num_batch": min(batch, resident.context) if batch else None,
        "num_thread": options.get("num_thread") or None,
        "temperature": temperature,
    }


def model_of(card: ModelCard) -> Model:
    """The model, for a run record."""
    return Model(
        id=card.name,
        weights_sha256=card.weights_sha256,
        params=card.parameters,
        weight_bytes=card.weight_bytes(),
        arch=card.architecture,
        weights="real",
    )


def _place(resident: Resident) -> str:
    return f"{resident.size_vram} of {resident.size} bytes on the GPU, context {resident.context}"
