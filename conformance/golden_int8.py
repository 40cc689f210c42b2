#!/usr/bin/env python3
"""LiteRT's outputs of int8 and int16x8 models: pkg/exec/testdata/oracle_int8.zip and oracle_int16.zip, and .corpus/int8.

usage: golden_int8.py [corpus [NAME …]]

For each int8*.tflite, uint8.tflite and float32.tflite, and each int16x8_*.tflite, of pkg/quantize/testdata/oracle/NAME and each
subgraph that a signature starts the archives hold the members NAME/MODEL.GRAPH.in0.npy … (random inputs in order) and
NAME/MODEL.GRAPH.out0.npy … (what LiteRT's reference kernels make of them). Models with operators that have no right reference
kernel are run operator by operator, those by the optimized kernels.

With `corpus`, the same of the int8 models of the corpus, TFLiteConverter's of its float models and Octet's (NAME.octet):
.corpus/int8/NAME holds model.tflite and tensors.npz with in0 … and out0 …, or failed.txt.
"""

import io
import os
import shutil
import sys
import zipfile
import zlib

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from golden_ops import EXCEPTIONS, OPTIMIZED, REFERENCE
from lite import Runner, random_inputs
from places import CORPUS, DEVICES, GOLDEN, ORACLE, REPO

ORACLES = REPO / 'pkg/quantize/testdata/oracle'
OUT = REPO / 'pkg/exec/testdata'
ARCHIVES = {'oracle_int8.zip': ('int8*.tflite', 'uint8.tflite', 'float32.tflite'), 'oracle_int16.zip': ('int16x8_*.tflite',)}
LIMIT = 500_000  # bytes
SEED = 11
NAMES = {v: k for k, v in vars(schema.BuiltinOperator).items() if not k.startswith('_')}


def pack(model):
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b'TFL3')
    return bytes(builder.Output())


def operators(model, graph):
    return [
        NAMES[max(c.builtinCode, c.deprecatedBuiltinCode)] for c in (model.operatorCodes[o.opcodeIndex] for o in graph.operators)
    ]


def by_operator(model, graph, inputs):
    """The graph's outputs, each operator run on its own, which uses the model up."""
    values = dict(zip(graph.inputs, inputs))
    outputs, codes = graph.outputs, model.operatorCodes
    for op, name in zip(graph.operators, operators(model, graph)):
        model.operatorCodes, op.opcodeIndex = [codes[op.opcodeIndex]], 0
        graph.operators, graph.outputs = [op], op.outputs
        graph.inputs = np.array(sorted({i for i in op.inputs if i in values}), np.int32)
        for resolver in (EXCEPTIONS.get(name, REFERENCE), OPTIMIZED):
            try:
                runner = Runner(pack(model), resolver)
                break
            except ValueError:  # no such kernel
                continue
        values |= zip(op.outputs, runner.run([values[i] for i in graph.inputs]))
    return [values[i] for i in outputs]


def read(path):
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes()))


def run(path, index, alone, name):
    """Random inputs of a subgraph, which stands alone in the model run, and LiteRT's outputs."""
    model = read(path)
    graph, model.signatureDefs = model.subgraphs[index], []
    if alone:
        model.subgraphs = [graph]
    try:
        runner = Runner(pack(model), REFERENCE)
        details, whole = runner.inputs, 'SUM' not in operators(model, graph)
    except ValueError:
        details, whole = Runner(pack(model)).inputs, False
    inputs = random_inputs(details, np.random.default_rng([SEED, zlib.crc32(name.encode())]))
    return inputs, runner.run(inputs) if whole else by_operator(model, graph, inputs)


def members(path):
    signatures = sorted({s.subgraphIndex for s in read(path).signatureDefs or []}) or [0]
    for index in signatures:
        name = f'{path.parent.name}/{path.stem}.{index}'
        inputs, outputs = run(path, index, len(signatures) > 1, name)  # there is no control flow in these
        for kind, arrays in (('in', inputs), ('out', outputs)):
            for i, a in enumerate(arrays):
                stream = io.BytesIO()
                np.save(stream, a)
                yield f'{name}.{kind}{i}.npy', stream.getvalue()


def integer(path):
    """Whether a model computes on int8 tensors."""
    model = read(path)
    graph = model.subgraphs[0]
    layers = ('CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED')
    return any(
        name in layers and graph.tensors[op.inputs[0]].type == schema.TensorType.INT8
        for op, name in zip(graph.operators, operators(model, graph))
    )


def corpus(names):
    paths = {
        p.parent.name: p for p in GOLDEN.glob('*/model.tflite') if p.parent.suffix != '.int8' and integer(p)
    }  # those are ORACLE's
    paths |= {p.parent.name: p for p in ORACLE.glob('*/int8.tflite')}
    paths |= {f'{p.parent.name}.octet': p for p in DEVICES.glob('*/int8.tflite')}
    for name, path in sorted(paths.items()):
        out = CORPUS / 'int8' / name
        if names and name not in names or not names and out.exists():
            continue
        out.mkdir(parents=True, exist_ok=True)
        try:
            inputs, outputs = run(path, 0, False, name)
        except (RuntimeError, ValueError, KeyError) as e:
            (out / 'failed.txt').write_text(f'{e}\n')
            print(f'{name}: {str(e).splitlines()[0][:200]}', flush=True)
            continue
        shutil.copyfile(path, out / 'model.tflite')
        np.savez(
            out / 'tensors.npz', **{f'in{i}': a for i, a in enumerate(inputs)}, **{f'out{i}': a for i, a in enumerate(outputs)}
        )
        print(f'{name}: {len(outputs)} outputs', flush=True)


def main():
    if sys.argv[1:2] == ['corpus']:
        return corpus(sys.argv[2:])
    for file, patterns in ARCHIVES.items():
        paths = sorted(p for pattern in patterns for p in ORACLES.glob(f'*/{pattern}'))
        with zipfile.ZipFile(OUT / file, 'w') as archive:
            for path in paths:
                try:
                    found = list(members(path))
                except RuntimeError as e:  # TFLiteConverter makes int16 operators that LiteRT has no kernel for
                    print(f'{path.parent.name}/{path.name} is left out: {str(e).splitlines()[0]}')
                    continue
                for name, data in found:
                    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)
        size = (OUT / file).stat().st_size
        print(f'{file}: {len(paths)} models, {size} bytes')
        if size > LIMIT:
            sys.exit(f'golden_int8: the limit is {LIMIT} bytes')


if __name__ == '__main__':
    main()
