"""`agentopt optimize`: a workflow, data and a metric in, better parameters and an honest report out."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from agentopt.cli import save
from agentopt.cli.block import Block, Line, Table
from agentopt.cli.exits import INTERRUPTED, SOLVED
from agentopt.cli.failure import SCHEMAS, UsageError
from agentopt.cli.live import Live
from agentopt.cli.screen import columns_of, draw
from agentopt.cli.streams import emit, mention
from agentopt.cli.target import load_target, read_items
from agentopt.cli.terminal import choose_style, clean

if TYPE_CHECKING:
    from agentopt.llm import Budget, Model
    from agentopt.optimizers import Optimizer
    from agentopt.search import Dataset, Result
    from agentopt.search.subject import Subject
    from agentopt.store import RunLog

COMMAND = "command.json"
"""The artifact of a run that holds its command line, so that it can be taken up again."""
_NOT_KEPT = ("command", "json", "no_color", "quiet", "verbose", "debug", "store", "save", "force")


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Optimize what the options name, show what was found, and return the exit code."""
    from agentopt.search.subject import Subject

    target = Path(options.save) if options.save else None
    if target is not None:
        save.check_target(target, force=options.force)
        if target.suffix.lower() == ".json":
            raise UsageError("--save writes parameters as YAML; name a file that ends with .yaml")
    subject = Subject(load_target(options.workflow), load_target(options.metric))
    with ExitStack() as stack:
        log = _opened(options, stack)
        result = _optimized(options, subject, log)
        if target is not None:
            _save(subject, target, options)
        code = INTERRUPTED if result.interrupted else SOLVED
        emit(_shown(result, options, code, out), out)
        return code


def resume(options: argparse.Namespace, log: RunLog, out: TextIO) -> int:
    """Go on with a run of this command; where it stands, and how it is shown, the options say.

    Raises:
        UsageError: The run was not begun by this command.
    """
    kept = log.artifact(COMMAND)
    if kept is None:
        raise UsageError(
            f"the run {log.name} was begun by a program; run that one again with the same store and name to go on"
        )
    command = json.loads(kept)
    folder = command.pop("folder")
    if Path(folder).is_dir():
        os.chdir(folder)
    whole = argparse.Namespace(**(vars(options) | command | {"save": None, "force": False}))
    from agentopt.search.subject import Subject

    subject = Subject(load_target(whole.workflow), load_target(whole.metric))
    result = _optimized(whole, subject, log)
    code = INTERRUPTED if result.interrupted else SOLVED
    emit(_shown(result, options, code, out), out)
    return code


def _optimized(options: argparse.Namespace, subject: Subject, log: RunLog | None) -> Result:
    from agentopt.search import Settings, optimize

    live = Live(options)
    settings = Settings(
        objective=options.objective,
        minibatch=options.minibatch,
        width=options.width,
        children=options.children,
        repeats=options.repeats,
        timeout_s=options.timeout,
        target=options.target,
        progress=live,
    )
    try:
        with _second_interrupt_ends():
            return optimize(
                subject.workflow,
                _data(options),
                subject.metric,
                optimizer=_optimizer(options, subject),
                strategy=options.strategy,
                budget=_budget(options),
                executor=options.executor,
                store=log,
                seed=options.seed,
                settings=settings,
            )
    finally:
        live.close()


