"""Finds the problem that the user means: a file, standard input, or the words themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentopt.cli.streams import mention
from agentopt.errors import FileError, InputError
from agentopt.solvers.modeling.data.files import load_formulation, load_problem, looks_like_formulation
from agentopt.solvers.modeling.data.tables import Tables, read_tables
from agentopt.solvers.modeling.formulation import Formulation

MAX_BYTES = 4 << 20
"""A problem longer than this is data, which belongs into tables."""

_FORMULATIONS = (".yaml", ".yml", ".json")
_ENDINGS = (*_FORMULATIONS, ".txt", ".md", ".csv", ".xlsx")


@dataclass(frozen=True)
class Problem:
    """What is to be solved: words that a model must read first, or a formulation with its tables."""

    words: str = ""
    formulation: Formulation | None = None
    tables: Tables = field(default_factory=Tables)
    """Those that were named, and those that stand beside a formulation's file."""


def find_problem(argument: str, data: Sequence[Path] = ()) -> Problem:
    """Return the problem behind the command's argument.

    Raises:
        FileError: A file is not there, a folder, empty, binary or too long.
        FormulationError: An element of a formulation is wrong.
        InputError: The words are too few to be a problem.
    """
    if argument == "-":
        return _in_text(_decode(_standard_input(), "standard input"), data)
    if not argument.strip():
        raise InputError("expected a file, - or a problem in words, got an empty text")
    path = Path(argument)
    if _exists(path):
        return _in_file(path, data)
    if _means_a_file(argument):
        raise FileError(f"{argument}: there is no such file")
    if len(argument.split()) < 3:
        raise InputError(f"{argument!r}: there is no such file, and a problem in words takes a sentence at least")
    return _in_text(argument, data)


def _in_file(path: Path, data: Sequence[Path]) -> Problem:
    if path.is_dir():
        raise FileError(f"{path}: that is a folder; name the problem's file, and give tables by --data")
    try:
        with path.open("rb") as stream:
            text = _decode(stream.read(MAX_BYTES + 1), str(path))
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error
    # A file with such an ending is meant as a formulation; its mistakes are to be told, not read by a model.
    if path.suffix.lower() in _FORMULATIONS or looks_like_formulation(text):
        return Problem("", *load_problem(path, data))
    return _in_text(text, data)


def _in_text(text: str, data: Sequence[Path]) -> Problem:
    tables = read_tables(data) if data else Tables()
    if looks_like_formulation(text):
        return Problem("", load_formulation(text), tables)
    return Problem(text, None, tables)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise FileError("standard input is closed")
    if sys.stdin.isatty():
        mention("Type or paste the problem; Ctrl-D on an empty line ends it.\n")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _decode(data: bytes, where: str) -> str:
    if len(data) > MAX_BYTES:
        raise FileError(
            f"{where}: longer than {MAX_BYTES >> 20} MiB; put the numbers into tables and give them by --data"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{where}: expected text in UTF-8, got byte 0x{data[error.start]:02x} at {error.start}"
        ) from None
    if "\0" in text:
        raise FileError(f"{where}: expected text, got binary data")
    if not text.strip():
        raise FileError(f"{where}: there is nothing in it")
    return text


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than a file name may be: these are words
        return False


def _means_a_file(argument: str) -> bool:
    one_word = len(argument.split()) == 1
    return "\n" not in argument and (argument.lower().endswith(_ENDINGS) or (one_word and os.sep in argument))
