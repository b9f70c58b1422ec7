"""Makes edits: a formulation in, another one out; nothing is changed in place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from agentopt.errors import FormulationError

from ..formulation import Change, Element, Formulation, Parameter, SetElement
from ..language.explain import explain_validation
from ..shorten import listed
from .edit import (
    AddMember,
    ChangeData,
    Drop,
    Edit,
    PutConstraint,
    PutParameter,
    PutSet,
    PutVariable,
    RemoveMember,
    SetBound,
    SetDomain,
    SetObjective,
)

E = TypeVar("E", bound=Element)


def apply_edits(formulation: Formulation, edits: Iterable[Edit]) -> Formulation:
    """Make edits one after another.

    What the names and expressions mean is not checked here: the analysis does that
    when the result is solved.

    Raises:
        FormulationError: An edit names what is not there, or makes a formulation that cannot be.
    """
    for edit in edits:
        formulation = apply_edit(formulation, edit)
    return formulation


def apply_edit(formulation: Formulation, edit: Edit) -> Formulation:
    """Make one edit; see `apply_edits`."""
    match edit:
        case ChangeData():
            change = Change(by=edit.by, amount=edit.amount, key=edit.key)
            return _restated(formulation, parameters=_with_changes(formulation, edit.parameter, [change]))
        case AddMember():
            return _with_member(formulation, edit)
        case RemoveMember():
            return _without_member(formulation, edit)
        case PutSet():
            return _restated(formulation, sets=_put(formulation.sets, edit.element))
        case PutParameter():
            return _restated(formulation, parameters=_put(formulation.parameters, edit.element))
        case PutVariable():
            return _restated(formulation, variables=_put(formulation.variables, edit.element))
        case PutConstraint():
            return _restated(formulation, constraints=_put(formulation.constraints, edit.element))
        case SetObjective():
            return _restated(formulation, objective=edit.objective)
        case SetDomain() | SetBound():
            return _with_variable(formulation, edit)
        case Drop():
            return _without(formulation, edit.name)


def _with_changes(formulation: Formulation, name: str, changes: Sequence[Change]) -> list[Parameter]:
    parameter = _find(formulation.parameters, name, "parameter")
    if parameter.expression is not None:
        raise FormulationError(
            f"parameter {name}: it is computed as {parameter.expression!r}; change what it is computed from",
            f"parameter {name}",
        )
    made = parameter
    for change in changes:
        made = made.model_copy(update={"changes": _merged(made.changes, change)})
    return _put(formulation.parameters, made)


def _merged(changes: Sequence[Change], change: Change) -> list[Change]:
    """Append a change; what it overwrites or repeats at the same keys goes."""
    if change.by == "set":
        changes = [old for old in changes if old.key != change.key]
    elif changes and changes[-1].by == change.by and changes[-1].key == change.key:
        last = changes[-1].amount
        amount = last * change.amount if change.by == "scale" else last + change.amount
        return [*changes[:-1], change.model_copy(update={"amount": amount})]
    return [*changes, change]


def _with_member(formulation: Formulation, edit: AddMember) -> Formulation:
    element = _changeable_set(formulation, edit.set)
    if edit.member in element.removed:
        update: dict[str, Any] = {"removed": [other for other in element.removed if other != edit.member]}
    else:
        update = {"added": [*element.added, edit.member]}
    made = _restated(formulation, sets=_put(formulation.sets, element.model_copy(update=update)))
    for given in edit.values:
        change = Change(by="set", amount=given.value, key=list(given.key))
        made = _restated(made, parameters=_with_changes(made, given.parameter, [change]))
    return made


def _without_member(formulation: Formulation, edit: RemoveMember) -> Formulation:
    """A member that was added before stays on both lists, so that its values are there when it comes back."""
    element = _changeable_set(formulation, edit.set)
    made = element.model_copy(update={"removed": [*element.removed, edit.member]})
    return _restated(formulation, sets=_put(formulation.sets, made))


def _changeable_set(formulation: Formulation, name: str) -> SetElement:
    element = _find(formulation.sets, name, "set")
    if element.expression is not None:
        raise FormulationError(
            f"set {name}: it is computed as {element.expression!r}; change what it is computed from", f"set {name}"
        )
    return element


def _with_variable(formulation: Formulation, edit: SetDomain | SetBound) -> Formulation:
    variable = _find(formulation.variables, edit.variable, "variable")
    update: dict[str, Any] = {"domain": edit.domain} if isinstance(edit, SetDomain) else {edit.side: edit.value}
    return _restated(formulation, variables=_put(formulation.variables, variable.model_copy(update=update)))


def _without(formulation: Formulation, name: str) -> Formulation:
    groups: dict[str, Sequence[Element]] = {
        "sets": formulation.sets,
        "parameters": formulation.parameters,
        "variables": formulation.variables,
        "constraints": formulation.constraints,
    }
    for group, elements in groups.items():
        left = [element for element in elements if element.name != name]
        if len(left) < len(elements):
            return _restated(formulation, **{group: left})
    raise _unknown(name, "element", [element.name for _, element in formulation.elements()])


def _put(elements: Sequence[E], element: E) -> list[E]:
    if any(other.name == element.name for other in elements):
        return [element if other.name == element.name else other for other in elements]
    return [*elements, element]


def _find(elements: Sequence[E], name: str, kind: str) -> E:
    for element in elements:
        if element.name == name:
            return element
    raise _unknown(name, kind, [element.name for element in elements])


def _unknown(name: str, kind: str, known: Sequence[str]) -> FormulationError:
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {listed(known)}"
    return FormulationError(f"there is no {kind} {name!r}; {hint}")


def _restated(formulation: Formulation, **groups: object) -> Formulation:
    fields = {name: getattr(formulation, name) for name in Formulation.model_fields} | groups
    try:
        return Formulation.model_validate(fields)
    except ValidationError as error:
        raise FormulationError(explain_validation(error, fields)) from error
