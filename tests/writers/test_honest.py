"""The gate lets honest people speak: of the corpus of honest rewordings, written apart from it, nearly all pass.

A gate that refuses everything lets no lie pass either, so `test_lies.py` alone would prove nothing.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.personas import load_cast
from chronicles.writers.gate import Place, judge

CORPUS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("honest.toml").read_text(encoding="utf-8"))
CAST = load_cast()
BAR = 0.9
"""Share of the corpus that must pass."""
CLAIM_BAR = 0.5
"""Share of one claim's rewordings that must pass: no claim is as good as mute."""


def refusals(name: str) -> list[str]:
    """Why a claim's rewordings are refused, said by the voice whose lens the claim has; empty where one passes."""
    template = TEMPLATES[name]
    claim = template.claim(0.9, **{slot: f"x.{slot}" for slot in slots_of(template.skeleton)})
    voice = CAST.of(claim.lens) or CAST.narrator
    found = (judge(wording, claim, voice, Place(by_model=True)) for wording in CORPUS[name])
    return [refusal.value if refusal else "" for refusal in found]


def test_honest_rewordings_pass() -> None:
    """At least nine of ten rewordings pass, over the whole corpus; what is refused is counted by reason."""
    found = [refusal for name in sorted(CORPUS) for refusal in refusals(name)]
    reasons = Counter(filter(None, found))
    print(f"{len(found) - reasons.total()} of {len(found)} pass; refused: {dict(reasons.most_common())}")  # noqa: T201 - says why
    assert len(found) >= 500
    assert reasons.total() <= (1 - BAR) * len(found), reasons.most_common()


def test_no_claim_is_mute() -> None:
    """Of the rewordings of each claim at least half pass."""
    mute = {}
    for name in sorted(CORPUS):
        found = refusals(name)
        if sum(not refusal for refusal in found) < CLAIM_BAR * len(found):
            mute[name] = Counter(filter(None, found))
    assert mute == {}
