"""Binding: what sets and parameters hold once data are given, and which data are refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import DataError, FormulationError, InputError
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.data.cells import Cell
from agentopt.solvers.modeling.data.table import Table
from agentopt.solvers.modeling.data.tables import Tables
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.instance import Data
from agentopt.solvers.modeling.language.analysis import analyze


def bound(sets: list[dict[str, Any]], parameters: list[dict[str, Any]], **tables: dict[str, list[Cell]]) -> Data:
    """Bind sets and parameters to tables; the variable and the objective do not matter."""
    raw = {
        "sets": sets,
        "parameters": parameters,
        "variables": [{"name": "x_"}],
        "objective": {"sense": "minimize", "expression": "x_"},
    }
    read = [
        Table(
            name,
            columns,
            n := len(next(iter(columns.values()))),
            Path(f"{name}.csv"),
            (f"{name}.csv",),
            range(2, n + 2),
        )
        for name, columns in tables.items()
    ]
    return bind(analyze(Formulation.model_validate(raw)), Tables(tuple(read))).data


def listed(name: str, *elements: object) -> dict[str, Any]:
    """A set of listed members."""
    return {"name": name, "elements": list(elements)}


def read_from(name: str, table: str, *keys: str, column: str | None = None, **more: Any) -> dict[str, Any]:
    """A set or parameter of a table."""
    return {"name": name, "data": {"table": table, "keys": list(keys), "column": column}, **more}


P, M = listed("P", "a", "b"), listed("M", "x", "y", "z")
LONG: dict[str, list[Cell]] = {"p": ["a", "a", "b", "b"], "q": ["x", "y", "x", "y"], "v": [1, 2, 3, 4.5]}


def test_members_keep_their_order() -> None:
    """A listed set has its members as tuples, in order."""
    assert bound([listed("S", "b", "a", 3)], []).sets["S"] == (("b",), ("a",), (3,))


def test_set_of_a_table_holds_distinct_rows_in_order() -> None:
    """A key that stands in many rows is one member, where it first stands."""
    data = bound([read_from("S", "t", "q"), read_from("T", "t", "q", "p")], [], t={**LONG, "q": ["y", "x", "y", "x"]})
    assert data.sets == {"S": (("y",), ("x",)), "T": (("y", "a"), ("x", "a"), ("y", "b"), ("x", "b"))}


def test_set_without_keys_takes_the_column_of_its_name() -> None:
    """PLANTS reads the column "plant" when none is named."""
    assert bound([read_from("PLANTS", "t")], [], t={"plant": ["a", "b"], "n": [1, 2]}).sets["PLANTS"] == (
        ("a",),
        ("b",),
    )


def test_whole_floats_of_a_table_are_whole_members() -> None:
    """A workbook's 1.0 is the member 1."""
    assert bound([read_from("S", "t", "k")], [], t={"k": [1.0, 2]}).sets["S"] == ((1,), (2,))


def test_computed_sets_and_parameters_may_stand_in_any_order() -> None:
    """A set computed from a parameter computed from a later set is bound all the same."""
    sets = [{"name": "A", "expression": "[i for i in B if w[i] > 1]"}, {"name": "B", "expression": "range(1, n + 1)"}]
    parameters = [{"name": "w", "index": ["B"], "expression": "i / 2 for i in B"}, {"name": "n", "value": 4}]
    assert bound(sets, parameters).sets["A"] == ((3,), (4,))


def test_projection_is_a_set() -> None:
    """Members that an expression gives repeatedly are kept once."""
    data = bound([listed("ARCS", ["a", "b"], ["a", "c"]), {"name": "S", "expression": "[i for (i, j) in ARCS]"}], [])
    assert data.sets["S"] == (("a",),)


def test_computed_set_may_be_empty() -> None:
    """An expression that gives no member is a set without members, and sums over it are zero."""
    assert bound([P, {"name": "S", "expression": "[i for i in P if i == 'q']"}], []).sets["S"] == ()


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ({"value": 2, "index": []}, {(): 2.0}),
        ({"value": 2, "index": ["P"]}, {("a",): 2.0, ("b",): 2.0}),
        ({"value": [1, 2], "index": ["P"]}, {("a",): 1.0, ("b",): 2.0}),
        ({"value": [[1], [2]], "index": ["P", "ONE"]}, {("a", "o"): 1.0, ("b", "o"): 2.0}),
        ({"value": {"a": 1, "b": 2}, "index": ["P"]}, {("a",): 1.0, ("b",): 2.0}),
        ({"value": [5, 6], "index": ["ARCS"]}, {("a", "b"): 5.0, ("b", "a"): 6.0}),
        ({"rows": [["a", "b", 5], ["b", "a", 6]], "index": ["ARCS"]}, {("a", "b"): 5.0, ("b", "a"): 6.0}),
        ({"rows": [["b", 7]], "index": ["P"], "default": 0}, {("b",): 7.0}),
        ({"expression": "2 * 3", "index": []}, {(): 6.0}),
        ({"expression": "ord(i, P) for i in P", "index": ["P"]}, {("a",): 1.0, ("b",): 2.0}),
        ({"expression": "1 for i in P if i != 'a'", "index": ["P"], "default": 9}, {("b",): 1.0}),
    ],
)
def test_values_stand_at_their_keys(parameter: dict[str, Any], values: dict[Any, float]) -> None:
    """Numbers, lists, mappings, rows and expressions give each key its value."""
    sets = [P, listed("ONE", "o"), listed("ARCS", ["a", "b"], ["b", "a"])]
    assert bound(sets, [{"name": "v", **parameter}]).parameters["v"] == values


