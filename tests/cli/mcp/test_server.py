"""The server as a process: its two streams, its ends, and what it says when it cannot start."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp_types", reason="the extra mcp is not installed")

COMMAND = [sys.executable, "-m", "agentopt", "mcp"]
HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def line_of(message: object) -> bytes:
    return json.dumps(message).encode() + b"\n"


def tool_call(number: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


@contextmanager
def started(place: Path, environment: dict[str, str], *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The server after its handshake."""
    with subprocess.Popen(
        [*COMMAND, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=place,
        env=os.environ | environment,
    ) as child:
        try:
            answer(child, HELLO)
            send(child, READY)
            yield child
        finally:
            child.kill()


def send(child: subprocess.Popen[bytes], message: object) -> None:
    assert child.stdin is not None
    child.stdin.write(message if isinstance(message, bytes) else line_of(message))
    child.stdin.flush()


def answer(child: subprocess.Popen[bytes], message: dict[str, Any]) -> Any:
    """The answer to a request; everything on standard output must be of the protocol."""
    send(child, message)
    assert child.stdout is not None
    while line := child.stdout.readline():
        got = json.loads(line)
        assert got["jsonrpc"] == "2.0"
        if got.get("id") == message["id"]:
            return got
    raise AssertionError("the server ended")


def test_the_end_of_the_input_is_a_good_end(tmp_path: Path, environment: dict[str, str]) -> None:
    """When the client closes its side, the server leaves with 0 and without a word."""
    with started(tmp_path, environment) as child:
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (0, b"", b"")


def test_the_input_may_end_before_anything_was_said(tmp_path: Path, environment: dict[str, str]) -> None:
    """A server that nobody talks to leaves with 0."""
    done = subprocess.run(
        COMMAND, stdin=subprocess.DEVNULL, capture_output=True, cwd=tmp_path, env=os.environ | environment, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_ctrl_c_is_a_good_end(tmp_path: Path, environment: dict[str, str]) -> None:
    """Ctrl-C ends a server whose client is silent at once, with a word and no traceback."""
    with started(tmp_path, environment) as child:
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, b"agentopt: stopped\n")


def test_ctrl_c_ends_a_server_on_a_terminal(tmp_path: Path, environment: dict[str, str]) -> None:
    """Who starts it by hand is told what it is, and gets out by one Ctrl-C though the terminal is still read."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        COMMAND,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | environment,
    ) as child:
        os.close(theirs)
        assert child.stderr is not None
        assert child.stdout is not None
        hint = child.stderr.readline()
        os.write(ours, line_of(HELLO))
        # Whoever has answered reads already.
        assert json.loads(child.stdout.readline())["id"] == 0
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    os.close(ours)
    assert hint.startswith(b"A client of the Model Context Protocol starts this command")
    assert (child.returncode, b"Traceback" in err) == (0, False)


def test_ctrl_c_stops_a_long_solve(tmp_path: Path, environment: dict[str, str]) -> None:
    """Ctrl-C and the end of the input also end a server whose solver is at work, with 0."""
    problem = {
        "sets": [{"name": "I", "expression": "range(60)"}],
        "parameters": [{"name": "w", "index": ["I"], "expression": "(i * 7919) // 3 + 104729 * i for i in I"}],
        "variables": [{"name": "x", "index": ["I"], "domain": "binary"}, {"name": "d"}],
        "objective": {"sense": "minimize", "expression": "d"},
        "constraints": [
            {"name": "up", "expression": "d >= sum(w[i] * x[i] for i in I) - 33333333.5"},
            {"name": "down", "expression": "d >= 33333333.5 - sum(w[i] * x[i] for i in I)"},
        ],
    }
    asked = tool_call(1, "formulate", {"problem": problem, "time_limit_s": 3000})
    asked["params"]["_meta"] = {"progressToken": "p"}
    for ends in ("signal", "input"):
        with started(tmp_path, environment, "--time-limit", "3000") as child:
            send(child, asked)
            assert child.stdout is not None
            assert json.loads(child.stdout.readline())["params"]["message"].startswith("solving")
            if ends == "signal":
                child.send_signal(signal.SIGINT)
            child.communicate(timeout=60)
        assert child.returncode == 0


@pytest.mark.parametrize(
    "broken",
    [b"no json\n", b"\n", b"\xff\xfe\x00\n", b'{"jsonrpc": "2.0"\n', b"[" * 100_000 + b"\n", b'{"id": 7}\n', b"[]\n"],
    ids=["words", "nothing", "no text", "half", "deep", "no request", "a batch of none"],
)
def test_a_broken_line_does_not_end_the_server(tmp_path: Path, environment: dict[str, str], broken: bytes) -> None:
    """After a line that is no message the next request is answered."""
    with started(tmp_path, environment) as child:
        send(child, broken)
        assert answer(child, {"jsonrpc": "2.0", "id": 5, "method": "ping"})["result"] == {}


def test_an_unknown_method_is_an_error_of_the_protocol(tmp_path: Path, environment: dict[str, str]) -> None:
    """What the server does not offer is refused by its number, and an unknown resource is named."""
    with started(tmp_path, environment) as child:
        method = answer(child, {"jsonrpc": "2.0", "id": 1, "method": "prompts/list"})
        asked = {"jsonrpc": "2.0", "id": 2, "method": "resources/read", "params": {"uri": "agentopt://moon"}}
        resource = answer(child, asked)
    assert method["error"]["code"] == -32601
    assert "agentopt://moon" in resource["error"]["message"]


def test_only_the_protocol_is_on_standard_output(
    tmp_path: Path, environment: dict[str, str], bakery: dict[str, Any]
) -> None:
    """Solvers that print, and texts with line breaks and other scripts, leave the lines of the protocol alone."""
    cubic = {
        "title": "東京 \u2028 \r\n ü",
        "variables": [{"name": "x", "upper": 3}, {"name": "y", "upper": 3}],
        "objective": {"sense": "maximize", "expression": "x * y - x**3"},
    }
    environment = environment | {"PYTHONIOENCODING": "ascii"}
    with started(tmp_path, environment) as child:
        for number, problem in enumerate((bakery, cubic), start=1):
            got = answer(child, tool_call(number, "formulate", {"problem": problem}))
            assert got["result"]["isError"] is False
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (0, b"", b"")
    assert got["result"]["structuredContent"]["formulation"]["title"] == cubic["title"]


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path, environment: dict[str, str]) -> None:
    """A wrong --root is told before a client says anything."""
    done = subprocess.run(
        [*COMMAND, "--root", "nowhere"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | environment,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"agentopt: --root nowhere: expected a folder, and there is none of that name\n"


def test_without_the_extra_the_install_line_is_told(tmp_path: Path, environment: dict[str, str]) -> None:
    """Where the package mcp is absent, one sentence says how to get it."""
    # Python imports this file by itself at its start.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['mcp'] = sys.modules['mcp_types'] = None\n")
    done = subprocess.run(
        COMMAND,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | environment | {"PYTHONPATH": str(tmp_path)},
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"agentopt: `agentopt mcp` needs the package mcp, version 2: pip install 'agentopt[mcp]'\n"
