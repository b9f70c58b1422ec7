"""The three kinds of failure that only the layers below a model tell apart."""

from __future__ import annotations

from agentopt.errors import ProviderError, TransportError


class ServerError(ProviderError):
    """The provider failed on its own side; it may pass."""


class NotSent(TransportError):
    """No connection could be made, so nothing was sent and nothing is billed."""


class Unsupported(ProviderError):
    """The server does not know a setting of the request.

    Attributes:
        setting: As in `Request.without`.
    """

    def __init__(self, message: str, *, setting: str, **where: object) -> None:
        super().__init__(message, **where)  # type: ignore[arg-type]
        self.setting = setting
