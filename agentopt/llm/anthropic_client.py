"""The messages format of Anthropic."""

from __future__ import annotations

import json
from typing import Any

from agentopt.llm.body import Draft
from agentopt.llm.budget import DEFAULT_REPLY_TOKENS
from agentopt.llm.exchange import Request, Rung, Shape
from agentopt.llm.provider import Endpoint
from agentopt.llm.sdk_channel import Call

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}


class AnthropicWire:
    """Asks and reads in the messages format, through the anthropic SDK (1 or later)."""

    def __init__(self, endpoint: Endpoint, *, stream: bool = True) -> None:
        self._endpoint = endpoint
        self._stream = stream

    def call(self, request: Request) -> Call:
        sampling = request.sampling
        made = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "stop": list(sampling.stop) or None,
        }
        extra = {name: value for name, value in made.items() if value is not None} | _shape_settings(request)
        extra = {name: value for name, value in extra.items() if name not in request.without}
        sent = extra.keys() & {"temperature", "top_p", "stop", "tools"}
        sent = sent | ({"json_schema"} if "output_config" in extra else set())
        if "stop" in extra:
            extra["stop_sequences"] = extra.pop("stop")
        system = "\n\n".join(one.text for one in request.messages if one.role == "system")
        if system:
            extra["system"] = system
        turns = [one for one in request.messages if one.role != "system"]
        arguments = {
            "model": self._endpoint.model,
            "messages": [{"role": one.role, "content": one.text} for one in turns],
            "max_tokens": sampling.max_tokens or DEFAULT_REPLY_TOKENS,
            "stream": self._stream,
            # The SDK's own parameters differ between its versions; what is sent does not.
            "extra_body": extra,
        }
        return Call(arguments, frozenset(sent))

    def take(self, event: dict[str, Any], draft: Draft) -> None:
        kind = event["type"]
        if kind == "message":
            for place, block in enumerate(event["content"]):
                _take_block(place, block, draft)
            _take_end(event, draft)
            _take_usage(event.get("usage") or {}, draft)
        elif kind == "message_start":
            _take_usage(event["message"].get("usage") or {}, draft)
        elif kind == "content_block_start":
            _take_block(event["index"], event["content_block"], draft)
        elif kind == "content_block_delta":
            _take_delta(event["index"], event["delta"], draft)
        elif kind == "message_delta":
            _take_end(event["delta"], draft)
            _take_usage(event.get("usage") or {}, draft)

    def sdk(self) -> Any:
        import anthropic

        return anthropic

    def client(self, *, asynchronous: bool) -> Any:
        sdk = self.sdk()
        kind = sdk.AsyncAnthropic if asynchronous else sdk.Anthropic
        key = self._endpoint.key or "none"
        client = kind(api_key=key, base_url=self._endpoint.base_url, max_retries=0)
        # The SDK takes ANTHROPIC_AUTH_TOKEN from the environment and some versions send it along.
        client.auth_token = None
        return client

    def create(self, client: Any) -> Any:
        return client.messages.with_streaming_response.create


def _shape_settings(request: Request) -> dict[str, Any]:
    shape = request.shape
    if shape is None or request.rung is Rung.PROMPT:
        return {}
    if request.rung is Rung.NATIVE and shape.strict:
        return {"output_config": {"format": {"type": "json_schema", "schema": shape.schema}}}
    return {"tools": [_tool(shape)], "tool_choice": {"type": "tool", "name": shape.name}}


def _tool(shape: Shape) -> dict[str, Any]:
    return {"name": shape.name, "description": "Give the answer.", "input_schema": shape.schema}


def _take_block(place: int, block: dict[str, Any], draft: Draft) -> None:
    if block["type"] == "text":
        draft.text.append(block.get("text") or "")
    elif block["type"] == "tool_use":
        given = block.get("input")
        draft.arguments.setdefault(place, []).append(json.dumps(given) if given else "")


def _take_delta(place: int, delta: dict[str, Any], draft: Draft) -> None:
    if delta["type"] == "text_delta":
        draft.text.append(delta["text"])
    elif delta["type"] == "input_json_delta":
        draft.arguments.setdefault(place, []).append(delta["partial_json"])


def _take_end(event: dict[str, Any], draft: Draft) -> None:
    reason = event.get("stop_reason")
    if reason:
        draft.finish = _FINISH.get(reason, reason)


def _take_usage(usage: dict[str, Any], draft: Draft) -> None:
    read = usage.get("cache_read_input_tokens") or 0
    if usage.get("input_tokens") is not None:
        written = usage.get("cache_creation_input_tokens") or 0
        draft.input_tokens = usage["input_tokens"] + read + written
        draft.cached_tokens = read
    if usage.get("output_tokens") is not None:
        draft.output_tokens = usage["output_tokens"]
