"""What a server refuses is learned once and not asked again."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pydantic import BaseModel

from agentopt.errors import ProviderError
from agentopt.llm import Message, Sampling
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Refuse, Say, Status


class Point(BaseModel):
    x: int


class Free(BaseModel):
    cost: dict[str, float]


ASK = [Message("user", "Where?")]
GOOD = Say('{"x": 1}')


def _without(*settings: str) -> Any:
    """A server that refuses these fields of a request."""
    does: Any = GOOD
    for setting in settings:
        does = Refuse(setting, does)
    return lambda _: does


def test_tools_come_after_the_schema(way: Any) -> None:
    """A server without JSON schemas is asked by a forced tool, whose arguments are the reply."""
    with ModelServer(_without("response_format", "output_config")) as server:
        reply = way.complete(server, Point, messages=ASK)
    assert (reply.value, reply.usage.calls, "tools" in server.requests[1].body) == (Point(x=1), 2, True)


def test_words_come_last(way: Any) -> None:
    """A server without tools too is asked in the prompt, with the schema in it."""
    with ModelServer(_without("response_format", "output_config", "tools")) as server:
        reply = way.complete(server, Point, messages=ASK)
    last = server.requests[-1].body
    assert (reply.value, reply.usage.calls, "tools" in last) == (Point(x=1), 3, False)
    assert '"additionalProperties"' in last["messages"][-1]["content"]


def test_a_lesson_lasts_as_long_as_the_model(model_at: Any) -> None:
    """The second call begins where the first one ended."""
    with ModelServer(_without("response_format", "tools")) as server, model_at(server) as model:
        model.complete(ASK, Point)
        second = model.complete(ASK, Point)
    assert (second.usage.calls, len(server.requests)) == (1, 4)


def test_a_lesson_is_logged_once(model_at: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The log says what the server does not take."""
    with (
        ModelServer(_without("response_format")) as server,
        model_at(server) as model,
        caplog.at_level(logging.WARNING, "agentopt.llm"),
    ):
        model.complete(ASK, Point), model.complete(ASK, Point)
    assert [record.getMessage() for record in caplog.records] == [
        "openai/any takes no json_schema; it is asked without from now on"
    ]


@pytest.mark.parametrize("setting", ["temperature", "top_p"])
def test_a_refused_setting_is_left_out(plain: Any, setting: str) -> None:
    """Newer models refuse sampling settings; they are asked without."""
    with ModelServer(_without(setting)) as server:
        reply = plain.complete(server, sampling=Sampling(**{setting: 0.5}))
    assert (reply.usage.calls, setting in server.requests[1].body) == (2, False)


def test_the_other_word_for_the_length_limit_is_tried(openai_way: Any) -> None:
    """A server that refuses max_tokens gets max_completion_tokens, with the same number."""
    with ModelServer(_without("max_tokens")) as server:
        openai_way.complete(server, sampling=Sampling(max_tokens=9))
    assert server.requests[1].body["max_completion_tokens"] == 9


def test_stream_options_can_be_done_without(openai_way: Any) -> None:
    """A gateway that does not know stream_options is asked without, and tokens are estimated."""
    with ModelServer(_without("stream_options")) as server:
        assert openai_way.complete(server).usage.output_tokens == 3


def test_a_value_out_of_range_is_not_dropped(openai_way: Any) -> None:
    """A complaint about a value is the caller's to hear, not a missing ability."""
    wrong = Status(400, "Invalid 'temperature': must be between 0 and 2")
    with ModelServer([wrong, GOOD]) as server, pytest.raises(ProviderError, match="between 0 and 2"):
        openai_way.complete(server, sampling=Sampling(temperature=3))


def test_one_bad_schema_does_not_cost_the_others_theirs(model_at: Any) -> None:
    """A server that knows schemas but not this one keeps being asked natively for the rest."""
    bad = Status(400, "Invalid schema for response_format 'Free': too deep")
    with ModelServer([bad, Say('{"cost": {}}'), GOOD]) as server, model_at(server) as model:
        model.complete(ASK, Free)
        model.complete(ASK, Point)
    assert ["response_format" in one.body for one in server.requests] == [True, False, True]


def test_a_loose_schema_goes_to_anthropic_as_a_tool() -> None:
    """Where only strict schemas are native, free keys are asked for by a tool, or in words."""
    from agentopt.llm import Options, connect
    from agentopt.llm.config import Config

    with ModelServer(lambda _: Refuse("tools", Say('{"cost": {"a": 1.5}}'))) as server:
        options = Options(server.anthropic_url, Config({"ANTHROPIC_API_KEY": "k"}))
        with connect("anthropic/any", options=options) as model:
            value = model.complete(ASK, Free).value
            assert (value, ["tools" in one.body for one in server.requests]) == (Free(cost={"a": 1.5}), [True, False])


def test_a_tool_that_is_ignored_is_read_as_text(plain: Any) -> None:
    """A server that answers in words where a tool is forced is understood if the value is there."""
    said = Say('Here: {"x": 1}', as_text=True)
    with ModelServer(lambda _: Refuse("response_format", Refuse("output_config", said))) as server:
        assert plain.complete(server, Point).value == Point(x=1)


def test_an_error_that_names_nothing_sent_is_final(openai_way: Any) -> None:
    """A 400 about something else is not taken for a missing ability."""
    with ModelServer([Status(400, "user is required")]) as server, pytest.raises(ProviderError):
        openai_way.complete(server, Point)
    assert len(server.requests) == 1
