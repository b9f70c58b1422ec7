"""The five elements as data: sets, parameters, variables, objective, constraints.

The elements are LLMOPT's (Jiang et al., ICLR 2025, section 3); there they are prose,
here they are typed, so that one formulation can be checked, compiled, changed,
explained and exported without rewriting any code. Expressions are texts in the
language of `expression.py`; they are parsed and never evaluated by Python.
"""

from __future__ import annotations

import keyword
import reprlib
import sys
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from .language.expression import FUNCTIONS

Member = StrictStr | StrictInt
"""A set element, or one position of a tuple element: text or a whole number."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Cell = StrictStr | StrictInt | Finite

_NUMBERS: dict[str, Any] = {"type": "array", "items": {"type": "number"}}
_NESTED_NUMBERS = {
    "anyOf": [
        {"type": "number"},
        _NUMBERS,
        {"type": "array", "items": _NUMBERS},
        {"type": "array", "items": {"type": "array", "items": _NUMBERS}},
        {"type": "null"},
    ]
}
"""What a model is told of a dense value; deeper nesting is accepted all the same."""

_RESERVED = {*FUNCTIONS, "sum", "prod", "forall", "all", *keyword.kwlist}


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)


class TableRef(_Record):
    """Where the values of a set or parameter stand in a table of data.

    A parameter with column "*" reads a wide table: the header names the members of
    its last index, the key columns hold the others.
    """

    table: str
    """Name of the table: a file name with or without its ending, or a sheet's name."""
    keys: list[str] = Field(default_factory=list)
    """Columns that hold the key, in the order of the index; for a set, its members."""
    column: str | None = None
    """Column that holds a parameter's value; None for a set."""


class Element(_Record):
    """What every named element carries."""

    name: str
    meaning: str = ""
    """One sentence in the words of the problem's owner."""
    source: str = ""
    """The words of the problem that this element comes from."""

    @field_validator("name")
    @classmethod
    def _usable_name(cls, name: str) -> str:
        if not name.isidentifier() or not name.isascii() or name.startswith("__"):
            raise ValueError(f"expected a name of letters a-z, digits and underscores, got {name!r}")
        if name in _RESERVED:
            raise ValueError(f"{name!r} is a word of the expression language; choose another name")
        return name


class Change(_Record):
    """One change of a parameter's values, made after they are read: "what if capacity were up 10 %?".

    The data themselves stay as they are, in the formulation or in their table, so that
    a change costs nothing to state, to show and to take back, however large they are.
    """

    by: Literal["set", "scale", "add"]
    amount: Finite
    key: list[Member | None] | None = None
    """The key that is changed; a position that is None stands for every member, and None as a whole for every key."""


class SetElement(Element):
    """A set: listed, computed, or read from a table. Its order is kept.

    Exactly one of elements, expression, data says what is in it.
    """

    elements: list[Member | list[Member]] | None = None
    """Members as listed; an inner list is one tuple, as ["Oslo", "Rome"]."""
    expression: str | None = None
    """range(1, 13), or [(i, j) for i in NODES for j in NODES if i != j]."""
    data: TableRef | None = None
    # Hidden from models that formulate: these two are what edits are made of.
    added: SkipJsonSchema[list[Member | list[Member]]] = Field(default_factory=list)
    """Members that stand after those of the origin."""
    removed: SkipJsonSchema[list[Member | list[Member]]] = Field(default_factory=list)
    """Members that are left out, with all values of theirs."""

    @model_validator(mode="after")
    def _one_origin(self) -> SetElement:
        _exactly_one("set", self.name, elements=self.elements, expression=self.expression, data=self.data)
        return self


