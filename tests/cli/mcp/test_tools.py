"""The tools on their good day, through a real client that checks every result against the tool's own schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

jsonschema = pytest.importorskip("jsonschema", reason="the extra mcp is not installed, which brings it")

Call = Callable[..., Any]
Problem = dict[str, Any]


def text_of(result: Any) -> str:
    assert not result.is_error, result.content[0].text
    return str(result.content[0].text)


def test_every_tool_tells_valid_schemas(talk: Call) -> None:
    """Input and output schemas are JSON schemas of objects, and the tools an agent needs are there."""

    async def do(client: Any) -> Any:
        return (await client.list_tools()).tools

    tools = talk(do)
    for tool in tools:
        for schema in (tool.input_schema, tool.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
    assert {tool.name for tool in tools} == {
        "formulate", "solve", "what_if", "explain", "adopt_reading", "undo", "add_data", "preview_data", "export",
        "reference",
    }  # fmt: skip


def test_the_schema_of_formulate_accepts_the_five_elements(talk: Call, bakery: Problem) -> None:
    """A client that checks arguments lets a right formulation pass, and no wrong one."""

    async def do(client: Any) -> Any:
        tools = (await client.list_tools()).tools
        return next(tool.input_schema for tool in tools if tool.name == "formulate")

    checks = jsonschema.Draft202012Validator(talk(do))
    wrong = {**bakery, "objective": {"sense": "best"}}
    assert (checks.is_valid({"problem": bakery}), checks.is_valid({"problem": wrong})) == (True, False)


def test_five_elements_are_formulated_without_a_model(call: Call, bakery: Problem) -> None:
    """An agent that states the elements gets a session, the plan and the proof."""
    (result,) = call(("formulate", {"problem": bakery}))
    found = result.structured_content
    outcome = found["outcome"]
    assert (found["session"], outcome["termination_condition"], outcome["guarantee"]) == ("s1", "optimal", "global")
    assert outcome["objective"]["value"] == pytest.approx(12)
    assert outcome["variables"][0]["values"] == [{"key": ["bread"], "value": 4.0}]
    assert found["formulation"]["sets"][0]["elements"] == ["bread", "cake"]
    assert "bake[bread] = 4 piece" in text_of(result)


def test_the_formulation_may_be_a_text_or_a_file(call: Call, bakery: Problem, tmp_path: Path) -> None:
    """JSON text, YAML text and a file's path come to the same."""
    (tmp_path / "bakery.json").write_text(json.dumps(bakery))
    yaml = "variables: [{name: x, upper: 12}]\nobjective: {sense: maximize, expression: x}\n"
    results = call(*(("formulate", {"problem": one}) for one in (json.dumps(bakery), yaml, "bakery.json")))
    assert [r.structured_content["outcome"]["objective"]["value"] for r in results] == pytest.approx([12, 12, 12])


def test_tables_are_previewed_and_bound(call: Call, tmp_path: Path) -> None:
    """What preview_data shows is what a set and a parameter bind to."""
    (tmp_path / "goods.csv").write_text("good,profit\nbread,3\ncake,2\n")
    problem = {
        "sets": [{"name": "G", "data": {"table": "goods.csv", "keys": ["good"]}}],
        "parameters": [
            {"name": "p", "index": ["G"], "data": {"table": "goods.csv", "keys": ["good"], "column": "profit"}}
        ],
        "variables": [{"name": "x", "index": ["G"], "upper": 1}],
        "objective": {"sense": "maximize", "expression": "sum(p[g] * x[g] for g in G)"},
    }
    previewed, formulated = call(
        ("preview_data", {"paths": ["goods.csv"]}), ("formulate", {"problem": problem, "data": ["goods.csv"]})
    )
    (table,) = previewed.structured_content["tables"]
    assert (table["title"], table["n_rows"]) == ("goods.csv", 2)
    assert [column["header"] for column in table["columns"]] == ["good", "profit"]
    assert formulated.structured_content["outcome"]["objective"]["value"] == pytest.approx(5)


def test_solve_keeps_no_session_of_a_problem(call: Call, bakery: Problem) -> None:
    """A problem that is solved once has no session; one that is solved again has its own."""
    once, _, again = call(
        ("solve", {"problem": bakery}), ("formulate", {"problem": bakery}), ("solve", {"session": "s1"})
    )
    assert [once.structured_content["session"], again.structured_content["session"]] == ["", "s1"]
    assert once.structured_content["outcome"]["objective"]["value"] == pytest.approx(12)


