#!/usr/bin/env python3
"""Convert the Keras files of .corpus/keras with Octet, and compare the flatbuffers with Keras's values and TFLiteConverter's.

usage: keras_agree.py [--octet FILE] [NAME | PATTERN ...]

Writes .corpus/keras/NAME/octet-FORM.tflite and a record a file to .corpus/keras.json:
    verdict         agrees, refused (problems: what octet says), or wrong (problems: what is)
    error           greatest difference from Keras, relative to the greatest magnitude of an output, in LiteRT's builtin kernels
    xnnpack         the same as LiteRT runs by default
    lite_error      TFLiteConverter's error, if the model's own flatbuffer is at hand
    ops, lite_ops, more     numbers of operators, and by operator where Octet has more of them in all
Wrong are errors above 1e-5 and twice TFLiteConverter's, other types, shapes or names, a flatbuffer that LiteRT refuses, one that
advertises an open batch and, resized to 4, computes something else than four single runs, and what should be refused and is not.
"""

import argparse
import dataclasses
import fnmatch
import json
import pathlib
import subprocess
import sys
import tempfile

import agree
import source
from agree import Model
from lite import XNNPACK, operators
from places import CORPUS, KERAS, PYTHON, REPO

LIMIT = 1e-5
REFUSED = {  # names, and what the reason must name
    'keras3-super_resolution': 'Lambda',
    'keras2-lambda': 'Lambda',
    'real-fingerprint_signature_generator.siamese': 'Lambda',
    'real-keyword_spotting_alexa': 'MultiScaleTemporalConvolution',
    'real-keyword_spotting_on_off_v3': 'MultiScaleTemporalConvolution',
    'real-keyword_spotting_pacman_v3': 'MultiScaleTemporalConvolution',
}

SHAPES = {
    'real-spliceai1': ['--input-shapes', 'input_1=1,10100,4']
}  # which crops more than the one step that stands for an open length


def files(folder):
    """The Keras files of a folder, by form."""
    found = {p.suffix[1:]: p for p in sorted(folder.glob('model.*')) if p.suffix in ('.keras', '.h5')}
    link = folder / 'model.txt'
    return found | ({'file': pathlib.Path(link.read_text())} if link.exists() else {})


def theirs(found):
    """The source with the names that TFLiteConverter's flatbuffer has: those of the same positions."""
    content = found.lite
    model = Model(content, dataclasses.replace(found, signature=None))
    if not model.key:
        return dataclasses.replace(found, signature=None)  # inputs and outputs by position
    runner = model.lite.get_signature_runner(model.key)

    def renamed(tensors, details):
        known = sorted(details)
        return [
            dataclasses.replace(t, name=n)
            for t, n in zip(tensors, known if len(known) == len(tensors) else [t.name for t in tensors])
        ]

    ins, outs = (
        renamed(found.inputs, runner.get_input_details()),
        renamed(found.outputs, runner.get_output_details()),
    )
    return dataclasses.replace(found, inputs=ins, outputs=outs, signature=model.key)


def judge(found, form):
    """The record of a file whose octet-FORM.tflite is there; in this process, which LiteRT may end."""
    content = (found.folder / f'octet-{form}.tflite').read_bytes()
    samples, wanted = found.arrays('inputs'), found.arrays('outputs')
    record = {'ops': sum(operators(content).values())}
    record['error'], problems = agree.error(Model(content, found), samples, wanted)
    record['xnnpack'], more = agree.error(Model(content, found, XNNPACK), samples, wanted)
    problems += [f'XNNPACK: {p}' for p in more if p not in problems and 'integers differ' not in p]
    problems += agree.batches(content, found, samples)
    if found.lite is not None:
        other = theirs(found)
        record['lite_ops'] = sum(operators(found.lite).values())
        names = {a.name: b.name for a, b in zip(found.inputs + found.outputs, other.inputs + other.outputs)}
        try:
            record['lite_error'], record['lite_problems'] = agree.error(
                Model(found.lite, other), *([{names[k]: v for k, v in each.items()} for each in way] for way in (samples, wanted))
            )
        except (RuntimeError, ValueError, KeyError) as e:
            record['lite_problems'] = [str(e)[:300]]
        if record['ops'] > record['lite_ops']:
            a, b = operators(content), operators(found.lite)
            record['more'] = {k: [a.get(k, 0), b.get(k, 0)] for k in sorted(a.keys() | b.keys()) if a.get(k, 0) != b.get(k, 0)}
    most = max(LIMIT, 2 * record.get('lite_error', 0))
    if not record['error'] <= most:
        problems.append(f'error {record["error"]:.2g}, want at most {most:.2g}')
    if not record['xnnpack'] <= max(most, 1e-4):
        problems.append(f'xnnpack {record["xnnpack"]:.2g}')
    return record | {'problems': problems, 'verdict': 'wrong' if problems else 'agrees'}


