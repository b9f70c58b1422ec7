"""The language of the five elements for an agent that formulates itself, taken from the prompt that models get."""

from __future__ import annotations

import json
import re
from typing import Any

from agentopt.llm import Prompt

_SECTIONS = ("The elements", "The expression language", "What to watch")
_INTRODUCTION = """\
An optimization problem is stated as five elements in one JSON object: {"title", "sets", "parameters", "variables", \
"objective", "constraints", "assumptions"}. Pass it to formulate or solve as `problem`. Where the text below speaks of \
open_points or no_problem, tell the user instead: they are no fields of the object. Tables of data are bound by the \
titles and headers that preview_data shows; rows are never copied."""


def language_reference() -> str:
    """The elements, the expression language, what to watch, and an example that can be solved as it stands."""
    prompt = _system_text()
    sections = [f"## {name}\n{_section(prompt, name)}" for name in _SECTIONS]
    example = json.dumps(example_formulation(), indent=1)
    return "\n\n".join((_INTRODUCTION, *sections, f"## Example\n```json\n{example}\n```")) + "\n"


def example_formulation() -> dict[str, Any]:
    """The formulation of the prompt's example."""
    found = re.search(r"```json\n(.*?)\n```", _section(_system_text(), "Example"), re.DOTALL)
    assert found is not None, "the prompt has an example in a fenced block"
    formulation: dict[str, Any] = json.loads(found[1])["formulation"]
    return formulation


def _system_text() -> str:
    return next(text for role, text in Prompt.load("modeling/formulate").parts if role == "system")


def _section(prompt: str, name: str) -> str:
    """What stands under a heading, up to the next one."""
    return prompt.partition(f"## {name}\n")[2].partition("\n## ")[0].strip()
