"""What a claim is cut from: a template with its lens, its polarity and its plainest wording.

A template is written once, as data; a family's function looks at the ledger and cuts the claims that it entitles
to. Slots are named for the reader of the template (`{file}`), and each is bound to one fact by id, whose phrase
carries noun and unit: a skeleton therefore never says "lines" or "days" itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

__all__ = ["Family", "Template", "family", "is_group", "slots_of"]

_SLOT = re.compile(r"\{([a-z_]+)\}")


def slots_of(skeleton: str) -> list[str]:
    """The slot names of a skeleton or wording, in the order they stand."""
    return _SLOT.findall(skeleton)


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of claim."""

    id: str
    """`family.name`."""
    lens: Lens
    skeleton: str
    """The plainest wording, each slot once, in braces."""
    polarity: Polarity = Polarity.NEUTRAL

    def claim(self, salience: float, **slots: str) -> Claim:
        """Cut a claim: bind every slot to the id of a fact.

        Args:
            salience: 0 to 1; values outside are taken to the nearest.
            slots: Slot name to fact id.
        """
        assert sorted(slots) == sorted(slots_of(self.skeleton)), (self.id, slots)
        clipped = round(min(1.0, max(0.0, salience)), 3)
        return Claim(self.id, self.id.partition(".")[0], self.lens, self.polarity, clipped, self.skeleton, slots)


@dataclass(frozen=True, slots=True)
class Family:
    """A module of templates with the function that finds their claims."""

    name: str
    version: str
    """Raised whenever the same ledger may give other claims."""
    templates: tuple[Template, ...]
    find: Callable[[Ledger], Iterator[Claim]]


def family(module: ModuleType) -> Family:
    """Read a family from its module: every `Template` it defines, its `VERSION` and its `find`."""
    templates = tuple(value for value in vars(module).values() if isinstance(value, Template))
    name = module.__name__.rpartition(".")[2]
    return Family(name, module.VERSION, templates, module.find)


def is_group(ledger: Ledger) -> bool:
    """Whether the subject is a group of steps, of which "the commit" cannot be said; a merge is one step."""
    return "group.commits" in ledger and "commit.merge" not in ledger
