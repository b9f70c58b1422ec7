"""The channel that the OpenAI and the Anthropic SDK share: their HTTP clients, our reading and our errors."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agentopt.errors import LLMError, ModelTimeout, TransportError
from agentopt.llm.body import Body, Draft, Reader
from agentopt.llm.deadline import Deadline, cut_at
from agentopt.llm.diagnosis import Answer, diagnose
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.faults import NotSent, Unsupported
from agentopt.llm.message import Usage
from agentopt.llm.provider import Endpoint
from agentopt.llm.redaction import keep_out_of_logs

CONNECT_S = 10.0
_UNREACHED = frozenset(("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"))


@dataclass(frozen=True)
class Call:
    """A request in the words of a provider."""

    arguments: Mapping[str, Any]
    sent: frozenset[str]
    """The optional settings made use of, as in `Request.without`."""


class Wire(Reader, Protocol):
    """One provider's format: how to ask, how to read, and which SDK carries it."""

    def call(self, request: Request) -> Call: ...

    def sdk(self) -> Any:
        """The SDK's module, imported when first needed."""

    def client(self, *, asynchronous: bool) -> Any: ...

    def create(self, client: Any) -> Any:
        """The SDK's method that opens a response whose bytes are still to be read."""


class SdkChannel:
    """A `Channel` over an SDK's blocking client."""

    def __init__(self, endpoint: Endpoint, wire: Wire) -> None:
        self._endpoint = endpoint
        self._wire = wire
        self._client: Any = None
        self._opening = threading.Lock()

    @property
    def name(self) -> str:
        return self._endpoint.name

    def send(self, request: Request) -> Completion:
        call, started = self._wire.call(request), time.monotonic()
        failure = _Failure(self._endpoint, call, request.deadline)
        try:
            draft = self._exchange(call, request.deadline)
        except LLMError as error:
            fault = failure.of_body(error)
        except _faults(self._wire.sdk()) as error:
            fault = failure.of_transport(error)
        else:
            failure.raise_if_cut(draft)
            return completion_of(draft, request, self._endpoint, time.monotonic() - started)
        # Raised out here so that no traceback shows the SDK's error, whose headers and body hold keys.
        raise fault

    def _exchange(self, call: Call, deadline: Deadline) -> Draft:
        body = Body(self._wire, self._endpoint)
        timeout = _timeout(self._wire.sdk(), deadline)
        with (
            self._wire.create(self._own_client())(**call.arguments, timeout=timeout) as response,
            cut_at(deadline, response.http_response),
        ):
            for data in response.iter_bytes():
                body.feed(data)
        return body.end()

    def _own_client(self) -> Any:
        with self._opening:
            if self._client is None:
                self._client = self._wire.client(asynchronous=False)
                keep_out_of_logs(self._endpoint.secrets)
            return self._client

    def close(self) -> None:
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None


