"""What is said to a model and what comes back: the nouns that every other part of agentopt uses."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Generic, Literal, TypeVar

from agentopt.errors import InputError

T = TypeVar("T")
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    text: str

    def __post_init__(self) -> None:
        if self.role not in ("system", "user", "assistant"):
            raise InputError(f"expected the role system, user or assistant, got {self.role!r}")


@dataclass(frozen=True)
class Sampling:
    """How a reply is drawn, and how long it may get.

    `temperature`, `top_p` and `seed` are wishes: newer models refuse some of them,
    and are then asked without, which the log says once.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    """Tokens the reply may have; None leaves it to the provider, or to what a budget has left."""
    seed: int | None = None
    stop: tuple[str, ...] = ()
    draw: int = 0
    """Which of several independent replies to one prompt this is; it is not sent, but kept apart in caches."""
    timeout_s: float = 120.0
    """Seconds for the whole call, retries and waits included; it does not shape the reply."""

    def __post_init__(self) -> None:
        if self.max_tokens is not None and self.max_tokens < 1:
            raise InputError(f"expected max_tokens of at least 1, got {self.max_tokens}")
        if not self.timeout_s > 0:
            raise InputError(f"expected timeout_s above 0, got {self.timeout_s}")

    def shaping(self) -> dict[str, object]:
        """The settings that differ from their default and can change the reply."""
        kept = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value, default in kept
            if value != default and name != "timeout_s"
        }


PLAIN = Sampling()


@dataclass(frozen=True)
class Usage:
    """What one call, or a sum of calls, took."""

    calls: int = 0
    """Requests sent, failed ones included."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_hits: int = 0
    cost_usd: float | None = 0.0
    """None: the price of some part is unknown."""
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_hits + other.cache_hits,
            (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True)
class Reply(Generic[T]):
    """A model's answer as the value that was asked for."""

    value: T
    """Of the type asked for; the text itself when no type was."""
    text: str
    usage: Usage
    model: str
    """The model that wrote it, as provider/name."""
    finish_reason: str = "stop"
    repaired: bool = False
    """The first answer did not fit the type; the model mended it when told where."""
    recorded: bool = False
    """It came from a recording, not from a model."""
    cached: bool = False
