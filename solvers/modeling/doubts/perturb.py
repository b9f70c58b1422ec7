"""Halves and doubles every parameter, and looks at where the optimum goes.

Halves and doubles, not a per cent more: an optimum of whole numbers does not feel a
per cent, and a parameter that does not matter between its half and its double is far
from mattering. ReLoop (its second level) asks a model which way the optimum should go;
here the arrays say so (`change.py`), and only where they leave no choice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..formulation import Parameter
from ..variants import scaled
from .change import Change, compare
from .doubt import Doubt, doubtful, failed, holds, not_tried
from .rows import fits, tight_rows
from .statements import names_that_count
from .structure import unused_parameters
from .subject import Subject, said
from .trial import SURE, Outcome, Trials, gain, moved, relative

FACTORS = {"half of it": 0.5, "twice as much": 2.0}


@dataclass(frozen=True)
class _Trial:
    """One parameter times one factor."""

    words: str
    outcome: Outcome
    change: Change | None


def scale_each(subject: Subject, trials: Trials, progress: Callable[[str], None] = lambda line: None) -> list[Doubt]:
    """Solve with half and with twice each parameter that is given, and compare.

    Returns:
        A finding for each parameter; the amount is the largest move of the optimum.
    """
    given = [p for p in subject.instance.formulation.parameters if p.expression is None]
    if not given:
        return []
    if subject.obstacle:
        return [not_tried("halving and doubling parameters", subject.obstacle)]
    counting = names_that_count(subject.instance.analysis)
    idle = {finding.check.removeprefix("parameter "): finding for finding in unused_parameters(subject)}
    found: list[Doubt] = []
    for number, parameter in enumerate(given, 1):
        reason = _unscalable(subject, parameter, counting)
        if parameter.name in idle:
            found.append(idle[parameter.name])
            continue
        if reason:
            found.append(not_tried(f"scaling {parameter.name}", reason))
            continue
        progress(f"halving and doubling {parameter.name} ({number} of {len(given)})")
        tried = [_tried(subject, parameter, words, factor, trials) for words, factor in FACTORS.items()]
        made = [one for one in tried if one is not None]
        if len(made) < len(tried):
            left = ", ".join(p.name for p in given[number - 1 :])
            return [*found, not_tried(f"scaling {left}", "the time was too short")]
        found.append(_judged(subject, parameter, made))
    return found


def _unscalable(subject: Subject, parameter: Parameter, counting: set[str]) -> str:
    """Why a parameter is not scaled; "" when it can be."""
    if parameter.name in counting:
        return f"{parameter.name} counts members or names one, so half of it means nothing"
    data = subject.instance.data
    if not any(data.parameters[parameter.name].values()) and not data.defaults.get(parameter.name):
        return f"{parameter.name} is 0, and so is twice as much"
    return ""


def _tried(subject: Subject, parameter: Parameter, words: str, factor: float, trials: Trials) -> _Trial | None:
    outcome = trials.solve(lambda: scaled(subject.instance, parameter.name, factor))
    if outcome is None:
        return None
    known = subject.program is not None and outcome.program is not None
    return _Trial(words, outcome, compare(subject.program, outcome.program) if known else None)  # type: ignore[arg-type]


def _judged(subject: Subject, parameter: Parameter, made: list[_Trial]) -> Doubt:
    check, words = f"scaling {parameter.name}", said(parameter)
    for trial in made:
        fault = _fault(subject, trial)
        if fault:
            return failed(check, f"{words}: {fault}")
    if all(trial.change is not None and trial.change.nothing for trial in made):
        return doubtful(check, f"{words} has no effect: halved and doubled, the problem stays the same")
    undecided = [trial for trial in made if not trial.outcome.decided]
    if undecided:
        return not_tried(check, f"with {undecided[0].words} {undecided[0].outcome.ended}")
    if any(moved(subject, trial.outcome) for trial in made):
        said_each = "; ".join(f"{trial.words} gives {_result(trial.outcome)}" for trial in made)
        return holds(check, f"{words}: {said_each}; now {subject.optimum:.7g}", _largest_move(subject, made))
    return _unmoved(subject, check, words, made)


def _fault(subject: Subject, trial: _Trial) -> str:
    """What theory forbids and the solver says; "" when there is nothing."""
    change, outcome, now = trial.change, trial.outcome, subject.optimum
    if change is None or change.harder == change.easier:
        return ""
    if change.harder and outcome.optimum is not None and relative(subject, gain(subject, outcome.optimum)) > SURE:
        return f"{trial.words} makes it only harder, yet the optimum is better: {outcome.optimum:.7g}, now {now:.7g}"
    if change.easier and outcome.point.termination_condition == "infeasible":
        return f"{trial.words} makes it only easier, yet there is no solution"
    if change.easier and outcome.bound is not None and relative(subject, gain(subject, outcome.bound)) < -SURE:
        return f"{trial.words} makes it only easier, yet the optimum is worse: {outcome.bound:.7g}, now {now:.7g}"
    return ""


def _unmoved(subject: Subject, check: str, words: str, made: list[_Trial]) -> Doubt:
    """Say why an optimum stays where it is; a doubt when a tight requirement changed and nothing came of it."""
    still = f"{words} does not matter between half and twice"
    program, x = subject.program, subject.x
    changes = [trial.change for trial in made]
    if program is None or x is None or None in changes:
        return holds(check, f"{still}: the optimum stays {subject.optimum:.7g}")
    rows = np.logical_or.reduce([change.rows for change in changes if change])
    columns = np.logical_or.reduce([change.columns for change in changes if change])
    if not (rows & tight_rows(program, x)).any():
        idle = columns.any() and not x[columns].any()
        return holds(check, f"{still}: {'what it concerns is 0' if idle else 'its requirement is not what limits'}")
    kept = all(trial.outcome.program is None or fits(trial.outcome.program, x) for trial in made)
    if kept or program.columns.integer.any():
        return holds(check, f"{still}: the optimum stays {subject.optimum:.7g}")
    tight = ", ".join(sorted({name for change in changes if change for name in change.constraints}))
    return doubtful(check, f"{still}, although {tight} is tight: another plan gives the same {subject.optimum:.7g}")


def _result(outcome: Outcome) -> str:
    return f"{outcome.optimum:.7g}" if outcome.optimum is not None else f"no optimum ({outcome.ended})"


def _largest_move(subject: Subject, made: list[_Trial]) -> float:
    optima = [trial.outcome.optimum for trial in made if trial.outcome.optimum is not None]
    return max((abs(gain(subject, optimum)) for optimum in optima), default=0.0)
