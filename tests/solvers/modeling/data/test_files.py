"""Files: formulations survive YAML and JSON, and what is wrong in one is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from agentopt.errors import AgentoptError, FileError, FormulationError
from agentopt.solvers.modeling.data.files import (
    dump_formulation,
    explain_validation,
    load_formulation,
    load_problem,
    looks_like_formulation,
)
from agentopt.solvers.modeling.data.yaml_text import read_yaml, write_yaml
from agentopt.solvers.modeling.formulation import Formulation

SMALL = "variables: [{name: x}]\nobjective: {sense: minimize, expression: x}\n"
ODD = ["NO", "on", "1e5", "2024-01-01", "007", "~", "", "12:30", "0x1F", "null", "True", "=", "<<", "- a", "a: b", "#"]
ODD += ["é", "🙂", " x ", "a\nb\n", "\x85", "\u2028", "'", '"', "1_000", ".inf", "+1", "&a", "*a", "!t", "%", "@", "`"]

texts = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9).map(float)
members = texts | st.integers()


@st.composite
def formulations(draw: st.DrawFn) -> Formulation:
    """A valid formulation with odd texts in every place that takes one."""
    rows = st.lists(st.tuples(members, numbers | st.integers()).map(list), max_size=3)
    ref = st.fixed_dictionaries({"table": texts, "keys": st.lists(texts, max_size=2), "column": st.none() | texts})
    origin = st.one_of(
        st.fixed_dictionaries({"value": numbers | st.lists(st.lists(numbers, max_size=3), max_size=2)}),
        st.fixed_dictionaries({"rows": rows}),
        st.fixed_dictionaries({"expression": texts}),
        st.fixed_dictionaries({"data": ref}),
    )
    bound = st.none() | numbers | texts
    return Formulation.model_validate(
        {
            "title": draw(texts),
            "sets": [
                {"name": "S", "elements": draw(st.lists(members | st.lists(members, max_size=2), max_size=5))},
                {"name": "T", "data": draw(ref), "meaning": draw(texts)},
            ],
            "parameters": [{"name": "p", "unit": draw(texts), "default": draw(st.none() | numbers), **draw(origin)}],
            "variables": [{"name": "x", "lower": draw(bound), "upper": draw(bound), "source": draw(texts)}],
            "objective": {"sense": "maximize", "expression": draw(texts)},
            "constraints": [{"name": "c", "expression": draw(texts), "meaning": draw(texts) * draw(st.integers(1, 9))}],
            "assumptions": draw(st.lists(texts, max_size=2)),
        }
    )


@given(formulations())
def test_yaml_round_trip_is_exact(formulation: Formulation) -> None:
    """What is written as YAML is read back as an equal formulation, types of members included."""
    loaded = load_formulation(dump_formulation(formulation))
    assert repr(loaded) == repr(formulation)


@given(formulations())
def test_json_round_trip_is_exact(formulation: Formulation) -> None:
    """What is written as JSON is read back as an equal formulation, types of members included."""
    assert repr(load_formulation(dump_formulation(formulation, "json"))) == repr(formulation)


@given(st.lists(st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_texts_stay_texts_for_other_readers(items: list[str]) -> None:
    """A reader of YAML 1.1 takes none of our texts for a number, a date or a truth value."""
    assert yaml.safe_load(write_yaml({"items": items})) == {"items": items}


@pytest.mark.parametrize("text", ["NO", "on", "yes", "2024-01-01", "12:30", "007", "0x1F", "0o7", "1_000", ".inf"])
def test_only_plain_numbers_and_true_are_no_texts(text: str) -> None:
    """Words, dates, times and odd numbers that YAML 1.1 converts are texts here."""
    assert read_yaml(f"a: {text}", "t") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"), [("~", None), ("", None), ("true", True), ("-3", -3), ("1e5", 1e5), ("2.50", 2.5)]
)
def test_plain_scalars_have_the_meaning_of_yaml_1_2(text: str, value: object) -> None:
    """Nothing, truth values and numbers are read as such."""
    assert read_yaml(f"a: {text}", "t") == {"a": value}


def test_written_yaml_is_readable() -> None:
    """Short lists stand on one line, rows line by line, defaults are left out, whole numbers have no point."""
    raw = {
        "sets": [{"name": "S", "elements": ["a", "b"]}],
        "parameters": [
            {"name": "p", "index": ["S"], "rows": [["a", 1], ["b", 2.5]]},
            {"name": "q", "data": {"table": "t", "column": "c"}},
        ],
        "variables": [{"name": "x", "lower": None, "upper": 10}],
        "objective": {"sense": "minimize", "expression": "x"},
    }
    assert dump_formulation(Formulation.model_validate(raw)).splitlines() == [
        "sets:",
        "  - name: S",
        "    elements: [a, b]",
        "parameters:",
        "  - name: p",
        "    index: [S]",
        "    rows:",
        "      - [a, 1]",
        "      - [b, 2.5]",
        "  - name: q",
        "    data: {table: t, column: c}",
        "variables:",
        "  - name: x",
        "    lower: null",
        "    upper: 10",
        "objective:",
        "  sense: minimize",
        "  expression: x",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the name 'a' stands twice"),
        ("a: &x [1]\nb: *x\n", "line 1: anchors and aliases"),
        ("a: 1\nb: !!python/object:os.system x\n", "line 2: the tag"),
        ("a: !!str 5\n", "line 1: the tag"),
        ("a: 1\n---\nb: 1\n", "line 2: expected one document"),
        ("a: [1\n", "not YAML"),
        ("[" * 1000, "nested deeper"),
        ('{"a":' * 60 + "1" + "}" * 60, "nested deeper"),
        ("? [1]\n: 2\n", "before the colon"),
        ('{"variables": 1, "variables": 2}', "stands twice"),
        ("hello", "expected the five elements"),
        ("", "expected the five elements"),
        (
            "variables: [{name: x, uppr: 3}]\nobjective: {sense: minimize, expression: x}",
            "variable x, field uppr: unknown field; did you mean 'upper'?",
        ),
        (
            "variables: [{name: x}]\nobjective: {sense: min, expression: 5}",
            r"objective, field sense: expected 'minimize' or 'maximize', got the text 'min' \(and 1 more fault\)",
        ),
        (SMALL + "parameters: [{name: c}]", "parameter c: expected exactly one of value, rows, expression, data"),
        (SMALL + "parameters: [{name: c, value: a}]", "parameter c, field value: expected a number or a list"),
        (SMALL + "parameters: [{name: c, value: [a]}]", "parameter c, field value: expected a finite number or nested"),
        (
            SMALL + "sets: [{name: S, elements: [1.5]}]",
            r"set S, field elements\[0\]: expected a text or a whole number",
        ),
        (SMALL + "constraints: [{expression: x >= 1}]", "constraint number 1, field name: is missing"),
        (SMALL + "constraints: [{name: x, expression: x >= 1}]", "the name 'x' stands twice: as variable and"),
        ("variables: [{name: x}]", "objective: is missing"),
        (SMALL + "parameters: 3", "field parameters: expected a list, got 3"),
    ],
)
def test_fault_is_one_sentence_that_names_the_place(text: str, message: str) -> None:
    """What is wrong in a file is said by line, or by element and field."""
    with pytest.raises(FormulationError, match=message):
        load_formulation(text)


def test_error_carries_the_element() -> None:
    """The element is on the error too, for whoever repairs it."""
    with pytest.raises(FormulationError) as caught:
        load_formulation(SMALL + "parameters: [{name: c}]")
    assert caught.value.element == "parameter c"


def test_explanation_serves_other_records() -> None:
    """A record that is no formulation is explained by the path of its fields."""

    class Reply(BaseModel):
        score: int
        parts: list[dict[str, int]]

    raw = {"score": "high", "parts": [{"a": "b"}]}
    with pytest.raises(ValidationError) as caught:
        Reply.model_validate(raw)
    expected = "field score: expected a whole number, got the text 'high' (and 1 more fault)"
    assert explain_validation(caught.value, raw) == expected


@pytest.mark.parametrize(
    "text",
    [
        SMALL,
        '{"variables": [], "objective": {}}',
        "{variables: [{name: x}], objective: {sense: minimize, expression: x}}",
        "title: t\nvariables:\n  - name: x\nobjective:\n  sense: minimise\n  expression: x\nconstraints: [",
    ],
)
def test_five_elements_are_recognised_with_their_mistakes(text: str) -> None:
    """YAML and JSON of five elements is recognised, also when it is broken further down."""
    assert looks_like_formulation(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A farm grows wheat and corn. The objective: most profit. The variables: hectares.",
        "objective: earn the most\nvariables: wheat and corn\n",
        "Objective:\n- profit\nVariables:\n- wheat\n",
        "objective:\n  as much milk as possible\nvariables:\n  cows\n",
        "{a remark in braces} We make chairs.",
    ],
)
def test_prose_is_not_taken_for_five_elements(text: str) -> None:
    """A problem in prose stays one, also when it uses the words."""
    assert not looks_like_formulation(text)


@given(formulations(), st.sampled_from(["yaml", "json"]))
def test_what_is_written_is_recognised(formulation: Formulation, form: str) -> None:
    """Whatever this module writes looks like a formulation to it."""
    assert looks_like_formulation(dump_formulation(formulation, form))  # type: ignore[arg-type]


pieces = st.sampled_from(
    [*ODD, "variables: ", "objective: ", "name: ", "\n", "  ", "- ", "{", "}", "[", "]", ": ", ","]
)


@given(st.text(max_size=60) | st.lists(pieces, max_size=30).map("".join))
def test_any_text_is_a_formulation_or_an_error_of_ours(text: str) -> None:
    """No text raises anything outside of the tree of errors."""
    try:
        load_formulation(text)
    except AgentoptError:
        return


def test_any_bytes_in_a_file_are_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No content of a file raises anything outside of the tree of errors."""
    path = tmp_path_factory.mktemp("fuzz") / "f.yaml"

    @given(st.binary(max_size=60))
    def load(content: bytes) -> None:
        path.write_bytes(content)
        with pytest.raises(AgentoptError):
            load_formulation(path)

    load()


