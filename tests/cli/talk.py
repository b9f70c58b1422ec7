"""A terminal in memory for the tests of the chat, and what a model says there."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyte
import pytest

WORDS = "A bakery bakes bread and cake. What should it bake?"


def reading(**changes: Any) -> str:
    """A model's reply to the bakery's words."""
    return json.dumps(
        {
            "reasoning": "Two goods share one oven.",
            "formulation": {
                "title": "A bakery",
                "sets": [{"name": "GOODS", "elements": ["bread", "cake"], "meaning": "What is baked"}],
                "parameters": [
                    {"name": "profit", "index": ["GOODS"], "unit": "EUR/piece", "value": {"bread": 3, "cake": 2}},
                    {"name": "room", "unit": "pieces", "value": 4.5, "meaning": "Room in the oven"},
                ],
                "variables": [{"name": "bake", "index": ["GOODS"], "unit": "pieces", "meaning": "Pieces of each kind"}],
                "objective": {
                    "sense": "maximize",
                    "expression": "sum(profit[g] * bake[g] for g in GOODS)",
                    "meaning": "Profit",
                    "unit": "EUR",
                },
                "constraints": [
                    {
                        "name": "oven",
                        "expression": "sum(bake[g] for g in GOODS) <= room",
                        "meaning": "The oven has room",
                    }
                ],
            },
            "open_points": [
                {
                    "question": "May pieces be cut?",
                    "taken": "They may",
                    "others": [
                        {
                            "reading": "Whole pieces only",
                            "edits": [{"op": "set_domain", "variable": "bake", "domain": "integer"}],
                        }
                    ],
                }
            ],
            "answer": "Bake {bake['bread']} breads; that earns {objective} EUR.",
        }
        | changes
    )


class Talk(pyte.Screen):
    """A command on a terminal in memory: what it draws is a screen, what is typed reaches it as from a keyboard.

    Args:
        command: The program and its arguments.
        columns: Width of the terminal; it is high enough for what a test says.
        outputs: Where the outputs go, for a shell; "$0" is the terminal.
        limit: A command of the shell that comes before.
        cwd: The folder in which the command runs.
        environment: All of it.
    """

    def __init__(
        self, command: list[str], columns: int, outputs: str, limit: str, cwd: Path, environment: dict[str, str]
    ) -> None:
        super().__init__(columns, 150)
        self.drawn = b""
        """Every byte that came."""
        self._n_gone = 0
        self._stream = pyte.ByteStream(self)
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (self.lines, columns))
        # The leader of a session that opens a terminal gets it for its own, so that Ctrl-C becomes a signal.
        line = ["sh", "-c", f'{limit} exec "$@" <"$0" {outputs}', os.ttyname(theirs), *command]
        self.child = subprocess.Popen(line, cwd=cwd, env=environment, start_new_session=True)
        self._theirs = theirs

    def write_process_input(self, data: str) -> None:
        """Answer what the program asks the terminal, such as where the cursor is."""
        self.type(data)

    def type(self, keys: str | bytes) -> None:
        os.write(self._ours, keys if isinstance(keys, bytes) else keys.encode())

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.display).rstrip()

    @property
    def rows(self) -> list[str]:
        """The lines that are not empty."""
        return [line for line in self.text.splitlines() if line]

    def index(self) -> None:
        """Move down, and count a prompt that leaves the screen at the top."""
        if self.cursor.y == self.lines - 1:
            self._n_gone += self.buffer[0][0].data == ">"
        super().index()

    @property
    def n_prompts(self) -> int:
        """Prompts that were drawn so far."""
        return self._n_gone + sum(line.startswith(">") for line in self.rows)

    def wait(self, wanted: str | Callable[[], bool]) -> None:
        """Read until the screen shows a text or something holds of it; fail with the screen after a minute."""
        deadline = time.monotonic() + 60
        is_open = True
        while not (wanted in self.text if isinstance(wanted, str) else wanted()):
            if not is_open or time.monotonic() > deadline:
                pytest.fail(f"{wanted!r} is not on the screen:\n" + "\n".join(self.rows))
            is_open = self._read()

    def _read(self) -> bool:
        """Read what is there; False once the program is gone and all was read."""
        if not select.select([self._ours], [], [], 0.05)[0]:
            return self.child.poll() is None
        data = os.read(self._ours, 65536)
        self.drawn += data
        self._stream.feed(data)
        return True

    def ready(self) -> None:
        """Wait for an empty prompt."""
        self.wait(lambda: self.rows[-2:-1] == [">"] and "/help" in self.rows[-1])

    def enter(self, keys: str) -> str:
        """Type an entry and Enter at an empty prompt; return what is drawn until the next one."""
        self.ready()
        before = self.n_prompts
        self.type(keys + "\r")
        self.wait(lambda: self.n_prompts > before and self.rows[-2:-1] == [">"])
        rows = self.rows[:-2]
        start = max(number for number, row in enumerate(rows) if row.startswith(">"))
        return "\n".join(rows[start:])

    def set_width(self, columns: int) -> None:
        """Make the terminal so wide, as by pulling at its window."""
        self.resize(self.lines, columns)
        termios.tcsetwinsize(self._ours, (self.lines, columns))
        self.child.send_signal(signal.SIGWINCH)

    def leave(self, keys: str = "\x04") -> int:
        """Type what ends it, and return the exit code."""
        self.type(keys)
        self.wait(lambda: self.child.poll() is not None)
        while self._read():
            pass
        return self.child.returncode

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self._ours)
        os.close(self._theirs)