@given(st.lists(st.integers(0, 4), min_size=1, max_size=3), st.data())
def test_nested_lists_follow_the_order_of_the_sets(shape: list[int], data: st.DataObject) -> None:
    """The number at place i, j, ... belongs to the i-th, j-th, ... members, whatever the shape."""
    shape = [max(size, 1) for size in shape]

    def nested(sizes: list[int]) -> Any:
        if not sizes:
            return data.draw(st.integers(-99, 99))
        return [nested(sizes[1:]) for _ in range(sizes[0])]

    value = nested(shape)
    sets = [listed(f"S{k}", *(f"m{k}_{i}" for i in range(size))) for k, size in enumerate(shape)]
    values = bound(sets, [{"name": "v", "index": [s["name"] for s in sets], "value": value}]).parameters["v"]
    for key, number in values.items():
        part = value
        for member in key:
            part = part[int(str(member).split("_")[1])]
        assert part == number
    assert len(values) == math.prod(shape)


LONG_VALUES = {("a", "x"): 1.0, ("a", "y"): 2.0, ("b", "x"): 3.0, ("b", "y"): 4.5}
AS_TEXT: dict[str, list[Cell]] = {"p": ["1", "2"], "v": [5, 6]}


@pytest.mark.parametrize("keys", [("p", "q"), ("P", " Q "), ()])
def test_long_table_is_read_by_its_keys(keys: tuple[str, ...]) -> None:
    """Keys and values stand in columns, named or the only ones left."""
    sets = [listed("I", "a", "b"), listed("J", "x", "y")]
    parameter = read_from("c", "t", *keys, column="v", index=["I", "J"])
    assert bound(sets, [parameter], t=LONG).parameters["c"] == LONG_VALUES


def test_keys_default_to_the_columns_of_the_sets() -> None:
    """Columns that the index sets are read from are the keys, wherever they stand in the table."""
    sets = [read_from("I", "t", "p"), read_from("J", "t", "q")]
    table = {"note": ["", "", "", ""], "q": LONG["q"], "p": LONG["p"], "v": LONG["v"]}
    assert bound(sets, [read_from("c", "t", column="v", index=["I", "J"])], t=table).parameters["c"] == LONG_VALUES  # type: ignore[arg-type]


@pytest.mark.parametrize("keys", [("p",), ()])
def test_wide_table_has_members_in_its_header(keys: tuple[str, ...]) -> None:
    """With column "*" the header names the last index, numbers included."""
    sets = [listed("I", "a", "b"), listed("T", 1, 2)]
    table: dict[str, list[Cell]] = {"p": ["a", "b"], "1": [10, 20], "2": [11, None]}
    parameter = read_from("c", "t", *keys, column="*", index=["I", "T"], default=0)
    assert bound(sets, [parameter], t=table).parameters["c"] == {("a", 1): 10.0, ("b", 1): 20.0, ("a", 2): 11.0}


def test_wide_table_without_keys_is_one_row() -> None:
    """A record of numbers by member is a parameter with one index."""
    parameter = read_from("c", "t", column="*", index=["I"])
    assert bound([listed("I", "a", "b")], [parameter], t={"a": [3], "b": [5]}).parameters["c"] == {
        ("a",): 3.0,
        ("b",): 5.0,
    }


@pytest.mark.parametrize(
    ("members", "column"), [((1, 2), ["1", "2"]), (("1", "2"), [1, 2]), ((1, 2), [1.0, 2.0]), ((1, "2"), ["1", 2])]
)
def test_number_and_text_of_it_are_one_member(members: tuple[Any, ...], column: list[Cell]) -> None:
    """A member 1 is found as "1" and the reverse, and keeps the spelling of its set."""
    parameter = read_from("c", "t", "p", column="v", index=["I"])
    data = bound([listed("I", *members)], [parameter], t={"p": column, "v": [5, 6]})
    assert data.parameters["c"] == {(members[0],): 5.0, (members[1],): 6.0}


