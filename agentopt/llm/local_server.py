"""Asks the usual ports of this machine for an OpenAI-compatible server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from agentopt.llm.provider import Provider

PROBE_S = 0.5


@dataclass(frozen=True)
class LocalServer:
    """An OpenAI-compatible server that answered on this machine."""

    provider: str
    base_url: str
    models: tuple[str, ...]


def find_servers(places: Sequence[Provider]) -> tuple[LocalServer, ...]:
    """The servers that answer within half a second, in the order of the places."""
    if not places:
        return ()
    with ThreadPoolExecutor(len(places), "agentopt-discover") as pool:
        return tuple(server for server in pool.map(_ask, places) if server is not None)


def _ask(place: Provider) -> LocalServer | None:
    """The server at a place, if what answers there lists models as OpenAI does."""
    if place.base_url is None:
        return None
    parts = urlsplit(place.base_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.hostname or "", parts.port, timeout=PROBE_S)
    try:
        line.request("GET", f"{parts.path.rstrip('/')}/models", headers={"Accept": "application/json"})
        response = line.getresponse()
        listed = json.loads(response.read(1 << 20)) if response.status == 200 else None
        names = [str(model["id"]) for model in listed["data"]] if listed else None
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        line.close()
    if names is None:
        return None
    # Embedding models answer no questions.
    return LocalServer(place.name, place.base_url, tuple(name for name in names if "embed" not in name.lower()))
