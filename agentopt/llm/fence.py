"""Takes a program out of a reply: code travels in a fenced block, never inside a JSON string."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agentopt.errors import ReplyError, TruncatedError

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_ALIASES = {
    "py": "python",
    "python3": "python",
    "js": "javascript",
    "md": "markdown",
    "sh": "bash",
    "shell": "bash",
}


@dataclass(frozen=True)
class Block:
    """A fenced block of a Markdown text."""

    language: str
    """The first word after the fence, in lower case, common short names written out; "" without one."""
    text: str
    closed: bool = True


def fenced(text: str, language: str = "") -> str:
    """The one fenced block of a language in a reply, with a newline at its end.

    A block without a language counts if it is the only block. Thoughts that a model
    put in front (<think>...</think>) are passed over, as they hold drafts.

    Args:
        text: The reply.
        language: As after the fence, such as python; "" takes a block of any language.

    Raises:
        ReplyError: There is no such block, or more than one.
        TruncatedError: The block is not closed, so the reply was cut off.
    """
    blocks = fenced_blocks(_THOUGHT.sub("", text))
    wanted = _canonical(language)
    fitting = [block for block in blocks if not wanted or block.language == wanted]
    if not fitting and len(blocks) == 1 and not blocks[0].language:
        fitting = blocks
    asked = f"one fenced block{f' of {language}' if language else ''} in the reply"
    if len(fitting) != 1:
        seen = ", ".join(block.language or "no language" for block in blocks) or "none at all"
        raise ReplyError(f"expected {asked}, found {len(fitting)} (blocks: {seen}); the reply begins {text[:80]!r}")
    if not fitting[0].closed:
        raise TruncatedError(f"expected {asked}, found one without its end; it stops at {text[-60:]!r}")
    return fitting[0].text


def fenced_blocks(text: str) -> list[Block]:
    """All fenced blocks of a text, outermost only; the last may be without its end."""
    blocks: list[Block] = []
    fence, language, lines = "", "", list[str]()
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        match = _FENCE.fullmatch(line)
        if not fence:
            if match and "`" not in match[2]:
                fence, language, lines = match[1], _canonical(match[2]), []
        elif match and match[1].startswith(fence) and not match[2].strip():
            blocks.append(Block(language, _joined(lines)))
            fence = ""
        else:
            lines.append(line)
    if fence:
        blocks.append(Block(language, _joined(lines), closed=False))
    return blocks


def _canonical(info: str) -> str:
    words = info.strip().lower().split()
    word = words[0].strip("{}.") if words else ""
    return _ALIASES.get(word, word)


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
