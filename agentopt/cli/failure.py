"""Turns an exception into one sentence, one exit code and, where asked for, one JSON document."""

from __future__ import annotations

import json
import traceback
from typing import TextIO

from agentopt.cli.exits import FAILED, INTERRUPTED
from agentopt.cli.streams import emit, mention
from agentopt.cli.terminal import clean
from agentopt.errors import AgentoptError, InputError, LLMError

SCHEMAS = {"solve": "solution/1", "doctor": "doctor/1", "optimize": "result/1", "runs": "runs/1", "bench": "bench/1"}
"""The version of the document that a command prints; another number, another shape."""


class UsageError(InputError):
    """The command line cannot be read; the sentence ends with where to look."""


def report(error: BaseException, arguments: list[str], out: TextIO | None) -> int:
    """Tell the user what went wrong and return the exit code."""
    code = _exit_code(error)
    if "--debug" in arguments:
        mention(clean("".join(traceback.format_exception(error)), lines=True))
    sentence = clean(sentence_of(error))
    mention(f"agentopt: {sentence}\n")
    if "--json" in arguments:
        try:
            emit(json.dumps(_document(error, sentence, arguments), indent=2) + "\n", out)
        except AgentoptError as unwritten:
            mention(f"agentopt: {unwritten}\n")
            return FAILED
    return code


def _exit_code(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return error.exit_code if isinstance(error, AgentoptError) else FAILED


def sentence_of(error: BaseException) -> str:
    match error:
        case AgentoptError():
            return str(error) or type(error).__name__
        case KeyboardInterrupt():
            return "interrupted"
        case MemoryError():
            return "there is not enough memory for this problem"
        case OSError(strerror=str(reason)):
            return f"{error.filename}: {reason}" if error.filename is not None else reason
        case ModuleNotFoundError(name=str(name)) if not name.startswith("agentopt"):
            return f"the package {name} is not installed; pip install agentopt brings it"
    return f"internal error ({type(error).__name__}: {str(error)[:300]}); please report it; --debug shows the traceback"


def _document(error: BaseException, sentence: str, arguments: list[str]) -> dict[str, object]:
    told: dict[str, object] = {"kind": type(error).__name__, "message": sentence, "exit_code": _exit_code(error)}
    if isinstance(error, LLMError) and error.remedy:
        told["remedy"] = error.remedy
    element = getattr(error, "element", "")
    if element:
        told["element"] = element
    return {"agentopt": SCHEMAS.get(arguments[0], SCHEMAS["solve"]), "error": told}
