"""A persona and a cast, as the writers see them: finished values, checked before they were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chronicles.dossier import Lens

__all__ = ["Cast", "Persona"]


@dataclass(frozen=True, slots=True)
class Persona:
    """A lens and a voice."""

    key: str
    """Name of the file, without its ending."""
    name: str
    lens: Lens | None
    """None for the narrator."""
    sentences: int
    """At most so many sentences of the roundtable."""
    stage_directions: tuple[str, ...]
    wordings: Mapping[str, tuple[str, ...]]
    """Template id to the wordings this persona has for it."""
    voice: str = ""
    """How it speaks, as an instruction to a model."""
    use: tuple[str, ...] = ()
    """Words that suit the voice."""
    avoid: tuple[str, ...] = ()
    """Words that it never says."""
    examples: tuple[str, ...] = ()
    """Sentences that show the voice and say nothing that a claim says, so that one of them on a page is a leak."""
    names: tuple[str, ...] = ()
    """Proper names that it may say."""
    digest: str = ""
    """Of its file, 12 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Cast:
    """All personas of a run, in the order in which they speak."""

    voices: tuple[Persona, ...]
    narrator: Persona
    version: str
    """Digest of who speaks, in which order, from which files: another cast makes pages stale, not false."""

    def of(self, lens: Lens) -> Persona | None:
        """The first voice with a lens."""
        return next((voice for voice in self.voices if voice.lens is lens), None)
