"""YAML as data and back: the scalars of YAML 1.2, no tags, no aliases, no name twice in a mapping.

Reading goes through the parser's events, not through its constructors: what a text
means is decided here, in one place, and nothing in it can make an object. "NO", "on",
"007", "2024-01-01" and "12:30" are texts; only true and false are truth values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from agentopt.errors import DataError

from ..shorten import cut

MAX_DEPTH = 40

_NULL = re.compile(r"(?:~|null|Null|NULL|)").fullmatch
_TRUTH = re.compile(r"(?:true|True|TRUE|false|False|FALSE)").fullmatch
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)").fullmatch
_NUMBER_PATTERN = r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_NUMBER = re.compile(_NUMBER_PATTERN).fullmatch
_WIDTH = 110


def read_yaml(text: str, where: str) -> Any:
    """Read one YAML document as None, bool, int, float, str, list and dict.

    Raises:
        DataError: The text is no YAML, or uses a tag, an anchor, an alias, a second
            document or a name twice; the message names the line.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events from C, where it was built
    reader = _Reader(where)
    try:
        for event in yaml.parse(text, Loader=loader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise DataError(f"{where}{line}: not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{where}: not YAML: {cut(str(error), 120)}") from error
    return reader.root[0] if reader.root else None


@dataclass
class _Reader:
    """Builds the value from the events; `open` holds the lists and mappings not yet closed."""

    where: str
    root: list[Any] = field(default_factory=list)
    open: list[Any] = field(default_factory=list)
    keys: list[Any] = field(default_factory=list)
    """For each open mapping: the key that waits for its value."""

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self.error(event, "anchors and aliases (& and *) are not read; write the value out")
        if (tag := getattr(event, "tag", None)) is not None:
            raise self.error(event, f"the tag {cut(tag)} is not read; write plain values")
        if isinstance(event, yaml.ScalarEvent):
            self.put(event, _scalar(event, self.where))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.start(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.open.pop()
            self.keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root:
            raise self.error(event, "expected one document, got a second after ---")

    def start(self, event: yaml.Event, value: Any) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise self.error(event, f"nested deeper than {MAX_DEPTH} levels")
        self.put(event, value)
        self.open.append(value)
        self.keys.append(_NO_KEY)

    def put(self, event: yaml.Event, value: Any) -> None:
        if not self.open:
            self.root.append(value)
        elif isinstance(self.open[-1], list):
            self.open[-1].append(value)
        elif self.keys[-1] is _NO_KEY:
            if isinstance(value, list | dict | bool) or value is None:
                raise self.error(event, f"expected a text or a number before the colon, got {cut(str(value))}")
            if value in self.open[-1]:
                raise self.error(event, f"the name {cut(value)!r} stands twice in one mapping")
            self.keys[-1] = value
        else:
            self.open[-1][self.keys[-1]] = value
            self.keys[-1] = _NO_KEY

    def error(self, event: yaml.Event, what: str) -> DataError:
        line = f", line {event.start_mark.line + 1}" if event.start_mark else ""
        return DataError(f"{self.where}{line}: {what}")


_NO_KEY = object()


def _scalar(event: yaml.ScalarEvent, where: str) -> Any:
    text = event.value
    if not event.implicit[0]:  # written in quotes or as a block: a text whatever it looks like
        return text
    if _NULL(text):
        return None
    if _TRUTH(text):
        return text.lower() == "true"
    if _WHOLE(text) and len(text) < 400:
        return int(text)
    return float(text) if _NUMBER(text) else text


def write_yaml(value: Any) -> str:
    """Write data as readable YAML that `read_yaml` reads back exactly; short lists stand on one line."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=False)


class _Dumper(yaml.SafeDumper):
    """Quotes a text when this reader or a YAML 1.1 reader would take it for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # list items stand to the right of their name


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # The writer folds and quotes plain lines well; of texts with line breaks or odd characters it loses some
    # in every style but this one.
    plain = text.isprintable() and text == text.strip()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _write_number(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(number))


def _write_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=not _is_long(items))


def _write_mapping(dumper: yaml.SafeDumper, mapping: dict[Any, Any]) -> yaml.MappingNode:
    flow = all(not isinstance(item, dict) for item in mapping.values()) and mapping.keys() <= {
        "table",
        "keys",
        "column",
    }
    return dumper.represent_mapping("tag:yaml.org,2002:map", mapping, flow_style=flow)


def _is_long(items: list[Any]) -> bool:
    """Whether a list holds lists or mappings, or texts that read better on lines of their own."""
    return any(isinstance(item, list | dict) or (isinstance(item, str) and len(item) > 40) for item in items)


_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(float, _write_number)
_Dumper.add_representer(list, _write_list)
_Dumper.add_representer(dict, _write_mapping)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{_NUMBER_PATTERN})$"), list("-+.0123456789"))
