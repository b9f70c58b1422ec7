"""What starting costs: which modules a fresh interpreter loads, and that it prints and fetches nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from agentopt import backends

# The project's own, its light parts only, and of the standard library no more than a program with options needs.
LIGHT = {"agentopt", "agentopt.__main__", "agentopt.errors", "agentopt.cli"}
HEAVY = {
    "numpy", "scipy", "pyomo", "highspy", "pyscipopt", "networkx", "pydantic", "openai", "anthropic", "litellm",
    "jinja2", "tenacity", "rich", "yaml", "openpyxl", "httpx", "httpx2", "requests", "platformdirs",
    "asyncio", "concurrent.futures", "sqlite3", "ssl", "http.client", "urllib.request", "email", "multiprocessing",
    "importlib.metadata", "unittest", "ctypes",
}  # fmt: skip

# Refuses what would leave the machine, in the child as conftest does in the parent, and says so on stdout.
WATCH = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        os.write(1, f"{event} {arguments[-1] if event == 'socket.connect' else arguments[0]}\\n".encode())
        raise OSError("no network here")
sys.addaudithook(watch)
"""


@cache
def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python afresh; each command once, however many facts are read off it."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)


def loaded(*arguments: str) -> set[str]:
    """List the modules that a command loads beyond what Python loads by itself."""
    return _timed(*arguments) - _timed("-c", "pass")


def _timed(*arguments: str) -> set[str]:
    lines = re.findall(r"^import time:[^|]*\|[^|]*\| +(\S+)$", run("-X", "importtime", *arguments).stderr, re.MULTILINE)
    # The list holds attempts too, and the standard library asks whether it runs on Jython.
    return {name for name in lines if name.split(".")[0] != "org"}


@pytest.mark.parametrize("command", [("-c", "import agentopt"), ("-m", "agentopt", "--help")], ids=["import", "help"])
def test_nothing_heavy_is_loaded(command: tuple[str, ...]) -> None:
    """Neither the import nor the help loads what only solving, talking or drawing needs."""
    assert loaded(*command) & HEAVY == set()


@pytest.mark.parametrize("command", [("-c", "import agentopt"), ("-m", "agentopt", "--help")], ids=["import", "help"])
def test_nothing_foreign_is_loaded(command: tuple[str, ...]) -> None:
    """Neither the import nor the help loads a package that is not the standard library's or ours."""
    tops = {name.split(".")[0] for name in loaded(*command)}
    assert {top for top in tops if top not in sys.stdlib_module_names} <= {"agentopt"}


def test_import_loads_one_module_of_ours() -> None:
    """Importing the package loads none of its parts."""
    assert {name for name in loaded("-c", "import agentopt") if name.startswith("agentopt")} == {"agentopt"}


def test_help_loads_light_parts_only() -> None:
    """The help needs the command line's own files and the errors, nothing below."""
    ours = {name for name in loaded("-m", "agentopt", "--help") if name.startswith("agentopt")}
    assert {name for name in ours - LIGHT if not name.startswith("agentopt.cli.")} == set()


def test_import_prints_nothing() -> None:
    """Importing the package writes to neither stream."""
    done = run("-c", "import agentopt")
    assert (done.stdout, done.stderr) == ("", "")


def test_import_writes_nothing(tmp_path: Path) -> None:
    """Importing the package leaves no file where it was imported."""
    subprocess.run([sys.executable, "-c", "import agentopt"], cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []


def test_public_names_load() -> None:
    """Every name the package offers is there, and each is loaded only when asked for."""
    code = "import agentopt; print([name for name in agentopt.__all__ if getattr(agentopt, name) is None])"
    assert run("-c", code).stdout == "[]\n"


def test_unknown_name_is_an_attribute_error() -> None:
    """A name the package does not offer is answered with those it does."""
    import agentopt

    with pytest.raises(AttributeError, match=r"has no attribute 'solv'; it has .*solve"):
        agentopt.solv  # noqa: B018


@pytest.mark.parametrize("name", backends.BUILTIN)
def test_backend_loads_nothing_it_does_not_need_yet(name: str) -> None:
    """Loading a backend's class leaves the solvers and the SDKs alone."""
    slow = {"pyomo", "highspy", "pyscipopt", "scipy", "openai", "anthropic", "litellm"}
    assert loaded("-c", f"from agentopt import backends; backends.load({name!r})") & slow == set()


def test_litellm_fetches_nothing() -> None:
    """Loading litellm our way opens no connection: its own way is to fetch a price table first."""
    if not find_spec("litellm"):
        pytest.skip("the run with openai 3 has no litellm")
    code = f"{WATCH}\nfrom agentopt.llm.litellm_client import load_litellm\nload_litellm()"
    assert run("-c", code).stdout == ""
