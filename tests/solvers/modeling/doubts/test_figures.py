"""Figures of a text: all they may mean, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.doubts.figures import figures


def read(text: str) -> list[tuple[float, ...]]:
    """The readings of the figures that are no labels."""
    return [figure.readings for figure in figures(text) if not figure.label]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,200 trees", 1200), ("1.200,5 EUR", 1200.5), ("1.250 EUR", 1250), ("12,5 t", 12.5), ("12 000 kg", 12000),
        ("1'500 CHF", 1500), ("3.5e6 kg", 3.5e6), (".5 t", 0.5), ("2.5 million people", 2.5e6), ("5k units", 5000),
        ("10^6 litres", 1e6), (r"3.5 \times 10^{6} litres", 3.5e6), (r"\frac{3}{4} of it", 0.75), ("3/4 of it", 0.75),
        ("20% off", 0.2), ("20 % off", 0.8), ("20 percent", 20), (r"20\%", 0.2), ("twenty per cent", 0.2),
        ("$500", 500), ("USD500", 500), ("5kg", 5), ("a 5-day week", 5), ("two dozen eggs", 24), ("half a dozen", 6),
        ("twenty-five", 25), ("one hundred and fifty", 150), ("three thousand two hundred", 3200),
        ("two and a half tonnes", 2.5), ("two thirds of it", 0.667), ("a quarter of it", 0.25), ("half of it", 0.5),
        ("twice as many", 2), ("a hundred", 100), ("two million", 2e6),
    ],
)  # fmt: skip
def test_a_figure_may_mean_what_it_says(text: str, value: float) -> None:
    """Each way to write a number is one figure, and the number is among its readings."""
    (readings,) = read(text)
    assert value in readings


@pytest.mark.parametrize(
    "text",
    [
        "Table 1-11 shows it", "in week 3", "weeks 4, 5 and 6", "on Machine 1", "(1) first, (2) then", "a type 2 valve",
        "1. Decide.\n2. Solve.", "3) Say why.", "in 2027.", "since March 2024, they", "on 2024-05-01", "at 9:00",
        "from 8 am", "the 2nd shift", "open 24/7", "vitamin B12", "model A4", "x_1 and x_{12}", "an F-16 jet", "CO2",
        "Crew 1 rests. Crew 2 works. Crew 3 sleeps.", "twice a day", "cut in half", "one of them", "a third machine",
        "from one quarter to the next",
    ],
)  # fmt: skip
def test_a_label_is_no_figure_to_be_missed(text: str) -> None:
    """Names, dates, ordinals and list numbers hold nothing that a formulation must use."""
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("10, 20 and 30", [10, 20, 30]), ("10-15 t", [10, 15]), ("each week 40 hours", [40]),
        ("a table 20 boards", [20]), ("City 1, 14 units to City 2", [14]), ("40 hours in 2027", [40]),
        ("a total of 2000 hours", [2000]),
    ],
)  # fmt: skip
def test_figures_beside_labels_are_kept(text: str, values: list[float]) -> None:
    """Only the label itself is left out."""
    assert [readings[0] for readings in read(text)] == values


@pytest.mark.parametrize(
    ("text", "values"), [("(1,200)", [1, 200]), ("1,2,3", [1, 2, 3]), ("100 200 300", [100, 200, 300])]
)
def test_separators_may_also_part_several_numbers(text: str, values: list[float]) -> None:
    """What is a grouped number may be a list; both readings are kept."""
    (figure,) = figures(text)
    assert [part[0] for part in figure.parts] == values


@given(st.integers(0, 10**9))
def test_every_grouped_number_is_read(number: int) -> None:
    """A number with thousands separators has its value among its readings."""
    (figure,) = figures(f"exactly {number:,} of them")
    assert float(number) in figure.readings


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    """No text fails, and each figure stands where it says."""
    assert all(text[figure.start : figure.end] == figure.text for figure in figures(text))
