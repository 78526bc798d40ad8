"""The form of a persona file.

Checked strictly and at once: a persona that is found wanting while a page is written would be found by whoever reads
the page. Imported late, for pydantic's sake.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chronicles.dossier import Lens  # noqa: TC001 - pydantic reads the annotation

__all__ = ["PersonaForm", "Vocabulary"]


class Vocabulary(BaseModel):
    """Words to use and words to keep away from."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    use: list[str] = []
    avoid: list[str] = []


class PersonaForm(BaseModel):
    """What a persona file may hold, and of which type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    lens: Annotated[Lens | None, Field(strict=False)] = None
    """Every voice has one; the narrator has none."""
    order: int = 100
    """Voices speak in this order, then in that of their files' names."""
    sentences: int = Field(default=2, ge=1, le=9)
    stage_directions: list[str] = []
    voice: str = ""
    """How it speaks, as an instruction to a model."""
    vocabulary: Vocabulary = Vocabulary()
    examples: list[str] = []
    names: list[str] = []
    wordings: dict[str, list[str]] = {}
