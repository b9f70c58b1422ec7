"""backward: which parameters and steps lead to an output, in which order, and at what cost."""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Feedback, Node, backward, node, parameter, trace
from agentopt.errors import InputError, TraceError
from agentopt.graph import backward_all
from agentopt.graph.propagation import sweep
from tests.graph.dags import Plan, build, plans


@trace
def f(x: Any, y: Any = 0) -> Any:
    """Give back the first."""
    return x


@given(plans())
def test_parameters_are_the_trainable_ancestors(plan: Plan) -> None:
    """Exactly the trainable parameters from which the output can be reached are found, each once."""
    built = build(plan)
    last = len(built.nodes) - 1
    found = backward(built.nodes[last], "x").parameters
    assert sorted(map(id, found)) == sorted(
        id(built.nodes[place]) for place in built.ancestors(last) if built.trainable(place)
    )


@given(plans())
def test_steps_are_the_minimal_subgraph(plan: Plan) -> None:
    """Of the nodes that were built exactly those between trainable parameters and the output are swept."""
    built = build(plan)
    last = len(built.nodes) - 1
    swept = set(map(id, sweep([built.nodes[last].recorded()])))
    places = {place for place, made in enumerate(built.nodes) if id(made.recorded()) in swept}
    equal = {id(built.nodes[place].recorded()) for place in built.minimal(last)}
    assert {id(built.nodes[place].recorded()) for place in places} == equal


@given(plans())
def test_parents_come_before_children(plan: Plan) -> None:
    """Every step stands behind all of its parents, and its name is its own."""
    graph = backward(build(plan).nodes[-1], "x")
    seen: set[str] = set()
    for step in graph.steps:
        assert {parent for _, parent in step.parents} <= seen
        assert step.name not in seen
        seen.add(step.name)


@given(plans(), st.data())
def test_several_outputs_keep_their_feedback(plan: Plan, data: st.DataObject) -> None:
    """Several outputs give the union of their subgraphs, and each keeps what was said of it."""
    built = build(plan)
    places = data.draw(st.lists(st.integers(0, len(built.nodes) - 1), min_size=1, max_size=4))
    graph = backward_all([(built.nodes[place], f"said {number}") for number, place in enumerate(places)])
    wanted = set().union(*(backward(built.nodes[place], "x").parameters for place in places))
    assert set(graph.parameters) == wanted
    assert [said.text for _, said in graph.feedback] == [f"said {number}" for number in range(len(places))]
    names: dict[int, str] = {}
    for place, (name, _) in zip(places, graph.feedback, strict=True):
        assert names.setdefault(id(built.nodes[place].recorded()), name) == name


def test_feedback_reaches_only_ancestors() -> None:
    """A parameter that did not feed the output receives no feedback."""
    used, _unused = parameter("a"), parameter("b")
    assert backward(f(used), "x").parameters == (used,)


def test_side_inputs_are_inputs() -> None:
    """What no trainable parameter led to is shown as an input where it is used, without how it was made."""
    start = parameter("a", name="start")
    side = node("b", "side") + "c"
    graph = backward(start + side, "x")
    assert [(step.name, step.kind) for step in graph.steps] == [
        ("start", "parameter"),
        ("y", "input"),
        ("add_1", "call"),
    ]


def test_output_without_parameters_is_shown() -> None:
    """Where nothing trainable led to an output, the trace still shows the output."""
    graph = backward(node("a") + "b", "long")
    assert graph.parameters == ()
    assert [(step.kind, step.value) for step in graph.steps] == [("input", "ab")]
    assert graph.feedback == ((graph.steps[0].name, Feedback("long")),)


def test_feedback_on_a_parameter() -> None:
    """A parameter may be the output itself."""
    start = parameter("a")
    assert backward(start, "x").parameters == (start,)


def test_backward_twice_gives_the_same() -> None:
    """backward takes nothing from the graph: once more gives the same trace."""
    made = f(parameter("a"))
    assert backward(made, "x") == backward(made, "x")


def test_two_feedbacks_on_one_output_accumulate() -> None:
    """Two feedbacks on one output both stay."""
    made = f(parameter("a"))
    graph = backward_all([(made, "long"), (made, Feedback("late", 0.5, {"speed": 1}))])
    assert [(name, str(said)) for name, said in graph.feedback] == [
        ("f_1", "long"), ("f_1", "[score 0.5, speed 1] late"),
    ]  # fmt: skip
    assert graph.outputs == ("f_1",)