@contextmanager
def _second_interrupt_ends() -> Iterator[None]:
    """Let the first Ctrl-C end the search with its best so far, and the second one the program."""

    def interrupt(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        mention("\nagentopt: ending with the best so far; Ctrl-C again ends at once\n")
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:
            signal.signal(signal.SIGINT, before)


def _opened(options: argparse.Namespace, stack: ExitStack) -> RunLog | None:
    path = options.store or os.environ.get("AGENTOPT_STORE")
    if not path:
        if options.run:
            raise UsageError("--run names a run of a store: give --store FILE as well")
        return None
    from agentopt.store import Store

    log = stack.enter_context(stack.enter_context(Store(path)).run(options.run))
    if log.artifact(COMMAND) is None:
        command = {name: value for name, value in vars(options).items() if name not in _NOT_KEPT}
        log.put_artifact(COMMAND, json.dumps(command | {"folder": str(Path.cwd())}).encode())
    if not options.quiet:
        mention(f"agentopt: this is the run {clean(log.name)} of {clean(path)}\n")
    return log


def _data(options: argparse.Namespace) -> Dataset | list[Any]:
    from agentopt.search import Dataset

    items = read_items(Path(options.data))
    anchors = read_items(Path(options.anchors)) if options.anchors else []
    if options.test and not options.validation:
        raise UsageError("--test goes with --validation; without both, --data is split at random")
    if options.validation:
        test = read_items(Path(options.test)) if options.test else []
        return Dataset(items, read_items(Path(options.validation)), test, anchors)
    split = Dataset.of(items, options.seed)
    return Dataset(split.train, split.validation, split.test, anchors) if anchors else split


def _budget(options: argparse.Namespace) -> Budget | None:
    from agentopt.llm import Budget

    limits = {
        "calls": options.max_calls,
        "tokens": options.max_tokens,
        "dollars": options.budget_usd,
        "seconds": options.max_seconds,
        "evaluations": options.max_evaluations,
    }
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return Budget(**given) if given else None


def _optimizer(options: argparse.Namespace, subject: Subject) -> Optimizer:
    from agentopt.optimizers import OPRO, LocalSearch, Mixed, OptoPrime, Random, Settings, TextGrad

    parameters = list(subject.parameters().values())
    settings = Settings(objective=options.objective)
    if options.optimizer in ("local", "random"):
        drawn = LocalSearch if options.optimizer == "local" else Random
        return drawn(parameters, settings, seed=options.seed)
    if options.optimizer == "mixed":
        model = _model(options) if Mixed.needs_model(parameters) else None
        return Mixed(parameters, model, settings, seed=options.seed)
    kind: Any = {"optoprime": OptoPrime, "opro": OPRO, "textgrad": TextGrad}[options.optimizer]
    made: Optimizer = kind(parameters, _model(options), settings)
    return made


def _model(options: argparse.Namespace) -> Model:
    from agentopt.llm import connect

    record, replay = (Path(path) if path else None for path in (options.record, options.replay))
    return connect(options.model, record=record, replay=replay)


def _save(subject: Subject, target: Path, options: argparse.Namespace) -> None:
    from agentopt.graph import save as save_parameters

    save_parameters(_Holder(subject.parameters()), target)
    if not options.quiet:
        mention(f"agentopt: the parameters stand in {clean(target)}\n")


class _Holder:
    """Holds parameters by their names, under which they are saved."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.__dict__.update(parameters)


def _shown(result: Result, options: argparse.Namespace, code: int, out: TextIO) -> str:
    if options.json:
        document = {"agentopt": SCHEMAS["optimize"], "exit_code": code, "run": result.run, **result.summary()}
        document["values"] = {key: _plain(value) for key, value in result.values.items()}
        return json.dumps(document, indent=2, default=str) + "\n"
    style = choose_style(out.isatty(), os.environ, no_color=options.no_color)
    return draw(_blocks(result), style, columns_of(out))


def _plain(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)
    return value


def _blocks(result: Result) -> Iterator[Block]:
    from agentopt.search.result import spent_text

    yield Line(result.verdict, "good" if result.improved else "warn")
    for version in result.best.versions.values():
        before = result.start.versions
        key = next(key for key, one in result.best.versions.items() if one is version)
        if version is not before[key]:
            domain = version.parameter.domain
            yield Line(f"{key}:\n{domain.show(version.then)}")
    facts = [
        ("candidates", f"{len(result.candidates)}"),
        ("spent", spent_text(result.spent)),
        ("ended", result.stopped),
    ]
    best = result.estimates.get(result.best.number)
    if best is not None:
        facts.insert(0, ("best", f"candidate {result.best.number}, estimated {best.mean:.4g} (sd {best.sd:.2g})"))
    if result.failures:
        facts.append(("failed runs", ", ".join(f"{count} {kind}" for kind, count in result.failures.items())))
    if result.refused:
        facts.append(("not tried", f"{len(result.refused)} proposals, the last because {result.refused[-1]}"))
    if not result.improved and result.test is not None and result.best is not result.start:
        facts.append(("parameters", "stay as they were; the best is in the store, if there is one"))
    yield Table("", (), tuple(facts))
