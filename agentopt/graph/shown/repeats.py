"""Rows of repeated calls in a trace, such as the rounds of a loop, each shown by its ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agentopt.graph.shown.step import Step

_LONGEST_ROUND = 4


def fold_repeats(steps: Sequence[Step], outputs: Collection[str], keep: int) -> tuple[Step, ...]:
    """Show of a row of equal rounds the first and the last `keep`, and one line for those between.

    A round is up to four calls of the same functions in the same order. Steps that are spoken of stay.

    Args:
        steps: In order.
        outputs: The names that are spoken of.
        keep: Rounds to show at each end of a row, at least 1.
    """
    folded: list[Step] = []
    place = 0
    while place < len(steps):
        size, n_rounds = _row(steps, place, outputs)
        if n_rounds <= 2 * keep + 1:
            # Each step of the round is looked at anew: a longer row may begin in its middle.
            folded.append(steps[place])
            place += 1
            continue
        end = place + size * n_rounds
        between = steps[place + size * keep : end - size * keep]
        folded += [*steps[place : place + size * keep], _summed(between, size), *steps[end - size * keep : end]]
        place = end
    return tuple(folded)


def _row(steps: Sequence[Step], start: int, outputs: Collection[str]) -> tuple[int, int]:
    """The size of the rounds that begin at a place, and their number, for the row that covers most."""
    best = (1, 1)
    for size in range(1, _LONGEST_ROUND + 1):
        end = start
        while end < len(steps) and _fits(steps[end], outputs):
            if end >= start + size and steps[end].operation != steps[end - size].operation:
                break
            end += 1
        n_rounds = (end - start) // size
        if n_rounds > 1 and size * n_rounds > best[0] * best[1]:
            best = size, n_rounds
    return best


def _fits(step: Step, outputs: Collection[str]) -> bool:
    return step.kind == "call" and step.name not in outputs


def _summed(between: Sequence[Step], size: int) -> Step:
    """One line for some rounds, with the value that the last of them gave."""
    first, last = between[0], between[-1]
    operations = ", ".join(step.operation for step in between[:size])
    n_rounds = len(between) // size
    said = f"[{n_rounds} more calls of {operations}]" if size == 1 else f"[{n_rounds} more rounds of {operations}]"
    return Step(f"{first.name} to {last.name}", "call", last.kept, last.operation, said, last.parents)
