"""The one seam to language models: `Model`, and `AsyncModel` with the same words."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self, TypeVar, overload

from agentopt.errors import InputError
from agentopt.llm.ambient import AMBIENT, Surrounded
from agentopt.llm.budget import Budget
from agentopt.llm.deadline import Deadline
from agentopt.llm.exchange import AsyncChannel, Channel, Request, reply_of
from agentopt.llm.message import PLAIN, Message, Reply, Sampling
from agentopt.llm.plan import AsyncLayered, Layered, Plan, apart, drive, drive_async

T = TypeVar("T")


class Model(Protocol):
    """Answers a conversation, with text or with a value of the type that is asked for."""

    @property
    def name(self) -> str:
        """As provider/name."""

    @overload
    def complete(
        self,
        messages: Sequence[Message],
        reply: None = None,
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[str]: ...

    @overload
    def complete(
        self,
        messages: Sequence[Message],
        reply: type[T],
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[T]: ...


class AsyncModel(Protocol):
    """The same for asyncio: it never blocks the loop, and cancelling it ends the request."""

    @property
    def name(self) -> str: ...

    @overload
    async def complete(
        self,
        messages: Sequence[Message],
        reply: None = None,
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[str]: ...

    @overload
    async def complete(
        self,
        messages: Sequence[Message],
        reply: type[T],
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[T]: ...


class ChatModel:
    """A `Model` over a channel; it adds types to text.

    Args:
        channel: Where requests go.
        budget: Charged with every call, beside the one a call may bring along.
        endpoint: What tells its replies from those of others of the same name, such as the address.
    """

    def __init__(self, channel: Channel, budget: Budget | None = None, endpoint: str = "") -> None:
        self.channel = channel
        self._budget = budget
        self._endpoint = endpoint or channel.name

    @property
    def name(self) -> str:
        return self.channel.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @overload
    def complete(
        self,
        messages: Sequence[Message],
        reply: None = None,
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[str]: ...

    @overload
    def complete(
        self,
        messages: Sequence[Message],
        reply: type[T],
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[T]: ...

    def complete(
        self,
        messages: Sequence[Message],
        reply: type[T] | None = None,
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[T] | Reply[str]:
        """Answer a conversation.

        Args:
            messages: At least one of them from the user.
            reply: The type wanted: a pydantic model, a dataclass, list[int]; None wants text.
            sampling: How to draw the reply, and the time limit.
            budget: Charged beside the model's own.

        Raises:
            LLMError: One of its kinds, see `agentopt.errors`.
            BudgetExceeded: The call could pass a limit, so it was not made.
        """
        request = _request(messages, sampling, self._budget, budget)
        around = AMBIENT.get()
        channel = self.channel if around is None else Layered(Surrounded(around, self._endpoint), self.channel)
        if reply is None:
            return drive(_ask_for_text(request), channel.send)
        return drive(_ask_for(request, reply), channel.send)

    def close(self) -> None:
        """Close the connections that are kept open for the next call."""
        self.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncChatModel:
    """An `AsyncModel` over an asyncio channel; arguments as for `ChatModel`."""

    def __init__(self, channel: AsyncChannel, budget: Budget | None = None, endpoint: str = "") -> None:
        self.channel = channel
        self._budget = budget
        self._endpoint = endpoint or channel.name

    @property
    def name(self) -> str:
        return self.channel.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @overload
    async def complete(
        self,
        messages: Sequence[Message],
        reply: None = None,
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[str]: ...

    @overload
    async def complete(
        self,
        messages: Sequence[Message],
        reply: type[T],
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[T]: ...

    async def complete(
        self,
        messages: Sequence[Message],
        reply: type[T] | None = None,
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[T] | Reply[str]:
        """Answer a conversation; see `ChatModel.complete`."""
        request = _request(messages, sampling, self._budget, budget)
        around = AMBIENT.get()
        channel = self.channel
        if around is not None:
            channel = AsyncLayered(Surrounded(around, self._endpoint), channel, apart)
        if reply is None:
            return await drive_async(_ask_for_text(request), channel.send)
        return await drive_async(_ask_for(request, reply), channel.send)

    async def close(self) -> None:
        await self.channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _request(messages: Sequence[Message], sampling: Sampling | None, *budgets: Budget | None) -> Request:
    if not any(message.role == "user" for message in messages):
        raise InputError("expected at least one message of the role user")
    sampling = sampling or PLAIN
    charged = tuple({id(budget): budget for budget in budgets if budget is not None}.values())
    seconds = [left for budget in charged if (left := budget.left.seconds) is not None]
    deadline = Deadline.after(max(0.001, min([sampling.timeout_s, *seconds])))
    return Request(tuple(map(_writable, messages)), sampling, deadline=deadline, budgets=charged)


def _writable(message: Message) -> Message:
    """A message that can be sent: halves of characters, as a broken program prints them, are no text anywhere."""
    try:
        message.text.encode()
    except UnicodeEncodeError:
        return Message(message.role, message.text.encode("utf-8", "replace").decode())
    return message


def _ask_for(request: Request, reply: type[T]) -> Plan[Reply[T]]:
    # pydantic is loaded with the first typed reply, not with the first model.
    from agentopt.llm.typed import converse

    return converse(request, reply)


def _ask_for_text(request: Request) -> Plan[Reply[str]]:
    completion = yield request
    return reply_of(completion.text, completion)
