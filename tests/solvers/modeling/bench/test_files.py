"""Every published layout by an example of our own, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentopt.errors import AgentoptError, DataError, FileError
from agentopt.solvers.modeling.bench.files import load_benchmark
from agentopt.solvers.modeling.bench.item import Benchmark

ASKED = "Each stool brings 4. At most five can be made. What is the most that can be earned?"
OTHER = "Each bench brings 9. At most two can be made. What is the most that can be earned?"


def lines(*entries: Any) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


LAYOUTS: dict[str, tuple[str, str]] = {
    "ours": ("a.jsonl", lines({"id": "s", "source": "-", "kind": "LP", "question": ASKED, "answer": 20, "note": ""})),
    "NL4OPT": ("a.jsonl", lines({"en_question": ASKED, "en_answer": "20.0"})),
    "MAMO": ("a.jsonl", lines({"id": 1, "Question": ASKED, "Answer": "20", "Category": "optimization", "Type": "LP"})),
    "IndustryOR": ("a.json", lines({"en_question": ASKED, "en_answer": "20", "difficulty": "Easy", "id": 0})),
    "OptMATH": ("a.json", json.dumps([{"en_question": ASKED, "en_answer": 20.0, "id": 7}], indent=4)),
    "OptiBench": (
        "a.json",
        json.dumps([{"question": ASKED, "results": {"Most": "20.0"}, "type": "linear-notable", "index": 0}]),
    ),
    "NLP4LP": ("a.jsonl", lines({"id": 3, "description": ASKED, "solution": '{"variables": {}, "objective": 20}'})),
    "LLMOPT": ("a.jsonl", lines({"question": ASKED, "answer": "20"})),
    "by id": ("a.json", json.dumps({"prob_1": {"question": ASKED, "answer": 20}})),
}  # fmt: skip


def load(tmp_path: Path, name: str, text: str) -> Benchmark:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_benchmark(path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_question_and_answer(tmp_path: Path, layout: str) -> None:
    """The fields are found by their names, whichever file they come from."""
    benchmark = load(tmp_path, *LAYOUTS[layout])
    (item,) = benchmark.items
    assert (item.question, [value for _, value in benchmark.key[item.id].values]) == (ASKED, [20.0])


@pytest.mark.parametrize(
    ("layout", "name", "kind"),
    [
        ("ours", "s", "LP"),
        ("NL4OPT", "a-1", "a"),
        ("MAMO", "1", "LP"),
        ("IndustryOR", "0", "Easy"),
        ("OptiBench", "0", "linear-notable"),
        ("by id", "prob_1", "a"),
    ],
)
def test_id_and_kind_are_the_files_or_made(tmp_path: Path, layout: str, name: str, kind: str) -> None:
    """Where a file has none, the place of the entry and the name of the file stand for them."""
    (item,) = load(tmp_path, *LAYOUTS[layout]).items
    assert (item.id, item.kind) == (name, kind)


def test_an_item_does_not_hold_its_answer(tmp_path: Path) -> None:
    """Question and key are apart from the moment they are read."""
    (item,) = load(tmp_path, "a.jsonl", lines({"question": ASKED, "answer": 987654})).items
    assert "987654" not in repr(item)


def test_a_folder_of_complexor_is_read_with_its_data(tmp_path: Path) -> None:
    """A text that leaves its numbers out gets those of the sample, and never the sample's output."""
    folder = tmp_path / "set" / "stools"
    folder.mkdir(parents=True)
    (folder / "description.txt").write_text("Each stool brings `Price`.", encoding="utf-8")
    (folder / "sample.json").write_text(json.dumps([{"input": {"Price": 4}, "output": [987654.0]}]), encoding="utf-8")
    benchmark = load_benchmark(tmp_path / "set")
    (item,) = benchmark.items
    assert (item.id, item.question) == ("stools", 'Each stool brings `Price`.\n\nData:\n{"Price": 4}')
    assert benchmark.key["stools"].values == (("", 987654.0),)


def test_a_folder_of_nlp4lp_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    """Problem 10 comes after problem 2, each with its parameters and its solution."""
    for number in (10, 2):
        folder = tmp_path / "nlp4lp" / str(number)
        folder.mkdir(parents=True)
        (folder / "description.txt").write_text(f"Problem {number}", encoding="utf-8")
        (folder / "parameters.json").write_text('{"Price": 4}', encoding="utf-8")
        (folder / "solution.json").write_text(json.dumps({"objective": number}), encoding="utf-8")
    benchmark = load_benchmark(tmp_path / "nlp4lp")
    assert [item.id for item in benchmark.items] == ["2", "10"]
    assert [benchmark.key[item.id].values[0][1] for item in benchmark.items] == [2.0, 10.0]


def test_equal_ids_are_told_apart(tmp_path: Path) -> None:
    """No entry takes the answer of another one that bears its id."""
    entries = [{"id": "a", "question": ASKED, "answer": 1}, {"id": "a#2", "question": ASKED, "answer": 2}]
    benchmark = load(tmp_path, "a.jsonl", lines(*entries, {"id": "a", "question": OTHER, "answer": 3}))
    assert {item.id: benchmark.key[item.id].values[0][1] for item in benchmark.items} == {"a": 1, "a#2": 2, "a#3": 3}


def test_what_cannot_be_scored_is_left_out_by_name(tmp_path: Path) -> None:
    """An answer that is missing or no number, or an empty text, counts neither for nor against; the file says which."""
    benchmark = load(
        tmp_path,
        "a.jsonl",
        lines(
            {"id": "good", "question": ASKED, "answer": 20},
            {"id": "share", "question": ASKED, "answer": "35%"},
            {"id": "none", "question": ASKED},
            {"id": "blank", "question": " ", "answer": 1},
        ),
    )
    assert [item.id for item in benchmark.items] == ["good"]
    assert benchmark.left_out == (
        "share: expected a number or a word for no solution, got '35%'",
        "none: expected an answer, found none",
        "blank: expected a problem in words, got an empty text",
    )


def test_unknown_fields_are_told_with_those_accepted(tmp_path: Path) -> None:
    """One sentence lists what was found and what is accepted."""
    with pytest.raises(DataError) as caught:
        load(tmp_path, "a.jsonl", lines({"document": ASKED, "label": 20}))
    sentence = str(caught.value)
    assert "a.jsonl', entry 1: expected a question under one of the fields question, en_question" in sentence
    assert "an answer under one of answer, en_answer, results" in sentence
    assert sentence.endswith("found the fields document, label")


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("[1, 2]", "entry 1: expected an object with a question and an answer, got '1'"),
        ('{"question": "a", "answer": 1}\n{"question": ', "line 2: expected JSON"),
        ('[{"question": "a", "answer": 1}', "line 1: expected JSON"),
        ("hello", "line 1: expected JSON, got 'hello'"),
        ("[]", "holds no problem with an answer"),
        ('{"question": "a"}', "the first: a-1: expected an answer, found none"),
        ('{"question": 3, "answer": 1}', "expected the question as text, got int"),
        ("", "is empty"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(tmp_path: Path, text: str, finding: str) -> None:
    """Where it is, what was expected, and what came."""
    with pytest.raises(AgentoptError) as caught:
        load(tmp_path, "a.jsonl", text)
    assert finding in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_problems_is_told(tmp_path: Path) -> None:
    """The sentence names what such a folder would hold."""
    with pytest.raises(FileError, match=r"subfolders that hold description\.txt each"):
        load_benchmark(tmp_path)