def compare(octet, folder, form, path):
    name = f'{folder.name}.{form}'
    out, target = {'name': name}, folder / f'octet-{form}.tflite'
    target.unlink(missing_ok=True)
    try:
        run = subprocess.run(
            [octet, 'convert', path, '-o', target, *SHAPES.get(folder.name, [])],
            capture_output=True,
            text=True,
            timeout=agree.TIMEOUT,
        )
        reason = REFUSED.get(folder.name)
        if run.returncode:
            expected = run.returncode == 3 and reason and reason in run.stderr
            verdict = 'agrees' if expected else 'refused'
            return out | {
                'verdict': verdict,
                'status': run.returncode,
                'problems': [] if expected else [run.stderr.strip()[-1500:]],
            }
        if reason:
            return out | {'verdict': 'wrong', 'problems': [f'should be refused: {reason}']}
        run = subprocess.run(
            [PYTHON, '-W', 'ignore', __file__, '--here', name], capture_output=True, text=True, timeout=agree.TIMEOUT
        )
    except subprocess.TimeoutExpired as e:
        return out | {'verdict': 'wrong', 'problems': [f'{pathlib.Path(e.cmd[0]).name}: no answer within {agree.TIMEOUT} s']}
    if run.returncode:
        why = f'LiteRT ends with signal {-run.returncode}' if run.returncode < 0 else run.stderr.strip().splitlines()[-1]
        return out | {'verdict': 'wrong', 'problems': [why[:500]]}
    return out | json.loads(run.stdout.splitlines()[-1])


def summary(records):
    """Lines for people."""
    yield f'{len(records)} files: ' + ', '.join(
        f'{sum(r["verdict"] == v for r in records)} {v}' for v in ('agrees', 'refused', 'wrong')
    )
    yield f'more operators than TFLiteConverter: {", ".join(r["name"] for r in records if "more" in r) or "none"}'
    for r in records:
        if r['verdict'] != 'agrees':
            yield f'{r["name"]}: {r["verdict"]}: {r["problems"][0].splitlines()[0][:300]}'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these files; with * and ? as in shells')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built from this checkout if not given')
    parser.add_argument('--here', help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.here:
        folder, form = a.here.rsplit('.', 1)
        print(json.dumps(judge(source.load(KERAS / folder), form)))
        return
    wanted = [(p.parent, form, path) for p in sorted(KERAS.glob('[!.]*/source.json')) for form, path in files(p.parent).items()]
    wanted = [w for w in wanted if not a.name or any(fnmatch.fnmatch(f'{w[0].name}.{w[1]}', pattern) for pattern in a.name)]
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        records = [compare(octet, *w) for w in wanted]
    path = CORPUS / 'keras.json'
    kept = {r['name']: r for r in json.loads(path.read_text())} if path.exists() and a.name else {}
    kept |= {r['name']: r for r in records}
    path.write_text(json.dumps([kept[n] for n in sorted(kept)], indent=1) + '\n')
    print('\n'.join(summary(records)))
    if any(r['verdict'] != 'agrees' for r in records):
        sys.exit(1)


if __name__ == '__main__':
    main()
