"""Keeps keys out of everything that is shown, logged or stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit, urlunsplit

HIDDEN = "[key hidden]"
SHORTEST = 8
"""Shorter values, such as the dummy keys of local servers, are ordinary words and stay."""

_NAMES_A_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$", re.IGNORECASE)


class Secrets:
    """The values that must not appear anywhere."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = {value.strip() for value in values if len(value.strip()) >= SHORTEST}
        written = {form for value in self._values for form in (value, quote(value, safe=""), json.dumps(value)[1:-1])}
        # Longest first, so that a key which begins like another leaves no tail.
        self._pattern = re.compile("|".join(map(re.escape, sorted(written, key=len, reverse=True))))
        self._any = bool(written)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Secrets:
        """The values of all variables whose name ends like that of a secret."""
        return cls(value for name, value in environment.items() if _NAMES_A_SECRET.search(name))

    def joined(self, values: Iterable[str]) -> Secrets:
        """These and more."""
        return Secrets([*self._values, *values])

    def __repr__(self) -> str:
        return "Secrets(...)"

    def clean(self, text: str) -> str:
        """The text with every secret replaced by a mark."""
        return self._pattern.sub(HIDDEN, text) if self._any else text


def without_credentials(url: str) -> str:
    """A URL to be shown: without user, password, query and fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
