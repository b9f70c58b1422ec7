"""The program's own side of a run: execute the source, call the function, say what came of it.

Everything here shares a process with code that nobody has read, so what it says is a claim.
"""

from __future__ import annotations

import linecache
import sys
import types
from collections.abc import Callable
from typing import Any

from agentopt import tagged
from agentopt.sandbox.fate import claim
from agentopt.sandbox.job import PRELUDE_FILE, PROGRAM_FILE, Job


def perform(job: Job) -> bytes:
    """Run the job and return the claim; never raises, whatever the program does."""
    return claim(lambda: _result(job), job)


def load(job: Job) -> Callable[..., object]:
    """Execute the prelude and the program, and return the function that is to be called."""
    function = _execute(job).get(job.call or "")
    if not callable(function):
        raise NameError(f"the program defines no function {job.call!r}")
    return function  # type: ignore[no-any-return]


def call(function: Callable[..., object], inputs: Any) -> object:
    """Call a function with what `request.arguments` joined; one that is async is run to its end."""
    positional, named = inputs
    result = function(*positional, **named)
    if not isinstance(result, types.CoroutineType):
        return result
    import asyncio

    return asyncio.run(result)


def _result(job: Job) -> object:
    if job.call is None:
        return _execute(job).get("result")
    function = load(job)
    if job.tagged:
        return None if job.inputs is None else call(function, tagged.decode(job.inputs))
    if isinstance(job.inputs, dict):
        return function(**job.inputs)
    return function() if job.inputs is None else function(job.inputs)


def _execute(job: Job) -> dict[str, Any]:
    """Execute both sources in the module under which dataclasses, pickle and tracebacks find them."""
    name = "program" if job.call else "__main__"
    module = types.ModuleType(name)
    sys.modules[name] = module
    if not job.tagged:
        module.__dict__["inputs"] = job.inputs
    for file, source in ((PRELUDE_FILE, job.prelude), (PROGRAM_FILE, job.source)):
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
    return module.__dict__
