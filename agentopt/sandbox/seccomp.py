"""A filter of system calls, assembled here as classic BPF: what no solver needs is refused.

A refused call fails with EPERM, EACCES or ENOSYS, so that Python raises an error that a program
can show. A call of a foreign architecture kills: no program of ours makes one by accident.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from agentopt.sandbox import kernel
from agentopt.sandbox.syscall_table import AUDIT_ARCH, NEWEST

_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_SET, _AND, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_FILTER = 2
_NAMESPACE_FLAGS = 0x7E020080
_CLONE_THREAD = 0x10000
_X32_BIT = 0x40000000

# fmt: off
_NEVER = (
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp",
    "pidfd_open", "pidfd_send_signal", "pidfd_getfd", "unshare", "setns", "mount", "umount2", "pivot_root",
    "chroot", "mount_setattr", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "bpf",
    "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl", "swapon", "swapoff", "reboot",
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "settimeofday",
    "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname", "acct", "quotactl",
    "quotactl_fd", "name_to_handle_at", "open_by_handle_at", "syslog", "personality", "shmget", "shmat",
    "shmctl", "msgget", "semget", "mq_open", "memfd_create", "memfd_secret", "fanotify_init",
    "fanotify_mark", "lookup_dcookie", "vhangup", "iopl", "ioperm", "modify_ldt", "move_pages",
    "migrate_pages", "capset", "connect", "bind", "listen", "accept", "accept4", "socket",
    # Larger buffers of socket pairs are memory that no limit counts.
    "setsockopt",
)
# fmt: on
# glibc and liburing fall back to older calls on ENOSYS, and the filter can read the flags of those.
_AS_IF_ABSENT = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")
_PROCESSES = ("fork", "vfork", "execve", "execveat")
# fmt: off
_ATTRIBUTES = (
    "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "futimesat",
    "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
)
# fmt: on
_ON_A_PROCESS = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr", "setpgid")
_ON_A_KIND_AND_PROCESS = ("setpriority", "ioprio_set")
_SIGNALS = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
# fcntl and ioctl can name any process to be sent any signal when a descriptor is ready.
_OWNER_COMMANDS = (8, 10, 15)
_TERMINAL_AND_OWNER = (0x5412, 0x541C, 0x540E, 0x8901, 0x8902)
_PROPERTIES = (kernel.PR_SET_PDEATHSIG, kernel.PR_SET_DUMPABLE, kernel.PR_SET_CHILD_SUBREAPER, 35)

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class Policy:
    """What differs between the levels."""

    fork: bool
    """Whether the program may start processes."""
    private_mounts: bool
    """Whether files outside the private folder are mounted read-only, so that chmod needs no refusal."""
    own_pid: int
    """The only process whose limits and priority may be set, and, without private_mounts, that may be signalled:
    with them, a pid namespace holds all others out but the guard, which its own signals do not reach."""


def install(policy: Policy) -> None:
    """Put the filter on this thread and all it starts; nothing takes it off. NO_NEW_PRIVS is set already.

    Raises:
        OSError: The kernel has no filters.
    """
    code = b"".join(struct.pack("=HBBI", *line) for line in program(policy, platform.machine()))
    lines = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("@HP", len(code) // 8, ctypes.addressof(lines))
    pointer = ctypes.create_string_buffer(head, len(head))
    kernel.prctl(kernel.PR_SET_SECCOMP, _FILTER, ctypes.addressof(pointer))


def program(policy: Policy, family: str) -> list[Instruction]:
    """Assemble the filter for a processor family."""
    lines = _preamble(family)
    refused = [*_NEVER, *(() if policy.private_mounts else _ATTRIBUTES)]
    for name in _AS_IF_ABSENT:
        lines += _refuse(name, family, errno.ENOSYS)
    for name in refused + ([] if policy.fork else list(_PROCESSES)):
        lines += _refuse(name, family, errno.EPERM)
    for name, body in _by_argument(policy):
        lines += _block(name, family, body)
    return [*lines, (_RETURN, 0, 0, _ALLOW)]


def _preamble(family: str) -> list[Instruction]:
    lines = [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, AUDIT_ARCH[family]), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    if family == "x86_64":
        lines += [(_JUMP_SET, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    return [*lines, (_JUMP_GREATER, 0, 1, NEWEST), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]


def _refuse(name: str, family: str, error: int) -> list[Instruction]:
    return _block(name, family, [(_RETURN, 0, 0, _ERRNO | error)])


def _block(name: str, family: str, body: list[Instruction]) -> list[Instruction]:
    """Run body, which returns on every path, for one call."""
    number = kernel.number_on(name, family)
    return [] if number < 0 else [(_JUMP_EQUAL, 0, len(body), number), *body]


def _by_argument(policy: Policy) -> Iterable[tuple[str, list[Instruction]]]:
    yield "clone", _flags(policy)
    # A stream pair is connected for good; a datagram pair could be pointed at a named socket outside.
    yield "socketpair", [*_needs(0, 1), _argument(1), (_AND, 0, 0, 0xF), *_is(1)]
    yield "fcntl", _unless(1, _OWNER_COMMANDS)
    yield "ioctl", _unless(1, _TERMINAL_AND_OWNER)
    yield "prctl", _unless(0, _PROPERTIES)
    for name in _ON_A_PROCESS:
        yield name, _on_itself(0, policy)
    for name in _ON_A_KIND_AND_PROCESS:
        yield name, _on_itself(1, policy)
    if not policy.private_mounts:
        for name in _SIGNALS:
            yield name, [_argument(0), *_is(policy.own_pid)]
        yield "tkill", [(_RETURN, 0, 0, _ERRNO | errno.EPERM)]


def _on_itself(index: int, policy: Policy) -> list[Instruction]:
    """Allow 0, which is the caller itself, and its own number."""
    return [_argument(index), (_JUMP_EQUAL, 1, 0, 0), *_is(policy.own_pid)]


def _flags(policy: Policy) -> list[Instruction]:
    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    namespaces = [_argument(0), (_JUMP_SET, 0, 1, _NAMESPACE_FLAGS), refuse]
    return [*namespaces, allow] if policy.fork else [*namespaces, (_JUMP_SET, 0, 1, _CLONE_THREAD), allow, refuse]


def _argument(index: int) -> Instruction:
    """Load the low word of an argument; both families are little-endian."""
    return (_LOAD, 0, 0, 16 + 8 * index)


def _needs(index: int, value: int) -> list[Instruction]:
    return [_argument(index), (_JUMP_EQUAL, 1, 0, value), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]


def _is(value: int) -> list[Instruction]:
    return [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]


def _unless(index: int, values: Iterable[int]) -> list[Instruction]:
    lines = [_argument(index)]
    for value in values:
        lines += [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    return [*lines, (_RETURN, 0, 0, _ALLOW)]
