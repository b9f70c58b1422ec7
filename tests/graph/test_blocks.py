"""Functions whose inside is recorded as a block, which a trace shows folded or open."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt import backward, node, parameter, trace
from agentopt.graph import TraceGraph, error_node


@trace
def shout(text: str) -> str:
    """Make it loud."""
    return text.upper()


@trace(opaque=False)
def twice(text: Any) -> Any:
    """Shout twice."""
    return shout(text) + shout(text)


@trace(opaque=False)
def outer(text: Any) -> Any:
    """Shout four times."""
    return twice(text) + twice(text)


def blocks(graph: TraceGraph) -> list[tuple[str, ...]]:
    """Of each call."""
    return [step.blocks for step in graph.steps if step.kind == "call"]


def test_inside_is_recorded() -> None:
    """The nodes made inside are in the trace, marked with their block."""
    graph = backward(twice(parameter("a")), "x")
    assert [step.operation for step in graph.steps if step.kind == "call"] == ["shout", "shout", "add"]
    assert blocks(graph) == [("twice#1",)] * 3


def test_blocks_nest() -> None:
    """A block in a block is marked with both, and each call of it is one block."""
    graph = backward(outer(parameter("a")), "x")
    assert blocks(graph) == [*[("outer#1", "twice#1")] * 3, *[("outer#1", "twice#2")] * 3, ("outer#1",)]


def test_folded_block_is_one_line() -> None:
    """Folded, a block is one call of what came from outside, and its function is documented."""
    text = backward(outer(parameter("a", name="word")), "x").render()
    assert "add_3 = outer(text=word)  # -> 'AAAA'" in text
    assert "Shout four times." in text
    assert "shout_" not in text


def test_open_block_shows_its_inside() -> None:
    """Open, all calls are shown."""
    text = backward(outer(parameter("a", name="word")), "x").render(folded=False)
    assert "shout_4 = shout(text=word)  # -> 'A'" in text
    assert "Make it loud." in text


def test_repeated_block_is_a_line_each() -> None:
    """Each call of a block is folded by itself."""
    start = parameter("a", name="word")
    text = backward(twice(twice(start)), "x").render()
    assert "add_1 = twice(text=word)" in text
    assert "add_2 = twice(text=add_1)" in text


def test_block_with_two_results() -> None:
    """What of a block is used outside has its name on the line."""

    @trace(opaque=False)
    def split(text: Any) -> Any:
        return shout(text), text + "b"

    one, other = split(parameter("a", name="word"))
    text = backward(one + other, "x").render()
    assert "split(text=word)" in text


def test_block_stays_open_if_something_stands_between() -> None:
    """A block between whose parts something outside stands cannot be one line."""
    kept: list[Any] = []

    @trace(opaque=False)
    def begin(text: Any) -> Any:
        kept.append(shout(text))
        kept.append(trace(lambda x: x)(kept[0]))
        return kept[1] + "!"

    made = begin(parameter("a", name="word"))
    between = trace(name="between")(lambda x: x)(kept[0])
    assert "between_1" in backward(made + between, "x").render()


def test_output_inside_of_a_block_keeps_its_name() -> None:
    """Feedback on a node inside of a folded block speaks of a name that is shown."""
    kept: list[Any] = []

    @trace(opaque=False)
    def begin(text: Any) -> Any:
        kept.append(shout(text))
        return kept[0] + "!"

    from agentopt.graph import backward_all

    text = backward_all([(begin(parameter("a", name="word")), "long"), (kept[0], "loud")]).render()
    assert "shout_1, add_1 = begin(text=word)" in text
    assert "shout_1: loud" in text


def test_plain_result_comes_from_the_inputs() -> None:
    """A block that gives a plain value is known to depend on its inputs."""
    start = parameter("a")
    made = trace(opaque=False)(lambda text: len(str(text)))(start)
    assert made.data == 1
    assert backward(made, "x").parameters == (start,)


def test_returned_parameter_is_reached() -> None:
    """A block that gives back a parameter of its own is reached by feedback."""
    own = parameter("a")
    made = trace(opaque=False)(lambda: own)()
    assert made.data == "a"
    assert backward(made, "x").parameters == (own,)


def test_returned_container_is_seen_through() -> None:
    """A block may give back a container of nodes."""
    one, other = parameter("a"), parameter("b")
    made = trace(opaque=False)(lambda: {"x": one, "y": [other]})()
    assert made.data == {"x": "a", "y": ["b"]}
    assert set(backward(made, "x").parameters) == {one, other}


def test_error_inside_is_the_inner_calls() -> None:
    """An exception from a traced call inside keeps that call's node, which lies in the block."""
    start = parameter("a")
    inner = trace(lambda text: int(text))
    with pytest.raises(ValueError, match="invalid") as caught:
        trace(opaque=False)(lambda text: inner(text + "b"))(start)
    assert error_node(caught.value).operation is inner.operation
    assert backward(caught.value, "x").parameters == (start,)


def test_error_of_the_block_itself() -> None:
    """An exception between the calls of a block is the block's own."""
    start = parameter("a")

    @trace(opaque=False)
    def fail(text: Any) -> None:
        shout(text)
        raise KeyError

    with pytest.raises(KeyError) as caught:
        fail(start)
    assert error_node(caught.value).operation is fail.operation
    assert backward(caught.value, "x").parameters == (start,)


def test_old_error_does_not_stand_for_a_new_one() -> None:
    """An exception object that carries a node of an earlier call gets the block's when the block raises it."""
    error = ValueError()

    def fail(_: object) -> None:
        raise error

    with pytest.raises(ValueError):
        trace(fail)(1)
    block = trace(opaque=False)(fail)
    with pytest.raises(ValueError):
        block(node(2))
    assert error_node(error).operation is block.operation


def test_block_inside_of_an_opaque_call_is_plain() -> None:
    """Inside of an opaque function a block is the plain function."""
    assert trace(lambda text: type(twice(text)).__name__)("a").data == "str"


def test_inputs_are_as_they_were_before_the_block_ran() -> None:
    """A block that changes its argument was given what it was given."""
    values = node([1], "values")

    @trace(opaque=False)
    def push(given: Any) -> int:
        given.data.append(2)
        return 3

    assert push(values).inputs["given"].then == [1]


def test_a_folded_block_shows_what_it_was_called_with() -> None:
    """Plain arguments of a block stand on its line, and what its inside took beside them follows."""
    prompt, ticket = parameter("p", name="prompt"), "t" * 200

    @trace
    def ask(prompt: Any, ticket: Any) -> Any:
        return f"{prompt}: {ticket}"

    @trace(opaque=False)
    def handle(ticket: Any, place: int) -> Any:
        return ask(prompt, ticket)

    trace_graph = backward(handle(ticket, 3), "x")
    assert "ask_1 = handle(ticket=ticket, place=3; inside: prompt)" in trace_graph.render()
    assert f"ticket = {ticket!r}" in trace_graph.render()
    assert type(trace_graph).from_json(trace_graph.to_json()).render() == trace_graph.render()


def test_a_folded_block_documents_what_it_calls() -> None:
    """Folded, the functions inside of a block are documented with it: they are what takes the parameters."""

    @trace
    def ask(prompt: Any) -> Any:
        """Ask a model."""
        return prompt

    @trace(opaque=False)
    def handle(prompt: Any) -> Any:
        """Handle it."""
        return ask(prompt)

    text = backward(handle(parameter("p", name="prompt")), "x").render()
    assert [words in text for words in ("Handle it.", "Ask a model.")] == [True, True]
