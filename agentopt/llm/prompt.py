"""Prompts are Markdown files; this reads one and fills it in.

A file begins with front matter and holds one part a message:

    ---
    reply: Formulation
    ---
    <!-- message: system -->
    You write optimization models.
    <!-- message: user -->
    {{ problem }}

It is split into messages before any value is put in, so no value can make one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from agentopt.errors import FileError, InputError
from agentopt.llm.message import Message, Role

PROMPTS = Path(__file__).parent.parent / "prompts"

_FRONT = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_MARKER = re.compile(r"^<!-- message: (\w+) -->[ \t]*$", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*")


@dataclass(frozen=True)
class Prompt:
    """A template of one or more messages."""

    name: str
    reply: str | None
    """The type the reply is read as, by name; None for plain text."""
    parts: tuple[tuple[Role, str], ...]

    @classmethod
    def load(cls, name: str, folder: Path | None = None) -> Prompt:
        """Read `<folder>/<name>.md`.

        Raises:
            FileError: There is no such prompt.
            InputError: The file is not laid out as a prompt.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"expected a prompt's name such as 'modeling/formulate', got {name!r}")
        path = (folder or PROMPTS) / f"{name}.md"
        try:
            text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(f"cannot read the prompt {name!r}: {type(error).__name__}") from error
        front, body = _split_front(name, text)
        return cls(name, _reply_name(name, front), _split_messages(name, body))

    def variables(self) -> set[str]:
        """The values that the template needs."""
        return {name for _, text in self.parts for name in self._template(text).needs}

    def render(self, **values: object) -> list[Message]:
        """Fill in the values, all that are needed and no others.

        Raises:
            InputError: A value is missing, superfluous, or lacks a part the template uses.
        """
        from jinja2 import UndefinedError

        needed = self.variables()
        if needed != values.keys():
            raise InputError(_misfit(self.name, needed, values.keys()))
        try:
            return [Message(role, self._template(text).fill(values).strip()) for role, text in self.parts]
        except UndefinedError as error:
            raise InputError(f"prompt {self.name!r}: {error.message}") from error

    def _template(self, text: str) -> _Template:
        from jinja2 import TemplateSyntaxError

        try:
            return _compiled(text)
        except TemplateSyntaxError as error:
            raise InputError(f"prompt {self.name!r}: {error.message}") from error


def render(name: str, /, folder: Path | None = None, **values: object) -> list[Message]:
    """The messages of a prompt with its values filled in; see `Prompt.load` and `Prompt.render`."""
    return Prompt.load(name, folder).render(**values)


@dataclass(frozen=True)
class _Template:
    """One message's text, compiled."""

    fill: Callable[[dict[str, object]], str]
    needs: frozenset[str]


@lru_cache(maxsize=256)
def _compiled(text: str) -> _Template:
    """Compile a text, once a process: compiling takes a hundred times as long as filling in."""
    from jinja2 import meta

    environment = _environment()
    needs = meta.find_undeclared_variables(environment.parse(text))
    return _Template(environment.from_string(text).render, frozenset(needs))


def _environment() -> Any:
    from jinja2 import Environment, StrictUndefined

    # Prompts are no web pages: escaping would change what the model reads.
    return Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)


def _split_front(name: str, text: str) -> tuple[dict[str, Any], str]:
    import yaml

    match = _FRONT.match(text)
    if match is None:
        return {}, text
    try:
        front = yaml.safe_load(match[1]) or {}
    except yaml.YAMLError as error:
        raise InputError(f"prompt {name!r}: the front matter is no YAML ({type(error).__name__})") from error
    if not isinstance(front, dict):
        raise InputError(f"prompt {name!r}: expected 'key: value' lines as front matter")
    return front, text[match.end() :]


def _reply_name(name: str, front: dict[str, Any]) -> str | None:
    reply = front.get("reply")
    if reply is not None and not isinstance(reply, str):
        raise InputError(f"prompt {name!r}: expected the name of a type under 'reply', got {reply!r}")
    return reply


def _split_messages(name: str, body: str) -> tuple[tuple[Role, str], ...]:
    before, *rest = _MARKER.split(body)
    if before.strip() or not rest:
        raise InputError(f"prompt {name!r}: expected a line '<!-- message: user -->' before the first text")
    roles, texts = rest[::2], rest[1::2]
    for role in roles:
        if role not in ("system", "user", "assistant"):
            raise InputError(f"prompt {name!r}: expected a message of system, user or assistant, got {role!r}")
    return tuple((cast(Role, role), text.strip("\n")) for role, text in zip(roles, texts, strict=True))


def _misfit(name: str, needed: set[str], given: Any) -> str:
    missing, superfluous = sorted(needed - given), sorted(given - needed)
    said = [f"{', '.join(missing)} missing"] if missing else []
    said += [f"{', '.join(superfluous)} not used by it"] if superfluous else []
    return f"prompt {name!r} takes {', '.join(sorted(needed)) or 'no values'}; {'; '.join(said)}"
