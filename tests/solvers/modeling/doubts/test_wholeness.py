"""Parts of things that are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.doubts.subject import Subject
from agentopt.solvers.modeling.doubts.wholeness import compare_kinds
from agentopt.solvers.modeling.instance import Instance


@pytest.mark.parametrize(
    ("variable", "level"),
    [
        ({"unit": "trucks"}, "doubt"),
        ({"meaning": "Number of chairs to make"}, "doubt"),
        ({"source": "how many nurses"}, "doubt"),
        ({"unit": "trucks", "domain": "integer"}, "holds"),
        ({"unit": "trucks", "meaning": "Trucks, a part of one being a smaller one"}, "holds"),
        ({"unit": "t"}, "holds"),
        ({"unit": "chairs/day"}, "holds"),
        ({"meaning": "Number of tonnes to send"}, "holds"),
        ({"unit": "t", "domain": "integer"}, "doubt"),
        ({"unit": "t", "domain": "integer", "meaning": "Whole tonnes"}, "holds"),
    ],
)
def test_what_is_counted_should_be_whole(
    variable: dict[str, Any], level: str, instance: Callable[..., Instance], solved: Callable[[Instance], Subject]
) -> None:
    """2.5 trucks are a doubt, and so are tonnes that must be whole, unless somebody said so."""
    subject = solved(instance({"x": variable}, maximize="x", constraints={"c": "2 * x <= 5"}))
    assert {finding.level for finding in compare_kinds(subject)} == {level}
