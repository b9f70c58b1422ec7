"""Judges whether a reply is whole before anything is made of it or kept."""

from __future__ import annotations

from agentopt.errors import EmptyReplyError, LLMError, RefusalError, TruncatedError
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.plan import Plan


class Whole:
    """Turns replies that were cut off, declined or left empty into their own errors."""

    blocking = False

    def around(self, request: Request) -> Plan[Completion]:
        completion = yield request
        raise_unless_whole(completion)
        return completion


def raise_unless_whole(completion: Completion) -> None:
    """Raise the error that fits a reply which is not whole.

    Raises:
        TruncatedError: It stopped at the length limit, or ended without saying why.
        RefusalError: The model or its content filter declined.
        EmptyReplyError: There is no text.
    """
    provider, _, model = completion.model.partition("/")
    kind: type[LLMError]
    if completion.finish == "length":
        kind, said = TruncatedError, f"the reply was cut off at its length limit after {_tail(completion)}"
        remedy = "Raise max_tokens, or ask for less"
    elif completion.finish in ("filter", "refusal"):
        kind, said = RefusalError, f"{completion.model} declined to answer: {completion.text[:200]!r}"
        remedy = "Say the task in other words"
    elif completion.finish is None:
        kind, said = TruncatedError, f"the reply ended without a finish reason after {_tail(completion)}"
        remedy = "The connection was probably cut in between; try again"
    elif not completion.text.strip():
        kind, said, remedy = EmptyReplyError, f"{completion.model} sent a reply without text", ""
    else:
        return
    raise kind(said, provider=provider, model=model, attempts=completion.usage.calls, remedy=remedy)


def _tail(completion: Completion) -> str:
    return f"{len(completion.text)} characters, the last being {completion.text[-60:]!r}"
