"""The words that the gate knows: how each can stand in a sentence, and which of its groups of sense it belongs to.

The vocabulary is closed: what is in none of the files of `words/`, nor in a known wording, is refused whatever it
means. The files list base forms; the others are made here by the rules of English spelling, and by a table of the verbs
that keep to none. A word has one sense, that of the first group that lists it: where it has several in the language,
the gate holds it to the one that claims are about.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "BE",
    "BREAKS",
    "NEGATION",
    "PREPOSITIONS",
    "STOPS",
    "Lexicon",
    "Row",
    "Word",
    "group",
    "load_lexicon",
    "make_word",
    "once",
    "table",
]

Answer = TypeVar("Answer")
NEGATION = "NOT"
"""Sense of the words that negate."""


def group(words: str) -> frozenset[str]:
    """Words in a row as a set."""
    return frozenset(words.split())


STOPS = frozenset({";", ":", ".", "—", "–", "?", "!"})
"""Signs that end what belongs together."""
BREAKS = STOPS | group(", and but or while when where if though although yet which who whereas because so that")
"""What parts two clauses."""
BE = group("is are was were been be being")
PREPOSITIONS = group(
    "of to in by at from for with on into onto under over through against among between within upon per as than"
    " before after since until"
)
LEAD = "LEAD"
"""Sense of phrases such as `with this commit`, which may stand before any sentence and say nothing."""
_HERE = Path(__file__).parent / "words"
_BINDING = {"determiner", "pronoun", "auxiliary", "modal", "negation", "preposition", "conjunction"}
"""Classes of the words that hold sentences together: each such word is a class of its own."""
_COARSE = {
    "DET": "the a an this these those any each every no its their his her my our some another such own",
    "CONJ": "and but or while when where if though although whereas because so yet as whether until once than",
    "BE": "is are was were been be being",
    "HAVE": "has had have having",
    "DO": "do does did done",
    "REL": "which that who whoever what",
    "PRON": "it they them he i we you one none nobody nothing anyone something someone itself us me both all others"
    " everything",
    "P": "in by at from for with on into onto under over through against among between within upon per before after"
    " since beside behind below beyond past without out off across along around like toward during throughout inside"
    " outside",
    "WH": "how",
    "MD": "can would will should could may must",
    "THERE": "there",
    "NOT": "not never",
}
_CLASS = {word: coarse for coarse, words in reversed(_COARSE.items()) for word in words.split()}
_COMPARATIVES = {"FASTER", "SLOWER", "BIGGER", "SMALLER", "OLDER", "LONGER", "LIGHTER", "BETTER", "WORSE"}
_TELLING_PHRASES = {"ONLY", "REPLACE", "GONE", "AS_MANY", "FIRST", "OMIT"}


# Words are compared as the things they are: a form of the lexicon is made once, and a slot once for each claim.
@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One form of a word, a sign, or a slot."""

    text: str
    lemma: str
    tag: str
    """How it can stand: the word itself for those that hold sentences together, else its classes and forms."""
    sense: str = ""
    """Its group; empty for an everyday word."""
    content: bool = False
    """Whether it says something, as verbs, nouns and adjectives do."""
    forms: frozenset[str] = frozenset()
    """The classes and forms of a word that says something: N, NS, A, D, VB, VZ, VD, VN, VG."""
    verb: bool = False
    """Whether it is a verb and cannot be a noun."""
    beside: str = ""
    """What it is as a neighbour of a slot; for a slot, its part in braces."""
    coarse: str = ""
    """Its class of a few, in which orders of words are counted."""
    item: str = ""
    """What it says: its sense, else its base form, else itself."""
    part: str = ""
    """The part that a slot plays; empty for all that is no slot."""
    told: str = field(init=False)
    """What it tells: the part of a slot, what else says something as its item; empty for small words and signs."""
    name: str = field(init=False)
    """The item of a word that tells something, else the word itself."""
    near: str = field(init=False)
    """The part of a slot in braces, else the item."""
    kind: str = field(init=False)
    """The part of a slot in braces, else the tag."""
    says: str = field(init=False)
    """Its group or, of what says something, its base form; empty for slots, breaks, negations and small words."""
    breaks: bool = field(init=False)
    """Whether it parts two clauses."""

    def __post_init__(self) -> None:
        """Work out what every check asks of every word."""
        # Keys of the checks are made of these; what is one thing needs no comparing letter by letter.
        for name in ("text", "lemma", "tag", "sense", "beside", "coarse", "item", "part"):
            object.__setattr__(self, name, intern(getattr(self, name)))
        says = self.content or bool(self.sense)
        object.__setattr__(self, "told", self.part or (self.item if says else ""))
        object.__setattr__(self, "name", self.item if says else self.text)
        object.__setattr__(self, "near", self.beside if self.part else self.item)
        object.__setattr__(self, "kind", self.beside if self.part else self.tag)
        object.__setattr__(self, "breaks", self.text in BREAKS)
        silent = self.part or self.breaks or self.sense == NEGATION
        object.__setattr__(self, "says", "" if silent else self.sense or (self.lemma if self.content else ""))


