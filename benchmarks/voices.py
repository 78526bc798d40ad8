"""What a model's words are worth: a model on real commits, through the prompts, the gate and the settling of a run.

    python benchmarks/voices.py REPO [N] [--freedom line|passage|both] [--gguf FILE] [--context TOKENS]
                                [--replies FILE] [--skip N]

N commits (50) are taken from the whole first-parent line of a repository at even distances; `--skip` begins so many
steps later, for other commits than those that a prompt was tuned on. Nothing is kept from run to run, so each episode
costs what the first one does. Tokens are llama.cpp's own counters. `--replies` writes each raw reply as a line of
JSON with its claim, persona and the gate's verdict, for labelling by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from chronicles.commands.session import Session
from chronicles.documents.title import make_titles
from chronicles.evidence.build import build_dossier
from chronicles.writers import Effort, cast_page, settle
from chronicles.writers.gate import Place, judge
from chronicles.writers.models.llamacpp import LlamaCpp
from chronicles.writers.parts import PLAIN
from chronicles.writers.prompts.prompt import VERSION, make_prompt
from chronicles.writers.voiced import VoicedWriter, odd_passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers.models.model import Question, Reply
    from chronicles.writers.prompts.prompt import Asked, Prompt

_DEADLINE_SEC = 3600.0
"""Of a page: what a busy machine needs is part of the measure, not an end to it."""


class Recorder:
    """A model that remembers what it was asked and what it answered."""

    def __init__(self, model: LlamaCpp) -> None:
        self._model = model
        self.backend, self.name, self.digest = model.backend, model.name, model.digest
        self.context, self.parallel, self.options = model.context, model.parallel, model.options
        self.replies: list[tuple[Question, Reply]] = []

    def ask(self, question: Question, *, limit_sec: float, on_token: Callable[[int], None] | None = None) -> Reply:
        """Ask the model."""
        reply = self._model.ask(question, limit_sec=limit_sec, on_token=on_token)
        self.replies.append((question, reply))
        return reply

    def close(self) -> None:
        """Let the model go."""
        self._model.close()


@dataclass(slots=True)
class Count:
    """What came of one freedom."""

    episodes: int = 0
    said: int = 0
    """Sentences of the pages, stage directions apart."""
    by_model: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    """Of all replies: `stands`, or the gate's reason, or `unreadable`."""
    effort: Effort = field(default_factory=Effort)
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Print one table a freedom."""
    options = _options()
    recorder = Recorder(LlamaCpp(options.gguf, context=options.context))
    replies = options.replies.open("w", encoding="utf-8") if options.replies else None
    counts = {freedom: Count() for freedom in ("line", "passage") if options.freedom in (freedom, "both")}
    with Session(options.repository) as session:
        cast = session.cast()
        for sha, dossier in _dossiers(session, options.number, options.skip):
            for freedom, count in counts.items():
                for row in _episode(dossier, cast, recorder, freedom, count):
                    if replies is not None:
                        replies.write(json.dumps({"commit": sha, "freedom": freedom, **row}, ensure_ascii=False) + "\n")
            print(f"{sha[:7]}", end=" ", file=sys.stderr, flush=True)
    print(f"\n{recorder.name}, sha256 {recorder.digest[:12]}, context {recorder.context}, prompt {VERSION}\n")
    for freedom, count in counts.items():
        _report(freedom, count)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("number", type=int, nargs="?", default=50)
    parser.add_argument("--freedom", choices=["line", "passage", "both"], default="both")
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--context", type=int)
    parser.add_argument("--replies", type=Path)
    parser.add_argument("--skip", type=int, default=0)
    return parser.parse_args()


def _dossiers(session: Session, number: int, skip: int) -> Iterator[tuple[str, Dossier]]:
    """Commits at even distances over the whole line, whatever they are."""
    depth = session.follow(session.repository.resolve("HEAD"))
    for at in range(number):
        step = session.workshop.index.step((at * depth // number + skip) % (depth + 1))
        assert step is not None
        yield step.sha, build_dossier(session.workshop, session.subject(step.sha))


def _episode(dossier: Dossier, cast: Cast, model: Recorder, freedom: str, count: Count) -> Iterator[dict[str, Any]]:
    """Draft and settle one page; yields a row for each reply."""
    parts = cast_page(dossier, cast)
    titles = make_titles(dossier.ledger, dossier.claims)
    model.replies.clear()
    draft = VoicedWriter(model, freedom=freedom, deadline_sec=_DEADLINE_SEC).draft(dossier, parts, cast, titles)
    settled = settle(dossier, parts, draft)
    spoken = [one for one in settled.sentences if one.claim]
    count.episodes += 1
    count.said += len(spoken)
    count.by_model += sum(one.writer != PLAIN for one in spoken)
    count.effort += draft.effort
    count.seconds.append(draft.effort.seconds)
    prompt = make_prompt(dossier, parts, cast, titles, context=model.context)
    stood = {one.wording for one in spoken if one.writer != PLAIN}
    asked = {one.question: one for one in _all_questions(prompt)}
    for question, reply in model.replies:
        row = _row(asked[question], reply, dossier)
        count.verdicts[f"{row['kind']}: {row['verdict']}"] += 1
        yield {**row, "said": any(wording in stood for wording in row.get("wordings", {}).values())}


def _all_questions(prompt: Prompt) -> Iterator[Asked]:
    """Every question that a page may lead to: what is asked line by line, too, where no paragraph stands."""
    yield from prompt.questions("line")
    yield from prompt.questions("passage")


def _row(asked: Asked, reply: Reply, dossier: Dossier) -> dict[str, Any]:
    """A reply with what the gate says of it, wherever on a page it would stand."""
    row: dict[str, Any] = {
        "kind": asked.kind,
        "claims": [part.claim.id for part in asked.parts],
        "skeletons": [part.claim.skeleton for part in asked.parts],
        "slots": [{s: dossier.ledger[f].text for s, f in part.claim.slots.items()} for part in asked.parts],
        "persona": asked.parts[0].persona.key if asked.parts else "",
        "candidate": asked.candidate,
        "temperature": asked.question.temperature,
        "text": reply.text,
        "tokens": [reply.read_tokens, reply.reused_tokens, reply.written_tokens],
        "seconds": round(reply.seconds, 3),
    }
    try:
        wordings = dict(asked.read(reply.text))
    except ValueError as error:
        return {**row, "verdict": "unreadable", "why": str(error)}
    refusal = None
    if asked.kind == "line":
        part = asked.parts[0]
        refusal = judge(wordings[part.claim.id], part.claim, part.persona, Place(by_model=True))
    elif asked.kind == "passage":
        refusal = odd_passage(asked.parts, wordings)
    return {**row, "wordings": wordings, "verdict": refusal.value if refusal else "stands"}


def _report(freedom: str, count: Count) -> None:
    effort = asdict(count.effort)
    each = max(1, count.episodes)
    print(f"### {freedom}: {count.episodes} episodes, {count.by_model} of {count.said} sentences by the model\n")
    print("| an episode | mean |\n|---|---:|")
    for name in ("requests", "read_tokens", "reused_tokens", "written_tokens", "seconds"):
        print(f"| {name.replace('_', ' ')} | {effort[name] / each:.1f} |")
    print(f"| seconds, median | {median(count.seconds or [0.0]):.1f} |\n")
    print("| verdict on replies | number |\n|---|---:|")
    for verdict, number in count.verdicts.most_common():
        print(f"| {verdict} | {number} |")
    print()


if __name__ == "__main__":
    main()
