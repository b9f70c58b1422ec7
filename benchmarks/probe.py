"""An interpreter of its own that measures on request, so that several can be measured in turn on one machine.

The child reads one request a line and answers with one line of JSON; it starts once, so that what its imports cost is
paid once, and only one child is at work at any moment.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import IO, Any

ROOT = Path(__file__).parent.parent
ANSWER_S = 300.0
"""Wall seconds after which a child that does not answer is killed; each measure has a shorter limit on CPU time."""


class Unmeasured(Exception):
    """There is no figure; its text is the reason in a few words, to stand in the figure's place."""


class Probe:
    """A child that runs one module and answers measurements, one at a time."""

    def __init__(self, python: Path | str, module: str, *arguments: str, environment: Mapping[str, str]) -> None:
        # Closed with the child, whose last words it holds.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        # As a module and not by its path, with which its folder's names would hide the standard library's.
        self._process = subprocess.Popen(
            [str(python), "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def ask(self, measure: str, **arguments: float | str) -> dict[str, float]:
        """Have one measure taken and give its figures by name.

        Raises:
            Unmeasured: The measure failed, was over its limit or does not exist there, or the child is gone.
        """
        line = self._exchange(json.dumps([measure, arguments]))
        if not line:
            raise Unmeasured(f"its process ended: {self._last_error()}")
        reply: dict[str, Any] = json.loads(line)
        if "why" in reply:
            raise Unmeasured(reply["why"])
        return {name: float(figure) for name, figure in reply.items()}

    def close(self) -> None:
        """End the child."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _exchange(self, request: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        watch = Timer(ANSWER_S, self._process.kill)
        watch.start()
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
            return self._process.stdout.readline()
        except BrokenPipeError:
            return ""
        finally:
            watch.cancel()

    def _last_error(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")
