"""A budget is never passed, and what it refuses is not sent."""

from __future__ import annotations

import json
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import AgentoptError, BudgetExceeded, ConfigError, InputError, ModelTimeout, TransportError
from agentopt.llm import Account, Budget, Message, Sampling, Usage
from agentopt.llm.budget import Need, Price, Reservation, Share, budget_of
from agentopt.llm.config import Config
from agentopt.testing import ModelServer, ScriptedModel
from agentopt.testing.behaviour import Disconnect, Hang, Say, Status

ASK = [Message("user", "Say it.")]
PRICE = Price(1e-6, 1e-5)


class Clock:
    """A clock that a test winds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.none() | st.integers(1, 500), st.floats(0, 1), st.floats(0, 1)),
        max_size=30,
    ),
    st.integers(0, 5000),
    st.floats(0, 0.01),
    st.integers(0, 20),
)
def test_no_sequence_of_calls_passes_a_limit(
    calls: list[tuple[int, int | None, float, float]], tokens: int, dollars: float, count: int
) -> None:
    """Whatever calls take within what was set aside, tokens, dollars and calls stay within their limits."""
    budget = Budget(tokens=tokens, dollars=dollars, calls=count)
    for prompt, reply, asked, written in calls:
        try:
            held = budget.reserve(Need(prompt, reply, PRICE))
        except BudgetExceeded:
            continue
        used_in, used_out = int(prompt * asked), int((held.output_tokens or 0) * written)
        held.settle(Usage(1, used_in, used_out, cost_usd=PRICE.of(used_in, used_out)))
    spent = budget.spent
    assert spent.tokens is not None
    assert spent.tokens <= tokens
    assert (spent.dollars or 0) <= dollars + 1e-9
    assert (spent.calls or 0) <= count


def test_threads_do_not_pass_it_together() -> None:
    """Calls in flight at the same time are all counted."""
    budget = Budget(calls=10)
    model = ScriptedModel(lambda messages: "x", budget)

    def call(_: int) -> bool:
        try:
            model.complete(ASK)
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(call, range(40)))
    assert (made, budget.spent.calls, len(model.requests)) == (10, 10, 10)


def test_a_refused_call_is_not_sent(openai_way: Any) -> None:
    """The call that could pass a limit never reaches the server."""
    with ModelServer([Say("x")]) as server, pytest.raises(BudgetExceeded, match="not made"):
        openai_way.complete(server, budget=Budget(tokens=20))
    assert server.requests == []


def test_the_provider_is_told_what_is_left(openai_way: Any) -> None:
    """Without a length limit of its own, a call may write what the budget has left, and no more."""
    budget = Budget(tokens=1000)
    with ModelServer([Say("x")]) as server:
        openai_way.complete(server, messages=ASK, budget=budget)
    prompt = len("Say it.") + 32
    assert server.requests[0].body["max_tokens"] == 1000 - prompt


def test_a_length_limit_that_does_not_fit_is_refused() -> None:
    """A caller who asks for 500 tokens gets them or an error, not fewer."""
    with pytest.raises(BudgetExceeded, match="500 for the reply"):
        ScriptedModel(["x"]).complete(ASK, sampling=Sampling(max_tokens=500), budget=Budget(tokens=400))


def test_both_budgets_are_charged() -> None:
    """The model's own budget and the call's are both counted, and the first one's refusal frees the other."""
    own, call = Budget(calls=2), Budget(calls=1)
    model = ScriptedModel(["x", "y"], own)
    model.complete(ASK, budget=call)
    with pytest.raises(BudgetExceeded):
        model.complete(ASK, budget=call)
    assert (own.spent.calls, own.left.calls, call.left.calls) == (1, 1, 0)


def test_the_repair_is_charged_too() -> None:
    """A budget of one call has none left for a repair."""
    with pytest.raises(BudgetExceeded):
        ScriptedModel(["no", "[1]"]).complete(ASK, list[int], budget=Budget(calls=1))


