#!/usr/bin/env python3
"""int8 models in Vela, the compiler for Arm's Ethos-U NPUs: what it takes, and what it leaves to the CPU.

usage: vela.py [--accelerator NAME] [NAME …]

Compiles Octet's int8 models of the corpus (devices.py makes them) and TensorFlow's of the same float models: names again, others
where that was not done yet. .corpus/vela.json holds of each whether it was compiled, how many of its operators there are and how
many stay on the CPU, and why, by operator. The exit status is 1 if Vela refuses a model of Octet's whose twin of TensorFlow's it
takes.
"""

import argparse
import collections
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import devices
from lite import operators
from places import CORPUS, VENV

RESULTS = CORPUS / 'vela.json'
TIMEOUT = 900  # seconds a model
NPU = 'CUSTOM'  # what runs on the NPU is one custom operator


def reasons(text):
    """Why operators stay on the CPU, with how many do: 'OPERATOR: reason'."""
    found = re.findall(r'^Warning \(supported operators\) operator: (\w+).*\nReason: (.*)', text, re.M)
    return dict(collections.Counter(f'{op}: {re.sub(r" *[(].*?[)]|=.*| +$", "", why)}' for op, why in found).most_common())


def compiled(content, accelerator):
    """What becomes of a model."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / 'model.tflite').write_bytes(content)
        command = [VENV / 'bin' / 'vela', '--accelerator-config', accelerator, '--output-dir', folder, folder / 'model.tflite']
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return {'refused': f'no answer within {TIMEOUT} s'}
        said = run.stdout + run.stderr
        out = folder / 'model_vela.tflite'
        if run.returncode or not out.exists():
            return {
                'refused': (
                    [line for line in said.splitlines() if 'rror' in line] or said.strip().splitlines() or ['nothing was said']
                )[-1][:200]
            }
        left = operators(out.read_bytes())
    left.pop(NPU, None)
    return {'operators': sum(operators(content).values()), 'cpu': sum(left.values()), 'left': left, 'reasons': reasons(said)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models, again')
    parser.add_argument('--accelerator', default='ethos-u55-128')
    a = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for pair in devices.pairs(a.name):
        have = {} if a.name else results.get(pair.name, {})
        found = {k: compiled(p.read_bytes(), a.accelerator) for k, p in pair.paths().items() if k not in have}
        if not found:
            continue
        results[pair.name] = have | found
        RESULTS.write_text(json.dumps(results, indent=1) + '\n')
        print(
            f'{pair.name}: '
            + '; '.join(f'{k} {v.get("refused") or "{cpu} of {operators} on the CPU".format(**v)}' for k, v in found.items()),
            flush=True,
        )
    bad = [n for n, r in results.items() if 'refused' in r['octet'] and 'refused' not in r.get('tensorflow', {'refused': ''})]
    if bad:
        sys.exit(f'vela: takes TensorFlow\'s model but not Octet\'s of {", ".join(bad)}')


if __name__ == '__main__':
    main()
