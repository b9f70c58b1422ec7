"""Draws blocks: plain aligned text in a pipe, tables on a terminal.

rich is imported for a terminal only. Everything that is drawn passes `clean`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from agentopt.cli.block import Block, Items, Line, Table
from agentopt.cli.terminal import Style, clean, n_columns

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

_WIDEST = 60
"""A longer text in a pipe stands out of its column instead of pushing the next one away."""

_TONES = {"plain": "", "title": "bold", "good": "bold green", "bad": "bold red", "warn": "yellow", "faint": "dim"}


def draw(blocks: Iterable[Block], style: Style, width: int = 100) -> str:
    """Return the blocks as text, a blank line between any two."""
    if style.tables:
        return _draw_rich(list(blocks), style, width)
    return "\n".join("".join(f"{line}\n" for line in _plain(block)) for block in blocks)


def _plain(block: Block) -> list[str]:
    if isinstance(block, Line):
        return clean(block.text, lines=True).splitlines()
    title = [clean(block.title)] if block.title else []
    if isinstance(block, Items):
        return title + [f"  - {clean(item)}" for item in block.items]
    rows = [[clean(cell) for cell in row] for row in (block.headers, *block.rows) if row]
    note = [f"  {clean(block.note)}"] if block.note else []
    return title + _aligned(rows, block.numeric) + note


def _aligned(rows: list[list[str]], numeric: frozenset[int]) -> list[str]:
    widths = [
        max((width for width in map(n_columns, column) if width <= _WIDEST or at in numeric), default=0)
        for at, column in enumerate(zip(*rows))
    ]
    lines = []
    for row in rows:
        gaps = [" " * (width - n_columns(cell)) for cell, width in zip(row, widths)]
        cells = (gap + cell if at in numeric else cell + gap for at, (cell, gap) in enumerate(zip(row, gaps)))
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def _draw_rich(blocks: Sequence[Block], style: Style, width: int) -> str:
    from rich.console import Console

    # Everything is given, so that rich need not ask an environment that was weighed already.
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=True,
        color_system="standard" if style.color else None,
        no_color=not style.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for place, block in enumerate(blocks):
        if place:
            console.print()
        _print(console, block)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def _print(console: Console, block: Block) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if isinstance(block, Line):
        console.print(Text(clean(block.text, lines=True), _TONES[block.tone]), soft_wrap=block.tone == "plain")
        return
    if block.title:
        console.print(Text(clean(block.title), "bold"))
    if isinstance(block, Table):
        console.print(_rich_table(block))
        if block.note:
            console.print(Text(f"  {clean(block.note)}", "dim"))
        return
    for item in block.items:
        grid = _grid()
        grid.add_row(Text("-"), Text(clean(item), _TONES[block.tone]))
        console.print(Padding(grid, (0, 0, 0, 2)))


def _grid() -> RichTable:
    from rich.table import Table as RichTable

    grid = RichTable.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _rich_table(block: Table) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=box.ROUNDED if block.headers else None, show_header=bool(block.headers), header_style="bold")
    n_columns = len(block.headers) or max(map(len, block.rows), default=0)
    for place in range(n_columns):
        header = Text(clean(block.headers[place])) if block.headers else ""
        right = place in block.numeric
        drawn.add_column(header, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in block.rows:
        drawn.add_row(*(Text(clean(cell)) for cell in row))
    return drawn


def columns_of(out: TextIO) -> int:
    """Return the width of the stream's own terminal; COLUMNS or 100 where it is none."""
    try:
        return os.get_terminal_size(out.fileno()).columns or 100
    except (OSError, ValueError):
        columns = os.environ.get("COLUMNS", "")
        return int(columns) if columns.isdigit() and int(columns) > 0 else 100
