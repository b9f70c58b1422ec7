"""Units as products of powers of words: read from texts, multiplied, shown, never converted.

A unit is what people write: "USD/kg", "kg*h", "m^2", "USD per kg", "kWh". The words
mean nothing beyond being equal or not, but for a few spellings of one unit, for
compounds such as kWh = kW*h, and for words that carry no unit at all ("%", "share").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_SPELLINGS = {
    "h": "hour hr hrs",
    "min": "minute mins",
    "s": "sec secs second",
    "day": "d",
    "week": "wk wks",
    "month": "mo",
    "year": "yr yrs",
    "USD": "$ us$ dollar usd",
    "EUR": "€ euro",
    "GBP": "£ pound_sterling",
    "JPY": "¥ yen",
    "CNY": "yuan rmb",
    "INR": "₹ rupee",
    "kg": "kilogram kilogramme kilo",
    "g": "gram gramme",
    "mg": "milligram milligramme",
    "t": "ton tonne metric_ton",
    "lb": "lbs pound",
    "oz": "ounce",
    "m": "meter metre",
    "cm": "centimeter centimetre",
    "mm": "millimeter millimetre",
    "km": "kilometer kilometre",
    "mi": "mile",
    "ft": "foot feet",
    "in": "inch inches",
    "yd": "yard",
    "L": "l liter litre",
    "mL": "ml milliliter millilitre",
    "gal": "gallon",
    "ha": "hectare",
    "acre": "ac",
    "W": "w watt",
    "kW": "kw kilowatt",
    "MW": "mw megawatt",
    "J": "j joule",
    "kJ": "kj kilojoule",
    "kcal": "calorie cal kilocalorie",
    "cent": "¢",
}
_COMPOUNDS = {"kwh": ("kW", "h"), "mwh": ("MW", "h"), "wh": ("W", "h")}
_PLAIN_WORDS = """
    1 % percent percentage pct fraction share ratio rate proportion probability dimensionless unitless none
    number count index score factor binary boolean of unit each ea item piece pc pcs quantity qty no