def test_two_versions_of_one_parameter() -> None:
    """A trace over two versions of a parameter shows both, and the parameter once."""
    start = parameter("a", name="start")
    first = f(start)
    start.set("b")
    graph = backward(first + f(start), "x")
    assert graph.parameters == (start,)
    assert {name: version.number for name, version in graph.versions.items()} == {"start_version_0": 0, "start": 1}


@pytest.mark.parametrize("said", ["text", 0.5, 1, Feedback("a", 1.0, {"b": 2})])
def test_feedback_is_words_a_score_or_both(said: Any) -> None:
    """Feedback is given as text, as a score or as a Feedback."""
    (_, kept), = backward(f(parameter("a")), said).feedback  # fmt: skip
    assert kept == Feedback.of(said)


@pytest.mark.parametrize("said", [None, True, ["a"], float("nan"), float("inf")])
def test_other_feedback_is_refused(said: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(InputError):
        backward(f(parameter("a")), said)


@pytest.mark.parametrize("made", [{"objectives": {"a": float("nan")}}, {"text": 3}, {"score": True}, {"score": "1"}])
def test_feedback_is_checked(made: dict[str, Any]) -> None:
    """A feedback holds text and finite numbers."""
    with pytest.raises(InputError):
        Feedback(**made)


@pytest.mark.parametrize("output", ["text", None, ValueError("from elsewhere")])
def test_other_outputs_are_refused(output: Any) -> None:
    """An output is a node, or an exception that left a traced call."""
    with pytest.raises(TraceError, match="exception that left a traced call"):
        backward(output, "x")


def chain(start: Any, n: int) -> Node[Any]:
    """n calls in a row."""
    made = start
    for number in range(n):
        made = f(made, number)
    return made  # type: ignore[no-any-return]


def test_long_chain_does_not_recurse() -> None:
    """A chain of 100 000 calls is swept within a small stack."""
    start = parameter("a")
    made = chain(start, 100_000)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(min(limit, 300))
    try:
        assert len(sweep([made])) == 100_001
        assert len(backward(made, "x").render()) < 20_000
    finally:
        sys.setrecursionlimit(limit)


class Counting(tuple[Any, ...]):
    """A tuple that counts how often it is gone through."""

    count = 0

    def __iter__(self) -> Any:
        for one in super().__iter__():
            type(self).count += 1
            yield one


def test_each_edge_is_looked_at_a_fixed_number_of_times() -> None:
    """In a graph whose ways are many, as in diamonds, each edge is looked at twice at most."""
    one: Any = parameter("a")
    other: Any = parameter("b")
    made, n_edges = [], 0
    for _ in range(200):
        one, other = f(one, other), f(other, one)
        made += [one, other]
        n_edges += 4
    for node_of in made:
        node_of._parents = Counting(node_of._parents)
    Counting.count = 0
    assert len(sweep([one])) == 401
    assert Counting.count <= 2 * n_edges


@pytest.mark.parametrize("number", [np.float32(0.5), np.float64(0.5), np.array(0.5), Fraction(1, 2), Decimal("0.5")])
def test_numbers_of_any_kind_are_kept_as_float(number: Any) -> None:
    """Scores and objectives may be numbers of numpy, fractions and the like, and are floats afterwards."""
    kept = Feedback(score=number, objectives={"speed": number})
    assert (type(kept.score), type(kept.objectives["speed"])) == (float, float)
    assert kept == Feedback(score=0.5, objectives={"speed": 0.5})
    assert Feedback.of(number) == Feedback(score=0.5)


@pytest.mark.parametrize("number", ["1", b"1", True, np.bool_(True), np.str_("1"), 1j, np.array([1, 2]), 10**400, [1]])
def test_what_is_no_number_is_refused(number: Any) -> None:
    """Anything else is refused, as score and as objective, and the sentence names float(x)."""
    with pytest.raises(InputError, match=r"as score of a feedback, got .*; pass float\(x\)$"):
        Feedback(score=number)
    with pytest.raises(InputError, match=r"as objective 'score' of a feedback, got .*; pass float\(x\)$"):
        Feedback(score=1, objectives={"score": number})


def test_objectives_alone_are_no_score() -> None:
    """How much each objective counts is the user's to say."""
    assert Feedback(objectives={"speed": 1}).score is None


def test_outputs_in_a_list_say_what_to_do() -> None:
    """A list of outputs is refused with both ways to give several."""
    with pytest.raises(TraceError, match=r"got list; several outputs go to backward_all\(.* by node\(\[\.\.\.\]\)$"):
        backward([f(parameter("a"))], "x")  # type: ignore[arg-type]
