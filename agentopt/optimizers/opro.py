"""OPRO: proposes from the values that were tried and their scores, without a trace.

Source: Large Language Models as Optimizers (Yang et al., ICLR 2024), section 3: earlier solutions are shown in
ascending order of their scores, and better ones are asked for.
"""

from __future__ import annotations

from agentopt.graph.shown.assembly import Names, parameter_step
from agentopt.graph.shown.view import parameter_text
from agentopt.llm import render
from agentopt.optimizers.memory import trial_text
from agentopt.optimizers.prompted import Prompt, Prompted, kinds


class OPRO(Prompted):
    """Proposes from the memory of trials alone, in one call; what was told need not be traced to its parameters."""

    def _reached(self) -> bool:
        return bool(self._pending and self.trainable)

    def prompt(self, n: int) -> Prompt:
        names = Names()
        versions = {names.give(parameter.name or "parameter"): parameter.version for parameter in self.trainable}
        called = {version.parameter: name for name, version in versions.items()}
        present = {version.parameter: version for version in versions.values()}
        messages = render(
            "optimizers/opro",
            objective=self.settings.objective,
            parameters="\n\n".join(parameter_text(parameter_step(*named)) for named in versions.items()),
            trials=[trial_text(trial, called, present, whole=True) for trial in self.memory.shown()],
            kinds=kinds(versions),
            n=n,
        )
        return Prompt(messages, versions)
