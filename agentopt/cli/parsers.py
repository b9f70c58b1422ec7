"""The options that several subcommands share, and those of `optimize` and `runs`."""

from __future__ import annotations

import argparse
from typing import Any

OPTIMIZERS = ("mixed", "optoprime", "opro", "textgrad", "local", "random")
STRATEGIES = ("pareto", "hill", "beam", "ucb", "rebase", "islands", "random", "best-of-n")
Commands = Any
"""What argparse gives for subcommands, whose type it keeps to itself."""

_OPTIMIZE = """examples:
  agentopt optimize triage:answer --data tickets.jsonl --metric triage:score --model openai/gpt-5-mini
  agentopt optimize triage:answer --data tickets.jsonl --metric triage:score --max-calls 500 --store runs.db --run first
  agentopt runs resume first --store runs.db

"""
_RUNS = """examples:
  agentopt runs list
  agentopt runs show first --store runs.db
  agentopt runs diff first            # start against best
  agentopt runs diff first:0 first:7  # two candidates
  agentopt runs export first --format yaml --to best.yaml

"""


def add_optimize(commands: Commands, epilog: str) -> None:
    """Add `agentopt optimize`."""
    parser = commands.add_parser(
        "optimize",
        help="optimize the parameters of a workflow for data and a metric",
        description="Search for values of a workflow's parameters that raise its score, and test what was found.",
        epilog=_OPTIMIZE + epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("workflow", metavar="MODULE:FUNCTION", help="called with each item; a file.py:function too")
    parser.add_argument("--data", metavar="FILE", required=True, help="items, a JSON value a line; split at random")
    parser.add_argument("--validation", metavar="FILE", help="items to choose on; --data is then for feedback alone")
    parser.add_argument("--test", metavar="FILE", help="held-out items; with --validation")
    parser.add_argument("--anchors", metavar="FILE", help="items that must not get worse")
    parser.add_argument(
        "--metric", metavar="MODULE:FUNCTION", required=True, help="called with the item and the output"
    )
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="mixed")
    parser.add_argument("--strategy", choices=STRATEGIES, default="pareto")
    parser.add_argument("--model", metavar="PROVIDER/NAME", help="the model that the optimizer asks")
    parser.add_argument("--objective", metavar="TEXT", default="", help="what is wanted, in a sentence")
    parser.add_argument("--seed", metavar="N", type=count, default=0)
    parser.add_argument("--save", metavar="FILE", help="write the parameters with all their versions, as YAML")
    parser.add_argument("--force", action="store_true", help="let --save replace a file")
    search = parser.add_argument_group("search")
    search.add_argument("--minibatch", metavar="N", type=at_least_one, default=3, help="items of one reflection")
    search.add_argument("--width", metavar="N", type=at_least_one, default=1, help="parents improved in one round")
    search.add_argument("--children", metavar="N", type=at_least_one, default=1, help="proposals from one call")
    search.add_argument("--repeats", metavar="N", type=at_least_one, default=1, help="runs of an item, at most")
    search.add_argument("--target", metavar="X", type=number, help="stop at this estimated score")
    search.add_argument("--timeout", metavar="SECONDS", type=positive, help="of one run")
    search.add_argument(
        "--executor", metavar="KIND", default=None, help="threads:N, processes:N or dask:ADDRESS (default: threads:16)"
    )
    limits = parser.add_argument_group("budget, of trials, reflection and test together")
    limits.add_argument("--max-evaluations", metavar="N", type=count, help="(default: 500 if there is no other limit)")
    limits.add_argument("--max-calls", metavar="N", type=count, help="of models")
    limits.add_argument("--max-tokens", metavar="N", type=count)
    limits.add_argument("--budget-usd", metavar="X", type=positive)
    limits.add_argument("--max-seconds", metavar="X", type=positive)
    recording = limits.add_mutually_exclusive_group()
    recording.add_argument("--record", metavar="FILE", help="record the optimizer's replies")
    recording.add_argument("--replay", metavar="FILE", help="take the optimizer's replies from a recording")
    store = parser.add_argument_group("store")
    store.add_argument("--store", metavar="FILE", help="a file of runs (default: AGENTOPT_STORE, or none)")
    store.add_argument("--run", metavar="NAME", default="", help="the run's name; one that was cut off goes on")
    add_common(parser)


def add_runs(commands: Commands, epilog: str) -> None:
    """Add `agentopt runs` with its verbs."""
    parser = commands.add_parser(
        "runs",
        help="list, show, resume, compare and export the runs of a store",
        description="Look at the runs of a store, and go on with one.",
        epilog=_RUNS + epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    for verb, said in (
        ("list", "every run with its status, trials, best and cost"),
        ("show", "one run: verdict, candidates, failures, cost"),
        ("resume", "go on with a run of `agentopt optimize` that was cut off"),
        ("diff", "what changed from start to best, or between two candidates"),
        ("export", "the best parameters, or every trial"),
    ):
        one = verbs.add_parser(verb, help=said, description=said[0].upper() + said[1:] + ".")
        if verb == "diff":
            one.add_argument("run", metavar="RUN[:CANDIDATE]")
            one.add_argument("other", metavar="RUN[:CANDIDATE]", nargs="?")
        elif verb != "list":
            one.add_argument("run", metavar="RUN", help="its name, or the beginning of it")
        if verb == "export":
            one.add_argument("--format", choices=("yaml", "json", "jsonl", "csv"), default="yaml")
            one.add_argument("--to", metavar="FILE", help="(default: standard output)")
            one.add_argument("--force", action="store_true", help="let --to replace a file")
        one.add_argument("--store", metavar="FILE", help="(default: AGENTOPT_STORE, then agentopt.db)")
        add_common(one)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add how results are shown."""
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="print one JSON document, for errors too")
    output.add_argument("--no-color", action="store_true", help="no colour (NO_COLOR and TERM=dumb are obeyed)")
    amount = output.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", action="store_true", help="no progress and no warnings")
    amount.add_argument("-v", "--verbose", action="store_true", help="progress in a pipe too, and tables uncut")
    output.add_argument("--debug", action="store_true", help="show the traceback of an error")


def positive(text: str) -> float:
    """A number above 0."""
    value = number(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def count(text: str) -> int:
    """A whole number of 0 or more."""
    if not text.isdecimal() or not 0 < len(text) < 10:
        raise argparse.ArgumentTypeError(f"expected a whole number of 0 or more, got {text!r}")
    return int(text)


def at_least_one(text: str) -> int:
    """A whole number of 1 or more."""
    if not text.isdecimal() or not 0 < len(text) < 10 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of 1 or more, got {text!r}")
    return int(text)


def number(text: str) -> float:
    """Any number; what is none becomes NaN, which no range holds."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
