"""The form of a persona file.

Checked strictly and at once: a persona that is found wanting while a page is written would be found by whoever reads
the page. Everything has a greatest size, since a file may come with a repository of anybody's, and a voice goes into
each prompt. Imported late, for pydantic's sake.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chronicles.dossier import Lens  # noqa: TC001 - pydantic reads the annotation

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["PersonaForm", "Vocabulary", "parse_form"]

_DEEP_KEY = re.compile(r"""(?<![\w"'-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){9}""")
"""A key of ten parts: no persona has one, and tomllib takes minutes for one of a hundred thousand."""
_SHOWN = 60

_Sentence = Annotated[str, Field(max_length=400)]
_Word = Annotated[str, Field(max_length=40)]


class Vocabulary(BaseModel):
    """Words to use and words to keep away from."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    use: Annotated[list[_Word], Field(max_length=40)] = []
    avoid: Annotated[list[_Word], Field(max_length=40)] = []


class PersonaForm(BaseModel):
    """What a persona file may hold, and of which type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    lens: Annotated[Lens | None, Field(strict=False)] = None
    """Every voice has one; the narrator has none."""
    order: int = 100
    """Voices speak in this order, then in that of their files' names."""
    sentences: int = Field(default=2, ge=1, le=9)
    voice: str = Field(default="", max_length=600)
    """How it speaks, as an instruction to a model."""
    vocabulary: Vocabulary = Vocabulary()
    examples: Annotated[list[_Sentence], Field(max_length=8)] = []
    names: Annotated[list[_Word], Field(max_length=40)] = []
    stage_directions: Annotated[list[_Sentence], Field(max_length=100)] = []
    wordings: Annotated[dict[str, Annotated[list[_Sentence], Field(max_length=50)]], Field(max_length=500)] = {}


def parse_form(raw: bytes) -> PersonaForm:
    """Read a persona file.

    Raises:
        ValueError: If it is no TOML or has another form; the message says where.
    """
    text = raw.decode("utf-8-sig")
    if _DEEP_KEY.search(text):
        raise ValueError("it has a key of ten parts or more")
    try:
        return PersonaForm.model_validate(tomllib.loads(text))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        raise ValueError(f"{_told(told[0])}{more}") from error


def _told(error: ErrorDetails) -> str:
    parts = [part for part in error["loc"] if part != "[key]"]
    place = f"`{'.'.join(map(_part, parts))}`"
    if error["type"] == "extra_forbidden":
        fields: Any = Vocabulary if parts[0] == "vocabulary" else PersonaForm
        return f"{place} is no key of a persona; there are {', '.join(fields.model_fields)}"
    return f"{place}: {error['msg']}"


def _part(part: int | str) -> str:
    """A part of a key, which may be anything: a member's place from one, a name without what cannot be seen."""
    return str(part + 1) if isinstance(part, int) else repr(part[:_SHOWN])[1:-1]
