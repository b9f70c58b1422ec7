"""What the tools do: each turns to a session of the modeling backend and returns a typed result."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from agentopt.cli.mcp import arguments as given
from agentopt.cli.mcp.desk import Desk
from agentopt.cli.mcp.outcome import comparison_of, conflict_of, outcome_of
from agentopt.cli.mcp.problem import take_problem
from agentopt.cli.mcp.reference import language_reference
from agentopt.cli.mcp.results import (
    Changed,
    Explained,
    Exported,
    Formulated,
    ReferenceText,
    Solved,
    Tables,
    differences_of,
    explained_of,
    open_points_of,
    tables_of,
)
from agentopt.cli.mcp.standing import Standing
from agentopt.errors import FileError, InputError
from agentopt.solvers.modeling.data.tables import read_tables
from agentopt.solvers.modeling.edits.repair import repair_edits
from agentopt.solvers.modeling.report import formulation_to_dict
from agentopt.solvers.modeling.session.data_files import preview
from agentopt.whole_file import write_whole

if TYPE_CHECKING:
    from agentopt.solvers.modeling.formulation import Formulation
    from agentopt.solvers.modeling.session.session import Session
    from agentopt.solvers.modeling.session.turn import Turn

MAX_EXPORT = 1 << 20
"""Characters of an export that is returned as text."""
MAX_FORMULATION = 60_000
"""Characters of a formulation that is returned beside its outcome."""


def formulate(desk: Desk, arguments: given.Formulate) -> Formulated:
    """Open a session on a problem and solve it."""
    session, turn = _begun(desk, arguments.problem, arguments.data)
    assert turn.solution is not None
    return Formulated(
        session=desk.keep(session).id,
        kind=turn.kind,
        answer=turn.answer,
        notes=list(turn.notes),
        outcome=outcome_of(turn.solution, arguments.max_values),
        formulation=_shown(turn.solution.formulation),
        open_points=open_points_of(turn.solution.alternatives),
        tables=tables_of(map(preview, session.files.tables)),
    )


def solve(desk: Desk, arguments: given.Solve) -> Solved:
    """Solve a session's problem again, or a problem without a session."""
    if (arguments.session is None) == (arguments.problem is None):
        raise InputError("the tool solve: expected either a session or a problem")
    if arguments.session is not None and arguments.data:
        raise InputError("the tool solve: data go with a problem; add_data gives a session more of them")
    if arguments.problem is not None:
        turn = _begun(desk, arguments.problem, arguments.data)[1]
    else:
        turn = desk.session.solve()
    assert turn.solution is not None
    outcome = outcome_of(turn.solution, arguments.max_values)
    return Solved(session=desk.id, kind="solved", answer=turn.answer, notes=list(turn.notes), outcome=outcome)


def what_if(desk: Desk, arguments: given.WhatIf) -> Changed:
    """Change a session's problem and solve it again."""
    change = _change(arguments.change)
    turn = desk.session.what_if(change if isinstance(change, str) else given.read_edits(change))
    return _changed(desk, turn, arguments.max_values)


def adopt_reading(desk: Desk, arguments: given.Adopt) -> Changed:
    """Take another reading of what the text leaves open."""
    solution = desk.session.solution
    readings = solution.alternatives if solution is not None else ()
    if not readings:
        raise InputError(f"the session {desk.id} has no open point: nothing can be read in another way")
    if arguments.number > len(readings):
        raise InputError(f"expected the number of a reading from 1 to {len(readings)}, got {arguments.number}")
    return _changed(desk, desk.session.adopt(readings[arguments.number - 1]), arguments.max_values)


def undo(desk: Desk, arguments: given.Undo) -> Changed:
    """Take the last change back."""
    return _changed(desk, desk.session.undo(), arguments.max_values)


def explain(desk: Desk, arguments: given.Explain) -> Explained:
    """Answer a question about the plan, which stays as it is."""
    session = desk.session
    # Solved first where new data made that necessary, so that it need not be done for the next question again.
    assert session.work.solution is not None
    before = Standing.of(session)
    question = arguments.question.strip().rstrip("?").strip()
    try:
        if question.lower() in ("conflict", "infeasible", "why infeasible", "unbounded", "why unbounded"):
            return _conflict(desk)
        turn = _asked(session, question)
    finally:
        before.restore(session)
    if turn.kind in ("edited", "formulated"):
        raise InputError("the words ask for a change of the problem, and explain changes nothing; what_if makes it")
    session.said.append(arguments.question)
    return explained_of(desk.id, turn)


