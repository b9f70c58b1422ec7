"""Finds what the command line names: functions as module:function, and items in files."""

from __future__ import annotations

import csv
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from agentopt.errors import AgentoptError, FileError, InputError

MAX_BYTES = 1 << 30


def load_target(name: str) -> Any:
    """What stands at module:attribute or at file.py:attribute; the working folder is searched first.

    Raises:
        InputError: There is none, or the module cannot be imported.
    """
    place, _, attribute = name.rpartition(":")
    if not place or not attribute:
        raise InputError(f"expected module:function or file.py:function, got {name!r}")
    folder, module = "", place
    if place.endswith(".py"):
        path = Path(place)
        if not path.is_file():
            raise InputError(f"there is no file {place}, in which {attribute} is to be found")
        folder, module = str(path.resolve().parent), path.stem
    sys.path.insert(0, folder or str(Path.cwd()))
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except AgentoptError:
        raise
    except AttributeError as error:
        raise InputError(f"{module} has no {attribute}: {error}") from error
    except Exception as error:
        # Whatever a module of the user's does when it is imported.
        raise InputError(f"{module} cannot be imported: {type(error).__name__}: {error}") from error
    return found


def read_items(path: Path) -> list[Any]:
    """The items of a file: a JSON value a line, a JSON array, or the rows of a CSV file as dicts.

    Raises:
        FileError: It cannot be read, or a line is no JSON; the sentence says which.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileError(f"{path} is larger than {MAX_BYTES >> 20} MiB")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is no text in UTF-8") from error
    items = _items(path, text)
    if not items:
        raise FileError(f"{path} holds no item")
    return items


def _items(path: Path, text: str) -> list[Any]:
    if path.suffix.lower() == ".csv":
        return [dict(row) for row in csv.DictReader(text.splitlines())]
    if text.lstrip().startswith("["):
        try:
            whole = json.loads(text)
        except ValueError:
            whole = None
        if isinstance(whole, list):
            return whole
    return [_item(path, number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _item(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}, line {number}: expected a JSON value, got {line[:60]!r} ({error})") from error
