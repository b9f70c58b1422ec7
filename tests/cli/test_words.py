"""Problems in words, read by a model on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Behaviour, Hang, Say, Status

Command = Callable[..., Any]

WORDS = "A bakery earns 3 for a bread and 2 for a cake, and bakes four pieces. What should it bake?"
KEY = "sk-do-not-show-me-0123456789"
READING = {
    "reasoning": "Two kinds of pieces share one oven.",
    "no_problem": "",
    "formulation": {
        "variables": [{"name": "bread"}, {"name": "cake"}],
        "objective": {"sense": "maximize", "expression": "3 * bread + 2 * cake", "meaning": "Profit"},
        "constraints": [{"name": "oven", "expression": "bread + cake <= 4", "meaning": "Four pieces"}],
        "assumptions": ["Parts of a piece may be baked."],
    },
}


def answering(monkeypatch: pytest.MonkeyPatch, *script: Behaviour) -> ModelServer:
    """Return a server that the next commands find by their environment."""
    server = ModelServer(list(script))
    monkeypatch.setenv("AGENTOPT_MODEL", "openai/any")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
    return server


def test_words_are_read_recorded_and_replayed(
    agentopt: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A replay gives the same answer without a model or a key, and says so."""
    recording = tmp_path / "replies.jsonl"
    with monkeypatch.context() as patch, answering(patch, Say(json.dumps(READING))):
        live = agentopt("solve", WORDS, "--record", recording)
    again = agentopt("solve", WORDS, "--replay", recording)
    document = agentopt("solve", WORDS, "--replay", recording, "--json").document
    assert [end.out.splitlines()[0] for end in (live, again)] == ["Profit: 12 (maximized, proved optimal)"] * 2
    assert f"when {recording} was recorded; no model was asked now" in again.out
    assert "no model was asked" not in live.out
    assert (document["replayed_from"], document["usage"]["calls"]) == (str(recording), 1)
    assert "Parts of a piece may be baked." in again.out


def test_a_replay_is_named_beside_a_formulation_too(
    agentopt: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever is shown, the reader learns that it comes from a recording."""
    recording = tmp_path / "replies.jsonl"
    with monkeypatch.context() as patch, answering(patch, Say(json.dumps(READING))):
        agentopt("solve", WORDS, "--record", recording)
    shown = agentopt("solve", WORDS, "--replay", recording, "--show", "formulation").out
    assert shown.endswith(f"\nThe model's replies were replayed from {recording}; no model was asked.\n")


def test_a_refused_key_ends_with_4(agentopt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document tells what to do about it, and never the key."""
    with answering(monkeypatch, Status(401, message=f"wrong key {KEY}")):
        end = agentopt("solve", WORDS, "--json")
    assert (end.code, end.document["error"]["kind"]) == (4, "AuthError")
    assert KEY not in end.out + end.err


def test_ctrl_c_while_the_model_thinks_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that hangs is given up at once, in one sentence."""
    with answering(monkeypatch, Hang()) as server:
        command = [sys.executable, "-m", "agentopt", "solve", WORDS, "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)) as child:
            wait_for_request(server, child)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, b"agentopt: interrupted\n")
    assert json.loads(out)["error"] == {"kind": "KeyboardInterrupt", "message": "interrupted", "exit_code": 130}


def wait_for_request(server: ModelServer, child: subprocess.Popen[bytes]) -> None:
    """Return when the server has been asked."""
    while not server.requests:
        assert child.poll() is None, "the command ended before it asked"
        server.closing.wait(0.01)
