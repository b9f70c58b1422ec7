"""Turns nodes into a trace: which of them it shows, and what it calls them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentopt.graph.failure import Failure
from agentopt.graph.feedback import Feedback
from agentopt.graph.nodes import Node
from agentopt.graph.operation import CODE, Operation
from agentopt.graph.parameter_node import Version
from agentopt.graph.shown.step import WORDS, About, BlockCall, Step
from agentopt.graph.snapshot import Opaque, is_container, plain_scalar, snapshot, text_of_object
from agentopt.graph.state import Block

MAX_CONSTANT = 40
"""Characters up to which a plain constant stands in the expression of the call that takes it."""
RECEIVER = "self"
_LARGE = 10**MAX_CONSTANT
_SHORT = frozenset([int, float, bool, type(None), str])
_NO_NAME = re.compile(r"\W+")


@dataclass(frozen=True)
class Parts:
    """What a trace is made of."""

    steps: tuple[Step, ...]
    feedback: tuple[tuple[str, Feedback], ...]
    """Name of an output and what was said of it, in the order in which it was said."""
    documentation: Mapping[str, str]
    """Signature and docstring of each traced function, by name."""
    versions: Mapping[str, Version[Any]] = field(default_factory=dict)
    """The live versions of the trainable parameters, by name."""
    blocks: Mapping[str, BlockCall] = field(default_factory=dict)
    """What each outermost block was called with, by its name."""


def assemble(reached: Sequence[Node[Any]], said: Sequence[tuple[Node[Any], Feedback]]) -> Parts:
    """Name the nodes of a trace and write down how each was made.

    Args:
        reached: What lies between trainable parameters and the outputs, parents first.
        said: The outputs and what is said of them.
    """
    return _Assembly().build(reached, said)


def parameter_step(name: str, version: Version[Any]) -> Step:
    """How a trace shows a version of a parameter."""
    parameter = version.parameter
    domain = parameter.domain
    shown = "" if domain.kind in WORDS else domain.show(version.then)
    about = About(domain.kind, domain.describe(), parameter.description, version.number, shown)
    return Step(name, "parameter", kept_of(version), about=about)


class Names:
    """Gives out names of which no two are equal: a base as it is, then base_2, base_3."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._words: dict[str, str] = {}

    def number(self, base: str) -> str:
        """A name like base_1, the first of many."""
        word = self._words.get(base)
        if word is None:
            word = self._words[base] = _word(base)
        self._numbers[word] = count = self._numbers.get(word, 0) + 1
        name = f"{word}_{count}"
        if name in self._taken:
            return self.give(name)
        self._taken.add(name)
        return name

    def give(self, base: str) -> str:
        """A name like the base, an identifier."""
        base = _word(base)
        name, count = base, self._counts.get(base, 1)
        while name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._counts[base] = count
        self._taken.add(name)
        return name


def _word(text: str) -> str:
    """An identifier like a text."""
    word = _NO_NAME.sub("_", text).strip("_") or "value"
    return f"_{word}" if word[0].isdigit() else word


