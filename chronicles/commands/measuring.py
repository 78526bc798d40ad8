"""What a model is fit for: measured before somebody's eyes, told, and remembered on this machine.

A model is measured with the built-in cast, whatever personas a repository has, since what is remembered holds for all
repositories. One that turns out too weak is a finding and no fault: `--writer auto` will leave it alone, and whoever
names it gets its words all the same.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.progress import Pace, bar
from chronicles.commands.voicing import remembered
from chronicles.markdown import visible
from chronicles.personas import Cast, load_cast
from chronicles.writers.aptitude import LINE_SHARE, PASSAGE_SHARE, Aptitude, Aptitudes, measure
from chronicles.writers.choosing import digests_file, open_model
from chronicles.writers.models.model import Fault, ModelFault
from chronicles.writers.prompts.prompt import LINE_CANDIDATES, PASSAGE_CANDIDATES
from chronicles.writers.trial import trials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.writers import Effort
    from chronicles.writers.aptitude import Score
    from chronicles.writers.models.model import Model

__all__ = ["check_model"]

_VERDICTS = {
    "passage": "may write passages",
    "line": "may write single sentences",
    "": "too weak: auto does not use it",
}
"""Freedom to what is said of it."""
_INTERRUPTED = 130
"""The status of a command that was ended by Ctrl-C."""
_FAULTS = frozenset(fault.value for fault in Fault)
_REASONS = 6
"""Reasons of refusals that people are told; the JSON report has all."""


def check_model(writer: str, model: str, *, as_json: bool) -> None:
    """Measure a model, tell what came of it, and remember it.

    Args:
        writer: `ollama` or `llamacpp`.
        model: Of the server, or a file; the writer's own choice when empty.
        as_json: Whether it is told as JSON.

    Raises:
        ClickException: If there is no model, or its server fails.
        OutputError: If what was measured cannot be remembered.
        Exit: With 1 if the model is too weak, with 130 if somebody interrupts.
    """
    state = remembered()
    try:
        with closing(open_model(writer, model, digests=digests_file(state))) as opened:
            found = _measured(opened, load_cast())
    except KeyboardInterrupt:
        click.echo("chronicles: interrupted. Nothing is remembered of a measure that is not whole.", err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from None
    except ModelFault as fault:
        raise click.ClickException(visible(fault.detail)) from fault
    if as_json:
        click.echo(json.dumps({**_json(found, writer), "remembered": str(state)}, indent=1, ensure_ascii=False))
    else:
        for line in _lines(found, writer):
            click.echo(line)
    Aptitudes(state).remember(found)
    click.echo(f"chronicles: remembered in {visible(str(state))}.", err=True)
    if not found.freedom:
        raise click.exceptions.Exit(1)


def _measured(model: Model, cast: Cast) -> Aptitude:
    asked = trials(cast)
    lines = sum(len(trial.parts) for trial in asked)
    paragraphs = sum(1 for trial in asked for _ in groupby(trial.parts, key=lambda part: part.persona.key))
    # Candidates are asked for until one stands, so a good model is done long before the end.
    most = lines * LINE_CANDIDATES + paragraphs * PASSAGE_CANDIDATES
    pace, replies = Pace(), 0
    with bar(f"Measuring {visible(model.name)[:40]}", pace) as advance:

        def listen(effort: Effort) -> None:
            nonlocal replies
            replies += 1
            pace.listen(effort)
            advance(min(replies, most - 1), most)

        found = measure(model, cast, listen=listen)
        advance(most, most)
    return found


def _json(found: Aptitude, writer: str) -> dict[str, Any]:
    shares = {name: {**asdict(score), "share": round(score.share, 3)} for name, score in _scores(found)}
    verdict = {"freedom": found.freedom, "verdict": _VERDICTS[found.freedom]}
    return {"writer": writer, **asdict(found), **shares, **verdict}


def _scores(found: Aptitude) -> tuple[tuple[str, Score], tuple[str, Score]]:
    return ("line", found.line), ("passage", found.passage)


def _lines(found: Aptitude, writer: str) -> Iterator[str]:
    yield f"{visible(found.model)} ({writer}, {found.digest[:12]})"
    yield f"  sentences   {_score(found.line, 'voiced', LINE_SHARE)}"
    yield f"  paragraphs  {_score(found.passage, 'stood whole', PASSAGE_SHARE)}"
    tokens = (
        f"{found.read_tokens:,} tokens read ({found.reused_tokens:,} more reused), {found.written_tokens:,} written"
    )
    yield f"  effort      {tokens} in {found.seconds:.0f} s, {found.tok_per_sec:.1f} a second"
    yield f"  verdict     {_VERDICTS[found.freedom]}"


def _score(score: Score, done: str, wanted: float) -> str:
    worst = sorted(score.refused.items(), key=lambda item: (-item[1], item[0]))[:_REASONS]
    refused = "".join(f", {number} {'where ' if reason in _FAULTS else ''}{reason}" for reason, number in worst)
    share = f"{score.stood} of {score.asked} {done}, {score.share:.0%} where {wanted:.0%} are asked for"
    return f"{share}; of {score.replies} replies {score.accepted} accepted{refused}"
