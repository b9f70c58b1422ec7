"""Records in a file of JSON lines: each is written when it is there, and a run that was cut off goes on.

The first line says what was run; a line each record follows. A line that was cut off
at the end of the file, as by a killed process, is taken away and its item run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agentopt import __version__
from agentopt.errors import FileError, InputError

from ..data.textfile import read_bytes, shown
from .attempt import Settings
from .item import Item
from .record import Record

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = "bench-results/1"


@dataclass(frozen=True)
class Run:
    """What makes two runs the same."""

    agentopt: str
    model: str
    time_limit_s: float
    max_rounds: int
    questions: str
    """A hash of the ids, kinds and texts of the items."""
    ids: tuple[str, ...]

    @classmethod
    def of(cls, items: Sequence[Item], model: str, settings: Settings) -> Run:
        """What is about to be run."""
        text = json.dumps([[item.id, item.kind, item.question] for item in items])
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        ids = tuple(item.id for item in items)
        return cls(__version__, model, settings.time_limit_s, settings.max_rounds, digest, ids)


class Journal:
    """A file of records that belongs to one run.

    Args:
        path: The file; None keeps the records in memory only.
        run: What the file is about, or has to be about where it is there.

    Raises:
        InputError: The file holds the results of another run.
        FileError: It holds something else, is damaged, or cannot be written.
    """

    def __init__(self, path: Path | None, run: Run) -> None:
        self._path = path
        self.records: dict[str, Record] = {}
        if path is not None:
            self._open(path, run)

    def add(self, record: Record) -> None:
        """Keep a record; in the file it stands once this returns.

        Raises:
            FileError: The file cannot be written.
        """
        if self._path is not None:
            _append(self._path, _adapter().dump_json(record, exclude_defaults=True) + b"\n")
        self.records[record.id] = record

    def _open(self, path: Path, run: Run) -> None:
        begin = json.dumps({"format": FORMAT, "run": asdict(run)}).encode() + b"\n"
        if _is_begun(path, begin):
            _append(path, begin)
            return
        head, *lines = _whole_lines(path)
        _require_same(path, head, run)
        for number, line in enumerate(lines, start=2):
            record = _record(path, number, line)
            self.records[record.id] = record


def _is_begun(path: Path, begin: bytes) -> bool:
    """Whether the file has yet to be begun: there is none, or a part of the first line, which is taken away."""
    if not path.exists():
        return True
    if path.is_file() and path.stat().st_size < len(begin):
        if path.stat().st_size and not begin.startswith(read_bytes(path)):
            return False
        _cut(path, 0)
        return True
    return False


def _whole_lines(path: Path) -> list[bytes]:
    """The lines of a file; what stands behind the last end of a line is cut off, in the file too."""
    # As bytes: a line may be torn in the middle of a character.
    whole, end, torn = read_bytes(path).rpartition(b"\n")
    if torn and whole:
        _cut(path, len(whole + end))
    return (whole or torn).split(b"\n")


def _require_same(path: Path, head: bytes, run: Run) -> None:
    try:
        told = json.loads(head)
        before = told["run"] if told["format"] == FORMAT else None
    except (ValueError, TypeError, KeyError, RecursionError):
        before = None
    if not isinstance(before, Mapping):
        raise FileError(f"{shown(path)} holds no results of a benchmark; name a new file for them")
    now = json.loads(json.dumps(asdict(run)))
    for name, said in (("ids", "items"), *((name, name.removesuffix("_s").replace("_", " ")) for name in now)):
        if before.get(name) != now[name]:
            told_of = "other items" if name == "ids" else f"{said} {before.get(name)}, not {now[name]}"
            raise InputError(
                f"{shown(path)} holds the results of a run with {told_of}; repeat that command or name a new file"
            )


def _record(path: Path, number: int, line: bytes) -> Record:
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(line)
    except ValidationError as error:
        raise FileError(
            f"{shown(path)}, line {number}: expected a result, got {line[:60].decode(errors='replace')!r}"
        ) from error


def _cut(path: Path, size: int) -> None:
    try:
        with path.open("r+b") as file:
            file.truncate(size)
    except OSError as error:
        raise FileError(f"cannot write {shown(path)}: {error.strerror or error}") from error


def _append(path: Path, data: bytes) -> None:
    try:
        with path.open("ab", buffering=0) as file:
            file.write(data)
    except OSError as error:
        raise FileError(f"cannot write {shown(path)}: {error.strerror or error}") from error


@cache
def _adapter() -> TypeAdapter[Record]:
    from pydantic import TypeAdapter

    return TypeAdapter(Record)
