#!/usr/bin/env python3
"""Convert the sources with Octet, and compare its flatbuffers with TensorFlow's values and with TFLiteConverter's flatbuffers.

usage: agree.py [--octet FILE] [--jobs N] [NAME | PATTERN ...]

For each of .corpus/sources (see source.py) it writes octet.tflite there, and a record of .corpus/agree.json:
    verdict         agrees, refused (problems: what octet says), or wrong (problems: what is)
    error           greatest difference from TensorFlow, relative to the greatest magnitude of an output, in LiteRT's builtin
                    kernels
    xnnpack         the same as LiteRT runs by default
    lite, lite_error, lite_xnnpack      whether TFLiteConverter converts the source, and its errors
    ops, lite_ops, more     numbers of operators, and by operator where Octet has more of them in all
    differences     in names, types and shapes of the signature
Wrong are errors of floats above limit(), any of other types, a flatbuffer that LiteRT refuses, and one that advertises an open
batch and, resized to 4, computes something else than four single runs.
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
from lite import BUILTIN, XNNPACK, operators
from places import CORPUS, PYTHON, REPO, SOURCES

BATCH_LIMIT = 1e-5  # LiteRT's own matrix products depend on the number of rows, by less
TIMEOUT = 300  # seconds, of each program
BATCH = 4


class Model:
    """A flatbuffer in LiteRT; inputs and outputs go by the source's names: the signature's, or by position where there is none."""

    def __init__(self, content, found, resolver=BUILTIN):
        from ai_edge_litert.interpreter import Interpreter

        self.lite = Interpreter(model_content=content, experimental_op_resolver_type=resolver, num_threads=1)
        self.lite.allocate_tensors()
        signatures = self.lite.get_signature_list()
        self.key = found.signature if found.signature in signatures else next(iter(signatures), None)
        self.inputs, self.outputs = self.details(found)
        self.runner = self.lite.get_signature_runner(self.key) if self.key and found.signature else None

    def details(self, found):
        """Details of inputs and outputs by name."""
        if self.key and found.signature:
            runner = self.lite.get_signature_runner(self.key)
            return runner.get_input_details(), runner.get_output_details()
        ins, outs = self.lite.get_input_details(), self.lite.get_output_details()
        return dict(zip([t.name for t in found.inputs], ins)), dict(zip([t.name for t in found.outputs], outs))

    def run(self, arrays):
        arrays = {k: v.astype(object) if v.dtype.kind == 'S' else v for k, v in arrays.items() if k in self.inputs}
        self.lite.reset_all_variables()  # recurrent operators go on from the last run's state
        if self.runner:
            return self.runner(**arrays)
        for name, value in arrays.items():
            if list(self.inputs[name]['shape']) != list(value.shape):
                self.lite.resize_tensor_input(self.inputs[name]['index'], value.shape)
        self.lite.allocate_tensors()
        for name, value in arrays.items():
            self.lite.set_tensor(self.inputs[name]['index'], value)
        self.lite.invoke()
        return {name: self.lite.get_tensor(d['index']).copy() for name, d in self.outputs.items()}


def apart(want, got):
    """How far two arrays are apart: relative to the greatest magnitude for floats, 0 or infinity for others."""
    if want.shape != got.shape:
        return f'shape {list(got.shape)}, want {list(want.shape)}'
    if want.dtype.kind in 'SO':
        return 0.0 if [bytes(x) for x in want.ravel()] == [bytes(x) for x in got.ravel()] else 'other strings'
    if want.dtype != got.dtype:
        return f'type {got.dtype}, want {want.dtype}'
    if want.dtype.kind not in 'fc':
        wrong = int((want != got).sum())
        return f'{wrong} of {want.size} integers differ' if wrong else 0.0
    same = (want == got) | (np.isnan(want) & np.isnan(got))
    if want.dtype.kind == 'f':  # LiteRT's kernels clamp infinity
        same |= np.isinf(want) & (got == np.copysign(np.finfo(want.dtype).max, want))
    with np.errstate(all='ignore'):
        scale = np.abs(want[np.isfinite(want)]).max(initial=0) or 1
        return float(np.where(same, 0, np.nan_to_num(np.abs(want - got) / scale, nan=np.inf)).max(initial=0))


def error(model, samples, wanted):
    """The greatest error over samples and outputs, and what is wrong besides."""
    worst, problems = 0.0, []
    for s, (arrays, want) in enumerate(zip(samples, wanted)):
        got = model.run(arrays)
        for name, array in want.items():
            e = apart(array, got[name]) if name in got else 'no such output'
            if isinstance(e, str):
                problems.append(f'sample {s}, output {name}: {e}')
            else:
                worst = max(worst, e)
    return worst, problems


def limit(theirs):
    """The error that is allowed, by TFLiteConverter's: 1e-4, or 1e-5 where it is within that, and twice its own, which is the
    model's doing."""
    if theirs is None:
        return 1e-4
    return max(1e-5 if theirs <= 1e-5 else 1e-4, 2 * theirs)


