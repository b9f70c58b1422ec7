"""Builders of small formulations; each fixture is a plain function, so that hypothesis may use it too."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze


def _set(name: str, content: Any) -> dict[str, Any]:
    return {"name": name, "expression" if isinstance(content, str) else "elements": content}


def _parameter(name: str, content: Any) -> dict[str, Any]:
    return {"name": name, **(content if isinstance(content, dict) else {"value": content})}


def _formulation(
    variables: dict[str, dict[str, Any]],
    *,
    sets: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    minimize: str = "0",
    maximize: str | None = None,
    constraints: dict[str, str] | None = None,
) -> Formulation:
    raw = {
        "sets": [_set(*pair) for pair in (sets or {}).items()],
        "parameters": [_parameter(*pair) for pair in (parameters or {}).items()],
        "variables": [{"name": name, **fields} for name, fields in variables.items()],
        "objective": {
            "sense": "minimize" if maximize is None else "maximize",
            "expression": minimize if maximize is None else maximize,
        },
        "constraints": [{"name": name, "expression": text} for name, text in (constraints or {}).items()],
    }
    return Formulation.model_validate(raw)


@pytest.fixture(scope="session")
def formulation() -> Callable[..., Formulation]:
    """Makes a Formulation: sets as members or an expression, parameters as a number or fields, the rest as texts."""
    return _formulation


@pytest.fixture(scope="session")
def instance() -> Callable[..., Instance]:
    """Makes an Instance from what `formulation` takes."""
    return lambda *stated, **more: bind(analyze(_formulation(*stated, **more)))


@pytest.fixture(scope="session")
def build() -> Callable[..., Instance]:
    """Makes an Instance of variables, an objective and constraints that need no names: they are c0, c1, ..."""

    def make(
        variables: dict[str, dict[str, Any]], objective: str, *constraints: str, sense: str = "maximize", **more: Any
    ) -> Instance:
        named = {f"c{number}": text for number, text in enumerate(constraints)}
        return bind(analyze(_formulation(variables, **{sense: objective}, constraints=named, **more)))

    return make


@pytest.fixture
def circles(build: Callable[..., Instance]) -> Instance:
    """Circles of unknown places in a box, far apart from each other: minutes to prove."""
    apart = "(x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 >= r ** 2 for i in I for j in I if i < j"
    variables = {"x": {"index": ["I"], "upper": 1}, "y": {"index": ["I"], "upper": 1}, "r": {"upper": 2}}
    return build(variables, "r", apart, sets={"I": "range(14)"})


@pytest.fixture
def interrupted_after() -> Callable[[float], AbstractContextManager[None]]:
    """Raises KeyboardInterrupt in this thread after some seconds, as Ctrl-C does."""
    return _interrupted_after


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Raise KeyboardInterrupt in this thread, as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
