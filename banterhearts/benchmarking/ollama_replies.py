"""What an Ollama server said, as complete values, or not at all.

Every reply is a stranger's. A field that is needed is there, of its type and within its bounds, or the reply is refused
with the endpoint, the field and what stood there; fields that are not needed are not looked at, since every version of
the server adds some. Sizes are bytes, durations whole nanoseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.readings import excerpt, parse_json
from banterhearts.core.record import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "LARGEST",
    "Fields",
    "Listed",
    "Piece",
    "Reply",
    "Resident",
    "parse_error",
    "parse_models",
    "parse_object",
    "parse_reply",
    "parse_residents",
    "parse_version",
]

LARGEST = 1 << 60
"""Of bytes, tokens and nanoseconds: 36 years. What is more is no number of a measurement."""
_LATE_NS = 2_000_000
_LATE = 0.02
"""By how much parts may exceed their sum: they were counted by two processes, some of them in whole milliseconds."""
_SHOWN = 200
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,60}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that the server has."""

    name: str
    digest: str
    """sha256 of its manifest: template, parameters and weights."""
    size: int
    """Bytes of all its layers."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A model in memory."""

    name: str
    digest: str
    size: int
    """Bytes of all buffers of its process."""
    size_vram: int
    """Those of them on a GPU."""
    context: int
    """Tokens."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: what our clock saw, and what the server counted."""

    arrivals_ns: tuple[int, ...]
    """When each chunk with text came, since the request was handed over; none where the model ended at once."""
    text: str
    wall_ns: int
    """When the counters came, by our clock."""
    total_ns: int
    load_ns: int
    prompt_tokens: int
    prompt_ns: int
    output_tokens: int
    eval_ns: int
    """From the first output token to the last; 0 if there is one only."""
    stamps_ns: tuple[int, ...]
    """When each chunk left, by the server's time of day, since the request came; empty where it has no order."""
    ended: bool
    """The model ended its answer; else it was as long as asked."""


class Piece(NamedTuple):
    """A chunk of an answer with text in it."""

    at_ns: int
    """When it came, by our clock."""
    text: str
    created_at: object
    """The server's stamp, unchecked."""


class Fields:
    """The fields of one object of one endpoint."""

    def __init__(self, path: str, found: object) -> None:
        self.path = path
        if not isinstance(found, dict):
            self.refuse("is no object", found)
        self.found: Mapping[str, object] = found

    def refuse(self, problem: str, value: object) -> NoReturn:
        """Raise what is wrong, with the endpoint and what stood there."""
        raise MeasureFailed(f"Ollama's {self.path} {problem}: {excerpt(str(value), _SHOWN)}", Status.INVALID)

    def count(self, key: str, least: int = 0) -> int:
        """A whole number."""
        value = self.found.get(key)
        if value is None:
            raise MeasureFailed(f"Ollama's {self.path} does not say `{key}`{_hint(key)}", Status.INVALID)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(f"has no whole number in `{key}`", value)
        if not least <= value < LARGEST:
            self.refuse(f"has in `{key}` what cannot be", value)
        return value

    def text(self, key: str) -> str:
        """A short printable string."""
        value = self.found.get(key)
        if not isinstance(value, str) or not value or len(value) > _SHOWN or not value.isprintable():
            self.refuse(f"has no name in `{key}`", value)
        return value

    def digest(self, key: str) -> str:
        """A sha256."""
        match = _DIGEST.fullmatch(self.text(key))
        if not match:
            self.refuse(f"has no sha256 in `{key}`", self.found[key])
        return match[1]

    def rows(self, key: str) -> list[Fields]:
        """A list of objects."""
        value = self.found.get(key)
        if not isinstance(value, list):
            self.refuse(f"has no list in `{key}`", value)
        return [Fields(self.path, one) for one in value]


def _hint(key: str) -> str:
    """What a missing field means."""
    return {
        "prompt_eval_count": ": the whole prompt came from the cache of an earlier request",
        "prompt_eval_duration": ": the whole prompt came from the cache of an earlier request",
        "eval_duration": ": the answer was too short for a duration",
        "context_length": "; servers before v0.10 do not: update Ollama",
    }.get(key, "")


