"""The figures of a text, each with all that it may mean, and told apart from labels, dates and names.

"1,200" is 1200 or 1.2, and perhaps the two numbers 1 and 200; "20%" is 20 or 0.2.
Every reading is kept: which one is meant shows when a formulation holds it. What only
names something ("week 3", "Table 1-11", "(2)", "A4", "2024-05-01") is a label.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .number_words import SCALES, number_words

_SPACES = "\u00a0\u2009\u202f"
_NUMBER = rf"(?:\d{{1,3}}(?:[ ]\d{{3}})+(?![\d.,]*\d)|\d[\d.,'’{_SPACES}]*\d|\d)(?:[eE][-+]?\d+)?|(?<![\d.])\.\d+"
_PATTERN = re.compile(
    rf"""
    (?P<date> \d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}} | \d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}} | \d+(?:\.\d+){{2,}}(?![\d,])
        | \d{{1,2}}:\d{{2}} | \d{{1,2}}\s*[ap]\.?m\b | \d+(?:st|nd|rd|th)\b | 24/7 )
    | (?P<power> (?:(?P<mantissa>{_NUMBER})\s*(?:[x×*·]|\\times|\\cdot)\s*)?
        \b10\s*(?:\^|\*\*)\s*\{{?(?P<exponent>[-+]?\d{{1,2}})\}}? )
    | (?P<ratio> \\[dt]?frac\s*\{{(?P<over>{_NUMBER})\}}\s*\{{(?P<under>{_NUMBER})\}}
        | (?P<above>\d{{1,4}})\s?/\s?(?P<below>\d{{1,4}})(?![\d.,]*\d) )
    | (?P<name> (?:[_^\#]\{{?|(?<![\d.,])\b(?!(?:USD|EUR|GBP|CNY|RMB|INR|CHF|Rs)\d)[A-Za-z][\w.]{{0,40}}[-–_]?)
        \d[\w-]{{0,40}} )
    | (?P<number> {_NUMBER} )
        (?P<suffix> \s?\\?% | [\s-]?(?:percent|per\ cent|pct)\b | \s?(?:{"|".join(SCALES)}|mn|bn)\b | k\b )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SUFFIXES = SCALES | {"k": 1e3, "mn": 1e6, "bn": 1e9}
_LABELS = re.compile(
    r"""(?:(?<!\ba\s)(?<!\ban\s)(?<!\bper\s)(?<!\bevery\s)(?<!\beach\s)\b(?:table|figure|fig|section|chapter|problem|exercise|example|question|step|page|appendix|equation|eq|no|nr
    |week|day|month|year|quarter|period|stage|phase|shift|machine|product|item
    |plant|factory|warehouse|store|site|node|city|customer|supplier|project|task|job|worker|employee|truck|vehicle
    |route|zone|region|line|room|team|group|bin|scenario|case|process|department|market|port|course|food
    |ingredient|crop|farm|material|component|alloy|mine|facility|location|depot|station|position|slot|flight|gate
    )(?:e?s)?\.?\s+(?:\#\s?)?|\b(?:type|model|class|grade|level|version|iso)\s+|\()$""",
    re.VERBOSE | re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(
    r"\b(?:in|year|since|until|by|of|from|during|to|for|january|february|march|april|may|june|july|august|september"
    r"|october|november|december),?\s+$",
    re.IGNORECASE,
)
_YEAR_AFTER = re.compile(r"\s*(?:[.,;:)?!]|$|(?:and|the|to|is|was|were|will|are|a|an|in)\b)", re.IGNORECASE)
_HOUR_BEFORE = re.compile(r"\b(?:at|until|till|from|between|before|after|past|and|to)\s+$", re.IGNORECASE)
_HOUR_AFTER = re.compile(
    r"\s*(?:(?:and|to|till|until)\s+\w+\s+)?"
    r"(?:o['’]?clock|tonight|tomorrow|today|sharp|in the (?:morning|evening|afternoon))\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:,|,?\s*and|,?\s*or|to|through|-|–|&)\s*", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"([A-Za-z]{2,})\s+$")
_PLURAL_BEFORE = re.compile(r"[a-z]s\s+$", re.IGNORECASE)
_BULLET = re.compile(r"(?:^|\n)[ \t]*[-*(]?$")
_MAX_LABEL = 100


@dataclass(frozen=True)
class Figure:
    """A number as it stands in a text."""

    start: int
    end: int
    text: str
    readings: tuple[float, ...]
    """All that it may mean, the likeliest first."""
    context: str
    """A few words around it."""
    parts: tuple[tuple[float, ...], ...] = ()
    """The readings of each of the several numbers that it may be instead; () when it can only be one."""
    label: bool = False
    """Whether it names something, or may be too little of a number to be missed: a date, "week 3", "(2)"."""


def figures(text: str) -> list[Figure]:
    """Find the figures of a text in their order, labels included."""
    digits = [figure for match in _PATTERN.finditer(text) if (figure := _figure(text, match)) is not None]
    taken = {place for figure in digits for place in range(figure.start, figure.end)}
    words = [
        _made(text, found.start, found.end, _percent(text, found.end, found.readings))
        for found in number_words(text)
        if found.start not in taken
    ]
    return _with_labels(text, sorted([*digits, *words], key=lambda figure: figure.start))


def _made(text: str, start: int, end: int, readings: Sequence[float], **more: object) -> Figure:
    return Figure(start, end, text[start:end], tuple(dict.fromkeys(readings)), _context(text, start, end), **more)  # type: ignore[arg-type]


def _figure(text: str, match: re.Match[str]) -> Figure | None:
    start, end = match.span()
    if match["name"] is not None:
        return None
    if match["date"] is not None:
        return _made(text, start, end, [float(part) for part in re.findall(r"\d+", match["date"])], label=True)
    if match["power"] is not None:
        exponent = int(match["exponent"])
        mantissas = _readings(match["mantissa"])[0] if match["mantissa"] else (1.0,)
        return _made(text, start, end, [mantissa * 10.0**exponent for mantissa in mantissas])
    if match["ratio"] is not None:
        over, under = (_first(match[a] or match[b]) for a, b in (("over", "above"), ("under", "below")))
        part = over / under if under else 0.0
        shown = (part, *(round(part, digits) for digits in (2, 3, 4, 5, 6)))
        return _made(text, start, end, shown, parts=((over,), (under,)))
    readings, parts = _readings(match["number"])
    suffix = (match["suffix"] or "").strip(" -\\").lower()
    if suffix in _SUFFIXES:
        readings = (*(reading * _SUFFIXES[suffix] for reading in readings), *readings)
    elif suffix:
        readings = _as_percent(readings)
    return _made(text, start, end, readings, parts=parts)


def _readings(written: str) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """What digits with separators may mean: as one number, and as several."""
    plain = re.sub(rf"[ '’{_SPACES}]", "", written)
    found: list[float] = []
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        found.append(float(plain.replace(",", "")))
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", plain) and (plain.count(".") > 1 or "," in plain):
        found.append(float(plain.replace(".", "").replace(",", ".")))
    if re.fullmatch(r"\d*[.,]?\d+(e[-+]?\d{1,3})?", plain, re.IGNORECASE):
        found.append(float(plain.replace(",", ".")))
    if re.fullmatch(r"\d{1,3}\.\d{3}", plain):
        found.append(float(plain.replace(".", "")))
    finite = tuple(number for number in found if math.isfinite(number))
    if finite and not {",", " "} & set(written):
        return finite, ()
    pieces = [piece for piece in re.split(rf"[, '’{_SPACES}]", written) if piece.strip(".")]
    several = tuple((float(piece),) for piece in pieces if re.fullmatch(r"\d*\.?\d+(e[-+]?\d{1,3})?", piece))
    return finite, several


def _first(written: str) -> float:
    return next(iter(_readings(written)[0]), 0.0)


def _percent(text: str, end: int, readings: tuple[float, ...]) -> tuple[float, ...]:
    return _as_percent(readings) if re.match(r"[\s-]?(?:percent|per cent)\b|\s?%", text[end : end + 12]) else readings


def _as_percent(readings: Sequence[float]) -> tuple[float, ...]:
    """A percentage as it is, as a share, and as what remains or results."""
    return tuple(v for p in readings for v in (p, round(p / 100, 12), round(1 - p / 100, 12), round(1 + p / 100, 12)))


def _context(text: str, start: int, end: int, reach: int = 32) -> str:
    """A few whole words on both sides."""
    before, after = text[max(0, start - reach) : start], text[end : end + reach]
    if start > reach:
        before = "…" + before.partition(" ")[2]
    if end + reach < len(text):
        after = after.rpartition(" ")[0] + "…"
    return " ".join(f"{before}{text[start:end]}{after}".split())


def _with_labels(text: str, found: list[Figure]) -> list[Figure]:
    counted = _counted_words(text, found)
    marked: list[Figure] = []
    series = False  # whether the figure before is one of several labels, as the 4 in "weeks 4, 5 and 6"
    for figure in found:
        between = text[marked[-1].end : figure.start] if marked and marked[-1].label else ""
        follows = _is_small(figure) and (between == "-" or (series and bool(_BETWEEN.fullmatch(between))))
        label = figure.label or follows or _is_label(text, figure, counted)
        series = label and (follows or bool(_PLURAL_BEFORE.search(text[max(0, figure.start - 24) : figure.start])))
        marked.append(replace(figure, label=label))
    return marked


def _is_label(text: str, figure: Figure, counted: set[str]) -> bool:
    before, after = text[max(0, figure.start - 24) : figure.start], text[figure.end : figure.end + 32]
    if figure.readings and figure.readings[0] <= 24 and _HOUR_BEFORE.search(before) and _HOUR_AFTER.match(after):
        return True
    if not figure.text.isdigit():
        return False
    if figure.readings[0] in range(1900, 2101) and _YEAR_BEFORE.search(before) and _YEAR_AFTER.match(after):
        return True
    if not _is_small(figure):
        return False
    if _BULLET.search(before) and re.match(r"[.)]\s", after):
        return True
    named = _LABELS.search(before)
    if named and named[0] == "(":
        return after.startswith(")") and "(1)" in text
    word = _WORD_BEFORE.search(before)
    return bool(named) or (word is not None and word[1].lower() in counted)


def _counted_words(text: str, found: Sequence[Figure]) -> set[str]:
    """Words that stand before 1, before 2, and so on without a gap, as "Crew 1 ... Crew 2"."""
    numbers: defaultdict[str, set[float]] = defaultdict(set)
    for figure in found:
        word = _WORD_BEFORE.search(text[max(0, figure.start - 24) : figure.start])
        if word and figure.text.isdigit() and word[1][0].isupper():
            numbers[word[1].lower()].add(figure.readings[0])
    return {word for word, at in numbers.items() if len(at) > 1 and at == set(range(1, len(at) + 1))}


def _is_small(figure: Figure) -> bool:
    return bool(figure.readings) and figure.readings[0] <= _MAX_LABEL and figure.readings[0].is_integer()


def values_of(found: Sequence[Figure]) -> Iterator[float]:
    """Everything that any of the figures may mean."""
    for figure in found:
        yield from figure.readings
        for part in figure.parts:
            yield from part
