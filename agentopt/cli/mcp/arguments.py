"""What the tools take: one typed record for each, which is also the schema that a client is told."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, TypeAdapter, ValidationError, field_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from agentopt.errors import InputError
from agentopt.solvers.modeling.edits.edit import Edit
from agentopt.solvers.modeling.export.writing import Format
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.language.explain import explain_validation

A = TypeVar("A", bound=BaseModel)

_EDITS: dict[str, type[BaseModel]] = {
    get_args(kind.model_fields["op"].annotation)[0]: kind for kind in get_args(get_args(Edit)[0])
}
_PROBLEM = (
    "The five elements as a JSON object, or as JSON or YAML text; or the path of a file (.yaml, .json, .txt);"
    " or the problem in words, which a model must read"
)
_CHANGE = (
    "Edits as JSON; or a change in a fixed form, several parted by semicolons: capacity['oslo'] = 120, demand *= 1.1,"
    " price up 10 %, oven_hours down by 2, drop rye_sales, bake integer, make[B] >= 5, maximize sum(x[p] for p in P),"
    " remove oslo from PLANTS; or other words, which a model must read"
)


@dataclass(frozen=True)
class _Told:
    """Tells clients a closer type than the one that is read here, so that we say what is wrong, in our words."""

    kind: Any

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(TypeAdapter[Any](self.kind).core_schema)


SessionId = Annotated[str, Field(description="The id that formulate gave, as s1", max_length=40)]
Paths = Annotated[
    list[str], Field(description="Files or folders of tables (CSV, XLSX, JSON), below a root of the server")
]


class Arguments(BaseModel):
    """What every tool's arguments share: no other than the named ones are taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("data", "paths", mode="before", check_fields=False)
    @classmethod
    def _one_path(cls, value: Any) -> Any:
        """Take one path for a list of one, as agents write it."""
        return [value] if isinstance(value, str) else value


class Solving(Arguments):
    """What may be said about a solve."""

    time_limit_s: float | None = Field(
        default=None, gt=0, description="Seconds for each solve; at most, and without it, the server's --time-limit"
    )
    max_values: int = Field(
        default=100, ge=0, le=100_000, description="Values that are not zero to return of each variable, the first ones"
    )


class Formulate(Solving):
    """Arguments of formulate."""

    problem: Annotated[
        str | dict[str, Any],
        _Told(str | Formulation),
        Field(description=_PROBLEM),
    ]
    data: Paths = Field(default_factory=list)


class Solve(Solving):
    """Arguments of solve: a session or a problem."""

    session: SessionId | None = None
    problem: str | dict[str, Any] | None = Field(
        default=None, description=f"Instead of a session: solved once, and no session is kept. {_PROBLEM}"
    )
    data: Paths = Field(default_factory=list)


class WhatIf(Solving):
    """Arguments of what_if."""

    session: SessionId
    change: Annotated[
        str | dict[str, Any] | list[dict[str, Any]],
        _Told(str | list[Edit]),
        Field(description=_CHANGE),
    ]


class Explain(Solving):
    """Arguments of explain."""

    session: SessionId
    question: str = Field(
        description="sensitivity: what limits the plan; conflict: why there is no plan, with edits that repair it;"
        " check: what speaks against the formulation; second opinion: a model formulates the words once more, and the"
        " outcomes are compared; 'why not make[B] >= 1': what a wish costs or what forbids it;"
        " 'pareto minimize EXPRESSION': the trade-off with a second objective; or a question in other words, which a"
        " model must read",
        max_length=2000,
    )


class Adopt(Solving):
    """Arguments of adopt_reading."""

    session: SessionId
    number: int = Field(ge=1, description="The number of the reading under open_points")


class Undo(Solving):
    """Arguments of undo."""

    session: SessionId


class Export(Arguments):
    """Arguments of export."""

    session: SessionId
    format: Format = Field(description="lp, mps and pyomo hold the data too; html is a report on the solution")
    path: str | None = Field(
        default=None, description="Write a new file instead of returning the text; only with the server's --allow-write"
    )


class AddData(Arguments):
    """Arguments of add_data."""

    session: SessionId
    paths: Paths


class Preview(Arguments):
    """Arguments of preview_data."""

    paths: Paths


class Reference(Arguments):
    """Arguments of reference: none."""


def schema_of(arguments: type[Arguments]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, with the elements and edits that it refers to."""
    return arguments.model_json_schema()


def formulation_schema() -> dict[str, Any]:
    """The JSON schema of the five elements."""
    return Formulation.model_json_schema()


def edit_schema() -> dict[str, Any]:
    """The JSON schema of one edit."""
    return TypeAdapter[Any](Edit).json_schema()


def read_arguments(kind: type[A], raw: object, tool: str) -> A:
    """Read a call's arguments.

    Raises:
        InputError: One is missing, unknown or of another type; one sentence that names it.
    """
    return _read(kind, raw, f"the tool {tool}")


def read_edits(raw: Sequence[object]) -> list[Edit]:
    """Read edits.

    Raises:
        InputError: One cannot be read; one sentence that names it and its field.
    """
    if not raw:
        raise InputError("expected at least one edit, got an empty list")
    return [_read_edit(one, number) for number, one in enumerate(raw, start=1)]


def _read_edit(raw: object, number: int) -> Edit:
    op = raw.get("op") if isinstance(raw, dict) else None
    kind = _EDITS.get(op) if isinstance(op, str) else None
    if kind is None:
        raise InputError(f"edit {number}: expected a mapping whose field op is one of {', '.join(_EDITS)}")
    edit: Edit = _read(kind, raw, f"edit {number} ({op})")  # type: ignore[assignment]
    return edit


def _read(kind: type[A], raw: object, where: str) -> A:
    known = kind.model_fields
    unknown = [name for name in raw if name not in known] if isinstance(raw, dict) else []
    if unknown:
        near = difflib.get_close_matches(str(unknown[0]), list(known), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known) or 'none'}"
        raise InputError(f"{where}: unknown argument {str(unknown[0])[:60]!r}; {hint}")
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{where}: {explain_validation(error, raw)}") from None
