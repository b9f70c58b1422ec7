"""Draws blocks: plain aligned text in a pipe, tables on a terminal.

rich is imported for a terminal only. Everything that is drawn passes `clean`.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TextIO

from agentopt.cli.block import Block, Items, Line, Table
from agentopt.cli.terminal import Style, clean, n_columns

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

_WIDEST = 60
"""A longer text in a pipe stands out of its column instead of pushing the next one away."""

_BORDER = 3
"""Columns that a border with its padding takes."""

_LEAST = 10
"""Columns of the terminal for each column of a table, below which it is drawn plain."""

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
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    return re.sub(r" +$", "", drawn, flags=re.MULTILINE)


def _print(console: Console, block: Block) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if isinstance(block, Line):
        console.print(Text(clean(block.text, lines=True), _TONES[block.tone]), soft_wrap=block.tone == "plain")
        return
    if block.title:
        console.print(Text(clean(block.title), "bold"))
    if isinstance(block, Table):
        if _fits(block, console.width):
            console.print(_rich_table(block, console.width))
        else:
            console.print(Text("\n".join(_plain(replace(block, title="", note="")))), soft_wrap=True)
        if block.note:
            console.print(Text(f"  {clean(block.note)}", "dim"))
        return
    for item in block.items:
        grid = _grid()
        grid.add_row(Text("-"), Text(clean(item), _TONES[block.tone]))
        console.print(Padding(grid, (0, 0, 0, 2), expand=False))


def _fits(block: Table, width: int) -> bool:
    """Return whether every column has room for some letters; on less a box would lose text."""
    return bool(block.rows) and (len(block.headers) or len(block.rows[0])) * _LEAST <= width


def _grid() -> RichTable:
    from rich.table import Table as RichTable

    grid = RichTable.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _rich_table(block: Table, width: int) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=box.ROUNDED if block.headers else None, show_header=bool(block.headers), header_style="bold")
    rows = [[clean(cell) for cell in row] for row in block.rows]
    headers = [clean(header) for header in block.headers] or [""] * len(rows[0])
    whole = _kept_whole([headers, *rows], width)
    for place, header in enumerate(headers):
        justify: Literal["left", "right"] = "right" if place in block.numeric else "left"
        drawn.add_column(Text(header), justify=justify, no_wrap=place in whole, overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))
    return drawn


def _kept_whole(rows: list[list[str]], width: int) -> frozenset[int]:
    """Return the columns that are never broken: the narrowest ones, up to half of the width.

    The other half is left to the others, for rich cuts off what cannot be broken and has no room.
    """
    longest = sorted((max(map(n_columns, column)), place) for place, column in enumerate(zip(*rows)))
    whole, taken = set(), 0
    for size, place in longest:
        taken += size + _BORDER
        if 2 * taken > width:
            break
        whole.add(place)
    return frozenset(whole)


def columns_of(out: TextIO) -> int:
    """Return the width of the stream's own terminal; COLUMNS or 100 where it is none."""
    try:
        return os.get_terminal_size(out.fileno()).columns or 100
    except (OSError, ValueError):
        columns = os.environ.get("COLUMNS", "")
        return int(columns) if columns.isdigit() and int(columns) > 0 else 100
