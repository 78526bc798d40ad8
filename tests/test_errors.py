"""Errors of the tree."""

from __future__ import annotations

import inspect
import pickle
from typing import TYPE_CHECKING

import pytest

from chronicles.errors import ChroniclesError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator


def tree(kind: type[ChroniclesError]) -> Iterator[type[ChroniclesError]]:
    """A class and all of its subclasses."""
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


def made(kind: type[ChroniclesError], *, by_name: bool) -> ChroniclesError:
    """An error of a class, with a value for whatever it asks for."""
    if kind.__init__ is Exception.__init__:
        return kind("something")
    values = {name: ("log", "-1") if name == "arguments" else name for name in inspect.signature(kind).parameters}
    return kind(**values) if by_name else kind(*values.values())


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("kind", list(tree(ChroniclesError)))
def test_any_error_comes_whole_out_of_another_process(kind: type[ChroniclesError], *, by_name: bool) -> None:
    """Each error of the tree pickles with its message and its facts, however it was made."""
    error = made(kind, by_name=by_name)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is kind
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_a_note_travels_with_its_error() -> None:
    """What was noted on an error on its way is there on the other side."""
    error = ConfigError("chronicles.toml", "no such key")  # type: ignore[arg-type]  # the path is only shown
    error.add_note("while reading the settings")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["while reading the settings"]  # noqa: S301 - our own bytes
