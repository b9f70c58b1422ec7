"""Steps: what is asked, what is applied, and that nothing is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentopt import Feedback, node, parameter, trace
from agentopt.errors import AuthError, BudgetExceeded, DomainError, InputError, TraceError
from agentopt.graph.writing.parameter_file import load, save
from agentopt.llm import Budget, Message
from agentopt.llm.exchange import Completion
from agentopt.optimizers import OPRO, Evaluation, OptoPrime, Prompted, Proposal, Settings, TextGrad
from agentopt.testing import ScriptedModel
from tests.optimizers.program import Program, reply

KINDS = [OptoPrime, OPRO]


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_applies_the_first_proposal(kind: type[Prompted], program: Program) -> None:
    """The candidate that the model trusts most is applied, the others stand in the record."""
    optimizer = kind(program.parameters, ScriptedModel([reply({"times": 3}, {"times": 4})]))
    optimizer.backward(program.run(), "more")
    step = optimizer.step(2)
    assert (step.outcome, program.times.data, len(step.proposed)) == ("applied", 3, 2)


def test_the_habit_of_pytorch(program: Program) -> None:
    """zero_feedback, backward and step work one after the other, again and again."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([reply({"times": n}) for n in (3, 4, 5)]))
    for _ in range(3):
        optimizer.zero_feedback()
        optimizer.backward(program.run(), "more")
        optimizer.step()
    assert (program.times.data, [step.outcome for step in optimizer.steps]) == (5, ["applied"] * 3)


def test_a_version_tells_where_it_came_from(program: Program) -> None:
    """An applied value carries the model, the reason and the version it was made from."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([reply({"times": 3})]))
    optimizer.backward(program.run(), "more")
    optimizer.step()
    version = program.times.version
    assert (version.author, version.reason, version.parent) == ("model:scripted/model", "because", 0)


def test_a_refused_part_is_sent_back_once(program: Program) -> None:
    """What was refused goes back with the reason, and the corrected reply is taken."""
    model = ScriptedModel([reply({"times": 9}), reply({"times": 5})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "more")
    step = optimizer.step()
    assert (step.outcome, program.times.data, step.rejected[0].parameter) == ("applied", 5, "times")
    assert "from 1 to 5, got 9" in model.requests[1].messages[-1].text


def test_it_is_not_sent_back_twice(program: Program) -> None:
    """A second bad reply ends the step as rejected, with both reasons, and changes nothing."""
    model = ScriptedModel([reply({"times": 9}), reply({"times": 8})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "more")
    step = optimizer.step()
    assert (step.outcome, [one.value for one in step.rejected], program.times.data) == ("rejected", ["9", "8"], 2)


def test_the_good_part_stands_if_the_correction_is_worse(program: Program) -> None:
    """A good candidate is applied even if the reply to the correction cannot be used."""
    model = ScriptedModel([reply({"times": 9}, {"mark": "?"}), reply({"times": 8})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "more")
    assert (optimizer.step(2).outcome, program.mark.data) == ("applied", "?")


def test_the_good_part_stands_if_the_second_call_fails(program: Program) -> None:
    """A good candidate is applied even if the call for the correction fails."""
    model = ScriptedModel([reply({"times": 9}, {"mark": "?"}), AuthError("no key")])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "more")
    assert (optimizer.step(2).outcome, program.mark.data) == ("applied", "?")


def test_nothing_to_change_changes_nothing(program: Program) -> None:
    """The model's word that all is well is the outcome of the step, with its reason."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([reply(nothing="it is as wanted")]))
    optimizer.backward(program.run(), "perfect")
    step = optimizer.step()
    assert (step.outcome, step.reason, step.applied) == ("unchanged", "it is as wanted", None)


