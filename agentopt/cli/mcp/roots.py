"""The folders that an agent may have read; every other path is refused, links followed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentopt.errors import FileError

MAX_PATH = 1000
"""Characters up to which a line may be the name of a file."""


@dataclass(frozen=True)
class Roots:
    """Folders, resolved."""

    folders: tuple[Path, ...]

    @classmethod
    def of(cls, named: Sequence[str]) -> Roots:
        """The folders that the command names; the current one when it names none.

        Raises:
            FileError: One is no folder.
        """
        folders = []
        for name in named or ["."]:
            folder = _resolved(Path(name).expanduser(), name)
            if not folder.is_dir():
                raise FileError(f"--root {name}: expected a folder, and there is none of that name")
            folders.append(folder)
        return cls(tuple(folders))

    def find(self, name: str) -> Path:
        """The file or folder that a name means: an absolute path, or one that starts from a root.

        Raises:
            FileError: It lies outside of every root, or is not there.
        """
        if len(name) > MAX_PATH:
            raise FileError(f"{_shown(name)}: expected the path of a file, got {len(name)} characters")
        path = Path(name)
        places = [path] if path.is_absolute() else [folder / path for folder in self.folders]
        inside = [place for place in places if self._holds(_resolved(place, name))]
        if not inside:
            raise FileError(f"{_shown(name)} lies outside of what may be read ({self}); name a file below it")
        there = next((place for place in inside if _is_there(place)), None)
        if there is None:
            raise FileError(f"there is no file {_shown(name)} in what may be read ({self})")
        return there

    def find_tables(self, names: Sequence[str]) -> list[Path]:
        """The files and folders of tables; a folder must not lead out by a link.

        Raises:
            FileError: As `find`.
        """
        found = [self.find(name) for name in names]
        for path in found:
            if path.is_dir():
                self.check(path.iterdir())
        return found

    def check(self, paths: Iterable[Path]) -> None:
        """Refuse paths that lead out of the roots.

        Raises:
            FileError: One does.
        """
        for path in paths:
            if not self._holds(_resolved(path, path.name)):
                raise FileError(f"{_shown(path.name)} leads outside of what may be read ({self})")

    def exists(self, name: str) -> bool:
        """Whether a name means a file inside of the roots; nothing outside is looked at."""
        if not name.strip() or len(name) > MAX_PATH or not name.isprintable():
            return False
        try:
            self.find(name)
        except FileError:
            return False
        return True

    def target(self, name: str) -> Path:
        """Where a file may be written.

        Raises:
            FileError: It lies outside of every root.
        """
        path = Path(name)
        place = path if path.is_absolute() else self.folders[0] / path
        resolved = _resolved(place, name)
        if not self._holds(resolved):
            raise FileError(f"{_shown(name)} lies outside of what may be written ({self}); name a file below it")
        return resolved

    def _holds(self, resolved: Path) -> bool:
        return any(resolved.is_relative_to(folder) for folder in self.folders)

    def __str__(self) -> str:
        """The folders as a message names them."""
        return ", ".join(map(str, self.folders))


def _resolved(path: Path, name: str) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links, a zero byte, a name that is too long
        raise FileError(f"{_shown(name)}: expected the path of a file ({error})") from None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a part of the name is longer than the file system takes
        return False


def _shown(name: str) -> str:
    return repr(name if len(name) <= 120 else name[:119] + "…")
