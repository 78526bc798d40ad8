"""Pages of a model: what stands is held to the gate, what is forged is found, and mending asks no model."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.claims import TEMPLATES
from chronicles.commands.session import Session
from chronicles.documents import bylines
from chronicles.documents.bylines import finish_byline, hold_byline
from chronicles.documents.edits import digests
from chronicles.documents.mending import mend_page
from chronicles.documents.page import Page, load_page
from chronicles.documents.verification import Kind, verify_page
from chronicles.writers import Settled, gate
from chronicles.writers.models.model import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chronicles.documents.telling import Press
    from chronicles.documents.told import Told
    from chronicles.documents.verification import Finding
    from chronicles.writers import Byline, Draft, Sentence
    from tests.conftest import Ran, RepoBuilder


class Unasked:
    """A writer that nobody may ask."""

    name = "ollama"
    parallel = 1

    def draft(self, *_: object) -> Draft:
        """Fail the test."""
        raise AssertionError("a model was asked")


@pytest.fixture
def press(voiced: Path) -> Iterator[Press]:
    """The press of pages that a model worded, over a workshop without cache, with a writer that nobody may ask."""
    with Session(voiced, fresh=True) as session:
        session.follow(session.repository.resolve("HEAD"))
        press = session.press()
        press.writer = Unasked()
        yield press


def forge(press: Press, number: int, how: Callable[[Page], Page]) -> Path:
    """Forge page and sidecar alike, digests included, as somebody who knows the format would."""
    path = press.page_path(number)
    forged = how(load_page(path.with_suffix(".json")))
    try:
        text = press.render(forged)
    except KeyError:  # a slot that its claim has not: the page stays as it was
        text = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    sidecar = replace(forged, rendered=tuple(digests(text))).to_json()
    path.with_suffix(".json").write_text(sidecar, encoding="utf-8")
    return path


def false(findings: list[Finding]) -> list[str]:
    """Why lines of the sidecar are false."""
    return [one.why for one in findings if one.kind is Kind.FALSE and one.path.suffix == ".json"]


def of_model(page: Page) -> list[Sentence]:
    """The sentences of a page's model."""
    return [one for one in page.sentences if one.claim and one.writer == "ollama"]


def reword(page: Page, claim: str, wording: str) -> Page:
    """A page with another wording for a claim."""
    told = tuple(replace(one, wording=wording) if one.claim == claim else one for one in page.sentences)
    return replace(page, sentences=told)


def test_untouched_pages(voiced: Path, press: Press) -> None:
    """Nothing is found on pages that a model worded, and most of their sentences are its."""
    told = [load_page(path) for path in sorted((voiced / "episodes").glob("episode_*.json"))]
    for page in told:
        assert verify_page(press, press.page_path(page.number)) == []
    spoken = [one for page in told for one in page.sentences if one.claim]
    assert sum(one.writer == "ollama" for one in spoken) > 0.8 * len(spoken)
    assert any(page.title != press.restate(replace(page, byline=None), page.dossier).title for page in told)


LIES: dict[str, Callable[[str], str]] = {
    "digit": lambda wording: wording[:-1] + ", over 500 of them.",
    "slots": lambda _: "Nothing to see here.",
    "markup": lambda wording: wording[:-1] + " <b>really</b>.",
    "link": lambda wording: wording[:-1] + ", see https://example.org.",
    "echo": lambda wording: wording,
    "sentence": lambda wording: f"and so {wording}",
}


