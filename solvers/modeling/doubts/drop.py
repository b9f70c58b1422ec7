"""Leaves each constraint out: the optimum must not get worse, and what it costs is told.

Without a constraint every plan that was allowed still is, so a worse optimum proves a
fault of a solver or of the compiler. What a requirement costs is the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..language.expression import Compare, walk
from ..variants import without_constraint
from .doubt import Doubt, doubtful, failed, holds, not_tried
from .rows import tight_constraints
from .subject import Subject
from .trial import SURE, Outcome, Trials, gain, moved, relative


def leave_out(subject: Subject, trials: Trials, progress: Callable[[str], None] = lambda line: None) -> list[Doubt]:
    """Solve without each constraint, those that are tight first, and compare.

    Returns:
        A finding for each constraint, and one that names the dearest requirement; the
        amount is what leaving it out gains, in the objective's unit.
    """
    names = _tight_first(subject)
    if not names:
        return []
    if subject.obstacle:
        return [not_tried("leaving out constraints", subject.obstacle)]
    found: list[Doubt] = []
    for number, name in enumerate(names, 1):
        progress(f"leaving out {name} ({number} of {len(names)})")
        outcome = trials.solve(lambda name=name: without_constraint(subject.instance, name))  # type: ignore[misc]
        if outcome is None:
            left = ", ".join(names[number - 1 :])
            return [*found, *_dearest(subject, found), not_tried(f"leaving out {left}", "the time was too short")]
        found.append(_judged(subject, name, outcome))
    return [*found, *_dearest(subject, found)]


def _judged(subject: Subject, name: str, outcome: Outcome) -> Doubt:
    check, words = f"leaving out {name}", subject.in_words(name)
    if outcome.point.termination_condition == "unbounded":
        return holds(check, f"{words} is what bounds the objective: without it there is no finite optimum")
    if outcome.point.termination_condition == "infeasible":
        return failed(check, f"without {words} there is no solution, although there is one with it")
    if outcome.bound is not None and relative(subject, gain(subject, outcome.bound)) < -SURE:
        worse = f"without {words} the optimum is {outcome.bound:.7g}, worse than {subject.optimum:.7g} with it"
        return failed(check, f"{worse}; one of the two is wrong", -gain(subject, outcome.bound))
    if outcome.optimum is None:
        return not_tried(check, outcome.ended)
    if not moved(subject, outcome):
        return holds(check, f"{words} costs nothing: without it the optimum is the same")
    cost = gain(subject, outcome.optimum)
    return holds(check, f"{words} costs {cost:.6g}: without it {outcome.optimum:.7g}", cost)


def _dearest(subject: Subject, found: list[Doubt]) -> Iterator[Doubt]:
    """The requirement that costs most; equations are left aside, for most of them define something."""
    equations = {
        name
        for name, statement in subject.instance.analysis.constraints.items()
        if any(isinstance(part, Compare) and "==" in part.ops for part in walk(statement.body))
    }
    costly = [f for f in found if f.ok and f.amount > 0 and f.check.removeprefix("leaving out ") not in equations]
    if len(costly) > 1:
        most = max(costly, key=lambda finding: finding.amount)
        yield holds("dearest requirement", f"of all requirements {most.detail}", most.amount)
    if len(found) > 1 and all(f.level == "holds" and "costs nothing" in f.detail for f in found):
        yield doubtful(
            "requirements", "no requirement costs anything: each can be left out and the optimum is the same"
        )


def _tight_first(subject: Subject) -> list[str]:
    """The constraints in order, those that hold with equality at the point before the others."""
    names = list(subject.instance.analysis.constraints)
    tight = tight_constraints(subject.program, subject.x)
    return names if tight is None else sorted(names, key=lambda name: name not in tight)
