"""A search on a Dask cluster: a real scheduler, two worker processes, one of which is killed in the middle."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentopt.errors import InputError
from agentopt.search import Settings
from tests.search.program import facts, search

distributed = pytest.importorskip("distributed")
# The cluster's own threads and sockets are its affair.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*:UserWarning"),
]


@pytest.fixture(name="client", scope="module")
def _client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cluster = distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=2,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
            silence_logs=50,
        )
        with cluster, distributed.Client(cluster) as client:
            yield client


def test_a_search_on_a_cluster_ends_as_one_in_threads(client: Any) -> None:
    """The same seed gives the same result."""
    there, here = facts(search(executor=client)), facts(search())
    assert there.pop("spent")[2] == here.pop("spent")[2]
    assert there == here


def test_nothing_is_lost_when_a_worker_is_killed(client: Any, tmp_path: Path) -> None:
    """Its trials are run by another one, and no result counts twice."""
    killed: list[int] = []
    seen: list[tuple[int, str]] = []

    def told(progress: Any) -> None:
        seen.append((progress.candidate, progress.part))
        if len(seen) == 20:
            workers = client.run(os.getpid)
            killed.append(sorted(workers.values())[0])
            os.kill(killed[0], signal.SIGKILL)

    settings = Settings(width=2, progress=told)
    there, here = facts(search(executor=client.get_executor(), settings=settings)), facts(search())
    assert len(killed) == 1
    assert there.pop("spent")[2] == here.pop("spent")[2] == len(seen)
    assert there == here


def test_an_address_where_nobody_answers_is_refused() -> None:
    """In one sentence."""
    with pytest.raises(InputError, match="no Dask scheduler answers at 'nowhere'"):
        search(executor="dask:nowhere")
