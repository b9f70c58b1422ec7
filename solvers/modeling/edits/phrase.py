"""Reads edits that people write in a few fixed forms, so that a change of data needs no model.

    capacity[oslo] = 120          demand *= 1.1          price up 10 %        oven_hours down by 2
    drop rye_sales                bake integer           make[B] >= 5         maximize sum(x[p] for p in P)
    remove oslo from PLANTS

What is in none of these forms is left to a model; nothing is guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Literal

from agentopt.errors import FormulationError

from ..data.members import Members
from ..formulation import Constraint, Member, Objective
from ..instance import Instance
from ..language.analysis import quantity_of
from ..language.expression import names_in
from ..language.quoting import Place, member_of, places_of, quote_members
from ..shorten import listed
from ..variants import with_constraint
from .edit import ChangeData, Drop, Edit, PutConstraint, RemoveMember, SetDomain, SetObjective

MAX_LOOKED_AT = 1000
"""Members of a set that a message chooses its examples from."""

By = Literal["set", "scale", "add"]

_NAME = r"(?P<name>[A-Za-z_]\w*)\s*(?:\[(?P<key>[^\]]*)\])?"
_NUMBER = r"(?P<number>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?)"
_PERCENT = r"\s*(?P<percent>%|percent|per cent)?"
_UP = r"up|rises?|increases?|increased|raised?|more|plus|\+"
_DOWN = r"down|falls?|decreases?|decreased|lower(?:ed)?|cut|less|minus|-"
_FORMS = (
    re.compile(rf"(?:set\s+)?{_NAME}\s*(?P<op>:=|=|\+=|-=|\*=|/=|\bto\b)\s*{_NUMBER}{_PERCENT}\s*"),
    re.compile(rf"{_NAME}\s+(?:is\s+|goes\s+)?(?P<op>{_UP}|{_DOWN})\s*(?:by\s+)?{_NUMBER}{_PERCENT}\s*"),
    re.compile(rf"{_NAME}\s*(?P<op>[-+])\s*{_NUMBER}\s*(?P<percent>%)\s*"),
)
_DOMAINS = {
    "integer": "integer", "whole": "integer", "integers": "integer", "continuous": "continuous",
    "divisible": "continuous", "fractional": "continuous", "binary": "binary",
}  # fmt: skip


def read_phrase(text: str, instance: Instance) -> list[Edit]:
    """The edits that a text in one of the fixed forms means; several stand apart by semicolons.

    Returns:
        The edits; none when a part is in no such form.

    Raises:
        FormulationError: The form is right, but a key names no member.
    """
    edits: list[Edit] = []
    for part in re.split(r";|\n", text):
        if part.strip():
            edit = _read_one(part.strip().rstrip("?."), instance)
            if edit is None:
                return []
            edits.append(edit)
    return edits


def _read_one(text: str, instance: Instance) -> Edit | None:
    readers: tuple[Callable[[str, Instance], Edit | None], ...] = (
        _data, _drop, _remove, _domain, _objective, _constraint,
    )  # fmt: skip
    for reader in readers:
        edit = reader(text, instance)
        if edit is not None:
            return edit
    return None


def _data(text: str, instance: Instance) -> Edit | None:
    for form in _FORMS:
        found = form.fullmatch(text)
        number = _number(found["number"]) if found is not None else None
        if found is None or number is None:
            continue
        name = _parameter(found["name"], instance)
        if name is None:
            continue
        by, amount = _meaning(found["op"].lower(), number, bool(found["percent"]))
        if by is not None and math.isfinite(amount):
            key = _key(found["key"], name, instance)
            return ChangeData(op="change_data", parameter=name, by=by, amount=amount, key=key)
    return None


def _meaning(op: str, number: float, percent: bool) -> tuple[By | None, float]:
    """The kind of change and its amount; None: the form means nothing that is sure."""
    if op in (":=", "=", "to"):
        return (None, 0.0) if percent else ("set", number)
    if op == "*=":
        return "scale", number / 100 if percent else number
    if op == "/=":
        return ("scale", 1.0 / number) if number and not percent else (None, 0.0)
    sign = -1.0 if op == "-=" or re.fullmatch(_DOWN, op) else 1.0
    return ("scale", 1.0 + sign * number / 100) if percent else ("add", sign * number)


def _number(text: str) -> float | None:
    """The number that is written; None where there is none, or none that is finite."""
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _parameter(name: str, instance: Instance) -> str | None:
    """The parameter that a name means: exact first, then but for case, then the only element with that word in it.

    A name of anything else than a parameter with data is never taken for one: of a variable
    a figure is required, not set.
    """
    given = {p.name for p in instance.formulation.parameters if p.expression is None}
    every = [element.name for _, element in instance.formulation.elements()]
    folded = name.casefold()
    for matches in (
        [other for other in every if other == name],
        [other for other in every if other.casefold() == folded],
        [other for other in every if folded in other.casefold().split("_")],
    ):
        if matches:
            return matches[0] if len(matches) == 1 and matches[0] in given else None
    return None


def _key(text: str | None, parameter: str, instance: Instance) -> list[Member | None] | None:
    if text is None:
        return None
    parts = [_bare(part) for part in text.split(",")]
    places = places_of(instance)[parameter]
    if len(parts) != len(places):
        raise FormulationError(f"parameter {parameter} takes {len(places)} key(s), got {len(parts)} in [{text}]")
    return [None if part in ("*", ":", "") else _member(part, place) for part, place in zip(parts, places)]


def _bare(text: str) -> str:
    """A key without the quotes around it; an apostrophe within stays."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _member(text: str, place: Place) -> Member:
    found = member_of(text, place)
    if found is None:
        members, position = place
        known = listed(dict.fromkeys(str(key[position]) for key in members.keys[:MAX_LOOKED_AT]), 8)
        raise FormulationError(f"{text!r} is no member of {members.name} ({known})")
    return found


