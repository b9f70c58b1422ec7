"""The two wire formats as a server writes them, from the providers' published descriptions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

from agentopt.testing.behaviour import Received, Say

MODEL_ID = "loopback-1"


class Format(Protocol):
    """How one provider's server writes."""

    def whole(self, request: Received, say: Say) -> dict[str, Any]: ...

    def events(self, request: Received, say: Say, *, finished: bool = True) -> Iterator[bytes]:
        """A stream, event by event; without its end unless finished."""

    def empty(self) -> dict[str, Any]: ...

    def error(self, kind: str, message: str, code: str | None = None) -> dict[str, Any]: ...

    def fault(self, body: dict[str, Any]) -> str | None:
        """What the provider would answer 400 to, or None."""


def pieces(text: str, count: int) -> list[str]:
    """A text in at most that many parts."""
    size = max(1, -(-len(text) // max(1, count)))
    return [text[place : place + size] for place in range(0, len(text), size)] or [""]


class OpenAIFormat:
    """Chat completions."""

    _FINISH: ClassVar = {"stop": "stop", "length": "length", "filter": "content_filter", "refusal": "stop"}

    def whole(self, request: Received, say: Say) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": say.text, "refusal": None}
        if say.finish == "refusal":
            message |= {"content": None, "refusal": say.text}
        elif tool := self._tool(request, say):
            call = {"id": "call_1", "type": "function", "function": {"name": tool, "arguments": say.text}}
            message |= {"content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": self._FINISH[say.finish]}
        return {**self._head("chat.completion"), "choices": [choice], **self._usage(say)}

    def events(self, request: Received, say: Say, *, finished: bool = True) -> Iterator[bytes]:
        parts = pieces(say.text, say.pieces)
        for part in parts if finished else parts[: len(parts) // 2 + 1]:
            yield self._event([{"index": 0, "delta": self._delta(request, say, part), "finish_reason": None}])
        if not finished:
            return
        yield self._event([{"index": 0, "delta": {}, "finish_reason": self._FINISH[say.finish]}])
        if say.usage and (request.body.get("stream_options") or {}).get("include_usage"):
            yield self._event([], **self._usage(say))
        yield b"data: [DONE]\n\n"

    def empty(self) -> dict[str, Any]:
        return {**self._head("chat.completion"), "choices": []}

    def error(self, kind: str, message: str, code: str | None = None) -> dict[str, Any]:
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    def fault(self, body: dict[str, Any]) -> str | None:
        known = {
            "model", "messages", "stream", "stream_options", "temperature", "top_p", "seed", "stop",
            "max_tokens", "max_completion_tokens", "response_format", "tools", "tool_choice",
        }  # fmt: skip
        if unknown := sorted(body.keys() - known):
            return f"Unrecognized request argument supplied: {unknown[0]}"
        if not body.get("messages") or not body.get("model"):
            return "model and messages are required"
        if "stream_options" in body and not body.get("stream"):
            return "stream_options is only allowed when stream is enabled"
        asked = (body.get("response_format") or {}).get("json_schema", {})
        tools = [tool["function"] for tool in body.get("tools", [])]
        for named, word in [(asked, "schema"), *((tool, "parameters") for tool in tools)]:
            if named.get("strict") and (wrong := not_strict(named[word])):
                return f"Invalid schema for response_format '{named.get('name')}': {wrong}"
        return None

    def _tool(self, request: Received, say: Say) -> str | None:
        choice = request.body.get("tool_choice")
        forced = isinstance(choice, dict) and not say.as_text
        return str(choice["function"]["name"]) if forced and choice else None

    def _delta(self, request: Received, say: Say, part: str) -> dict[str, Any]:
        if say.finish == "refusal":
            return {"refusal": part}
        if tool := self._tool(request, say):
            return {"tool_calls": [{"index": 0, "function": {"name": tool, "arguments": part}}]}
        return {"role": "assistant", "content": part}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": MODEL_ID}

    def _usage(self, say: Say) -> dict[str, Any]:
        if not say.usage:
            return {}
        total = say.input_tokens + say.output_tokens
        counts = {"prompt_tokens": say.input_tokens, "completion_tokens": say.output_tokens}
        return {"usage": {**counts, "total_tokens": total}}

    def _event(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        data = {**self._head("chat.completion.chunk"), "choices": choices, **more}
        return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


class AnthropicFormat:
    """Messages."""

    _FINISH: ClassVar = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal", "refusal": "refusal"}

    def whole(self, request: Received, say: Say) -> dict[str, Any]:
        block: dict[str, Any] = {"type": "text", "text": say.text}
        reason = self._FINISH[say.finish]
        if tool := self._tool(request, say):
            block = {"type": "tool_use", "id": "toolu_1", "name": tool, "input": json.loads(say.text)}
            reason = "tool_use" if reason == "end_turn" else reason
        usage = {"input_tokens": say.input_tokens, "output_tokens": say.output_tokens}
        return {**self._head([block]), "stop_reason": reason, "usage": usage}

    def events(self, request: Received, say: Say, *, finished: bool = True) -> Iterator[bytes]:
        tool = self._tool(request, say)
        opened: dict[str, Any] = {"type": "text", "text": ""}
        if tool:
            opened = {"type": "tool_use", "id": "toolu_1", "name": tool, "input": {}}
        start = {**self._head([]), "usage": {"input_tokens": say.input_tokens, "output_tokens": 1}}
        yield self._event("message_start", message=start)
        yield self._event("content_block_start", index=0, content_block=opened)
        yield self._event("ping")
        parts = pieces(say.text, say.pieces)
        for part in parts if finished else parts[: len(parts) // 2 + 1]:
            text = {"type": "text_delta", "text": part}
            delta = {"type": "input_json_delta", "partial_json": part} if tool else text
            yield self._event("content_block_delta", index=0, delta=delta)
        if not finished:
            return
        yield self._event("content_block_stop", index=0)
        reason = "tool_use" if tool and say.finish == "stop" else self._FINISH[say.finish]
        usage = {"output_tokens": say.output_tokens}
        yield self._event("message_delta", delta={"stop_reason": reason}, usage=usage)
        yield self._event("message_stop")

    def empty(self) -> dict[str, Any]:
        usage = {"input_tokens": 11, "output_tokens": 0}
        return {**self._head([]), "stop_reason": "end_turn", "usage": usage}

    def error(self, kind: str, message: str, code: str | None = None) -> dict[str, Any]:
        return {"type": "error", "error": {"type": code or kind, "message": message}}

    def fault(self, body: dict[str, Any]) -> str | None:
        known = {
            "model", "messages", "max_tokens", "stream", "system", "temperature", "top_p",
            "stop_sequences", "output_config", "tools", "tool_choice",
        }  # fmt: skip
        if unknown := sorted(body.keys() - known):
            return f"{unknown[0]}: Extra inputs are not permitted"
        if not body.get("max_tokens") or not body.get("messages"):
            return "max_tokens and messages: Field required"
        if any(message["role"] not in ("user", "assistant") for message in body["messages"]):
            return "messages: the role must be user or assistant"
        asked = (body.get("output_config") or {}).get("format")
        if asked and (wrong := not_strict(asked["schema"])):
            return f"output_config.format.schema: Invalid schema: {wrong}"
        return None

    def _tool(self, request: Received, say: Say) -> str | None:
        choice = request.body.get("tool_choice") or {}
        return str(choice["name"]) if choice.get("type") == "tool" and not say.as_text else None

    def _head(self, content: list[dict[str, Any]]) -> dict[str, Any]:
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL_ID}
        return {**head, "content": content, "stop_reason": None, "stop_sequence": None}

    def _event(self, kind: str, **data: Any) -> bytes:
        text = json.dumps({"type": kind, **data}, ensure_ascii=False)
        return f"event: {kind}\ndata: {text}\n\n".encode()


def not_strict(schema: dict[str, Any], where: str = "the root") -> str | None:
    """Why the strict mode of a provider refuses a schema, or None."""
    refused = {"default", "oneOf", "allOf", "prefixItems", "minLength", "patternProperties", "minimum"}
    if found := sorted(refused & schema.keys()):
        return f"{where}: {found[0]} is not permitted"
    if where == "the root" and schema.get("type") != "object":
        return "the root must be of type object"
    if "$ref" in schema and len(schema) > 1:
        return f"{where}: $ref cannot have other keywords"
    inner = [(name, part) for name, part in schema.get("properties", {}).items()]
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return f"{where}: additionalProperties must be false"
        if set(schema.get("required", ())) != {name for name, _ in inner}:
            return f"{where}: required must name every property"
    inner += list(schema.get("$defs", {}).items())
    inner += [(f"{where}.anyOf", part) for part in schema.get("anyOf", [])]
    inner += [(f"{where}[]", schema["items"])] if "items" in schema else []
    return next((wrong for name, part in inner if (wrong := not_strict(part, name))), None)
