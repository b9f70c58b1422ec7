"""Published answers as numbers: what is read, and what is not guessed at."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import DataError
from agentopt.solvers.modeling.bench.answer import NO_SOLUTION, number, read_label


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (1160, 1160.0),
        (0.5, 0.5),
        ("1160", 1160.0),
        ("1,160.0", 1160.0),
        ("-2,304,500.25", -2304500.25),
        (" $20 ", 20.0),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("3.", 3.0),
        ([10.5], 10.5),
        ({"variables": {"x": 3}, "objective": 21}, 21.0),
        ('{"variables": {}, "objective": "21.0"}', 21.0),
    ],
)
def test_a_number_is_read_in_every_published_form(raw: object, value: float) -> None:
    """Numbers, texts of numbers with separators or a currency, a list of one, and NLP4LP's solution."""
    assert read_label(raw).values == (("", value),)


@pytest.mark.parametrize(
    "raw", [None, "No Best Solution", "infeasible", "Infeasible.", " None ", "null", "UNBOUNDED", ["None"]]
)
def test_words_for_no_solution_are_a_label(raw: object) -> None:
    """null and the words for it say that there is no solution; they are no missing answer."""
    assert read_label(raw).is_no_solution


@pytest.mark.parametrize(
    "raw",
    ["1,5", "1,60.0", "35%", "about 20", "", ".", "$", "nan", "inf", "1e999", float("inf"), True, [1, 2], [], {}],
)
def test_what_is_no_clear_number_is_not_guessed_at(raw: object) -> None:
    """A comma that may be a decimal point, a percentage, words around a number, or no number at all."""
    with pytest.raises(DataError):
        read_label(raw)


def test_named_numbers_stay_named() -> None:
    """OptiBench's results are read each by its name."""
    label = read_label({"Cakes": "2.0", "Profit": "14"})
    assert (label.values, label.is_named) == ((("Cakes", 2.0), ("Profit", 14.0)), True)


def test_one_bad_number_among_named_ones_spoils_the_label() -> None:
    """A label is not thinned out until it can be read, for then it would be easier than it is."""
    with pytest.raises(DataError, match="got 'many'"):
        read_label({"Cakes": "many", "Profit": "14"})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_as_the_same_number(value: float) -> None:
    """repr and the form with separators both come back."""
    assert number(repr(value)) == value
    assert number(f"{value:,}") == value


@given(st.text(max_size=40))
def test_any_text_is_a_number_no_solution_or_refused(text: str) -> None:
    """Nothing else happens, and no text but those listed says that there is no solution."""
    label = None
    with suppress(DataError):
        label = read_label(text)
    known = text.strip().strip(".").strip().casefold() in NO_SOLUTION
    assert known == (label is not None and label.is_no_solution)
