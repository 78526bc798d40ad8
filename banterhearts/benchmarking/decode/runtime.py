"""The libraries that run models, which need not be there.

They are loaded by name, late and in one place: none is needed to start the engine, each takes a second or more, and
a type checker would otherwise judge our code by whether they happen to be installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from banterhearts.errors import Missing

__all__ = ["load_runtime"]


def load_runtime(module: str, extra: str) -> Any:  # noqa: ANN401 - a module of which we know no types
    """Import a library.

    Args:
        module: Its name for Python.
        extra: The extra of this package that brings it.

    Raises:
        Missing: If it is not there, or breaks when it is imported.
    """
    try:
        return import_module(module)
    except ImportError as error:
        what = f"{module} is not installed" if error.name == module else f"{module} cannot be imported: {error}"
        raise Missing(what, f"pip install 'chimera-chronicles[{extra}]'") from error
