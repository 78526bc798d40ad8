"""Pages of commits that were measured: what they say, and that nothing else can be said on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

CLEAN = "0 false, 0 stale, 0 edited, 0 external"


@pytest.fixture
def measured(repo: RepoBuilder, invented: Any) -> list[str]:
    """Five commits, oldest first, measured in one sitting; the fourth is 6 % slower than the third."""
    shas = [
        repo.commit(f"feat: step {number}", {f"core/step_{number}.py": f"STEP = {number}\n" * 60})
        for number in range(5)
    ]
    factors = dict(zip(shas, (1.0, 1.0, 1.0, 1.06, 1.06), strict=True))
    invented.store(repo.path / "reports", invented.sitting("first", dict(reversed(factors.items()))))
    return shas


def page_of(repo: RepoBuilder, number: int) -> Path:
    """The page of an episode."""
    return repo.path / f"episodes/episode_{number:03d}.md"


def test_the_commit_that_is_slower_says_so_and_no_other(
    repo: RepoBuilder, run: Callable[..., Ran], measured: list[str]
) -> None:
    """One page of five says slower, in its row, its table and its chart; no page says faster."""
    assert run(repo.path, "generate", "--all").code == 0
    texts = [page_of(repo, number).read_text() for number in range(1, 6)]
    assert ["slower" in text for text in texts] == [False, False, False, True, False]
    assert not any("faster" in text for text in texts)
    row = r"\| `speed/help` `wall` \| .*, its parent \| [\d.]+ ms \| [\d.]+ ms \| 1\.0[56]\d* \(.*\) \| 12 \| slower \|"
    assert re.search(row, texts[3])
    assert "| Performance | `speed/help`: slower (1.0" in texts[3]
    assert "](episode_004.svg)" in texts[3]
    assert run(repo.path, "verify").err == f"chronicles: 5 pages verified: {CLEAN}.\n"


def test_a_changed_verdict_is_false(repo: RepoBuilder, run: Callable[..., Ran], measured: list[str]) -> None:
    """A row that says another verdict than the samples is found, and put back."""
    run(repo.path, "generate", "--all")
    page = page_of(repo, 4)
    before = page.read_bytes()
    page.write_bytes(before.replace(b"| slower |", b"| faster |"))
    done = run(repo.path, "verify")
    assert done.code == 1
    assert "changed by hand to what the repository does not say" in done.out
    assert run(repo.path, "verify", "--fix").code == 0
    assert page.read_bytes() == before
