"""Numbers in English words, read back from how they are said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.doubts.number_words import number_words

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen""".split()  # noqa: SIM905
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def said(n: int) -> str:
    """A number as it is said, by the rule of the language."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{ONES[n // 100]} hundred" + (f" and {said(n % 100)}" if n % 100 else "")
    return f"{said(n // 1000)} thousand" + (f" {said(n % 1000)}" if n % 1000 else "")


@given(st.integers(2, 999_999))
def test_every_number_in_words_is_read(n: int) -> None:
    """What is said is one number, and it is the one that was meant."""
    (found,) = number_words(f"they need {said(n)} crates")
    assert found.readings == (n,)


def test_words_beside_each_other_are_several_numbers() -> None:
    """A comma ends a number."""
    assert [found.readings for found in number_words("two, three or twenty, five")] == [(2,), (3,), (20,), (5,)]
