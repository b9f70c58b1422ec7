"""Workers: versions stay loaded, what is not used goes, and only data crosses."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt.errors import CodecError, CodeError, SandboxError
from agentopt.graph.code.object_session import ObjectSession
from agentopt.graph.code.receiver import CALL_METHOD
from agentopt.graph.code.worker import LOAD_S, MAX_LOADED, Workers
from agentopt.graph.code.workplace import Workplace, default_sandbox
from agentopt.graph.domains.domain import same
from agentopt.sandbox.outcome import Limits, Outcome
from agentopt.sandbox.sandbox import Sandbox
from agentopt.sandbox.session import Session

COUNT = "n = 0\n\ndef target(*args, **kwargs):\n    global n\n    n += 1\n    return n + {offset}\n"


def target(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


@dataclass
class Watched:
    """A sandbox that keeps the sessions that it opened."""

    inner: Sandbox
    sessions: list[WatchedSession] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)

    def load(self, program: str, call: str, **settings: Any) -> Session:
        self.limits.append(settings["limits"])
        self.sessions.append(WatchedSession(self.inner.load(program, call, **settings)))
        return self.sessions[-1]  # type: ignore[return-value]


@dataclass
class WatchedSession:
    inner: Session
    is_closed: bool = False
    sent: list[Any] = field(default_factory=list)

    def call(
        self, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None, *, wall_s: float = 1
    ) -> Outcome:
        # As it was: the caller may change it later.
        self.sent.append(copy.deepcopy(args[0]) if args else None)
        return self.inner.call(args, kwargs, wall_s=wall_s)

    def close(self) -> None:
        self.is_closed = True
        self.inner.close()


@pytest.fixture
def watched() -> Iterator[Watched]:
    """The default sandbox, watched, or skip where there is none."""
    try:
        _ = default_sandbox().level
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")
    sandbox = Watched(default_sandbox())
    yield sandbox
    for session in sandbox.sessions:
        session.close()


@pytest.fixture
def workers(watched: Watched) -> Workers:
    return Workers(target, "target", Workplace(watched), is_async=False)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def echo() -> Any:
    """A version that returns what it gets."""
    try:
        _ = default_sandbox().level
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")
    source = "def target(*args, **kwargs):\n    return args, kwargs\n"
    return Workers(target, "target", Workplace(), is_async=False).runner(source, None)


def test_loaded_once(workers: Workers, watched: Watched) -> None:
    """A version is loaded at its first call and stays loaded for the next."""
    assert [workers.runner(COUNT.format(offset=0), None)() for _ in range(3)] == [1, 2, 3]
    assert len(watched.sessions) == 1


def test_versions_stay_apart(workers: Workers) -> None:
    """Each version has globals of its own."""
    calls = [workers.runner(COUNT.format(offset=offset), None)() for offset in (0, 100, 0, 100)]
    assert calls == [1, 101, 2, 102]


def test_least_recently_used_goes(workers: Workers, watched: Watched) -> None:
    """Of more versions than are kept, the one that was not used for longest is closed."""
    sources = [COUNT.format(offset=100 * place) for place in range(MAX_LOADED + 1)]
    for source in [*sources[:MAX_LOADED], sources[0], sources[MAX_LOADED]]:
        workers.runner(source, None)()
    assert [session.is_closed for session in watched.sessions] == [place == 1 for place in range(MAX_LOADED + 1)]


def test_evicted_version_is_loaded_again(workers: Workers) -> None:
    """A version that was closed works when it is called again, from its beginning, also by an old runner."""
    first = workers.runner(COUNT.format(offset=0), None)
    counts = [first(), first()]
    for offset in range(1, MAX_LOADED + 1):
        workers.runner(COUNT.format(offset=100 * offset), None)()
    assert [*counts, first()] == [1, 2, 1]


def test_closed_while_at_work(workers: Workers, watched: Watched) -> None:
    """A version that goes while it is called ends its session after the call."""
    loaded = workers._load(COUNT.format(offset=0), None)
    loaded.close()
    assert (loaded.run(None, [], {}).result, [one.is_closed for one in watched.sessions]) == (1, [True])


def test_arguments_that_cannot_cross(echo: Any) -> None:
    """An argument of another kind than data is named in one sentence, and so is where in it the trouble is."""
    with pytest.raises(CodecError, match=r"^args of target cannot be sent .*value\[0\]\[1\], got object$"):
        echo([1, object()])
    with pytest.raises(CodecError, match=r"^kwargs of target cannot be sent .*value\['key'\], got Workplace$"):
        echo(1, key=Workplace())


def test_argument_names(watched: Watched) -> None:
    """An argument by place is called as the function calls it, and an attribute by its object."""

    class Holder:
        def __init__(self) -> None:
            self.data = [1]

        def method(self, first: Any) -> Any:
            return first

    workers = Workers(Holder.method, "method", Workplace(watched), is_async=False)  # type: ignore[arg-type]
    holder = Holder()
    call = workers.runner("def method(self, first):\n    return self.data, first\n", holder)
    assert call(holder, 2) == ([1], 2)
    with pytest.raises(CodecError, match=r"^first of method"):
        call(holder, object())
    holder.data = [object()]  # type: ignore[list-item]
    with pytest.raises(CodecError, match=r"^self\.data of method"):
        call(holder, 1)


def test_results_that_cannot_cross(workers: Workers) -> None:
    """A result of another kind than data is a CodeError."""
    with pytest.raises(CodeError, match="object"):
        workers.runner("def target(*args, **kwargs):\n    return object()\n", None)()


def test_program_that_cannot_be_loaded(workers: Workers) -> None:
    """A version that fails when it is loaded is a CodeError of its kind at the call, with the line."""
    with pytest.raises(ZeroDivisionError) as caught:
        workers.runner("x = 1 / 0\n\ndef target(*args, **kwargs):\n    return x\n", None)()
    assert isinstance(caught.value, CodeError)
    assert caught.value.place == "line 1: x = 1 / 0"


def test_system_exit(workers: Workers) -> None:
    """Code that asks to leave does not end this program."""
    with pytest.raises(CodeError, match="exit"):
        workers.runner("def target(*args, **kwargs):\n    raise SystemExit(3)\n", None)()


def test_exception_without_text(workers: Workers) -> None:
    """A bare assert is an AssertionError with the line it stands on."""
    with pytest.raises(AssertionError) as caught:
        workers.runner("def target(*args, **kwargs):\n    assert args\n", None)()
    assert isinstance(caught.value, CodeError)
    assert (str(caught.value), caught.value.place) == ("", "line 2: assert args")


def test_text_with_a_place_in_it(workers: Workers) -> None:
    """A message that looks like a place, or has several lines, stays as it is."""
    source = "def target(*args, **kwargs):\n    raise ValueError('a (line 9: b)\\nc: d')\n"
    with pytest.raises(ValueError, match="a") as caught:
        workers.runner(source, None)()
    assert isinstance(caught.value, CodeError)
    assert (str(caught.value), caught.value.place[:7]) == ("a (line 9: b)\nc: d", "line 2:")


def test_numpy_crosses(echo: Any) -> None:
    """Arrays and numpy's numbers come back with type, shape and values."""
    table = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    (back, number), kwargs = echo(table, np.int8(3), mask=np.array([True, False]))
    assert (back.dtype, back.tolist(), type(number)) == (table.dtype, table.tolist(), np.int8)
    assert kwargs["mask"].tolist() == [True, False]


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@settings(max_examples=50)
@given(args=st.lists(plain, max_size=3), kwargs=st.dictionaries(st.text("abc", min_size=1), plain, max_size=2))
def test_data_crosses_exactly(echo: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Data comes back as it went, tuples as tuples and numbers of their types."""
    assert same(echo(*args, **kwargs), (tuple(args), kwargs))


@pytest.mark.parametrize(("call_s", "load_s", "cpu_s"), [(0.5, LOAD_S, 10.0), (60.0, 60.0, 60.0)])
def test_time_to_load(watched: Watched, call_s: float, load_s: float, cpu_s: float) -> None:
    """Loading has the time of a call, but always enough for imports; the processor may work all of a call's time."""
    workers = Workers(target, "target", Workplace(watched, call_s), is_async=False)  # type: ignore[arg-type]
    workers.runner(COUNT.format(offset=0), None)()
    assert [(one.wall_s, one.cpu_s) for one in watched.limits] == [(load_s, cpu_s)]


class Keeper:
    def __init__(self) -> None:
        self.large = [1, 2]
        self.small = 3

    def method(self, x: Any) -> Any:
        return x


KEEPER = (
    "def method(self, x):\n    if x:\n        self.large.append(x)\n        {then}\n    return self.large, self.small\n"
)


@pytest.fixture
def keepers(watched: Watched) -> Workers:
    return Workers(Keeper.method, "method", Workplace(watched), is_async=False)  # type: ignore[arg-type]


def test_only_what_changed_is_sent(keepers: Workers, watched: Watched) -> None:
    """Of an object's state a call sends what changed since the last, in this object or by taking another."""
    keeper, other = Keeper(), Keeper()
    other.small = 4
    call = keepers.runner(KEEPER.format(then="pass"), keeper)
    results = [call(keeper, 0), call(keeper, 0)]
    keeper.large.append(5)
    results += [call(keeper, 0), keepers.runner(KEEPER.format(then="pass"), other)(other, 0)]
    assert results == [([1, 2], 3), ([1, 2], 3), ([1, 2, 5], 3), ([1, 2], 4)]
    sent = [{"large": [1, 2], "small": 3}, {}, {"large": [1, 2, 5]}, {"large": [1, 2], "small": 4}]
    assert watched.sessions[0].sent == sent


@pytest.mark.parametrize("then", ["pass", "raise ValueError", "import os; os._exit(1)"])
def test_state_that_a_call_spoilt(keepers: Workers, then: str) -> None:
    """After a call that failed, the next one finds the object as it is."""
    keeper = Keeper()
    call = keepers.runner(KEEPER.format(then=then), keeper)
    call(keeper, 0)
    with pytest.raises(CodeError):
        call(keeper, 1)
    assert call(keeper, 0) == ([1, 2], 3)


def test_sessions_that_keep_nothing(keepers: Workers, watched: Watched) -> None:
    """A session that begins anew at each call is sent the whole state, as soon as that has shown."""
    prelude = keepers._load(KEEPER.format(then="pass"), Keeper()).around.prelude

    class Fresh(WatchedSession):
        def call(self, *args: Any, **kwargs: Any) -> Outcome:
            self.inner.close()
            self.inner = default_sandbox().load(KEEPER.format(then="pass"), CALL_METHOD, prelude=prelude)
            return super().call(*args, **kwargs)

    watched.sessions.append(Fresh(default_sandbox().load("", "f")))
    session, state = ObjectSession(watched.sessions[-1]), {"large": [1], "small": 2}  # type: ignore[arg-type]
    outcomes = [session.call([state, [0], {}], {}, wall_s=10) for _ in range(3)]
    assert [outcome.result for outcome in outcomes] == 3 * [([1], 2)]
    assert watched.sessions[-1].sent == [state, {}, state, state]