def refusal(sets: list[dict[str, Any]], parameters: list[dict[str, Any]], **tables: dict[str, list[Cell]]) -> str:
    """The message with which data are refused."""
    with pytest.raises(InputError) as caught:
        bound(sets, parameters, **tables)
    return str(caught.value)


T: dict[str, list[Cell]] = {"p": ["a", "b"], "q": ["x", "y"], "v": [1, 2]}


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ([listed("S")], "set S: the set is empty"),
        ([listed("S", "a", "b", "a")], "set S: the member 'a' stands twice"),
        ([listed("S", 1, "1")], "set S: its members: 1 stands both as a number and as the text '1'"),
        ([read_from("S", "gone", "p")], "set S: no table 'gone'; there are: t.csv"),
        ([read_from("S", "t", "w")], "set S: table t.csv has no column 'w'; its columns: p, q, v"),
        ([read_from("S", "t")], "set S: say by keys which column of t.csv holds the members: p, q, v"),
        ([{"name": "S", "expression": "range(10**12)"}], "set S: the expression gives more than 10000000 members"),
        (
            [P, {"name": "S", "expression": "[(i, j, k) for i in range(300) for j in range(300) for k in range(300)]"}],
            "set S: the expression gives more than 10000000 members",
        ),
        (
            [{"name": "A", "expression": "[i for i in B]"}, {"name": "B", "expression": "[i for i in A]"}],
            "computed from itself",
        ),
    ],
)
def test_bad_set_is_named(sets: list[dict[str, Any]], message: str) -> None:
    """Sets that are empty, repeated, mixed, missing, too large or circular are refused by name."""
    assert message in refusal(sets, [], t=T)


def test_table_that_is_only_a_list_must_not_repeat() -> None:
    """A repeated row in a table that has no other columns is a mistake, with both lines."""
    message = "set S: the member 'a' stands twice (t.csv, line 2 and t.csv, line 4)"
    assert refusal([read_from("S", "t", "p")], [], t={"p": ["a", "b", "a"]}) == message


def test_empty_key_cell_names_its_line() -> None:
    """A member that is an empty cell is refused by line."""
    message = "set S: expected a text or a whole number in column 'p', got an empty cell (t.csv, line 3)"
    assert refusal([read_from("S", "t", "p")], [], t={"p": ["a", None], "v": [1, 2]}) == message


def by_p(**more: Any) -> dict[str, Any]:
    """A parameter over P read from table t."""
    return read_from("c", "t", "p", column="v", index=["P"], **more)


@pytest.mark.parametrize(
    ("parameter", "table", "message"),
    [
        (by_p(), {"v": [1, "2 USD"]}, "expected a number in column 'v', got the text '2 USD' (t.csv, line 3)"),
        (by_p(), {"p": ["a", "a"]}, "the key 'a' stands twice: t.csv, line 2 and t.csv, line 3"),
        (by_p(), {"p": ["a", "bb"]}, "'bb' (t.csv, line 3) is no member of P; did you mean 'b'?"),
        (by_p(), {"p": ["a", None]}, "the cell that should name a member of P is empty (t.csv, line 3)"),
        (by_p(), {"v": [1, None]}, "1 of 2 keys of P have no value: 'b'; give them or state a default"),
        (by_p(), {"v": [1, 10**400]}, "the number in column 'v' is too large (t.csv, line 3)"),
        (by_p(), {"v": [1, math.nan]}, "expected a finite number in column 'v', got nan (t.csv, line 3)"),
        (read_from("c", "t", "p", column="w", index=["P"]), {}, "table t.csv has no column 'w'"),
        (read_from("c", "t", column="v"), {}, "expected one row in t.csv for a parameter without an index, got 2"),
        (read_from("c", "t", "p", "q", column="v", index=["P"]), {}, "expected 1 key column for the index P, got 2"),
        (read_from("c", "t", index=["P"]), {}, "say by column which column of t.csv holds the values"),
        (read_from("c", "t", column="*", index=["P"], default=0), {}, "is neither a key nor a member of P"),
    ],
)
def test_bad_table_is_a_data_error(parameter: dict[str, Any], table: dict[str, list[Cell]], message: str) -> None:
    """Wrong types, keys and columns are refused by parameter, column, line and value."""
    with pytest.raises(DataError) as caught:
        bound([P], [parameter], t={**T, **table})
    assert str(caught.value).startswith("parameter c: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"value": [[1, 2], [3, 4]]}, "expected 2 × 3 numbers in the order of P × M, got 2 × 2"),
        ({"value": [1, 2]}, "expected 2 × 3 numbers in the order of P × M, got 2"),
        ({"value": [[1, 2, 3], [4, 5]]}, "got 2 × 3 in its first row only"),
        ({"value": [[1, 2, 3], [4, 5, [6]]]}, "expected 2 × 3 numbers"),
        ({"value": [1, 2], "index": []}, "expected one number, for the parameter has no index, got a list"),
        ({"rows": [["a", 1]]}, "expected 2 key(s) and a number in row 1, got 2 cells"),
        ({"rows": [["a", "x", "1"]]}, "expected a number, got the text '1' (row 1)"),
        ({"rows": [["a", "x", 1], ["a", "x", 2]]}, "the key ('a', 'x') stands twice: row 1 and row 2"),
        ({"rows": [["a", "x", 1]]}, "5 of 6 keys of P × M have no value: ('a', 'y'), ('a', 'z'), ('b', 'x'), …"),
        ({"rows": [["a", "w", 1]]}, "'w' (row 1) is no member of M (x, y, z)"),
        ({"rows": [["a", "c", 1]], "index": ["ARCS"]}, "('a', 'c') (row 1) is no member of ARCS"),
        ({"rows": [["a", "a", 1]], "index": ["ARCS"]}, "'a' (row 1) stands at place 2 of no member of ARCS"),
        ({"expression": "1 for i in P for j in P"}, "'a' (computed) is no member of M"),
        ({"expression": "1 / (ord(i, P) - 1) for i in P for j in M"}, "division by zero"),
        ({"value": 1, "index": ["BIG", "BIG"]}, "would stand for 16000000 keys"),
    ],
)
def test_bad_data_of_a_formulation_names_the_element(parameter: dict[str, Any], message: str) -> None:
    """Wrong shapes, rows and keys inside of the formulation are its own errors, by element."""
    sets = [P, M, listed("ARCS", ["a", "b"], ["b", "c"]), {"name": "BIG", "expression": "range(4000)"}]
    with pytest.raises(FormulationError) as caught:
        bound(sets, [{"name": "c", "index": ["P", "M"], **parameter}])
    assert message in str(caught.value)
    assert caught.value.element == "parameter c"