def batches(content, found, samples):
    """What is wrong with an advertised open batch: the model on several samples at once against one run each."""
    model = Model(content, found)
    signatures = [list(d['shape_signature']) for d in model.inputs.values()]
    if (
        not signatures
        or not all(s and s[0] == -1 for s in signatures)
        or any(d['dtype'] is np.bytes_ for d in model.inputs.values())
    ):
        return []
    picked = [samples[i % len(samples)] for i in range(BATCH)]
    if any(a.shape[0] != 1 for arrays in picked for a in arrays.values()):
        return []
    singles = [model.run(arrays) for arrays in picked]
    whole = Model(content, found).run({k: np.concatenate([arrays[k] for arrays in picked]) for k in picked[0]})
    problems = []
    for name, d in model.outputs.items():
        if list(d['shape_signature'])[:1] != [-1]:
            continue
        e = apart(np.concatenate([one[name] for one in singles]), whole[name])
        if isinstance(e, str) or e > BATCH_LIMIT:
            problems.append(f'batch of {BATCH}, output {name}: {e}')
    return problems


def face(details):
    return {k: (np.dtype(d['dtype']).name, [int(n) for n in d['shape_signature']]) for k, d in sorted(details.items())}


def differences(ours, theirs, found):
    """How our signature is not TFLiteConverter's; a graph's tensors are compared by position."""
    problems = []
    for way, a, b in (('input', ours.inputs, theirs.inputs), ('output', ours.outputs, theirs.outputs)):
        for name in sorted(a.keys() | b.keys()):
            x, y = face(a).get(name), face(b).get(name)
            if x != y and (found.signature or x is None or y is None):
                problems.append(f'{way} {name}: {x}, TFLiteConverter has {y}')
    return problems


def judge(found):
    """The record of a source whose octet.tflite is there; in this process, which LiteRT may end."""
    content, lite = (found.folder / 'octet.tflite').read_bytes(), found.lite
    samples, wanted = found.arrays('inputs'), found.arrays('outputs')
    record = {'ops': sum(operators(content).values())}
    ours = Model(content, found)
    record['error'], problems = error(ours, samples, wanted)
    record['xnnpack'], more = error(Model(content, found, XNNPACK), samples, wanted)
    # an integer that was rounded or chosen by floats may turn with the last bit
    problems += [f'XNNPACK: {p}' for p in more if p not in problems and 'integers differ' not in p]
    problems += batches(content, found, samples)
    if lite is not None:
        theirs = Model(lite, found)
        record['differences'] = differences(ours, theirs, found)
        try:
            record['lite_error'], record['lite_problems'] = error(theirs, samples, wanted)
            record['lite_xnnpack'], _ = error(Model(lite, found, XNNPACK), samples, wanted)
        except (RuntimeError, ValueError) as e:
            record['lite_problems'] = [str(e)]  # LiteRT refuses it
        a, b = operators(content), operators(lite)
        record['lite_ops'] = sum(b.values())
        if record['ops'] > record['lite_ops'] and not record['lite_problems'] and record['lite_error'] <= 1e-2:
            record['more'] = {k: [a.get(k, 0), b.get(k, 0)] for k in sorted(a.keys() | b.keys()) if a.get(k, 0) != b.get(k, 0)}
    for key in ('error', 'xnnpack'):
        most = limit(record.get(f'lite_{key}'))
        if not record[key] <= (most if key == 'error' else max(most, 1e-4)):
            problems.append(f'{key} {record[key]:.2g}, want at most {most:.2g}')
    record['problems'] = problems
    record['verdict'] = 'wrong' if problems else 'agrees'
    return record


