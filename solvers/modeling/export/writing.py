"""One way in to every export: a formulation with its data, or a report on its solution, as one text."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal, get_args

from agentopt.errors import InputError

from ..data.files import dump_formulation
from ..instance import Instance
from ..solution import Solution

Format = Literal["yaml", "json", "lp", "mps", "pyomo", "html"]

ENDINGS: dict[str, Format] = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".lp": "lp",
    ".mps": "mps",
    ".py": "pyomo",
    ".html": "html",
}
"""The format that a file's name asks for, by its ending."""


def format_of(path: str | PurePath) -> Format:
    """The format that a file's name asks for, upper case or not.

    Raises:
        InputError: The name has another ending, or none.
    """
    name = PurePath(path).name
    format = ENDINGS.get(PurePath(name).suffix.lower())
    if format is None:
        raise InputError(f"{name or 'the file'}: expected a name that ends with {', '.join(ENDINGS)}")
    return format


def export_text(instance: Instance, solution: Solution | None, format: Format) -> str:
    """Write an instance in one of the formats; only the report (html) tells the solution.

    YAML and JSON hold the five elements alone and refer to the tables of data; LP, MPS and
    Pyomo hold the data as well.

    Raises:
        InputError: There is no such format.
        FormulationError: The format cannot say the problem.
    """
    match format:
        case "yaml" | "json":
            return dump_formulation(instance.formulation, format)
        case "lp":
            from .lp_text import lp_text

            return lp_text(instance)
        case "mps":
            from .mps_text import mps_text

            return mps_text(instance)
        case "pyomo":
            from .pyomo_source import pyomo_source

            return pyomo_source(instance)
        case "html":
            from .html_report import ReportData, html_report

            return html_report(ReportData(instance, solution))
    raise InputError(f"expected one of the formats {', '.join(get_args(Format))}, got {format!r}")
