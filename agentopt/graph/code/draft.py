"""The text of a prelude while it is written: lines, variables and the modules that they fill."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agentopt.errors import DomainError

_HEAD = '''\
def __surround__(program):
    import __future__, sys
    from importlib import import_module
    from types import ModuleType

    def module(name, package):
        made = ModuleType(name)
        made.__surrounds__, made.__package__ = True, package
        if hasattr(sys.modules.get(name, made), "__surrounds__"):
            sys.modules[name] = made
        return made

    def define(module, source, name, future, apart):
        flags = __future__.annotations.compiler_flag if future else 0
        space = {} if apart else module.__dict__
        exec(compile(source, f"<{name}>", "exec", flags, True), module.__dict__, space)
        return space[name]

    def rebuild(kind, fields):
        made = object.__new__(kind)
        for name, value in fields.items():
            object.__setattr__(made, name, value)
        return made

    class Unknown(type):
        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return self
        def __getitem__(self, item): return self
        def __or__(self, other): return self
        def __ror__(self, other): return self

    class Unseen(metaclass=Unknown):
        """Stands for what only annotations name."""

'''
_TAIL = "__surround__(globals())\ndel __surround__\n"


@dataclass(frozen=True)
class Variable:
    """A variable of the prelude that holds a module."""

    name: str

    @property
    def names(self) -> str:
        """How the prelude writes the dict of the module's names."""
        return f"{self.name}.__dict__"


class Draft:
    """Lines inside of one function, so that the program sees none of their variables."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._n_variables = 0
        self._known: dict[int, str] = {}
        self._waiting: dict[int, list[str]] = {}
        self._bound: set[tuple[str, str]] = set()
        self._modules: dict[int, Variable] = {}
        # The number of an object is its own only as long as it lives.
        self._alive: list[object] = []

    def line(self, text: str) -> None:
        """Write a line."""
        self._lines.append(f"    {text}\n")

    def variable(self, expression: str) -> str:
        """Give a new variable the value of an expression."""
        self._n_variables += 1
        name = f"v{self._n_variables}"
        self.line(f"{name} = {expression}")
        return name

    def module(self, name: str, package: str, stands_for: object = None) -> Variable:
        """Make a module, known to imports under its name unless a real one has that.

        Args:
            name: Of the module.
            package: In which its relative imports look.
            stands_for: What it is made for only once; None makes a new one at each call.
        """
        known = self._modules.get(id(stands_for))
        if stands_for is not None and known is not None:
            return known
        self._alive.append(stands_for)
        made = Variable(self.variable(f"module({name!r}, {package!r})"))
        if stands_for is not None:
            self._modules[id(stands_for)] = made
        return made

    def known(self, thing: object) -> str | None:
        """The variable that holds an object already."""
        return self._known.get(id(thing))

    def remember(self, thing: object, variable: str) -> str:
        """Note the variable that holds an object."""
        self._alive.append(thing)
        self._known[id(thing)] = variable
        return variable

    def begun(self, thing: object) -> bool:
        """Whether an object is being written, further up."""
        return id(thing) in self._waiting

    def begin(self, thing: object) -> None:
        """Note that an object is being written: what it needs comes first, and may need it in turn."""
        self._alive.append(thing)
        self._waiting[id(thing)] = []

    def end(self, thing: object, variable: str) -> str:
        """Note that it is written, and fill the places that wait for it."""
        for target in self._waiting.pop(id(thing)):
            self.line(f"{target} = {variable}")
        return self.remember(thing, variable)

    def wait(self, thing: object, target: str) -> None:
        """Fill a place once the object is written."""
        self._waiting[id(thing)].append(target)

    def first(self, target: str, name: str) -> bool:
        """Whether a name of a module is still to be bound; it counts as bound from now on."""
        fresh = (target, name) not in self._bound
        self._bound.add((target, name))
        return fresh

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Take everything back that was written inside, and go on, if it raises DomainError."""
        kept = copy.deepcopy((self._lines, self._known, self._waiting, self._bound, self._modules))
        try:
            yield
        except DomainError:
            self._lines, self._known, self._waiting, self._bound, self._modules = kept

    def text(self) -> str:
        """The prelude; "" if nothing was written."""
        return _HEAD + "".join(self._lines) + _TAIL if self._lines else ""
