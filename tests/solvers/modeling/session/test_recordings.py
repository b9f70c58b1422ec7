"""Real replies of a language model to sentences about solved problems, replayed: what they lead to is computed anew.

A change of a prompt makes these fail, as it should: try the new prompt on a reader, and record again.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from agentopt.errors import ReplayError
from agentopt.solvers.modeling.data.files import load_problem
from agentopt.solvers.modeling.session.session import Session
from agentopt.solvers.modeling.session.state import State
from agentopt.solvers.modeling.session.turn import Turn

HERE = Path(__file__).parent
TASKS = Path(str(files("agentopt"))) / "tasks" / "modeling"


def talk(task: str, *said: str) -> list[Turn]:
    """The turns of a session about a task, its replies taken from the recording of that name."""
    session = Session(replay=HERE / "recordings" / f"{task}.jsonl", time_limit_s=20)
    session.formulate(TASKS / task / "problem.yaml")
    return [session.tell(one) for one in said]


def optimum(turn: Turn) -> float | None:
    return turn.solution.incumbent_objective if turn.solution else None


TURIN = "What if Turin could roast ten tonnes more?"


def test_why_something_is_not_done() -> None:
    """A tonne from Porto to Oslo in place of the cheaper way costs 310 USD."""
    turn = talk("transport", TURIN, "Why does nothing go from Porto to Oslo?")[1]
    assert turn.forced is not None
    assert turn.forced.cost == pytest.approx(310)


def test_a_whole_conversation_about_coffee() -> None:
    """A change, prices, a question back, a fourth plant, a share, a new requirement: every figure is a solver's."""
    turns = talk(
        "transport",
        TURIN,
        "What is the tightest constraint, and what would one more tonne be worth?",
        "We think about opening a fourth roastery in Hamburg. What would that bring?",
        "Hamburg could roast 20 tonnes; freight is 200 to Oslo, 180 to Lyon, 150 to Vienna and 300 USD a tonne to"
        " Madrid.",
        "How much do we send to Vienna in all, and what share of the total is that?",
        "Oslo must not be served from Bergen alone any more: at most 60 % of what it gets.",
    )
    assert [turn.kind for turn in turns] == ["edited", "sensitivity", "asked", "edited", "answered", "edited"]
    assert [optimum(turns[place]) for place in (0, 3, 5)] == pytest.approx([15800, 15600, 16500])
    assert "35 t" in turns[4].answer
    assert "29.1667 %" in turns[4].answer


def test_one_nurse_more_is_not_enough_and_two_fewer_at_night_are() -> None:
    """An infeasible roster stays a roster to talk about, in another language too."""
    turns = talk(
        "staffing",
        "Could we manage with one nurse more?",
        "The night shift now needs only two nurses.",
        "Bitte einen Pfleger mehr einstellen, wir haben dann 13.",
    )
    assert [optimum(turn) for turn in turns] == [None, 2510, 2510]
    assert turns[2].answer.endswith("der Tag kostet 2510 USD.")


def test_a_press_twice_as_fast() -> None:
    """What is late and why is answered from the plan; the faster press is a change of four figures."""
    turns = talk(
        "printshop",
        "Which order is late, and why?",
        "Could we finish everything on time if the press were twice as fast?",
    )
    assert [turn.kind for turn in turns] == ["answered", "edited"]
    assert (optimum(turns[1]), "135 and" in turns[0].answer) == (0, True)


def test_what_is_unclear_is_asked_and_another_problem_is_another_problem() -> None:
    """Nobody said which plant is the dirtiest; a bakery is no power plant."""
    turns = talk(
        "dispatch",
        "Trade off the cost against the output of the dirtiest plant.",
        "A bakery makes bread for 3 and cake for 5 EUR, each takes an hour, there are 8 hours, at most 5 cakes sell."
        " What to bake?",
    )
    assert (turns[0].kind, "dirtiest" in turns[0].question) == ("asked", True)
    assert (turns[1].kind, optimum(turns[1])) == ("formulated", 34)


def test_a_sentence_that_was_not_recorded_is_told() -> None:
    """The replay has no other reply, and the session stands."""
    with pytest.raises(ReplayError, match="no reply to"):
        talk("staffing", "How many nurses would make everybody happy?")


@pytest.mark.parametrize(("task", "data"), [("orders", []), ("lifts", ["minutes.csv"])])
def test_a_second_reader_comes_to_the_same(task: str, data: list[str]) -> None:
    """A formulation that was made apart, by another prompt, has the known optimum."""
    session = Session(replay=HERE / "recordings" / f"second-{task}.jsonl", time_limit_s=20)
    folder = TASKS / task
    formulation, _ = load_problem(folder / "problem.yaml")
    session.add_data(*(folder / name for name in data)) if data else None
    text = (folder / "problem.txt").read_text(encoding="utf-8")
    session.work.begin(State(text, formulation, text))
    opinion = session.second_opinion().opinion
    assert opinion is not None
    assert opinion.agrees, opinion.finding.detail
