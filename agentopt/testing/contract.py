"""The promises that every `Model` keeps; whoever reaches a new provider runs them against the loopback server.

    assert broken_promises(lambda server: my_model(server.openai_url)) == []

The model made should try again quickly, at most three times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from agentopt.errors import (
    AgentoptError,
    AuthError,
    EmptyReplyError,
    LLMError,
    ModelTimeout,
    NotAnApiError,
    QuotaError,
    RateLimitError,
    RefusalError,
    TransportError,
    TruncatedError,
)
from agentopt.llm.message import Message, Sampling
from agentopt.llm.model import Model
from agentopt.testing.behaviour import (
    Behaviour,
    CutBody,
    Disconnect,
    Drip,
    EchoKey,
    Hang,
    Html,
    NoChoice,
    Say,
    Status,
)
from agentopt.testing.server import ModelServer

_ASK = (Message("user", "Say it."),)
_IN_TIME_S = 1.0


class ClosingModel(Model, Protocol):
    """A model that holds connections open until it is closed."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Promise:
    """What comes of a call when the server does this."""

    said: str
    script: Sequence[Behaviour]
    outcome: str | type[AgentoptError]
    """The text of the reply, or the class of the error."""
    requests: int | None = None
    """How many requests the call takes; None: any number."""


PROMISES = (
    Promise("a text comes through unchanged", [Say("a\u2028b\r\n\U0001f600")], "a\u2028b\r\n\U0001f600", 1),
    Promise("429 is tried again", [Status(429, headers={"retry-after": "0"}), Say("good")], "good", 2),
    Promise("500 is tried again", [Status(500), Say("good")], "good", 2),
    Promise("a reset is tried again", [Disconnect(early=True), Say("good")], "good", 2),
    Promise("cut JSON is tried again", [CutBody(), Say("good")], "good", 2),
    Promise("a wrong key fails at once", [EchoKey()], AuthError, 1),
    Promise("spent credit fails at once", [Status(429, code="insufficient_quota")], QuotaError, 1),
    Promise("a pause of 90 s is not made", [Status(429, headers={"retry-after": "90"})], RateLimitError, 1),
    Promise("a web page is no reply", [Html()], NotAnApiError, 1),
    Promise("an answer without a choice is empty", [NoChoice()], EmptyReplyError, 1),
    Promise("a reply at its length limit is cut off", [Say("half", finish="length")], TruncatedError, 1),
    Promise("a filtered reply is a refusal", [Say("half", finish="filter")], RefusalError, 1),
    Promise("a silent server is given up", [Hang()], ModelTimeout),
    Promise("blanks do not put the deadline off", [Drip()], ModelTimeout),
    Promise("breaking for good is an error of transport", [Disconnect(early=True)] * 9, TransportError),
)


def broken_promises(make: Callable[[ModelServer], ClosingModel]) -> list[str]:
    """The promises that a model does not keep, each with what happened instead; [] is a pass.

    Args:
        make: Makes the model, talking to the server it is given.
    """
    broken = []
    for promise in PROMISES:
        with ModelServer(promise.script) as server, closing(make(server)) as model:
            outcome = _outcome(model)
            kept = outcome == promise.outcome if isinstance(outcome, str) else _is(outcome, promise.outcome)
            if not kept:
                broken.append(f"{promise.said}: got {outcome!r}")
            elif promise.requests not in (None, len(server.requests)):
                broken.append(f"{promise.said}: took {len(server.requests)} requests, not {promise.requests}")
            elif any(request.key and request.key in str(outcome) for request in server.requests):
                broken.append(f"{promise.said}: the error shows the key")
    return broken


def _outcome(model: Model) -> str | LLMError:
    try:
        return model.complete(_ASK, sampling=Sampling(timeout_s=_IN_TIME_S)).text
    except LLMError as error:
        return error


def _is(error: LLMError, kind: str | type[AgentoptError]) -> bool:
    return isinstance(kind, type) and isinstance(error, kind)
