"""Blocks of a trace, each folded into one line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from agentopt.graph.shown.step import BlockCall, Step

_UNKNOWN = BlockCall((), ())
_NO_CALLS: Mapping[str, BlockCall] = MappingProxyType({})


def fold_blocks(
    steps: Sequence[Step], outputs: Collection[str] = (), calls: Mapping[str, BlockCall] = _NO_CALLS
) -> tuple[Step, ...]:
    """Show each outermost block as one call, with what it took from outside and what of it is used outside.

    A block stays open if something outside stands between its parts: it cannot be one line then.

    Args:
        steps: In order.
        outputs: The names that are spoken of, which have to stay.
        calls: What each outermost block was called with, by its name.
    """
    home = {step.name: step.blocks[0] for step in steps if step.blocks}
    if not home:
        return tuple(steps)
    members: dict[str, list[Step]] = {}
    for step in steps:
        if step.blocks:
            members.setdefault(step.blocks[0], []).append(step)
    place = {step.name: number for number, step in enumerate(steps)}
    last = {block: place[inside[-1].name] for block, inside in members.items()}
    used: dict[str, dict[str, None]] = {block: {} for block in members}
    open_blocks: set[str] = set()
    for step in steps:
        for _, parent in step.parents:
            block = home.get(parent)
            if block is not None and home.get(step.name) != block:
                used[block][parent] = None
                if place[step.name] < last[block]:
                    open_blocks.add(block)
    for name in outputs:
        if name in home:
            used[home[name]][name] = None
    folded: list[Step] = []
    for number, step in enumerate(steps):
        block = home.get(step.name)
        if block is None or block in open_blocks:
            folded.append(step)
        elif number == last[block]:
            folded.append(_folded(block, members[block], list(used[block]), calls.get(block, _UNKNOWN)))
    return tuple(folded)


def inside_of(steps: Sequence[Step]) -> dict[str, set[str]]:
    """The functions and operators that are called in the blocks of each function."""
    inside: dict[str, set[str]] = {}
    for step in steps:
        for block in step.blocks[:1]:
            inside.setdefault(block.partition("#")[0], set()).add(step.operation)
    return inside


def _folded(block: str, inside: list[Step], used: list[str], call: BlockCall) -> Step:
    """One line for a block: what it was called with, and then what else from outside it used."""
    given = {parent for _, parent in call.parents} | {step.name for step in inside}
    beside = {parent: argument for step in inside for argument, parent in step.parents if parent not in given}
    parents = (*call.parents, *((argument, parent) for parent, argument in beside.items()))
    arguments = ", ".join(f"{name}={text}" for name, text in call.arguments)
    if beside:
        arguments += f"{'; ' if arguments else ''}inside: {', '.join(beside)}"
    end = inside[-1]
    name = ", ".join([*(name for name in used if name != end.name), end.name])
    operation = block.partition("#")[0]
    return Step(name, "call", end.kept, operation, f"{operation}({arguments})", parents)
