#!/usr/bin/env python3
"""Why TFLite Micro's FULLY_CONNECTED is a step away from LiteRT's reference kernel now and then: the one rounds twice, the other
once.

usage: micro_rounding.py [--runs N] [MODEL.tflite ...]      by default recurrent and dense models of .corpus/devices

Both have the same sum of products, which the scales turn into steps of the result. TFLite Micro multiplies it by a fixed-point
number of 31 bits, which rounds to the nearest, and shifts that to the right, which rounds again; LiteRT multiplies it by a double
and rounds that. Each FULLY_CONNECTED of a model runs alone in both, fed with what LiteRT's reference kernels gave it, and each of
its integers is computed here in both ways. The exit status is 1 if any of them is not what was foretold.
"""

import argparse
import collections
import math
import pathlib
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema

import models
from golden_int8 import operators, pack
from golden_ops import REFERENCE
from lite import Runner, random_inputs
from micro import micro
from places import DEVICES
from yardstick import alone

NAMES = ('lstm_unrolled', 'bilstm', 'lstm', 'gru', 'keras2-anomaly_detection')
RELU = 1  # the fused activation


def twice(total, scale):
    """A sum by a fixed-point multiplier: halves of the product go up, those of the shift away from zero."""
    fraction, exponent = math.frexp(scale)
    multiplier = round(fraction * (1 << 31))
    high = (total * (1 << max(exponent, 0)) * multiplier + (1 << 30)) >> 31
    shift = max(-exponent, 0)
    rest, half = high & ((1 << shift) - 1), (((1 << shift) - 1) >> 1) + (high < 0)
    return (high >> shift) + (rest > half)


def once(total, scale):
    """The same by a double; halves go away from zero."""
    exact = total * scale
    return int(math.copysign(math.floor(abs(exact) + 0.5), exact))


def layer(model, graph, op, values):
    """A layer's results in both ways."""
    x, w, y = (graph.tensors[i] for i in (op.inputs[0], op.inputs[1], op.outputs[0]))
    weights = np.frombuffer(bytes(model.buffers[w.buffer].data), np.int8).reshape(w.shape).astype(np.int64)
    total = (values[0].reshape(-1, weights.shape[1]).astype(np.int64) - x.quantization.zeroPoint[0]) @ weights.T
    if len(op.inputs) > 2 and op.inputs[2] >= 0:
        total += np.frombuffer(bytes(model.buffers[graph.tensors[op.inputs[2]].buffer].data), np.int32)
    step = (
        np.float64(x.quantization.scale[0])
        * np.resize(w.quantization.scale, len(weights)).astype(np.float64)
        / np.float64(y.quantization.scale[0])
    )
    zero = int(y.quantization.zeroPoint[0])
    low = zero if op.builtinOptions.fusedActivationFunction == RELU else -128
    return [[min(max(way(int(t), float(s)) + zero, low), 127) for row in total for t, s in zip(row, step)] for way in (twice, once)]


def measure(content, runs, count):
    whole = models.parse(content)
    for i, graph in enumerate(whole.subgraphs):
        if i:
            whole.signatureDefs, whole.subgraphs = [], [graph]
            content = pack(whole)
        model, reference = models.parse(content), Runner(content, REFERENCE, keep=True)
        graph, details = model.subgraphs[0], {d['index']: d for d in reference.lite.get_tensor_details()}
        for run in range(runs):
            reference.run(random_inputs(reference.inputs, np.random.default_rng(run)))
            for op, name in zip(graph.operators, operators(model, graph)):
                if name != 'FULLY_CONNECTED' or graph.tensors[op.inputs[0]].type != schema.TensorType.INT8:
                    continue
                small, fed = alone(model, op)
                values = [reference.tensor(details[i]) for i in fed]
                lite = Runner(small, REFERENCE).resized(values)[0].ravel()
                device = micro(small, [values])[0][0][0].ravel()
                two, one = layer(model, graph, op, values)
                count['elements'] += lite.size
                count['apart'] += np.count_nonzero(lite != device)
                count['not twice in TFLite Micro'] += np.count_nonzero(device != two)
                count['not once in LiteRT'] += np.count_nonzero(lite != one)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('model', nargs='*', type=pathlib.Path)
    parser.add_argument('--runs', type=int, default=4, help='random inputs of each model')
    a = parser.parse_args()
    bad = 0
    for path in a.model or [DEVICES / name / 'int8.tflite' for name in NAMES]:
        count = collections.Counter()
        measure(path.read_bytes(), a.runs, count)
        print(f'{path.parent.name}: ' + ', '.join(f'{k} {n}' for k, n in count.items()), flush=True)
        bad += count['not twice in TFLite Micro'] + count['not once in LiteRT'] + (not count['elements'])
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