def command(octet, found):
    """The command that converts a source. Of a graph's open dimensions those besides the batch get the first sample's sizes."""
    line = [octet, 'convert', found.path, '-o', found.folder / 'octet.tflite']
    if found.signature:
        return [*line, '--signature', found.signature]
    line += ['--inputs', ','.join(t.name for t in found.inputs), '--outputs', ','.join(t.name for t in found.outputs)]
    first = found.arrays('inputs')[0]
    for t in found.inputs:
        if t.shape is None or -1 in t.shape[1:]:
            line += ['--input-shapes', f'{t.name}={",".join(map(str, first[t.name].shape))}']
    return line


def compare(octet, found):
    out = {'name': found.name, 'lite': found.lite is not None}
    (found.folder / 'octet.tflite').unlink(missing_ok=True)
    try:
        run = subprocess.run(command(octet, found), capture_output=True, text=True, timeout=TIMEOUT)
        if run.returncode:
            return out | {'verdict': 'refused', 'status': run.returncode, 'problems': [run.stderr.strip()[-1500:]]}
        check = [PYTHON, '-W', 'ignore', __file__, '--here', found.name]
        run = subprocess.run(check, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired as e:
        return out | {'verdict': 'wrong', 'problems': [f'{pathlib.Path(e.cmd[0]).name}: no answer within {TIMEOUT} s']}
    if run.returncode:
        why = f'LiteRT ends with signal {-run.returncode}' if run.returncode < 0 else run.stderr.strip().splitlines()[-1]
        return out | {'verdict': 'wrong', 'problems': [why[:500]]}
    return out | json.loads(run.stdout.splitlines()[-1])


def keep(record):
    """Write a record to .corpus/agree.json, over that of an earlier run."""
    path, there = CORPUS / 'agree.json', {s.name for s in source.sources()}
    kept = {r['name']: r for r in json.loads(path.read_text()) if r['name'] in there} if path.exists() else {}
    kept[record['name']] = record
    path.write_text(json.dumps([kept[n] for n in sorted(kept)], indent=1) + '\n')
    return record


def summary(records):
    """Lines for people."""
    yield f'{len(records)} sources: ' + ', '.join(
        f'{sum(r["verdict"] == v for r in records)} {v}' for v in ('agrees', 'refused', 'wrong')
    )
    both = [r for r in records if r['lite']]
    yield f'TFLiteConverter converts {len(both)}; of these {sum(r["verdict"] == "agrees" for r in both)} agree'
    alone = [r['name'] for r in records if not r['lite'] and r['verdict'] == 'agrees']
    yield f'converted by Octet alone: {", ".join(alone) or "none"}'
    yield f'more operators than TFLiteConverter: {", ".join(r["name"] for r in records if "more" in r) or "none"}'
    for r in records:
        if r['verdict'] == 'wrong' or r['verdict'] == 'refused' and r['lite']:
            yield f'{r["name"]}: {r["verdict"]}: {r["problems"][0].splitlines()[0][:200]}'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these sources; with * and ? as in shells')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built from this checkout if not given')
    parser.add_argument('--jobs', type=int, default=2, help='sources at a time')
    parser.add_argument('--here', help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.here:
        print(json.dumps(judge(source.load(SOURCES / a.here))))
        return
    wanted = [s for s in source.sources() if not a.name or any(fnmatch.fnmatch(s.name, pattern) for pattern in a.name)]
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
            records = [keep(r) for r in pool.map(lambda s: compare(octet, s), wanted)]
    print('\n'.join(summary(records)))
    if any(r['verdict'] == 'wrong' or r['verdict'] == 'refused' and r['lite'] for r in records):
        sys.exit(1)


if __name__ == '__main__':
    main()
