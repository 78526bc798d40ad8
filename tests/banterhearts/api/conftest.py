"""Importing a file in a test: `take(path)` gives its records by place and its refusals by place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.api.ingestion.importing import Importer
from banterhearts.api.ingestion.refusal import Refusal
from banterhearts.api.ingestion.row import Stated
from banterhearts.core.reading import read_record
from banterhearts.core.store import RecordStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from banterhearts.core.record import RunRecord

DATA = Path(__file__).parent / "data"
LEGACY = Path(__file__).parents[3].parent / "shared" / "data" / "legacy_benchmarks"


@dataclass(slots=True)
class Taken:
    """What became of a file."""

    records: dict[str, RunRecord] = field(default_factory=dict)
    """By place in the file."""
    refused: dict[str, str] = field(default_factory=dict)
    """Place to reason."""
    why: dict[str, str] = field(default_factory=dict)
    """Place to explanation."""
    is_new: dict[str, bool] = field(default_factory=dict)
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Place to the values that its record lacks, as `ttft_s: contradiction`."""


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Where records go."""
    return tmp_path / "reports"


@pytest.fixture
def take(reports: Path) -> Callable[..., Taken]:
    """Import a file into `reports`: `take(DATA / "asv.json", commit=…)`."""

    def take_file(path: Path, format_name: str | None = None, **stated: Any) -> Taken:
        taken = Taken()
        with RecordStore(reports) as store:
            for one in Importer(store, Stated(**stated)).open(path, format_name).outcomes():
                if isinstance(one, Refusal):
                    taken.refused[one.where], taken.why[one.where] = one.reason, one.why
                else:
                    taken.records[one.where] = read_record(one.path)
                    taken.is_new[one.where] = one.is_new
                    taken.left_out[one.where] = tuple(f"{part.what}: {part.reason}" for part in one.left_out)
        return taken

    return take_file


@pytest.fixture
def data() -> Path:
    """Results that the tools wrote, shortened, without the names of machines."""
    return DATA


@pytest.fixture
def legacy() -> Path:
    """The original engine's files; they lie beside the checkout and are not part of it."""
    if not LEGACY.is_dir():
        pytest.skip(f"the original engine's files are not at {LEGACY}")
    return LEGACY


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file: `write({"results": […]})` as JSON, or text or bytes as they are."""

    def write_file(content: object, name: str = "results.json") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write_file
