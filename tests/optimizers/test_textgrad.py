"""Textual gradients: which calls are made, in which order, and what reaches the parameters."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable

import pytest

from agentopt import node, parameter, trace
from agentopt.errors import AuthError, InputError
from agentopt.llm import Message
from agentopt.optimizers import TextGrad
from agentopt.testing import ScriptedModel
from tests.optimizers.program import Program, reply


@trace
def draft(prompt: str) -> str:
    """Write a draft."""
    return f"draft of {prompt}"


@trace
def polish(prompt: str, text: str) -> str:
    """Polish a draft."""
    return f"{prompt}: {text}"


@trace
def join(left: str, right: str) -> str:
    """Put two texts together."""
    return f"{left} {right}"


def commenting(answer: Callable[[str, list[str]], dict[str, str]], then: str) -> Callable[[tuple[Message, ...]], str]:
    """A model that comments on inputs by a function of call and inputs, and then gives new values."""

    def speak(messages: tuple[Message, ...]) -> str:
        text = messages[-1].text
        asked = re.search(r"You may comment on: (.*)\.", text)
        if asked is None:
            return then
        call = text.partition("# Call\n")[2].split("\n")[0]
        said = answer(call, asked[1].split(", "))
        return json.dumps({"comments": [{"input": name, "comment": words} for name, words in said.items()]})

    return speak


def every(words: str) -> Callable[[str, list[str]], dict[str, str]]:
    return lambda call, inputs: {name: f"{words} by {call.split(' ')[0]}" for name in inputs}


def criticism(model: ScriptedModel) -> str:
    return model.requests[-1].messages[1].text.partition("# Criticism")[2]


def test_one_call_for_each_traced_call_and_one_for_the_values() -> None:
    """A chain of two traced calls takes two calls for comments and one for new values."""
    first, second = parameter("a", name="first"), parameter("b", name="second")
    model = ScriptedModel(commenting(every("better"), reply({"first": "c"})))
    optimizer = TextGrad([first, second], model)
    optimizer.backward(polish(second, draft(first)), "dull")
    step = optimizer.step()
    assert (step.outcome, first.data, len(model.requests), step.usage.calls) == ("applied", "c", 3, 3)


def test_comments_are_passed_on_from_call_to_call() -> None:
    """What is said of a call's input is the feedback of the call that made it."""
    first = parameter("a", name="first")
    model = ScriptedModel(commenting(every("better"), reply({"first": "c"})))
    optimizer = TextGrad([first], model)
    optimizer.backward(polish("p", draft(first)), "dull")
    optimizer.step()
    assert "- better by polish_1" in model.requests[1].messages[1].text
    assert "first:\n- better by draft_1" in criticism(model)


def test_operators_pass_feedback_on_without_a_call() -> None:
    """An operator between parameter and output costs no call."""
    first = parameter("a", name="first")
    model = ScriptedModel([reply({"first": "c"})])
    optimizer = TextGrad([first], model)
    optimizer.backward((first + "b").upper(), "dull")
    optimizer.step()
    assert "first:\n- dull" in criticism(model)


def test_a_node_used_twice_collects_both_comments() -> None:
    """A parameter that feeds two calls has the comments of both."""
    first = parameter("a", name="first")
    model = ScriptedModel(commenting(every("better"), reply({"first": "c"})))
    optimizer = TextGrad([first], model)
    optimizer.backward(join(draft(first), polish(first, "x")), "dull")
    optimizer.step()
    assert [name in criticism(model) for name in ("better by draft_1", "better by polish_1")] == [True, True]


def test_a_call_waits_for_all_that_use_it() -> None:
    """A value used by a near and by a far call is commented on once, with the words of both."""
    first = parameter("a", name="first")
    model = ScriptedModel(commenting(every("better"), reply({"first": "c"})))
    optimizer = TextGrad([first], model)
    middle = draft(first)
    optimizer.backward(join(polish("p", middle), middle), "dull")
    optimizer.step()
    asked = [request.messages[1].text for request in model.requests if "draft_1 = " in request.messages[1].text]
    drafted = [text for text in asked if "# Call\ndraft_1" in text]
    assert [len(drafted), "by join_1" in drafted[0], "by polish_1" in drafted[0]] == [1, True, True]


def test_an_input_that_is_fine_stops_the_way_back() -> None:
    """Without a comment on its output a call is not asked about."""
    first = parameter("a", name="first")
    second = parameter("b", name="second")
    model = ScriptedModel(
        commenting(lambda call, inputs: {"second": "bolder"} if "polish" in call else {}, reply({"second": "c"}))
    )
    optimizer = TextGrad([first, second], model)
    optimizer.backward(polish(second, draft(first)), "dull")
    optimizer.step()
    assert ("first:" in criticism(model), len(model.requests)) == (False, 2)


