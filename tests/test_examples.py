"""The examples run as they stand, offline and without a key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.py"))

# Python imports this file by itself at its start, so every process that an example starts is watched too.
OFFLINE = """
import sys
def refuse(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple) and isinstance(arguments[1][0], str):
        if arguments[1][0] != "::1" and not arguments[1][0].startswith("127."):
            raise RuntimeError(f"an example tried to reach {arguments[1][0]}")
sys.addaudithook(refuse)
"""


@pytest.mark.parametrize("name", SCRIPTS)
def test_example_runs(name: str, tmp_path: Path) -> None:
    """The example ends well, prints something, and complains about nothing."""
    (tmp_path / "sitecustomize.py").write_text(OFFLINE)
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, bool(done.stdout), "Traceback" in done.stderr) == (0, True, False), (
        done.stdout + done.stderr
    )


def test_the_demo_is_an_example() -> None:
    """The tour that `make demo` runs is among the examples tried here."""
    assert "demo.py" in SCRIPTS
