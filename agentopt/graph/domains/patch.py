"""Patches: a few exact replacements in a text, and the difference between two texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from agentopt.errors import DomainError
from agentopt.graph.domains.domain import brief


@dataclass(frozen=True)
class Replacement:
    """One place in a text, named by what stands there, and what shall stand there."""

    find: str
    replace: str


def patched(text: str, replacements: Iterable[Replacement]) -> str:
    """Make the replacements one after the other; each finds its place in the text as it stands then.

    Raises:
        DomainError: What to find is empty, or does not occur exactly once; says which and how often.
    """
    steps = list(replacements)
    for number, step in enumerate(steps, start=1):
        which = f"replacement {number} of {len(steps)}"
        if not step.find:
            raise DomainError(f"{which}: expected a text to find, got an empty one")
        count = _occurrences(text, step.find)
        if count != 1:
            told = f"{which}: expected {brief(step.find)} to occur once in the text, it occurs {count} times"
            raise DomainError(told + _hint(text, step.find, count))
        text = text.replace(step.find, step.replace)
    return text


def diff(old: str, new: str, name: str) -> str:
    """The unified difference of two texts; "" if they are equal."""
    # A last line without an end is worth a word only where the other text has one.
    marked = old.endswith("\n") != new.endswith("\n")
    lines = difflib.unified_diff(_lines(old, marked), _lines(new, marked), f"{name} (old)", f"{name} (new)")
    return "".join(lines)


def _lines(text: str, marked: bool) -> list[str]:
    """Lines with their ends; a last one without an end says so, as patch does."""
    *whole, last = text.split("\n")
    lines = [f"{line}\n" for line in whole]
    mark = "\\ No newline at end of text\n" if marked else ""
    return [*lines, f"{last}\n{mark}"] if last else lines


def _occurrences(text: str, find: str) -> int:
    """How often a text stands in another, overlaps counted."""
    count, place = 0, text.find(find)
    while place >= 0:
        count, place = count + 1, text.find(find, place + 1)
    return count


def _hint(text: str, find: str, count: int) -> str:
    """Say what to do about a text that occurs never or too often."""
    if count:
        return "; add lines around it until it is unique"
    lines = find.strip("\n").split("\n")
    bare = [line.strip() for line in lines]
    there = [line.strip() for line in text.split("\n")]
    if any(bare):
        starts = range(len(there) - len(bare) + 1)
        n_indented = sum(there[start : start + len(bare)] == bare for start in starts)
        if n_indented:
            return f"; it occurs {_times(n_indented)} if indentation is ignored, so copy the indentation exactly"
    squeezed = " ".join(find.split())
    n_squeezed = _occurrences(" ".join(text.split()), squeezed) if squeezed else 0
    if n_squeezed:
        return f"; it occurs {_times(n_squeezed)} if spaces and line ends are ignored, so copy them exactly"
    return "; copy it from the text letter by letter"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
