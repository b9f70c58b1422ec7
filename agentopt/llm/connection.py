"""Makes a `Model` of a name; what it is made of is loaded at the first use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentopt.llm.options import Files, Options

if TYPE_CHECKING:
    from agentopt.llm.budget import Budget
    from agentopt.llm.model import AsyncChatModel, ChatModel


def connect(
    name: str | None = None,
    *,
    budget: Budget | None = None,
    cache: Path | None = None,
    record: Path | None = None,
    replay: Path | None = None,
    options: Options | None = None,
) -> ChatModel:
    """A model, ready to be asked; no request is sent and no SDK loaded before the first call.

    Args:
        name: As provider/name. None takes AGENTOPT_MODEL, then agentopt.toml, then the
            provider whose key is set, then a server on this machine.
        budget: Charged with every call.
        cache: A SQLite file that keeps replies.
        record: A JSON lines file to which every exchange is added.
        replay: A recording to answer from; no key, no SDK and no name is needed then.
        options: Address, configuration and retries.

    Raises:
        ConfigError: No model, no key, or a setting that cannot be used.
        FileError: A file cannot be used.
    """
    from agentopt.llm.model import ChatModel
    from agentopt.llm.stack import channel

    made, endpoint = channel(name, Files(cache, record, replay), options or Options())
    return ChatModel(made, budget, endpoint)


def connect_async(
    name: str | None = None,
    *,
    budget: Budget | None = None,
    cache: Path | None = None,
    record: Path | None = None,
    replay: Path | None = None,
    options: Options | None = None,
) -> AsyncChatModel:
    """The same for asyncio; see `connect`. Close it, or use it with `async with`, in the loop it was used in."""
    from agentopt.llm.model import AsyncChatModel
    from agentopt.llm.stack import async_channel

    made, endpoint = async_channel(name, Files(cache, record, replay), options or Options())
    return AsyncChatModel(made, budget, endpoint)
