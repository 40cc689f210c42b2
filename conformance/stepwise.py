"""LiteRT's reference kernels operator for operator, for models in which some have no right one: their builtin kernels take its
place, and those alone."""

import numpy as np

from golden_ops import EXCEPTIONS, REFERENCE
from lite import BUILTIN, Runner
from yardstick import SKIPPED, alone

LIMITS = {0: (None, None), 1: (0, None), 2: (-1, 1), 3: (0, 6)}  # of fused activations


def blocks(graph, op):
    """Whether an operator reads weights in blocks."""
    quantization = [graph.tensors[i].quantization for i in op.inputs if i >= 0]
    return any(q is not None and q.details is not None for q in quantization)


def single(content, kind):
    """A runner of a model of one operator."""
    try:
        return Runner(content, EXCEPTIONS.get(kind, REFERENCE))
    except ValueError:  # no such kernel
        return Runner(content, BUILTIN)


def by_operator(model, graph, kinds, feed):
    """A graph's tensors by index, each operator run alone. ValueError if one can't be."""
    if set(kinds) & SKIPPED:
        raise ValueError('graphs call each other')
    values = dict(zip(graph.inputs, feed, strict=True))
    for op, kind in zip(graph.operators, kinds, strict=True):
        small, fed = alone(model, op)
        runner = Runner(small, BUILTIN) if blocks(graph, op) else single(small, kind)
        found = runner.resized([values[i] for i in fed])
        if blocks(graph, op) and op.builtinOptions is not None:  # this kernel leaves out the activation
            low, high = LIMITS[op.builtinOptions.fusedActivationFunction]
            found = [np.clip(y, low, high) for y in found]
        values |= zip(op.outputs, found, strict=True)
    return values
