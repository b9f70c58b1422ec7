"""A user's module beside the one under test, with a global of the same name."""

from dataclasses import dataclass
from typing import ClassVar

LIMIT = -5


@dataclass
class Point:
    weight: ClassVar[int] = 2
    x: int
    y: int

    def total(self) -> int:
        return self.weight * (self.x + self.y) + LIMIT


def scaled(value: int) -> int:
    return value * LIMIT
