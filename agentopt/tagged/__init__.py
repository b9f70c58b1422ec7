"""The tagged codec: tuples, sets, bytes, odd numbers and numpy's values written as strict data, and read back.

What strict data (`agentopt.values`) lacks becomes a dict of one key, its tag:

    {"$tuple": [1, 2]}    {"$set": [1]}         {"$frozenset": [1]}    {"$dict": [[key, value], ...]}
    {"$bytes": "AAE="}    {"$int": "-ff"}       {"$float": "nan"}      {"$complex": [0.0, {"$float": "inf"}]}
    {"$array": ["<f8", [2, 3], "base64"]}       {"$scalar": ["<f4", "base64"]}      {"$str_": "numpy's text"}

A dict whose one key begins with "$" is itself written as a "$dict", so that nothing is taken for a tag by
mistake. Reading makes these types and no others, and runs nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from agentopt.errors import CodecError
from agentopt.tagged import arrays
from agentopt.tagged.misfit import TYPES, Misfit, from_base64, require, to_base64
from agentopt.values import MAX_BYTES, MAX_DEPTH, Value

# Well below the digits that Python writes in decimal, and the least to which a user can lower them.
_PLAIN_BITS = 2048
# Made once: making them is most of the time of a small value.
_JSON = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False)
_READ = json.JSONDecoder()
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: object) -> Value:
    """Write a value as strict data; plain data stays as it is, and equal sets are written alike.

    An array keeps its dtype, shape and bytes, not its layout in memory; of two numpy types that are one dtype,
    as longlong and int64 where both have 64 bits, the usual one comes back.

    Raises:
        CodecError: The value holds another type, a subclass included, or nests deeper than MAX_DEPTH.
    """
    try:
        return _encode(value, 0)
    except Misfit as misfit:
        raise misfit.as_error() from None


def decode(value: Value) -> object:
    """Read a value back; the inverse of `encode`, safe with data that a hostile program sent.

    Raises:
        CodecError: A tag is unknown or what it holds has the wrong shape.
    """
    try:
        return _decode(value, 0)
    except Misfit as misfit:
        raise misfit.as_error() from None


def dumps(value: object, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Write a value as bytes: what `values.encode(encode(value))` writes, in half the time.

    Raises:
        CodecError: As `encode`, or it takes more than max_bytes.
    """
    data = _JSON.encode(encode(value)).encode("ascii")
    if len(data) > max_bytes:
        raise CodecError(f"expected a value of at most {max_bytes} bytes, got {len(data)}")
    return data


def loads(data: bytes, *, max_bytes: int = MAX_BYTES) -> object:
    """Read bytes back; the inverse of `dumps`, safe with what a hostile program sent.

    Raises:
        CodecError: As `decode`, or the data is too long or no strict JSON.
    """
    if len(data) > max_bytes:
        raise CodecError(f"expected at most {max_bytes} bytes, got {len(data)}")
    try:
        plain = _READ.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CodecError(f"expected strict JSON, got {data[:40]!r} ({type(error).__name__})") from error
    return decode(plain)


def _encode(value: object, depth: int) -> Value:
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value, depth)
    if type(value).__module__ == "numpy":
        return arrays.write(value)
    raise Misfit(TYPES, type(value).__name__)


def _as_it_is(value: Any, depth: int) -> Value:
    return value  # type: ignore[no-any-return]


def _write_int(value: int, depth: int) -> Value:
    return value if value.bit_length() <= _PLAIN_BITS else {"$int": format(value, "x")}


def _write_float(value: float, depth: int) -> Value:
    return value if math.isfinite(value) else {"$float": repr(value)}


def _write_set(value: frozenset[object], depth: int) -> list[Value]:
    return sorted(_each(_encode, value, depth), key=json.dumps)


def _write_dict(value: dict[object, object], depth: int) -> Value:
    # By exact type: a subclass of str would come back as something else.
    if any(type(key) is not str for key in value) or (len(value) == 1 and _is_tag(next(iter(value)))):
        return {"$dict": _each(_encode_pair, value.items(), depth)}
    return _each_value(_encode, value, depth)


def _encode_pair(pair: tuple[object, object], depth: int) -> Value:
    return _each(_encode, pair, depth)


