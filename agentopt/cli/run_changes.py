"""Which candidate of a run is meant, and what differs between two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentopt.errors import InputError
from agentopt.store.figures import figures

if TYPE_CHECKING:
    from agentopt.store import CandidateRow, Store

START = 0


def find_candidate(store: Store, named: str) -> CandidateRow:
    """A candidate as RUN:NUMBER, or the best of a run.

    Raises:
        InputError: There is none.
    """
    name, _, number = named.partition(":")
    row = store.find(name)
    if number:
        is_number = number.isascii() and number.isdecimal() and len(number) < 10
        found = store.log(row).candidate(int(number)) if is_number else None
        if found is None:
            known = _known(store, row.id)
            raise InputError(f"expected the number of a candidate of the run {row.name}, {known}, got {number!r}")
        return found
    best = figures(store, row).best
    if best is None:
        raise InputError(f"the run {row.name} has no candidate that was measured yet")
    return best


def two_candidates(store: Store, first: str, second: str | None) -> tuple[CandidateRow, CandidateRow]:
    """The two that are compared; of one run alone its start and its best.

    Raises:
        InputError: There is none.
    """
    if second is not None:
        return find_candidate(store, first), find_candidate(store, second)
    if ":" in first:
        raise InputError(f"expected a second candidate to compare {first} with, as RUN:NUMBER or RUN")
    return find_candidate(store, f"{first}:{START}"), find_candidate(store, first)


def changes(first: CandidateRow, second: CandidateRow) -> dict[str, str]:
    """The unified difference of every parameter that differs."""
    from agentopt.graph.domains.patch import diff

    names = dict.fromkeys((*first.values, *second.values))
    texts = {name: diff(_text(first, name), _text(second, name), name) for name in names}
    return {name: text for name, text in texts.items() if text}


def plain_value(data: Any) -> Any:
    """A parameter's value as it stands in a store, without the wrapping of typed data."""
    return data.get("value", data.get("json")) if isinstance(data, dict) else data


def _text(candidate: CandidateRow, name: str) -> str:
    if name not in candidate.values:
        return ""
    value = plain_value(candidate.values[name])
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _known(store: Store, run: int) -> str:
    (most,) = store.base.read("SELECT max(number) FROM candidates WHERE run = ?", [run])[0]
    return "which has none yet" if most is None else f"0 to {most}"
