"""One exchange on the wire side of a model: a request, the text that answers it, and the channel between.

A `Channel` is the seam for whoever adds a provider. Everything that is the same
for all of them (types, cache, recording, retries, budget) sits above it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol, TypeVar

from agentopt.llm.budget import Budget
from agentopt.llm.deadline import Deadline
from agentopt.llm.message import PLAIN, Message, Reply, Sampling, Usage

T = TypeVar("T")
_KEY_FORMAT = 1


class Rung(IntEnum):
    """The ways to ask for JSON, best first."""

    NATIVE = 0
    TOOL = 1
    PROMPT = 2


@dataclass(frozen=True)
class Shape:
    """The JSON that a reply must hold."""

    name: str
    schema: dict[str, Any]
    strict: bool
    """Every property is required and no other is allowed, as the strict modes of providers want it."""

    def json(self) -> str:
        return json.dumps(self.schema, sort_keys=True, ensure_ascii=False)

    def digest(self) -> str:
        return hashlib.sha256(self.json().encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Request:
    """What is asked, then how; only the first three fields shape the reply."""

    messages: tuple[Message, ...]
    sampling: Sampling = PLAIN
    shape: Shape | None = None
    deadline: Deadline = field(default_factory=Deadline.default, compare=False)
    budgets: tuple[Budget, ...] = field(default=(), compare=False)
    rung: Rung = field(default=Rung.NATIVE, compare=False)
    without: frozenset[str] = field(default=frozenset(), compare=False)
    """Settings that this server is known to refuse."""

    def bound_input_tokens(self) -> int:
        """An upper bound of the tokens of the prompt.

        A byte-level tokenizer makes at most one token a byte; 32 a message and
        512 for a schema cover what chat templates and tool prompts add.
        """
        text = sum(len(message.text.encode()) + 32 for message in self.messages)
        return text + (len(self.shape.json().encode()) + 512 if self.shape else 0)

    def key(self, endpoint: str) -> str:
        """The hash of everything that shapes the reply, as caches need it.

        Args:
            endpoint: Which model answers.
        """
        asked = {
            "format": _KEY_FORMAT,
            "endpoint": endpoint,
            "messages": [[message.role, message.text] for message in self.messages],
            "sampling": self.sampling.shaping(),
            "shape": [self.shape.name, self.shape.json()] if self.shape else None,
        }
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


ONE_CALL = Usage(calls=1)


@dataclass(frozen=True)
class Completion:
    """The text that answers a request."""

    text: str
    finish: str | None
    """Why the model stopped: stop, length, filter, refusal, another word of the provider's; None if unsaid."""
    model: str
    usage: Usage = ONE_CALL
    recorded: bool = False
    cached: bool = False
    cached_tokens: int = 0
    """Of the input tokens, those that the provider had kept from before and sells cheaper."""


class Channel(Protocol):
    """Carries one request to a model and its text back; faults are raised as `LLMError`."""

    @property
    def name(self) -> str:
        """The model, as provider/name."""

    def send(self, request: Request) -> Completion: ...

    def close(self) -> None: ...


class AsyncChannel(Protocol):
    """The same words for asyncio; cancelling `send` ends the request."""

    @property
    def name(self) -> str: ...

    async def send(self, request: Request) -> Completion: ...

    async def close(self) -> None: ...


def reply_of(value: T, completion: Completion) -> Reply[T]:
    """A completion as the reply whose value was read from it."""
    return Reply(
        value=value,
        text=completion.text,
        usage=completion.usage,
        model=completion.model,
        finish_reason=completion.finish or "",
        recorded=completion.recorded,
        cached=completion.cached,
    )
