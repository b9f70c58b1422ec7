"""Columns of the tables that nothing reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.data.tables import read_tables
from agentopt.solvers.modeling.doubts.columns import unread_columns
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.language.analysis import analyze

STATED = {
    "sets": [{"name": "PLANTS", "data": {"table": "plants", "keys": ["plant"]}}],
    "parameters": [
        {"name": "room", "index": ["PLANTS"], "data": {"table": "plants", "keys": ["plant"], "column": "room_t"}}
    ],
    "variables": [{"name": "make", "index": ["PLANTS"]}],
    "objective": {"sense": "maximize", "expression": "sum(make[p] for p in PLANTS)"},
    "constraints": [{"name": "c", "expression": "make[p] <= room[p] for p in PLANTS"}],
}


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("Each plant pays its energy.", "doubt", "energy_t of plants.csv"),
        ("Make as much as there is room for.", "holds", "not read: energy_t of plants.csv"),
    ],
)
def test_a_column_that_the_text_speaks_of_must_be_read(text: str, level: str, words: str, tmp_path: Path) -> None:
    """A column that nothing reads is a doubt where the text names it, else it is only told."""
    (tmp_path / "plants.csv").write_text("plant,country,room_t,energy_t\nOslo,NO,3,7\nRome,IT,4,8\n", encoding="utf-8")
    tables = read_tables([tmp_path / "plants.csv"])
    (found,) = unread_columns(bind(analyze(Formulation.model_validate(STATED)), tables), tables, text)
    assert (found.level, all(word in found.detail for word in words.split())) == (level, True)
