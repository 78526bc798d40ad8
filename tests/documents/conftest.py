"""A writer whose model is a script: honest rewordings of claims, offered as any model's would be."""

from __future__ import annotations

import os
import shutil
import tomllib
from dataclasses import dataclass, field, replace
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands.session import Session
from chronicles.writers import Byline, Draft, Effort

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chronicles.documents.told import Told
    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers import Part

HONEST: dict[str, list[str]] = tomllib.loads(
    (Path(__file__).parents[2] / "chronicles/writers/gate/words/heard.toml").read_text(encoding="utf-8")
)
"""Rewordings of every claim, by template, which the gate lets pass with few exceptions."""
BYLINE = Byline("ollama", "scripted:1b", "ab" * 32, {"context": 4096}, "0123456789ab")


@dataclass(slots=True)
class Scripted:
    """Offers honest rewordings, the last title and the last stage direction."""

    name: str = "ollama"
    parallel: int = 1
    byline: Byline = BYLINE
    woven: bool = False
    """Whether paragraphs are offered too."""
    silent: frozenset[str] = frozenset()
    """Claims that nothing is offered for."""
    drafted: list[str] = field(default_factory=list)
    """The newest commit of each page that was asked for."""

    def draft(self, dossier: Dossier, parts: Sequence[Part], cast: Cast, titles: Sequence[str] = ()) -> Draft:
        """Offer the rewordings, turned so that pages near each other begin with others."""
        del cast
        sha = dossier.subject.commits[0]
        self.drafted.append(sha)
        turn = int(sha[:4], 16)
        told = [part for part in parts if part.claim.id not in self.silent]
        wordings = {part.claim.id: turned(HONEST[part.claim.id], turn) for part in told}
        return Draft(
            wordings=wordings,
            passages=tuple(weave(told, wordings)) if self.woven else (),
            title=titles[-1] if titles else "",
            stage=next((one for part in told for one in part.persona.stage_directions[-1:]), ""),
            byline=self.byline,
            effort=Effort(len(told), 0, 100, 300, 20, 0.5),
        )


def turned(wordings: Sequence[str], turn: int) -> tuple[str, ...]:
    """The same wordings from another one on."""
    at = turn % len(wordings)
    return (*wordings[at:], *wordings[:at])


def weave(parts: Sequence[Part], wordings: dict[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Paragraphs of two or more claims, each one sentence as far as its words allow."""
    runs: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        runs.setdefault((part.section.value, part.persona.key), []).append(part)
    found = []
    for run in runs.values():
        for chosen in islice(product(*(wordings[part.claim.id] for part in run)), 60) if len(run) > 1 else ():
            pieces = list(chosen)
            for at, piece in enumerate(pieces[:-1]):
                pieces[at] = f"{piece[:-1]};"
                pieces[at + 1] = pieces[at + 1][:1].lower() + pieces[at + 1][1:]
            found.append({part.claim.id: piece for part, piece in zip(run, pieces, strict=True)})
    return found


@pytest.fixture
def scripted() -> type[Scripted]:
    """Make scripted writers: `scripted(parallel=3, woven=True)`."""
    return Scripted


@pytest.fixture
def byline() -> Callable[..., Byline]:
    """Bylines of the scripted model with something else in them: `byline(degraded="timed out")`."""
    return lambda **values: replace(BYLINE, **values)


@pytest.fixture
def tell() -> Callable[..., Told]:
    """Tell commits of a repository anew: `tell(repo.path, writer, jobs=2)`, or `tell(repo.path, writer, shas)`."""
    return tell_anew


def tell_anew(path: Path, writer: Any, shas: Sequence[str] | None = None, **options: Any) -> Told:
    """Tell commits by a writer, all first-parent steps where none are named."""
    with Session(path) as session:
        depth = session.follow(session.repository.resolve("HEAD"))
        press = session.press()
        press.writer = writer
        steps = [step.sha for step in session.workshop.index.steps(0, depth)] if shas is None else shas
        return press.tell([session.subject(sha) for sha in steps], force=True, **options)


@pytest.fixture(scope="session")
def voiced_made(saga_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `voiced` copies."""
    path = tmp_path_factory.mktemp("voiced") / "repo"
    shutil.copytree(saga_made, path, symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        tell_anew(path, Scripted(woven=True))
    return path


@pytest.fixture
def voiced(voiced_made: Path, tmp_path: Path) -> Path:
    """The saga with pages that a scripted model has worded, sentences and passages; the test's own."""
    shutil.copytree(voiced_made, tmp_path / "voiced", symlinks=True)
    return tmp_path / "voiced"
