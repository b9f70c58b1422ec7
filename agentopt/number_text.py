"""Numbers as people write them."""

from __future__ import annotations

import math


def show_number(value: float) -> str:
    """Write a number for people: eight digits, two decimals at least where there are any.

    >>> show_number(1234567.891), show_number(1 / 3), show_number(2.9999999999), show_number(1e-9)
    ('1234567.89', '0.33333333', '3', '1e-09')
    """
    if not math.isfinite(value):
        return "unlimited" if value > 0 else "-unlimited" if value < 0 else "undefined"
    size = abs(value)
    if size != 0 and not 1e-4 <= size < 1e15:
        return f"{value:.8g}"
    decimals = max(2, 7 - math.floor(math.log10(size))) if size else 0
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def show_amount(value: float | None, unit: str = "") -> str:
    """Write a number with its unit, or "unknown"."""
    return "unknown" if value is None else f"{show_number(value)} {unit}".rstrip()