class Parameter(Element):
    """Known numbers: one, or one for every member of its index.

    Exactly one of value, rows, expression, data says what they are.
    """

    index: list[str] = Field(default_factory=list)
    """Names of sets; a set of pairs stands for two positions."""
    unit: str = ""
    """As "kg", "USD/kg", "kg*h"; "" when unknown."""
    value: Annotated[Finite | list[Any] | None, WithJsonSchema(_NESTED_NUMBERS)] = None
    """A number, or nested lists in the order of the index sets."""
    rows: list[list[Cell]] | None = None
    """Sparse values, a row each: the key's positions, then the number."""
    expression: str | None = None
    """Computed from other parameters, as "sqrt(x[i]**2 + y[i]**2) for i in SITES"."""
    data: TableRef | None = None
    default: Finite | None = None
    """The value of every key that is not given; None: a missing key is an error."""
    changes: SkipJsonSchema[list[Change]] = Field(default_factory=list)
    """Made in this order after the values are read."""

    @model_validator(mode="before")
    @classmethod
    def _mapping_to_rows(cls, raw: Any) -> Any:
        """Accept {A: 3, B: 5}, nested for several positions, as people write it in YAML."""
        if isinstance(raw, dict) and isinstance(raw.get("value"), dict):
            raw = {**raw, "rows": _rows_of(raw["value"]), "value": None}
        return raw

    @field_validator("value")
    @classmethod
    def _only_numbers(cls, value: Any) -> Any:
        return _as_floats(value)

    @model_validator(mode="after")
    def _one_origin(self) -> Parameter:
        _exactly_one(
            "parameter", self.name, value=self.value, rows=self.rows, expression=self.expression, data=self.data
        )
        return self


class Variable(Element):
    """What is to be decided: one number, or one for every member of its index."""

    index: list[str] = Field(default_factory=list)
    """Names of sets; a set of pairs stands for two positions."""
    unit: str = ""
    domain: Literal["continuous", "integer", "binary"] = "continuous"
    lower: Finite | str | None = 0.0
    """A number, an expression over parameters (with a trailing `for` when it is indexed), or None: unbounded."""
    upper: Finite | str | None = None


class Objective(_Record):
    """What is to be made small or large."""

    sense: Literal["minimize", "maximize"]
    expression: str
    meaning: str = ""
    unit: str = ""
    source: str = ""


class Constraint(Element):
    """What must hold: a comparison, with a trailing `for` when it holds for every member."""

    expression: str
    """As "sum(ship[p, m] for p in PLANTS) >= demand[m] for m in MARKETS"; "" when the language cannot say it."""


class Formulation(_Record):
    """An optimization problem as five elements; the data may stand apart in tables."""

    title: str = ""
    sets: list[SetElement] = Field(default_factory=list)
    parameters: list[Parameter] = Field(default_factory=list)
    variables: list[Variable]
    objective: Objective
    constraints: list[Constraint] = Field(default_factory=list)
    assumptions: list[str] = Field(default_factory=list)
    """What the problem does not say and how it was read, one sentence each."""

    @model_validator(mode="after")
    def _unique_names(self) -> Formulation:
        seen: dict[str, str] = {}
        for kind, element in self.elements():
            if element.name in seen:
                raise ValueError(f"the name {element.name!r} stands twice: as {seen[element.name]} and as {kind}")
            seen[element.name] = kind
        return self

    @field_validator("variables")
    @classmethod
    def _something_to_decide(cls, variables: list[Variable]) -> list[Variable]:
        if not variables:
            raise ValueError("expected at least one variable: there is nothing to decide")
        return variables

    def elements(self) -> list[tuple[str, Element]]:
        """Every named element with its kind, in the order of the five elements."""
        groups = (
            ("set", self.sets),
            ("parameter", self.parameters),
            ("variable", self.variables),
            ("constraint", self.constraints),
        )
        return [(kind, element) for kind, group in groups for element in group]


def _exactly_one(kind: str, name: str, **origins: object) -> None:
    given = [word for word, value in origins.items() if value is not None]
    if len(given) != 1:
        choices = ", ".join(origins)
        raise ValueError(f"{kind} {name!r}: expected exactly one of {choices}, got {', '.join(given) or 'none'}")


def _rows_of(mapping: dict[Any, Any], prefix: tuple[Any, ...] = ()) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for key, value in mapping.items():
        if isinstance(value, dict):
            rows += _rows_of(value, (*prefix, key))
        else:
            rows.append([*prefix, key, value])
    return rows


def _as_floats(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [_as_floats(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected a finite number or nested lists of numbers, got {reprlib.repr(value)}")
    if not abs(value) <= sys.float_info.max:
        # Not shown: Python refuses to write an int of thousands of digits.
        raise ValueError(f"expected a finite number, got one beyond {sys.float_info.max:.2g}")
    return float(value)
