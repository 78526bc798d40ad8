"""What the gate lets pass of a real model's replies says its claim: replies of the embedded model, labelled by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.personas import load_cast
from chronicles.writers.gate import Place, judge

ROWS: list[tuple[str, str, int, str]] = [
    (row[0], row[1], row[2], row[3])
    for row in tomllib.loads(Path(__file__).with_name("labelled.toml").read_text(encoding="utf-8"))["replies"]
]
"""Claim id, sentence, how often it came, label."""
CAST = load_cast()


def stands(name: str, wording: str) -> bool:
    """Whether the gate lets a reply stand, said by the voice whose lens the claim has."""
    template = TEMPLATES[name]
    claim = template.claim(0.9, **{slot: f"x.{slot}" for slot in slots_of(template.skeleton)})
    return judge(wording, claim, CAST.of(claim.lens) or CAST.narrator, Place(by_model=True)) is None


def test_at_least_300_replies_are_labelled() -> None:
    """Each label is one of three, and all kinds of reply are there."""
    assert sum(number for *_, number, _ in ROWS) >= 300
    assert {label for *_, label in ROWS} == {"says", "else", "no English"}


def test_what_passes_says_its_claim() -> None:
    """Of the replies that the gate lets pass, 98 of 100 say the claim; and it lets most of those pass."""
    passed = [(number, label) for name, wording, number, label in ROWS if stands(name, wording)]
    good = sum(number for number, label in passed if label == "says")
    assert good >= 0.98 * sum(number for number, _ in passed)
    assert good >= 0.8 * sum(number for *_, number, label in ROWS if label == "says")
