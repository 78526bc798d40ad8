"""Files that cannot be read: each an error with path, line and what to do, and never a row less."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banterhearts.api.ingestion import source
from banterhearts.api.ingestion.fields import Fields, nanoseconds, rounding
from banterhearts.api.ingestion.formats import FORMATS, find_format
from banterhearts.api.ingestion.refusal import Refused
from banterhearts.api.ingestion.row import portable
from banterhearts.api.ingestion.source import open_source
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = "num_gpu,num_ctx,temperature,ttft_s,tokens_s,load_s,prompt_eval_s,eval_s,eval_count,error\n"
ROW = b'{"build_commit": "1", "model_filename": "m", "n_prompt": 1, "n_gen": 0, "samples_ns": [1]}'


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", None, "is empty"),
        (b" \n\t\n", None, "is empty"),
        (b'{"results": [\n{"command": "a",\n', 3, "no JSON: "),
        (b'{"results": [\n{"command": "a" "mean": 1}]}', 2, "no JSON: Expecting ',' delimiter, column 17"),
        (b'{"results": []}\n{"results": []', None, "is of no format"),
        (b'[]\n{"results": []', 2, "no JSON: Extra data"),
        (b'{"results": [{"mean": 1, "mean": 2}]}', None, "key 'mean' stands twice in one object"),
        (b'{"results": \xff}', 1, "no UTF-8: byte 0xff"),
        (b'{\n"a": "\xe9"}', 2, "no UTF-8: byte 0xe9"),
        (b"\xff\xfe{\x00}\x00", 1, "is UTF-16; save it as UTF-8"),
        (b"[" * 200_000, None, "nested deeper than JSON is read"),
        (b'{"a": ' + b"1" * 10_000 + b"}", None, "no JSON: Exceeds the limit"),
        (b'{"a": 1}', None, "is of no format that can be imported (pytest-benchmark, asv, "),
        (b"[]", None, "is of no format that can be imported"),
        (b"null", None, "is of no format that can be imported"),
        (b"a,b,c\n1,2,3\n", None, "is of no format that can be imported"),
        (b"a,b,a\n1,2,3\n", 1, "column 'a' stands twice"),
        (b'"a,b\n', 1, "neither JSON nor CSV: unexpected end of data"),
        (b"\x00\x01\x02", None, "is of no format that can be imported"),
        (HEADER.encode(), None, "is of legacy-sweep and holds no row"),
        (HEADER.encode() + b'1,"2\n', 2, "no CSV: unexpected end of data"),
        (HEADER.encode() + b'1,"2"x,3\n', 2, "no CSV: "),
        (HEADER.encode() + b"1,2,3\n\xff\n", 3, "no UTF-8: byte 0xff"),
        (b'{"machine_info": {}, "benchmarks": []}', None, "is of pytest-benchmark and holds no row"),
        (b'{"commit_hash": "", "results": {}, "result_columns": [], "version": 1}', None, "version 1 of asv's results"),
        (b'{"commit_hash": "", "results": 1, "result_columns": [], "version": 2}', None, "results is no object"),
        (ROW + b"\n" + ROW[:-5] + b"\n", 2, "no JSON: "),
        (ROW + b"\n\n" + ROW[:-1] + b', "n_gen": 1}', 3, "key 'n_gen' stands twice in one object"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(
    take: Callable[..., Any], write: Callable[..., Path], content: bytes, line: int | None, problem: str
) -> None:
    """The error names the path, the line where there is one, and the fault."""
    path = write(content)
    with pytest.raises(RecordError) as told:
        take(path)
    assert str(told.value).startswith(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")


def test_what_is_no_file(take: Callable[..., Any], tmp_path: Path) -> None:
    """Neither a folder, nor what is not there, nor a name that no file can have."""
    with pytest.raises(RecordError, match="is a folder; name the files"):
        take(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordError, match="is no regular file; write the results to one first"):
        take(tmp_path / "pipe")
    with pytest.raises(RecordError, match="cannot be read: No such file"):
        take(tmp_path / "none.json")
    with pytest.raises(RecordError, match="cannot be read: "):
        take(tmp_path / "a\0b")


def test_rows_before_a_fault_are_imported(take: Callable[..., Any], write: Callable[..., Path], reports: Path) -> None:
    """A stream that ends in the middle keeps what was read of it."""
    with pytest.raises(RecordError, match=r"results\.json:2: no JSON"):
        take(write(ROW + b"\n{\n"))
    assert len(list(reports.rglob("*.json"))) == 1


def test_json_that_is_too_large_and_lines_that_are_too_long(
    take: Callable[..., Any], write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would have to be held at once has a limit."""
    monkeypatch.setattr(source, "_LARGEST_JSON", 100)
    with pytest.raises(RecordError, match="bytes of JSON, and at most 100 are held at once; split it"):
        take(write(json.dumps({"results": [{"command": "a" * 100}]}, indent=1)))
    monkeypatch.setattr(source, "_LONGEST_LINE", 200)
    with pytest.raises(RecordError, match=r"\.csv:2: a line longer than 200 bytes"):
        take(write(HEADER + "1" * 300, "sweep.csv"))