BOUND = SMALL + "sets: [{name: S, data: {table: %s, keys: [k]}}]\n"


@pytest.mark.parametrize("name", ["t", "t.csv", "T", "sub/u", "sub/u.csv"])
def test_tables_are_found_beside_the_file(tmp_path: Path, name: str) -> None:
    """A table that the file names is looked up in its folder, with or without its ending."""
    (tmp_path / "sub").mkdir()
    for file in ("t.csv", "sub/u.csv"):
        (tmp_path / file).write_text("k\na\n")
    (tmp_path / "p.yaml").write_text(BOUND % name)
    _, tables = load_problem(tmp_path / "p.yaml")
    assert tables.find(name).columns == {"k": ["a"]}


def test_given_data_go_before_the_folder(tmp_path: Path) -> None:
    """A table that was given is taken instead of the one beside the file."""
    (tmp_path / "other").mkdir()
    (tmp_path / "t.csv").write_text("k\na\n")
    (tmp_path / "other" / "t.csv").write_text("k\nb\n")
    (tmp_path / "p.yaml").write_text(BOUND % "t")
    _, tables = load_problem(tmp_path / "p.yaml", [tmp_path / "other"])
    assert tables.find("t").columns == {"k": ["b"]}


def test_table_outside_of_the_folder_is_not_read(tmp_path: Path) -> None:
    """A file cannot make its reader open what lies outside of its folder."""
    (tmp_path / "in").mkdir()
    (tmp_path / "t.csv").write_text("k\nsecret\n")
    (tmp_path / "in" / "p.yaml").write_text(BOUND % "../t.csv")
    _, tables = load_problem(tmp_path / "in" / "p.yaml")
    assert len(tables) == 0


def test_file_that_is_not_there_is_a_file_error(tmp_path: Path) -> None:
    """A formulation that is not there is named."""
    with pytest.raises(FileError, match="no file"):
        load_formulation(tmp_path / "gone.yaml")
