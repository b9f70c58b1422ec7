"""What holds for every model call of a trial: who pays, who remembers, which draw it is, and when it is too late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentopt.errors import BudgetExceeded, StoreError, TransportError
from agentopt.llm import Budget, Draws, Message, RetryPolicy, Sampling, Usage, complete_many
from agentopt.llm.ambient import AMBIENT, Ambient, ambient
from agentopt.llm.deadline import Deadline
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.model import AsyncChatModel
from agentopt.search.journal import RunLedger
from agentopt.testing import AsyncScriptedModel, ModelServer, ScriptedModel
from agentopt.testing.behaviour import Disconnect, Received, Say, Status

ASK = [Message("user", "Say it.")]


class Noted(RunLedger):
    """A ledger of which a test can read what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Usage, str, str]] = []

    def keep(self, key: str, request: Request, completion: Completion, ambient: Ambient) -> None:
        self.calls.append((key, completion.usage, ambient.purpose, ambient.trial))
        super().keep(key, request, completion, ambient)


def once(model: Any, around: Ambient, **how: Any) -> str:
    """One question in a trial of its own, or in the one that is given."""
    with ambient(around):
        return str(model.complete(ASK, **how).text)


def numbered() -> ScriptedModel:
    """A model whose replies are the numbers of the requests."""
    count = iter(range(1000))
    return ScriptedModel(lambda messages: str(next(count)))


# Who pays


def test_the_budget_around_pays() -> None:
    """A call that names no budget is charged to the one around it, and to the account of what is around it."""
    around = Ambient(Budget(calls=3))
    once(ScriptedModel(["x"]), around)
    assert around.budget is not None
    assert (around.budget.spent.calls, around.account.spent.calls) == (1, 1)


def test_one_budget_pays_once() -> None:
    """A budget that is the model's own, the call's and the one around is charged once."""
    budget = Budget()
    once(ScriptedModel(["x"], budget), Ambient(budget), budget=budget)
    assert budget.spent.calls == 1


def test_the_budget_around_refuses() -> None:
    """What it has no room for is not sent, and nobody else pays for it."""
    model, own = ScriptedModel(["x"]), Budget()
    with pytest.raises(BudgetExceeded):
        once(model, Ambient(Budget(calls=0), RunLedger()), budget=own)
    assert (model.requests, own.spent.calls) == ([], 0)


def test_a_repair_is_charged() -> None:
    """The question that mends an answer is a call of its own."""
    budget = Budget()
    with ambient(Ambient(budget)):
        assert ScriptedModel(["no", "[1]"]).complete(ASK, list[int]).value == [1]
    assert budget.spent.calls == 2


def test_seconds_around_bound_a_call() -> None:
    """A reply is not waited for any longer than the run may take."""
    model = ScriptedModel(["x"])
    once(model, Ambient(Budget(seconds=10)), sampling=Sampling(timeout_s=60))
    assert 0 < model.requests[0].deadline.left() <= 10


def test_nothing_holds_outside() -> None:
    """After the `with` all is as it was before, also where one stood in another and a call failed."""
    outer, inner = Ambient(Budget()), Ambient(Budget(calls=0))
    with ambient(outer):
        with pytest.raises(BudgetExceeded):
            once(ScriptedModel(["x"]), inner)
        assert AMBIENT.get() is outer
    assert AMBIENT.get() is None


THREADS: dict[str, Callable[[Callable[[], Any]], None]] = {
    "thread": lambda work: _joined(threading.Thread(target=work)),
    "pool": lambda work: _pooled(ThreadPoolExecutor(1), work),
    "to_thread": lambda work: asyncio.run(asyncio.to_thread(work)),
}


def _joined(thread: threading.Thread) -> None:
    thread.start()
    thread.join()


def _pooled(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> None:
    with pool:
        pool.submit(work).result()


@pytest.mark.parametrize("way", THREADS)
def test_threads_of_the_workflow_are_charged(way: str) -> None:
    """Whatever way the user's code has into threads, its calls belong to the trial."""
    budget, model = Budget(), ScriptedModel(["x"])
    with ambient(Ambient(budget)):
        THREADS[way](lambda: model.complete(ASK))
    assert budget.spent.calls == 1


def test_trials_in_threads_do_not_mix() -> None:
    """Each of many trials at the same time has its own account, and the run's budget has them all."""
    budget, model = Budget(), ScriptedModel(lambda messages: "x")

    def trial(calls: int) -> int | None:
        around = Ambient(budget, RunLedger())
        with ambient(around):
            complete_many(model, ASK, None, Draws(calls, parallel=3))
        return around.account.spent.calls

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(trial, range(1, 17))) == list(range(1, 17))
    assert budget.spent.calls == sum(range(1, 17))


