#!/usr/bin/env python3
"""The corpus' float models in the schemes that leave activations float, and LiteRT's outputs of them, for go test -tags
conformance.

usage: golden_hybrid.py [--octet BINARY] [--again] [NAME ...]

Each float model is converted by `octet convert` in each scheme of SCHEMES that stores weights in it. .corpus/hybrid/NAME.SCHEME
holds
    model.tflite    the model
    inputs.npz      in0, in1 …: one sample of each input, in the model's order
    reference.npz   out0, out1 …: the outputs of LiteRT's reference kernels. Where an operator has no right one among these, or
                    reads weights in blocks, the builtin kernel takes its place: in a model without loops for that operator alone,
                    else for all
    tensors.npz     0, 5, …: by tensor index, what the same kernels gave of the first subgraph's tensors that are no constants; of
                    the schemes in INSIDE
    builtin.npz     those of the builtin kernels
    xnnpack.npz     the same with the XNNPACK delegate
or failed.txt: why there are none.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np

import lite
import models
from compare import tensors
from golden_int8 import operators
from golden_ops import EXCEPTIONS, REFERENCE
from places import CORPUS, REPO
from samples import inputs, samples
from schemes import SCHEMES, convert
from stepwise import blocks, by_operator

HYBRID = CORPUS / 'hybrid'
NAMES = {'dynamic': 'dynamic', 'weight-only': 'weight-only', 'weight-only 4 bits': 'weight-only-4', 'blocks of 32': 'blocks'}
INSIDE = ('dynamic', 'blocks of 32')  # in the others integers are made floats before anything computes on them


def reference(content, feed):
    """The outputs of a model, and its tensors by index."""
    model = models.parse(content)
    graph = model.subgraphs[0]
    kinds = operators(model, graph)
    right = not EXCEPTIONS.keys() & lite.operators(content).keys() and not any(
        blocks(g, op) for g in model.subgraphs for op in g.operators
    )
    for resolver in (REFERENCE, None, lite.BUILTIN) if right else (None, lite.BUILTIN):
        try:
            if resolver is None:
                values = by_operator(model, graph, kinds, feed)
                return [values[i] for i in graph.outputs], {str(i): v for i, v in values.items()}
            runner = lite.Runner(content, resolver, keep=True)
            return runner.run(feed), tensors(runner, model)
        except (RuntimeError, ValueError, KeyError):  # there is no kernel for an operator
            if resolver == lite.BUILTIN:
                raise


def dump(octet, model, scheme, out):
    """Write the folder; what came of it."""
    flatbuffer, arrays = models.load(model.path), None
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / 'model.tflite'
        try:
            convert(octet, [model.path, '-o', made, *SCHEMES[scheme]])
            arrays = samples(model, flatbuffer)
            feed = [np.ascontiguousarray(arrays[x.name][:1]) for x in inputs(flatbuffer)]
            content = made.read_bytes()
            outputs, inside = reference(content, feed)
            found = {
                'reference': outputs,
                'builtin': lite.Runner(content, lite.BUILTIN).run(feed),
                'xnnpack': lite.Runner(content, lite.XNNPACK).run(feed),
            }
            for name, values in found.items():
                np.savez(out / f'{name}.npz', **{f'out{i}': a for i, a in enumerate(values)})
            if scheme in INSIDE:
                np.savez(out / 'tensors.npz', **inside)
            np.savez(out / 'inputs.npz', **{f'in{i}': a for i, a in enumerate(feed)})
            shutil.copyfile(made, out / 'model.tflite')
        except (RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as e:
            (out / 'failed.txt').write_text(f'{e}\n')
            return f'FAILED: {str(e).splitlines()[0][:200]}'
    return 'written'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    parser.add_argument('--again', action='store_true', help='remake what is there')
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        for model in models.corpus():
            if model.kind != 'float' or a.name and model.name not in a.name:
                continue
            for scheme, short in NAMES.items():
                out, draft = HYBRID / f'{model.name}.{short}', HYBRID / f'.{model.name}.{short}'
                if out.exists() and not a.again:
                    continue
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir(parents=True)
                result = dump(octet, model, scheme, draft)
                shutil.rmtree(out, ignore_errors=True)
                draft.rename(out)
                print(f'{out.name}: {result}', flush=True)


if __name__ == '__main__':
    main()
