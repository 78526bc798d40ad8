"""The corpus of honest rewordings: that it is complete, clean, and says nothing beside its claims' own slots.

Whether the gate lets them pass is tested with the gate; here the corpus itself is held to what makes it a fair test.
That each sentence means what its claim means is a reader's work, and no test of this module.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of

CORPUS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("honest_fresh.toml").read_text(encoding="utf-8"))
"""Template id to its rewordings."""
SENTENCES = [(name, sentence) for name, sentences in CORPUS.items() for sentence in sentences]

_SLOT = re.compile(r"\{[a-z_]+\}")
_MARKUP = frozenset('*_`#<>[]|~\\{}"^&$@/=+')
"""What Markdown, HTML, a link or a quotation is made of; the apostrophe is English. Looked for outside slots."""
_LONGEST = 220


def test_every_claim_is_reworded_at_least_four_times() -> None:
    """The corpus has four or more rewordings of each template, and of nothing that is no template."""
    assert sorted(CORPUS) == sorted(TEMPLATES)
    assert {name: len(sentences) for name, sentences in CORPUS.items() if len(sentences) < 4} == {}
    assert len(SENTENCES) >= 500


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_rewording_has_each_slot_of_its_claim_once(name: str) -> None:
    """Slots are those of the skeleton, each exactly once, whatever their order."""
    wanted = sorted(slots_of(TEMPLATES[name].skeleton))
    wrong = [sentence for sentence in CORPUS[name] if sorted(slots_of(sentence)) != wanted]
    assert wrong == []


def test_no_rewording_stands_twice() -> None:
    """No claim has the same rewording twice, nor its own skeleton for one."""
    said = Counter((name, sentence.casefold()) for name, sentence in SENTENCES)
    assert [each for each, times in said.items() if times > 1] == []
    assert [(name, sentence) for name, sentence in SENTENCES if sentence == TEMPLATES[name].skeleton] == []


def test_no_rewording_has_a_digit_markup_or_control_character() -> None:
    """Outside its slots a sentence is letters and English punctuation, on one line."""
    wrong = []
    for name, sentence in SENTENCES:
        words = _SLOT.sub("", sentence)
        categories = {unicodedata.category(sign)[0] for sign in words}
        if categories - {"L", "P", "Z"} or _MARKUP & set(words) or "  " in sentence or sentence != sentence.strip():
            wrong.append((name, sentence))
    assert wrong == []


def test_every_rewording_ends_as_a_sentence_and_is_short() -> None:
    """It ends with a full stop, an exclamation or a question mark, has at most two more of them, and is short."""
    wrong = [
        (name, sentence)
        for name, sentence in SENTENCES
        if sentence[-1] not in ".!?" or len(re.findall(r"[.!?]", sentence)) > 3 or len(sentence) > _LONGEST
    ]
    assert wrong == []
