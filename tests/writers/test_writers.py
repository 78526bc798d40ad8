"""Casting and wording: who may say how much, and that the same dossier is told in the same words for ever."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.dossier import Claim, Coverage, Dossier, Fact, Ledger, Lens, Section, Source, SubjectKey
from chronicles.personas import Cast, load_cast
from chronicles.writers import Part, PlainWriter, Sentence, cast_page, settle
from chronicles.writers.parts import THRESHOLD, size_of
from chronicles.writers.plain import variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder

CAST = load_cast()


def fact(fact_id: str, value: float | str) -> Fact:
    """A fact of which only id and value matter."""
    return Fact(fact_id, value, "1", str(value), str(value), Source.GIT, "true")


def claim(template_id: str, salience: float) -> Claim:
    """A claim with facts of its own."""
    template = TEMPLATES[template_id]
    slots = {slot: f"x.{template_id}.{slot}" for slot in slots_of(template.skeleton)}
    return replace(template.claim(0, **slots), salience=salience)


def dossier(
    claims: Iterable[Claim], *, churn: int = 500, files: int = 9, depth: int = 7, kind: str = "feat", subject: str = "s"
) -> Dossier:
    """A dossier of claims, as its ledger would order them."""
    ordered = tuple(sorted(claims, key=lambda one: (-one.salience, one.id)))
    facts = [fact("change.churn", churn), fact("change.files", files), fact("lineage.depth", depth)]
    facts += [fact("commit.type", kind), fact("commit.subject", subject)]
    facts += [fact(fact_id, fact_id) for one in ordered for fact_id in one.slots.values()]
    return Dossier(SubjectKey("commit", ("a" * 40,), None), {}, Ledger(facts), ordered, Coverage(1, 0))


def words(told: Dossier, parts: Sequence[Part]) -> tuple[Sentence, ...]:
    """What the plain writer says."""
    return settle(told, parts, PlainWriter().draft(told, parts, CAST)).sentences


def some_claims(seed: int, number: int) -> list[Claim]:
    """Claims of templates by chance, salience of any size."""
    chance = random.Random(seed)  # noqa: S311 -- a test that repeats itself, no secret
    return [claim(one, round(chance.random(), 3)) for one in chance.sample(sorted(TEMPLATES), number)]


def voices(parts: Iterable[Part]) -> set[str]:
    """Who speaks at the roundtable."""
    return {part.persona.key for part in parts if part.section is Section.ROUNDTABLE}


@given(
    st.integers(0, 10**6),
    st.integers(0, len(TEMPLATES)),
    st.sampled_from([0, 1, 4, 5, 49, 50, 6519]),
    st.integers(1, 9),
)
def test_the_laws_of_casting(seed: int, number: int, churn: int, files: int) -> None:
    """No claim twice, none below the threshold, voices only of their own lens, and no more of them than size allows."""
    told = dossier(some_claims(seed, number), churn=churn, files=files)
    parts = cast_page(told, CAST)
    assert max(Counter(part.claim.id for part in parts).values(), default=1) == 1
    for part in parts:
        assert part.claim in told.claims
        assert part.claim.salience >= THRESHOLD
        if part.section in {Section.ROUNDTABLE, Section.DEEP_DIVE}:
            assert part.persona.lens is part.claim.lens
        else:
            assert part.persona is CAST.narrator
    spoken = Counter(part.persona.key for part in parts if part.section is Section.ROUNDTABLE)
    assert all(number <= voice.sentences for voice in CAST.voices for number in [spoken[voice.key]])
    size = size_of(churn, files)
    assert len(spoken) <= size.voices
    assert sum(part.section is Section.WHY for part in parts) <= size.why
    assert sum(part.section is Section.ARCHITECTURE for part in parts) <= size.architecture
    assert sum(part.section is Section.DEEP_DIVE for part in parts) <= size.deep_dive
    assert cast_page(told, CAST) == parts


@pytest.mark.parametrize(
    ("churn", "files", "most"), [(1, 1, 1), (4, 1, 1), (5, 1, 2), (49, 1, 2), (50, 1, 4), (0, 40, 4), (6519, 38, 4)]
)
def test_voices_grow_with_news(churn: int, files: int, most: int) -> None:
    """Below five lines one voice, below fifty two, above that all four; a move of many files is no small change."""
    told = dossier([claim(one, 0.9) for one in TEMPLATES], churn=churn, files=files)
    assert len(voices(cast_page(told, CAST))) == most


def test_a_note_says_one_sentence() -> None:
    """Below five lines nobody has more than one sentence, and nobody else has any."""
    parts = cast_page(dossier([claim(one, 0.9) for one in TEMPLATES], churn=1, files=1), CAST)
    assert len(parts) == 1
    assert parts[0].section is Section.ROUNDTABLE


def test_the_strongest_lenses_speak_first() -> None:
    """Where two may speak, those speak whose claims weigh most."""
    claims = [
        claim("size.rank", 0.5),
        claim("past.woke", 0.9),
        claim("code.todo_left", 0.8),
        claim("people.first", 0.4),
    ]
    assert voices(cast_page(dossier(claims, churn=20, files=1), CAST)) == {"gemini", "banterpacks"}


def test_nothing_to_say_is_nothing_said() -> None:
    """Claims below the threshold give no part, and no part gives no sentence."""
    told = dossier([claim(one, THRESHOLD - 0.001) for one in TEMPLATES])
    assert cast_page(told, CAST) == ()
    assert words(told, ()) == ()


def test_no_section_of_a_dossier_is_starved() -> None:
    """Why It Matters lends a claim to the architecture section and the deep dive where they would stand empty."""
    claims = [
        claim("size.pure", 0.9), claim("first.extension", 0.9), claim("past.woke", 0.9), claim("message.silent", 0.9),
        claim("size.spread", 0.8), claim("kind.binary", 0.7), claim("reading.small", 0.6),
    ]  # fmt: skip
    sections = Counter(part.section for part in cast_page(dossier(claims), CAST))
    assert sections.keys() == set(Section) - {Section.OVERVIEW, Section.HIGHLIGHTS}, "those are a patch document's"
    assert sections[Section.WHY] >= 1


@pytest.mark.parametrize("seed", range(5))
def test_the_same_dossier_has_the_same_words(seed: int) -> None:
    """The writer has no memory and throws no dice; every part gets its one sentence with the slots of its claim."""
    told = dossier(some_claims(seed, 30), depth=seed)
    parts = cast_page(told, CAST)
    sentences = words(told, parts)
    assert words(told, parts) == sentences
    spoken = [sentence for sentence in sentences if sentence.claim]
    assert [sentence.claim for sentence in spoken] == [part.claim.id for part in parts]
    for sentence, part in zip(spoken, parts, strict=True):
        assert sorted(slots_of(sentence.wording)) == sorted(part.claim.slots)
        assert (sentence.section, sentence.persona, sentence.writer) == (part.section, part.persona.key, "plain")
    assert sum(not sentence.claim for sentence in sentences) <= 1


@pytest.mark.parametrize("depth", [0, 1, 77, 78311])
def test_neighbours_do_not_sound_alike(depth: int) -> None:
    """For every template with two wordings or more, the page of the next step words it otherwise."""
    for voice in (*CAST.voices, CAST.narrator):
        for template, wordings in voice.wordings.items():
            if len(wordings) < 2:
                continue
            part = Part(claim(template, 0.5), Section.ROUNDTABLE, voice)
            here, next_one = (words(dossier([part.claim], depth=at), [part])[-1].wording for at in (depth, depth + 1))
            assert here != next_one, (voice.key, template)


def test_all_wordings_come_round() -> None:
    """Over as many steps as there are wordings each of them is used once."""
    assert {variant(depth, "claude size.pure", 7) for depth in range(30, 37)} == set(range(7))
    assert variant(5, "a", 1) == 0


def test_without_wordings_the_skeleton_speaks() -> None:
    """A persona that has no words for a claim says it plainly."""
    mute = replace(CAST.narrator, wordings={})
    one = claim("size.pure", 0.5)
    (sentence,) = words(dossier([one]), [Part(one, Section.WHY, mute)])
    assert sentence.wording == TEMPLATES["size.pure"].skeleton


@pytest.mark.parametrize(
    ("extra", "kind", "subject"),
    [
        ("undo.exact", "feat", "feat: more"),
        ("size.even", "revert", "Revert of something older"),
        ("size.even", "fix", "fix: leave the folder no more (CVE-2024-12345)"),
        ("size.even", "fix", "Security: check the length"),
    ],
)
def test_a_solemn_page_has_no_stage_direction(extra: str, kind: str, subject: str) -> None:
    """A revert or a security fix is no scene; any other page of four voices is one."""
    claims = [claim(one, 0.9) for one in ("size.pure", "first.extension", "past.woke", "message.silent", "kind.binary")]
    plain = dossier(claims)
    solemn = dossier([*claims, claim(extra, 0.35)], kind=kind, subject=subject)

    def stages(told: Dossier) -> int:
        return sum(not sentence.claim for sentence in words(told, cast_page(told, CAST)))

    assert stages(plain) == 1
    assert stages(solemn) == 0


def test_a_cast_without_a_lens_leaves_its_claims_to_the_narrator() -> None:
    """Nobody speaks for a lens that no persona has, and nothing fails."""
    small = Cast(tuple(voice for voice in CAST.voices if voice.lens is Lens.LINEAGE), CAST.narrator, "small")
    parts = cast_page(dossier([claim(one, 0.9) for one in TEMPLATES]), small)
    assert voices(parts) == {"gemini"}
    assert all(part.section is not Section.DEEP_DIVE for part in parts)


def test_real_pages_keep_the_laws(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
) -> None:
    """On a history made by chance nobody repeats anybody, and small changes stay short."""
    wander(repo, 13, 16)
    shop = open_workshop(repo)
    for sha in repo.git("rev-list", "--first-parent", "HEAD", "--").split():
        told = dossier_of(repo, sha, shop=shop)
        sentences = words(told, cast_page(told, CAST))
        wordings = [sentence.wording for sentence in sentences]
        assert len(set(wordings)) == len(wordings)
        if told.ledger.number("change.churn") < 5 and told.ledger.number("change.files") == 1:
            assert len({sentence.persona for sentence in sentences}) <= 1
