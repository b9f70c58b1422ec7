"""A corpus of files that are wrong, odd or hostile: each ends in an answer or in one sentence, and soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agentopt.errors import AgentoptError
from agentopt.solvers.modeling.solving import solve
from agentopt.testing import ScriptedModel

FOLDER = Path(__file__).parent / "fuzz"
SOON_S = 20
"""Several times what the slowest file takes on a busy machine."""

# What a file ends in: the start of the sentence after the file's name, or the outcome of an answer.
ENDS = {
    "aliases.yaml": "line 1: anchors and aliases (& and *) are not read",
    "blank.yaml": "is empty",
    "bom.yaml": "optimal",
    "constraint_named_as_variable.yaml": "the name 'x' stands twice: as variable and as constraint",
    "crlf.yaml": "optimal",
    "crossed_bounds.yaml": "infeasible",
    "cyclic_sets.yaml": "set A: computed from itself: A <- B <- A",
    "deep.json": "nested too deep",
    "deep_brackets.yaml": "objective: not an expression: too many nested parentheses",
    "deep_functions.yaml": "objective: not an expression: too many nested parentheses",
    "deep_yaml.yaml": "line 2: nested deeper than",
    "digits.json": "parameter p, field value: expected a finite number or a list",
    "division_by_zero.yaml": "objective: division by zero",
    "duplicate_name.yaml": "the name 'x' stands twice: as set and as variable",
    "empty_computed_set.yaml": "infeasible",
    "empty_set.yaml": "set S: the set is empty",
    "escape_in_meaning.yaml": "optimal",
    "expression_is_a_list.yaml": "objective, field expression: expected a text",
    "huge_member.yaml": "set S, field elements[0]: expected a text or a whole number",
    "huge_number.yaml": "parameter p, field value: expected a finite number or a list",
    "huge_row.yaml": "parameter p, field rows[0][1]: expected",
    "index_named_as_set.yaml": "objective: 'S' is a set; take another index name",
    "infinite_bound.yaml": "variable x, upper bound: expected a number, an expression, or null for no bound",
    "integers_beyond_a_float.yaml": "too large: give numbers below",
    "keys_of_a_trillion.yaml": "variable x: more than 50000000 keys",
    "latin1.yaml": "is no UTF-8 text (byte 0xf6 in line 1); save it as UTF-8",
    "list.yaml": "asked for one more",
    "long_sum.yaml": "optimal",
    "lookalike_name.yaml": "objective: unknown name 'х'; known: x",
    "loop_of_a_trillion.yaml": "constraint c: the loops have",
    "mixed_members.yaml": "set S: expected members of one length, got lengths [1, 2]",
    "nan.json": "variable x, upper bound: expected a number, an expression, or null for no bound",
    "nan_value.yaml": "parameter p, field value: expected a number",
    "negative_root.yaml": "parameter p: (-8) ** 0.5 is no real number",
    "norway.yaml": "optimal",
    "null_fields.yaml": "asked for one more",
    "old_mac.yaml": "optimal",
    "overflow.yaml": "objective: a coefficient is no finite number",
    "overflow_sum.yaml": "constraint c: sum(...) is no finite number",
    "power_tower.yaml": "parameter p: the result is too large for a number",
    "python_call.yaml": "objective: methods and attributes are outside of the expression language",
    "python_tag.yaml": "line 2: the tag tag:yaml.org,2002:python/object/apply:",
    "ragged_table.yaml": "ragged_table.csv, line 3: expected 2 cells",
    "range_of_a_trillion.yaml": "set S: the expression gives more than 10000000 members",
    "repeated_key.yaml": "line 4: the name 'objective' stands twice in one mapping",
    "reserved_name.yaml": "variable sum, field name: 'sum' is a word of the expression language",
    "self_reference.yaml": "parameter p: computed from itself: p <- p",
    "square_of_a_long_sum.yaml": "optimal",
    "strict_bound.yaml": "constraint c: '<' cannot stand in a constraint",
    "tab.yaml": "line 2: not YAML",
    "table_in_another_encoding.yaml": "is no UTF-8 text (byte 0xfc in line 2); save it as UTF-8",
    "table_of_one_line.yaml": "set S: the set is empty",
    "table_of_words.yaml": "parameter p: expected a number in column 'p', got the text 'one'",
    "table_outside.yaml": "set S: no table '../../../../pyproject.toml'",
    "table_that_is_itself.yaml": "set S: no table 'table_that_is_itself.yaml'",
    "table_with_a_repeated_key.yaml": "parameter p: the key 'a' stands twice",
    "table_with_an_absolute_path.yaml": "set S: no table '/etc/passwd'",
    "table_with_an_open_quote.yaml": "table_with_an_open_quote.csv, line 2: not readable as a table",
    "table_with_huge_keys.yaml": "optimal",
    "table_with_huge_numbers.yaml": "parameter p: expected a number in column 'p', got the text '1e999'",
    "table_with_infinity.yaml": "parameter p: expected a number in column 'p'",
    "text_and_number.yaml": "set S: its members: 1 stands both as a number and as the text '1'",
    "trailing_comma.json": "optimal",
    "truncated.json": "line 1, column 79: not JSON",
    "unicode_name.yaml": "variable größe, field name: expected a name of letters a-z",
    "unit_clash.yaml": "constraint c: x is m but p is kg",
    "utf16.yaml": "is written in UTF-16; save it as UTF-8",
    "wide_digit.yaml": "objective: not an expression: invalid character",
    "words.txt": "asked for one more",
    "zero_byte.yaml": "is binary (it holds a zero byte)",
}


def test_every_file_of_the_corpus_has_its_end() -> None:
    """No file lies there untested."""
    files = {path.name for path in FOLDER.iterdir() if path.suffix != ".csv" and path.name != ".gitattributes"}
    assert files == ENDS.keys()


@pytest.mark.parametrize("name", ENDS)
def test_a_strange_file_ends_well(name: str) -> None:
    """A solution, or one sentence of our own that names the place; never a traceback, a hang or a guess."""
    started = time.perf_counter()
    try:
        end = solve(FOLDER / name, model=ScriptedModel([]), time_limit_s=2).termination_condition
    except AgentoptError as error:
        end = str(error)  # type: ignore[assignment]
    assert ENDS[name] in end
    assert "\n" not in end
    assert time.perf_counter() - started < SOON_S
