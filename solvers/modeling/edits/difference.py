"""What differs between two formulations, element by element and figure by figure, for people to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from ..formulation import Constraint, Element, Formulation, Objective, Parameter, Variable
from ..instance import Instance, Key
from ..shorten import cut
from ..solution import label

E = TypeVar("E", bound=Element)

MAX_FIGURES = 6
"""Changed figures of one parameter that are listed; more are counted."""


@dataclass(frozen=True)
class Difference:
    """One thing that was added, left out or changed."""

    mark: Literal["+", "-", "~"]
    what: str
    """As "parameter capacity[oslo]", "constraint oven", "set PLANTS"."""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        """As a line of a diff: ~ parameter capacity[oslo]: 120 -> 132 t."""
        said = f"{self.before} -> {self.after}" if self.before and self.after else self.before or self.after
        return f"{self.mark} {self.what}" + (f": {said}" if said else "")


def differences(before: Instance, after: Instance) -> list[Difference]:
    """Everything that differs, in the order of the five elements; linear in the data."""
    return list(_differences(before, after))


def _differences(before: Instance, after: Instance) -> Iterator[Difference]:
    old, new = before.formulation, after.formulation
    yield from _sets(before, after)
    yield from _parameters(before, after)
    yield from _elements("variable", old.variables, new.variables, _variable)
    if _objective(old.objective) != _objective(new.objective):
        yield Difference("~", "objective", _objective(old.objective), _objective(new.objective))
    yield from _elements("constraint", old.constraints, new.constraints, _constraint)
    for line in _new_lines(old.assumptions, new.assumptions):
        yield Difference("+", "assumption", after=line)


def _sets(before: Instance, after: Instance) -> Iterator[Difference]:
    old, new = before.data.sets, after.data.sets
    for name in _union(old, new):
        if name not in new:
            yield Difference("-", f"set {name}")
        elif name not in old:
            yield Difference("+", f"set {name}", after=_few([_member(key) for key in new[name]]))
        elif old[name] != new[name]:
            gone, came = _less(old[name], new[name]), _less(new[name], old[name])
            if gone:
                yield Difference("-", f"in set {name}", before=_few([_member(key) for key in gone]))
            if came:
                yield Difference("+", f"in set {name}", after=_few([_member(key) for key in came]))


def _parameters(before: Instance, after: Instance) -> Iterator[Difference]:
    units = {p.name: p.unit for p in (*before.formulation.parameters, *after.formulation.parameters)}
    for name in _union(before.data.parameters, after.data.parameters):
        old, new = before.data.parameters.get(name), after.data.parameters.get(name)
        unit = f" {units[name]}" if units[name] else ""
        if new is None:
            yield Difference("-", f"parameter {name}")
        elif old is None:
            value = number(new[()]) + unit if tuple(new) == ((),) else f"{len(new)} values"
            yield Difference("+", f"parameter {name}", after=value)
        else:
            yield from _figures(name, old, new, unit)
    for parameter in after.formulation.parameters:
        was = _named(before.formulation.parameters, parameter.name)
        if was is not None and _origin(was) != _origin(parameter):
            yield Difference("~", f"parameter {parameter.name}", _origin(was), _origin(parameter))


def _figures(name: str, old: Mapping[Key, float], new: Mapping[Key, float], unit: str) -> Iterator[Difference]:
    # What went with a member is told by the set.
    changed = [key for key in new if old.get(key) != new[key]]
    for key in changed[:MAX_FIGURES]:
        what = f"parameter {label(name, key)}"
        if key in old:
            yield Difference("~", what, number(old[key]), number(new[key]) + unit)
        else:
            yield Difference("+", what, after=number(new[key]) + unit)
    if len(changed) > MAX_FIGURES:
        yield Difference("~", f"parameter {name}", after=f"and {len(changed) - MAX_FIGURES} more of {len(new)} values")


def _elements(kind: str, old: Sequence[E], new: Sequence[E], say: Callable[[E], str]) -> Iterator[Difference]:
    names = _union({element.name: 0 for element in old}, {element.name: 0 for element in new})
    for name in names:
        was, now = _named(old, name), _named(new, name)
        if was is not None and now is None:
            yield Difference("-", f"{kind} {name}", before=say(was))
        elif was is None and now is not None:
            yield Difference("+", f"{kind} {name}", after=say(now))
        elif was is not None and now is not None and say(was) != say(now):
            yield Difference("~", f"{kind} {name}", say(was), say(now))


def _variable(variable: Variable) -> str:
    if variable.domain == "binary":
        return "0 or 1"
    lower = "no lower bound" if variable.lower is None else f">= {_bound(variable.lower)}"
    upper = "" if variable.upper is None else f", <= {_bound(variable.upper)}"
    return f"{variable.domain} {lower}{upper}"


def _bound(bound: float | str) -> str:
    return bound if isinstance(bound, str) else number(bound)


def _constraint(constraint: Constraint) -> str:
    return constraint.expression or f"in words: {cut(constraint.meaning, 80)}"


def _objective(objective: Objective) -> str:
    return f"{objective.sense} {objective.expression}"


def _origin(parameter: Parameter) -> str:
    """How a parameter comes by its values, when that is no list of figures."""
    if parameter.expression is not None:
        return parameter.expression
    return f"table {parameter.data.table}" if parameter.data else ""


def _named(elements: Sequence[E], name: str) -> E | None:
    return next((element for element in elements if element.name == name), None)


def _union(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys((*old, *new)))


def _less(keys: Sequence[Key], others: Sequence[Key]) -> list[Key]:
    known = set(others)
    return [key for key in keys if key not in known]


def _new_lines(old: Sequence[str], new: Sequence[str]) -> list[str]:
    return [line for line in new if line not in old]


def _member(key: Key) -> str:
    return str(key[0]) if len(key) == 1 else f"({', '.join(map(str, key))})"


def _few(texts: Sequence[str]) -> str:
    shown = ", ".join(cut(text) for text in texts[:MAX_FIGURES])
    return shown if len(texts) <= MAX_FIGURES else f"{shown} and {len(texts) - MAX_FIGURES} more"


def number(value: float) -> str:
    """A figure as people write it: whole without a point, else ten digits."""
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.10g}"


def changed_elements(before: Formulation, after: Formulation) -> bool:
    """Whether anything that is solved differs: all but titles, words and assumptions."""
    silent = {"title": "", "assumptions": []}
    return before.model_copy(update=silent) != after.model_copy(update=silent)
