"""Names of files that every system takes."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.site.names import file_name, places

DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def fits_windows(name: str) -> bool:
    """What Windows asks of a file's name."""
    return bool(name) and not re.search(r'[<>:"/\\|?*\x00-\x1f]|[. ]$', name) and not DEVICE.fullmatch(name)


def built(place: str) -> str:
    """The file that a builder makes of a staged one, where case does not count."""
    page = place.casefold().removesuffix(".md")
    if page == place.casefold():
        return page
    return "index.html" if page == "index" else f"{page.removesuffix('/index')}/index.html"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("usual_name-1.2", "usual_name-1.2"),
        ("aux", "aux-page"),
        ("CON", "CON-page"),
        ("nul.tar", "nul-tar-page"),
        ("console", "console"),
        ("what? <b>", "what-b"),
        ("ends.", "ends"),
        (".hidden", "hidden"),
        ("_private", "private"),
        ("épisode", "épisode"),
    ],
)
def test_a_name_is_kept_where_it_can_be(name: str, wanted: str) -> None:
    """A name that every system takes stays; another is changed as little as it has to be."""
    assert file_name(name) == wanted


@given(st.text(max_size=300))
def test_every_name_fits(name: str) -> None:
    """Whatever something is called, the file's name is one on Windows too, short, and the same each time."""
    made = file_name(name, ".md")
    assert fits_windows(made)
    assert len(made) <= 100
    assert made == file_name(name, ".md")


@given(
    st.sets(
        st.from_regex(r"[a-cA-C .?#%]{1,6}(/[a-cA-C .?]{1,4})?\.md", fullmatch=True)
        | st.from_regex(
            r"(a|A|a\.png|a\.md|index)(/(a|index|Index|readme|b\.png))?(/index)?\.(md|png)", fullmatch=True
        ),
        max_size=12,
    )
)
def test_no_two_names_fall_together(paths: set[str]) -> None:
    """Each path has a place of its own, where case does not count too."""
    found = places(paths)
    assert found.keys() == paths
    assert len({place.casefold() for place in found.values()}) == len(paths)
    assert len({built(place) for place in found.values()}) == len(paths)
    files = {*map(built, found.values()), *map(str.casefold, found.values())}
    assert not files & {str(one) for file in files for one in PurePosixPath(file).parents}
    assert all(fits_windows(part) for place in found.values() for part in place.split("/"))


def test_names_with_a_meaning_for_builders_are_others() -> None:
    """A document called index or README does not take the place of the page that lists documents."""
    assert places(["index.md", "README.md", "guide/index.md", "guide/readme.md"]) == {
        "README.md": "read-me.md",
        "guide/index.md": "guide/index.md",
        "guide/readme.md": "guide/read-me.md",
        "index.md": "start.md",
    }
