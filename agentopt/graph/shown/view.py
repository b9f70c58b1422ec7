"""A trace as text for a reader with little room: what ran, with which values, and what was said of it.

Functions, calls and inputs share a stated number of characters, feedback has as many of its own, and parameters are
whole. Long values lose their middle, all at the same length, and short ones nothing; a long row of calls loses its
middle, which is then summed up. The same trace always gives the same text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agentopt.graph.feedback import Feedback
from agentopt.graph.shown import fitting
from agentopt.graph.shown.fitting import SHORTEST, Ends
from agentopt.graph.shown.step import WORDS, Step

OVERHEAD = 500
"""Characters beside the budget that a text may take at most for headings and for what stands in gaps."""
_CALLS_SHARE = 1 / 2
_INPUTS_SHARE = 1 / 4
_HEAD_SHARE = 1 / 8
_LINE = 26
"""Characters of a line beside what stands before and behind its sign, a fence included."""
_GAP_CHARS = 150
_LEAST_FEEDBACK = 2000
NOTHING_INSIDE: Mapping[str, Collection[str]] = MappingProxyType({})
_MANY_BACKTICKS = "`" * 6


@dataclass(frozen=True)
class View:
    """The parts of the text, each without a heading; "" where there is nothing to say."""

    functions: str
    calls: str
    parameters: str
    inputs: str
    feedback: str

    def __str__(self) -> str:
        headed = [
            ("Functions", self.functions),
            ("Parameters", self.parameters),
            ("Inputs", self.inputs),
            ("Calls", self.calls),
            ("Feedback", self.feedback),
        ]
        return "\n\n".join(f"# {heading}\n{text}" for heading, text in headed if text)


def view(
    steps: Sequence[Step],
    feedback: Sequence[tuple[str, Feedback]],
    documentation: Mapping[str, str],
    budget: int,
    inside: Mapping[str, Collection[str]] = NOTHING_INSIDE,
) -> View:
    """Write the parts of a trace.

    Args:
        steps: In order.
        feedback: What was said of which output; it has as many characters as the budget, and at least 2000.
        documentation: Of the traced functions, by name.
        budget: Characters for functions, calls and inputs together.
        inside: The functions that are called inside of each folded one, which are documented with it.
    """
    head_chars = max(SHORTEST, int(budget * _HEAD_SHARE))
    line_of = {True: _Line.of_call, False: _Line.of_input}
    calls = fitting.middle_out(
        [step for step in steps if step.kind == "call"],
        int(budget * _CALLS_SHARE),
        lambda step: min(len(step.name) + len(step.expression) + 3, head_chars) + _LINE + SHORTEST,
    )
    needed = {parent for step in calls.kept for _, parent in step.parents} | {name for name, _ in feedback}
    inputs = fitting.middle_out(
        [step for step in steps if step.kind == "input" and step.name in needed],
        int(budget * _INPUTS_SHARE),
        lambda step: min(len(step.name), head_chars) + _LINE + SHORTEST,
    )
    operations = {step.operation for step in calls.kept}
    operations |= {name for operation in operations for name in inside.get(operation, ())}
    documented = [text for name, text in documentation.items() if name in operations]
    lines = {step.name: line_of[step.kind == "call"](step, head_chars) for step in [*calls.kept, *inputs.kept]}
    room = budget - len(documented) - sum(len(line.head) + _LINE for line in lines.values())
    limit = fitting.level([*map(len, documented), *(len(line.text) for line in lines.values())], room)
    return View(
        functions="\n".join(cut(text, limit) for text in documented),
        calls=_rows(calls, lines, limit),
        parameters="\n\n".join(parameter_text(step) for step in steps if step.kind == "parameter"),
        inputs=_rows(inputs, lines, limit),
        feedback=_said(feedback, max(budget, _LEAST_FEEDBACK)),
    )


def _said(feedback: Sequence[tuple[str, Feedback]], room: int) -> str:
    """What was said, each behind the name of its output; only its first line begins a line."""
    lines = [(name, indented(str(said))) for name, said in feedback]
    ends = fitting.middle_out(lines, room, lambda line: len(line[0]) + 3 + min(len(line[1]), SHORTEST))
    limit = fitting.level([len(said) for _, said in ends.kept], room - sum(len(name) + 3 for name, _ in ends.kept))
    head, tail = ([f"{name}: {cut(said, limit)}" for name, said in part] for part in (ends.head, ends.tail))
    gap = [f"[... feedback on {len(ends.between)} more left out ...]"] if ends.between else []
    return "\n".join([*head, *gap, *tail])


def indented(text: str) -> str:
    """A text whose further lines are set in, so that none of them can pass for a heading of the prompt."""
    return "\n    ".join(text.splitlines())


def cut(text: str, limit: int) -> str:
    """A text of at most `limit` characters: head and tail, with a note of how much is missing between."""
    return fitting.cut(text, limit)


@dataclass(frozen=True)
class _Line:
    """A call or an input: what stands before the value, and the value."""

    head: str
    sign: str
    text: str
    fenced: bool

    @classmethod
    def of_call(cls, step: Step, head_chars: int) -> _Line:
        head = cut(f"{step.name} = {step.expression}", head_chars)
        return cls(head, "  # failed: " if step.failed else "  # -> ", *_shown(step))

    @classmethod
    def of_input(cls, step: Step, head_chars: int) -> _Line:
        return cls(cut(step.name, head_chars), " = ", *_shown(step))

    def within(self, limit: int) -> str:
        text = cut(self.text, limit)
        return f"{self.head}{self.sign}\n{_fenced(text)}" if self.fenced else f"{self.head}{self.sign}{text}"


def _shown(step: Step) -> tuple[str, bool]:
    """A value's text, and whether it stands between fences: that of many lines, unless it would need long ones."""
    text = step.text
    if "\n" in text and _MANY_BACKTICKS not in text:
        return text, True
    return (repr(text) if isinstance(step.value, str) or "\n" in text else text), False


def _rows(ends: Ends[Step], lines: Mapping[str, _Line], limit: int) -> str:
    gap = [_gap(ends.between)] if ends.between else []
    head, tail = ([lines[step.name].within(limit) for step in part] for part in (ends.head, ends.tail))
    return "\n".join([*head, *gap, *tail])


def _gap(between: Sequence[Step]) -> str:
    kind = "calls" if between[0].kind == "call" else "inputs"
    counts = Counter(step.operation for step in between if step.operation).most_common(5)
    said = ", ".join(f"{name} {count}" for name, count in counts)
    return f"[... {len(between)} {kind} left out{': ' if said else ''}{cut(said, _GAP_CHARS)} ...]"


def parameter_text(step: Step) -> str:
    """A parameter with what it takes and its whole value."""
    assert step.about is not None
    about = step.about
    described = " ".join(about.description.split())
    head = f"{step.name}: {about.domain}" + (f". {described}" if described else "")
    if about.kind in WORDS:
        return f"{head}\n{_fenced(step.text, 'python' if about.kind == 'code' else '')}"
    return f"{head}\n{step.name} = {about.shown}"


def _fenced(text: str, language: str = "") -> str:
    """A text between fences longer than any in it, so that its end is its end."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}"
