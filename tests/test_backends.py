"""The registry: names, third parties' distributions, and what is said when something is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import backends
from agentopt.errors import ConfigError

WORKING = """
from typing import Any, ClassVar

class Routing:
    summary: ClassVar[str] = "Finds short tours."
    needs: ClassVar[tuple[str, ...]] = ("json",)

    def solve(self, problem: object, **options: Any) -> Any:
        return [problem, options]
"""


def install(folder: Path, distribution: str, entry: str, source: str = WORKING) -> None:
    """Lay down a distribution as pip would: a module and a dist-info folder with the entry point."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[{backends.GROUP}]\n{entry}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give an empty folder on sys.path that stands for a user's site-packages."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def complaint(name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        backends.load(name)
    return str(caught.value)


@pytest.mark.parametrize("name", backends.BUILTIN)
def test_built_in_loads(name: str) -> None:
    """Every built-in name leads to a backend."""
    assert backends.load(name).summary


def test_built_ins_are_listed() -> None:
    """The built-in names come first in the list of names."""
    assert backends.names()[: len(backends.BUILTIN)] == tuple(backends.BUILTIN)


def test_names_are_listed_once(site: Path) -> None:
    """A name that two sources offer stands once in the list."""
    install(site, "one-router", "routing = one_router:Routing\nmodeling = one_router:Routing")
    install(site, "two-router", "routing = two_router:Routing")
    assert sorted(backends.names()) == sorted({*backends.BUILTIN, "routing"})


def test_third_party_backend_solves(site: Path) -> None:
    """A backend of an installed distribution is loaded by its entry point's name and solves."""
    install(site, "acme-routing", "routing = acme_routing:Routing")
    assert backends.load("routing")().solve("tour", limit=3) == ["tour", {"limit": 3}]


def test_listing_names_imports_no_plug_in(site: Path) -> None:
    """Listing the names does not import what they name."""
    install(site, "acme-broken", "broken = acme_broken:Missing", "raise RuntimeError('imported')")
    assert "broken" in backends.names()


def test_built_in_wins(site: Path) -> None:
    """An installed package cannot replace a built-in by taking its name."""
    install(site, "acme-impostor", "modeling = acme_impostor:Routing")
    assert backends.load("modeling").__module__.startswith("agentopt.")


def test_class_by_path_needs_no_registration(site: Path) -> None:
    """A class named as module:Class is loaded without an entry point."""
    (site / "unregistered_routing.py").write_text(WORKING)
    assert backends.load("unregistered_routing:Routing").summary == "Finds short tours."


def test_near_name_is_offered() -> None:
    """A misspelt name is answered with the name that was probably meant."""
    assert "did you mean 'modeling'?" in complaint("modelling")


def test_unknown_name_lists_what_exists(site: Path) -> None:
    """An unknown name is answered with every name there is, third parties' included."""
    install(site, "acme-routing", "routing = acme_routing:Routing")
    assert "(there is modeling, routing, or name your own as module:Class)" in complaint("qqq")


def test_two_claims_to_a_name(site: Path) -> None:
    """A name that two packages claim is refused, and both are named."""
    install(site, "one-router", "routing = one_router:Routing")
    install(site, "two-router", "routing = two_router:Routing")
    said = complaint("routing")
    assert "one-router 1.2" in said
    assert "two-router 1.2" in said


@pytest.mark.parametrize(
    ("entry", "source", "said"),
    [
        ("acme_broken:Missing", WORKING, "AttributeError"),
        ("acme_absent:Routing", WORKING, "No module named 'acme_absent'"),
        ("acme_broken:Routing", "raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("acme_broken:Routing", "def (", "SyntaxError"),
        ("acme_broken", WORKING, "expected module:Class"),
        ("acme_broken:WORD", "WORD = 3", "expected to be a class, got int"),
        ("acme_broken:Bare", "class Bare: pass", "expected to have a summary"),
        ("acme_broken:Bare", "class Bare:\n summary = ''\n needs = 'scipy'", "expected to have needs"),
        ("acme_broken:Bare", "class Bare:\n summary = ''\n needs = ()", "expected to have a method solve"),
    ],
)
def test_broken_plug_in_is_named(site: Path, entry: str, source: str, said: str) -> None:
    """A plug-in that cannot be used is reported with its distribution and the reason."""
    install(site, "acme-broken", f"broken = {entry}", source)
    sentence = complaint("broken")
    assert sentence.startswith("the backend 'broken' of the package acme-broken 1.2 ")
    assert said in sentence


@given(st.text(max_size=20).filter(lambda name: name not in backends.BUILTIN))
def test_any_other_name_is_answered(name: str) -> None:
    """Whatever is given as a name, the answer is a sentence that ends in no traceback."""
    assert complaint(name)
