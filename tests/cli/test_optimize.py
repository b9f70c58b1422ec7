"""`agentopt optimize`: the command as a user has it, in a pipe and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from agentopt.cli.exits import INTERRUPTED, SOLVED, USAGE
from agentopt.cli.main import main

WORKFLOW = """
from agentopt import parameter, trace
from agentopt.graph import Integer, Text

x = parameter(2, Integer(0, 20), name="x")


@trace
def near(x, item):
    return -abs(x - 11)


def answer(item):
    return near(x, item)


def score(item, value):
    return value


def broken(item):
    raise ValueError(f"no colour {x}")


prompt = parameter("Say {it}.", Text(placeholders=("it",)), name="prompt")


def worded(item):
    return prompt.format(it=item)


@trace
def spoken(x, prompt, item):
    return -abs(x - 11) - len(prompt)


def both(item):
    return spoken(x, prompt, item)
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    # Modules of one name in several tests would be taken for one.
    name = f"flow_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(WORKFLOW)
    (tmp_path / "items.jsonl").write_text("".join(f'{{"n": {k}}}\n' for k in range(24)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOW", name)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def arguments(*more: str) -> list[str]:
    flow = os.environ["FLOW"]
    return ["optimize", f"{flow}:answer", "--data", "items.jsonl", "--metric", f"{flow}:score", *more]


def test_it_finds_the_optimum_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verdict first, then the values, then what it took."""
    assert main(arguments("--max-evaluations", "300", "--target", "-0.1")) == SOLVED
    out = capsys.readouterr().out
    assert out.startswith("improved: -9 -> 0 on 7 held-out items")
    assert "x:\n11\n" in out


def test_it_prints_one_json_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the figures that the text shows."""
    assert main(arguments("--max-evaluations", "200", "--json", "-q")) == SOLVED
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert (document["agentopt"], document["exit_code"], captured.err) == ("result/1", SOLVED, "")
    assert document["spent"]["evaluations"] <= 200


def test_it_saves_the_parameters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name, with all their versions; a file that is there is not replaced unasked."""
    assert main(arguments("--max-evaluations", "100", "--save", "best.yaml")) == SOLVED
    assert list(yaml.safe_load((folder / "best.yaml").read_text())["parameters"]) == ["x"]
    assert main(arguments("--max-evaluations", "100", "--save", "best.yaml")) == USAGE


def test_progress_in_a_pipe_is_plain_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is drawn over."""
    main(arguments("--max-evaluations", "100", "-v"))
    err = capsys.readouterr().err
    assert "\r" not in err
    assert "trial 1  candidate 0/0 validation -9" in err
    assert "left" in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({1: "nothing:answer"}, "nothing cannot be imported"),
        ({1: "answer"}, "expected module:function or file.py:function"),
        ({1: "none.py:answer"}, "there is no file none.py"),
        ({3: "absent.jsonl"}, "absent.jsonl cannot be read"),
        ({3: "broken.jsonl"}, "broken.jsonl, line 2: expected a JSON value"),
        ({3: "empty.jsonl"}, "empty.jsonl holds no item"),
    ],
)
def test_bad_input_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], change: dict[int, str], said: str
) -> None:
    """It names the thing and where it is."""
    (folder / "broken.jsonl").write_text("1\n{\n")
    (folder / "empty.jsonl").write_text("\n")
    asked = arguments()
    for place, value in change.items():
        asked[place] = value
    assert main(asked) == USAGE
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_missing_function_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Module and name."""
    asked = arguments()
    asked[1] = asked[1].replace(":answer", ":reply")
    assert main(asked) == USAGE
    assert "has no reply" in capsys.readouterr().err


def test_a_workflow_that_fails_is_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the error."""
    asked = arguments()
    asked[1] = asked[1].replace(":answer", ":broken")
    assert main([*asked, "--optimizer", "local"]) == USAGE
    assert "no colour" in capsys.readouterr().err


def test_words_need_a_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence says what to set."""
    asked = arguments()
    asked[1] = asked[1].replace(":answer", ":worded")
    assert main(asked) == 4
    assert "no model is set" in capsys.readouterr().err


def test_numbers_are_drawn_at_random(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Words beside them are left as they are, and no model is asked."""
    asked = arguments("--max-evaluations", "300", "--optimizer", "random", "--json", "-q")
    asked[1] = asked[1].replace(":answer", ":both")
    assert main(asked) == SOLVED
    document = json.loads(capsys.readouterr().out)
    assert (document["values"], document["spent"]["calls"]) == ({"x": 11}, 0)


def test_words_cannot_be_drawn_at_random(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence names the optimizer and the parameter."""
    asked = arguments("--optimizer", "random")
    asked[1] = asked[1].replace(":answer", ":worded")
    assert main(asked) == USAGE
    assert "that Random can change, found the parameter 'prompt' (text)" in capsys.readouterr().err


def test_a_run_is_taken_up_by_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`runs resume` needs the name alone, and ends as the run did."""
    assert main(arguments("--max-evaluations", "150", "--store", "s.db", "--run", "r", "--json")) == SOLVED
    first = json.loads(capsys.readouterr().out)
    # As it is in a new process.
    sys.modules[os.environ["FLOW"]].x.use(0)
    assert main(["runs", "resume", "r", "--store", "s.db", "--json"]) == SOLVED
    again = json.loads(capsys.readouterr().out)
    assert {**first, "spent": 0} == {**again, "spent": 0}
    assert first["spent"]["evaluations"] == again["spent"]["evaluations"]


def on_a_terminal(folder: Path, more: list[str], interrupts: int) -> tuple[int, str]:
    """Run the command with a terminal as its standard error, and press Ctrl-C when the first line is drawn."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2])])}
    process = subprocess.Popen(
        [sys.executable, "-m", "agentopt", *arguments(*more)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
    )
    os.close(theirs)
    screen = b""
    while b"trial" not in screen:
        screen += os.read(ours, 1000)
    for _ in range(interrupts):
        process.send_signal(signal.SIGINT)
    while True:
        try:
            part = os.read(ours, 1000)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        screen += part
    process.communicate()
    os.close(ours)
    return process.returncode, screen.decode()


ENDLESS = ["--max-evaluations", "100000000", "--optimizer", "local"]


def test_a_terminal_shows_one_live_line(folder: Path) -> None:
    """It is drawn over, with the best and what is left."""
    code, screen = on_a_terminal(folder, ["--max-evaluations", "300"], 0)
    assert code == SOLVED
    assert screen.count("\r") > screen.count("\r\n") > 0
    assert "best" in screen
    assert "left" in screen


def test_an_interrupt_ends_with_the_best_so_far(folder: Path) -> None:
    """One Ctrl-C, one result, and the exit code that says so."""
    flow = Path(f"{os.environ['FLOW']}.py")
    text = (folder / flow).read_text()
    # So many values that there is always a new one to try.
    (folder / flow).write_text(text.replace("Integer(0, 20)", "Integer(0, 10**9)"))
    code, screen = on_a_terminal(folder, ENDLESS, 1)
    assert code == INTERRUPTED
    assert "ending with the best so far" in screen
