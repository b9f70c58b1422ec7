"""Executors: threads nobody waits for, processes that can be killed, and many jobs on any of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentopt.errors import InputError, WorkerDied
from agentopt.search import Processes
from agentopt.search.executors import open_executor, run_all, shares_memory
from agentopt.search.threads import Threads


@dataclass(frozen=True)
class Job:
    """A number, and seconds that a task may take."""

    number: int
    timeout_s: float | None = None


def square(job: Job) -> int:
    return job.number**2


def pid(job: Job) -> int:
    return os.getpid()


def die(job: Job) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(path: str) -> str:
    if not Path(path).exists():
        Path(path).touch()
        os._exit(3)
    return "alive"


def hang(job: Job) -> None:
    threading.Event().wait()


def fail(job: Job) -> None:
    raise ValueError(f"no {job.number}")


def closure(job: Job) -> Any:
    return lambda: 1


@pytest.fixture(name="processes")
def _processes() -> Any:
    made = Processes(2)
    yield made
    made.shutdown(cancel_futures=True)


@pytest.fixture(name="executor", params=["threads", "processes"])
def _executor(request: pytest.FixtureRequest) -> Any:
    made = Threads(3) if request.param == "threads" else Processes(2)
    yield made
    made.shutdown(cancel_futures=True)


def results(executor: Any, function: Any, jobs: list[Any]) -> list[Any]:
    """What came of jobs, in their order; each is told exactly once."""
    found: dict[int, Any] = {}

    def over(place: int, result: Any) -> None:
        assert place not in found
        found[place] = result

    run_all(executor, function, jobs, over)
    return [found[place] for place in range(len(jobs))]


def test_all_jobs_are_done_once(executor: Any) -> None:
    """Also more of them than are handed over at a time."""
    assert results(executor, square, [Job(k) for k in range(1200)]) == [k**2 for k in range(1200)]


def test_no_jobs_are_no_work(executor: Any) -> None:
    """Nothing is told."""
    assert results(executor, square, []) == []


def test_an_error_is_the_jobs_own(executor: Any) -> None:
    """It comes back as an object, and the others go on."""
    first, second = results(executor, fail, [Job(1)])[0], results(executor, square, [Job(2)])[0]
    assert (str(first), second) == ("no 1", 4)


def test_a_task_over_its_time_is_killed() -> None:
    """Its process is gone, its future says so, and another one takes the next task."""
    with Processes(1) as processes:
        before = processes.submit(pid, Job(0)).result()
        assert isinstance(processes.submit(hang, Job(0, 0.1)).exception(), TimeoutError)
        assert processes.submit(pid, Job(0)).result() != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_process_that_dies_takes_its_own_task_with_it(processes: Processes) -> None:
    """Other tasks come back."""
    deaths, others = [processes.submit(die, Job(k)) for k in range(2)], processes.submit(square, Job(5))
    assert all(isinstance(death.exception(), WorkerDied) for death in deaths)
    assert others.result() == 25


def test_a_job_whose_worker_died_is_run_once_more(processes: Processes, tmp_path: Path) -> None:
    """What the second run gives is the result."""
    assert results(processes, die_once, [str(tmp_path / "mark")]) == ["alive"]


def test_a_job_that_kills_every_worker_is_given_up(processes: Processes) -> None:
    """After the second time."""
    assert isinstance(results(processes, die, [Job(1)])[0], WorkerDied)


def test_a_pool_that_breaks_as_a_whole_says_so() -> None:
    """ProcessPoolExecutor takes no work after one of its processes died."""
    with ProcessPoolExecutor(1) as pool, pytest.raises(WorkerDied, match="died, and the executor with it"):
        results(pool, die, [Job(1)])


def test_a_result_that_cannot_be_sent_is_an_error(processes: Processes) -> None:
    """The process lives on."""
    assert isinstance(processes.submit(closure, Job(1)).exception(), TypeError)
    assert processes.submit(square, Job(2)).result() == 4


def test_nothing_is_submitted_after_the_end(executor: Any) -> None:
    """As the contract of executors has it."""
    executor.shutdown()
    with pytest.raises(RuntimeError):
        executor.submit(square, Job(1))


def test_waiting_tasks_can_be_cancelled() -> None:
    """Those that have not begun are cancelled by the end, the running one is not."""
    release, begun = threading.Event(), threading.Event()

    def task(_: Any) -> None:
        begun.set()
        release.wait()

    threads = Threads(1)
    running: Future[Any] = threads.submit(task, Job(0))
    waiting = [threads.submit(square, Job(k)) for k in range(3)]
    begun.wait()
    threads.shutdown(wait=False, cancel_futures=True)
    release.set()
    assert (running.result(), [one.cancelled() for one in waiting]) == (None, [True] * 3)


def test_an_interrupt_cancels_what_has_not_begun() -> None:
    """And is raised at once."""
    seen: list[int] = []

    def over(place: int, result: Any) -> None:
        seen.append(place)
        raise KeyboardInterrupt

    with Threads(1) as threads, pytest.raises(KeyboardInterrupt):
        run_all(threads, square, [Job(k) for k in range(400)], over)
    assert seen == [0]


def test_the_program_ends_although_a_thread_waits(tmp_path: Path) -> None:
    """Nobody waits for what was left behind."""
    program = tmp_path / "program.py"
    program.write_text(
        "import threading\nfrom agentopt.search.threads import Threads\n"
        "Threads(1).submit(threading.Event().wait)\nprint('over')\n"
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "over\n"


def test_processes_end_with_the_program_that_is_killed(tmp_path: Path) -> None:
    """A kill -9 leaves no orphan, whatever the task is doing."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, threading\nfrom agentopt.search import Processes\n\n"
        "def hold(path):\n    line = open(path, 'w')\n    line.write('begun')\n    line.flush()\n"
        "    threading.Event().wait()\n\n"
        "if __name__ == '__main__':\n    Processes(1).submit(hold, sys.argv[1]).result()\n"
    )
    with subprocess.Popen([sys.executable, str(program), str(pipe)]) as process, pipe.open() as line:
        assert line.read(5) == "begun"
        process.send_signal(signal.SIGKILL)
        # It ends only when the last writer is gone.
        assert line.read() == ""


@pytest.mark.parametrize("wrong", ["threads:0", "threads:x", "cluster", "processes:-1", 0, True, 1.5, object()])
def test_what_is_no_executor_is_refused(wrong: Any) -> None:
    """The sentence lists what would do."""
    with pytest.raises(InputError, match=r"expected (a number of threads|at least 1)"), open_executor(wrong):
        pass


def test_executors_by_name() -> None:
    """Threads share the memory of this process, and nothing else does."""
    for chosen, shared in ((None, True), (2, True), ("threads:2", True), ("processes:1", False)):
        with open_executor(chosen) as executor:
            assert shares_memory(executor) is shared


def test_an_executor_that_was_given_is_left_open() -> None:
    """Whoever made it ends it."""
    with ThreadPoolExecutor(1) as pool:
        with open_executor(pool) as executor:
            assert executor is pool
        assert pool.submit(square, Job(2)).result() == 4
