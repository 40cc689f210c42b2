#!/usr/bin/env python3
"""int8 exactness of imported models: Octet's float flatbuffers of the sources, quantized with TensorFlow's ranges, against
TensorFlow's int8.

usage: int8_sources.py [--octet FILE] [--jobs N] [NAME | PATTERN ...]      after agree.py

For each source that both convert, TensorFlow calibrates and quantizes its own float model. Its ranges go to the tensors of
Octet's float model that are the same: those whose name is a part of TensorFlow's (which joins the names of what it fused with
';'), or that the same operators make of the same tensors. Octet quantizes its model with them (--compat tflite). Of the constants
of paired operators then holds:
    where the float values are bit-identical, the int8 (int32) tensors are equal, values and scales;
    elsewhere, as the two fold constants in different orders, int8 values differ by at most 1: the rate is reported.
Written are .corpus/int8.json and a table.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import source
from models import parse
from places import CORPUS, PYTHON, REPO, SOURCES

TIMEOUT = 600


class Graph:
    """The main graph of a flatbuffer."""

    def __init__(self, content):
        self.model = parse(content)
        self.graph = self.model.subgraphs[0]
        self.tensors = self.graph.tensors
        self.codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in self.model.operatorCodes or []]
        self.maker = {int(o): op for op in self.graph.operators or [] for o in op.outputs}
        self.index = {t.name.decode(): i for i, t in enumerate(self.tensors)}

    def kind(self, op):
        return self.codes[op.opcodeIndex]

    def name(self, i):
        return self.tensors[i].name.decode()

    def shape(self, i):
        return [int(n) for n in self.tensors[i].shape] if self.tensors[i].shape is not None else []

    def constant(self, i):
        data = self.model.buffers[self.tensors[i].buffer].data
        if data is None or not len(data):
            return None
        dtype = {0: np.float32, 2: np.int32, 9: np.int8, 4: np.int64}.get(self.tensors[i].type, np.uint8)
        return np.frombuffer(np.asarray(data, np.uint8).tobytes(), dtype)

    def scales(self, i):
        q = self.tensors[i].quantization
        return [] if q is None or q.scale is None else list(q.scale), [] if q is None or q.zeroPoint is None else list(q.zeroPoint)

    def ports(self, way):
        for s in self.model.signatureDefs or []:
            return {m.name.decode(): int(m.tensorIndex) for m in (s.inputs if way == 'inputs' else s.outputs)}
        return dict(enumerate(int(i) for i in getattr(self.graph, way)))


def parts(name):
    """The nodes that a tensor of TensorFlow's stands for; the number that keeps names apart comes off the last."""
    found = name.split(';')
    return [*found, found[-1].rstrip('0123456789')]


def operands(graph, op):
    return [int(i) for i in op.inputs]


def pair(ours, theirs):
    """Tensors of ours to the same of theirs, and operators that make them."""
    same = {}
    for way in ('inputs', 'outputs'):
        a, b = ours.ports(way), theirs.ports(way)
        same |= {a[k]: b[k] for k in a if k in b}
    named = {}
    for i in theirs.maker:
        for part in dict.fromkeys(parts(theirs.name(i))):
            named.setdefault(part, []).append(i)
    for op in ours.graph.operators or []:
        for o in map(int, op.outputs):
            if o in same:
                continue
            found = [
                i
                for i in named.get(ours.name(o), [])
                if theirs.kind(theirs.maker[i]) == ours.kind(op) and theirs.shape(i) == ours.shape(o)
            ]
            if found:
                same[o] = next((i for i in found if parts(theirs.name(i))[0] == ours.name(o)), found[0])
    ready = {}  # theirs: operators by kind and the tensors that they read
    for op in theirs.graph.operators or []:
        reads = tuple(i for i in operands(theirs, op) if i >= 0 and theirs.constant(i) is None)
        ready.setdefault((theirs.kind(op), reads), []).append(op)
    for op in ours.graph.operators or []:
        reads = [i for i in operands(ours, op) if i >= 0 and ours.constant(i) is None]
        if int(op.outputs[0]) in same or not all(i in same for i in reads):
            continue
        found = ready.get((ours.kind(op), tuple(same[i] for i in reads)), [])
        if len(found) == 1:
            same |= {int(a): int(b) for a, b in zip(op.outputs, found[0].outputs) if ours.shape(int(a)) == theirs.shape(int(b))}
    made = [(op, theirs.maker[same[int(op.outputs[0])]]) for op in ours.graph.operators or []
            if same.get(int(op.outputs[0])) in theirs.maker]  # fmt: skip
    return same, [(a, b) for a, b in made if ours.kind(a) == theirs.kind(b)]