class AsyncSdkChannel:
    """An `AsyncChannel` over an SDK's asyncio client."""

    def __init__(self, endpoint: Endpoint, wire: Wire) -> None:
        self._endpoint = endpoint
        self._wire = wire
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def name(self) -> str:
        return self._endpoint.name

    async def send(self, request: Request) -> Completion:
        # Loading an SDK takes seconds on a slow machine; the loop goes on meanwhile.
        sdk = await asyncio.to_thread(self._wire.sdk)
        call, started = self._wire.call(request), time.monotonic()
        failure = _Failure(self._endpoint, call, request.deadline)
        try:
            async with asyncio.timeout(request.deadline.left()):
                draft = await self._exchange(call, request.deadline)
        except LLMError as error:
            fault = failure.of_body(error)
        except _faults(sdk) as error:
            fault = failure.of_transport(error)
        else:
            failure.raise_if_cut(draft)
            return completion_of(draft, request, self._endpoint, time.monotonic() - started)
        raise fault

    async def _exchange(self, call: Call, deadline: Deadline) -> Draft:
        body = Body(self._wire, self._endpoint)
        create = self._wire.create(await self._own_client())
        timeout = _timeout(self._wire.sdk(), deadline)
        async with create(**call.arguments, timeout=timeout) as response:
            async for data in response.iter_bytes():
                body.feed(data)
        return body.end()

    async def _own_client(self) -> Any:
        """The client of the running loop: pooled connections cannot move to another one."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop, self._client = loop, self._wire.client(asynchronous=True)
            keep_out_of_logs(self._endpoint.secrets)
        return self._client

    async def close(self) -> None:
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.close()
        self._client = None


@dataclass(frozen=True)
class _Failure:
    """Makes our errors of what went wrong with one call."""

    endpoint: Endpoint
    call: Call
    deadline: Deadline

    def of_transport(self, error: Exception) -> LLMError:
        """The error for what an SDK or its HTTP library raised."""
        status = getattr(error, "status_code", None)
        response = getattr(error, "response", None)
        if isinstance(status, int) and response is not None:
            return diagnose(Answer(status, response.text, dict(response.headers), self.call.sent), self.endpoint)
        cause = error.__cause__ or error
        where: dict[str, Any] = {"provider": self.endpoint.provider, "model": self.endpoint.model}
        said = self.endpoint.secrets.clean(f"{type(cause).__name__}: {str(cause)[:200]}".rstrip(": "))
        if type(cause).__name__ in _UNREACHED:
            return NotSent(
                f"no connection to {self.endpoint.address} ({said})",
                **where,
                remedy="Check the address and that the server is running",
            )
        if self.deadline.passed() or "Timeout" in type(error).__name__:
            return self._too_late()
        return TransportError(f"the connection to {self.endpoint.address} broke ({said})", **where)

    def of_body(self, error: LLMError) -> LLMError:
        """The same error, unless it only shows that the deadline cut the answer off."""
        if isinstance(error, TransportError) and self.deadline.passed():
            return self._too_late()
        if isinstance(error, Unsupported) or error.__context__ is None:
            return error
        error.__context__ = None
        return error

    def raise_if_cut(self, draft: Draft) -> None:
        if draft.finish is None and self.deadline.passed():
            raise self._too_late()

    def _too_late(self) -> ModelTimeout:
        return ModelTimeout(
            f"{self.endpoint.name} gave no whole reply within {self.deadline.seconds:.4g} s",
            provider=self.endpoint.provider,
            model=self.endpoint.model,
            remedy="Raise timeout_s, or ask for less",
        )


def completion_of(draft: Draft, request: Request, endpoint: Endpoint, seconds: float) -> Completion:
    """A reply that came in whole; tokens that the server does not count are taken at three bytes each."""
    text = endpoint.secrets.clean("".join(draft.refusal) or draft.whole_text())
    prompt = draft.input_tokens
    written = draft.output_tokens
    usage = Usage(
        calls=1,
        input_tokens=-(-request.bound_input_tokens() // 3) if prompt is None else prompt,
        output_tokens=-(-len(text.encode()) // 3) if written is None else written,
        cost_usd=None,
        seconds=seconds,
    )
    finish = "refusal" if draft.refusal else draft.finish
    return Completion(text, finish, endpoint.name, usage, cached_tokens=draft.cached_tokens)


def _timeout(sdk: Any, deadline: Deadline) -> Any:
    left = max(0.001, deadline.left())
    return sdk.Timeout(left, connect=min(CONNECT_S, left))


def _faults(sdk: Any) -> tuple[type[Exception], ...]:
    """What an SDK and the HTTP library under it may raise; openai 2 stands on httpx, later ones on httpx2."""
    base = next(getattr(sdk, name) for name in ("OpenAIError", "AnthropicError") if hasattr(sdk, name))
    libraries = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
    names = ("HTTPError", "StreamError", "InvalidURL")
    return (base, OSError, *(getattr(library, name) for library in libraries for name in names))