class _Noted(dict[Word, Answer]):
    """What was worked out of words."""

    def __init__(self, work_out: Callable[[Word], Answer]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, word: Word) -> Answer:
        answer = self[word] = self._work_out(word)
        return answer


def once(work_out: Callable[[Word], Answer]) -> Callable[[Word], Answer]:
    """A function of a word that works once for each; asked a dozen times a wording, it has to be a look-up."""
    return _Noted(work_out).__getitem__


Row = tuple[Word, ...]
"""The words of one token: more than one for a contraction."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words and phrases."""

    words: dict[str, Word]
    phrases: dict[str, dict[str, tuple[tuple[tuple[str, ...], Word], ...]]]
    """First and second word to what may follow them and what the whole is, the longest first."""
    starts: frozenset[tuple[str, str]]
    """The first two words of every phrase."""
    hard: frozenset[str]
    """Senses that turn a claim round where they come or go."""
    foreign: dict[str, str]
    """Sense to why it is refused where no known wording of the claim has it."""
    hard_verbs: frozenset[str]
    """Forms of the verbs that have such a sense and can be nothing else."""
    negations: frozenset[str]
    """Words and phrases that negate."""
    numbers: frozenset[str]
    leaks: frozenset[str]
    """Words of the prompt and of models about themselves."""
    long_leaks: re.Pattern[str]
    """Such turns of phrase."""
    memory: dict[str, Row] = field(default_factory=dict)
    """Tokens that were looked up; text from outside cannot fill it, since only words of the lexicon go in."""


