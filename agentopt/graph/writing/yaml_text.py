"""YAML as far as a file of parameters needs it: written for a person to read, read as mere data of a bounded size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentopt.errors import FileError
from agentopt.graph.domains.domain import brief, same
from agentopt.values import Value

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 64 << 20
"""Of a file; more is neither written nor read."""


def read_yaml(path: Path) -> Any:
    """The data in a file.

    Raises:
        FileError: It cannot be read or is too large, is no YAML, or uses of YAML what the writer never does: an alias,
            of which a few grow to more than memory holds, or a key twice, of which one would be lost.
    """
    import yaml

    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8")
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read the parameters in {path}: {error}") from error
    if len(content) > MAX_BYTES:
        raise FileError(f"{path} has more than {MAX_BYTES >> 20} MiB, too many for a file of parameters")
    try:
        return yaml.load(text, _strict_loader())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise FileError(f"{path} is no YAML of parameters: {said[:200]}") from error


def yaml_text(data: Value) -> str:
    """YAML in which texts of several lines stand as they are; what YAML would read back otherwise is quoted."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Without anchors, which only say that two values happen to be one object."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # Only between double quotes does the writer escape what the reader would take for the end of a line.
        style = None if value.isprintable() else '"'
        if "\n" in value and same(_reread(value), value):
            style = "|"
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def _strict_loader() -> type[yaml.SafeLoader]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Reads plain data in which everything stands once."""

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise _fault("it uses an alias (*) in the place of a part; write the part out", self.get_mark())
            return super().compose_node(parent, index)

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen = set[Any]()
            for part, _ in node.value:
                key = self.construct_object(part, deep=True)
                try:
                    if key in seen:
                        raise _fault(f"the key {brief(key)} stands twice in one place", part.start_mark)
                    seen.add(key)
                except TypeError:
                    raise _fault(f"{brief(key)} cannot be a key", part.start_mark) from None
            return super().construct_mapping(node, deep)

    return Loader


def _fault(said: str, at: Any) -> ValueError:
    return ValueError(f"{said} (line {at.line + 1})")


def _reread(value: str) -> object:
    """What comes back of a text that is written as a literal block."""
    import yaml

    try:
        return yaml.safe_load(
            yaml.dump({"value": value}, Dumper=yaml.SafeDumper, default_style="|", allow_unicode=True)
        )["value"]
    except (yaml.YAMLError, ValueError):
        return None