def test_note_on_an_ambiguous_column_reaches_the_message() -> None:
    """A value left as text because of its comma is explained where a number is needed."""
    table = Table(
        "t", {"p": ["a"], "v": ["1,000"]}, 1, Path("t.csv"), ("t.csv",), range(2, 3), {"v": "write it without"}
    )
    raw = {
        "sets": [listed("P", "a")],
        "parameters": [by_p()],
        "variables": [{"name": "x"}],
        "objective": {"sense": "minimize", "expression": "x"},
    }
    with pytest.raises(DataError, match=r"column 'v' \(write it without\), got the text '1,000'"):
        bind(analyze(Formulation.model_validate(raw)), Tables((table,)))


def test_long_chain_of_computed_sets_is_bound() -> None:
    """Two thousand sets, each computed from the next, are bound without a deep stack."""
    chain = [{"name": f"S{k}", "expression": f"[i for i in S{k + 1}]"} for k in range(2000)]
    assert bound([*chain, listed("S2000", "a")], []).sets["S0"] == (("a",),)


def test_quarter_of_a_million_values_bind() -> None:
    """250 000 values of two keys are bound, each to its own."""
    n = 500
    table: dict[str, list[Cell]] = {
        "p": [f"p{k // n}" for k in range(n * n)],
        "q": [k % n for k in range(n * n)],
        "v": [float(k) for k in range(n * n)],
    }
    data = bound([read_from("P", "t", "p"), read_from("Q", "t", "q")], [read_from("v", "t", index=["P", "Q"])], t=table)
    assert len(data.parameters["v"]) == n * n


cells: st.SearchStrategy[Cell] = st.sampled_from(["a", "b", "1", 1, 2, 1.0, 1.5, None, "", "nan", 10**400, "x" * 50])


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6), st.sampled_from(["v", "*", None]), st.data())
def test_any_table_binds_completely_or_is_refused(rows: list[tuple[Cell, ...]], column: str | None, data: Any) -> None:
    """Whatever a table holds: either every key has a finite number, or the data are refused by an error of ours."""
    table = {name: list(cells) for name, cells in zip("pqv", zip(*rows))}
    keys = data.draw(st.sampled_from([(), ("p",), ("p", "q")]))
    sets = [data.draw(st.sampled_from([read_from("P", "t", "p"), listed("P", "a", 1)])), read_from("Q", "t", "q")]
    try:
        found = bound(sets, [read_from("c", "t", *keys, column=column, index=["P", "Q"])], t=table)
    except InputError:
        return
    assert set(found.parameters["c"]) == {p + q for p in found.sets["P"] for q in found.sets["Q"]}
    assert all(type(number) is float and math.isfinite(number) for number in found.parameters["c"].values())
