"""A trade-off between two objectives as a table and a plot of characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from agentopt.cli.block import Block, show_number

if TYPE_CHECKING:
    from agentopt.solvers.modeling.insight.pareto import Front

WIDTH, HEIGHT = 56, 14


def front_blocks(front: Front) -> Iterator[Block]:
    yield from ()


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
