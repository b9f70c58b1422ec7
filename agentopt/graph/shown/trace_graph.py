"""What `backward` gives: the subgraph from the parameters that mattered to the outputs, with what was said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agentopt.errors import TraceError
from agentopt.graph.feedback import Feedback
from agentopt.graph.parameter_node import Parameter, Version

if TYPE_CHECKING:
    from networkx import DiGraph

    from agentopt.graph.shown.assembly import Parts
    from agentopt.graph.shown.step import Step
    from agentopt.graph.shown.view import View

BUDGET = 12_000
_FORMAT = 1


class TraceGraph:
    """A trace as data: steps in the order in which they can be read, parents first.

    The same trace gives the same steps, names and texts; they are made when they are first asked for. It can be written
    as JSON and read back; then it has everything but the links to the live parameters.

    Attributes:
        reached: The versions of trainable parameters that led to an output; empty after `from_json`.
    """

    def __init__(self, assemble: Callable[[], Parts], reached: tuple[Version[Any], ...] = ()) -> None:
        self._assemble = assemble
        self.reached = reached

    @property
    def parameters(self) -> tuple[Parameter[Any], ...]:
        """The trainable parameters that led to an output, each once; empty after `from_json`."""
        return tuple({id(version.parameter): version.parameter for version in self.reached}.values())

    @cached_property
    def _parts(self) -> Parts:
        parts = self._assemble()
        # What was traced need not stay alive for a text of it.
        self._assemble = lambda: parts
        return parts

    @cached_property
    def _by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, parents first."""
        return self._parts.steps

    @property
    def feedback(self) -> tuple[tuple[str, Feedback], ...]:
        """Name of an output and what was said of it, in the order in which it was said."""
        return self._parts.feedback

    @property
    def documentation(self) -> Mapping[str, str]:
        """Signature and docstring of each traced function in the trace, by name."""
        return self._parts.documentation

    @property
    def versions(self) -> Mapping[str, Version[Any]]:
        """The versions of the trainable parameters that were traced, by name; empty after `from_json`."""
        return self._parts.versions

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.feedback))

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, name: str) -> Step:
        """A step by its name."""
        return self._by_name[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TraceGraph) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(tuple(step.name for step in self.steps))

    def __repr__(self) -> str:
        n_steps, n_parameters, n_outputs = len(self.steps), len(self.parameters), len(self.outputs)
        return f"<TraceGraph of {n_steps} steps, {n_parameters} parameters, {n_outputs} outputs>"

    def render(self, budget: int = BUDGET, *, folded: bool = True, rounds: int | None = None) -> str:
        """The trace as text for a reader; parameters are never cut.

        Args:
            budget: Characters for functions, inputs and calls, and as many again for feedback; headings and gaps add
                at most `view.OVERHEAD`.
            folded: Show each block as one call.
            rounds: Of a row of repeated calls, such as those of a loop, show so many at each end; None shows all.
        """
        return str(self.view(budget, folded=folded, rounds=rounds))

    def view(self, budget: int = BUDGET, *, folded: bool = True, rounds: int | None = None) -> View:
        """The parts of that text, one by one."""
        # What only reading a trace needs is loaded by it: recording and `backward` start in half the time.
        from agentopt.graph.shown import view
        from agentopt.graph.shown.folding import fold_blocks, inside_of
        from agentopt.graph.shown.repeats import fold_repeats

        steps = fold_blocks(self.steps, self.outputs, self._parts.blocks) if folded else self.steps
        if rounds is not None:
            steps = fold_repeats(steps, self.outputs, max(rounds, 1))
        inside = inside_of(self.steps) if folded else view.NOTHING_INSIDE
        return view.view(steps, self.feedback, self.documentation, budget, inside)

    def to_json(self) -> str:
        """The whole trace, exact: `from_json` gives an equal one."""
        feedback = [[name, said.text, said.score, dict(said.objectives)] for name, said in self.feedback]
        data = {
            "format": _FORMAT,
            "steps": [step.as_data() for step in self.steps],
            "feedback": feedback,
            "documentation": dict(self.documentation),
            "blocks": {name: [call.arguments, call.parents] for name, call in self._parts.blocks.items()},
        }
        import json

        # In ASCII, since a text that a model wrote may hold halves of characters, which no file takes.
        return json.dumps(data, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> TraceGraph:
        """Read a trace.

        Raises:
            TraceError: The text is no trace.
        """
        import json

        from agentopt.graph.shown.assembly import Parts
        from agentopt.graph.shown.step import BlockCall, Step

        try:
            data = json.loads(text)
            if data["format"] != _FORMAT:
                raise TraceError(f"expected a trace of format {_FORMAT}, got format {data['format']!r}")
            feedback = tuple((str(name), Feedback(text, score, aims)) for name, text, score, aims in data["feedback"])
            documentation = {str(name): str(said) for name, said in data["documentation"].items()}
            blocks = {str(name): BlockCall(*map(_pairs, call)) for name, call in data["blocks"].items()}
            parts = Parts(tuple(map(Step.from_data, data["steps"])), feedback, documentation, {}, blocks)
            return cls(lambda: parts)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise TraceError(f"expected a trace as JSON, got {text[:60]!r} ({type(error).__name__})") from error

    def to_networkx(self) -> DiGraph:
        """A directed graph: nodes by name with `kind`, `text`, `operation`; edges to children with `argument`."""
        from agentopt.graph.shown import drawing

        return drawing.to_networkx(self.steps)

    def to_dot(self) -> str:
        """A drawing in Graphviz' language."""
        from agentopt.graph.shown import drawing

        return drawing.to_dot(self.steps, self.outputs)

    def to_mermaid(self) -> str:
        """A drawing in Mermaid's language, as Markdown viewers show it."""
        from agentopt.graph.shown import drawing

        return drawing.to_mermaid(self.steps, self.outputs)


def _pairs(data: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(text)) for name, text in data)
