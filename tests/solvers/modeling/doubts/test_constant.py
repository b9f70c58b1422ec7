"""The worst plan beside the best."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentopt.solvers.modeling.doubts.constant import turn_round
from agentopt.solvers.modeling.doubts.subject import Subject
from agentopt.solvers.modeling.doubts.trial import Trials
from agentopt.solvers.modeling.instance import Instance


@pytest.mark.parametrize(
    ("objective", "constraint", "level", "amount"),
    [
        ("x + y", "x + y == 8", "doubt", 0), ("x + y", "x + y <= 8", "holds", 8), ("x - y", "y >= x", "holds", 0),
        ("0", "x + y <= 8", "holds", 0),
    ],
)  # fmt: skip
def test_an_objective_that_cannot_differ_is_a_doubt(
    objective: str, constraint: str, level: str, amount: float,
    instance: Callable[..., Instance], solved: Callable[[Instance], Subject],
) -> None:  # fmt: skip
    """Where the worst plan is as good as the best there is nothing to optimize; the span is told."""
    subject = solved(instance({"x": {}, "y": {}}, maximize=objective, constraints={"c": constraint}))
    (found,) = turn_round(subject, Trials.within(20, subject))
    assert (found.level, found.amount) == (level, pytest.approx(amount))
