#!/usr/bin/env python3
"""Run Octet's flatbuffers of the one-operator graphs in LiteRT, and compare with TensorFlow's values.

usage: agree_ops.py [GROUP ...]

The Go test of pkg/frontend/graphdef leaves the flatbuffers in .corpus/tfops/octet (tag conformance). What disagrees goes into
.corpus/tfops/litert.json: group, case, why. Each group is run in a process of its own, which LiteRT may end.
"""

import json
import os
import subprocess
import sys
import zipfile
from io import BytesIO

import numpy as np

from agree import apart
from lite import BUILTIN, Runner
from places import PYTHON, TFOPS

LIMIT = {'float16': 2e-3}  # of the relative error; of other floats:
FLOAT_LIMIT = 1e-5
EXCUSED = {'math/Atanh/f32': 'infinite in between, which LiteRT clamps'}
NOISE = 3e-2  # twice the error of TFLiteConverter's flatbuffer is allowed, but no more than that of this


def array(z, case, index, sample, way, i):
    port = case['inputs' if way == 'in' else 'outputs'][i]
    if port['dtype'] == 'string':
        found = np.empty(len(port['strings'][sample]), object)
        found[:] = [s.encode('latin1') for s in port['strings'][sample]]
        return found.reshape(port['shapes'][sample])
    found = np.load(BytesIO(z.read(f'{index}.{sample}.{way}.{i}.npy')))
    return found[..., 0] + 1j * found[..., 1] if port['dtype'].startswith('complex') else found


def check(z, case, index, content):
    """Why the flatbuffer is not right, or None."""
    runner = Runner(content, BUILTIN)
    opened = any(p['shape'] is None or -1 in p['shape'] for p in case['inputs'])
    for sample in range(3):
        inputs = [array(z, case, index, sample, 'in', i) for i in range(len(case['inputs']))]
        fixed = [list(d['shape_signature']) for d in runner.inputs]
        if opened and any(-1 not in s and s != list(a.shape) for s, a in zip(fixed, inputs)):
            continue  # converted with the shapes of another sample
        got = runner.resized(inputs)
        for i in range(len(case['outputs'])):
            if case['random']:
                continue
            want = array(z, case, index, sample, 'out', i)
            e = apart(want.astype(got[i].dtype) if want.dtype.kind == 'c' else want, got[i])
            most = max(LIMIT.get(want.dtype.name, FLOAT_LIMIT), 2 * min(case['lite'].get('error') or 0, NOISE))
            if isinstance(e, str) or e > most:
                return f'sample {sample}, output {i}: {e}'
    return None


def group(name):
    """Print a line of JSON for each case that disagrees; before each case its number, for the case that ends the process."""
    with zipfile.ZipFile(TFOPS / f'{name}.zip') as z, zipfile.ZipFile(TFOPS / 'octet' / f'{name}.zip') as ours:
        cases = json.loads(z.read('cases.json'))
        skip = {int(n) for n in os.environ.get('SKIP', '').split(',') if n}
        for entry in sorted(ours.namelist(), key=lambda n: int(n.split('.')[0])):
            index = int(entry.split('.')[0])
            if index in skip:
                continue
            print(index, flush=True)
            try:
                why = check(z, cases[index], index, ours.read(entry))
            except (RuntimeError, ValueError, TypeError) as e:
                why = None if 'refused' in cases[index]['lite'] else 'LiteRT: ' + (str(e).splitlines() or [type(e).__name__])[0]
            if why and f'{name}/{cases[index]["name"]}' not in EXCUSED:
                print(json.dumps({'group': name, 'case': cases[index]['name'], 'why': why}), flush=True)


def spawn(name):
    """All disagreements of a group; cases that end the process are among them."""
    found, skip = [], []
    while True:
        environment = os.environ | {'SKIP': ','.join(map(str, skip))}
        command = [PYTHON, '-W', 'ignore', __file__, '--here', name]
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        lines = run.stdout.splitlines()
        if run.returncode == 0:
            return found + [json.loads(line) for line in lines if line.startswith('{')]
        last = int(next(line for line in reversed(lines) if line.isdigit()))
        with zipfile.ZipFile(TFOPS / f'{name}.zip') as z:
            case = json.loads(z.read('cases.json'))[last]['name']
        found.append({'group': name, 'case': case, 'why': f'LiteRT ends with status {run.returncode}'})
        skip.append(last)


def main():
    if sys.argv[1:2] == ['--here']:
        return group(sys.argv[2])
    names = sys.argv[1:] or sorted(p.stem for p in (TFOPS / 'octet').glob('*.zip'))
    found = [r for name in names for r in spawn(name)]
    (TFOPS / 'litert.json').write_text(json.dumps(found, indent=1) + '\n')
    print('\n'.join(f'{r["group"]}/{r["case"]}: {r["why"]}' for r in found))
    sys.exit(1 if found else 0)


if __name__ == '__main__':
    main()
