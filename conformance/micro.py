#!/usr/bin/env python3
"""int8 models in TensorFlow Lite for Microcontrollers, beside LiteRT's reference kernels and `octet run`.

usage: micro.py [--octet PROGRAM] [--runs N] [MODEL.tflite ...]     by default the int8 oracles of pkg/quantize/testdata, and
           Octet's models of the same ranges
       micro.py --corpus [--runs N] [NAME ...]

Each model runs on random integers in TFLite Micro's interpreter, whose answers may be a step of the outputs' scales away from
LiteRT's; and in Octet, whose answers must be LiteRT's, but for models that compute on floats as well. Operators that TFLite Micro
lacks are named, and are no failure. Its kernel of UNIDIRECTIONAL_SEQUENCE_LSTM is another than LiteRT's, with other roundings
inside: behind it LSTM_STEPS are allowed.

With --corpus the models are Octet's int8 models of the corpus (devices.py makes them), and TensorFlow's of the same float models.
.corpus/micro.json holds of each why TFLite Micro refuses it, or by how many steps its outputs are away from LiteRT's; and of
Octet's the operators alone, at most REPEATS of a kind, each fed with what LiteRT gave it: how many elements there are, how many
differ, and by how much at most. Names are measured again, others where that was not done yet. The exit status is 1 if it refuses
a model of Octet's whose twin it takes.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_micro.python.tflite_micro import runtime

import devices
import models
import stepwise
from golden_int8 import operators as kinds
from golden_int8 import pack
from golden_ops import EXCEPTIONS, OPTIMIZED, REFERENCE
from lite import Runner, operators, random_inputs
from places import CORPUS, PYTHON, REPO
from samples import inputs
from yardstick import NAMES, SKIPPED, add, alone, distance

ORACLES = REPO / 'pkg/quantize/testdata/oracle'
ARENA = 64 << 20  # bytes
SEED = 17
STEPS, LSTM_STEPS = 1, 4
REPEATS = 10
RESULTS = CORPUS / 'micro.json'
TIMEOUT = 900  # seconds a model


@contextlib.contextmanager
def captured():
    """What the process writes to its standard error meanwhile, in a list: TFLite Micro says there why it refuses a model."""
    said, kept = [''], os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            said[0] = file.read().decode(errors='replace')


def micro(content, samples):
    """TFLite Micro's outputs for each sample, or why there are none."""
    with captured() as said:
        try:
            interpreter = runtime.Interpreter.from_bytes(content, arena_size=ARENA)
            found = []
            for arrays in samples:
                interpreter.reset()  # variables, too
                for i, a in enumerate(arrays):
                    interpreter.set_input(a, i)
                interpreter.invoke()
                found.append([interpreter.get_output(i).copy() for i, _ in enumerate(output_names(content))])
            return found, ''
        except (RuntimeError, ValueError) as e:
            failure = str(e)
    lacking = re.search(r"Didn't find op for builtin opcode '(\w+)'", said[0])
    return None, f'there is no {lacking[1]}' if lacking else ' '.join([failure, *said[0].split('\n')[:1]])


def output_names(content):
    """The names that a model's first signature gives to its outputs, in the model's order; else those of the tensors."""
    model = models.parse(content)
    graph, signatures = model.subgraphs[0], [s for s in model.signatureDefs or [] if s.subgraphIndex == 0]
    names = {m.tensorIndex: m.name.decode() for s in signatures[:1] for m in s.outputs or []}
    return [names.get(i, graph.tensors[i].name.decode()) for i in graph.outputs]


