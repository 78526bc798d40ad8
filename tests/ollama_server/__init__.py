"""A server of our own that speaks Ollama's protocol, for tests where no Ollama is.

It follows the source of Ollama v0.33 (`server/routes.go`, `server/sched.go`, `llm/llama_server.go`, `api/types.go`):
which requests load, reload and unload a model, what `/api/ps` says of it, which fields are left out when they are
zero, how errors look before and inside a stream, and that a prompt's common beginning is not read again. A model is
run by a `Runner`: `LlamaRunner` is llama.cpp itself, asked as Ollama asks it (`/completion` of its server, counters
from its timings), and `FakeRunner` sleeps, on a processor or a pretended GPU, and counts what it slept.

A chat that does not fit is cut in silence, as there: old messages go, but for the system's and the last, and then half
of the prompt; a request with `truncate: false` is refused instead, unless the server is one from before v0.12.4
(`server.cuts = "always"`).

Faults are scripted: `server.faults.append({"drop_after": 2})` spoils the next request with a prompt; `spoil` says how.
`server.say` is called with each chat request and says what the model answers: a text, a fault (one with the key `text`
spoils that text), or None for the runner's own words. `server.counters` has what each request cost.

By hand: `python tests/ollama_server [PORT]` serves the embedded SmolLM2 as `smollm2:135m`.

The tests are no package: this one is imported from its file, by the name `ollama_server`, as the
fixtures `ollama` and `ollama_module` do it. It is not called `ollama`, which is the client's name.
"""

from __future__ import annotations

from ollama_server.llama import LlamaRunner, embedded
from ollama_server.pretending import FakeRunner
from ollama_server.protocol import ModelFile, Refused, Runner, Timings
from ollama_server.server import Loaded, OllamaServer

__all__ = [
    "FakeRunner",
    "LlamaRunner",
    "Loaded",
    "ModelFile",
    "OllamaServer",
    "Refused",
    "Runner",
    "Timings",
    "embedded",
]
