#!/usr/bin/env python3
"""Golden values of single operators, by LiteRT's kernels: golden_ops.zip, golden_int8.zip, golden_int16.zip, golden_lstm.zip and
golden_hybrid.zip of pkg/exec/testdata.

usage: golden_ops.py [NAME-PREFIX ...]     with prefixes nothing is written, the cases are only run

The archives hold, for each case of golden/, the members NAME.tflite, NAME.in0.npy … (the model's inputs in order) and
NAME.out0.npy … (its outputs in order). Variable tensors are zero at the start. Outputs whose shape only the run decides have it in
their arrays; the model states -1 in the tensor's shape signature.
"""

import io
import os
import sys
import zipfile
import zlib

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import flat
from golden import (
    case,
    elementwise,
    graphs,
    hybrid,
    indexing,
    integer,
    integer_random,
    integer_recurrent,
    integer_wide,
    nn,
    recurrent,
    reduction,
    shape,
    spectrum,
)
from places import REPO

OUT = REPO / 'pkg/exec/testdata'
OPTIMIZED, REFERENCE = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, OpResolverType.BUILTIN_REF
ARCHIVES = [  # file, modules of cases, functions that build graphs, the kernels that decide
    (
        OUT / 'golden_ops.zip',
        (nn, elementwise, reduction, shape, indexing, recurrent, spectrum),
        graphs.GRAPHS + spectrum.GRAPHS,
        OPTIMIZED,
    ),
    (OUT / 'golden_int8.zip', (integer, integer_random), (), REFERENCE),
    (OUT / 'golden_int16.zip', (integer_wide,), (), REFERENCE),
    (OUT / 'golden_hybrid.zip', (hybrid,), (), REFERENCE),
    (OUT / 'golden_lstm.zip', (), integer_recurrent.GRAPHS, REFERENCE),
]
EXCEPTIONS = {  # operators for which others do
    'QUANTIZE': REFERENCE,  # the optimized kernel rounds halves to even where it fills a vector register, away from zero elsewhere
    'SUM': OPTIMIZED,  # the reference kernel takes int8 and int16 for uint8
    **dict.fromkeys(('DEPTH_TO_SPACE', 'ELU'), OPTIMIZED),  # there is no reference kernel
}
LIMIT = 1_500_000  # bytes
SEED = 3
RUNS = 4  # LiteRT reads memory at random in some kernels: those can't be golden
TOLERANCE = 1e-5  # of the range, between LiteRT's optimized and reference kernels


def run(content, inputs, resolver):
    lite = Interpreter(model_content=content, experimental_op_resolver_type=resolver)
    lite.allocate_tensors()
    for detail, value in zip(lite.get_input_details(), inputs):
        lite.set_tensor(detail['index'], value)
    lite.invoke()
    return [
        lite.get_tensor(d['index']) if d['shape'].all() else np.zeros(d['shape'], d['dtype']) for d in lite.get_output_details()
    ]


def build_case(c):
    """The case's model, its inputs and LiteRT's outputs; the outputs' shapes stand in the model."""

    def draft():
        model = flat.Model()
        return model, case.build(c, model, np.random.default_rng([SEED, zlib.crc32(c.name.encode())]))

    model, inputs = draft()
    outputs = run(model.bytes(), inputs, OPTIMIZED)
    model, inputs = draft()
    for index, result, value in zip(model.main.outputs, c.results, outputs):
        t = model.main.table.tensors[index]
        t.shape = np.array(value.shape, np.int32)
        if result.open is not None:
            t.shapeSignature = np.array(result.open, np.int32)
            t.shape = np.where(t.shapeSignature < 0, 1, t.shapeSignature)
    return model, inputs


def build_graph(function):
    model = flat.Model()
    return model, function(model, np.random.default_rng([SEED, zlib.crc32(function.__name__.encode())]))


def distance(a, b):
    """The greatest difference: of floats as a share of the range."""
    if a.dtype.kind != 'f':
        return float(np.max(np.abs(a.astype(np.int64) - b.astype(np.int64)), initial=0))
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(np.max(np.abs(a - b), initial=0) / max(np.max(np.abs(a), initial=0), 1e-30))


def golden(name, model, inputs, resolver):
    """The archive's members for one case."""
    content = model.bytes()
    outputs, *again = [run(content, inputs, resolver) for _ in range(RUNS)]
    if any(not np.array_equal(a, b) for other in again for a, b in zip(outputs, other)):
        raise ValueError('its outputs differ from run to run')
    try:
        others = run(content, inputs, OPTIMIZED if resolver is REFERENCE else REFERENCE)
        far = [d for d in map(distance, outputs, others) if not d <= TOLERANCE]
        if far:
            print(f'{name}: the other kernel is {max(far):.2g} away', flush=True)
    except (RuntimeError, ValueError) as e:
        print(f'{name}: no other kernel: {str(e).splitlines()[-1][:100]}', flush=True)
    members = {f'{name}.tflite': content}
    for kind, arrays in (('in', inputs), ('out', outputs)):
        for i, a in enumerate(arrays):
            stream = io.BytesIO()
            np.save(stream, a)
            members[f'{name}.{kind}{i}.npy'] = stream.getvalue()
    return members


def collect(cases):
    """The members of all these (name, builder, subject, resolver) rows, and the names of those that LiteRT refuses."""
    members, failed = {}, []
    for name, build, what, resolver in cases:
        try:
            members |= golden(name, *build(what), resolver)
        except (RuntimeError, ValueError) as e:
            failed.append(name)
            print(f'{name}: FAILED: {str(e).splitlines()[0][:300]}', flush=True)
    return members, failed


def write(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, 'w') as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)
    size = path.stat().st_size
    print(f'{path.name}: {sum(name.endswith(".tflite") for name in members)} cases, {size} bytes')
    if size > LIMIT:
        sys.exit(f'golden_ops: the limit is {LIMIT} bytes')


def main():
    prefixes = tuple(sys.argv[1:])
    for path, families, functions, resolver in ARCHIVES:
        cases = [
            (c.name, build_case, c, OPTIMIZED if c.optimized else EXCEPTIONS.get(c.op, resolver))
            for family in families
            for c in family.CASES
        ]
        cases += [(f.__name__, build_graph, f, resolver) for f in functions]
        names = [name for name, *_ in cases]
        if len(set(names)) != len(names):
            sys.exit(f'golden_ops: names twice: {sorted({n for n in names if names.count(n) > 1})}')
        members, failed = collect([c for c in cases if not prefixes or c[0].startswith(prefixes)])
        if failed:
            sys.exit(f'golden_ops: LiteRT refuses {len(failed)} cases: {", ".join(failed)}')
        if not prefixes:
            write(path, members)


if __name__ == '__main__':
    main()
