"""A program is taken out of a reply whole, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import ReplyError, TruncatedError
from agentopt.llm import fenced, fenced_blocks

_LINES = st.lists(st.text(st.characters(exclude_characters="\r\n`~"), max_size=20), max_size=6)


@given(_LINES, _LINES, st.sampled_from(["```", "~~~", "`````"]), st.sampled_from(["\n", "\r\n"]))
def test_a_block_comes_out_as_it_went_in(prose: list[str], code: list[str], fence: str, end: str) -> None:
    """Whatever is in a block and around it, with either line end, the block's lines come back."""
    text = end.join([*prose, f"{fence}python", *code, fence, *prose])
    assert fenced(text, "python") == "".join(f"{line}\n" for line in code)


@pytest.mark.parametrize("info", ["python", "py", "Python3", "python title=x.py", "{.python}", " python"])
def test_a_language_has_many_spellings(info: str) -> None:
    """Short names, capitals and further words after the fence do not matter."""
    assert fenced(f"```{info}\nx = 1\n```", "python") == "x = 1\n"


def test_the_language_picks_the_block() -> None:
    """Blocks of other languages are passed over."""
    assert fenced("```json\n{}\n```\n```python\nx\n```\n```text\nout\n```", "python") == "x\n"


def test_one_block_without_a_language_will_do() -> None:
    """A model that forgets the word after the fence is understood."""
    assert fenced("Here:\n```\nx = 1\n```", "python") == "x = 1\n"


def test_a_longer_fence_may_hold_shorter_ones() -> None:
    """Markdown inside of a block does not end it."""
    assert fenced("````md\n```python\nx\n```\n````", "markdown") == "```python\nx\n```\n"


def test_thoughts_hold_drafts_only() -> None:
    """Blocks in <think> at the front do not count."""
    assert fenced("<think>\n```python\ndraft\n```\n</think>\n```python\nx\n```", "python") == "x\n"


@pytest.mark.parametrize("text", ["no block", "```json\n{}\n```", "```python\na\n```\n```python\nb\n```"])
def test_no_block_or_several_is_an_error(text: str) -> None:
    """It is never guessed which block is meant."""
    with pytest.raises(ReplyError, match="expected one fenced block of python"):
        fenced(text, "python")


def test_a_block_without_its_end_was_cut_off() -> None:
    """Half a program is no program."""
    with pytest.raises(TruncatedError, match="without its end"):
        fenced("```python\nx = [1,", "python")


def test_all_blocks_can_be_listed() -> None:
    """Languages and texts come in order, the unclosed last one marked."""
    blocks = fenced_blocks("```a\n1\n```\n```\n2\n```\n~~~b\n3")
    assert [(one.language, one.text, one.closed) for one in blocks] == [
        ("a", "1\n", True),
        ("", "2\n", True),
        ("b", "3\n", False),
    ]