@pytest.mark.parametrize("reason", sorted(LIES))
def test_a_sentence_that_the_gate_refuses(voiced: Path, press: Press, reason: str) -> None:
    """It is false with the gate's reason, and mending puts the plain sentence there and leaves the others."""
    page = load_page(voiced / "episodes/episode_003.json")
    (victim, *others) = of_model(page)
    claim = next(one for one in page.dossier.claims if one.id == victim.claim)
    lie = LIES[reason](claim.skeleton if reason == "echo" else victim.wording.replace(";", "."))
    path = forge(press, 3, lambda page: reword(page, victim.claim, lie))
    found = verify_page(press, path)
    assert f"this sentence of a model may not stand: {reason}" in false(found)
    finding = next(one for one in found if reason in one.why)
    assert finding.says == lie
    assert mend_page(press, path, found)
    assert verify_page(press, path) == []
    mended = load_page(path.with_suffix(".json"))
    plain = next(one for one in mended.sentences if one.claim == victim.claim)
    assert plain.writer == "plain"
    assert {one.claim for one in of_model(mended)} <= {one.claim for one in others}
    assert of_model(mended)
    assert mended.byline
    assert mended.byline.refused[reason] >= 1
    assert mended.title == page.title


def doubled(page: Page) -> Page:
    """A sentence stands twice."""
    return replace(page, sentences=(*page.sentences, page.sentences[-1]))


def missing(page: Page) -> Page:
    """A sentence is gone."""
    return replace(page, sentences=page.sentences[:-1])


def reordered(page: Page) -> Page:
    """The sentences stand in another order."""
    return replace(page, sentences=page.sentences[::-1])


def swapped(page: Page) -> Page:
    """Two claims have each other's wordings."""
    first, *middle, last = page.sentences
    return replace(
        page, sentences=(replace(first, wording=last.wording), *middle, replace(last, wording=first.wording))
    )


def exchanged(page: Page) -> Page:
    """Two persons say what the other should."""
    first, *middle, last = page.sentences
    turned = (replace(first, claim=last.claim, wording=last.wording), *middle)
    return replace(page, sentences=(*turned, replace(last, claim=first.claim, wording=first.wording)))


def cut_open(page: Page) -> Page:
    """The piece that a passage goes on with becomes a plain sentence."""
    at = next(at for at, one in enumerate(page.sentences) if one.wording.endswith(";"))
    claim = next(one for one in page.dossier.claims if one.id == page.sentences[at + 1].claim)
    plain = replace(page.sentences[at + 1], writer="plain", wording=claim.skeleton)
    return replace(page, sentences=(*page.sentences[: at + 1], plain, *page.sentences[at + 2 :]))


def unnamed(page: Page) -> Page:
    """Nobody is said to have worded a model's sentences."""
    return replace(page, byline=None)


def renamed_writer(page: Page) -> Page:
    """The writer is one that there is not."""
    told = tuple(replace(one, writer="gpt") for one in page.sentences)
    assert page.byline
    return replace(page, sentences=told, byline=replace(page.byline, writer="gpt"))


def plain_byline(page: Page) -> Page:
    """A byline says that no model was asked."""
    assert page.byline
    told = tuple(replace(one, writer="plain") for one in page.sentences)
    return replace(page, sentences=told, byline=replace(page.byline, writer="plain"))


def stranger(page: Page) -> Page:
    """One sentence is of another writer than the byline's."""
    told = (replace(page.sentences[0], writer="llamacpp"), *page.sentences[1:])
    return replace(page, sentences=told)


def claimed_by_model(page: Page) -> Page:
    """A plain sentence is called a model's."""
    claim = next(one for one in page.dossier.claims if one.id == page.sentences[0].claim)
    return reword(page, claim.id, claim.skeleton)


def disowned(page: Page) -> Page:
    """A model's sentence is called plain."""
    return replace(page, sentences=(replace(page.sentences[0], writer="plain"), *page.sentences[1:]))


def anonymous(page: Page) -> Page:
    """The model has no name."""
    assert page.byline
    return replace(page, byline=replace(page.byline, model=""))


def retitled(page: Page) -> Page:
    """The title is none that there was to choose."""
    return replace(page, title="A Triumph of Engineering")


FORGERIES = (
    *(doubled, missing, reordered, swapped, exchanged, unnamed, renamed_writer, plain_byline, stranger),
    *(claimed_by_model, disowned, anonymous, retitled),
)


