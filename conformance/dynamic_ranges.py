#!/usr/bin/env python3
"""Where LiteRT's kernels take the range from by which a dynamic convolution quantizes its activations.

usage: dynamic_ranges.py [NAME …]       of .corpus/hybrid/NAME.dynamic, by default three

CONV_2D of one pixel with int8 weights runs alone, fed with what LiteRT's reference kernels gave it, by the reference kernels, the
optimized ones and XNNPACK. Beside them stand sums in float64 over activations that were rounded to 256 steps of the range of the
whole image, of each pixel, and to 255 steps around 0 of the image; and over the floats themselves. A line has the distances
relative to the result's greatest magnitude. The exit status is 1 if a kernel is near none of them.
"""

import sys

import numpy as np

import models
from golden_int8 import operators
from golden_ops import OPTIMIZED, REFERENCE
from lite import XNNPACK, Runner
from places import CORPUS
from yardstick import alone, hybrid

NAMES = ('keras2-emotion_model', 'mobilenetv2', 'efficientnetb0')
KERNELS = {'reference': REFERENCE, 'optimized': OPTIMIZED, 'XNNPACK': XNNPACK}
NEAR = 2e-3  # a step of a pixel's activation that lies between two
CLAMPS = {0: (None, None), 1: (0, None), 3: (0, 6)}  # by fused activation
REPEATS = 5


def image(x):
    low, high = min(x.min(), 0), max(x.max(), 0)
    scale = (high - low) / 255
    zero = np.clip(np.round(-128 - low / scale), -128, 127)
    return (np.clip(np.round(x / scale) + zero, -128, 127) - zero) * scale


def pixels(x):
    return np.stack([image(row) if row.any() else row for row in x])


def symmetric(x):
    scale = np.abs(x).max() / 127
    return np.clip(np.round(x / scale), -127, 127) * scale


ROUNDED = {'image': image, 'pixel': pixels, 'around 0': symmetric, 'float': lambda x: x}


def constant(model, graph, i, dtype):
    return np.frombuffer(bytes(model.buffers[graph.tensors[i].buffer].data), dtype).astype(np.float64)


def layers(folder):
    """Of each layer the distances of each kernel from each of ROUNDED."""
    model = models.parse((folder / 'model.tflite').read_bytes())
    graph, count = model.subgraphs[0], 0
    with np.load(folder / 'tensors.npz') as tensors:
        for op, kind in zip(graph.operators, operators(model, graph)):
            weights, options = graph.tensors[op.inputs[1]] if len(op.inputs) > 1 else None, op.builtinOptions
            if (
                kind != 'CONV_2D'
                or not hybrid(model, graph, op)
                or list(weights.shape[1:3]) != [1, 1]
                or options.strideH != 1
                or count == REPEATS
            ):
                continue
            count += 1
            small, fed = alone(model, op)
            values = [tensors[str(i)] for i in fed]
            w = (
                constant(model, graph, op.inputs[1], np.int8).reshape(weights.shape[0], -1)
                * np.asarray(weights.quantization.scale, np.float64)[:, None]
            )
            x = values[0].reshape(-1, w.shape[1]).astype(np.float64)
            wanted = {
                k: np.clip(f(x) @ w.T + constant(model, graph, op.inputs[2], np.float32), *CLAMPS[options.fusedActivationFunction])
                for k, f in ROUNDED.items()
            }
            found = {k: Runner(small, r).resized(values)[0].reshape(-1, len(w)) for k, r in KERNELS.items()}
            most = np.abs(wanted['float']).max()
            yield list(weights.shape), {k: {n: np.abs(y - z).max() / most for n, z in wanted.items()} for k, y in found.items()}


def main():
    bad = seen = 0
    for name in sys.argv[1:] or NAMES:
        for shape, found in layers(CORPUS / 'hybrid' / f'{name}.dynamic'):
            print(
                name,
                'x'.join(map(str, shape)),
                '; '.join(f'{k}: ' + ', '.join(f'{n} {d:.1e}' for n, d in far.items()) for k, far in found.items()),
                flush=True,
            )
            bad += sum(min(far.values()) > NEAR for far in found.values())
            seen += 1
    sys.exit(1 if bad or not seen else 0)


if __name__ == '__main__':
    main()
