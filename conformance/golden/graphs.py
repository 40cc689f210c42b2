"""Cases that are more than one operator: control flow over subgraphs, sparse weights, repeated samples of a state.

Each is a function of (model, rng) that builds the model and returns its inputs; its name is the case's.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema


def relu_or_double(model, shape):
    """Two subgraphs of one float input and one float output."""
    found = []
    for name, op in (('relu', 'RELU'), ('double', 'ADD')):
        g = model.graph(name)
        x, y = g.input(shape), g.tensor(shape)
        g.op(op, [x] if op == 'RELU' else [x, x], [y])
        g.outputs = [y]
        found.append(len(model.graphs) - 1)
    return found


def branch(model, rng, condition):
    then, otherwise = relu_or_double(model, (2, 3))
    g = model.main
    c, x, y = g.input((), 'bool'), g.input((2, 3)), g.tensor((2, 3))
    g.op('IF', [c, x], [y], thenSubgraphIndex=then, elseSubgraphIndex=otherwise)
    g.outputs = [y]
    return [np.array(condition), rng.uniform(-2, 2, (2, 3)).astype(np.float32)]


def if_true(model, rng):
    return branch(model, rng, True)


def if_false(model, rng):
    return branch(model, rng, False)


def loop(model, rng, limit):
    """i, x = while i < limit: i + 1, tanh(x * w + i as a float)."""
    shape = (2, 3)
    cond, body = model.graph('cond'), model.graph('body')
    i, x, less = cond.input((), 'int32'), cond.input(shape), cond.tensor((), 'bool')
    cond.op('LESS', [i, cond.constant(limit)], [less])
    cond.outputs = [less]
    i, x = body.input((), 'int32'), body.input(shape)
    j, scaled, number, total, y = (
        body.tensor((), 'int32'),
        body.tensor(shape),
        body.tensor(()),
        body.tensor(shape),
        body.tensor(shape),
    )
    weights = body.constant(rng.uniform(-1, 1, shape).astype(np.float32))
    body.op('ADD', [i, body.constant(1)], [j])
    body.op('MUL', [x, weights], [scaled])
    body.op('CAST', [i], [number], inDataType=schema.TensorType.INT32, outDataType=schema.TensorType.FLOAT32)
    body.op('ADD', [scaled, number], [total])
    body.op('TANH', [total], [y])
    body.outputs = [j, y]
    g = model.main
    i, x, n, y = g.input((), 'int32'), g.input(shape), g.tensor((), 'int32'), g.tensor(shape)
    g.op('WHILE', [i, x], [n, y], condSubgraphIndex=1, bodySubgraphIndex=2)
    g.outputs = [n, y]
    return [np.array(0, np.int32), rng.uniform(-1, 1, shape).astype(np.float32)]


def while_five(model, rng):
    return loop(model, rng, 5)


def while_never(model, rng):
    return loop(model, rng, 0)


def while_growing(model, rng):
    """A loop whose value grows: x = concat(x, x) until it has more than 20 rows."""
    cond, body = model.graph('cond'), model.graph('body')
    for g in (cond, body):
        g.input((), 'int32')
        g.input((-1, 2))
    more = cond.tensor((), 'bool')
    cond.op('LESS', [cond.inputs[0], cond.constant(3)], [more])
    cond.outputs = [more]
    n, x = body.tensor((), 'int32'), body.tensor((-1, 2))
    body.op('ADD', [body.inputs[0], body.constant(1)], [n])
    body.op('CONCATENATION', [body.inputs[1], body.inputs[1]], [x], axis=0)
    body.outputs = [n, x]
    g = model.main
    i, x, n, y = g.input((), 'int32'), g.input((1, 2)), g.tensor((), 'int32'), g.tensor((-1, 2))
    g.op('WHILE', [i, x], [n, y], condSubgraphIndex=1, bodySubgraphIndex=2)
    g.outputs = [n, y]
    for graph in model.graphs:
        for t in graph.table.tensors:
            if -1 in list(t.shape):
                t.shapeSignature, t.shape = t.shape, np.maximum(t.shape, 1)
    return [np.array(0, np.int32), rng.uniform(-1, 1, (1, 2)).astype(np.float32)]


def sparse(dense, order, blocks=()):
    """SparsityParameters of a matrix: its first level dense, the second compressed; and the values that remain.

    blocks is () or the size of a block along the second dimension, which becomes a third, dense level."""
    rows, columns = dense.shape
    width = blocks[0] if blocks else 1
    segments, indices, values = [0], [], []
    for row in dense:
        for c in range(columns // width):
            block = row[c * width : (c + 1) * width]
            if block.any():
                indices.append(c)
                values.extend(block)
        segments.append(len(indices))
    p = schema.SparsityParametersT()
    p.traversalOrder, p.blockMap = np.array(order, np.int32), np.array([1] if blocks else [], np.int32)
    first, second = schema.DimensionMetadataT(), schema.DimensionMetadataT()
    first.format, first.denseSize = schema.DimensionType.DENSE, rows
    second.format = schema.DimensionType.SPARSE_CSR
    for name, numbers in (('Segments', segments), ('Indices', indices)):
        vector = schema.Uint8VectorT()
        vector.values = np.array(numbers, np.uint8)
        setattr(second, f'array{name}Type', schema.SparseIndexVector.Uint8Vector)
        setattr(second, f'array{name}', vector)
    p.dimMetadata = [first, second]
    if blocks:
        third = schema.DimensionMetadataT()
        third.format, third.denseSize = schema.DimensionType.DENSE, width
        p.dimMetadata.append(third)
    return p, np.array(values, dense.dtype)


def densify(model, rng, dtype, blocks):
    """Sparse weights of a FULLY_CONNECTED; float16 ones pass a DEQUANTIZE."""
    dense = rng.uniform(-1, 1, (6, 8)).astype(dtype)
    mask = rng.random((6, 8 // (blocks or [1])[0])) < 0.4
    dense *= np.repeat(mask, (blocks or [1])[0], axis=1)
    parameters, values = sparse(dense, [0, 1, 2] if blocks else [0, 1], blocks)
    g = model.main
    stored = g.tensor((6, 8), dtype, values)
    g.table.tensors[stored].sparsity = parameters
    weights = g.tensor((6, 8), dtype)
    g.op('DENSIFY', [stored], [weights])
    if dtype == 'float16':
        wide = g.tensor((6, 8))
        g.op('DEQUANTIZE', [weights], [wide])
        weights = wide
    x, y = g.input((2, 8)), g.tensor((2, 6))
    g.op('FULLY_CONNECTED', [x, weights, -1], [y])
    g.outputs = [y]
    return [rng.uniform(-2, 2, (2, 8)).astype(np.float32)]


def densify_float32(model, rng):
    return densify(model, rng, 'float32', ())


def densify_float16(model, rng):
    return densify(model, rng, 'float16', ())


def densify_blocks(model, rng):
    return densify(model, rng, 'float32', [4])


def residual_chain(model, rng):
    """Operators that may work in place, with a second reader of what they would overwrite."""
    g, shape = model.main, (2, 3)
    x = g.input(shape)
    a, b, c, d = (g.tensor(shape) for _ in range(4))
    g.op('ADD', [x, x], [a])
    g.op('MUL', [a, x], [b])
    g.op('SUB', [a, b], [c])
    g.op('TANH', [a], [d])
    g.outputs = [b, c, d, x]
    return [rng.uniform(-2, 2, shape).astype(np.float32)]


GRAPHS = [
    if_true,
    if_false,
    while_five,
    while_never,
    while_growing,
    densify_float32,
    densify_float16,
    densify_blocks,
    residual_chain,
]
