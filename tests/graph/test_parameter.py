"""Parameters: values with a domain and a history."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import backward, parameter, trace
from agentopt.errors import DomainError, InputError, TraceError
from agentopt.graph import Choice, Integer, Parameter


def test_first_version_is_the_humans() -> None:
    """A parameter begins with version 0, by a human, made from nothing."""
    start = parameter("a", name="start", description="a word")
    (version,) = start.versions
    assert (version.number, version.data, version.author, version.parent) == (0, "a", "human", None)
    assert (start.name, start.description, start.trainable, start.data) == ("start", "a word", True, "a")


def test_set_makes_a_version() -> None:
    """A new value is a new version that says who made it from which and why."""
    start = parameter("a")
    version = start.set("b", author="model:m", reason="better")
    assert (version.number, version.parent, version.author, version.reason) == (1, 0, "model:m", "better")
    assert start.data == "b"


def test_equal_value_is_no_version() -> None:
    """Setting what stands there already changes nothing; another type is another value."""
    start = parameter(1, Choice((1, True)))
    assert start.set(1) is start.versions[0]
    assert start.set(True).number == 1


def test_refused_value_changes_nothing() -> None:
    """A value outside the domain is refused, and the parameter stays as it was."""
    start = parameter(3, Integer(0, 5))
    with pytest.raises(DomainError):
        start.set(9)
    assert (start.data, len(start.versions)) == (3, 1)


def test_first_value_is_checked() -> None:
    """A parameter cannot begin outside its domain."""
    with pytest.raises(DomainError):
        parameter(9, Integer(0, 5))


def test_undo_goes_to_the_parent() -> None:
    """undo goes back to the version from which the current one was made, which need not be the one before."""
    start = parameter("a")
    start.set("b")
    start.set("c", parent=0)
    assert start.undo().data == "a"
    with pytest.raises(InputError, match="nothing to undo"):
        start.undo()


def test_use_goes_to_any_version() -> None:
    """use goes to a version by its number; the others stay."""
    start = parameter("a")
    start.set("b")
    start.use(0)
    assert (start.data, len(start.versions)) == ("a", 2)
    for number in (-1, 2):
        with pytest.raises(InputError, match="versions 0 to 1"):
            start.use(number)


def test_best_has_the_highest_score() -> None:
    """best is the version with the highest score, the earliest of equals; None before any was scored."""
    start = parameter("a")
    assert start.best is None
    start.version.score = 1
    start.set("b").score = 2
    start.set("c").score = 2
    assert start.best is start.versions[1]


def test_lineage() -> None:
    """lineage goes from the current version to the first."""
    start = parameter("a")
    start.set("b")
    start.set("c", parent=0)
    start.set("d")
    assert [version.data for version in start.lineage()] == ["d", "c", "a"]


def test_diff_shows_the_change() -> None:
    """diff compares the current version with its parent, or any two."""
    start = parameter("a\nb\n", name="text")
    start.set("a\nc\n")
    assert "-b\n+c\n" in start.diff()
    assert "-c\n+b\n" in start.diff(1, 0)
    with pytest.raises(InputError):
        start.diff(0, 7)


def test_trace_keeps_the_old_version() -> None:
    """A trace shows the value that was used, though the parameter has another now."""
    start = parameter("a")
    made = trace(lambda text: text + "!")(start)
    start.set("b")
    graph = backward(made, "x")
    assert [step.value for step in graph.steps] == ["a", "a!"]
    assert graph.parameters == (start,)
    assert graph.versions == {"text": start.versions[0]}


def test_change_in_place_is_a_version() -> None:
    """A value that was changed in place is a new version when it is next used, and the old one shows as it was."""
    start = parameter([1])
    first = trace(len)(start)
    start.data.append(2)
    second = trace(len)(start)
    assert (first.inputs["obj"], second.inputs["obj"]) == start.versions
    assert [version.then for version in start.versions] == [[1], [1, 2]]
    assert start.versions[1].reason == "changed in place"


def test_going_back_past_a_change_in_place() -> None:
    """A version that is used again means the value that it had."""
    start = parameter([1])
    start.data.append(2)
    assert start.recorded() is start.version
    assert start.use(0).data == [1]


def test_call_that_changes_a_parameter_in_place() -> None:
    """A call that changes a parameter's value was given the old version, and the next one gets a new version."""
    start = parameter([1])
    push = trace(lambda given: given.append(2))
    made = push(start)
    assert made.inputs["given"].then == [1]
    assert start.recorded().then == [1, 2]


