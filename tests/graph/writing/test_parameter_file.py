"""Files of parameters: what was saved comes back exactly, a person can edit them, and nothing changes on failure."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Module, graph, parameter, trace
from agentopt.errors import DomainError, FileError, InputError
from agentopt.graph import Choice, Code, Data, Exemplars, Integer, Parameter, Real, Text
from agentopt.graph.domains.domain import same
from agentopt.graph.writing.parameter_file import load, save
from agentopt.graph.writing.textfile import write_text
from agentopt.graph.writing.yaml_text import MAX_BYTES

FREE = Text(placeholders=None)


class Agent(Module):
    def __init__(self) -> None:
        self.prompt = parameter("Be brief.", name="prompt")
        self.temperature = parameter(0.5, Real(0, 1))


def history(one: Parameter[Any]) -> tuple[int, list[tuple[Any, ...]]]:
    """All that is known of a parameter's versions."""
    return one.version.number, [(v.number, v.then, v.parent, v.author, v.reason, v.score) for v in one.versions]


def trained() -> Agent:
    agent = Agent()
    agent.prompt.set("Be\n  very brief.\n", author="model:small", reason="It was: long\n- winded").score = 0.25
    agent.prompt.set("Be brief!", parent=0).score = -1.0
    agent.prompt.use(1)
    return agent


def anything() -> Any:
    return Data(Any)


texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\r\t \"'\\#:-|>%@`\x00\x85\u2028\ufeff"))


