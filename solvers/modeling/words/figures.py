"""The figures that a text states."""

from __future__ import annotations

import re

_FIGURE = re.compile(r"(?<![\w.,])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\d|(?:st|nd|rd|th)\b)")


def figures_in(text: str) -> set[float]:
    """Every figure of a text without its sign; digits inside of words, as in "A4", and ordinals are none."""
    return {abs(float(found.replace(",", ""))) for found in _FIGURE.findall(text)}
