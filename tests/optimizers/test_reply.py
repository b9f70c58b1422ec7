"""Replies: the type that is asked for, and the judgement of every part of what comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import parameter, trace
from agentopt.errors import DomainError
from agentopt.graph import Choice, Data, Integer, Real, Text, Version
from agentopt.llm import decode as decode_text
from agentopt.optimizers.proposal import Provenance
from agentopt.optimizers.reply import Candidate, Read, Reply, decode, read, reply_type

CODE = '''
def double(x):
    """Twice x."""
    return x + x
'''


def versions(**made: Any) -> dict[str, Version[Any]]:
    return {name: one.version for name, one in made.items()}


def some() -> dict[str, Version[Any]]:
    return versions(
        words=parameter("say {this}", name="words"),
        n=parameter(3, Integer(1, 9), name="n"),
        rate=parameter(0.5, Real(0, 1), name="rate"),
        mode=parameter("a", Choice(("a", "b")), name="mode"),
        pair=parameter((1, "x"), name="pair"),
    )


def judged(edits: list[Any], known: dict[str, Version[Any]] | None = None) -> Read:
    answer = Reply(analysis="", candidates=[Candidate(reason="r", edits=edits)])
    return read(answer, known or some(), Provenance("m"))


def edit(name: str, value: Any) -> dict[str, Any]:
    return {"parameter": name, "value": value}


def values(result: Read) -> dict[str, Any]:
    return {one.name: value for one, value in result.proposals[0].changes.items()}


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("words", "tell {this}", "tell {this}"),
        ("n", 4, 4),
        ("n", 4.0, 4),
        ("rate", 1, 1.0),
        ("mode", "b", "b"),
        ("pair", [2, "y"], (2, "y")),
    ],
)
def test_values_come_back_in_their_type(name: str, raw: Any, value: Any) -> None:
    """A value is read as its parameter's domain has it, with its exact type."""
    got = values(judged([edit(name, raw)]))[name]
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("words", "no place for it", "this"),
        ("words", 5, "text"),
        ("n", 10, "9"),
        ("n", "4", "whole number"),
        ("n", True, "whole number"),
        ("n", None, "whole number"),
        ("n", "", "whole number"),
        ("rate", 2.5, "1"),
        ("mode", "c", "a"),
        ("pair", [1], "pair"),
    ],
)
def test_values_outside_are_refused_by_name(name: str, raw: Any, said: str) -> None:
    """A value outside of the domain is refused under its parameter's name, with the reason."""
    result = judged([edit(name, raw)])
    assert (result.proposals, result.rejected[0].parameter) == ((), name)
    assert said in str(result.rejected[0])


def test_an_unknown_parameter_is_refused() -> None:
    """A name that is no parameter's is refused with those that there are."""
    assert "words, n, rate, mode, pair" in judged([edit("m", 1)]).rejected[0].reason


@pytest.mark.parametrize("shape", [3, None, "words", [], {}, {"value": 1}, {"parameter": ["n"], "value": 1}])
def test_a_misshapen_edit_is_refused(shape: Any) -> None:
    """What is no edit is refused, and the reply is still judged to its end."""
    result = judged([shape, edit("n", 4)])
    assert [one.parameter for one in result.rejected] == ["edit 1"]


def test_a_missing_value_is_refused_by_name() -> None:
    """An edit without a value is refused under its parameter's name."""
    assert judged([{"parameter": "n"}]).rejected[0].parameter == "n"


def test_the_same_edit_twice_counts_once() -> None:
    """A repeated equal edit is one edit."""
    assert values(judged([edit("n", 4), edit("n", 4)])) == {"n": 4}


def test_two_different_edits_of_one_parameter_are_refused() -> None:
    """A parameter that a candidate edits twice, differently, is refused by name."""
    assert "twice" in judged([edit("n", 4), edit("n", 5)]).rejected[0].reason


def test_a_candidate_is_taken_whole_or_not_at_all() -> None:
    """One refused edit costs its candidate, for the edits were made for each other."""
    assert judged([edit("n", 4), edit("rate", 7)]).proposals == ()


def test_one_bad_candidate_does_not_cost_the_others() -> None:
    """Candidates are judged apart."""
    answer = Reply(analysis="", candidates=[Candidate(reason="", edits=[edit(*e)]) for e in [("n", 0), ("n", 4)]])
    result = read(answer, some(), Provenance("m"))
    assert (len(result.proposals), len(result.rejected)) == (1, 1)


def test_the_present_value_is_no_change() -> None:
    """An edit to the value that stands already changes nothing, which is said if there is nothing else."""
    result = judged([edit("n", 3)])
    assert result.proposals == ()
    assert "no edit that changes anything" in result.rejected[0].reason


