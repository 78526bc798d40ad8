"""The original engine's runs of prompts: `baseline_test_results.json`, and summaries of models over prompts.

A row a test: the time of a whole generation and its tokens, whose rate is computed again. The totals beside them
count as a row too, since they are told as a result: here they are sums over tests that the same file calls failed.
Whether a load of the model lies inside a generation's time the file does not say, and the record says that. The texts
stay behind.

A summary has means over prompts and no samples. One of a model that completed no prompt is a failure; of one that
did, the rate is taken and the time to the first token is not, since nothing tells whether loads are in that mean.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from banterhearts.api.ingestion.fields import Fields, excerpt
from banterhearts.api.ingestion.limits import MODELS
from banterhearts.api.ingestion.machine import moment
from banterhearts.api.ingestion.refusal import LeftOut, Reason, Refused
from banterhearts.api.ingestion.row import SUMMARY, Entry, Passes, Reading, Row, pointer
from banterhearts.core.record import Direction, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["LegacyBanter", "LegacySummary"]

_SAME = 1e-9
"""Relative: both were computed of the same doubles."""


class LegacyBanter:
    """The tests."""

    name = "legacy-banter"
    suite = "legacy-banter"
    needs = "`test_timestamp`, `total_tokens` and `results` with a `test_name` each"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By its keys."""
        value = source.value
        keys = {"test_timestamp", "total_tokens", "results"}
        return isinstance(value, dict) and keys <= value.keys() and isinstance(value["results"], list)

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a test, and the totals."""
        del stated
        file, results = Fields(source.value), source.value["results"]
        for number, test in enumerate(results):
            yield Entry(
                pointer("results", number),
                [self.name, test, source.value["test_timestamp"]],
                partial(_test, test, file),
            )
        yield Entry(pointer("total_tokens"), None, partial(_totals, file, results))


def _test(value: object, file: Fields) -> Row:
    test = Fields.of(value)
    name = test.text("test_name")
    if name is None:
        raise Refused(Reason.MISSING, "test_name is missing")
    if test.has("error") or test.values.get("success") is not True:
        raise Refused(Reason.FAILED, f"the file reports: {excerpt(test.text('error') or 'no success')}")
    time, tokens = test.duration("generation_time_ms", "ms"), test.whole("tokens")
    if not tokens:
        raise Refused(Reason.MISSING, "tokens is missing or 0")
    rate, told = tokens / (float(time) / 1e9), float(test.quantity("tokens_per_second"))
    if abs(told / rate - 1) > _SAME:
        problem = f"tokens_per_second is {told:.6g}, and {tokens} tokens in {float(time) / 1e6:.6g} ms are {rate:.6g}"
        raise Refused(Reason.CONTRADICTION, problem)
    essence = {key: test.text(key) for key in ("test_name", "context", "tone")}
    return Row(
        case=name,
        readings=(Reading("e2e_latency", "ns", (time,)),),
        essence=essence,
        workload={"output_tokens": tokens},
        created_at=_timestamp(file),
        notes=(SUMMARY, "whether a load of the model lies inside is not told, nor is the model"),
    )


def _timestamp(file: Fields) -> datetime | None:
    seconds = float(file.quantity("test_timestamp"))
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _totals(file: Fields, results: list[object]) -> Row:
    tests = [one for one in results if isinstance(one, dict)]
    counted = sum(one["tokens"] for one in tests if one.get("success") is True and isinstance(one.get("tokens"), int))
    total = file.whole("total_tokens")
    if total != counted:
        problem = f"total_tokens is {total}, and the tests that succeeded have {counted}: the sums count failed tests"
        raise Refused(Reason.CONTRADICTION, problem)
    raise Refused(Reason.DERIVED, "sums over the tests of the file")


class LegacySummary:
    """The summaries."""

    name = "legacy-summary"
    suite = "legacy-summary"
    needs = "`prompt_count` and `models` with `completed` each"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By its keys."""
        value = source.value
        return isinstance(value, dict) and "prompt_count" in value and isinstance(value.get("models"), list)

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a model."""
        del stated
        common = {key: value for key, value in source.value.items() if key != "models"}
        for number, told in enumerate(source.value["models"]):
            yield Entry(
                pointer("models", number),
                [self.name, told, common],
                partial(_model, told, Fields(common)),
            )


def _model(value: object, file: Fields) -> Row:
    told = Fields.of(value)
    tag, completed, planned = told.text("model"), told.whole("completed"), told.whole("prompt_count")
    if tag is None:
        raise Refused(Reason.MISSING, "model is missing")
    if not completed or completed != planned:
        raise Refused(Reason.FAILED, f"{completed} of {planned} prompts were completed")
    rate, known = told.amount("mean_tokens_s"), MODELS.get(tag)
    created_at, doubts = moment(file.text("generated_at"))
    settings = {key: excerpt(value) for key, value in sorted(told.fields("options").values.items())}
    why = "a mean over prompts, of which nothing tells whether the model was loaded"
    return Row(
        case=tag,
        readings=(Reading("eval_rate", "{token}/s", (rate,), Direction.HIGHER),),
        essence={"model": tag, "prompts": planned},
        requested=settings,
        effective=settings,
        model=Model(id=tag, weights_sha256=None, params=None, weight_bytes=None, arch=None, weights="real"),
        created_at=created_at,
        passes=Passes(rate, known.pass_bytes if known else None),
        notes=(f"{SUMMARY}, a mean over {planned} prompts", *doubts),
        left_out=(LeftOut("mean_ttft_s", Reason.LOAD_IN_TTFT, why),),
    )