def octet(program, content, samples):
    """Octet's outputs for each sample."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / 'model.tflite').write_bytes(content)
        names = [x.name for x in inputs(models.parse(content))]
        np.savez(folder / 'in.npz', **{n: np.concatenate(arrays) for n, arrays in zip(names, zip(*samples))})
        command = [program, 'run', folder / 'model.tflite', '--data', folder / 'in.npz', '-o', folder / 'out.npz']
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(run.stderr.strip().split('\n')[-1])
        with np.load(folder / 'out.npz') as archive:
            return [list(arrays) for arrays in zip(*(np.split(archive[n], len(samples)) for n in output_names(content)))]


def computes_float(content):
    """Whether a model computes on floats, too: where such a number lies in the middle between two integers, its last bit
    decides."""
    graphs = models.parse(content).subgraphs
    return any(t.type == schema.TensorType.FLOAT32 and len(t.shape) > 0 and t.shape.all() for g in graphs for t in g.tensors)


def steps(found, want):
    """The greatest difference, and the share of elements that differ."""
    pairs = [(a, b) for x, y in zip(found, want) for a, b in zip(x, y)]
    apart = np.concatenate([np.abs(np.ravel(a).astype(np.float64) - np.ravel(b)) for a, b in pairs])
    return apart.max(initial=0), np.count_nonzero(apart) / max(apart.size, 1)


class Stepwise:
    """LiteRT's reference kernels, operator for operator, as a Runner."""

    def __init__(self, content):
        self.model, self.inputs = models.parse(content), Runner(content, OPTIMIZED).inputs
        self.graph = self.model.subgraphs[0]
        self.kinds = kinds(self.model, self.graph)

    def run(self, arrays):
        values = stepwise.by_operator(self.model, self.graph, self.kinds, arrays)
        return [values[i] for i in self.graph.outputs]


def peer(content):
    """LiteRT by its reference kernels. An operator that has no right one has the optimized one; in a model that calls other
    graphs all have it then."""
    found = operators(content)
    if not any(EXCEPTIONS.get(name) == OPTIMIZED for name in found):
        with contextlib.suppress(ValueError):
            return Runner(content, REFERENCE)
    return Runner(content, OPTIMIZED) if SKIPPED & found.keys() else Stepwise(content)


def judge(path, program, runs):
    """A line on the model, and whether it failed."""
    content, name = path.read_bytes(), f'{path.parent.name}/{path.stem}'
    try:
        lite = peer(content)
    except ValueError as e:
        return f'{name}: LiteRT refuses it: {str(e).splitlines()[0][:100]}', False
    rng = np.random.default_rng(SEED)
    samples = [random_inputs(lite.inputs, rng) for _ in range(runs)]
    want = [lite.run(arrays) for arrays in samples]
    line, bad = name, False
    ours, _ = steps(octet(program, content, samples), want)
    if ours > (STEPS if computes_float(content) else 0):
        line, bad = f'{line}: OCTET IS {ours:g} AWAY FROM LITERT', True
    found = isolated(path, runs)
    if 'refused' in found:
        return f'{line}: TFLite Micro refuses it: {found["refused"]}', bad
    most, share = found['steps'], found['apart']
    limit = LSTM_STEPS if 'UNIDIRECTIONAL_SEQUENCE_LSTM' in operators(content) else STEPS
    return f'{line}: {share:.2%} of the outputs differ, by {most:g} at most' if most else f'{line}: equal', bad or most > limit


def made(program, folder):
    """The int8 models of the oracles, TensorFlow's and what Octet makes of the same ranges by its own rules."""
    for theirs in sorted(ORACLES.glob('*/int8.tflite')):
        yield theirs
        source, ours = theirs.with_name('calibrated.tflite'), folder / f'{theirs.parent.name}.octet' / 'int8.tflite'
        ours.parent.mkdir()
        subprocess.run([program, 'convert', source, '--ranges', source, '-o', ours], check=True, capture_output=True)
        yield ours


def record(content, runs):
    """What TFLite Micro makes of a model."""
    lite = peer(content)
    rng = np.random.default_rng(SEED)
    samples = [random_inputs(lite.inputs, rng) for _ in range(runs)]
    found, why = micro(content, samples)
    if why:
        return {'refused': why[:200]}
    most, share = steps(found, [lite.run(arrays) for arrays in samples])
    return {'apart': share, 'steps': float(most)}


