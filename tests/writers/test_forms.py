"""The forms of replies: no grammar has a letter for a digit, and each slot stands once in whatever it lets pass."""

from __future__ import annotations

import json
import random
import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.personas import load_cast
from chronicles.writers.prompts.forms import Choice, Line, Passage
from chronicles.writers.prompts.paths import crossings
from chronicles.writers.prompts.weaving import cut, lettered

CAST = load_cast()
IDS = sorted(TEMPLATES)


def known(template: str) -> tuple[str, ...]:
    """What the cast says for a claim, its skeleton first."""
    people = (*CAST.voices, CAST.narrator)
    said = (wording for person in people for wording in person.wordings.get(template, ()))
    return tuple(dict.fromkeys((TEMPLATES[template].skeleton, *said)))


def line(template: str, *, free: bool = False) -> Line:
    """The form in which a claim's sentence is asked for."""
    return Line(tuple(slots_of(TEMPLATES[template].skeleton)), known(template), free)


def dice(seed: int) -> random.Random:
    """Chance that repeats itself."""
    return random.Random(seed)  # noqa: S311 - no secret


class Grammar:
    """A reader of the part of GBNF that the forms use, which writes sentences by chance."""

    _PIECE = re.compile(
        r'"(?P<text>(?:[^"\\]|\\.)*)"|\[(?P<letters>[^\]]+)\]|(?P<open>\()|(?P<close>\))|(?P<or>\|)'
        r"|(?P<times>[?]|\{\d+,\d+\})|(?P<rule>[a-z]\w*)|\s+"
    )

    def __init__(self, text: str) -> None:
        self.rules: dict[str, list[tuple[str, str]]] = {}
        for row in text.strip().splitlines():
            name, _, body = row.partition(" ::= ")
            self.rules[name] = [(str(one.lastgroup), one[0]) for one in self._PIECE.finditer(body) if one.lastgroup]
            assert "".join(one[0] for one in self._PIECE.finditer(body)) == body, row

    @property
    def letters(self) -> str:
        """Every sign that the grammar can write outside its slots."""
        found = []
        for kind, text in (piece for rule in self.rules.values() for piece in rule):
            if kind == "text":
                found.append(re.sub(r"\{[a-z_]+\}", "", text[1:-1]))
            elif kind == "letters":
                found.append(
                    re.sub(
                        r"(.)-(.)", lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))), text[1:-1]
                    )
                )
        return "".join(found)

    def write(self, chance: random.Random) -> str:
        """A sentence by chance."""
        self._chance = chance
        return self._rule("root")

    def _rule(self, name: str) -> str:
        tree, rest = self._tree(self.rules[name])
        assert not rest
        return self._say(tree)

    def _tree(self, pieces: list[tuple[str, str]]) -> tuple[list[list[object]], list[tuple[str, str]]]:
        ways: list[list[object]] = [[]]
        while pieces:
            (kind, text), pieces = pieces[0], pieces[1:]
            if kind == "close":
                break
            if kind == "open":
                inner, pieces = self._tree(pieces)
                ways[-1].append(inner)
            elif kind == "or":
                ways.append([])
            elif kind == "times":
                low, high = (0, 1) if text == "?" else map(int, text[1:-1].split(","))
                ways[-1][-1] = (ways[-1][-1], low, high)
            else:
                ways[-1].append((kind, text))
        return ways, pieces

    def _say(self, piece: object) -> str:
        if isinstance(piece, list):
            return "".join(map(self._say, self._chance.choice(piece)))
        assert isinstance(piece, tuple)
        if len(piece) == 3:
            return "".join(
                self._say(piece[0]) for _ in range(self._chance.randint(piece[1], min(piece[2], piece[1] + 3)))
            )
        kind, text = piece
        if kind == "letters":
            spread = re.sub(
                r"(.)-(.)", lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))), text[1:-1]
            )
            return self._chance.choice(spread)
        return text[1:-1] if kind == "text" else self._rule(text)


@cache
def grammar(template: str, *, free: bool) -> Grammar:
    """The grammar of a claim's line."""
    return Grammar(line(template, free=free).grammar())


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("template", IDS)
def test_a_line_has_each_slot_once_and_no_digit(template: str, *, free: bool) -> None:
    """Whatever a grammar lets pass is one sentence with the claim's slots, ends in a full stop and counts nothing."""
    slots = sorted(slots_of(TEMPLATES[template].skeleton))
    assert not re.search(r"[\d<>\[\]`*_\\|{}]", grammar(template, free=free).letters)
    for seed in range(40):
        said = grammar(template, free=free).write(dice(seed))
        assert sorted(slots_of(said)) == slots, said
        bare = re.sub(r"\{[a-z_]+\}", "", said)
        assert not re.search(r"[\d<>\[\]`*_\\|{}]", bare), said
        assert said.endswith(".")
        assert not re.search(r"\w\{|\}\w", said), said


