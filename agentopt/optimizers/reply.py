"""The reply that an optimizer asks for: its type, made for the parameters at hand, and how it is read.

The schema says exactly what each parameter takes. Reading is more patient than the schema: every edit is judged by
itself, by its parameter's domain, and refused by its name. It costs the candidate that it belongs to, and no other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, WrapValidator, create_model

from agentopt.errors import DomainError
from agentopt.graph.domains.domain import same
from agentopt.graph.domains.patch import Replacement, patched
from agentopt.graph.parameter_node import Parameter, Version
from agentopt.optimizers.proposal import Proposal, Provenance, Rejection

PATCHABLE = ("text", "code")
_SHOWN_CHARS = 300


class TextReplacement(BaseModel):
    """One place in the present value, and what stands there instead."""

    model_config = ConfigDict(title="replacement")
    find: str
    replace: str


class Candidate(BaseModel):
    """Changes that belong together."""

    reason: str
    edits: list[Any]


class Reply(BaseModel):
    """What is read; the type that `reply_type` makes has the same fields with a narrower schema."""

    analysis: str
    nothing_to_change: str = ""
    candidates: list[Candidate] = []


def reply_type(versions: Mapping[str, Version[Any]]) -> type[Reply]:
    """The type of a reply that may change these parameters, by their names in the prompt."""
    edits = [_edit_type(name, version.parameter) for name, version in versions.items()]
    # A union of one is no union, and has no tag to tell its members apart.
    edit: Any = Annotated[Union[tuple(edits)], Field(discriminator="parameter")] if len(edits) > 1 else edits[0]  # noqa: UP007
    unread = Annotated[edit, WrapValidator(_as_it_came)]
    candidate = create_model("Candidate", reason=(str, ...), edits=(list[unread], ...), __base__=Candidate)
    return create_model(
        "Changes",
        __base__=Reply,
        analysis=(str, ...),
        nothing_to_change=(str, ""),
        candidates=(list[candidate], []),  # type: ignore[valid-type]
    )


@dataclass(frozen=True)
class Read:
    """What could be made of a reply."""

    proposals: tuple[Proposal, ...]
    rejected: tuple[Rejection, ...]
    nothing_to_change: str
    left_over: tuple[Rejection, ...] = ()
    """Candidates that were not looked at, since as many as were asked for had been taken."""


def read(reply: Reply, versions: Mapping[str, Version[Any]], provenance: Provenance, n: int = 1) -> Read:
    """Judge a reply part by part.

    A candidate is taken whole or not at all: its edits were made for each other.

    Args:
        reply: What came.
        versions: What it may change, by name.
        provenance: Where it came from.
        n: How many candidates are taken at most.
    """
    proposals: list[Proposal] = []
    rejected: list[Rejection] = []
    left_over: list[Rejection] = []
    for place, candidate in enumerate(reply.candidates, start=1):
        if len(proposals) == n:
            left_over.append(Rejection(f"candidate {place}", _shown(candidate.edits), f"{n} were asked for"))
            continue
        changes, faults = _changes(candidate.edits, versions)
        rejected += faults
        if changes and not faults:
            parents = {versions[name].parameter: versions[name].number for name in changes}
            values = {versions[name].parameter: value for name, value in changes.items()}
            proposals.append(Proposal(values, candidate.reason, provenance, parents))
    if not proposals and not rejected and not reply.nothing_to_change.strip():
        rejected.append(
            Rejection(
                "the reply", "", "it has no edit that changes anything, and does not say that nothing is to change"
            )
        )
    nothing = reply.nothing_to_change.strip()
    if proposals and nothing:
        left_over.append(Rejection("nothing_to_change", nothing, "the reply has edits as well, which were taken"))
    return Read(tuple(proposals), tuple(rejected), nothing, tuple(left_over))


def _changes(edits: Sequence[Any], versions: Mapping[str, Version[Any]]) -> tuple[dict[str, Any], list[Rejection]]:
    """The new values of one candidate by name, without those that change nothing; and what was refused."""
    changes: dict[str, Any] = {}
    faults: list[Rejection] = []
    for place, edit in enumerate(edits, start=1):
        fault = _misshapen(edit, place, versions)
        if fault is not None:
            faults.append(fault)
            continue
        name, raw = edit["parameter"], edit["value"]
        try:
            value = decode(raw, versions[name])
        except DomainError as error:
            faults.append(Rejection(name, _shown(raw), str(error)))
            continue
        if name in changes and not same(changes[name], value):
            faults.append(Rejection(name, _shown(raw), "it is edited twice in one candidate, with different values"))
        changes[name] = value
    return {name: value for name, value in changes.items() if not same(value, versions[name].then)}, faults


def decode(raw: Any, version: Version[Any]) -> Any:
    """The value that an edit gives a parameter: whole, or for texts and code as replacements in the present one.

    Raises:
        DomainError: It is not in the parameter's domain, or a replacement does not fit.
    """
    domain = version.parameter.domain
    if domain.kind in PATCHABLE and isinstance(raw, list):
        steps = []
        for step in raw:
            if not isinstance(step, dict) or not {"find", "replace"} <= step.keys():
                raise DomainError(f"expected replacements as {{find, replace}}, got {_shown(step)}")
            if not isinstance(step["find"], str) or not isinstance(step["replace"], str):
                raise DomainError(f"expected find and replace as texts, got {_shown(step)}")
            steps.append(Replacement(step["find"], step["replace"]))
        if not steps:
            raise DomainError("expected a whole value or at least one replacement, got an empty list")
        raw = patched(domain.show(version.then), steps)
    value = domain.parse(raw)
    domain.check(value)
    return value


def _misshapen(edit: Any, place: int, versions: Mapping[str, Version[Any]]) -> Rejection | None:
    if not isinstance(edit, dict):
        return Rejection(f"edit {place}", _shown(edit), "expected an object with parameter and value")
    name = edit.get("parameter")
    if not isinstance(name, str) or name not in versions:
        known = ", ".join(versions)
        return Rejection(f"edit {place}", _shown(edit), f"expected parameter to be one of {known}, got {name!r}")
    if "value" not in edit:
        return Rejection(name, _shown(edit), "expected its new value under 'value', which is missing")
    return None


def _edit_type(name: str, parameter: Parameter[Any]) -> type[BaseModel]:
    schema = parameter.domain.schema()
    if parameter.domain.kind in PATCHABLE:
        schema = schema | list[TextReplacement]
    tag: Any = Literal[name]
    return create_model(f"edit_{name}", parameter=(tag, ...), value=(schema, ...))


def _as_it_came(value: Any, _: Any) -> Any:
    return value


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."
