"""The domain of one out of a few options."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from agentopt.errors import InputError
from agentopt.graph.domains.domain import brief, same, unfit

T = TypeVar("T")
_LITERAL = (str, int, bool, type(None))
_NUMBERS = (int, float)


@dataclass(frozen=True)
class Choice(Generic[T]):
    """One of the options, which are data: None, bool, int, float, str, or lists, tuples and dicts of them.

    Args:
        options: At least one, no two of them equal and of one type.

    Raises:
        InputError: There is none, one stands there twice, or one is no data.
    """

    options: Sequence[T]

    kind: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        if not isinstance(self.options, list | tuple):
            raise InputError(f"expected the options as a list or tuple, got {brief(self.options)}")
        options = tuple(self.options)
        object.__setattr__(self, "options", options)
        if not options:
            raise InputError("expected at least one option, got none")
        for place, option in enumerate(options):
            _written(option)
            if any(same(option, earlier) for earlier in options[:place]):
                raise InputError(f"expected options that differ, got {brief(option)} twice")

    def check(self, value: object) -> None:
        """Do nothing if the value is one of the options, else raise DomainError."""
        if not any(same(value, option) for option in self.options):
            raise unfit(self.describe(), value)

    def describe(self) -> str:
        """Say to a model what options there are."""
        shown = [_written(option) for option in self.options]
        return f"one of {', '.join(shown)}" if len(shown) > 1 else f"always {shown[0]}"

    def parse(self, raw: Any) -> T:
        """Return the very option that a JSON value means; an array means a tuple as well."""
        for option in self.options:
            if same(raw, option) or same(raw, _as_json(option)):
                return option
        raise unfit(self.describe(), raw)

    def schema(self) -> Any:
        """A reply gives one of the options as JSON writes it."""
        if all(type(option) in _LITERAL for option in self.options):
            return Literal[tuple(self.options)]
        if all(type(option) in _NUMBERS for option in self.options):
            return int | float
        from pydantic import JsonValue

        return JsonValue

    def show(self, value: T) -> str:
        """A model sees the option as JSON."""
        return _written(value)


def _written(option: object) -> str:
    try:
        return json.dumps(option, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"expected options that are finite data, got {brief(option)}: {error}") from error


def _as_json(option: object) -> object:
    return json.loads(json.dumps(option))
