"""`agentopt runs`: what is in a store."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from agentopt.cli import save
from agentopt.cli.block import Block, Line, Table
from agentopt.cli.exits import SOLVED
from agentopt.cli.failure import SCHEMAS, UsageError
from agentopt.cli.screen import columns_of, draw
from agentopt.cli.streams import emit, mention
from agentopt.cli.terminal import choose_style, clean
from agentopt.errors import FileError
from agentopt.store import Store
from agentopt.store.figures import Figures, figures

if TYPE_CHECKING:
    from agentopt.store import CandidateRow, RunRow

DEFAULT = "agentopt.db"
_SHOWN = 10
_BARS = "▁▂▃▄▅▆▇█"


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Do what the verb says and return the exit code."""
    path = Path(options.store or os.environ.get("AGENTOPT_STORE") or DEFAULT)
    if not path.is_file():
        raise FileError(f"there is no store at {path}; give --store FILE, or set AGENTOPT_STORE")
    with Store(path) as store:
        if options.verb == "resume":
            from agentopt.cli import optimize

            with store.run(store.find(options.run).name) as log:
                return optimize.resume(options, log, out)
        verbs = {"list": _list, "show": _show, "diff": _diff, "export": _export}
        verbs[options.verb](store, options, out)
    return SOLVED


def _list(store: Store, options: argparse.Namespace, out: TextIO) -> None:
    found = [(row, figures(store, row)) for row in store.runs()]
    if options.json:
        _document([_run_data(row, known) for row, known in found], "runs", out)
        return
    rows = tuple(
        (
            row.name,
            row.status,
            time.strftime("%Y-%m-%d %H:%M", time.localtime(row.begun)),
            str(row.about.get("workflow", "")),
            str(known.n_trials),
            "" if known.best is None or known.best.mean is None else f"{known.best.mean:.4g}",
            _dollars(known),
        )
        for row, known in found
    )
    headers = ("run", "status", "begun", "workflow", "trials", "best", "cost")
    _draw([Table("", headers, rows, frozenset({4, 5, 6})) if rows else Line("There is no run yet.")], options, out)


def _show(store: Store, options: argparse.Namespace, out: TextIO) -> None:
    row = store.find(options.run)
    known = figures(store, row)
    if options.json:
        _document([_run_data(row, known)], "runs", out)
        return
    _draw(_show_blocks(row, known, uncut=options.verbose), options, out)


def _show_blocks(row: RunRow, known: Figures, *, uncut: bool) -> Iterator[Block]:
    verdict = str(row.summary.get("verdict", ""))
    yield Line(f"{row.name}: {row.status}", "title")
    if verdict:
        yield Line(verdict, "good" if row.summary.get("improved") else "warn")
    facts = [
        ("workflow", f"{row.about.get('workflow', '')}, strategy {row.about.get('strategy', '')}"),
        ("trials", f"{known.n_trials}, of {known.n_candidates} candidates"),
        ("models", f"{known.calls} calls, {known.tokens} tokens, {_dollars(known) or 'no cost'}"),
        ("time", f"{row.seconds:.1f} s"),
    ]
    if known.failures:
        facts.append(("failed", ", ".join(f"{count} {kind}" for kind, count in known.failures)))
    if row.summary.get("stopped"):
        facts.append(("ended", str(row.summary["stopped"])))
    curve = row.summary.get("curve") or []
    if len(curve) > 1:
        facts.append(("best over time", _sparkline([point[1] for point in curve])))
    yield Table("", (), tuple(facts))
    most = None if uncut else _SHOWN
    rows = tuple(
        (
            str(one.number),
            ", ".join(map(str, one.parents)) or "start",
            "" if one.mean is None else f"{one.mean:.4g}",
            "" if one.sd is None else f"{one.sd:.2g}",
            one.author,
            one.reason or one.dropped,
        )
        for one in known.leaders[:most]
    )
    left = known.n_candidates - len(rows)
    note = f"and {left} more; --verbose shows those that are measured" if left > 0 and not uncut else ""
    yield Table("Candidates", ("number", "parent", "estimate", "sd", "author", "reason"), rows, frozenset({2, 3}), note)


def _diff(store: Store, options: argparse.Namespace, out: TextIO) -> None:
    from agentopt.graph.domains.patch import diff

    first, second = _two(store, options)
    names = dict.fromkeys((*first.values, *second.values))
    texts = [diff(_text(first.values.get(name)), _text(second.values.get(name)), name) for name in names]
    changed = [text for text in texts if text.strip()]
    if options.json:
        _document([{"from": first.number, "to": second.number, "diff": "\n".join(changed)}], "runs", out)
        return
    emit("\n".join(clean(text, lines=True) for text in changed) + "\n" if changed else "nothing differs\n", out)


