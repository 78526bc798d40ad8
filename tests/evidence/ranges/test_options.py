"""Settings that a project's defaults no longer have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = "{'a': 1, 'b': {'c': 2, 'd': 3}, 'e': {}}"
LEFT = "{'a': 2, 'b': {'c': 2}, 'new': 1}"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("pkg/_x.py", "DEFAULT_SETTINGS = {}\n"),
        ("pkg/_x.py", "class C:\n    default_config: dict = {}\n"),
        ("pkg/_conf/config.py", "DEFAULTS = {}\n"),
    ],
)
def test_a_key_that_went_is_a_setting_that_went(breaks_of: Callable[..., list[str]], path: str, code: str) -> None:
    """Nested keys are dotted; a changed value is none."""
    found = breaks_of({path: code.replace("{}", KEYS)}, {path: code.replace("{}", LEFT)})
    assert found == ["setting removed b.d", "setting removed e"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"pkg/_x.py": f"OPTIONS = {KEYS}\n"}, {"pkg/_x.py": f"OPTIONS = {LEFT}\n"}),
        ({"pkg/_x.py": f"_default_config = {KEYS}\n"}, {"pkg/_x.py": f"_default_config = {LEFT}\n"}),
        ({"pkg/_x.py": f"default_config = {KEYS}\n"}, {"pkg/_x.py": "default_config = load()\n"}),
        ({"pkg/_x.py": f"default_config = {KEYS}\n"}, {"pkg/_y.py": f"default_config = {KEYS}\n"}),
        ({"tests/x.py": f"default_config = {KEYS}\n"}, {"tests/x.py": f"default_config = {LEFT}\n"}),
    ],
)
def test_what_is_no_list_of_settings_or_went_elsewhere_is_not_told(
    breaks_of: Callable[..., list[str]], before: dict[str, str], after: dict[str, str]
) -> None:
    """Another name, a private one, one that is worked out now, one in another file, one of a test."""
    assert breaks_of(before, after) == []
