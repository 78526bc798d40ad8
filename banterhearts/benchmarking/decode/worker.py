"""A back end in a process of its own.

Two runtimes in one process share its memory, its threads and its fate: the peak of the one is told as the other's, the
thread pools spin against each other, and a model that does not fit takes the sitting along. So what is embedded runs
in a worker: a fresh Python that holds one back end, answers one message at a time, and is ended with all it started
when it takes too long. Time is read inside it; what crosses the pipe is the finished reading.

The worker has a session of its own, so that an interruption from the terminal reaches the engine only, which then
closes it in order. What it prints goes to a file: libraries tell there what they really did, and back ends read it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode.backend import Evidence
from banterhearts.core.record import Status
from banterhearts.errors import BanterheartsError, Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from banterhearts.benchmarking.decode.backend import Backend, Generation, Loaded, Prompt, Setup
    from banterhearts.benchmarking.decode.model import ModelFile

__all__ = ["EMBEDDED_BACKENDS", "Remote", "main", "serve"]

EMBEDDED_BACKENDS = {
    "llamacpp": "banterhearts.benchmarking.decode.llamacpp_backend:LlamaCpp",
    "torch": "banterhearts.benchmarking.decode.torch_backend:Torch",
}
"""By name: a module, and a class in it that is made with a `ModelFile` and the path of the worker's log."""
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
"""A model is measured as it lies here; nobody asks the network whether there is a newer one."""
_PROGRAM = f"from {__name__} import main; main()"
"""Not `-m`: the module would then be there twice, and what one of the two sends the other would not know."""
_GRACE_SEC = 10.0
_LAST_LINES = 3
_LINE = 300


@dataclass(frozen=True, slots=True)
class _Refused:
    """An exception on its way through the pipe: its class, and what it is made of."""

    make: type[Exception]
    arguments: tuple[Any, ...]


@dataclass(slots=True)
class Remote:
    """A back end in a worker, used as if it were here."""

    name: str
    made: str
    """`module:class`, as in `EMBEDDED_BACKENDS`."""
    file: ModelFile
    limit_sec: float
    """That any one call may take."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the worker, over those of the engine."""
    trusts_own: bool = False
    _process: subprocess.Popen[bytes] | None = None
    _pipe: Connection | None = None
    _log: Path | None = None
    _owed: int = 0
    """Answers that are still on their way."""
    _stack: ExitStack = field(default_factory=ExitStack)

    def open(self, setup: Setup, prompt: Prompt) -> Loaded:
        """As `Backend.open`; starting the worker is no part of the loading time."""
        self._start()
        loaded: Loaded = self._ask("open", setup, prompt)
        return loaded

    def generate(self, tokens: int) -> Generation:
        """As `Backend.generate`."""
        request: Generation = self._ask("generate", tokens)
        return request

    def close(self) -> Evidence:
        """As `Backend.close`; a worker that was ended has nothing to say any more."""
        try:
            alive = self._process is not None and self._process.poll() is None
            evidence: Evidence = self._ask("close") if alive else Evidence()
            return evidence
        finally:
            self._end()

    def _start(self) -> None:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="banterhearts-")))
        self._log = folder / "log"
        self._pipe, there = Pipe()
        self._stack.callback(self._pipe.close)
        path = os.pathsep.join(filter(None, sys.path))
        with self._log.open("wb") as log, there:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, str(there.fileno()), self.made, str(self._log)],
                env={**os.environ, **_OFFLINE, **self.environment, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(there.fileno(),),
                start_new_session=True,
            )
        self._send(replace(self.file, vocabulary=None))  # which is large, and the prompt has its ids

    def _ask(self, verb: str, *arguments: object) -> Any:  # noqa: ANN401 - each verb has its own answer
        return self._send((verb, arguments))

    def _send(self, message: object) -> Any:  # noqa: ANN401 - as above
        """Send a message and wait for its answer; a worker that has none is ended."""
        assert self._pipe is not None
        try:
            self._pipe.send(message)
            self._owed += 1
            while self._owed:  # more than one where an interruption took the engine out of an earlier wait
                if not self._pipe.poll(self.limit_sec):
                    self._end(patience=0)
                    raise MeasureFailed(f"{self.name} did not answer within {self.limit_sec:g} s, and was ended")
                answer = self._pipe.recv()
                self._owed -= 1
        except (EOFError, OSError) as error:
            raise MeasureFailed(self._last_words()) from error
        if isinstance(answer, _Refused):
            raise answer.make(*answer.arguments)
        return answer

    def _last_words(self) -> str:
        assert self._process is not None
        assert self._log is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SEC)
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        said = " / ".join(line.strip()[:_LINE] for line in lines[-_LAST_LINES:])
        self._end(patience=0)
        return f"{self.name} ended unasked with status {self._process.returncode}; it said last: {said or 'nothing'}"

    def _end(self, patience: float = _GRACE_SEC) -> None:
        """End the worker with what it started, and forget its files."""
        process = self._process
        if process is not None and process.poll() is None:
            assert self._pipe is not None
            self._pipe.close()  # a worker with nobody to answer ends by itself
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._stack.close()


def serve(pipe: Connection, make: Callable[[ModelFile, Path], Backend], log: Path) -> None:
    """Answer messages until there is nobody to answer."""
    backend: Backend | None = None
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            if backend is None:
                backend, answer = make(message, log), None
            else:
                verb, arguments = message
                answer = getattr(backend, verb)(*arguments)
        except MeasureFailed as error:
            answer = _Refused(MeasureFailed, (error.problem, error.status))
        except Missing as error:
            answer = _Refused(Missing, (error.what, error.remedy))
        except SuiteError as error:
            answer = _Refused(SuiteError, (error.suite, error.problem, error.where))
        except BanterheartsError as error:
            answer = _Refused(MeasureFailed, (str(error), Status.FAILED))
        except Exception as error:  # noqa: BLE001 - a runtime may raise anything, and the engine must hear of it
            answer = _Refused(MeasureFailed, (f"{type(error).__name__}: {error}", Status.FAILED))
        with suppress(BrokenPipeError):
            pipe.send(answer)


def main() -> None:
    """What the worker's process runs: `… DESCRIPTOR MODULE:CLASS LOG`."""
    descriptor, made, log = sys.argv[1:]
    module, _, name = made.partition(":")
    with Connection(int(descriptor)) as pipe:
        serve(pipe, getattr(import_module(module), name), Path(log))
