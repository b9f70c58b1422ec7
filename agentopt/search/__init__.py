"""The loop: evaluate, choose, accept, resume.

optimize    searches for values of a workflow's parameters that raise its score, and tests what was found
Dataset     items to learn from, to choose on, to test on, and such as must not get worse
Settings    how a search goes
Result      what it found, how sure that is, and what it took
Strategy    the contract of propose, evaluate, select; `strategies` has those that come along
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.search.archive import Archive
    from agentopt.search.candidate import Candidate
    from agentopt.search.dataset import Dataset
    from agentopt.search.heldout import TestReport
    from agentopt.search.optimizing import optimize
    from agentopt.search.processes import Processes
    from agentopt.search.progress import Progress
    from agentopt.search.race import Race
    from agentopt.search.result import Result
    from agentopt.search.settings import Settings
    from agentopt.search.strategies.beam import Beam
    from agentopt.search.strategies.best_of_n import BestOfN
    from agentopt.search.strategies.hill import HillClimb
    from agentopt.search.strategies.islands import Islands
    from agentopt.search.strategies.pareto import Pareto
    from agentopt.search.strategies.random_search import RandomSearch
    from agentopt.search.strategies.rebase import Rebase
    from agentopt.search.strategies.ucb import UCB
    from agentopt.search.strategy import Ask, Strategy
    from agentopt.search.trial import Outcome, Trial

_HOME = {
    "Archive": "archive",
    "Ask": "strategy",
    "Beam": "strategies.beam",
    "BestOfN": "strategies.best_of_n",
    "Candidate": "candidate",
    "Dataset": "dataset",
    "HillClimb": "strategies.hill",
    "Islands": "strategies.islands",
    "Outcome": "trial",
    "Pareto": "strategies.pareto",
    "Processes": "processes",
    "Progress": "progress",
    "Race": "race",
    "RandomSearch": "strategies.random_search",
    "Rebase": "strategies.rebase",
    "Result": "result",
    "Settings": "settings",
    "Strategy": "strategy",
    "TestReport": "heldout",
    "Trial": "trial",
    "UCB": "strategies.ucb",
    "optimize": "optimizing",
}

__all__ = [
    "UCB",
    "Archive",
    "Ask",
    "Beam",
    "BestOfN",
    "Candidate",
    "Dataset",
    "HillClimb",
    "Islands",
    "Outcome",
    "Pareto",
    "Processes",
    "Progress",
    "Race",
    "RandomSearch",
    "Rebase",
    "Result",
    "Settings",
    "Strategy",
    "TestReport",
    "Trial",
    "optimize",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'agentopt.search' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"agentopt.search.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
