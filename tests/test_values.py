"""The data-only codec: what goes in comes out, and nothing else goes in."""

from __future__ import annotations

import enum
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import CodecError
from agentopt.values import MAX_DEPTH, Value, decode, encode

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)


class Colour(enum.IntEnum):
    RED = 1


class Name(str):
    __slots__ = ()


OUTSIDERS = [
    (1, 2), {1}, frozenset(), b"x", bytearray(b"x"), 1j, object(), int, len, range(3), math.nan, math.inf, -math.inf,
    Colour.RED, Name("x"), {1: "a"}, {None: "a"}, {(): "a"}, {Name("x"): 1}, Exception("x"), iter([]),
]  # fmt: skip


def alike(one: object, other: object) -> bool:
    """Compare with types: 1, 1.0 and True are three values here, and so are 0.0 and -0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    return repr(one) == repr(other)


def nested(depth: int) -> Value:
    value: Value = []
    for _ in range(depth):
        value = [value]
    return value


@given(VALUES)
def test_what_goes_in_comes_out(value: Value) -> None:
    """Decoding what was encoded gives the same value with the same types and order."""
    assert alike(decode(encode(value)), value)


@given(VALUES)
def test_what_is_sent_is_standard_json(value: Value) -> None:
    """Any JSON reader reads the encoded bytes."""
    assert alike(json.loads(encode(value)), value)


@given(VALUES)
def test_encoding_takes_exactly_its_size(value: Value) -> None:
    """The limit on bytes admits a value of that size and no larger one."""
    size = len(encode(value))
    assert encode(value, max_bytes=size)
    with pytest.raises(CodecError, match=f"at most {size - 1} bytes, got {size}"):
        encode(value, max_bytes=size - 1)


@pytest.mark.parametrize("outsider", OUTSIDERS, ids=lambda outsider: type(outsider).__name__)
@given(data=st.data())
def test_nothing_else_goes_in(outsider: object, data: st.DataObject) -> None:
    """A value of any other type is refused, however deep it lies."""
    value = outsider
    for wrap in data.draw(st.lists(st.sampled_from([lambda v: [0, v], lambda v: {"k": v}]), max_size=5)):
        value = wrap(value)
    with pytest.raises(CodecError):
        encode(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever a hostile program sends is a value or a CodecError, never another exception."""
    try:
        value = decode(data)
    except CodecError:
        return
    assert alike(decode(encode(value)), value)


@pytest.mark.parametrize(
    "data",
    [b"", b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b"[-1e999]", b"{'a': 1}", b"[1,]", b"\xff", b"\xef\xbb\xbf1",
     b"1 2", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000],
    ids=lambda data: repr(data[:12]),
)  # fmt: skip
def test_hostile_bytes_are_refused(data: bytes) -> None:
    """Numbers that are not finite, what is almost JSON, and bombs of depth and digits are refused."""
    with pytest.raises(CodecError):
        decode(data)


def test_endless_integer_is_refused() -> None:
    """An integer of more digits than Python writes is refused like any other value that cannot cross."""
    with pytest.raises(CodecError):
        encode(10**5000)


def test_value_within_itself_is_refused() -> None:
    """A list that holds itself is refused rather than followed."""
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(CodecError, match="levels of nesting"):
        encode(loop)


def test_depth_has_a_limit() -> None:
    """A value may nest as deep as the limit and no deeper."""
    assert decode(encode(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(CodecError, match="levels of nesting"):
        encode(nested(MAX_DEPTH + 1))


def test_too_many_bytes_are_not_read() -> None:
    """More bytes than the limit are refused before they are parsed."""
    with pytest.raises(CodecError, match="at most 3 bytes, got 4"):
        decode(b"1234", max_bytes=3)


@pytest.mark.parametrize("place", ["value['plan'][1]", "value['plan']"])
def test_refusal_names_the_place(place: str) -> None:
    """A refusal says where in the value the trouble lies and what type it is."""
    plan: object = [0, 1j] if place.endswith("[1]") else 1j
    with pytest.raises(CodecError) as caught:
        encode({"plan": plan})
    assert f"at {place}, got complex" in str(caught.value)


def test_half_a_surrogate_pair_crosses() -> None:
    """Text that no UTF-8 file could hold crosses unharmed."""
    assert decode(encode("\ud800")) == "\ud800"
