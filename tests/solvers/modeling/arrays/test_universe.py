"""Codes of members, and the look-up of many keys at once, against plain dictionaries."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.arrays.universe import UNKNOWN, Codes, KeyIndex, Universe, totals
from agentopt.solvers.modeling.instance import Key

MEMBERS = st.lists(st.integers(-5, 5) | st.sampled_from("abc") | st.sampled_from(["1", "-2"]), max_size=12)


def columns(keys: list[Key], arity: int) -> list[Codes]:
    """Keys of codes as the arrays that the index takes."""
    return [np.array([key[place] for key in keys], dtype=np.int64) for place in range(arity)]


@given(MEMBERS)
def test_each_member_has_one_code(members: list[str | int]) -> None:
    """A member met again has the code it had; the text '1' and the number 1 are two members."""
    universe = Universe(members)
    assert [universe.members[universe.code(member)] for member in members] == members


def test_a_stranger_has_no_code() -> None:
    """What is no member of any set is UNKNOWN."""
    assert Universe(["a", 1]).code("1") == UNKNOWN


@given(MEMBERS, st.lists(st.floats(-6, 6) | st.integers(-6, 6).map(float)))
def test_numbers_are_looked_up_by_value(members: list[str | int], values: list[float]) -> None:
    """A computed number finds the whole number of its value, and nothing in between."""
    universe = Universe(members)
    found = universe.from_numbers(np.array(values))
    expected = [universe.code(int(value)) if value.is_integer() else UNKNOWN for value in values]
    assert found.tolist() == expected


def test_a_loop_may_add_numbers() -> None:
    """range(...) gives codes to numbers of no set; what had a code keeps it."""
    universe = Universe(["a", 7])
    universe.add_numbers(np.array([9.0, 7.0, 9.0, -1.0]))
    assert [universe.code(member) for member in ("a", 7, -1, 9)] == [0, 1, 2, 3]


def test_a_number_beyond_a_float_is_a_member_all_the_same() -> None:
    """An identifier of 400 digits is no number to calculate with, but a name like any other."""
    universe = Universe([10**400, -(10**400), 1])
    assert (universe.code(10**400), universe.numbers.tolist()) == (0, [math.inf, -math.inf, 1.0])


@given(st.data())
def test_keys_are_found_as_in_a_dictionary(data: st.DataObject) -> None:
    """The position of every key, known or not, is that of a dictionary."""
    arity, n_codes = data.draw(st.integers(0, 3)), 6
    key = st.tuples(*[st.integers(0, n_codes - 1)] * arity)
    keys = data.draw(st.lists(key, unique=True, max_size=20))
    asked = data.draw(st.lists(st.tuples(*[st.integers(UNKNOWN, n_codes - 1)] * arity), max_size=20))
    positions = {key: place for place, key in enumerate(keys)}
    found = KeyIndex(columns(keys, arity), len(keys), n_codes).find(columns(asked, arity), len(asked))
    assert found.tolist() == [positions.get(key, UNKNOWN) for key in asked]


def test_sparse_keys_are_found_by_search() -> None:
    """A few keys out of eight million possible ones need no table of that size, and are found all the same."""
    rng = random.Random(1)
    keys = list({tuple(rng.randrange(200) for _ in range(3)) for _ in range(500)})
    asked = keys[:100] + [tuple(rng.randrange(-1, 200) for _ in range(3)) for _ in range(400)]
    positions = {key: place for place, key in enumerate(keys)}
    index = KeyIndex(columns(keys, 3), len(keys), 200)
    assert index._dense is None  # else this would test the other way of looking up
    assert index.find(columns(asked, 3), len(asked)).tolist() == [positions.get(key, UNKNOWN) for key in asked]


def test_codes_from_later_are_in_no_older_index() -> None:
    """An index made before a loop added numbers does not know them."""
    index = KeyIndex([np.array([0, 1])], 2, 2)
    assert index.find([np.array([0, 5, 1])], 3).tolist() == [0, UNKNOWN, 1]


def test_more_combinations_than_an_integer_holds_are_refused() -> None:
    """A product of index sets that cannot be numbered is one sentence, not an overflow."""
    keys = [(code,) * 8 for code in range(1000)]
    with pytest.raises(FormulationError, match="possible keys; state it over a set of tuples"):
        KeyIndex(columns(keys, 8), len(keys), 1000)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 9)), max_size=20))
def test_totals_add_what_falls_on_a_place(pairs: list[tuple[int, int]]) -> None:
    """The sum at each place is that of its weights."""
    grouped = itertools.groupby(sorted(pairs), key=lambda pair: pair[0])
    sums = {place: sum(weight for _, weight in group) for place, group in grouped}
    found = totals(np.array([p for p, _ in pairs], dtype=np.int64), np.array([float(w) for _, w in pairs]), 4)
    assert found.tolist() == [sums.get(place, 0) for place in range(4)]
