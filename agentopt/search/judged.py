"""What a metric says, read as feedback."""

from __future__ import annotations

from typing import Any

from agentopt.errors import InputError
from agentopt.graph.domains.domain import brief
from agentopt.graph.feedback import Feedback


def judged(said: Any) -> Feedback:
    """A score, a truth, a pair of score and text, or a Feedback, as feedback with a score.

    Objectives without a score count alike: their mean is the score.

    Raises:
        InputError: It is none of these, or has no score.
    """
    feedback = _feedback(said)
    if feedback.score is None and feedback.objectives:
        mean = sum(feedback.objectives.values()) / len(feedback.objectives)
        return Feedback(feedback.text, mean, feedback.objectives)
    if feedback.score is None:
        raise InputError(
            f"expected the metric to give a score, a Feedback with one, or (score, text), got {brief(said)}"
        )
    return feedback


def _feedback(said: Any) -> Feedback:
    if isinstance(said, bool) or (type(said).__module__ == "numpy" and str(getattr(said, "dtype", "")) == "bool"):
        return Feedback(score=float(said))
    if isinstance(said, tuple) and len(said) == 2 and isinstance(said[1], str):
        return Feedback(said[1], _feedback(said[0]).score)
    if isinstance(said, str) or said is None:
        raise InputError(f"expected the metric to give a score, got {brief(said)}")
    return Feedback.of(said)
