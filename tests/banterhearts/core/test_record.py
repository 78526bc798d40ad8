"""The run record: what may stand in one, how it is laid out, and that nothing is lost between writing and reading."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from banterhearts.core import statistics
from banterhearts.core.parts import _PERCENTILES
from banterhearts.core.reading import parse_record
from banterhearts.core.record import Arm, Direction, Phase, RunRecord, Verdict, digest

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., RunRecord]

FIXED = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
SAMPLE = {"metric": "wall", "unit": "ns", "values": (1001.0,), "block": 0, "order": 9}
METRIC = {"name": "wall", "unit": "ns", "direction": Direction.LOWER, "n": 3, "median": 1002.0}
METRIC |= {"ci_low": None, "ci_high": None, "ci_level": 0.95, "method": "median"}
ROW = {"metric": "wall", "baseline_run": "r0", "ratio": 1.1, "ci_low": 1.05, "ci_high": 1.2, "p_raw": 0.01}
ROW |= {"p_adjusted": 0.02, "family": "2 metrics", "min_effect": 0.02, "verdict": Verdict.SLOWER}
PROOF = {"kind": "compile", "required": True, "evidence": "one graph", "verdict": "proven"}
ROOFLINE = {"bytes_per_token": 1e9, "achieved_bytes_per_s": 1e11, "mbu_measured": 0.5, "plausible": True}
QUALITY = {
    "dataset_sha256": "d" * 64,
    "n": 10,
    "gate": "pass",
    **{name: {"value": 1.0, "ci_low": 0.9, "ci_high": 1.1} for name in ("ppl_ratio", "kld_mean", "same_top_p")},
}
OUTSIDE = {"value": 2.0, "ci_low": 0.0, "ci_high": 1.0}
SUBJECT = {"repo": "chimera", "commit_sha": "a" * 40, "dirty": False, "engine_version": "1"}
WORKLOAD = {"suite": "speed", "case": "mining", "digest": "b" * 64}


def treatment(effective: Any, **others: Any) -> dict[str, Any]:
    """A treatment whose digest is right, as far as there can be one."""
    try:
        named = digest(effective)
    except (TypeError, ValueError):
        named = "0" * 64
    return {"requested": {}, "effective": effective, "effective_digest": named, **others}


def test_a_record_that_holds_together_is_accepted(make_record: Make) -> None:
    """Every group can be filled, and a failure needs none of them."""
    full = make_record(
        attestation=(PROOF,), comparison=(ROW,), roofline=ROOFLINE, quality=QUALITY, placebo=True, metrics=(METRIC,)
    )
    assert (full.has_placebo, full.missing_blocks, full.arm.suite) == (True, (), "speed")
    failed = make_record(status="failed", commit=None)
    assert (failed.samples, failed.missing_blocks) == ((), (0, 1, 2))
    assert make_record(status="impossible", roofline=ROOFLINE | {"plausible": False}).roofline is not None


def test_missing_blocks_are_those_without_a_measured_sample(make_record: Make) -> None:
    """Warm-up and placebo finish no block, and blocks that were not planned by us are not missed."""
    late = SAMPLE | {"block": 2, "order": 30}
    samples = (SAMPLE, late | {"phase": Phase.WARMUP}, late | {"arm": Arm.PLACEBO})
    record = make_record(samples=samples, metrics=(METRIC | {"median": 1001.0},), planned=4)
    assert (record.missing_blocks, record.has_placebo) == ((1, 2, 3), True)
    samples = (SAMPLE, late | {"arm": Arm.PLACEBO, "phase": Phase.COLD})
    cold = make_record(samples=samples, metrics=(METRIC | {"n": 1, "median": 1001.0},))
    assert not cold.has_placebo
    assert make_record(planned=None).missing_blocks == ()


@pytest.mark.parametrize(
    ("settings", "place", "problem"),
    [
        ({"error": "it failed"}, (), "status ok with an error"),
        ({"status": "failed", "error": None}, (), "status failed without an error"),
        ({"status": "failed", "error": ""}, (), "status failed without an error"),
        ({"status": "failed", "samples": (SAMPLE,), "metrics": (METRIC | {"n": 1},)}, (), "status failed with numbers"),
        ({"status": "invalid", "metrics": (METRIC,)}, (), "status invalid with numbers"),
        ({"status": "invalid", "quality": QUALITY}, (), "status invalid with numbers"),
        ({"status": "impossible", "comparison": (ROW,)}, (), "status impossible with numbers"),
        ({"samples": ()}, (), "status ok without samples"),
        ({"attestation": (PROOF | {"verdict": "refuted"},)}, (), "a required proof is refuted"),
        ({"attestation": (PROOF | {"verdict": "not_proven"},)}, (), "a required proof is not_proven"),
        ({"roofline": ROOFLINE | {"plausible": False}}, (), "the roofline says that it cannot be"),
        ({"roofline": ROOFLINE | {"plausible": None}}, ("roofline",), "the note does not say why"),
        ({"samples": (SAMPLE, SAMPLE), "metrics": (METRIC | {"n": 2},)}, (), "a visit told twice"),
        ({"samples": (SAMPLE | {"block": 3},)}, (), "block 3 of 3, counted from 0"),
        ({"samples": (SAMPLE | {"values": (2.0**53 + 2,)},)}, (), "longer than 104 days"),
        ({"samples": (SAMPLE | {"values": ()},)}, ("samples", 0, "values"), "at least 1 item"),
        ({"samples": (SAMPLE | {"values": (-1.0,)},)}, ("samples", 0, "values", 0), "greater than or equal to 0"),
        ({"samples": (SAMPLE | {"values": (1.1e150,)},)}, ("samples", 0, "values", 0), "less than or equal to 1000"),
        ({"samples": (SAMPLE | {"values": (math.nan,)},)}, ("samples", 0, "values", 0), "finite number"),
        ({"samples": (SAMPLE | {"values": (True,)},)}, ("samples", 0, "values", 0), "valid number"),
        ({"samples": (SAMPLE | {"metric": "other"},)}, (), "'other', which is not among the metrics"),
        ({"samples": (SAMPLE | {"unit": "s"},)}, (), "'wall' in 's' and in 'ns'"),
        ({"samples": (SAMPLE | {"unit": "tokens per s"},)}, ("samples", 0, "unit"), "should match pattern"),
        ({"placebo": True, "sitting": None}, (), "a placebo without a sitting"),
        ({"metrics": (METRIC | {"direction": Direction.HIGHER},)}, ("metrics", 0), "a time of which more is better"),
        ({"metrics": (METRIC, METRIC)}, (), "'wall' is told twice"),
        ({"metrics": (METRIC | {"n": 4},)}, (), "4 values, and the samples hold 3"),
        ({"metrics": (METRIC | {"n": 0},)}, ("metrics", 0, "n"), "greater than or equal to 1"),
        ({"metrics": (METRIC, METRIC | {"name": "peak"})}, (), "3 values, and the samples hold 0"),
        ({"metrics": (METRIC | {"median": 1005.0},)}, (), "outside of what the samples hold"),
        ({"metrics": (METRIC | {"ci_low": 1.0},)}, ("metrics", 0), "an interval with one end"),
        ({"metrics": (METRIC | {"ci_low": 2.0, "ci_high": 1.0},)}, ("metrics", 0), "the wrong way round"),
        ({"metrics": (METRIC | {"p90": 1002.0},)}, ("metrics", 0), "of 3 values; it takes 29"),
        ({"comparison": (ROW | {"metric": "peak"},)}, (), "'peak', which is not among the metrics"),
        ({"comparison": (ROW | {"baseline_run": "r1"},)}, (), "not its own baseline"),
        ({"comparison": (ROW | {"ci_low": 0.9},)}, ("comparison", 0), "slower, and the interval holds 1"),
        ({"comparison": (ROW | {"ci_high": 1.01},)}, ("comparison", 0), "the wrong way round"),
        ({"comparison": (ROW | {"p_raw": 1.1},)}, ("comparison", 0, "p_raw"), "less than or equal to 1"),
        ({"quality": QUALITY | {"kld_mean": OUTSIDE}}, ("quality", "kld_mean"), "lies outside its own interval"),
        ({"treatment": treatment({"a": 1}) | {"effective": {"a": 2}}}, ("treatment",), "not the digest of `effective`"),
        ({"treatment": treatment({}, baseline_run="r1")}, (), "not its own baseline"),
        ({"treatment": treatment({"a": math.inf})}, ("treatment", "effective"), "float is nothing that JSON holds"),
        ({"treatment": treatment({"a": 2**63})}, ("treatment", "effective"), "int is nothing that JSON holds"),
        ({"treatment": treatment({"a": {1: 2}})}, ("treatment", "effective"), "dict is nothing that JSON holds"),
        ({"treatment": treatment({"a": ["\ud800"]})}, ("treatment", "effective"), "lone surrogate"),
        ({"created_at": "1700000000"}, ("created_at",), "no time of RFC 3339"),
        ({"created_at": "\u0662025-01-31T12:00:00Z"}, ("created_at",), "no time of RFC 3339"),
        ({"created_at": "2025-01-31T12:00:00"}, ("created_at",), "no time of RFC 3339"),
        ({"created_at": "2025-13-31T12:00:00Z"}, ("created_at",), "month must be in 1..12"),
        ({"created_at": datetime(2025, 1, 31)}, ("created_at",), "timezone"),  # noqa: DTZ001 - that is the point
        ({"created_at": "0001-01-01T00:00:00+02:00"}, ("created_at",), "outside the calendar"),
        ({"subject": SUBJECT | {"repo": "/home/ada/chimera"}}, ("subject", "repo"), "not by its path"),
        ({"subject": SUBJECT | {"repo": "C:\\work\\chimera"}}, ("subject", "repo"), "not by its path"),
        ({"subject": SUBJECT | {"repo": "https://ada:word@host/x"}}, ("subject", "repo"), "without a user or password"),
        ({"subject": SUBJECT | {"repo": "a\udcff"}}, ("subject", "repo"), "valid string"),
        ({"subject": SUBJECT | {"commit_sha": "a" * 40 + "\n"}}, ("subject", "commit_sha"), "should match pattern"),
        ({"workload": WORKLOAD | {"suite": "../speed"}}, ("workload", "suite"), "should match pattern"),
        ({"workload": WORKLOAD | {"case": "a|b"}}, ("workload", "case"), "should match pattern"),
        ({"workload": WORKLOAD | {"seed": 2**63}}, ("workload", "seed"), "less than or equal to"),
        ({"run_id": "../r1"}, ("run_id",), "should match pattern"),
        ({"schema": "banterhearts.run/2"}, ("schema",), "banterhearts.run/1"),
        ({"note": "hello"}, ("note",), "not permitted"),
        ({"provenance": {"command": "x", "files": {"a/b": ""}}}, ("provenance", "files", "a/b", "[key]"), "pattern"),
    ],
)  # fmt: skip
def test_what_cannot_be_so_is_refused(make_record: Make, settings: Any, place: tuple[Any, ...], problem: str) -> None:
    """A record that says a thing and its opposite, or what no file can hold, is never made."""
    with pytest.raises(ValidationError) as caught:
        make_record(**settings)
    error = caught.value.errors()[0]
    assert (error["loc"], problem in error["msg"]) == (place, True), error


def test_free_form_values_become_those_that_are_read_back(make_record: Make) -> None:
    """Tuples are lists and members of enumerations their values, as in the digest."""

    class Mode(StrEnum):
        FAST = "fast"

    effective = {"sizes": (1, 2.5), "mode": Mode.FAST, "deep": {"none": None, "on": True}}
    record = make_record(effective=effective)
    assert record.treatment.effective == {"sizes": [1, 2.5], "mode": "fast", "deep": {"none": None, "on": True}}
    assert type(record.treatment.effective["mode"]) is str


def test_free_form_values_have_a_depth(make_record: Make) -> None:
    """What is nested without end is refused by its depth, before anything recurses on it."""
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ValidationError, match="nested deeper than 32 levels"):
        make_record(treatment={"requested": {"a": deep}, "effective": {}, "effective_digest": digest({})})


def test_times_are_kept_in_utc(make_record: Make) -> None:
    """The zone of whoever measured stays out of the record."""
    record = make_record(created_at=datetime(2025, 1, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5))))
    assert record.created_at == datetime(2025, 2, 1, 4, 30, tzinfo=UTC)
    assert json.loads(record.to_json())["created_at"] == "2025-02-01T04:30:00Z"


def test_names_of_other_tools_fit() -> None:
    """Cases are called what other tools call theirs."""
    for name in ("test_fib[10-fast]", "BM_fill<int>/8/threads:2", "time_range(10, 'a')", "a", "pp512 + tg128"):
        assert RunRecord.model_fields["workload"].annotation(**WORKLOAD | {"case": name}).case == name


def test_the_layout_is_one_line_a_row(make_record: Make) -> None:
    """Keys stand in the schema's order, a sample, metric or proof on a line, whole numbers without a point."""
    sample, metric = SAMPLE | {"values": (1001.0, 1002.5)}, METRIC | {"n": 2}
    record = make_record(attestation=(PROOF,), samples=(sample,), metrics=(metric,))
    text = record.to_json()
    assert list(json.loads(text)) == [field.alias or name for name, field in RunRecord.model_fields.items()]
    assert (
        ' "attestation": [\n'
        '  {"kind": "compile", "required": true, "evidence": "one graph", "verdict": "proven"}\n'
        " ],\n"
        ' "samples": [\n'
        '  {"metric": "wall", "unit": "ns", "values": [1001, 1002.5], "block": 0, "order": 9, "arm": "measured", '
        '"phase": "measure", "flags": []}\n'
        " ],\n"
    ) in text
    assert text.startswith('{\n "schema": "banterhearts.run/1",\n "run_id": "r1",\n')
    assert text.endswith("\n}\n")


