"""How many sentences the gate decides in a second on one core, against a limit of 20,000.

    python benchmarks/gate.py [ROUNDS]

Three kinds, each by a model at the head of a page: honest rewordings (`honest_fresh.toml`), the labelled replies of
a real model, and one lie of every way about every claim. Honest sentences are the dear ones, since they go through all
checks, and lies the cheap, of which many end at a sign. One mix has a third of each, the other all as they come.
Processor time of this process, the best of several rounds, since other work may share the machine; what the first
sentence of a process pays for reading the known wordings is told by itself.
"""

from __future__ import annotations

import sys
import time
import tomllib
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.personas import load_cast
from chronicles.writers.gate import Place, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.dossier import Claim
    from chronicles.personas import Cast, Persona

_LIMIT = 20_000
"""Sentences a second."""
_ROUNDS = 5
_SEED = 1
_PLACE = Place(by_model=True)
_TESTS = Path(__file__).parents[1] / "tests/writers"

Asked = tuple[str, "Claim", "Persona"]


def main() -> None:
    """Print a row for each kind of sentence, and one for the mix."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    cast = load_cast()
    kinds = {"honest": _honest(cast), "replies": _replies(cast), "lies": _lies(cast)}
    load_sec = _seconds(kinds["honest"][:1])
    for asked in kinds.values():
        # What is read once for each claim is no part of a decision.
        _seconds(asked)
    each = {kind: min(_seconds(asked) for _ in range(rounds)) / len(asked) for kind, asked in kinds.items()}
    print("| sentences | number | stand | a second | of 20,000 |")
    print("|---|---:|---:|---:|---:|")
    for kind, asked in kinds.items():
        stand = sum(judge(*one, _PLACE) is None for one in asked)
        print(f"| {kind} | {len(asked):,} | {stand:,} | {_rates(1 / each[kind])} |")
    print(f"| a third of each | | | {_rates(len(each) / sum(each.values()))} |")
    total = sum(len(asked) for asked in kinds.values())
    seconds = sum(each[kind] * len(asked) for kind, asked in kinds.items())
    print(f"| all | {total:,} | | {_rates(total / seconds)} |")
    print(f"\nThe first sentence takes {load_sec:.2f} s, for the known wordings are read first.")


def _rates(rate: float) -> str:
    return f"{rate:,.0f} | {rate / _LIMIT:.2f}"


def _seconds(asked: Sequence[Asked]) -> float:
    """Processor seconds that it takes to judge sentences."""
    began = time.process_time()
    for wording, claim, persona in asked:
        judge(wording, claim, persona, _PLACE)
    return time.process_time() - began


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((_TESTS / name).read_text(encoding="utf-8"))


def _asked(cast: Cast, claim: str, wording: str) -> Asked:
    """A wording for a claim, said by the voice whose lens the claim has."""
    template = TEMPLATES[claim]
    cut = template.claim(0.9, **{slot: f"x.{slot}" for slot in slots_of(template.skeleton)})
    return wording, cut, cast.of(cut.lens) or cast.narrator


def _honest(cast: Cast) -> list[Asked]:
    found = _table("honest_fresh.toml").items()
    return [_asked(cast, claim, wording) for claim, wordings in found for wording in wordings]


def _replies(cast: Cast) -> list[Asked]:
    return [_asked(cast, claim, wording) for claim, wording, *_ in _table("labelled.toml")["replies"]]


def _lies(cast: Cast) -> list[Asked]:
    """One of each way about each claim; not those of which no sentence comes out of the reply."""
    # The package of the tests, which is found before the benchmark of the same name beside this file.
    sys.path.insert(0, str(_TESTS))
    lies = import_module("lies")
    chance = Random(_SEED)  # noqa: S311 - a benchmark that repeats itself, no secret
    found = []
    for trial in lies.trials(cast):
        for way in lies.WAYS.values():
            told = trial.told(chance)
            lie = None if way.raw else way.lie(told, chance)
            if lie is not None:
                found.append((lie, told.claim, told.persona))
    return found


if __name__ == "__main__":
    main()