@given(values=st.lists(texts, min_size=1, max_size=4))
def test_texts_come_back_exactly(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    """Any text comes back character for character, whatever YAML would make of it."""
    path = tmp_path_factory.getbasetemp() / f"texts{os.getpid()}.yaml"
    one, other = parameter(values[0], FREE), parameter("", FREE)
    for value in values[1:]:
        one.set(value, reason=value)
    save([one], path)
    load([other], path)
    assert history(other) == history(one)


data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(value=data)
def test_data_comes_back_exactly(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    """Any JSON value comes back with the types of its parts."""
    path = tmp_path_factory.getbasetemp() / f"data{os.getpid()}.yaml"
    other = parameter(None, anything())
    save([parameter(value, anything())], path)
    load([other], path)
    assert same(other.data, value)


@pytest.mark.parametrize(
    ("value", "other", "domain"),
    [
        (3, 4, Integer(0, 10)),
        (10**400, 0, Integer()),
        (0.1, 0.2, Real(0, 1)),
        (True, False, Choice((True, False))),
        ("yes", "no", Choice(("yes", "no", "1"))),
        (None, "a", Choice((None, "a"))),
        ((2, 0), (0, 1), Exemplars(["a", "b", "c"], 2)),
        ([(1, "a")], [], Data(list[tuple[int, str]])),
        ({3: 0.5}, {}, Data(dict[int, float])),
        ("on", "off", FREE),
        ("def f(x):\n    return x\n", "def f(x):\n    return 2\n", Code.from_source("def f(x):\n    return x\n")),
    ],
)
def test_every_kind_comes_back(tmp_path: Path, value: Any, other: Any, domain: Any) -> None:
    """A value of each domain comes back equal and of its type."""
    found = parameter(other, domain)
    save([parameter(value, domain)], tmp_path / "p.yaml")
    load([found], tmp_path / "p.yaml")
    assert same(found.data, value)


@dataclass
class Point:
    x: int
    tags: tuple[str, ...] = ()


class Model(pydantic.BaseModel):
    name: str
    points: list[Point]


@pytest.mark.parametrize(
    ("value", "other"), [(Point(1, ("a",)), Point(0)), (Model(name="m", points=[Point(2)]), Model(name="", points=[]))]
)
def test_typed_objects_come_back(tmp_path: Path, value: Any, other: Any) -> None:
    """Dataclasses and pydantic models come back as such, by way of JSON."""
    one, two = (parameter(start, Data(type(value))) for start in (value, other))
    save([one], tmp_path / "p.yaml")
    load([two], tmp_path / "p.yaml")
    assert (two.data, type(two.data)) == (value, type(value))


def test_typed_objects_are_checked(tmp_path: Path) -> None:
    """A typed object whose JSON was edited into none is a DomainError, and no parameter changed."""
    path, one = tmp_path / "p.yaml", parameter(Point(1), Data(Point))
    save([one], path)
    path.write_text(path.read_text().replace("x: 1", "x: one"))
    with pytest.raises(DomainError, match=r"p\.yaml, parameter '\[0\]': "):
        load([one], path)
    assert one.data == Point(1)


def test_versions_come_back(tmp_path: Path) -> None:
    """Numbers, parents, authors, reasons, scores and the current version come back."""
    agent, other = trained(), Agent()
    agent.save(tmp_path / "a.yaml")
    other.load(tmp_path / "a.yaml")
    assert [history(one) for one in other.parameters()] == [history(one) for one in agent.parameters()]


def test_lineage_comes_back(tmp_path: Path) -> None:
    """Best, lineage and undo work after loading as before saving."""
    agent, other = trained(), Agent()
    agent.save(tmp_path / "a.yaml")
    other.load(tmp_path / "a.yaml")
    best = other.prompt.best
    assert best is not None
    assert (best.number, [one.number for one in other.prompt.lineage()], other.prompt.undo().number) == (1, [1, 0], 0)


def test_file_is_readable(tmp_path: Path) -> None:
    """Texts of several lines stand in the file as they are, and what is as usual is left out."""
    trained().save(tmp_path / "a.yaml")
    assert (tmp_path / "a.yaml").read_text() == (
        "# Parameters written by agentopt. `current` is the number of the version in use, counted from 0.\n"
        "format: 1\n"
        "parameters:\n"
        "  prompt:\n"
        "    current: 1\n"
        "    versions:\n"
        "    - value: Be brief.\n"
        "    - author: model:small\n"
        "      reason: |-\n"
        "        It was: long\n"
        "        - winded\n"
        "      parent: 0\n"
        "      score: 0.25\n"
        "      value: |\n"
        "        Be\n"
        "          very brief.\n"
        "    - parent: 0\n"
        "      score: -1.0\n"
        "      value: Be brief!\n"
        "  temperature:\n"
        "    current: 0\n"
        "    versions:\n"
        "    - value: 0.5\n"
    )


def test_same_file_twice(tmp_path: Path) -> None:
    """Saving what was loaded writes the same bytes."""
    trained().save(tmp_path / "a.yaml")
    other = Agent()
    other.load(tmp_path / "a.yaml")
    other.save(tmp_path / "b.yaml")
    assert (tmp_path / "b.yaml").read_bytes() == (tmp_path / "a.yaml").read_bytes()


def test_edited_by_hand(tmp_path: Path) -> None:
    """A person may change a value, add a version without more than its value, and choose it."""
    path = tmp_path / "a.yaml"
    Agent().save(path)
    text = path.read_text().replace("current: 0", "current: 1", 1).replace("Be brief.", "Be nice.\n    - value: Hello")
    path.write_text(text)
    agent = Agent()
    agent.load(path)
    assert history(agent.prompt) == (
        1,
        [(0, "Be nice.", None, "human", "", None), (1, "Hello", None, "human", "", None)],
    )


def test_learned_code(tmp_path: Path) -> None:
    """The code of a trainable method is saved with the object's other parameters, and runs after loading."""

    class Solver(Agent):
        @trace(trainable=True)
        def solve(self, x: int) -> int:
            return x

    one, other = Solver(), Solver()
    one.solve.parameter.set("def solve(self, x: int) -> int:\n    return 10 * x\n", author="model:small")
    one.save(tmp_path / "s.yaml")
    other.load(tmp_path / "s.yaml")
    assert (history(other.solve.parameter), other.solve(2).data) == (history(one.solve.parameter), 20)


def test_places_are_paths(tmp_path: Path) -> None:
    """Parameters in containers come back to their places."""
    one = {"a": [parameter("x", FREE), parameter("y", FREE)], "b": parameter(1, Integer())}
    other = {"b": parameter(5, Integer()), "a": [parameter("p", FREE), parameter("q", FREE)]}
    save(one, tmp_path / "p.yaml")
    load(other, tmp_path / "p.yaml")
    pair: Any = other["a"]
    assert [pair[0].data, pair[1].data, other["b"].data] == ["x", "y", 1]  # type: ignore[union-attr]


def test_missing_parameter(tmp_path: Path) -> None:
    """A file that lacks a parameter of the object is refused by its name."""
    save({"prompt": parameter("x")}, tmp_path / "p.yaml")
    with pytest.raises(InputError, match=r"no parameter 'prompt'; it has \['prompt'\]"):
        load(Agent(), tmp_path / "p.yaml")


def test_unknown_parameter(tmp_path: Path) -> None:
    """A file that has more parameters than the object is refused by the name of one."""

    class Larger(Agent):
        def __init__(self) -> None:
            super().__init__()
            self.other = parameter("x")

    Larger().save(tmp_path / "p.yaml")
    with pytest.raises(InputError, match="a parameter 'other', which is not among prompt, temperature"):
        Agent().load(tmp_path / "p.yaml")


def written(path: Path, change: Callable[[str], str]) -> Path:
    trained().save(path)
    path.write_text(change(path.read_text()))
    return path


@pytest.mark.parametrize(
    ("old", "new", "error", "reason"),
    [
        ("0.5", "1.5", DomainError, "'temperature': expected .*1.5"),
        ("value: 0.5", "value: warm", DomainError, "'temperature'"),
        ("current: 1", "current: 3", FileError, "current is 3, of 3 versions"),
        ("current: 1", "current: true", FileError, "current is True"),
        ("current: 1", "currant: 1", FileError, "'prompt': .*no 'current'"),
        ("parent: 0", "parent: 2", FileError, "version 1 names 2 as its parent"),
        ("parent: 0", "parent: first", FileError, "as parent, got 'first'"),
        ("score: 0.25", "score: high", FileError, "as score, got 'high'"),
        ("score: 0.25", "score: .nan", FileError, "as score, got nan"),
        ("value: 0.5", "valve: 0.5", FileError, "'temperature': .*no 'value'"),
        ("value: 0.5", "value: {$set: 3}", FileError, r"'temperature': .*\$set|a list"),
        ("- value: 0.5", "- 0.5", FileError, "'temperature'"),
        ("format: 1", "format: 2", FileError, "format: 1"),
        ("parameters:", "parameters: [", FileError, "is no YAML"),
        ("parameters:", "parameters: !!python/name:os.system ", FileError, "is no YAML"),
        ("temperature:", "? [1, 2]\n  :", FileError, "is no YAML"),
        ("temperature:", "? [{}]\n  :", FileError, "cannot be a key"),
        ("temperature:", "prompt:", FileError, r"the key 'prompt' stands twice in one place \(line \d+\)"),
        ("parent: 0", "parent: 0\n      parent: 0", FileError, "the key 'parent' stands twice"),
        ("value: 0.5", "value: {a: 1, 'a': 2}", FileError, "the key 'a' stands twice"),
        ("temperature:", "7:", FileError, "expected the name of a parameter, got 7"),
    ],
)
def test_faults_of_a_file(tmp_path: Path, old: str, new: str, error: type[Exception], reason: str) -> None:
    """Each fault is one sentence that says where it is, and no parameter changed."""
    path = written(tmp_path / "a.yaml", lambda text: text.replace(old, new, 1))
    agent = trained()
    agent.prompt.set("Later.")
    before = [history(one) for one in agent.parameters()]
    with pytest.raises(error, match=reason) as caught:
        agent.load(path)
    assert (str(path) in str(caught.value), "\n" in str(caught.value)) == (True, False)
    assert [history(one) for one in agent.parameters()] == before


@pytest.mark.parametrize(
    "content", [b"", b"[1, 2]", b"just text", b"parameters: {}", b"\xff\xfe\x00", b"a: &x [*x]", b"["]
)
def test_other_files(tmp_path: Path, content: bytes) -> None:
    """Other YAML, no YAML and no text at all are FileErrors that name the file."""
    path = tmp_path / "other.yaml"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"other\.yaml"):
        Agent().load(path)


def test_deep_yaml(tmp_path: Path) -> None:
    """A file that nests without end is refused like any other that is none."""
    path = tmp_path / "deep.yaml"
    path.write_text("[" * 5000)
    with pytest.raises(FileError, match="is no YAML"):
        Agent().load(path)


def test_aliases(tmp_path: Path) -> None:
    """Parts that stand for other parts, of which a few fill all memory, are refused before they are read."""
    path, names = tmp_path / "laughs.yaml", "abcdefghi"
    lines = [f"{name}: &{name} [{', '.join(10 * [f'*{before}'])}]" for before, name in itertools.pairwise(names)]
    path.write_text("\n".join(["a: &a [x]", *lines, "format: 1", "parameters: *i"]))
    with pytest.raises(FileError, match=r"laughs\.yaml is no YAML of parameters: it uses an alias .*\(line 2\)$"):
        load([], path)


def test_size(tmp_path: Path) -> None:
    """A file of more than 64 MiB is neither written nor read."""
    path = tmp_path / "large.yaml"
    with pytest.raises(FileError, match="64 MiB"):
        save(parameter(MAX_BYTES * "x", FREE), path)
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(FileError, match="64 MiB"):
        load([], path)


def test_lone_function(tmp_path: Path) -> None:
    """What is no module is saved and loaded by the functions of the package."""

    @trace(trainable=True)
    def twice(x: int) -> int:
        return x + x

    twice.parameter.set("def twice(x: int) -> int:\n    return 2 * x\n", author="model:small")
    graph.save(twice, tmp_path / "f.yaml")
    before = history(twice.parameter)
    twice.parameter.set("def twice(x: int) -> int:\n    return 0\n")
    graph.load(twice, tmp_path / "f.yaml")
    assert history(twice.parameter) == before


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is a FileError, as is a folder."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(FileError, match="cannot read"):
            Agent().load(path)


def test_unwritable_folder(tmp_path: Path) -> None:
    """Where the file cannot be made, it is a FileError, and nothing is left behind."""
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "none" / "a.yaml", tmp_path / "file" / "a.yaml", tmp_path, Path("a\0b"), Path()):
        with pytest.raises(FileError, match="cannot write"):
            Agent().save(path)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_what_stood_there_stays(tmp_path: Path) -> None:
    """A value that no file can hold leaves the file as it was."""
    path = tmp_path / "a.yaml"
    save([parameter("x")], path)
    before = path.read_bytes()
    with pytest.raises(FileError, match="'odd'"):
        save(parameter(Path(), Data(Any), name="odd"), path)
    assert (path.read_bytes(), [one.name for one in tmp_path.iterdir()]) == (before, ["a.yaml"])


