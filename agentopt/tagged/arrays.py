"""numpy's arrays, numbers and texts as strict data; numpy is imported when one of them comes by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agentopt.tagged.misfit import TYPES, Misfit, from_base64, require, to_base64
from agentopt.values import Value

if TYPE_CHECKING:
    import numpy as np

_KINDS = "biufcU"
_MOST = 1 << 40


def write(value: object) -> Value:
    """Write one of numpy's values.

    Raises:
        Misfit: It is of another kind, an array of objects say.
    """
    import numpy as np

    if type(value) is np.str_:
        # As text: an array's element would lose its last NULs.
        return {"$str_": str(value)}
    if type(value) is np.ndarray and _is_plain(value.dtype):
        return {"$array": [value.dtype.str, list(value.shape), to_base64(value.tobytes())]}
    if isinstance(value, np.generic) and type(value) is value.dtype.type and _is_plain(value.dtype):
        return {"$scalar": [value.dtype.str, to_base64(value.tobytes())]}
    dtype = getattr(value, "dtype", None)
    raise Misfit(TYPES, f"{type(value).__name__}" + (f" of {dtype}" if dtype is not None else ""))


def read_array(body: Value, depth: int) -> object:
    """Read a "$array"; nothing is allocated beyond the bytes that came."""
    dtype, shape, raw = _read_parts(body, "[dtype, shape, base64]", 3)
    sizes = require(list, shape, "a shape under $array")
    if not all(type(size) is int and 0 <= size <= _MOST for size in sizes):
        raise Misfit("a shape of whole numbers under $array", "something else")
    try:
        return _elements(dtype, raw).reshape(tuple(sizes)).copy()
    except (ValueError, OverflowError):
        raise Misfit("an array of the size that its shape says", f"{len(raw)} bytes for {sizes[:8]}") from None


def read_scalar(body: Value, depth: int) -> object:
    """Read a "$scalar", a number of one of numpy's own types."""
    dtype, raw = _read_parts(body, "[dtype, base64]", 2)
    elements = _elements(dtype, raw)
    if elements.size != 1 or dtype.kind == "U":
        raise Misfit("one number under $scalar", f"{elements.size} of {dtype}")
    return elements[0]


def read_str_(body: Value, depth: int) -> object:
    """Read a "$str_", numpy's own kind of text."""
    import numpy as np

    return np.str_(require(str, body, "text under $str_"))


def _read_parts(body: Value, form: str, n_parts: int) -> list[Any]:
    """Check the parts of a numpy value and read the first as a dtype, the last as bytes."""
    import numpy as np

    parts: list[Any] = list(require(list, body, form))
    if len(parts) != n_parts or not (type(parts[0]) is str and re.fullmatch(r"[<>|=]?[biufcU]\d{1,9}", parts[0])):
        raise Misfit(f"{form} with a plain dtype", "something else")
    try:
        dtype = np.dtype(parts[0])
    except (TypeError, ValueError):
        raise Misfit("a dtype that numpy knows", repr(parts[0])) from None
    return [dtype, *parts[1:-1], from_base64(parts[-1])]


def _elements(dtype: np.dtype[Any], raw: bytes) -> np.ndarray[Any, Any]:
    """Read bytes as a row of elements, none of which numpy itself would not have made."""
    import numpy as np

    if not _is_plain(dtype) or len(raw) % dtype.itemsize:
        raise Misfit(f"whole elements of {dtype}", f"{len(raw)} bytes")
    elements = np.frombuffer(raw, dtype) if raw else np.empty(0, dtype)
    if dtype.kind == "b" and (elements.view("u1") > 1).any():
        raise Misfit("truth values of 0 or 1", "another byte")
    if dtype.kind == "U" and (np.frombuffer(raw, f"{dtype.byteorder}u4") > 0x10FFFF).any():
        raise Misfit("text of Unicode characters", "a number that is none")
    return elements


def _is_plain(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in _KINDS and dtype.itemsize > 0
