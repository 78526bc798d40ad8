"""Persona files: which there are, and what each holds.

A repository's own folder replaces the built-in files one by one and may add to them. Its files are a stranger's until
they were read, so a file of absurd size is not read at all, and what is no persona is refused with the file's path.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chronicles.claims import TEMPLATES
from chronicles.errors import ConfigError
from chronicles.personas.persona import Persona
from chronicles.personas.rules import problems

__all__ = ["NARRATOR", "PersonaFile", "load_files"]

NARRATOR = "narrator"
_HERE = Path(__file__).parent
_MOST_BYTES = 1_000_000
_MOST_FILES = 64
_KEY = re.compile(r"[\w-]{1,40}")
_LENSES = "`craft`, `measurement`, `novelty` or `lineage`"


@dataclass(frozen=True, slots=True)
class PersonaFile:
    """A persona with the file it was read from."""

    persona: Persona
    path: Path
    order: int
    """The lower, the earlier it speaks."""

    @property
    def own(self) -> bool:
        """Whether the file is a repository's, not the package's."""
        return self.path.parent != _HERE


def load_files(folder: Path | None = None) -> tuple[PersonaFile, ...]:
    """Load every persona there is, in the order in which they would speak; the narrator is among them.

    Args:
        folder: A repository's own persona files, which replace built-in ones of the same name.

    Raises:
        ConfigError: If a file is no persona, or two personas have one name.
    """
    paths = {path.stem: path for path in sorted(_HERE.glob("*.toml"))}
    try:
        own = _own(folder) if folder and folder.is_dir() else {}
        files = tuple((path, _bytes(path)) for path in (paths | own).values())
    except OSError as error:
        raise ConfigError(Path(str(error.filename)), f"cannot be read: {error.strerror}") from error
    return _parsed(files)


def _own(folder: Path) -> dict[str, Path]:
    found = sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))
    if len(found) > _MOST_FILES:
        raise ConfigError(folder, f"has {len(found)} persona files; {_MOST_FILES} are the most. Move the others away")
    return {path.stem: path for path in found}


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would keep us waiting, and a folder is no file
        raise ConfigError(path, "is no file. Move it away, or write a persona in its place")
    with path.open("rb") as file:
        raw = file.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise ConfigError(path, "is larger than a megabyte, which no persona is. Move it away, or shorten its lists")
    return raw


@cache
def _parsed(files: tuple[tuple[Path, bytes], ...]) -> tuple[PersonaFile, ...]:
    found = [_parse(path, raw) for path, raw in files]
    _refuse_doubles(found)
    return tuple(sorted(found, key=lambda file: (file.order, file.persona.key)))


def _refuse_doubles(files: list[PersonaFile]) -> None:
    """A page tells who speaks by name, whatever its letters' case, so a name belongs to one persona."""
    seen: dict[str, PersonaFile] = {}
    for file in sorted(files, key=lambda file: file.own):
        name = " ".join(unicodedata.normalize("NFKC", file.persona.name).casefold().split())
        if other := seen.get(name):
            where = f"{other.path.name} of the built-in cast" if not other.own else str(other.path)
            raise ConfigError(
                file.path,
                f"the name {file.persona.name!r} is that of {where} too. Choose another name, or call the file"
                f" {other.path.name} to put it in the other's place",
            )
        seen[name] = file


def _parse(path: Path, raw: bytes) -> PersonaFile:
    from chronicles.personas.form import parse_form  # noqa: PLC0415 - pydantic is loaded late

    if not _KEY.fullmatch(path.stem):
        shown = repr(path.stem[:60])
        raise ConfigError(
            path.parent, f"the name of a persona file is 1 to 40 letters, digits, `_` and `-`, not {shown}"
        )
    try:
        form = parse_form(raw)
    except ValueError as error:
        raise ConfigError(path, f"no persona: {error}. `docs/personas.md` shows what one holds") from error
    if path.stem == NARRATOR and form.lens is not None:
        raise ConfigError(path, "the narrator speaks for every lens and has none of its own; take out the key `lens`")
    if path.stem != NARRATOR and form.lens is None:
        raise ConfigError(path, f"no `lens`; every voice has one: {_LENSES}")
    persona = Persona(
        key=path.stem,
        name=form.name,
        lens=form.lens,
        sentences=form.sentences,
        stage_directions=tuple(form.stage_directions),
        wordings={template: tuple(wordings) for template, wordings in form.wordings.items()},
        voice=re.sub(r"[ \t\r\n]+", " ", form.voice).strip(),
        use=tuple(form.vocabulary.use),
        avoid=tuple(form.vocabulary.avoid),
        examples=tuple(form.examples),
        names=tuple(form.names),
        digest=hashlib.sha256(raw).hexdigest()[:12],
    )
    found = list(problems(persona, {template.id: template.skeleton for template in TEMPLATES.values()}))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise ConfigError(path, found[0] + more)
    return PersonaFile(persona, path, form.order)
