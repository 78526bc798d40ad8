"""The server: which requests load, reload and unload a model, and what is answered to each."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from ollama_server.faults import Replying
from ollama_server.pretending import FakeRunner
from ollama_server.protocol import KEEP, OPTIONS, RUNNER_OPTIONS, ModelFile, Refused, Runner, now, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass
class Loaded:
    """A model in memory."""

    model: ModelFile
    options: dict[str, Any]
    runner: Runner
    keep_sec: float = 300.0
    expires_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class OllamaServer(ThreadingHTTPServer):
    """The server; `host` is where it is."""

    daemon_threads = True
    version = "0.33.0"

    def __init__(self, *models: ModelFile, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.models = {model.name: model for model in models}
        self.loaded: dict[str, Loaded] = {}
        self.requests: list[tuple[str, str, Any, dict[str, str]]] = []
        """Method, path, body and headers of all that was asked."""
        self.faults: deque[dict[str, Any]] = deque()
        """What spoils the next requests with a prompt, one each."""
        self.replies: dict[str, Any] = {}
        """Path to what is answered instead: bytes, or a status and bytes, or these and headers."""
        self.say: Callable[[dict[str, Any]], str | dict[str, Any] | None] | None = None
        """Called with each chat request: what the model answers."""
        self.counters: list[dict[str, int]] = []
        """Of each request with a prompt: `cache_n`, `prompt_n`, `predicted_n`, `num_ctx`."""
        self.cuts = "when let"
        """What is done with prompts that are too long: `always` before v0.12.4, which knew no `truncate`."""
        self.loads = 0
        self.lock = threading.RLock()
        self.lives = 0
        """How often it was started again."""
        self.over = threading.Event()
        self.rising = threading.Lock()
        """Held while it is started again, and while it is told to end."""

    @property
    def host(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        """Serve from another thread."""
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def restart(self, down_sec: float = 0.0) -> None:
        """End it as a signal would, replies that are under way too, and start it again on the same port."""
        self.lives += 1
        self.shutdown()
        self.socket.close()
        with self.lock:
            for name in list(self.loaded):
                self.unload(name)
        time.sleep(down_sec)
        with self.rising:
            if self.over.is_set():
                return  # its test has ended: nobody would close what is opened now
            self.socket = socket.socket(self.address_family, self.socket_type)
            self.server_bind()
            self.server_activate()
            self.__enter__()

    def __exit__(self, *ended: object) -> None:
        """End it and what it loaded."""
        with self.rising:
            self.over.set()
        self.shutdown()
        self.server_close()
        for name in list(self.loaded):
            self.unload(name)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def find(self, name: str) -> ModelFile | None:
        """A model by its name, as `getExistingName` finds it."""
        name = name.lower().removeprefix("registry.ollama.ai/").removeprefix("library/")
        full = name if ":" in name else f"{name}:latest"
        return next((model for known, model in self.models.items() if known.lower() == full), None)

    def options(self, model: ModelFile, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Defaults, with what is asked over them; the context cut to the trained one."""
        options = OPTIONS | {key: value for key, value in asked.items() if key in OPTIONS}
        return options | {"num_ctx": min(max(options["num_ctx"], 4), model.trained_context)}

    def schedule(self, model: ModelFile, options: Mapping[str, Any], keep_alive: float | None) -> Loaded:
        """The model, loaded anew where its options are others (`needsReload`)."""
        wanted = {key: options[key] for key in RUNNER_OPTIONS}
        there = self.loaded.get(model.name)
        if there:
            known = dict(there.options)
            if wanted["num_gpu"] < 0:
                known["num_gpu"] = wanted["num_gpu"]
            if known != wanted:
                self.unload(model.name)
        if model.name not in self.loaded:
            self.loads += 1
            self.loaded[model.name] = Loaded(model, wanted, model.start(model, wanted))
        loaded = self.loaded[model.name]
        if keep_alive is not None:
            loaded.keep_sec = keep_alive
        loaded.expires_at = datetime.now(UTC) + timedelta(seconds=loaded.keep_sec)
        return loaded

    def unload(self, name: str) -> None:
        """Out of memory."""
        if there := self.loaded.pop(name, None):
            there.runner.close()

    def residents(self) -> list[dict[str, Any]]:
        """The rows of `/api/ps`."""
        for name in [name for name, one in self.loaded.items() if one.expires_at < datetime.now(UTC)]:
            self.unload(name)
        return [
            {
                "name": one.model.name,
                "model": one.model.name,
                "size": one.runner.size,
                "digest": one.model.digest,
                "details": one.model.details,
                "expires_at": one.expires_at.isoformat(),
                "size_vram": one.runner.size_vram,
                "context_length": one.options["num_ctx"],
            }
            for one in self.loaded.values()
        ]


