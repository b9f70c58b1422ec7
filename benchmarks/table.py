"""The one shape of a measured result, and the Markdown table made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured claim, its peer's figure and the bar it is held to.

    Figures are text with their unit, written by the benchmark ("48 ms", "12 of 12 solved"), because the
    benchmark knows how many digits its spread allows.
    """

    what: str
    """What was measured, as a short noun phrase."""
    ours: str
    """Our figure, with unit, and spread where it was measured."""
    other: str = ""
    """The peer's or baseline's figure, with the peer's name; "" where there is none."""
    ratio: float | None = None
    """How many times better ours is than the other, above 1 being better; None without a peer."""
    bar: str = ""
    """The bar in words ("< 100 ms", ">= 5x"); "" for a figure that is only reported."""
    passed: bool | None = None
    """Whether the bar was met; None only where there is no bar."""
    note: str = ""
    """Seeds, sizes, what a reader must know to believe the figure."""

    def __post_init__(self) -> None:
        if bool(self.bar) != (self.passed is not None):
            raise ValueError(f"expected bar and passed together in the row {self.what!r}, got one without the other")


_HEAD = ("what", "ours", "other", "ratio", "bar", "met", "note")


def markdown(rows: Iterable[Row]) -> str:
    """Write the rows as one Markdown table, in the order given."""
    lines = [_line(_HEAD), _line(["---"] * len(_HEAD))]
    lines += [_line(_cells(row)) for row in rows]
    return "\n".join(lines) + "\n"


def missed(rows: Iterable[Row]) -> list[Row]:
    """List the rows whose bar was not met."""
    return [row for row in rows if row.passed is False]


def _cells(row: Row) -> list[str]:
    ratio = "" if row.ratio is None else f"{row.ratio:.3g}x"
    met = {None: "", True: "yes", False: "NO"}[row.passed]
    return [row.what, row.ours, row.other, ratio, row.bar, met, row.note]


def _line(cells: Iterable[str]) -> str:
    # A bar or a line break in a cell would end it early.
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
