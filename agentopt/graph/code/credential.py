"""What looks like a password or a key, and so does not go to where code runs that a model wrote."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agentopt.llm.redaction import Secrets

REMEDY = "pass what it needs as an argument"
_SAID = "looks like a secret and is not sent to where model-written code runs"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CERTAIN = re.compile(
    r"(^| )(passwords?|passwd|passphrases?|pwd|secrets?|credentials?|apikeys?"
    r"|(api|access|auth|bearer|client|private|refresh|session|signing|encryption) (keys?|tokens?))( |$)"
)
_POSSIBLE = re.compile(r"(^| )(key|token|auth|authorization)( |$)")
# The key to sort by, the token that ends a text: one word without digits, or something in brackets.
_ORDINARY = re.compile(r"[A-Za-z_]{0,20}|<[^<>]*>|\[[^\[\]]*\]|\W*")


@dataclass(frozen=True)
class Guard:
    """Tells by name and by value what looks like a secret; it errs on the side of refusing."""

    secrets: Secrets
    """The values that are known to be some."""

    @classmethod
    def of_environment(cls) -> Guard:
        """One that knows the secrets among the variables of this process."""
        return cls(Secrets.of_environment(os.environ))

    def objection(self, value: object, name: str) -> str | None:
        """What speaks against sending a value, as the rest of a sentence about it; None if nothing does.

        Args:
            value: Data, as deep as data may be.
            name: Under which code knows it; inside of a dict the keys are names.
        """
        return self._sentence(self._found(value, name), name)

    def objection_to_source(self, tree: ast.Module, name: str) -> str | None:
        """What speaks against sending a source: a text in it that is given such a name, or is a secret."""
        found = (self._found(value, label) for label, value in _named_texts(tree))
        return self._sentence(_first(found), name)

    def _found(self, value: object, name: str) -> str | None:
        """The name under which a value holds a secret."""
        if isinstance(value, str | bytes):
            text = value if isinstance(value, str) else value.decode("latin-1")
            return name if _names_secret(name, text) or self.secrets.clean(text) != text else None
        found = (self._found(part, label) for label, part in _parts(value, name))
        return _first(found)

    def _sentence(self, found: str | None, name: str) -> str | None:
        if found is None:
            return None
        return _SAID if found == name else f"holds {found or 'a text'}, which {_SAID}"


def label_of(key: object, name: str) -> str:
    """How what a dict of a name holds under a key is called."""
    return key if isinstance(key, str) else name


def _first(found: Iterable[str | None]) -> str | None:
    return next((name for name in found if name is not None), None)


def _names_secret(name: str, text: str) -> bool:
    words = " ".join(_WORDS.findall(name)).lower()
    if _CERTAIN.search(words):
        return bool(text)
    return bool(_POSSIBLE.search(words)) and _ORDINARY.fullmatch(text) is None


def _parts(value: object, name: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield name, key
            yield label_of(key, name), part
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((name, part) for part in value if type(part) not in (int, float, bool))


def _named_texts(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """The texts in a source, each with the name that it is given where it stands."""
    names: dict[int, str] = {}
    for node in ast.walk(tree):
        pairs: list[tuple[ast.AST | None, ast.AST | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.keyword):
            pairs = [(node, node.value)]
        elif isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.arguments):
            pairs = list(zip([*node.posonlyargs, *node.args][::-1], node.defaults[::-1]))
            pairs += zip(node.kwonlyargs, node.kw_defaults)
        names |= {id(value): _label(target) for target, value in pairs}
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            yield names.get(id(node), ""), node.value


def _label(target: ast.AST | None) -> str:
    for kind, attribute in _LABELS.items():
        if isinstance(target, kind):
            return str(getattr(target, attribute))
    return ""


_LABELS = {ast.Name: "id", ast.Attribute: "attr", ast.keyword: "arg", ast.arg: "arg", ast.Constant: "value"}
