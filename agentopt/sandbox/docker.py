"""Docker makes the walls, our guard the rest; for servers that run an engine anyway, and for Windows."""

from __future__ import annotations

import shutil
import subprocess

from agentopt.errors import SandboxUnavailable
from agentopt.sandbox.command import ENVIRONMENT, CommandSandbox, interpreter
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits

_FOLDER = "/box"
_ANSWER_S = 10.0
_NOBODY = "65534:65534"
# The guard and the interpreter's own needs, beside the program's memory and threads.
_OVERHEAD_MIB, _OVERHEAD_TASKS = 512, 16


class DockerSandbox(CommandSandbox):
    """Runs each program in a container of its own, without network, capabilities or a writable root.

    Its command lines are tested; no engine was at hand where they were written.

    Args:
        image: Holds Python with agentopt and the packages that programs import; it is never pulled here.
        python: The interpreter in the image.
        inner: What the guard adds inside. Landlock needs a kernel that has it under the engine; with
            Level.LIMITS the container's own walls are all there is.
        docker: The command, as docker or podman; looked for on PATH.

    Raises:
        SandboxUnavailable: From the first `run`: no command, no engine, or no such image.
    """

    promised = Level.NAMESPACES

    def __init__(
        self, image: str, *, python: str = "python3", inner: Level = Level.LANDLOCK, docker: str = "docker"
    ) -> None:
        super().__init__()
        self._image, self._python, self._inner, self._docker = image, python, inner, docker
        self._answered = False

    def command(self, limits: Limits, private: str) -> list[str]:
        """Return the command line of docker for one run."""
        docker = shutil.which(self._docker)
        if docker is None:
            raise SandboxUnavailable(f"{self._docker} is not on PATH; install Docker or name the command")
        self._ask(docker)
        return self.line(docker, limits)

    def line(self, docker: str, limits: Limits) -> list[str]:
        """Compose the command line without asking whether an engine answers."""
        memory = f"{limits.memory_mib + limits.folder_mib + _OVERHEAD_MIB}m"
        line = [docker, "run", "--rm", "--interactive", "--pull", "never", "--log-driver", "none"]
        line += ["--network", "none", "--ipc", "none", "--read-only", "--cap-drop", "ALL"]
        line += ["--security-opt", "no-new-privileges", "--user", _NOBODY]
        line += ["--memory", memory, "--memory-swap", memory]
        line += ["--pids-limit", str(limits.processes + limits.threads + _OVERHEAD_TASKS)]
        line += ["--tmpfs", f"{_FOLDER}:rw,nosuid,nodev,size={limits.folder_mib}m,mode=1777", "--workdir", "/"]
        for name, value in ENVIRONMENT.items():
            line += ["--env", f"{name}={value}"]
        return [*line, "--entrypoint", self._python, self._image, *interpreter("", "/", self._inner, _FOLDER)[1:]]

    def _ask(self, docker: str) -> None:
        """Ask once whether an engine answers; the command's own failure would come late and unclear."""
        if self._answered:
            return
        question = [docker, "version", "--format", "{{.Server.Version}}"]
        try:
            done = subprocess.run(question, capture_output=True, timeout=_ANSWER_S, text=True, check=False)
        except subprocess.TimeoutExpired:
            raise SandboxUnavailable(f"the engine behind {docker} did not answer in {_ANSWER_S:g} s") from None
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise SandboxUnavailable(f"no engine answers {docker}: {said[-1] if said else 'no reason given'}")
        self._answered = True