def test_a_reply_without_anything_is_rejected(program: Program) -> None:
    """A reply that neither edits nor says that nothing is to change is recorded as that."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([reply(), reply()]))
    optimizer.backward(program.run(), "more")
    assert optimizer.step().outcome == "rejected"


@pytest.mark.parametrize("text", ["no JSON at all", "{}", '{"analysis": 1}'])
def test_a_reply_of_no_shape_is_rejected(text: str, program: Program) -> None:
    """A reply that is none, also after its repair, is a rejected step and no exception."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([text, text]))
    optimizer.backward(program.run(), "more")
    step = optimizer.step()
    assert (step.outcome, step.rejected[0].parameter, optimizer.steps) == ("rejected", "the reply", [step])


def test_a_reply_that_was_cut_off_is_rejected(program: Program) -> None:
    """A truncated reply is recorded as rejected with its error."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([Completion("{", "length", "scripted/model")]))
    optimizer.backward(program.run(), "more")
    assert optimizer.step().outcome == "rejected"


def test_a_failed_call_is_recorded_and_raised(program: Program) -> None:
    """An error that no reply caused is raised, and the record has it."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([AuthError("no key")]))
    optimizer.backward(program.run(), "more")
    with pytest.raises(AuthError):
        optimizer.step()
    assert (optimizer.steps[0].outcome, "no key" in optimizer.steps[0].reason) == ("failed", True)


def test_a_used_up_budget_is_raised(program: Program) -> None:
    """A call that the budget does not allow is not made."""
    model = ScriptedModel([])
    optimizer = OptoPrime(program.parameters, model, Settings(budget=Budget(calls=0)))
    optimizer.backward(program.run(), "more")
    with pytest.raises(BudgetExceeded):
        optimizer.step()
    assert model.requests == []


def test_without_feedback_no_model_is_asked(program: Program) -> None:
    """A step without feedback costs no call and says why nothing happened."""
    model = ScriptedModel([])
    optimizer = OptoPrime(program.parameters, model)
    step = optimizer.step()
    assert (step.outcome, model.requests, "no feedback" in step.reason) == ("no feedback", [], True)


def test_feedback_that_reaches_no_parameter_is_told(program: Program) -> None:
    """An output that was not made from the parameters gives a sentence on what may cut the graph."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([]))
    optimizer.backward(node(f"{program.greeting}"), "more")
    assert "f-string" in optimizer.step().reason


def test_zero_feedback_forgets_what_waits(program: Program) -> None:
    """After zero_feedback only new feedback is shown."""
    model = ScriptedModel([reply({"times": 3})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "first words")
    optimizer.zero_feedback()
    optimizer.backward(program.run(), "second words")
    optimizer.step()
    feedback = model.requests[0].messages[1].text.partition("# Feedback")[2].partition("# Earlier")[0]
    assert ("first words" in feedback, "second words" in feedback) == (False, True)


def test_feedback_adds_up_and_stays_apart(program: Program) -> None:
    """Two outputs with different feedback are two lines in one prompt."""
    model = ScriptedModel([reply({"times": 3})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "first words")
    optimizer.backward(program.run(), "second words")
    optimizer.step()
    assert "speak_1: first words\nspeak_2: second words" in model.requests[0].messages[1].text


def test_a_fixed_parameter_is_never_changed(program: Program) -> None:
    """A parameter with trainable=False is no parameter of an optimizer, and an edit of it is refused."""
    program.times.trainable = False
    model = ScriptedModel([reply({"times": 3}), reply({"times": 3})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "more")
    assert (optimizer.step().outcome, program.times.data) == ("rejected", 2)


def test_an_optimizer_changes_its_own_parameters_only(program: Program) -> None:
    """Parameters that lie in the trace but belong to another optimizer are shown and not changed."""
    model = ScriptedModel([reply({"mark": "?"}), reply({"mark": "?"})])
    optimizer = OptoPrime([program.times], model)
    optimizer.backward(program.run(), "more")
    assert (optimizer.step().outcome, program.mark.data) == ("rejected", "!")
    assert "You may change: times." in model.requests[0].messages[1].text


def test_a_disconnected_parameter_is_allowed(program: Program) -> None:
    """A parameter that did not feed the output is left alone, and the others are learned."""
    lonely = parameter("alone", name="lonely")
    model = ScriptedModel([reply({"times": 3})])
    optimizer = OptoPrime([*program.parameters, lonely], model)
    optimizer.backward(program.run(), "more")
    assert (optimizer.step().outcome, "lonely" in model.requests[0].messages[1].text) == ("applied", False)


def test_nothing_trainable_is_an_error() -> None:
    """An optimizer needs something to optimize."""
    with pytest.raises(InputError, match="at least one trainable parameter"):
        OptoPrime([parameter(1, trainable=False)], ScriptedModel([]))


def test_ask_applies_nothing(program: Program) -> None:
    """ask gives proposals and leaves the parameters alone."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([reply({"times": 3}, {"mark": "?"})]))
    optimizer.tell(Evaluation.of(program.run(), "more"))
    proposals = optimizer.ask(2)
    assert (len(proposals), program.times.data, program.mark.data) == (2, 2, "!")


