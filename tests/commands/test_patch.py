"""`chronicles patch`: a document of a range, with its sidecar, that verify finds true."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder


def _moved(repo: RepoBuilder) -> None:
    """A tagged beginning, and a commit that moves two files of a folder to a new one."""
    texts = {name: f"def {name}() -> int:\n    return {number}\n" * 5 for number, name in enumerate(("one", "two"))}
    repo.commit("feat: begin", {f"demo/{name}.py": text for name, text in texts.items()} | {"README.md": "# It\n"})
    repo.tag("v1.0")
    repo.commit(
        "refactor!: put the demos away",
        {f"demo/{name}.py": None for name in texts} | {f"garbage/demo/{name}.py": text for name, text in texts.items()},
    )


def test_a_document_is_written_verified_and_left_alone(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What moved stands under its new home, verify derives every line again, and a rerun changes no byte."""
    _moved(repo)
    assert run(repo.path, "patch").code == 0
    page = repo.path / "patches" / "patch_1.md"
    text = page.read_text()
    assert "### Moved to `garbage/` (2 files)" in text
    assert "- `demo/` → `garbage/demo/` (2 files)" in text
    verified = run(repo.path, "verify")
    assert (verified.code, verified.out) == (0, ""), verified
    before = page.read_bytes(), page.with_suffix(".json").read_bytes()
    assert run(repo.path, "patch").code == 0
    assert before == (page.read_bytes(), page.with_suffix(".json").read_bytes())


def test_a_changed_number_is_false(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A count that somebody changes by hand is found."""
    _moved(repo)
    run(repo.path, "patch")
    page = repo.path / "patches" / "patch_1.md"
    page.write_text(page.read_text().replace("(2 files)", "(9 files)"))
    verified = run(repo.path, "verify")
    assert verified.code == 1
    assert "false" in verified.out
