"""The map of the house, read off its files: links, floors, imports, prompts, and words that must not be committed."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parent.parent
LINKS = {"agentopt/solvers": "../solvers", "agentopt/prompts": "../prompts", "agentopt/tasks": "../tasks"}

# A module may import its own unit and the units on lower floors. A backend is a unit: none knows another.
# The files of the ground floor share one folder, so they may import each other.
FLOORS = {
    "agentopt.errors": 0, "agentopt.values": 0, "agentopt.tagged": 0, "agentopt.backends": 0,
    "agentopt.inheritance": 0, "agentopt.number_text": 0, "agentopt.whole_file": 0,
    "agentopt.llm": 1, "agentopt.sandbox": 1, "agentopt.store": 1,
    "agentopt.graph": 2,
    "agentopt.optimizers": 3,
    "agentopt.search": 4,
    "agentopt.solvers": 5,
    "agentopt.cli": 6, "agentopt.testing": 6,
    "agentopt.__main__": 7,
}  # fmt: skip

# Put together from halves, so that this file does not hold what it looks for.
UNWANTED = re.compile(
    "|".join(half + rest for half, rest in [
        ("/wor", "k/"), ("/far", "m/"), ("/tmp/", "(lab|briefs)"), ("/opt/", "(wheels|pypi)"), ("/Use", "rs/"),
        (r"\.pye", "nv/"), ("--(extra-)?index", "-url"), ("pythonhos", "ted"), ("pypi", r"\.org"),
        ("registry", r"\.npmjs"),
    ])
)  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One imported module, under its full name, and where it is imported."""

    line: int
    module: str
    relative: bool


@dataclass(frozen=True)
class Module:
    """A source file of the package, under the name it is imported by."""

    path: Path
    name: str
    tree: ast.Module

    @property
    def unit(self) -> str:
        return unit_of(self.name)


def unit_of(name: str) -> str:
    """Give the folder or file that counts as one, such as agentopt.llm or agentopt.solvers.modeling."""
    parts = name.split(".")
    return ".".join(parts[: 3 if parts[:2] == ["agentopt", "solvers"] else 2])


def floor_of(name: str) -> int:
    return FLOORS[".".join(name.split(".")[:2])]


@cache
def modules() -> tuple[Module, ...]:
    """Read every module, those behind the link under the name that users import."""
    inside = [(path, path.relative_to(ROOT)) for path in (ROOT / "agentopt").rglob("*.py")]
    behind = [(path, Path("agentopt") / path.relative_to(ROOT)) for path in (ROOT / "solvers").rglob("*.py")]
    return tuple(sorted((read(*pair) for pair in {*inside, *behind}), key=lambda module: module.name))


def read(path: Path, place: Path) -> Module:
    name = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
    return Module(path, name, ast.parse(path.read_text(encoding="utf-8")))


def imports(module: Module) -> Iterator[Import]:
    """Find every import, those inside functions and those for the type checker included."""
    known = {other.name for other in modules()}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = source(module, node)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield Import(node.lineno, inner if inner in known else base, node.level > 0)


def source(module: Module, node: ast.ImportFrom) -> str:
    """Give the full name of what an import takes from, its dots resolved."""
    if not node.level:
        return node.module or ""
    package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)


def offences(rule: object) -> list[str]:
    """List every import that breaks a rule, as file:line."""
    return [
        f"{module.path.relative_to(ROOT)}:{found.line} imports {found.module}"
        for module in modules()
        for found in imports(module)
        if not rule(module, found)  # type: ignore[operator]
    ]


