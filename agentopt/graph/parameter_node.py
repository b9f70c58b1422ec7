"""Parameters: the nodes that an optimizer may change, with every value that they ever had."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from agentopt.errors import DomainError, InputError, TraceError
from agentopt.graph.domains.domain import Domain, same
from agentopt.graph.nodes import Node
from agentopt.graph.snapshot import Snapshot, plain, snapshot
from agentopt.graph.state import born

T = TypeVar("T")
HUMAN = "human"
CHOSEN: ContextVar[dict[int, Version[Any]] | None] = ContextVar("agentopt_chosen", default=None)
"""By the ids of parameters: the versions that they have in a context, where these are not the current ones."""
_chosen = CHOSEN.get


@dataclass(frozen=True)
class Origin:
    """Where a value of a parameter came from."""

    author: str = HUMAN
    """"human", or "model:" and the model's name."""
    reason: str = ""
    parent: int | None = None
    """The number of the version that it was made from; None for the first."""


class Version(Node[T]):
    """One value of a parameter. Traces record versions, so an old trace keeps showing the old value."""

    __slots__ = ("number", "origin", "parameter", "score")

    def __init__(self, parameter: Parameter[T], value: T, kept: Snapshot | None, number: int, origin: Origin) -> None:
        super().__init__(value, kept, label=parameter.label)
        self.parameter = parameter
        self.number = number
        self.origin = origin
        self.score: float | None = None
        """How good it was found to be, higher is better; None before it was evaluated."""

    @property
    def author(self) -> str:
        return self.origin.author

    @property
    def reason(self) -> str:
        return self.origin.reason

    @property
    def parent(self) -> int | None:
        return self.origin.parent

    def recorded(self) -> Node[T]:
        return self

    def follow(self, by: Node[Any] | None = None) -> Node[T]:
        # Its parameter does: a value that was changed in place is a new version.
        return self

    def described(self) -> str:
        return self.parameter.described()

    def __deepcopy__(self, memo: dict[int, Any]) -> Version[T]:
        # Its parameter is copied first, and with it this.
        copied = copy.deepcopy(self.parameter, memo)
        known = self.parameter._versions
        if self.number < len(known) and known[self.number] is self:
            return copied._versions[self.number]
        return copied.version


