"""Runs every benchmark of this folder and prints what was measured, on what, as one Markdown table.

    python -m benchmarks.run [--only NAME ...] [--write-readme]

A benchmark is a file here with `rows() -> list[Row]` and, where it draws anything at random, `SEEDS`. The exit code is
1 if a bar was missed or a benchmark failed, so that a claim in the README cannot outlive its truth.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.table import Row, markdown, missed

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
README = Path(__file__).parent.parent / "README.md"
VERSIONS = ("agentopt", "pyomo", "highspy", "pyscipopt", "scipy", "numpy", "pydantic", "openai", "anthropic", "litellm")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that were asked for and give the exit code."""
    given = _parser().parse_args(arguments)
    chosen = given.only or available()
    rows: list[Row] = []
    for name in chosen:
        rows += measured(name)
    report = f"{machine()}\n\n{seeds(chosen)}\n\n{markdown(rows)}"
    print(report)
    if given.write_readme:
        write_between_marks(README, report)
    for row in missed(rows):
        print(f"missed: {row.what}: {row.ours}, bar {row.bar}", file=sys.stderr)
    return 1 if missed(rows) else 0


def available() -> list[str]:
    """List the benchmarks: the files of this folder that define `rows`."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [file.stem for file in files if "\ndef rows() -> list[Row]:" in file.read_text(encoding="utf-8")]


def measured(name: str) -> list[Row]:
    """Run one benchmark; one that fails is a row too, so that it does not cost the others their figures."""
    print(f"running {name} ...", end=" ", file=sys.stderr, flush=True)
    start = time.perf_counter()
    try:
        rows: list[Row] = import_module(f"benchmarks.{name}").rows()
    except Exception as error:  # noqa: BLE001 - its fate is a row, and the exit code says so.
        rows = [Row(name, f"failed: {type(error).__name__}: {error}", bar="runs", passed=False)]
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return rows


def machine() -> str:
    """Say in one line what the figures were measured on."""
    versions = ", ".join(f"{name} {_version(name)}" for name in VERSIONS)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    return f"Measured on {_processor()}, {cores} cores, {system}, Python {platform.python_version()}; {versions}."


def seeds(names: Iterable[str]) -> str:
    """Say in one line which seeds each benchmark drew from."""
    drawn = {name: getattr(sys.modules.get(f"benchmarks.{name}"), "SEEDS", ()) for name in names}
    named = [f"{name} {', '.join(map(str, seeds))}" for name, seeds in drawn.items() if seeds]
    return f"Seeds: {'; '.join(named)}." if named else "Seeds: none, nothing here is drawn at random."


def write_between_marks(path: Path, report: str) -> None:
    """Replace what stands between the two marks of a file, in one step.

    Raises:
        ValueError: The file does not hold each mark once, in order.
    """
    text = path.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"expected {BEGIN} and then {END}, each once, in {path.name}")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(f"{head}{BEGIN}\n{report.rstrip()}\n{END}{tail}", encoding="utf-8")
    draft.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Run the benchmarks.")
    parser.add_argument("--only", action="append", choices=available(), help="run this one (may be repeated)")
    parser.add_argument("--write-readme", action="store_true", help="put the table into README.md, between its marks")
    return parser


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


def _processor() -> str:
    """Name the processor; Linux keeps the name where `platform` does not look."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "an unnamed processor"


if __name__ == "__main__":
    sys.exit(main())
