"""The mix: everyone changes what suits it, turns go to who makes things better, and one that fails stops no other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from agentopt import Feedback, Node, parameter, trace
from agentopt.errors import AuthError, BudgetExceeded, InputError, TransportError
from agentopt.graph import Choice, Code, Exemplars, Integer, Parameter, Real
from agentopt.llm import Budget, Message
from agentopt.optimizers import OPRO, LocalSearch, Mixed, OptoPrime, Proposal, Settings
from agentopt.testing import ScriptedModel
from tests.optimizers.program import Program, reply

SILENT = reply(nothing="all is well")


def told(optimizer: Mixed, program: Program, score: float = 0.0) -> Mixed:
    """The optimizer, told of a run."""
    optimizer.backward(program.run(), Feedback("more", score))
    return optimizer


def changed(proposals: list[Proposal]) -> list[set[str]]:
    return [{one.name for one in proposal.changes} for proposal in proposals]


def greets(*texts: str) -> str:
    return reply(*({"greeting": text} for text in texts))


def test_everyone_has_a_turn(program: Program) -> None:
    """Of a few asks some bring a text, some numbers or choices, and some both together."""
    optimizer = told(Mixed(program.parameters, ScriptedModel([greets("{name}")] * 12)), program)
    kinds = Counter("greeting" in names and len(names) for _ in range(12) for names in changed(optimizer.ask()))
    assert kinds[1] >= 3  # the text alone
    assert kinds[False] >= 3  # numbers and choices alone
    assert kinds[2] + kinds[3] >= 3  # together


def test_proposals_of_one_ask_are_shared_out(program: Program) -> None:
    """Of six proposals two are the model's, two are steps and two are both together, from one call."""
    model = ScriptedModel([greets("a{name}", "b{name}", "c{name}", "d{name}")])
    made = told(Mixed(program.parameters, model), program).ask(6)
    texts = [one.changes.get(program.greeting) for one in made]
    assert (texts, len(model.requests)) == (["a{name}", "b{name}", None, None, "c{name}", "d{name}"], 1)
    assert [len(one.changes) > ("greeting" in names) for one, names in zip(made, changed(made))] == [False] * 2 + [
        True
    ] * 4


def test_what_is_put_together_says_where_it_came_from(program: Program) -> None:
    """A proposal of a text and a number has the model, both reasons, and the versions of both."""
    program.times.set(2)
    optimizer = told(Mixed(program.parameters, ScriptedModel([greets("a{name}", "b{name}")])), program)
    last = optimizer.ask(3)[-1]
    assert (last.provenance.model, last.reason) == ("scripted/model", "because; drawn at random")
    assert last.made_from.keys() == last.changes.keys() > {program.greeting}


def test_turns_go_to_who_makes_things_better(program: Program) -> None:
    """After texts that helped and steps that did not, most proposals are the model's."""
    optimizer = told(Mixed(program.parameters, ScriptedModel([greets("a{name}")] * 20)), program, 0.5)
    start = {one: one.version for one in program.parameters}
    for place in range(20):
        optimizer.judge(start | {program.greeting: program.greeting.add(f"{place}{{name}}")}, 0.6, parent=start)
        optimizer.judge(start | {program.times: program.times.add(1 + place % 5)}, 0.4, parent=start)
    made = [names for _ in range(20) for names in changed(optimizer.ask())]
    assert made.count({"greeting"}) > 8
    assert sum("greeting" not in names for names in made) >= 2


def test_estimates_that_change_move_turns_back(program: Program) -> None:
    """What is thought to be better counts by its latest estimate."""
    optimizer = told(Mixed(program.parameters, ScriptedModel([greets("a{name}")] * 20)), program, 0.5)
    start = {one: one.version for one in program.parameters}
    texts = [start | {program.greeting: program.greeting.add(f"{place}{{name}}")} for place in range(20)]
    for estimate in (0.6, 0.4):
        for text in texts:
            optimizer.judge(text, estimate, parent=start)
    assert sum(names == {"greeting"} for _ in range(20) for names in changed(optimizer.ask())) < 5