def parse_object(path: str, read: bytes) -> dict[str, object]:
    """A reply as a JSON object in which no key stands twice and each number is one.

    Raises:
        MeasureFailed: As invalid.
    """
    found = parse_json(f"of Ollama's {path}", read.decode("utf-8", "replace"))
    if not isinstance(found, dict):
        raise MeasureFailed(f"Ollama's {path} is no object: {excerpt(str(found))}", Status.INVALID)
    return found


def parse_error(found: Mapping[str, object]) -> str:
    """What the server says went wrong, as one short line."""
    said = found.get("error")
    return excerpt(said if isinstance(said, str) else "an error without words", _SHOWN)


def parse_version(found: Mapping[str, object]) -> str:
    """The reply of `/api/version`.

    Raises:
        MeasureFailed: As invalid.
    """
    fields = Fields("/api/version", found)
    version = fields.text("version")
    if not _VERSION.fullmatch(version):
        fields.refuse("has no version in `version`", version)
    return version


def parse_models(found: Mapping[str, object]) -> tuple[Listed, ...]:
    """The reply of `/api/tags`.

    Raises:
        MeasureFailed: As invalid.
    """
    rows = Fields("/api/tags", found).rows("models")
    return tuple(Listed(row.text("name"), row.digest("digest"), row.count("size")) for row in rows)


def parse_residents(found: Mapping[str, object]) -> tuple[Resident, ...]:
    """The reply of `/api/ps`.

    Raises:
        MeasureFailed: As invalid; also if more bytes are on the GPU than there are.
    """
    models = []
    for row in Fields("/api/ps", found).rows("models"):
        size, vram = row.count("size"), row.count("size_vram")
        if vram > size:
            row.refuse(f"says that {vram} bytes are on the GPU, of", size)
        models.append(Resident(row.text("name"), row.digest("digest"), size, vram, row.count("context_length", 1)))
    return tuple(models)


def parse_reply(found: Mapping[str, object], chunks: Sequence[Piece], *, wall_ns: int, asked: int) -> Reply:
    """The last line of a stream of `/api/generate`.

    Args:
        found: The line.
        chunks: Those with text, this line's own counted if it has some.
        wall_ns: When it came, by our clock.
        asked: Tokens that the answer may have.

    Raises:
        MeasureFailed: As invalid, if a counter is missing or they contradict each other or our clock.
    """
    fields = Fields("/api/generate", found)
    tokens = fields.count("eval_count", 1)
    total_ns = fields.count("total_duration", 1)
    reply = Reply(
        arrivals_ns=tuple(chunk.at_ns for chunk in chunks),
        text="".join(chunk.text for chunk in chunks),
        wall_ns=wall_ns,
        total_ns=total_ns,
        load_ns=fields.count("load_duration") if "load_duration" in found else 0,
        prompt_tokens=fields.count("prompt_eval_count", 1),
        prompt_ns=fields.count("prompt_eval_duration", 1),
        output_tokens=tokens,
        eval_ns=fields.count("eval_duration", 1) if tokens > 1 else 0,
        stamps_ns=_stamps([chunk.created_at for chunk in chunks], found.get("created_at"), total_ns),
        ended=found.get("done_reason") != "length",
    )
    if tokens > asked:
        fields.refuse(f"has more tokens in `eval_count` than the {asked} asked for", tokens)
    parts = reply.load_ns + reply.prompt_ns + reply.eval_ns
    for what, less, more in (
        ("durations that add up to more than their total", parts, reply.total_ns),
        ("a duration longer than we waited", reply.total_ns, wall_ns),
    ):
        if less > more * (1 + _LATE) + _LATE_NS:
            fields.refuse(f"tells {what}", f"{less} ns, {more} ns")
    return reply


def _stamps(stamps: Sequence[object], last: object, total_ns: int) -> tuple[int, ...]:
    """The server's stamps as nanoseconds since the request came to it.

    The last line is stamped when the total is counted, so the request came that long before. Stamps are of the time of
    day, which may be set back: without an order they are no second witness, and what is measured needs none.
    """
    try:
        read = [datetime.fromisoformat(str(stamp)).astimezone(UTC) for stamp in (*stamps, last)]
    except (ValueError, OverflowError):
        return ()
    before = [total_ns - (read[-1] - stamp) // timedelta(microseconds=1) * 1000 for stamp in read[:-1]]
    return tuple(before) if before and before == sorted(before) and before[0] > 0 and before[-1] <= total_ns else ()