def test_a_comment_on_what_was_not_asked_is_left_out() -> None:
    """A comment for a name that is no input of the call reaches nothing."""
    first = parameter("a", name="first")
    model = ScriptedModel(commenting(lambda call, inputs: {"other": "x", "first": "y", "": "z"}, reply({"first": "c"})))
    optimizer = TextGrad([first], model)
    optimizer.backward(draft(first), "dull")
    optimizer.step()
    assert criticism(model).split("You may")[0].strip() == "first:\n- y"


def test_calls_of_one_depth_run_side_by_side() -> None:
    """Two independent calls are asked about at the same time."""
    both = threading.Barrier(2, timeout=60)

    def answer(call: str, inputs: list[str]) -> dict[str, str]:
        if call.startswith("draft"):
            both.wait()
        return dict.fromkeys(inputs, "better")

    first = parameter("a", name="first")
    model = ScriptedModel(commenting(answer, reply({"first": "c"})))
    optimizer = TextGrad([first], model)
    optimizer.backward(join(draft(first), draft(first)), "dull")
    assert optimizer.step().outcome == "applied"


def test_the_order_of_comments_does_not_depend_on_who_ends_first() -> None:
    """Prompts are the same however the calls of one depth overtake each other."""

    def asked(parallel: int) -> str:
        first = parameter("a", name="first")
        model = ScriptedModel(commenting(every("better"), reply({"first": "c"})))
        optimizer = TextGrad([first], model, parallel=parallel)
        optimizer.backward(join(draft(first), polish(first, node("x"))), "dull")
        optimizer.step()
        return criticism(model)

    assert len({asked(parallel) for parallel in (1, 2, 8)}) == 1


def test_too_many_calls_are_refused_before_the_first() -> None:
    """A trace that would take more calls than allowed costs none."""
    first = parameter("a", name="first")
    model = ScriptedModel([])
    optimizer = TextGrad([first], model, max_calls=2)
    out = draft(draft(draft(first)))
    optimizer.backward(out, "dull")
    with pytest.raises(InputError, match="takes 3 model calls, the limit is 2"):
        optimizer.step()
    assert (model.requests, optimizer.steps[0].outcome) == ([], "failed")


def test_several_outputs_are_passed_back_together(program: Program) -> None:
    """Two outputs with feedback of their own both reach the parameter."""
    model = ScriptedModel(commenting(every("better"), reply({"times": 3})))
    optimizer = TextGrad(program.parameters, model)
    optimizer.backward(program.run(), "first words")
    optimizer.backward(program.run(), "second words")
    optimizer.step()
    assert [f"better by speak_{number}" in criticism(model) for number in (1, 2)] == [True, True]


def test_a_failed_call_is_commented_on() -> None:
    """An exception's node is passed back like any output."""

    @trace
    def half(n: int) -> float:
        """Half of it."""
        return 1 / n

    n = parameter(0, name="n")
    model = ScriptedModel(commenting(every("larger"), reply({"n": 1})))
    optimizer = TextGrad([n], model)
    with pytest.raises(ZeroDivisionError) as caught:
        half(n)
    optimizer.backward(caught.value, "must not fail")
    assert (optimizer.step().outcome, n.data) == ("applied", 1)
    assert "ZeroDivisionError" in model.requests[0].messages[1].text


def test_a_part_of_a_container_knows_what_it_is() -> None:
    """What is said of a container is passed on to its parts with the place of each."""
    first = parameter("a", name="first")
    model = ScriptedModel([reply({"first": "c"})])
    optimizer = TextGrad([first], model)
    optimizer.backward(node({"title": first + "!", "n": 1}), "the title is dull")
    optimizer.step()
    assert "of the whole, of which this is ['title']: the title is dull" in criticism(model)


def test_after_a_failure_no_further_call_is_begun() -> None:
    """When one call of a depth fails, those that wait behind it are not made."""
    first = parameter("a", name="first")

    def refuse(messages: tuple[Message, ...]) -> str:
        if "# Call\njoin" in messages[-1].text:
            return json.dumps({"comments": [{"input": f"draft_{n}", "comment": "better"} for n in (1, 2, 3, 4)]})
        raise AuthError("no key")

    many = trace(lambda *texts: " ".join(texts), name="join")
    model = ScriptedModel(refuse)
    optimizer = TextGrad([first], model, parallel=1)
    optimizer.backward(many(*(draft(first) for _ in range(4))), "dull")
    with pytest.raises(AuthError):
        optimizer.step()
    assert len(model.requests) == 2
