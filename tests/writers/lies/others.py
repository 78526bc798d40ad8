"""Lies made of true sentences: slots that change places, another claim's words, words from the persona's file.

Which exchanges are no lies was decided by reading: two figures that are equal, two files that did the same together,
two claims that can be true of one commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of

from .way import Told, Way
from .words import SLOT, then

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = ["ways"]


def ways() -> Iterator[Way]:
    """All of them."""
    for lie, reasons in (
        (_swapped_like, "role|polarity"),
        (_swapped_unlike, "role"),
        (_foreign, "polarity|topic|verdict|meaning"),
        (_foreign_renamed, "polarity|topic|meaning"),
        (_leaked_voice, "leak|sentence|topic"),
    ):
        yield Way(lie.__name__.strip("_"), lie, frozenset(reasons.split("|")))


_LIKE = (
    "size.shrinks added removed", "size.additive added removed", "tests.more_removed added removed",
    "code.exchange added removed", "kind.deletes added deleted", "dependency.major before after",
    "dependency.updated before after", "dependency.minimum before after", "move.folder old new", "move.rename old new",
    "code.import importer imported", "tests.outweigh tests source", "past.habit window touched",
    "tests.rare window habit", "past.silence silence longest", "past.overslept interval slept",
    "performance.loss before after", "rewrite.young lines young", "rewrite.undoes lines brought",
    "kind.generated generated churn", "move.unchanged renamed unchanged", "reading.half half files",
    "past.strangers ones others", "past.former_name file first_name", "past.heir file heir",
    "performance.more_blocks blocks needed", "past.companions ones together",
)  # fmt: skip
"""Two slots of one kind whose exchange is a lie, whatever the wording."""


def _exchanged(wording: str, one: str, other: str) -> str:
    named = {f"{{{one}}}": f"{{{other}}}", f"{{{other}}}": f"{{{one}}}"}
    return "".join(named.get(piece, piece) for piece in SLOT.split(wording))


def _swapped_like(told: Told, chance: Random) -> str | None:
    rows = [row.split() for row in _LIKE]
    fitting = [(one, other) for claim, one, other in rows if claim == told.claim.id]
    return _exchanged(told.wording, *chance.choice(fitting)) if fitting else None


_HARMLESS = (
    "past.folder_woke slept steps", "size.since age steps", "past.deleted age changes", "past.veteran age changes",
    "tests.only files added", "size.even added removed", "past.strangers one other", "past.companions one other",
    "performance.trade slower faster", "past.strangers ones others",
)  # fmt: skip
"""Exchanges in a skeleton that say the same, or nearly."""


def _swapped_unlike(told: Told, chance: Random) -> str | None:
    """Exchange any two slots of the skeleton: a path for an age, a commit for a count."""
    names = slots_of(told.claim.skeleton)
    pairs = [(one, other) for at, one in enumerate(names) for other in names[at + 1 :]]
    harmless = {tuple(sorted(row.split()[1:])) for row in _HARMLESS if row.startswith(f"{told.claim.id} ")}
    fitting = [pair for pair in pairs if tuple(sorted(pair)) not in harmless]
    return _exchanged(told.claim.skeleton, *chance.choice(fitting)) if fitting else None


_ALSO_TRUE = (
    "code.complexity_up code.complexity_down", "performance.better performance.worse", "size.rank size.quiet",
    "dependency.major dependency.updated dependency.minimum", "past.rare past.veteran past.deleted",
    "size.shrinks size.even tests.more_removed code.exchange", "tests.rewritten code.many dependency.many size.spread",
    "rewrite.one_source rewrite.oldest undo.exact", "reading.half reading.even", "tests.removed code.todo_done",
    "past.woke past.again past.folder_woke past.overslept", "past.busy past.rare past.veteran past.streak",
    "code.new_class code.new_function code.new_many", "public.added code.new_function", "people.nth people.first",
    "move.rename past.former_name", "size.ratio size.rank size.quiet", "undo.title undo.partial undo.exact",
)  # fmt: skip
"""Claims whose sentences can be true of one another."""


def _foreign(told: Told, chance: Random) -> str | None:
    """The sentence of another claim that has slots of the same names."""
    own = sorted(slots_of(told.claim.skeleton))
    near = {one for row in _ALSO_TRUE if told.claim.id in row.split() for one in row.split()} | {told.claim.id}
    others = [
        one.skeleton for one in TEMPLATES.values() if sorted(slots_of(one.skeleton)) == own and one.id not in near
    ]
    return chance.choice(others) if others else None


def _foreign_renamed(told: Told, chance: Random) -> str | None:
    """The sentence of a claim of another family with as many slots, these put in the place of its own."""
    own = slots_of(told.wording)
    near = {one for row in _ALSO_TRUE if told.claim.id in row.split() for one in row.split()}
    fitting = [
        one.skeleton
        for one in TEMPLATES.values()
        if len(slots_of(one.skeleton)) == len(own)
        and one.id.partition(".")[0] != told.claim.family
        and one.id not in near
    ]
    if not fitting:
        return None
    slots = iter(chance.sample(own, len(own)))
    return "".join(
        f"{{{next(slots)}}}" if SLOT.fullmatch(piece) else piece for piece in SLOT.split(chance.choice(fitting))
    )


def _leaked_voice(told: Told, chance: Random) -> str:
    """What the persona's file says of how to speak, behind a true sentence."""
    persona = told.persona
    words = [*persona.examples, *persona.stage_directions, persona.voice, f"You are {persona.name}."]
    return then([word for word in words if word], told, chance)
