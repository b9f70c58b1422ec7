"""Texts of any length as short ones, for messages and previews."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names for a message: quoted where needed, cut to a few."""
    shown = [cut(name, 40) for name in names]
    more = f" and {len(shown) - limit} more" if len(shown) > limit else ""
    return (", ".join(shown[:limit]) or "none") + more


def cut(cell: object, length: int = 40) -> str:
    """A cell as one short line of text, control characters escaped."""
    text = "" if cell is None else str(cell)
    if not text.isprintable():
        text = repr(text)[1:-1]
    return text if len(text) <= length else text[: length - 1] + "…"
