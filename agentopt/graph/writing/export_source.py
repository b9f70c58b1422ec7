"""Learned functions and values as one plain Python module, which needs nothing of agentopt.

    a value         a constant by its path: `planner.prompt` is PLANNER_PROMPT, wherever its module is
    a function      a `def` at top level
    a method        a class for each object that has one, named after its class; its parameters and what else its
                    methods read are class attributes, objects inside of it are objects of such classes
    around them     imports, constants, helper functions and classes, as far as they are used

What would have the name of something else gets a number behind it, in the code that uses it as well.
"""

from __future__ import annotations

from pathlib import Path

from agentopt.graph.walk import name_parameters
from agentopt.graph.writing.textfile import write_text


def export(thing: object, path: str | Path) -> None:
    """Write the current versions of the parameters that an object holds as a Python module.

    The file is ordinary Python: whoever imports it runs it, in no sandbox, and a model may have written parts of it.
    So read it first; its head says whose each learned function is.

    Its functions take and give plain values. Decorators other than agentopt's are kept, docstrings that new code left
    out are put back, `.data` is gone where it read a node. Objects of its classes are made without arguments.

    Args:
        thing: A module, a traced function, a parameter, or a container of such.
        path: The file; it is replaced in one step.

    Raises:
        InputError: Something that the code uses cannot be written as Python; names it. No file was written.
        FileError: The file cannot be written; what stood there is still there.
    """
    # Half of what agentopt knows of source, which a program that exports nothing does without.
    from agentopt.graph.writing.export_module import exported

    write_text(path, exported(name_parameters(thing)))
