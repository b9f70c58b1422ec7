"""How a value that is no code is written in Python source."""

from __future__ import annotations

import logging
import re

from agentopt import tagged
from agentopt.errors import CodecError, DomainError
from agentopt.graph.domains.domain import same

_MAX_CHARS = 1 << 20


def constant(value: object) -> str | None:
    """An expression for a value, or None if it is neither data nor a logger nor a pattern.

    The expression may use `import_module`; no data that a program is given shares parts with another.

    Raises:
        DomainError: The value is too large to send along.
    """
    if isinstance(value, logging.Logger):
        return f"import_module('logging').getLogger({value.name!r})"
    if isinstance(value, re.Pattern):
        return f"import_module('re').compile({value.pattern!r}, {value.flags})"
    try:
        written = tagged.encode(value)
    except CodecError:
        return None
    text = repr(written)
    if len(text) > _MAX_CHARS:
        raise DomainError(f"takes {len(text)} characters, too many to send along")
    return text if same(written, value) else f"import_module('agentopt.tagged').decode({text})"
