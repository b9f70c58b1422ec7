"""What this machine offers to hold a program, found by doing; for `agentopt doctor`."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from agentopt.errors import SandboxError
from agentopt.sandbox.levels import Finding, Level

_APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"


def probe() -> list[Finding]:
    """Try each level with a program that tries to get out, and say what is missing and how to get it."""
    system: str = sys.platform
    if system.startswith("linux"):
        return [_landlock(), _namespaces_allowed(), *(_level(level) for level in (Level.LANDLOCK, Level.NAMESPACES))]
    if system == "darwin":
        return [_seatbelt()]
    return [Finding("sandbox", False, f"no sandbox on {system}", "Use WSL 2 on Windows, or a DockerSandbox.")]


def _landlock() -> Finding:
    from agentopt.sandbox import landlock

    abi = landlock.version()
    fix = "" if abi else "Boot a kernel of 5.13 or newer with landlock in its lsm= list."
    detail = f"Landlock version {abi}, Linux {platform.release()}" if abi else "the kernel has no Landlock"
    return Finding("landlock", abi > 0, detail, fix)


def _namespaces_allowed() -> Finding:
    if _number("/proc/sys/user/max_user_namespaces", 1) == 0:
        fix = "Set the sysctl user.max_user_namespaces above 0."
        return Finding("user namespaces", False, "switched off for everybody", fix)
    if _number("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0:
        fix = "Set the sysctl kernel.unprivileged_userns_clone to 1."
        return Finding("user namespaces", False, "switched off for ordinary users", fix)
    if _number(_APPARMOR, 0) == 1:
        fix = f"Give {sys.executable} an AppArmor profile with the rule userns, as for bwrap or a browser."
        return Finding("user namespaces", False, "AppArmor keeps ordinary users from them", fix)
    return Finding("user namespaces", True, "no setting forbids them")


def _level(level: Level) -> Finding:
    """Run the canary at a level."""
    from agentopt.sandbox.forkserver import ForkServerSandbox

    name = f"level {level}"
    with ForkServerSandbox((), level=level) as sandbox:
        try:
            _ = sandbox.level
        except SandboxError as error:
            return Finding(name, False, str(error), _fix(level))
    return Finding(name, True, "a program that tried to get out was held")


def _fix(level: Level) -> str:
    if level == Level.NAMESPACES:
        return "Allow user namespaces (in Docker: --security-opt seccomp=unconfined), or live with level landlock."
    return "Boot a kernel of 5.13 or newer with Landlock and seccomp."


def _seatbelt() -> Finding:
    from agentopt.sandbox.opening import open_sandbox

    try:
        open_sandbox().close()
    except SandboxError as error:
        return Finding("level seatbelt", False, str(error), "sandbox-exec belongs to macOS; use a DockerSandbox.")
    return Finding("level seatbelt", True, "a program that tried to get out was held")


def _number(path: str, default: int) -> int:
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return default
