"""From commits to dossiers: what changed, in which places, against what came before.

Everything here is a pure function of the repository's objects. `build_dossier` is the way in; the modules beside it
hold one kind of evidence each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chronicles.evidence.build import Workshop, build_dossier

__all__ = ["Workshop", "build_dossier"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has under that name
    """Import the public names when they are asked for: claims need the nouns of this package, and it needs claims."""
    if name in __all__:
        from chronicles.evidence import build  # noqa: PLC0415 - the reason this function exists

        return getattr(build, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
