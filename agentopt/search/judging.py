"""What an optimizer may know of how its candidates are judged."""

from __future__ import annotations

from agentopt.search.dataset import Dataset, identity


def judging(dataset: Dataset) -> str:
    """How a search over these items judges a candidate, in sentences for a model."""
    shown = set(map(identity, dataset.train))
    seen = any(identity(item) in shown for item in dataset.validation)
    where = "which may be among those that you are shown" if seen else "none of which you are shown"
    said = [
        f"This is done on up to {_inputs(len(dataset.validation))} of the same kind, {where}, and the mean of the "
        "scores is compared with that of the present values and of the best values so far."
    ]
    if dataset.anchors:
        more = _inputs(len(dataset.anchors))
        said.append(f"A candidate that scores less than the first values did on any of {more} set apart is dropped.")
    if dataset.test:
        said.append(f"In the end the best is tested on {_inputs(len(dataset.test))} that are used for nothing else.")
    return " ".join(said)


def _inputs(n: int) -> str:
    return f"{n} input{'' if n == 1 else 's'}"
