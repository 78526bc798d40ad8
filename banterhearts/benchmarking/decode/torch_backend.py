"""PyTorch through Transformers: the loop that most people run, `generate` with a dynamic cache.

A GGUF file is dequantized when it is loaded, so this never times a quantized model: `format` says what lies on disk,
`dtype` and `weight_bytes` what is in memory and is read for each token. With `weights = "random"` a `config.json` is
enough: speed does not hang on what the weights are, and a machine without the model can still be measured.

**The clock** is read before `generate` is called, with the device synchronised, and then each time that Transformers
hands a token to its streamer. It copies the token to the host for that, which waits for the device.

**Its counters.** PyTorch keeps none, so asked for with `profile` it runs under its own instruments, and that request's
two witnesses slow down together: on a CPU torch.profiler, whose clock stamps every operator, of which `argmax` ends a
pass with its token; on a GPU events of the device, recorded as each token is there.

**Prefill happens each time** because `generate` makes its cache anew, and what proves it is the cache that it returns:
it holds as many positions as this request alone has.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.declarations import checked
from banterhearts.benchmarking.decode.backend import Chunk, Evidence, Generation, Loaded, Own, Reads
from banterhearts.benchmarking.decode.memory import peak_resident_bytes
from banterhearts.benchmarking.decode.prompt import draw_ids
from banterhearts.benchmarking.decode.runtime import load_runtime
from banterhearts.core.record import Attestation, Model, Status, digest
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from pathlib import Path

    from banterhearts.benchmarking.decode.backend import Prompt, Setup
    from banterhearts.benchmarking.decode.model import ModelFile

__all__ = ["Torch", "TorchOptions"]


class TorchOptions(BaseModel):
    """`--option torch={…}`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    dtype: Literal["float32", "bfloat16", "float16"] | None = None
    """By default float32 on a CPU and bfloat16 on a GPU."""
    weights: Literal["real", "random"] = "real"
    profile: bool = False
    """Run every request under PyTorch's own instruments; slower, and only good for comparing two clocks."""


