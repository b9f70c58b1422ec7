"""A run as text that other programs read."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

from agentopt.cli.run_changes import find_candidate, plain_value
from agentopt.cli.run_view import run_data
from agentopt.store.figures import figures

if TYPE_CHECKING:
    from agentopt.store import RunRow, Store, TrialRow

_HEAD = ("candidate", "part", "item", "repeat")


def as_yaml(store: Store, row: RunRow) -> str:
    """The best parameters, by name."""
    from agentopt.graph.writing.yaml_text import yaml_text

    best = find_candidate(store, row.name)
    return yaml_text({name: plain_value(data) for name, data in best.values.items()})


def as_document(store: Store, row: RunRow) -> str:
    """The run with all its candidates and asks as JSON."""
    log = store.log(row)
    candidates = [vars(one) for one in log.candidates()]
    asks = [vars(one) for one in log.asks()]
    return strict_json(run_data(row, figures(store, row)) | {"candidates": candidates, "asks": asks}, indent=2)


def as_lines(store: Store, row: RunRow) -> str:
    """A trial a line, as JSON."""
    return "".join(strict_json(_trial(one)) for one in store.log(row).trials())


def as_table(store: Store, row: RunRow) -> str:
    """A trial a row, as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _columns(), lineterminator="\n")
    writer.writeheader()
    for one in store.log(row).trials():
        writer.writerow(_trial(one) | {"objectives": strict_json(dict(one.objectives)).strip()})
    return stream.getvalue()


FORMATS = {"yaml": as_yaml, "json": as_document, "jsonl": as_lines, "csv": as_table}


def strict_json(data: Any, indent: int | None = None) -> str:
    """JSON with a line's end; what is no finite number is null, for most readers know no NaN."""
    return json.dumps(_finite(data), indent=indent, allow_nan=False) + "\n"


def _finite(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {name: _finite(value) for name, value in data.items()}
    return [_finite(value) for value in data] if isinstance(data, list | tuple) else data


def _trial(one: TrialRow) -> dict[str, Any]:
    _, part, item, repeat = one.key
    rest = {name: value for name, value in vars(one).items() if name not in ("key", "candidate")}
    return dict(zip(_HEAD, (one.candidate, part, item, repeat))) | rest


def _columns() -> list[str]:
    from dataclasses import fields

    from agentopt.store import TrialRow

    return [*_HEAD, *(field.name for field in fields(TrialRow) if field.name not in ("key", "candidate"))]