def committed() -> list[Path]:
    """List the files git keeps, or skip where this is no checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0 or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize(("link", "target"), LINKS.items())
def test_links_are_links(link: str, target: str) -> None:
    """The three folders at the top are reached from the package through relative links."""
    assert str((ROOT / link).readlink()) == target


def test_links_are_committed() -> None:
    """Git keeps the three links as links, and no others."""
    committed()
    stage = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    entries = (line.partition("\t") for line in stage.stdout.splitlines())
    assert {name for mode, _, name in entries if mode.startswith("120000")} == set(LINKS)


def test_every_unit_has_a_floor() -> None:
    """Every folder and file of the package has its place on the map."""
    assert {".".join(module.unit.split(".")[:2]) for module in modules()} - {"agentopt"} <= set(FLOORS)


def test_floors_are_respected() -> None:
    """A module imports from its own unit and from lower floors only."""

    def allowed(module: Module, found: Import) -> bool:
        if not found.module.startswith("agentopt.") or module.name == "agentopt" or found.module == "agentopt":
            return True
        unit, floor = unit_of(found.module), floor_of(found.module)
        return unit == module.unit or floor == 0 or floor < floor_of(module.name)

    assert offences(allowed) == []


def test_backends_import_siblings_relatively() -> None:
    """Inside a backend a sibling is imported with a dot, and nothing else is."""

    def allowed(module: Module, found: Import) -> bool:
        if not module.name.startswith("agentopt.solvers."):
            return not found.relative
        return found.relative == (unit_of(found.module) == module.unit)

    assert offences(allowed) == []


def test_core_names_no_backend() -> None:
    """Nothing below the backends imports one: the core reaches them through the registry."""

    def allowed(module: Module, found: Import) -> bool:
        core = module.name != "agentopt" and floor_of(module.name) < FLOORS["agentopt.solvers"]
        return not (core and found.module.startswith("agentopt.solvers"))

    assert offences(allowed) == []


@pytest.mark.parametrize("name", ["solvers", "prompts", "tasks", "tests", "benchmarks", "examples", "ortools"])
def test_package_does_not_import(name: str) -> None:
    """The package imports neither the top folders by their own names nor what it must do without."""
    assert offences(lambda _, found: found.module.split(".")[0] != name) == []


def test_no_file_imports_ortools() -> None:
    """No committed file of any folder imports OR-Tools."""
    pattern = re.compile(r"^\s*(from|import)\s+ortools\b", re.MULTILINE)
    sources = [path for path in committed() if path.suffix == ".py" and path.is_file() and not path.is_symlink()]
    assert [str(path) for path in sources if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_modules_do_not_go_in_circles() -> None:
    """No module reaches itself through imports; a late import hides a circle and does not break it."""
    known = {module.name for module in modules()} - {"agentopt"}
    every = nx.DiGraph((module.name, found.module) for module in modules() for found in imports(module))
    circles = nx.strongly_connected_components(every.subgraph(known))
    assert [sorted(circle) for circle in circles if len(circle) > 1] == []


def test_public_modules_say_what_they_are() -> None:
    """Every public module that holds anything opens with a docstring."""
    public = [module for module in modules() if not module.path.name.startswith("_") or module.tree.body]
    silent = [module.name for module in public if not ast.get_docstring(module.tree)]
    assert silent == []


def test_no_words_of_this_machine() -> None:
    """No committed text file holds a path of a machine or the host of a registry."""
    hits = []
    for path in committed():
        if path.is_symlink() or not path.is_file():
            continue
        lines = path.read_bytes().decode("utf-8", "replace").splitlines()
        hits += [f"{path.relative_to(ROOT)}:{number}" for number, line in enumerate(lines, 1) if UNWANTED.search(line)]
    assert hits == []


def prompts_named() -> set[str]:
    """Collect the prompts that code renders by a literal name."""
    calls = (node for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    rendered = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "render" and call.args)
    first = (call.args[0] for call in rendered)
    return {word.value for word in first if isinstance(word, ast.Constant) and isinstance(word.value, str)}


def test_prompts_and_their_names_match() -> None:
    """Every prompt that code names exists, and every prompt that exists is named."""
    folder = ROOT / "prompts"
    existing = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.md")}
    assert prompts_named() == existing


def test_prompts_are_rendered_by_literal_names() -> None:
    """A prompt is named where it is rendered, so that a search for its name finds its use."""
    computed = [
        f"{module.path.relative_to(ROOT)}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "render"
        if not (node.args and isinstance(node.args[0], ast.Constant))
    ]
    assert computed == []