def test_a_line_is_made_of_the_claims_own_words() -> None:
    """A line says no known wording over again, and no word that none of them has; nearly every claim has such lines."""
    held = [template for template in IDS if "word" not in grammar(template, free=False).rules]
    assert len(held) >= 0.95 * len(IDS)
    for template in held:
        words = {word for one in known(template) for word in re.findall(r"[A-Za-z'-]+|\{\w+\}", one)}
        said = {grammar(template, free=False).write(dice(seed)) for seed in range(60)}
        assert not said & set(known(template))
        assert said <= {re.sub(r" (?=[.,;:])", "", " ".join(tokens)) for tokens in crossings(known(template))}
        for one in said:
            assert set(re.findall(r"[A-Za-z'-]+|\{\w+\}", one)) <= words


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (
            ("At night, the cat is in {x}.", "By day, the cat is in {x} again."),
            {"At night , the cat is in {x} again .", "By day , the cat is in {x} ."},
        ),
        (
            ("Every line of it has its root in {x}.", "Every line there has its root at {x}, then."),
            {"Every line of it has its root at {x} , then .", "Every line there has its root in {x} ."},
        ),
        (("No line of it has its root in {x}.", "Every line there has its root at {x}, then."), set()),
        (("To the log of {x} it adds one.", "The log of {x} grows."), set()),
        (("It is here by {x} at last.", "Much is here by {x} is old."), set()),
        (("By it, {x} and the files go.", "The files go by it, {x} and all."), {"By it , {x} and all ."}),
        (("It goes. {x} stays.", "It comes. {x} stays now."), set()),
        (("It has {x}.",), set()),
        ((), set()),
    ],
)
def test_what_two_wordings_give(known: tuple[str, ...], found: set[str]) -> None:
    """The beginning of one and the end of the other, where that is one sentence and turns nothing around."""
    assert {" ".join(tokens) for tokens in crossings(known)} == found


def test_a_claim_that_nobody_worded_leaves_the_words_free() -> None:
    """Without known wordings there are no paths; few slots may stand in any order, many in the given one."""
    free = Grammar(Line(("one", "other")).grammar())
    orders = {tuple(slots_of(free.write(dice(seed)))) for seed in range(60)}
    assert orders == {("one", "other"), ("other", "one")}
    many = Grammar(Line(tuple("abcdef")).grammar())
    assert {tuple(slots_of(many.write(dice(seed)))) for seed in range(20)} == {tuple("abcdef")}
    assert Grammar(Line(()).grammar()).write(dice(1)).endswith(".")


def test_grammars_stay_small() -> None:
    """No claim has a grammar that takes llama.cpp long to read, six slots or not."""
    assert max(len(line(template, free=free).grammar()) for template in IDS for free in (True, False)) < 60_000


@pytest.mark.parametrize("seed", range(30))
def test_a_passage_can_be_led_back_to_its_claims(seed: int) -> None:
    """What the grammar of a paragraph lets pass is cut into one sentence a claim, each with its own slots."""
    chance = dice(seed)
    skeletons = [TEMPLATES[template].skeleton for template in chance.sample(IDS, 3)]
    groups = tuple(tuple(slots_of(one)) for one in lettered(skeletons))
    said = Grammar(Passage(groups).grammar()).write(chance)
    pieces = cut(said, skeletons)
    assert [sorted(slots_of(piece)) for piece in pieces] == [sorted(slots_of(one)) for one in skeletons]
    assert " ".join(pieces) == re.sub(r"\{[a-z]_", "{", said)


@pytest.mark.parametrize(
    ("said", "pieces"),
    [
        ("{a_x} is new, {b_x} is old.", ["{x} is new,", "{x} is old."]),
        ("Of {a_x}. So e.g. it is; {b_x} ends.", ["Of {x}. So e.g.", "it is; {x} ends."]),
        ("{a_x} goes; and then, {b_x}.", ["{x} goes;", "and then, {x}."]),
    ],
)
def test_a_paragraph_is_cut_at_the_best_place(said: str, pieces: list[str]) -> None:
    """A full stop goes before a semicolon, and that before a comma."""
    assert cut(said, ["{x} one.", "{x} two."]) == pieces


@pytest.mark.parametrize(
    "said",
    [
        "{b_x} is old. {a_x} is new.",
        "{a_x} is new.",
        "{a_x} and {b_x} go.",
        "{a_x} is new. {b_x} is old. {c_x} is none.",
        "{a_y} is new. {b_x} is old.",
        "{a_x} is {a_x}. {b_x} is old.",
        "nothing",
        "",
    ],
)
def test_a_paragraph_that_mixes_its_claims_is_none(said: str) -> None:
    """Slots missing, doubled, in another order or without a place to cut between them are no paragraph."""
    with pytest.raises(ValueError, match=r"placeholders|run into"):
        cut(said, ["{x} one.", "{x} two."])


@pytest.mark.parametrize("number", [2, 6, 26])
def test_a_choice_is_one_letter(number: int) -> None:
    """Each option has its letter, and no other letter has one."""
    form = Choice(number)
    letters = {Grammar(form.grammar()).write(dice(seed)) for seed in range(400)}
    assert letters == set("abcdefghijklmnopqrstuvwxyz"[:number]) == set(form.schema()["properties"]["choice"]["enum"])
    assert all(form.read(f" {letter.upper()}.") == letter for letter in letters)
    for wrong in ("", "7", "ab", "é", "none"):
        with pytest.raises(ValueError, match="none of"):
            form.read(wrong)


@pytest.mark.parametrize(("form", "key"), [(Line(("x",)), "sentence"), (Passage((("a_x",),)), "paragraph")])
def test_a_reply_is_read_as_json_or_as_it_stands(form: Line | Passage, key: str) -> None:
    """A server's JSON and a grammar's bare text say the same; JSON of another shape says nothing."""
    assert form.schema()["required"] == [key]
    assert form.read(json.dumps({key: " {x} is new. "})) == "{x} is new."
    assert form.read(" {x} is new.\n") == "{x} is new."
    deep = '{"sentence": ' + "[" * 100_000
    for wrong in ('{"other": "x"}', f'{{"{key}": 3}}', '["x"]', f'{{"{key}": "half', deep):
        with pytest.raises(ValueError, match=r".*"):
            form.read(wrong)


@given(st.text(max_size=200))
def test_any_reply_is_read_or_refused(text: str) -> None:
    """Whatever a model says, a form gives text or a ValueError."""
    for form in (Line(("x",)), Passage((("a_x",), ("b_x",))), Choice(3)):
        try:
            assert isinstance(form.read(text), str)
        except ValueError:
            continue
