#!/usr/bin/env python3
"""TensorFlow's values for one-operator graphs: .corpus/tfops/GROUP.zip, one for each group of opcases.

usage: tfops.py [--jobs N] [--again] [GROUP | GROUP/NAME ...]

A zip holds cases.json, a list in the order of opcases, and beside it N.pb, the N-th case's GraphDef with its functions, inputs as
Placeholder, and N.S.in.I.npy and N.S.out.I.npy, the I-th input and output of sample S (complex
numbers as pairs). A case is
    name        as in opcases
    inputs      name of the tensor, dtype, shape (-1 where open, null where the rank is), and for strings the samples' values
    outputs     the same
    random      its outputs' values mean nothing
    xla         the outputs are XLA's, as TensorFlow lacks a kernel on a CPU
    failed      why TensorFlow itself can't run it (no files then)
    lite        what TFLiteConverter makes of it with its default settings: its operators (ops: name to count) and their greatest
                relative error in LiteRT over the samples (error: null if shapes or types differ), or why it fails (failed)
Cases with variables or tables become SavedModels in .corpus/sources instead.
Each case is made in a process of its own, as TensorFlow may abort, and is kept in .corpus/tfops/cases until its group is packed.
"""

import argparse
import io
import json
import os
import pickle
import re
import signal
import sys
import time
import zipfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')
import numpy as np
import tensorflow as tf

import opcases
from opcases import graph, values
from places import TFOPS

DRAFTS = TFOPS / 'cases'
TIMEOUT = 120  # seconds a case


def first_line(error):
    """What an exception of TensorFlow says, without its colours and paths."""
    text = re.sub(r'\x1b\[[0-9;]*m', '', str(error))
    needs = set(re.findall(r"'(tf\.[A-Za-z0-9]+)' op is neither", text))
    for kind in re.findall(r'^\s*(?:Flex|Custom) ops?: ([\w, ]+)', text, re.M):
        needs.update(kind.split(', '))
    if needs:
        return 'needs ' + ', '.join(sorted(needs))
    lines = [line for line in text.splitlines() if line.strip()] or [type(error).__name__]
    return re.sub(r'/[\w./-]+/site-packages/', '', lines[-1 if lines[0].startswith('Traceback') else 0])[:300]


def run(case, traced):
    """Inputs and outputs of every sample, from the first kind of values that TensorFlow accepts, and whether XLA computed them."""
    problem = None
    for way, kind in [(way, kind) for way in (traced.run, traced.compiled) for kind in values.kinds(case)]:
        try:
            inputs = [values.inputs(case, traced.specs, kind, s) for s in range(values.SAMPLES)]
            return inputs, [way(arrays) for arrays in inputs], way is traced.compiled
        except (tf.errors.OpError, ValueError, TypeError, NotImplementedError) as e:
            problem = problem or e
    raise problem


