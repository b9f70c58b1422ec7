"""What a session works on: the stack of states of one problem, its data, and the solving of it; no words, no model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from agentopt.errors import AgentoptError, InputError, UnitError

from ..data.bind import bind
from ..edits.apply import apply_edits
from ..edits.difference import changed_elements, differences
from ..edits.edit import Edit
from ..engines.route import solve_instance
from ..insight.comparison import compare
from ..instance import Instance
from ..language.analysis import analyze
from ..language.units import check_units
from ..solution import Solution
from ..words.answer import answered
from .data_files import DataFiles
from .journal import Journal
from .state import State
from .turn import Kind, Turn

ByProgram = Callable[[State, Instance], Solution]
"""Solves an instance that the expression language cannot say in full."""


class Workspace:
    """States of a problem, the present one last; every change is made whole or not at all.

    Args:
        time_limit_s: Seconds for each solve.
        progress: Is called with one line for each step.
        by_program: Solves what stands in words only; None: that is refused.
        journal: Where states are kept as they come; None: nowhere.
    """

    def __init__(
        self,
        time_limit_s: float,
        progress: Callable[[str], None],
        by_program: ByProgram | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.time_limit_s, self.progress = time_limit_s, progress
        self.files = DataFiles()
        self.states: list[State] = []
        self.unfinished = ""
        """A problem in words that could not be formulated yet, as something was missing."""
        self.journal = journal
        self._by_program = by_program

    @property
    def state(self) -> State:
        """The present state.

        Raises:
            InputError: There is no problem yet.
        """
        if not self.states:
            raise InputError("there is no problem yet; state it in words or load a formulation")
        return self.states[-1]

    @property
    def solution(self) -> Solution:
        """The outcome of the present state, solved now when it is not yet."""
        if self.state.solution is None:
            self.state.solution = self._solved(self.state)
        return self.state.solution

    def instance(self) -> Instance:
        """The present formulation with its data.

        Raises:
            InputError: There is no problem yet, or its data do not fit.
        """
        return self._bound(self.state)

    def begin(self, state: State) -> Turn:
        """Take another problem; the states of the one before go."""
        notes = self.refresh()
        if state.solution is None:
            state.solution = self._solved(state)
        if self.states:
            self.states.clear()
            self.keep("new")
        self.unfinished = ""
        return self._push("formulated", state, None, notes)

    def change(self, edits: Sequence[Edit], said: str, answer: str = "") -> Turn:
        """Make edits of the present state and solve what comes of it.

        Raises:
            InputError: They change nothing, or make what cannot be solved; nothing has changed then.
        """
        return self.enter(self.state.followed_by(apply_edits(self.state.formulation, edits), said, answer))

    def enter(self, state: State) -> Turn:
        """Put a state on top of the present one."""
        if not changed_elements(self.state.formulation, state.formulation):
            raise InputError("that changes nothing: the formulation stands as it was")
        notes = self.refresh()
        # What it is compared with must have seen the same data.
        before = self.state
        if before.solution is None:
            before.solution = self._solved(before)
        state.solution = self._solved(state)
        return self._push("edited", state, before, notes)

    def undo(self) -> Turn:
        """Go back to the state before the present one.

        Raises:
            InputError: There is none.
        """
        if len(self.states) < 2:
            raise InputError("there is nothing to take back")
        gone, state = self.states[-1], self.states[-2]
        if state.solution is None:
            state.solution = self._solved(state)
        self.keep("undo")
        self.states.pop()
        return self._turn("undone", state, gone, [])

    def solve(self) -> Turn:
        """Solve the present state anew, its files read again where they changed."""
        notes = self.refresh()
        self.state.solution = self._solved(self.state)
        return self._turn("solved", self.state, None, notes)

    def forget_data(self) -> None:
        """Let every state be bound and solved again when it is asked for, as the data are other ones now."""
        for state in self.states:
            state.instance = state.solution = state.sensitivity = state.front = None

    def refresh(self) -> list[str]:
        """Read files again that changed, and say so; what does not fit the problem is not used."""
        before = self.files.tables
        notes = self.files.refresh()
        if not notes:
            return notes
        try:
            if self.states:
                bind(analyze(self.state.formulation), self.files.tables)
        except AgentoptError as error:
            self.files.tables = before
            return [*notes, f"the new data do not fit ({error}); what was read before is used"]
        self.forget_data()
        return notes

    def keep(self, kind: str, **fields: object) -> None:
        """Write a line into the session's file."""
        if self.journal is not None:
            self.journal.write(kind, **fields)

    def _push(self, kind: Kind, state: State, before: State | None, notes: Sequence[str]) -> Turn:
        self.states.append(state)
        self.keep("state", **state.to_data())
        return self._turn(kind, state, before, notes)

    def _turn(self, kind: Kind, state: State, before: State | None, notes: Sequence[str]) -> Turn:
        assert state.solution is not None
        turn = Turn(kind, state.said, self._answer(state), solution=state.solution, notes=tuple(notes))
        if before is None:
            return turn
        return replace(
            turn,
            differences=tuple(differences(self._bound(before), self._bound(state))),
            comparison=compare(before.solution, state.solution) if before.solution is not None else None,
        )

    def _answer(self, state: State) -> str:
        assert state.solution is not None
        if state.solution.answer or not state.answer:
            return state.solution.answer
        return answered(state.answer, self._bound(state), state.solution, f"{state.problem} {state.said}")

    def _bound(self, state: State) -> Instance:
        """A state's formulation with its data, bound once."""
        if state.instance is None:
            state.instance = bind(analyze(state.formulation), self.files.tables)
        return state.instance

    def _solved(self, state: State) -> Solution:
        instance = self._bound(state)
        clashes = check_units(instance.analysis)
        if clashes and not state.problem:
            raise UnitError(clashes[0].message, clashes[0].element)
        unsaid = instance.analysis.unsaid
        self.progress("solving")
        if not unsaid:
            solution = solve_instance(instance, self.time_limit_s)
        elif self._by_program is not None:
            solution = self._by_program(state, instance)
        else:
            raise InputError(f"constraint {unsaid[0]}: expected an expression, got an empty text")
        return replace(solution, notes=(*solution.notes, *(clash.message for clash in clashes)))
