"""llama.cpp through xllamacpp: the server's engine inside this process, its requests handed over by a function call.

xllamacpp has no way to llama.cpp but through its server, so one exists; requests go past its network side. (It also
listens on a port of the loopback interface, for which a random key is set that nobody is told.)

**What happened is read from llama.cpp's own log**, at the verbosity at which it tells each buffer, the threads and the
layers it offloaded, but nothing a token. The log's stamps are its own clock: they begin when logging begins, which is
the call that loads the model.

**Its counters.** Each chunk carries `timings`: `prompt_ms` runs from the moment a slot takes the request to the first
token's sampling, `predicted_ms` from there to the latest token: with n tokens written it covers n - 1 passes.

**Prefill happens each time**: `cache_prompt` is off, so the slot forgets its keys and values before each request, and
the cache of earlier prompts in memory is off too; `cache_n` of each request says so, and is attested.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from time import monotonic, perf_counter_ns, sleep
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.declarations import checked
from banterhearts.benchmarking.decode.backend import Chunk, Evidence, Generation, Loaded, Own, Reads
from banterhearts.benchmarking.decode.llamacpp_log import MIB, Report, parse_log
from banterhearts.benchmarking.decode.memory import peak_resident_bytes
from banterhearts.benchmarking.decode.prompt import draw_ids
from banterhearts.benchmarking.decode.runtime import load_runtime
from banterhearts.core.record import Attestation, Model, Status
from banterhearts.errors import SuiteError

if TYPE_CHECKING:
    from pathlib import Path

    from banterhearts.benchmarking.decode.backend import Prompt, Setup
    from banterhearts.benchmarking.decode.model import ModelFile

__all__ = ["LlamaCpp", "LlamaCppOptions", "read_arrivals"]

_VERBOSITY = 4
"""Buffers, threads, layers; 5 would write a line a token."""
_ALL_LAYERS = 9999
_LOG_SEC = 5.0
"""The log is written by a thread of its own; so long it is waited for."""
_ROUNDING = 0.01 * MIB
"""The log tells mebibytes to two places."""


class LlamaCppOptions(BaseModel):
    """`--option llamacpp={…}`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    n_gpu_layers: Annotated[int, Field(ge=0, le=_ALL_LAYERS)] | None = None
    """By default all on a GPU, and none on a CPU."""
    n_batch: Annotated[int, Field(ge=1, le=65536)] = 2048
    n_ubatch: Annotated[int, Field(ge=1, le=65536)] = 512


@dataclass(slots=True)
class LlamaCpp:
    """llama.cpp, embedded."""

    file: ModelFile
    log: Path
    name: str = "llamacpp"
    trusts_own: bool = False
    _server: Any = None
    _ids: tuple[int, ...] = ()
    _asked: dict[str, Any] = field(default_factory=dict)
    _report: Report | None = None
    _requests: int = 0
    _cached: int = 0

    def open(self, setup: Setup, prompt: Prompt) -> Loaded:
        """Load a GGUF file."""
        options = checked(LlamaCppOptions, "decode", setup.options, None)
        if self.file.kind != "gguf":
            raise SuiteError("decode", "llama.cpp reads GGUF files only", self.file.path)
        if setup.device == "cpu" and options.n_gpu_layers:
            raise SuiteError("decode", f"`llamacpp.n_gpu_layers` is {options.n_gpu_layers}, and `device` is cpu")
        layers = options.n_gpu_layers if options.n_gpu_layers is not None else _ALL_LAYERS * (setup.device == "cuda")
        runtime = load_runtime("xllamacpp", "local")
        parameters = _parameters(runtime, self.file.path, setup, options)
        parameters.n_gpu_layers = layers
        started = perf_counter_ns()
        try:
            self._server = runtime.Server(parameters)
        except (RuntimeError, ValueError) as error:
            raise MeasureFailed(f"llama.cpp does not load it: {error}") from error
        load_ns = perf_counter_ns() - started
        self._report = self._read_log()
        self._asked = {"threads": setup.threads, "n_gpu_layers": layers}
        size = len(self.file.vocabulary or ()) or 256
        self._ids = prompt.ids or draw_ids(prompt.tokens, prompt.seed, size)
        return Loaded(
            effective=self._effective(options),
            model=Model(
                id=self.file.label,
                weights_sha256=self.file.sha256,
                params=self.file.params,
                weight_bytes=self.file.weight_bytes,
                arch=self.file.arch,
                weights="real",
            ),
            load_ns=load_ns,
            reads=self._reads(),
            versions={"runtime": f"xllamacpp {runtime.__version__}"},
            own_load_ns=self._report.load_ns,
            prompt_ids=self._ids,
        )

    def generate(self, tokens: int) -> Generation:
        """One request, its chunks stamped as they come."""
        assert self._server is not None
        arrivals: list[tuple[int, Any]] = []

        def receive(event: object) -> bool:
            arrivals.append((perf_counter_ns(), event))
            return False

        request = {
            "prompt": list(self._ids),
            "n_predict": tokens,
            "temperature": 0,
            "ignore_eos": True,
            "cache_prompt": False,
            "stream": True,
            "timings_per_token": True,
        }
        started = perf_counter_ns()
        self._server.handle_completions(request, receive)
        generation = read_arrivals(started, arrivals)
        self._requests += 1
        self._cached += generation.cached_tokens
        return generation

    def close(self) -> Evidence:
        """Let the model go, and say what the log proves."""
        if self._server is None or self._report is None:
            return Evidence()
        self._server = None
        report = self._report
        return Evidence(
            peak_device_bytes=peak_resident_bytes(),
            peak_allocator_bytes=report.model_bytes + report.kv_bytes + report.other_bytes,
            attestation=self._attest(report),
        )

    def _read_log(self) -> Report:
        """The log up to "model loaded", which another thread may still be writing."""
        deadline = monotonic() + _LOG_SEC
        while True:
            report = parse_log(self.log.read_text(encoding="utf-8", errors="replace"))
            if report.load_ns is not None or monotonic() > deadline:
                return report
            sleep(0.01)

    def _effective(self, options: LlamaCppOptions) -> dict[str, Any]:
        assert self._report is not None
        report = self._report
        return {
            "backend": self.name,
            "weights_sha256": self.file.sha256,
            "format": report.file_type,
            "threads": report.threads,
            "threads_batch": report.threads_batch,
            "context": report.context,
            "n_batch": options.n_batch,
            "n_ubatch": options.n_ubatch,
            "layers_offloaded": report.offloaded,
            "buffers": list(report.devices),
            "flash_attention": report.flash_attention,
            "load_mode": report.load_mode,
        }

    def _reads(self) -> Reads | None:
        assert self._report is not None
        if self.file.pass_bytes is None or not self._report.kv_cells:
            return None
        return Reads(self.file.pass_bytes, round(self._report.kv_bytes / self._report.kv_cells))

    def _attest(self, report: Report) -> tuple[Attestation, ...]:
        threads, layers = self._asked["threads"], self._asked["n_gpu_layers"]
        stored, params = self.file.weight_bytes or 0, self.file.params or 0
        # Not less than the file has: an embedding that is the output matrix too may lie on two devices.
        same_bytes = report.model_bytes >= stored - _ROUNDING * len(report.devices)
        same_params = report.params_millions is not None and abs(report.params_millions * 1e6 - params) <= params * 1e-2
        wanted = min(layers, (report.layers or 0) + 1)
        return (
            _proof(
                "weights",
                f"{report.model_bytes / MIB:.2f} MiB in {', '.join(report.devices)}, {report.params_millions} M "
                f"parameters by llama.cpp; {stored} bytes, {params} parameters in the file",
                holds=same_bytes and same_params,
            ),
            _proof(
                "threads",
                f"{report.threads} and {report.threads_batch} for batches by llama.cpp; {threads} asked",
                holds=report.threads == report.threads_batch == threads,
            ),
            _proof(
                "layers offloaded",
                f"{report.offloaded} of {report.layers} layers by llama.cpp; {layers} asked",
                holds=report.offloaded == wanted,
            ),
            _proof(
                "prefill",
                f"{self._cached} prompt tokens taken from a cache in {self._requests} requests, by llama.cpp's cache_n",
                holds=self._cached == 0,
            ),
        )


