"""Finds the JSON values in a text that says other things as well."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_WASTED_CHARACTERS = 4 << 20


@dataclass(frozen=True)
class Found:
    """A balanced JSON value in a text."""

    text: str
    fault: str = ""
    """Why it is not strict JSON, such as NaN or a repeated key; "" if it is."""


class _NotStrict(Exception):
    """Well-formed in the eyes of Python's reader, but not a JSON value."""


def json_values(text: str) -> list[Found]:
    """All outermost balanced JSON objects and arrays of a text, in order.

    A text that is one JSON value as a whole, such as a bare number, counts too.
    What stands inside another value is not looked at, so nothing is unwrapped.
    """
    whole = _read_at(text.strip().removeprefix("\ufeff").strip(), 0)
    if isinstance(whole, tuple) and whole[1] == len(text.strip().removeprefix("\ufeff").strip()):
        return [whole[0]]
    return list(_scan(text))


def _scan(text: str) -> Iterator[Found]:
    position, wasted = 0, 0
    opening = re.compile(r"[\[{]")
    while wasted < MAX_WASTED_CHARACTERS:
        start = opening.search(text, position)
        if start is None:
            return
        result = _read_at(text, start.start())
        if isinstance(result, tuple):
            found, position = result
            yield found
        else:
            # Hostile text such as a long row of brackets would take quadratic time without a bound.
            wasted += result
            position = start.start() + 1


def _read_at(text: str, start: int) -> tuple[Found, int] | int:
    """The value at a position and its end, or how many characters were read in vain."""
    try:
        _, end = _STRICT.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return max(1, error.pos - start)
    except RecursionError:
        return 4096
    except (_NotStrict, ValueError) as error:
        return _read_loosely(text, start, str(error))
    return Found(text[start:end]), end


def _read_loosely(text: str, start: int, fault: str) -> tuple[Found, int] | int:
    try:
        _, end = _LOOSE.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return max(1, error.pos - start)
    except RecursionError:
        return 4096
    return Found(text[start:end], fault), end


def _finite(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise _NotStrict(f"{literal} is no finite number")
    return number


def _refuse(literal: str) -> float:
    raise _NotStrict(f"{literal} is no JSON number")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise _NotStrict(f"the key {twice!r} stands twice")
    return value


_STRICT = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse, object_pairs_hook=_unique)
_LOOSE = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
