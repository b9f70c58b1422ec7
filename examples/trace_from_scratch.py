"""The idea in sixty lines of plain Python that need nothing of agentopt: run, trace, feedback, new values.

    python examples/trace_from_scratch.py

Calls grow a graph. Feedback on an output goes back to the parameters that it came from; what lies between is a
program with values. Whoever reads it, here a rule of two lines, says what to change.
"""


class Node:
    """A value and the call that made it."""

    def __init__(self, value, name, function=None, parents=()):
        self.value, self.name, self.function, self.parents = value, name, function, parents


def trace(function):
    """Calls of the function become nodes."""

    def traced(*parents):
        value = function(*(node.value for node in parents))
        return Node(value, f"{function.__name__}_out", function, parents)

    return traced


def backward(output):
    """All that led to an output, in the order in which it ran."""
    seen, order, waiting = set(), [], [(output, False)]
    while waiting:
        node, parents_done = waiting.pop()
        if parents_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            waiting += [(node, True), *((parent, False) for parent in reversed(node.parents))]
    return order


def show(order, output, feedback):
    """The trace as a model would read it."""
    for node in order:
        call = f"{node.function.__name__}({', '.join(parent.name for parent in node.parents)})" if node.function else ""
        print(f"  {node.name} = {call + '  # -> ' if call else ''}{node.value}")
    print(f"  {output.name}: {feedback}")


@trace
def cost(price, pieces):
    """What some pieces cost."""
    return price * pieces


price, pieces, unused = Node(3, "price"), Node(4, "pieces"), Node(7, "unused")
for step in range(9):
    output = cost(price, pieces)
    gap = 30 - output.value
    order = backward(output)
    print(f"step {step}")
    show(order, output, f"{gap} too low" if gap else "right")
    if gap == 0:
        break
    # An optimizer asks a model here; parameters are the leaves of what came back, so `unused` is not among them.
    price.value += 1 if gap > 0 else -1
    pieces.value += 1 if gap > pieces.value else 0
print("optimum reached:", output.value == 30)
