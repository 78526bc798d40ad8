"""What prompts made for a shared beginning save: tokens that a model evaluates for an episode, by its own counters.

    python benchmarks/prefix.py REPO [N] [--freedom line|passage] [--gguf FILE] [--context TOKENS]

N commits (10) at even distances over the first-parent line. The same questions are asked twice of the same model: once
as an episode asks them, with every candidate that it may ask for; and once each sentence, title and stage direction
with a single prompt of its own, nothing of which was read before. So the first does more work, and is still to
evaluate at most a third of the tokens. The exit status is 1 where it does not.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.commands.session import Session
from chronicles.documents.title import make_titles
from chronicles.evidence.build import build_dossier
from chronicles.writers import cast_page
from chronicles.writers.models.llamacpp import LlamaCpp
from chronicles.writers.models.model import Fault, ModelFault
from chronicles.writers.prompts.prompt import VERSION, make_prompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chronicles.dossier import Dossier
    from chronicles.writers.prompts.prompt import Asked

_BAR = 3.0
_LIMIT_SEC = 3600.0


def main() -> None:
    """Print one row a commit, and the sum."""
    options = _options()
    shared = LlamaCpp(options.gguf, context=options.context)
    alone = LlamaCpp(options.gguf, context=options.context, reuse=False)
    print(
        f"{shared.name}, sha256 {shared.digest[:12]}, context {shared.context}, prompt {VERSION}, {options.freedom}\n"
    )
    print("| commit | sentences | questions | evaluated | reused | one prompt a sentence | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    total: Counter[str] = Counter()
    with Session(options.repository) as session:
        cast = session.cast()
        for sha, dossier in _dossiers(session, options.number):
            parts = cast_page(dossier, cast)
            titles = make_titles(dossier.ledger, dossier.claims)
            asked = list(make_prompt(dossier, parts, cast, titles, context=shared.context).questions(options.freedom))
            found = _ask(shared, asked)
            found["alone"] = _ask(alone, [one for one in asked if not one.candidate])["read"]
            found["sentences"], found["questions"] = len(parts), len(asked)
            total += found
            print(_row(sha[:7], found), flush=True)
    print(_row("all", total))
    sys.exit(total["alone"] < _BAR * total["read"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("number", type=int, nargs="?", default=10)
    parser.add_argument("--freedom", choices=["line", "passage"], default="line")
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--context", type=int)
    return parser.parse_args()


def _dossiers(session: Session, number: int) -> Iterator[tuple[str, Dossier]]:
    depth = session.follow(session.repository.resolve("HEAD"))
    for at in range(number):
        step = session.workshop.index.step(at * depth // number)
        assert step is not None
        yield step.sha, build_dossier(session.workshop, session.subject(step.sha))


def _ask(model: LlamaCpp, asked: Iterable[Asked]) -> Counter[str]:
    """Ask questions, and sum what was evaluated and what had been; a reply that breaks off is asked for no more."""
    found: Counter[str] = Counter()
    for one in asked:
        try:
            reply = model.ask(one.question, limit_sec=_LIMIT_SEC)
        except ModelFault as fault:
            if fault.fault is not Fault.BROKEN_OFF:
                raise
            found["broken off"] += 1
            continue
        found["read"] += reply.read_tokens
        found["reused"] += reply.reused_tokens
    return found


def _row(name: str, found: Counter[str]) -> str:
    ratio = found["alone"] / max(1, found["read"])
    numbers = " | ".join(str(found[key]) for key in ("sentences", "questions", "read", "reused", "alone"))
    return f"| {name} | {numbers} | {ratio:.2f} |"


if __name__ == "__main__":
    main()
