"""Who reads words: the model that the server was started with, or else the client's own, by MCP sampling."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING

from agentopt.errors import ConfigError, ModelTimeout, ProviderError
from agentopt.llm import Message, Usage, connect, render
from agentopt.llm.budget import DEFAULT_REPLY_TOKENS
from agentopt.llm.exchange import Channel, Completion, Request
from agentopt.llm.metering import Metered
from agentopt.llm.plan import Layered
from agentopt.llm.verdict import Whole

if TYPE_CHECKING:
    from mcp.server.session import ServerSession
    from mcp_types import CreateMessageRequest, CreateMessageResult

TICK_S = 0.2
"""How often a waiting thread wakes, so that it can be stopped."""
_FINISH = {"endTurn": "stop", "stopSequence": "stop", "maxTokens": "length"}
_NO_MODEL = (
    "the words need a model, and this client offers none by sampling: start the server with --model provider/name or"
    " with AGENTOPT_MODEL or a key set, or state the five elements yourself (the tool reference says how) and changes"
    " as edits"
)


class Reader:
    """A channel to whoever reads words, chosen when words are first to be read.

    Args:
        name: The model that the server was started with; None looks in the environment first.
        client: The channel to the client's model; None: it offers none.
        told: Is called with the channel that the server itself has, to be kept for the next call.
        known: That channel, from an earlier call.
    """

    def __init__(
        self, name: str | None, client: Channel | None, known: Channel | None, told: Callable[[Channel], None]
    ) -> None:
        self._name, self._client, self._known, self._told = name, client, known, told

    @property
    def name(self) -> str:
        return self._known.name if self._known is not None else self._name or "client/model"

    def send(self, request: Request) -> Completion:
        """Ask.

        Raises:
            ConfigError: There is no model on either side.
        """
        return self._chosen().send(request)

    def close(self) -> None:
        """Leave the server's channel open: the next call needs it."""

    def _chosen(self) -> Channel:
        if self._known is None:
            try:
                self._known = connect(self._name).channel
            except ConfigError:
                if self._name is not None:
                    raise
                if self._client is None:
                    raise ConfigError(_NO_MODEL) from None
                return self._client
            self._told(self._known)
        return self._known


class ClientChannel:
    """Asks the client's model by sampling/createMessage; called in the thread of a job.

    Args:
        session: The request's way back to the client.
        loop: Where that way runs.
    """

    name = "client/model"

    def __init__(self, session: ServerSession, loop: asyncio.AbstractEventLoop) -> None:
        self._session, self._loop = session, loop

    def send(self, request: Request) -> Completion:
        """Ask, and wait so that the waiting can be stopped.

        Raises:
            ModelTimeout: No reply in time.
            ProviderError: The client refused, or its model failed.
        """
        from mcp import MCPError
        from pydantic import ValidationError

        started = time.perf_counter()
        asked = asyncio.run_coroutine_threadsafe(self._ask(request), self._loop)
        try:
            while True:
                try:
                    result = asked.result(TICK_S)
                    break
                except NotYet:
                    if request.deadline.passed():
                        raise ModelTimeout(
                            f"the client's model did not reply in {request.deadline.seconds:g} s", provider="client"
                        ) from None
        except (MCPError, ValidationError, CancelledError) as error:
            raise ProviderError(
                f"the client did not let its model read this: {str(error)[:200]}",
                provider="client",
                remedy="State the five elements yourself; the tool reference says how",
            ) from None
        finally:
            asked.cancel()
        return _completion(result, time.perf_counter() - started)

    def close(self) -> None:
        """Nothing is kept open."""

    async def _ask(self, request: Request) -> CreateMessageResult:
        from mcp.shared.message import ServerMessageMetadata
        from mcp_types import CreateMessageResult

        # Not create_message: it warns that later protocols ask in another way; where they do, no channel is offered.
        return await self._session.send_request(
            _sampling(request), CreateMessageResult, metadata=ServerMessageMetadata(related_request_id=0)
        )


def client_channel(session: ServerSession, loop: asyncio.AbstractEventLoop) -> Channel | None:
    """The channel to the client's model; None when the client or its protocol offers none."""
    capabilities = session.client_capabilities
    if capabilities is None or capabilities.sampling is None or not session.can_send_request:
        return None
    # What it costs is known to the client alone, so that a budget in dollars refuses it.
    return Layered(Whole(), Layered(Metered(lambda: None, ClientChannel.name), ClientChannel(session, loop)))


def _sampling(request: Request) -> CreateMessageRequest:
    from mcp_types import CreateMessageRequest, CreateMessageRequestParams, SamplingMessage, TextContent

    messages = list(request.messages)
    if request.shape is not None:
        messages += render("llm/json_reply", name=request.shape.name, schema=request.shape.json())
    sampling = request.sampling
    return CreateMessageRequest(
        params=CreateMessageRequestParams(
            messages=[
                SamplingMessage(
                    role="assistant" if message.role == "assistant" else "user",
                    content=TextContent(type="text", text=message.text),
                )
                for message in messages
                if message.role != "system"
            ],
            system_prompt=_system(messages),
            temperature=sampling.temperature,
            max_tokens=sampling.max_tokens or DEFAULT_REPLY_TOKENS,
            stop_sequences=list(sampling.stop) or None,
        )
    )


def _system(messages: list[Message]) -> str | None:
    return "\n\n".join(message.text for message in messages if message.role == "system") or None


def _completion(result: CreateMessageResult, seconds: float) -> Completion:
    text = result.content.text if result.content.type == "text" else ""
    stop = result.stop_reason or "endTurn"
    usage = Usage(calls=1, cost_usd=None, seconds=seconds)
    return Completion(text, _FINISH.get(stop, stop), f"client/{result.model}", usage)
