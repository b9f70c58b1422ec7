"""The tagged codec: what goes in comes out with its type, and nothing hostile gets in."""

from __future__ import annotations

import enum
import math
import subprocess
import sys
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from agentopt import values
from agentopt.errors import CodecError
from agentopt.tagged import decode, dumps, encode, loads
from agentopt.values import MAX_DEPTH, Value

Pair = namedtuple("Pair", "a b")
Record = np.dtype([("a", "i4")])


class Colour(enum.IntEnum):
    RED = 1


class Name(str):
    __slots__ = ()


class Meter(np.float64):
    pass


DTYPES = (
    npst.boolean_dtypes()
    | npst.integer_dtypes(endianness="?")
    | npst.unsigned_integer_dtypes(endianness="?")
    | npst.floating_dtypes(endianness="?")
    | npst.complex_number_dtypes(endianness="?")
    | npst.unicode_string_dtypes(endianness="?", min_len=1, max_len=4)
)
NUMBERS = st.sampled_from(["?", "i1", "u2", "i4", "u8", "f2", "f4", "f8", "g", "c8", "c16"])
# fmt: off
HASHABLE_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.integers(-(10**4000), 10**4000) | st.floats() | st.text()
    | st.text().map("$".__add__) | st.binary() | st.complex_numbers() | st.text().map(np.str_)
    | NUMBERS.flatmap(lambda name: npst.arrays(name, ())).map(lambda array: array[()])
)
# fmt: on
HASHABLE = st.recursive(
    HASHABLE_LEAVES,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
ARRAYS = npst.arrays(DTYPES, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
TAGS = st.sampled_from(["$", "$tuple", "$dict", "$array", "$int", "$new"])
VALUES = st.recursive(
    HASHABLE | st.sets(HASHABLE, max_size=3) | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.dictionaries(TAGS, inner, max_size=2)
    ),
    max_leaves=8,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
NAMES = ["tuple", "set", "frozenset", "dict", "bytes", "int", "float", "complex", "array", "scalar", "str_", "new"]
SCRAPS = st.sampled_from(["<f8", "|b1", "<U2", "|O", "<i4", "AAAA", "AAAAAAAAAAA=", "nan", "ff", "-", "\x00", "=="])
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | SCRAPS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES).map("$".__add__), inner, min_size=1, max_size=1)
        | st.tuples(SCRAPS, st.lists(st.integers(0, 3), max_size=2), SCRAPS).map(lambda parts: {"$array": list(parts)})
    ),
    max_leaves=12,
)


