"""What the SDKs make of a server, good or bad, comes out as a reply or as the right error."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from agentopt.errors import (
    AuthError,
    ContextLengthError,
    EmptyReplyError,
    LLMError,
    ModelTimeout,
    NotAnApiError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusalError,
    TransportError,
    TruncatedError,
)
from agentopt.llm import Message, Sampling
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import (
    Body,
    CutBody,
    Disconnect,
    Drip,
    EchoKey,
    ErrorInStream,
    Hang,
    Html,
    NoChoice,
    Say,
    Status,
    StreamWithoutFinish,
)


class Point(BaseModel):
    x: int
    label: str = "none"


def test_text_comes_through_unchanged(way: Any) -> None:
    """A reply is the text that the server sent, line ends inside of it included."""
    text = "a\u2028b\u0085c\r\nd \U0001f600 \x1e e\n"
    with ModelServer([Say(text, pieces=7)]) as server:
        assert way.complete(server).text == text


def test_usage_is_the_servers(way: Any) -> None:
    """Tokens are those that the server counted, in streams too."""
    with ModelServer([Say("x", input_tokens=123, output_tokens=45)]) as server:
        usage = way.complete(server).usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens, usage.cost_usd) == (1, 123, 45, 0.0)


def test_typed_reply_by_native_schema(way: Any) -> None:
    """A type is asked for in the provider's own strict schema, which the server checks, and comes back."""
    with ModelServer([Say('{"x": 3, "label": "p"}')]) as server:
        reply = way.complete(server, Point)
    assert (reply.value, len(server.requests)) == (Point(x=3, label="p"), 1)


def test_system_messages_and_sampling_are_sent(way: Any) -> None:
    """Each provider gets the system text and the length limit in its own words."""
    with ModelServer([Say("x")]) as server:
        way.complete(server, sampling=Sampling(max_tokens=77, stop=("END",)))
    body = server.requests[0].body
    if way.provider == "openai":
        wanted = ("Be brief.", 77, ["END"])
        assert (body["messages"][0]["content"], body["max_tokens"], body["stop"]) == wanted
    else:
        assert (body["system"], body["max_tokens"], body["stop_sequences"]) == ("Be brief.", 77, ["END"])


@pytest.mark.parametrize(
    "passing",
    [
        Status(429, headers={"retry-after": "0"}),
        Status(500),
        Status(503, body="<html>upstream</html>"),
        Status(529),
        Disconnect(early=True),
        Disconnect(),
        CutBody(),
        Body(b""),
    ],
    ids=lambda behaviour: type(behaviour).__name__ + str(getattr(behaviour, "status", "")),
)
def test_what_may_pass_is_tried_again(way: Any, passing: Any) -> None:
    """Too many requests, a failing server, a broken or cut answer: the next try counts."""
    with ModelServer([passing, Say("good")]) as server:
        reply = way.complete(server)
    assert (reply.text, reply.usage.calls) == ("good", 2)


def test_error_inside_a_stream_is_tried_again(streaming: Any) -> None:
    """An overload that is told in the middle of a stream is one that may pass."""
    with ModelServer([ErrorInStream(), Say("good")]) as server:
        assert streaming.complete(server).text == "good"


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (Status(401), AuthError),
        (Status(403), AuthError),
        (Status(402), QuotaError),
        (Status(429, code="insufficient_quota"), QuotaError),
        (Status(400, "Your credit balance is too low"), QuotaError),
        (Status(400, "maximum context length is 10 tokens", "context_length_exceeded"), ContextLengthError),
        (Status(413, "prompt is too long: 300000 tokens > 200000"), ContextLengthError),
        (Status(400, "blocked by the content filter", "content_filter"), RefusalError),
        (Status(404, "no such model"), ProviderError),
        (Status(429, headers={"retry-after": "90"}), RateLimitError),
        (Html(), NotAnApiError),
        (Body(b'{"ok": true}'), NotAnApiError),
        (Body(b"[1, 2]"), NotAnApiError),
        (Body(b"pong", "text/plain"), NotAnApiError),
        (NoChoice(), EmptyReplyError),
        (Say(" \n"), EmptyReplyError),
        (Say("half", finish="length"), TruncatedError),
        (Say("", finish="length"), TruncatedError),
        (Say("half", finish="filter"), RefusalError),
        (Say("I cannot help", finish="refusal"), RefusalError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__ + str(getattr(value, "status", ""))),
)
def test_hopeless_faults_fail_at_once(plain: Any, behaviour: Any, error: type[LLMError]) -> None:
    """An error that cannot pass comes after one request, as the class that names it."""
    with ModelServer([behaviour, Say("never asked for")]) as server, pytest.raises(LLMError) as caught:
        plain.complete(server)
    assert (type(caught.value), len(server.requests)) == (error, 1)


def test_errors_name_the_remedy(plain: Any) -> None:
    """A wrong key is answered by the name of the variable that holds it."""
    with (
        ModelServer([EchoKey()]) as server,
        pytest.raises(AuthError, match=f"{plain.provider.upper()}_API_KEY"),
    ):
        plain.complete(server)


def test_stream_without_finish_reason_is_cut_off(streaming: Any) -> None:
    """A stream that ends in good order, but without saying why, is an error and not a short reply."""
    with (
        ModelServer([StreamWithoutFinish()]) as server,
        pytest.raises(TruncatedError, match="without a finish reason"),
    ):
        streaming.complete(server)


@pytest.mark.parametrize("stall", [Hang(), Drip()], ids=["hang", "drip"])
def test_the_deadline_is_for_the_whole_call(way: Any, stall: Any) -> None:
    """A server that is silent, or only keeps the connection alive, is given up at the deadline."""
    with ModelServer([stall]) as server, pytest.raises(ModelTimeout, match=r"within 0\.2 s"):
        way.complete(server, sampling=Sampling(timeout_s=0.2))


def test_persistent_breaks_end_with_the_count(plain: Any) -> None:
    """A connection that always breaks ends as TransportError after the stated number of tries."""
    with ModelServer(lambda _: Disconnect()) as server, pytest.raises(TransportError) as caught:
        plain.complete(server)
    assert (caught.value.attempts, len(server.requests)) == (3, 3)


def test_refused_connection_names_the_address(openai_way: Any) -> None:
    """A server that does not run is named with its address."""
    with ModelServer([]) as server:
        url = server.openai_url
    with pytest.raises(TransportError, match=url):
        openai_way.complete(server)


def test_thoughts_of_a_stream_are_not_the_reply(openai_way: Any) -> None:
    """Comments, unknown fields and empty events in a stream are passed over."""
    events = (
        b': hello\n\nevent: x\ndata: {"choices":[{"delta":{"reasoning_content":"hm"}}]}\n\n'
        b'data: {"choices":[{"delta":{"content":"yes"},"finish_reason":null}]}\n\n'
        b'data:{"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\ndata: [DONE]'
    )
    with ModelServer([Body(events, "text/event-stream")]) as server:
        assert openai_way.complete(server).text == "yes"


def test_uncounted_tokens_are_estimated(openai_way: Any) -> None:
    """Where the server tells no usage, tokens are taken at three bytes each."""
    with ModelServer([Say("x" * 30, usage=False)]) as server:
        assert openai_way.complete(server).usage.output_tokens == 10


def test_a_request_needs_a_user_message(openai_way: Any) -> None:
    """A conversation without a user is refused before anything is sent."""
    with ModelServer([]) as server, pytest.raises(ValueError, match="role user"):
        openai_way.complete(server, messages=[Message("system", "x")])
