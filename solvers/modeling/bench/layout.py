"""The field names under which the published files hold question, answer, id and kind.

NL4OPT, MAMO, IndustryOR, OptMATH as Cardinal Operations and optsuite give them:
    en_question, en_answer, id, difficulty
MAMO's own files                    Question, Answer, id, Type, Category
OptiBench (ReSocratic)              question, results, index, type
NLP4LP                              description, parameters, solution
LLMOPT's test sets, and our own     question, answer, id, kind
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentopt.errors import DataError

QUESTION = ("question", "en_question", "description", "problem", "prompt")
ANSWER = ("answer", "en_answer", "results", "solution", "ground_truth", "objective", "output")
ID = ("id", "index", "task_id", "problem_id", "name")
KIND = ("kind", "type", "problem_type", "difficulty", "category", "class")
DATA = ("parameters", "input", "data")
"""Numbers that the text leaves out; they are put below it."""

ABSENT = object()
"""Stands for an answer where there is no such field; null is an answer."""


@dataclass(frozen=True)
class Entry:
    """One entry of a file under the names that we use."""

    id: str
    """"" where the file has none."""
    kind: str
    question: str
    answer: object


def read_entry(fields: Mapping[str, object]) -> Entry:
    """Find the parts of an entry; the case of a field's name does not count.

    Raises:
        DataError: There is no question in it; the sentence lists the fields found and those accepted.
    """
    lower = {name.casefold(): value for name, value in fields.items()}
    question = _first(lower, QUESTION)
    if question is ABSENT:
        found = ", ".join(list(fields)[:20]) or "none"
        raise DataError(
            f"expected a question under one of the fields {', '.join(QUESTION)} "
            f"and an answer under one of {', '.join(ANSWER)}, found the fields {found}"
        )
    if not isinstance(question, str):
        raise DataError(f"expected the question as text, got {type(question).__name__}")
    return Entry(_word(lower, ID), _word(lower, KIND), _with_data(question, lower), _first(lower, ANSWER))


def _first(fields: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((fields[name] for name in names if name in fields), ABSENT)


def _word(fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    """The first of the fields that holds a word or a number."""

    def words() -> Iterator[str]:
        for name in names:
            value = fields.get(name)
            if isinstance(value, str | int | float) and str(value).strip():
                yield " ".join(str(value).split())[:80]

    return next(words(), "")


def _with_data(question: str, fields: Mapping[str, object]) -> str:
    data = _first(fields, DATA)
    if data is ABSENT or not data:
        return question
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"{question.rstrip()}\n\nData:\n{text}"
