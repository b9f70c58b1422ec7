"""The options of `agentopt chat`."""

from __future__ import annotations

from agentopt.cli.parsers import Commands, add_common, count, positive

_CHAT = """examples:
  agentopt chat --data costs.csv
  agentopt chat --continue
  agentopt chat < entries.txt
  agentopt chat --replay plan.jsonl

In a pipe, a command stands on a line of its own, and words end with an empty line. What a problem leaves
open is asked about on a terminal; in a pipe the reading that was taken stands, and the others are told.

"""


def add_chat(commands: Commands, epilog: str) -> None:
    """Add `agentopt chat`."""
    import argparse

    parser = commands.add_parser(
        "chat",
        help="formulate, solve, question and change a problem in a conversation",
        description="Talk about one optimization problem: state it, see it solved, ask why and what if.",
        epilog=_CHAT + epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", metavar="PATH", action="append", default=[], help="a table or a folder of tables")
    parser.add_argument("--model", metavar="PROVIDER/NAME", help="the model that reads words")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--session", metavar="FILE", help="keep the session in this file; go on with it if it is there")
    kept.add_argument("-c", "--continue", dest="resume", action="store_true", help="go on with the last session")
    kept.add_argument("--replay", metavar="FILE", help="play a session again, with the replies that it recorded")
    limits = parser.add_argument_group("limits")
    limits.add_argument(
        "--time-limit", metavar="SECONDS", type=positive, default=60.0, help="of the solver (default: 60)"
    )
    limits.add_argument("--max-calls", metavar="N", type=count, help="of the model, in the whole session")
    limits.add_argument("--budget-usd", metavar="X", type=positive, help="dollars the model may cost in the session")
    add_common(parser)
