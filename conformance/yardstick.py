#!/usr/bin/env python3
"""How far LiteRT's kernels are from each other: the reference kernels (BUILTIN_REF), the optimized ones, and XNNPACK.

usage: yardstick.py [--table] [SCHEME/NAME …]

The models are those whose tensors LiteRT's reference kernels gave: .corpus/int8, .corpus/int16 and .corpus/hybrid/*.dynamic. Each
runs once on random inputs (seeded) by the reference kernels. Then each of its operators runs alone on what these gave it, at most
REPEATS of a kind in a model, by the other kernels, and so does the whole model. Integers are compared in steps, floats relative
to the greatest magnitude of the reference's result. .corpus/yardstick.json holds the results; --table prints them as
docs/verification.md has them.
"""

import argparse
import collections
import copy
import json
import os
import subprocess
import sys
import zlib

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from golden_ops import EXCEPTIONS, OPTIMIZED, REFERENCE
from lite import NAMES, XNNPACK, Runner, random_inputs
from places import CORPUS, PYTHON

RESULTS = CORPUS / 'yardstick.json'
SCHEMES = {'int8': ('int8', '*'), 'int16x8': ('int16', '*'), 'dynamic': ('hybrid', '*.dynamic')}
PEERS = {'builtin': OPTIMIZED, 'xnnpack': XNNPACK}
REPEATS = 3
SEED = 29
TIMEOUT = 600  # seconds a model
SKIPPED = {
    'WHILE',
    'IF',
    'CALL_ONCE',
    'VAR_HANDLE',
    'READ_VARIABLE',
    'ASSIGN_VARIABLE',
    'CUSTOM',
    'RANDOM_UNIFORM',
    'RANDOM_STANDARD_NORMAL',
    'MULTINOMIAL',
}


def folders():
    """The folder of each model, by SCHEME/NAME."""
    found = [
        (p.parent, scheme)
        for scheme, (folder, pattern) in SCHEMES.items()
        for p in (CORPUS / folder).glob(pattern + '/model.tflite')
    ]
    return {f'{scheme}/{path.name}': path for path, scheme in sorted(found, key=lambda f: (f[0].name, f[1]))}


def hybrid(model, graph, op):
    """Whether an operator computes on float activations and integer weights."""
    kinds = {
        graph.tensors[i].type
        for i in op.inputs
        if i >= 0 and model.buffers[graph.tensors[i].buffer].data is not None and graph.tensors[i].quantization is not None
    }
    return graph.tensors[op.inputs[0]].type == schema.TensorType.FLOAT32 and not kinds.isdisjoint(
        {schema.TensorType.INT8, schema.TensorType.INT4}
    )


def alone(model, op):
    """A model of one operator of the main graph, and the tensors that it takes, in its inputs' order."""
    graph, small = model.subgraphs[0], schema.SubGraphT()
    small.tensors, buffers, places = [], [schema.BufferT()], {-1: -1}
    tables = [
        q.details.scales
        for q in (graph.tensors[i].quantization for i in op.inputs if i >= 0)
        if q is not None and q.details is not None
    ]
    for i in [*tables, *op.inputs, *op.outputs, *(op.intermediates if op.intermediates is not None else [])]:
        if i in places:
            continue
        old = graph.tensors[i]
        tensor = schema.TensorT(**{k: v for k, v in vars(old).items() if k in vars(schema.TensorT())})
        data, tensor.buffer = model.buffers[old.buffer].data, 0
        if data is not None and len(data):
            tensor.buffer = len(buffers)
            buffers.append(model.buffers[old.buffer])
        if (
            old.quantization is not None and old.quantization.details is not None
        ):  # weights in blocks, whose scales are another tensor
            tensor.quantization = copy.deepcopy(old.quantization)
            tensor.quantization.details.scales = places[old.quantization.details.scales]
        places[i] = len(small.tensors)
        small.tensors.append(tensor)
    fed = sorted({i for i in op.inputs if i >= 0 and not graph.tensors[i].isVariable and small.tensors[places[i]].buffer == 0})
    node = schema.OperatorT(**{k: v for k, v in vars(op).items() if k in vars(schema.OperatorT())})
    node.opcodeIndex = 0
    node.inputs, node.outputs = [places[i] for i in op.inputs], [places[i] for i in op.outputs]
    node.intermediates = None if op.intermediates is None else [places[i] for i in op.intermediates]
    small.operators, small.inputs, small.outputs = [node], [places[i] for i in fed], node.outputs
    out = schema.ModelT()
    out.version, out.operatorCodes, out.subgraphs, out.buffers = 3, [model.operatorCodes[op.opcodeIndex]], [small], buffers
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(out.Pack(builder), b'TFL3')
    return bytes(builder.Output()), fed


def distance(found, want):
    """Elements, how many differ, and the greatest difference, of the numbers of one kind: 'steps' or 'relative'."""
    out = {}
    for x, y in zip(found, want, strict=True):
        if x.shape != y.shape or y.dtype.kind not in 'iuf':
            continue
        kind, a, b = 'relative' if y.dtype.kind == 'f' else 'steps', x.astype(np.float64), y.astype(np.float64)
        apart = np.abs(np.where(np.isfinite(a) & np.isfinite(b), a - b, 0))
        scale = max(np.abs(b[np.isfinite(b)]).max(initial=0), 1e-30) if kind == 'relative' else 1
        n, differ, most = out.get(kind, (0, 0, 0))
        out[kind] = (n + apart.size, differ + int(np.count_nonzero(apart)), max(most, float(apart.max(initial=0) / scale)))
    return out


