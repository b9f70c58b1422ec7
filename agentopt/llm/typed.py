"""Typed replies: a pydantic type goes in, a value of that type comes out, or a clear error."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError, create_model

from agentopt.errors import ReplyError
from agentopt.llm.exchange import Request, Shape, reply_of
from agentopt.llm.message import Message, Reply
from agentopt.llm.plan import Plan
from agentopt.llm.prompt import render
from agentopt.llm.scan import Found, json_values
from agentopt.llm.schema import shape_of

T = TypeVar("T")
MAX_FAULTS = 5


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a reply."""

    path: str
    message: str
    value: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message}" + (f", got {self.value}" if self.value else "")


class Misfit(Exception):
    """A text holds no value of the type; carries the first few faults."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class TypeForm(Generic[T]):
    """A type as the shape to ask for and as the reader of the answer.

    A type whose JSON is no object, such as list[int], is asked for inside an
    object with the one property `value`, since providers want an object at the root;
    the bare value is taken as well.
    """

    def __init__(self, asked: type[T]) -> None:
        name = getattr(asked, "__name__", "") if not getattr(asked, "__args__", ()) else ""
        self.name = name or str(asked)
        adapter: TypeAdapter[Any] = TypeAdapter(asked)
        schema = adapter.json_schema()
        self._bare: TypeAdapter[Any] | None = None
        if not _is_object(schema):
            self._bare = adapter
            adapter = TypeAdapter(create_model(f"Value_{self.name}", value=(asked, ...)))
            schema = adapter.json_schema()
        self._adapter = adapter
        self.shape: Shape = shape_of(self.name, schema)
        self.schema = json.dumps(schema, ensure_ascii=False)

    def read(self, text: str) -> T:
        """The last JSON value in the text that fits the type.

        Raises:
            Misfit: None fits.
        """
        found = json_values(text)
        if not found:
            raise Misfit([Fault("", f"no JSON value in the text, which begins {text[:80]!r}", "")])
        misfits = []
        for candidate in reversed(found):
            try:
                return self._validate(candidate)
            except Misfit as misfit:
                misfits.append(misfit)
        raise misfits[0]

    def _validate(self, candidate: Found) -> T:
        if candidate.fault:
            raise Misfit([Fault("", candidate.fault, "")])
        try:
            value = self._adapter.validate_json(candidate.text)
            return value.value if self._bare else value  # type: ignore[no-any-return]
        except ValidationError as error:
            if self._bare and not candidate.text.startswith("{"):
                return self._validate_bare(self._bare, candidate)
            raise _misfit(error) from None

    def _validate_bare(self, bare: TypeAdapter[Any], candidate: Found) -> T:
        try:
            return bare.validate_json(candidate.text)  # type: ignore[no-any-return]
        except ValidationError as error:
            raise _misfit(error) from None


def decode(text: str, asked: type[T]) -> T:
    """The last JSON value in a text that fits a type.

    Raises:
        ReplyError: None fits; the message names the field at fault.
    """
    form = _form_of(asked)
    try:
        return form.read(text)
    except Misfit as misfit:
        raise ReplyError(f"the text holds no valid {form.name}: {misfit}") from None


@lru_cache(maxsize=64)
def _made_form(asked: Any) -> TypeForm[Any]:
    return TypeForm(asked)


def _form_of(asked: type[T]) -> TypeForm[T]:
    """The form of a type, made once: the schema of a large type takes longer than everything else of a call."""
    return _made_form(cast(Hashable, asked))


def converse(request: Request, asked: type[T]) -> Plan[Reply[T]]:
    """Ask for a value of a type, and once more, with the faults named, if the answer does not fit."""
    if asked is str:
        text = yield request
        return reply_of(cast(T, text.text), text)
    form = _form_of(asked)
    first = yield replace(request, shape=form.shape)
    try:
        return reply_of(form.read(first.text), first)
    except Misfit as misfit:
        faults = misfit.faults
    second = yield replace(request, shape=form.shape, messages=_repair(request, form, first.text, faults))
    usage = first.usage + second.usage
    try:
        reply = reply_of(form.read(second.text), second)
    except Misfit as misfit:
        faults = misfit.faults
    else:
        return replace(reply, usage=usage, repaired=True)
    provider, _, model = second.model.partition("/")
    raise ReplyError(
        f"the reply is no valid {form.name}, also after one repair: {'; '.join(map(str, faults))}",
        provider=provider,
        model=model,
        attempts=usage.calls,
        remedy="Ask for a simpler type, or use a stronger model",
    )


def _misfit(error: ValidationError) -> Misfit:
    shown = error.errors(include_url=False, include_context=False)[:MAX_FAULTS]
    return Misfit([Fault(".".join(map(str, one["loc"])), one["msg"], _short(one.get("input"))) for one in shown])


def _repair(request: Request, form: TypeForm[T], text: str, faults: list[Fault]) -> tuple[Message, ...]:
    asked = render("llm/repair", name=form.name, faults=[str(fault) for fault in faults], schema=form.schema)
    return (*request.messages, Message("assistant", text), *asked)


def _is_object(schema: dict[str, Any]) -> bool:
    if "$ref" in schema:
        schema = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema.get("type") == "object"


def _short(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}..."
