"""The code of a trainable function as a parameter: one for the function, one for each object that has it as method."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from agentopt.errors import TraceError
from agentopt.graph.code.workplace import Workplace
from agentopt.graph.parameter_node import Parameter, Version

if TYPE_CHECKING:
    from agentopt.graph.code.worker import Workers


class Learned:
    """The code of one trainable function, and how each version of it runs.

    The function as it stands in the program was written by a human and runs in process. Any other source, whoever
    says that they wrote it, runs in the sandbox.

    Args:
        function: The human's own.
        source: Its source, where Python cannot find it.
        place: Where other versions run.

    Raises:
        TraceError: The function has no source, or is of a kind that cannot be learned.
    """

    ATTRIBUTE: ClassVar[str] = "__agentopt_code__"

    def __init__(self, function: Callable[..., Any], source: str | None, place: Workplace) -> None:
        if hasattr(function, "__wrapped__"):
            raise TraceError(
                f"{function.__qualname__} is decorated below @trace(trainable=True), and new code would lose that; "
                "put @trace directly above the def, other decorators above it"
            )
        # Reading source is a third of what tracing loads, and most traced functions are not trainable.
        from agentopt.graph.code.code import Code

        self.code = Code.of(function) if source is None else Code.from_source(source, function.__name__)
        self._function = function
        self._place = place
        self._workers: Workers | None = None
        self._lock = threading.Lock()
        self._shared: Parameter[str] | None = None

    def parameter_of(self, instance: object = None) -> Parameter[str]:
        """The parameter of the function itself, or of one object; made when it is first asked for.

        Raises:
            TraceError: The object has no place to keep it.
        """
        if instance is None or isinstance(instance, type):
            if self._shared is None:
                with self._lock:
                    self._shared = self._shared or self._new(None)
            return self._shared
        # In the object itself, so that it is copied, freed and pickled with it.
        attributes = getattr(instance, "__dict__", None)
        if attributes is None:
            raise TraceError(f"{type(instance).__qualname__} has __slots__ and so no place for learned code")
        store = attributes.get(self.ATTRIBUTE)
        if store is None:
            store = attributes.setdefault(self.ATTRIBUTE, {})
        known = store.get(self._function.__qualname__)
        if known is None:
            known = store.setdefault(self._function.__qualname__, self._new(instance))
        return known  # type: ignore[no-any-return]

    def implementation(self, version: Version[str], receiver: object) -> Callable[..., Any]:
        """What to call for a version of the code: the human's function, or one that crosses into the sandbox.

        Raises:
            DomainError: The version uses what cannot be had in the sandbox.
        """
        if version._value == self.code.source:
            return self._function
        if self._workers is None:
            from agentopt.graph.code.worker import Workers

            with self._lock:
                made = Workers(self._function, self.code.name, self._place, is_async=self.code.is_async)
                self._workers = self._workers or made
        return self._workers.runner(version._value, receiver)

    def _new(self, instance: object) -> Parameter[str]:
        from agentopt.graph.code.learned_code import LearnedCode

        domain = LearnedCode(self.code, self._function, self._place, instance)
        return Parameter(self.code.source, domain, name=self._function.__name__)
