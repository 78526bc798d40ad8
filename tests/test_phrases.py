"""Numbers and spans as phrases: what was counted never rounded up, what was measured to the nearest."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles import phrases


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "zero files"), (1, "one file"), (9, "nine files"), (10, "10 files"), (6518, "6,518 files")],
)
def test_a_count_carries_its_noun(value: int, text: str) -> None:
    """Small numbers are words, big ones have separators, and only one is singular."""
    assert phrases.count(value, "file") == text


def test_an_odd_plural_is_given() -> None:
    """A noun that does not take an s brings its plural."""
    assert phrases.count(2, "commit to source", "commits to source") == "two commits to source"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "first"), (3, "third"), (10, "10th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
        (22, "22nd"), (23, "23rd"), (111, "111th"), (1001, "1,001st"),
    ],
)  # fmt: skip
def test_a_rank_ends_as_it_is_spoken(value: int, text: str) -> None:
    """Elevenths to thirteenths are exceptions, also after hundreds."""
    assert phrases.ordinal(value) == text


def test_the_figures_of_the_seeds_commit() -> None:
    """171.52 lines per file are 171.5 and 6,518 lines of 6,519 are 99.98%, not 99.99%."""
    assert phrases.decimal(6518 / 38) == "171.5"
    assert phrases.percent(6518, 6519) == "99.98%"


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_no_share_is_rounded_up(part: int, more: int) -> None:
    """What is shown is at most the share, and less than a hundredth of a percent below it."""
    whole = part + more
    shown = Fraction(phrases.percent(part, whole).rstrip("%").replace(",", ""))
    share = Fraction(100 * part, whole)
    assert shown <= share < shown + Fraction(1, 100)


@given(st.floats(0, 1e12, allow_nan=False), st.integers(0, 4))
def test_no_decimal_is_rounded_up(value: float, places: int) -> None:
    """A decimal is cut off, and ends in no zero after its point."""
    text = phrases.decimal(value, places)
    assert (
        Fraction(text.replace(",", ""))
        <= Fraction(repr(value))
        < Fraction(text.replace(",", "")) + Fraction(1, 10**places)
    )
    assert "." not in text or not text.endswith(("0", "."))


@given(st.integers(0, 4 * 10**9))
def test_a_span_is_told_in_whole_units_that_have_passed(seconds: int) -> None:
    """The words of a span never say more than has passed, and less than one unit less."""
    text = phrases.duration(seconds)
    if text == "less than a minute":
        assert seconds < 60
        return
    number, _, unit = text.partition(" ")
    size = {"minute": 60, "hour": 3600, "day": 86400, "year": 365 * 86400}[unit.rstrip("s")]
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    times = words.index(number) if number in words else int(number.replace(",", ""))
    assert times * size <= seconds < (times + 1) * size
    assert (times == 1) == (not unit.endswith("s"))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59, "less than a minute"), (3599, "59 minutes"), (86399, "23 hours"), (729 * 86400, "729 days"),
     (730 * 86400, "two years")],
)  # fmt: skip
def test_days_are_counted_up_to_two_years(seconds: int, text: str) -> None:
    """Years begin at two, since a single one would hide whether it was 12 or 23 months."""
    assert phrases.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1 times"), (4.69, "4.6 times"), (9.99, "9.9 times"), (10.9, "10 times")]
)
def test_a_ratio_has_two_digits(value: float, text: str) -> None:
    """Ratios from ten on carry no decimals."""
    assert phrases.times(value) == text


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")]
)
def test_a_list_ends_with_and(items: list[str], text: str) -> None:
    """The last comma is a word."""
    assert phrases.joined(items) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (640, "ns", "640.0 ns"), (1_500, "ns", "1.500 µs"), (106_519_999, "ns", "106.5 ms"),
        (9_712_345, "ns", "9.712 ms"), (27_317_300, "ns", "27.32 ms"), (9_999_960, "ns", "10.00 ms"),
        (999_960, "ns", "1,000 µs"), (61_000_000_000, "ns", "61.00 s"), (3_600_000_000_000, "ns", "3,600 s"),
        (0.0123456, "s", "12.35 ms"), (2.5, "s", "2.500 s"), (0, "ns", "0 ns"), (0.25, "ns", "0.2500 ns"),
        (512, "By", "512 B"), (512.5, "By", "512.5 B"), (12_582_912, "By", "12.00 MiB"), (1e300, "ns", "1.000e+291 s"),
        (1e-300, "s", "1.000e-291 ns"), (1_572_864_000, "By", "1,500 MiB"), (84.219, "{token}/s", "84.22 tokens/s"),
        (0.5, "J/{token}", "0.5000 J/token"), (12_345.678, "1", "12,346"), (0.000123456, "1", "0.0001235"),
        (7, "widget", "7.000 widget"), (-1_500, "ns", "-1.500 µs"), (0.0, "s", "0 ns"),
    ],
)  # fmt: skip
def test_a_measured_value_is_shown_in_its_step(value: float, unit: str, text: str) -> None:
    """Times are shown in ns to s, bytes up to MiB, whatever the unit they are stored in, in four digits."""
    assert phrases.measure(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0529, "1.053"), (1.05, "1.050"), (0.9521, "0.952"), (1.0, "1.000"), (1.0004, "1.000"), (0.9996, "1.000"),
        (15.239, "15.24"), (152.39, "152.4"), (0.01239, "0.01239"), (1e300, "1.000e+300"), (20_000.7, "20,001"),
        (1.46065, "1.461"),
    ],
)  # fmt: skip
def test_a_ratio_is_rounded_to_the_nearest(value: float, text: str) -> None:
    """A page shows the ratio that a comparison on the command line shows."""
    assert phrases.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0602, "1.06 times"), (2.0, "2 times"), (1200.0, "1,200 times"), (1e300, "1.000e+300 times")]
)
def test_a_ratio_in_a_sentence_has_no_idle_zeros(value: float, text: str) -> None:
    """What a table aligns a sentence need not."""
    assert phrases.ratio_times(value) == text


@given(st.floats(1e-4, 1e4), st.floats(1.0, 2.0))
def test_an_interval_is_never_shown_narrower(low: float, factor: float) -> None:
    """The shown ends enclose the true ones."""
    shown = [float(end.replace(",", "")) for end in phrases.between(low, low * factor).split(" to ")]
    assert shown[0] <= low
    assert shown[1] >= low * factor


@pytest.mark.parametrize(("value", "text"), [(0.02, "2%"), (0.29, "29%"), (0.005, "0.5%"), (0.07, "7%")])
def test_a_share_is_shown_in_per_cent(value: float, text: str) -> None:
    """A part of 1 reads as people say it, without the noise of binary fractions."""
    assert phrases.share(value) == text
