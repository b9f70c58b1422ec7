"""Who reads the words of a session: a model that is connected when it is first needed, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from agentopt.llm import Budget, Model, Usage, connect

from ..instance import Instance
from ..solution import Solution
from ..words.author import Author, Means
from ..words.follow_up import FollowUp, ask_follow_up
from ..words.formulate import Formulated, solve_text
from ..words.written import solve_by_program
from .state import State
from .workspace import Workspace

if TYPE_CHECKING:
    from agentopt.sandbox import Sandbox

    from ..doubts.second import Opinion

MAX_ROUNDS = 2
"""Corrections that a model is asked for when it formulates."""
EARLIER = 6
"""Sentences of the session that a model is reminded of."""


class Reader:
    """Asks a model about the problem of a workspace, and keeps count.

    Args:
        model: A Model, or a name as "provider/name"; None finds one when it is needed.
        budget: Limits on what all calls may take.
        sandbox: Where a program that the model wrote may run; None opens one when it is needed.
        replay: A recording whose replies are played again in place of a model.
    """

    def __init__(
        self, model: Model | str | None, budget: Budget | None, sandbox: Sandbox | None, replay: Path | None
    ) -> None:
        self.model = model
        self.usage = Usage()
        self._budget, self._sandbox, self._replay = budget, sandbox, replay

    @property
    def name(self) -> str:
        """As provider/name, or that it is still to be found."""
        if isinstance(self.model, str):
            return self.model
        return "a model that is found when it is needed" if self.model is None else self.model.name

    def formulate(self, work: Workspace, problem: str) -> Formulated:
        """Formulate and solve a problem in words."""
        with self._asking(work, problem) as author:
            return solve_text(author, self._means(work), MAX_ROUNDS)

    def follow_up(self, work: Workspace, problem: str, text: str, said: Sequence[str]) -> FollowUp:
        """Read a sentence about the solved problem; `said` is what was said before it, the latest last."""
        solution = work.solution
        with self._asking(work, problem) as author:
            work.progress("reading")
            return ask_follow_up(author, solution, text, "\n".join(f"- {one}" for one in said[-EARLIER:]))

    def second_opinion(self, work: Workspace, problem: str, model: Model | str | None) -> Opinion:
        """Have the problem formulated once more, by another model where one is given."""
        from ..doubts.second import second_opinion

        with self._asking(work, problem) as author:
            if model is not None:
                author.model = connect(model) if isinstance(model, str) else model
            return second_opinion(author, self._means(work), work.solution)

    def by_program(self, work: Workspace, state: State, instance: Instance) -> Solution:
        """Solve what the expression language cannot say, by a program in the sandbox."""
        with self._asking(work, state.problem) as author:
            return solve_by_program(author, self._means(work), instance)

    @contextmanager
    def _asking(self, work: Workspace, problem: str) -> Iterator[Author]:
        """An author whose calls are counted, whatever comes of them."""
        author = Author(self._connected(work), problem, work.files.tables, self._budget, work.progress)
        try:
            yield author
        finally:
            self.usage = self.usage + author.usage

    def _means(self, work: Workspace) -> Means:
        from agentopt.sandbox import open_sandbox

        sandbox = self._sandbox
        return Means(work.time_limit_s, open_sandbox if sandbox is None else (lambda: nullcontext(sandbox)))

    def _connected(self, work: Workspace) -> Model:
        if self.model is None or isinstance(self.model, str):
            record = None
            if work.journal is not None and self._replay is None:
                work.journal.begin()
                record = work.journal.path
            self.model = connect(self.model, record=record, replay=self._replay)
        return self.model
