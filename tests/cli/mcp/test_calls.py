"""Long calls, cancelled calls, calls at the same time, and calls whose words a model reads."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Say

pytest.importorskip("mcp_types", reason="the extra mcp is not installed")

Talk = Callable[..., Any]
Problem = dict[str, Any]

WORDS = "A bakery earns 3 for a bread and 2 for a cake, and bakes four pieces. What should it bake?"
READING = {
    "reasoning": "Two kinds of pieces share one oven.",
    "no_problem": "",
    "formulation": {
        "variables": [{"name": "bread"}, {"name": "cake"}],
        "objective": {"sense": "maximize", "expression": "3 * bread + 2 * cake", "meaning": "Profit"},
        "constraints": [{"name": "oven", "expression": "bread + cake <= 4", "meaning": "Four pieces"}],
    },
    "open_points": [
        {
            "question": "Can parts of a piece be baked?",
            "taken": "yes",
            "others": [
                {
                    "reading": "at most three breads",
                    "edits": [{"op": "set_bound", "variable": "bread", "side": "upper", "value": 3}],
                }
            ],
        }
    ],
    "answer": "It earns {objective}.",
}


def hard() -> Problem:
    """A market split problem: a point is found at once, the proof takes hours."""
    rng = random.Random(1)
    weights = [[rng.randint(0, 99) for _ in range(40)] for _ in range(5)]
    return {
        "sets": [{"name": "I", "expression": "range(5)"}, {"name": "J", "expression": "range(40)"}],
        "parameters": [
            {"name": "w", "index": ["I", "J"], "value": weights},
            {"name": "half", "index": ["I"], "value": [sum(row) // 2 for row in weights]},
        ],
        "variables": [
            {"name": "x", "index": ["J"], "domain": "binary"},
            {"name": "over", "index": ["I"]},
            {"name": "under", "index": ["I"]},
        ],
        "objective": {"sense": "minimize", "expression": "sum(over[i] + under[i] for i in I)"},
        "constraints": [
            {"name": "split", "expression": "sum(w[i, j] * x[j] for j in J) - over[i] + under[i] == half[i] for i in I"}
        ],
    }


def test_a_time_limit_ends_a_solve_with_its_best(talk: Talk) -> None:
    """A call may ask for less time than the server grants, and gets the best so far."""

    async def do(client: Any) -> Any:
        return await client.call_tool("formulate", {"problem": hard(), "time_limit_s": 0.5})

    outcome = talk(do).structured_content["outcome"]
    assert (outcome["termination_condition"], outcome["solution_status"]) == ("time_limit", "feasible")


def test_a_cancelled_solve_stops_and_the_server_answers_meanwhile(talk: Talk) -> None:
    """While a solve of an hour runs, progress comes and pings and other sessions are answered; then it is cancelled.

    The session can be used again long before that hour is over, and the change that was being solved is not in it.
    """

    async def do(client: Any) -> Any:
        first = await client.call_tool("formulate", {"problem": hard(), "time_limit_s": 0.5})
        begun, lines = anyio.Event(), []

        async def progress(done: float, total: float | None, message: str | None) -> None:
            lines.append((done, message))
            begun.set()

        async def long() -> None:
            change = {"session": "s1", "change": "x[0] + x[1] <= 1"}
            await client.call_tool("what_if", change, progress_callback=progress)

        async with anyio.create_task_group() as group:
            group.start_soon(long)
            await begun.wait()
            await client.send_ping()
            other = await client.call_tool("solve", {"problem": {**hard(), "constraints": []}})
            group.cancel_scope.cancel()
        return first, lines, other, await client.call_tool("undo", {"session": "s1"})

    first, lines, other, undone = talk(do, "--time-limit", "3600")
    assert lines[0][1].startswith("solving")
    assert other.structured_content["outcome"]["objective"]["value"] == pytest.approx(0)
    assert (first.is_error, undone.content[0].text) == (False, "there is nothing to take back")


def test_one_session_does_one_thing_at_a_time(talk: Talk, bakery: Problem) -> None:
    """Changes of one session that are sent together are all made, one on top of the other."""

    async def do(client: Any) -> Any:
        await client.call_tool("formulate", {"problem": bakery})

        async def more() -> None:
            result = await client.call_tool("what_if", {"session": "s1", "change": "flour += 1; room += 1"})
            assert not result.is_error, result.content[0].text

        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(more)
        return await client.call_tool("solve", {"session": "s1"})

    # Ten places in the oven and flour for twelve: ten breads for 3 each.
    assert talk(do).structured_content["outcome"]["objective"]["value"] == pytest.approx(30)


def test_refused_calls_take_no_place_from_others(talk: Talk, bakery: Problem) -> None:
    """More refusals than there are places to work leave the session and the places free."""

    async def do(client: Any) -> Any:
        await client.call_tool("formulate", {"problem": bakery})
        for _ in range(6):
            refused = await client.call_tool("solve", {"session": "s1", "time_limit_s": 1e9})
            assert "--time-limit" in refused.content[0].text
        return await client.call_tool("solve", {"session": "s1"})

    assert not talk(do).is_error


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
def test_the_clients_model_reads_words(talk: Talk) -> None:
    """Without a model of the server's, words go to the client's by sampling, and its reading is solved and checked."""
    from mcp_types import CreateMessageResult, TextContent

    asked: list[Any] = []

    async def sample(context: Any, params: Any) -> CreateMessageResult:
        asked.append(params)
        text = f"```json\n{json.dumps(READING)}\n```"
        return CreateMessageResult(
            role="assistant", content=TextContent(type="text", text=text), model="any", stop_reason="endTurn"
        )

    async def do(client: Any) -> Any:
        first = await client.call_tool("formulate", {"problem": WORDS})
        adopted = await client.call_tool("adopt_reading", {"session": "s1", "number": 1})
        return first, adopted, await client.call_tool("explain", {"session": "s1", "question": "second opinion"})

    first, adopted, second = talk(do, model=sample)
    found = first.structured_content
    assert (found["outcome"]["objective"]["value"], found["answer"]) == (pytest.approx(12), "It earns 12.")
    assert found["open_points"][0]["readings"][0]["objective"] == pytest.approx(11)
    assert adopted.structured_content["outcome"]["objective"]["value"] == pytest.approx(11)
    # The second formulation is the first one again: it earns 12, and the reading that was taken 11.
    (check,) = second.structured_content["checks"]
    assert (second.structured_content["kind"], check["level"]) == ("second", "doubt")
    assert WORDS in asked[0].messages[-2].content.text
    assert "five elements" in asked[0].system_prompt


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
def test_a_client_may_refuse_to_sample(talk: Talk) -> None:
    """The refusal comes back as a sentence with the way out."""
    from mcp_types import ErrorData

    async def refuse(context: Any, params: Any) -> ErrorData:
        return ErrorData(code=-1, message="the user said no")

    async def do(client: Any) -> Any:
        return await client.call_tool("formulate", {"problem": WORDS})

    result = talk(do, model=refuse)
    assert result.is_error
    assert [w for w in ("the user said no", "five elements") if w not in result.content[0].text] == []


def test_the_servers_own_model_reads_words_within_its_budget(talk: Talk) -> None:
    """--model names who reads; --max-calls holds for all sessions together."""
    server = ModelServer([Say(json.dumps(READING))])

    async def do(client: Any) -> Any:
        return [await client.call_tool("formulate", {"problem": WORDS}) for _ in range(2)]

    with server:
        options = ("--model", "openai/any", "--max-calls", "1")
        first, second = talk(do, *options, OPENAI_API_KEY="key", OPENAI_BASE_URL=server.openai_url)
    assert first.structured_content["outcome"]["objective"]["value"] == pytest.approx(12)
    assert (second.is_error, "budget of 1 calls" in second.content[0].text) == (True, True)


def test_explain_never_changes_the_problem(talk: Talk, bakery: Problem) -> None:
    """Where a model takes a question for a change, explain refuses and the session stands."""
    meant = {
        "reasoning": "A change.",
        "action": "edit",
        "edits": [{"op": "change_data", "parameter": "room", "by": "set", "amount": 5}],
    }
    server = ModelServer([Say(json.dumps(meant))])

    async def do(client: Any) -> Any:
        await client.call_tool("formulate", {"problem": bakery})
        asked = await client.call_tool("explain", {"session": "s1", "question": "could there be five places?"})
        return asked, await client.call_tool("undo", {"session": "s1"})

    with server:
        asked, undone = talk(do, "--model", "openai/any", OPENAI_API_KEY="key", OPENAI_BASE_URL=server.openai_url)
    assert (asked.is_error, "what_if makes it" in asked.content[0].text) == (True, True)
    assert "nothing to take back" in undone.content[0].text


def test_the_next_protocol_is_spoken_too(tmp_path: Path, environment: dict[str, str], bakery: Problem) -> None:
    """A client of the protocol without a handshake formulates as well."""
    import sys

    from mcp import Client, StdioServerParameters

    async def do() -> Any:
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "agentopt", "mcp"], env=environment, cwd=tmp_path
        )
        with anyio.fail_after(120):
            async with Client(server) as client:
                return await client.call_tool("formulate", {"problem": bakery})

    result: Any = anyio.run(do)
    assert result.structured_content["outcome"]["objective"]["value"] == pytest.approx(12)
