"""The cast: who speaks, through which lens, in which words.

A persona is a TOML file: a name, a lens, how many sentences it may say on a page, stage directions, and its own
wordings for the claims of its lens. The narrator, who writes Why It Matters and the architecture section, has no
lens and may word any claim. A repository's own folder of personas replaces the built-in files one by one.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chronicles.dossier import Lens

__all__ = ["Cast", "Persona", "load_cast", "problems"]

_HERE = Path(__file__).parent
NARRATOR = "narrator"
_JOINER = "\u200d"
"""Holds the parts of one emoji together."""


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
    """Digest of all files: another cast makes pages stale, not false."""

    def of(self, lens: Lens) -> Persona | None:
        """The first voice with a lens."""
        return next((voice for voice in self.voices if voice.lens is lens), None)


def load_cast(folder: Path | None = None) -> Cast:
    """Load the cast.

    Args:
        folder: A repository's own persona files, which replace built-in ones of the same name.

    Raises:
        ConfigError: If a file is no persona.
    """
    paths = {path.stem: path for path in sorted(_HERE.glob("*.toml"))}
    if folder and folder.is_dir():
        paths |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    try:
        return _cast(tuple((path, path.read_bytes()) for path in paths.values()))
    except OSError as error:
        raise ConfigError(Path(str(error.filename)), f"cannot be read: {error.strerror}") from error


@cache
def _cast(files: tuple[tuple[Path, bytes], ...]) -> Cast:
    digest = hashlib.sha256()
    voices: list[tuple[int, Persona]] = []
    narrator = None
    for path, raw in files:
        digest.update(path.stem.encode() + b"\0" + raw + b"\0")
        order, persona = _parse(path, raw)
        if persona.key == NARRATOR:
            narrator = persona
        else:
            voices.append((order, persona))
    if narrator is None:
        raise ConfigError(_HERE, "there is no narrator.toml; install the package anew")
    ordered = tuple(persona for _, persona in sorted(voices, key=lambda item: (item[0], item[1].key)))
    return Cast(ordered, narrator, digest.hexdigest()[:12])


def _parse(path: Path, raw: bytes) -> tuple[int, Persona]:
    from chronicles.personas.form import PersonaForm  # noqa: PLC0415 - pydantic is loaded late

    try:
        form = PersonaForm.model_validate(tomllib.loads(raw.decode()))
    except (ValueError, RecursionError) as error:  # what tomllib, the decoder and pydantic raise is a ValueError
        raise ConfigError(path, f"no persona: {error}. `docs/personas.md` shows what one holds") from error
    if (form.lens is None) != (path.stem == NARRATOR):
        raise ConfigError(path, "every voice has a lens, and the narrator has none")
    persona = Persona(
        key=path.stem,
        name=form.name,
        lens=form.lens,
        sentences=form.sentences,
        stage_directions=tuple(form.stage_directions),
        wordings={template: tuple(wordings) for template, wordings in form.wordings.items()},
        voice=form.voice,
        use=tuple(form.vocabulary.use),
        avoid=tuple(form.vocabulary.avoid),
        examples=tuple(form.examples),
        names=tuple(form.names),
        digest=hashlib.sha256(raw).hexdigest()[:12],
    )
    for problem in problems(persona, {template.id: template.skeleton for template in TEMPLATES.values()}):
        raise ConfigError(path, problem)
    return form.order, persona


def problems(persona: Persona, skeletons: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a persona's words.

    Args:
        persona: Whose words.
        skeletons: Template id to skeleton, where they are known: wordings must have the same slots.
    """
    if not re.fullmatch(r"[\w .'-]{1,40}", persona.name):
        yield f"the name {persona.name!r} must be 1 to 40 letters"
    if persona.sentences < 1:
        yield f"sentences is {persona.sentences}, and must be at least 1"
    for direction in persona.stage_directions:
        if slots_of(direction) or not _plain(direction):
            yield f"the stage direction {direction!r} must be plain words without digits"
    for template, wordings in persona.wordings.items():
        if len(set(wordings)) != len(wordings):
            yield f"`{template}` has a wording twice"
        for wording in wordings:
            if not _plain(re.sub(r"\{[a-z_]+\}", "", wording)):
                yield f"`{template}`: {wording!r} has a digit, markup or control character outside its slots"
            if template in skeletons and sorted(slots_of(wording)) != sorted(slots_of(skeletons[template])):
                yield f"`{template}`: {wording!r} must have each of {slots_of(skeletons[template])} once"


def _plain(text: str) -> bool:
    """Whether text is words and signs alone: no digit of any script, no markup, nothing that cannot be seen."""
    unseen = any(unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs"} and char != _JOINER for char in text)
    digit = any(char.isdigit() for char in text)
    return bool(text.strip()) and not (unseen or digit or re.search(r"[<>{}\[\]`*_\\|]", text))
