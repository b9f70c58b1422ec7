"""The chat completions format, spoken by OpenAI and by most other servers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from agentopt.llm.body import Draft
from agentopt.llm.exchange import Request, Rung, Shape
from agentopt.llm.provider import Endpoint
from agentopt.llm.sdk_channel import Call

_FINISH = {"length": "length", "max_tokens": "length", "content_filter": "filter", "tool_calls": "tool"}


class OpenAIWire:
    """Asks and reads in the chat completions format, through the openai SDK (2.20 or later, 3 included)."""

    def __init__(self, endpoint: Endpoint, *, stream: bool = True) -> None:
        self._endpoint = endpoint
        self._stream = stream
        host = urlsplit(endpoint.base_url or "").hostname or ""
        self._new_words = host.endswith(("api.openai.com", ".openai.azure.com"))

    def call(self, request: Request) -> Call:
        extra = settings(request, new_words=self._new_words) | shape_settings(request)
        sent = {"json_schema" if "response_format" in extra else "", "tools" if "tools" in extra else ""}
        sent |= extra.keys() & {"temperature", "top_p", "seed", "stop", "max_tokens", "max_completion_tokens"}
        if self._stream and "stream_options" not in request.without:
            extra["stream_options"] = {"include_usage": True}
            sent.add("stream_options")
        if sent & {"max_tokens", "max_completion_tokens"}:
            sent -= {"max_tokens", "max_completion_tokens"}
            sent |= {"max_tokens"} - request.without
        arguments = {
            "model": self._endpoint.model,
            "messages": [{"role": one.role, "content": one.text} for one in request.messages],
            "stream": self._stream,
            "extra_body": extra,
        }
        return Call(arguments, frozenset(sent - {""}))

    def take(self, event: dict[str, Any], draft: Draft) -> None:
        choices = event["choices"] if "usage" not in event else event.get("choices", [])
        usage = event.get("usage")
        if usage:
            take_usage(usage, draft)
        if not choices and event.get("object") == "chat.completion":
            draft.finish = "stop"
        for choice in choices[:1]:
            take_message(choice.get("delta") or choice.get("message") or {}, draft)
            reason = choice.get("finish_reason")
            if reason:
                draft.finish = _FINISH.get(reason, "stop" if reason == "function_call" else str(reason))

    def sdk(self) -> Any:
        import openai

        return openai

    def client(self, *, asynchronous: bool) -> Any:
        sdk = self.sdk()
        kind = sdk.AsyncOpenAI if asynchronous else sdk.OpenAI
        # A key is compulsory for the SDK, not for local servers.
        key = self._endpoint.key or "none"
        return kind(api_key=key, base_url=self._endpoint.base_url, max_retries=0)

    def create(self, client: Any) -> Any:
        return client.chat.completions.with_streaming_response.create


def settings(request: Request, *, new_words: bool) -> dict[str, Any]:
    """The sampling settings, less those that this server refuses."""
    sampling = request.sampling
    # Whoever refuses one word for the length limit takes the other.
    newer = new_words != ("max_tokens" in request.without)
    made: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "stop": list(sampling.stop) or None,
    }
    kept = {name: value for name, value in made.items() if value is not None and name not in request.without}
    if sampling.max_tokens is not None:
        kept["max_completion_tokens" if newer else "max_tokens"] = sampling.max_tokens
    return kept


def shape_settings(request: Request) -> dict[str, Any]:
    """How JSON of a shape is asked for, on the request's rung."""
    shape = request.shape
    if shape is None or request.rung is Rung.PROMPT:
        return {}
    if request.rung is Rung.NATIVE:
        return {"response_format": {"type": "json_schema", "json_schema": _named(shape, "schema")}}
    function = {"type": "function", "function": _named(shape, "parameters")}
    return {"tools": [function], "tool_choice": {"type": "function", "function": {"name": shape.name}}}


def take_message(message: dict[str, Any], draft: Draft) -> None:
    """Add a message, or a piece of one."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    draft.text.append(content or "")
    if message.get("refusal"):
        draft.refusal.append(message["refusal"])
    for place, tool in enumerate(message.get("tool_calls") or []):
        parts = draft.arguments.setdefault(tool.get("index") or place, [])
        parts.append((tool.get("function") or {}).get("arguments") or "")


def take_usage(usage: dict[str, Any], draft: Draft) -> None:
    """Read the token counts."""
    draft.input_tokens = usage.get("prompt_tokens")
    draft.output_tokens = usage.get("completion_tokens")
    draft.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0


def _named(shape: Shape, word: str) -> dict[str, Any]:
    strict = {"strict": True} if shape.strict else {}
    return {"name": shape.name, word: shape.schema, **strict}