def test_text_that_is_no_unicode(tmp_path: Path) -> None:
    """Half of a surrogate pair, which no file of UTF-8 holds as it is, comes back in a reason."""
    one, other = parameter("x", FREE), parameter("", FREE)
    one.set("y", reason="a\ud800")
    save([one], tmp_path / "a.yaml")
    load([other], tmp_path / "a.yaml")
    assert other.version.reason == "a\ud800"


def test_write_text_refuses_what_it_cannot_encode(tmp_path: Path) -> None:
    """A text that no file can hold leaves the file as it was."""
    (tmp_path / "a").write_text("x")
    with pytest.raises(FileError, match="cannot write"):
        write_text(tmp_path / "a", "a\ud800")
    assert ((tmp_path / "a").read_text(), len(list(tmp_path.iterdir()))) == ("x", 1)


def test_nothing_to_save(tmp_path: Path) -> None:
    """An object without parameters has a file without entries, which it reads."""
    save([], tmp_path / "a.yaml")
    load([], tmp_path / "a.yaml")
    assert "parameters: {}" in (tmp_path / "a.yaml").read_text()


def test_values_changed_in_place(tmp_path: Path) -> None:
    """Versions are saved as they were when they were set, not as a later change in place left them."""
    one, other = parameter([1, 2], Data(list[int])), parameter([0], Data(list[int]))
    one.data.append(3)
    save([one], tmp_path / "a.yaml")
    load([other], tmp_path / "a.yaml")
    assert other.versions[0].then == [1, 2]