@pytest.mark.parametrize(
    "change",
    [
        "room = 5",
        [{"op": "change_data", "parameter": "room", "by": "set", "amount": 5}],
        '{"op": "change_data", "parameter": "room", "by": "add", "amount": 1}',
    ],
    ids=["words in a fixed form", "edits", "an edit in a text"],
)
def test_what_if_changes_and_undo_takes_back(call: Call, bakery: Problem, change: object) -> None:
    """A place more in the oven is worth a bread, 3; undo brings the plan before back."""
    _, changed, undone = call(
        ("formulate", {"problem": bakery}),
        ("what_if", {"session": "s1", "change": change}),
        ("undo", {"session": "s1"}),
    )
    found = changed.structured_content
    assert [d["what"] for d in found["differences"]] == ["parameter room"]
    assert found["comparison"]["difference"] == pytest.approx(3)
    assert found["outcome"]["objective"]["value"] == pytest.approx(15)
    assert undone.structured_content["outcome"]["objective"]["value"] == pytest.approx(12)


def test_explain_prices_the_limits(call: Call, bakery: Problem) -> None:
    """The shadow price of the oven is the profit of a bread, 3; the flour that is left over is worth nothing."""
    _, result = call(("formulate", {"problem": bakery}), ("explain", {"session": "s1", "question": "sensitivity"}))
    prices = result.structured_content["sensitivity"]["prices"]
    assert [(row["label"], row["price"]) for row in prices] == [("oven", pytest.approx(3))]


def test_explain_says_what_a_wish_costs(call: Call, bakery: Problem) -> None:
    """A cake takes the place of a bread: it costs 3 - 2 = 1, and the session's plan stays."""
    _, asked, after = call(
        ("formulate", {"problem": bakery}),
        ("explain", {"session": "s1", "question": "why not bake['cake'] >= 1?"}),
        ("solve", {"session": "s1"}),
    )
    assert asked.structured_content["forced"]["cost"] == pytest.approx(1)
    assert after.structured_content["outcome"]["objective"]["value"] == pytest.approx(12)


def test_a_conflict_is_explained_with_edits_that_repair_it(call: Call, bakery: Problem) -> None:
    """Seven pieces do not fit into an oven for four: the repair that explain names makes a plan again."""
    _, broken, asked = call(
        ("formulate", {"problem": bakery}),
        ("what_if", {"session": "s1", "change": "bake['bread'] >= 5"}),
        ("explain", {"session": "s1", "question": "conflict"}),
    )
    edits = asked.structured_content["repair_edits"]
    *_, repaired = call(
        ("formulate", {"problem": bakery}),
        ("what_if", {"session": "s1", "change": "bake['bread'] >= 5"}),
        ("what_if", {"session": "s1", "change": edits}),
    )
    assert broken.structured_content["outcome"]["termination_condition"] == "infeasible"
    assert "oven" in asked.structured_content["conflict"]["members"]
    assert json.dumps(edits) in text_of(asked)
    assert repaired.structured_content["outcome"]["termination_condition"] == "optimal"


def test_explain_checks_and_trades_off(call: Call, bakery: Problem) -> None:
    """The checks run without a text, and the trade-off goes from four breads to no piece at all."""
    _, checked, traded = call(
        ("formulate", {"problem": bakery}),
        ("explain", {"session": "s1", "question": "check"}),
        ("explain", {"session": "s1", "question": "pareto minimize sum(bake[g] for g in GOODS)"}),
    )
    points = traded.structured_content["front"]["points"]
    assert {"units", "structure"} <= {check["check"] for check in checked.structured_content["checks"]}
    ends = [points[k][name] for k in (0, -1) for name in ("first", "second")]
    assert ends == pytest.approx([12, 4, 0, 0], abs=1e-6)


@pytest.mark.parametrize("format", ["yaml", "json", "lp", "mps", "pyomo", "html"])
def test_export_returns_text(call: Call, bakery: Problem, format: str, tmp_path: Path) -> None:
    """Every format comes as text, and no file is written."""
    before = sorted(path.name for path in tmp_path.iterdir())
    _, result = call(("formulate", {"problem": bakery}), ("export", {"session": "s1", "format": format}))
    found = result.structured_content
    assert (found["n_characters"], found["path"]) == (len(found["text"]), "")
    assert "bake" in found["text"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*before, "errors.log"]


