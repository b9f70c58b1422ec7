"""The items that a workflow is tried on, kept apart by what they may be used for."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agentopt import tagged
from agentopt.errors import CodecError, InputError

Part = Literal["train", "validation", "test", "anchors"]
SMALLEST_SPLIT = 6
"""Fewer items than this are not split: all of them give feedback and choose, and there is no held-out test."""
_TEST_SHARE, _TRAIN_SHARE = 0.3, 0.25


@dataclass(frozen=True)
class Dataset:
    """Items, each of which has one use.

    Tuning on the items that a result is reported on is the commonest way to fool oneself, so the parts have no item in
    common (Eimer et al., ICML 2023), but for train and validation where a user wants that.

    Raises:
        InputError: There is no item to choose candidates on, or an item of the test is used for tuning as well.
    """

    train: Sequence[Any]
    """Give feedback to the optimizer, which may learn them by heart."""
    validation: Sequence[Any]
    """Choose among candidates."""
    test: Sequence[Any] = ()
    """Tell what the chosen candidate is worth, once."""
    anchors: Sequence[Any] = ()
    """Must not get worse: a candidate that scores less on one of them than the start did is dropped."""

    def __post_init__(self) -> None:
        for name in ("train", "validation", "test", "anchors"):
            items = getattr(self, name)
            if isinstance(items, str | bytes) or not isinstance(items, Iterable):
                raise InputError(f"expected the {name} items as a list, got {type(items).__name__}")
            object.__setattr__(self, name, tuple(items))
        if not self.train or not self.validation:
            raise InputError(
                f"expected at least one item each to train and to validate on, got {len(self.train)} and "
                f"{len(self.validation)}"
            )
        tuned = {identity(item) for item in (*self.train, *self.validation, *self.anchors)}
        leaked = sum(identity(item) in tuned for item in self.test)
        if leaked:
            raise InputError(
                f"expected a test of items that are used for nothing else, but {leaked} of {len(self.test)} are among "
                "those for tuning as well"
            )

    @classmethod
    def of(cls, data: Dataset | Iterable[Any], seed: int = 0) -> Dataset:
        """Take a dataset as it is, and split anything else at random: 25 % train, 45 % validation, 30 % test.

        Equal items stay in one part. Fewer than SMALLEST_SPLIT different items are not split.

        Raises:
            InputError: There is no item.
        """
        if isinstance(data, Dataset):
            return data
        if isinstance(data, str | bytes) or not isinstance(data, Iterable):
            raise InputError(f"expected data as a list of items or a Dataset, got {type(data).__name__}")
        items = list(data)
        if not items:
            raise InputError("expected at least one item of data, got none")
        groups: dict[Hashable, list[Any]] = {}
        for item in items:
            groups.setdefault(identity(item), []).append(item)
        if len(groups) < SMALLEST_SPLIT:
            return cls(items, items)
        shuffled = list(groups.values())
        random.Random(seed).shuffle(shuffled)
        n_test, n_train = round(len(shuffled) * _TEST_SHARE), max(1, round(len(shuffled) * _TRAIN_SHARE))
        parts = shuffled[:n_test], shuffled[n_test : n_test + n_train], shuffled[n_test + n_train :]
        test, train, validation = ([item for group in part for item in group] for part in parts)
        return cls(train, validation, test)

    def part(self, name: Part) -> Sequence[Any]:
        """The items of a part."""
        items: Sequence[Any] = getattr(self, name)
        return items

    def digest(self) -> str:
        """Tells this dataset from any other, in any session."""
        known = [[identity(item) for item in self.part(name)] for name in ("train", "validation", "test", "anchors")]
        return hashlib.sha256(repr(known).encode()).hexdigest()


def identity(item: object) -> str:
    """Tells an item from others by what it holds; an object that is no data is known by its text."""
    try:
        data = tagged.dumps(item, max_bytes=1 << 30)
    except CodecError:
        data = repr(item).encode(errors="backslashreplace")
    return hashlib.sha256(data).hexdigest()
