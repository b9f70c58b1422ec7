"""The data-only codec: strict JSON for every value that crosses a process border.

Only None, bool, int, float, str, list and dict with str keys exist on the other
side. There is no NaN, no infinity, no pickle and no object, so a value that a
hostile program sends can be wrong but can never run anything.
"""

from __future__ import annotations

import json
import math

from agentopt.errors import CodecError

_TYPES = "None, bool, int, float, str, list or dict with str keys"

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

MAX_BYTES = 1 << 20
MAX_DEPTH = 64


def encode(value: object, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Write a value as UTF-8 JSON.

    Raises:
        CodecError: The value holds another type, a number that is not finite,
            nests deeper than MAX_DEPTH, or takes more than max_bytes.
    """
    _require_data(value, "value", 0)
    try:
        data = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    except ValueError as error:  # The only one left: Python refuses to write an int of thousands of digits.
        raise CodecError(f"expected integers that can be written in decimal: {error}") from error
    if len(data) > max_bytes:
        raise CodecError(f"expected a value of at most {max_bytes} bytes, got {len(data)}")
    return data


def decode(data: bytes, *, max_bytes: int = MAX_BYTES) -> Value:
    """Read a value back; the inverse of `encode`.

    Raises:
        CodecError: The data is too long, nests too deep, or is no strict JSON.
    """
    if len(data) > max_bytes:
        raise CodecError(f"expected at most {max_bytes} bytes, got {len(data)}")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except CodecError:
        raise
    except (ValueError, RecursionError) as error:
        raise CodecError(f"expected strict JSON, got {data[:40]!r} ({type(error).__name__})") from error
    _require_data(value, "value", 0)
    return value  # type: ignore[no-any-return]


def _refuse_constant(name: str) -> Value:
    raise CodecError(f"expected finite numbers, got {name}")


def _require_data(value: object, where: str, depth: int) -> None:
    """Raise CodecError, naming the place, unless the value is data all the way down."""
    if depth > MAX_DEPTH:
        raise CodecError(f"expected at most {MAX_DEPTH} levels of nesting at {where[:80]}")
    # By exact type: a subclass, an enumeration say, would come back as something else.
    kind = type(value)
    if isinstance(value, float) and kind is float:
        if not math.isfinite(value):
            raise CodecError(f"expected a finite number at {where[:80]}, got {value}")
    elif isinstance(value, list) and kind is list:
        for position, item in enumerate(value):
            _require_data(item, f"{where}[{position}]", depth + 1)
    elif isinstance(value, dict) and kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise CodecError(f"expected str keys at {where[:80]}, got {type(key).__name__}")
            _require_data(item, f"{where}[{key[:40]!r}]", depth + 1)
    elif value is not None and kind not in (bool, int, str):
        raise CodecError(f"expected {_TYPES} at {where[:80]}, got {kind.__name__}")
