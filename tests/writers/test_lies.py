"""A model that lies in more than a hundred ways: no lie may stand, whatever claim it is told about.

Here a reply goes through the reader of forms and through `settle`, claim by claim; the same lies come from a server in
`test_lies_served.py`, onto pages of real repositories. `benchmarks/lies.py` tells many more of them.
"""

from __future__ import annotations

import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chronicles.claims import TEMPLATES
from chronicles.personas import load_cast

CAST = load_cast()


def load() -> Any:
    """The package of ways, imported from its folder, since the tests are no package."""
    folder = Path(__file__).with_name("lies")
    if "lies" not in sys.modules:
        spec = spec_from_file_location("lies", folder / "__init__.py", submodule_search_locations=[str(folder)])
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["lies"] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["lies"]


LIES = load()
TRIALS = tuple(LIES.trials(CAST))


def test_there_are_ways_enough() -> None:
    """There are far more ways to lie than forty, over every claim."""
    assert len(LIES.WAYS) >= 100
    assert {trial.claim.id for trial in TRIALS} == set(TEMPLATES)


@pytest.mark.parametrize("name", sorted(LIES.WAYS))
def test_no_lie_stands(name: str) -> None:
    """No lie of this way stands, whatever claim it is about, and most are refused for the reasons of the way."""
    chance = Random(f"lies {name}")  # noqa: S311 - a test that repeats itself, no secret
    way = LIES.WAYS[name]
    found: Counter[str] = Counter()
    stood = []
    for trial in TRIALS:
        told = trial.told(chance)
        reply = LIES.reply(way, told, chance)
        if reply is None:
            continue
        outcome = trial.outcome(told, reply)
        found[outcome] += 1
        if outcome == LIES.STANDS:
            stood.append((trial.claim.id, told.wording, reply))
    assert stood == []
    assert found
    assert sum(found[reason] for reason in way.reasons) > found.total() / 2, found