@pytest.mark.parametrize("how", FORGERIES, ids=lambda how: how.__name__)
def test_a_forged_page_of_a_model(voiced: Path, press: Press, how: Callable[[Page], Page]) -> None:
    """Whatever is changed in page, sidecar and digests alike is false, and mended without asking a model."""
    path = forge(press, 3, how)
    found = verify_page(press, path)
    assert false(found)
    assert mend_page(press, path, found)
    assert verify_page(press, path) == []
    del voiced


def test_a_passage_that_was_cut_open(voiced: Path, press: Press) -> None:
    """A piece that no other goes on with may not stand, and is no sentence when it stands alone."""
    told = [load_page(path) for path in sorted((voiced / "episodes").glob("episode_*.json"))]
    number = next(page.number for page in told if any(one.wording.endswith(";") for one in page.sentences))
    path = forge(press, number, cut_open)
    found = verify_page(press, path)
    assert any(why.startswith("this sentence of a model may not stand: sentence") for why in false(found))
    assert mend_page(press, path, found)
    assert verify_page(press, path) == []


@pytest.mark.parametrize(
    "values",
    [
        {"freedom": "novel"},
        {"freedom": "<b>"},
        {"refused": {"because I say so": 3}},
        {"refused": {"digit": 0}},
        {"refused": {"digit": -1}},
        {"refused": {"x" * 500: 1}},
        {"left_out": {"file": 0}},
        {"left_out": {"<b>": 3}},
        {"left_out": {"file\nsecond": 3}},
        {"options": {"a" * 500: 3}},
        {"options": {"": 3}},
        {"options": {"a b: c": "x"}},
        {"options": {"audit": 3}},
        {"options": {"context": "This code is flawless"}},
        {"options": {"context": True}},
        {"options": {"context": 10**9}},
        {"left_out": {"proof of quality": 3}},
        {"left_out": {"file": 10**5}},
        {"left_out": {"claim": 100}},
        {"refused": {"digit": 10**9}},
        {"prompt": "see example.org"},
        {"degraded": "Everything in this change was reviewed by the board"},
        {"degraded": "it offered no sentence"},
        {"degraded": "1 of 900 sentences without a reply: the time was over"},
        {"degraded": "2 of 1 sentences without a reply: the time was over"},
        {"degraded": "0 of 1 sentences without a reply: the time was over"},
        {"degraded": "1 of 1 sentences without a reply: the author was right"},
        {"degraded": "1 of 1 sentences without a reply: the time was over, the time was over"},
        {"degraded": "1 of 1 sentences without a reply: the time was over"},
        {"degraded": "time over after 0 of 1 sentences"},
        {"degraded": "time over after 900 of 901 sentences"},
    ],
)
def test_what_no_writer_leaves_in_a_byline(
    voiced: Path, press: Press, byline: Callable[..., Byline], values: dict[str, Any]
) -> None:
    """Names and counts that no writer can have left are false, whatever the page says, and mended."""
    path = press.page_path(3)
    stored = json.loads(path.with_suffix(".json").read_bytes())
    stored["episode"]["byline"].update(values)
    path.with_suffix(".json").write_text(json.dumps(stored))
    found = verify_page(press, path)
    assert any(why.startswith("the byline is none that a writer leaves: ") for why in false(found))
    assert mend_page(press, path, found)
    assert verify_page(press, path) == []
    mended = load_page(path.with_suffix(".json"))
    assert mended.byline
    left = mended.byline
    prompt = "" if "prompt" in values else left.prompt
    assert left == byline(refused=left.refused, options=left.options, prompt=prompt)
    assert not {*left.options, *left.refused, *left.left_out} & {*values.get("options", ()), "because I say so"}
    assert len(of_model(mended)) == len(of_model(load_page(voiced / "episodes/episode_003.json")))