_WRITERS: dict[type, Callable[[Any, int], Value]] = {
    type(None): _as_it_is,
    bool: _as_it_is,
    str: _as_it_is,
    int: _write_int,
    float: _write_float,
    complex: lambda value, depth: {"$complex": [_write_float(value.real, 0), _write_float(value.imag, 0)]},
    bytes: lambda value, depth: {"$bytes": to_base64(value)},
    list: lambda value, depth: _each(_encode, value, depth),
    tuple: lambda value, depth: {"$tuple": _each(_encode, value, depth)},
    set: lambda value, depth: {"$set": _write_set(value, depth)},
    frozenset: lambda value, depth: {"$frozenset": _write_set(value, depth)},
    dict: _write_dict,
}


def _decode(value: Value, depth: int) -> object:
    if type(value) is list:
        return _each(_decode, value, depth)
    if type(value) is dict:
        if len(value) == 1 and _is_tag(tag := next(iter(value))):
            if tag not in _READERS:
                raise Misfit(f"one of the tags {', '.join(_READERS)}", repr(tag[:40]))
            return _READERS[tag](value[tag], depth)
        return _each_value(_decode, value, depth)
    if value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value)):
        return value
    raise Misfit("strict data", repr(value) if type(value) is float else type(value).__name__)


def _is_tag(key: object) -> bool:
    return type(key) is str and key.startswith("$")


def _read_items(body: Value, depth: int) -> list[object]:
    return _each(_decode, require(list, body, "a list under its tag"), depth)


def _read_hashable(make: Callable[[list[object]], object]) -> Callable[[Value, int], object]:
    def read(body: Value, depth: int) -> object:
        try:
            return make(_read_items(body, depth))
        except TypeError:
            raise Misfit("a set of what can be hashed", "an item that cannot") from None

    return read


def _read_dict(body: Value, depth: int) -> object:
    pairs = _read_items(body, depth)
    if not all(type(pair) is list and len(pair) == 2 for pair in pairs):
        raise Misfit("pairs of key and value under $dict", "something else")
    try:
        return dict(pairs)  # type: ignore[arg-type]
    except TypeError:
        raise Misfit("keys that can be hashed", "one that cannot") from None


def _read_int(body: Value, depth: int) -> object:
    text = require(str, body, "hexadecimal digits under $int")
    if not re.fullmatch("-?[0-9a-f]+", text):
        raise Misfit("hexadecimal digits under $int", repr(text[:40]))
    return int(text, 16)


def _read_float(body: Value, depth: int) -> float:
    text = require(str, body, "text under $float")
    if text not in _FLOATS:
        raise Misfit("nan, inf or -inf under $float", repr(text[:40]))
    return _FLOATS[text]


def _read_complex(body: Value, depth: int) -> object:
    parts = _read_items(body, depth)
    if len(parts) != 2 or not all(type(part) is float for part in parts):
        raise Misfit("two floats under $complex", "something else")
    real, imaginary = parts
    return complex(real, imaginary)  # type: ignore[call-overload]


_READERS: dict[str, Callable[[Value, int], object]] = {
    "$tuple": lambda body, depth: tuple(_read_items(body, depth)),
    "$set": _read_hashable(set),
    "$frozenset": _read_hashable(frozenset),
    "$dict": _read_dict,
    "$bytes": lambda body, depth: from_base64(body),
    "$int": _read_int,
    "$float": _read_float,
    "$complex": _read_complex,
    "$array": arrays.read_array,
    "$scalar": arrays.read_scalar,
    "$str_": arrays.read_str_,
}


def _each(convert: Callable[[Any, int], Any], items: Iterable[Any], depth: int) -> list[Any]:
    """Convert the items of a container, one level deeper."""
    _require_shallow(depth)
    done = []
    for position, item in enumerate(items):
        try:
            done.append(convert(item, depth + 1))
        except Misfit as misfit:
            misfit.inside(str(position))
            raise
    return done


def _each_value(convert: Callable[[Any, int], Any], table: dict[Any, Any], depth: int) -> dict[str, Any]:
    """Convert the values of a dict with str keys, one level deeper."""
    _require_shallow(depth)
    done = {}
    for key, item in table.items():
        try:
            done[key] = convert(item, depth + 1)
        except Misfit as misfit:
            misfit.inside(repr(key[:40]))
            raise
    return done


def _require_shallow(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Misfit(f"at most {MAX_DEPTH} levels of nesting", "more")