def with_ranges(ours, calibrated, same):
    """Our float flatbuffer with TensorFlow's ranges on its tensors, and the activations that have none."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    lacking = []
    for i, t in enumerate(ours.tensors):
        if t.type != schema.TensorType.FLOAT32 or ours.constant(i) is not None or not (i in ours.maker or i in ours.graph.inputs):
            continue
        q = calibrated.tensors[same[i]].quantization if i in same else None
        if q is None or q.min is None or not len(q.min):
            lacking.append(ours.name(i))
            continue
        t.quantization = schema.QuantizationParametersT()
        t.quantization.min, t.quantization.max = np.array(q.min, np.float32), np.array(q.max, np.float32)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(ours.model.Pack(builder), b'TFL3')
    return bytes(builder.Output()), lacking


def compare(floats, ints, operators):
    """Counts over the constants of paired operators; floats and ints are (ours, theirs)."""
    found = {'identical': 0, 'unequal': [], 'other': 0, 'elements': 0, 'apart': 0, 'beyond': []}
    seen = set()
    for op in operators:
        for a, b in zip(*(operands(g, o) for g, o in zip(floats, op))):
            pairs = [(g, i) for g, i in zip(floats, (a, b))]
            if a < 0 or b < 0 or (a, b) in seen or any(g.constant(i) is None or g.tensors[i].type != 0 for g, i in pairs):
                continue
            seen.add((a, b))
            where = [g.index.get(f.name(i)) for g, (f, i) in zip(ints, pairs)]
            if None in where:
                continue
            values = [g.constant(i) for g, i in zip(ints, where)]
            if any(v is None or v.dtype.kind != 'i' for v in values) or values[0].shape != values[1].shape:
                continue
            x, y = (g.constant(i) for g, i in pairs)
            equal = np.array_equal(values[0], values[1]) and ints[0].scales(where[0]) == ints[1].scales(where[1])
            if x.shape == y.shape and np.array_equal(x.view(np.int32), y.view(np.int32)):
                found['identical'] += 1
                if not equal and values[0].dtype == np.int8:  # a bias' scale is its input's and weights', which may differ
                    found['unequal'].append(floats[0].name(a))
            elif values[0].dtype == np.int8:
                found['other'] += 1
                step = np.abs(values[0].astype(int) - values[1].astype(int))
                found['elements'] += step.size
                found['apart'] += int((step > 0).sum())
                if step.max(initial=0) > 1:
                    found['beyond'].append(floats[0].name(a))
    return found


def judge(found, octet):
    """The record of a source; in this process, which TensorFlow may end."""
    import oracle

    theirs = Graph(found.lite)
    ours = Graph((found.folder / 'octet.tflite').read_bytes())
    ports = oracle.inputs(theirs.model)
    names = {t.name: t for t in found.inputs}
    samples = found.arrays('inputs')
    order = [p.name if p.name in names else found.inputs[i].name for i, p in enumerate(ports)]
    arrays = {p.name: np.concatenate([s[n] for s in samples]) for p, n in zip(ports, order)}
    calibrated = oracle.calibrate(found.lite, theirs.model, arrays)
    quantized = oracle.quantize(calibrated, 'int8')
    same, operators = pair(ours, theirs)
    content, lacking = with_ranges(Graph((found.folder / 'octet.tflite').read_bytes()), Graph(calibrated), same)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'ranges.tflite').write_bytes(content)
        line = [octet, 'convert', found.folder / 'octet.tflite', '--ranges', folder / 'ranges.tflite', '--compat', 'tflite']
        run = subprocess.run([*line, '-o', folder / 'int8.tflite'], capture_output=True, text=True, timeout=TIMEOUT)
        if run.returncode:
            return {'failed': run.stderr.strip()[-500:], 'lacking': lacking}
        ints = Graph((folder / 'int8.tflite').read_bytes()), Graph(quantized)
    record = compare((ours, theirs), ints, operators)
    activations = [(ints[0].index.get(ours.name(a)), ints[1].index.get(theirs.name(b))) for a, b in same.items() if a in ours.maker]
    activations = [(a, b) for a, b in activations if a is not None and b is not None and ints[1].tensors[b].type == 9]
    alike = sum(ints[0].scales(a) == ints[1].scales(b) for a, b in activations)
    return record | {'lacking': lacking, 'operators': len(operators), 'activations': len(activations), 'alike': alike}


def spawn(found, octet):
    command = [PYTHON, '-W', 'ignore', __file__, '--here', found.name, '--octet', octet]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return {'name': found.name, 'peer': f'no answer within {TIMEOUT} s'}
    if run.returncode:
        lines = run.stderr.strip().splitlines() or [f'signal {-run.returncode}']
        return {'name': found.name, 'peer': lines[-1][:300]}
    return {'name': found.name} | json.loads(run.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these sources; with * and ? as in shells')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built from this checkout if not given')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--here', help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.here:
        print(json.dumps(judge(source.load(SOURCES / a.here), a.octet)))
        return
    wanted = [s for s in source.sources() if not a.name or any(fnmatch.fnmatch(s.name, p) for p in a.name)]
    wanted = [s for s in wanted if s.lite and (s.folder / 'octet.tflite').exists()]
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
            records = list(pool.map(lambda s: spawn(s, octet), wanted))
    (CORPUS / 'int8.json').write_text(json.dumps(records, indent=1) + '\n')
    bad = 0
    for r in records:
        if 'peer' in r:
            print(f'{r["name"]}: TensorFlow fails: {r["peer"]}')
        elif 'failed' in r:
            print(f'{r["name"]}: FAILED: {r["failed"]}')
            bad += 1
        else:
            rate = r['apart'] / max(r['elements'], 1)
            print(
                f'{r["name"]}: {r["operators"]} operators; {r["identical"]} constants bit-identical, '
                f'{len(r["unequal"])} of them unequal in int8; {r["other"]} others, {rate:.2%} of their elements apart, '
                f'{len(r["beyond"])} by more than 1; '
                f'{r["alike"]} of {r["activations"]} activations alike; {len(r["lacking"])} without a range'
            )
            bad += bool(r['unequal'] or r['beyond'])
    done = [r for r in records if 'identical' in r]
    elements, apart = sum(r['elements'] for r in done), sum(r['apart'] for r in done)
    identical, unequal = sum(r['identical'] for r in done), sum(len(r['unequal']) for r in done)
    print(
        f'{len(done)} sources: {identical} constants bit-identical, {unequal} unequal; '
        f'of {elements} other int8 weights {apart} are apart ({apart / max(elements, 1):.3%})'
    )
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
