"""The value of a version as data that a file or another process takes, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentopt import tagged
from agentopt.errors import CodecError
from agentopt.graph.domains.domain import Domain, brief, same
from agentopt.graph.parameter_node import Version
from agentopt.values import Value


def value_as_data(version: Version[Any]) -> dict[str, Value]:
    """The value of a version, as it is, or an object of typed data as the JSON from which its domain makes it again.

    Raises:
        CodecError: It is neither.
    """
    domain = version.parameter.domain
    try:
        return {"value": tagged.encode(version.then)}
    except CodecError:
        if domain.kind != "data":
            raise
    return plain_as_data(version._value, domain)


def plain_as_data(value: Any, domain: Domain[Any]) -> dict[str, Value]:
    """The same of a value that no version has yet.

    Raises:
        CodecError: It is neither.
    """
    try:
        return {"value": tagged.encode(value)}
    except CodecError:
        if domain.kind != "data":
            raise
    written: Value = json.loads(domain.show(value))
    if not same(domain.parse(written), value):
        raise CodecError(f"expected {domain.describe()} that is the same after JSON, got {brief(value)}")
    return {"json": written}


def value_from_data(data: Mapping[str, Any], domain: Domain[Any]) -> Any:
    """The value that `value_as_data` wrote down; it may be outside of the domain.

    Raises:
        CodecError: It cannot be read.
        DomainError: Typed data does not fit the domain.
        KeyError: There is none.
    """
    return domain.parse(data["json"]) if "json" in data else tagged.decode(data["value"])
