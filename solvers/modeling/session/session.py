"""A session about one optimization problem, for a person at a keyboard, a program or an agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentopt.errors import InputError
from agentopt.llm import Budget, Model, Usage
from agentopt.whole_file import write_whole

from ..data.files import load_formulation, load_problem, looks_like_formulation
from ..data.textfile import read_text
from ..edits.edit import Edit
from ..edits.phrase import read_phrase
from ..edits.repair import repair_edits
from ..export.writing import Format, format_of
from ..formulation import Formulation, Objective
from ..instance import Instance
from ..solution import Alternative, Solution
from ..words.answer import answered
from ..words.follow_up import FollowUp
from ..words.formulate import require_problem
from .data_files import DataFiles, require_paths
from .journal import Journal, read_events
from .keeping import restore, save
from .reader import Reader
from .state import State
from .turn import Turn
from .workspace import Workspace

if TYPE_CHECKING:
    from agentopt.sandbox import Sandbox

MAX_PHRASE = 500
"""Characters up to which a sentence may be a change in a fixed form."""


class Session:
    """Formulates a problem, solves it, answers questions about it, changes it and takes changes back.

    Every verb returns a `Turn`, and leaves the session as it was when it fails. One
    session is for one thread at a time.

    Args:
        model: A Model, or a name as "provider/name"; None finds one when words are first to
            be read (`agentopt.llm.connect`). Changes in a fixed form, formulations from
            files and all analyses need none.
        data: Files or folders of tables (CSV, XLSX, JSON).
        time_limit_s: Seconds for each solve.
        budget: Limits on what the model calls of the session may take.
        sandbox: Where a program that a model wrote may run; None opens one when it is needed.
        progress: Is called with one line for each step.
        journal: A file in which the session is kept as it goes; `load` goes on with it.
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
        kept = Journal(Path(journal).expanduser()) if journal is not None else None
        self.work = Workspace(time_limit_s, progress or (lambda line: None), self._by_program, kept)
        self.reader = Reader(model, budget, sandbox, Path(replay).expanduser() if replay is not None else None)
        self.said: list[str] = []
        """What was said about the problem, the latest last."""
        self.lost: tuple[str, ...] = ()
        """Data files of a loaded session that are not there any more, a sentence each."""
        if data:
            self.add_data(*data)

    # What there is

    @property
    def formulation(self) -> Formulation | None:
        """The five elements as they now stand; None before there is a problem."""
        return self.work.states[-1].formulation if self.work.states else None

    @property
    def solution(self) -> Solution | None:
        """The outcome of the formulation as it now stands; None while it is not solved."""
        return self.work.states[-1].solution if self.work.states else None

    @property
    def problem(self) -> str:
        """The problem in words, as it was given; "" when it came as a formulation."""
        return self.work.states[-1].problem if self.work.states else self.work.unfinished

    @property
    def history(self) -> tuple[State, ...]:
        """The states that `undo` goes back through, the present one last."""
        return tuple(self.work.states)

    @property
    def files(self) -> DataFiles:
        """The tables, and where they came from."""
        return self.work.files

    @property
    def model_name(self) -> str:
        """Who reads words."""
        return self.reader.name

    @property
    def usage(self) -> Usage:
        """What the model calls of the session took so far."""
        return self.reader.usage

    def instance(self) -> Instance:
        """The formulation with its data.

        Raises:
            InputError: There is no problem yet, or its data do not fit.
        """
        return self.work.instance()

    # Verbs: words, data, changes

    def add_data(self, *paths: str | Path) -> Turn:
        """Read tables, and say what is in them before they are used.

        Raises:
            FileError, DataError: One cannot be read; none is added then.
        """
        wanted = require_paths(paths)
        previews = self.files.add(wanted)
        self.work.forget_data()
        self.work.keep("data", paths=[str(path.resolve()) for path in wanted])
        return Turn("data", previews=tuple(previews))

    def tell(self, text: str) -> Turn:
        """Take a sentence: the problem if there is none yet, else a change or a question about it.

        A change in one of the forms of `edits.phrase` is made without a model.

        Raises:
            InputError: It cannot be understood or done; nothing has changed then.
            LLMError, ConfigError, BudgetExceeded: The model failed; nothing has changed then.
        """
        require_problem(text)
        if not self.work.states:
            missing = self.work.unfinished
            return self.formulate(f"{missing}\n\nAdded by the owner: {text}" if missing else text)
        edits = read_phrase(text, self.instance()) if len(text) < MAX_PHRASE else []
        turn = self.work.change(edits, text) if edits else self._follow(text)
        self._heard(text)
        return turn

    def formulate(self, problem: str | Path | Formulation) -> Turn:
        """Begin anew with a problem, in words, in a file or as a Formulation, and solve it.

        Raises:
            As `agentopt.solve`.
        """
        if isinstance(problem, Path):
            text = read_text(problem)
            if looks_like_formulation("\n".join(text.splitlines())):
                formulation, tables = load_problem(problem, self.files.paths)
                self.files.use(tables)
                self.work.keep("data", paths=[str(path.resolve()) for path in self.files.paths])
                return self.work.begin(State("", formulation, f"read from {problem.name}"))
            problem = text
        if isinstance(problem, Formulation):
            return self.work.begin(State("", problem, "given as a formulation"))
        require_problem(problem)
        if looks_like_formulation(problem):
            return self.work.begin(State("", load_formulation(problem), "given as a formulation"))
        return self._formulate(problem)

    def what_if(self, change: str | Sequence[Edit], said: str = "edited") -> Turn:
        """Change the formulation and solve it again; `undo` takes it back.

        Args:
            change: Edits, or words for them; words in a fixed form need no model.
            said: The words that edits came from.
        """
        if isinstance(change, str):
            return self.tell(change)
        return self.work.change(change, said)

    def adopt(self, alternative: Alternative) -> Turn:
        """Take another reading of what the text leaves open."""
        assumed = [*alternative.formulation.assumptions, f"{alternative.question} Taken: {alternative.reading}."]
        formulation = alternative.formulation.model_copy(update={"assumptions": assumed})
        said = f"{alternative.question} {alternative.reading}"
        return self.work.enter(self.work.state.followed_by(formulation, said))

    def repair(self) -> Turn:
        """Make the least repair of an infeasible problem.

        Raises:
            InputError: It is feasible, or its least repair is no change of figures.
        """
        conflict = self.work.solution.conflict
        if conflict is None or conflict.kind != "infeasible":
            raise InputError("there is nothing to repair: the problem is not infeasible")
        edits = repair_edits(self.instance(), conflict.loosened)
        if not edits:
            raise InputError(
                "the least repair of this problem is not known as a change of figures; say what may give way"
            )
        return self.work.change(edits, "the least repair")

    def solve(self) -> Turn:
        """Solve the formulation as it stands, its files read again where they changed."""
        return self.work.solve()

    def undo(self) -> Turn:
        """Go back to the state before the last change.

        Raises:
            InputError: There is none.
        """
        return self.work.undo()

    # Verbs: questions

    def why(self, text: str) -> Turn:
        """Ask why something is not done: it is asked for beside the plan, which stays as it is.

        Args:
            text: A constraint, as "make[B] >= 1", or a question in words.
        """
        require_problem(text)
        if not any(sign in text for sign in "<>=≤≥"):
            turn = self._follow(f"Why not: {text}", question=True)
            self._heard(text)
            return turn
        turn = self._forced(text, text)
        self._heard(f"why not {text}")
        return turn

    def sensitivity(self) -> Turn:
        """What limits the plan, and what one more unit of it is worth."""
        from ..insight.sensitivity import sensitivity

        solution = self.work.solution
        found = sensitivity(self.instance(), solution, self.work.time_limit_s, self.work.progress)
        self.work.state.sensitivity = found
        return Turn("sensitivity", solution=solution, sensitivity=found)

    def pareto(self, second: Objective | str, n_points: int = 9) -> Turn:
        """The trade-off between the objective and a second one.

        Args:
            second: An Objective, or text as "minimize sum(co2[p] * make[p] for p in P)".
            n_points: Most points of the front.
        """
        from ..insight.pareto import pareto_front

        solution, limit = self.work.solution, self.work.time_limit_s
        objective = second if isinstance(second, Objective) else _objective(second)
        front = pareto_front(self.instance(), objective, n_points, limit, self.work.progress)
        self.work.state.front = front
        return Turn("pareto", solution=solution, front=front)

    def examine(self) -> Turn:
        """Doubt the answer where no truth is known: perturb figures, drop constraints, compare with the text."""
        from ..doubts.examination import examine

        work = self.work
        found = examine(
            self.instance(),
            work.solution,
            work.state.problem,
            time_limit_s=work.time_limit_s,
            tables=self.files.tables,
            progress=work.progress,
        )
        return Turn("examined", solution=work.solution, examination=found)

    def second_opinion(self, model: Model | str | None = None) -> Turn:
        """Have the problem formulated once more, by another prompt and where given another model, and compare.

        Raises:
            InputError: The problem came as a formulation, so there are no words to read again.
        """
        if not self.problem or not self.work.states:
            raise InputError("a second formulation needs the problem in words, and there is none")
        opinion = self.reader.second_opinion(self.work, self.problem, model)
        return Turn("second", solution=self.work.solution, opinion=opinion)

    # Files

    def export_text(self, format: Format) -> str:
        """The formulation as "yaml", "json", "lp", "mps" or "pyomo", or a report on it as "html"."""
        from .exporting import exported

        return exported(self.work, format)

    def export(self, path: str | Path, *, force: bool = False) -> None:
        """Write the formulation, or a report on it (.html), in the format of the file's ending.

        Raises:
            FileError: The file exists and force is not given, or it cannot be written.
            InputError: The ending is not known, or there is no problem yet.
            FormulationError: The format cannot say the problem.
        """
        target = Path(path).expanduser()
        write_whole(target, self.export_text(format_of(target)), force=force, option="the export")

    def save(self, path: str | Path) -> None:
        """Write the session to a file of its own, from which `load` goes on.

        Raises:
            FileError: The file exists, or cannot be written.
        """
        save(self.work, self.said, Path(path).expanduser())

    @classmethod
    def load(cls, path: str | Path, model: Model | str | None = None, **options: Any) -> Session:
        """Go on with a session from its file; nothing is solved or asked before a verb needs it.

        Args:
            path: What `journal` or `save` wrote.
            model: As of Session.
            options: The other arguments of Session; `journal` is this file unless another is given.

        Raises:
            FileError: The file cannot be read.
            InputError: It is no session.
        """
        file = Path(path).expanduser()
        events = read_events(file)
        session = cls(model, **({"journal": file} | options))
        session.lost = restore(session.work, session.said, events, file)
        return session

    # How words are read

    def use_model(self, model: Model | str) -> None:
        """Let another model read words from now on."""
        self.reader.model = model

    def _formulate(self, problem: str) -> Turn:
        try:
            made = self.reader.formulate(self.work, problem)
        except InputError:
            # What was said is kept: the next sentence may give what was missing.
            if not self.work.states:
                self.work.unfinished = problem
                self.work.keep("unfinished", text=problem)
            raise
        self.said.clear()
        state = State(problem, made.solution.formulation, problem, made.reading.answer, solution=made.solution)
        return self.work.begin(state)

    def _follow(self, text: str, *, question: bool = False) -> Turn:
        meant = self.reader.follow_up(self.work, self.problem, text, self.said)
        if question and meant.action in ("edit", "new"):
            raise InputError("that was understood as a change and not as a question; say it without /why to make it")
        return self._done(meant, text)

    def _done(self, meant: FollowUp, text: str) -> Turn:
        """Do what a model took a sentence to ask for."""
        solution = self.work.solution
        match meant.action:
            case "edit":
                if not meant.edits:
                    raise InputError("the model understood a change but named none; say it in other words")
                return self.work.change(meant.edits, text, meant.answer)
            case "force":
                return self._forced(meant.requirement, text)
            case "sensitivity":
                return replace(self.sensitivity(), said=text)
            case "pareto":
                if meant.objective is None:
                    raise InputError("the model understood a trade-off but named no second objective")
                return replace(self.pareto(meant.objective), said=text)
            case "answer":
                said = answered(meant.answer, self.instance(), solution, f"{self.problem} {text}")
                if not said:
                    raise InputError("the model's answer holds figures that nothing computes, so it is not shown")
                return Turn("answered", text, said, solution=solution)
            case "ask":
                return Turn("asked", text, question=meant.question, solution=solution)
            case "new":
                return self._formulate(text)

    def _forced(self, requirement: str, said: str) -> Turn:
        from ..insight.why import force, statement_of

        instance, solution = self.instance(), self.work.solution
        forced = force(instance, solution, statement_of(instance, requirement), self.work.time_limit_s)
        return Turn("forced", said, solution=solution, forced=forced)

    def _by_program(self, state: State, instance: Instance) -> Solution:
        return self.reader.by_program(self.work, state, instance)

    def _heard(self, text: str) -> None:
        self.said.append(text)
        self.work.keep("said", text=text)


def _objective(text: str) -> Objective:
    sense, _, expression = text.strip().partition(" ")
    if sense.lower() not in ("minimize", "maximize") or not expression.strip():
        raise InputError(f"expected 'minimize EXPRESSION' or 'maximize EXPRESSION', got {text[:80]!r}")
    return Objective.model_validate({"sense": sense.lower(), "expression": expression.strip()})