@pytest.mark.parametrize(
    "values",
    [
        {"model": "The best code we ever had"},
        {"model": "x" * 101},
        {"model": "https://example.org"},
        {"model": "good\nnews"},
        {"digest": "approved by the board"},
        {"digest": "c0ffee"},
    ],
)
def test_a_model_that_cannot_be_called_so(voiced: Path, press: Press, values: dict[str, Any]) -> None:
    """A name or digest that is a text names no model, and without one no sentence of a model stands."""
    path = forge(press, 3, lambda page: replace(page, byline=replace(page.byline, **values) if page.byline else None))
    found = verify_page(press, path)
    assert any(f"as `{next(iter(values))}`" in why for why in false(found))
    assert mend_page(press, path, found)
    assert verify_page(press, path) == []
    assert load_page(path.with_suffix(".json")).byline is None
    assert next(iter(values.values())) not in path.read_text()
    del voiced


def silence(page: Page, count: int) -> Page:
    """A page with plain sentences in the place of its last ones of a model."""
    skeletons = {claim.id: claim.skeleton for claim in page.dossier.claims}
    lost = {one.claim for one in of_model(page)[-count:]}
    told = (
        replace(one, writer="plain", wording=skeletons[one.claim]) if one.claim in lost else one
        for one in page.sentences
    )
    return replace(page, sentences=tuple(told))


@pytest.mark.parametrize(
    "why",
    [
        "time over after {given} of {all} sentences",
        "{lost} of {all} sentences without a reply: not asked, since pages before had none",
        *(f"{{lost}} of {{all}} sentences without a reply: {fault.value}" for fault in Fault),
        f"{{lost}} of {{all}} sentences without a reply: {', '.join(fault.value for fault in Fault)}",
    ],
)
def test_what_writers_say_of_lost_sentences(
    voiced: Path, press: Press, byline: Callable[..., Byline], why: str
) -> None:
    """Every form in which a writer says that a model failed may stand, as far as its numbers leave room for it."""
    page = silence(load_page(voiced / "episodes/episode_003.json"), 2)
    spoken, given = sum(bool(one.claim) for one in page.sentences), len(of_model(page))
    counts = {"all": spoken, "given": given, "lost": spoken - given}
    assert not hold_byline(replace(page, byline=byline(degraded=why.format(**counts)))).problems
    over = {"all": spoken + 1, "given": given, "lost": spoken - given}
    assert hold_byline(replace(page, byline=byline(degraded=why.format(**over)))).problems
    untrue = {"all": spoken, "given": given - 1, "lost": spoken - given + 1}
    assert hold_byline(replace(page, byline=byline(degraded=why.format(**untrue)))).problems
    del press


@pytest.mark.parametrize("mark", ["†", "&dagger;", "&#8224;", "&#x2020;"])
@pytest.mark.parametrize("signed", ["", " <!-- by: Eve -->", " <!-- claim: external --> <!-- by: Eve -->"])
def test_a_person_who_borrows_the_mark(voiced: Path, press: Press, mark: str, signed: str) -> None:
    """A line of a person's that carries the mark of a model is false, signed or not; without the mark it is not."""
    path = press.page_path(3)
    text = path.read_text()
    line = next(line for line in text.split("\n") if line.endswith("†"))
    for said, kinds in (
        (f"Everything here is sound.{mark}{signed}", {Kind.FALSE}),
        (f"Everything is sound.{signed}", set()),
    ):
        path.write_text(text.replace(line, f"{line}\n\n{said}\n"))
        found = [one for one in verify_page(press, path) if one.kind is Kind.FALSE]
        assert {one.kind for one in found} == kinds
        assert all("marks what a model wrote" in one.why for one in found)
    del voiced


