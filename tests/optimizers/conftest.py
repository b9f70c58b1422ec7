"""The program that every optimizer's tests run."""

from __future__ import annotations

import pytest

from agentopt import parameter
from agentopt.graph import Choice, Integer
from tests.optimizers.program import Program


@pytest.fixture
def program() -> Program:
    """Three parameters of three kinds."""
    return Program(
        parameter("hello {name}", name="greeting", description="what is said"),
        parameter(2, Integer(1, 5), name="times"),
        parameter("!", Choice(("!", "?")), name="mark"),
    )