def test_retries_are_charged(openai_way: Any) -> None:
    """Every request counts as a call, failed ones too, but an error status costs no tokens."""
    budget = Budget(calls=5, tokens=100_000)
    with ModelServer([Status(500), Say("x", input_tokens=11, output_tokens=7)]) as server:
        openai_way.complete(server, budget=budget)
    assert (budget.spent.calls, budget.spent.tokens) == (2, 18)


@pytest.mark.parametrize(("fault", "error"), [(Disconnect(), TransportError), (Hang(), ModelTimeout)])
def test_an_unknown_fate_is_charged_in_full(openai_way: Any, fault: Any, error: type[AgentoptError]) -> None:
    """A reply that was lost on the way may have been paid for, so all that was set aside is charged."""
    budget = Budget(tokens=100_000)
    with ModelServer([Say("x")]) as server:
        # What is loaded with the first call takes longer than the reply of the next one may.
        openai_way.complete(server)
    with ModelServer(lambda _: fault) as server, pytest.raises(error):
        openai_way.complete(server, messages=ASK, sampling=Sampling(max_tokens=100, timeout_s=0.2), budget=budget)
    assert budget.spent.tokens == (len("Say it.") + 32 + 100) * len(server.requests)


def test_a_connection_never_made_costs_nothing(openai_way: Any) -> None:
    """Nobody answers, so nothing can be billed."""
    with ModelServer([]) as server:
        pass
    budget = Budget(tokens=100_000)
    with pytest.raises(TransportError):
        openai_way.complete(server, budget=budget)
    assert budget.spent.tokens == 0


def test_dollars_follow_the_configured_price(model_at: Any) -> None:
    """The price in agentopt.toml times the tokens is what a call costs."""
    budget = Budget(dollars=1.0)
    config = Config(stream=True, prices={"openai/any": Price(0.001, 0.002)})
    with (
        ModelServer([Say("x", input_tokens=100, output_tokens=50)]) as server,
        model_at(server, options={"config": config}) as model,
    ):
        reply = model.complete(ASK, sampling=Sampling(max_tokens=60), budget=budget)
    assert [reply.usage.cost_usd, budget.left.dollars] == pytest.approx([0.2, 0.8])


def test_an_unknown_price_refuses_a_dollar_budget() -> None:
    """Dollars cannot be limited where no price is known; the message says what to do."""
    with pytest.raises(ConfigError, match=r"agentopt\.toml"):
        Budget(dollars=1).reserve(Need(10, 10, None, "lab/model"))


def test_an_unknown_price_stays_unknown_in_the_sum() -> None:
    """A sum with an unknown part says so instead of counting it as free."""
    assert (Usage(cost_usd=1.0) + Usage(cost_usd=None)).cost_usd is None


def test_seconds_are_on_the_wall() -> None:
    """The clock runs from the budget's making, whether calls are made or not."""
    clock = Clock()
    budget = Budget(seconds=10, clock=clock)
    clock.now += 10
    with pytest.raises(BudgetExceeded, match="10 seconds"):
        ScriptedModel(["x"]).complete(ASK, budget=budget)


def test_seconds_bound_each_call(openai_way: Any) -> None:
    """A call may not outlast the budget's seconds."""
    with ModelServer([Hang()]) as server, pytest.raises(ModelTimeout):
        openai_way.complete(server, budget=Budget(seconds=0.2))


def test_a_pause_longer_than_the_budget_is_not_begun(openai_way: Any) -> None:
    """A server's wish to wait that the seconds do not allow fails at once."""
    with ModelServer([Status(429, headers={"retry-after": "0.45"})] * 2) as server, pytest.raises(AgentoptError):
        openai_way.complete(server, budget=Budget(seconds=0.4))
    assert len(server.requests) == 1


def test_evaluations_are_counted() -> None:
    """The evaluation that would pass the limit is refused, the ones before are not."""
    budget = Budget(evaluations=3)
    budget.take_evaluation(2)
    with pytest.raises(BudgetExceeded, match="3 evaluations"):
        budget.take_evaluation(2)
    assert (budget.spent.evaluations, budget.left.evaluations) == (2, 1)


