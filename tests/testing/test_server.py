"""The loopback server holds requests to what the real services take."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Say
from agentopt.testing.format import pieces

TURN = [{"role": "user", "content": "x"}]


def _post(server: ModelServer, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    line = http.client.HTTPConnection(urlsplit(server.openai_url).netloc, timeout=10)
    try:
        line.request("POST", path, json.dumps(body), {"authorization": "Bearer k"})
        response = line.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text) if text.startswith("{") else text
    finally:
        line.close()


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/v1/chat/completions", {"model": "m", "messages": TURN, "topk": 1}, "topk"),
        ("/v1/chat/completions", {"model": "m", "messages": []}, "required"),
        ("/v1/chat/completions", {"model": "m", "messages": TURN, "stream_options": {}}, "stream_options"),
        ("/v1/messages", {"model": "m", "messages": TURN}, "max_tokens"),
        ("/v1/messages", {"model": "m", "max_tokens": 1, "messages": [{"role": "system", "content": ""}]}, "role"),
        ("/v1/messages", {"model": "m", "max_tokens": 1, "messages": TURN, "seed": 1}, "seed"),
    ],
)
def test_wrong_requests_are_refused(path: str, body: dict[str, Any], said: str) -> None:
    """A request that the real service would not take gets its 400 and uses up no line."""
    with ModelServer([Say("x")]) as server:
        status, answer = _post(server, path, body)
        again, _ = _post(server, "/v1/chat/completions", {"model": "m", "messages": TURN})
    assert (status, said in answer["error"]["message"], again) == (400, True, 200)


def test_a_loose_schema_is_not_strict() -> None:
    """A schema that leaves a property optional is refused in strict mode."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    shape = {"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": schema}}
    with ModelServer([Say("x")]) as server:
        status, _ = _post(server, "/v1/chat/completions", {"model": "m", "messages": TURN, "response_format": shape})
    assert status == 400


def test_requests_are_kept() -> None:
    """Path, key and body of what came in can be looked at."""
    with ModelServer([Say("x")]) as server:
        _post(server, "/v1/chat/completions", {"model": "m", "messages": TURN})
    (request,) = server.requests
    assert (request.path, request.key, request.body["model"]) == ("/v1/chat/completions", "k", "m")


def test_other_paths_are_not_found() -> None:
    """A base URL without /v1 gets the answer that a real server gives."""
    with ModelServer([Say("x")]) as server:
        assert _post(server, "/completions", {"model": "m"})[0] == 404


@pytest.mark.parametrize(("text", "count"), [("", 3), ("a", 3), ("abcdefg", 3), ("abc", 1), ("abc", 99)])
def test_pieces_make_up_the_text(text: str, count: int) -> None:
    """A stream's parts are at most as many as asked and join to the text."""
    parts = pieces(text, count)
    assert ("".join(parts), len(parts) <= count) == (text, True)
