"""The seam between the decode suite and what runs a language model.

    backend.open(setup, prompt) ─▶ Loaded      once: the model is in memory, nothing was asked of it yet
    backend.generate(tokens) ─▶ Generation     again and again: one request, the whole prompt read, `tokens` written
    backend.close() ─▶ Evidence                once, whatever happened before

A back end owns its runtime and reads the clock around it; what the numbers mean (`metrics`), whether the machine can
do them (`roofline`) and in which order things are visited (`suite`, `sitting`) is not its business.

What every back end keeps to, so that two of them stand in one table:

- **The same request.** One prompt of exactly `Prompt.tokens` tokens, nothing added in front; greedy; exactly as many
  output tokens as asked, whether the model would have ended earlier or not. A back end that cannot keep to the counts
  raises `MeasureFailed` with status `invalid`.
- **Prefill happens each time.** No key or value of an earlier request is used again, and `Generation.cached_tokens`
  is what the runtime says of it.
- **Times** are whole nanoseconds of a monotonic clock, counted from the moment the request is handed over, with the
  device synchronised on both sides.
- **Two witnesses.** `Generation` holds what our clock saw at the caller's side; `Own` what the runtime's counters say
  of the same request. They are never mixed: a metric comes from the one or from the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banterhearts.core.record import Attestation, Flag, Model

__all__ = ["Backend", "Chunk", "Evidence", "Generation", "Loaded", "Own", "Prompt", "Reads", "Setup"]


@dataclass(frozen=True, slots=True)
class Setup:
    """What is asked of a back end."""

    model: str
    """A path (GGUF file, Transformers folder or configuration), or a tag of an Ollama server."""
    threads: int
    """Of the processor, for prefill and decode alike."""
    context: int
    """Tokens that the context holds: room for prompt and output."""
    seed: int
    device: Literal["cpu", "cuda"] = "cpu"
    options: Mapping[str, Any] = field(default_factory=dict)
    """The back end's own table, unchecked (`--option ollama={num_gpu=0}` gives Ollama's)."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is made to read."""

    text: str
    """Common words, each with a space in front: in nearly every vocabulary a word is one token."""
    tokens: int
    """Exactly as many tokens are read. A back end that can hand over text only takes words from its end until the
    server counts that many."""
    seed: int
    """What the words were drawn with."""
    ids: tuple[int, ...] | None = None
    """`text` in tokens, where the model's vocabulary could be read; else a back end draws ids with the seed."""


@dataclass(frozen=True, slots=True)
class Reads:
    """Bytes that one decode pass must read, for the roofline."""

    weights: int
    """Of all tensors that a pass for one token reads in full; an embedding of which it reads one row is left out."""
    kv_per_token: int
    """Keys and values of one position, all layers."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is known once the model is in memory."""

    effective: Mapping[str, Any]
    """The configuration as the runtime reports it; values that JSON holds, no paths of the machine."""
    model: Model
    load_ns: int
    """From naming the file to being ready for a request. Starting a process and importing a library is no part."""
    reads: Reads | None = None
    """None where the back end cannot say."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Fields of `Environment`: `torch`, `triton`, `cuda`, `runtime`."""
    own_load_ns: int | None = None
    """The same by the runtime's own count."""
    prompt_ids: tuple[int, ...] | None = None
    """The tokens that will be read; None where only the server knows them."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One arrival of output at the caller."""

    at_ns: int
    """Since the request was handed over."""
    tokens: int
    """Tokens written so far, this chunk's counted."""


@dataclass(frozen=True, slots=True)
class Own:
    """One request by the runtime's own counters."""

    prompt_tokens: int
    prompt_ns: int
    """Reading the prompt, up to the first output token."""
    decode_passes: int
    """Passes that `decode_ns` covers: output tokens, less the first where prefill gave it."""
    decode_ns: int
    chunks: tuple[Chunk, ...] = ()
    """When each chunk left, by the runtime's clock; empty where it keeps none."""
    load_ns: int = 0
    """Spent loading inside this request; told apart from the first token."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One request as our clock saw it."""

    prompt_tokens: int
    """Read, as the runtime counts them; those of `cached_tokens` are in it."""
    output_tokens: int
    chunks: tuple[Chunk, ...]
    """At least one; the last holds the last token."""
    cached_tokens: int = 0
    """Not read because an earlier request had: anything but 0 makes the visit invalid."""
    own: Own | None = None
    flags: tuple[Flag, ...] = ()
    """`reload` where the model was loaded inside the request."""
    text: str = ""
    """What was written, where the back end has text; for tests and for people."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known once it is over."""

    peak_device_bytes: int | None = None
    """Peak memory as the device sees it: resident pages of the process, or memory in use on the GPU."""
    peak_allocator_bytes: int | None = None
    """Peak memory as the runtime's allocator counts it."""
    attestation: tuple[Attestation, ...] = ()


class Backend(Protocol):
    """A runtime for language models, not started yet."""

    @property
    def name(self) -> str:
        """As `--option backends=…` names it."""

    @property
    def trusts_own(self) -> bool:
        """Whether metrics come from `Own` (a server far away, whose wire is no part of it) or from `Generation`."""

    def open(self, setup: Setup, prompt: Prompt) -> Loaded:
        """Load the model; the first request of `generate` is then the cold one.

        Raises:
            Missing: If a library, a server or a model is not there.
            SuiteError: For options that the back end does not know.
            MeasureFailed: If it is there and cannot be loaded.
        """

    def generate(self, tokens: int) -> Generation:
        """Send the prompt and wait for `tokens` output tokens.

        Raises:
            MeasureFailed: If it fails, hangs, or counts otherwise than asked (status `invalid`).
        """

    def close(self) -> Evidence:
        """Give the model back and end everything that was started; may be called without `open`."""
