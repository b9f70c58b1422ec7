"""A session about one optimization problem, for a person at a keyboard, a program or an agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agentopt.errors import AgentoptError, InputError, UnitError
from agentopt.llm import Budget, Model, Usage, connect

from ..data.bind import bind
from ..data.files import load_problem, looks_like_formulation
from ..data.textfile import read_text
from ..edits.apply import apply_edits
from ..edits.difference import changed_elements, differences
from ..edits.edit import Edit
from ..edits.phrase import read_phrase
from ..engines.route import solve_instance
from ..formulation import Formulation, Objective
from ..instance import Instance
from ..language.analysis import analyze
from ..language.units import check_units
from ..solution import Alternative, Solution
from ..words.answer import answered
from ..words.author import Author, Means
from ..words.follow_up import FollowUp, ask_follow_up
from ..words.formulate import MAX_PROBLEM, require_problem, solve_text
from ..words.written import solve_by_program
from .data_files import DataFiles, require_paths
from .journal import Journal, read_events
from .state import State
from .turn import Turn

if TYPE_CHECKING:
    from agentopt.sandbox import Sandbox

MAX_ROUNDS = 2
"""Corrections that a model is asked for when it formulates."""
EARLIER = 6
"""Sentences of the session that a model is reminded of."""


class Session:
    """Formulates a problem, solves it, answers questions about it, changes it and takes changes back.

    Every verb returns a `Turn` and leaves the session as it was when it fails. One
    session is for one thread at a time.

    Args:
        model: A Model, or a name as "provider/name"; None finds one when words are first to
            be read (`agentopt.llm.connect`). Data edits, formulations from files and all
            analyses need none.
        data: Files or folders of tables (CSV, XLSX, JSON).
        time_limit_s: Seconds for each solve.
        budget: Limits on what the model calls of the session may take.
        sandbox: Where a program that a model wrote may run; None opens one when it is needed.
        progress: Is called with one line for each step.
        journal: A file in which the session is kept as it goes; see `load`.
        replay: A session's file whose model replies are played again; no model is asked then.

    Raises:
        FileError: A file cannot be read or written.
        DataError: A file holds no table.
    """

    def __init__(
        self,
        model: Model | str | None = None,
        data: Sequence[str | Path] = (),
        *,
        time_limit_s: float = 60.0,
        budget: Budget | None = None,
        sandbox: Sandbox | None = None,
        progress: Callable[[str], None] | None = None,
        journal: str | Path | None = None,
        replay: str | Path | None = None,
    ) -> None:
        if not time_limit_s > 0:
            raise InputError(f"expected a time limit above 0 seconds, got {time_limit_s}")
        self.time_limit_s = time_limit_s
        self.progress = progress or (lambda line: None)
        self.files = DataFiles()
        self.usage = Usage()
        self._model, self._budget, self._sandbox = model, budget, sandbox
        self._replay = Path(replay) if replay is not None else None
        self._states: list[State] = []
        self._said: list[str] = []
        self._unfinished = ""
        """A problem in words that could not be formulated yet, as something was missing."""
        self._journal = Journal(Path(journal)) if journal is not None else None
        if data:
            self.add_data(*data)

    # What there is

    @property
    def formulation(self) -> Formulation | None:
        """The five elements as they now stand; None before there is a problem."""
        return self._states[-1].formulation if self._states else None

    @property
    def solution(self) -> Solution | None:
        """The outcome of the formulation as it now stands; None while it is not solved."""
        return self._states[-1].solution if self._states else None

    @property
    def problem(self) -> str:
        """The problem in words, as it was given; "" when it came as a formulation."""
        return self._states[-1].problem if self._states else self._unfinished

    @property
    def history(self) -> tuple[State, ...]:
        """The states that `undo` goes back through, the present one last."""
        return tuple(self._states)

    def instance(self) -> Instance:
        """The formulation with its data.

        Raises:
            InputError: There is no problem yet, or its data do not fit.
        """
        return bind(analyze(self._state().formulation), self.files.tables)

    # Verbs

    def add_data(self, *paths: str | Path) -> Turn:
        """Read tables, and say what is in them before they are used.

        Raises:
            FileError, DataError: One cannot be read; none is added then.
        """
        wanted = require_paths(paths)
        previews = self.files.add(wanted)
        self._keep("data", paths=[str(path.resolve()) for path in wanted])
        if self._states:
            self._states[-1].solution = None
        return Turn("data", previews=tuple(previews))

    def tell(self, text: str) -> Turn:
        """Take a sentence: the problem if there is none yet, else a change or a question about it.

        A change in one of the forms of `edits.phrase` is made without a model.

        Raises:
            InputError: It cannot be understood or done; nothing has changed then.
            LLMError, ConfigError, BudgetExceeded: The model failed; nothing has changed then.
        """
        require_problem(text)
        self._keep("said", text=text)
        if not self._states:
            return self._begin(text)
        edits = read_phrase(text, self.instance()) if len(text) < 500 else []
        turn = self.what_if(edits, said=text) if edits else self._follow(text)
        self._said.append(text)
        return turn

    def formulate(self, problem: str | Path | Formulation) -> Turn:
        """Begin anew with a problem: in words, in a file, or as a Formulation; solve it too.

        Raises:
            As `agentopt.solve`.
        """
        if isinstance(problem, Path):
            text = read_text(problem)
            if looks_like_formulation("\n".join(text.splitlines())):
                formulation, tables = load_problem(problem, self.files.paths)
                self.files.use(tables)
                return self._enter(State("", formulation, f"read from {problem.name}"), "formulated")
            problem = text
        if isinstance(problem, Formulation):
            return self._enter(State("", problem, "given as a formulation"), "formulated")
        self._keep("said", text=problem)
        return self._formulate(problem)

    def solve(self) -> Turn:
        """Solve the formulation as it stands, with its files read again where they changed."""
        state = self._state()
        notes = self.files.refresh()
        state.solution = self._solved(state)
        return self._turn("solved", state, notes=tuple(notes))

    def what_if(self, change: str | Sequence[Edit], said: str = "") -> Turn:
        """Change the formulation and solve it again; `undo` takes it back.

        Args:
            change: Edits, or words for them; words in a fixed form need no model.
            said: The words that the edits came from.
        """
        if isinstance(change, str):
            return self.tell(change)
        state = self._state()
        formulation = apply_edits(state.formulation, change)
        return self._enter(replace(state, formulation=formulation, said=said or "edited", solution=None), "edited")

    def why(self, text: str) -> Turn:
        """Ask why something is not done: it is asked for beside the plan, which stays as it is.

        Args:
            text: A constraint, as "make[B] >= 1", or a question in words.
        """
        from ..insight.why import force, statement_of

        solution = self._solution()
        instance = self.instance()
        try:
            wanted = statement_of(instance, text)
        except InputError:
            if any(sign in text for sign in ("<=", ">=", "==")):
                raise
            return self.tell(text)
        self._keep("said", text=text)
        return Turn("forced", text, solution=solution, forced=force(instance, solution, wanted, self.time_limit_s))

    def sensitivity(self) -> Turn:
        """What limits the plan, and what one more unit of it is worth."""
        from ..insight.sensitivity import sensitivity

        solution = self._solution()
        found = sensitivity(self.instance(), solution, self.time_limit_s, self.progress)
        return Turn("sensitivity", solution=solution, sensitivity=found)

    def pareto(self, second: Objective | str, n_points: int = 9) -> Turn:
        """The trade-off between the objective and a second one.

        Args:
            second: An Objective, or text as "minimize sum(co2[p] * make[p] for p in P)".
            n_points: Most points of the front.
        """
        from ..insight.pareto import pareto_front

        solution = self._solution()
        objective = second if isinstance(second, Objective) else _objective(second)
        front = pareto_front(self.instance(), objective, n_points, self.time_limit_s, self.progress)
        return Turn("pareto", solution=solution, front=front)

    def examine(self) -> Turn:
        """Check the answer without knowing the truth: perturb, drop, compare with the text."""
        from ..doubts.examination import examine

        state, solution = self._state(), self._solution()
        found = examine(
            self.instance(),
            solution,
            state.problem,
            time_limit_s=self.time_limit_s,
            tables=self.files.tables,
            progress=self.progress,
        )
        return Turn("examined", solution=solution, examination=found)

    def adopt(self, alternative: Alternative) -> Turn:
        """Take another reading of what the text leaves open."""
        state = self._state()
        assumed = [*alternative.formulation.assumptions, f"{alternative.question} Taken: {alternative.reading}."]
        formulation = alternative.formulation.model_copy(update={"assumptions": assumed})
        said = f"{alternative.question} {alternative.reading}"
        return self._enter(replace(state, formulation=formulation, said=said, solution=None), "edited")

    def undo(self) -> Turn:
        """Go back to the state before the last change.

        Raises:
            InputError: There is none.
        """
        if len(self._states) < 2:
            raise InputError("there is nothing to take back")
        gone = self._states[-1]
        state = self._states[-2]
        if state.solution is None:
            state.solution = self._solved(state)
        self._states.pop()
        self._keep("undo")
        return self._turn("undone", state, gone)

    # A session in a file

    def save(self, path: str | Path) -> None:
        """Write the session to a file of its own, from which `load` goes on.

        Raises:
            FileError: It cannot be written.
        """
        target = Path(path).expanduser()
        if self._journal is not None and target.exists() and target.samefile(self._journal.path):
            return
        made = Journal(_fresh(target))
        if self._journal is not None:
            made.path.write_bytes(self._journal.path.read_bytes())
            return
        if self.files.paths:
            made.write("data", paths=[str(path.resolve()) for path in self.files.paths])
        for state in self._states:
            made.write("state", **state.to_data())

    @classmethod
    def load(cls, path: str | Path, model: Model | str | None = None, **options: Any) -> Session:
        """Go on with a session from its file; nothing is solved or asked before a verb needs it.

        Args:
            path: What `journal` or `save` wrote.
            model: As of Session.
            options: The other arguments of Session. `journal` is this file unless another is given.

        Raises:
            FileError: The file cannot be read.
            InputError: It is no session.
        """
        file = Path(path).expanduser()
        events = read_events(file)
        session = cls(model, **options)
        lost: list[str] = []
        for event in events:
            if event.kind == "data":
                lost += session._restore_data(event.fields.get("paths", []))
            elif event.kind == "state":
                try:
                    session._states.append(State.from_data(event.fields))
                except (ValidationError, KeyError, TypeError) as error:
                    raise InputError(f"{file}: a state of the session cannot be read: {str(error)[:200]}") from error
            elif event.kind == "undo" and session._states:
                session._states.pop()
            elif event.kind == "new":
                session._states.clear()
        session.lost = tuple(dict.fromkeys(lost))
        if session._journal is None:
            session._journal = Journal(file)
        return session

    lost: tuple[str, ...] = ()
    """Files of a loaded session that are not there any more, a sentence each."""

    def _restore_data(self, paths: Sequence[str]) -> list[str]:
        lost = []
        for path in paths:
            try:
                self.files.add([Path(path)])
            except AgentoptError as error:
                lost.append(str(error))
        return lost

    # How it is done

    def _begin(self, text: str) -> Turn:
        problem = f"{self._unfinished}\n\nAdded by the owner: {text}" if self._unfinished else text
        if len(problem) > MAX_PROBLEM:
            problem = text
        return self._formulate(problem)

    def _formulate(self, problem: str) -> Turn:
        if looks_like_formulation(problem):
            from ..data.files import load_formulation

            return self._enter(State("", load_formulation(problem), "given as a formulation"), "formulated")
        require_problem(problem)
        author = self._author(problem)
        try:
            made = solve_text(author, self._means(), MAX_ROUNDS)
        except InputError:
            # What was said is kept: the next sentence may give what was missing.
            self._unfinished = problem
            raise
        finally:
            self.usage = self.usage + author.usage
        self._unfinished = ""
        state = State(problem, made.solution.formulation, problem, made.reading.answer, made.solution)
        return self._enter(state, "formulated")

    def _follow(self, text: str) -> Turn:
        state, solution = self._state(), self._solution()
        author = self._author(state.problem)
        self.progress("reading")
        try:
            meant = ask_follow_up(author, solution, text, "\n".join(f"- {said}" for said in self._said[-EARLIER:]))
        finally:
            self.usage = self.usage + author.usage
        return self._do(meant, text, state, solution)

    def _do(self, meant: FollowUp, text: str, state: State, solution: Solution) -> Turn:
        match meant.action:
            case "edit":
                if not meant.edits:
                    raise InputError("the model understood a change but named none; say it in other words")
                formulation = apply_edits(state.formulation, meant.edits)
                answer = meant.answer or state.answer
                return self._enter(replace(state, formulation=formulation, said=text, answer=answer), "edited")
            case "force":
                from ..insight.why import force, statement_of

                instance = self.instance()
                wanted = statement_of(instance, meant.requirement)
                forced = force(instance, solution, wanted, self.time_limit_s)
                return Turn("forced", text, solution=solution, forced=forced)
            case "sensitivity":
                return replace(self.sensitivity(), said=text)
            case "pareto":
                if meant.objective is None:
                    raise InputError("the model understood a trade-off but named no second objective")
                return replace(self.pareto(meant.objective), said=text)
            case "answer":
                known = f"{state.problem} {text}"
                said = answered(meant.answer, self.instance(), solution, known)
                if not said:
                    raise InputError("the model's answer holds figures that nothing computes, so it is not shown")
                return Turn("answered", text, said, solution=solution)
            case "ask":
                return Turn("asked", text, question=meant.question, solution=solution)
            case "new":
                return self._formulate(text)

    def _enter(self, state: State, kind: Any) -> Turn:
        """Solve a new state and make it the present one; nothing changes when that fails."""
        before = self._states[-1] if self._states and kind == "edited" else None
        notes = tuple(self.files.refresh())
        if before is not None and not changed_elements(before.formulation, state.formulation):
            raise InputError("that changes nothing: the formulation stands as it was")
        if state.solution is None or kind == "edited":
            state.solution = self._solved(state)
        if kind == "formulated" and self._states:
            self._states.clear()
            self._keep("new")
        self._states.append(state)
        self._keep("state", **state.to_data())
        return self._turn(kind, state, before, notes)

    def _turn(self, kind: Any, state: State, before: State | None = None, notes: tuple[str, ...] = ()) -> Turn:
        assert state.solution is not None
        turn = Turn(kind, state.said, self._answer(state), solution=state.solution, notes=notes)
        if before is None or before.solution is None:
            return turn
        from ..insight.comparison import compare

        was = bind(analyze(before.formulation), self.files.tables)
        return replace(
            turn,
            differences=tuple(differences(was, self.instance())),
            comparison=compare(before.solution, state.solution),
        )

    def _answer(self, state: State) -> str:
        assert state.solution is not None
        if state.solution.answer or not state.answer:
            return state.solution.answer
        return answered(state.answer, self.instance(), state.solution, f"{state.problem} {state.said}")

    def _solved(self, state: State) -> Solution:
        analysis = analyze(state.formulation)
        clashes = tuple(clash.message for clash in check_units(analysis))
        if clashes and not state.problem:
            raise UnitError(clashes[0])
        instance = bind(analysis, self.files.tables)
        self.progress("solving")
        if analysis.unsaid:
            author = self._author(state.problem)
            solution = solve_by_program(author, self._means(), instance)
            self.usage = self.usage + author.usage
        else:
            solution = solve_instance(instance, self.time_limit_s)
        return replace(solution, notes=(*solution.notes, *clashes))

    def _author(self, problem: str) -> Author:
        return Author(self._connected(), problem, self.files.tables, self._budget, self.progress)

    def _means(self) -> Means:
        from agentopt.sandbox import open_sandbox

        sandbox = self._sandbox
        return Means(self.time_limit_s, open_sandbox if sandbox is None else (lambda: nullcontext(sandbox)))

    def _connected(self) -> Model:
        if self._model is None or isinstance(self._model, str):
            record = self._journal.path if self._journal is not None and self._replay is None else None
            self._model = connect(self._model, record=record, replay=self._replay)
        return self._model

    def _state(self) -> State:
        if not self._states:
            raise InputError("there is no problem yet; state it in words or load a formulation")
        return self._states[-1]

    def _solution(self) -> Solution:
        """The present solution, solved now when it is not yet."""
        state = self._state()
        if state.solution is None:
            self.solve()
        assert state.solution is not None
        return state.solution

    def _keep(self, kind: str, **fields: Any) -> None:
        if self._journal is not None:
            self._journal.write(kind, **fields)


def _objective(text: str) -> Objective:
    sense, _, expression = text.strip().partition(" ")
    if sense.lower() not in ("minimize", "maximize") or not expression.strip():
        raise InputError(f"expected 'minimize EXPRESSION' or 'maximize EXPRESSION', got {text[:80]!r}")
    return Objective.model_validate({"sense": sense.lower(), "expression": expression.strip()})


def _fresh(path: Path) -> Path:
    if path.exists():
        raise InputError(f"{path}: the file exists; name another")
    return path
