"""Analyses of a plan as blocks: sensitivity, trade-offs, checks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentopt.cli.block import Block, Items, Line, Table
from agentopt.cli.elements import formulation_blocks
from agentopt.cli.view import MAX_ROWS
from agentopt.number_text import show_number

if TYPE_CHECKING:
    from agentopt.solvers.modeling.doubts.examination import Examination
    from agentopt.solvers.modeling.doubts.second import Opinion
    from agentopt.solvers.modeling.insight.price import Sensitivity

TOLD = 5
"""Sentences that stand above the tables."""


def sensitivity_blocks(found: Sensitivity, *, all_rows: bool = False) -> Iterator[Block]:
    """Yield what limits the plan, in sentences and then in figures."""
    most = None if all_rows else MAX_ROWS
    yield from _duals(found, most) if found.kind == "duals" else _differences(found, most)
    if found.not_tried:
        yield Line(f"Not tried, for want of time: {', '.join(found.not_tried[:TOLD])}", "warn")
    if found.notes:
        yield Items("Note", found.notes, "warn")


def _duals(found: Sensitivity, most: int | None) -> Iterator[Block]:
    priced = found.priced
    if not priced:
        yield Line("No requirement limits the plan: a little more or less of any of them changes nothing.")
    else:
        yield Items("What limits the plan", tuple(row.sentence for row in priced[:TOLD]))
    rows = tuple(
        (
            row.label,
            row.side,
            show_number(row.bound),
            show_number(row.slack),
            show_number(row.price),
            _range(row.lowest, row.highest),
            row.unit,
        )
        for row in priced[:most]
    )
    if rows:
        headers = ("requirement", "", "limit", "left", "price", "holds for a limit", "unit")
        yield Table("Shadow prices", headers, rows, frozenset({2, 3, 4}), _more(len(priced), most))
    stays = [c for c in found.variables if c.lowest > -math.inf or c.highest < math.inf]
    stays.sort(key=lambda c: min(abs(c.cost - c.lowest), abs(c.highest - c.cost)) / max(1.0, abs(c.cost)))
    ranges = tuple(
        (c.label, show_number(c.value), show_number(c.reduced_cost), show_number(c.cost), _range(c.lowest, c.highest))
        for c in stays[:most]
    )
    if ranges:
        titles = ("decision", "value", "reduced cost", "coefficient", "plan stays for")
        yield Table("Objective coefficients", titles, ranges, frozenset({1, 2, 3}), _more(len(stays), most))


def _differences(found: Sensitivity, most: int | None) -> Iterator[Block]:
    telling = found.telling
    if telling:
        yield Items("What limits the plan, each found by solving again", tuple(d.sentence for d in telling[:TOLD]))
    elif found.differences:
        yield Line("Loosening any one requirement by a step changes nothing.")
    rows = tuple(
        (
            d.label,
            show_number(d.slack),
            show_number(d.step),
            "-" if d.change is None else show_number(d.change),
            d.outcome.replace("_", " "),
            d.unit,
        )
        for d in found.differences[:most]
    )
    if rows:
        headers = ("requirement", "left", "loosened by", "objective changes by", "outcome", "unit")
        yield Table("Steps", headers, rows, frozenset({1, 2, 3}), _more(len(found.differences), most))


def _range(lowest: float, highest: float) -> str:
    if lowest == -math.inf and highest == math.inf:
        return "any"
    if lowest == -math.inf:
        return f"at most {show_number(highest)}"
    return (
        f"at least {show_number(lowest)}" if highest == math.inf else f"{show_number(lowest)} to {show_number(highest)}"
    )


def _more(n: int, most: int | None) -> str:
    return f"and {n - most} more; -v shows every one" if most is not None and n > most else ""


def examination_blocks(found: Examination) -> Iterator[Block]:
    """Yield what every check found, a line each: what is wrong first, then doubts, then what holds."""
    order = {"fails": 0, "doubt": 1, "not tried": 2, "holds": 3}
    words = {"fails": "FAILS", "doubt": "doubt", "not tried": "not tried", "holds": "holds"}
    findings = sorted(found.findings, key=lambda finding: order[finding.level])
    n_doubts = len(found.doubts)
    if found.failures:
        yield Line(f"{len(found.failures)} of {len(findings)} checks fail: something is wrong.", "bad")
    elif n_doubts:
        yield Line(f"{n_doubts} of {len(findings)} checks raise a doubt; /second has it formulated once more.", "warn")
    else:
        yield Line(f"None of {len(findings)} checks raises a doubt.", "good")
    yield Table("Checks", ("", "what", "found"), tuple((words[f.level], f.check, f.detail) for f in findings))


def opinion_blocks(opinion: Opinion) -> Iterator[Block]:
    """Yield whether a second formulation agrees; where it does not, its elements."""
    yield Line(opinion.finding.detail, "good" if opinion.agrees else "warn")
    if not opinion.agrees and opinion.solution is not None:
        yield Line("The second formulation:", "title")
        yield from formulation_blocks(opinion.solution.formulation)
