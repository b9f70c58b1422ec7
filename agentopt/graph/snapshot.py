"""Keeping a value as it was when it was recorded, so that a later change in place cannot rewrite history.

A value of a fixed type is its own snapshot. Anything else is written down as bytes at once: cheaper than a deep
copy, exact, and compared in one step to see whether the live value has changed since. Above MAX_BYTES only a
hash and the two ends are kept. An object of a class that is no container is kept by its text, cut to a bound, and its
changes are not seen. The bytes never leave the process, so that pickle is safe here.
"""

from __future__ import annotations

import copy
import io
import pickle
import re
from dataclasses import dataclass, fields
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

MARK = "__agentopt_module__"
"""The attribute of classes that are modules: objects with an identity, which are passed on and never copied."""
MAX_BYTES = 1 << 20
MAX_OBJECT_CHARS = 2000
_END_CHARS = 2000
_MAKERS = frozenset(["numpy", "builtins", "collections", "copyreg", "datetime", "decimal", "fractions", "uuid"])

FIXED = frozenset(
    {
        *(type(None), bool, int, float, complex, str, bytes, range, type(...), type(NotImplemented)),
        *(type, ModuleType, FunctionType, BuiltinFunctionType, MethodType),
    }
)
_FIXED_MODULES = frozenset(["datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo"])
_SCALARS = (str, bytes, int, float, complex)
_COLLECTIONS = (dict, list, tuple, set, frozenset, str, bytes)
_BASES = (dict, list, tuple, set, frozenset, *_SCALARS)
# Where an object lies in memory differs from run to run, and equal traces have to read equally.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Opaque:
    """Stands for an object of which only a text was kept."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Record:
    """Stands for a dataclass, pydantic model or named tuple: the name of its class and its fields."""

    name: str
    fields: dict[str, Any]

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.fields.items())})"


class Snapshot:
    """A value as it was; `value` gives it back, as far as it was kept."""

    __slots__ = ("_blob", "_text")

    def __init__(self, blob: bytes, text: str | None) -> None:
        self._blob = blob
        self._text = text

    @property
    def value(self) -> Any:
        """An equal value, made anew; `Opaque` for what was too large or no container."""
        return pickle.loads(self._blob) if self._text is None else Opaque(self._text)

    @property
    def opaque(self) -> bool:
        """Whether it is that of an object which is known by its text only."""
        return not self._blob

    def same(self, other: Snapshot | None) -> bool:
        """Whether two snapshots of one object show no change between them."""
        return other is not None and self._blob == other._blob


class Remembered(Snapshot):
    """A value that another process or an earlier session kept; nothing here can change it any more."""

    __slots__ = ("_is_opaque", "_kept")

    def __init__(self, value: Any, *, opaque: bool) -> None:
        super().__init__(b"", None)
        self._kept = value
        self._is_opaque = opaque

    @property
    def value(self) -> Any:
        return copy.deepcopy(self._kept)

    @property
    def opaque(self) -> bool:
        return self._is_opaque

    def same(self, other: Snapshot | None) -> bool:
        return True


def snapshot(value: object) -> Snapshot | None:
    """Keep a value as it is now; None if it cannot change."""
    if type(value) in FIXED or (type(value) is tuple and all(type(item) in FIXED for item in value)):
        return None
    if isinstance(value, Enum | str | bytes | int | float | complex) and not _is_numpy(type(value)):
        return None
    if type(value).__module__ in _FIXED_MODULES:
        return None
    if not is_container(value):
        return Snapshot(b"", text_of_object(value))
    stream = io.BytesIO()
    try:
        _Pickler(stream, protocol=5).dump(value)
    except Exception:  # noqa: BLE001
        # Whatever an element's own pickling raises, and the RecursionError of a deep nest: kept by its text.
        return Snapshot(b"", text_of_object(value))
    blob = stream.getvalue()
    if len(blob) <= MAX_BYTES:
        return Snapshot(blob, None)
    from hashlib import blake2b

    return Snapshot(blake2b(blob).digest(), _ends(value))


def is_container(value: object) -> bool:
    """Whether changes of a value are followed: built-in collections, dataclasses, pydantic models, arrays."""
    kind = type(value)
    return (
        isinstance(value, list | dict | tuple | set | frozenset | bytearray)
        or is_record(kind)
        or kind.__module__.partition(".")[0] in ("numpy", "collections")
    )


def is_record(kind: type) -> bool:
    """Whether a class names its fields and is no module: a dataclass, a pydantic model, a named tuple."""
    if hasattr(kind, MARK):
        return False
    named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    return named_tuple or hasattr(kind, "__dataclass_fields__") or hasattr(kind, "__pydantic_fields__")


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a record by name, in order."""
    if isinstance(value, tuple):
        return dict(zip(type(value)._fields, value, strict=True))  # type: ignore[attr-defined]
    kind = type(value)
    is_dataclass = hasattr(kind, "__dataclass_fields__")
    names = [field.name for field in fields(kind)] if is_dataclass else kind.__pydantic_fields__
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def text_of(value: object) -> str:
    """The text of any object as Python writes it, never raising and the same in every run."""
    if type(value).__repr__ is object.__repr__:
        return f"<{type(value).__name__}>"
    try:
        # What a collection holds of texts is left alone; of objects it holds, a snapshot has kept such texts already.
        return repr(value) if isinstance(value, _COLLECTIONS) else without_addresses(repr(value))
    except Exception as error:  # noqa: BLE001
        # A class's own __repr__ may do anything; a trace must not end by it.
        return f"<{type(value).__name__}: {type(error).__name__} while writing it>"