def test_untrainable_is_never_among_the_parameters() -> None:
    """trainable=False is recorded as an input, and never a parameter of a trace."""
    fixed, free = parameter("a", trainable=False, name="fixed"), parameter("b")
    graph = backward(fixed + free, "x")
    assert graph.parameters == (free,)
    assert graph["fixed"].kind == "input"
    assert backward(fixed + "c", "x").parameters == ()


def test_disconnected_parameters_are_left_out() -> None:
    """A parameter that did not feed the output is not in its trace."""
    used, _unused = parameter("a"), parameter("b")
    assert backward(used + "c", "x").parameters == (used,)


def test_copies_are_independent() -> None:
    """A copy has the history and goes its own way."""
    start = parameter("a", name="start", description="d", trainable=False)
    start.set("b").score = 2.0
    for copied in (copy.copy(start), copy.deepcopy(start), pickle.loads(pickle.dumps(start))):
        assert isinstance(copied, Parameter)
        assert [(one.data, one.score, one.label) for one in copied.versions] == [
            ("a", None, "start"),
            ("b", 2.0, "start"),
        ]
        assert (copied.name, copied.description, copied.trainable) == ("start", "d", False)
        copied.set("c")
        assert start.data == "b"
        assert copied.version.parameter is copied


def test_copied_version_belongs_to_the_copied_parameter() -> None:
    """Copying a structure of a parameter and a version of it keeps them together."""
    start = parameter("a")
    copied, version = copy.deepcopy([start, start.version])
    assert version.parameter is copied  # type: ignore[attr-defined]


def test_renaming_names_all_versions() -> None:
    """A new name is that of all versions."""
    start = parameter("a", name="one")
    start.set("b")
    start.name = "two"
    assert [version.label for version in start.versions] == ["two", "two"]


def test_function_is_refused() -> None:
    """A function's code is made a parameter in another way, and the message says which."""
    with pytest.raises(TraceError, match=r"@trace\(trainable=True\)"):
        parameter(len)


def test_nodes_in_the_value_are_unwrapped() -> None:
    """A parameter of a node has its value."""
    assert parameter(parameter("a")).data == "a"


def test_unnamed_parameter_is_called_after_its_argument() -> None:
    """A parameter without a name is shown under that of the argument as which it was first passed."""
    assert backward(trace(lambda greeting: greeting)(parameter("a")), "x").steps[0].name == "greeting"


@given(st.lists(st.tuples(st.sampled_from(["set", "undo", "use"]), st.integers(0, 9)), max_size=20))
def test_history_only_grows(moves: list[tuple[str, int]]) -> None:
    """Whatever is done, versions keep their numbers and values, and the current one is among them."""
    start: Any = parameter(0)
    seen = [0]
    for move, number in moves:
        if move == "set":
            version = start.set(number)
            if version.number == len(seen):
                seen.append(number)
        elif move == "undo" and start.version.parent is not None:
            start.undo()
        elif move == "use" and number < len(start.versions):
            start.use(number)
        assert [version.data for version in start.versions] == seen
        assert [version.number for version in start.versions] == list(range(len(seen)))
        assert start.version is start.versions[start.version.number]
        assert start.data == start.version.data


def test_change_in_place_that_leaves_the_domain() -> None:
    """A value that was changed in place to one outside of the domain is refused when it is used, and no version."""
    numbers = parameter([1], name="numbers")
    numbers.data.append("7")
    with pytest.raises(DomainError, match=r"^the parameter 'numbers' was changed in place and left .*use\(0\)$") as no:
        trace(lambda given: given)(numbers)
    with pytest.raises(TraceError):
        backward(no.value, "x")
    assert len(numbers.versions) == 1
    numbers.use(0)
    assert trace(lambda given: given)(numbers).data == [1]


@pytest.mark.parametrize("name", ["data", "value", "then"])
def test_assignment_says_what_to_do(name: str) -> None:
    """A value that is assigned to a parameter is refused, and nothing changes."""
    prompt = parameter("a", name="prompt")
    with pytest.raises(TraceError, match=rf"^the parameter 'prompt' has no {name} to assign; .* with set\(value\)$"):
        setattr(prompt, name, "b")
    assert prompt.data == "a"