# Who remembers


def test_another_trial_is_answered_from_the_ledger() -> None:
    """The same question in another trial is not sent, and costs no more than a hit of the cache."""
    ledger, budget, model = RunLedger(), Budget(), numbered()
    texts = [once(model, Ambient(budget, ledger)) for _ in range(2)]
    assert (texts, len(model.requests)) == (["0", "0"], 1)
    assert (budget.spent.calls, budget.spent.cache_hits) == (1, 1)


def test_a_hit_needs_no_budget() -> None:
    """What was paid for is there also when nothing is left."""
    ledger, model = RunLedger(), numbered()
    once(model, Ambient(None, ledger))
    assert once(model, Ambient(Budget(calls=0), ledger)) == "0"


def test_a_trial_that_asks_twice_is_answered_twice() -> None:
    """Samples of one trial are drawn apart, and another trial that asks as often gets the same ones."""
    ledger, model = RunLedger(), numbered()

    def trial() -> list[str]:
        with ambient(Ambient(None, ledger)):
            return [model.complete(ASK).text for _ in range(3)]

    assert [trial(), trial()] == [["0", "1", "2"]] * 2


def test_samples_drawn_at_the_same_time_are_drawn_apart() -> None:
    """Equal questions of one trial in many threads are as many requests."""
    model = numbered()
    with ThreadPoolExecutor(8) as pool, ambient(Ambient(None, RunLedger())):
        texts = list(pool.map(lambda _: model.complete(ASK).text, range(40)))
    assert sorted(map(int, texts)) == list(range(40))


def test_a_question_that_failed_is_not_counted() -> None:
    """A trial that asks again after an error asks its first question still, so that others find the answer."""
    ledger = RunLedger()
    model = ScriptedModel([TransportError("the line broke"), "x"])
    around = Ambient(None, ledger)
    with pytest.raises(TransportError):
        once(model, around)
    assert [once(model, around), once(model, Ambient(None, ledger))] == ["x", "x"]


def test_threads_ask_once() -> None:
    """Many trials that put one question at the same time send one request."""
    ledger, model, together = RunLedger(), numbered(), threading.Barrier(8, timeout=30)

    def trial(_: int) -> str:
        together.wait()
        return once(model, Ambient(None, ledger))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(trial, range(8))) == {"0"}
    assert len(model.requests) == 1


def test_whoever_waited_in_vain_asks() -> None:
    """If the one that others wait for fails, the next one asks."""
    ledger, found = RunLedger(), list[str]()
    threads: list[threading.Thread] = []

    def answer(messages: tuple[Message, ...]) -> str:
        if threads:
            return "x"
        threads.append(threading.Thread(target=lambda: found.append(once(model, Ambient(None, ledger)))))
        threads[0].start()
        raise TransportError("the line broke")

    model = ScriptedModel(answer)
    with pytest.raises(TransportError):
        once(model, Ambient(None, ledger))
    threads[0].join()
    assert found == ["x"]


def test_a_ledger_that_cannot_write_holds_nobody_up() -> None:
    """The error is that of the trial that met it; others who ask the same do not wait forever."""

    class Full(RunLedger):
        full = True

        def keep(self, key: str, request: Request, completion: Completion, ambient: Ambient) -> None:
            if self.full:
                raise StoreError("the disk is full")
            super().keep(key, request, completion, ambient)

    ledger, model = Full(), numbered()
    with pytest.raises(StoreError):
        once(model, Ambient(None, ledger))
    ledger.full = False
    assert once(model, Ambient(None, ledger)) == "1"


def test_a_model_that_asks_another_of_its_name() -> None:
    """A model that sends its question on under its own name does not wait for itself."""
    inner = ScriptedModel(["x"])
    outer = ScriptedModel(lambda messages: inner.complete(messages).text)
    assert once(outer, Ambient(None, RunLedger())) == "x"


