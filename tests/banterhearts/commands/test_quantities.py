"""Values and ratios as a person reads them."""

from __future__ import annotations

import pytest

from banterhearts.commands.quantities import show_ratio, show_value


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0, "ns", "0.00 ns"),
        (12_345_678, "ns", "12.3 ms"),
        (9e15, "ns", "9.00e+06 s"),
        (1.5 * 2**30, "By", "1.50 GiB"),
        (84.25, "{token}/s", "84.2 token/s"),
        (1e15, "1", "1.00e+06 G"),
        (1e150, "By", "9.31e+140 GiB"),
    ],
)
def test_values_are_short(value: float, unit: str, shown: str) -> None:
    """Three digits and a prefix; an exponent where there is no prefix large enough."""
    assert show_value(value, unit) == shown


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (None, "–"),
        (float("inf"), "–"),
        (0.0, "0.000"),
        (1.0204, "1.020"),
        (0.0104, "0.010"),
        (1e-5, "1.00e-05"),
        (1e308, "1.00e+308"),
    ],
)
def test_ratios_are_short(ratio: float | None, shown: str) -> None:
    """A per mille is told, and no three hundred digits."""
    assert show_ratio(ratio) == shown
