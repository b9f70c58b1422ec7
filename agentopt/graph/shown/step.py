"""One line of a trace: a parameter, an input, or a call with the value that it gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from agentopt import tagged
from agentopt.errors import CodecError, TraceError
from agentopt.graph.failure import Failure
from agentopt.graph.snapshot import Opaque, Snapshot, text_of
from agentopt.values import Value

Kind = Literal["parameter", "input", "call"]
WORDS = ("text", "code")
"""The kinds of domains whose values are shown as they are, between fences."""


@dataclass(frozen=True, slots=True)
class About:
    """What a trace says of a parameter beside its value."""

    kind: str
    """Of its domain, as text or code."""
    domain: str
    """Its domain in words."""
    description: str
    version: int
    shown: str = ""
    """The value as a reply would write it; "" for a text or code, which is its own."""


@dataclass(frozen=True, slots=True)
class BlockCall:
    """What a block was called with."""

    arguments: tuple[tuple[str, str], ...]
    """Name and text of each argument: the name of a step, or a short constant."""
    parents: tuple[tuple[str, str], ...]
    """Those of them that are steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One node as a trace shows it."""

    name: str
    """Unique in its trace."""
    kind: Kind
    kept: Any
    """The value, or a `Snapshot` of it."""
    operation: str = ""
    """The name under which the trace documents what made it; "" for a parameter or input."""
    expression: str = ""
    """How it was made, in the names of other steps."""
    parents: tuple[tuple[str, str], ...] = ()
    """Argument and name of each step that it was made of; short constants stand in the expression only."""
    blocks: tuple[str, ...] = ()
    """The blocks in which it lies, outermost first, each by a name unique in the trace."""
    about: About | None = None
    """Of a parameter."""

    @property
    def value(self) -> Any:
        """The value as it was when the step was recorded; a `Failure` where a call failed."""
        return self.kept.value if isinstance(self.kept, Snapshot) else self.kept

    @property
    def text(self) -> str:
        """The value as text: strings as they are, everything else as Python writes it."""
        value = self.value
        return str(value) if isinstance(value, str | Failure) else text_of(value)

    @property
    def failed(self) -> bool:
        """Whether the call ended in an exception."""
        return isinstance(self.kept, Failure)

    def as_data(self) -> dict[str, Value]:
        """As JSON data."""
        data: dict[str, Value] = {"name": self.name, "kind": self.kind, "value": kept_as_data(self.value)}
        if self.kind == "call":
            data |= {"operation": self.operation, "expression": self.expression}
        if self.parents:
            data["parents"] = [list(pair) for pair in self.parents]
        if self.blocks:
            data["blocks"] = list(self.blocks)
        if self.about is not None:
            about = self.about
            data["about"] = [about.kind, about.domain, about.description, about.version, about.shown]
        return data

    @classmethod
    def from_data(cls, data: Any) -> Step:
        """Read what `as_data` gave.

        Raises:
            TraceError: The data is no step.
        """
        try:
            if data["kind"] not in ("parameter", "input", "call") or (data["kind"] == "parameter") != ("about" in data):
                raise ValueError(data["kind"])
            kind, domain, description, version, shown = data.get("about", (None, "", "", 0, ""))
            return cls(
                str(data["name"]),
                data["kind"],
                kept_from_data(data["value"]),
                str(data.get("operation", "")),
                str(data.get("expression", "")),
                tuple((str(argument), str(parent)) for argument, parent in data.get("parents", ())),
                tuple(map(str, data.get("blocks", ()))),
                None if kind is None else About(str(kind), str(domain), str(description), int(version), str(shown)),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise TraceError(f"expected a step of a trace, got {str(data)[:80]} ({type(error).__name__})") from error


def kept_as_data(value: Any) -> Value:
    """What a trace keeps of a value, as data; of an object that is none, its text."""
    if isinstance(value, Failure):
        return {"failure": [value.kind, value.message, value.place]}
    try:
        return {"data": tagged.encode(value)}
    except CodecError:
        # No data, as an object of some class: what is left of it is its text.
        return {"text": value.text if isinstance(value, Opaque) else text_of(value)}


def kept_from_data(data: Any) -> Any:
    """Read what `kept_as_data` gave."""
    if "failure" in data:
        return Failure(*map(str, data["failure"]))
    return tagged.decode(data["data"]) if "data" in data else Opaque(str(data["text"]))
