"""A trade-off between two objectives as a table and a plot of characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentopt.cli.block import Block, Items, Line, Table
from agentopt.number_text import show_number
from agentopt.solvers.modeling.formulation import Objective
from agentopt.solvers.modeling.insight.front import Front, name

WIDTH, HEIGHT = 56, 14


def front_blocks(front: Front) -> Iterator[Block]:
    """Yield what is traded, plan by plan, and a plot where there is more than one plan."""
    yield Line(front.sentence, "good" if front.complete else "warn")
    if front.notes:
        yield Items("Note", front.notes, "warn")
    if len(front.points) < 2:
        return
    one, other = title_of(front.first), title_of(front.second)
    rows = tuple(
        (
            str(number),
            show_number(point.first),
            show_number(point.second),
            "" if point.rate is None else show_number(point.rate),
            "" if point.proved else "not proved",
        )
        for number, point in enumerate(front.points, start=1)
    )
    rate = "given up for each unit gained"
    yield Table("The best plans for both", ("", one, other, rate, ""), rows, frozenset({1, 2, 3}))
    yield Line(text_plot([(point.second, point.first) for point in front.points], other, one))


def title_of(objective: Objective) -> str:
    """An objective's meaning or expression, and its unit."""
    said = name(objective)
    said = said if len(said) <= 40 else said[:39] + "…"
    return f"{said} [{objective.unit}]" if objective.unit else said


def text_plot(points: Sequence[tuple[float, float]], x_title: str, y_title: str) -> str:
    """Draw points as characters, the axes' ends written beside them.

    Args:
        points: (x, y), in any order; at least one.
        x_title: What runs to the right.
        y_title: What runs up.
    """
    xs, ys = [x for x, _ in points], [y for _, y in points]
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    for x, y in points:
        grid[HEIGHT - 1 - _place(y, min(ys), max(ys), HEIGHT)][_place(x, min(xs), max(xs), WIDTH)] = "*"
    ends = (show_number(max(ys)), show_number(min(ys)))
    margin = max(map(len, ends))
    lines = [y_title]
    for number, row in enumerate(grid):
        end = ends[0] if number == 0 else ends[1] if number == HEIGHT - 1 else ""
        lines.append(f"{end:>{margin}} |{''.join(row).rstrip()}")
    low, high = show_number(min(xs)), show_number(max(xs))
    lines.append(f"{'':>{margin}} +{'-' * WIDTH}")
    lines.append(f"{'':>{margin}}  {low}{high:>{max(1, WIDTH - len(low))}}")
    lines.append(f"{'':>{margin}}  {x_title:^{WIDTH}}".rstrip())
    return "\n".join(lines)


def _place(value: float, low: float, high: float, size: int) -> int:
    return 0 if high <= low else round((value - low) / (high - low) * (size - 1))
