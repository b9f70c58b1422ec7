"""Models that say what a test wrote down, through the same typed decoding as real ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from agentopt.errors import ReplayError
from agentopt.llm.budget import FREE, Budget
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.message import Message, Usage
from agentopt.llm.metering import Metered
from agentopt.llm.model import AsyncChatModel, ChatModel
from agentopt.llm.plan import AsyncLayered, Layered
from agentopt.llm.verdict import Whole

Answer = Callable[[tuple[Message, ...]], str]
Line = str | Completion | Exception | Answer
"""A text, a completion with its finish reason and usage, an error to raise, or a function of the messages."""

NAME = "scripted/model"


class ScriptedModel(ChatModel):
    """A `Model` that gives its lines in order, one a request, and remembers what it was asked.

    Args:
        script: The lines; or one function of the messages that answers every request.
        budget: Charged like that of any model; scripted replies cost nothing.
    """

    def __init__(self, script: Sequence[Line] | Answer, budget: Budget | None = None) -> None:
        self._script = Script(script)
        super().__init__(Layered(Whole(), Layered(Metered(lambda: FREE, NAME), self._script)), budget)

    @property
    def requests(self) -> list[Request]:
        """Every request so far, the repairs included."""
        return self._script.requests


class AsyncScriptedModel(AsyncChatModel):
    """The same as an `AsyncModel`."""

    def __init__(self, script: Sequence[Line] | Answer, budget: Budget | None = None) -> None:
        self._script = Script(script)
        channel = AsyncLayered(Metered(lambda: FREE, NAME), _AsyncScript(self._script))
        super().__init__(AsyncLayered(Whole(), channel), budget)

    @property
    def requests(self) -> list[Request]:
        """Every request so far, the repairs included."""
        return self._script.requests


class Script:
    """A channel that answers from a list of lines, or from a function."""

    name = NAME

    def __init__(self, script: Sequence[Line] | Answer) -> None:
        self._answer = script if callable(script) else None
        self._lines = list(script) if not callable(script) else []
        self._lock = threading.Lock()
        self.requests: list[Request] = []

    def send(self, request: Request) -> Completion:
        with self._lock:
            place = len(self.requests)
            self.requests.append(request)
        if self._answer is not None:
            return _spoken(request, self._answer(request.messages))
        if place >= len(self._lines):
            last = request.messages[-1].text[:80]
            raise ReplayError(f"the script holds {len(self._lines)} lines and was asked for one more: {last!r}")
        line = self._lines[place]
        if isinstance(line, Exception):
            raise line
        if isinstance(line, Completion):
            return line
        return _spoken(request, line if isinstance(line, str) else line(request.messages))

    def close(self) -> None:
        """Nothing is held open."""


class _AsyncScript:
    name = NAME

    def __init__(self, script: Script) -> None:
        self._script = script

    async def send(self, request: Request) -> Completion:
        return self._script.send(request)

    async def close(self) -> None:
        """Nothing is held open."""


def _spoken(request: Request, text: str) -> Completion:
    """A complete reply; tokens are counted at four characters each."""
    asked = sum(len(message.text) for message in request.messages)
    return Completion(text, "stop", NAME, Usage(1, -(-asked // 4), -(-len(text) // 4)))