def test_a_block_more_is_lines_more(make_record: Make) -> None:
    """Two states of one run differ by the lines of the block that came to it, and by the summary."""
    before, after = (make_record(blocks=blocks, planned=4).to_json().splitlines() for blocks in (2, 3))
    gone = [line for line in before if line.rstrip(",") not in {one.rstrip(",") for one in after}]
    come = [line for line in after if line.rstrip(",") not in {one.rstrip(",") for one in before}]
    assert [line.split(",")[0].strip() for line in gone] == ['{"name": "wall"']
    assert [line.split(",")[0].strip() for line in come] == ['{"metric": "wall"', '{"name": "wall"']


def test_percentiles_have_one_rule() -> None:
    """A record lets stand what the statistics give, and the counts are the least that bound a percentile at 95 %."""
    assert {f"p{percent}": least for percent, least in statistics.PERCENTILES.items()} == _PERCENTILES
    for name, least in _PERCENTILES.items():
        share = int(name[1:]) / 100
        assert share**least < 0.05 <= share ** (least - 1)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
KEYS = st.text(max_size=4)
INSIDE = st.recursive(SCALARS, lambda x: st.lists(x, max_size=3) | st.dictionaries(KEYS, x, max_size=3), max_leaves=8)
OBJECTS = st.dictionaries(KEYS, INSIDE, max_size=4)
SURROGATES = st.text(st.characters(categories=("L", "Cs")), max_size=4)
ODD = SCALARS | st.integers() | st.floats() | SURROGATES | st.binary(max_size=2) | st.just(10**50)
HOSTILE = st.recursive(
    ODD,
    lambda x: st.lists(x, max_size=3) | st.tuples(x) | st.dictionaries(SURROGATES | st.integers(), x, max_size=3),
    max_leaves=8,
)
VALUES = st.lists(st.floats(0, 1e150) | st.integers(0, 2**53).map(float), min_size=1, max_size=5).map(tuple)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001 - hypothesis adds zones


