"""Secrets: nothing that looks like one goes to where code runs that a model wrote."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import trace
from agentopt.errors import DomainError
from agentopt.graph.code.credential import Guard
from agentopt.graph.code.surroundings import surroundings
from agentopt.llm.redaction import Secrets

PLACE = "and is not sent to where model-written code runs; pass what it needs as an argument"
KNOWN = "abcd-efgh-1234"
GUARD = Guard(Secrets([KNOWN]))

API_KEY = "live-0123456789"
SORT_KEY = "created_at"
GREETING = f"Bearer {KNOWN}"
SETTINGS = {"model": "small", "login": [{"password": "hunter2"}]}


class Client:
    token = "live-0123456789"
    """Of the class, in its source."""


@dataclass
class Login:
    user: str
    password: str


LOGIN = Login("me", "hunter2")


def ask(text: str) -> str:
    return API_KEY + text


def default(text: str, secret: str = "hunter2") -> str:
    return text + secret


def hides(text: str) -> str:
    return max(text, KNOWN)


def target(x: int) -> Any:
    return x


class Agent:
    def __init__(self) -> None:
        self.key = "live-0123456789"
        self.sort_key: str | None = "name"
        self.login = {"user": "me", "pwd": "x"}

    def ask(self, x: int) -> str:
        return f"{self.key}{x}"

    def act(self, x: int) -> Any:
        return x


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "word"), ("apiKeys", ["word"]), ("access_tokens", ("word",)), ("OPENAI_APIKEY", "word"),
        ("password", "x"), ("DB_PASSWORD_2", "x"), ("userPwd", "x"), ("client_secret", b"x"),
        ("Credentials", "x"), ("config", {"a": [{"token": "x-1"}]}), ("anything", {"": KNOWN}),
        ("key", "live-0123456789"), ("token", "0a1b2c3d"), ("auth", "Basic 0a1b2c3d"), ("KEY", 30 * "x"),
        ("anything", KNOWN), ("anything", f"a {KNOWN} b"), ("anything", {KNOWN: 1}),
    ],
)  # fmt: skip
def test_secrets(name: str, value: object) -> None:
    """Names of secrets, in any spelling and at any depth, and values that are known as secrets are told."""
    assert GUARD.objection(value, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SORT_KEY", "created_at"), ("key", ""), ("PAD_TOKEN", "<|endoftext|>"), ("token", "[CLS]"), ("token", "\n\n"),
        ("monkey", "live-0123456789"), ("keyboard", "a-1"), ("tokens", ["don't", "x-1"]), ("max_token", 1024),
        ("password", ""), ("password", None), ("compass_word", "a-1"), ("anything", KNOWN[1:]), ("author", "J. K."),
    ],
)  # fmt: skip
def test_ordinary_values(name: str, value: object) -> None:
    """Keys to sort by, marks in texts, numbers, and words that only contain such a word are no secrets."""
    assert GUARD.objection(value, name) is None


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_known_secrets_at_any_depth(value: Any) -> None:
    """A known secret is found wherever in data it stands."""
    assert GUARD.objection([value, {"x": (value, [KNOWN])}], "data")


@pytest.mark.parametrize(
    "source",
    [
        "API_KEY = 'x'", "class A:\n    api_key: str = 'x'", "self.password = 'x'", "connect(password='x')",
        "{'password': 'x'}", "def f(a, password='x'): pass", "def f(*, password='x'): pass", "lambda secret='x': 0",
        "(secret := 'x')", f"print('{KNOWN}')",
    ],
)  # fmt: skip
def test_secrets_in_a_source(source: str) -> None:
    """A text that a source gives such a name is told, in each way in which it can."""
    assert GUARD.objection_to_source(ast.parse(source), "helper")


def test_sources_without_secrets() -> None:
    """Names alone, and texts of other names, are no secrets."""
    source = "def f(a, key=None, *, b='x', password): return sorted(a, key=password)[key or 'x']"
    assert GUARD.objection_to_source(ast.parse(source), "f") is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("API_KEY", "uses API_KEY, which looks like a secret"),
        ("0 and API_KEY", "uses API_KEY, which looks like a secret"),
        ("ask('x')", "uses ask, which uses API_KEY, which looks like a secret"),
        ("SETTINGS", "uses SETTINGS, which holds password, which looks like a secret"),
        ("LOGIN.user", "uses LOGIN, which looks like a secret|uses LOGIN, which holds password"),
        ("Client()", "uses Client, which holds token, which looks like a secret"),
        ("default('x')", "uses default, which holds secret, which looks like a secret"),
    ],
)
def test_named_globals(body: str, said: str) -> None:
    """New code that uses a global which looks like a secret, or what uses one, is refused in one sentence."""
    with pytest.raises(DomainError, match=f"^the new code ({said}) {PLACE}$"):
        surroundings(f"def target(x):\n    return {body}\n", target)


@pytest.mark.parametrize("name", ["GREETING", "hides(x)"])
def test_values_of_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A secret of the environment is not sent, whatever it is called."""
    surroundings(f"def target(x):\n    return {name}\n", target)
    monkeypatch.setenv("SOME_TOKEN", KNOWN)
    with pytest.raises(DomainError, match=PLACE):
        surroundings(f"def target(x):\n    return {name}\n", target)


def test_ordinary_globals_are_sent() -> None:
    """A constant that is merely called a key is there."""
    assert "created_at" in surroundings("def target(x):\n    return SORT_KEY\n", target).prelude


def test_examples_do_without() -> None:
    """What only the examples beside the new code use is left out, not refused."""
    assert "live-" not in surroundings("def target(x):\n    return x\n", target, also="print(API_KEY)").prelude


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("self.key", "the new code uses self.key, which looks like a secret"),
        ("getattr(self, 'key')", "the new code uses self.key, which looks like a secret"),
        ("self.login['user']", "the new code uses self.login, which holds pwd, which looks like a secret"),
        ("self.ask(x)", "self.ask, which the new code uses, uses self.key, which looks like a secret"),
    ],
)
def test_attributes(body: str, said: str) -> None:
    """An attribute that looks like a secret is refused, also where a method reads it that the new code calls."""
    with pytest.raises(DomainError, match=f"^{said} {PLACE}$"):
        surroundings(f"def act(self, x):\n    return {body}\n", Agent.act, instance=Agent())


def test_attributes_that_become_secrets() -> None:
    """What an attribute holds is looked at again at each call."""
    agent = Agent()
    around = surroundings("def act(self, x):\n    return self.sort_key\n", Agent.act, instance=agent)
    before = around.state(agent, lambda value: value)
    agent.sort_key = "live-0123456789"
    with pytest.raises(DomainError, match=rf"uses self\.sort_key, which looks like a secret {PLACE}"):
        around.state(agent, lambda value: value)
    assert before == {"sort_key": "name"}


def test_refused_when_it_is_set() -> None:
    """A version that needs a secret is not taken up at all."""

    @trace(trainable=True)
    def learned(x: int) -> Any:
        return x

    with pytest.raises(DomainError, match=PLACE):
        learned.parameter.set("def learned(x: int):\n    return API_KEY\n")
    assert len(learned.parameter.versions) == 1
