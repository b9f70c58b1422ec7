"""What a model is made with, beside its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentopt.errors import InputError

if TYPE_CHECKING:
    from agentopt.llm.config import Config
    from agentopt.llm.retry import RetryPolicy


@dataclass(frozen=True)
class Options:
    """What is seldom set."""

    base_url: str | None = None
    """Of an OpenAI-compatible server (or of the named provider); goes before environment and file."""
    config: Config | None = None
    """None loads agentopt.toml and the environment."""
    retry: RetryPolicy | None = None


@dataclass(frozen=True)
class Files:
    """The files a model reads from or writes to."""

    cache: Path | None = None
    record: Path | None = None
    replay: Path | None = None

    def __post_init__(self) -> None:
        if self.replay is not None and (self.record is not None or self.cache is not None):
            raise InputError("a replay is neither recorded nor cached: give replay alone")
