"""Keys appear nowhere: not in errors, logs, recordings, caches or representations."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import ConfigError, LLMError
from agentopt.llm import Message, load_config
from agentopt.llm.redaction import HIDDEN, Secrets, without_credentials
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Body, EchoKey, ErrorInStream, Say, Status


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_no_error_shows_the_key(way: Any, key: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """A server that echoes the key in body and headers does not get it into message, traceback or log."""
    with (
        caplog.at_level(logging.DEBUG),
        ModelServer(lambda _: EchoKey(status)) as server,
        pytest.raises(LLMError) as caught,
    ):
        way.complete(server)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value))
    assert (server.requests[0].key, key in shown, key in caplog.text) == (key, False, False)


def test_no_error_drags_the_sdks_along(plain: Any) -> None:
    """The SDK's error, with its headers and body, hangs on none of ours."""
    with ModelServer([EchoKey()]) as server, pytest.raises(LLMError) as caught:
        plain.complete(server)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("answer", ["<html>{key}</html>", "{{", "pong {key}", '{{"error": {{"message": "{key}"}}}}'])
def test_no_odd_answer_shows_the_key(openai_way: Any, key: str, answer: str) -> None:
    """Pages, cut JSON and errors in a body are quoted without the key."""
    data = Body(answer.format(key=key).encode())
    with ModelServer(lambda _: data) as server, pytest.raises(LLMError) as caught:
        openai_way.complete(server)
    assert key not in str(caught.value)


def test_files_hold_no_key(openai_way: Any, key: str, tmp_path: Path) -> None:
    """A prompt with the key in it and a reply that repeats it reach neither recording nor cache."""
    files = {"record": tmp_path / "r.jsonl", "cache": tmp_path / "c.sqlite"}
    with ModelServer([Say(f"Your key is {key}.")]) as server:
        reply = openai_way.complete(server, files=files, messages=[Message("user", f"My key is {key}.")])
    found = [path.name for path in tmp_path.iterdir() if key.encode() in path.read_bytes()]
    assert (reply.text, found) == (f"Your key is {HIDDEN}.", [])


def test_a_stream_error_shows_no_key(openai_way: Any, key: str) -> None:
    """An error told inside a stream is cleaned as well."""
    with ModelServer(lambda _: ErrorInStream(kind=key)) as server, pytest.raises(LLMError) as caught:
        openai_way.complete(server)
    assert key not in str(caught.value)


def test_a_model_does_not_show_its_key(model_at: Any, key: str) -> None:
    """Neither the model nor the configuration prints a key."""
    with ModelServer([]) as server, model_at(server) as model:
        config = load_config(environment={"OPENAI_API_KEY": key}, path=None)
        shown = repr(model) + repr(config) + repr(config.endpoint("openai/x")) + repr(config.secrets())
    assert key not in shown


def test_a_key_that_fits_no_header_is_not_shown() -> None:
    """A key with a line break in it is refused without being quoted."""
    config = load_config(environment={"OPENAI_API_KEY": "sk-abc\ndef-secret"})
    with pytest.raises(ConfigError) as caught:
        config.endpoint("openai/x")
    assert ("OPENAI_API_KEY" in str(caught.value), "secret" in str(caught.value)) == (True, False)


@given(st.text(min_size=8).filter(lambda value: len(value.strip()) >= 8), st.text(), st.text())
def test_cleaning_leaves_no_secret(secret: str, before: str, after: str) -> None:
    """Wherever a secret stands, it does not stand there after cleaning."""
    secret = secret.strip()
    text = Secrets([secret]).clean(before + secret + after)
    assert secret not in text.replace(HIDDEN, "\ue000")


def test_short_values_are_words() -> None:
    """Dummy keys of local servers, such as ollama, are not cut out of texts."""
    assert Secrets(["ollama"]).clean("ollama runs") == "ollama runs"


def test_credentials_in_an_address_are_not_shown(model_at: Any) -> None:
    """User and password of a base URL do not come into errors."""
    with ModelServer([Status(404, body="<html>")]) as server:
        url = server.openai_url.replace("://", "://user:pass-word-1@")
        with model_at(server, options={"base_url": url}) as model, pytest.raises(LLMError) as caught:
            model.complete([Message("user", "x")])
    assert ("pass-word-1" in str(caught.value), without_credentials("http://a:b@h/p?k=1")) == (False, "http://h/p")
