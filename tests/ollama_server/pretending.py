"""A runner that pretends: it sleeps, on a processor or a GPU that is none, and counts what it slept."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ollama_server.protocol import ModelFile, Timings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass
class FakeRunner:
    """Sleeps for each token that it reads or writes; a word is a token, and one stands in front (BOS)."""

    model: ModelFile
    options: dict[str, Any]
    gpu: bool = False
    read_sec: float = 0.000_01
    write_sec: float = 0.000_05
    load_sec: float = 0.05
    pace: Callable[[dict[str, Any]], float] = lambda _options: 1.0
    """By what the time for a token is multiplied."""
    _read: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Load."""
        time.sleep(self.load_sec)
        layers = self.model.blocks + 1
        asked = self.options["num_gpu"]
        on_gpu = 0 if not self.gpu else layers if asked < 0 else min(asked, layers)
        self.size = self.model.memory(self.options)
        self.size_vram = self.size * on_gpu // layers

    def complete(self, prompt: str, options: Mapping[str, Any]) -> Iterator[str | Timings]:
        """Write one word again and again."""
        tokens = ["<s>", *prompt.split()]
        cached = 0
        while cached < min(len(tokens) - 1, len(self._read)) and tokens[cached] == self._read[cached]:
            cached += 1
        self._read = tokens
        pace = self.pace(self.options)
        started = time.perf_counter()
        time.sleep((len(tokens) - cached) * self.read_sec * pace)
        first = time.perf_counter()
        last = first
        for number in range(options["num_predict"]):
            if number:
                time.sleep(self.write_sec * pace)
            last = time.perf_counter()
            yield f" word{number % 3}"
        yield Timings(
            cached,
            len(tokens) - cached,
            (first - started) * 1e3,
            options["num_predict"],
            (last - first) * 1e3,
            "limit",
        )

    def render(self, messages: list[dict[str, str]]) -> list[Any]:
        """Tokens of about four letters."""
        said = "".join(f"<|{one['role']}|>{one['content']}<|end|>\n" for one in messages)
        return ["<s>", *re.findall(r" ?\w{1,4}|[^\w\s]", said)]

    def chat(self, tokens: list[Any], options: Mapping[str, Any], form: Any, text: str) -> Iterator[str | Timings]:
        """Say the text, cut at `num_predict` tokens."""
        del form
        cached = 0
        while cached < min(len(tokens) - 1, len(self._read)) and tokens[cached] == self._read[cached]:
            cached += 1
        self._read = tokens
        pieces = re.findall(r"\s*\S{1,6}|\s+", text)
        limit = options["num_predict"] if options["num_predict"] > 0 else len(pieces)
        yield from pieces[:limit]
        read, said = len(tokens) - cached, min(limit, len(pieces))
        # The end of a reply is a token of its own.
        ended = len(pieces) < limit or options["num_predict"] <= 0
        yield Timings(cached, read, read / 10, said + ended, said / 10, "eos" if ended else "limit")

    def close(self) -> None:
        """Nothing is held."""
