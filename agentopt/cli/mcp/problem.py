"""What an agent means by a problem: five elements, a file below a root, or words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from agentopt.cli.mcp.roots import MAX_PATH, Roots
from agentopt.errors import FileError, InputError
from agentopt.solvers.modeling.data.files import load_formulation, looks_like_formulation
from agentopt.solvers.modeling.data.tables import ENDINGS
from agentopt.solvers.modeling.formulation import Formulation

MAX_TEXT = 4 << 20
"""Characters of a problem; what is longer is data, which belongs into tables."""
_FORMULATIONS = (".yaml", ".yml", ".json")
_FILES = (*_FORMULATIONS, ".txt", ".md", *ENDINGS)


def take_problem(problem: str | dict[str, Any], roots: Roots) -> str | Path | Formulation:
    """What `Session.formulate` takes for it.

    Raises:
        InputError: It is empty or too long.
        FileError: It names a file that may not or cannot be read, or a table.
        FormulationError: An element is wrong; one sentence that names it and the place in it.
    """
    text = problem if isinstance(problem, str) else json.dumps(problem)
    if not text.strip():
        raise InputError("expected a problem: five elements, a file or words; got an empty text")
    if len(text) > MAX_TEXT:
        raise InputError(
            f"expected a problem of at most {MAX_TEXT >> 20} MiB, got {len(text)} characters; put the numbers into"
            " tables and name these under data"
        )
    # What begins so is meant as JSON, also where it lacks what would make it a formulation.
    if text.lstrip().startswith("{") or looks_like_formulation(text):
        return load_formulation(text)
    if _means_a_file(text.strip(), roots):
        return _file(roots.find(text.strip()), roots)
    return text


def _means_a_file(text: str, roots: Roots) -> bool:
    if "\n" in text or len(text) > MAX_PATH:
        return False
    one_word = len(text.split()) == 1
    return text.lower().endswith(_FILES) or (one_word and os.sep in text) or roots.exists(text)


def _file(path: Path, roots: Roots) -> Path:
    if path.is_dir():
        raise FileError(f"{path.name}: that is a folder; name the problem's file, and give tables under data")
    ending = path.suffix.lower()
    if ending in _FORMULATIONS:
        # A file with such an ending is meant as a formulation; its mistakes are told, not read by a model.
        _check_links(path, load_formulation(path), roots)
    elif ending in ENDINGS:
        raise FileError(f"{path.name}: that is a table; name it under data, and state the problem itself")
    return path


def _check_links(path: Path, formulation: Formulation, roots: Roots) -> None:
    """Refuse tables beside a formulation that are links out of the roots: they are found by name alone."""
    bound = (*(s.data for s in formulation.sets), *(p.data for p in formulation.parameters))
    for name in {reference.table for reference in bound if reference}:
        place = path.parent / name.strip().replace("\\", "/").partition(":")[0]
        if place.parent.is_dir() and place.parent.resolve().is_relative_to(path.parent.resolve()):
            named = (
                other for other in place.parent.iterdir() if other.name.casefold().startswith(place.name.casefold())
            )
            roots.check(named)
