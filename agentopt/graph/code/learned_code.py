"""The domain of a trainable function's code: what `Code` checks, and what only trying it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from agentopt.errors import DomainError
from agentopt.graph.code.code import Code
from agentopt.graph.code.contract import broken_examples, example_source
from agentopt.graph.code.surroundings import surroundings
from agentopt.graph.code.workplace import Workplace
from agentopt.graph.recording import unwrap


class LearnedCode:
    """The domain of a trainable function: sources that keep its contract and find where they run what they use.

    Beside what `Code` checks, a source may use of its surroundings only what can be taken into the sandbox, and the
    examples in the docstring must still come out, which is tried there.
    """

    kind: ClassVar[str] = "code"

    def __init__(self, code: Code, function: Callable[..., Any], place: Workplace, instance: object = None) -> None:
        self.code = code
        self.function = function
        self._place = place
        self.instance = instance

    def check(self, value: object) -> None:
        """Do nothing if the value is a source of this domain.

        Raises:
            DomainError: It is none; says why in a sentence.
        """
        self.code.check(value)
        if value == self.code.source:
            return
        assert isinstance(value, str)
        examples = example_source(self.code)
        around = surroundings(value, self.function, instance=self.instance, unwrap=unwrap, also=examples)
        if examples:
            broken = broken_examples(self._place.open(), value, self.code, prelude=around.prelude)
            if broken:
                raise DomainError("; ".join(broken))

    def describe(self) -> str:
        """Say to a model what sources there are."""
        return self.code.describe()

    def parse(self, raw: Any) -> str:
        """The source in a reply; see `Code.parse`. It is checked by `check`."""
        return self.code.parse(raw)

    def schema(self) -> Any:
        """A reply gives the source as a JSON string."""
        return self.code.schema()

    def show(self, value: str) -> str:
        """A model sees the source itself."""
        return value

    def __deepcopy__(self, memo: dict[int, Any]) -> LearnedCode:
        # Of a copied object the copy is meant, not the one that it was made from.
        return LearnedCode(self.code, self.function, self._place, memo.get(id(self.instance), self.instance))
