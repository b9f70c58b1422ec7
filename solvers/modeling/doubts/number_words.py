"""Numbers that are written in English words: "twenty-five", "two and a half", "two thirds", "a dozen", "twice"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {"dozen": 12.0, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_PARTS |= {"halves": 2} | {f"{word}s": size for word, size in _PARTS.items() if word != "half"}
_MULTIPLES = {"twice": 2.0, "double": 2.0, "thrice": 3.0, "triple": 3.0, "quadruple": 4.0}
_OF_WHAT = frozenset(("of", "the", "as", "that", "what", "a", "an", "its", "their"))
"""What follows "half" and "twice" where they are quantities; "twice a day" and "in half" hold no figure."""

_WORD = re.compile(r"[A-Za-z]+")
_JOINED = re.compile(r"[\s-]+")


@dataclass(frozen=True)
class WordNumber:
    """A number in words, and where it stands."""

    start: int
    end: int
    readings: tuple[float, ...]


def number_words(text: str) -> Iterator[WordNumber]:
    """Find the numbers that are written in words; "one" alone, being a pronoun mostly, is none."""
    words = list(_WORD.finditer(text))
    said = [word[0].lower() for word in words]
    at = 0
    while at < len(words):
        n_words, readings = _read(said[at : at + 12], _unbroken(text, words[at : at + 12]))
        if readings:
            yield WordNumber(words[at].start(), words[at + n_words - 1].end(), readings)
        at += max(n_words, 1)


def _unbroken(text: str, words: Sequence[re.Match[str]]) -> int:
    """How many of the words follow each other with nothing but spaces and hyphens between."""
    n = 1
    while n < len(words) and _JOINED.fullmatch(text, words[n - 1].end(), words[n].start()):
        n += 1
    return n


def _read(said: list[str], unbroken: int) -> tuple[int, tuple[float, ...]]:
    """How many words a number at the start takes, and what it may be; no readings: there is none."""
    said = said[:unbroken]
    following = said[1] if len(said) > 1 else ""
    if said[0] in _MULTIPLES:
        factor = _MULTIPLES[said[0]]
        return 1, (factor, 1 / factor) if following in _OF_WHAT - {"a", "an"} else ()
    if said[0] == "half":
        if following == "a" and said[2:3] and said[2] in SCALES:
            return 3, (0.5 * SCALES[said[2]],)
        return 1, (0.5, 2.0) if following in _OF_WHAT else ()
    if said[0] in ("a", "an"):
        said = ["one", *said[1:]] if following in SCALES | _PARTS else said
    n_words, value = _cardinal(said)
    if not n_words:
        return 0, ()
    if n_words < len(said) and said[n_words] in _PARTS:
        # "one quarter to the next" is a time, and "a third machine" an order.
        counts = said[n_words + 1 : n_words + 2] in ([word] for word in _OF_WHAT)
        return n_words + 1, parts_of(value, said[n_words]) if counts else ()
    if said[n_words : n_words + 3] == ["and", "a", "half"]:
        return n_words + 3, (value + 0.5,)
    return n_words, () if said[:n_words] == ["one"] else (value,)


def parts_of(count: float, word: str) -> tuple[float, ...]:
    """A fraction, exact and as it is rounded when it is written with digits."""
    part = count / _PARTS[word]
    return (part, *(round(part, digits) for digits in (2, 3, 4, 5, 6)))


def _cardinal(said: list[str]) -> tuple[int, float]:
    """How many words a whole number takes, and its value; 0 words: there is none."""
    total, group, n_words, last = 0.0, 0.0, 0, ""
    for place, word in enumerate(said):
        joins = word == "and" and last in SCALES and said[place + 1 : place + 2] and _is_digit(said[place + 1])
        if joins:
            continue
        if _is_digit(word) and not (last in _ONES or (last in _TENS and not 0 < _ONES.get(word, 0) < 10)):
            group += _ONES.get(word, 0) + _TENS.get(word, 0)
        elif word in SCALES and n_words:
            group *= SCALES[word]
            if SCALES[word] >= 1e3:
                total, group = total + group, 0.0
        else:
            break
        n_words, last = place + 1, word
    return n_words, total + group


def _is_digit(word: str) -> bool:
    return word in _ONES or word in _TENS
