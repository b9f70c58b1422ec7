"""What can be changed in a formulation, one typed record for each kind of change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..formulation import Constraint, Finite, Member, Objective, Parameter, SetElement, Variable


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChangeData(_Edit):
    """Set, scale or add to the values of a parameter, wherever its data stand."""

    op: Literal["change_data"]
    parameter: str
    by: Literal["set", "scale", "add"]
    amount: Finite
    """The new value, the factor, or what is added."""
    key: list[Member | None] | None = None
    """The key; a position that is null stands for every member, and null as a whole for every key."""


class Given(_Edit):
    """The value of a parameter at a key."""

    parameter: str
    key: list[Member]
    value: Finite


class AddMember(_Edit):
    """Add a member to a set, with the values that parameters have for it."""

    op: Literal["add_member"]
    set: str
    member: Member | list[Member]
    values: list[Given] = Field(default_factory=list)


class RemoveMember(_Edit):
    """Take a member out of a set, with all of its values."""

    op: Literal["remove_member"]
    set: str
    member: Member | list[Member]


class PutSet(_Edit):
    """Add a set, or replace the one of that name."""

    op: Literal["put_set"]
    element: SetElement


class PutParameter(_Edit):
    """Add a parameter, or replace the one of that name."""

    op: Literal["put_parameter"]
    element: Parameter


class PutVariable(_Edit):
    """Add a variable, or replace the one of that name."""

    op: Literal["put_variable"]
    element: Variable


class PutConstraint(_Edit):
    """Add a constraint, or replace the one of that name."""

    op: Literal["put_constraint"]
    element: Constraint


class SetObjective(_Edit):
    """Optimize something else."""

    op: Literal["set_objective"]
    objective: Objective


class SetDomain(_Edit):
    """Let a variable be whole, divisible or yes-or-no."""

    op: Literal["set_domain"]
    variable: str
    domain: Literal["continuous", "integer", "binary"]


class SetBound(_Edit):
    """Bound a variable on one side."""

    op: Literal["set_bound"]
    variable: str
    side: Literal["lower", "upper"]
    value: Finite | str | None
    """A number, an expression over data, or null: no bound."""


class Drop(_Edit):
    """Leave an element out."""

    op: Literal["drop"]
    name: str


Edit = Annotated[
    ChangeData
    | AddMember
    | RemoveMember
    | PutSet
    | PutParameter
    | PutVariable
    | PutConstraint
    | SetObjective
    | SetDomain
    | SetBound
    | Drop,
    Field(discriminator="op"),
]
