"""Texts keep their placeholders, and only those."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import DomainError
from agentopt.graph.domains.text import Text, is_template, placeholders_in

_PARTS = st.one_of(
    st.text(st.characters(exclude_characters="{}"), max_size=8),
    st.sampled_from(["{a}", "{b!r}", "{a:>8}", "{b.x}", "{a[0]}", "{b:{a}}", "{{", "}}", "{{c}}", "{{{a}}}"]),
)


@given(st.lists(_PARTS, max_size=8))
def test_placeholders_are_those_of_str_format(parts: list[str]) -> None:
    """Where str.format can read a text, the same names are found in it."""
    text = "".join(parts)
    named = {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}
    nested = {"a"} if "{b:{a}}" in text else set()
    assert set(placeholders_in(text)) == named | nested


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"a": 1, "b": {"c": []}}', ()),
        ('say {word} as {"json": "{word}"}', ("word",)),
        ("{0} {} { a } {a b} {a-b} {", ()),
        ("{{name}} {{{other}}}", ("other",)),
        ("{größe} {x_1}", ("größe", "x_1")),
        ("set {x for x in y}", ()),
    ],
)
def test_other_braces_are_plain_text(text: str, names: tuple[str, ...]) -> None:
    """JSON, positions, expressions and doubled braces are no placeholders."""
    assert placeholders_in(text) == names


def test_missing_and_new_placeholders_are_named() -> None:
    """One sentence names every placeholder that is missing and every one that is new."""
    with pytest.raises(DomainError, match=r"\{a\}, \{b\} and no others, found \{b\} missing and \{c\} new"):
        Text(("a", "b")).check("{a} {c}")


def test_a_placeholder_may_change_its_form_and_its_number() -> None:
    """A placeholder may be formatted otherwise, moved, and used twice."""
    Text(("a", "b")).check("{b:>3} {a!r} {a}")


def test_no_placeholders_means_none() -> None:
    """An empty tuple refuses every placeholder, while None does not look."""
    Text().check("{a}")
    with pytest.raises(DomainError, match="no placeholders"):
        Text(()).check("{a}")


@pytest.mark.parametrize("text", ['{a} as {"b": 1}', "{a} {", "{a} }", "{a} {}", "{a} {0}"])
def test_a_template_has_no_single_braces(text: str) -> None:
    """What str.format could not fill in is refused, with what to write instead."""
    with pytest.raises(DomainError, match=r"\{\{ and \}\}"):
        Text(("a",), template=True).check(text)


def test_a_template_may_have_doubled_braces() -> None:
    """Doubled braces stand for plain ones."""
    Text(("a",), template=True).check('{a!r:>5} {a.b} as {{"b": 1}}')


@given(st.text(alphabet="{}ab.! "))
def test_templates_are_what_str_format_fills_in(text: str) -> None:
    """A text is a template just if str.format fills it in by names, whatever they hold."""

    class Anything:
        def __getattr__(self, name: str) -> Anything:
            return self

        def __format__(self, spec: str) -> str:
            return ""

    class Names(dict[str, Anything]):
        def __missing__(self, name: str) -> Anything:
            return Anything()

    try:
        text.format_map(Names())
        filled = all(name.partition(".")[0].isidentifier() for name in placeholders_in(text))
    except (ValueError, IndexError, AttributeError):
        filled = False
    if is_template(text):
        assert filled
