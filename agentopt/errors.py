"""Every error that agentopt raises, in one tree.

AgentoptError                 shown to a user as one sentence, without a traceback
├── InputError                what the user gave cannot be used (also a ValueError)
│   ├── FileError             a file is missing, unreadable, binary or too large
│   ├── DataError             a table: a missing column, a wrong type, a duplicate or missing key
│   ├── ExpressionError       the text of an expression is outside the language
│   ├── FormulationError      one of the five elements is wrong: unknown name, wrong index, empty set
│   │   └── UnitError         two quantities of different units are added or compared
│   ├── CodecError            a value cannot cross a process border as data
│   └── DomainError           a value is outside its parameter's domain
├── ConfigError               no model, key or setting where one is needed (also a LookupError)
├── MissingExtra              an optional package is not installed (also an ImportError)
├── BudgetExceeded            the next call would pass a limit, so it was not made
├── LLMError                  a model call failed; carries provider, model, attempts, remedy
│   ├── AuthError             the key is missing, wrong or not allowed
│   ├── QuotaError            the account is out of credit
│   ├── RateLimitError        too many requests; carries retry_after_s
│   ├── ContextLengthError    the prompt is longer than the model reads
│   ├── RefusalError          the model or its content filter declined
│   ├── TruncatedError        the reply was cut off before its end
│   ├── EmptyReplyError       the reply holds no text
│   ├── NotAnApiError         the address answered with something that is no model reply, such as HTML
│   ├── ReplyError            the reply is no value of the type that was asked for
│   ├── ModelTimeout          no reply in time (also a TimeoutError)
│   ├── TransportError        the connection broke
│   ├── ProviderError         the provider failed or refused the request for another reason
│   └── ReplayError           a recording has no entry for this call
├── TraceError                a call cannot be recorded, or a trace cannot be read
│   └── HiddenDependencyError  a traced function read a node that was not passed to it
├── CodeError                 a learned version of a function failed where it runs, in the sandbox
├── WorkerDied                a process that ran a trial ended by itself, such as for want of memory
├── StoreError                the file of runs cannot be used as it should: locked, full, damaged, in use
├── SandboxError              the sandbox itself failed, never the program in it
│   └── SandboxUnavailable    this machine offers less isolation than was asked for
└── SolverError               a solver failed, or reported what it cannot prove
    └── CheckError            the independent check disagrees with the solver
"""

from __future__ import annotations

from typing import ClassVar


class AgentoptError(Exception):
    """The root of the tree; str(error) is one sentence a user can act on."""

    exit_code: ClassVar[int] = 1


class InputError(AgentoptError, ValueError):
    """What the user gave cannot be used."""

    exit_code: ClassVar[int] = 2


class FileError(InputError):
    """A file is missing, unreadable, binary or too large."""


class DataError(InputError):
    """A table cannot be used: a missing column, a wrong type, a duplicate or missing key."""


class ExpressionError(InputError):
    """The text of an expression is outside the language.

    Attributes:
        text: The expression as it was written.
        column: Where in the text the trouble begins, counted from 1.
    """

    def __init__(self, message: str, text: str = "", column: int = 1) -> None:
        super().__init__(message)
        self.text = text
        self.column = column


class FormulationError(InputError):
    """One of the five elements is wrong.

    Attributes:
        element: The element concerned, as "constraint demand" or "parameter cost".
    """

    def __init__(self, message: str, element: str = "") -> None:
        super().__init__(message)
        self.element = element


class UnitError(FormulationError):
    """Two quantities of different units are added or compared."""


class CodecError(InputError):
    """A value cannot cross a process border as data."""


class DomainError(InputError):
    """A value is outside its parameter's domain."""


class ConfigError(AgentoptError, LookupError):
    """No model, key or setting where one is needed."""

    exit_code: ClassVar[int] = 4


class MissingExtra(AgentoptError, ImportError):
    """An optional package is not installed."""


class BudgetExceeded(AgentoptError):
    """The next call would pass a limit, so it was not made."""

    exit_code: ClassVar[int] = 5


class LLMError(AgentoptError):
    """A model call failed.

    Attributes:
        provider: As in the model's name before the slash.
        model: As in the model's name after the slash.
        attempts: Requests sent for this call, the failed one included.
        remedy: What the user can do, one sentence, or "".
    """

    def __init__(
        self, message: str, *, provider: str = "", model: str = "", attempts: int = 1, remedy: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.model = model
        self.attempts = attempts
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}".rstrip(". ") + "." if self.remedy else self.message


class AuthError(LLMError):
    """The key is missing, wrong or not allowed."""

    exit_code: ClassVar[int] = 4


class QuotaError(LLMError):
    """The account is out of credit."""

    exit_code: ClassVar[int] = 5


class RateLimitError(LLMError):
    """Too many requests.

    Attributes:
        retry_after_s: Seconds the server asked to wait, or None.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None, **where: object) -> None:
        super().__init__(message, **where)  # type: ignore[arg-type]
        self.retry_after_s = retry_after_s


class ContextLengthError(LLMError):
    """The prompt is longer than the model reads."""


class RefusalError(LLMError):
    """The model or its content filter declined."""


class TruncatedError(LLMError):
    """The reply was cut off before its end."""


class EmptyReplyError(LLMError):
    """The reply holds no text."""


class NotAnApiError(LLMError):
    """The address answered with something that is no model reply, such as HTML."""


class ReplyError(LLMError):
    """The reply is no value of the type that was asked for."""


class ModelTimeout(LLMError, TimeoutError):
    """No reply in time."""


class TransportError(LLMError):
    """The connection broke."""


class ProviderError(LLMError):
    """The provider failed or refused the request for another reason."""


class ReplayError(LLMError):
    """A recording has no entry for this call."""


class TraceError(AgentoptError):
    """A call cannot be recorded, or a trace cannot be read."""


class HiddenDependencyError(TraceError):
    """A traced function read a node that was not passed to it."""


class CodeError(AgentoptError):
    """A learned version of a function failed where it runs, in the sandbox.

    What it raised of Python's own exceptions is raised as a subclass of both, so that `except ValueError` holds.

    Attributes:
        kind: The name of the exception in the sandbox.
        place: The line of the learned source, as "line 3: return 1 / 0", or "".
        verdict: error, timeout, memory, output, denied or crashed.
    """

    def __init__(self, message: str, *, kind: str = "", place: str = "", verdict: str = "error") -> None:
        super().__init__(message)
        self.kind = kind
        self.place = place
        self.verdict = verdict


class WorkerDied(AgentoptError):
    """A process that ran a trial ended by itself, such as for want of memory."""


class StoreError(AgentoptError):
    """The file of runs cannot be used as it should: locked, full, damaged, or in use by another process."""


class SandboxError(AgentoptError):
    """The sandbox itself failed, never the program in it."""


class SandboxUnavailable(SandboxError):
    """This machine offers less isolation than was asked for."""


class SolverError(AgentoptError):
    """A solver failed, or reported what it cannot prove."""


class CheckError(SolverError):
    """The independent check disagrees with the solver."""
