"""Compares the figures of a problem's text with those of its formulation, both ways.

A figure of the text that stands nowhere in the formulation is a requirement that may
have been dropped; a figure of the formulation that stands nowhere in the text may have
been invented. Both would rather miss a case than cry wolf: percentages, conversions,
counts, labels, and what was computed from two figures are explained.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..formulation import Formulation, Parameter
from ..instance import Instance, Key
from ..language.unit import parse_unit
from ..solution import label
from .conversions import factor_of, factors
from .doubt import Doubt, doubtful, holds, not_tried
from .figures import Figure, figures, values_of
from .stated import all_values, constants, counts, named_numbers, own_values
from .subject import said
from .wording import direction_before

MAX_SHOWN = 8
"""Figures of one kind that are told one by one."""
MAX_VALUES = 20_000
"""Numbers of a formulation beyond which nearly every figure is among them by chance."""
_MAX_COUNT = 100
_BIG = re.compile(
    r"(?:^|_)(?:big_?m|m|large|huge|inf(?:inity)?|eps(?:ilon)?|tol(?:erance)?|tiny)(?:$|_)", re.IGNORECASE
)
_PASSAGE = 100
"""Characters within which two figures must stand for a third to have been made of them."""
_AROUND = 40
"""Characters after a figure in which its unit is looked for."""


def compare_figures(instance: Instance, problem_text: str = "") -> list[Doubt]:
    """Find figures of the text that are used nowhere, and figures of the formulation that nobody stated.

    Args:
        instance: The formulation with its data.
        problem_text: The problem in words; "": the sources that its elements quote are taken for it,
            though not for what has an index, whose quotes are mostly cut short.

    Returns:
        A doubt for each figure, or one finding that all is well, for either way.
    """
    quoted = not problem_text.strip()
    text = "\n".join(_sources(instance.formulation)) if quoted else problem_text
    found = figures(text)
    if not found:
        why = (
            "there is no text and no element quotes one" if quoted and not text.strip() else "the text holds no figure"
        )
        return [not_tried("figures of the text", why)]
    if sum(map(len, instance.data.parameters.values())) > MAX_VALUES:
        return [not_tried("figures of the text", f"the data hold more than {MAX_VALUES} numbers")]
    explained = _Explained.by(instance, text)
    unused = [figure for figure in found if not figure.label and not explained.has(figure)]
    invented = list(_invented(instance, text, found, quoted))
    invented, unused, computed = _computed(invented, unused, found)
    return [
        *_of_text(found, unused),
        *_of_formulation(invented, instance),
        *(holds("figures of the formulation", sentence) for sentence in computed[:MAX_SHOWN]),
    ]


@dataclass(frozen=True)
class _Explained:
    """What explains a figure of the text."""

    text: str
    known: frozenset[str]
    """The numbers of the formulation, each by its six leading digits."""
    counted: frozenset[float]

    @classmethod
    def by(cls, instance: Instance, text: str) -> _Explained:
        known = {
            *all_values(instance),
            *(value for _, value in constants(instance)),
            *named_numbers(instance),
            0.0,
            1.0,
        }
        assumed = values_of(figures("\n".join(instance.formulation.assumptions)))
        return cls(text, frozenset(map(_digits, {*known, *assumed})), frozenset(counts(instance)))

    def has(self, figure: Figure) -> bool:
        """Whether any reading of a figure is explained, or each of the numbers it may be instead."""
        by = factors(_unit_words(self.text, figure))
        # "two machines" are counted, "at least two chairs" are a requirement.
        counts = direction_before(self.text, figure) is None
        if self._any(figure.readings, by, counts):
            return True
        return bool(figure.parts) and all(self._any(part, by, counts) for part in figure.parts)

    def _any(self, readings: tuple[float, ...], by: tuple[float, ...], counts: bool) -> bool:
        if counts and readings and readings[0] <= _MAX_COUNT and readings[0] in self.counted:
            return True
        return any(
            _digits(r * factor) in self.known or _digits(r / factor) in self.known for r in readings for factor in by
        )


@dataclass(frozen=True)
class _Invented:
    """A value that stands nowhere in the text."""

    parameter: Parameter
    key: Key
    value: float


def _invented(instance: Instance, text: str, found: list[Figure], quoted: bool) -> Iterator[_Invented]:
    assumed = values_of(figures("\n".join(instance.formulation.assumptions)))
    known = {_digits(value) for value in (*values_of(found), *assumed)}
    for figure in found:
        for factor in factors(_unit_words(text, figure)):
            known |= {_digits(r * factor) for r in figure.readings} | {_digits(r / factor) for r in figure.readings}
    largest = max((r for figure in found for r in figure.readings), default=0.0)
    counted = counts(instance)
    for parameter in instance.formulation.parameters:
        if _BIG.search(parameter.name) or (quoted and (parameter.index or not figures(parameter.source))):
            continue
        usual = {_digits(factor) for factor in factor_of(parse_unit(parameter.unit))}
        for key, value in own_values(instance, parameter):
            plain = value in (0.0, 1.0, -1.0, 100.0) or abs(value) in counted or _is_large(value, largest)
            if _digits(value) not in known | usual and (not plain or (usual and value not in (0.0, 1.0))):
                yield _Invented(parameter, key, value)


def _computed(
    invented: list[_Invented], unused: list[Figure], found: list[Figure]
) -> tuple[list[_Invented], list[Figure], list[str]]:
    """Pair values with figures that are used nowhere else: 5 is 12 - 7 where the 7 stands in no other place."""
    left, still, sentences = list(invented), list(unused), []
    near = {figure: {_digits(v) for v in values_of(_close(figure, found))} for figure in unused}
    lost = {_digits(value) for value in values_of(unused)}
    for one in invented:
        ways = (
            way
            for figure in unused
            for way in _ways(one.value, figure.readings, near[figure])
            # By sums and differences nearly any number can be made of small ones.
            if way.op in "*/" or {_digits(way.one), _digits(way.other)} <= lost
        )
        way = next(ways, None)
        if way is not None:
            left.remove(one)
            still = [figure for figure in still if not set(figure.readings) & {way.one, way.other}]
            shown = f"{label(one.parameter.name, one.key)} = {one.value:.6g}"
            sentences.append(f"{shown} is taken for {way.one:.6g} {way.op} {way.other:.6g} of the text")
    return left, still, sentences


def _close(figure: Figure, found: list[Figure]) -> list[Figure]:
    """The figures of the same passage: with those of a whole text, any number can be made."""
    return [other for other in found if abs(other.start - figure.start) <= _PASSAGE]


@dataclass(frozen=True)
class _Way:
    """How a value comes of two numbers."""

    one: float
    op: str
    other: float


def _ways(value: float, readings: tuple[float, ...], numbers: set[str]) -> Iterator[_Way]:
    """How a value comes of one of the readings and another number of the text."""
    for one in readings:
        if one and value:
            candidates = [
                _Way(one, "+", value - one), _Way(one, "-", one - value), _Way(value + one, "-", one),
                _Way(one, "*", value / one), _Way(one, "/", one / value), _Way(value * one, "/", one),
            ]  # fmt: skip
            for way in candidates:
                partner = way.one if way.other == one else way.other
                if partner > 0 and partner != 1 and one != 1 and _digits(partner) in numbers:
                    yield way


def _of_text(found: list[Figure], unused: list[Figure]) -> Iterator[Doubt]:
    check = "figures of the text"
    stated = [figure for figure in found if not figure.label]
    if not unused:
        yield holds(check, f"all {len(stated)} figures of the text stand in the formulation")
    for figure in unused[:MAX_SHOWN]:
        yield doubtful(check, f'{figure.text} stands nowhere in the formulation: "{figure.context}"')
    if len(unused) > MAX_SHOWN:
        yield doubtful(check, f"{len(unused) - MAX_SHOWN} more figures of the text stand nowhere in the formulation")


def _of_formulation(invented: list[_Invented], instance: Instance) -> Iterator[Doubt]:
    check = "figures of the formulation"
    if not invented:
        yield holds(check, "all figures of the formulation stand in the text or follow from it")
    by_parameter: dict[str, list[_Invented]] = {}
    for one in invented:
        by_parameter.setdefault(one.parameter.name, []).append(one)
    for several in list(by_parameter.values())[:MAX_SHOWN]:
        parameter = several[0].parameter
        shown = ", ".join(f"{label(one.parameter.name, one.key)} = {one.value:.6g}" for one in several[:3])
        more = f" and {len(several) - 3} more" if len(several) > 3 else ""
        usual = factor_of(parse_unit(parameter.unit))
        wrong = f"; in {parameter.unit} it is {usual[0]:.6g}" if usual else ""
        yield doubtful(check, f"{said(parameter)}: {shown}{more} stands nowhere in the text{wrong}")


def _sources(formulation: Formulation) -> list[str]:
    elements = [element.source for _, element in formulation.elements()]
    return [source for source in (*elements, formulation.objective.source) if source]


def _unit_words(text: str, figure: Figure) -> str:
    """The words in which the unit of a figure may stand: right after it; for a cell of a table, in brackets."""
    line = text[text.rfind("\n", 0, figure.start) + 1 : figure.end]
    if "|" in line or "&" in line or "\t" in line:
        return " ".join(re.findall(r"[(\[][^()\[\]]{1,20}[)\]]", text))
    everywhere = " ".join(re.findall(r"\bin (?:thousand|million|billion)s?\b", text, re.IGNORECASE))
    following = re.match(r"[\s-]*(?:[^\W\d]+[\s/-]*){0,3}", text[figure.end : figure.end + _AROUND])
    return f"{following[0] if following else ''} {everywhere}"


def _digits(value: float) -> str:
    """A number by its six leading digits, its sign left aside: texts round, and say "minus" in words."""
    return f"{abs(value):.6g}"


def _is_large(value: float, largest: float) -> bool:
    """Whether a value is a constant of logic: a power of ten beyond all of the text, or far below."""
    power = value > 0 and math.isclose(math.log10(value), round(math.log10(value)), abs_tol=1e-12)
    return power and (value >= max(1e3, largest) or value <= 1e-3)
