"""What the words of a persona must be, so that they may stand on a page and in a prompt.

A persona's file is text that somebody else may have written: a repository brings its own. So its sentences are words
and signs alone. No digit, since every number on a page comes from a slot; nothing that Markdown, HTML, a template or a
forge would act on; nothing that cannot be seen. What a sentence says is another question, and the gate's.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from chronicles.claims.template import slots_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.personas.persona import Persona

__all__ = ["problems"]

_SLOT = re.compile(r"\{[a-z_]+\}")
_NAME = re.compile(r"[^\W_](?:[^\W_]|[ .'-]){0,39}")
_MARKUP = re.compile(r"[<>{}\[\]`*_\\|#&~^$@=]|://|\bwww\.", re.IGNORECASE)
_BLOCK_START = re.compile(r"[-+!:?./)]")
"""Begins a list, a rule or a block of a site's plugin where the sentence begins a paragraph."""
_USUAL = re.compile(r"[A-Za-z ,.;:'\"!?()-]*")
"""What most sentences are made of, and what needs no look at each character."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINER = "\u200d"
"""Holds the parts of one emoji together; between letters it only hides."""
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""Scripts that people write names in together; no letter of one looks like one of another."""
_OF_ANY_SCRIPT = ("", "MODIFIER")
_SHOWN = 80
"""Characters of a sentence that an error repeats."""


def problems(persona: Persona, skeletons: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a persona's words.

    Args:
        persona: Whose words.
        skeletons: Template id to skeleton, where they are known: wordings must have the same slots.
    """
    if not _NAME.fullmatch(persona.name):
        yield f"the name {_shown(persona.name)} must be 1 to 40 letters, digits, spaces, and the signs . ' -"
    elif mixed := _mixed(persona.name):
        yield f"the name {_shown(persona.name)} {mixed}"
    if persona.sentences < 1:
        yield f"sentences is {persona.sentences}, and must be at least 1"
    yield from _plain_words(persona)
    for word in sorted({word.casefold() for word in persona.use} & {word.casefold() for word in persona.avoid}):
        yield f"{_shown(word)} is a word to use and a word to avoid; take it out of one list"
    said = {wording for wordings in persona.wordings.values() for wording in wordings}
    for example in persona.examples:
        if example in said:
            yield f"the example {_shown(example)} is a wording too; an example says what no claim says"
    for template, wordings in persona.wordings.items():
        yield from _wordings(template, wordings, skeletons.get(template))


def _plain_words(persona: Persona) -> Iterator[str]:
    """What is wrong with all that has no slots."""
    texts: tuple[tuple[str, Sequence[str]], ...] = (
        ("voice", [persona.voice] if persona.voice else []),
        ("word to use", persona.use),
        ("word to avoid", persona.avoid),
        ("example", persona.examples),
        ("stage direction", persona.stage_directions),
    )
    for kind, members in texts:
        for text in members:
            if slots := slots_of(text):
                yield f"the {kind} {_shown(text)} has a slot, {{{slots[0]}}}; only wordings have slots"
            elif fault := _fault(text):
                yield f"the {kind} {_shown(text)} {fault}"
    for name in persona.names:
        if not _NAME.fullmatch(name) or (fault := _fault(name)):
            yield f"the proper name {_shown(name)} must be 1 to 40 letters, spaces, and the signs . ' -"
        elif mixed := _mixed(name):
            yield f"the proper name {_shown(name)} {mixed}"


def _wordings(template: str, wordings: Sequence[str], skeleton: str | None) -> Iterator[str]:
    if len(set(wordings)) != len(wordings):
        yield f"{_key(template)} has a wording twice; take one out"
    for wording in wordings:
        # A slot stands for a word: a sentence may begin or end with one.
        if fault := _fault(_SLOT.sub("x", wording)):
            yield f"{_key(template)}: {_shown(wording)} {fault}"
        elif skeleton is not None and sorted(slots_of(wording)) != sorted(slots_of(skeleton)):
            slots = ", ".join(f"{{{slot}}}" for slot in slots_of(skeleton)) or "it has none"
            yield f"{_key(template)}: {_shown(wording)} must have each slot of its claim once ({slots})"


def _fault(text: str) -> str:
    """Why a text is more than words and signs, with the remedy; empty where it is not."""
    if not text.strip():
        return "is empty; write something or take it out"
    strange = () if _USUAL.fullmatch(text) else range(len(text))
    if fault := next(filter(None, (_char_fault(text, place) for place in strange)), ""):
        return fault
    if found := _MARKUP.search(text):
        return f"has markup or an address ({found[0]}) outside a slot; plain words alone may stand there"
    if text != text.strip():
        return "begins or ends with a space; take it away"
    if found := _BLOCK_START.match(text):
        return f"begins with {found[0]}, as the markup of a list or block does; begin with a word"
    return ""


def _char_fault(text: str, place: int) -> str:
    char = text[place]
    kind = unicodedata.category(char)
    hides = text[max(0, place - 1) : place].isalnum() or text[place + 1 : place + 2].isalnum()
    if kind in _UNSEEN and (char != _JOINER or hides):
        return f"has a control character or one that cannot be seen (U+{ord(char):04X}); type it anew"
    return f"has a digit ({char}) outside a slot; numbers come from slots alone" if kind.startswith("N") else ""


def _mixed(name: str) -> str:
    """Why a name may be taken for another one: letters of several scripts look alike; empty where there is one."""
    scripts: dict[str, str] = {}
    for char in name:
        for letter in unicodedata.normalize("NFKC", char):
            script = re.split(r"[ -]", unicodedata.name(letter, ""))[0] if letter.isalpha() else ""
            if script not in _OF_ANY_SCRIPT:
                scripts.setdefault(script, char)
    if len(scripts) <= 1 or any(scripts.keys() <= known for known in _TOGETHER):
        return ""
    found = " and ".join(f"{script.title()} ({char}, U+{ord(char):04X})" for script, char in scripts.items())
    return f"mixes letters that may look alike, of {found}; write it in one script"


def _shown(text: str) -> str:
    """A text as an error may repeat it: what cannot be seen spelt out, and no longer than a line."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _key(key: str) -> str:
    """A key of the file, which may be anything."""
    return f"`{_shown(key)[1:-1]}`"
