#!/usr/bin/env python3
"""What LiteRT computes for the corpus models, for the executor's conformance tests (go test -tags conformance).

usage: compare.py [--again] [NAME ...]

For each model of the corpus that LiteRT loads, and for TensorFlow's int8 answers (NAME.int8, of oracle.py), it writes into
.corpus/golden/NAME/
    model.tflite     the model
    inputs.npz       in0, in1 …: the inputs in the model's order, [samples, …] with the input's own shape behind
    builtin.npz      out0, out1 …: the builtin kernels' outputs for them, [samples, …]
    xnnpack.npz      the same with the XNNPACK delegate
    tensors.npz      0, 5, …: by tensor index, all tensors of the first subgraph that are no constants, for the first sample,
                     builtin kernels
Variable tensors are reset before each sample. An output whose shape differs from sample to sample is there for the first one only.
"""

import argparse
import hashlib
import os
import shutil

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np

import models
from lite import BUILTIN, XNNPACK, Runner, random_inputs
from places import GOLDEN, ORACLE
from samples import inputs, samples

SAMPLES = 3


def stack(outputs, kind):
    """Arrays by name from the samples' lists of arrays."""
    found = {}
    for i, values in enumerate(zip(*outputs)):
        alike = len({v.shape for v in values}) == 1
        found[f'{kind}{i}'] = np.stack(values if alike else values[:1])
    return found


def feed(model, flatbuffer, details):
    """SAMPLES lists of inputs: representative ones for float models, random ones for quantized models."""
    if model.kind == 'float':
        arrays = samples(model, flatbuffer)
        return [[np.ascontiguousarray(arrays[x.name][i : i + 1]) for x in inputs(flatbuffer)] for i in range(SAMPLES)]
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(model.name.encode()).digest()[:8], 'little'))
    return [random_inputs(details, rng) for _ in range(SAMPLES)]


def tensors(runner, flatbuffer):
    """All tensors of the last run but constants, by index."""
    found = {}
    for detail in runner.lite.get_tensor_details():
        index = detail['index']
        if index >= len(flatbuffer.subgraphs[0].tensors):  # scratch memory of kernels
            continue
        t = flatbuffer.subgraphs[0].tensors[index]
        if flatbuffer.buffers[t.buffer].data is None:
            try:
                found[str(index)] = runner.tensor(detail)
            except ValueError:  # never computed: behind a branch, or a resource
                pass
    return found


def dump(model):
    """Write the model's folder; why not, if LiteRT refuses it."""
    content, flatbuffer = model.path.read_bytes(), models.load(model.path)
    out, draft = GOLDEN / model.name, GOLDEN / f'.{model.name}'
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        keeper = Runner(content, BUILTIN, keep=True)
        fed = feed(model, flatbuffer, keeper.inputs)
        keeper.run(fed[0])
        np.savez(draft / 'tensors.npz', **tensors(keeper, flatbuffer))
        np.savez(draft / 'inputs.npz', **stack(fed, 'in'))
        for name, resolver in (('builtin', BUILTIN), ('xnnpack', XNNPACK)):
            runner = Runner(content, resolver)
            np.savez(draft / f'{name}.npz', **stack([runner.run(values) for values in fed], 'out'))
    except (RuntimeError, ValueError) as e:
        shutil.rmtree(draft)
        return f'LiteRT refuses it: {str(e).splitlines()[-1][:200]}'
    shutil.copy(model.path, draft / 'model.tflite')
    shutil.rmtree(out, ignore_errors=True)
    draft.rename(out)
    return 'written'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models')
    parser.add_argument('--again', action='store_true', help='remake what is there')
    a = parser.parse_args()
    found = models.corpus()
    found += [models.Model(f'{p.parent.name}.int8', p, 'integer') for p in sorted(ORACLE.glob('[!.]*/int8.tflite'))]
    for model in found:
        if (not a.name or model.name in a.name) and (a.again or not (GOLDEN / model.name).exists()):
            print(f'{model.name}: {dump(model)}', flush=True)


if __name__ == '__main__':
    main()
