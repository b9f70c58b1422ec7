"""Charges every request that is sent to the budgets it carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agentopt.errors import LLMError, ModelTimeout, TransportError
from agentopt.llm.budget import Need, Price, Reservation
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.faults import NotSent
from agentopt.llm.message import Usage
from agentopt.llm.plan import Plan


class Metered:
    """Sets aside the worst case of a request before it is sent, and settles it after.

    Args:
        price: Dollars a token, looked up once and when first needed; None when unknown.
        model: As provider/name, for messages.
    """

    blocking = False

    def __init__(self, price: Callable[[], Price | None], model: str) -> None:
        self._price = price
        self._model = model

    def around(self, request: Request) -> Plan[Completion]:
        held = self._reserve(request)
        try:
            completion = yield _within(request, held)
        except BaseException as error:
            _settle(held, _unknown_fate(error, held))
            raise
        completion = self._priced(completion)
        _settle(held, [completion.usage] * len(held))
        return completion

    def _priced(self, completion: Completion) -> Completion:
        usage, price = completion.usage, self._price()
        if usage.cost_usd is not None or price is None:
            return completion
        cost = price.of(usage.input_tokens, usage.output_tokens, completion.cached_tokens)
        return replace(completion, usage=replace(usage, cost_usd=cost))

    def _reserve(self, request: Request) -> list[Reservation]:
        if not request.budgets:
            return []
        bound = request.bound_input_tokens()
        need = Need(bound, request.sampling.max_tokens, self._price(), self._model)
        held: list[Reservation] = []
        try:
            for budget in request.budgets:
                held.append(budget.reserve(need))
        except Exception:
            _settle(held, [Usage()] * len(held))
            raise
        return held


def _within(request: Request, held: list[Reservation]) -> Request:
    """The request with the shortest reply length that any budget grants."""
    granted = [one.output_tokens for one in held if one.output_tokens is not None]
    if not granted:
        return request
    return replace(request, sampling=replace(request.sampling, max_tokens=min(granted)))


def _unknown_fate(error: BaseException, held: list[Reservation]) -> list[Usage]:
    """What to charge for a request that failed.

    An answer with an error status is not billed. A connection that broke, a
    time-out or a cancellation may be: all that was set aside is charged.
    """
    lost = isinstance(error, (TransportError, ModelTimeout)) or not isinstance(error, LLMError)
    if not lost or isinstance(error, NotSent):
        return [Usage(calls=1)] * len(held)
    return [Usage(calls=1, input_tokens=one.tokens, cost_usd=one.dollars) for one in held]


def _settle(held: list[Reservation], usages: list[Usage]) -> None:
    for one, usage in zip(held, usages, strict=True):
        one.settle(usage)
