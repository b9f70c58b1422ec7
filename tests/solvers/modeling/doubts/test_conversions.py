"""Factors between units."""

from __future__ import annotations

import pytest

from agentopt.solvers.modeling.doubts.conversions import factor_of, factors
from agentopt.solvers.modeling.language.unit import parse_unit


@pytest.mark.parametrize(
    ("unit", "value"),
    [("min/h", 60), ("h/min", 1 / 60), ("s/h", 3600), ("kg/t", 1000), ("cent/USD", 100), ("day/week", 7), ("ft/yd", 3)],
)
def test_a_unit_of_a_conversion_gives_its_factor(unit: str, value: float) -> None:
    """How many minutes an hour has follows from the unit alone."""
    assert factor_of(parse_unit(unit)) == pytest.approx((value,))


@pytest.mark.parametrize("unit", ["USD/h", "kg", "", "h/chair", "kg/m^3", "1"])
def test_other_units_are_no_conversion(unit: str) -> None:
    """A price per hour may be anything."""
    assert factor_of(parse_unit(unit)) == ()


@pytest.mark.parametrize(("words", "converts"), [("hours of", True), ("grams of", False), ("chairs", False)])
def test_only_the_family_that_is_near_converts(words: str, converts: bool) -> None:
    """Hours may become minutes; grams may not, nor what has no unit."""
    assert (60 in factors(words)) == converts