@FIXED
@given(values=VALUES, effective=OBJECTS, created_at=TIMES, text=st.text(max_size=50), effect=st.floats(1e-300, 1))
def test_what_is_written_is_read(
    make_record: Make,
    values: tuple[float, ...],
    effective: dict[str, Any],
    created_at: datetime,
    text: str,
    effect: float,
) -> None:
    """A record and the record read from its text are the same."""
    record = make_record(
        effective=effective,
        created_at=created_at,
        samples=(SAMPLE | {"unit": "By", "values": values},),
        metrics=(METRIC | {"unit": "By", "n": len(values), "median": min(values), "method": text},),
        workload=WORKLOAD | {"min_effect": effect},
        provenance={"command": text, "sitting": None, "notes": (text,)},
    )
    stored = record.to_json()
    read = parse_record(stored.encode("utf-8"), Path("r1.json"))
    assert read == record
    assert read.to_json() == stored


@FIXED
@given(value=HOSTILE)
def test_what_can_be_made_can_be_written(make_record: Make, value: Any) -> None:
    """A value is refused when the record is made, or it comes back from the file as the same value."""
    try:
        record = make_record(treatment=treatment({"a": 1}) | {"requested": {"x": value}})
    except ValidationError:
        return
    assert parse_record(record.to_json().encode("utf-8"), Path("r1.json")) == record
