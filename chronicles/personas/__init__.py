"""The cast: who speaks, through which lens, in which words.

A persona is a TOML file: a name, a lens, how many sentences it may say on a page, stage directions, its own wordings
for the claims of its lens, and how a model that words claims in its place is to speak. The narrator, who writes Why It
Matters and the architecture section, has no lens and may word any claim. A repository's own folder of personas replaces
the built-in files one by one, and its settings may choose who of them all speaks.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.errors import ConfigError
from chronicles.personas.files import NARRATOR, PersonaFile, load_files
from chronicles.personas.persona import Cast, Persona
from chronicles.personas.rules import problems

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cast", "Persona", "PersonaFile", "load_cast", "load_files", "problems"]

_SETTING = Path("setting `cast`")
"""Where a choice of voices went wrong."""


def load_cast(folder: Path | None = None, names: Sequence[str] = ()) -> Cast:
    """Load the cast.

    Args:
        folder: A repository's own persona files, which replace built-in ones of the same name.
        names: Files, without their ending, whose personas speak and in which order; everyone where none is named.

    Raises:
        ConfigError: If a file is no persona, or a name is none's.
    """
    personas = {file.persona.key: file.persona for file in load_files(folder)}
    narrator = personas.pop(NARRATOR)
    voices = tuple(_chosen(personas, names) if names else personas.values())
    digest = hashlib.sha256("\n".join(f"{one.key} {one.digest}" for one in (narrator, *voices)).encode())
    return Cast(voices, narrator, digest.hexdigest()[:12])


def _chosen(voices: dict[str, Persona], names: Sequence[str]) -> list[Persona]:
    """The voices that are named, each lens once: two of one lens could not both speak."""
    found: list[Persona] = []
    for name in names:
        if name not in voices:
            why = "the narrator is no voice" if name == NARRATOR else f"no persona is called {name[:60]!r}"
            raise ConfigError(_SETTING, f"{why}; there are {', '.join(sorted(voices))}")
        voice = voices[name]
        if rival := next((one for one in found if one.lens is voice.lens), None):
            both = f"{rival.key!r} and {name!r} have one lens" if rival is not voice else f"{name!r} stands there twice"
            raise ConfigError(_SETTING, f"{both}; a lens has one voice. Take one of them out")
        found.append(voice)
    return found
