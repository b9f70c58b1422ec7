"""Textual gradients: feedback is passed back call by call, each call's inputs are criticised for its output.

Source: TextGrad (Yuksekgonul et al., Nature 2025), section 2. Differences: one model call a traced call, for all
its inputs together, instead of one an edge; calls of one depth run side by side; operators pass feedback on
unchanged without a call; and one call at the end changes all parameters, through the same decoding as OptoPrime's.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from pydantic import BaseModel

from agentopt.errors import InputError
from agentopt.graph.shown.step import Step
from agentopt.graph.shown.trace_graph import TraceGraph
from agentopt.graph.shown.view import cut, indented
from agentopt.graph.snapshot import Opaque
from agentopt.llm import Model, render
from agentopt.optimizers.optimizer import Settings
from agentopt.optimizers.optoprime import OptoPrime
from agentopt.optimizers.prompted import Prompt, kinds

_VALUE_CHARS = 2000


class Comment(BaseModel):
    """How one input should differ."""

    input: str
    comment: str


class Comments(BaseModel):
    """What feedback on an output means for the inputs of the call that made it."""

    comments: list[Comment]


class TextGrad(OptoPrime):
    """Proposes from comments on each parameter, which are passed back through the graph call by call.

    It takes one model call for each traced call between parameters and outputs, and one for the new values.

    Args:
        parameters: As for every `Optimizer`.
        model: As for every `Optimizer`; asked from several threads at once.
        settings: As for every `Optimizer`.
        parallel: Calls in flight at most.
        max_calls: Model calls that one step may take for passing feedback back.
    """

    def __init__(
        self,
        parameters: Any,
        model: Model,
        settings: Settings | None = None,
        *,
        parallel: int = 8,
        max_calls: int = 100,
    ) -> None:
        super().__init__(parameters, model, settings)
        self._parallel = parallel
        self._max_calls = max_calls

    def prompt(self, n: int) -> Prompt:
        graph = self._graph()
        versions = self._editable(graph)
        comments = self._pass_back(graph)
        said = {name: comments[name] for name in versions if comments.get(name)}
        # Unfolded, so that the functions inside of blocks, which use most parameters, are documented too.
        view = graph.view(self._room, folded=False)
        messages = render(
            "optimizers/textgrad_update",
            objective=self.settings.objective,
            functions=view.functions,
            parameters=view.parameters,
            comments=said,
            trials=self._trials(graph),
            editable=", ".join(versions),
            kinds=kinds(versions),
            n=n,
        )
        return Prompt(messages, versions)

    def _pass_back(self, graph: TraceGraph) -> dict[str, list[str]]:
        """The comments on every step that a parameter leads to.

        Raises:
            InputError: It would take more than `max_calls` calls.
        """
        wanted = {step.name for step in graph.steps if step.kind != "input"}
        comments: dict[str, list[str]] = {}
        for name, said in graph.feedback:
            comments.setdefault(name, []).append(str(said))
        levels = _levels(graph, wanted)
        n_calls = sum(step.operation in graph.documentation for level in levels for step in level)
        if n_calls > self._max_calls:
            raise InputError(
                f"passing feedback back takes {n_calls} model calls, the limit is {self._max_calls}; "
                "OptoPrime reads the whole trace in one call"
            )
        failed = threading.Event()

        def comment_on(step: Step, said: list[str]) -> list[tuple[str, str]]:
            # After one call failed the step is lost, and what has not begun is not paid for.
            if failed.is_set():
                return []
            try:
                return self._comment(graph, step, said)
            except BaseException:
                failed.set()
                raise

        with ThreadPoolExecutor(self._parallel, "agentopt-gradient") as pool:
            for level in levels:
                due = [(step, comments[step.name]) for step in level if comments.get(step.name)]
                waiting = [pool.submit(copy_context().run, comment_on, step, said) for step, said in due]
                # In the order of the steps, whichever ended first, so that the next prompts read the same.
                for done in waiting:
                    for name, comment in done.result():
                        known = comments.setdefault(name, [])
                        if comment not in known:
                            known.append(comment)
        return comments

    def _comment(self, graph: TraceGraph, step: Step, said: list[str]) -> list[tuple[str, str]]:
        """The comments on a step's inputs, by the inputs' names."""
        inputs = {name: argument for argument, name in step.parents if graph[name].kind != "input"}
        if step.operation not in graph.documentation:
            return [(name, _of_part(inputs[name], comment)) for name in inputs for comment in said]
        messages = render(
            "optimizers/textgrad_comment",
            objective=self.settings.objective,
            function=graph.documentation[step.operation],
            call=f"{step.name} = {step.expression}",
            values=[_shown(graph[name]) for _, name in step.parents if not isinstance(graph[name].value, Opaque)],
            output=cut(step.text, _VALUE_CHARS),
            feedback=[indented(cut(words, _VALUE_CHARS)) for words in said],
            inputs=list(inputs),
        )
        reply = self.complete(messages, Comments)
        made = [(one.input, one.comment.strip()) for one in reply.value.comments]
        return [(name, comment) for name, comment in made if name in inputs and comment]


def _of_part(argument: str, comment: str) -> str:
    """What is said of a container, as it is passed on to a part of it."""
    return f"of the whole, of which this is {argument}: {comment}" if argument[:1] in "[." else comment


def _shown(step: Step) -> str:
    """A value with its name; of a parameter also what it takes, which a comment must not go against."""
    takes = f" ({step.about.domain})" if step.about is not None else ""
    return f"{step.name}{takes}:\n{cut(step.text, _VALUE_CHARS)}"


def _levels(graph: TraceGraph, wanted: set[str]) -> list[list[Step]]:
    """The calls by their longest distance from an output: all consumers of a level's steps are in earlier levels."""
    depth: dict[str, int] = {}
    levels: list[list[Step]] = []
    for step in reversed(graph.steps):
        if step.kind != "call":
            continue
        own = depth.get(step.name, 0)
        while len(levels) <= own:
            levels.append([])
        levels[own].append(step)
        for _, parent in step.parents:
            if parent in wanted:
                depth[parent] = max(depth.get(parent, 0), own + 1)
    return [list(reversed(level)) for level in levels]
