"""The adapters that put another command's walls around a fresh interpreter."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentopt.errors import InputError, SandboxUnavailable
from agentopt.sandbox import Level, Limits, Sandbox
from agentopt.sandbox.bubblewrap import BubblewrapSandbox
from agentopt.sandbox.command import ROOT, CommandSandbox, interpreter
from agentopt.sandbox.docker import DockerSandbox
from agentopt.sandbox.seatbelt import SeatbeltSandbox, profile


class _NoWalls(CommandSandbox):
    """No walls, and an interpreter without Linux's descriptor of a process, as on macOS."""

    promised = Level.LIMITS

    def command(self, limits: Limits, private: str) -> list[str]:
        line = interpreter(sys.executable, ROOT, Level.LIMITS, private)
        return [part.replace("import sys;", "import sys, os; del os.pidfd_open;") for part in line]


class _Liar(_NoWalls):
    """No walls, and the claim that there are some."""

    promised = Level.NAMESPACES


def test_the_guard_works_without_a_descriptor_of_the_process() -> None:
    """Where a process has no descriptor, its end and its time are seen all the same."""
    with _NoWalls() as sandbox:
        assert sandbox.run("result = 1").result == 1
        assert sandbox.run("while True: pass", limits=Limits(wall_s=0.3)).verdict == "timeout"


def test_walls_that_do_not_hold_are_refused() -> None:
    """A command that promises a level and does not keep it runs no program."""
    with _Liar() as sandbox, pytest.raises(SandboxUnavailable, match="read a file of the user"):
        sandbox.run("")


def test_bubblewrap_missing() -> None:
    """A bwrap that is not there is said to be unavailable."""
    with BubblewrapSandbox("/no/such/bwrap") as sandbox, pytest.raises(SandboxUnavailable, match="/no/such/bwrap"):
        sandbox.run("")


def test_bubblewrap_failing(tmp_path: Path) -> None:
    """What bwrap complains of reaches the user."""
    bwrap = tmp_path / "bwrap"
    bwrap.write_text("#!/bin/sh\necho 'Failed RTM_NEWADDR' >&2\nexit 1\n", encoding="ascii")
    bwrap.chmod(0o755)
    with BubblewrapSandbox(str(bwrap)) as sandbox, pytest.raises(SandboxUnavailable, match="Failed RTM_NEWADDR"):
        sandbox.run("")


def _engine(folder: Path, script: str) -> str:
    command = folder / "docker"
    command.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    command.chmod(0o755)
    return str(command)


def test_docker_without_a_command(tmp_path: Path) -> None:
    """A missing docker is said to be unavailable."""
    sandbox = DockerSandbox("image", docker=str(tmp_path / "docker"))
    with pytest.raises(SandboxUnavailable, match="not on PATH"):
        sandbox.run("")


def test_docker_without_an_engine(tmp_path: Path) -> None:
    """A command without an engine behind it says so, with its own reason."""
    docker = _engine(tmp_path, "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    with pytest.raises(SandboxUnavailable, match=r"no engine answers .*Cannot connect"):
        DockerSandbox("image", docker=docker).run("")


def test_docker_command_line() -> None:
    """A container has no network, no capabilities, no writable root and every limit."""
    line = " ".join(DockerSandbox("the-image").line("docker", Limits(memory_mib=100, folder_mib=10, threads=5)))
    for part in (
        "--network none",
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--user 65534:65534",
        "--memory 622m --memory-swap 622m",
        "--pids-limit 22",
        "/box:rw,nosuid,nodev,size=10m",
        "--entrypoint python3 the-image -I -X utf8 -c",
    ):
        assert part in line


def test_docker_talks_to_what_it_starts(tmp_path: Path, sandbox_of: Callable[[str], Sandbox]) -> None:
    """An engine that runs the interpreter it is given, as a container would, brings the outcome back."""
    sandbox_of("landlock")
    docker = tmp_path / "docker"
    program = tmp_path / "docker.py"
    lines = [
        "import os, sys",
        "if sys.argv[1] == 'run':",
        "    inner = sys.argv[sys.argv.index('image') + 1:]",
        f"    setting = inner[6].replace('/box', {str(tmp_path)!r})",
        f"    os.execv({sys.executable!r}, ['python3', *inner[:5], {ROOT!r}, setting])",
    ]
    program.write_text("\n".join(lines), encoding="utf-8")
    # A shell's line may quote; the first line of a script takes no path with a space in it.
    docker.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(program))} "$@"\n')
    docker.chmod(0o755)
    assert DockerSandbox("image", docker=str(docker)).run("result = inputs", inputs=[1]).result == [1]


def test_seatbelt_profile_denies_first() -> None:
    """The profile denies by default, reads what it is told to and writes in one folder."""
    text = profile(["/usr/lib"], "/private/run")
    assert text.splitlines()[:2] == ["(version 1)", "(deny default)"]
    assert '(allow file-read* (subpath "/usr/lib"))' in text
    assert '(allow file-read* file-write* (subpath "/private/run"))' in text
    assert text.rstrip().endswith("(deny network*)")


def test_seatbelt_profile_cannot_be_broken_out_of() -> None:
    """A path that would end a string of the profile is refused."""
    with pytest.raises(InputError, match="quotes"):
        profile(['/usr")(allow default)("'], "/private/run")


@pytest.mark.skipif(sys.platform == "darwin", reason="there it is available")
def test_seatbelt_elsewhere() -> None:
    """Where there is no sandbox-exec it is said to be unavailable."""
    with pytest.raises(SandboxUnavailable, match="sandbox-exec"):
        SeatbeltSandbox().run("")


def test_one_process_only() -> None:
    """The adapters refuse more than one process, which they could not count."""
    with pytest.raises(SandboxUnavailable, match="one process"):
        _NoWalls().run("", limits=Limits(processes=2))