"""
"""Words of plain numbers. A percentage is among them, for it is multiplied with any unit."""

_NO_UNIT = frozenset(_PLAIN_WORDS.split())
_KNOWN = {word: unit for unit, words in _SPELLINGS.items() for word in (unit.casefold(), *words.split())}
_TOKEN = re.compile(r"\s*(\*\*|[*/^()·×⋅]|[-+]?\d+(?:\.\d+)?|[^\s*/^()·×⋅\d-][^\s*/^()·×⋅-]*|-)")
_EXPONENT = re.compile(r"[-+]?[0-9]{1,9}(?:\.[0-9]{1,9})?").fullmatch
_WORD = re.compile(r"[\w$€£¥₹¢%°²³'.]+").fullmatch
_MAX_LENGTH = 100


@dataclass(frozen=True)
class Unit:
    """A product of powers of words, as USD * kg^-1; the empty product is a plain number."""

    powers: tuple[tuple[str, Fraction], ...] = ()
    """Words and exponents, sorted by word; no exponent is 0."""

    def __mul__(self, other: Unit) -> Unit:
        total = dict(self.powers)
        for word, power in other.powers:
            total[word] = total.get(word, Fraction(0)) + power
        return Unit(tuple(sorted((word, power) for word, power in total.items() if power)))

    def __truediv__(self, other: Unit) -> Unit:
        return self * other ** Fraction(-1)

    def __pow__(self, exponent: Fraction) -> Unit:
        return Unit(tuple((word, power * exponent) for word, power in self.powers) if exponent else ())

    def __str__(self) -> str:
        """Show it so that `parse_unit` reads it back, as "USD/kg"; a plain number is "1"."""
        above = "*".join(_power(word, power) for word, power in self.powers if power > 0) or "1"
        return above + "".join(f"/{_power(word, -power)}" for word, power in self.powers if power < 0)

    @property
    def counts_only(self) -> bool:
        """Whether no word is a measure or a currency, so that all may be nouns for things that are counted."""
        return all(word not in _SPELLINGS for word, _ in self.powers)


def parse_unit(text: str) -> Unit | None:
    """Read a unit; None when the text is empty or no unit can be read from it.

    "per" is a division, as is "/"; two words side by side are multiplied, as are
    words with a hyphen ("man-hours"). Plurals and letter case do not matter.
    """
    # "a per b" binds like "a / b"; "sq m" and "cubic m" are powers written in front.
    words = re.sub(r"\bper\b", "/", text[:_MAX_LENGTH].strip(), flags=re.IGNORECASE)
    words = re.sub(r"\b(?:sq|square)\.?\s+(\w+)", r"\1^2", words, flags=re.IGNORECASE)
    words = re.sub(r"\b(?:cubic|cu)\.?\s+(\w+)", r"\1^3", words, flags=re.IGNORECASE)
    if not words or len(text) > _MAX_LENGTH:
        return None
    tokens: list[str] = []
    at = 0
    while at < len(words):
        match = _TOKEN.match(words, at)
        if match is None:
            return None
        tokens.append(match[1])
        at = match.end()
    try:
        return _Reader(tokens).whole()
    except _NoUnitError:
        return None


class _NoUnitError(Exception):
    """The tokens are no unit."""


class _Reader:
    """Reads tokens as a product; a division concerns the next factor only, as in a/b*c = (a/b)*c."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    def whole(self) -> Unit:
        unit = self.product()
        if self.tokens:
            raise _NoUnitError
        return unit

    def product(self) -> Unit:
        unit = self.power()
        while self.tokens and self.tokens[-1] != ")":
            if self.tokens[-1] == "/":
                self.tokens.pop()
                unit = unit / self.power()
                continue
            if self.tokens[-1] in "*·×⋅-":
                self.tokens.pop()
            unit = unit * self.power()
        return unit

    def power(self) -> Unit:
        unit = self.factor()
        if self.next_is("^") or self.next_is("**"):
            return unit ** self.exponent()
        # "h-1" is how scientists write 1/h.
        return unit ** self.number() if self.tokens and self.tokens[-1][:-1].startswith(("-", "+")) else unit

    def exponent(self) -> Fraction:
        token = self.next()
        if token == "(":
            above = self.number()
            below = self.number() if self.next_is("/") else Fraction(1)
            if not self.next_is(")") or not below:
                raise _NoUnitError
            return above / below
        self.tokens.append(token)
        return self.number()

    def number(self) -> Fraction:
        sign = -1 if self.next_is("-") else 1
        token = self.next()
        if not _EXPONENT(token):
            raise _NoUnitError
        return sign * Fraction(token)

    def factor(self) -> Unit:
        token = self.next()
        if token == "(":
            unit = self.product()
            if not self.next_is(")"):
                raise _NoUnitError
            return unit
        if token in ("*", "**", "/", "^", ")", "·", "×", "⋅", "-") or token[0] in "+-":
            raise _NoUnitError
        return _word(token)

    def next(self) -> str:
        if not self.tokens:
            raise _NoUnitError
        return self.tokens.pop()

    def next_is(self, token: str) -> bool:
        if self.tokens and self.tokens[-1] == token:
            self.tokens.pop()
            return True
        return False


def _word(text: str) -> Unit:
    word = text.casefold().rstrip(".")
    if not _WORD(word):
        raise _NoUnitError
    if word[:-1] in _KNOWN and word[-1] in "23":
        word = f"{_KNOWN[word[:-1]]}{'²³'[int(word[-1]) - 2]}"
    if word[:-1] in _KNOWN.values() and word[-1] in "²³":
        return Unit(((word[:-1], Fraction("²³".index(word[-1]) + 2)),))
    for form in (word, *_singulars(word)):
        if form in _NO_UNIT:
            return Unit()
        if form in _COMPOUNDS:
            one, other = _COMPOUNDS[form]
            return Unit(((one, Fraction(1)),)) * Unit(((other, Fraction(1)),))
        if form in _KNOWN:
            return Unit(((_KNOWN[form], Fraction(1)),))
    return Unit((((_singulars(word) or [word])[-1], Fraction(1)),))


def _singulars(word: str) -> list[str]:
    """Forms without the plural's ending, the likeliest last."""
    if len(word) < 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return []
    forms = [word[:-1]]
    if word.endswith("ies") and len(word) > 4:
        forms.append(word[:-3] + "y")
    elif word.endswith(("ches", "shes", "xes", "sses")):
        forms.append(word[:-2])
    return forms


def _power(word: str, power: Fraction) -> str:
    if power == 1:
        return word
    return f"{word}^{power}" if power.denominator == 1 else f"{word}^({power})"
