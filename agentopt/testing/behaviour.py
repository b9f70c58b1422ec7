"""What a scripted model server can do with one request, the good and the bad."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Finish = Literal["stop", "length", "filter", "refusal"]


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: dict[str, Any]

    @property
    def key(self) -> str:
        """The API key that came along."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return self.headers.get("x-api-key", bearer)

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))


@dataclass(frozen=True)
class Say:
    """Answers with a text; as the arguments of the tool, if the request forces one."""

    text: str
    finish: Finish = "stop"
    input_tokens: int = 11
    output_tokens: int = 7
    pieces: int = 3
    """Into how many parts a stream cuts the text."""
    as_text: bool = False
    """Answers in words even where a tool is forced, as some servers do."""
    usage: bool = True
    """Whether tokens are told."""


@dataclass(frozen=True)
class Status:
    """Answers with an error status; a body of None is the provider's usual one."""

    status: int
    message: str = "it went wrong"
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True)
class Refuse:
    """Answers 400 to requests that hold a field, naming it, and as the next one says to others."""

    setting: str
    """The name of a field of the request's body, such as response_format."""
    otherwise: Behaviour


@dataclass(frozen=True)
class EchoKey:
    """Answers with an error that tells the caller's key back, in body and headers."""

    status: int = 401


@dataclass(frozen=True)
class Body:
    """Answers 200 with exactly these bytes."""

    data: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class Html:
    """Answers 200 with a web page, as captive portals do."""


@dataclass(frozen=True)
class CutBody:
    """Answers with half of the JSON, in good order."""

    text: str = "a text that is cut"


@dataclass(frozen=True)
class Disconnect:
    """Resets the connection in the middle of the answer; before its first byte if `early`."""

    text: str = "a text that breaks off"
    early: bool = False


@dataclass(frozen=True)
class StreamWithoutFinish:
    """Ends a stream in good order, half-way, without a finish reason."""

    text: str = "a text that stops"


@dataclass(frozen=True)
class ErrorInStream:
    """Begins to answer, then tells of an error."""

    kind: str = "overloaded_error"


@dataclass(frozen=True)
class Hang:
    """Says nothing until the server is closed."""


@dataclass(frozen=True)
class Drip:
    """Keeps the connection alive with blanks and never answers."""

    every_s: float = 0.02


@dataclass(frozen=True)
class NoChoice:
    """Answers in the right format, with nothing in it."""


Behaviour = (
    Say
    | Status
    | Refuse
    | EchoKey
    | Body
    | Html
    | CutBody
    | Disconnect
    | StreamWithoutFinish
    | ErrorInStream
    | Hang
    | Drip
    | NoChoice
)
Choose = Callable[[Received], Behaviour]