def table(name: str) -> dict[str, Any]:
    """One of the files of `words/`."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text("utf-8"))


@cache
def load_lexicon() -> Lexicon:
    """Load the words, once a process."""
    senses, everyday, forms = table("senses"), table("everyday"), table("forms")
    inflection = _Inflection(forms)
    entries = [(sense, key, words) for sense, group in senses.items() for key, words in group.items()]
    entries = [entry for entry in entries if entry[1] not in {"hard", "foreign"}]
    entries += [(NEGATION if key == "negation" else "", key, words) for key, words in everyday.items()]
    classes: dict[str, dict[str, str]] = {}
    said: dict[str, tuple[str, str]] = {}
    phrases: dict[str, dict[str, list[tuple[tuple[str, ...], Word]]]] = {}
    for sense, key, words in entries:
        for lemma in words.split():
            if key == "phrase":
                first, second, *rest = lemma.split("_")
                phrases.setdefault(first, {}).setdefault(second, []).append((tuple(rest), _phrase(lemma, sense)))
                continue
            for form, tag in inflection.forms(lemma, key):
                classes.setdefault(form, {})[tag] = key
                said.setdefault(form, (lemma, sense))
    words = {form: make_word(form, *said[form], tags) for form, tags in classes.items()}
    hard = frozenset(sense for sense, group in senses.items() if group.get("hard"))
    wholes = [whole for seconds in phrases.values() for rests in seconds.values() for _, whole in rests]
    return Lexicon(
        words=words,
        phrases={
            first: {second: tuple(sorted(rest, key=lambda one: -len(one[0]))) for second, rest in seconds.items()}
            for first, seconds in phrases.items()
        },
        starts=frozenset((first, second) for first, seconds in phrases.items() for second in seconds),
        hard=hard,
        hard_verbs=frozenset(word.text for word in words.values() if word.verb and word.sense in hard),
        negations=frozenset(word.text for word in (*words.values(), *wholes) if word.sense == NEGATION),
        foreign={sense: group["foreign"] for sense, group in senses.items() if "foreign" in group},
        numbers=frozenset(forms["numbers"].split()),
        leaks=frozenset(forms["leaks"]),
        long_leaks=re.compile("|".join(re.escape(leak) for leak in forms["leaks"] if " " in leak or "'" in leak)),
    )


def make_word(form: str, lemma: str, sense: str, tags: dict[str, str]) -> Word:
    """A word with all that follows from its classes.

    Args:
        form: As it is written, in small letters.
        lemma: Its base form.
        sense: Its group, or empty.
        tags: Tag to the class of the files that gave it.
    """
    bound = any(key in _BINDING for key in tags.values())
    content = not bound and not set(tags.values()) <= {"adverb", "other"}
    forms = frozenset() if bound else frozenset(tags)
    tag = form if bound else "/".join(sorted(tags))
    verbal = bool(forms & {"VB", "VZ", "VD", "VN", "VG"})
    return Word(
        text=form,
        lemma=lemma,
        tag=tag,
        sense=sense,
        content=content,
        forms=forms,
        verb=form in BE or form in {"has", "had", "have"} or (content and verbal and not forms & {"A", "N"}),
        beside=_beside(form, content, forms, tag),
        coarse=_coarse(form, sense, content, forms),
        item=sense or (lemma if content else form),
    )


def _phrase(lemma: str, sense: str) -> Word:
    coarse = f"PH{sense}" if sense in _TELLING_PHRASES else "PH"
    text = lemma.replace("_", " ")
    beside = "|" if sense == LEAD else f"P:{sense}"
    return Word(text, lemma, "phrase", sense, content=sense != LEAD, beside=beside, coarse=coarse, item=sense)


def _beside(form: str, content: bool, forms: frozenset[str], tag: str) -> str:  # noqa: FBT001 - a private helper
    first = {one[0] for one in forms}
    verbal = "V" in first and ("N" not in first or tag == "NS/VZ")
    rules = (
        (form in {",", "and", "or"}, form),
        (form in BREAKS or form in {"as", "then", "what", "how", "whether"}, "|"),
        (form in BE or form in {"has", "had", "have", "do", "does", "did", "can"}, "V"),
        (not content and tag != "D", form),
        (verbal, "V"),
        ("N" in first, "NV" if "V" in first else "N"),
        ("A" in first, "A"),
    )
    return next((name for holds, name in rules if holds), "D")


def _coarse(form: str, sense: str, content: bool, forms: frozenset[str]) -> str:  # noqa: FBT001 - a private helper
    if form in _CLASS or form in {"to", "of"}:
        return _CLASS.get(form, form)
    if sense in _COMPARATIVES:
        return "AR"
    if not content:
        return "D" if forms else form if not form.isalpha() else "F"
    ordered = (
        ("A", forms <= {"A", "D"}),
        ("N", forms == {"N"}),
        ("NS", forms == {"NS"}),
        ("VG", "VG" in forms),
        ("VD", forms & {"VD", "VN"} and not forms & {"N", "VB"}),
        ("VZ", "VZ" in forms),
        ("NV", {"N", "VB"} <= forms),
        ("VB", "VB" in forms),
    )
    return next((name for name, holds in ordered if holds), "/".join(sorted(forms)))


_VOWELS = "aeiou"


class _Inflection:
    """Makes the forms of words."""

    def __init__(self, forms: dict[str, Any]) -> None:
        self._verbs = {lemma: form.split() for lemma, form in forms["verbs"].items()}
        self._nouns: dict[str, str] = forms["plurals"]
        self._doubled = set(forms["doubled"].split())

    def forms(self, lemma: str, key: str) -> Iterator[tuple[str, str]]:
        """Each form of a word with its tag."""
        if key == "verb":
            yield from self._verb(lemma)
        elif key == "noun":
            yield lemma, "N"
            yield self._nouns.get(lemma, _s(lemma)), "NS"
        elif key in {"adjective", "adj"}:
            yield lemma, "A"
        elif key in {"adverb", "other"}:
            yield lemma, "D"
        else:
            yield lemma, lemma

    def _verb(self, lemma: str) -> Iterator[tuple[str, str]]:
        stem = lemma + lemma[-1] if lemma in self._doubled else lemma
        past = self._verbs.get(lemma) or [_ed(stem)]
        yield lemma, "VB"
        yield _s(lemma), "VZ"
        yield past[0], "VD"
        yield past[-1], "VN"
        if lemma.endswith("ie"):
            yield lemma[:-2] + "ying", "VG"
        elif lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")):
            yield lemma[:-1] + "ing", "VG"
        else:
            yield stem + "ing", "VG"


def _s(word: str) -> str:
    if word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh", "go", "do")) else "s")


def _ed(stem: str) -> str:
    if stem.endswith("e"):
        return stem + "d"
    if stem.endswith("y") and stem[-2] not in _VOWELS:
        return stem[:-1] + "ied"
    return stem + "ed"