def test_a_call_of_an_earlier_session_is_charged_as_it_was() -> None:
    """A run that goes on has the account of one that was never interrupted, without a request."""
    paid = Usage(2, 30, 12, cost_usd=0.5)

    class Earlier(RunLedger):
        def find(self, key: str) -> Completion | None:
            return Completion("of yesterday", "stop", "scripted/model", paid, cached=True)

    budget, own, model = Budget(), Budget(), ScriptedModel([])
    assert once(model, Ambient(budget, Earlier()), budget=own) == "of yesterday"
    assert (budget.usage, own.usage, model.requests) == (paid, paid, [])


def test_the_ledger_is_told_what_a_call_really_took(model_at: Any) -> None:
    """Requests that failed on the way, and what they may have cost, are part of it, as they are of the account."""
    ledger, budget = Noted(), Budget()
    with (
        ModelServer([Disconnect(), Status(500), Say("x", input_tokens=11, output_tokens=7)]) as server,
        model_at(server, options={"retry": RetryPolicy(3, 0.002)}) as model,
        ambient(Ambient(budget, ledger, purpose="reflection", trial="ask:3")),
    ):
        model.complete(ASK, sampling=Sampling(max_tokens=100))
    (_, usage, purpose, trial) = ledger.calls[0]
    assert (usage.calls, usage.tokens) == (3, len("Say it.") + 32 + 100 + 18)
    assert (budget.usage, purpose, trial) == (usage, "reflection", "ask:3")


def test_a_repair_is_remembered_apart() -> None:
    """A reply that was mended comes back mended, without a request."""
    ledger, model = RunLedger(), ScriptedModel(["no", "[1]"])
    for _ in range(2):
        with ambient(Ambient(None, ledger)):
            assert model.complete(ASK, list[int]).value == [1]
    assert len(model.requests) == 2


def test_replies_of_two_addresses_are_kept_apart(openai_way: Any) -> None:
    """Two servers of a model of one name are two models."""
    ledger = RunLedger()
    with ModelServer([Say("a")]) as one, ModelServer([Say("b")]) as two:
        for server, text in ((one, "a"), (two, "b"), (one, "a")):
            with ambient(Ambient(None, ledger)):
                assert openai_way.complete(server).text == text


def test_a_recording_is_replayed_through_the_ledger(model_at: Any, openai_way: Any, tmp_path: Path) -> None:
    """What was recorded without a ledger is found with one."""
    file = tmp_path / "calls.jsonl"
    with ModelServer([Say("x")]) as server:
        openai_way.complete(server, messages=ASK, files={"record": file})
        ledger = RunLedger()
        with model_at(server, replay=file) as model:
            assert [once(model, Ambient(None, ledger)) for _ in range(2)] == ["x", "x"]


# Which draw


def test_a_repeat_is_a_new_draw() -> None:
    """Another draw is asked for anew, with another seed where there is one; the same draw is remembered."""
    ledger, model = RunLedger(), numbered()
    texts = [once(model, Ambient(None, ledger, draw), sampling=Sampling(seed=10, draw=100)) for draw in (0, 7, 0, 7)]
    asked = [(request.sampling.draw, request.sampling.seed) for request in model.requests]
    assert (texts, asked) == (["0", "1", "0", "1"], [(100, 10), (107, 17)])


# When it is too late


@pytest.mark.parametrize("over", ["closed", "deadline"])
def test_a_trial_that_is_over_calls_nobody(over: str) -> None:
    """A call that comes too late is refused before it is sent, even if its answer is known."""
    ledger, model = RunLedger(), numbered()
    once(model, Ambient(None, ledger))
    late = Ambient(None, ledger, deadline=Deadline.after(0) if over == "deadline" else None)
    if over == "closed":
        late.closed.set()
    with pytest.raises(BudgetExceeded, match="is over"):
        once(model, late)
    assert len(model.requests) == 1


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_call_that_is_under_way_is_not_tried_again(openai_way: Any, asynchronous: bool) -> None:
    """Once a trial is over, a request that fails is the last."""
    around = Ambient(None, RunLedger())

    def fail(request: Received) -> Status:
        around.closed.set()
        return Status(500)

    way = replace(openai_way, asynchronous=asynchronous)
    with ModelServer(fail) as server, pytest.raises(BudgetExceeded), ambient(around):
        way.complete(server)
    assert len(server.requests) == 1


