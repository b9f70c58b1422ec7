"""Names for files of other solvers: letters, digits and a few signs, each name once."""

from __future__ import annotations

import re
import unicodedata

from ..instance import Key

LONGEST = 240
"""Characters of a name before its number; readers of LP and MPS take 255 in all."""

_ILLEGAL = re.compile(r"[^A-Za-z0-9_.]")
# "3 e9" may be read as one number.
_LIKE_AN_EXPONENT = re.compile(r"[eE](?![A-Za-z_])")
_WORDS = {
    *("max", "maximize", "maximise", "maximum", "min", "minimize", "minimise", "minimum", "subject", "such", "st"),
    *("to", "that", "bound", "bounds", "free", "inf", "infinity", "infinite", "nan", "end", "semi", "semis", "sec"),
    *("bin", "binary", "binaries", "gen", "general", "generals", "int", "integer", "integers", "range", "ranges"),
    *("rows", "columns", "rhs", "sos", "sos1", "sos2", "lazy", "user", "cuts", "pwlobj", "scenario", "marker"),
}
"""Words that begin a section of a file, or a number."""


class LegalNames:
    """Gives names that LP and MPS files take: ship[Oslo, 3] becomes ship(Oslo,3).

    Accents are dropped, what is no letter, digit, "_" or "." becomes "_", and a name
    that is given already gets a number behind it.
    """

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._next: dict[str, int] = {}
        self._members: dict[object, str] = {}

    def name(self, element: str, key: Key = (), ending: str = "") -> str:
        """Give an element at one of its keys a name that no other has."""
        plain = element + "_" if element.casefold() in _WORDS else element
        if _LIKE_AN_EXPONENT.match(plain):
            plain = "_" + plain
        if key:
            plain += f"({','.join(map(self._member, key))})"
        return self._unique(plain[:LONGEST] + ending)

    def _member(self, member: object) -> str:
        known = self._members.get(member)
        if known is None:
            known = self._members[member] = legal(str(member)) or "_"
        return known

    def _unique(self, wanted: str) -> str:
        name = wanted
        while name in self._given:
            # Counted on, so that a hundred thousand alike take as many steps and not their square.
            number = self._next[wanted] = self._next.get(wanted, 1) + 1
            name = f"{wanted}_{number}"
        self._given.add(name)
        return name


def legal(text: str) -> str:
    """A text without accents, other signs as "_".

    >>> legal("Zürich Nord"), legal("-3")
    ('Zurich_Nord', '_3')
    """
    if _ILLEGAL.search(text) is None:
        return text
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _ILLEGAL.sub("_", bare)
