"""Limits that stop work before they are passed, not after."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from agentopt.errors import BudgetExceeded, ConfigError, InputError
from agentopt.llm.message import Usage

N = TypeVar("N", int, float)
DEFAULT_REPLY_TOKENS = 8192
SMALLEST_REPLY_TOKENS = 64


@dataclass(frozen=True)
class Price:
    """Dollars a token."""

    input: float
    output: float
    cached_input: float | None = None

    def of(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float:
        cached = min(cached_tokens, input_tokens) if self.cached_input is not None else 0
        fresh = (input_tokens - cached) * self.input + cached * (self.cached_input or 0.0)
        return fresh + output_tokens * self.output


FREE = Price(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Need:
    """The most that one call can take."""

    input_tokens: int = 0
    output_tokens: int | None = 0
    """None: whatever is left, up to DEFAULT_REPLY_TOKENS."""
    price: Price | None = FREE
    """None: unknown."""
    model: str = ""


@dataclass(frozen=True)
class Account:
    """What was spent of a budget, or what is left; None stands for no limit."""

    calls: int | None
    tokens: int | None
    dollars: float | None
    seconds: float | None
    evaluations: int | None
    cache_hits: int = 0


@dataclass(frozen=True)
class Reservation:
    """What was set aside for one call; settle it once, with what the call really took."""

    output_tokens: int | None
    """The longest reply the budget allows, to be enforced by the provider; None without such a limit."""
    tokens: int
    dollars: float
    settle: Callable[[Usage], None]


@dataclass(frozen=True)
class Share:
    """A part of a budget that was set aside; settle it once, with what was really taken."""

    limits: Account
    """What a `Budget` elsewhere may be made of."""
    settle: Callable[[Usage], None]

    def most(self) -> Usage:
        """All that may have been taken, where nobody knows what was."""
        return Usage(
            calls=self.limits.calls or 0, input_tokens=self.limits.tokens or 0, cost_usd=self.limits.dollars or 0.0
        )


def budget_of(limits: Account) -> Budget:
    """A budget with these limits."""
    return Budget(
        calls=limits.calls,
        tokens=limits.tokens,
        dollars=limits.dollars,
        seconds=None if limits.seconds is None else max(0.0, limits.seconds),
        evaluations=limits.evaluations,
    )


def _part(left: N | None, asked: N | None) -> N | None:
    if asked is not None and not asked >= 0:
        raise InputError(f"expected a part of at least 0, got {asked}")
    if left is None or asked is None:
        return asked if left is None else left
    return min(left, asked)


class Budget:
    """A budget refuses the next call before a limit is passed.

    A call is made only if the most it can take still fits: the prompt counted at
    one token a byte, which no byte-level tokenizer exceeds, and the reply at the
    `max_tokens` sent along. What the provider then reports is charged, so a little
    may stay unused at the end. Calls in flight at the same time are all set aside.
    A call whose fate is unknown, for the connection broke or no reply came in
    time, is charged in full. Seconds are those on the wall since the budget was made.

    Args:
        calls: Requests sent, failed ones included.
        tokens: Of prompts and replies together.
        dollars: Refuses a model of unknown price.
        seconds: Also bounds the time of each call.
        evaluations: Counted by whoever evaluates, through `take_evaluation`.
        clock: For tests.
    """

    def __init__(
        self,
        *,
        calls: int | None = None,
        tokens: int | None = None,
        dollars: float | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = Account(calls, tokens, dollars, seconds, evaluations)
        for name, limit in vars(self.limits).items():
            if limit is not None and not limit >= 0:
                raise InputError(f"expected a budget of at least 0 {name}, got {limit}")
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._usage = Usage()
        self._dollars = 0.0
        """Of calls whose price is known: one that is not must not free what the others took."""
        self._evaluations = 0
        self._held_tokens, self._held_dollars, self._held_calls = 0, 0.0, 0

    def __repr__(self) -> str:
        shown = ((name, limit) for name, limit in vars(self.limits).items() if name != "cache_hits")
        return f"Budget({', '.join(f'{name}={limit}' for name, limit in shown if limit is not None)})"

    @property
    def usage(self) -> Usage:
        """The sum of all calls that were settled."""
        with self._lock:
            return self._usage

    @property
    def spent(self) -> Account:
        """What was spent so far; dollars are None if the price of some call is unknown."""
        with self._lock:
            used = self._usage
            seconds = self._clock() - self._start
            return Account(used.calls, used.tokens, used.cost_usd, seconds, self._evaluations, used.cache_hits)

    @property
    def left(self) -> Account:
        """What is left, calls in flight taken off; None where there is no limit."""
        with self._lock:
            return self._left()

    def reserve(self, need: Need) -> Reservation:
        """Set aside what a call can take at most.

        Raises:
            BudgetExceeded: The call could pass a limit.
            ConfigError: There is a limit in dollars and the model's price is unknown.
        """
        if self.limits.dollars is not None and need.price is None:
            raise ConfigError(
                f"the price of {need.model or 'this model'} is unknown, so a budget in dollars cannot hold; "
                "give the price in agentopt.toml under [prices], or limit tokens instead"
            )
        with self._lock:
            left = self._left()
            if left.calls is not None and left.calls < 1:
                raise BudgetExceeded(f"the budget of {self.limits.calls} calls is used up")
            self._check_seconds(left)
            granted = self._grant(need, left)
            tokens = need.input_tokens + (granted or 0)
            dollars = need.price.of(need.input_tokens, granted or 0) if need.price else 0.0
            return Reservation(granted, tokens, dollars, self._hold(1, tokens, dollars))

    def charge(self, usage: Usage) -> None:
        """Count what was not set aside before, such as a hit of the cache."""
        with self._lock:
            self._add(usage)

    def take_evaluation(self, count: int = 1) -> None:
        """Count evaluations about to be made.

        Raises:
            BudgetExceeded: They would pass the limit of evaluations or of seconds.
        """
        with self._lock:
            left = self._left()
            self._check_seconds(left)
            if left.evaluations is not None and left.evaluations < count:
                raise BudgetExceeded(f"the budget of {self.limits.evaluations} evaluations is used up")
            self._evaluations += count

    def give_back_evaluation(self, count: int = 1) -> None:
        """Count evaluations no longer that were taken and did not happen."""
        with self._lock:
            self._evaluations = max(0, self._evaluations - count)

    def set_back(self, seconds: float) -> None:
        """Let seconds count that an earlier session of the same run took."""
        if not seconds >= 0:
            raise InputError(f"expected at least 0 seconds of an earlier session, got {seconds}")
        with self._lock:
            self._start -= seconds

    def set_aside(self, limits: Account) -> Share:
        """Reserve a part of what is left for whoever works elsewhere, such as in another process.

        Args:
            limits: The part in calls, tokens, dollars and seconds; where it is None, or more than is left, all that is
                left. Seconds pass here all the same.

        Raises:
            BudgetExceeded: Nothing is left to give.
        """
        with self._lock:
            left = self._left()
            self._check_seconds(left)
            for name in ("calls", "tokens", "dollars"):
                amount = getattr(left, name)
                if amount is not None and amount <= 0:
                    raise BudgetExceeded(f"the budget of {getattr(self.limits, name):g} {name} is used up")
            granted = Account(
                _part(left.calls, limits.calls),
                _part(left.tokens, limits.tokens),
                _part(left.dollars, limits.dollars),
                _part(left.seconds, limits.seconds),
                None,
            )
            return Share(granted, self._hold(granted.calls or 0, granted.tokens or 0, granted.dollars or 0.0))

    def check(self) -> None:
        """Raise BudgetExceeded if no further call or no further second is left."""
        left = self.left
        self._check_seconds(left)
        if left.calls is not None and left.calls < 1:
            raise BudgetExceeded(f"the budget of {self.limits.calls} calls is used up")

    def _left(self) -> Account:
        limits, used, dollars = self.limits, self._usage, self._dollars
        return Account(
            None if limits.calls is None else limits.calls - used.calls - self._held_calls,
            None if limits.tokens is None else limits.tokens - used.tokens - self._held_tokens,
            None if limits.dollars is None else limits.dollars - dollars - self._held_dollars,
            None if limits.seconds is None else limits.seconds - (self._clock() - self._start),
            None if limits.evaluations is None else limits.evaluations - self._evaluations,
        )

    def _check_seconds(self, left: Account) -> None:
        if left.seconds is not None and left.seconds <= 0:
            raise BudgetExceeded(f"the budget of {self.limits.seconds:g} seconds is used up")

    def _grant(self, need: Need, left: Account) -> int | None:
        """The reply length that fits into what is left, or BudgetExceeded."""
        if left.tokens is None and left.dollars is None:
            return need.output_tokens
        room = DEFAULT_REPLY_TOKENS if need.output_tokens is None else need.output_tokens
        least = min(room, SMALLEST_REPLY_TOKENS) if need.output_tokens is None else room
        if left.tokens is not None:
            room = min(room, left.tokens - need.input_tokens)
            self._refuse_unless(room >= least, need, least, f"{left.tokens} of {self.limits.tokens} tokens")
        if left.dollars is not None and need.price is not None:
            over = left.dollars - need.price.of(need.input_tokens, 0)
            if need.price.output > 0:
                room = min(room, int(over / need.price.output + 1e-9))
            fits = room >= least and over >= -1e-12
            self._refuse_unless(fits, need, least, f"${left.dollars:.6f} of ${self.limits.dollars:g}")
        return room

    @staticmethod
    def _refuse_unless(fits: bool, need: Need, least: int, left: str) -> None:
        if not fits:
            raise BudgetExceeded(
                f"the next call was not made: {left} are left, and it can take {need.input_tokens} tokens "
                f"for the prompt and {least} for the reply"
            )

    def _hold(self, calls: int, tokens: int, dollars: float) -> Callable[[Usage], None]:
        """Set amounts aside; what is returned gives them back and charges what was taken. The lock is held."""
        self._change_held(calls, tokens, dollars)
        settled = False

        def settle(usage: Usage) -> None:
            nonlocal settled
            with self._lock:
                if settled:
                    raise InputError("expected what was set aside to be settled once, and it was settled before")
                settled = True
                self._change_held(-calls, -tokens, -dollars)
                self._add(usage)

        return settle

    def _change_held(self, calls: int, tokens: int, dollars: float) -> None:
        self._held_calls += calls
        self._held_tokens += tokens
        self._held_dollars += dollars

    def _add(self, usage: Usage) -> None:
        self._usage += usage
        self._dollars += usage.cost_usd or 0.0