@pytest.mark.parametrize("values", [{}, {"left_out": {"file": 1}}])
def test_a_byline_over_plain_sentences(
    saga: RepoBuilder, byline: Callable[..., Byline], values: dict[str, Any]
) -> None:
    """A plain page that names a model which gave nothing, failed at nothing and was refused nothing is false."""
    with Session(saga.path, fresh=True) as session:
        session.follow(saga.head)
        press = session.press()

        def dress(page: Page) -> Page:
            return replace(page, byline=byline(**values), made_by={**page.made_by, "gate": gate.VERSION})

        path = forge(press, 3, dress)
        before = (saga.path / "episodes/episode_003.md").read_text()
        found = verify_page(press, path)
        assert any("its model gave no sentence" in why for why in false(found))
        assert mend_page(press, path, found)
        assert verify_page(press, path) == []
        assert load_page(path.with_suffix(".json")).byline is None
        assert path.read_text() != before


def test_what_no_repository_can_prove(voiced: Path, press: Press, byline: Callable[..., Byline]) -> None:
    """Which model it was, what it was not shown and what was refused is its writer's word, as the docs say."""
    other = byline(model="another:70b", digest="cd" * 32, refused={"digit": 7}, left_out={"file": 1})
    path = forge(press, 3, lambda page: replace(page, byline=other))
    assert verify_page(press, path) == []
    assert "another:70b" in path.read_text()
    del voiced


