"""Rows of quadratic expressions: their arithmetic is that of the numbers they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.arrays.form import Form, Nonlinear, constant_form, expand
from agentopt.solvers.modeling.arrays.universe import Codes, Floats

N_ROWS, N_COLUMNS = 3, 4
SMALL = st.integers(-4, 4)
ROW, COLUMN = st.integers(0, N_ROWS - 1), st.integers(0, N_COLUMNS - 1)
POINT = np.array([3.0, -2.0, 0.5, 7.0])


def floats(values: list[int]) -> Floats:
    return np.array(values, dtype=float)


def codes(values: list[int]) -> Codes:
    return np.array(values, dtype=np.int64)


@st.composite
def forms(draw: st.DrawFn, degree: int = 2) -> Form:
    """A few random terms over three rows; terms may repeat."""
    constant = floats(draw(st.lists(SMALL, min_size=N_ROWS, max_size=N_ROWS)))
    linear = draw(st.lists(st.tuples(ROW, COLUMN, SMALL), max_size=5 if degree >= 1 else 0))
    squares = draw(st.lists(st.tuples(ROW, COLUMN, COLUMN, SMALL), max_size=5 if degree == 2 else 0))
    return Form(
        N_ROWS,
        constant,
        *(codes([term[place] for term in linear]) for place in (0, 1)),
        floats([term[2] for term in linear]),
        *(codes([term[place] for term in squares]) for place in (0, 1, 2)),
        floats([term[3] for term in squares]),
    )


def value(form: Form) -> list[float]:
    """The rows at the point, term by term."""
    rows = form.constant.tolist()
    for row, col, coefficient in zip(form.rows, form.cols, form.values):
        rows[row] += coefficient * POINT[col]
    for row, first, second, coefficient in zip(form.qrows, form.qfirst, form.qsecond, form.qvalues):
        rows[row] += coefficient * POINT[first] * POINT[second]
    return rows


@given(forms(), forms())
def test_plus_adds_row_by_row(a: Form, b: Form) -> None:
    """The value of a sum is the sum of the values."""
    assert value(a.plus(b)) == [p + q for p, q in zip(value(a), value(b))]


@given(forms(), st.lists(SMALL, min_size=N_ROWS, max_size=N_ROWS))
def test_scaled_multiplies_each_row(form: Form, factors: list[int]) -> None:
    """Each row is multiplied by its own factor."""
    assert value(form.scaled(floats(factors))) == [v * f for v, f in zip(value(form), factors)]


@given(forms(degree=1), forms(degree=1))
def test_times_multiplies_affine_rows(a: Form, b: Form) -> None:
    """The value of a product of affine rows is the product of the values, cross terms included."""
    assert value(a.times(b)) == [p * q for p, q in zip(value(a), value(b))]


@given(forms(), forms(degree=0))
def test_times_a_constant_is_commutative(a: Form, b: Form) -> None:
    """A quadratic row may be multiplied by a number, from either side."""
    assert value(a.times(b)) == value(b.times(a)) == [p * q for p, q in zip(value(a), value(b))]


@given(forms(), st.lists(st.integers(0, 1), min_size=N_ROWS, max_size=N_ROWS))
def test_gathered_sums_rows_into_their_parents(form: Form, parents: list[int]) -> None:
    """Rows of one parent add up; a parent without rows is 0."""
    rows = value(form)
    assert value(form.gathered(codes(parents), 2)) == [
        sum(row for row, parent in zip(rows, parents) if parent == place) for place in (0, 1)
    ]


def test_a_product_of_three_variables_is_no_quadratic_form() -> None:
    """A degree above two is said, not cut off."""
    x = Form(1, floats([0]), codes([0]), codes([0]), floats([1]))
    with pytest.raises(Nonlinear, match="a product of more than two variables"):
        x.times(x).times(x)


def test_a_product_of_enormous_sums_is_refused_before_it_is_made() -> None:
    """A square of a sum of twenty thousand variables would have four hundred million terms."""
    n = 20_000
    total = Form(1, floats([0]), codes([0] * n), np.arange(n), np.ones(n))
    with pytest.raises(Nonlinear, match="more than 200000000 terms"):
        total.times(total)


def test_only_rows_without_variables_are_constant() -> None:
    """A term makes a form symbolic even with the coefficient 0."""
    assert constant_form(floats([1, 2])).is_constant
    assert not Form(1, floats([0]), codes([0]), codes([0]), floats([0])).is_constant


@given(st.lists(st.integers(0, 4), max_size=8))
def test_expand_repeats_rows_and_counts_within_them(counts: list[int]) -> None:
    """Row r becomes counts[r] rows, numbered from 0."""
    parent, running = expand(codes(counts))
    pairs = [(row, k) for row, count in enumerate(counts) for k in range(count)]
    assert list(zip(parent.tolist(), running.tolist())) == pairs
