"""Performs calls of tools: one at a time for a session, each in a thread, so that the server goes on answering."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentopt.cli.mcp.arguments import Arguments, Solving, read_arguments
from agentopt.cli.mcp.channel import Reader, client_channel
from agentopt.cli.mcp.desk import Desk
from agentopt.cli.mcp.job import Job
from agentopt.cli.mcp.outcome import Part
from agentopt.cli.mcp.roots import Roots
from agentopt.cli.mcp.sessions import Held, Sessions
from agentopt.cli.mcp.standing import Standing
from agentopt.cli.mcp.tools import Tool
from agentopt.errors import InputError
from agentopt.llm import Budget
from agentopt.llm.model import ChatModel
from agentopt.solvers.modeling.session.session import Session

if TYPE_CHECKING:
    from mcp.server.session import ServerSession

    from agentopt.llm.exchange import Channel

MOST_AT_ONCE = 4
"""Calls that work at the same time; others wait for their turn."""
BEAT_S = 2.0
"""How often a call that is silent says that it still works."""
PARTING_S = 1.5
"""How long the end of the server waits for calls that were told to stop; clients kill it after two."""


Lines = asyncio.Queue[str | None]
"""Lines of progress; None: there are no more."""


@dataclass(frozen=True, eq=False)
class _Call:
    """A call that may begin."""

    tool: Tool
    arguments: Arguments
    limit_s: float
    held: Held | None
    client: ServerSession
    results: list[Part] = field(default_factory=list)
    """What the call came to, once it has ended well."""


class Calls:
    """All calls of one server.

    Args:
        options: Those of the command.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._roots = Roots.of(options.root)
        self._budget = Budget(calls=options.max_calls, dollars=options.budget_usd)
        self._sessions = Sessions()
        self._free = asyncio.Semaphore(MOST_AT_ONCE)
        self._jobs: set[Job] = set()
        self._reading: Channel | None = None

    async def perform(self, tool: Tool, raw: object, client: ServerSession) -> Part:
        """Perform a call; when it is cancelled, its solver is stopped and its session left as it was.

        Raises:
            AgentoptError: It cannot be done; nothing has changed then.
        """
        arguments = read_arguments(tool.takes, raw, tool.name)
        id = getattr(arguments, "session", None)
        held = self._sessions.find(id) if id is not None else None
        limit = self._limit(arguments)
        # Whoever waits for the session holds none of the places that others need to work.
        if held is not None:
            await held.turn.acquire()
        try:
            await self._free.acquire()
        except BaseException:
            if held is not None:
                held.turn.release()
            raise
        call = _Call(tool, arguments, limit, held, client)
        try:
            job, lines = self._begun(call)
        except BaseException:
            self._leave(None, held)
            raise
        try:
            await _until_end(lines, client)
        finally:
            job.stop()
        if job.error is not None:
            raise job.error
        return call.results[0]

    def _begun(self, call: _Call) -> tuple[Job, Lines]:
        """Begin the work of a call; its lines of progress end with None."""
        loop, lines, held = asyncio.get_running_loop(), Lines(), call.held
        standing = Standing.of(held.session) if held is not None else None

        def tell(line: str | None) -> None:
            with suppress(RuntimeError):  # the loop has ended with the server
                loop.call_soon_threadsafe(lines.put_nowait, line)

        prepare = self._preparation(call, tell, loop)

        def work() -> None:
            if held is not None:
                prepare(held.session)
            allow_write = self._options.allow_write
            desk = Desk(self._roots, allow_write, lambda: prepare(self._new()), self._sessions.add, held)
            call.results.append(call.tool.run(desk, call.arguments))

        def after(job: Job) -> None:
            if job.stopped and held is not None and standing is not None:
                standing.restore(held.session)
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._leave, job, held)
            tell(None)

        job = Job(work, after)
        self._jobs.add(job)
        job.start()
        return job, lines

    def _new(self) -> Session:
        return Session(budget=self._budget)

    def _leave(self, job: Job | None, held: Held | None) -> None:
        """Let the next call begin; in the loop's thread, when the job has ended or did not begin."""
        if job is not None:
            self._jobs.discard(job)
        self._free.release()
        if held is not None:
            held.turn.release()

    def _preparation(
        self, call: _Call, tell: Callable[[str], None], loop: asyncio.AbstractEventLoop
    ) -> Callable[[Session], Session]:
        """What makes a session serve this call: its time limit, its progress, its model."""
        reader = Reader(self._options.model, client_channel(call.client, loop), self._reading, self._keep_channel)

        def prepare(session: Session) -> Session:
            session.work.time_limit_s = call.limit_s
            session.work.progress = tell
            session.use_model(ChatModel(reader))
            return session

        return prepare

    def _keep_channel(self, channel: Channel) -> None:
        self._reading = channel

    def _limit(self, arguments: Arguments) -> float:
        most: float = self._options.time_limit
        wanted = arguments.time_limit_s if isinstance(arguments, Solving) else None
        if wanted is not None and wanted > most:
            raise InputError(
                f"expected a time limit of at most {most:g} seconds, the server's --time-limit, got {wanted:g}"
            )
        return most if wanted is None else wanted

    def end(self) -> None:
        """Stop what still works and wait for it a little; after the loop has ended."""
        until = time.monotonic() + PARTING_S
        for job in list(self._jobs):
            job.stop()
        for job in list(self._jobs):
            job.ended.wait(max(0.0, until - time.monotonic()))


async def _until_end(lines: Lines, client: ServerSession) -> None:
    """Pass progress on until the call has ended; silence is progress too, so that a client does not give up."""
    started, said = time.perf_counter(), "working"
    while True:
        with suppress(TimeoutError):
            line = await asyncio.wait_for(lines.get(), BEAT_S)
            if line is None:
                return
            said = line
        seconds = time.perf_counter() - started
        await client.report_progress(seconds, None, f"{said} ({seconds:.0f} s)")
