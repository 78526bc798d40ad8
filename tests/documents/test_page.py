"""A sidecar reads back as the page it was written from, and nothing else reads as one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.documents.page import Links, load_page
from chronicles.errors import PageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RepoBuilder


def pages(saga: RepoBuilder) -> list[Path]:
    """All sidecars."""
    return sorted((saga.path / "episodes").glob("episode_*.json"))


def test_round_trip(saga: RepoBuilder) -> None:
    """Every sidecar reads and writes back to the byte."""
    for path in pages(saga):
        assert load_page(path).to_json().encode() == path.read_bytes()


def test_one_fact_a_line(saga: RepoBuilder) -> None:
    """Facts, claims and sentences have a line each, so that a change to a page is a readable diff."""
    path = pages(saga)[2]
    page = load_page(path)
    lines = path.read_text().split("\n")
    assert sum(line.startswith('{"id": ') for line in lines) == len(page.dossier.ledger) + len(page.dossier.claims)
    assert sum(line.startswith('{"claim": ') for line in lines) == len(page.sentences)


def test_text_that_no_encoding_has(saga: RepoBuilder, tmp_path: Path) -> None:
    """A page holds what JSON can, line separators and far characters too."""
    page = replace(load_page(pages(saga)[0]), title="a\u2028b \U0001f600 \x00", links=Links(earlier={"f" * 40: 3}))
    (tmp_path / "x.json").write_text(page.to_json(), encoding="utf-8")
    assert load_page(tmp_path / "x.json") == page


@pytest.mark.parametrize("value", [None, 3, [], {}, "x", [3], {"x": 3}])
@pytest.mark.parametrize("key", ["episode", "dossier", "sentences", "runs", "rendered", "deleted", "chart", "schema"])
def test_what_is_no_sidecar(saga: RepoBuilder, tmp_path: Path, key: str, value: object) -> None:
    """A sidecar with a part that is something else is a `PageError` that names the file and the next step."""
    if (key, value) in [("sentences", []), ("runs", []), ("rendered", "x"), ("chart", "x"), ("deleted", {})]:
        return  # empty lists, and a digest of what is not there
    stored = json.loads(pages(saga)[0].read_bytes())
    stored[key] = value
    path = tmp_path / "x.json"
    path.write_text(json.dumps(stored))
    with pytest.raises(PageError) as caught:
        load_page(path)
    assert str(path) in str(caught.value)
    assert "generate --force" in str(caught.value)


def test_a_sidecar_that_is_missing(tmp_path: Path) -> None:
    """A file that is not there is named, with the next step."""
    with pytest.raises(PageError, match="cannot be read: No such file"):
        load_page(tmp_path / "x.json")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value["episode"].update(number=float("inf")),
        lambda value: value["episode"].update(number="3"),
        lambda value: value["episode"].update(repo_url=["x"]),
        lambda value: value["episode"]["links"].update(next="abc"),
        lambda value: value["episode"]["links"].update(earlier={"f" * 40: None}),
        lambda value: value["episode"]["made_by"].update(template=3),
        lambda value: value["dossier"]["subject"].update(commits=[5]),
        lambda value: value["dossier"]["claims"][0].update(salience="x"),
        lambda value: value["dossier"]["claims"][0].update(salience=float("nan")),
        lambda value: value["dossier"]["claims"][0].update(slots={"a": 3}),
        lambda value: value["dossier"]["facts"][0].update(value=True),
        lambda value: value["dossier"]["facts"][0].update(value=[1]),
        lambda value: value["dossier"]["facts"][0].update(mood="x"),
        lambda value: value["dossier"]["coverage"].update(told="one"),
        lambda value: value["sentences"][0].update(wording=None),
        lambda value: value["episode"].update(title="\ud800"),
    ],
)
def test_a_part_of_another_type(saga: RepoBuilder, tmp_path: Path, spoil: Callable[[Any], None]) -> None:
    """Whatever stands where something else belongs, an infinite number too, is a `PageError` and no crash."""
    stored = json.loads(pages(saga)[2].read_bytes())
    spoil(stored)
    path = tmp_path / "x.json"
    path.write_text(json.dumps(stored))
    with pytest.raises(PageError, match="is no sidecar"):
        load_page(path)
