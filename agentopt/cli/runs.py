"""`agentopt runs`: what is in a store."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from agentopt.cli.block import Block, Line, Table
from agentopt.cli.exits import SOLVED
from agentopt.cli.failure import SCHEMAS, UsageError
from agentopt.cli.run_changes import START, changes, two_candidates
from agentopt.cli.run_export import FORMATS, strict_json
from agentopt.cli.run_view import candidate_data, dollars, figure, run_data, show_blocks, when
from agentopt.cli.screen import columns_of, draw
from agentopt.cli.streams import emit, mention
from agentopt.cli.terminal import choose_style, clean
from agentopt.errors import FileError
from agentopt.store import Store
from agentopt.store.figures import figures
from agentopt.whole_file import write_whole

DEFAULT = "agentopt.db"
_LEADERS = 10


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Do what the verb says and return the exit code."""
    path = Path(options.store or os.environ.get("AGENTOPT_STORE") or DEFAULT)
    if not path.exists():
        raise FileError(f"there is no store at {path}; give --store FILE, or set AGENTOPT_STORE")
    if options.verb == "resume":
        with Store(path) as store:
            return _resume(store, options, out)
    verbs = {"list": _list, "show": _show, "diff": _diff, "export": _export}
    with Store(path, read_only=True) as store:
        verbs[options.verb](store, options, out)
    return SOLVED


def _resume(store: Store, options: argparse.Namespace, out: TextIO) -> int:
    from agentopt.cli import optimize

    row = store.find(options.run)
    # Looked at before the run is taken up, so that a refusal leaves it as it is.
    if store.log(row).artifact(optimize.COMMAND) is None:
        raise UsageError(
            f"the run {row.name} was begun by a program; run that one again with the same store and name to go on"
        )
    with store.run(row.name) as log:
        return optimize.resume(options, log, out)


def _list(store: Store, options: argparse.Namespace, out: TextIO) -> None:
    found = [(row, figures(store, row)) for row in store.runs()]
    if options.json:
        _document({"runs": [run_data(row, known) for row, known in found]}, out)
        return
    rows = tuple(
        (
            str(row.id),
            row.name,
            row.status,
            when(row.begun),
            str(row.about.get("workflow", "")),
            str(known.n_trials),
            "" if known.best is None else figure(known.best.mean),
            dollars(known),
        )
        for row, known in found
    )
    headers = ("id", "run", "status", "begun", "workflow", "trials", "best", "cost")
    numeric = frozenset({0, 5, 6, 7})
    _draw([Table("", headers, rows, numeric) if rows else Line("There is no run yet.")], options, out)


def _show(store: Store, options: argparse.Namespace, out: TextIO) -> None:
    row = store.find(options.run)
    known, log = figures(store, row), store.log(row)
    if not options.json:
        _draw(show_blocks(row, known, log, uncut=options.verbose), options, out)
        return
    leaders = log.leaders(known.n_candidates if options.verbose else _LEADERS)
    start = log.candidate(START)
    changed = changes(start, known.best) if start is not None and known.best is not None else {}
    shown = {"leaders": [candidate_data(one) for one in leaders], "changes": changed}
    _document({"runs": [run_data(row, known) | shown]}, out)


def _diff(store: Store, options: argparse.Namespace, out: TextIO) -> None:
    first, second = two_candidates(store, options.run, options.other)
    changed = changes(first, second)
    if options.json:
        _document({"from": candidate_data(first), "to": candidate_data(second), "changes": changed}, out)
        return
    emit(_safe("\n".join(changed.values())) if changed else "nothing differs\n", out)


def _export(store: Store, options: argparse.Namespace, out: TextIO) -> None:
    row, path = store.find(options.run), Path(options.to) if options.to else None
    if path is not None and path.exists() and not options.force:
        raise FileError(f"--to {path}: the file exists; --force replaces it")
    if path is not None and not path.parent.is_dir():
        raise FileError(f"--to {path}: there is no folder {path.parent}")
    text = FORMATS[options.format](store, row)
    if path is not None:
        write_whole(path, text, force=options.force, option="--to")
        if not options.quiet:
            mention(f"agentopt: the run {clean(row.name)} stands in {clean(path)}\n")
    if options.json:
        told = {"to": str(path)} if path is not None else {"text": text}
        _document({"run": row.name, "format": options.format, **told}, out)
    elif path is None:
        # What a program reads is given as it is; what a terminal gets may not drive it.
        emit(_safe(text) if out.isatty() else text, out)


def _document(data: dict[str, Any], out: TextIO) -> None:
    emit(strict_json({"agentopt": SCHEMAS["runs"], "exit_code": SOLVED, **data}, indent=2), out)


def _draw(blocks: Iterable[Block], options: argparse.Namespace, out: TextIO) -> None:
    style = choose_style(out.isatty(), os.environ, no_color=options.no_color)
    emit(draw(blocks, style, columns_of(out)), out)


def _safe(text: str) -> str:
    """A text of lines without what drives a terminal; tabs, which a difference needs, stay."""
    return "\t".join(clean(part, lines=True) for part in text.split("\t"))