@dataclass(slots=True)
class Torch:
    """A Transformers model, in this process."""

    file: ModelFile
    log: Path
    name: str = "torch"
    trusts_own: bool = False
    _torch: Any = None
    _model: Any = None
    _setup: Setup | None = None
    _options: TorchOptions = field(default_factory=TorchOptions)
    _inputs: dict[str, Any] = field(default_factory=dict)
    _requests: int = 0
    _fresh: int = 0
    """Requests after which the cache held their own positions and no more."""
    _cache_bytes: int = 0

    def open(self, setup: Setup, prompt: Prompt) -> Loaded:
        """Load a GGUF file or a folder, or make a model of random weights."""
        options = checked(TorchOptions, "decode", setup.options, None)
        if options.weights == "real" and self.file.kind == "config":
            problem = 'has a shape and no weights; say `torch = {weights = "random"}`'
            raise SuiteError("decode", problem, self.file.path)
        self._torch = torch = load_runtime("torch", "engine")
        transformers = load_runtime("transformers", "engine")
        if setup.device == "cuda" and not torch.cuda.is_available():
            raise Missing("PyTorch sees no GPU", "measure on the cpu: --option device=cpu")
        torch.set_num_threads(setup.threads)
        with suppress(RuntimeError):  # only the first setting in a process is heard, and there is one
            torch.set_num_interop_threads(1)
        name = options.dtype or ("bfloat16" if setup.device == "cuda" else "float32")
        self._options = options.model_copy(update={"dtype": name})
        started = perf_counter_ns()
        self._model = self._load(transformers, getattr(torch, name), setup)
        self._synchronise(setup)
        load_ns = perf_counter_ns() - started
        self._setup = setup
        self._model.generation_config = transformers.GenerationConfig(
            do_sample=False, use_cache=True, eos_token_id=None, pad_token_id=0, return_dict_in_generate=True
        )
        ids = prompt.ids or draw_ids(prompt.tokens, prompt.seed, int(self._model.config.vocab_size))
        tensor = torch.tensor([ids], device=setup.device)  # [B=1, T]
        self._inputs = {"input_ids": tensor, "attention_mask": torch.ones_like(tensor)}
        return Loaded(
            effective=self._effective(),
            model=self._describe(),
            load_ns=load_ns,
            reads=self._reads(),
            versions=_versions(torch, transformers, setup),
            prompt_ids=ids,
        )

    def generate(self, tokens: int) -> Generation:
        """One request, a chunk a token."""
        assert self._setup is not None
        device = self._setup.device
        watch = _Watch(self._torch if self._options.profile and device == "cuda" else None)
        profile = self._options.profile and device == "cpu"
        recorder: AbstractContextManager[Any] = (
            self._torch.profiler.profile(activities=[self._torch.profiler.ProfilerActivity.CPU])
            if profile
            else nullcontext()
        )
        with recorder as recorded:
            self._synchronise(self._setup)
            started = watch.start()
            output = self._model.generate(**self._inputs, streamer=watch, max_new_tokens=tokens)
            self._synchronise(self._setup)
        arrivals = watch.at[1:]  # first it is handed the prompt
        chunks = tuple(Chunk(at - started, place) for place, at in enumerate(arrivals, 1))
        length = int(self._inputs["input_ids"].shape[1])
        self._look_at_cache(output.past_key_values, length + tokens - 1)
        own = _profiled(recorded, length, tokens) if profile else watch.own(length)
        return Generation(prompt_tokens=length, output_tokens=len(arrivals), chunks=chunks, own=own)

    def close(self) -> Evidence:
        """Let the model go, and say what it was."""
        if self._model is None or self._setup is None:
            return Evidence()
        attestation = self._attest(self._setup)
        if self._setup.device == "cuda":
            cuda = self._torch.cuda  # taken from the device, and held by tensors; the device counts every process
            evidence = Evidence(cuda.max_memory_reserved(), cuda.max_memory_allocated(), attestation)
        else:
            held = self._weight_bytes() + self._cache_bytes
            evidence = Evidence(peak_resident_bytes(), held, attestation)
        self._model, self._inputs = None, {}
        return evidence

    def _load(self, transformers: Any, dtype: Any, setup: Setup) -> Any:  # noqa: ANN401 - Transformers has no types here
        path = self.file.path
        try:
            if self._options.weights == "random":
                self._torch.manual_seed(setup.seed)
                config = transformers.AutoConfig.from_pretrained(path, local_files_only=True)
                with self._torch.device(setup.device):
                    model = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype)
            else:
                gguf = {"gguf_file": path.name} if self.file.kind == "gguf" else {}
                folder = path.parent if gguf else path
                model = transformers.AutoModelForCausalLM.from_pretrained(
                    folder, dtype=dtype, local_files_only=True, **gguf
                )
            return model.to(setup.device).eval()
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise MeasureFailed(f"Transformers does not load it: {error}") from error

    def _synchronise(self, setup: Setup) -> None:
        if setup.device == "cuda":
            self._torch.cuda.synchronize()

    def _parameters(self) -> list[Any]:
        """Each tensor once, a tied one too."""
        return [*self._model.parameters(), *self._model.buffers()]

    def _weight_bytes(self) -> int:
        return sum(int(tensor.nbytes) for tensor in self._parameters())

    def _effective(self) -> dict[str, Any]:
        random = self._options.weights == "random"
        assert self._setup is not None
        return {
            "backend": self.name,
            "weights_sha256": self.file.sha256 if not random else None,
            "random_weights": digest(self._model.config.to_json_string()) if random else None,
            "format": "+".join(sorted(self.file.formats)) or None,
            "dtype": "+".join(
                sorted({str(tensor.dtype).removeprefix("torch.") for tensor in self._model.parameters()})
            ),
            "threads": self._torch.get_num_threads(),
            "device": str(self._model.device.type),
            "attention": str(self._model.config._attn_implementation),  # noqa: SLF001 - the only place that tells
            "cache": "dynamic",
            "profile": self._options.profile,
        }

    def _describe(self) -> Model:
        random = self._options.weights == "random"
        return Model(
            id=self.file.label,
            weights_sha256=None if random else self.file.sha256,
            params=sum(int(tensor.numel()) for tensor in self._model.parameters()),
            weight_bytes=self._weight_bytes(),
            arch=type(self._model).__name__,
            weights="random" if random else "real",
        )

    def _reads(self) -> Reads | None:
        """Every parameter, but of an embedding that is not the output matrix too; and the cache's row of a position."""
        config = self._model.config
        try:
            heads = config.num_key_value_heads
            width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
            values = 2 * config.num_hidden_layers * heads * width
        except AttributeError:
            return None
        if getattr(config, "num_local_experts", None) or getattr(config, "num_experts", None):
            return None  # which of the experts a token reads is not in the sum
        weights = sum(int(tensor.nbytes) for tensor in self._model.parameters())
        inner, outer = self._model.get_input_embeddings(), self._model.get_output_embeddings()
        if outer is not None and inner.weight is not outer.weight:
            weights -= int(inner.weight.nbytes)
        return Reads(weights, values * int(inner.weight.element_size()))

    def _look_at_cache(self, cache: Any, positions: int) -> None:  # noqa: ANN401 - as above
        self._requests += 1
        self._fresh += int(cache.get_seq_length()) == positions
        held = sum(int(layer.keys.nbytes + layer.values.nbytes) for layer in cache.layers)
        self._cache_bytes = max(self._cache_bytes, held)

    def _attest(self, setup: Setup) -> tuple[Attestation, ...]:
        tensors = list(self._model.parameters())
        count = sum(int(tensor.numel()) for tensor in tensors)
        kinds = sorted({str(tensor.dtype).removeprefix("torch.") for tensor in tensors})
        places = sorted({str(tensor.device.type) for tensor in tensors})
        planned = self.file.params if self._options.weights == "real" else None
        threads = self._torch.get_num_threads()
        whole = (
            planned is None or abs(count - planned) <= planned * 0.01
        )  # a GGUF may hold tables that are no parameters
        return (
            _proof(
                "weights",
                f"{count} parameters of {', '.join(kinds)} on {', '.join(places)}, {self._weight_bytes()} bytes; "
                f"{planned if planned is not None else 'an unknown number of'} parameters in the file",
                holds=kinds == [self._options.dtype] and places == [setup.device] and whole,
            ),
            _proof("threads", f"{threads} by torch; {setup.threads} asked", holds=threads == setup.threads),
            _proof(
                "prefill",
                f"after {self._fresh} of {self._requests} requests the cache held their own positions and no other's",
                holds=self._fresh == self._requests,
            ),
        )


