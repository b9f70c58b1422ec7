"""Plots as SVG, drawn by matplotlib without pyplot, so that no state is shared and nothing opens a window.

The same input gives the same bytes. Text stays text; labels are taken as they are
(a "$" begins no formula); identifiers carry the plot's own name, so that several
plots can stand in one page.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentopt.errors import MissingExtra

from ..shorten import cut

if TYPE_CHECKING:
    from xml.dom.minidom import Element

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE = "#2f6fb0"
GREY = "#8a939e"
MAX_LABEL = 40
MAX_NAMED = 30
"""Points of a front that are named in the plot."""
WIDTH = 7.0
"""Inches."""

_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "agentopt",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "text.usetex": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}
_REFERENCE = re.compile(r"(?<=#)(?=[A-Za-z])")


@dataclass(frozen=True)
class Bars:
    """Values under labels, the first at the top."""

    labels: Sequence[str]
    values: Sequence[float]
    axis: str
    """What the values are, with their unit."""
    texts: Sequence[str] = ()
    """What stands at the end of each bar."""


def require_matplotlib() -> None:
    """Import matplotlib, which takes a moment.

    Raises:
        MissingExtra: It is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise MissingExtra("plots need matplotlib: pip install matplotlib") from None


def bars_svg(bars: Bars, name: str, title: str) -> str:
    """Draw values as horizontal bars.

    Args:
        bars: What is drawn.
        name: Letters that no other plot of the page has.
        title: What a reader who cannot see the plot is told.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    with _drawing(0.5 + 0.26 * max(len(bars.values), 2)) as (figure, axes):
        places = range(len(bars.values))
        drawn = axes.barh(places, bars.values, height=0.7, color=BLUE)
        axes.set_yticks(places, [cut(label, MAX_LABEL) for label in bars.labels], parse_math=False)
        axes.invert_yaxis()
        axes.margins(x=0.12, y=0.02)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(cut(bars.axis, 2 * MAX_LABEL), parse_math=False)
        if bars.texts:
            axes.bar_label(drawn, labels=[cut(text, MAX_LABEL) for text in bars.texts], padding=3, parse_math=False)
        return _svg(figure, name, title)


def front_svg(
    points: Sequence[tuple[float, float]], labels: Sequence[str], axes_names: tuple[str, str], name: str, title: str
) -> str:
    """Draw the points of a front of two objectives, joined in the order of the first.

    Args:
        points: The two objectives of each point.
        labels: A name for each point, or none at all.
        axes_names: What the two objectives are.
        name: Letters that no other plot of the page has.
        title: What a reader who cannot see the plot is told.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    with _drawing(4.0) as (figure, axes):
        ordered = sorted(points)
        axes.plot([x for x, _ in ordered], [y for _, y in ordered], color=GREY, linewidth=1.0, zorder=1)
        axes.scatter([x for x, _ in points], [y for _, y in points], color=BLUE, s=24.0, zorder=2)
        for point, label in zip(points[:MAX_NAMED], labels):
            axes.annotate(
                cut(label, MAX_LABEL), point, xytext=(5, 5), textcoords="offset points", fontsize=8, parse_math=False
            )
        axes.margins(0.1)
        axes.set_xlabel(cut(axes_names[0], 2 * MAX_LABEL), parse_math=False)
        axes.set_ylabel(cut(axes_names[1], 2 * MAX_LABEL), parse_math=False)
        return _svg(figure, name, title)


@contextmanager
def _drawing(height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one pair of axes, under settings that do not depend on the user's own."""
    require_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS), warnings.catch_warnings():
        # The browser has the sign, if the font that the text is measured with has not.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure, figure.add_subplot()


def _svg(figure: Figure, name: str, title: str) -> str:
    """The figure as one svg element that a page can hold beside others."""
    import io
    from xml.dom.minidom import parseString

    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = parseString(buffer.getvalue()).documentElement
    assert root is not None
    for kind in ("metadata", "style"):
        for element in root.getElementsByTagName(kind):
            assert element.parentNode is not None
            element.parentNode.removeChild(element)
    for element in (root, *root.getElementsByTagName("*")):
        _rename(element, name)
    # The page sets the size; the style is what matplotlib's own sheet says, which would hold for all of the page.
    for attribute in ("width", "height", "version"):
        root.removeAttribute(attribute)
    root.setAttribute("style", "stroke-linejoin: round; stroke-linecap: butt")
    root.setAttribute("role", "img")
    root.setAttribute("aria-label", cut(title, 200))
    return root.toxml()


def _rename(element: Element, name: str) -> None:
    """Put the plot's name before an element's identifier and before those it refers to."""
    if element.hasAttribute("id"):
        element.setAttribute("id", f"{name}-{element.getAttribute('id')}")
    for attribute in ("xlink:href", "clip-path"):
        if element.hasAttribute(attribute):
            element.setAttribute(attribute, _REFERENCE.sub(f"{name}-", element.getAttribute(attribute), count=1))
