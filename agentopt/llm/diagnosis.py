"""Names the error behind a failed request, the same for every provider."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from agentopt.errors import (
    AuthError,
    ContextLengthError,
    LLMError,
    NotAnApiError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusalError,
)
from agentopt.llm.faults import ServerError, Unsupported
from agentopt.llm.provider import Endpoint

FORMAT_SETTINGS = ("json_schema", "tools")
"""A complaint that only names one of these is enough to do without it."""

_WORDS: Mapping[str, str] = {
    "stream_options": r"stream_options",
    "max_tokens": r"max_tokens|max_completion_tokens",
    "temperature": r"temperature",
    "top_p": r"top_p",
    "seed": r"\bseed\b",
    "stop": r"\bstop(_sequences)?\b",
    "json_schema": r"response_format|output_config|output_format|json_schema|structured.?outputs?|text\.format",
    "tools": r"tool_choice|\btools?\b|function.?call",
}
_REFUSED = re.compile(
    r"unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|"
    r"extra (inputs|fields|params)|deprecated|only the default|not available|unavailable|incompatible|"
    r"invalid parameter|cannot be used|no longer",
    re.IGNORECASE,
)
_CONTEXT = re.compile(
    r"context.?(length|window|size)|prompt is too long|maximum context|input is too long|too many (input )?tokens",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"insufficient.?(quota|balance|credit|funds)|credit balance|exceeded your current quota|billing",
    re.IGNORECASE,
)
_FILTER = re.compile(r"content.?(filter|policy|management)|safety system", re.IGNORECASE)
_KINDS: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


@dataclass(frozen=True)
class Answer:
    """A response with an error status, or an error told inside of a stream."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: frozenset[str] = frozenset()
    """The optional settings that the request made use of, as in `Request.without`."""


def diagnose(answer: Answer, endpoint: Endpoint) -> LLMError:
    """The error that says best what went wrong; keys in the server's words are hidden."""
    said, code = _said(answer.body)
    where: dict[str, Any] = {"provider": endpoint.provider, "model": endpoint.model}
    message = endpoint.secrets.clean(f"{endpoint.name} answered {answer.status}: {said[:300]}")
    status = answer.status
    key = endpoint.key_variable
    if status == 402 or (status in (400, 403, 429) and _QUOTA.search(f"{code} {said}")):
        return QuotaError(message, **where, remedy=f"Add credit to the account of {key}")
    if answer.body.lstrip()[:1] == "<" and status < 500 and status not in (401, 403, 429):
        return not_an_api(endpoint, answer.body)
    if status in (401, 403):
        return AuthError(message, **where, remedy=f"Check the key in {key} and what it may do")
    if status == 429:
        wait = retry_after(answer.headers)
        pause = "Wait" if wait is None else f"It asks to wait {wait:.3g} s; wait"
        return RateLimitError(message, retry_after_s=wait, **where, remedy=f"{pause}, or send fewer requests at once")
    if status in (408, 409, 425) or status >= 500:
        return ServerError(message, **where, remedy="It may pass; try again later")
    if status in (400, 413, 422) and _CONTEXT.search(f"{code} {said}"):
        return ContextLengthError(message, **where, remedy="Shorten the prompt, or take a model that reads more")
    if status == 400 and _FILTER.search(f"{code} {said}"):
        return RefusalError(message, **where, remedy="Say the task in other words")
    setting = _refused_setting(answer, said) if status in (400, 404, 422) else None
    if setting is not None:
        return Unsupported(message, setting=setting, **where)
    remedy = f"Check the model's name and the address {endpoint.address}" if status == 404 else ""
    return ProviderError(message, **where, remedy=remedy)


def not_an_api(endpoint: Endpoint, body: str) -> NotAnApiError:
    """The error for an answer that is no model's, such as the page of a proxy."""
    begins = endpoint.secrets.clean(" ".join(body.split())[:80])
    return NotAnApiError(
        f"{endpoint.address} does not answer like a model API; the answer begins {begins!r}",
        provider=endpoint.provider,
        model=endpoint.model,
        remedy=f"Check the base URL; many end in /v1 (it can be set in "
        f"{endpoint.provider.upper()}_BASE_URL or agentopt.toml)",
    )


def diagnose_event(error: object, endpoint: Endpoint, sent: frozenset[str] = frozenset()) -> LLMError:
    """The error for one told in a body or stream that began with status 200."""
    table = error if isinstance(error, dict) else {"message": str(error)}
    code = table.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 0
    kinds = (str(table.get("type")), str(code))
    status = status or next((_KINDS[kind] for kind in kinds if kind in _KINDS), 500)
    return diagnose(Answer(status, json.dumps({"error": table}), sent=sent), endpoint)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, from either header it may use."""
    lower = {name.lower(): value for name, value in headers.items()}
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = lower.get(name, "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
            return float(value) * scale
    try:
        when = parsedate_to_datetime(lower.get("retry-after", ""))
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _said(body: str) -> tuple[str, str]:
    """The message in an error body, and its code or type."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return " ".join(body.split()), ""
    data = data[0] if isinstance(data, list) and data else data
    error = data.get("error", data) if isinstance(data, dict) else data
    if not isinstance(error, dict):
        return str(error), ""
    message = error.get("message") or error.get("detail") or json.dumps(error)
    return str(message), f"{error.get('code')} {error.get('type')} {error.get('param')}"


def _refused_setting(answer: Answer, said: str) -> str | None:
    """The setting of the request that the server complains about, if it is one we can do without."""
    text = f"{_said(answer.body)[1].split(' ')[-1]} {said}"
    named = [name for name in _WORDS if name in answer.sent and re.search(_WORDS[name], text, re.IGNORECASE)]
    if _REFUSED.search(text) and named:
        return named[0]
    return next((name for name in named if name in FORMAT_SETTINGS), None)
