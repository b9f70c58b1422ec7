"""Looks at an installation of the wheel from outside any checkout, and fails with one sentence if something is off.

    python stranger.py SOLUTION.json

The argument is what `agentopt solve tasks/modeling/transport/problem.yaml --json` printed there.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module, metadata
from pathlib import Path


def main() -> None:
    """Check the installed files, the backends and the solution in turn."""
    package = Path(import_module("agentopt").__file__ or "").parent
    require("site-packages" in package.parts, f"agentopt was imported from {package}, not from the installed wheel")
    for name in ("solvers", "prompts", "tasks"):
        folder = package / name
        require(folder.is_dir() and not folder.is_symlink(), f"agentopt/{name} is no folder of its own")
        require(any(folder.iterdir()), f"agentopt/{name} is empty")
    require(tops() == {"agentopt"}, f"the wheel put {sorted(tops())} into site-packages")
    backends = import_module("agentopt.backends")
    for name in backends.names():
        for needed in backends.load(name).needs:
            import_module(needed)
    objective = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["objective"]["value"]
    require(abs(objective - 17350) < 1e-6, f"the freight of the transport problem is {objective}, known to be 17350")
    require(learned() == 49, "a function that a model changed, in the sandbox, did not give 49 for 7")
    print(f"installed as one package; backends {', '.join(backends.names())}; freight {objective:g}; learns code")


def square(x):  # type: ignore[no-untyped-def]
    """The square of x."""
    return x + x


def learned() -> object:
    """Learn a function from one sentence, with the installed prompts and the installed sandbox."""
    agentopt, optimizers = import_module("agentopt"), import_module("agentopt.optimizers")
    testing = import_module("agentopt.testing")
    edit = {"parameter": "square", "value": [{"find": "x + x", "replace": "x * x"}]}
    reply = {"analysis": "", "nothing_to_change": "", "candidates": [{"reason": "", "edits": [edit]}]}
    traced = agentopt.trace(trainable=True)(square)
    optimizer = optimizers.OptoPrime(traced, testing.ScriptedModel([json.dumps(reply)]))
    optimizer.backward(traced(7), "it has to be multiplied by itself")
    require(optimizer.step().outcome == "applied", f"the step ended otherwise: {optimizer.steps}")
    return traced(7).data


def tops() -> set[str]:
    """List what the wheel laid down at the top of site-packages, beside its metadata and its program."""
    laid = {path.parts[0] for path in metadata.files("agentopt") or ()}
    return {name for name in laid if name != ".." and not name.endswith(".dist-info")}


def require(holds: bool, complaint: str) -> None:
    if not holds:
        sys.exit(complaint)


if __name__ == "__main__":
    main()
