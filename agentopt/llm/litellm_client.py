"""Providers that only litellm reaches, such as Bedrock and Vertex.

litellm costs seconds to import and more a call, so the two SDKs go before it. It
is never asked for a stream, because it ends a broken one as if it were whole.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from agentopt.errors import ConfigError, LLMError, MissingExtra, ModelTimeout, ProviderError, TransportError
from agentopt.llm.body import Draft
from agentopt.llm.deadline import Deadline
from agentopt.llm.diagnosis import Answer, diagnose, not_an_api
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.faults import Unsupported
from agentopt.llm.openai_client import settings, shape_settings, take_message, take_usage
from agentopt.llm.provider import Endpoint
from agentopt.llm.redaction import keep_out_of_logs
from agentopt.llm.sdk_channel import completion_of

R = TypeVar("R")
_NOISE = (r".*using the `ReadOnly` qualifier", r"Pydantic serializer warnings")
_FINISH = {"length": "length", "content_filter": "filter", "tool_calls": "tool", "function_call": "tool"}


def load_litellm() -> Any:
    """litellm, imported without its look at the network and without its prints.

    Raises:
        MissingExtra: It is not installed.
    """
    # Read at import: without it litellm fetches its price table from the network.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    # Its own types make pydantic complain, at import or at the first call; no user can do anything about
    # it, and where warnings are errors the call would fail.
    for said in _NOISE:
        warnings.filterwarnings("ignore", message=said)
    try:
        import litellm
    except ImportError as error:
        raise MissingExtra("this provider needs litellm: pip install litellm") from error
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return litellm


class LitellmChannel:
    """A `Channel` over litellm."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def name(self) -> str:
        return self._endpoint.name

    def send(self, request: Request) -> Completion:
        litellm, started = load_litellm(), time.monotonic()
        require_known(self._endpoint, litellm)
        keep_out_of_logs(self._endpoint.secrets)
        arguments, sent = _call(self._endpoint, request)
        try:
            response = _within(request.deadline, lambda: litellm.completion(**arguments))
        except _faults(litellm) as error:
            fault = _fault(error, self._endpoint, request.deadline, sent)
        else:
            return _completion(response, request, self._endpoint, time.monotonic() - started)
        raise fault

    def close(self) -> None:
        """litellm keeps its own connections."""


class AsyncLitellmChannel:
    """The same for asyncio."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def name(self) -> str:
        return self._endpoint.name

    async def send(self, request: Request) -> Completion:
        litellm = await asyncio.to_thread(load_litellm)
        require_known(self._endpoint, litellm)
        keep_out_of_logs(self._endpoint.secrets)
        started = time.monotonic()
        arguments, sent = _call(self._endpoint, request)
        try:
            async with asyncio.timeout(request.deadline.left()):
                response = await litellm.acompletion(**arguments)
        except _faults(litellm) as error:
            fault = _fault(error, self._endpoint, request.deadline, sent)
        else:
            return _completion(response, request, self._endpoint, time.monotonic() - started)
        raise fault

    async def close(self) -> None:
        """litellm keeps its own connections."""


def _call(endpoint: Endpoint, request: Request) -> tuple[dict[str, Any], frozenset[str]]:
    shaped = shape_settings(request)
    # litellm translates this word for each provider itself.
    sampling = settings(request, new_words=False)
    sent: set[str] = {"temperature", "top_p", "seed", "stop", "max_tokens", "tools"} & {*sampling, *shaped}
    if "response_format" in shaped:
        sent.add("json_schema")
    arguments = {
        "model": endpoint.name,
        "messages": [{"role": one.role, "content": one.text} for one in request.messages],
        "timeout": max(0.001, request.deadline.left()),
        "num_retries": 0,
        "max_retries": 0,
        **sampling,
        **shaped,
    }
    if endpoint.key:
        arguments["api_key"] = endpoint.key
    if endpoint.base_url:
        arguments["api_base"] = endpoint.base_url
    return arguments, frozenset(sent)


def _within(deadline: Deadline, work: Callable[[], R]) -> R:
    """Do blocking work in a thread of its own and leave it behind when the deadline passes.

    litellm hands out no socket that could be shut; the thread ends with its read.
    """
    done: list[R] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 it is raised again in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, name="agentopt-litellm", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError
    return done[0]


def _completion(response: Any, request: Request, endpoint: Endpoint, seconds: float) -> Completion:
    """Read the fields needed; dumping a litellm response fails on its own deleted fields."""
    draft = Draft()
    choices = getattr(response, "choices", None)
    if not isinstance(choices, list):
        raise not_an_api(endpoint, str(response))
    for choice in choices[:1]:
        message = choice.message
        tools = getattr(message, "tool_calls", None) or []
        calls = [{"function": {"arguments": one.function.arguments}} for one in tools]
        # A field of its own since litellm 1.110, one of the provider's before.
        fields = getattr(message, "provider_specific_fields", None) or {}
        refusal = getattr(message, "refusal", None) or fields.get("refusal")
        take_message({"content": message.content, "tool_calls": calls, "refusal": refusal}, draft)
        draft.finish = _FINISH.get(choice.finish_reason, choice.finish_reason)
    if not choices:
        draft.finish = "stop"
    usage = getattr(response, "usage", None)
    if usage is not None and usage.total_tokens:
        counts = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
        take_usage(counts, draft)
    return completion_of(draft, request, endpoint, seconds)


def _faults(litellm: Any) -> tuple[type[Exception], ...]:
    import openai

    # Every error of litellm's is one of openai's too, but for a few of its own.
    return (openai.OpenAIError, OSError, ImportError, litellm.exceptions.BudgetExceededError)


def _fault(error: Exception, endpoint: Endpoint, deadline: Deadline, sent: frozenset[str]) -> LLMError:
    where: dict[str, Any] = {"provider": endpoint.provider, "model": endpoint.model}
    kind, said = type(error).__name__, endpoint.secrets.clean(str(error))
    if kind == "Timeout" or (isinstance(error, TimeoutError) or deadline.passed()):
        return ModelTimeout(f"{endpoint.name} gave no whole reply within {deadline.seconds:.4g} s", **where)
    if isinstance(error, ImportError) or "No module named" in said:
        # litellm 1.106 loads code for tools that needs packages it does not depend on.
        if "tools" in sent:
            return Unsupported(f"litellm cannot send tools here: {said}", setting="tools", **where)
        return ProviderError(f"litellm cannot reach {endpoint.name}: {said}", **where)
    if "<html" in said.lower() or "'str' object has no attribute" in said:
        return not_an_api(endpoint, said)
    if kind == "APIConnectionError" or isinstance(error, OSError):
        return TransportError(f"the connection to {endpoint.address} broke ({said[:200]})", **where)
    status = getattr(error, "status_code", 500)
    headers = getattr(error, "litellm_response_headers", None) or {}
    body = getattr(error, "body", None)
    told = json.dumps({"error": body}) if isinstance(body, dict) and body.get("message") else said
    return diagnose(Answer(status if isinstance(status, int) else 500, told, dict(headers), sent), endpoint)


def require_known(endpoint: Endpoint, litellm: Any) -> None:
    """Raise ConfigError unless litellm knows the provider."""
    known = {str(getattr(name, "value", name)) for name in litellm.provider_list}
    if endpoint.provider not in known:
        raise ConfigError(
            f"unknown provider {endpoint.provider!r}: give a base_url in agentopt.toml under "
            f"[providers.{endpoint.provider}], or take one that litellm knows"
        )
