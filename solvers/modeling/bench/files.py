"""Reads a benchmark from the file or folder in which it is published."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from agentopt.errors import DataError, FileError

from ..data.textfile import read_text, shown
from .answer import read_label
from .item import Benchmark, Item, Label
from .layout import ABSENT, ID, Entry, read_entry

TEXT = "description.txt"
"""The file of a problem's text in the folders of NLP4LP and ComplexOR."""
_ANSWERS = ("sample.json", "solution.json")
_DATA = ("parameters.json", "data.json")


def load_benchmark(path: Path) -> Benchmark:
    """Read JSON lines, a JSON list, a JSON dict by id, or a folder with a subfolder for each problem.

    An entry whose answer is missing or cannot be read, and one without text, is left
    out, and `left_out` says so: what cannot be scored does not count for or against.

    Raises:
        FileError: The file cannot be read, or holds no entry that can be scored.
        DataError: The fields are not known; the sentence lists those found and those accepted.
    """
    items, key, left_out = [], dict[str, Label](), []
    seen = Counter[str]()
    kind = path.stem
    for number, fields in enumerate(_folder(path) if path.is_dir() else _entries(path), start=1):
        try:
            entry = read_entry(fields)
        except DataError as error:
            raise DataError(f"{shown(path)}, entry {number}: {error}") from None
        name = _unused(entry.id or f"{path.stem}-{number}", seen)
        try:
            key[name] = _label(entry)
        except DataError as error:
            left_out.append(f"{name}: {error}")
            continue
        items.append(Item(name, entry.kind or kind, entry.question))
    if not items:
        why = f"; the first: {left_out[0]}" if left_out else ""
        raise FileError(f"{shown(path)} holds no problem with an answer{why}")
    return Benchmark(tuple(items), key, tuple(left_out))


def _label(entry: Entry) -> Label:
    if not entry.question.strip():
        raise DataError("expected a problem in words, got an empty text")
    if entry.answer is ABSENT:
        raise DataError("expected an answer, found none")
    return read_label(entry.answer)


def _unused(name: str, seen: Counter[str]) -> str:
    """The name, or with a number behind it where an entry before bears it too."""
    unused = name
    while seen[unused]:
        seen[name] += 1
        unused = f"{name}#{seen[name]}"
    seen[unused] += 1
    return unused


def _entries(path: Path) -> Iterator[Mapping[str, object]]:
    text = read_text(path)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield from _lines(path, text, error)
        return
    if isinstance(whole, dict) and not all(isinstance(value, dict) for value in whole.values()):
        whole = [whole]
    if isinstance(whole, dict):
        yield from ({ID[0]: name, **value} for name, value in whole.items())
        return
    for number, value in enumerate(whole if isinstance(whole, list) else [whole], start=1):
        yield _object(value, f"{shown(path)}, entry {number}")


def _lines(path: Path, text: str, as_whole: Exception) -> Iterator[Mapping[str, object]]:
    # Not splitlines(): texts may hold the other ends of lines that it knows.
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    for number, line in lines:
        where = f"{shown(path)}, line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            # A file that is one broken document is told of as that.
            told = as_whole if text.lstrip().startswith("[") or len(lines) == 1 else error
            raise FileError(f"{where}: expected JSON, got {line.strip()[:60]!r} ({told})") from error
        yield _object(value, where)


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise DataError(f"{where}: expected an object with a question and an answer, got {str(value)[:60]!r}")
    return value


def _folder(path: Path) -> Iterator[Mapping[str, object]]:
    found = sorted(path.rglob(TEXT), key=_by_number)
    if not found:
        raise FileError(f"{shown(path)} holds no problem: expected a file, or subfolders that hold {TEXT} each")
    for text in found:
        yield {"description": read_text(text), "id": text.parent.relative_to(path).as_posix()} | _beside(text.parent)


def _by_number(path: Path) -> tuple[object, ...]:
    """Folders that are called 1, 2, 10 in this order."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in path.parts)


def _beside(folder: Path) -> dict[str, object]:
    """What stands beside a text: its data and its answer."""
    fields: dict[str, object] = {}
    for name in (*_DATA, *_ANSWERS):
        if (folder / name).is_file():
            fields[Path(name).stem] = _json(folder / name)
    sample = fields.pop("sample", None)
    first = sample[0] if isinstance(sample, list) and sample else sample
    return fields | (first if isinstance(first, dict) else {})


def _json(path: Path) -> object:
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise FileError(f"{shown(path)}: expected JSON ({error})") from error
