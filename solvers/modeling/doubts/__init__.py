"""Checks without ground truth: what may be wrong with an answer that a solver proved (ReLoop's idea, without a model).

examination        all of them, within a time limit
numbers            figures of the text and figures of the formulation, both ways
wording            "at least" and "at most" against <= and >=
columns            columns of the tables that nothing reads
structure          what stands in the formulation and does nothing
recheck, trivial   the point and the units; answers that look like an accident
wholeness          parts of things that are counted
constant           the worst plan beside the best
drop, perturb      the optimum without each constraint, and with half and twice each parameter
second             another formulation, by another prompt or another model
"""

from .examination import Examination, examine

__all__ = ["Examination", "examine"]