def test_a_named_format_must_be_the_files(take: Callable[..., Any], data: Path) -> None:
    """A format that is said is not guessed, and says what it needs."""
    with pytest.raises(RecordError, match="is no file of asv: that has `commit_hash`, `results` and `result_columns`"):
        take(data / "hyperfine.json", "asv")
    assert take(data / "hyperfine.json", "hyperfine").records


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_file_is_of_one_format(data: Path, name: str) -> None:
    """No file at hand is recognised by two formats."""
    for path in data.iterdir():
        recognised = FORMATS[name].recognises(open_source(path))
        assert recognised == (find_format(open_source(path), None).name == name)


@pytest.mark.parametrize(
    "content",
    [
        {"machine_info": 1, "benchmarks": [1, {}, {"name": "a", "stats": []}], "commit_info": 7},
        {"context": [], "benchmarks": [{"name": "a"}, None]},
        {"context": {"executable": 3}, "benchmarks": [{"name": "a", "real_time": 1, "cpu_time": 1}]},
        {"results": [{"command": 3, "mean": 1}, {"command": "a", "mean": 1, "exit_codes": 0}]},
        {"results": [{"command": "a", "mean": 1, "times": {"x": 1}}]},
        {
            "commit_hash": 1,
            "results": {"a": [[1]], "time_b": 3, "time_c": [[1], [["x"] * 99] * 9]},
            "result_columns": ["result", "params"],
            "version": 2,
        },
        [{"build_commit": 1, "model_filename": "m", "n_prompt": 1, "n_gen": 0, "samples_ns": [1]}],
        [{"build_commit": "1", "model_filename": [], "n_prompt": 1, "n_gen": 0, "samples_ns": [1]}],
        {"backends": {"a": 1, "b": {"compilation": [], "benchmark": {}}}, "settings": 1, "model": None},
        {"baseline": {"loss": 1, "accuracy": None, "model_size_bytes": 0}},
        {"test_timestamp": "x", "total_tokens": "y", "results": [1, {"test_name": "a", "success": True}]},
        {
            "prompt_count": 1,
            "models": [1, {}, {"model": "\ud800", "completed": 1, "prompt_count": 1, "mean_tokens_s": 1}],
        },
        {"results": [{"command": "\ud800", "mean": 1, "median": 1}]},
        {"results": [{"command": "a", "mean": 1, "median": 1e300}]},
        {"results": [{"command": "a", "mean": 1, "median": 1e-310}]},
    ],
)
def test_values_of_another_shape_refuse_their_row(
    take: Callable[..., Any], write: Callable[..., Path], content: object
) -> None:
    """Whatever stands in a row, the row is refused with a reason; nothing else happens."""
    taken = take(write(content))
    assert taken.refused
    assert not taken.records
    assert set(taken.refused.values()) <= {
        "malformed",
        "missing",
        "failed",
        "failure-as-zero",
        "unknown-unit",
        "not-a-number",
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(junk=json_values, pick=st.integers(0, 10**6))
@pytest.mark.parametrize(
    "name", ["pytest_benchmark.json", "asv.json", "google_benchmark.json", "hyperfine.json", "llama_bench.json"]
)
def test_any_value_spoilt_is_refused_or_harmless(
    take: Callable[..., Any], write: Callable[..., Path], data: Path, name: str, junk: object, pick: int
) -> None:
    """Any one value of a real file replaced by anything gives records, refusals or an error, and never a crash."""
    value = json.loads((data / name).read_bytes())
    places = list(_places(value))
    holder, key = places[pick % len(places)]
    holder[key] = junk
    try:
        take(write(value))
    except RecordError as error:
        assert str(error)  # noqa: PT017 - not every example raises


def _places(value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


@given(st.decimals(min_value=0, max_value=10**6, allow_nan=False, places=12), st.sampled_from(["ns", "us", "ms", "s"]))
def test_conversions_move_the_point_only(value: Decimal, unit: str) -> None:
    """A duration in nanoseconds has the digits that it had."""
    found = nanoseconds(value, unit)
    assert found.as_tuple().digits == value.as_tuple().digits
    assert found / {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}[unit] == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/usr/bin/python3 -c pass", "python3 -c pass"),
        ("sh -c 'cd /srv/app && ./run'", "sh -c 'cd app && ./run'"),
        ("tool --in=/home/ada/x.txt,/home/bob/y", "tool --in=x.txt,y"),
        (r"C:\Users\ada\tool.exe /c D:/data/a.bin", "tool.exe /c a.bin"),
        ("~/bin/tool ../a/b src/a/b.py", "tool ../a/b src/a/b.py"),
        ("curl https://example.org/a/b", "curl https://example.org/a/b"),
        ("a / b // c /tmp", "a / b // c /tmp"),
    ],
)
def test_absolute_paths_keep_their_last_part(text: str, told: str) -> None:
    """Relative paths, addresses and operators stay what they are."""
    assert portable(text) == told


def test_a_count_is_whole() -> None:
    """A number with a fraction is no count, and one that is written as 3.0 is."""
    fields = Fields({"a": "3.0", "b": "3.5", "c": ""}, textual=True)
    assert fields.whole("a") == 3
    assert fields.whole("c") is None
    with pytest.raises(Refused, match="no whole number"):
        fields.whole("b")


def test_a_printed_number_is_off_by_half_its_last_digit() -> None:
    """What 77.5 was rounded from lies within 0.05 of it."""
    assert [rounding(Decimal(text)) for text in ("77.5", "0.0048", "3", "1E+2")] == [
        Decimal(text) for text in ("0.05", "0.00005", "0.5", "50")
    ]
