"""Reads the command line, runs one subcommand, and turns every end into one sentence and one exit code.

Only argparse is imported here, so that `agentopt --help` answers at once.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from agentopt import __version__
from agentopt.cli.bench_parsers import add_bench
from agentopt.cli.chat_parsers import add_chat
from agentopt.cli.exits import MEANINGS, USAGE
from agentopt.cli.failure import UsageError, report
from agentopt.cli.mcp_parsers import add_mcp
from agentopt.cli.parsers import add_common, add_optimize, add_runs, count, positive
from agentopt.cli.streams import emit, fill_missing, mention, results_apart

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_EPILOG = "exit codes:\n" + "\n".join(f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items())

_EXAMPLES = """examples:
  agentopt solve transport.yaml --data costs.csv
  agentopt solve problem.txt --model openai/gpt-5 --save model.yaml
  agentopt solve - --json < problem.txt
  agentopt solve "A bakery makes bread and cake ... What should it bake?" --show formulation --show solution

"""


class _Parser(argparse.ArgumentParser):
    """Raises instead of leaving, so that `--json` gets its document for a wrong option too."""

    def __init__(self, **settings: Any) -> None:
        # A script that relies on --js would break with the next option of that beginning.
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Print help as results are: `agentopt --help | head -1` ends quietly."""
        emit(message, sys.stdout)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: What stands after the program's name; None reads the command line.
    """
    fill_missing()
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        options = _parser().parse_args(arguments)
        if options.command is None:
            if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
                mention(_parser().format_help())
                return USAGE
            options = _parser().parse_args(["chat", *arguments])
        with results_apart() as out:
            return _run(options, arguments, out)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the end of the whole command
        return report(error, arguments, sys.stdout)


def _run(options: argparse.Namespace, arguments: list[str], out: TextIO) -> int:
    try:
        # A subcommand brings pydantic, a solver or a provider with it, so each is loaded alone.
        if options.command == "solve":
            from agentopt.cli import solve

            return solve.run(options, out)
        if options.command == "chat":
            from agentopt.cli.chat import loop

            return loop.run(options, out)
        if options.command == "optimize":
            from agentopt.cli import optimize

            return optimize.run(options, out)
        if options.command == "runs":
            from agentopt.cli import runs

            return runs.run(options, out)
        if options.command == "bench":
            from agentopt.cli import bench

            return bench.run(options, out)
        if options.command == "mcp":
            from agentopt.cli.mcp import server

            return server.run(options, out)
        from agentopt.cli import doctor

        return doctor.run(options, out)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the end of the whole command
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            # Whoever asks twice wants out at once, not a tidy end.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        return report(error, arguments, out)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="agentopt",
        description="Let a language model optimize, with every claim checked by running it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"agentopt {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_solve(commands)
    add_chat(commands, _EPILOG)
    add_optimize(commands, _EPILOG)
    add_runs(commands, _EPILOG)
    add_bench(commands, _EPILOG)
    add_mcp(commands, _EPILOG)
    _add_doctor(commands)
    return parser


def _add_solve(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "solve",
        help="solve an optimization problem given in a file, on standard input or in words",
        description="Solve an optimization problem: five elements in YAML or JSON, or plain words that a model reads.",
        epilog=_EXAMPLES + _EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("problem", metavar="FILE|-|TEXT", help="a file, - for standard input, or the problem in words")
    parser.add_argument("--data", metavar="PATH", action="append", default=[], help="a table or a folder of tables")
    parser.add_argument("--model", metavar="PROVIDER/NAME", help="the model that reads prose")
    parser.add_argument(
        "--show",
        choices=("formulation", "program", "solution", "check"),
        action="append",
        help="what to print, repeatable (default: solution)",
    )
    parser.add_argument("--save", metavar="FILE", help="write the formulation as .yaml or .json")
    parser.add_argument("--force", action="store_true", help="let --save replace a file")
    _add_limits(parser)
    add_common(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    limits = parser.add_argument_group("limits and recordings")
    limits.add_argument(
        "--time-limit", metavar="SECONDS", type=positive, default=60.0, help="of the solver (default: 60)"
    )
    limits.add_argument("--max-calls", metavar="N", type=count, help="of the model")
    limits.add_argument("--budget-usd", metavar="X", type=positive, help="dollars the model may cost")
    recording = limits.add_mutually_exclusive_group()
    recording.add_argument("--record", metavar="FILE", help="record the model's replies")
    recording.add_argument("--replay", metavar="FILE", help="take the replies from a recording; no model is asked")


def _add_doctor(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "doctor",
        help="try what this machine can do: solvers, sandbox, model, backends",
        description="Try solvers, sandbox, model and backends on this machine, and say what to do about what lacks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common(parser)
