"""A reply is asked for once, and never given for a question that was shaped otherwise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agentopt.errors import FileError, TruncatedError
from agentopt.llm import Budget, Message, Sampling
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Received, Say


class Word(BaseModel):
    word: str


class Term(BaseModel):
    word: str


ASK = [Message("user", "Say it.")]


def test_a_second_call_is_a_hit(way: Any, tmp_path: Path) -> None:
    """The same question is answered from the file, in another process's model too, at no cost."""
    files, budget = {"cache": tmp_path / "cache.sqlite"}, Budget()
    with ModelServer([Say("once")]) as server:
        first = way.complete(server, files=files, budget=budget)
        second = way.complete(server, files=files, budget=budget)
    assert (first.cached, second.cached, second.text) == (False, True, "once")
    assert (second.usage.calls, second.usage.cache_hits, second.usage.tokens) == (0, 1, 0)
    assert (budget.spent.calls, budget.spent.cache_hits) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"messages": [Message("user", "Say that.")]},
        {"messages": [Message("system", "Say it."), Message("user", "Say it.")]},
        {"sampling": Sampling(temperature=0.5)},
        {"sampling": Sampling(max_tokens=5)},
        {"sampling": Sampling(seed=1)},
        {"sampling": Sampling(draw=1)},
        {"sampling": Sampling(stop=("x",))},
        {"reply": Word},
    ],
    ids=str,
)
def test_whatever_shapes_the_reply_is_in_the_key(openai_way: Any, tmp_path: Path, other: dict[str, Any]) -> None:
    """Another message, setting, draw or type is another question."""
    files = {"cache": tmp_path / "cache.sqlite"}
    with ModelServer([Say('{"word": "a"}'), Say('{"word": "b"}')]) as server:
        openai_way.complete(server, files=files, messages=ASK)
        asked = {"messages": ASK, **other}
        assert not openai_way.complete(server, asked.pop("reply", None), files=files, **asked).cached


def test_another_model_or_address_is_another_question(openai_way: Any, tmp_path: Path) -> None:
    """Replies of one server are not given for another."""
    files = {"cache": tmp_path / "cache.sqlite"}
    with ModelServer([Say("a")]) as one, ModelServer([Say("b")]) as two:
        openai_way.complete(one, files=files)
        assert openai_way.complete(two, files=files).text == "b"


def test_the_time_limit_is_no_part_of_the_key(openai_way: Any, tmp_path: Path) -> None:
    """How long one was ready to wait does not shape a reply."""
    files = {"cache": tmp_path / "cache.sqlite"}
    with ModelServer([Say("a")]) as server:
        openai_way.complete(server, files=files)
        assert openai_way.complete(server, files=files, sampling=replace(Sampling(), timeout_s=7)).cached


def test_a_reply_that_was_cut_off_is_not_kept(openai_way: Any, tmp_path: Path) -> None:
    """Only whole replies are answered again."""
    files = {"cache": tmp_path / "cache.sqlite"}
    with ModelServer([Say("half", finish="length"), Say("whole")]) as server:
        with pytest.raises(TruncatedError):
            openai_way.complete(server, files=files)
        assert openai_way.complete(server, files=files).text == "whole"


def test_threads_share_the_file(model_at: Any, tmp_path: Path) -> None:
    """Many threads with two models on one file read and write without a lock error."""

    def echo(request: Received) -> Say:
        return Say(request.body["messages"][-1]["content"])

    with (
        ModelServer(echo) as server,
        model_at(server, cache=tmp_path / "c.sqlite") as one,
        model_at(server, cache=tmp_path / "c.sqlite") as two,
        ThreadPoolExecutor(8) as pool,
    ):
        asked = [(model, str(number % 10)) for number in range(40) for model in (one, two)]
        texts = pool.map(lambda pair: pair[0].complete([Message("user", pair[1])]).text, asked)
        assert list(texts) == [text for _, text in asked]


def test_a_file_that_is_no_database_is_named(model_at: Any, tmp_path: Path) -> None:
    """A text file given as the cache is an error with its name, before any call."""
    (tmp_path / "notes.txt").write_text("not a database " * 100)
    with ModelServer([]) as server, pytest.raises(FileError, match=r"notes\.txt"):
        model_at(server, cache=tmp_path / "notes.txt")
