"""Compares what a decision is with what it counts: 2.5 trucks, or tonnes that must be whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..formulation import Formulation, Variable
from ..instance import Key
from ..language.unit import parse_unit
from ..solution import label
from .doubt import Doubt, doubtful, holds, not_tried
from .subject import Subject

_WHOLE = re.compile(
    r"\b(?:people|persons?|workers?|employees?|staff|nurses?|doctors?|drivers?|teachers?|students?|passengers?|agents?"
    r"|machines?|trucks?|vans?|buses|bus|cars?|vehicles?|planes?|aircraft|flights?|ships?|boats?|trips?|tables?|chairs?"
    r"|desks?|benches|doors?|windows?|houses?|buildings?|bicycles?|bikes?|phones?|laptops?|computers?|toys?|dolls?"
    r"|shirts?|pants|shoes|jackets?|tickets?|seats?|rooms?|beds?|boxes|crates|containers|pallets|posters?|ads?"
    r"|advertisements?|commercials?|stores?|warehouses?|animals?|cows?|pigs?|sheep|dogs?|cats?)\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:fraction|parts?\b|partial|divisible|split|continuous|half|share|average|whole|integer)", re.IGNORECASE
)
_NEARLY = 1e-4


def compare_kinds(subject: Subject) -> list[Doubt]:
    """Find things that cannot be split but come in parts, and amounts that could be but are whole.

    An assumption or a meaning that speaks of parts or of whole numbers settles it. Whether
    the two readings differ in what comes of them shows only when both are solved.
    """
    if not subject.solution.variables:
        return [not_tried("whole numbers", "there is no plan")]
    found = [*_split(subject), *_kept_whole(subject.instance.formulation)]
    return found or [holds("whole numbers", "what is counted comes out whole, and what can be split may be")]


def _split(subject: Subject) -> Iterator[Doubt]:
    formulation = subject.instance.formulation
    for variable in formulation.variables:
        if variable.domain != "continuous" or not _is_counted(variable) or _settled(formulation, variable):
            continue
        broken = _first_broken(subject.solution.variables.get(variable.name, {}))
        if broken is not None:
            shown = f"{label(variable.name, broken[0])} = {broken[1]:.6g}"
            detail = f"{subject.in_words(variable.name)}: {shown} is a part of something that seems to be whole"
            yield doubtful(f"variable {variable.name}", f"{detail}; let it be integer, or assume that parts are meant")


def _kept_whole(formulation: Formulation) -> Iterator[Doubt]:
    for variable in formulation.variables:
        unit = parse_unit(variable.unit)
        measured = unit is not None and not unit.counts_only and len(unit.powers) == 1
        if variable.domain == "integer" and measured and not _settled(formulation, variable):
            detail = f"{variable.name} must be whole, although its unit {variable.unit} can be split"
            yield doubtful(f"variable {variable.name}", f"{detail}; let it be continuous, or say why not")


def _is_counted(variable: Variable) -> bool:
    unit = parse_unit(variable.unit)
    if unit is not None and (not unit.counts_only or len(unit.powers) > 1):
        return False  # tonnes, hours, and whatever is so much per something else
    if variable.unit and _WHOLE.search(variable.unit):
        return True
    words = f"{variable.source} {variable.meaning}"
    return bool(re.search(r"\bhow many\b|\bnumber of\b", words, re.IGNORECASE) and _WHOLE.search(words))


def _settled(formulation: Formulation, variable: Variable) -> bool:
    return any(_SAID.search(text) for text in (*formulation.assumptions, variable.meaning))


def _first_broken(values: dict[Key, float]) -> tuple[Key, float] | None:
    return next(((key, value) for key, value in values.items() if abs(value - round(value)) > _NEARLY), None)
