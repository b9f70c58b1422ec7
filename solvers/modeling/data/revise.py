"""Data with the changes that a formulation states, and all that is computed from them computed again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice

from agentopt.errors import DataError

from ..formulation import Change, Formulation, Parameter, SetElement
from ..instance import Data, Instance, Key, Member
from ..shorten import cut
from .binder import MAX_MEMBERS, Binder, naming, order
from .members import KeySpace
from .tables import Tables


def has_changes(formulation: Formulation) -> bool:
    """Whether a set or a parameter states a change of its own data."""
    return any(s.added or s.removed for s in formulation.sets) or any(p.changes for p in formulation.parameters)


def revised(given: Instance) -> Instance:
    """Make the changes that the formulation states.

    Args:
        given: The instance without them, as its tables say.

    Raises:
        DataError: A change names what is not there, or leaves a key without a value.
        FormulationError: The same, of data that stand in the formulation.
    """
    reviser = _Reviser(given, given.data)
    for name in order(given.analysis):
        reviser.revise(name)
    return reviser.instance()


def recomputed(instance: Instance, values: Mapping[str, dict[Key, float]]) -> Instance:
    """Take other values for some parameters, and compute again what is computed from them.

    Args:
        instance: Complete, its changes made.
        values: Parameter -> values by key, in place of its own.
    """
    data = Data(instance.data.sets, instance.data.parameters | dict(values), instance.data.defaults)
    reviser = _Reviser(instance, data)
    for name in order(instance.analysis):
        reviser.compute(name)
    return reviser.instance()


class _Reviser:
    """Sets and parameters as they become, element by element."""

    def __init__(self, given: Instance, data: Data) -> None:
        self.given, self.data = given, data
        self.binder = Binder(given.analysis, Tables())
        self.binder.defaults.update(data.defaults)
        self.gone = {part for s in given.formulation.sets for member in s.removed for part in _key(member)}
        """What members that were removed are made of."""

    def instance(self) -> Instance:
        """What has come of it."""
        formulation, binder = self.given.formulation, self.binder
        sets = {s.name: binder.sets[s.name] for s in formulation.sets}
        parameters = {p.name: binder.parameters[p.name] for p in formulation.parameters}
        return Instance(self.given.analysis, Data(sets, parameters, binder.defaults))

    def compute(self, name: str) -> None:
        """Take an element as it is, unless it is computed."""
        binder = self.binder
        if name in self.given.analysis.sets or name in self.given.analysis.parameters:
            binder.bind(name)
        elif name in binder.set_elements:
            binder.keep_members(name, self.data.sets[name])
        else:
            binder.parameters[name] = self.data.parameters[name]

    def revise(self, name: str) -> None:
        """Make the changes of one element."""
        binder = self.binder
        if name in binder.set_elements:
            element = binder.set_elements[name]
            with naming(f"set {name}", of_table=element.data is not None):
                self.compute(name)
                if element.added or element.removed:
                    binder.keep_members(name, _members(element, binder.sets[name]))
            return
        parameter = binder.parameter_elements[name]
        with naming(f"parameter {name}", of_table=parameter.data is not None):
            self.compute(name)
            values = binder.parameters[name] = self.values(parameter)
            binder.require_complete(name, values, binder.space(parameter))

    def values(self, parameter: Parameter) -> dict[Key, float]:
        space = self.binder.space(parameter)
        values = self.binder.parameters[parameter.name]
        if any(self.binder.sets[name] != self.data.sets[name] for name in parameter.index):
            if isinstance(parameter.value, float):
                values = self.binder.given_values(parameter, space)
            else:
                values = {key: value for key, value in values.items() if _is_in(space, key)}
        for change in parameter.changes:
            if not self.is_dormant(change, space):
                values = self.changed(parameter.name, values, change, space)
        return values

    def is_dormant(self, change: Change, space: KeySpace) -> bool:
        """Whether a change is of a member that was removed; it counts again when that comes back."""
        if change.key is None or not self.gone.intersection(change.key) or len(change.key) != space.arity:
            return False
        if None in change.key:
            places = [(members, place) for members in space.sets for place in range(members.width)]
            return any(p is not None and p not in m.readings[at] for (m, at), p in zip(places, change.key))
        return not _is_in(space, tuple(part for part in change.key if part is not None))

    def changed(self, name: str, values: dict[Key, float], change: Change, space: KeySpace) -> dict[Key, float]:
        default = self.binder.defaults.get(name)
        pattern = _pattern(change, space)
        everywhere = all(part is None for part in pattern) and bool(pattern)
        if everywhere and default is not None:
            default = self.binder.defaults[name] = _result(change, default, ())
        new = dict(values)
        # Where an absent key is 0, a factor leaves it 0; else it must be looked at.
        sparse = default is not None and (everywhere or (change.by == "scale" and not default))
        for key in _matching(values, pattern) if sparse else _all_matching(space, pattern):
            old = values.get(key, default)
            if old is not None or change.by == "set":
                new[key] = _result(change, old or 0.0, key)
        return new


def _members(element: SetElement, given: tuple[Key, ...]) -> tuple[Key, ...]:
    """The members as they become: those of the origin, then those that were added, without those that were removed."""
    removed = [_key(member) for member in element.removed]
    added = [_key(member) for member in element.added]
    known, width = set(given), len(given[0]) if given else 1
    for key in added:
        if key in known:
            raise DataError(f"{_shown(key)} is to be added, but is a member already")
        if len(key) != width:
            raise DataError(f"{_shown(key)} is to be added, but the members have {width} position(s)")
        known.add(key)
    for key in removed:
        if key not in known:
            raise DataError(f"{_shown(key)} is to be removed, but is no member")
        known.remove(key)
    left = tuple(key for key in (*given, *added) if key in known)
    if not left:
        raise DataError("no member is left")
    return left


def _key(member: Member | list[Member]) -> Key:
    return tuple(member) if isinstance(member, list) else (member,)


def _is_in(space: KeySpace, key: Key) -> bool:
    start = 0
    for members in space.sets:
        if key[start : start + members.width] not in members.known:
            return False
        start += members.width
    return True


def _pattern(change: Change, space: KeySpace) -> tuple[Member | None, ...]:
    """The members that a change names, as the sets spell them; None stands for every one."""
    if change.key is None:
        return (None,) * space.arity
    if len(change.key) != space.arity:
        raise DataError(f"expected a change of {space.arity} key position(s), got {len(change.key)}")
    positions = [(members, place) for members in space.sets for place in range(members.width)]
    for (members, place), part in zip(positions, change.key):
        if part is not None and part not in members.readings[place]:
            raise DataError(f"{cut(repr(part))} is to be changed, but is no member of {members.name}")
    return tuple(
        None if part is None else members.readings[place][part] for (members, place), part in zip(positions, change.key)
    )


def _matching(keys: Mapping[Key, float], pattern: tuple[Member | None, ...]) -> Iterator[Key]:
    named = [(place, part) for place, part in enumerate(pattern) if part is not None]
    return (key for key in keys if all(key[place] == part for place, part in named))


def _all_matching(space: KeySpace, pattern: tuple[Member | None, ...]) -> Iterator[Key]:
    if not space.sets:
        return iter([()])
    if None not in pattern:
        whole = tuple(part for part in pattern if part is not None)
        if not _is_in(space, whole):
            raise DataError(f"{_shown(whole)} is to be changed, but is no key of {space.title}")
        return iter([whole])
    if space.size > MAX_MEMBERS:
        raise DataError(f"the change would touch up to {space.size} keys, more than {MAX_MEMBERS}")
    return _matching(dict.fromkeys(islice(space, MAX_MEMBERS), 0.0), pattern)


def _result(change: Change, old: float, key: Key) -> float:
    new = {"set": change.amount, "scale": old * change.amount, "add": old + change.amount}[change.by]
    if not math.isfinite(new):
        raise DataError(f"the change of {_shown(key) if key else 'it'} gives no finite number")
    return new


def _shown(key: Key) -> str:
    return cut(repr(key[0]) if len(key) == 1 else repr(key), 80)
