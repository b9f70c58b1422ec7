"""The strategies by name, each a file of its own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from agentopt.errors import InputError

if TYPE_CHECKING:
    from agentopt.search.strategy import Strategy

NAMES = {
    "pareto": "pareto:Pareto",
    "hill": "hill:HillClimb",
    "beam": "beam:Beam",
    "ucb": "ucb:UCB",
    "rebase": "rebase:Rebase",
    "islands": "islands:Islands",
    "random": "random_search:RandomSearch",
    "best-of-n": "best_of_n:BestOfN",
}


def strategy(chosen: Strategy | str) -> Strategy:
    """A strategy by its name, or the one that is given.

    Raises:
        InputError: There is none of this name, or what is given is none.
    """
    from agentopt.search.strategy import Strategy

    if isinstance(chosen, Strategy):
        return chosen
    if not isinstance(chosen, str) or chosen not in NAMES:
        raise InputError(f"expected a Strategy or one of {', '.join(NAMES)}, got {chosen!r}")
    module, _, name = NAMES[chosen].partition(":")
    made: Strategy = getattr(import_module(f"agentopt.search.strategies.{module}"), name)()
    return made