def by_operator(content):
    """How far each kind of operator is from LiteRT's, of the same inputs, as yardstick.distance has it; None of one that TFLite
    Micro refuses. The bodies of loops are fed random numbers."""
    whole = models.parse(content)
    found, seen = {}, collections.Counter()
    for i, graph in enumerate(whole.subgraphs):
        if i:
            whole.signatureDefs, whole.subgraphs = [], [graph]
            content = pack(whole)
        try:
            lite = Runner(content, REFERENCE, keep=True)
        except ValueError:
            lite = Runner(content, OPTIMIZED, keep=True)
        lite.run(random_inputs(lite.inputs, np.random.default_rng(SEED)))
        details = {d['index']: d for d in lite.lite.get_tensor_details()}
        model = models.parse(content)
        for op in model.subgraphs[0].operators:
            code = model.operatorCodes[op.opcodeIndex]
            kind = NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]
            seen[kind] += 1
            if kind in SKIPPED or seen[kind] > REPEATS:
                continue
            small, fed = alone(model, op)
            try:
                values = [lite.tensor(details[i]) for i in fed]
                want = stepwise.single(small, kind).resized(values)
            except (RuntimeError, ValueError, KeyError):  # LiteRT kept no such tensor
                continue
            got, _ = micro(small, [values])
            if got is None:
                found.setdefault(kind, None)
                continue
            found[kind] = found.get(kind) or {}
            add(found[kind], distance(got[0], want))
    return found


def isolated(path, runs, what='--here'):
    """record, or by_operator, in a process of its own, which TFLite Micro may end."""
    try:
        run = subprocess.run(
            [PYTHON, '-W', 'ignore', __file__, what, '--runs', str(runs), path], capture_output=True, text=True, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return {'refused': f'no answer within {TIMEOUT} s'}
    lines = run.stderr.strip().splitlines() or ['']
    return (
        {'refused': lines[-1][:150] or f'it ends with signal {-run.returncode}'}
        if run.returncode
        else json.loads(run.stdout.splitlines()[-1])
    )


def corpus(names, runs):
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for pair in devices.pairs(names):
        have = {} if names else results.get(pair.name, {})
        found = {k: isolated(p, runs) for k, p in pair.paths().items() if k not in have}
        if 'operators' not in have:
            found['operators'] = isolated(pair.ours, runs, '--operators')
        if not found:
            continue
        results[pair.name] = have | found
        RESULTS.write_text(json.dumps(results, indent=1) + '\n')
        print(f'{pair.name}: {results[pair.name]}', flush=True)
    bad = [n for n, r in results.items() if 'refused' in r['octet'] and 'refused' not in r.get('tensorflow', {'refused': ''})]
    if bad:
        sys.exit(f'micro: TFLite Micro takes TensorFlow\'s model but not Octet\'s of {", ".join(bad)}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('model', nargs='*', help='a file; with --corpus a name')
    parser.add_argument('--corpus', action='store_true')
    parser.add_argument('--here', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('--operators', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built from this checkout if not given')
    parser.add_argument('--runs', type=int, default=4, help='samples a model')
    a = parser.parse_args()
    if a.corpus:
        return corpus(a.model, a.runs)
    if a.here:
        return print(json.dumps(record(pathlib.Path(a.model[0]).read_bytes(), a.runs)))
    if a.operators:
        return print(json.dumps(by_operator(pathlib.Path(a.model[0]).read_bytes())))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        program = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', program, './cmd/octet'], cwd=REPO, check=True)
        for path in map(pathlib.Path, a.model) if a.model else made(program, pathlib.Path(folder)):
            line, failed = judge(path, program, a.runs)
            print(line, flush=True)
            bad += failed
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
