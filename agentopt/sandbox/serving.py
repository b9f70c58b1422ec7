"""The worker's own side of a session: load the program once, then answer one question after another.

A question is a mark, random and new each time, and then the arguments or nothing; its answer is the
same mark and a claim. So nothing that was written before a question was read can pass for its answer.
The first question is answered before the program begins, the second when it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentopt import tagged
from agentopt.sandbox.fate import NOTHING, claim
from agentopt.sandbox.job import Job
from agentopt.sandbox.program import call, load
from agentopt.sandbox.wire import MARK_BYTES, REQUEST_BYTES, frame, receive_frame, write_all


@dataclass(frozen=True)
class Counter:
    """Where questions come in and answers go out."""

    question_fd: int
    answer_fd: int
    flush: Callable[[], None]
    """Called before each answer, so that what was printed is on its way by then."""

    def take(self) -> tuple[bytes, bytes] | None:
        """Wait for a question; None when the parent has left."""
        data = receive_frame(self.question_fd, REQUEST_BYTES)
        return None if data is None else (data[:MARK_BYTES], data[MARK_BYTES:])

    def answer(self, mark: bytes, said: bytes) -> None:
        """Send the answer to the question of this mark."""
        self.flush()
        write_all(self.answer_fd, frame(mark + said))


def serve(job: Job, counter: Counter) -> None:
    """Answer until the parent leaves; whatever the program raises is an answer."""
    _answer_next(counter, lambda _: NOTHING)
    functions: list[Callable[..., object]] = []
    _answer_next(counter, lambda _: claim(lambda: functions.append(load(job)), job))
    while functions and _answer_next(counter, lambda inputs: claim(lambda: _call(functions[0], inputs), job)):
        continue


def _answer_next(counter: Counter, action: Callable[[bytes], bytes]) -> bool:
    """Answer one question; tell whether there was one."""
    question = counter.take()
    if question is None:
        return False
    mark, inputs = question
    counter.answer(mark, action(inputs))
    return True


def _call(function: Callable[..., object], inputs: bytes) -> object:
    return call(function, tagged.loads(inputs, max_bytes=REQUEST_BYTES))