class _Watch:
    """A streamer of Transformers that reads the clock."""

    def __init__(self, torch: Any) -> None:  # noqa: ANN401 - the module, or None where no events are wanted
        self.at: list[int] = []
        self._torch = torch
        self._events: list[Any] = []

    def start(self) -> int:
        """When the request is handed over."""
        self._mark()
        return perf_counter_ns()

    def put(self, _tokens: object) -> None:
        """Called with the prompt first, then with each token on the host."""
        self.at.append(perf_counter_ns())
        self._mark()

    def end(self) -> None:
        """Called when there are no more."""

    def own(self, prompt_tokens: int) -> Own | None:
        """By the device's events, where they were recorded."""
        if not self._events:
            return None
        sent, _prompt, *tokens = self._events
        return _own(prompt_tokens, [round(sent.elapsed_time(one) * 1e6) for one in tokens])

    def _mark(self) -> None:
        if self._torch is not None:
            event = self._torch.cuda.Event(enable_timing=True)
            event.record()
            self._events.append(event)


def _profiled(recorded: Any, prompt_tokens: int, tokens: int) -> Own:  # noqa: ANN401 - torch.profiler.profile
    """One request by the profiler's stamps, in microseconds: from the first operator to the end of each `argmax`."""
    spans = [(event.name, event.time_range.start, event.time_range.end) for event in recorded.events()]
    first = min(start for _, start, _ in spans)
    ends = sorted(end for name, _, end in spans if name == "aten::argmax")
    if len(ends) != tokens:
        raise MeasureFailed(f"the profiler saw {len(ends)} tokens chosen, not {tokens}", Status.INVALID)
    return _own(prompt_tokens, [round((end - first) * 1000) for end in ends])


def _own(prompt_tokens: int, ends: list[int]) -> Own:
    return Own(
        prompt_tokens=prompt_tokens,
        prompt_ns=ends[0],
        decode_passes=len(ends) - 1,
        decode_ns=ends[-1] - ends[0],
        chunks=tuple(Chunk(end, place) for place, end in enumerate(ends, 1)),
    )


def _versions(torch: Any, transformers: Any, setup: Setup) -> dict[str, str]:  # noqa: ANN401 - as above
    found = {"torch": str(torch.__version__), "runtime": f"transformers {transformers.__version__}"}
    if setup.device == "cuda":
        found["cuda"] = str(torch.version.cuda)
        with suppress(PackageNotFoundError):
            found["triton"] = version("triton")
    return found


def _proof(kind: str, evidence: str, *, holds: bool) -> Attestation:
    return Attestation(kind=kind, required=True, evidence=evidence, verdict="proven" if holds else "refuted")