def export(desk: Desk, arguments: given.Export) -> Exported:
    """A session's formulation in the format of another tool."""
    if arguments.path is not None and not desk.allow_write:
        raise InputError("the server was started without --allow-write; leave out path, and the text is returned")
    target = None if arguments.path is None else desk.roots.target(arguments.path)
    text = desk.session.export_text(arguments.format)
    if target is not None:
        if target.exists():
            raise FileError(f"{target.name}: the file exists, and export replaces none; name another")
        write_whole(target, text, force=False, option="the export")
        return Exported(format=arguments.format, text="", n_characters=len(text), path=str(target))
    if len(text) > MAX_EXPORT:
        raise InputError(
            f"the export has {len(text)} characters, more than a message may hold ({MAX_EXPORT}); start the server"
            " with --allow-write and name a path"
        )
    return Exported(format=arguments.format, text=text, n_characters=len(text))


def add_data(desk: Desk, arguments: given.AddData) -> Tables:
    """Give a session more tables, or newer ones of the same file."""
    turn = desk.session.add_data(*desk.roots.find_tables(_some(arguments.paths)))
    return Tables(tables=tables_of(turn.previews))


def preview_data(desk: Desk, arguments: given.Preview) -> Tables:
    """Look at tables before they are used."""
    tables = read_tables(desk.roots.find_tables(_some(arguments.paths)))
    return Tables(tables=tables_of(map(preview, tables)))


def reference(desk: Desk, arguments: given.Reference) -> ReferenceText:
    """How the five elements are stated."""
    return ReferenceText(text=language_reference())


def _begun(desk: Desk, problem: str | dict[str, Any], data: list[str]) -> tuple[Session, Turn]:
    stated = take_problem(problem, desk.roots)
    paths = desk.roots.find_tables(data)
    session = desk.open_session()
    if paths:
        session.add_data(*paths)
    turn = session.formulate(stated)
    desk.roots.check(session.files.digests)
    return session, turn


def _asked(session: Session, question: str) -> Turn:
    plain = question.lower()
    if plain in ("sensitivity", "what limits the plan"):
        return session.sensitivity()
    if plain in ("check", "checks", "doubt", "doubts", "examine"):
        return session.examine()
    if plain.startswith("pareto"):
        return session.pareto(question[len("pareto") :].strip())
    if plain in ("second", "second opinion"):
        return session.second_opinion()
    wish = re.sub(r"^why\s+not\s+", "", question, flags=re.IGNORECASE)
    return session.why(wish) if re.search(r"[<>=≤≥]", wish) else session.tell(question)


def _conflict(desk: Desk) -> Explained:
    solution = desk.session.work.solution
    found = solution.conflict
    if found is None:
        ended = solution.termination_condition.replace("_", " ")
        has_plan = solution.solution_status != "none"
        said = (
            "There is no conflict: the problem has a plan." if has_plan else f"No conflict is known: it ended {ended}."
        )
        return Explained(session=desk.id, kind="conflict", answer=said)
    edits = repair_edits(desk.session.instance(), found.loosened) if found.loosened else []
    return Explained(
        session=desk.id,
        kind="conflict",
        conflict=conflict_of(found),
        repair_edits=[edit.model_dump(mode="json", exclude_defaults=True) for edit in edits],
    )


def _changed(desk: Desk, turn: Turn, max_values: int) -> Changed:
    explained = explained_of(desk.id, turn)
    return Changed(
        **{name: getattr(explained, name) for name in Explained.model_fields},
        differences=differences_of(turn.differences),
        comparison=comparison_of(turn.comparison),
        outcome=None if turn.solution is None else outcome_of(turn.solution, max_values),
    )


def _change(change: str | dict[str, Any] | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Words, or edits as data: agents write JSON into a text, and one edit for a list of one."""
    if isinstance(change, str) and change.lstrip()[:1] in ("[", "{"):
        try:
            change = json.loads(change)
        except (ValueError, RecursionError) as error:
            raise InputError(f"the change begins like JSON and is none: {error}") from None
    return [change] if isinstance(change, dict) else change


def _shown(formulation: Formulation) -> dict[str, Any] | None:
    raw: dict[str, Any] = formulation_to_dict(formulation)
    return raw if len(json.dumps(raw)) <= MAX_FORMULATION else None


def _some(paths: list[str]) -> list[str]:
    if not paths:
        raise InputError("expected at least one path of a table or a folder of tables, got an empty list")
    return paths
