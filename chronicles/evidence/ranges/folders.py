"""Folders of a tree, written with a slash at the end, and the paths that only tests read."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["count_files", "folders_of", "is_for_tests"]

_TESTS = re.compile(r"(?:^|/)(?:tests?|testing|fixtures|__tests__|spec)/")


def folders_of(path: str) -> list[str]:
    """The folders that a path lies in, from the top down; none for a path of the top."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:depth]) + "/" for depth in range(1, len(parts) + 1)]


def count_files(tree: Iterable[str]) -> Counter[str]:
    """Files below each folder of a tree, at any depth."""
    return Counter(folder for path in tree for folder in folders_of(path))


def is_for_tests(path: str) -> bool:
    """Whether a path lies where tests and what they read are kept."""
    return _TESTS.search(path) is not None