def error(want, got):
    """The greatest difference relative to the greatest magnitude; None where shapes or types differ."""
    worst = 0.0
    for a, b in zip(want, got, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return None
        if a.dtype.kind in 'fc':
            same = (a == b) | (np.isnan(a) & np.isnan(b))
            scale = np.abs(a[np.isfinite(a)]).max(initial=0) or 1
            with np.errstate(all='ignore'):
                apart = np.where(same, 0, np.abs(a - b) / scale).max(initial=0)
            worst = max(worst, float(apart) if np.isfinite(apart) else 1e30)
        elif a.tolist() != b.tolist():
            worst = max(worst, 1e30)
    return worst


def lite(traced, inputs, outputs):
    """TFLiteConverter's answer to the case, and LiteRT's to that."""
    from lite import BUILTIN, Runner, operators

    try:
        content = traced.converter().convert()
    except Exception as e:  # whatever TensorFlow's converter raises is the answer
        return {'failed': first_line(e)}
    found = {'ops': operators(content)}
    try:
        runner = Runner(content, BUILTIN)
        found['error'] = 0.0
        for arrays, want in zip(inputs, outputs):
            e = error(want, runner.resized(arrays))
            found['error'] = None if e is None or found['error'] is None else max(found['error'], e)
    except (RuntimeError, ValueError) as e:
        found['error'], found['refused'] = None, first_line(e)
    return found


def flat(t):
    """An array as it is stored: complex numbers as pairs along a last axis of 2, quantized ones as integers."""
    t = np.ascontiguousarray(t).reshape(t.shape)
    if t.dtype.names:
        t = t[t.dtype.names[0]]
    return np.stack([t.real, t.imag], -1) if t.dtype.kind == 'c' else t


def describe(names, specs, samples):
    found = []
    for i, (name, s) in enumerate(zip(names, specs)):
        shape = None if s.shape.rank is None else [-1 if n is None else n for n in s.shape.as_list()]
        d = {'name': name, 'dtype': s.dtype.name, 'shape': shape}
        if s.dtype == tf.string:
            d['strings'] = [[v.decode('latin1') for v in np.asarray(sample[i], object).ravel()] for sample in samples]
            d['shapes'] = [list(np.shape(sample[i])) for sample in samples]
        found.append(d)
    return found


def make(case):
    """A case as a dict for cases.json, and its files; in this process."""
    out = {'name': case.name}
    try:
        traced = graph.trace(case)
        inputs, outputs, out['xla'] = run(case, traced)
    except Exception as e:  # the cases that TensorFlow refuses are no cases
        return out | {'failed': first_line(e)}, {}
    out['inputs'] = describe(traced.inputs, traced.specs, inputs)
    out['outputs'] = describe(traced.outputs, traced.results, outputs)
    out['random'] = case.group == 'random' or (case.group, case.name) in values.LOOSE
    out['lite'] = lite(traced, inputs, outputs)
    files = {'pb': traced.graph.SerializeToString(deterministic=True)}
    for s, (arrays, results) in enumerate(zip(inputs, outputs)):
        for way, tensors in (('in', arrays), ('out', results)):
            for i, t in enumerate(tensors):
                if t.dtype.kind != 'O':
                    buffer = io.BytesIO()
                    np.save(buffer, flat(t))
                    files[f'{s}.{way}.{i}.npy'] = buffer.getvalue()
    return out, files


def draft(key):
    return DRAFTS / (re.sub(r'\W', lambda m: f'_{ord(m[0]):x}_', f'{key[0]}/{key[1]}') + '.pickle')


def child(case, path):
    """Make a case in a forked process, which ends here."""
    null = os.open('/dev/null', os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        if case.module:
            graph.save(case)
            result = {'name': case.name, 'failed': 'it is in .corpus/sources'}, {}
        else:
            result = make(case)
    except BaseException as e:  # also what ends a process: the record is wanted in any case
        result = {'name': case.name, 'failed': first_line(e)}, {}
    path.with_suffix('.part').write_bytes(pickle.dumps(result))
    path.with_suffix('.part').rename(path)
    os._exit(0)


def spawn(keys, jobs):
    """Make the cases in processes, jobs at a time."""
    running, done, waiting = {}, 0, list(keys)
    while waiting or running:
        while waiting and len(running) < jobs:
            key = waiting.pop(0)
            pid = os.fork()
            if not pid:
                child(opcases.CASES[key], draft(key))
            running[pid] = key, time.monotonic()
        for pid, (key, since) in list(running.items()):
            late = time.monotonic() - since > TIMEOUT
            if late:
                os.kill(pid, signal.SIGKILL)
            ended, status = os.waitpid(pid, 0 if late else os.WNOHANG)
            if not ended:
                continue
            del running[pid]
            done += 1
            if not draft(key).exists():
                why = f'no answer within {TIMEOUT} s' if late else f'TensorFlow ends with signal {status}'
                draft(key).write_bytes(pickle.dumps(({'name': key[1], 'failed': why}, {})))
            if done % 50 == 0:
                print(f'{done} of {len(keys)} cases', flush=True)
        time.sleep(0.01)


def pack(group):
    keys = [k for k in opcases.CASES if k[0] == group]
    found = [pickle.loads(draft(k).read_bytes()) for k in keys]
    with zipfile.ZipFile(TFOPS / f'{group}.part', 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('cases.json', json.dumps([record for record, _ in found], indent=1))
        for i, (_, files) in enumerate(found):
            for name, content in files.items():
                z.writestr(f'{i}.{name}', content)
    (TFOPS / f'{group}.part').rename(TFOPS / f'{group}.zip')
    failed = [r for r, _ in found if 'failed' in r]
    lowered = sum('ops' in r.get('lite', {}) for r, _ in found)
    print(f'{group}: {len(found)} cases, TensorFlow runs {len(found) - len(failed)}, its converter lowers {lowered}', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these groups or cases')
    parser.add_argument('--jobs', type=int, default=2, help='cases at a time')
    parser.add_argument('--again', action='store_true', help='remake what is there')
    a = parser.parse_args()
    DRAFTS.mkdir(parents=True, exist_ok=True)
    wanted = [k for k in opcases.CASES if not a.name or k[0] in a.name or '/'.join(k) in a.name]
    if not wanted:
        sys.exit(f'tfops: no such case: {" ".join(a.name)}')
    todo = [k for k in wanted if a.again or not draft(k).exists()]
    for k in todo:
        draft(k).unlink(missing_ok=True)
    spawn(todo, a.jobs)
    for group in dict.fromkeys(k[0] for k in wanted):
        if all(draft(k).exists() for k in opcases.CASES if k[0] == group):
            pack(group)


if __name__ == '__main__':
    main()