def test_another_version_is_stale_and_the_same_is_not(
    voiced: Path, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another gate or cast a sentence that may not stand is stale; a version that never was is no excuse."""

    def spoil(page: Page, **made_by: str) -> Page:
        victim = of_model(page)[0]
        slots = "".join(f" {{{slot}}}" for slot in sorted_slots(page, victim.claim))
        return reword(replace(page, made_by={**page.made_by, **made_by}), victim.claim, f"Perhaps{slots}, who knows.")

    monkeypatch.setattr(gate, "VERSION", str(int(gate.VERSION) + 1))
    found = verify_page(press, press.page_path(4))
    assert [(one.kind, one.why) for one in found] == [(Kind.STALE, "made by another version of gate")]
    older = {"gate": str(int(gate.VERSION) - 1)}
    path = forge(press, 3, lambda page: spoil(page, **older))
    assert {one.kind for one in verify_page(press, path)} == {Kind.STALE}
    for made_by in ({"gate": "0"}, {"gate": "none"}, {"gate": str(int(gate.VERSION) + 1)}):
        path = forge(press, 3, lambda page, made_by=made_by: spoil(page, **made_by))
        assert Kind.FALSE in {one.kind for one in verify_page(press, path)}
    path = forge(press, 3, lambda page: replace(page, made_by={**page.made_by, "personas": "0" * 12, **older}))
    assert {one.kind for one in verify_page(press, path)} == {Kind.STALE}
    assert mend_page(press, path, verify_page(press, path))
    assert verify_page(press, path) == []
    del voiced


def sorted_slots(page: Page, claim: str) -> list[str]:
    """The slots of a claim."""
    return sorted(next(one for one in page.dossier.claims if one.id == claim).slots)


def test_a_gate_that_judged_nothing(saga: RepoBuilder) -> None:
    """A plain page cannot name a version of the gate, which would excuse any sentence."""
    with Session(saga.path, fresh=True) as session:
        session.follow(saga.head)
        press = session.press()
        path = forge(press, 3, lambda page: replace(page, made_by={**page.made_by, "gate": "1"}))
        found = verify_page(press, path)
        assert [one.why for one in found if one.kind is Kind.FALSE] == ["names a version of gate that never was"]


def test_a_sidecar_from_before_there_were_bylines(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """It names its writer as text and an older plain writer; it is read, and at most stale."""
    for path in sorted((saga.path / "episodes").glob("episode_*.json")):
        stored = json.loads(path.read_bytes())
        stored["episode"]["writer"] = "plain"
        stored["episode"]["made_by"] |= {"writer": "plain 1", "view": "2"}
        path.write_text(json.dumps(stored))
    done = run(saga.path, "verify")
    assert done.code == 0
    assert "chronicles: 18 pages verified: 0 false, " in done.err
    assert run(saga.path, "verify", "--fix").code == 0
    assert run(saga.path, "verify", "--strict").code == 0


def test_a_removed_mark_is_put_back(voiced: Path, press: Press) -> None:
    """Who takes the mark off a model's sentence, or the model's name off the last line, signs nothing away."""
    path = press.page_path(3)
    text = path.read_text()
    line = next(line for line in text.split("\n") if line.endswith("†"))
    signed = text.replace(line, line.replace("†", "") + " <!-- by: Eve -->")
    signed = signed.replace("`scripted:1b` wrote", "Eve wrote").replace("†.*</small>", "†.*</small> <!-- by: Eve -->")
    assert signed.count("<!-- by: Eve -->") == 2
    path.write_text(signed)
    found = verify_page(press, path)
    assert len([one for one in found if one.kind is Kind.FALSE]) == 2
    assert mend_page(press, path, found)
    assert path.read_text() == text
    del voiced


def test_pages_around_keep_their_sentences(voiced: Path, run: Callable[..., Ran]) -> None:
    """When a neighbour goes, or is written, a page of a model is rendered anew in its model's words."""
    before = load_page(voiced / "episodes/episode_003.json")
    assert run(voiced, "remove", "episodes/episode_004.md").code == 0
    after = load_page(voiced / "episodes/episode_003.json")
    assert (after.sentences, after.byline, after.title) == (before.sentences, before.byline, before.title)
    assert after.links != before.links
    assert run(voiced, "verify", "--strict").code == 0


def test_what_a_server_says_is_spelled_out(byline: Callable[..., Byline]) -> None:
    """Names with halves of characters and controls in them leave a byline that can be stored."""
    odd = byline(model="a\ud800\u202eb", digest="\x00", options={"stop": "\ud800"}, degraded="\x1b[31m")
    kept = finish_byline(odd, Settled((), {"digit": 1}))
    assert (kept.model, kept.digest, kept.options, kept.degraded) == ("a-b", "", {}, "\\x1b[31m")
    assert kept.refused == {"digit": 1}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("hf.co/some/Model-GGUF:Q4_K_M", "hf.co/some/Model-GGUF:Q4_K_M"),
        ("My model (v2)", "My-model-v2-"),
        ("модель", "unnamed"),
        ("https://example.org", "https:/-example.org"),
        ("x" * 300, "x" * 100),
    ],
)
def test_names_of_model_files(voiced: Path, byline: Callable[..., Byline], model: str, name: str) -> None:
    """A file may be called anything; what its page calls it is a name that a byline may have."""
    page = load_page(voiced / "episodes/episode_003.json")
    kept = finish_byline(byline(model=model), Settled(page.sentences))
    assert kept.model == name
    assert not hold_byline(replace(page, byline=kept)).problems


def test_a_model_that_offers_nothing(
    saga: RepoBuilder, tell: Callable[..., Told], scripted: Any, run: Callable[..., Ran]
) -> None:
    """A writer that says neither a word nor why leaves pages that say so, and on which nothing is found."""
    told = tell(saga.path, scripted(silent=frozenset(TEMPLATES)))
    spoken = [page.number for page in (load_page(path) for path in pages(saga)) if any(s.claim for s in page.sentences)]
    assert told.by_model == 0
    assert told.degraded == dict.fromkeys(spoken, "it offered no sentence")
    assert "`scripted:1b` was asked: it offered no sentence." in (saga.path / "episodes/episode_003.md").read_text()
    assert run(saga.path, "verify", "--strict").code == 0


def pages(saga: RepoBuilder) -> list[Path]:
    """All sidecars."""
    return sorted((saga.path / "episodes").glob("episode_*.json"))


def test_the_writers_that_there_are() -> None:
    """A byline may name any writer that can be asked for, and no other."""
    from chronicles.writers.choosing import CHOICES  # noqa: PLC0415 - one test needs it

    assert {*bylines._WRITERS, "auto", "plain"} == set(CHOICES)
    assert hold_byline.__doc__
