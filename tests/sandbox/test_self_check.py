"""Every shipped check on every kind of sandbox, and that the checks can fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentopt.sandbox import ForkServerSandbox, Level, Sandbox
from agentopt.testing.sandbox import CHECKS, self_check
from agentopt.testing.sandbox_borders import change_attributes, read_a_file, run_a_command, tcp, write_outside
from agentopt.testing.sandbox_check import Check

KINDS = ("namespaces", "landlock", "bubblewrap")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_check_holds(kind: str, check: Check, sandbox_of: Callable[[str], Sandbox]) -> None:
    """The sandbox holds what the check tries."""
    (finding,) = self_check(sandbox_of(kind), (check,))
    assert finding.ok, finding.detail


@pytest.mark.parametrize("check", [read_a_file, write_outside, change_attributes, tcp, run_a_command])
def test_check_fails_without_isolation(check: Check) -> None:
    """A sandbox that keeps limits only does not pass a check of borders."""
    with ForkServerSandbox((), level=Level.LIMITS) as open_door:
        (finding,) = self_check(open_door, (check,))
    assert not finding.ok


def test_each_check_says_its_fact() -> None:
    """Each check has a name of its own and a sentence that says what holds."""
    facts = {check.__name__: (check.__doc__ or "").strip() for check in CHECKS}
    assert len(facts) == len(CHECKS) >= 25
    assert all(fact.endswith(".") for fact in facts.values())
