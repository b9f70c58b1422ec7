"""`agentopt doctor`: what this machine can do, each thing tried, and what to do about the rest."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TextIO

from agentopt.cli.block import Block, Line, Table
from agentopt.cli.checkup import AREAS, Checkup
from agentopt.cli.exits import FAILED, SOLVED
from agentopt.cli.failure import SCHEMAS
from agentopt.cli.progress import progress
from agentopt.cli.screen import columns_of, draw
from agentopt.cli.streams import emit
from agentopt.cli.terminal import choose_style


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Try everything, show it, and return 0 when a problem in a file can be solved."""
    tell = progress(options)
    checkups: list[Checkup] = []
    for area in AREAS:
        tell(f"trying: {area.__name__}")
        checkups += area()
    code = SOLVED if solves_files(checkups) else FAILED
    if options.json:
        emit(json.dumps(_document(checkups, code), indent=2) + "\n", out)
        return code
    style = choose_style(out.isatty(), os.environ, no_color=options.no_color)
    emit(draw(_blocks(checkups, code), style, columns_of(out)), out)
    return code


def solves_files(checkups: Sequence[Checkup]) -> bool:
    """Return whether the trial of a whole problem came out right."""
    return any(checkup.name == "file problem" and checkup.state == "ok" for checkup in checkups)


def _blocks(checkups: Sequence[Checkup], code: int) -> list[Block]:
    blocks: list[Block] = []
    for area in dict.fromkeys(checkup.area for checkup in checkups):
        rows = tuple((c.state, c.name, c.detail, c.fix) for c in checkups if c.area == area)
        kept = [place for place in range(4) if any(row[place] for row in rows)]
        headers = tuple(("state", "what", "found", "what to do")[place] for place in kept)
        blocks.append(Table(area, headers, tuple(tuple(row[place] for place in kept) for row in rows)))
    verdict = "Problems in files can be solved." if code == SOLVED else "Problems in files cannot be solved yet."
    return [*blocks, Line(verdict, "good" if code == SOLVED else "bad")]


def _document(checkups: Sequence[Checkup], code: int) -> dict[str, object]:
    return {"agentopt": SCHEMAS["doctor"], "exit_code": code, "checks": [asdict(checkup) for checkup in checkups]}