class _Assembly:
    def __init__(self) -> None:
        self._names = Names()
        self._arguments: dict[int, str] = {}
        """For a parameter without a name, by id: the argument as which it was first passed."""
        self._name: dict[int, str] = {}
        """By id of a node, or of the object that an opaque leaf stands for."""
        self._latest: dict[int, int] = {}
        """By id of a parameter: the number of its latest version in the trace."""
        self._steps: list[Step] = []
        self._versions: dict[str, Version[Any]] = {}
        self._operations: dict[int, tuple[str, Operation]] = {}
        self._operation_names = Names()
        self._blocks: dict[int, tuple[str, ...]] = {}
        self._outermost: dict[str, Block] = {}
        self._calls: dict[str, int] = {}

    def build(self, reached: Sequence[Node[Any]], said: Sequence[tuple[Node[Any], Feedback]]) -> Parts:
        if any(type(node) is Version and node.label is None for node in reached):
            self._name_by_argument(reached)
        for node in reached:
            if type(node) is Version:
                key = id(node.parameter)
                self._latest[key] = max(node.number, self._latest.get(key, 0))
        for node in reached:
            self._show(node)
        for output, _ in said:
            if id(output) not in self._name:
                # Nothing trainable led here; the reader still has to see of what the feedback speaks.
                self._show_input(output, "output")
        feedback = tuple((self._name[id(output)], words) for output, words in said)
        # Under the names that calls have here, by which two functions of one name are told apart.
        documentation = {
            name: name + text.removeprefix(operation.name)
            for name, operation in self._operations.values()
            if (text := operation.documentation)
        }
        # Last, when every step that a block may have been called with has its name.
        blocks = {name: self._block_call(block) for name, block in self._outermost.items()}
        return Parts(tuple(self._steps), feedback, documentation, self._versions, blocks)

    def _name_by_argument(self, reached: Sequence[Node[Any]]) -> None:
        for node in reached:
            for argument, parent in zip(node._names, node._parents, strict=True):
                if type(parent) is Version and parent.label is None:
                    self._arguments.setdefault(id(parent), argument)

    def _show(self, node: Node[Any]) -> None:
        if isinstance(node, Version):
            self._show_parameter(node)
            return
        made_by = node._operation
        assert made_by is not None  # a leaf without parents is reached by nothing
        operation = self._operation(made_by)
        arguments: dict[str, str] = {}
        parents: list[tuple[str, str]] = []
        names = self._name
        for argument, parent in zip(node._names, node._parents):
            if argument == RECEIVER and _is_receiver(parent):
                continue
            text = _constant(parent) if parent._operation is None and type(parent) is not Version else None
            if text is None:
                text = names.get(id(parent)) or self._name_of(parent, argument)
                parents.append((argument, text))
            if argument != CODE:
                arguments[argument] = text
        name = self._given(node, node.label) if node.label else self._numbered(node, operation)
        expression = made_by.expression(arguments, operation)
        blocks = self._block(node._scope) if type(node._scope) is Block else ()
        self._steps.append(Step(name, "call", kept_of(node), operation, expression, tuple(parents), blocks))

    def _show_parameter(self, node: Version[Any]) -> None:
        parameter = node.parameter
        name = parameter.name or self._arguments.get(id(node), "parameter")
        if self._latest.get(id(parameter), node.number) != node.number:
            # The plain name is for the version that an edit would start from.
            name = f"{name}_version_{node.number}"
        name = self._given(node, name)
        self._steps.append(parameter_step(name, node))
        self._versions[name] = node

    def _show_input(self, node: Node[Any], argument: str) -> str:
        name = self._given(node, node.label or argument)
        self._steps.append(Step(name, "input", kept_of(node)))
        return name

    def _name_of(self, parent: Node[Any], argument: str) -> str:
        """The name of a parent; one that nothing trainable led to becomes an input when it is first needed."""
        # Each call wraps its object, or a long text that it is given, anew; they are shown as the one that they are.
        kept = parent._snapshot
        if parent._operation is not None or parent.label is not None or not (kept is None or kept.opaque):
            return self._show_input(parent, argument)
        stands_for = id(parent._value)
        known = self._name.get(stands_for)
        if known is None:
            known = self._show_input(parent, argument)
        self._name[stands_for] = self._name[id(parent)] = known
        return known

    def _given(self, node: Node[Any], base: str) -> str:
        self._name[id(node)] = name = self._names.give(base)
        return name

    def _numbered(self, node: Node[Any], base: str) -> str:
        self._name[id(node)] = name = self._names.number(base)
        return name

    def _operation(self, operation: Operation) -> str:
        """The name of an operation; two functions of one name are told apart, operators are what they are."""
        if operation.function is None:
            return operation.name
        known = self._operations.get(id(operation))
        if known is None:
            known = self._operation_names.give(operation.name), operation
            self._operations[id(operation)] = known
        return known[0]

    def _block(self, scope: Block) -> tuple[str, ...]:
        """The blocks from the outermost to this one, as operation#number."""
        around: list[Block] = []
        inner: Block | None = scope
        while inner is not None and id(inner) not in self._blocks:
            around.append(inner)
            inner = inner.around
        path = self._blocks[id(inner)] if inner is not None else ()
        for block in reversed(around):
            operation = self._operation(block.operation)
            self._calls[operation] = number = self._calls.get(operation, 0) + 1
            path = (*path, f"{operation}#{number}")
            self._blocks[id(block)] = path
            if len(path) == 1:
                self._outermost[path[0]] = block
        return path

    def _block_call(self, block: Block) -> BlockCall:
        arguments: list[tuple[str, str]] = []
        parents: list[tuple[str, str]] = []
        for argument, parent in block.inputs:
            if argument == RECEIVER and _is_receiver(parent):
                continue
            text = _constant(parent) if parent._operation is None and type(parent) is not Version else None
            if text is None:
                text = self._name.get(id(parent)) or self._name_of(parent, argument)
                parents.append((argument, text))
            arguments.append((argument, text))
        return BlockCall(tuple(arguments), tuple(parents))


def _is_receiver(node: Node[Any]) -> bool:
    """Whether a node only stands for the object of a method, of which there is nothing to show."""
    return node._operation is None and node.label is None and not is_container(node._value)


def _constant(node: Node[Any]) -> str | None:
    """The text of a leaf that is a short plain constant, or None."""
    value = node._value
    kind = type(value)
    if node.label is not None or kind not in _SHORT or (kind is str and len(value) >= MAX_CONSTANT):
        return None
    if kind is int and not -_LARGE < value < _LARGE:
        return None
    text = repr(value)
    return text if len(text) <= MAX_CONSTANT + 2 else None


def kept_of(node: Node[Any]) -> Any:
    """What of a node's value goes into the trace; of an object that is no data, its text."""
    if node._snapshot is not None:
        return node._snapshot
    value = node._value
    if type(value) in _SHORT or isinstance(value, Failure):
        return value
    value = plain_scalar(value)
    # Of an object that a method was called on, and of a text that is one of a few, such as a StrEnum's.
    is_data = snapshot(value) is None and (type(value) is str or not isinstance(value, str))
    return value if is_data else Opaque(text_of_object(value))