@pytest.mark.parametrize("limit", ["calls", "tokens", "dollars", "seconds", "evaluations"])
def test_limits_are_not_negative(limit: str) -> None:
    """A limit below zero is an error in the argument."""
    with pytest.raises(InputError, match=limit):
        Budget(**{limit: -1})  # type: ignore[arg-type]


def test_a_cached_part_of_the_prompt_is_cheaper() -> None:
    """Tokens that the provider had kept are counted at its lower price."""
    assert Price(1.0, 2.0, 0.25).of(10, 1, cached_tokens=4) == 6 + 1 + 2


def within(budget: Budget) -> bool:
    """Whether what was spent is no more than was asked."""
    pairs = ((getattr(budget.spent, name), getattr(budget.limits, name)) for name in ("calls", "tokens", "dollars"))
    return all(limit is None or (spent or 0) <= limit + 1e-9 for spent, limit in pairs)


def call(budget: Budget, need: Need) -> Reservation | None:
    try:
        return budget.reserve(need)
    except BudgetExceeded:
        return None


def take(held: Reservation, prompt: int, part: float) -> None:
    """Settle a call that took a part of what was set aside for it."""
    used_in, used_out = int(prompt * part), int((held.output_tokens or 0) * part)
    held.settle(Usage(1, used_in, used_out, cost_usd=PRICE.of(used_in, used_out)))


PARTS = st.none() | st.integers(0, 12)
STEPS = st.one_of(
    st.tuples(st.just("call"), st.integers(0, 300), st.none() | st.integers(1, 300)),
    st.tuples(st.just("share"), PARTS, PARTS),
    st.tuples(st.just("settle"), st.integers(0, 50), st.floats(0, 1)),
)


@given(st.lists(STEPS, max_size=40), PARTS, st.none() | st.integers(0, 4000), st.none() | st.floats(0, 0.01))
def test_no_interleaving_of_calls_and_shares_passes_a_limit(
    steps: list[Any], calls: int | None, tokens: int | None, dollars: float | None
) -> None:
    """Calls here, and calls elsewhere on a share, settled in any order, stay within the limits together."""
    budget = Budget(calls=calls, tokens=tokens, dollars=dollars)
    held: list[tuple[Reservation, int] | Share] = []

    def settle(place: int, part: float) -> None:
        one = held.pop(place % len(held))
        if isinstance(one, tuple):
            take(*one, part)
            return
        elsewhere = budget_of(pickle.loads(pickle.dumps(one.limits)))
        for _ in range(5):
            made = call(elsewhere, Need(100, None, PRICE))
            if made is not None:
                take(made, 100, part)
        one.settle(elsewhere.usage)

    for kind, first, second in steps:
        if kind == "call" and (made := call(budget, Need(first, second, PRICE))):
            held.append((made, first))
        elif kind == "share":
            wanted = Account(first, None if second is None else second * 100, None, None, None)
            try:
                held.append(budget.set_aside(wanted))
            except BudgetExceeded:
                continue
        elif kind == "settle" and held:
            settle(first, second)
        assert within(budget)
    while held:
        settle(0, 1.0)
    assert within(budget)