class Parameter(Node[T]):
    """A node that may be changed, within its domain.

    Args:
        value: The first version, by the human who wrote it.
        domain: What values there are.
        name: What traces, prompts and files call it.
        description: What it is for, in a sentence for whoever changes it.
        trainable: Whether an optimizer may change it.

    Raises:
        DomainError: The value is not in the domain.
    """

    __slots__ = ("_current", "_lock", "_versions", "description", "domain", "trainable")

    def __init__(
        self, value: T, domain: Domain[T], *, name: str = "", description: str = "", trainable: bool = True
    ) -> None:
        domain.check(value)
        self._prepare(name or None)
        self.domain = domain
        self.description = description
        self.trainable = trainable
        self._current = self._append(value, Origin())

    def _prepare(self, label: str | None) -> None:
        self._snapshot, self._operation, self._scope = None, None, None
        self._names, self._parents = (), ()
        self.label = label
        self._versions: list[Version[T]] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self.label or ""

    @name.setter
    def name(self, name: str) -> None:
        self.label = name or None
        for version in self._versions:
            version.label = self.label

    @property
    def then(self) -> T:
        """The current value as it was when it was set."""
        return self.version.then

    @property
    def version(self) -> Version[T]:
        """The current version, in this context (see `using`)."""
        chosen = _chosen()
        if chosen is not None and (version := chosen.get(id(self))) is not None:
            return version
        return self._current

    # What every node has, in place of its slots.
    _later = version

    @property
    def _value(self) -> T:  # type: ignore[override]
        # Nothing else is read as often, and nearly always where nothing is chosen.
        return self._current._value if _chosen() is None else self.version._value

    @property
    def versions(self) -> tuple[Version[T], ...]:
        """Every version, oldest first; a version's number is its place here."""
        return tuple(self._versions)

    @property
    def best(self) -> Version[T] | None:
        """The version with the highest score, the earliest of equals; None before any was scored."""
        scored = [version for version in self._versions if version.score is not None]
        return max(scored, key=lambda version: (version.score, -version.number), default=None)

    def set(self, value: T, *, author: str = HUMAN, reason: str = "", parent: int | None = None) -> Version[T]:
        """Give it a new value, as a new version; an equal value changes nothing.

        Inside of `using` it has the new version there only.

        Args:
            value: In the domain.
            author: Who made it.
            reason: Why.
            parent: The number of the version that it was made from; None means the current one.

        Raises:
            DomainError: The value is not in the domain; nothing was changed.
        """
        self.domain.check(value)
        if same(value, self.version._kept()):
            return self.version
        number = self.version.number if parent is None else parent
        return self._go(self._append(value, Origin(author, reason, number)))

    def add(self, value: T, *, author: str = HUMAN, reason: str = "", parent: int | None = None) -> Version[T]:
        """Make a new version and stay at the current one; `using` and `use` go to it. May be called by several threads.

        Args:
            value: In the domain.
            author: Who made it.
            reason: Why.
            parent: The number of the version that it was made from; None means the current one.

        Raises:
            DomainError: The value is not in the domain; nothing was changed.
        """
        self.domain.check(value)
        return self._append(value, Origin(author, reason, self.version.number if parent is None else parent))

    def use(self, number: int) -> Version[T]:
        """Go to a version; the others stay. Inside of `using` it is gone to there only.

        Raises:
            InputError: There is no version of this number.
        """
        return self._go(self._versions[self._checked(number)])

    def undo(self) -> Version[T]:
        """Go back to the version from which the current one was made.

        Raises:
            InputError: The current version is the first.
        """
        parent = self.version.parent
        if parent is None:
            raise InputError(f"{self.name or 'the parameter'} is at its first version, there is nothing to undo")
        return self.use(parent)

    def lineage(self) -> tuple[Version[T], ...]:
        """The current version, the one that it was made from, and so on to the first."""
        line = [self.version]
        while (parent := line[-1].parent) is not None:
            line.append(self._versions[parent])
        return tuple(line)

    def diff(self, old: int | None = None, new: int | None = None) -> str:
        """A unified diff of two versions' texts; by default from the parent of the current version to it.

        Raises:
            InputError: There is no version of such a number.
        """
        after = self.version if new is None else self._versions[self._checked(new)]
        before = self._versions[self._checked((after.parent or 0) if old is None else old)]
        self._read()
        from agentopt.graph.domains.patch import diff

        return diff(self.domain.show(before._kept()), self.domain.show(after._kept()), self.name or "value")

    def recorded(self) -> Node[T]:
        """The current version, or a new one if the value was changed in place.

        Raises:
            DomainError: The changed value is not in the domain; there is no new version.
        """
        version = self.version
        kept = version._snapshot
        if kept is None or kept.same(now := snapshot(version._value)) or now is None:
            return version
        try:
            self.domain.check(version._value)
        except DomainError as error:
            back = f"go back with use({version.number})"
            raise DomainError(
                f"{self.described()} was changed in place and left its domain: {error}; {back}"
            ) from error
        changed = self._append(version._value, Origin(reason="changed in place", parent=version.number))
        if _chosen() is not None:
            # Others may go on with the version, and with the value that it means.
            version._value = self._made_again(version, kept)
        return self._go(changed)

    def restore(self, history: Sequence[tuple[T, Origin, float | None]], current: int) -> None:
        """Replace all versions by those of a history, such as a file's, inside and outside of `using`.

        Raises:
            DomainError: A value is not in the domain; nothing was changed.
            InputError: The current version's number, or a parent's, is not among them.
        """
        for value, origin, _ in history:
            self.domain.check(value)
            if origin.parent is not None and not 0 <= origin.parent < len(history):
                raise InputError(f"expected a parent among the {len(history)} versions, got {origin.parent}")
        if not 0 <= current < len(history):
            raise InputError(f"expected a current version among {len(history)}, got {current}")
        self._versions = []
        for value, origin, score in history:
            self._append(value, origin).score = score
        self._current = self._versions[current]
        chosen = _chosen()
        if chosen is not None:
            chosen.pop(id(self), None)

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            object.__setattr__(self, name, value)
        except (AttributeError, TraceError):
            raise TraceError(
                f"{self.described()} has no {name} to assign; give it a new value with set(value)"
            ) from None

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter[T]:
        self._read()
        made = object.__new__(type(self))
        memo[id(self)] = made
        made._prepare(self.label)
        made.domain = copy.deepcopy(self.domain, memo)
        made.description, made.trainable = self.description, self.trainable
        versions, current = self._history()
        for version in versions:
            made._append(copy.deepcopy(version._value, memo), version.origin).score = version.score
        made._current = made._versions[current]
        return born(made)

    def __copy__(self) -> Parameter[T]:
        return copy.deepcopy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        self._read()
        versions, current = self._history()
        history = [(version._value, version.origin, version.score) for version in versions]
        settings = (self.domain, self.name, self.description, self.trainable)
        return _remade, (settings, history, current)

    def _history(self) -> tuple[list[Version[T]], int]:
        """All versions, and the place among them of the one that it has in this context, which may be no other's."""
        versions, current = self._versions.copy(), self.version
        place = next((place for place, version in enumerate(versions) if version is current), None)
        return (versions, place) if place is not None else ([*versions, current], len(versions))

    def described(self) -> str:
        return f"the parameter {self.name!r}" if self.label else f"the parameter with the value {self._brief()}"

    def _append(self, value: T, origin: Origin) -> Version[T]:
        kept = snapshot(value)
        with self._lock:
            version = Version(self, value, kept, len(self._versions), origin)
            self._versions.append(version)
        return version

    def _go(self, version: Version[T]) -> Version[T]:
        kept = version._snapshot
        if kept is not None and not kept.same(snapshot(version._value)):
            # The object was changed in place since; the version means the value that it had.
            version._value = self._made_again(version, kept)
        chosen = _chosen()
        if chosen is None:
            self._current = version
        else:
            chosen[id(self)] = version
        return version

    def _made_again(self, version: Version[T], kept: Snapshot) -> T:
        """The value that a version had, or, where that was not kept in full, what became of it."""
        value = kept.value
        try:
            self.domain.check(value)
        except DomainError:
            # A snapshot has stand-ins for objects of the user's classes, which typed data can be read from.
            try:
                return self.domain.parse(plain(value))
            except DomainError:
                return version._value
        return cast(T, value)

    def _checked(self, number: int) -> int:
        last = len(self._versions) - 1
        if not 0 <= number <= last:
            raise InputError(f"{self.name or 'the parameter'} has versions 0 to {last}, not {number}")
        return number


def _remade(settings: tuple[Any, ...], history: list[tuple[Any, Origin, float | None]], current: int) -> Parameter[Any]:
    domain, name, description, trainable = settings
    made = Parameter(history[0][0], domain, name=name, description=description, trainable=trainable)
    made.restore(history, current)
    return born(made)
