"""Checks that any sandbox passes, ours or yours: limits, borders and claims, each tried by a program.

What a sandbox that passes stops: using up time, memory, processes, files or output; outliving the run;
reading or changing the user's files, environment and processes; every kind of network; passing off an
exit, an object or terminal tricks as a result. By platform:

    Linux, level namespaces    all of it; but where root allows a run several processes, their number is watched
                               every 25 ms, not kept by the kernel, which does not count those of root
    Linux, level landlock      all of it; but the folder is watched from outside, every 25 ms, so a fast writer
                               passes its size by what it writes meanwhile, and a file that is mapped, unlinked
                               and closed is not counted; a program can learn which paths exist; a guard that is
                               killed from outside leaves the folder behind
    macOS, level seatbelt      not run by us: memory is not limited there, and its checks are expected to fail
    level limits, anywhere     files, network and processes are open; the checks of borders fail, rightly

What no sandbox stops: a program that lies about its result. Score it again outside. Nor does any of this
stop a flaw of the kernel itself, or what one program can learn of another from timing on the same machine.
"""

from __future__ import annotations

from agentopt.sandbox import Finding, Sandbox
from agentopt.testing.sandbox_borders import BORDER_CHECKS
from agentopt.testing.sandbox_check import Check
from agentopt.testing.sandbox_claims import CLAIM_CHECKS
from agentopt.testing.sandbox_limits import LIMIT_CHECKS
from agentopt.testing.sandbox_sessions import SESSION_CHECKS

CHECKS: tuple[Check, ...] = (*CLAIM_CHECKS, *BORDER_CHECKS, *LIMIT_CHECKS, *SESSION_CHECKS)


def self_check(sandbox: Sandbox, checks: tuple[Check, ...] = CHECKS) -> list[Finding]:
    """Try a sandbox with every check and say which held.

    Args:
        sandbox: Open; it stays open.
        checks: Fewer, or your own.

    Returns:
        One finding a check, in order; `detail` of one that did not hold says what happened.
    """
    return [_find(sandbox, check) for check in checks]


def _find(sandbox: Sandbox, check: Check) -> Finding:
    problem = check(sandbox)
    fact = (check.__doc__ or "").strip()
    return Finding(check.__name__, not problem, problem or fact)
