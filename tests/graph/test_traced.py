"""Traced functions: what a call records, whatever it is called with and whatever kind of callable it is."""

from __future__ import annotations

import functools
import inspect
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import backward, node, parameter, trace
from agentopt.errors import TraceError
from agentopt.graph import Node, error_node


@trace
def everything(a: object, /, b: object, *rest: object, c: object = 3, **more: object) -> tuple[object, ...]:
    """Give back every argument."""
    return (a, b, rest, c, more)


def passed(thing: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as others write it."""

    @functools.wraps(thing)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return thing(*args, **kwargs)

    return wrapper


@trace
def upper(text: str) -> str:
    """Make it loud."""
    return text.upper()


def test_inputs_are_named_by_parameter() -> None:
    """Arguments, *args, **kwargs and defaults are recorded by name."""
    made = everything(1, 2, 4, 5, extra=6)
    assert {name: value.data for name, value in made.inputs.items()} == {
        "a": 1, "b": 2, "rest_0": 4, "rest_1": 5, "extra": 6, "c": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((1,), {"b": 2}), ((1, 2), {}), ((1, 2, 3), {"c": 4}), ((1,), {"b": 2, "a": 9}), ((1, 2, 3), {"rest_0": 5})],
)
def test_every_shape_of_call_has_one_name_for_each_input(args: tuple[int, ...], kwargs: dict[str, int]) -> None:
    """Names of inputs are distinct and fit the nodes, also where **kwargs clashes with another name."""
    made = everything(*args, **kwargs)
    given_values = [*args, *kwargs.values()]
    assert [parent.data for parent in made.inputs.values()][: len(given_values)] == given_values
    assert made.data == everything.__wrapped__(*args, **kwargs)


@given(st.lists(st.integers(), min_size=2, max_size=5), st.dictionaries(st.text(max_size=6), st.integers(), max_size=4))
def test_any_call_is_recorded_whole(args: list[int], kwargs: dict[str, int]) -> None:
    """Whatever the call, the value is the function's, and every argument is an input."""
    kwargs.pop("b", None)
    made = everything(*args, **kwargs)
    assert made.data == everything.__wrapped__(*args, **kwargs)
    assert sorted(parent.data for parent in made.inputs.values()) == sorted(
        [*args, *kwargs.values(), *([] if "c" in kwargs else [3])]
    )


def test_function_gets_plain_values() -> None:
    """Nodes are unwrapped, also inside of containers and among keyword arguments."""

    @trace
    def kinds(*things: object, **more: object) -> list[str]:
        return [type(thing).__name__ for thing in (*things, *more.values())]

    assert kinds(node(1), "a", x=node(2.0)).data == ["int", "str", "float"]
    assert trace(lambda pair: type(pair[0]).__name__)([node(1)]).data == "int"


def test_call_gives_a_node_with_its_parents() -> None:
    """A call gives a node whose parents are the nodes that it was given."""
    text = node("a")
    assert upper(text).parents == (text,)
    assert upper(text).operation is upper.operation


def test_inputs_are_those_of_the_call() -> None:
    """A later call does not touch what an earlier one recorded."""
    first, second = upper("a"), upper("b")
    assert (first.inputs["text"].data, second.inputs["text"].data) == ("a", "b")


def test_containers_are_seen_through() -> None:
    """A list of nodes as an argument makes them ancestors."""
    start = parameter("a")
    made = trace(lambda texts: "".join(texts))([start, "b"])
    assert made.data == "ab"
    assert backward(made, "x").parameters == (start,)


def test_default_may_be_a_parameter() -> None:
    """A parameter as a default is an input."""
    start = parameter("a")

    def shout(text: Any = start) -> str:
        return f"{text}!"

    made = trace(shout)()
    assert made.data == "a!"
    assert backward(made, "x").parameters == (start,)


def test_inside_is_opaque() -> None:
    """A traced function called in another gives plain values, and one node comes out."""

    @trace
    def outer(text: str) -> str:
        inner = upper(text)
        assert type(inner) is str
        return inner + "!"

    made = outer(node("a", "text"))
    assert made.data == "A!"
    assert [parent.label for parent in made.parents] == ["text"]


def test_opaque_three_deep() -> None:
    """Nesting does not matter."""
    second = trace(lambda text: upper(text) + "2")
    third = trace(lambda text: second(text) + "3")
    assert third("a").data == "A23"


@pytest.mark.parametrize(
    "call", [lambda: upper(), lambda: upper(1, 2), lambda: upper(wrong=1), lambda: upper("a", x=2)]
)
def test_wrong_call_fails_as_python_does(call: Callable[[], object]) -> None:
    """A call that does not fit raises Python's TypeError, which carries a node."""
    with pytest.raises(TypeError) as caught:
        call()
    assert error_node(caught.value).operation is upper.operation


def test_wrong_call_reaches_parameters() -> None:
    """Feedback on a call that did not fit reaches what it was called with."""
    start = parameter("a")
    with pytest.raises(TypeError) as caught:
        upper(start, start, args_0=start)
    assert backward(caught.value, "x").parameters == (start,)


@pytest.mark.parametrize(
    ("function", "argument", "value"),
    [
        (len, [1, 2], 2), (json.dumps, {"a": 1}, '{"a": 1}'), (functools.partial(int, base=2), "101", 5),
        (lambda x: x + 1, 1, 2), (functools.lru_cache(abs), -3, 3), (str.upper, "a", "A"),
        ("a-b".split, "-", ["a", "b"]),
    ],
)  # fmt: skip
def test_any_callable_is_traced(function: Callable[..., Any], argument: Any, value: object) -> None:
    """Built-in functions, lambdas, partials, cached functions and bound methods can be traced."""
    start = parameter(argument)
    made = trace(function)(start)
    assert made.data == value
    assert backward(made, "x").parameters == (start,)


def test_partial_is_called_after_its_function() -> None:
    """A partial function has its function's name and documentation in traces."""
    graph = backward(trace(functools.partial(upper.__wrapped__))(parameter("a")), "x")
    assert "upper(text: str)" in graph.render()
    assert "Make it loud." in graph.render()


def test_callable_object_is_traced() -> None:
    """An object with __call__ is traced under the name of its class."""

    class Doubler:
        def __call__(self, x: int) -> int:
            return 2 * x

    made = trace(Doubler())(node(2, "x"))
    assert made.data == 4
    assert made.operation is not None
    assert made.operation.name == "Doubler"


def test_lambda_is_named_so() -> None:
    """A lambda given inline is called lambda, or by the name it is given."""
    assert trace(lambda x: x).operation.name == "lambda"
    assert trace(name="double")(lambda x: 2 * x).operation.name == "double"


def test_under_another_decorator() -> None:
    """A decorator above @trace sees a function, and its calls are recorded."""
    shout = passed(trace(lambda text: text + "!"))
    text = node("a")
    assert shout(text).parents == (text,)


def test_above_another_decorator() -> None:
    """@trace above another decorator records the decorated function by its own names."""
    shout = trace(passed(upper.__wrapped__))
    assert list(shout(node("a")).inputs) == ["text"]


def test_above_a_decorator_that_adds_an_argument() -> None:
    """Where the signature that a decorator claims does not fit, calls are recorded all the same."""

    @functools.wraps(upper.__wrapped__)
    def twice(text: str, times: int) -> str:
        return text * times

    made = trace(twice)("a", 2)
    assert made.data == "aa"
    assert list(made.inputs) == ["args_0", "args_1"]


def test_cached_traced_function_gives_the_same_node() -> None:
    """lru_cache above @trace keeps nodes."""
    cached = functools.lru_cache(upper)
    assert cached("a") is cached("a")


def test_keeps_what_the_function_says_of_itself() -> None:
    """Name, docstring and signature are the function's."""
    assert (upper.__name__, upper.__doc__) == ("upper", "Make it loud.")  # type: ignore[attr-defined]
    assert list(inspect.signature(upper).parameters) == ["text"]


def test_traced_function_is_pickled_by_name() -> None:
    """A traced function crosses to another process as any function does."""
    assert pickle.loads(pickle.dumps(upper)) is upper


@pytest.mark.parametrize("thing", [3, "text", node(len)])
def test_what_cannot_be_called_is_refused(thing: Any) -> None:
    """Only functions and classes are traced."""
    with pytest.raises(TraceError, match="expected a function or a class"):
        trace(thing)


def test_traced_twice_is_refused() -> None:
    """Tracing a traced function again is a mistake."""
    with pytest.raises(TraceError, match="traced already"):
        trace(upper)


def test_builtin_class_is_refused() -> None:
    """A built-in class cannot be made a module; the message says what to do."""
    with pytest.raises(TraceError, match="trace a function that calls it"):
        trace(dict)


def test_trainable_block_is_refused() -> None:
    """Learned code has no inside to be seen."""
    with pytest.raises(TraceError, match="opaque"):
        trace(trainable=True, opaque=False)(upper.__wrapped__)


def test_parameter_of_a_function_that_is_not_trainable() -> None:
    """Asking a plain traced function for its code parameter says how to have one."""
    with pytest.raises(TraceError, match=r"@trace\(trainable=True\)"):
        _ = upper.parameter


def test_view_of_a_dict_becomes_a_list() -> None:
    """keys() and the like come back as lists, which can be kept."""
    assert trace(lambda d: d.keys())({"a": 1}).data == ["a"]


def test_returned_nodes_are_unwrapped() -> None:
    """A function that gives back a node it was given, in a container or not, gives its value."""
    start = node("a")

    @trace
    def same(text: str) -> Any:
        return [start], start

    assert isinstance(same(start), Node)
    assert same(start).data == (["a"], "a")


@pytest.mark.parametrize("name", ["__init__", "__len__", "__iter__", "__repr__", "__bool__", "__index__", "__await__"])
def test_method_of_which_python_needs_a_plain_value_is_refused(name: str) -> None:
    """A method whose result Python takes as a plain value only is refused where it is decorated."""

    def method(self: object) -> None: ...

    method.__name__ = method.__qualname__ = name
    with pytest.raises(TraceError, match=f"^Python needs a plain value from {name}; trace a function that it calls"):
        trace(method)


def test_other_special_methods_are_traced() -> None:
    """Calls, operators and generators may give nodes."""

    class Thing:
        @trace
        def __call__(self, x: int) -> int:
            return x + 1

        @trace
        def __add__(self, x: int) -> int:
            return x + 2

        @trace
        def __iter__(self) -> Iterator[int]:
            yield 3

        @trace
        def __contains__(self, x: int) -> bool:
            return x == 4

    thing = Thing()
    assert [thing(0).data, (thing + 0).data, *(one.data for one in thing)] == [1, 2, 3]
    assert 4 in thing
    assert 5 not in thing
