"""The fork server: its life and death, its levels, and solving inside."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from agentopt.errors import CodecError, InputError, SandboxError, SandboxUnavailable
from agentopt.sandbox import ForkServerSandbox, Level, Limits, Sandbox
from agentopt.sandbox.watch import descendants

ROOT = Path(__file__).resolve().parents[2]
KNAPSACK = """
import pyomo.environ as pyo

def solve(solver, values, weights, room):
    model = pyo.ConcreteModel()
    model.take = pyo.Var(range(len(values)), within=pyo.Binary)
    model.fits = pyo.Constraint(expr=sum(w * model.take[i] for i, w in enumerate(weights)) <= room)
    model.worth = pyo.Objective(expr=sum(v * model.take[i] for i, v in enumerate(values)), sense=pyo.maximize)
    pyo.SolverFactory(solver).solve(model)
    return [round(pyo.value(model.take[i])) for i in range(len(values))]
"""
ITEMS = {"values": [6, 10, 12], "weights": [1, 2, 3], "room": 5}


@pytest.mark.parametrize("solver", ["appsi_highs", "highs", "scip_direct"])
def test_pyomo_solves_inside(solver: str, solving: Sandbox) -> None:
    """Pyomo solves with HiGHS and SCIP in the program's own process."""
    outcome = solving.run(KNAPSACK, call="solve", inputs={"solver": solver, **ITEMS})
    assert outcome.result == [0, 1, 1], outcome.error


def test_pyomo_solves_without_namespaces() -> None:
    """The level landlock leaves Pyomo all that it needs."""
    with ForkServerSandbox(level="landlock") as sandbox:
        outcome = sandbox.run(KNAPSACK, call="solve", inputs={"solver": "appsi_highs", **ITEMS})
    assert outcome.result == [0, 1, 1], outcome.error


def test_highs_runs_its_threads(solving: Sandbox) -> None:
    """HiGHS may start threads where no process may be forked."""
    program = """
import highspy
model = highspy.Highs()
model.setOptionValue("output_flag", False)
model.setOptionValue("threads", 2)
model.setOptionValue("parallel", "on")
x = model.addVariable(0, 4)
model.maximize(x)
result = model.getObjectiveValue()
"""
    assert solving.run(program).result == 4.0


def test_processes_may_be_allowed(sandbox: Sandbox) -> None:
    """With more than one process allowed, a program can start another and read what it prints."""
    if sandbox.level < Level.NAMESPACES:
        pytest.skip("several processes need namespaces")
    program = "import subprocess, sys\nresult = subprocess.check_output([sys.executable, '-c', 'print(7)'], text=True)"
    assert sandbox.run(program, limits=Limits(processes=4)).result == "7\n"


def test_a_dead_server_is_replaced() -> None:
    """A run after the server was killed is served by a new one."""
    others = _children()
    with ForkServerSandbox(()) as sandbox:
        sandbox.run("")
        (server,) = _children() - others
        os.kill(int(server), signal.SIGKILL)
        assert sandbox.run("result = 1").result == 1


def _children() -> set[str]:
    """Return the processes of which this one is the parent itself."""
    own = Path("/proc/self/task").glob("*/children")
    return {pid for path in own for pid in path.read_text(encoding="ascii").split()}


@pytest.mark.parametrize("level", ["namespaces", "landlock", "limits"])
def test_a_killed_parent_leaves_no_process(level: str, tmp_path: Path) -> None:
    """After kill -9 of the parent, the server, the guard and the program are gone, and so is the folder."""
    script = f"""
        import sys
        sys.path.append({str(ROOT)!r})
        from agentopt.sandbox import ForkServerSandbox, Limits
        with ForkServerSandbox((), level={level!r}) as sandbox:
            print(sandbox.level, flush=True)
            sandbox.run("import time; time.sleep(600)", limits=Limits(wall_s=600))
    """
    environment = {"PATH": os.defpath, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        if not parent.stdout.readline():
            parent.wait()
            pytest.skip(f"the level {level} cannot be had here")
        below = _wait_for_descendants(parent.pid, 5)
        watched = [os.pidfd_open(pid) for pid in below]
        parent.kill()
    try:
        assert all(select.select([fd], [], [], 20)[0] for fd in watched)
        assert not list(tmp_path.iterdir())
    finally:
        for fd in watched:
            os.close(fd)


def _wait_for_descendants(pid: int, n: int) -> list[int]:
    """Return all processes below one once there are n: the server, and guard and program of this run and the next."""
    tick = threading.Event()
    for _ in range(2000):
        if len(below := descendants(pid)) >= n:
            return below
        tick.wait(0.01)
    raise AssertionError(f"never {n} processes below {pid}")


def test_a_sandbox_serves_a_fork_of_its_owner(sandbox: Sandbox) -> None:
    """A forked copy of the parent gets a server of its own and leaves the first alone."""
    sandbox.run("")
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, repr(sandbox.run("result = 2").result).encode())
            sandbox.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(writer)
    with open(reader, "rb") as file:
        assert file.read() == b"2"
    assert sandbox.run("result = 1").result == 1