def add(total, more):
    for kind, (n, differ, most) in more.items():
        have = total.setdefault(kind, [0, 0, 0])
        total[kind] = [have[0] + n, have[1] + differ, max(have[2], most)]


def measure(name):
    """What one model yields: of each peer the distance of the whole, and by operator."""
    content = (folders()[name] / 'model.tflite').read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    reference = Runner(content, REFERENCE, keep=True)
    arrays = random_inputs(reference.inputs, np.random.default_rng([SEED, zlib.crc32(name.encode())]))
    want = reference.run(arrays)
    found = {'whole': {}, 'operators': {}}
    for peer, resolver in PEERS.items():
        total = found['whole'].setdefault(peer, {})
        try:
            add(total, distance(Runner(content, resolver).run(arrays), want))
        except (RuntimeError, ValueError):
            continue
    seen = collections.Counter()
    for op in graph.operators:
        code = model.operatorCodes[op.opcodeIndex]
        kind = NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]
        if hybrid(model, graph, op):
            kind = f'{kind} of integer weights'
        seen[kind] += 1
        if kind in SKIPPED or seen[kind] > REPEATS:
            continue
        small, fed = alone(model, op)
        try:
            details = {d['index']: d for d in reference.lite.get_tensor_details()}
            values = [reference.tensor(details[i]) for i in fed]
            base = Runner(small, REFERENCE).resized(values)
        except (RuntimeError, ValueError, KeyError):
            continue
        for peer, resolver in PEERS.items():
            try:
                add(
                    found['operators'].setdefault(kind, {}).setdefault(peer, {}),
                    distance(Runner(small, resolver).resized(values), base),
                )
            except (RuntimeError, ValueError):
                continue
    return found


def cell(total, kind):
    """Of a peer: how many elements differ, and by how much at most."""
    n, differ, most = total.get(kind, (0, 0, 0))
    if not n:
        return '–'
    if not differ:
        return '='
    return f'{100 * differ / n:.2g} %, {most:.2g}' if kind == 'relative' else f'{100 * differ / n:.2g} %, {most:.0f}'


def table(results):
    """Two tables in Markdown: whole models by scheme, and operators by scheme."""
    whole, operators, counts = {}, {}, collections.Counter()
    for name, found in results.items():
        if 'failed' in found:
            continue
        scheme = name.split('/')[0]
        counts[scheme] += 1
        for peer, more in found['whole'].items():
            add(whole.setdefault(scheme, {}).setdefault(peer, {}), more)
        for kind, peers in found['operators'].items():
            for peer, more in peers.items():
                add(operators.setdefault(scheme, {}).setdefault(kind, {}).setdefault(peer, {}), more)
    print('| models | outputs | optimized | XNNPACK |\n| --- | --- | ---: | ---: |')
    for scheme, peers in whole.items():
        for kind in ('steps', 'relative'):
            if peers.get('builtin', {}).get(kind, [0])[0]:
                print(
                    f'| {counts[scheme]} {scheme} | {"integers" if kind == "steps" else "floats"} | '
                    + ' | '.join(cell(peers.get(p, {}), kind) for p in PEERS)
                    + ' |'
                )
    print('\n| scheme | operator | optimized | XNNPACK |\n| --- | --- | ---: | ---: |')
    equal = {}
    for scheme, kinds in operators.items():
        for op, peers in sorted(kinds.items()):
            for kind in ('steps', 'relative'):
                cells = [cell(peers.get(p, {}), kind) for p in PEERS]
                if set(cells) <= {'=', '–'}:
                    if '=' in cells:
                        equal.setdefault(scheme, []).append(op)
                    continue
                print(
                    f'| {scheme} | {op}{", floats" if kind == "relative" and scheme != "dynamic" else ""} | {" | ".join(cells)} |'
                )
    for scheme, kinds in equal.items():
        print(f'\nEqual everywhere in {scheme}: {", ".join(dict.fromkeys(kinds))}.')
    print(f'\nRun by other kernels for the golden values: {", ".join(sorted(k for k, v in EXCEPTIONS.items() if v is OPTIMIZED))}.')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these, again')
    parser.add_argument('--table', action='store_true', help='print what is there')
    parser.add_argument('--here', help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.here:
        print(json.dumps(measure(a.here)))
        return
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if a.table:
        return table(results)
    for name in folders():
        if name not in a.name if a.name else name in results:
            continue
        try:
            run = subprocess.run(
                [PYTHON, '-W', 'ignore', __file__, '--here', name], capture_output=True, text=True, timeout=TIMEOUT
            )
            lines = run.stderr.strip().splitlines() or [f'signal {-run.returncode}']
            results[name] = {'failed': lines[-1][:200]} if run.returncode else json.loads(run.stdout.splitlines()[-1])
        except subprocess.TimeoutExpired:
            results[name] = {'failed': f'no answer within {TIMEOUT} s'}
        RESULTS.write_text(json.dumps(results, indent=1) + '\n')
        print(f'{name}: {results[name].get("failed") or results[name]["whole"]}', flush=True)
    if not any('whole' in r for r in results.values()):
        sys.exit('yardstick: no model ran')


if __name__ == '__main__':
    main()
