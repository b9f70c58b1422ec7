"""Work in a thread that can be stopped."""

from __future__ import annotations

import threading

import pytest

from agentopt.cli.mcp.job import Job

NEVER = threading.Event()


def test_a_job_does_its_work_and_then_what_comes_after() -> None:
    """Work, then what comes after, then the end."""
    done: list[str] = []
    job = Job(lambda: done.append("work"), lambda job: done.append("after"))
    job.start()
    assert job.ended.wait(60)
    assert (done, job.error, job.stopped) == (["work", "after"], None, False)


def wait_to_be_stopped(inside: threading.Event) -> None:
    """Wait in steps of Python, as a thread that waits for its solver does."""
    try:
        inside.set()
        while not NEVER.wait(0.02):
            pass
    except KeyboardInterrupt:
        return


def test_a_stopped_job_is_interrupted() -> None:
    """Stopping a job raises in its thread what Ctrl-C raises in the main one, and what catches it goes on."""
    inside, done = threading.Event(), list[str]()

    def work() -> None:
        wait_to_be_stopped(inside)
        done.append("best point")

    job = Job(work, lambda job: None)
    job.start()
    assert inside.wait(60)
    job.stop()
    assert job.ended.wait(60)
    assert (done, job.error, job.stopped) == (["best point"], None, True)


def test_a_job_that_goes_on_is_told_again() -> None:
    """Work that waits for a second solver after the first is stopped there as well."""
    inside, done = threading.Event(), list[str]()

    def work() -> None:
        for name in ("first", "second"):
            wait_to_be_stopped(inside)
            done.append(name)

    job = Job(work, lambda job: None)
    job.start()
    assert inside.wait(60)
    job.stop()
    assert job.ended.wait(60)
    assert done == ["first", "second"]


def test_what_comes_after_is_not_interrupted() -> None:
    """A job that is stopped when its work is done finishes what comes after."""
    after, go = threading.Event(), threading.Event()
    done: list[str] = []

    def finish(job: Job) -> None:
        after.set()
        go.wait(60)
        done.append("put back")

    job = Job(lambda: None, finish)
    job.start()
    assert after.wait(60)
    job.stop()
    go.set()
    assert job.ended.wait(60)
    assert (done, job.error) == (["put back"], None)


def test_an_error_is_kept_for_whoever_waits() -> None:
    """What work raises is the job's error."""

    def fail() -> None:
        raise ValueError("no")

    job = Job(fail, lambda job: None)
    job.start()
    assert job.ended.wait(60)
    with pytest.raises(ValueError, match="no"):
        raise job.error or AssertionError
