"""What is said of how candidates are judged."""

from __future__ import annotations

import pytest

from agentopt import Dataset
from agentopt.search.judging import judging


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (Dataset([1], [2, 3]), "on up to 2 inputs of the same kind, none of which you are shown"),
        (Dataset([1, 2], [1, 2]), "which may be among those that you are shown"),
        (Dataset([1], [2], [3]), "tested on 1 input that"),
        (Dataset([1], [2], anchors=[3, 4]), "on any of 2 inputs set apart is dropped"),
    ],
)
def test_it_says_on_how_many_inputs_of_which_kind(dataset: Dataset, words: str) -> None:
    """Numbers and parts are those of the dataset."""
    assert words in judging(dataset)


def test_only_parts_that_there_are_are_named() -> None:
    """Without anchors and test there is one sentence."""
    assert judging(Dataset([1], [2])).count(".") == 1