class Handler(Replying, BaseHTTPRequestHandler):
    """Answers requests."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Version, tags, ps."""
        self.server.requests.append(("GET", self.path, None, dict(self.headers)))
        if self.replied():
            return
        if self.path == "/api/version":
            self.answer({"version": self.server.version})
        elif self.path == "/api/tags":
            rows = self.server.models.values()
            self.answer(
                {
                    "models": [
                        {
                            "name": row.name,
                            "model": row.name,
                            "modified_at": row.modified_at,
                            "size": row.size,
                            "digest": row.digest,
                            "details": row.details,
                        }
                        for row in rows
                    ]
                }
            )
        elif self.path == "/api/ps":
            with self.server.lock:
                self.answer({"models": self.server.residents()})
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """Show and generate."""
        arrived = time.perf_counter()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(("POST", self.path, body, dict(self.headers)))
        if self.replied():
            return
        model = self.server.find(body["model"])
        if model is None:
            self.answer({"error": f"model '{body['model']}' not found"}, 404)
        elif self.path == "/api/show":
            self.answer(model.show())
        elif self.path == "/api/generate":
            with self.server.lock:
                self.generate(model, body, arrived)
        elif self.path == "/api/chat":
            self.chat(model, body, arrived)
        else:
            self.send_error(404)

    def replied(self) -> bool:
        """Whether the test answers instead."""
        reply = self.server.replies.get(self.path)
        if reply is None:
            return False
        status, content, *headers = reply if isinstance(reply, tuple) else (200, reply)
        self.answer(content, status, *headers)
        return True

    def generate(self, model: ModelFile, body: dict[str, Any], arrived: float) -> None:
        """`GenerateHandler`."""
        prompt, keep_alive = body.get("prompt", ""), body.get("keep_alive")
        told = {"model": body["model"], "created_at": now(), "response": "", "done": True}
        if not prompt and keep_alive == 0:
            self.server.unload(model.name)
            self.answer(told | {"done_reason": "unload"})
            return
        fault = self.server.faults.popleft() if prompt and self.server.faults else {}
        if fault.get("reload"):
            self.server.unload(model.name)
        if "status" in fault:
            self.answer({"error": fault["error"]}, fault["status"])
            return
        options = self.server.options(model, body.get("options", {}))
        loaded = self.server.schedule(model, options, keep_alive)
        ready = time.perf_counter()
        if not prompt:
            self.answer(told | {"done_reason": "load"})
            return
        assert body["raw"], "only raw prompts are spoken here"
        self.stream(loaded.runner.complete(prompt, options), body, options, fault, (arrived, ready))

    def chat(self, model: ModelFile, body: dict[str, Any], arrived: float) -> None:
        """`ChatHandler`."""
        name, messages = body["model"], body.get("messages", [])
        told = {"model": name, "created_at": now(), "message": {"role": "assistant", "content": ""}, "done": True}
        capabilities = model.capabilities or ("completion",)
        if not messages and body.get("keep_alive") == 0:
            self.server.unload(model.name)
            self.answer(told | {"done_reason": "unload"})
        elif body.get("think") and "thinking" not in capabilities:
            self.answer({"error": f'"{name}" does not support thinking'}, 400)
        elif "completion" not in capabilities:
            self.answer({"error": f'"{name}" does not support chat'}, 400)
        elif not messages:
            with self.server.lock:
                options = self.server.options(model, body.get("options", {}))
                self.server.schedule(model, options, seconds(body.get("keep_alive")))
            self.answer(told | {"done_reason": "load"})
        else:
            said = self.server.say(body) if self.server.say else None
            fault = said if isinstance(said, dict) else {}
            if said is None and self.server.faults:
                fault = self.server.faults.popleft()
            if not self.spoil(fault):
                self.converse(model, body, said if isinstance(said, str) else fault.get("text", ""), fault, arrived)

    def converse(
        self, model: ModelFile, body: dict[str, Any], text: str, fault: dict[str, Any], arrived: float
    ) -> None:
        """Have the model answer, or pretend that it says a text."""
        with self.server.lock:
            options = self.server.options(model, body.get("options", {}))
            runner = self.server.schedule(model, options, seconds(body.get("keep_alive"))).runner
            ready = time.perf_counter()
            tokens = self.fit(runner, body["messages"], options, may_cut=body.get("truncate") is not False)
            if tokens is None:
                words = f"the request exceeds the available context size ({options['num_ctx']} tokens)"
                self.answer({"error": json.dumps({"error": {"code": 400, "message": words}})}, 400)
                return
            pieces = runner.chat(tokens, options, body.get("format"), text)
            try:
                first = next(pieces)
            except Refused as refused:
                self.answer({"error": refused.args[1]}, refused.args[0])
                return
            # A model that pretends may be asked by several at once; a real one answers one after another.
            if not isinstance(runner, FakeRunner):
                self.stream(chain([first], pieces), body, options, fault, (arrived, ready))
                return
            pieces = iter([first, *pieces])
        self.stream(pieces, body, options, fault, (arrived, ready))

    def fit(
        self, runner: Runner, messages: list[dict[str, str]], options: Mapping[str, Any], *, may_cut: bool
    ) -> list[Any] | None:
        """The tokens of a chat, cut as `truncateNativeChatMessages` and `completionPromptForRequest` do; or None."""
        limit = options["num_ctx"]
        tokens = runner.render(messages)
        if not may_cut and self.server.cuts == "when let":
            return tokens if len(tokens) < limit else None
        for start in range(1, len(messages)):
            if len(tokens) <= limit:
                break
            kept = [one for one in messages[:start] if one["role"] == "system"]
            tokens = runner.render([*kept, *messages[start:]])
        if self.server.cuts == "always":
            return tokens if len(tokens) <= limit else tokens[:KEEP] + tokens[KEEP - limit :]
        left = limit - max((limit - KEEP) // 2, 1)
        return tokens if len(tokens) < limit else tokens[:KEEP] + tokens[KEEP - left :]
