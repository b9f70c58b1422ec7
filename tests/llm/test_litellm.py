"""litellm, for the providers that only it reaches, held to the same errors as the SDKs."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest
from pydantic import BaseModel

from agentopt.errors import (
    AuthError,
    ConfigError,
    ContextLengthError,
    EmptyReplyError,
    LLMError,
    ModelTimeout,
    NotAnApiError,
    QuotaError,
    RateLimitError,
    RefusalError,
    TruncatedError,
)
from agentopt.llm import Config, Message, Options, RetryPolicy, Sampling, connect
from agentopt.llm.provider import KNOWN, Provider
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import (
    CutBody,
    Disconnect,
    Drip,
    EchoKey,
    Hang,
    Html,
    NoChoice,
    Refuse,
    Say,
    Status,
)

pytestmark = [
    pytest.mark.skipif(find_spec("litellm") is None, reason="litellm is not installed"),
    # litellm leaves coroutines and sockets of its own behind, whatever is asked of it.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
ASK = [Message("user", "Where?")]
KEY = "sk-litellm-0123456789"


class Point(BaseModel):
    x: int


def _complete(server: ModelServer, reply: Any = None, **call: Any) -> Any:
    """One call through litellm, which is made to reach the loopback server as if it were OpenAI's."""
    config = Config({"OPENAI_API_KEY": KEY}, providers={**KNOWN, "openai": Provider("openai", "litellm")})
    options = Options(server.openai_url, config, RetryPolicy(3, 0.002, 0.5))
    with connect("openai/any", options=options) as model:
        return model.complete(ASK, reply, **call)


def test_text_and_usage_come_through() -> None:
    """A reply is the server's text with the server's token counts."""
    with ModelServer([Say("\u00fcber\n", input_tokens=123, output_tokens=45)]) as server:
        reply = _complete(server)
    assert (reply.text, reply.usage.input_tokens, reply.usage.output_tokens) == ("\u00fcber\n", 123, 45)


def test_a_type_comes_back() -> None:
    """A native schema is sent on and its answer decoded."""
    with ModelServer([Say('{"x": 1}')]) as server:
        assert _complete(server, Point).value == Point(x=1)


def test_a_server_without_schemas_is_still_understood() -> None:
    """Below native schemas come tools where litellm can send them, else words."""
    with ModelServer(lambda _: Refuse("response_format", Say('{"x": 1}'))) as server:
        assert _complete(server, Point).value == Point(x=1)


@pytest.mark.parametrize(
    "passing",
    [Status(429, headers={"retry-after": "0"}), Status(500), Disconnect(early=True), CutBody()],
    ids=lambda behaviour: type(behaviour).__name__,
)
def test_what_may_pass_is_tried_again_once_a_try(passing: Any) -> None:
    """The next try counts, and litellm adds none of its own."""
    with ModelServer([passing, Say("good")]) as server:
        reply = _complete(server)
    assert (reply.text, reply.usage.calls, len(server.requests)) == ("good", 2, 2)


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (EchoKey(), AuthError),
        (Status(429, code="insufficient_quota"), QuotaError),
        (Status(429, headers={"retry-after": "90"}), RateLimitError),
        (Status(400, "maximum context length is 10 tokens"), ContextLengthError),
        (Html(), NotAnApiError),
        (NoChoice(), EmptyReplyError),
        (Say("half", finish="length"), TruncatedError),
        (Say("half", finish="filter"), RefusalError),
        (Say("no", finish="refusal"), RefusalError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_hopeless_faults_fail_at_once(behaviour: Any, error: type[LLMError]) -> None:
    """An error that cannot pass comes after one request, as the class that names it, without the key."""
    with ModelServer([behaviour, Say("never")]) as server, pytest.raises(LLMError) as caught:
        _complete(server)
    assert (type(caught.value), len(server.requests), KEY in str(caught.value)) == (error, 1, False)


@pytest.mark.parametrize("stall", [Hang(), Drip()], ids=["hang", "drip"])
def test_the_deadline_is_for_the_whole_call(stall: Any) -> None:
    """A server that is silent, or only keeps the connection alive, is given up at the deadline."""
    with ModelServer([stall]) as server, pytest.raises(ModelTimeout):
        _complete(server, sampling=Sampling(timeout_s=0.3))


def test_an_unknown_provider_is_named() -> None:
    """What nobody reaches is refused with what to do."""
    model = connect("nowhere/any", options=Options(config=Config({})))
    with pytest.raises(ConfigError, match=r"unknown provider 'nowhere'.*base_url"):
        model.complete(ASK)


PROGRAM = """
import asyncio, json, sys
from agentopt.errors import LLMError
from agentopt.llm import Config, Message, Options, RetryPolicy, Sampling, connect_async
from agentopt.llm.provider import KNOWN, Provider
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Hang, Say, Status

async def go(server):
    config = Config({"OPENAI_API_KEY": "k"}, providers={**KNOWN, "openai": Provider("openai", "litellm")})
    async with connect_async("openai/any", options=Options(server.openai_url, config, RetryPolicy(2, 0.001))) as model:
        first = await model.complete([Message("user", "x")], list[int])
        try:
            await model.complete([Message("user", "x")], sampling=Sampling(timeout_s=0.3))
        except LLMError as error:
            return [first.value, first.usage.calls, type(error).__name__]

with ModelServer([Status(500), Say('{"value": [1]}'), Hang()]) as server:
    print(json.dumps(asyncio.run(go(server))))
"""


def test_the_asyncio_twin_behaves_alike() -> None:
    """Types, retries and the deadline work under asyncio; standard output holds our words only."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.returncode) == (json.dumps([[1], 2, "ModelTimeout"]) + "\n", 0), done.stderr
