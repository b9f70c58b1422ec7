"""Reads what a user asks of a plan, as "make[B] >= 1", as a constraint of the instance."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from agentopt.errors import ExpressionError, FormulationError, UnitError

from ..data.members import Members
from ..formulation import Constraint, Formulation
from ..instance import Instance, Member
from ..language.expression import Clause, Item, Name, Node, Number, Statement, Text, walk
from ..language.parser import parse
from ..language.quoting import Place, places_of, quote_members
from ..language.units import check_units
from ..shorten import cut, listed
from ..variants import with_constraint

WISH = "asked"
"""Name of the constraint, with a number behind it where the name is taken."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_COMPARISONS = (("≤", "<="), ("≥", ">="), ("=<", "<="), ("=>", ">="))
_LONE_EQUALS = re.compile(r"(?<![<>=!])=(?!=)")


def statement_of(instance: Instance, text: str) -> Constraint:
    """Read a constraint as people write it.

    A member inside of brackets needs no quotes ("make[B] >= 1", "ship[New York, Oslo] == 0")
    unless an index of the text has its name; "=" is read as "==".

    Raises:
        FormulationError: It is no constraint of this instance; one sentence says why.
        UnitError: Its two sides have different units.
    """
    if not text.strip():
        raise FormulationError("expected a constraint, as 'make[B] >= 1', got an empty text")
    reader = _Reader(instance)
    name = fresh_name(instance.formulation)
    wish = Constraint(name=name, expression=reader.quoted(text))
    try:
        reader.require_members(parse(wish.expression))
    except ExpressionError as error:
        raise FormulationError(str(error), f"constraint {name}") from None
    analysis = with_constraint(instance, wish).analysis
    clash = next((clash for clash in check_units(analysis) if clash.element == f"constraint {name}"), None)
    if clash is not None:
        raise UnitError(clash.message, clash.element)
    return wish


def fresh_name(formulation: Formulation, name: str = WISH) -> str:
    """A name that no element has: the given one, or the first free of name_2, name_3, ..."""
    taken = {element.name for _, element in formulation.elements()}
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


@dataclass(frozen=True)
class _Reader:
    """Knows what may stand in the brackets of each name."""

    instance: Instance

    @cached_property
    def places(self) -> dict[str, list[Place]]:
        """For each indexed parameter and variable: the set, and the position in its members, of each index."""
        return places_of(self.instance)

    def quoted(self, text: str) -> str:
        """The text with comparisons as the language writes them and members in quotes."""
        return quote_members("".join(_outside(text, _compared)), self.instance, self.places)

    def require_members(self, statement: Statement) -> None:
        """Refuse a key that its set does not have, before a solver meets it.

        Raises:
            FormulationError: There is one; the set's members are listed.
        """
        for item, bound in _items(statement):
            meant = [_literal(key, bound, self.instance) for key in item.keys]
            for part, (members, place) in zip(meant, self.places.get(item.name, [])):
                if part is not None and part not in members.readings[place]:
                    raise _no_member(part, members, [key[place] for key in members.keys])
            for members, key in self._by_set(item.name, meant):
                if None not in key and key not in members.known:
                    raise _no_member(key, members, members.keys)

    def _by_set(self, name: str, meant: list[Member | None]) -> Iterator[tuple[Members, tuple[Member | None, ...]]]:
        """The parts of a key that are one member of a set of pairs or longer."""
        places = self.places.get(name, [])
        for start, (members, place) in enumerate(places[: len(meant)]):
            if place == 0 and members.width > 1:
                yield members, tuple(meant[start : start + members.width])


def _no_member(
    meant: Member | tuple[Member | None, ...], members: Members, known: Iterable[object]
) -> FormulationError:
    texts = [str(member) for member in dict.fromkeys(known)]
    near = difflib.get_close_matches(str(meant), texts, 1)
    hint = f"did you mean {near[0]}?" if near else f"its members: {listed(texts)}"
    return FormulationError(f"{cut(repr(meant))} is no member of {members.name}; {hint}")


def _items(statement: Statement) -> Iterator[tuple[Item, frozenset[str]]]:
    """Every indexed name, and all index names that the statement binds anywhere."""
    nodes = [*walk(statement.body), *(part for clause in statement.clauses for part in walk(clause))]
    bound = {name for node in nodes if isinstance(node, Clause) for name in node.targets}
    for node in nodes:
        if isinstance(node, Item):
            yield node, frozenset(bound)


def _literal(node: Node, bound: frozenset[str], instance: Instance) -> Member | None:
    """The member that a key spells out; None where it is computed."""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Number) and node.value.is_integer():
        return int(node.value)
    if isinstance(node, Name) and node.name not in bound and node.name not in instance.analysis.symbols:
        return node.name
    return None


def _compared(text: str) -> str:
    for other, ours in _COMPARISONS:
        text = text.replace(other, ours)
    return _LONE_EQUALS.sub("==", text)


def _outside(text: str, change: Callable[[str], str]) -> Iterator[str]:
    """The text in pieces, those outside of quotes changed."""
    at = 0
    for match in _QUOTED.finditer(text):
        yield change(text[at : match.start()])
        yield match[0]
        at = match.end()
    yield change(text[at:])