def _parameters(runtime: Any, path: Path, setup: Setup, options: LlamaCppOptions) -> Any:  # noqa: ANN401 - xllamacpp has no types
    found = runtime.CommonParams()
    found.model.path = str(path)
    found.n_ctx = setup.context
    found.n_batch, found.n_ubatch = options.n_batch, options.n_ubatch
    found.cpuparams.n_threads = found.cpuparams_batch.n_threads = setup.threads
    found.n_parallel = 1
    found.cache_prompt = False
    found.cache_ram_mib = 0
    found.fit_params = False  # which would change what was asked, and loads the model twice to find out
    found.warmup = False  # the first request is the cold one
    found.verbosity = _VERBOSITY
    found.api_keys = [secrets.token_urlsafe(32)]
    return found


def read_arrivals(started: int, arrivals: list[tuple[int, Any]]) -> Generation:
    """Chunks and counters out of what came.

    A token whose bytes end inside a character is held back and comes with the next, so tokens are counted by
    `predicted_n`, never by chunks; the closing event, which brings no token, is none.
    """
    chunks: list[Chunk] = []
    own: list[Chunk] = []
    text: list[str] = []
    timings: dict[str, Any] = {}
    for at, event in arrivals:
        if not isinstance(event, dict) or "timings" not in event:
            raise MeasureFailed(f"llama.cpp refuses the request: {str(event)[:300]}", Status.INVALID)
        timings = event["timings"]
        text.append(event["choices"][0]["text"])
        written = int(timings["predicted_n"])
        if written > (chunks[-1].tokens if chunks else 0):
            chunks.append(Chunk(at - started, written))
            own.append(Chunk(round((timings["prompt_ms"] + timings["predicted_ms"]) * 1e6), written))
    if not chunks:
        raise MeasureFailed("llama.cpp gave no token", Status.INVALID)
    return Generation(
        prompt_tokens=int(timings["prompt_n"]) + int(timings["cache_n"]),
        output_tokens=int(timings["predicted_n"]),
        chunks=tuple(chunks),
        cached_tokens=int(timings["cache_n"]),
        own=Own(
            prompt_tokens=int(timings["prompt_n"]),
            prompt_ns=round(timings["prompt_ms"] * 1e6),
            decode_passes=int(timings["predicted_n"]) - 1,
            decode_ns=round(timings["predicted_ms"] * 1e6),
            chunks=tuple(own),
        ),
        text="".join(text),
    )


def _proof(kind: str, evidence: str, *, holds: bool) -> Attestation:
    return Attestation(kind=kind, required=True, evidence=evidence, verdict="proven" if holds else "refuted")
