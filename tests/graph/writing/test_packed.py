"""Traces that leave the process and come back."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Module, Node, node, parameter, trace
from agentopt.errors import TraceError
from agentopt.graph import Parameter, backward_all, using
from agentopt.graph.nodes import Node as AnyNode
from agentopt.graph.propagation import Output
from agentopt.graph.writing.packed import pack, unpack
from agentopt.graph.writing.shared import Shared
from agentopt.optimizers import OptoPrime
from agentopt.testing import ScriptedModel
from tests.graph.dags import Plan, build, plans


class Tone(StrEnum):
    """A text that is one of a few."""

    WARM = "warm"


class Client:
    """An object that is no data."""


@dataclass
class Answer:
    """A record."""

    text: str
    sure: float


@trace
def shout(text: Any, *rest: Any) -> str:
    """Say it loud."""
    return f"{text}!{len(rest)}"


@trace
def fail(text: str) -> str:
    """Fail."""
    raise ValueError(f"no {text}")


@trace
def note(notes: list[str], text: str) -> int:
    """Change a list in place."""
    notes.append(text)
    return len(notes)


@trace
def wrap(text: str) -> Answer:
    """Give a record."""
    return Answer(text, 0.5)


@trace(opaque=False)
def twice(text: Any, client: Any) -> Any:
    """Shout twice."""
    return shout(shout(text, client), client)


@trace(trainable=True)
def double(n: int) -> int:
    """Twice n."""
    return n * 2


@trace
class Desk(Module):
    """Holds a prompt of its own."""

    def __init__(self) -> None:
        self.prompt = parameter("Be kind.")

    @trace
    def answer(self, question: str) -> str:
        """Answer."""
        return f"{self.prompt} {question}"


def keys_of(*parameters: Parameter[Any]) -> dict[str, Parameter[Any]]:
    return {f"p{place}": one for place, one in enumerate(parameters)}


def again(
    outputs: list[Output], parameters: dict[str, Parameter[Any]], shared: Shared | None = None
) -> list[AnyNode[Any]]:
    """The outputs, packed and unpacked."""
    known = [one.version for one in parameters.values()]
    text = pack(outputs, {id(one): key for key, one in parameters.items()}, known)
    return unpack(text, parameters, {key: one.version for key, one in parameters.items()}, shared)


def assert_reads_alike(outputs: list[Output], parameters: dict[str, Parameter[Any]]) -> None:
    live = backward_all([(output, f"feedback {place}") for place, output in enumerate(outputs)])
    back = backward_all([(one, f"feedback {place}") for place, one in enumerate(again(outputs, parameters))])
    assert back.to_json() == live.to_json()
    assert back.render() == live.render()
    assert [(id(one.parameter), one.number) for one in back.reached] == [
        (id(one.parameter), one.number) for one in live.reached
    ]


def cases() -> dict[str, Any]:
    """Outputs and the parameters in them, for every kind of node that a trace shows."""
    greeting = parameter("Hello", name="greeting")
    unnamed = parameter("Hi")
    fixed = parameter("a text that is never changed by anybody at all", name="fixed", trainable=False)
    client, long = Client(), "a long text that is passed again and again and again " * 3
    made: dict[str, Any] = {
        "a call": ([shout(greeting)], [greeting]),
        "no name": ([shout(unnamed) + shout("x", unnamed)], [unnamed]),
        "objects": ([shout(shout(greeting, client), client, Client())], [greeting]),
        "long texts": ([shout(shout(greeting, long), long, str(long))], [greeting]),
        "odd constants": ([shout(greeting, Tone.WARM, 10**60, 1.5, None, b"x", 2j, deque([1]), {3, 1})], [greeting]),
        "containers": ([shout({"a": [greeting, 1]}, [shout(greeting)])], [greeting]),
        "records": ([shout(wrap(greeting))], [greeting]),
        "not trainable": ([shout(greeting, fixed)], [greeting]),
        "nothing trainable": ([shout("x", fixed), node("y")], [greeting]),
        "a label": ([shout(node(shout(greeting).data, name="half"), greeting)], [greeting]),
        "blocks": ([twice(greeting, client) + twice(twice(greeting, 1), client)], [greeting]),
        "code": ([double(3) + double(4)], [double.parameter]),
        "operators": ([(greeting + "x")[1:3] * 2, greeting.upper()], [greeting]),
    }
    desk = Desk()
    made["methods"] = ([desk.answer("who?") + desk.answer(shout(greeting))], [desk.prompt, greeting])
    notes = node(["first"])
    made["changed in place"] = ([shout(note(notes, greeting), notes)], [greeting])
    try:
        fail(shout(greeting))
    except ValueError as error:
        made["failed"] = ([error], [greeting])
    made["surrogates"] = ([shout(greeting, "\ud800" * 50)], [greeting])
    later = parameter("one", name="later")
    first = shout(later)
    later.set("two")
    made["an old version"] = ([first + shout(later), first], [later])
    return made


@pytest.mark.parametrize("name", list(cases()))
def test_a_trace_reads_the_same_after_packing(name: str) -> None:
    """Feedback on unpacked outputs gives the same trace as on the live ones."""
    outputs, parameters = cases()[name]
    assert_reads_alike(outputs, keys_of(*parameters))


@given(plans())
def test_any_trace_reads_the_same_after_packing(plan: Plan) -> None:
    """The law holds for graphs of any shape."""
    nodes = build(plan).nodes
    found = [one for one in nodes if isinstance(one, Parameter)]
    assert_reads_alike(nodes[-3:], keys_of(*found))


def test_functions_of_one_name_stay_apart_over_several_traces() -> None:
    """Traces that are packed one by one read together as the live ones do."""
    greeting = parameter("Hello", name="greeting")

    @trace(name="shout")
    def other(text: str) -> str:
        """Another shout."""
        return text

    outputs = [shout(greeting), other(greeting), shout(other(greeting)), twice(greeting, 1)]
    back = [again([output], keys_of(greeting))[0] for output in outputs]
    live = backward_all([(output, "so") for output in outputs])
    assert backward_all([(one, "so") for one in back]).to_json() == live.to_json()


def prompt_of(outputs: list[Any], parameters: list[Parameter[Any]]) -> list[str]:
    """What OptoPrime asks after these outputs of several runs."""
    optimizer = OptoPrime(parameters, ScriptedModel([]))
    for place, output in enumerate(outputs):
        optimizer.backward(output, f"feedback {place}")
    return [message.text for message in optimizer.prompt(1).messages]


THINGS = 11
CALLS = st.tuples(st.sampled_from(["shout", "twice", "wrap"]), st.integers(0, THINGS - 1), st.integers(0, THINGS - 1))


@given(st.lists(st.lists(CALLS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_traces_that_are_read_together_show_what_was_never_packed(runs: list[list[tuple[str, int, int]]]) -> None:
    """Packed run by run and unpacked together, several runs give the very prompt that the live ones give."""
    greeting, unnamed, later = parameter("Hello", name="greeting"), parameter("Hi"), parameter("one", name="later")
    old = later.version
    later.set("two")
    fixed = parameter("a text that is never changed by anybody at all", name="fixed", trainable=False)
    given_once = [greeting, unnamed, fixed, Client(), "a long text that all runs are given " * 3, 10**60]
    given_once += [node(Client(), name="client"), node(["a", "rule"], name="rules"), node([Client()], name="clients")]
    parameters, outputs = [greeting, unnamed, later], []
    for number, calls in enumerate(runs):
        # The last are given anew to each run, and what is equal there is not the same.
        things = [*given_once, ["equal", "rows"], node(f"{number}: a text of one run alone", name="own")]
        with using({later: old}) if number % 2 else using({}):
            output = shout(greeting, later)
            for kind, one, other in calls:
                output = shout(output, things[one], things[other]) if kind == "shout" else twice(output, things[one])
                output = wrap(output) if kind == "wrap" else output
        outputs.append(output)
    shared = Shared()
    back = [again([output], keys_of(*parameters), shared)[0] for output in outputs]
    assert prompt_of(back, parameters) == prompt_of(outputs, parameters)


def test_a_model_of_several_runs_is_one_input() -> None:
    """The case that the law was made for, in the words that a reader sees."""
    greeting, model = parameter("Hello", name="greeting"), node(ScriptedModel([]), name="model")
    shared = Shared()
    back = [again([shout(greeting, model, item)], keys_of(greeting), shared)[0] for item in (1, 2, 3)]
    inputs = backward_all([(one, "so") for one in back]).view().inputs
    assert inputs == "model = ScriptedModel('scripted/model')"


def test_objects_of_one_run_that_read_alike_stay_apart() -> None:
    """Two clients without a name of their own are two in every run, and the same two."""
    greeting, first, second = parameter("Hello", name="greeting"), Client(), Client()
    shared = Shared()
    back = [again([twice(shout(greeting, first), second)], keys_of(greeting), shared)[0] for _ in range(2)]
    graph = backward_all([(one, "so") for one in back])
    assert [step.name for step in graph.steps if step.kind == "input"] == ["rest_0", "rest_0_2"]


def test_large_data_of_which_only_the_ends_are_known_stays_apart() -> None:
    """Two tables whose ends are alike may differ in their middle."""
    greeting = parameter("Hello", name="greeting")
    tables = [node(dict.fromkeys(range(200000), middle), name="table") for middle in ("one", "two")]
    shared = Shared()
    back = [again([shout(greeting, table)], keys_of(greeting), shared)[0] for table in tables]
    graph = backward_all([(one, "so") for one in back])
    assert [step.name for step in graph.steps if step.kind == "input"] == ["table", "table_2"]


def test_a_parameter_without_a_key_is_an_input() -> None:
    """A trainable parameter of another optimizer is shown, and cannot be changed."""
    greeting, other = parameter("Hello", name="greeting"), parameter(3, name="other")
    (back,) = again([shout(shout(greeting), shout(other), other)], keys_of(greeting))
    graph = backward_all([(back, "so")])
    assert graph.parameters == (greeting,)
    assert graph.view().inputs == "rest_0 = '3!0'\nother = 3"


def test_a_version_elsewhere_is_made_of_what_was_written() -> None:
    """A version that is not the one of the run comes along with its value."""
    greeting = parameter("Hello", name="greeting")
    old = shout(greeting)
    greeting.set("Hi")
    text = pack([old], {id(greeting): "g"})
    elsewhere = parameter("Hello", name="greeting")
    assert elsewhere.versions[0].then == "Hello"
    (back,) = unpack(text, {"g": elsewhere}, {})
    assert backward_all([(back, "so")]).to_json() == backward_all([(old, "so")]).to_json()


def test_a_trace_under_chosen_versions_names_them() -> None:
    """Inside of `using` the chosen version is the one that is named."""
    greeting = parameter("Hello", name="greeting")
    other = greeting.add("Hi")
    with using({greeting: other}):
        text = pack([shout(greeting)], {id(greeting): "g"}, [other])
    (back,) = unpack(text, {"g": greeting}, {"g": other})
    assert backward_all([(back, "so")]).reached == (other,)


def test_a_long_chain_is_packed_without_recursion() -> None:
    """Depth is no limit."""
    x: Node[Any] = parameter(1.0, name="x")
    start = x
    for _ in range(20_000):
        x = x + 1
    assert len(backward_all([(again([x], {"x": start})[0], "so")])) == 20_001


LEAVES = st.none() | st.integers() | st.text(max_size=5)
NESTED = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner))


@given(NESTED)
def test_text_that_is_no_trace_is_refused(data: Any) -> None:
    """Whatever stands in a hostile file ends in one kind of error."""
    with pytest.raises(TraceError):
        unpack(json.dumps(data), {}, {})


@given(st.data())
def test_a_damaged_trace_is_refused_or_read(data: st.DataObject) -> None:
    """A trace in which anything was replaced gives nodes or a TraceError, and nothing else."""
    greeting = parameter("Hello", name="greeting")
    packed = json.loads(pack([twice(greeting, Client())], {id(greeting): "g"}))
    path = data.draw(st.sampled_from(list(places(packed))))
    target = packed
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = data.draw(st.sampled_from([None, -1, 10**9, "x", [], {}, [[]], True, 1.5]))
    try:
        unpack(json.dumps(packed), {"g": greeting}, {"g": greeting.version})
    except TraceError:
        return


def places(data: Any, path: tuple[Any, ...] = ()) -> Any:
    """Every place in nested data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))
