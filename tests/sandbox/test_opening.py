"""Choosing a sandbox, refusing, and the words that allow less."""

from __future__ import annotations

import pytest

from agentopt.errors import InputError
from agentopt.sandbox import UNSAFE_WORDS, Level, Sandbox, open_sandbox, probe


def test_the_best_level_is_opened() -> None:
    """What opens is a sandbox that the system itself enforces."""
    with open_sandbox(preload=()) as sandbox:
        assert isinstance(sandbox, Sandbox)
        assert sandbox.level >= Level.SEATBELT


@pytest.mark.parametrize("minimum", ["none", "limits"])
def test_no_isolation_needs_words(minimum: str) -> None:
    """A minimum below isolation is refused and the words are named."""
    with pytest.raises(InputError, match=UNSAFE_WORDS):
        open_sandbox(minimum)


@pytest.mark.parametrize("words", ["", "yes", UNSAFE_WORDS.upper()])
def test_other_words_do_not_count(words: str) -> None:
    """The words count letter by letter."""
    with pytest.raises(InputError, match="expected unsafe_allowed_in_words"):
        open_sandbox(preload=(), unsafe_allowed_in_words=words)


def test_the_words_do_not_lower_what_holds() -> None:
    """The words allow less where there is less; where isolation holds it stays."""
    with open_sandbox(preload=(), unsafe_allowed_in_words=UNSAFE_WORDS) as sandbox:
        assert sandbox.level >= Level.LANDLOCK


def test_probing_tries_each_level() -> None:
    """The findings name each level, and what does not hold comes with a fix."""
    findings = {finding.name: finding for finding in probe()}
    assert {"landlock", "user namespaces", "level landlock", "level namespaces"} <= set(findings)
    assert all(finding.ok or finding.fix for finding in findings.values())
