"""The options of `agentopt mcp`."""

from __future__ import annotations

import argparse

from agentopt.cli.parsers import Commands, count, positive

_MCP = """examples:
  agentopt mcp
  agentopt mcp --root ~/plans --root ~/data --time-limit 300
  agentopt mcp --model openai/gpt-5 --budget-usd 2

A client of the Model Context Protocol starts this command and talks to it on standard input and output:
  {"mcpServers": {"agentopt": {"command": "agentopt", "args": ["mcp", "--root", "/path/of/the/data"]}}}
An agent that states the five elements itself needs no model here. Needs pip install 'agentopt[mcp]'.

"""


def add_mcp(commands: Commands, epilog: str) -> None:
    """Add `agentopt mcp`."""
    parser = commands.add_parser(
        "mcp",
        help="serve formulate, solve, what-if and explain as tools to an agent (MCP, over stdio)",
        description="Serve the tools of a session to an agent over the Model Context Protocol, until the input ends.",
        epilog=_MCP + epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    files = parser.add_argument_group("files")
    files.add_argument(
        "--root",
        metavar="FOLDER",
        action="append",
        default=[],
        help="a folder that may be read, repeatable (default: the current folder); all else is refused",
    )
    files.add_argument("--allow-write", action="store_true", help="let export write new files below the roots")
    parser.add_argument("--model", metavar="PROVIDER/NAME", help="the model that reads words (default: the client's)")
    limits = parser.add_argument_group("limits")
    limits.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=positive,
        default=60.0,
        help="of each solve, and the most that a call may ask for (default: 60)",
    )
    limits.add_argument("--max-calls", metavar="N", type=count, help="of the model, while the server runs")
    limits.add_argument("--budget-usd", metavar="X", type=positive, help="dollars the model may cost in that time")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
