"""Edits of a formulation: what each makes, and what each refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.edits.apply import apply_edits
from agentopt.solvers.modeling.edits.difference import changed_elements, differences
from agentopt.solvers.modeling.edits.edit import Edit
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.solving import prepare, solve_formulation

EDITS: TypeAdapter[list[Edit]] = TypeAdapter(list[Edit])

PLANTS: dict[str, Any] = {
    "sets": [{"name": "P", "elements": ["oslo", "rome"]}],
    "parameters": [
        {"name": "capacity", "index": ["P"], "unit": "t", "value": [40, 50]},
        {"name": "price", "index": ["P"], "value": [2, 3]},
        {"name": "total", "expression": "sum(capacity[p] for p in P)"},
    ],
    "variables": [{"name": "make", "index": ["P"], "unit": "t"}],
    "objective": {"sense": "maximize", "expression": "sum(price[p] * make[p] for p in P)"},
    "constraints": [{"name": "room", "expression": "make[p] <= capacity[p] for p in P"}],
}


def formulation() -> Formulation:
    return Formulation.model_validate(PLANTS)


def edited(*raw: dict[str, Any]) -> Formulation:
    return apply_edits(formulation(), EDITS.validate_python(list(raw)))


def optimum(changed: Formulation) -> float | None:
    return solve_formulation(changed).incumbent_objective


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"op": "change_data", "parameter": "capacity", "by": "scale", "amount": 2}, 460),
        ({"op": "change_data", "parameter": "price", "by": "set", "amount": 5, "key": ["oslo"]}, 350),
        ({"op": "remove_member", "set": "P", "member": "oslo"}, 150),
        ({"op": "set_bound", "variable": "make", "side": "upper", "value": 10}, 50),
        ({"op": "set_bound", "variable": "make", "side": "upper", "value": "price[p] for p in P"}, 13),
        ({"op": "set_domain", "variable": "make", "domain": "binary"}, 5),
        ({"op": "put_constraint", "element": {"name": "joint", "expression": "sum(make[p] for p in P) <= 60"}}, 170),
        ({"op": "put_constraint", "element": {"name": "room", "expression": "make[p] <= 1 for p in P"}}, 5),
        ({"op": "set_objective", "objective": {"sense": "minimize", "expression": "make['oslo']"}}, 0),
        (
            {
                "op": "add_member", "set": "P", "member": "bonn",
                "values": [
                    {"parameter": "capacity", "key": ["bonn"], "value": 10},
                    {"parameter": "price", "key": ["bonn"], "value": 4},
                ],
            },
            270,
        ),
    ],
)  # fmt: skip
def test_an_edit_makes_the_problem_that_it_says(raw: dict[str, Any], expected: float) -> None:
    """Every kind of edit, against the optimum counted by hand (230 without it)."""
    assert optimum(edited(raw)) == pytest.approx(expected)


def test_a_dropped_constraint_no_longer_holds() -> None:
    """Without room there is no end."""
    assert solve_formulation(edited({"op": "drop", "name": "room"})).termination_condition == "unbounded"


def test_nothing_is_changed_in_place() -> None:
    """The formulation that was edited stays what it was."""
    before = formulation()
    apply_edits(before, EDITS.validate_python([{"op": "drop", "name": "room"}]))
    assert before == formulation()


def test_a_member_that_went_comes_back_as_it_was() -> None:
    """Removing and adding a member of the data leaves no trace."""
    gone = {"op": "remove_member", "set": "P", "member": "oslo"}
    back = {"op": "add_member", "set": "P", "member": "oslo"}
    assert edited(gone, back) == formulation()


def test_equal_changes_of_one_key_become_one() -> None:
    """Ten steps of one percent are one factor, so that a long session stays short."""
    step = {"op": "change_data", "parameter": "price", "by": "scale", "amount": 2.0}
    assert [(c.by, c.amount) for c in edited(step, step, step).parameters[1].changes] == [("scale", 8.0)]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            {"op": "change_data", "parameter": "capcity", "by": "set", "amount": 1},
            "no parameter 'capcity'; did you mean",
        ),
        ({"op": "change_data", "parameter": "total", "by": "set", "amount": 1}, "parameter total: it is computed as"),
        ({"op": "drop", "name": "roof"}, "no element 'roof'; did you mean 'room'"),
        ({"op": "set_domain", "variable": "sell", "domain": "integer"}, "no variable 'sell'; there are: make"),
        ({"op": "put_constraint", "element": {"name": "make", "expression": "make['oslo'] <= 1"}}, "stands twice"),
        ({"op": "drop", "name": "make"}, "at least one variable"),
    ],
)
def test_an_edit_of_what_is_not_there_is_refused(raw: dict[str, Any], message: str) -> None:
    """One sentence names it and what was probably meant."""
    with pytest.raises(FormulationError, match=message):
        edited(raw)


def test_the_difference_tells_figures_and_elements() -> None:
    """Every change is one line, in the order of the five elements."""
    changed = edited(
        {"op": "change_data", "parameter": "capacity", "by": "scale", "amount": 1.1, "key": ["oslo"]},
        {"op": "set_domain", "variable": "make", "domain": "integer"},
        {"op": "put_constraint", "element": {"name": "joint", "expression": "sum(make[p] for p in P) <= 60"}},
    )
    assert [str(d) for d in differences(prepare(formulation()), prepare(changed))] == [
        "~ parameter capacity[oslo]: 40 -> 44 t",
        "~ parameter total: 90 -> 94",
        "~ variable make: continuous >= 0 -> integer >= 0",
        "+ constraint joint: sum(make[p] for p in P) <= 60",
    ]


def test_many_changed_figures_are_counted() -> None:
    """A change of 1000 values is seven lines."""
    raw = {
        "sets": [{"name": "T", "expression": "range(1000)"}],
        "parameters": [{"name": "load", "index": ["T"], "value": 1}],
        "variables": [{"name": "x"}],
        "objective": {"sense": "minimize", "expression": "x + sum(load[t] for t in T)"},
    }
    before = Formulation.model_validate(raw)
    edit = {"op": "change_data", "parameter": "load", "by": "add", "amount": 1}
    lines = differences(prepare(before), prepare(apply_edits(before, EDITS.validate_python([edit]))))
    assert (len(lines), str(lines[-1])) == (7, "~ parameter load: and 994 more of 1000 values")


def test_words_alone_change_nothing_that_is_solved() -> None:
    """Another title is no change, another bound is one."""
    titled = formulation().model_copy(update={"title": "Plants"})
    assert not changed_elements(formulation(), titled)
    assert changed_elements(formulation(), edited({"op": "drop", "name": "room"}))


def test_an_edited_formulation_is_written_and_read_without_a_loss(tmp_path: Path) -> None:
    """Changes and new members survive YAML."""
    from agentopt.solvers.modeling.data.files import dump_formulation, load_formulation

    changed = edited(
        {"op": "remove_member", "set": "P", "member": "oslo"},
        {"op": "change_data", "parameter": "price", "by": "scale", "amount": 1.5},
    )
    assert load_formulation(dump_formulation(changed)) == changed


def test_a_member_that_goes_leaves_the_changes_of_its_namesake_in_another_set() -> None:
    """w[b, a] stays at 100 when the plant a goes, for its a is a market; what was added comes back with its value."""
    raw = {
        "sets": [{"name": "P", "elements": ["a", "b"]}, {"name": "M", "elements": ["a", "b"]}],
        "parameters": [{"name": "w", "index": ["P", "M"], "value": 3}],
        "variables": [{"name": "x"}],
        "objective": {"sense": "minimize", "expression": "x + sum(w[p, m] for p in P for m in M)"},
    }
    steps = [
        {"op": "change_data", "parameter": "w", "by": "set", "amount": 100, "key": ["b", "a"]},
        {"op": "add_member", "set": "P", "member": "q"},
        {"op": "change_data", "parameter": "w", "by": "set", "amount": 7, "key": ["q", "a"]},
        {"op": "remove_member", "set": "P", "member": "a"},
        {"op": "remove_member", "set": "P", "member": "q"},
    ]
    gone = apply_edits(Formulation.model_validate(raw), EDITS.validate_python(steps))
    assert prepare(gone).data.parameters["w"] == {("b", "a"): 100, ("b", "b"): 3}
    back = apply_edits(gone, EDITS.validate_python([{"op": "add_member", "set": "P", "member": "q"}]))
    assert prepare(back).data.parameters["w"][("q", "a")] == 7


def test_a_pair_that_was_added_with_its_value_can_go_again() -> None:
    """A member of two positions takes its changes along."""
    raw = {
        "sets": [{"name": "R", "elements": [["a", "b"], ["b", "a"]]}],
        "parameters": [{"name": "leng", "index": ["R"], "value": [1, 2]}],
        "variables": [{"name": "x"}],
        "objective": {"sense": "minimize", "expression": "x + sum(leng[i, j] for (i, j) in R)"},
    }
    value = {"parameter": "leng", "key": ["a", "a"], "value": 5}
    steps = [
        {"op": "add_member", "set": "R", "member": ["a", "a"], "values": [value]},
        {"op": "remove_member", "set": "R", "member": ["a", "a"]},
    ]
    changed = apply_edits(Formulation.model_validate(raw), EDITS.validate_python(steps))
    assert prepare(changed).data.parameters["leng"] == {("a", "b"): 1, ("b", "a"): 2}
