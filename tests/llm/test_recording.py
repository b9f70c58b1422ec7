"""What was recorded is played back byte for byte, without a key, an SDK or a server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agentopt.errors import BudgetExceeded, FileError, InputError, ReplayError, TruncatedError
from agentopt.llm import Budget, Message, Sampling, connect, connect_async
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Say


class Word(BaseModel):
    word: str


ASK = [Message("user", "Say it.")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the recording goes."""
    return tmp_path / "deep" / "talk.jsonl"


def test_a_replay_gives_the_same_bytes(way: Any, path: Path) -> None:
    """Text, usage and finish reason come back as they were, marked as recorded."""
    text = 'tabs\t, "quotes", \u2028 and \U0001f600\r\n'
    with ModelServer([Say(text)]) as server:
        live = way.complete(server, files={"record": path}, messages=ASK)
    reply = connect(replay=path).complete(ASK)
    assert (reply.text, reply.usage, reply.model, reply.recorded) == (text, live.usage, live.model, True)


def test_typed_replies_go_through_the_same_decoding(openai_way: Any, path: Path) -> None:
    """A reply that needed a repair needs it again, from the two recorded exchanges."""
    with ModelServer([Say('{"word": 1}'), Say('{"word": "a"}')]) as server:
        openai_way.complete(server, Word, files={"record": path}, messages=ASK)
    reply = connect(replay=path).complete(ASK, Word)
    assert (reply.value, reply.repaired, reply.usage.calls) == (Word(word="a"), True, 2)


def test_repeats_come_in_order_and_then_run_out(model_at: Any, path: Path) -> None:
    """Equal requests get their replies in the order of recording, and one more is a clear error."""
    with ModelServer([Say("one"), Say("two")]) as server, model_at(server, record=path) as model:
        model.complete(ASK), model.complete(ASK)
    replay = connect(replay=path)
    assert [replay.complete(ASK).text for _ in range(2)] == ["one", "two"]
    with pytest.raises(ReplayError, match=r"holds 2 replies.*all were played"):
        replay.complete(ASK)


def test_a_missing_entry_names_the_request(openai_way: Any, path: Path) -> None:
    """The error quotes the question and the file."""
    with ModelServer([Say("x")]) as server:
        openai_way.complete(server, files={"record": path}, messages=ASK)
    with pytest.raises(ReplayError, match=r"talk\.jsonl has no reply to .*'Sing it\.'"):
        connect(replay=path).complete([Message("user", "Sing it.")])


def test_other_settings_are_told_apart(openai_way: Any, path: Path) -> None:
    """A request that differs only in its settings is told which ones the recording has."""
    with ModelServer([Say("x")]) as server:
        openai_way.complete(server, files={"record": path}, messages=ASK)
    with pytest.raises(ReplayError, match=r"only with .* not with .*'seed': 3"):
        connect(replay=path).complete(ASK, sampling=Sampling(seed=3))


def test_errors_of_the_reply_are_recorded(openai_way: Any, path: Path) -> None:
    """A reply that was cut off is cut off again."""
    with ModelServer([Say("half", finish="length")]) as server, pytest.raises(TruncatedError) as live:
        openai_way.complete(server, files={"record": path}, messages=ASK)
    with pytest.raises(TruncatedError) as again:
        connect(replay=path).complete(ASK)
    assert str(again.value) == str(live.value)


def test_a_replay_is_charged_as_it_was(openai_way: Any, path: Path) -> None:
    """Budgets stop a replay as they stopped the run."""
    with ModelServer([Say("x", input_tokens=5, output_tokens=3)]) as server:
        openai_way.complete(server, files={"record": path}, messages=ASK)
    budget = Budget(calls=1)
    replay = connect(replay=path, budget=budget)
    replay.complete(ASK)
    with pytest.raises(BudgetExceeded):
        replay.complete(ASK)
    assert budget.spent.tokens == 8


def test_cache_hits_are_recorded_too(model_at: Any, path: Path, tmp_path: Path) -> None:
    """A recording is whole, whether the replies came from the model or the cache."""
    with ModelServer([Say("x")]) as server, model_at(server, cache=tmp_path / "c", record=path) as model:
        model.complete(ASK), model.complete(ASK)
    assert [connect(replay=path).complete(ASK).text, len(path.read_text().splitlines())] == ["x", 2]


def test_one_line_holds_one_readable_exchange(openai_way: Any, path: Path) -> None:
    """A recording can be read and reviewed: model, messages, type, schema hash, reply."""
    with ModelServer([Say('{"word": "a"}')]) as server:
        openai_way.complete(server, Word, files={"record": path}, messages=ASK)
    (line,) = path.read_text(encoding="utf-8").splitlines()
    data = json.loads(line)
    assert (data["request"]["model"], data["request"]["messages"], data["request"]["reply"]) == (
        "openai/any",
        [["user", "Say it."]],
        "Word",
    )
    assert (len(data["request"]["schema"]), data["reply"]["text"]) == (16, '{"word": "a"}')


def test_the_asyncio_twin_replays_alike(openai_way: Any, path: Path) -> None:
    """A recording made by one twin is played by the other."""
    with ModelServer([Say("x")]) as server:
        openai_way.complete(server, files={"record": path}, messages=ASK)
    assert asyncio.run(connect_async(replay=path).complete(ASK)).text == "x"


def test_a_replay_loads_no_sdk(openai_way: Any, path: Path) -> None:
    """Playing back needs neither openai, anthropic nor litellm, and no HTTP library."""
    with ModelServer([Say("x")]) as server:
        openai_way.complete(server, files={"record": path}, messages=ASK)
    program = (
        "import sys, pathlib; from agentopt.llm import Message, connect\n"
        "print(connect(replay=pathlib.Path(sys.argv[1])).complete([Message('user', 'Say it.')]).text)\n"
        "print([name for name in ('openai', 'anthropic', 'litellm', 'httpx', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["x", "[]"]


@pytest.mark.parametrize("text", ["no json\n", '{"key": 1}\n', '{"key": "a", "request": {}, "reply": {}}\n', "[]\n"])
def test_a_broken_line_is_named(tmp_path: Path, text: str) -> None:
    """A file that is no recording is refused with the number of the line."""
    (tmp_path / "bad.jsonl").write_text(text)
    with pytest.raises(FileError, match="line 1 of the recording"):
        connect(replay=tmp_path / "bad.jsonl")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A recording that is not there is an error with its name."""
    with pytest.raises(FileError, match=r"none\.jsonl"):
        connect(replay=tmp_path / "none.jsonl")


def test_a_replay_is_not_recorded_again(tmp_path: Path) -> None:
    """Playing from one file while writing another makes no sense and is refused."""
    with pytest.raises(InputError, match="replay alone"):
        connect(replay=tmp_path / "a", record=tmp_path / "b")
