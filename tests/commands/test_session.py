"""What a session takes from around the repository, and where it keeps its locks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from chronicles.commands.session import Session
from chronicles.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import RepoBuilder


def test_a_bare_repository_takes_nothing_from_where_it_is_asked(
    repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Templates of the current directory are not those of a bare repository."""
    repo.commit("one", {"a.py": "1\n"})
    bare = tmp_path / "bare.git"
    repo.git("clone", "--bare", ".", str(bare))
    elsewhere = tmp_path / "elsewhere"
    with Session(bare) as session:
        folder = elsewhere / session.settings.templates
        folder.mkdir(parents=True)
        (folder / "episode.md.jinja").write_text("not its own", encoding="utf-8")
        before = session.press().made_by
    monkeypatch.chdir(elsewhere)
    with Session(bare) as session:
        assert session.press().made_by == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a temporary folder for each user")
def test_locks_of_a_repository_that_is_read_only(
    repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lie in a temporary folder that only their user can write to; another's or a link is refused."""
    repo.commit("one", {"a.py": "1\n"})
    (repo.path / ".git" / "chronicles").write_text("in the way", encoding="utf-8")
    shared = tmp_path / "tmp"
    shared.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    with Session(repo.path) as session, session.alone():
        (folder,) = shared.glob("chronicles-[0-9]*")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(list(folder.iterdir())) == 1
    folder.chmod(0o777)
    with Session(repo.path) as session, pytest.raises(OutputError), session.alone():
        pass
    folder.rename(shared / "other")
    folder.symlink_to(shared / "other")
    with Session(repo.path) as session, pytest.raises(OutputError), session.alone():
        pass
