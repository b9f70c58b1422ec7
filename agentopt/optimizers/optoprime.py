"""OptoPrime: one call reads the whole trace with its feedback and writes new values.

Source: Trace (Cheng, Nie and Swaminathan, NeurIPS 2024), section 3.3 and appendix: the problem is shown as a
program with values and feedback, and one reply names the variables to change. Here the reply is typed, may hold
several candidates and patches, and what was tried before is shown with its scores.
"""

from __future__ import annotations

from typing import Any

from agentopt.graph.parameter_node import Parameter, Version
from agentopt.graph.propagation import backward_all
from agentopt.graph.shown.trace_graph import BUDGET, TraceGraph
from agentopt.llm import Model, render
from agentopt.optimizers.memory import trial_text
from agentopt.optimizers.optimizer import Settings
from agentopt.optimizers.prompted import Prompt, Prompted, kinds


class OptoPrime(Prompted):
    """Proposes from the trace, the feedback and the memory of trials, in one call.

    Args:
        parameters: As for every `Optimizer`.
        model: As for every `Optimizer`.
        settings: As for every `Optimizer`.
        trace: Whether the prompt shows functions, inputs and calls; without, only parameters and feedback, which
            shows in an ablation what the trace adds.
        room: Characters for functions, inputs and calls together; parameters and feedback are never cut.
    """

    def __init__(
        self,
        parameters: Any,
        model: Model,
        settings: Settings | None = None,
        *,
        trace: bool = True,
        room: int = BUDGET,
    ) -> None:
        super().__init__(parameters, model, settings)
        self._trace = trace
        self._room = room

    def _graph(self) -> TraceGraph:
        return backward_all([pair for told in self._pending for pair in told.pairs])

    def _editable(self, graph: TraceGraph) -> dict[str, Version[Any]]:
        """This optimizer's parameters in a graph, by name, each at its latest version there."""
        mine = set(map(id, self.trainable))
        return {name: version for name, version in _latest(graph).items() if id(version.parameter) in mine}

    def prompt(self, n: int) -> Prompt:
        graph = self._graph()
        versions = self._editable(graph)
        view = graph.view(self._room)
        messages = render(
            "optimizers/optoprime",
            objective=self.settings.objective,
            functions=view.functions if self._trace else "",
            parameters=view.parameters,
            inputs=view.inputs if self._trace else "",
            calls=view.calls if self._trace else "",
            feedback=view.feedback,
            trials=self._trials(graph),
            judging=next((told.judging for told in self._pending if told.judging), ""),
            asks_model=any(told.asks_model for told in self._pending),
            editable=", ".join(versions),
            kinds=kinds(versions),
            n=n,
        )
        return Prompt(messages, versions)

    def _trials(self, graph: TraceGraph) -> list[str]:
        # Also with what another optimizer changed of the same trace, without which a score would not be understood.
        names = {version.parameter: name for name, version in _latest(graph).items()}
        present = {version.parameter: version for version in _latest(graph).values()}
        return [trial_text(trial, names, present) for trial in self.memory.shown(without=present)]


def _latest(graph: TraceGraph) -> dict[str, Version[Any]]:
    """The parameters of a graph, each at its latest version there, by the names that these have."""
    latest: dict[Parameter[Any], tuple[str, Version[Any]]] = {}
    for name, version in graph.versions.items():
        known = latest.get(version.parameter)
        if known is None or known[1].number < version.number:
            latest[version.parameter] = name, version
    return dict(latest.values())