def test_steps_that_are_applied_are_judged_by_what_comes_of_them(program: Program) -> None:
    """In a loop of step and backward, texts that raise the score get the model more turns."""
    optimizer = Mixed(program.parameters, ScriptedModel(lambda messages: greets(f"{len(messages[-1].text)}{{name}}")))
    n_texts = []
    for _ in range(60):
        optimizer.zero_feedback()
        told(optimizer, program, score=program.greeting.version.number)
        step = optimizer.step()
        assert step.applied is not None
        n_texts.append(program.greeting in step.applied.changes)
        if program.greeting in step.applied.changes:
            program.times.use(0), program.mark.use(0)
    assert sum(n_texts[30:]) > 22


@pytest.mark.parametrize("line", ["no json", "", TransportError("the connection broke")])
def test_one_that_fails_stops_no_other(program: Program, line: str | Exception) -> None:
    """The others' proposals come, and what failed is on record."""
    model = ScriptedModel([line, "no json"])
    step = told(Mixed(program.parameters, model), program).step()
    assert (step.outcome, len(step.rejected)) == ("applied", 1)
    assert step.applied is not None
    assert program.greeting not in step.applied.changes


def test_what_fails_alone_is_raised(program: Program) -> None:
    """Where nobody else has anything, the error is the mix's own."""
    optimizer = Mixed([program.greeting], ScriptedModel([TransportError("the connection broke")]))
    with pytest.raises(TransportError):
        told(optimizer, program).ask()


@pytest.mark.parametrize("error", [AuthError("no key"), BudgetExceeded("used up")])
def test_what_the_next_call_has_as_well_is_raised(program: Program, error: Exception) -> None:
    """A wrong key or a used-up budget ends the ask, though others could have proposed something."""
    with pytest.raises(type(error)):
        told(Mixed(program.parameters, ScriptedModel([error])), program).ask()


def test_a_used_up_budget_is_that_of_all(program: Program) -> None:
    """The settings' budget holds for the model of the mix."""
    settings = Settings(budget=Budget(calls=0))
    with pytest.raises(BudgetExceeded):
        told(Mixed(program.parameters, ScriptedModel([]), settings), program).ask()


def test_nothing_to_change_gives_the_turn_away(program: Program) -> None:
    """Where the model is content, a number or a choice is changed."""
    step = told(Mixed(program.parameters, ScriptedModel([SILENT])), program).step()
    assert step.applied is not None
    assert program.greeting not in step.applied.changes


def test_the_record_holds_what_each_step_took(program: Program) -> None:
    """A step's usage is that of its own calls, also after others."""
    optimizer = Mixed(program.parameters, ScriptedModel([greets("{name}", "a{name}")] * 3))
    calls = []
    for _ in range(3):
        optimizer.zero_feedback()
        calls.append(told(optimizer, program).step(3).usage.calls)
    assert calls == [1, 1, 1]


def test_without_words_no_model_is_needed(program: Program) -> None:
    """Numbers and choices are changed without a model."""
    optimizer = told(Mixed([program.times, program.mark]), program)
    assert optimizer.step().outcome == "applied"


def test_words_need_a_model(program: Program) -> None:
    """The error names the parameters that a model has to change."""
    with pytest.raises(InputError, match="a model to change the parameter 'greeting'; give one"):
        Mixed(program.parameters)


def test_members_may_be_others(program: Program) -> None:
    """Given members are asked, and see what the others tried."""
    model = ScriptedModel([greets("{name}")])
    members = [OPRO([program.greeting], model), LocalSearch([program.times])]
    optimizer = told(Mixed(program.parameters, members=members), program, 0.25)
    assert optimizer.ask()[0].changes == {program.greeting: "{name}"}
    assert "score 0.25" in model.requests[0].messages[-1].text


def test_members_share_no_parameter(program: Program) -> None:
    """Two members of one parameter, a member of another program, and no members at all are refused."""
    one = LocalSearch([program.times])
    for members, said in (
        ([one, LocalSearch([program.times])], "one in common"),
        ([LocalSearch([parameter(1, Integer(0, 9), name="foreign")])], "foreign"),
        ([], "at least one member"),
    ):
        with pytest.raises(InputError, match=said):
            Mixed(program.parameters, members=members)


