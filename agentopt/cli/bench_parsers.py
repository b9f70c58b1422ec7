"""The options of `agentopt bench`."""

from __future__ import annotations

import argparse

from agentopt.cli.parsers import Commands, add_common, at_least_one, count, positive

_EXAMPLES = """examples:
  agentopt bench or nl4opt.jsonl --model openai/gpt-5-mini --n 20
  agentopt bench or OptiBench.json --model openai/gpt-5-mini --out results.jsonl --workers 8
  agentopt bench or OptiBench.json --model openai/gpt-5-mini --out results.jsonl --misses   # goes on

The file may be one of NL4OPT, MAMO, IndustryOR, NLP4LP, ComplexOR, OptiBench or OptMATH as it is published, or your
own: JSON lines, a JSON list or a folder, with question and answer. An objective x is right for the answer a if
|x - a| <= 1e-4 max(1, |a|); the share at 1e-6 is shown as well. No answer is ever shown to the model.

"""


def add_bench(commands: Commands, epilog: str) -> None:
    """Add `agentopt bench` with its suites."""
    parser = commands.add_parser(
        "bench",
        help="measure how often a model's formulations reach the known answers",
        description="Measure a model on problems whose answers are known.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    suites = parser.add_subparsers(dest="suite", metavar="SUITE", title="suites", required=True)
    one = suites.add_parser(
        "or",
        help="optimization problems in words",
        description="Solve the problems of a file as `agentopt solve` does, and compare with the file's answers.",
        epilog=_EXAMPLES + epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one.add_argument("file", metavar="FILE", help="problems with answers: JSON lines, JSON, or a folder")
    one.add_argument("--model", metavar="PROVIDER/NAME", help="the model that reads the problems")
    one.add_argument("--out", metavar="FILE", help="add each result to this file; one that is there goes on")
    one.add_argument(
        "--retry-failed", action="store_true", help="run those again that failed at the provider, with no reply"
    )
    one.add_argument("--workers", metavar="N", type=at_least_one, default=1, help="problems under way at a time")
    one.add_argument("--misses", action="store_true", help="list every miss (default: the first ten)")
    part = one.add_argument_group("draw")
    part.add_argument("--n", metavar="N", type=at_least_one, help="draw N problems, evenly by kind (default: all)")
    part.add_argument("--seed", metavar="S", type=count, default=0, help="another seed, another draw (default: 0)")
    part.add_argument("--kinds", metavar="KIND", nargs="+", action="extend", default=[], help="only of these kinds")
    limits = one.add_argument_group("limits and recordings")
    limits.add_argument(
        "--time-limit", metavar="SECONDS", type=positive, default=60.0, help="of the solver (default: 60)"
    )
    limits.add_argument("--max-rounds", metavar="N", type=count, help="corrections of one problem at most (default: 2)")
    limits.add_argument("--max-calls", metavar="N", type=count, help="of the model, for all problems together")
    limits.add_argument("--budget-usd", metavar="X", type=positive, help="dollars that all problems together may cost")
    recording = limits.add_mutually_exclusive_group()
    recording.add_argument("--record", metavar="FILE", help="record the model's replies")
    recording.add_argument("--replay", metavar="FILE", help="take the replies from a recording; no model is asked")
    add_common(one)
