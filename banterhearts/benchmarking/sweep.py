"""The `ollama-sweep` suite: a grid of a server's parameters, measured by what they do and not by what they are called.

    model = "llama3.2:1b"
    num_ctx = [2048, 8192]      # each parameter is a list; the grid is every combination
    num_gpu = [0, 16, 99]

**One effect, one arm.** Before anything is timed, each combination is loaded once and read back from the server. Those
with one effective configuration (`served` says what belongs to it) are one arm, measured once, under a record that
lists all requests that mean it. The plain request, which asks for nothing, is the first arm and the baseline. A grid
of which nothing else is left is refused, as is one with more arms than its blocks could ever tell apart, and a server
whose report contradicts what it was asked, since nothing could be folded by it.

**Loading is no latency.** Parameters of loading make the server load anew whenever the arm changes, and it does so for
another name of the same configuration too. So each visit begins with a request that only loads and a short one that
warms, both untimed, and the timed one is sent again if the server loaded inside it; the visit is then flagged. What
loading costs is measured once an arm, when it is opened, as `load_time` and `cold_ttft`.

**A winner is measured twice.** The case `grid` screens: all arms in one sitting, each against the plain one by the
objective, adjusted after Benjamini and Hochberg. The best of those that pass, if one does, meets the plain
configuration again in the case `winner`, with fresh runs and a placebo; the verdict of that sitting is the sweep's. The
numbers of the grid chose the winner, so they overrate it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.declarations import checked
from banterhearts.benchmarking.decode.prompt import draw_prompt
from banterhearts.benchmarking.ollama import OllamaClient
from banterhearts.benchmarking.served import RULE, Served, effective_of
from banterhearts.benchmarking.suites import Plan, Tree
from banterhearts.benchmarking.sweep_bench import JUDGED, SETTLING, SweepArm, SweepBench
from banterhearts.core.record import Workload, digest
from banterhearts.errors import SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from banterhearts.benchmarking.bench import Bench
    from banterhearts.benchmarking.ollama_card import ModelCard
    from banterhearts.benchmarking.ollama_replies import Resident
    from banterhearts.core.record import RunRecord, Subject

__all__ = ["SweepOptions", "SweepSuite", "open_suite"]

GRID, WINNER = "grid", "winner"
ALPHA = 0.05
"""The share of false alarms among the arms that pass the screen."""
_PARAMETERS = ("num_ctx", "num_gpu", "num_batch", "num_thread", "temperature")
_PLAIN = {"temperature": 0.0}
"""What is sent with every request: greedy, unless the grid says otherwise."""
_MOST = 256
"""Combinations; each costs a load before the first is measured."""
Whole = Annotated[int, Field(ge=-1, le=1 << 24)]
Positive = Annotated[int, Field(ge=1, le=1 << 24)]


class SweepOptions(BaseModel):
    """`[tool.banterhearts.ollama-sweep]`, or `--option key=value`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    model: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
    """As `ollama list` names it."""
    num_ctx: list[Positive] = []
    """Tokens of context; more than the model was trained for are cut to that."""
    num_gpu: list[Whole] = []
    """Layers on the GPU; -1 leaves it to the server."""
    num_batch: list[Positive] = []
    """Tokens of the prompt that are read at once."""
    num_thread: list[Annotated[int, Field(ge=0, le=4096)]] = []
    """Of the processor; 0 leaves it to the server."""
    temperature: list[Annotated[float, Field(ge=0, le=100)]] = []
    prompt_tokens: Positive = 128
    output_tokens: Annotated[int, Field(ge=2, le=1 << 20)] = 64
    """At least two: between them lies the time per token."""
    seed: Annotated[int, Field(ge=0, lt=1 << 31)] = 0
    """Of the prompt's words, and of sampling."""
    objective: Literal["e2e_latency", "ttft", "tpot"] = "e2e_latency"
    """By which the arms are screened."""
    blocks: Annotated[int, Field(ge=1, le=10_000)] = 10
    warmups: Annotated[int, Field(ge=0, le=1000)] = 1
    min_effect: Annotated[float, Field(gt=0, le=1)] = 0.02
    host: str | None = None
    """Instead of `OLLAMA_HOST`."""
    limit_sec: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    """For one request, loading included."""

    @field_validator(*_PARAMETERS, mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: object) -> object:
        return value if isinstance(value, list) else [value]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The plain request, and every combination of the grid."""
        lists = {name: values for name in _PARAMETERS if (values := getattr(self, name))}
        grid = [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]
        return [{}, *(request for request in grid if request)]


def open_suite(name: str, options: Mapping[str, Any], where: Path | None) -> SweepSuite:
    """Open the suite; the server is not asked yet.

    Raises:
        SuiteError: If the options are wrong, or there is no grid, or too large a one.
    """
    found = checked(SweepOptions, name, options, where)
    combinations = math.prod(len(values) for key in _PARAMETERS if (values := getattr(found, key)))
    if not any(getattr(found, key) for key in _PARAMETERS):
        raise SuiteError(name, f"has no grid; give a list for one of {', '.join(_PARAMETERS)}", where)
    if combinations > _MOST:
        raise SuiteError(name, f"{combinations} combinations; at most {_MOST}, of which each is loaded once", where)
    return SweepSuite(name, found)


@dataclass(slots=True)
class SweepSuite:
    """The suite with its options, and what it found out on the way."""

    name: str
    options: SweepOptions
    connect: Callable[..., OllamaClient] = OllamaClient.from_environment
    _client: OllamaClient | None = None
    _arms: list[SweepArm] = field(default_factory=list)
    """One an effective configuration, the plain one first; empty before the server was asked."""
    _winner: SweepArm | None = None
    _screened: bool = False
    _subject: Subject | None = None

    @property
    def plan(self) -> Plan:
        """As the options say."""
        return Plan(self.options.blocks, self.options.warmups)

    @property
    def cases(self) -> tuple[str, ...]:
        """The screen, and the winner's second measurement, in this order."""
        return (GRID, WINNER)

    def benches(self, tree: Tree, cases: Sequence[str]) -> list[Bench]:
        """A bench an arm: of all arms, or of the plain one and the winner; none where there is no winner.

        Raises:
            SuiteError: If there is no such case, nothing to compare, too much of it, or another commit is measured too.
            Missing: If no server answers, or it has no such model.
        """
        unknown = [case for case in cases if case not in self.cases]
        if unknown:
            raise SuiteError(self.name, f"no case {unknown[0]!r}; there are: {', '.join(self.cases)}")
        self._subject = self._subject or tree.subject
        if tree.subject != self._subject:
            raise SuiteError(self.name, "compares settings of a server, not commits; measure one commit")
        return [bench for case in cases or self.cases for bench in self._benches(case)]

    def learn(self, records: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
        """Choose the winner of the grid's sitting.

        Args:
            records: Of a finished sitting, in the order of its benches.

        Returns:
            The same records; that of the plain configuration with a note of how the screen ended.
        """
        from banterhearts.benchmarking.screen import screen  # noqa: PLC0415 - loads scipy, which only this needs

        if not records or records[0].workload.case != GRID:
            return tuple(records)
        screened = screen(records, self.options.objective, alpha=ALPHA)
        chosen = screened.winner.treatment.effective_digest if screened.winner else None
        self._winner = next((arm for arm in self._arms if arm.digest == chosen), None)
        self._screened = True
        first = records[0]
        provenance = first.provenance.model_copy(update={"notes": (*first.provenance.notes, screened.note)})
        return (first.model_copy(update={"provenance": provenance}), *records[1:])

    def _benches(self, case: str) -> list[Bench]:
        arms = self._find_arms()
        if case == WINNER:
            if not self._screened:
                raise SuiteError(self.name, f"the case `{WINNER}` is chosen by `{GRID}`; run both, without --case")
            arms = [arms[0], self._winner] if self._winner else []
        return [self._bench(case, arm) for arm in arms]

    def _bench(self, case: str, arm: SweepArm) -> SweepBench:
        options = self.options
        assert self._client is not None
        assert self._subject is not None
        prompt = draw_prompt(options.prompt_tokens, options.seed)
        workload = Workload(
            suite=self.name,
            case=case,
            digest=digest(
                {
                    "model": options.model,
                    "prompt": prompt.text,
                    "prompt_tokens": options.prompt_tokens,
                    "output_tokens": options.output_tokens,
                    "settling_tokens": SETTLING,
                    **RULE,
                }
            ),
            blocks=options.blocks,
            min_effect=options.min_effect,
            prompt_tokens=options.prompt_tokens,
            output_tokens=options.output_tokens,
            batch=1,
            concurrency=1,
            context_depth=0,
            seed=options.seed,
        )
        asked = _PLAIN | dict(arm.requests[0])
        served = Served(self._client, options.model, asked, prompt.text, prompt.tokens, options.seed)
        return SweepBench(self._subject, workload, arm, served)

    def _find_arms(self) -> list[SweepArm]:
        """Load each combination once, and fold those that have one effect; asked of the server once."""
        if self._arms:
            return self._arms
        options = self.options
        client = self.connect(options.host, limit_sec=options.limit_sec)
        try:
            card = client.card(options.model)
            arms = _fold([self._place(client, card, request) for request in options.requests])
            client.unload(card)
        except MeasureFailed as error:
            raise SuiteError(self.name, error.problem) from error
        self._expect_something(card, arms)
        self._client, self._arms = client, arms
        return arms

    def _place(self, client: OllamaClient, card: ModelCard, request: dict[str, Any]) -> SweepArm:
        """What one combination is; one that cannot be loaded is an arm that will fail, with its reason."""
        options = _PLAIN | request
        try:
            client.load(card, options)
            resident = client.resident(card)
        except MeasureFailed as error:
            if not request:
                raise
            return SweepArm((request,), None, error.problem)
        if resident is None:
            raise MeasureFailed(f"Ollama loaded {card.name}, and does not have it in memory: somebody else uses it")
        self._expect_honesty(card, request, resident)
        room = options_room(self.options)
        if resident.context < room:
            problem = f"{_shown(request)} leaves a context of {resident.context} tokens, and {room} are needed"
            raise SuiteError(self.name, problem)
        return SweepArm((request,), effective_of(card, resident, options), None)

    def _expect_honesty(self, card: ModelCard, request: Mapping[str, Any], resident: Resident) -> None:
        """Refuse a report that says all is on the GPU where part of it was asked for.

        A server that cannot read how much memory its runner took reports the size of the file, all of it on the GPU,
        whatever was asked: by such a report, every `num_gpu` would be one arm.
        """
        asked = request.get("num_gpu", -1)
        if 0 <= asked <= card.blocks and 0 < resident.size == resident.size_vram:
            problem = f"with num_gpu={asked} Ollama reports all of its {resident.size} bytes on the GPU"
            raise SuiteError(self.name, f"{problem}, so its report cannot tell settings apart; update Ollama")

    def _expect_something(self, card: ModelCard, arms: list[SweepArm]) -> None:
        from banterhearts.core.statistics import smallest_signed_rank_p  # noqa: PLC0415 - loads scipy

        others = len([arm for arm in arms[1:] if arm.problem is None])
        if not others:
            failed = f" {arms[1].problem};" if arms[1:] else ""
            problem = f"nothing to compare:{failed} all that can be loaded has the effect of the plain request"
            effect = f"context {(arms[0].effective or {})['context_length']} of {card.trained_context}"
            vram = f"{(arms[0].effective or {})['size_vram_bytes']} bytes on the GPU"
            raise SuiteError(self.name, f"{problem} ({effect}, {vram})")
        # All that `bench run` prints is one family: each arm of the grid, and the winner once more, by each metric.
        family = (others + 1) * len(JUDGED)
        if smallest_signed_rank_p(self.options.blocks) > ALPHA / family:
            needed = math.ceil(1 + math.log2(family / ALPHA))
            problem = f"{family} comparisons cannot be decided in {self.options.blocks} blocks, even if all agree"
            raise SuiteError(self.name, f"{problem}; use `--blocks {needed}`, or a smaller grid")


def options_room(options: SweepOptions) -> int:
    """Tokens of context that a request needs."""
    return options.prompt_tokens + options.output_tokens


def _fold(arms: Sequence[SweepArm]) -> list[SweepArm]:
    """One arm an effective configuration, in the order of their first requests."""
    folded: dict[str, SweepArm] = {}
    for arm in arms:
        there = folded.get(arm.digest)
        folded[arm.digest] = replace(there, requests=there.requests + arm.requests) if there else arm
    return list(folded.values())


def _shown(request: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in request.items()) or "the plain request"
