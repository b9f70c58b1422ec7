"""A Python module while it is written: its imports, its parts in order, and what each name in it stands for."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from agentopt.errors import InputError
from agentopt.graph.writing.literal import comment

_HEAD = """\
\"\"\"What agentopt learned, as plain Python; it needs nothing of agentopt.\"\"\"

# Read it before it is imported: it is ordinary Python, which runs in no sandbox.
"""
_LEARNED = "# The learned functions, with the imports and helpers that each brought along, are\n"
_FUTURE = "from __future__ import annotations\n"


class Page:
    """Names are given once: what comes second gets a number."""

    def __init__(self) -> None:
        self._imports: dict[str, None] = {}
        self._parts: list[str] = []
        self._authors: dict[str, str] = {}
        self._taken: dict[str, object] = {"annotations": "future"}
        self._home: dict[object, str] = {}

    def name(self, thing: object) -> str | None:
        """The name of a thing that has one."""
        return self._home.get(thing)

    def claim(self, name: str, thing: object) -> str:
        """The name of a thing, by which it is known from now on; the one that is asked for if it is free.

        Args:
            name: Which it should be.
            thing: A key, equal for equal things.
        """
        known = self._home.get(thing)
        if known is not None:
            return known
        free, number = name, 1
        while free in self._taken or keyword.iskeyword(free):
            number += 1
            free = f"{name}_{number}"
        self._taken[free] = thing
        self._home[thing] = free
        return free

    def settle(self, name: str, thing: object) -> str:
        """The same, where the thing is free to have other names beside."""
        return name if self._taken.get(name) == thing else self.claim(name, thing)

    def add_import(self, line: str) -> None:
        """Write an import, once."""
        self._imports[line] = None

    def add(self, part: str) -> None:
        """Write a part after those that are there."""
        self._parts.append(part.strip("\n") + "\n")

    def credit(self, name: str, author: str) -> None:
        """Say at the head of the module who wrote a learned function."""
        self._authors[name] = author

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Take everything back that was written inside, and go on, if it raises InputError."""
        kept = dict(self._imports), list(self._parts), dict(self._authors), dict(self._taken), dict(self._home)
        try:
            yield
        except InputError:
            self._imports, self._parts, self._authors, self._taken, self._home = kept

    def text(self) -> str:
        """The module."""
        plain = sorted(line for line in self._imports if line.startswith("import "))
        others = sorted(line for line in self._imports if not line.startswith("import "))
        imports = "".join(f"{line}\n" for line in [*plain, *others])
        text = f"{_HEAD}{self._credits()}\n{_FUTURE}" + (f"\n{imports}" if imports else "")
        apart = True
        for part in self._parts:
            long = _is_long(part)
            text += ("\n\n" if long or apart else "\n" if part.startswith("#") else "") + part
            apart = long
        return text

    def _credits(self) -> str:
        """A line for each author."""
        names: dict[str, list[str]] = {}
        for name, author in self._authors.items():
            names.setdefault(author, []).append(name)
        lines = [comment(f"by {author}: {', '.join(names[author])}") for author in sorted(names)]
        return "".join([_LEARNED, *(f"#   {line[2:]}\n" for line in lines)]) if lines else ""


def upper_name(path: str, label: str = "") -> str:
    """A constant's name for a path, or for a label where the path is a mere place.

    `tools[0].prompt` gives TOOLS_0_PROMPT, `[0].prompt` gives PROMPT.
    """
    words = re.findall(r"\w+", path)
    while words and words[0].isdecimal():
        del words[0]
    name = unicodedata.normalize("NFKC", "_".join(words or re.findall(r"\w+", label)).upper())
    name = "".join(char for char in name if f"a{char}".isidentifier()).strip("_") or "VALUE"
    return name if name.isidentifier() else f"VALUE_{name}"


def _is_long(part: str) -> bool:
    return bool(re.search(r"^(async def|def|class) ", part, re.MULTILINE))
