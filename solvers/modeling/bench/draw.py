"""Draws a part of a benchmark, the same for everybody who names the same seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from agentopt.errors import InputError

from .item import Item


def draw(items: Sequence[Item], n: int | None = None, seed: int = 0, kinds: Sequence[str] = ()) -> tuple[Item, ...]:
    """Draw n items, as many of each kind as of any other while they last.

    Items and kinds are ranked by a hash of seed and name. So the draw does not depend on
    the order of the file or on a version of a random generator, and a larger draw holds
    the smaller one. The items come back in the order of the file.

    Args:
        items: All there are.
        n: How many; None, or more than there are, takes all.
        seed: Another seed, another draw.
        kinds: Draws from these kinds only; none means all.

    Raises:
        InputError: n is below 1, or a kind is not there.
    """
    present = {item.kind for item in items}
    for kind in kinds:
        if kind not in present:
            raise InputError(f"there is no kind {kind!r}; there are {', '.join(sorted(present)[:30])}")
    wanted = [item for item in items if not kinds or item.kind in kinds]
    if n is None or n >= len(wanted):
        return tuple(wanted)
    if n < 1:
        raise InputError(f"expected a draw of at least 1 item, got {n}")
    drawn = {item.id for item in _in_turns(wanted, seed)[:n]}
    return tuple(item for item in wanted if item.id in drawn)


def _in_turns(items: Sequence[Item], seed: int) -> list[Item]:
    """All items, so that each turn takes one of every kind that has some left."""
    by_kind = defaultdict[str, list[Item]](list)
    for item in sorted(items, key=lambda item: _rank(seed, item.id)):
        by_kind[item.kind].append(item)
    turns = [(turn, _rank(seed, kind), item) for kind, members in by_kind.items() for turn, item in enumerate(members)]
    return [item for _, _, item in sorted(turns, key=lambda one: one[:2])]


def _rank(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest()
