"""Keeps keys out of everything that is shown, logged or stored, also by the libraries below."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

HIDDEN = "[key hidden]"
SHORTEST = 8
"""Shorter values, such as the dummy keys of local servers, are ordinary words and stay."""

_LIBRARIES = ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2", "LiteLLM")
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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secrets) and self._values == other._values

    def __hash__(self) -> int:
        return hash(frozenset(self._values))

    def __repr__(self) -> str:
        return "Secrets(...)"

    def clean(self, text: str) -> str:
        """The text with every secret replaced by a mark."""
        return self._pattern.sub(HIDDEN, text) if self._any else text


@dataclass(frozen=True)
class LogCleaner(logging.Filter):
    """Takes the secrets out of log records."""

    secrets: Secrets

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        cleaned = self.secrets.clean(message)
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        return True


def keep_out_of_logs(secrets: Secrets) -> None:
    """Clean what the SDKs and their HTTP libraries log; at the level DEBUG that is whole headers.

    A logger asks only its own filters, not those of its parents, so each one gets
    the cleaner; one that has it already keeps it once.
    """
    parts = ("", "._base_client", ".http11", ".http2", ".connection", ".proxy", ".socks")
    names = {f"{library}{part}" for library in _LIBRARIES for part in parts}
    names |= {name for name in tuple(logging.root.manager.loggerDict) if name.partition(".")[0] in _LIBRARIES}
    for name in names:
        logging.getLogger(name).addFilter(LogCleaner(secrets))


def without_credentials(url: str) -> str:
    """A URL to be shown: without user, password, query and fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
