"""What the message says beside what the tree shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

UNDERSOLD = Template(
    "message.undersold", Lens.CRAFT, "It calls itself {type} and still changes {functions}.", Polarity.BAD
)
SILENT = Template("message.silent", Lens.CRAFT, "It has {churn} under a subject line with no body.", Polarity.BAD)
ISSUE_AGAIN = Template("message.issue_again", Lens.LINEAGE, "{issue} was named before, in {sha}, {age} earlier.")
CO_AUTHORS = Template("message.co_authors", Lens.NOVELTY, "The message credits {co_authors}.")
SECRETS = Template("message.secrets", Lens.CRAFT, "This page had to leave out {secrets}.", Polarity.BAD)

_QUIET_TYPES = ("docs", "style", "test", "chore", "ci")


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims that hold the message against the change."""
    stated = ledger.string("commit.type_by") == "stated"
    functions = ledger.number("symbol.source_changed")
    if stated and ledger.string("commit.type") in _QUIET_TYPES and functions:
        yield UNDERSOLD.claim(0.5 + min(functions, 10) / 40, type="commit.type", functions="symbol.source_changed")
    churn = ledger.number("change.churn")
    by_hand = churn - ledger.number("change.generated_lines")
    if ledger.value("message.body_lines") == 0 and by_hand >= 300:
        yield SILENT.claim(0.3 + min(churn, 3000) / 9000, churn="change.churn")
    days = ledger.number("issue.again.age") / 86400
    # Commits of one pull request name it within minutes of each other, which is no follow-up.
    if days >= 1:
        weight = 0.45 + min(days, 1000) / 5000
        yield ISSUE_AGAIN.claim(weight, issue="issue.again.number", sha="issue.again.sha", age="issue.again.age")
    if ledger.number("message.co_authors") >= 3:
        yield CO_AUTHORS.claim(0.36, co_authors="message.co_authors")
    if ledger.number("commit.redactions"):
        yield SECRETS.claim(0.98, secrets="commit.redactions")
