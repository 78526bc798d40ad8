"""What `generate --show-prompt` prints: every question that a model would be asked for some subjects, to the letter.

Nothing is asked and nothing written. What all questions of a page begin with is printed once, as it is sent once for a
server that remembers it; wordings asked for several times differ by seed and temperature alone and are printed once
too. The JSON form repeats everything, each question as it is sent.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chronicles import phrases
from chronicles.documents.title import make_titles
from chronicles.writers.parts import cast_page
from chronicles.writers.prompts.briefing import UNQUOTED, plural
from chronicles.writers.prompts.prompt import make_prompt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers.choosing import Terms
    from chronicles.writers.models.model import Message
    from chronicles.writers.prompts.prompt import Asked, Prompt

__all__ = ["prompt_json", "prompt_text"]


def prompt_text(dossier: Dossier, cast: Cast, terms: Terms) -> str:
    """The questions of one page for people."""
    prompt = _prompt(dossier, cast, terms)
    lines = [f"# {dossier.ledger.string('commit.subject') or dossier.subject.commits[0]}"]
    lines += [f"# {', '.join(dossier.subject.commits)}", ""]
    lines += ["## every question begins with", "", *_messages(prompt.head), ""]
    lines += _left_out(prompt.left_out)
    for _, group in groupby(prompt.questions(terms.freedom), key=lambda one: (one.kind, one.question.messages)):
        lines += _question(tuple(group), prompt)
    return "\n".join(lines).rstrip("\n") + "\n"


def prompt_json(dossier: Dossier, cast: Cast, terms: Terms) -> dict[str, Any]:
    """The questions of one page, each whole."""
    prompt = _prompt(dossier, cast, terms)
    return {
        "commits": list(dossier.subject.commits),
        "context": terms.context,
        "freedom": terms.freedom,
        "left_out": dict(prompt.left_out),
        "questions": [
            {
                "label": one.label,
                "messages": [{"role": message.role, "content": message.text} for message in one.question.messages],
                "seed": one.question.seed,
                "temperature": one.question.temperature,
                "max_tokens": one.question.max_tokens,
                "schema": one.question.form.schema(),
                "grammar": one.question.form.grammar(),
            }
            for one in prompt.questions(terms.freedom)
        ],
    }


def _prompt(dossier: Dossier, cast: Cast, terms: Terms) -> Prompt:
    titles = make_titles(dossier.ledger, dossier.claims)
    return make_prompt(dossier, cast_page(dossier, cast), cast, titles, context=terms.context)


def _left_out(left_out: Mapping[str, int]) -> Iterator[str]:
    """What of the dossier is in no question, and why."""
    counts = {noun: phrases.count(number, noun, plural(noun)) for noun, number in left_out.items()}
    unquoted = counts.pop(UNQUOTED, "")
    if counts:
        yield from (f"## not shown, to keep the questions short: {phrases.joined(list(counts.values()))}", "")
    if unquoted:
        yield from (f"## not shown, since no reason was found in it to quote: {unquoted}", "")


def _question(same: Sequence[Asked], prompt: Prompt) -> Iterator[str]:
    """One question, which may be asked with several seeds."""
    first = same[0]
    yield from (f"## {first.label}", "")
    yield from _messages(first.question.messages[len(prompt.head) :])
    for one in same:
        asked = one.question
        yield f"[seed {asked.seed}, temperature {asked.temperature:g}, at most {asked.max_tokens} tokens]"
    yield from ("[as JSON]", json.dumps(first.question.form.schema(), ensure_ascii=False))
    yield from ("[as a grammar]", first.question.form.grammar().rstrip("\n"), "")


def _messages(messages: Sequence[Message]) -> Iterator[str]:
    for message in messages:
        yield from (f"[{message.role}]", message.text)
