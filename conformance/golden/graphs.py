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


def handle(graph, name):
    """A handle of a resource variable."""
    h = graph.tensor((), 'int32')
    graph.table.tensors[h].type = schema.TensorType.RESOURCE
    graph.op('VAR_HANDLE', [], [h], sharedName=name)
    return h


def initialised(model, **variables):
    """A CALL_ONCE, whose graph assigns the first values of variables."""
    once = model.graph('initialise')
    for name, value in variables.items():
        once.op('ASSIGN_VARIABLE', [handle(once, name), once.constant(value)], [])
    model.main.op('CALL_ONCE', [], [], initSubgraphIndex=len(model.graphs) - 1)


def variable_total(model, rng):
    """A variable is read, added to twice, and read again."""
    shape = (2, 3)
    initialised(model, total=rng.uniform(-1, 1, shape).astype(np.float32))
    g = model.main
    x, h = g.input(shape), handle(g, 'total')
    before, once, between, twice, after = (g.tensor(shape) for _ in range(5))
    g.op('READ_VARIABLE', [h], [before])
    g.op('ADD', [before, x], [once])
    g.op('ASSIGN_VARIABLE', [h, once], [])
    g.op('READ_VARIABLE', [h], [between])
    g.op('MUL', [between, x], [twice])
    g.op('ASSIGN_VARIABLE', [h, twice], [])
    g.op('READ_VARIABLE', [h], [after])
    g.outputs = [before, between, after]
    return [rng.uniform(-2, 2, shape).astype(np.float32)]


def variable_handles(model, rng):
    """Variables of several types, by several handles; what is read once stays what it was."""
    initialised(model, a=rng.uniform(-1, 1, (4,)).astype(np.float32), b=np.array([7, 8], np.int32))
    g = model.main
    x, number = g.input((4,)), g.input((2,), 'int32')
    first, last, total, counted, doubled = (
        g.tensor((4,)),
        g.tensor((4,)),
        g.tensor((4,)),
        g.tensor((2,), 'int32'),
        g.tensor((2,), 'int32'),
    )
    g.op('READ_VARIABLE', [handle(g, 'a')], [first])
    g.op('ASSIGN_VARIABLE', [handle(g, 'a'), x], [])
    g.op('READ_VARIABLE', [handle(g, 'a')], [last])
    g.op('SUB', [first, last], [total])
    b = handle(g, 'b')
    g.op('READ_VARIABLE', [b], [counted])
    g.op('ADD', [counted, number], [doubled])
    g.op('ASSIGN_VARIABLE', [b, doubled], [])
    g.outputs = [first, last, total, doubled]
    return [rng.uniform(-2, 2, (4,)).astype(np.float32), np.array([1, -5], np.int32)]


def variable_in_loop(model, rng):
    """A loop whose body adds to a variable, whose handle it makes itself."""
    shape = (3,)
    initialised(model, total=rng.uniform(-1, 1, shape).astype(np.float32))
    cond, body = model.graph('cond'), model.graph('body')
    less = cond.tensor((), 'bool')
    cond.op('LESS', [cond.input((), 'int32'), cond.constant(4)], [less])
    cond.outputs = [less]
    i, j, h = body.input((), 'int32'), body.tensor((), 'int32'), handle(body, 'total')
    old, number, new = body.tensor(shape), body.tensor(()), body.tensor(shape)
    body.op('ADD', [i, body.constant(1)], [j])
    body.op('CAST', [j], [number], inDataType=schema.TensorType.INT32, outDataType=schema.TensorType.FLOAT32)
    body.op('READ_VARIABLE', [h], [old])
    body.op('MUL', [old, number], [new])
    body.op('ASSIGN_VARIABLE', [h, new], [])
    body.outputs = [j]
    g = model.main
    i, n, total = g.input((), 'int32'), g.tensor((), 'int32'), g.tensor(shape)
    g.op('WHILE', [i], [n], condSubgraphIndex=len(model.graphs) - 2, bodySubgraphIndex=len(model.graphs) - 1)
    g.op('READ_VARIABLE', [handle(g, 'total')], [total])
    g.outputs = [n, total]
    return [np.array(0, np.int32)]


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
    variable_total,
    variable_handles,
    variable_in_loop,
]