def test_a_closed_sandbox_says_so() -> None:
    """Running after close is an error; closing again is not."""
    sandbox = ForkServerSandbox(())
    sandbox.close()
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.run("")


def test_missing_modules_are_named() -> None:
    """A module that cannot be preloaded is left out and named."""
    with ForkServerSandbox(("json", "no_such_module")) as sandbox:
        assert list(sandbox.missing) == ["no_such_module"]


def test_a_threaded_preload_is_refused(tmp_path: Path) -> None:
    """A module that starts threads cannot be preloaded, as a fork would lose them."""
    shutil.copytree(ROOT / "agentopt", tmp_path / "agentopt", symlinks=True)
    module = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    (tmp_path / "starts_a_thread.py").write_text(module, encoding="ascii")
    script = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from agentopt.sandbox import ForkServerSandbox
        with ForkServerSandbox(("starts_a_thread",)) as sandbox:
            sandbox.run("")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert "SandboxError: a preloaded package started threads: 2 in the server" in done.stderr


def test_inputs_that_are_no_data_are_refused(sandbox: Sandbox) -> None:
    """Inputs are checked before anything runs."""
    with pytest.raises(CodecError, match="set"):
        sandbox.run("", inputs={1})  # type: ignore[arg-type]


def test_a_name_that_is_no_name_is_refused(sandbox: Sandbox) -> None:
    """The function to call is given by its name alone."""
    with pytest.raises(InputError, match="name of a function"):
        sandbox.run("", call="f()")


def test_large_inputs_arrive(sandbox: Sandbox) -> None:
    """Inputs of several MB arrive whole."""
    assert sandbox.run("result = len(inputs)", inputs="x" * 5_000_000).result == 5_000_000


def test_several_processes_need_namespaces() -> None:
    """Without a pid namespace more than one process is refused, not half contained."""
    with ForkServerSandbox((), level="landlock") as sandbox, pytest.raises(SandboxUnavailable, match="namespaces"):
        sandbox.run("", limits=Limits(processes=2))


def test_no_fall_back_in_silence() -> None:
    """Where user namespaces are off, the minimum namespaces is refused and the minimum landlock is met by it."""
    script = f"""
        import sys
        sys.path.append({str(ROOT)!r})
        from agentopt.errors import SandboxUnavailable
        from agentopt.sandbox import ForkServerSandbox
        open("/proc/sys/user/max_user_namespaces", "w").write("0")
        with ForkServerSandbox(()) as sandbox:
            print(sandbox.level)
        try:
            with ForkServerSandbox((), minimum="namespaces") as sandbox:
                print(sandbox.run(""))
        except SandboxUnavailable as error:
            print("refused:", error)
    """
    command = ["unshare", "--user", "--map-root-user", sys.executable, "-c", textwrap.dedent(script)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no user namespace can be made to switch them off in: {error}")
    level, refusal = done.stdout.splitlines()
    assert level == "landlock"
    assert refusal.startswith("refused: no level from namespaces up holds")
    assert "clone into namespaces" in refusal


def test_folders_go_with_their_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without namespaces the private folder is removed, however deep and closed its contents are."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    program = "import os\nos.mkdir('shut', 0)\nfor _ in range(2000): os.mkdir('d'); os.chdir('d')"
    with ForkServerSandbox((), level="landlock") as sandbox:
        assert sandbox.run(program).ok
        assert not list(tmp_path.iterdir())
