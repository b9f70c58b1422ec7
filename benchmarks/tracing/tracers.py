"""Three tracers under one vocabulary, so that one script measures all of them by the same lines.

This file is imported by the peers' interpreters too: a tracer's package is imported only when that tracer is made, and
nothing of `agentopt` for a peer. Every value is a text of at most eight characters, which textgrad can hold as well.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any


def one(a: str) -> str:
    """Keep four characters."""
    return a[:4]


def two(a: str, b: str) -> str:
    """Put two texts together."""
    return a[:4] + b[:4]


def code(a: str, b: str) -> str:
    """Put two texts together, in a function that may be learned."""
    return a[:4] + b[:4]


def join(*parts: str) -> str:
    """Keep the first of many texts."""
    return parts[0]


async def later(a: str, b: str) -> str:
    """Put two texts together, after others had their turn."""
    await asyncio.sleep(0)
    return a[:4] + b[:4]


class Tracer(ABC):
    """What is measured of a tracer; an ability that it lacks is None."""

    node_class: type
    """The class that every node is of."""
    leaf: Callable[[str], Any]
    parameter: Callable[[str], Any]
    one: Callable[[Any], Any]
    two: Callable[[Any, Any], Any]
    join: Callable[..., Any]
    code: Callable[[Any, Any], Any] | None = None
    later: Callable[[Any, Any], Any] | None = None
    off: Callable[[], AbstractContextManager[Any]] | None = None

    @abstractmethod
    def backward(self, output: Any) -> Any:
        """Send feedback from an output to what it came from."""

    def read(self, result: Any) -> Any:
        """Give what backward gave, once all of it is there that an optimizer reads."""
        return result

    def records(self, output: Any) -> list[dict[str, str]]:
        """Give the inputs of a call of two, by argument, from every place where they are recorded."""
        return []

    def names(self, outputs: Sequence[Any]) -> list[str]:
        """Give the names under which these outputs are shown to an optimizer."""
        return []

    def forget(self) -> None:
        """Drop what is kept of earlier calls, so that one measure does not weigh on the next."""
        gc.collect()


class Ours(Tracer):
    """agentopt.graph."""

    def __init__(self) -> None:
        graph = import_module("agentopt.graph")
        self.node_class = graph.Node
        self.leaf, self.parameter, self.off = graph.node, graph.parameter, graph.no_trace
        self.one, self.two, self.join, self.later = map(graph.trace, (one, two, join, later))
        self.code = graph.trace(trainable=True)(code)
        self._backward, self._feedback = graph.backward, graph.Feedback("shorter", score=0.5)

    def backward(self, output: Any) -> Any:
        return self._backward(output, self._feedback)

    def read(self, result: Any) -> Any:
        # The steps are named and written when they are first asked for.
        return result, result.steps

    def records(self, output: Any) -> list[dict[str, str]]:
        return [{name: given.data for name, given in output.inputs.items()}]

    def names(self, outputs: Sequence[Any]) -> list[str]:
        return [step.name for step in self.backward(self.join(*outputs)).steps]


class TraceOpt(Tracer):
    """opto.trace, of the package trace-opt."""

    def __init__(self) -> None:
        opto = import_module("opto.trace")
        self.node_class = opto.Node
        self.leaf, self.off = opto.node, opto.stop_tracing
        self.parameter = lambda text: opto.node(text, trainable=True)
        self.one, self.two, self.join, self.later = (opto.bundle()(made) for made in (one, two, join, later))
        self.code = opto.bundle(trainable=True)(code)
        self._graph = opto.GRAPH

    def backward(self, output: Any) -> Any:
        return output.backward("shorter")

    def records(self, output: Any) -> list[dict[str, str]]:
        noted = output.info["inputs"]
        bound = inspect.signature(two).bind(*noted["args"], **noted["kwargs"])
        return [{name: given.data for name, given in output.inputs.items()}, dict(bound.arguments)]

    def names(self, outputs: Sequence[Any]) -> list[str]:
        return [output.name for output in outputs]

    def forget(self) -> None:
        self._graph.clear()
        super().forget()


class TextGrad(Tracer):
    """textgrad, with an engine that answers at once: its own cost is measured, not a model's."""

    def __init__(self) -> None:
        textgrad = import_module("textgrad")
        operation = import_module("textgrad.autograd.string_based_ops").StringBasedFunction
        of_one = operation(lambda a: one(a.value), "keep four characters")
        of_two = operation(lambda a, b: two(a.value, b.value), "put two texts together")
        self.node_class = textgrad.Variable
        self.leaf = lambda text: textgrad.Variable(text, role_description="an input", requires_grad=False)
        self.parameter = lambda text: textgrad.Variable(text, role_description="a prompt")
        self.one = lambda a: of_one({"a": a})
        self.two = lambda a, b: of_two({"a": a, "b": b})
        self.join = lambda *parts: textgrad.sum(list(parts))
        self._engine = _instant(import_module("textgrad.engine").EngineLM)

    def backward(self, output: Any) -> Any:
        return output.backward(self._engine)


def _instant(base: Any) -> Any:
    """Make a textgrad engine that always gives the same answer."""

    class Instant(base):  # type: ignore[misc]
        model_string = "instant"

        def generate(self, prompt: str, system_prompt: str | None = None, **_: object) -> str:
            return "shorter"

        __call__ = generate

    return Instant()


TRACERS: dict[str, Callable[[], Tracer]] = {"agentopt": Ours, "trace-opt": TraceOpt, "textgrad": TextGrad}
