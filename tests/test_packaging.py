"""What a user installs: the metadata, and the files of the wheel and the source distribution."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from setuptools import find_packages

import agentopt

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = {requirement.name: requirement for requirement in map(Requirement, PROJECT["dependencies"])}
# Named by the project's charter; the rest of the dependencies came with the code that needs them.
CHARTER = ("openai", "anthropic", "litellm", "networkx", "pydantic", "pyomo", "highspy", "scipy", "tenacity")
SOURCES = ("agentopt", "solvers", "prompts", "tasks", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE")

BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, "build_" + sys.argv[1])(sys.argv[2]))
"""


@dataclass(frozen=True)
class Built:
    """The names of the files in each of the three archives."""

    wheel: list[str]
    sdist: list[str]
    wheel_of_sdist: list[str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build a wheel and an sdist of a copy of the sources, and another wheel of that sdist."""
    checkout, dist, again = (tmp_path_factory.mktemp(name) for name in ("checkout", "dist", "again"))
    copy_sources(checkout)
    wheel = build("wheel", checkout, dist)
    sdist = build("sdist", checkout, dist)
    with tarfile.open(sdist) as archive:
        archive.extractall(again, filter="data")
        # The first part of each path is the distribution's name and version.
        sources = [member.name.partition("/")[2] for member in archive if member.isfile()]
    (unpacked,) = again.iterdir()
    return Built(contents(wheel), sources, contents(build("wheel", unpacked, again)))


def copy_sources(checkout: Path) -> None:
    """Copy what is built from, links as links, and strew byte code and tests among it."""
    junk = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name, symlinks=True, ignore=junk)
        else:
            shutil.copy(ROOT / name, checkout / name)
    for folder in ("tasks", "tests", "benchmarks", "examples"):
        (checkout / folder / "__pycache__").mkdir(parents=True)
        (checkout / folder / "__pycache__" / "metric.cpython-311.pyc").touch()
        (checkout / folder / "test_nothing.py").touch()


def build(kind: str, source: Path, dist: Path) -> Path:
    """Build with the installed setuptools, in a process of its own, and without a network."""
    command = [sys.executable, "-c", BUILD, kind, str(dist)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "would be ignored" not in done.stderr
    return dist / done.stdout.splitlines()[-1]


def contents(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if not name.endswith("/")]


def shipped(folder: str) -> set[str]:
    """List the files of a top folder, as they should be called inside `agentopt`."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"agentopt/{path.relative_to(ROOT).as_posix()}" for path in found}


def test_only_agentopt_enters_site_packages(built: Built) -> None:
    """The wheel holds the package, its metadata, and nothing else at the top."""
    assert {name.split("/")[0] for name in built.wheel} == {"agentopt", f"agentopt-{agentopt.__version__}.dist-info"}


@pytest.mark.parametrize("folder", ["solvers", "prompts", "tasks"])
def test_linked_folders_are_shipped_whole(built: Built, folder: str) -> None:
    """Every file behind the three links is in the wheel, under agentopt."""
    inside = {name for name in built.wheel if name.startswith(f"agentopt/{folder}/")}
    # The copy that was built from holds one file more.
    assert inside - {"agentopt/tasks/test_nothing.py"} == shipped(folder)


def test_every_module_is_shipped(built: Built) -> None:
    """Every module of the package is in the wheel, and the mark that it is typed."""
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "agentopt").rglob("*.py")}
    assert modules | {"agentopt/py.typed"} <= set(built.wheel)


def test_no_file_is_shipped_twice(built: Built) -> None:
    """No archive holds a file twice, and the sdist holds the linked folders once."""
    assert len(set(built.wheel)) == len(built.wheel)
    assert len(set(built.sdist)) == len(built.sdist)
    assert not [name for name in built.sdist if name.startswith(("solvers/", "prompts/", "tasks/"))]


def test_nothing_of_the_workshop_is_shipped(built: Built) -> None:
    """Tests, benchmarks, examples and byte code stay in the checkout."""
    tops = ("tests/", "benchmarks/", "examples/")
    assert not [name for name in (*built.wheel, *built.sdist) if name.startswith(tops) or name.endswith(".pyc")]


def test_sdist_makes_the_same_wheel(built: Built) -> None:
    """A wheel built from the source distribution holds the files of one built from the checkout."""
    assert sorted(built.wheel_of_sdist) == sorted(built.wheel)


def test_only_agentopt_is_found() -> None:
    """Discovery finds the package and its parts, not the folders beside it."""
    found = find_packages(str(ROOT), include=["agentopt*"])
    assert "agentopt.solvers.modeling" in found
    assert {name.split(".")[0] for name in found} == {"agentopt"}


@pytest.mark.parametrize("name", CHARTER)
def test_charter_packages_come_along(name: str) -> None:
    """A plain install brings every package of the charter, with no extra and on every platform."""
    assert (REQUIRED[name].marker, REQUIRED[name].extras) == (None, set())


@pytest.mark.parametrize("name", REQUIRED)
def test_every_dependency_has_a_floor(name: str) -> None:
    """Every range has a floor, without which a resolver may go back to anything."""
    assert any(part.operator in (">=", "~=", "==") for part in REQUIRED[name].specifier)


@pytest.mark.parametrize("version", ["1.82.6", "1.82.7", "1.82.8", "1.83.0"])
def test_malicious_litellm_is_excluded(version: str) -> None:
    """No range admits the malicious litellm releases or those around them."""
    assert Version(version) not in REQUIRED["litellm"].specifier


@pytest.mark.parametrize("version", ["1.82.7", "1.82.8"])
def test_malicious_litellm_is_named(version: str) -> None:
    """The two malicious releases are excluded by number too, whatever becomes of the floor."""
    assert f"!={version}" in {str(part) for part in REQUIRED["litellm"].specifier}


@pytest.mark.parametrize("version", ["2.54.0", "3.54.0"])
def test_both_openai_majors_are_allowed(version: str) -> None:
    """A resolver may take either of the two majors of openai that are in use."""
    assert Version(version) in REQUIRED["openai"].specifier


def test_versions_agree() -> None:
    """The version in the code is the one in the metadata."""
    assert agentopt.__version__ == PROJECT["version"]


@pytest.mark.parametrize("name", REQUIRED)
def test_installed_versions_are_in_range(name: str) -> None:
    """What these tests run with is what the ranges admit."""
    assert Version(metadata.version(name)) in REQUIRED[name].specifier


def test_program_is_installed() -> None:
    """The distribution installs one program, agentopt."""
    (script,) = PROJECT["scripts"].items()
    assert script == ("agentopt", "agentopt.cli.main:main")
