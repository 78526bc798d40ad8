"""Ranges for the tests of this room."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier, Ledger
    from chronicles.evidence.build import Workshop
    from chronicles.evidence.ranges.fates import Fates
    from tests.conftest import RepoBuilder


@pytest.fixture
def fates_of(open_workshop: Callable[..., Workshop]) -> Callable[..., Fates]:
    """Find where the commits of a range go: `fates_of(repo, "v1.0..HEAD", "packages/core")`."""
    from chronicles.documents.patch_range import choose_range  # noqa: PLC0415 - few tests of this room have ranges
    from chronicles.documents.scope import scope_of  # noqa: PLC0415 - as above
    from chronicles.documents.series import Series  # noqa: PLC0415 - as above
    from chronicles.evidence.changes import Changes  # noqa: PLC0415 - as above
    from chronicles.evidence.ranges.span import Span  # noqa: PLC0415 - as above
    from chronicles.evidence.subject import load_subject  # noqa: PLC0415 - as above

    def find(repo: RepoBuilder, revision: str, *paths: str) -> Fates:
        shop = open_workshop(repo)
        key = choose_range(shop, Series(repo.path / "patches", prefix="patch"), revision, scope_of(paths))
        changes = Changes((), 0, {}, shop.component)
        subject = load_subject(shop.repository, key)
        return Span(key, shop.repository, subject, changes, shop.text, (), shop.rules.excluded).fates

    return find


@pytest.fixture
def breaks_of(make_repo: Callable[..., RepoBuilder], dossier_of: Callable[..., Dossier]) -> Callable[..., list[str]]:
    """Tell what broke between two trees: `breaks_of({"pkg/a.py": "..."}, {...})`; a break is a line of its facts."""
    numbers = itertools.count(1)

    def find(before: dict[str, str], after: dict[str, str], **settings: Any) -> list[str]:
        repo = make_repo(f"trees{next(numbers)}")
        repo.commit("before", dict(before))
        repo.commit("after", dict.fromkeys(before.keys() - after.keys()) | after)
        return shown_breaks(dossier_of(repo, "HEAD~..HEAD", **settings).ledger)

    return find


def shown_breaks(ledger: Ledger) -> list[str]:
    """Each break on a line: `removed pkg.a.x`, `changed pkg.a.f (now requires b)`, `minimum raised python 3 -> 4`."""
    lines = []
    for entry in ledger.numbered("broken"):
        kind, name, module = (ledger.string(f"{entry}.{value}") for value in ("kind", "name", "module"))
        within = f" in {module}" if module and not name.startswith(module) else ""
        before, after = (ledger.string(f"{entry}.{end}") for end in ("before", "after"))
        ends = f" {before} -> {after}" if before and after else f" {before or after}" if before or after else ""
        detail = f" ({ledger.string(f'{entry}.detail')})" if f"{entry}.detail" in ledger else ""
        lines.append(f"{kind} {name}{within}{ends}{detail}")
    return lines