def test_export_writes_where_it_is_allowed(call: Call, bakery: Problem, tmp_path: Path) -> None:
    """With --allow-write a new file is written below the root; no file is replaced."""
    calls = [
        ("formulate", {"problem": bakery}),
        *[("export", {"session": "s1", "format": "lp", "path": "plan.lp"})] * 2,
    ]
    _, written, again = call(*calls, options=("--allow-write",))
    assert written.structured_content["path"] == str((tmp_path / "plan.lp").resolve())
    assert "oven" in (tmp_path / "plan.lp").read_text()
    assert (again.is_error, "exists" in again.content[0].text) == (True, True)


def test_new_data_are_used(call: Call, tmp_path: Path) -> None:
    """Another table of a session's file replaces the one before."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "limit.csv").write_text("most\n5\n")
    problem = {
        "parameters": [{"name": "most", "data": {"table": "limit.csv", "column": "most"}}],
        "variables": [{"name": "x"}],
        "objective": {"sense": "maximize", "expression": "x"},
        "constraints": [{"name": "c", "expression": "x <= most"}],
    }
    first, again, added = call(
        ("formulate", {"problem": problem, "data": ["a"]}),
        ("solve", {"session": "s1"}),
        ("add_data", {"session": "s1", "paths": ["a/limit.csv"]}),
    )
    assert first.structured_content["outcome"]["objective"]["value"] == pytest.approx(5)
    assert again.structured_content["outcome"]["objective"]["value"] == pytest.approx(5)
    assert [table["title"] for table in added.structured_content["tables"]] == ["limit.csv"]


def test_the_reference_is_the_prompt_and_its_example_solves(call: Call, talk: Call) -> None:
    """The language that agents read is the one that models are prompted with; its example is a right formulation."""

    async def do(client: Any) -> Any:
        listed = (await client.list_resources()).resources
        read = {str(one.uri): (await client.read_resource(str(one.uri))).contents[0].text for one in listed}
        told = await client.call_tool("reference", {})
        example = told.content[0].text.split("```json\n")[1].split("\n```")[0]
        return read, told.content[0].text, await client.call_tool("formulate", {"problem": example})

    resources, text, solved = talk(do)
    prompt = (Path(__file__).parents[3] / "prompts/modeling/formulate.md").read_text()
    for heading in ("## The elements", "## The expression language", "## What to watch"):
        section = prompt.partition(heading + "\n")[2].partition("\n## ")[0].strip()
        assert section
        assert section in text
    assert resources["agentopt://language"] == text
    assert json.loads(resources["agentopt://formulation-schema"])["title"] == "Formulation"
    assert "put_constraint" in resources["agentopt://edit-schema"]
    assert solved.structured_content["outcome"]["objective"]["value"] == pytest.approx(1440)


def test_two_sessions_do_not_mix(call: Call, bakery: Problem) -> None:
    """Changes of one session leave the other alone, whatever the order of the calls."""
    small = {**bakery, "parameters": [*bakery["parameters"][:1], {"name": "room", "value": 2}, bakery["parameters"][2]]}
    results = call(
        ("formulate", {"problem": bakery}),
        ("formulate", {"problem": small}),
        ("what_if", {"session": "s1", "change": "room = 3"}),
        ("what_if", {"session": "s2", "change": "profit[bread] = 10"}),
        ("undo", {"session": "s1"}),
        ("solve", {"session": "s2"}),
    )
    values = [result.structured_content["outcome"]["objective"]["value"] for result in results]
    assert values == pytest.approx([12, 6, 9, 20, 12, 20])


def test_few_values_are_listed_and_the_others_counted(call: Call) -> None:
    """A plan with many values is cut to what was asked for, and says how many there are."""
    problem = {
        "sets": [{"name": "I", "expression": "range(1000)"}],
        "variables": [{"name": "x", "index": ["I"], "upper": 1}],
        "objective": {"sense": "maximize", "expression": "sum(x[i] for i in I if i >= 10)"},
    }
    (result,) = call(("formulate", {"problem": problem, "max_values": 3}))
    (variable,) = result.structured_content["outcome"]["variables"]
    assert [item["key"] for item in variable["values"]] == [[10], [11], [12]]
    assert (variable["n_nonzero"], variable["n_keys"]) == (990, 1000)
