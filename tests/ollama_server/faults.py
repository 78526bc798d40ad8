"""Replies as Ollama sends them, and as they come from a server that fails: late, cut, dripping, or none of Ollama's."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from ollama_server.protocol import Timings, as_line, now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ollama_server.server import OllamaServer

REPEATS = 30
"""Equal tokens after which a reply is cut off without its last line."""


class Replying(BaseHTTPRequestHandler):
    """Writes replies."""

    protocol_version = "HTTP/1.1"
    server: OllamaServer

    def answer(self, found: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """One JSON object, or bytes of any kind."""
        content = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(status)
        known = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(content))}
        for name, value in (known | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def chunk(self, content: bytes) -> None:
        """One chunk of a body of unknown length, sent at once."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.flush()

    def spoil(self, fault: dict[str, Any]) -> bool:
        """Do what a fault asks for before any model is; True if that was all.

        - `status`, `error`: refuse.
        - `hang`: say nothing until the server ends.
        - `body` with `type`: answer these bytes instead.
        - `drip_sec`: send a reply byte by byte, with so many seconds between; with `drip_headers` from its first byte.
        - `restart`: end the server without an answer and start it again, so many seconds later.
        """
        if "status" in fault:
            self.answer({"error": fault["error"]}, fault["status"])
        elif "hang" in fault:
            self.server.over.wait(120)
            self.close_connection = True
        elif "restart" in fault:
            self.close_connection = True
            threading.Thread(target=self.server.restart, args=(fault["restart"],), daemon=True).start()
        elif "drip_sec" in fault:
            self.drip(fault["drip_sec"], from_first="drip_headers" in fault)
        elif "body" in fault:
            self.answer(fault["body"], 200, {"Content-Type": fault.get("type", "text/html")})
        else:
            return False
        return True

    def drip(self, pause_sec: float, *, from_first: bool) -> None:
        """An endless line of a stream, or an endless header."""
        start = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n"
        self.close_connection = True
        self.wfile.write(start + (b"X-Long: " if from_first else b"\r\n"))
        while not self.server.over.wait(pause_sec):
            self.wfile.write(b"a" if from_first else b" ")
            self.wfile.flush()

    def stream(
        self,
        pieces: Iterator[str | Timings],
        body: dict[str, Any],
        options: Mapping[str, Any],
        fault: dict[str, Any],
        times: tuple[float, float],
    ) -> None:
        """A reply line by line, or whole where that is asked for."""
        lines = self.lines(self.counted(pieces, options), body["model"], fault, times)
        if body.get("stream") is False:
            found = [json.loads(line) for line in lines]
            if not self.close_connection:
                words = "".join(one["message"]["content"] for one in found)
                self.answer(found[-1] | {"message": {"role": "assistant", "content": words}})
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in lines:
            self.chunk(line)
        if not self.close_connection:
            self.chunk(b"")

    def counted(self, pieces: Iterator[str | Timings], options: Mapping[str, Any]) -> Iterator[str | Timings]:
        """The same pieces, with their cost kept."""
        for piece in pieces:
            if isinstance(piece, Timings):
                names = ("cache_n", "prompt_n", "predicted_n")
                cost = {name: getattr(piece, name) for name in names}
                self.server.counters.append(cost | {"num_ctx": options["num_ctx"]})
            yield piece

    def lines(
        self, pieces: Iterator[str | Timings], name: str, fault: dict[str, Any], times: tuple[float, float]
    ) -> Iterator[bytes]:
        """The lines of a stream, spoilt as the fault says."""
        sent = repeated = 0
        last = None
        lives = self.server.lives
        time.sleep(fault.get("wait_sec", 0.0))
        for piece in pieces:
            told = {"model": name, "created_at": now()}
            if isinstance(piece, Timings):
                yield as_line(told | self.counters(piece, times, sent, fault) | fault.get("last", {}))
                return
            repeated = repeated + 1 if piece.strip() == last else 0
            last = piece.strip()
            if "restart_after" in fault and sent == fault["restart_after"]:
                threading.Thread(target=self.server.restart, daemon=True).start()
                while self.server.lives == lives:
                    time.sleep(0.001)
            if sent == fault.get("drop_after") or self.server.lives != lives:
                self.close_connection = True
                return
            if sent == fault.get("end_after") or repeated > REPEATS:
                return
            if sent == fault.get("stop_after"):
                continue  # the model ended its answer
            if sent == fault.get("line_after", (None,))[0]:
                yield fault["line_after"][1]
            if piece:
                yield as_line(told | self.words(piece) | {"done": False})
                sent += 1

    def words(self, piece: str) -> dict[str, object]:
        """Words in the field of the path."""
        chat = self.path == "/api/chat"
        return {"message": {"role": "assistant", "content": piece}} if chat else {"response": piece}

    def counters(
        self, timings: Timings, times: tuple[float, float], sent: int, fault: dict[str, Any]
    ) -> dict[str, object]:
        """The last line; zeros are left out (`omitempty`)."""
        arrived, ready = times
        stopped = "stop_after" in fault
        metrics = {
            "total_duration": int((time.perf_counter() - arrived) * 1e9),
            "load_duration": int((ready - arrived) * 1e9),
            "prompt_eval_count": timings.cache_n + timings.prompt_n,
            "prompt_eval_duration": int(timings.prompt_ms * 1e6),
            "eval_count": sent if stopped else timings.predicted_n,
            "eval_duration": int(timings.predicted_ms * 1e6),
        }
        done = self.words("") | {"done": True, "done_reason": "length" if timings.stop_type == "limit" else "stop"}
        return done | {key: value for key, value in metrics.items() if value}
