"""The dossier as JSON: canonical, whole after a round trip, refused when it is something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.dossier import (
    Claim,
    Coverage,
    Dossier,
    Fact,
    Ledger,
    Lens,
    Polarity,
    Source,
    SubjectKey,
    canonical_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RepoBuilder

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.from_regex(r"[a-z]{1,8}(\.[a-z0-9]{1,8}){1,3}", fullmatch=True)
VALUES = st.none() | st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9) | WORDS
FACTS = st.builds(Fact, NAMES, VALUES, WORDS, WORDS, WORDS, st.sampled_from(Source), WORDS)
CLAIMS = st.builds(
    Claim, NAMES, WORDS, st.sampled_from(Lens), st.sampled_from(Polarity), st.floats(0, 1), WORDS,
    st.dictionaries(WORDS, NAMES, max_size=3),
)  # fmt: skip
SHAS = st.from_regex(r"[0-9a-f]{40}", fullmatch=True)
DOSSIERS = st.builds(
    Dossier,
    st.builds(
        SubjectKey, st.sampled_from(["commit", "group", "range"]), st.lists(SHAS, min_size=1, max_size=3).map(tuple),
        st.none() | SHAS, st.sampled_from(["full", "quick"]),
    ),
    st.dictionaries(WORDS, WORDS, max_size=3),
    st.lists(FACTS, max_size=5).map(Ledger),
    st.lists(CLAIMS, max_size=3).map(tuple),
    st.builds(Coverage, st.integers(0, 99), st.integers(0, 99), st.dictionaries(WORDS, st.integers(0, 9), max_size=2)),
)  # fmt: skip


def same(one: Dossier, other: Dossier) -> bool:
    """Whether two dossiers hold the same; a ledger is equal to another by its facts and their order."""
    return (
        (one.subject, dict(one.made_by), one.claims, one.coverage)
        == (other.subject, dict(other.made_by), other.claims, other.coverage)
        and list(one.ledger.values()) == list(other.ledger.values())
    )  # fmt: skip


@given(DOSSIERS)
def test_json_and_back(dossier: Dossier) -> None:
    """What is written is read back whole, and written again it has the same bytes."""
    text = canonical_json(dossier.to_json())
    read = Dossier.from_json(json.loads(text))
    assert same(read, dossier)
    assert canonical_json(read.to_json()) == text


def test_a_real_dossier_keeps_the_contract(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The members of the schema stand in their order, and two buildings give the same bytes."""
    repo.commit("feat: begin", {"a.py": "def f():\n    return 1\n"})
    repo.commit("feat: ünïcode\n\nBecause of 🎭.", {"a.py": "def f():\n    return 2\n"})
    dossier = dossier_of(repo)
    value = dossier.to_json()
    assert list(value) == ["schema", "subject", "made_by", "facts", "claims", "coverage"]
    assert value["schema"] == "chronicles.dossier/1"
    assert list(value["facts"][0]) == ["id", "value", "unit", "figure", "text", "source", "derive"]
    assert canonical_json(dossier_of(repo).to_json()) == canonical_json(value)
    assert same(Dossier.from_json(json.loads(canonical_json(value))), dossier)
    assert "ünïcode" in canonical_json(value)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "chronicles.dossier/2"},
        {"schema": None},
        {"facts": [{"id": "x"}]},
        {"facts": None},
        {"claims": [{"id": "x"}]},
        {"subject": {}},
        {"subject": None},
        {"coverage": {"told": 1, "grouped": 0, "excluded": {}, "lost": 1}},
        {"made_by": None},
    ],
)
def test_something_else_is_refused(change: dict[str, Any]) -> None:
    """Another schema or another shape is a ValueError that says so."""
    empty = Dossier(SubjectKey("commit", ("a" * 40,), None), {}, Ledger(), (), Coverage(1, 0))
    with pytest.raises(ValueError, match=next(iter(change))):
        Dossier.from_json({**empty.to_json(), **change})


@pytest.mark.parametrize(("part", "value"), [("source", "rumour"), ("unit", None)])
def test_an_unknown_source_is_refused(part: str, value: str | None) -> None:
    """A fact is from one of the known sources, and has all of its members."""
    fact = {"id": "a.b", "value": 1, "unit": "1", "figure": "1", "text": "1", "source": "git", "derive": "true"}
    whole = Dossier(SubjectKey("commit", ("a" * 40,), None), {}, Ledger(), (), Coverage(1, 0)).to_json()
    broken = {**fact, part: value}
    if value is None:
        del broken[part]
    with pytest.raises(ValueError, match=rf"facts\.0\.{part}"):
        Dossier.from_json({**whole, "facts": [broken]})


def test_no_json_has_a_number_that_json_lacks() -> None:
    """NaN and infinity are refused rather than written as no JSON."""
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"a": float("nan")})


def ledger_of(**values: Any) -> Ledger:
    """A ledger of bare values; a double underscore stands for a dot."""
    return Ledger(Fact(key.replace("__", "."), value, "1", "f", "t", Source.GIT, "d") for key, value in values.items())


def test_a_ledger_answers_by_type() -> None:
    """A fact that is missing or of another type is 0 or empty, never an error."""
    ledger = ledger_of(a__number=7, a__text="seven", a__none=None)
    assert (ledger.number("a.number"), ledger.number("a.text"), ledger.number("no")) == (7, 0, 0)
    assert (ledger.string("a.text"), ledger.string("a.number"), ledger.string("no")) == ("seven", "", "")
    assert (ledger.value("a.none"), ledger.value("no")) == (None, None)
    assert ledger["a.text"].family == "a"


def test_numbered_entries_keep_their_order() -> None:
    """`file.2` comes after `file.1` also where there are ten, each once, and `file.count` is none of them."""
    ids = [f"file__{n}__{part}" for n in range(1, 12) for part in ("path", "lines")]
    ledger = ledger_of(**dict.fromkeys(ids, 1), file__count=11, files__1=1, file__1x=1)
    assert ledger.numbered("file") == [f"file.{n}" for n in range(1, 12)]
    assert ledger.numbered("fil") == []
    assert ledger_of(note__3x=1, note__x3=1).numbered("note") == []
