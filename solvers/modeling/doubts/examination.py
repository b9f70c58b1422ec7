"""All checks that need no ground truth, one after another, cheapest first, within a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..data.tables import Tables
from ..instance import Instance
from ..solution import Solution
from .columns import unread_columns
from .constant import turn_round
from .doubt import Doubt
from .drop import leave_out
from .numbers import compare_figures
from .perturb import scale_each
from .recheck import recheck_point, recheck_units
from .structure import find_idle
from .subject import Subject
from .trial import Trials
from .trivial import look_for_accidents
from .wholeness import compare_kinds
from .wording import compare_words

_SHARES = {"constant": 0.15, "drop": 0.5}
"""Part of the time that is left which these checks may take; the last one may take the rest."""


@dataclass(frozen=True)
class Examination:
    """What the checks found, in the order in which they were made."""

    findings: tuple[Doubt, ...]
    seconds: float = 0.0

    @property
    def failures(self) -> tuple[Doubt, ...]:
        """What is proved to be wrong."""
        return tuple(finding for finding in self.findings if finding.level == "fails")

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What the owner should look at, what is proved to be wrong first."""
        return (*self.failures, *(finding for finding in self.findings if finding.level == "doubt"))

    @property
    def not_tried(self) -> tuple[Doubt, ...]:
        """What could not be checked."""
        return tuple(finding for finding in self.findings if finding.level == "not tried")

    @property
    def raises_doubt(self) -> bool:
        """Whether anything fails or is in doubt, so that a second opinion is worth its cost."""
        return bool(self.doubts)


def examine(
    instance: Instance,
    solution: Solution,
    problem_text: str = "",
    *,
    time_limit_s: float = 20.0,
    tables: Tables | None = None,
    progress: Callable[[str], None] | None = None,
) -> Examination:
    """Check a solved formulation in every way that needs no ground truth.

    Args:
        instance: The formulation with its data.
        solution: What came of it.
        problem_text: The problem in words; "": what its elements quote of it.
        time_limit_s: Seconds for all checks; those that need a solve and do not fit are listed as not tried.
        tables: The tables that belong to the problem, to see what of them is not read.
        progress: Is called with one line for each step.
    """
    started = time.perf_counter()
    subject = Subject(instance, solution)
    told = progress or (lambda line: None)
    checks = _checks(subject, problem_text, Trials.within(time_limit_s, subject), tables, told)
    # One that two checks found, as a parameter that stands nowhere, is told once.
    found = dict.fromkeys(finding for check in checks for finding in check)
    return Examination(tuple(found), time.perf_counter() - started)


def _checks(
    subject: Subject, text: str, trials: Trials, tables: Tables | None, told: Callable[[str], None]
) -> Iterator[list[Doubt]]:
    told("comparing the formulation with the text")
    yield compare_figures(subject.instance, text)
    yield compare_words(subject.instance, text)
    if tables is not None and len(tables):
        yield unread_columns(subject.instance, tables, text)
    yield find_idle(subject)
    yield recheck_units(subject)
    yield recheck_point(subject)
    yield look_for_accidents(subject)
    yield compare_kinds(subject)
    told("looking for the worst plan")
    yield turn_round(subject, trials.first(_SHARES["constant"]))
    yield leave_out(subject, trials.first(_SHARES["drop"]), told)
    yield scale_each(subject, trials, told)
