"""Brings a formulation and its data together, and refuses what does not fit before anything is solved."""

from __future__ import annotations

from ..instance import Data, Instance
from ..language.analysis import Analysis
from .binder import Binder, order
from .revise import has_changes, revised
from .tables import Tables


def bind(analysis: Analysis, tables: Tables | None = None) -> Instance:
    """Give every set its members and every parameter its values.

    Sets and parameters may be computed from one another in any order. A set that
    is read from a table holds the distinct rows of its key columns, in the order
    of the file: a table of costs by plant and market names each plant many times.
    Only a table that has no other columns must not repeat a row.

    Args:
        analysis: The formulation, its expressions read.
        tables: Where the `data` references look; none when all data stand in the formulation.

    Raises:
        DataError: A table or column is missing, a value is no number, a key is
            repeated, missing or outside of its set; the message names the place.
        FormulationError: The same of data that stand in the formulation, an empty
            set, or sets and parameters that need each other.
    """
    binder = Binder(analysis, tables or Tables())
    for name in order(analysis):
        binder.bind(name)
    formulation = analysis.formulation
    sets = {s.name: binder.sets[s.name] for s in formulation.sets}
    parameters = {p.name: binder.parameters[p.name] for p in formulation.parameters}
    instance = Instance(analysis, Data(sets, parameters, binder.defaults))
    return revised(instance) if has_changes(formulation) else instance
