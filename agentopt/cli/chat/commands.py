"""The commands of the chat: a name, how it is used, what it does."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agentopt.cli.block import Block, Line, Table
from agentopt.cli.elements import formulation_blocks
from agentopt.cli.view import check_blocks, solution_blocks
from agentopt.errors import InputError
from agentopt.solvers.modeling.told import usage_text

if TYPE_CHECKING:
    import argparse

    from agentopt.solvers.modeling.session.session import Session
    from agentopt.solvers.modeling.session.turn import Turn


class Desk(Protocol):
    """Where commands are given: `desk.Desk`."""

    session: Session
    options: argparse.Namespace
    open_session: Callable[[Path | None], Session]

    def show(self, blocks: Iterable[Block]) -> None: ...
    def told(self, turn: Turn) -> None: ...


Run = Callable[[Desk, str], bool | None]
"""Gets what stands behind the name; False ends the chat."""


@dataclass(frozen=True)
class Command:
    """One command."""

    name: str
    usage: str
    help: str
    run: Run


_ELSE = (
    "Everything else is said in words: a problem, then changes and questions about it."
    " A change such as capacity[oslo] = 120, demand up 10 % or make[B] >= 5 needs no model."
)


def find_command(word: str) -> Command:
    """The command of a name, or the only one that begins so.

    Raises:
        InputError: There is none, or several.
    """
    exact = [command for command in COMMANDS if command.name == word]
    found = exact or [command for command in COMMANDS if word and command.name.startswith(word)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"/{word} may be {' or '.join('/' + command.name for command in found)}")
    near = difflib.get_close_matches(word, [command.name for command in COMMANDS], 1)
    raise InputError(f"there is no command /{word}{f'; did you mean /{near[0]}?' if near else ''}; /help lists them")


def _words(argument: str) -> list[str]:
    try:
        return shlex.split(argument)
    except ValueError as error:
        raise InputError(f"{argument!r}: {str(error).lower()}; close the quote") from None


def _data(desk: Desk, argument: str) -> None:
    if argument:
        desk.told(desk.session.add_data(*_words(argument)))
        return
    from agentopt.cli.chat.turn_view import preview_blocks
    from agentopt.solvers.modeling.session.data_files import preview

    tables = list(desk.session.files.tables)
    if not tables:
        desk.show([Line("No data were given yet; /data FILE reads a table or a folder of tables.")])
    for table in tables:
        desk.show(preview_blocks(preview(table)))


def _show(desk: Desk, argument: str) -> None:
    session, all_rows = desk.session, bool(desk.options.verbose)
    what = argument or "formulation"
    formulation = session.formulation
    if what == "data":
        return _data(desk, "")
    if what == "history":
        return desk.show([_history(session) if session.history else Line("Nothing was said yet.")])
    if formulation is None:
        raise InputError("there is no problem yet; state it in words or load a formulation")
    if what == "formulation":
        desk.show(formulation_blocks(formulation))
    elif what in ("solution", "check"):
        solution = session.solution or session.solve().solution
        assert solution is not None
        desk.show(
            solution_blocks(solution, all_rows=all_rows, checks=False) if what == "solution" else check_blocks(solution)
        )
    elif what == "problem":
        desk.show([Line(session.problem or "It was given as a formulation.")])
    elif what == "program":
        desk.show([Line(session.export_text("pyomo"))])
    else:
        raise InputError(f"/show {what}: expected formulation, solution, check, problem, program, data or history")
    return None


def _history(session: Session) -> Table:
    rows = tuple(
        (str(number), " ".join(state.said.split())[:100]) for number, state in enumerate(session.history, start=1)
    )
    return Table("What was said and stands", ("", "said"), rows, note="/undo takes back the last one.")


def _why(desk: Desk, argument: str) -> None:
    if not argument:
        desk.told(desk.session.sensitivity())
        return
    desk.told(desk.session.why(argument))


def _whatif(desk: Desk, argument: str) -> None:
    if not argument:
        raise InputError("/whatif CHANGE: expected a change, as capacity[oslo] = 120, demand up 10 %, or words")
    desk.told(desk.session.what_if(argument))


def _repair(desk: Desk, argument: str) -> None:
    desk.told(desk.session.repair())


def _sensitivity(desk: Desk, argument: str) -> None:
    desk.told(desk.session.sensitivity())


def _pareto(desk: Desk, argument: str) -> None:
    if not argument:
        raise InputError("/pareto minimize EXPRESSION, or /pareto maximize EXPRESSION")
    desk.told(desk.session.pareto(argument))


def _check(desk: Desk, argument: str) -> None:
    desk.told(desk.session.examine())


def _second(desk: Desk, argument: str) -> None:
    desk.told(desk.session.second_opinion(argument or None))


def _solve(desk: Desk, argument: str) -> None:
    desk.told(desk.session.solve())


def _undo(desk: Desk, argument: str) -> None:
    desk.told(desk.session.undo())


def _model(desk: Desk, argument: str) -> None:
    if argument:
        desk.session.use_model(argument)
    desk.show([Line(f"Words are read by {desk.session.model_name}.")])


def _export(desk: Desk, argument: str) -> None:
    words = _words(argument)
    force = "--force" in words
    names = [word for word in words if word != "--force"]
    if len(names) != 1:
        raise InputError("/export FILE: expected a name that ends in .yaml, .json, .lp, .mps, .py (Pyomo) or .html")
    desk.session.export(names[0], force=force)
    desk.show([Line(f"{names[0]} is written.", "good")])


def _save(desk: Desk, argument: str) -> None:
    words = _words(argument)
    if len(words) != 1:
        raise InputError("/save FILE: expected a name, as plan.jsonl")
    desk.session.save(words[0])
    desk.show([Line(f"The session stands in {words[0]}; /load {words[0]} goes on with it.", "good")])


def _load(desk: Desk, argument: str) -> None:
    words = _words(argument)
    if len(words) != 1:
        raise InputError("/load FILE: expected a session (.jsonl), a formulation (.yaml, .json) or a problem (.txt)")
    path = Path(words[0]).expanduser()
    if path.suffix.lower() != ".jsonl":
        desk.told(desk.session.formulate(path))
        return
    desk.session = desk.open_session(path)
    desk.show(resumed_blocks(desk.session, path))


def resumed_blocks(session: Session, path: Path) -> Iterator[Block]:
    """What a session that goes on was about."""
    stated = session.formulation
    title = (stated.title or stated.objective.meaning if stated else "") or "nothing was solved yet"
    yield Line(f"The session of {path} goes on: {title}.", "good")
    for sentence in session.lost:
        yield Line(sentence, "warn")
    if len(session.history) > 1:
        yield _history(session)


def _new(desk: Desk, argument: str) -> None:
    desk.session = desk.open_session(None)
    desk.show([Line("A new session; what was done before is kept in its file.", "good")])


def _cost(desk: Desk, argument: str) -> None:
    desk.show([Line(f"This session: {usage_text(desk.session.usage)}.")])


def _help(desk: Desk, argument: str) -> None:
    rows = tuple((command.usage, command.help) for command in COMMANDS)
    desk.show([Table("Commands", ("command", "what it does"), rows), Line(_ELSE)])


def _quit(desk: Desk, argument: str) -> bool:
    return False


COMMANDS = (
    Command("data", "/data FILE|FOLDER ...", "read tables (CSV, XLSX, JSON) and preview them", _data),
    Command("show", "/show [WHAT]", "formulation, solution, check, problem, program, data or history", _show),
    Command(
        "whatif", "/whatif CHANGE", "change and solve again: capacity[oslo] = 120, demand up 10 %, or words", _whatif
    ),
    Command("why", "/why WISH", "why not: try make[B] >= 1 beside the plan; what it costs, or what forbids it", _why),
    Command("sensitivity", "/sensitivity", "what limits the plan, and what one more unit of it is worth", _sensitivity),
    Command("pareto", "/pareto minimize EXPR", "the trade-off with a second objective, as a table and a plot", _pareto),
    Command("check", "/check", "doubt the answer: perturb figures, drop requirements, compare with the text", _check),
    Command("second", "/second [MODEL]", "have the problem formulated a second time, and compare", _second),
    Command("solve", "/solve", "solve again, with the data files as they are now", _solve),
    Command("repair", "/repair", "make the least repair of an infeasible problem", _repair),
    Command("undo", "/undo", "take back the last change", _undo),
    Command("model", "/model [PROVIDER/NAME]", "take another model, or say which it is", _model),
    Command(
        "export",
        "/export FILE [--force]",
        "as .yaml .json .lp .mps .py (Pyomo) or .html (a report with plots)",
        _export,
    ),
    Command("save", "/save FILE", "keep the session in a file of its own", _save),
    Command("load", "/load FILE", "go on with a session, or take a formulation or a problem from a file", _load),
    Command("new", "/new", "begin another session", _new),
    Command("cost", "/cost", "what the model's calls took", _cost),
    Command("help", "/help", "this list", _help),
    Command("quit", "/quit", "leave, as Ctrl-D does; the session is kept", _quit),
)
