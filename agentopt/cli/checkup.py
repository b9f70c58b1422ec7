"""What `agentopt doctor` tries; each area is a function, and nothing it finds is an exception."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from agentopt import __version__
from agentopt.cli.terminal import clean
from agentopt.cli.trial import FORMULATION, OPTIMUM, SOLVERS, Trial
from agentopt.errors import AgentoptError

State = Literal["ok", "missing", "note"]

_PACKAGES = (
    *("openai", "anthropic", "litellm", "networkx", "pydantic", "pyomo", "highspy", "scipy", "tenacity"),
    *("numpy", "pyscipopt", "jinja2", "openpyxl", "platformdirs", "pyyaml", "rich"),
)


@dataclass(frozen=True)
class Checkup:
    """One thing that was tried, and what came of it."""

    area: str
    name: str
    state: State
    """note: nothing is wrong, but something could be added."""
    detail: str
    fix: str = ""
    """What to do where the state is not ok."""


def installation() -> list[Checkup]:
    """Look at Python and the packages that agentopt declares."""
    area = "Installation"
    found = {package: _version(package) for package in _PACKAGES}
    missing = [package for package, installed in found.items() if not installed]
    present = ", ".join(f"{package} {installed}" for package, installed in found.items() if installed)
    python = f"{platform.python_implementation()} {platform.python_version()} on {platform.platform(terse=True)}"
    checkups = [
        Checkup(area, "agentopt", "ok", f"{__version__}, {python}"),
        Checkup(area, "packages", "ok", present),
    ]
    if missing:
        fix = f"pip install {' '.join(missing)}"
        checkups.append(Checkup(area, "packages not installed", "missing", ", ".join(missing), fix))
    return checkups


def solvers() -> list[Checkup]:
    """Solve two variables with each solver, and one file's problem the whole way."""
    return [_tried("Solvers", trial) for trial in (*SOLVERS, Trial("file problem", "", _whole_way))]


def _whole_way() -> str:
    from agentopt.solvers.modeling.formulation import Formulation
    from agentopt.solvers.modeling.solving import solve

    solution = solve(Formulation.model_validate(FORMULATION), time_limit_s=10.0)
    if solution.incumbent_objective is None or abs(solution.incumbent_objective - OPTIMUM) > 1e-6:
        raise ValueError(f"expected {OPTIMUM:g}, got {solution.incumbent_objective}")
    return f"read, solved by {solution.solver} and checked: {solution.incumbent_objective:g}"


def _tried(area: str, trial: Trial) -> Checkup:
    """Run one trial; whatever it raises is the finding."""
    try:
        return Checkup(area, trial.name, "ok", trial.run())
    except ImportError as error:
        return Checkup(area, trial.name, "missing", clean(error), f"pip install {trial.package or 'agentopt'}")
    except Exception as error:  # noqa: BLE001 - the fate of the trial is what doctor tells
        detail = clean(f"{type(error).__name__}: {error}")[:200]
        fix = f"pip install --force-reinstall {trial.package}" if trial.package else "please report it"
        return Checkup(area, trial.name, "missing", detail, fix)


def models() -> list[Checkup]:
    """Look for keys by name, for servers, and for the model that prose would be read by."""
    from agentopt.llm import discover

    area = "Model"
    try:
        found = discover()
    except AgentoptError as error:
        return [Checkup(area, "model", "missing", clean(error), "mend the setting that is named")]
    servers = [f"{s.provider} at {s.base_url} ({len(s.models)} models)" for s in found.servers]
    model = clean(f"{found.model}: {found.reason}")
    return [
        Checkup(area, "keys", "ok" if found.keys else "note", ", ".join(found.keys) or "none is set"),
        Checkup(area, "local servers", "ok" if servers else "note", clean(", ".join(servers)) or "none answers"),
        Checkup(area, "model", "ok", model)
        if found.model
        else Checkup(area, "model", "missing", "none, so problems in prose cannot be read", clean(found.reason)),
    ]


def configuration() -> list[Checkup]:
    """Name the settings that were read; a model's own come from agentopt.toml or the environment."""
    from agentopt.llm import load_config

    area = "Configuration"
    try:
        config = load_config()
    except AgentoptError as error:
        return [Checkup(area, "agentopt.toml", "missing", clean(error), "mend or remove the file")]
    variables = sorted(name for name in os.environ if name.startswith("AGENTOPT_"))
    return [
        Checkup(area, "agentopt.toml", "ok" if config.source else "note", clean(config.source or "none")),
        Checkup(area, "variables", "note", clean(", ".join(variables)) or "no AGENTOPT_ variable is set"),
    ]


def sandbox() -> list[Checkup]:
    """Try each level of isolation with a program that wants out."""
    from agentopt.sandbox.probing import probe

    area = "Sandbox"
    try:
        return [Checkup(area, f.name, "ok" if f.ok else "missing", clean(f.detail), clean(f.fix)) for f in probe()]
    except AgentoptError as error:
        return [Checkup(area, "sandbox", "missing", clean(error), "programs that a model writes will not be run")]


def backends() -> list[Checkup]:
    """Load every registered backend."""
    from agentopt.backends import load, names

    area = "Backends"
    checkups = []
    for name in names():
        try:
            checkups.append(Checkup(area, clean(name), "ok", clean(load(name).summary)))
        except AgentoptError as error:
            checkups.append(Checkup(area, clean(name), "missing", clean(error), "reinstall or remove its package"))
    return checkups


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


AREAS: tuple[Callable[[], list[Checkup]], ...] = (installation, solvers, models, configuration, sandbox, backends)
