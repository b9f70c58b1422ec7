"""Factors between units, by which a figure of a text may stand converted in a formulation."""

from __future__ import annotations

import re
from fractions import Fraction

from ..language.unit import Unit

_FAMILIES: dict[str, dict[str, float]] = {
    "time": {"s": 1, "min": 60, "h": 3600, "day": 86_400, "week": 604_800},
    "calendar": {"day": 1, "week": 7, "month": 30, "year": 365},
    "months": {"month": 1, "year": 12},
    "weeks": {"week": 1, "year": 52, "month": 4},
    "mass": {"mg": 1, "g": 1e3, "kg": 1e6, "t": 1e9},
    "pounds": {"oz": 1, "lb": 16, "t": 32_000},
    "length": {"mm": 1, "cm": 10, "m": 1e3, "km": 1e6},
    "feet": {"in": 1, "ft": 12, "yd": 36},
    "volume": {"mL": 1, "L": 1e3},
    "power": {"W": 1, "kW": 1e3, "MW": 1e6},
    "energy": {"J": 1, "kJ": 1e3},
    "cents": {"cent": 1, "USD": 100, "EUR": 100, "money": 100},
    "scale": {"one": 1, "thousand": 1e3, "million": 1e6, "billion": 1e9},
    "dozens": {"one": 1, "dozen": 12},
}
"""Family -> unit -> its size in the smallest; a month has 30 days or 4 weeks where people reckon so."""

_WORDS = {
    "time": r"s(?:ec(?:ond)?)?s?|min(?:ute)?s?|h(?:ou)?rs?|h|hourly|days?|daily|weeks?|weekly",
    "calendar": r"days?|daily|weeks?|weekly|months?|monthly|years?|yearly|annual(?:ly)?",
    "months": r"months?|monthly|years?|yearly|annual(?:ly)?",
    "weeks": r"weeks?|weekly|months?|monthly|years?|yearly|annual(?:ly)?",
    "mass": r"mg|g|grams?|kg|kilos?|kilograms?|t|tons?|tonnes?",
    "pounds": r"oz|ounces?|lbs?|pounds?|tons?",
    "length": r"mm|cm|m|met(?:er|re)s?|km|kilomet(?:er|re)s?|centimet(?:er|re)s?",
    "feet": r"inch(?:es)?|ft|feet|foot|yards?",
    "volume": r"ml|l|lit(?:er|re)s?|millilit(?:er|re)s?",
    "power": r"w|watts?|kw|kwh|mw|mwh|kilowatts?|megawatts?",
    "energy": r"j|kj|joules?",
    "cents": r"cents?|¢",
    "scale": r"thousands?|millions?|billions?|k",
    "dozens": r"dozens?",
}
_NEAR = {
    family: re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.IGNORECASE) for family, words in _WORDS.items()
}


def factors(near: str) -> tuple[float, ...]:
    """The factors, 1 among them, by which a figure with these words around it may have been converted."""
    found = {1.0}
    for family, pattern in _NEAR.items():
        if pattern.search(near):
            sizes = list(_FAMILIES[family].values())
            found |= {large / small for large in sizes for small in sizes if large > small}
    return tuple(sorted(found))


def factor_of(unit: Unit | None) -> tuple[float, ...]:
    """What a parameter of a unit such as min/h must be; () when the unit is no conversion.

    60 for min/h and 1/60 for h/min; more than one where people differ (weeks/month).
    """
    if unit is None or sorted(power for _, power in unit.powers) != [Fraction(-1), Fraction(1)]:
        return ()
    (top,) = (word for word, power in unit.powers if power > 0)
    (bottom,) = (word for word, power in unit.powers if power < 0)
    return tuple(
        dict.fromkeys(sizes[bottom] / sizes[top] for sizes in _FAMILIES.values() if top in sizes and bottom in sizes)
    )
