"""Numbers out of what a command printed or wrote; all of it is a stranger's text.

Whatever cannot be a measurement is refused with what was expected and what was found instead: no match, no JSON, no
such key, text, true, NaN, a negative number, one that is too large. There is no number then, not even for the other
metrics: a command that half answers is not trusted with the other half.
"""

from __future__ import annotations

import json
import math
import re
import signal
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.core.record import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.benchmarking.settings import MetricSettings

__all__ = ["MAX_VALUES", "excerpt", "find_values", "parse_json"]

MAX_VALUES = 10_000
"""Of one metric in one run."""
_SHOWN = 60
_SEARCH_SEC = 10.0
"""For one pattern in one output: 16 MiB take a good pattern less than a second."""


class _TooLong(Exception):
    """A search went on beyond its limit."""


def find_values(name: str, metric: MetricSettings, text: str, document: object) -> tuple[float, ...]:
    """The values of a metric, in its unit.

    Args:
        name: Of the metric, for messages.
        metric: Where to look.
        text: What the command printed; looked at for a pattern.
        document: What the JSON holds; looked at for a pointer.

    Raises:
        MeasureFailed: As invalid, if there is no number that can be a measurement.
    """
    if metric.pattern is not None:
        found: list[Any] = _search(name, metric.pattern, text)
        if not found:
            raise _invalid(name, f"nothing printed matches {excerpt(metric.pattern)}")
    else:
        value = _follow(name, metric.pointer or "", document)
        found = value if isinstance(value, list) else [value]
        if not found:
            raise _invalid(name, f"the list at {excerpt(metric.pointer or '')} is empty")
    if len(found) > MAX_VALUES:
        raise _invalid(name, f"{len(found)} values in one run; at most {MAX_VALUES} are taken")
    return tuple(_number(name, value, metric) for value in found)


def parse_json(name: str, text: str) -> object:
    """A JSON document in which no key stands twice and each number is one.

    Raises:
        MeasureFailed: As invalid, saying where it breaks.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_doubles)
    except json.JSONDecodeError as error:
        raise _invalid(name, f"no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise _invalid(name, f"no JSON to be trusted: {excerpt(str(error))}") from error


def excerpt(text: str, limit: int = _SHOWN) -> str:
    """A stranger's text as one short printable line."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * limit]).split())
    return repr(line if len(line) <= limit else f"{line[:limit]}…")


def _search(name: str, pattern: str, text: str) -> list[str]:
    """What the group of a pattern matches; a pattern that tries for ever, `(0+)+$x`, is given up."""
    try:
        with _limited(_SEARCH_SEC):
            return [match[1] for match in re.finditer(pattern, text)]
    except _TooLong:
        problem = f"{excerpt(pattern)} was searched for more than {_SEARCH_SEC:g} s; repeat nothing that repeats in it"
        raise _invalid(name, problem) from None


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise in the midst of a block that takes longer; `re` looks for signals while it searches.

    Outside of the main thread, where no signal comes, there is no limit.

    Raises:
        _TooLong: When time is up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise _TooLong

    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, stop))
        stack.callback(signal.setitimer, signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield


def _follow(name: str, pointer: str, document: object) -> object:
    """What a JSON pointer (RFC 6901) points at."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and re.fullmatch("0|[1-9][0-9]{0,9}", key) and int(key) < len(document):
            document = document[int(key)]
        else:
            raise _invalid(name, f"nothing at {excerpt(pointer)}: no {excerpt(key)} there")
    return document


def _number(name: str, found: object, metric: MetricSettings) -> float:
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise _invalid(name, f"{excerpt(str(found))} is no number")
    try:
        value = float(found) * metric.scale
    except (ValueError, OverflowError) as error:
        raise _invalid(name, f"{excerpt(str(found))} is no number") from error
    if not math.isfinite(value):
        raise _invalid(name, f"{excerpt(str(found))} is no finite number")
    if value < 0:
        raise _invalid(name, f"{excerpt(str(found))} is negative")
    return float(round(value)) if metric.unit == "ns" else value


def _invalid(name: str, problem: str) -> MeasureFailed:
    return MeasureFailed(f"metric {name}: {problem}", Status.INVALID)


def _refuse_constant(text: str) -> object:
    raise ValueError(f"{text} is no number")


def _refuse_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return made
