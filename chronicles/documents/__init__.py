"""From claims to published pages, and from published pages back to the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chronicles.documents.verification import verify_page

__all__ = ["verify_page"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has under that name
    """Import the public names when they are asked for, since a command that writes does not verify."""
    if name in __all__:
        from chronicles.documents import verification  # noqa: PLC0415 - the reason this function exists

        return getattr(verification, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
