"""LSTMs and SVDFs on int8 tensors, as a quantized model holds them: int8 weights, an int16 cell or state, and parameters of what
is inside.

Each case is a function of (model, rng) that builds the model and returns its inputs; its name is the case's. The outputs of LSTMs
are the result and both states, those of SVDFs the results of three steps.
"""

import numpy as np

from golden.case import ACTIVATION, quantize

BATCH, TIME, INPUT, UNITS, OUTPUT = 2, 4, 5, 6, 3
GATES = ('input', 'forget', 'cell', 'output')


class Builder:
    """The operands of one layer. Scales are drawn at random, so that gates reach both linear and saturated values."""

    def __init__(self, model, rng, bits):
        self.g, self.rng = model.main, rng
        self.cell_scale = 2.0 ** (bits - 15)

    def stored(self, shape, dtype, scale, limit):
        index = self.g.constant(self.rng.integers(-limit, limit, shape, endpoint=True).astype(dtype))
        quantize(self.g.table.tensors[index], np.float32(scale))
        return index

    def weights(self, shape):
        return self.stored(shape, np.int8, self.rng.uniform(0.004, 0.02), 127)

    def wide(self, size, scale=5e-5):
        return self.stored((size,), np.int16, self.rng.uniform(0.4, 1) * scale, 32767)

    def bias(self, size, limit):
        return self.stored((size,), np.int32, 1e-4, limit)

    def variable(self, shape, dtype, scale, zero=0):
        index = self.g.tensor(shape, dtype, variable=True)
        quantize(self.g.table.tensors[index], np.float32(scale), zero)
        return index

    def inside(self, dtype, scale=None, zero=0):
        index = self.g.tensor((0,), dtype if scale else 'float32')
        if scale:
            quantize(self.g.table.tensors[index], np.float32(scale), zero)
        return index


def build(model, rng, op, time_major, cifg, peephole, projection, bias, norm, clip, bits, batch, input_scale, output):
    b, g = Builder(model, rng, bits), model.main
    out = OUTPUT if projection else UNITS
    shape = (batch, INPUT) if op == 'LSTM' else (TIME, batch, INPUT) if time_major else (batch, TIME, INPUT)
    x = g.input(shape, 'int8')
    quantize(g.table.tensors[x], np.float32(input_scale), -7)

    def skip(gate):
        return cifg and gate == 'input'

    weights = [-1 if skip(gate) else b.weights((UNITS, INPUT)) for gate in GATES]
    recurrent = [-1 if skip(gate) else b.weights((UNITS, out)) for gate in GATES]
    peepholes = [b.wide(UNITS) if peephole and not skip(gate) else -1 for gate in ('input', 'forget', 'output')]
    biases = [-1 if skip(gate) else b.bias(UNITS, 2_000_000 if norm else 4000) for gate in GATES]
    scale, zero = output
    hidden = (0.0078, 4) if projection else output
    project = [b.weights((OUTPUT, UNITS)) if projection else -1, b.bias(OUTPUT, 3000) if projection and bias else -1]
    states = [b.variable((batch, out), 'int8', scale, zero), b.variable((batch, UNITS), 'int16', b.cell_scale)]
    norms = [b.wide(UNITS, 6e-5) if norm and not skip(gate) else -1 for gate in GATES]
    y = g.tensor((*shape[:-1], out), 'int8')
    quantize(g.table.tensors[y], np.float32(scale), zero)
    inside = [b.inside('int16', rng.uniform(1e-4, 5e-4) if norm else None) for _ in GATES] + [b.inside('int8', *hidden)]
    options = dict(fusedActivationFunction=ACTIVATION['TANH'], cellClip=clip[0], projClip=clip[1])
    if op != 'LSTM':
        options['timeMajor'] = time_major
    operands = [x, *weights, *recurrent, *peepholes, *biases, *project, *states, *norms]
    g.op(op, operands, [y], 2 if op == 'LSTM' else 1, intermediates=inside, **options)
    g.outputs = [y, *states]
    return [rng.integers(-128, 127, shape, endpoint=True).astype(np.int8)]


def lstm(label, op='UNIDIRECTIONAL_SEQUENCE_LSTM', time_major=False, cifg=False, peephole=False, projection=False, bias=False,
         norm=False, clip=(0.0, 0.0), bits=2, batch=BATCH, input_scale=0.01, output=(0.0078, 3)):  # fmt: skip
    def case(model, rng):
        return build(model, rng, op, time_major, cifg, peephole, projection, bias, norm, clip, bits, batch, input_scale, output)

    case.__name__ = f'{op.lower()}-{label}'
    return case


def step(label, **kind):
    return lstm(label, 'LSTM', **kind)


def build_svdf(model, rng, rank, units, memory, bias, batch, input_scale, output, weights):
    """Three steps of one layer, whose nodes have one state."""
    b, g = Builder(model, rng, 0), model.main
    filters = units * rank
    feature, time = b.stored((filters, INPUT), np.int8, weights[0], 127), b.stored((filters, memory), np.int16, weights[1], 511)
    state = b.variable((batch, filters * memory), 'int16', 0.002)
    offset = b.stored((units,), np.int32, 1e-6, 30000) if bias else -1
    inputs = []
    for _ in range(3):
        x, y = g.input((batch, INPUT), 'int8'), g.tensor((batch, units), 'int8')
        quantize(g.table.tensors[x], np.float32(input_scale), 9)
        quantize(g.table.tensors[y], np.float32(output[0]), output[1])
        g.op('SVDF', [x, feature, time, offset, state], [y], 3, rank=rank, fusedActivationFunction=ACTIVATION['RELU'])
        g.outputs.append(y)
        inputs.append(rng.integers(-128, 127, (batch, INPUT), endpoint=True).astype(np.int8))
    return inputs


def svdf(
    label, rank=1, units=UNITS, memory=4, bias=False, batch=BATCH, input_scale=0.01, output=(0.02, -128), weights=(0.01, 0.003)
):
    def case(model, rng):
        return build_svdf(model, rng, rank, units, memory, bias, batch, input_scale, output, weights)

    case.__name__ = f'svdf-{label}'
    return case


GRAPHS = (
    lstm('plain'),
    lstm('time_major', time_major=True),
    lstm('saturated', input_scale=0.2),
    lstm('faint', input_scale=0.0005, output=(0.001, -20)),
    *[lstm(f'cell_{bits}', bits=bits) for bits in (0, 1, 3, 4, 5, 6)],
    lstm('coupled', cifg=True),
    lstm('peephole', peephole=True),
    lstm('clipped', clip=(0.3, 0.0)),
    lstm('projection', projection=True),
    lstm('projection_bias', projection=True, bias=True, clip=(0.0, 0.1)),
    lstm('peephole_projection', peephole=True, projection=True),
    lstm('peephole_projection_time_major', peephole=True, projection=True, time_major=True, batch=3),
    lstm('layer_norm', norm=True),
    lstm('everything', norm=True, peephole=True, projection=True, bias=True, clip=(0.5, 0.5)),
    lstm('coupled_peephole', cifg=True, peephole=True, time_major=True),
    lstm('coupled_norm', cifg=True, norm=True),
    step('plain'),
    step('peephole_projection', peephole=True, projection=True),
    step('coupled', cifg=True),
    step('layer_norm', norm=True),
    svdf('plain'),
    svdf('rank', rank=2, bias=True),
    svdf('short', memory=1, batch=1),
    svdf('shorter_than_the_run', memory=2, rank=3, batch=3),
    svdf('zero_point', output=(0.01, -5), bias=True),
    svdf('saturated', input_scale=0.5, weights=(0.1, 0.01)),
)
