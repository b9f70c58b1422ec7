"""JSON is found in what a model says around it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.llm.scan import json_values

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_NODES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
_VALUES = st.lists(_NODES, max_size=3) | st.dictionaries(st.text(), _NODES, max_size=3)
_PROSE = st.text(st.characters(exclude_characters='[]{}"'), max_size=20)


@given(st.lists(st.tuples(_PROSE, _VALUES), min_size=1, max_size=4), _PROSE)
def test_every_value_between_prose_is_found(pieces: list[tuple[str, Any]], end: str) -> None:
    """Objects and arrays come out as they went in, whatever stands between them."""
    text = "".join(f"{prose} {json.dumps(value)} " for prose, value in pieces) + end
    assert [json.loads(found.text) for found in json_values(text)] == [value for _, value in pieces]


@given(_NODES)
def test_a_text_that_is_one_value_counts_whole(value: Any) -> None:
    """A bare value, a number or a string too, is found if it is all there is."""
    assert [json.loads(found.text) for found in json_values(f"\ufeff {json.dumps(value)}\n")] == [value]


@pytest.mark.parametrize("text", ["", "no", '{"a": 1', "{'a': 1}", '{"a": 1,}', '{"a": "x\ny"}', "```json\n{"])
def test_what_is_not_balanced_json_is_not_found(text: str) -> None:
    """Cut, single-quoted or otherwise broken JSON is never mended."""
    assert json_values(text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a": NaN}', "NaN"),
        ("[1, -Infinity]", "-Infinity"),
        ('{"a": 1e999}', "1e999"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
    ],
)
def test_what_only_python_takes_for_json_is_named(text: str, fault: str) -> None:
    """Numbers that are not finite, and keys given twice, are found with the fault said."""
    assert fault in json_values(f"so: {text}.")[0].fault


def test_what_stands_inside_a_value_is_not_another() -> None:
    """Only outermost values count, so nothing is taken out of its wrapping in silence."""
    assert [found.text for found in json_values('{"answer": {"x": 1}}')] == ['{"answer": {"x": 1}}']


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 100_000, "[1," * 100_000, "}]" * 100_000])
def test_hostile_text_takes_bounded_time(text: str) -> None:
    """Rows of brackets that never close do not take quadratic time."""
    start = time.process_time()
    json_values(text)
    assert time.process_time() - start < 5