def test_threads_with_shares_do_not_pass_it_together() -> None:
    """However threads take calls and shares from one budget, it is used up and not passed."""
    budget = Budget(calls=200, tokens=200_000)

    def work(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(20):
            try:
                share = budget.set_aside(Account(rng.randint(1, 5), 2000, None, None, None))
            except BudgetExceeded:
                continue
            elsewhere = budget_of(share.limits)
            while made := call(elsewhere, Need(50, 100)):
                made.settle(Usage(1, rng.randint(0, 50), rng.randint(0, 100)))
            share.settle(elsewhere.usage)
            if made := call(budget, Need(50, 100)):
                made.settle(Usage(1, 50, 100))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert (within(budget), budget.left.calls) == (True, 0)


def test_a_share_is_taken_off_and_its_rest_comes_back() -> None:
    """What was set aside is nobody else's until it is settled, and what was not taken is free again."""
    budget = Budget(calls=10, tokens=1000)
    share = budget.set_aside(Account(4, 600, None, None, None))
    before = (budget.left.calls, budget.left.tokens)
    share.settle(Usage(1, 100, 20))
    assert (before, (budget.left.calls, budget.left.tokens)) == ((6, 400), (9, 880))


def test_a_share_is_no_more_than_is_left() -> None:
    """A part that is too large, or not given, is all that is left; what has no limit is limited as it was asked."""
    budget = Budget(calls=3, dollars=0.5, clock=Clock(), seconds=10)
    share = budget.set_aside(Account(8, 600, None, 4.0, None))
    assert share.limits == Account(3, 600, 0.5, 4.0, None)


def test_nothing_is_set_aside_of_nothing() -> None:
    """Where nothing is left, no share is given."""
    budget = Budget(calls=1)
    budget.set_aside(Account(1, None, None, None, None))
    with pytest.raises(BudgetExceeded, match="1 calls"):
        budget.set_aside(Account(1, None, None, None, None))


def test_an_empty_part_buys_nothing() -> None:
    """Whoever asks for no calls gets a share on which none can be made."""
    share = Budget(calls=5).set_aside(Account(0, None, None, None, None))
    assert call(budget_of(share.limits), Need()) is None


def test_a_negative_part_is_refused() -> None:
    """It would add to what is left."""
    with pytest.raises(InputError, match="-1"):
        Budget(calls=5).set_aside(Account(-1, None, None, None, None))


@pytest.mark.parametrize("kind", ["share", "call"])
def test_what_was_set_aside_is_settled_once(kind: str) -> None:
    """A second time would free what others hold."""
    budget = Budget(calls=5)
    held = budget.reserve(Need()) if kind == "call" else budget.set_aside(Account(1, None, None, None, None))
    held.settle(Usage(1))
    with pytest.raises(InputError, match="settled once"):
        held.settle(Usage(1))
    assert (budget.spent.calls, budget.left.calls) == (1, 4)


def test_all_of_a_share_may_have_been_taken() -> None:
    """Where a worker died, all that it was given is charged."""
    budget = Budget(calls=10, tokens=1000, dollars=1.0)
    share = budget.set_aside(Account(4, 600, 0.25, None, None))
    share.settle(share.most())
    assert (budget.left.calls, budget.left.tokens, budget.left.dollars) == (6, 400, 0.75)


def test_an_unknown_price_does_not_free_what_was_spent() -> None:
    """A call of unknown price makes the sum unknown, and the dollars that are known to be spent stay spent."""
    budget = Budget(dollars=1.0)
    budget.charge(Usage(1, cost_usd=0.75))
    budget.charge(Usage(1, cost_usd=None))
    assert (budget.spent.dollars, budget.left.dollars) == (None, 0.25)


def test_seconds_of_an_earlier_session_count() -> None:
    """A run that goes on has the seconds that it has not had yet."""
    budget = Budget(seconds=10, clock=Clock())
    budget.set_back(7)
    assert (budget.spent.seconds, budget.left.seconds) == (7, 3)
    with pytest.raises(InputError, match="-1"):
        budget.set_back(-1)


def test_an_evaluation_that_did_not_happen_is_given_back() -> None:
    """It may be taken by another one, and more than were taken do not come back."""
    budget = Budget(evaluations=1)
    budget.take_evaluation()
    budget.give_back_evaluation(3)
    budget.take_evaluation()
    assert (budget.spent.evaluations, budget.left.evaluations) == (1, 0)


@pytest.mark.parametrize("record", [Account(1, None, 0.5, 2.0, 3, 4), Usage(1, 2, 3, 4, None, 0.5)], ids=str)
def test_accounts_travel(record: Account | Usage) -> None:
    """What was spent crosses to other processes, and into JSON and back."""
    assert pickle.loads(pickle.dumps(record)) == record
    assert type(record)(**json.loads(json.dumps(vars(record)))) == record