def test_ask_without_tell_is_an_error(program: Program) -> None:
    """There is nothing to propose from before anything was told."""
    with pytest.raises(InputError, match="no feedback was given"):
        OptoPrime(program.parameters, ScriptedModel([])).ask()


def test_asking_for_none_is_an_error(program: Program) -> None:
    """At least one proposal has to be asked for."""
    with pytest.raises(InputError, match="at least 1"):
        OptoPrime(program.parameters, ScriptedModel([])).ask(0)


def test_a_proposal_is_applied_whole_or_not_at_all(program: Program) -> None:
    """A proposal with a value outside of its domain changes no parameter."""
    proposal = Proposal({program.mark: "?", program.times: 99})
    with pytest.raises(DomainError):
        proposal.apply()
    assert program.mark.data == "!"


def test_an_exception_is_feedback(program: Program) -> None:
    """An exception that left a traced call is taken like an output."""

    @trace
    def half(times: int) -> float:
        return 1 / (times - 2)

    model = ScriptedModel([reply({"times": 3})])
    optimizer = OptoPrime(program.parameters, model)
    with pytest.raises(ZeroDivisionError) as caught:
        half(program.times)
    optimizer.backward(caught.value, "must not fail")
    optimizer.step()
    assert "failed: ZeroDivisionError" in model.requests[0].messages[1].text


def test_an_exception_from_elsewhere_is_refused(program: Program) -> None:
    """An exception that no traced call raised has no graph."""
    with pytest.raises(TraceError, match="ValueError from elsewhere"):
        OptoPrime(program.parameters, ScriptedModel([])).backward(ValueError("x"), "bad")


