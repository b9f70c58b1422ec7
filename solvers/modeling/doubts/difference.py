"""Says in one sentence how two formulations of one text differ most tellingly."""

from __future__ import annotations

from collections.abc import Iterator

from ..instance import Instance
from ..language.unit import parse_unit
from ..pointwise.bounds import variable_keys
from .conversions import factor_of
from .stated import constants, own_values

_PLAIN = frozenset(("0", "1", "100"))
_MAX_SHOWN = 4


def telling_difference(first: Instance, second: Instance) -> str:
    """The sense, what is whole, the figures that only one uses, or the sizes: the first of them that differs."""
    return next(_differences(first, second), "both use the same figures, so some requirement is read in another way")


def _differences(first: Instance, second: Instance) -> Iterator[str]:
    senses = [instance.formulation.objective.sense for instance in (first, second)]
    if senses[0] != senses[1]:
        yield f"the first is to {senses[0]}, the second to {senses[1]}"
    wholes = [_n_whole(instance) for instance in (first, second)]
    if (wholes[0] == 0) != (wholes[1] == 0):
        which = ("first", "second") if wholes[0] else ("second", "first")
        yield f"the {which[0]} has {max(wholes)} whole decisions, the {which[1]} has none"
    used = [_figures(instance) for instance in (first, second)]
    only = [
        f"only the {word} uses {', '.join(list(more)[:_MAX_SHOWN])}"
        for word, mine, other in (("first", used[0], used[1]), ("second", used[1], used[0]))
        if (more := [shown for digits, shown in mine.items() if digits not in other])
    ]
    if only:
        yield "; ".join(only)
    if wholes[0] != wholes[1]:
        yield f"the first has {wholes[0]} whole decisions, the second {wholes[1]}"
    ops = [_n_rows(instance) for instance in (first, second)]
    if ops[0] != ops[1]:
        yield f"the first states {ops[0]} requirements, the second {ops[1]}"


def _n_whole(instance: Instance) -> int:
    variables = (variable for variable in instance.formulation.variables if variable.domain != "continuous")
    return sum(sum(1 for _ in variable_keys(instance, variable)) for variable in variables)


def _n_rows(instance: Instance) -> int:
    return len(instance.formulation.constraints)


def _figures(instance: Instance) -> dict[str, str]:
    """Figures as their leading digits -> with their parameter, as "40 (max_benches)"; plain ones left out."""
    found: dict[str, str] = {}
    for parameter in instance.formulation.parameters:
        if not factor_of(parse_unit(parameter.unit)):
            for _, value in own_values(instance, parameter):
                found.setdefault(f"{abs(value):.6g}", f"{value:.6g} ({parameter.name})")
    for element, value in constants(instance):
        found.setdefault(f"{abs(value):.6g}", f"{value:.6g} ({element.partition(' ')[2] or element})")
    return {digits: shown for digits, shown in found.items() if digits not in _PLAIN}
