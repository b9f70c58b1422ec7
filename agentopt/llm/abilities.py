"""What a server can do is learned from what it refuses, and kept for as long as the channel lives."""

from __future__ import annotations

import logging
from dataclasses import replace

from agentopt.llm.exchange import Completion, Request, Rung, Shape
from agentopt.llm.faults import Unsupported
from agentopt.llm.plan import Plan
from agentopt.llm.prompt import render

_LOG = logging.getLogger("agentopt.llm")


class Abilities:
    """Sends what the server takes: native JSON schema, else a forced tool, else words in the prompt.

    A refusal that names a setting moves one rung down, or leaves that setting
    out, and the request is sent again; later ones begin there.
    """

    blocking = False

    def __init__(self, model: str) -> None:
        self._model = model
        self._without: frozenset[str] = frozenset()
        # A server may know schemas but not this one, as when it is recursive.
        self._without_for: dict[str, frozenset[str]] = {}

    def around(self, request: Request) -> Plan[Completion]:
        refused = 0
        while True:
            wire = self._fit(request)
            try:
                completion = yield wire
            except Unsupported as refusal:
                refused += 1
                refusal.attempts = refused
                if refusal.setting in wire.without:
                    raise
                self._learn(refusal, request)
            else:
                usage = completion.usage
                return replace(completion, usage=replace(usage, calls=usage.calls + refused))

    def _fit(self, request: Request) -> Request:
        shape = request.shape
        without = self._without | self._without_for.get(shape.digest() if shape else "", frozenset())
        rung = Rung.NATIVE if "json_schema" not in without else Rung.TOOL if "tools" not in without else Rung.PROMPT
        if shape is None or rung is not Rung.PROMPT:
            return replace(request, rung=rung, without=without)
        asked = render("llm/json_reply", name=shape.name, schema=shape.json())
        return replace(request, messages=(*request.messages, *asked), rung=rung, without=without)

    def _learn(self, refusal: Unsupported, request: Request) -> None:
        setting, shape = refusal.setting, request.shape
        _LOG.warning("%s takes no %s; it is asked without from now on", self._model, setting)
        if shape is not None and setting == "tools":
            # A tool was only tried because native JSON was out of the question for this shape.
            self._without |= {"tools"}
            self._learn_of(shape, "json_schema")
        elif shape is not None and "invalid schema" in refusal.message.lower():
            self._learn_of(shape, setting)
        else:
            self._without |= {setting}

    def _learn_of(self, shape: Shape, setting: str) -> None:
        known = self._without_for.get(shape.digest(), frozenset())
        self._without_for[shape.digest()] = known | {setting}