def text_of_object(value: object) -> str:
    """The same within MAX_OBJECT_CHARS."""
    text = text_of(value)
    half = MAX_OBJECT_CHARS // 2 - 3
    return text if len(text) <= MAX_OBJECT_CHARS else f"{text[:half]} ... {text[-half:]}"


def without_addresses(text: str) -> str:
    """A text without the places in memory at which objects lie."""
    return _ADDRESS.sub("", text) if " at 0x" in text else text


def plain(value: Any) -> Any:
    """A value out of a snapshot with each `Record` as a dict of its fields, as JSON has it."""
    if isinstance(value, Record):
        return {name: plain(item) for name, item in value.fields.items()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple | set | frozenset) else value


def plain_scalar(value: Any) -> Any:
    """A text or number of a class of its own as the built-in one; anything else as it is."""
    for base in _SCALARS:
        if isinstance(value, base) and type(value) is not base and not isinstance(value, Enum | bool):
            return _as_base(base, value)
    return value


def _as_base(base: type, value: Any) -> Any:
    """The value as of a built-in class that it inherits from, whatever methods it overrides."""
    if base is complex:
        return complex(value.real, value.imag)
    convert = {str: "__str__", bytes: "__bytes__", int: "__int__", float: "__float__"}.get(base)
    return base(value) if convert is None else getattr(base, convert)(value)


def _is_numpy(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "numpy"


def _ends(value: Any) -> str:
    """Head and tail of a large collection."""
    n_items = len(value) if hasattr(value, "__len__") else 0
    if type(value) in (list, tuple) and n_items > 20:
        head, tail = (", ".join(repr(item)[: _END_CHARS // 10] for item in part) for part in (value[:10], value[-10:]))
        return f"<{type(value).__name__} of {n_items}: {head} ... {tail}>"
    return f"<{type(value).__name__} of {n_items}>"


class _Pickler(pickle.Pickler):
    """Writes what values are made of, never how to make the objects that happen to be among them."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if isinstance(value, type | FunctionType | BuiltinFunctionType):
            # Those by which arrays and our own stand-ins are made anew are written by name.
            known = str(getattr(value, "__module__", "")).partition(".")[0] in _MAKERS or value in (Record, Opaque)
            return NotImplemented if known else (Opaque, (text_of_object(value),))
        if is_record(kind):
            return Record, (kind.__name__, fields_of(value))
        if _is_numpy(kind) or kind.__module__ in _FIXED_MODULES or kind is bytearray:
            return NotImplemented
        for base in _BASES:
            if isinstance(value, base) and not isinstance(value, Enum):
                return base, (_as_base(base, value),)
        if kind.__module__ == "collections":
            return NotImplemented
        return Opaque, (text_of_object(value),)