def test_a_trial_that_ended_while_it_waited_calls_nobody() -> None:
    """Whoever waits for another's answer in vain does not ask if its time is over by then."""
    threads: list[threading.Thread] = []
    refused: list[str] = []

    class Claimed(RunLedger):
        """Tells that somebody begins to look."""

        looked = threading.Event()

        def find(self, key: str) -> Completion | None:
            if threads:
                self.looked.set()
            return super().find(key)

    ledger = Claimed()
    late = Ambient(None, ledger)

    def ask_late() -> None:
        try:
            once(model, late)
        except BudgetExceeded as error:
            refused.append(str(error))

    def answer(messages: tuple[Message, ...]) -> str:
        threads.append(threading.Thread(target=ask_late))
        threads[0].start()
        ledger.looked.wait()
        late.closed.set()
        raise TransportError("the line broke")

    model = ScriptedModel(answer)
    with pytest.raises(TransportError):
        once(model, Ambient(None, ledger))
    threads[0].join()
    assert (len(refused), len(model.requests)) == (1, 1)


@pytest.mark.parametrize("own_s", [5, 60])
def test_the_earlier_deadline_holds(own_s: float) -> None:
    """A reply is not waited for any longer than the trial may take, nor than the call wants."""
    model, until = ScriptedModel(["x"]), Deadline.after(30)
    once(model, Ambient(deadline=until), sampling=Sampling(timeout_s=own_s))
    assert (model.requests[0].deadline is until) == (own_s == 60)


# The asyncio twin


def test_asyncio_calls_are_charged_and_remembered() -> None:
    """The asyncio twin heeds what is around it as the other does."""
    ledger, budget, model = RunLedger(), Budget(), AsyncScriptedModel(["x"])

    async def trial() -> str:
        with ambient(Ambient(budget, ledger)):
            return (await model.complete(ASK)).text

    assert [asyncio.run(trial()) for _ in range(2)] == ["x", "x"]
    assert (budget.spent.calls, budget.spent.cache_hits, len(model.requests)) == (1, 1, 1)


class Gated:
    """An asyncio channel that answers when its gate is open."""

    name = "gated/model"

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.sent = 0

    async def send(self, request: Request) -> Completion:
        self.sent += 1
        await self.gate.wait()
        return Completion("x", "stop", self.name)

    async def close(self) -> None:
        """Nothing is held open."""


class Watching(RunLedger):
    """A ledger that tells when so and so many have begun to look."""

    def __init__(self, n: int, tell: Callable[[], object]) -> None:
        super().__init__()
        self._n, self._tell, self._count = n, tell, threading.Lock()

    def find(self, key: str) -> Completion | None:
        with self._count:
            self._n -= 1
            if self._n == 0:
                self._tell()
        return super().find(key)


def test_many_that_wait_do_not_hold_up_the_one_they_wait_for() -> None:
    """A hundred tasks of one loop that wait for one answer get it, however few threads asyncio has."""

    async def go() -> tuple[set[str], int]:
        channel, loop = Gated(), asyncio.get_running_loop()
        model = AsyncChatModel(channel)
        ledger = Watching(100, lambda: loop.call_soon_threadsafe(channel.gate.set))

        async def trial() -> str:
            with ambient(Ambient(None, ledger)):
                return (await model.complete(ASK)).text

        texts = await asyncio.wait_for(asyncio.gather(*(trial() for _ in range(100))), 60)
        return set(texts), channel.sent

    assert asyncio.run(go()) == ({"x"}, 1)


@pytest.mark.parametrize("which", ["the one that asks", "one that waits"])
def test_a_cancelled_task_leaves_nobody_waiting(which: str) -> None:
    """After a task was cancelled the answer can be had by others."""

    async def go() -> str:
        channel, loop, looked = Gated(), asyncio.get_running_loop(), asyncio.Event()
        model = AsyncChatModel(channel)
        ledger = Watching(2, lambda: loop.call_soon_threadsafe(looked.set))

        async def trial() -> str:
            with ambient(Ambient(None, ledger)):
                return (await model.complete(ASK)).text

        tasks = [asyncio.create_task(trial()) for _ in range(2)]
        await looked.wait()
        tasks[0 if which == "the one that asks" else 1].cancel()
        channel.gate.set()
        await asyncio.wait(tasks)
        return await asyncio.wait_for(trial(), 60)

    assert asyncio.run(go()) == "x"
