"""A type goes in, a value of that type comes out, or an error that names the field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from agentopt.errors import ReplyError
from agentopt.llm import Message, decode
from agentopt.testing import AsyncScriptedModel, ScriptedModel

ASK = [Message("user", "Where?")]


class Point(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: int
    y: float = Field(ge=0)


class Kind(Enum):
    A = "a"


@dataclass
class Pair:
    left: int
    right: list[str]


@pytest.mark.parametrize(
    "text",
    [
        '{"x": 1, "y": 2}',
        'Sure!\n```json\n{"x": 1, "y": 2.0}\n```\nHope it helps {smile}.',
        '<think>{"x": 9, "y": 9}</think>{"x": 1, "y": 2}',
        '{"x": 1, "y": 2} {"note": "done"}',
        '\ufeff{"x": 1,\r\n "y": 2}',
    ],
)
def test_the_last_value_that_fits_counts(text: str) -> None:
    """Prose, drafts and other JSON around the value do not matter."""
    assert ScriptedModel([text]).complete(ASK, Point).value == Point(x=1, y=2)


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        (list[int], '{"value": [1, 2]}', [1, 2]),
        (list[int], "[1, 2]", [1, 2]),
        (int, "7", 7),
        (float, '{"value": 0.5}', 0.5),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (Literal["yes", "no"], '"yes"', "yes"),
        (Pair, '{"left": 1, "right": ["a"]}', Pair(1, ["a"])),
        (Kind, '"a"', Kind.A),
        (str, "plain words", "plain words"),
    ],
)
def test_any_type_that_pydantic_knows_can_be_asked_for(asked: type, text: str, value: object) -> None:
    """Lists, numbers, choices, dataclasses and enums come back as such."""
    assert ScriptedModel([text]).complete(ASK, asked).value == value


def test_a_misfit_is_repaired_once() -> None:
    """The second answer counts, is marked as repaired, and both are charged."""
    model = ScriptedModel(['{"x": "one", "y": 2}', '{"x": 1, "y": 2}'])
    reply = model.complete(ASK, Point)
    assert (reply.value, reply.repaired, reply.usage.calls) == (Point(x=1, y=2), True, 2)


def test_the_repair_names_field_fault_and_value() -> None:
    """The model is told its own answer, where it is wrong, what it said there, and the schema."""
    model = ScriptedModel(['{"x": "one", "y": -2}', '{"x": 1, "y": 2}'])
    model.complete(ASK, Point)
    draft, told = model.requests[1].messages[-2:]
    wanted = ["x: ", "valid integer", '"one"', "y: ", "greater than or equal to 0", "-2", '"required"']
    assert draft == Message("assistant", '{"x": "one", "y": -2}')
    assert [part for part in wanted if part not in told.text] == []


def test_the_repair_names_five_faults_at_most() -> None:
    """A reply that is wrong in many places gets the first five named."""
    model = ScriptedModel(['["a","b","c","d","e","f","g"]', "[1]"])
    model.complete(ASK, list[int])
    assert model.requests[1].messages[-1].text.count("valid integer") == 5


def test_a_second_misfit_is_the_error() -> None:
    """After one repair that does not help, the error names the field and there is no third request."""
    model = ScriptedModel(['{"x": "one", "y": 2}', '{"x": 1}', '{"x": 1, "y": 2}'])
    with pytest.raises(ReplyError, match=r"no valid Point.* y: Field required"):
        model.complete(ASK, Point)
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    "text",
    ['{"x": 1, "y": NaN}', '{"x": 1, "y": Infinity}', '{"x": 1, "y": 1e999}', '{"x": 1, "x": 2, "y": 1}', "I won't."],
)
def test_nothing_is_repaired_in_silence(text: str) -> None:
    """What is no strict JSON value of the type is never taken."""
    with pytest.raises(ReplyError):
        decode(text, Point)


def test_decode_reads_a_text_alone() -> None:
    """A value can be read from text without a model."""
    assert decode('It is {"x": 1, "y": 0}.', Point) == Point(x=1, y=0)


async def _asked() -> object:
    return await AsyncScriptedModel(["no", '{"x": 1, "y": 2}']).complete(ASK, Point)


def test_the_asyncio_twin_decodes_alike() -> None:
    """The same conversation, repair included, runs under asyncio."""
    import asyncio

    reply = asyncio.run(_asked())
    assert (reply.value, reply.repaired) == (Point(x=1, y=2), True)  # type: ignore[attr-defined]
