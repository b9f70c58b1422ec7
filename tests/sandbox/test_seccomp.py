"""The filter's code, run by a small interpreter of classic BPF, for both processor families."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from agentopt.sandbox.kernel import number_on
from agentopt.sandbox.seccomp import Instruction, Policy, program
from agentopt.sandbox.syscall_table import AUDIT_ARCH, COLUMN, NEWEST, NUMBERS

ALLOWED, KILLED = 0x7FFF0000, 0x80000000
OWN = 1234
STRICT = Policy(fork=False, private_mounts=False, own_pid=OWN)
INSIDE = Policy(fork=False, private_mounts=True, own_pid=OWN)
MANY = Policy(fork=True, private_mounts=True, own_pid=OWN)
FAMILIES = sorted(COLUMN)


def run(lines: list[Instruction], arch: int, number: int, arguments: tuple[int, ...]) -> int:
    """Interpret a filter over one system call and return its answer."""
    words = {0: number, 4: arch} | {16 + 8 * i: value & 0xFFFFFFFF for i, value in enumerate(arguments)}
    register, position = 0, 0
    while True:
        code, when_true, when_false, value = lines[position]
        position += 1
        if code == 0x06:
            return value
        if code == 0x20:
            register = words.get(value, 0)
        elif code == 0x54:
            register &= value
        else:
            test = {0x15: register == value, 0x25: register > value, 0x45: bool(register & value)}[code]
            position += when_true if test else when_false


def answer(policy: Policy, family: str, name: str, *arguments: int) -> int:
    return run(program(policy, family), AUDIT_ARCH[family], number_on(name, family), arguments)


REFUSED = [
    (STRICT, "ptrace", ()),
    (STRICT, "socket", (2, 1)),
    (STRICT, "socketpair", (1, 2)),
    (STRICT, "socketpair", (2, 1)),
    (STRICT, "execve", ()),
    (STRICT, "clone", (0x11,)),
    (STRICT, "clone", (0x10000000 | 0x10000,)),
    (MANY, "clone", (0x10000011,)),
    (STRICT, "kill", (1,)),
    (STRICT, "kill", (-1,)),
    (STRICT, "kill", (0,)),
    (STRICT, "tgkill", (1, 1)),
    (STRICT, "tkill", (OWN,)),
    (STRICT, "fchmodat", ()),
    (STRICT, "fcntl", (0, 8)),
    (STRICT, "ioctl", (0, 0x5412)),
    (STRICT, "prctl", (1,)),
    (INSIDE, "prlimit64", (1,)),
    (INSIDE, "setpriority", (0, 1)),
    (MANY, "mount", ()),
    (MANY, "unshare", ()),
    (MANY, "bpf", ()),
]
PASSED = [
    (STRICT, "clone", (0x10F00,)),
    (STRICT, "socketpair", (1, 1 | 0x80000)),
    (STRICT, "kill", (OWN,)),
    (STRICT, "prlimit64", (0,)),
    (STRICT, "fcntl", (0, 3)),
    (STRICT, "ioctl", (0, 0x5401)),
    (STRICT, "prctl", (15,)),
    (INSIDE, "kill", (2,)),
    (INSIDE, "fchmodat", ()),
    (MANY, "clone", (0x11,)),
    (MANY, "execve", ()),
]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("policy", "name", "arguments"), REFUSED)
def test_refused(policy: Policy, name: str, arguments: tuple[int, ...], family: str) -> None:
    """The call fails with EPERM."""
    assert answer(policy, family, name, *arguments) == 0x50000 | errno.EPERM


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("policy", "name", "arguments"), PASSED)
def test_passed(policy: Policy, name: str, arguments: tuple[int, ...], family: str) -> None:
    """The call goes through."""
    assert answer(policy, family, name, *arguments) == ALLOWED


@pytest.mark.parametrize("family", FAMILIES)
def test_a_foreign_architecture_kills(family: str) -> None:
    """Every call by the numbers of another family kills, the harmless ones too."""
    assert run(program(STRICT, family), 0x40000003, 20, ()) == KILLED


def test_x32_kills() -> None:
    """The second numbering of x86_64 kills."""
    assert run(program(STRICT, "x86_64"), AUDIT_ARCH["x86_64"], 0x40000000 + 39, ()) == KILLED


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("number", [NEWEST + 1, NEWEST + 500])
def test_an_unknown_call_is_absent(number: int, family: str) -> None:
    """A call newer than the table seems not to exist."""
    assert run(program(STRICT, family), AUDIT_ARCH[family], number, ()) == 0x50000 | errno.ENOSYS


@pytest.mark.parametrize("family", FAMILIES)
def test_clone3_is_absent(family: str) -> None:
    """clone3 seems not to exist, so that the C library uses clone, whose flags can be read."""
    assert answer(STRICT, family, "clone3") == 0x50000 | errno.ENOSYS


@pytest.mark.parametrize(
    ("family", "header"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_numbers_are_the_kernels(family: str, header: str) -> None:
    """The table agrees with the kernel's header where one is installed."""
    if not Path(header).exists():
        pytest.skip(f"{header} is not installed")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", Path(header).read_text(encoding="ascii"))
    known = {name: int(number) for name, number in found}
    table = {name: row[COLUMN[family]] for name, row in NUMBERS.items() if row[COLUMN[family]] >= 0}
    assert {name: known.get(name) for name in table} == table