def test_nothing_to_change_is_a_field_of_its_own() -> None:
    """The word for stopping is not looked for in texts: a prompt may hold any word."""
    result = judged([edit("words", "TERMINATE {this} nothing_to_change")])
    assert (len(result.proposals), result.nothing_to_change) == (1, "")


def test_a_patch_changes_a_part() -> None:
    """A list of replacements is applied to the present text."""
    assert values(judged([edit("words", [{"find": "say", "replace": "shout"}])])) == {"words": "shout {this}"}


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ([], "empty list"),
        ([{"find": "sing", "replace": ""}], "0 times"),
        ([{"find": "", "replace": "x"}], "empty"),
        ([{"find": "say"}], "find, replace"),
        ([{"find": 1, "replace": "x"}], "texts"),
        (["say"], "find, replace"),
        ([{"find": "{this}", "replace": "that"}], "this"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(patch: list[Any], said: str) -> None:
    """A patch that is empty, finds nothing, or breaks the domain is refused with the reason."""
    assert said in judged([edit("words", patch)]).rejected[0].reason


def test_code_is_patched_and_checked() -> None:
    """A patch of code gives a whole source, which has to keep the function's contract."""
    space: dict[str, Any] = {}
    exec(CODE, space)
    double = trace(trainable=True, source=CODE)(space["double"])
    known = versions(double=double.parameter)
    good = judged([edit("double", [{"find": "x + x", "replace": "2 * x"}])], known)
    bad = judged([edit("double", [{"find": "(x)", "replace": "(x, y)"}])], known)
    assert ("2 * x" in values(good)["double"], "parameters (x)" in bad.rejected[0].reason) == (True, True)


def test_a_list_value_of_data_is_no_patch() -> None:
    """Lists of replacements are for texts and code only."""
    known = versions(items=parameter([1], Data(list[int]), name="items"))
    assert values(judged([edit("items", [1, 2])], known)) == {"items": [1, 2]}


def test_the_schema_says_what_each_parameter_takes() -> None:
    """The reply's schema has an edit for each parameter, with its own kind of value."""
    schema = json.dumps(reply_type(some()).model_json_schema())
    assert [part in schema for part in ('"const": "n"', '"enum": ["a", "b"]', '"const": "words"')] == [True] * 3


def test_one_parameter_needs_no_union() -> None:
    """A reply for a single parameter has a schema too."""
    assert "rate" in json.dumps(reply_type(versions(rate=some()["rate"].parameter)).model_json_schema())


@pytest.mark.parametrize(
    "text",
    [
        '{"analysis": "", "candidates": [{"reason": "", "edits": [{"parameter": "n", "value": 4}]}]}',
        'Sure!\n```json\n{"analysis": "", "candidates": [{"reason": "", "edits": '
        '[{"parameter": "n", "value": 4}]}]}\n```\nHope it helps',
        'As {asked}: {"analysis": "{\\"n\\": 1}", "candidates": [{"reason": "", "edits": '
        '[{"parameter": "n", "value": 4}]}]} Done.',
    ],
)
def test_fenced_and_wrapped_replies_are_read(text: str) -> None:
    """The JSON is found in a fence and between other words."""
    known = some()
    assert values(read(decode_text(text, reply_type(known)), known, Provenance())) == {"n": 4}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["words", "n", "rate", "mode", "pair", "other", ""])
PATCH = st.lists(
    st.fixed_dictionaries({"find": st.sampled_from(["say", " ", "{", "z"]), "replace": st.text(max_size=4)}), max_size=2
)
EDITS = st.lists(st.fixed_dictionaries({"parameter": NAMES, "value": JSON | PATCH}) | JSON, max_size=4)


@given(st.lists(EDITS, max_size=3))
def test_random_replies_are_judged_to_the_end(candidates: list[list[Any]]) -> None:
    """Whatever comes, every proposal is in its domains and changes something, and what is refused has a reason."""
    known = some()
    answer = Reply(analysis="", candidates=[Candidate(reason="", edits=edits) for edits in candidates])
    result = read(answer, known, Provenance())
    for proposal in result.proposals:
        assert proposal.changes
        for one, value in proposal.changes.items():
            one.domain.check(value)
            assert value != one.data or type(value) is not type(one.data)
    assert all(one.reason and one.parameter for one in result.rejected)
    assert result.proposals or result.rejected


@given(JSON)
def test_decoding_gives_a_value_or_a_domain_error(raw: Any) -> None:
    """Decoding never fails in another way than by saying that a value is outside of its domain."""
    for version in some().values():
        try:
            value = decode(raw, version)
        except DomainError:
            continue
        version.parameter.domain.check(value)


def test_text_without_placeholders_may_be_anything() -> None:
    """A text domain without a pattern takes every text."""
    known = versions(free=parameter("a", Text(), name="free"))
    assert values(judged([edit("free", "{not json")], known)) == {"free": "{not json"}
