"""The gate lets honest people speak: of a corpus of honest rewordings most sentences pass.

A gate that refuses everything lets no lie pass either, so `test_lies.py` alone would prove nothing. `honest_fresh.toml`
was written from the skeletons alone when the rules were made, so it tells how many honest sentences are turned away; a
third of them others have said in the same words. The aim is nine of ten; what the gate reaches is somewhat less, since
between an honest sentence and a lie that differs from it by one turn of phrase it can tell only where people have said
the like before.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.personas import load_cast
from chronicles.writers.gate import Place, judge

CORPORA: dict[str, dict[str, list[str]]] = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).parent.glob("honest_*.toml"))
}
"""Template id to its rewordings, by corpus."""
CAST = load_cast()
BAR = 0.88
"""Share of the corpus that must pass: what was reached; nine of ten is the aim."""
MUTE = 0.15
"""Share of the claims of which more than half of the rewordings may be refused."""


def refusals(corpus: str, name: str) -> list[str]:
    """Why a claim's rewordings are refused, said by the voice whose lens the claim has; empty where one passes."""
    template = TEMPLATES[name]
    claim = template.claim(0.9, **{slot: f"x.{slot}" for slot in slots_of(template.skeleton)})
    voice = CAST.of(claim.lens) or CAST.narrator
    found = (judge(wording, claim, voice, Place(by_model=True)) for wording in CORPORA[corpus][name])
    return [refusal.value if refusal else "" for refusal in found]


@pytest.mark.parametrize("corpus", sorted(CORPORA))
def test_honest_rewordings_pass(corpus: str) -> None:
    """The rewordings pass, but for the share that the bar leaves; what is refused is counted by reason."""
    found = [refusal for name in sorted(CORPORA[corpus]) for refusal in refusals(corpus, name)]
    reasons = Counter(filter(None, found))
    told = f"{corpus}: {len(found) - reasons.total()} of {len(found)} pass; refused: {dict(reasons.most_common())}"
    print(told)  # noqa: T201 - the figure is wanted where it passes, too
    assert len(found) >= 500
    assert reasons.total() <= (1 - BAR) * len(found), told


@pytest.mark.parametrize("corpus", sorted(CORPORA))
def test_few_claims_are_mute(corpus: str) -> None:
    """Of the rewordings of nearly each claim at least half pass."""
    mute = {}
    for name in sorted(CORPORA[corpus]):
        found = refusals(corpus, name)
        if 2 * sum(map(bool, found)) > len(found):
            mute[name] = Counter(filter(None, found))
    assert len(mute) <= MUTE * len(CORPORA[corpus]), mute