def alike(one: object, other: object) -> bool:
    """Compare with types: 1, 1.0, True and numpy's are all different, nan is nan, and 0.0 is not -0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if isinstance(one, np.generic) and not isinstance(one, str):
        return one.tobytes() == other.tobytes()  # type: ignore[attr-defined]
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))  # type: ignore[arg-type]
    if isinstance(one, dict):
        return alike(list(one.items()), list(other.items()))  # type: ignore[attr-defined]
    if isinstance(one, (set, frozenset)):
        rest = list(other)  # type: ignore[call-overload]
        return len(one) == len(rest) and all(any(alike(item, found) for found in rest) for item in one)
    if isinstance(one, int):
        return one == other
    return repr(one) == repr(other)


@given(VALUES)
def test_what_goes_in_comes_out(value: object) -> None:
    """Whatever crosses as bytes comes back equal, with the same types all the way down."""
    data = values.encode(encode(value))
    assert dumps(value) == data
    assert alike(decode(values.decode(data)), value)
    assert alike(loads(data), value)


@given(JSON)
def test_plain_data_stays_as_it_is(value: Value) -> None:
    """Strict data that holds no tag is written as itself."""
    assert values.encode(encode(value)) == values.encode(value)


@given(JSON | HOSTILE)
def test_any_data_is_read_or_refused(value: Value) -> None:
    """Whatever strict data a hostile program sends is a value or a CodecError; what was read can be written."""
    try:
        found = decode(value)
    except CodecError:
        return
    repr(found)
    assert alike(decode(encode(found)), found)


@given(st.sets(HASHABLE))
def test_equal_sets_are_written_alike(value: set[object]) -> None:
    """The order in which a set happens to hold its items does not show."""
    turned = list(value)[::-1]
    assert encode(value) == encode(set(turned))


@pytest.mark.parametrize(
    "outsider",
    [object(), int, len, range(3), bytearray(b"x"), Colour.RED, Name("x"), Pair(1, 2), OrderedDict(), Exception("x"),
     iter([]), Meter(1.0), {Name("x"): 1}, np.array([object()]), np.array([b"x"]), np.zeros(1, Record),
     np.zeros(1, Record)[0], np.datetime64(0, "s"), np.ma.array([1]), np.dtype("f8"), np],
    ids=lambda outsider: type(outsider).__name__,
)  # fmt: skip
def test_nothing_else_goes_in(outsider: object) -> None:
    """A value of another type, a subclass too, is refused with its place."""
    with pytest.raises(CodecError, match=r"at value\['plan'\]\[1\]"):
        encode({"plan": (0, outsider)})


def test_refusal_names_the_type() -> None:
    """A refusal says which type it met, and for an array of which dtype."""
    with pytest.raises(CodecError, match="got ndarray of object"):
        encode(np.array([object()]))
    with pytest.raises(CodecError, match="got Colour"):
        encode({Colour.RED})


@pytest.mark.parametrize(
    "data",
    [{"$new": 1}, {"$": 1}, {"$tuple": 1}, {"$tuple": {"a": 1}}, {"$set": [[1]]}, {"$frozenset": [{}]},
     {"$dict": [1]}, {"$dict": [[1]]}, {"$dict": [[[], 1]]}, {"$int": "0x1"}, {"$int": ""}, {"$int": 1},
     {"$int": "1_0"}, {"$float": "infinity"}, {"$float": 1.0}, {"$complex": [1.0]}, {"$complex": [1, 2]},
     {"$bytes": "?"}, {"$bytes": "A"}, {"$bytes": 1}, {"$str_": 1}, {"$scalar": ["<f8", "AAAA"]},
     {"$scalar": ["<f8", ""]}, {"$scalar": ["|b1", "Ag=="]}, {"$array": []}, {"$array": ["<f8", [1], 1]},
     {"$array": ["|O", [1], "AAAAAAAAAAA="]}, {"$array": ["|V8", [1], "AAAAAAAAAAA="]},
     {"$array": ["<M8", [1], "AAAAAAAAAAA="]}, {"$array": ["<f3", [1], "AAAA"]}, {"$array": ["<f8", [2], ""]},
     {"$array": ["<f8", [1 << 39, 1 << 39], ""]}, {"$array": ["<f8", [10**30], ""]}, {"$array": ["<f8", [-1], ""]},
     {"$array": ["<f8", [True], "AAAAAAAAAAA="]}, {"$array": ["<f8", [0] * 100, ""]},
     {"$array": ["<U999999999", [1], ""]}, {"$array": ["<U0", [1 << 39], ""]}, {"$array": ["f8,f8", [0], ""]},
     {"$array": ["<U1", [1], "////fw=="]}, {"$array": ["|b1", [1], "Ag=="]}, {"$array": [["<f8"], [0], ""]}],
    ids=str,
)  # fmt: skip
def test_hostile_tags_are_refused(data: Value) -> None:
    """Unknown tags, wrong shapes, huge arrays, dtypes of objects and bytes that numpy never makes are refused."""
    with pytest.raises(CodecError, match=r"^expected .* at value, got "):
        decode(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever bytes come, they are a value or a CodecError, never another exception."""
    try:
        found = loads(data)
    except CodecError:
        return
    assert alike(loads(dumps(found)), found)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"NaN",
        b"[Infinity]",
        b"1e999",
        b"{'a': 1}",
        b"1 2",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
    ],
    ids=lambda data: repr(data[:12]),
)  # fmt: skip
def test_hostile_bytes_are_refused(data: bytes) -> None:
    """Numbers that are not finite, what is almost JSON, and bombs of depth and digits are refused."""
    with pytest.raises(CodecError):
        loads(data)


def test_bytes_have_a_limit() -> None:
    """The limit on bytes holds both ways."""
    assert loads(dumps((1,), max_bytes=14), max_bytes=14) == (1,)
    with pytest.raises(CodecError, match="at most 13 bytes, got 14"):
        dumps((1,), max_bytes=13)
    with pytest.raises(CodecError, match="at most 13 bytes, got 14"):
        loads(dumps((1,)), max_bytes=13)


def test_a_refused_tag_names_its_place() -> None:
    """Where hostile data goes wrong is said as a path into the data."""
    with pytest.raises(CodecError, match=r"at value\['a'\]\[1\], got"):
        decode({"a": [0, {"$int": "x"}]})


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}, lambda v: {1: v}])
def test_depth_has_a_limit(wrap: object) -> None:
    """A value nested without measure, or within itself, is refused both ways and not followed."""
    deep: object = []
    for _ in range(MAX_DEPTH + 2):
        deep = wrap(deep)  # type: ignore[operator]
    with pytest.raises(CodecError, match="levels of nesting"):
        encode(deep)
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(CodecError, match="levels of nesting"):
        encode(loop)
    with pytest.raises(CodecError, match="levels of nesting"):
        decode(loop)  # type: ignore[arg-type]


def test_arrays_come_back_free() -> None:
    """An array that was read can be written to and owns its memory."""
    array = decode(encode(np.arange(6.0).reshape(2, 3).T))
    assert isinstance(array, np.ndarray)
    assert array.flags.writeable
    assert array.flags.owndata
    assert array.tolist() == [[0, 3], [1, 4], [2, 5]]


def test_numbers_that_are_not_finite_cross() -> None:
    """NaN and the infinities come back as themselves."""
    nan, *rest = decode(encode([math.nan, math.inf, -math.inf, complex(math.inf, -0.0)]))  # type: ignore[misc]
    assert math.isnan(nan)
    assert repr(rest) == repr([math.inf, -math.inf, complex(math.inf, -0.0)])


def test_numpy_is_imported_for_its_own_values_only() -> None:
    """Values without numpy cross without importing it."""
    script = "import sys\nfrom agentopt.tagged import *\nfrom agentopt import tagged\n"
    script += "tagged.decode(tagged.encode([(1,), {2}, b'x', 1j]))\nprint('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