def _two(store: Store, options: argparse.Namespace) -> tuple[CandidateRow, CandidateRow]:
    one = _candidate(store, options.run)
    if options.other:
        return one, _candidate(store, options.other)
    if ":" in options.run:
        raise UsageError(f"expected a second candidate to compare {options.run} with")
    return _candidate(store, f"{options.run}:0"), one


def _candidate(store: Store, named: str) -> CandidateRow:
    """A candidate as RUN:NUMBER, or the best of a run."""
    name, _, number = named.partition(":")
    row = store.find(name)
    if not number:
        best = figures(store, row).best
        if best is None:
            raise UsageError(f"the run {name} has no candidate that was measured yet")
        return best
    found = [one for one in store.log(row).candidates() if str(one.number) == number]
    if not found:
        raise UsageError(f"the run {name} has no candidate {number}")
    return found[0]


def _export(store: Store, options: argparse.Namespace, out: TextIO) -> None:
    row = store.find(options.run)
    text = {"yaml": _yaml, "json": _json, "jsonl": _jsonl, "csv": _csv}[options.format](store, row)
    if not options.to:
        emit(text, out)
        return
    path = Path(options.to)
    if path.exists() and not options.force:
        raise FileError(f"--to {path}: the file exists; --force replaces it")
    if not path.parent.is_dir():
        raise FileError(f"--to {path}: there is no folder {path.parent}")
    save.write_whole(path, text, force=options.force)
    if not options.quiet:
        mention(f"agentopt: the run {clean(row.name)} stands in {clean(path)}\n")


def _yaml(store: Store, row: RunRow) -> str:
    from agentopt.graph.writing.yaml_text import yaml_text

    best = _candidate(store, row.name)
    return yaml_text({name: _value(data) for name, data in best.values.items()})


def _json(store: Store, row: RunRow) -> str:
    candidates = [vars(one) for one in store.log(row).candidates()]
    return json.dumps(_run_data(row, figures(store, row)) | {"candidates": candidates}, indent=2) + "\n"


def _jsonl(store: Store, row: RunRow) -> str:
    return "".join(json.dumps(one) + "\n" for one in _trials(store, row))


def _csv(store: Store, row: RunRow) -> str:
    stream = io.StringIO()
    rows = _trials(store, row)
    writer = csv.DictWriter(stream, list(rows[0]) if rows else ["candidate"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(one | {"objectives": json.dumps(one["objectives"])} for one in rows)
    return stream.getvalue()


def _trials(store: Store, row: RunRow) -> list[dict[str, Any]]:
    found = []
    for one in store.log(row).trials():
        data = {"candidate": one.candidate, "part": one.key[1], "item": one.key[2], "repeat": one.key[3]}
        found.append(data | {name: value for name, value in vars(one).items() if name not in ("key", "candidate")})
    return found


def _run_data(row: RunRow, known: Figures) -> dict[str, Any]:
    best = known.best
    return {
        "run": row.name,
        "status": row.status,
        "begun": row.begun,
        "seconds": row.seconds,
        "trials": known.n_trials,
        "candidates": known.n_candidates,
        "calls": known.calls,
        "tokens": known.tokens,
        "cost_usd": known.cost_usd,
        "failures": dict(known.failures),
        "best": None if best is None else {"number": best.number, "estimate": best.mean, "values": dict(best.values)},
        "about": dict(row.about),
        "summary": dict(row.summary),
    }


def _document(data: list[dict[str, Any]], name: str, out: TextIO) -> None:
    emit(json.dumps({"agentopt": SCHEMAS["runs"], "exit_code": SOLVED, name: data}, indent=2) + "\n", out)


def _draw(blocks: Any, options: argparse.Namespace, out: TextIO) -> None:
    style = choose_style(out.isatty(), os.environ, no_color=options.no_color)
    emit(draw(blocks, style, columns_of(out)), out)


def _value(data: Any) -> Any:
    """A parameter's value as YAML shows it."""
    return data.get("value", data.get("json")) if isinstance(data, dict) else data


def _text(data: Any) -> str:
    value = _value(data)
    return value if isinstance(value, str) else json.dumps(value, indent=2)


def _dollars(known: Figures) -> str:
    return "unknown" if known.cost_usd is None else f"${known.cost_usd:.4f}" if known.cost_usd else ""


def _sparkline(values: list[float]) -> str:
    """A curve in one line, from its lowest to its highest value."""
    step = max(1, len(values) // 40)
    shown = values[::step]
    low, high = min(shown), max(shown)
    bars = (_BARS[int((value - low) / ((high - low) or 1.0) * (len(_BARS) - 1))] for value in shown)
    return f"{low:.4g} {''.join(bars)} {high:.4g}"
