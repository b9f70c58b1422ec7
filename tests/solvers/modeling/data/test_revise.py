"""Changes that a formulation states of its own data, against the same data written down changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import AgentoptError, DataError, FormulationError
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.data.revise import recomputed
from agentopt.solvers.modeling.data.tables import read_tables
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze

Make = Callable[..., Formulation]


def stated(formulation: Make, cost: dict[str, Any] | None = None, **plants: Any) -> Formulation:
    """A formulation with plants, a cost of each, and what is computed from both."""
    raw = formulation(
        {"x": {"index": ["P"]}},
        sets={"P": ["a", "b"], "PAIRS": "[(i, j) for i in P for j in P if i != j]"},
        parameters={
            "cost": {"index": ["P"], "value": [3.0, 4.0], **(cost or {})},
            "twice": {"index": ["P"], "expression": "2 * cost[p] for p in P"},
            "fee": {"index": ["P"], "value": 5.0},
        },
        minimize="sum(cost[p] * x[p] for p in P)",
    ).model_dump()
    raw["sets"][0] |= plants
    return Formulation.model_validate(raw)


def bound(formulation: Formulation, *paths: Path) -> Instance:
    return bind(analyze(formulation), read_tables(paths) if paths else None)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"by": "set", "amount": 7}, (7, 7)),
        ({"by": "scale", "amount": 1.5}, (4.5, 6)),
        ({"by": "add", "amount": -1}, (2, 3)),
        ({"by": "scale", "amount": 2, "key": ["b"]}, (3, 8)),
        ({"by": "set", "amount": 0, "key": [None]}, (0, 0)),
    ],
)
def test_a_change_is_made_after_the_values_are_read(
    formulation: Make, change: dict[str, Any], expected: tuple[float, float]
) -> None:
    """Set, scale and add reach one key or all, and what is computed follows."""
    data = bound(stated(formulation, {"changes": [change]})).data
    assert data.parameters["cost"] == {("a",): expected[0], ("b",): expected[1]}
    assert data.parameters["twice"] == {("a",): 2 * expected[0], ("b",): 2 * expected[1]}


def test_changes_are_made_in_their_order(formulation: Make) -> None:
    """Add one and double is not double and add one."""
    steps = [{"by": "add", "amount": 1}, {"by": "scale", "amount": 2}]
    values = [
        bound(stated(formulation, {"changes": order})).data.parameters["cost"][("a",)] for order in (steps, steps[::-1])
    ]
    assert values == [8, 7]


def test_a_member_comes_with_the_values_that_changes_give_it(formulation: Make) -> None:
    """Dense values keep the order of the members that were there; computed sets and constants see the new one."""
    change = {"by": "set", "amount": 9, "key": ["c"]}
    data = bound(stated(formulation, {"changes": [change]}, added=["c"])).data
    assert data.sets["P"] == (("a",), ("b",), ("c",))
    assert data.parameters["cost"] == {("a",): 3, ("b",): 4, ("c",): 9}
    assert (data.parameters["fee"][("c",)], len(data.sets["PAIRS"])) == (5, 6)


def test_a_member_that_goes_takes_its_values_along(formulation: Make) -> None:
    """Neither its own values nor the pairs it stood in are left."""
    data = bound(stated(formulation, removed=["a"])).data
    assert (data.sets["P"], data.parameters["cost"], data.sets["PAIRS"]) == ((("b",),), {("b",): 4}, ())


def test_values_of_a_table_change_without_the_table(formulation: Make, tmp_path: Path) -> None:
    """The file stays as it is, and the rows of a member that was taken out are passed over."""
    file = tmp_path / "plants.csv"
    file.write_text("P,cost\na,1\nb,2\nc,3\n")
    table = {"value": None, "data": {"table": "plants", "keys": ["P"], "column": "cost"}}
    changes = [{"by": "scale", "amount": 10, "key": ["b"]}]
    raw = stated(formulation, {**table, "changes": changes}).model_dump()
    raw["sets"][0] = {"name": "P", "data": {"table": "plants", "keys": ["P"]}, "removed": ["c"]}
    data = bound(Formulation.model_validate(raw), file).data
    assert data.parameters["cost"] == {("a",): 1, ("b",): 20}
    assert file.read_text().count("\n") == 4


@pytest.mark.parametrize(
    ("cost", "plants", "message"),
    [
        ({"changes": [{"by": "set", "amount": 1, "key": ["z"]}]}, {}, "'z' is to be changed, but is no member of P"),
        ({"changes": [{"by": "set", "amount": 1, "key": ["a", "b"]}]}, {}, "expected a change of 1 key position"),
        ({"changes": [{"by": "scale", "amount": 1e308}] * 2}, {}, "gives no finite number"),
        ({}, {"added": ["a"]}, "'a' is to be added, but is a member already"),
        ({}, {"added": [["a", "b"]]}, "have 1 position"),
        ({}, {"removed": ["z"]}, "'z' is to be removed, but is no member"),
        ({}, {"removed": ["a", "b"]}, "no member is left"),
        ({}, {"added": ["c"]}, "1 of 3 keys of P have no value: 'c'"),
    ],
)
def test_a_change_of_what_is_not_there_is_refused(
    formulation: Make, cost: dict[str, Any], plants: dict[str, Any], message: str
) -> None:
    """The sentence names the element and the member."""
    with pytest.raises((DataError, FormulationError), match=message):
        bound(stated(formulation, cost, **plants))


def test_a_default_follows_a_change_of_every_key(formulation: Make) -> None:
    """Absent keys are changed like the others, and none is written down for it."""
    sparse = {"value": None, "rows": [["a", 3.0]], "default": 10.0, "changes": [{"by": "add", "amount": 1}]}
    data = bound(stated(formulation, sparse)).data
    assert (data.parameters["cost"], data.defaults["cost"]) == ({("a",): 4}, 11)
    assert data.parameters["twice"] == {("a",): 8, ("b",): 22}


def test_other_values_reach_what_is_computed_from_them(formulation: Make) -> None:
    """Values of a bound instance are replaced without its changes being made a second time."""
    instance = bound(stated(formulation, {"changes": [{"by": "scale", "amount": 2}]}))
    again = recomputed(instance, {"cost": {("a",): 1.0, ("b",): 1.0}})
    assert (instance.data.parameters["cost"][("a",)], again.data.parameters["twice"]) == (6, {("a",): 2, ("b",): 2})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["set", "scale", "add"]),
            st.floats(-100, 100, allow_nan=False),
            st.sampled_from([None, ["a"], ["b"]]),
        ),
        max_size=6,
    )
)
def test_changes_are_what_a_loop_over_the_keys_makes(formulation: Make, steps: list[tuple[str, float, Any]]) -> None:
    """Any changes in any order, against a plain loop."""
    expected = {"a": 3.0, "b": 4.0}
    for by, amount, key in steps:
        for name in key or expected:
            old = expected[name]
            expected[name] = {"set": amount, "scale": old * amount, "add": old + amount}[by]
    changes = [{"by": by, "amount": amount, "key": key} for by, amount, key in steps]
    try:
        found = bound(stated(formulation, {"changes": changes})).data.parameters["cost"]
    except AgentoptError:
        pytest.fail("a finite change was refused")
    assert {key[0]: value for key, value in found.items()} == expected
