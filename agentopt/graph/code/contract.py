"""The contract of a function: the examples in its docstring, which new code must still satisfy."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from agentopt.graph.code.code import Code
from agentopt.graph.domains.domain import brief
from agentopt.sandbox.outcome import STANDARD, Limits
from agentopt.sandbox.sandbox import Sandbox
from agentopt.values import Value

_FUNCTION = "__run_examples__"

# It only runs the examples; whether what they print is right is judged outside, where the new code cannot reach.
_PROGRAM = f"""
def {_FUNCTION}(prelude, source, steps):
    import contextlib, io, sys, traceback, types
    module = types.ModuleType("program")
    sys.modules["program"] = module
    space = module.__dict__
    exec(compile(prelude, "<prelude>", "exec", dont_inherit=True), space)
    exec(compile(source, "<program>", "exec", dont_inherit=True), space)
    said = []
    for step in steps:
        out, error = io.StringIO(), None
        with contextlib.redirect_stdout(out):
            try:
                exec(compile(step, "<example>", "single", dont_inherit=True), space)
            except BaseException as raised:
                error = traceback.format_exception_only(type(raised), raised)[-1]
        said.append([out.getvalue(), error])
    return said
"""


@dataclass(frozen=True)
class Example:
    """One example of a docstring: what is run, and what must come of it."""

    source: str
    want: str
    error: str | None
    """The last line of the traceback that must come instead."""
    flags: int


def examples(docstring: str | None) -> tuple[Example, ...]:
    """The `>>>` examples of a docstring; none if doctest cannot read it."""
    import doctest  # It brings a debugger and unittest along.

    try:
        found = doctest.DocTestParser().get_examples(docstring or "")
    except ValueError:
        return ()
    return tuple(
        Example(one.source, one.want, one.exc_msg, sum(flag for flag, on in one.options.items() if on))
        for one in found
        if not one.options.get(doctest.SKIP)
    )


def broken_examples(
    sandbox: Sandbox, source: str, code: Code, *, prelude: str = "", limits: Limits = STANDARD
) -> list[str]:
    """Run the docstring's examples against a new source, in the sandbox.

    Examples of methods need an object, and are not run. A traced function may be read with .data in an example.

    Args:
        sandbox: Where they run.
        source: Of the domain.
        code: The domain, whose docstring is the contract.
        prelude: What the source, and the examples, need from around the original; see `surroundings`.
        limits: Of the run.

    Returns:
        One sentence for each example that does not give what it should; none means that all do.
    """
    wanted = examples(code.docstring)
    if not wanted or code.is_method:
        return []
    inputs: Value = {"prelude": prelude, "source": source, "steps": [_plain(one.source, code.name) for one in wanted]}
    outcome = sandbox.run(_PROGRAM, call=_FUNCTION, inputs=inputs, limits=limits)
    if not outcome.ok:
        return [f"the examples in the docstring of {code.name} could not be run: {outcome.verdict}, {outcome.error}"]
    said = outcome.result
    if not isinstance(said, list) or len(said) != len(wanted):
        return [f"the examples in the docstring of {code.name} were not run one by one"]
    faults = (_fault(example, claim) for example, claim in zip(wanted, said))
    return [fault for fault in faults if fault]


def example_source(code: Code) -> str:
    """All examples as one source, for whoever looks for the names in them."""
    return "".join(one.source for one in examples(code.docstring))


def _fault(example: Example, claim: Value) -> str:
    """Say what an example gave if that is not what it wants, else ""."""
    shown = brief(example.source.strip())
    if not (isinstance(claim, list) and len(claim) == 2 and isinstance(claim[0], str)):
        return f"the example {shown} gave nothing that can be read"
    printed, error = claim[0], claim[1] if isinstance(claim[1], str) else None
    if _fits(example, printed, error):
        return ""
    wanted = example.want if example.error is None else example.error
    expects = f"{'' if example.error is None else 'the error '}{brief(wanted.strip())}"
    got = brief(printed.strip()) if error is None else f"the error {brief(error.strip())}"
    return f"the example {shown} expects {expects}, got {got}"


def _fits(example: Example, printed: str, error: str | None) -> bool:
    """Whether what came is what doctest would take."""
    import doctest

    check = doctest.OutputChecker().check_output
    if example.error is None or error is None:
        return example.error is error and check(example.want, printed, example.flags)
    if example.flags & doctest.IGNORE_EXCEPTION_DETAIL:
        return _kind(example.error) == _kind(error)
    return check(example.error, error, example.flags)


def _kind(error: str) -> str:
    return error.partition(":")[0].strip().rpartition(".")[2]


def _plain(source: str, name: str) -> str:
    """An example as it is for the function without its trace: `f(2).data` is `f(2)`."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    read = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "data" and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Name) and node.value.func.id == name
    ]
    return ast.unparse(_Unread(read).visit(tree)) + "\n" if read else source


class _Unread(ast.NodeTransformer):
    """Takes reads of .data off the calls below them."""

    def __init__(self, read: list[ast.Attribute]) -> None:
        self._read = {id(node) for node in read}

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return node.value if id(node) in self._read else node
