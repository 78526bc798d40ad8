"""The options of the `decode` suite: `[tool.banterhearts.decode]`, or `--option key=value`."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from banterhearts.benchmarking.decode.model import EMBEDDED

__all__ = ["BackendName", "DecodeOptions", "label_of"]

BackendName = Literal["llamacpp", "torch", "ollama"]
_STEP = 256
"""llama.cpp rounds a context up to so many tokens; doing it for all keeps them equal."""
_UNFIT = re.compile(r"[^A-Za-z0-9 _.,:=+()/@%-]+")
"""What the name of a case may not hold."""


class DecodeOptions(BaseModel):
    """What is measured, and how often."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    model: Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")] = EMBEDDED
    """`embedded`, a path (GGUF file, Transformers folder, config.json), or a tag of an Ollama server."""
    backends: Annotated[list[BackendName], Field(min_length=1)] = ["llamacpp"]
    """Several are arms of one sitting; the first is the baseline."""
    prompt_tokens: Annotated[int, Field(ge=1, le=1 << 20)] = 128
    output_tokens: Annotated[int, Field(ge=2, le=1 << 20)] = 64
    """At least two: between them lies the time per token."""
    context: Annotated[int, Field(ge=2, le=1 << 21)] | None = None
    """Room for prompt and output; by default both, rounded up to a multiple of 256."""
    threads: Annotated[int, Field(ge=1, le=4096)] | None = None
    """By default all that the process may use."""
    device: Literal["cpu", "cuda"] = "cpu"
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    """Of the prompt's words, and of random weights."""
    blocks: Annotated[int, Field(ge=1, le=10_000)] = 10
    warmups: Annotated[int, Field(ge=0, le=1000)] = 1
    min_effect: Annotated[float, Field(gt=0, le=1)] = 0.02
    limit_sec: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    """For loading, and for one request."""
    llamacpp: dict[str, Any] = {}
    torch: dict[str, Any] = {}
    ollama: dict[str, Any] = {}
    """Each back end's own options; `model` among them wins over the suite's."""

    @field_validator("backends", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("backends")
    @classmethod
    def _none_twice(cls, value: list[BackendName]) -> list[BackendName]:
        if len(set(value)) != len(value):
            raise ValueError("a back end is named twice; the placebo doubles the first anyway")
        return value

    @field_validator("llamacpp", "torch", "ollama")
    @classmethod
    def _a_model_is_a_name(cls, value: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(value.get("model", ""), str):
            raise ValueError("`model` in a back end's table is no string")  # noqa: TRY004 - pydantic takes no TypeError
        return value

    @model_validator(mode="after")
    def _it_fits(self) -> Self:
        if self.context is not None and self.context < self.prompt_tokens + self.output_tokens:
            raise ValueError(f"`context` of {self.context} has no room for prompt and output")
        return self

    @property
    def room(self) -> int:
        """Tokens of context."""
        return self.context or -(-(self.prompt_tokens + self.output_tokens) // _STEP) * _STEP

    def table(self, backend: BackendName) -> dict[str, Any]:
        """A back end's own options, `model` always among them."""
        own: dict[str, Any] = getattr(self, backend)
        return {"model": self.model, **own}


def label_of(model: str) -> str:
    """A model's name for people, as the name of a case may hold it: no folder, no ending."""
    if model == EMBEDDED:
        return "SmolLM2-135M-Instruct"
    name = PurePath(model).name if model.startswith((".", "/", "~")) else model
    return _UNFIT.sub("_", name.removesuffix(".gguf"))[:100].strip(" _") or "model"
