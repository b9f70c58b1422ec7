"""Nothing is loaded before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("openai", "anthropic", "litellm", "pydantic", "jinja2", "tenacity", "httpx", "httpx2", "yaml")


def _loaded(program: str) -> str:
    shown = f"{program}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "program",
    [
        "import agentopt.llm",
        "from agentopt.llm import Budget, Message, connect, fenced; Budget(calls=1)",
        "import agentopt.testing",
        "from agentopt.llm import *",
        "from agentopt.llm import Config, Options, connect\n"
        "connect('openai/x', options=Options(config=Config({'OPENAI_API_KEY': 'k'})))",
    ],
)
def test_heavy_packages_wait_for_the_first_call(program: str) -> None:
    """Importing, and even making a model, loads no SDK and no other heavy package."""
    names = program.replace("import *", "import Budget, Message, Model, Reply, connect")
    assert _loaded(names) == "[]"


def test_a_name_stays_a_function_when_its_module_is_imported() -> None:
    """`connect` is the function for whoever imports it, whichever way was taken first."""
    program = (
        "import agentopt.llm.connection, agentopt.llm.discovery\n"
        "from agentopt.llm import connect, discover; assert callable(connect) and callable(discover)"
    )
    assert _loaded(program) == "[]"


def test_every_public_name_is_there() -> None:
    """What is listed can be had, and anything else is refused with the list."""
    import agentopt.llm as llm

    assert [name for name in llm.__all__ if not hasattr(llm, name)] == []
    with pytest.raises(AttributeError, match="it has Account"):
        _ = llm.nothing
