"""Making texts fit into a number of characters: long ones lose their middle, long rows theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
SHORTEST = 24
"""No text is cut to fewer characters."""
_NOTE = "[... {} characters left out ...]"
_NOTE_CHARS = len(_NOTE) - 2


def cut(text: str, limit: int) -> str:
    """A text of at most `limit` characters, but SHORTEST: head and tail, with a note of how much is missing between."""
    limit = max(limit, SHORTEST)
    if len(text) <= limit:
        return text
    kept = limit - _NOTE_CHARS - len(str(len(text)))
    if kept < limit // 2:
        return f"{text[: limit - limit // 2 - 5]} ... {text[-(limit // 2) :]}"
    tail = kept // 2
    return f"{text[: kept - tail]}{_NOTE.format(len(text) - kept)}{text[len(text) - tail :]}"


def level(lengths: Sequence[int], room: int) -> int:
    """The length to which texts are cut so that together they fit: the long ones lose, the short ones do not."""
    left = len(lengths)
    for length in sorted(lengths):
        if length * left > room:
            return max(SHORTEST, room // left)
        room -= length
        left -= 1
    return max([SHORTEST, *lengths])


@dataclass(frozen=True)
class Ends(Generic[T]):
    """Both ends of a row, and what stood between them."""

    head: Sequence[T]
    between: Sequence[T]
    tail: Sequence[T]

    @property
    def kept(self) -> list[T]:
        """What is left of the row."""
        return [*self.head, *self.tail]


def middle_out(row: Sequence[T], room: int, cost: Callable[[T], int]) -> Ends[T]:
    """Take out the middle of a row, so that the characters of what stays fit."""
    head, tail, left = 0, len(row), room
    # The end first: what is nearest to the feedback says most.
    while head < tail:
        at_end = len(row) - tail <= head
        price = cost(row[tail - 1] if at_end else row[head])
        if price > left:
            break
        left -= price
        head, tail = (head, tail - 1) if at_end else (head + 1, tail)
    return Ends(row[:head], row[head:tail], row[tail:])