def test_write_text_keeps_newlines(tmp_path: Path) -> None:
    """A text file is written byte for byte and replaces a longer one as a whole."""
    (tmp_path / "a").write_text("x" * 100)
    write_text(tmp_path / "a", "é\r\n\n")
    assert (tmp_path / "a").read_bytes() == "é\r\n\n".encode()


def test_write_text_follows_links(tmp_path: Path) -> None:
    """A link stays one, also if what it leads to is yet to be made, in a folder of its own."""
    (tmp_path / "there").mkdir()
    for name in ("old", "new"):
        (tmp_path / name).symlink_to(Path("there") / name)
    (tmp_path / "there" / "old").write_text("before")
    for name in ("old", "new"):
        write_text(tmp_path / name, "after")
    assert all((tmp_path / name).is_symlink() for name in ("old", "new"))
    assert {one.name: one.read_text() for one in (tmp_path / "there").iterdir()} == {"old": "after", "new": "after"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_write_text_keeps_modes(tmp_path: Path, mode: int) -> None:
    """Whoever could not read a file before cannot read it after."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(mode)
    write_text(tmp_path / "a", "y")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_write_text_replaces_only_files(tmp_path: Path) -> None:
    """What is no file, such as a pipe, is not put a file in its place."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="something else than a file"):
        write_text(tmp_path / "pipe", "x")
    assert [stat.S_ISFIFO(one.stat().st_mode) for one in tmp_path.iterdir()] == [True]
