"""What a call to a model costs the caller beside the bare SDK, against a server on this machine.

CPU time of the calling thread, ours and the SDK's calls taken in turn on one server, so that a busy machine slows
both alike. The reply is a stream of 40 parts, as long as a short program.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentopt.llm import Config, Message, Options, connect
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Say
from benchmarks.table import Row

N_CALLS = 150
PROMPT = "Write the program for this problem. " * 36
TEXT = "x = model.make[p] * profit[p]\n" * 40
ASK = [Message("user", PROMPT)]


def rows() -> list[Row]:
    """Measure a call through each SDK, a hit of the cache and a replayed call."""
    config = Config({"OPENAI_API_KEY": "sk-benchmark", "ANTHROPIC_API_KEY": "sk-benchmark"})
    with tempfile.TemporaryDirectory() as folder, ModelServer(lambda _: Say(TEXT, pieces=40)) as server:
        openai = Options(server.openai_url, config)
        anthropic = Options(server.anthropic_url, config)
        made = [
            _against("openai", openai, _bare_openai(server)),
            _against("anthropic", anthropic, _bare_anthropic(server)),
        ]
        return made + _from_files(openai, Path(folder))


def _against(name: str, options: Options, bare: Callable[[], str]) -> Row:
    with connect(f"{name}/any", options=options) as model:
        ours, theirs = _in_turn(lambda: model.complete(ASK).text, bare)
    ratio = statistics.median(theirs) / statistics.median(ours)
    return Row(
        what=f"a streamed call through the {name} SDK, CPU of the caller",
        ours=_figure(ours),
        other=f"bare SDK {_figure(theirs)}",
        ratio=ratio,
        bar=">= 1x",
        passed=ratio >= 1,
        note=f"{N_CALLS} calls each, in turn; 40 parts, {len(PROMPT)} characters asked, {len(TEXT)} answered",
    )


def _from_files(options: Options, folder: Path) -> list[Row]:
    cache, record = folder / "cache.sqlite", folder / "talk.jsonl"
    with connect("openai/any", options=options, cache=cache) as model:
        hits = [_cpu_ms(lambda: model.complete(ASK).text) for _ in range(N_CALLS + 1)][1:]
    with connect("openai/any", options=options, record=record) as model:
        for _ in range(N_CALLS):
            model.complete(ASK)
    replay = connect(replay=record)
    played = [_cpu_ms(lambda: replay.complete(ASK).text) for _ in range(N_CALLS)]
    return [
        Row("a call answered from the cache, CPU", _figure(hits)),
        Row("a call answered from a recording, CPU", _figure(played)),
    ]


def _bare_openai(server: ModelServer) -> Callable[[], str]:
    from openai import OpenAI

    client = OpenAI(base_url=server.openai_url, api_key="sk-benchmark", max_retries=0)
    turns: Any = [{"role": "user", "content": PROMPT}]

    def call() -> str:
        chunks = client.chat.completions.create(
            model="any", messages=turns, stream=True, stream_options={"include_usage": True}
        )
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)

    return call


def _bare_anthropic(server: ModelServer) -> Callable[[], str]:
    from anthropic import Anthropic

    client = Anthropic(base_url=server.anthropic_url, api_key="sk-benchmark", max_retries=0)
    turns: Any = [{"role": "user", "content": PROMPT}]

    def call() -> str:
        events = client.messages.create(model="any", max_tokens=8192, messages=turns, stream=True)
        return "".join(getattr(event.delta, "text", "") for event in events if event.type == "content_block_delta")

    return call


def _in_turn(ours: Callable[[], str], theirs: Callable[[], str]) -> tuple[list[float], list[float]]:
    if ours() != theirs():
        raise ValueError("expected the same text from both")
    pairs = [(_cpu_ms(ours), _cpu_ms(theirs)) for _ in range(N_CALLS)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _cpu_ms(call: Callable[[], str]) -> float:
    start = time.thread_time()
    call()
    return (time.thread_time() - start) * 1e3


def _figure(spent: list[float]) -> str:
    low, _, high = statistics.quantiles(spent, n=4)
    return f"{statistics.median(spent):.2g} ms ({low:.2g} to {high:.2g})"
