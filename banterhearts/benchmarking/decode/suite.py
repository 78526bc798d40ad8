"""The `decode` suite: a language model's start, first token, throughput and memory, on one back end or several.

Two cases a model and pair of lengths. `… 128+64` keeps a back end loaded and visits it with one request after the
other; what starting cost is told apart, as the cold phase. `… start` starts it anew for each visit, in a fresh process,
because a load time that was read once is no measurement.

Several back ends are arms of one sitting: the same prompt, token for token, the same lengths, the same threads. Their
records differ in the effective configuration, so that none is ever taken for the other's baseline in a history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from banterhearts.benchmarking.declarations import checked
from banterhearts.benchmarking.decode.backend import Setup
from banterhearts.benchmarking.decode.benches import DecodeBench, StartBench
from banterhearts.benchmarking.decode.machine import Machine
from banterhearts.benchmarking.decode.model import find_model, read_model
from banterhearts.benchmarking.decode.options import BackendName, DecodeOptions, label_of
from banterhearts.benchmarking.decode.prompt import draw_prompt
from banterhearts.benchmarking.decode.worker import EMBEDDED_BACKENDS, Remote
from banterhearts.benchmarking.suites import Plan, Tree
from banterhearts.core.environment import usable_cores
from banterhearts.core.record import Workload, digest
from banterhearts.errors import SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from banterhearts.benchmarking.bench import Bench
    from banterhearts.benchmarking.decode.backend import Backend, Prompt

__all__ = ["DecodeSuite", "open_suite"]


def open_suite(name: str, options: Mapping[str, Any], where: Path | None) -> DecodeSuite:
    """Open the suite.

    Raises:
        SuiteError: If the options are wrong.
    """
    return DecodeSuite(name, checked(DecodeOptions, name, options, where))


@dataclass(slots=True)
class DecodeSuite:
    """The suite with its options."""

    name: str
    options: DecodeOptions
    machine: Machine = field(default_factory=Machine)

    @property
    def plan(self) -> Plan:
        """As the options say."""
        return Plan(self.options.blocks, self.options.warmups)

    @property
    def cases(self) -> tuple[str, ...]:
        """Requests to a loaded model, and starting it."""
        lengths = f"{self.options.prompt_tokens}+{self.options.output_tokens}"
        label = label_of(self.options.model)
        return (f"{label} {lengths}", f"{label} start")

    def benches(self, tree: Tree, cases: Sequence[str]) -> list[Bench]:
        """A bench a case and back end.

        Raises:
            SuiteError: If there is no such case, or the model's files are broken.
            Missing: If there is no such model.
        """
        unknown = [case for case in cases if case not in self.cases]
        if unknown:
            raise SuiteError(self.name, f"no case {unknown[0]!r}; there are: {', '.join(self.cases)}")
        return [self._bench(tree, case, backend) for case in cases or self.cases for backend in self.options.backends]

    def _bench(self, tree: Tree, case: str, backend: BackendName) -> Bench:
        options = self.options
        make, prompt = self._backend(backend)
        table = options.table(backend)
        return (StartBench if case == self.cases[1] else DecodeBench)(
            subject=tree.subject,
            workload=self._workload(case, prompt),
            requested={
                "backend": backend,
                "model": label_of(table["model"]),
                "threads": options.threads,
                "context": options.context,
                "device": options.device,
                **{key: value for key, value in table.items() if key != "model"},
            },
            setup=Setup(
                model=table.pop("model"),
                threads=options.threads or usable_cores(),
                context=options.room,
                seed=options.seed,
                device=options.device,
                options=table,
            ),
            prompt=prompt,
            make=make,
            machine=self.machine,
        )

    def _backend(self, name: BackendName) -> tuple[Callable[[], Backend], Prompt]:
        options = self.options
        if name == "ollama":
            from banterhearts.benchmarking.decode.ollama_backend import OllamaBackend  # noqa: PLC0415 - who needs it

            return OllamaBackend, draw_prompt(options.prompt_tokens, options.seed)
        file = read_model(find_model(options.table(name)["model"]))
        prompt = draw_prompt(options.prompt_tokens, options.seed, file.vocabulary)
        return (lambda: Remote(name, EMBEDDED_BACKENDS[name], file, options.limit_sec)), prompt

    def _workload(self, case: str, prompt: Prompt) -> Workload:
        options = self.options
        start = case == self.cases[1]
        output_tokens = 1 if start else options.output_tokens
        work = {
            "start": start,
            "prompt": prompt.text,
            "prompt_tokens": options.prompt_tokens,
            "output_tokens": output_tokens,
            "greedy": True,
        }
        return Workload(
            suite=self.name,
            case=case,
            digest=digest(work),
            blocks=options.blocks,
            min_effect=options.min_effect,
            prompt_tokens=options.prompt_tokens,
            output_tokens=output_tokens,
            batch=1,
            concurrency=1,
            context_depth=0,
            seed=options.seed,
        )
