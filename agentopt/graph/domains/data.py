"""The domain of typed data: whatever a pydantic annotation can say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from agentopt.errors import DomainError, InputError
from agentopt.graph.domains.domain import same, unfit

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

_MAX_FAULTS = 3


@dataclass(frozen=True)
class Data:
    """Values of an annotation, by exact types: a list[float] holds floats and no ints.

    Args:
        annotation: As pydantic reads it: list[int], dict[str, float], a dataclass, a model, ...

    Raises:
        InputError: pydantic cannot read the annotation.
    """

    annotation: Any

    kind: ClassVar[str] = "data"

    def __post_init__(self) -> None:
        _ = self._adapter

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        from pydantic import PydanticUserError, TypeAdapter
        from pydantic.errors import PydanticUndefinedAnnotation

        try:
            adapter = TypeAdapter(self.annotation)
            # Raises where a name in the annotation is defined nowhere, which is else found out at the first use.
            adapter.rebuild(force=False)
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"pydantic cannot read the annotation {self.annotation!r}: {reason}") from error
        return adapter

    def check(self, value: object) -> None:
        """Do nothing if the value is of the annotation by exact types, else raise DomainError."""
        from pydantic import ValidationError

        try:
            # A validator may not change what it accepts, so the value itself must be what comes out.
            exact = same(self._adapter.validate_python(value, strict=True), value)
            # Fields of an object are looked at only when it is read from a text, as it will be from a file.
            self._adapter.validate_json(self._written(value), strict=True)
        except ValidationError as error:
            raise self._fault(error, value) from None
        if not exact:
            raise unfit(f"{self.describe()}, by exact types", value)

    def describe(self) -> str:
        """Say to a model what values there are."""
        return f"a value of the type {type_name(self.annotation)}"

    def parse(self, raw: Any) -> Any:
        """Take a JSON value, or a value that a reply's type has already made of it."""
        from pydantic import ValidationError

        try:
            written = json.dumps(raw, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            self.check(raw)
            return raw
        try:
            # As JSON, where an array may be a tuple or a set, and a string a date; but no string is a number.
            value = self._adapter.validate_json(written, strict=True)
        except ValidationError as error:
            raise self._fault(error, raw) from None
        self._written(value)
        return value

    def schema(self) -> Any:
        """A reply gives a value of the annotation."""
        return self.annotation

    def show(self, value: Any) -> str:
        """A model sees the value as JSON."""
        return self._written(value)

    def _written(self, value: object) -> str:
        from pydantic_core import PydanticSerializationError

        try:
            plain = self._adapter.dump_python(value, mode="json", warnings=False)
            return json.dumps(plain, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError, PydanticSerializationError) as error:
            raise unfit(f"{self.describe()} that JSON can say ({str(error).splitlines()[0]})", value) from None

    def _fault(self, error: ValidationError, value: object) -> DomainError:
        faults = [
            f"{_path(one['loc'])}{one['msg'][:1].lower()}{one['msg'][1:]}"
            for one in error.errors(include_url=False, include_context=False, include_input=False)[:_MAX_FAULTS]
        ]
        return DomainError(f"{unfit(self.describe(), value)}: {'; '.join(faults)}")


def type_name(annotation: Any) -> str:
    """An annotation as a reader would write it."""
    if isinstance(annotation, type) and not getattr(annotation, "__args__", ()):
        return "None" if annotation is type(None) else annotation.__name__
    return str(annotation).replace("typing.", "").replace("NoneType", "None")


def _path(places: tuple[int | str, ...]) -> str:
    return "".join(f"[{place!r}]" for place in places) + (": " if places else "")