def _drop(text: str, instance: Instance) -> Edit | None:
    found = re.fullmatch(r"(?i:drop|without|ignore|leave out)\s+(?:the\s+)?(?P<name>\w+)", text)
    names = {c.name for c in instance.formulation.constraints}
    return Drop(op="drop", name=found["name"]) if found and found["name"] in names else None


def _remove(text: str, instance: Instance) -> Edit | None:
    found = re.fullmatch(r"(?i:remove|close|without|take)\s+(?P<member>.+?)\s+(?i:from|in|out of)\s+(?P<set>\w+)", text)
    sets = {s.name: s for s in instance.formulation.sets}
    if found is None or found["set"] not in sets or instance.analysis.symbols[found["set"]].arity != 1:
        return None
    place = (Members(found["set"], instance.data.sets[found["set"]], 1), 0)
    member = _member(_bare(found["member"]), place)
    return RemoveMember(op="remove_member", set=found["set"], member=member)


def _domain(text: str, instance: Instance) -> Edit | None:
    found = re.fullmatch(r"(?P<name>\w+)\s+(?:is\s+|as\s+)?(?P<domain>\w+)", text)
    if found is None or found["domain"].lower() not in _DOMAINS:
        return None
    known = {v.name for v in instance.formulation.variables}
    if found["name"] not in known:
        return None
    return SetDomain.model_validate(
        {"op": "set_domain", "variable": found["name"], "domain": _DOMAINS[found["domain"].lower()]}
    )


def _objective(text: str, instance: Instance) -> Edit | None:
    found = re.fullmatch(r"(?P<sense>(?i:maximize|minimize|maximise|minimise))\s+(?P<expression>.+)", text, re.DOTALL)
    if found is None:
        return None
    expression = quote_members(found["expression"], instance)
    try:
        statement = quantity_of(instance.analysis, expression)
    except FormulationError:
        return None
    if not names_in(statement.body) & {variable.name for variable in instance.formulation.variables}:
        return None
    sense: Literal["maximize", "minimize"] = "maximize" if found["sense"].lower().startswith("max") else "minimize"
    return SetObjective(op="set_objective", objective=Objective(sense=sense, expression=expression))


def _constraint(text: str, instance: Instance) -> Edit | None:
    """A comparison with a variable in it is a requirement."""
    text = text.removeprefix("require ").removeprefix("add constraint ")
    expression = quote_members(re.sub(r"(?<![<>=!])=(?!=)", "==", text), instance)
    if not re.search(r"<=|>=|==", expression):
        return None
    constraint = Constraint(name=_free_name(instance), expression=expression, meaning=f"What was asked for: {text}")
    try:
        with_constraint(instance, constraint)
    except FormulationError:
        return None
    return PutConstraint(op="put_constraint", element=constraint)


def _free_name(instance: Instance) -> str:
    taken = {element.name for _, element in instance.formulation.elements()}
    return next(name for number in range(1, len(taken) + 2) if (name := f"asked_{number}") not in taken)