def test_scores_go_to_versions_and_memory(program: Program) -> None:
    """A version's score is the mean over the trials it was in, and the best trial is known."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([reply({"times": 3})]))
    optimizer.backward(program.run(), Feedback(score=1.0))
    optimizer.backward(program.run(), Feedback(score=2.0))
    optimizer.step()
    optimizer.backward(program.run(), Feedback(score=5.0))
    best = optimizer.memory.best
    assert best is not None
    assert (program.times.versions[0].score, program.times.best, best.score) == (1.5, program.times.version, 5.0)


def test_earlier_trials_are_shown_with_their_scores(program: Program) -> None:
    """The prompt has what was tried, its score, and only the values that differ."""
    model = ScriptedModel([reply({"times": 3}), reply({"times": 4})])
    optimizer = OptoPrime(program.parameters, model)
    for score in (1.0, 2.0):
        optimizer.zero_feedback()
        optimizer.backward(program.run(), Feedback("so so", score))
        optimizer.step()
    trial = model.requests[1].messages[1].text.partition("# Earlier trials")[2]
    assert ("score 1\ntimes = 2" in trial, "greeting" in trial.partition("You may")[0]) == (True, False)


def test_masking_hides_the_trace_and_nothing_else(program: Program) -> None:
    """Without the trace the prompt has parameters and feedback, and no functions, inputs or calls."""
    model = ScriptedModel([reply({"times": 3})])
    optimizer = OptoPrime(program.parameters, model, trace=False)
    optimizer.backward(program.run(), "more")
    optimizer.step()
    text = model.requests[0].messages[1].text
    assert [head in text for head in ("# Functions", "# Calls", "# Parameters", "# Feedback")] == [
        False,
        False,
        True,
        True,
    ]


def test_options_of_one_optimizer_do_not_reach_another(program: Program) -> None:
    """Optimizers share no state."""
    first = OptoPrime(program.parameters, ScriptedModel([]), Settings(objective="first"))
    first.backward(program.run(), "x")
    model = ScriptedModel([reply({"times": 3})])
    second = OptoPrime(program.parameters, model)
    second.backward(program.run(), "y")
    second.step()
    assert ("first" in model.requests[0].messages[1].text, len(first.steps)) == (False, 0)


@pytest.mark.parametrize("kind", [OptoPrime, OPRO, TextGrad])
def test_parameters_are_never_cut(kind: type[Prompted], program: Program) -> None:
    """A model that is to rewrite a text sees all of it, or what it was before is shown in full."""
    long = "{name} " + "x" * 30_000 + " end"
    program.greeting.set(long)
    asked: list[str] = []

    def answer(messages: tuple[object, ...]) -> str:
        asked.append(str(messages))
        return '{"comments": []}' if "You may comment on" in str(messages) else reply({"times": 3})

    optimizer = kind([program.greeting, program.times], ScriptedModel(answer))
    optimizer.backward(program.run(), "shorter")
    optimizer.step()
    assert long in asked[-1]


def test_one_parameter_alone_can_be_optimized(program: Program) -> None:
    """An optimizer takes a single parameter, a dict, a tuple and a generator of them."""
    given = [program.times, {"a": program.times}, (program.times,), (one for one in [program.times])]
    assert [OptoPrime(some, ScriptedModel([])).parameters for some in given] == [[program.times]] * 4


def test_more_candidates_than_asked_for_are_on_record(program: Program) -> None:
    """Candidates beyond those asked for are neither taken nor lost, and not sent back."""
    model = ScriptedModel([reply({"times": 3}, {"times": 4}, {"times": 99})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "more")
    step = optimizer.step()
    assert [len(step.proposed), len(model.requests)] == [1, 1]
    assert [one.parameter for one in step.rejected] == ["candidate 2", "candidate 3"]


def test_a_bad_candidate_does_not_count(program: Program) -> None:
    """A candidate that is refused leaves its place to the next one."""
    model = ScriptedModel([reply({"times": 99}, {"times": 3}), reply({"times": 99}, {"times": 3})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "more")
    assert (optimizer.step().outcome, program.times.data) == ("applied", 3)


def test_the_good_part_stands_if_the_budget_ends(program: Program) -> None:
    """A good candidate is applied even if the correction would pass the budget, and the record says so."""
    model = ScriptedModel([reply({"times": 9}, {"mark": "?"})])
    optimizer = OptoPrime(program.parameters, model, Settings(budget=Budget(calls=1)))
    optimizer.backward(program.run(), "more")
    step = optimizer.step(2)
    assert (step.outcome, program.mark.data) == ("applied", "?")
    assert "BudgetExceeded" in step.rejected[-1].reason


def test_of_several_versions_the_latest_is_scored(program: Program) -> None:
    """A trace that holds two versions of a parameter counts for the later one."""
    optimizer = OptoPrime([program.times], ScriptedModel([]))
    first = program.run()
    program.times.set(4)
    optimizer.tell(Evaluation.of_all([(program.run(), 1.0), (first, 3.0)]))
    assert [version.score for version in program.times.versions] == [None, 2.0]


@pytest.mark.parametrize("kind", [OptoPrime, OPRO, TextGrad])
def test_a_parameter_that_was_switched_off_is_left_alone(kind: type[Prompted], program: Program) -> None:
    """trainable=False holds from when it is set, also between feedback and step."""
    model = ScriptedModel(lambda messages: reply({"times": 4}))
    optimizer = kind([program.times], model)
    optimizer.backward(program.run(), "more")
    program.times.trainable = False
    step = optimizer.step()
    assert (step.outcome, program.times.data, model.requests) == ("no feedback", 2, [])


def test_a_proposal_for_a_fixed_parameter_is_refused(program: Program) -> None:
    """A proposal that was made before a parameter was switched off is not applied any more."""
    program.times.trainable = False
    with pytest.raises(InputError, match="'times' is not trainable"):
        Proposal({program.mark: "?", program.times: 4}).apply()
    assert program.mark.data == "!"


@pytest.mark.parametrize("error", [ValueError("odd"), KeyboardInterrupt()])
def test_any_failure_is_recorded_and_raised(error: BaseException, program: Program) -> None:
    """Whatever ends a step, an interrupt too, the record has it, with what was spent before."""

    def speak(messages: tuple[Message, ...]) -> str:
        if "You may comment on" in messages[-1].text:
            return '{"comments": [{"input": "times", "comment": "more"}]}'
        raise error

    optimizer = TextGrad(program.parameters, ScriptedModel(speak))
    optimizer.backward(program.run(), "more")
    with pytest.raises(type(error)):
        optimizer.step()
    assert (optimizer.steps[0].outcome, optimizer.steps[0].usage.calls) == ("failed", 1)


def test_halves_of_characters_reach_no_wire(program: Program) -> None:
    """What no file and no wire takes is replaced before a model is asked."""
    model = ScriptedModel([reply({"times": 3})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "bad \ud800 text")
    optimizer.step()
    assert "bad ? text" in model.requests[0].messages[1].text


def test_the_plain_name_is_the_latest_version(program: Program) -> None:
    """Where several versions are in one prompt an edit names the latest, and older ones say what they are."""
    model = ScriptedModel([reply({"times": 3}), reply({"times": 4})])
    optimizer = OptoPrime([program.times], model)
    for _ in range(2):
        optimizer.backward(program.run(), "more")
        assert optimizer.step().outcome == "applied"
    text = model.requests[1].messages[1].text
    assert ("times_version_0" in text, "You may change: times." in text) == (True, True)


def test_edits_beside_the_word_for_nothing_are_on_record(program: Program) -> None:
    """A reply that both edits and says that nothing is to change is taken by its edits, and the record says so."""
    optimizer = OptoPrime(program.parameters, ScriptedModel([reply({"times": 3}, nothing="all is well")]))
    optimizer.backward(program.run(), "more")
    step = optimizer.step()
    assert (step.outcome, step.rejected[0].parameter) == ("applied", "nothing_to_change")


def test_a_flood_of_bad_candidates_stays_bounded(program: Program) -> None:
    """Thousands of refused parts make neither a long correction nor a long record line."""
    flood = reply(*[{"times": 100 + number} for number in range(3000)])
    model = ScriptedModel([flood, reply({"times": 3})])
    optimizer = OptoPrime(program.parameters, model)
    optimizer.backward(program.run(), "more")
    step = optimizer.step()
    assert len(model.requests[1].messages[-1].text) < 5000
    assert len(str(step)) < 2000


def test_scores_of_a_loaded_history_are_its_own(program: Program, tmp_path: Path) -> None:
    """After a load version numbers mean other values, whose scores are not mixed with those before."""
    file = tmp_path / "parameters.yaml"
    optimizer = OptoPrime([program.times], ScriptedModel([]))
    save([program.times], file)
    program.times.set(4)
    optimizer.backward(program.run(), 2.0)
    load([program.times], file)
    program.times.set(5)
    optimizer.backward(program.run(), 100.0)
    best = optimizer.memory.best
    assert best is not None
    assert best.scores == [100.0]
