"""Prices a linear program: from one solve the duals and the ranges, and from restarts what the duals leave open."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ..arrays.program import Program
from ..engines.highs import load, require_highspy, run
from .beyond import Restarts, Sides
from .meaning import row_units, said
from .optimum import Optimum
from .price import CostRange, RowPrice, Sensitivity, Side


def price_linear(program: Program, time_limit_s: float, progress: Callable[[str], None] | None = None) -> Sensitivity:
    """Price every row and column of a linear program that has an optimum.

    Duals and ranges are HiGHS's (getRanging: the right-hand side, or the coefficient,
    may move so far before another basis is optimal), taken back from the scale of the
    objective. A row that has room has the price 0 up to what it takes now.

    Args:
        program: With continuous columns and a linear objective.
        time_limit_s: Seconds for the solve and the restarts.
        progress: Is called with one line for each hundred restarts.
    """
    deadline = time.perf_counter() + time_limit_s
    if not len(program.cost):
        return Sensitivity("duals", program.offset, notes=("there is nothing to decide, so nothing has a price",))
    highs = load(program, time_limit_s)
    run(highs, discrete=False)
    if highs.getModelStatus() != require_highspy().HighsModelStatus.kOptimal:
        stopped = highs.modelStatusToString(highs.getModelStatus()).lower()
        return Sensitivity("duals", math.nan, notes=(f"there are no prices: the solver stopped with {stopped}",))
    solved = Optimum(program, highs)
    sides = Sides(solved.duals, solved.lowest, solved.highest)
    notes = Restarts(solved, deadline, progress or (lambda line: None)).complete(sides)
    return Sensitivity(
        "duals", solved.objective, _row_prices(solved, sides), _cost_ranges(solved), notes=(*notes, *_ties(solved))
    )


def _row_prices(solved: Optimum, sides: Sides) -> tuple[RowPrice, ...]:
    program, formulation = solved.program, solved.program.vectors.instance.formulation
    units, unit = row_units(formulation), formulation.objective.unit
    origins = [(block.constraint, key) for block in program.blocks for key in program.vectors.row_keys(block.frame)]
    meanings = {name: said(formulation, name) for name in dict.fromkeys(name for name, _ in origins)}
    bound, activity = (solved.bound + 0.0).tolist(), (solved.activity + 0.0).tolist()
    duals, lowest, highest = solved.duals.tolist(), sides.lowest.tolist(), sides.highest.tolist()
    raised, lowered = sides.raised.tolist(), sides.lowered.tolist()
    return tuple(
        RowPrice(
            name=name,
            key=key,
            side=_word(bool(solved.equation[k]), bool(solved.above[k])),
            bound=bound[k],
            activity=activity[k],
            price=duals[k],
            lowest=lowest[k],
            highest=highest[k],
            raised=None if math.isnan(raised[k]) else raised[k],
            lowered=None if math.isnan(lowered[k]) else lowered[k],
            unit=units[name],
            meaning=meanings[name],
            maximize=program.maximize,
            objective_unit=unit,
            cannot_raise=bool(sides.cannot_raise[k]),
            cannot_lower=bool(sides.cannot_lower[k]),
        )
        for k, (name, key) in enumerate(origins)
    )


def _word(equation: bool, above: bool) -> Side:
    return "exactly" if equation else "at most" if above else "at least"


def _cost_ranges(solved: Optimum) -> tuple[CostRange, ...]:
    program, formulation = solved.program, solved.program.vectors.instance.formulation
    columns = (solved.x, solved.reduced, program.cost, solved.lowest_cost, solved.highest_cost)
    figures = list(zip(*(column.tolist() for column in columns)))
    return tuple(
        CostRange(
            name=variable.name,
            key=key,
            value=value,
            reduced_cost=reduced,
            cost=cost,
            lowest=lowest,
            highest=highest,
            unit=variable.unit,
            meaning=variable.meaning or variable.source,
        )
        for variable in formulation.variables
        for key, (value, reduced, cost, lowest, highest) in zip(
            program.vectors.keys(variable.name), figures[program.columns.offsets[variable.name] :]
        )
    )


def _ties(solved: Optimum) -> list[str]:
    """A note where a pivot costs nothing: then another plan may be as good."""
    columns, program = solved.program.columns, solved.program
    free_columns = ~solved.basic_columns & (solved.reduced == 0) & (columns.lower < columns.upper)
    free_rows = ~solved.basic & (solved.duals == 0) & (program.row_lower < program.row_upper)
    return ["another plan may be as good as this one"] if free_columns.any() or free_rows.any() else []
