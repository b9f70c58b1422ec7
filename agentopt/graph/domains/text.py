"""The domain of prompts and other texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter
from typing import Any, ClassVar

from agentopt.errors import DomainError, InputError
from agentopt.graph.domains.domain import unfit

# One replacement field of str.format, or a doubled brace, which stands for itself. What else is in braces,
# such as JSON, is plain text here.
_FIELD = re.compile(
    r"\{\{|\}\}|\{(?P<name>[^\W\d]\w*)(?:\.\w+|\[[^\[\]{}]*\])*(?:![rsa])?(?::(?P<spec>(?:[^{}]|\{[^{}]*\})*))?\}"
)

_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+|\[[^\[\]{}]+\])*")
_SIGNS = (None, "r", "s", "a")


def placeholders_in(text: str) -> tuple[str, ...]:
    """The names that str.format would fill in, each once, in order: {name}, {name!r}, {name:>8}, {name.part}."""
    names: dict[str, None] = {}
    for field in _FIELD.finditer(text):
        if field["name"]:
            names[field["name"]] = None
            names.update(dict.fromkeys(placeholders_in(field["spec"] or "")))
    return tuple(names)


def is_template(text: str) -> bool:
    """Whether str.format can fill a text in by names: no brace stands alone, and no field is without a name."""
    try:
        fields = [(name, spec or "", sign) for _, name, spec, sign in Formatter().parse(text) if name is not None]
    except ValueError:
        return False
    return all(_NAME.fullmatch(name) and sign in _SIGNS and is_template(spec) for name, spec, sign in fields)


@dataclass(frozen=True)
class Text:
    """Texts, such as prompts.

    Args:
        placeholders: The names that must stand in the text as {name}, and no others may; None does not look.
        max_chars: The greatest length.
        pattern: A regular expression that the whole text must match.
        template: Whether str.format fills the text in, so that every other brace has to be doubled.

    Raises:
        InputError: An argument makes no sense.
    """

    placeholders: tuple[str, ...] | None = None
    max_chars: int | None = None
    pattern: str | None = None
    template: bool = False

    kind: ClassVar[str] = "text"

    def __post_init__(self) -> None:
        self._settle_placeholders()
        if self.max_chars is not None and (type(self.max_chars) is not int or self.max_chars < 1):
            raise InputError(f"expected max_chars to be a whole number above zero, got {self.max_chars!r}")
        if self.pattern is None:
            return
        if type(self.pattern) is not str:
            raise InputError(f"expected the pattern to be a str, got {self.pattern!r}")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise InputError(f"the pattern {self.pattern!r} is no regular expression: {error}") from error

    def _settle_placeholders(self) -> None:
        if self.placeholders is None:
            return
        if type(self.placeholders) not in (tuple, list):
            raise InputError(f"expected placeholders as a tuple of names, got {self.placeholders!r}")
        names = tuple(self.placeholders)
        for name in names:
            if type(name) is not str or not name.isidentifier():
                raise InputError(f"expected each placeholder to be an identifier, got {name!r}")
        object.__setattr__(self, "placeholders", tuple(dict.fromkeys(names)))

    def check(self, value: object) -> None:
        """Do nothing if the value is a text of this domain, else raise DomainError."""
        if type(value) is not str:
            raise unfit("a text", value)
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise DomainError(f"expected a text that can be written as UTF-8, got {value[error.start]!r}") from error
        if self.max_chars is not None and len(value) > self.max_chars:
            raise DomainError(f"expected a text of at most {self.max_chars} characters, got {len(value)}")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise unfit(f"a text that matches {self.pattern!r} as a whole", value)
        self._check_placeholders(value)
        if self.template and not is_template(value):
            raise DomainError(
                "expected a text that str.format can fill in, found a single { or }; write {{ and }} for those"
            )

    def _check_placeholders(self, value: str) -> None:
        if self.placeholders is None:
            return
        found = placeholders_in(value)
        missing = [name for name in self.placeholders if name not in found]
        invented = [name for name in found if name not in self.placeholders]
        faults = [f"{_fields(missing)} missing"] if missing else []
        faults += [f"{_fields(invented)} new (write {{{{...}}}} for plain braces)"] if invented else []
        if faults:
            wanted = f"the placeholders {_fields(self.placeholders)}" if self.placeholders else "no placeholders"
            raise DomainError(f"expected a text with {wanted} and no others, found {' and '.join(faults)}")

    def describe(self) -> str:
        """Say to a model what texts there are."""
        demands = []
        if self.placeholders:
            demands.append(f"that keeps the placeholders {_fields(self.placeholders)} and adds no others")
            demands += ["in which other braces are doubled, {{ and }}"] if self.template else []
        elif self.placeholders is not None:
            demands.append("without placeholders in braces")
        if self.max_chars is not None:
            demands.append(f"of at most {self.max_chars} characters")
        if self.pattern is not None:
            demands.append(f"that matches the regular expression {self.pattern!r} as a whole")
        return f"a text {', '.join(demands)}" if demands else "a text"

    def parse(self, raw: Any) -> str:
        """Take a JSON string as it is."""
        self.check(raw)
        return str(raw)

    def schema(self) -> Any:
        """A reply gives a text as a JSON string."""
        return str

    def show(self, value: str) -> str:
        """A model sees the text itself."""
        return value


def _fields(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
