"""The one tree of errors, held to the drawing in its module's docstring."""

from __future__ import annotations

import builtins
import inspect
import pickle
import re

import pytest

from agentopt import errors
from agentopt.errors import AgentoptError, ExpressionError, LLMError, RateLimitError

CLASSES = {value.__name__: value for value in vars(errors).values() if isinstance(value, type)}
DRAWN = re.compile(r"^(?P<rails>[│ ]*(?:[├└]── )?)(?P<name>[A-Z]\w+) {2,}(?P<gist>\S.*)$", re.MULTILINE)


def drawing() -> dict[str, tuple[str | None, str]]:
    """Read the drawing as {class: (parent, gist)}."""
    above: list[str] = []
    drawn: dict[str, tuple[str | None, str]] = {}
    # Python 3.13 takes the indentation out of a docstring, older ones leave it in.
    for line in DRAWN.finditer(inspect.cleandoc(errors.__doc__ or "")):
        depth = len(line["rails"]) // 4
        del above[depth:]
        drawn[line["name"]] = (above[-1] if above else None, line["gist"])
        above.append(line["name"])
    return drawn


def parent(kind: type) -> str | None:
    above = [base.__name__ for base in kind.__bases__ if issubclass(base, AgentoptError)]
    return above[0] if above else None


def instance(kind: type[AgentoptError]) -> AgentoptError:
    return kind("expected one thing, got another")


def test_tree_is_as_drawn() -> None:
    """The classes and their parents are those of the drawing."""
    tree = {name: parent(kind) for name, kind in CLASSES.items() if issubclass(kind, AgentoptError)}
    assert {name: above for name, (above, _) in drawing().items()} == tree


def test_module_holds_nothing_else() -> None:
    """Every class defined in the module is one of the tree."""
    assert set(CLASSES) == set(drawing())


@pytest.mark.parametrize("name", drawing())
def test_kinship_is_as_drawn(name: str) -> None:
    """An error is also the built-in error that the drawing promises, and no other."""
    gist = drawing()[name][1]
    promised = {getattr(builtins, word) for word in re.findall(r"also an? (\w+)", gist)}
    assert {base for base in CLASSES[name].__bases__ if not issubclass(base, AgentoptError)} - {Exception} == promised


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_docstring_is_one_sentence(name: str) -> None:
    """The docstring opens with one sentence on one line."""
    first = (CLASSES[name].__doc__ or "").splitlines()[0]
    assert re.fullmatch(r"[A-Z][^.!?]*(\([^)]*\)[^.!?]*)?\.", first)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_message_is_what_is_shown(name: str) -> None:
    """The text of an error is the sentence it was raised with."""
    assert str(instance(CLASSES[name])) == "expected one thing, got another"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_exit_code_is_documented(name: str) -> None:
    """An error's exit code is one of those the command line documents for failures."""
    assert CLASSES[name].exit_code in {1, 2, 4, 5}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_error_crosses_a_process_border(name: str) -> None:
    """An error raised in a worker process arrives as the same error with the same fields."""
    before = instance(CLASSES[name])
    after = pickle.loads(pickle.dumps(before))
    assert (type(after), str(after), vars(after)) == (type(before), str(before), vars(before))


def test_remedy_follows_the_message() -> None:
    """A remedy is shown as a second sentence after what went wrong."""
    assert str(LLMError("the key is missing", remedy="Set OPENAI_API_KEY")) == "the key is missing. Set OPENAI_API_KEY."


def test_fields_survive_the_border() -> None:
    """What an error carries beside its message crosses a process border too."""
    before = RateLimitError("slow down", retry_after_s=3.5, provider="openai", attempts=4)
    assert vars(pickle.loads(pickle.dumps(before))) == vars(before)


def test_expression_error_points() -> None:
    """An error in an expression says where in its text the trouble begins."""
    error = ExpressionError("expected a name", text="2 * ?", column=5)
    assert error.text[error.column - 1] == "?"