def test_the_model_reads_what_the_others_changed(program: Program) -> None:
    """A trial that differs in a number only is shown with the number, so that its score can be understood."""
    model = ScriptedModel([greets("{name}")])
    optimizer = Mixed(program.parameters, model)
    told(optimizer, program, 0.25)
    program.times.set(5)
    optimizer.zero_feedback()
    told(optimizer, program, 0.75).ask()
    assert "Trial 1: score 0.25\ntimes = 2\n" in model.requests[0].messages[-1].text


def test_forks_have_members_of_their_own(program: Program) -> None:
    """What a fork is told reaches no other fork's members."""
    optimizer = Mixed(program.parameters, ScriptedModel([]))
    one, other = optimizer.fork(0), optimizer.fork(1)
    told(one, program)
    assert [member._reached() for made in (one, other) for member in made.members] == [True, True, False, False]


RULES = ("Be brief.", "Be kind.", "Use digits.")


def workflow() -> tuple[list[Parameter[Any]], Callable[[], Node[Any]]]:
    """A prompt, a threshold, a choice, exemplars and code."""
    prompt = parameter("Answer {text}.", name="prompt")
    threshold = parameter(0.9, Real(0, 1), name="threshold")
    tone = parameter("plain", Choice(["plain", "loud", "kind"]), name="tone")
    shown = parameter((0, 1), Exemplars(list("abcd"), 2), name="shown")
    code = parameter("def size(x):\n    return 0\n", Code.from_source("def size(x):\n    return 0\n"), name="code")

    @trace
    def answer(prompt: str, threshold: float, tone: str, shown: tuple[int, ...], code: str) -> float:
        """How good the answers are; the threshold that is right depends on the prompt."""
        n_rules = sum(rule in prompt for rule in RULES)
        right = [n_rules / 3, tone == "kind", shown == (2, 3), "return len(x)" in code]
        return (sum(map(float, right)) + 1 - abs(threshold - 0.2 * n_rules)) / 5

    parameters = [prompt, threshold, tone, shown, code]
    return parameters, lambda: answer(*parameters)


def teach(messages: tuple[Message, ...]) -> str:
    """Adds the next rule to the prompt that is shown; with all of them there, mends the code."""
    shown = messages[-1].text.partition("# Parameters")[2].partition("# Calls")[0]
    present = re.findall(r"Answer \{text\}\.[^\n`]*", shown)[0]
    missing = [rule for rule in RULES if rule not in present]
    if missing:
        return reply({"prompt": f"{present} {missing[0]}"})
    if "return 0" in shown:
        return reply({"code": "def size(x):\n    return len(x)\n"})
    return SILENT


@pytest.mark.parametrize("seed", range(3))
def test_a_known_optimum_of_five_kinds_is_reached(seed: int) -> None:
    """Prompt, threshold, choice, exemplars and code end at their best values; only what is no worse is kept."""
    parameters, run = workflow()
    optimizer = Mixed(parameters, ScriptedModel(teach), seed=seed)
    best = float(run().data)
    for _ in range(250):
        optimizer.zero_feedback()
        optimizer.backward(run(), Feedback("more", best))
        before = [one.version.number for one in parameters]
        optimizer.step()
        now = float(run().data)
        if now < best:
            for one, number in zip(parameters, before):
                one.use(number)
        best = max(best, now)
    prompt, threshold, tone, shown, code = parameters
    assert [rule in prompt.data for rule in RULES] == [True] * 3
    assert (tone.data, shown.data, "len(x)" in code.data) == ("kind", (2, 3), True)
    assert threshold.data == pytest.approx(0.6, abs=0.02)


def test_words_are_the_models_and_the_rest_is_searched(program: Program) -> None:
    """The defaults are OptoPrime for words and local search for the rest."""
    mixed = Mixed(program.parameters, ScriptedModel([]))
    assert [(type(member), member.parameters) for member in mixed.members] == [
        (OptoPrime, [program.greeting]),
        (LocalSearch, [program.times, program.mark]),
    ]
