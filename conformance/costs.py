#!/usr/bin/env python3
"""What each scheme costs, beside TFLiteConverter's and AI Edge Quantizer's: size, output error and time, of models with trained
weights.

usage: costs.py [--octet BINARY] [--again] [--by WHO] [--samples N] [NAME ...]
           measures what is not in .corpus/costs.json yet
       costs.py --calibrators [NAME ...]                   Octet's calibrators in int8, likewise
       costs.py --fits [NAME ...]                          Octet's fits of weights, likewise
       costs.py --table | --csv | --worse DECIBELS         prints the tables of docs/quantization.md | writes docs/costs.csv |
           where Octet loses more than a peer

All begin at one float flatbuffer and calibrate over the same samples, with the exception of TFLiteConverter's float16 and
dynamic, which need the flatbuffer's source and give no row where there is none. AI Edge Quantizer calibrates signatures
alone, and does not read the operators' codes of older files: it gets models with both. LiteRT's builtin kernels run each file
over the first 8 samples, or the first half of the N that --samples calibrates over, which is for large models. The error of a
model is the mean, over outputs, of the signal-to-noise ratio in decibels (10 log10(sum y² / sum (y - y')²)); equal outputs, and
those of constant zero, are left out. A file that a scheme left as large as the float model, since it quantized nothing, has no
error to speak of, and counts as none. Seconds are of CPU time: of Octet's process, and of the
peers' calls alone, without what they take to be loaded, and not where they begin at a source.
"""

import argparse
import functools
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '-1')
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

import lite
import models
from architectures import ARCHITECTURES
from places import CORPUS, REPO
from samples import inputs, samples
from schemes import outputs

RESULTS = CORPUS / 'costs.json'
OCTET = {
    'float16': [],
    'dynamic': [],
    'weight-only': [],
    'weight-only 4 bits': ['--weight-bits', '4'],
    'int8': ['--io', 'float32'],
    'int16x8': ['--io', 'float32'],
}
EDGE = {
    'dynamic': 'dynamic_wi8_afp32',
    'weight-only': 'weight_only_wi8_afp32',
    'weight-only 4 bits': 'weight_only_wi4_afp32',
    'int8': 'static_wi8_ai8',
    'int16x8': 'static_wi8_ai16',
}
PEERS = {'octet': 'Octet', 'tflite': 'TFLiteConverter', 'edge': 'AI Edge Quantizer'}
CALIBRATORS = ['minmax', 'percentile', 'mse', 'entropy', 'ema', 'auto']
FITTED = {
    'weight-only': ['--quantize', 'weight-only'],
    'weight-only 4 bits': ['--quantize', 'weight-only', '--weight-bits', '4'],
    'blocks of 32': ['--quantize', 'weight-only', '--weight-bits', '4', '--block-size', '32'],
    'dynamic': ['--quantize', 'dynamic'],
    'int8': ['--quantize', 'int8', '--io', 'float32'],
    'int16x8': ['--quantize', 'int16x8', '--io', 'float32'],
}
FITS = ['largest', 'mse', 'balanced']
SIGNATURE = 'serving_default'  # what a model without one gets
JUDGED = 8  # samples that LiteRT runs at most
QUANTIZED = 0.99  # of the float model's size at most is a file in which anything was quantized
TIMEOUT = 900  # seconds a conversion of Octet's


@functools.cache
def real():
    """The corpus' float models with trained weights by name, the smallest first: float32 twins in place of those that they are
    of, and none that LiteRT can't run."""
    found = {m.name: m for m in models.corpus() if m.kind == 'float' and m.name not in ARCHITECTURES}
    kept = [m for m in found.values() if f'folded-{m.name}' not in found and 'CUSTOM' not in lite.operators(m.path.read_bytes())]
    return {m.name: m for m in sorted(kept, key=lambda m: m.path.stat().st_size)}


class Model:
    def __init__(self, name, limit=None):
        self.name, self.path = name, real()[name].path
        self.content, self.flatbuffer = self.path.read_bytes(), models.load(self.path)
        self.order = inputs(self.flatbuffer)
        self.arrays = {k: a[:limit] for k, a in samples(real()[name], self.flatbuffer).items()}
        count = min(limit // 2 if limit else JUDGED, JUDGED, *(len(a) for a in self.arrays.values()))
        self.feeds = [[np.ascontiguousarray(self.arrays[x.name][i : i + 1]) for x in self.order] for i in range(count)]


def by_octet(octet, model, folder):
    """For each scheme, yields its name, the file and the seconds."""
    data = folder / 'samples.npz'
    np.savez(data, **model.arrays)
    for scheme, flags in OCTET.items():
        calibrated = ['--data', data, '--no-cache'] if scheme.startswith('int') else []
        yield scheme, *run_octet(octet, model, folder, ['--quantize', scheme.split()[0], *flags, *calibrated])


def run_octet(octet, model, folder, flags):
    out, before = folder / 'octet.tflite', resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([octet, 'convert', model.path, '-o', out, *flags], check=True, capture_output=True, timeout=TIMEOUT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return out.read_bytes(), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def signed(model):
    """The model's content, as AI Edge Quantizer can read it: with a signature for its main graph if it has none, by the tensors'
    names, and with operators' codes where it looks for them (files of older converters have them in a byte alone, and all their
    operators are ADD to it)."""
    whole = models.parse(model.content)
    if whole.signatureDefs and all(c.builtinCode for c in whole.operatorCodes if c.deprecatedBuiltinCode):
        return model.content
    graph = whole.subgraphs[0]

    def named(indices):
        return [schema.TensorMapT(name=graph.tensors[i].name, tensorIndex=int(i)) for i in indices]

    whole.signatureDefs = whole.signatureDefs or [
        schema.SignatureDefT(inputs=named(graph.inputs), outputs=named(graph.outputs), signatureKey=SIGNATURE)
    ]
    for code in whole.operatorCodes:
        code.builtinCode = max(code.builtinCode, code.deprecatedBuiltinCode)
    builder = flatbuffers.Builder(len(model.content))
    builder.Finish(whole.Pack(builder), b'TFL3')
    return bytes(builder.Output())


def by_edge(model):
    from ai_edge_quantizer import calibrator, quantizer, recipe

    content, signatures = signed(model), model.flatbuffer.signatureDefs
    key = signatures[0].signatureKey.decode() if signatures else SIGNATURE
    for scheme, make in EDGE.items():

        def convert(make=make):
            q = quantizer.Quantizer(bytearray(content), getattr(recipe, make)())
            ranges = None
            if q.need_calibration:
                count = min(len(a) for a in model.arrays.values())
                data = [{x.name: np.ascontiguousarray(model.arrays[x.name][i : i + 1]) for x in model.order} for i in range(count)]
                ranges = q.calibrate(
                    {key: data},
                    num_threads=2,
                    mode=calibrator.CalibrationMode.CALIBRATION_PROFILER_BASED,
                )
            return bytes(q.quantize(ranges, enable_progress_report=False).quantized_model)

        yield scheme, convert


def by_tflite(model):
    import oracle
    import weight_oracle

    def int8():
        return oracle.quantize(oracle.calibrate(model.content, model.flatbuffer, model.arrays), 'float32')

    yield 'int8', int8
    yield 'int16x8', lambda: oracle.quantize16(model.content, model.flatbuffer, model.arrays, 'float32')
    if model.name.startswith(('keras2-', 'tfjs-')) or model.name == 'efficientnet_lite0':
        found = {}

        def of_source(scheme):
            if not found:
                found.update(weight_oracle.answers_of(weight_oracle.converting(model.name, None)))
            return found[scheme]

        yield 'float16', lambda: of_source('float16')
        yield 'dynamic', lambda: of_source('dynamic')


def peer(which, folder, limit, names):
    """Write a peer's files of each model, and what it says, to a folder of the model's name, which is printed. A process of its
    own calls this, as TensorFlow may abort."""
    for name in names:
        (folder / name).mkdir()
        for scheme, convert in {'edge': by_edge, 'tflite': by_tflite}[which](Model(name, limit)):
            start, row = time.process_time(), {}
            try:
                (folder / name / f'{scheme}.tflite').write_bytes(convert())
                row['seconds'] = time.process_time() - start if which == 'edge' or scheme.startswith('int') else None
            except Exception as e:  # whatever it raises: the other schemes are still wanted
                row['error'] = f'{type(e).__name__}: {e}'[:300]
            (folder / name / f'{scheme}.json').write_text(json.dumps(row))
        print(name, flush=True)


def by_peer(folder):
    """What a peer left in its folder of a model."""
    for file in sorted(folder.glob('*.json')):
        row = json.loads(file.read_text())
        if 'error' in row:
            yield file.stem, None, row['error']
        else:
            yield file.stem, file.with_suffix('.tflite').read_bytes(), row['seconds']
    shutil.rmtree(folder)


def ratios(expected, found):
    """The signal-to-noise ratio of each output in decibels; None if it is equal, or there is no signal."""
    out = []
    for want, got in zip(zip(*expected), zip(*found)):
        want, got = np.stack(want).astype(np.float64), np.stack(got).astype(np.float64)
        noise, signal = np.sum((want - got) ** 2), np.sum(want**2)
        out.append(float(10 * np.log10(signal / noise)) if noise and signal else None)
    return out


def judged(model, expected, content, seconds):
    """A row of what a conversion gave: a file and its seconds, or no file and an error."""
    if content is None:
        return {'error': seconds}
    row = {'bytes': len(content), 'seconds': seconds and round(seconds, 3)}
    try:
        row['db'] = ratios(expected, outputs(content, model.feeds, lite.BUILTIN))
    except (ValueError, RuntimeError) as e:
        row['error'] = str(e)[:300]
    return row


def judge(model, made):
    """The rows of a model by scheme."""
    expected = outputs(model.content, model.feeds, lite.BUILTIN)
    return {scheme: judged(model, expected, content, seconds) for scheme, content, seconds in made}


def measure(which, octet, limit, names):
    """Yields each model's name and rows by scheme."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if which == 'octet':
            for name in names:
                model = Model(name, limit)
                yield name, judge(model, by_octet(octet, model, folder))
            return
        with subprocess.Popen(
            [sys.executable, '-W', 'ignore', __file__, '--peer', which, folder, str(limit or 0), *names],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as run:
            for line in run.stdout:
                if (name := line.strip()) in names:
                    yield name, judge(Model(name, limit), by_peer(folder / name))
        if run.returncode:
            print(f'{PEERS[which]} ends with status {run.returncode}', flush=True)


def calibrated(octet, limit, name):
    """The rows of Octet's int8 models by calibrator."""
    model = Model(name, limit)
    expected = outputs(model.content, model.feeds, lite.BUILTIN)
    found = {}
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        np.savez(root / 'samples.npz', **model.arrays)
        for c in CALIBRATORS:
            flags = ['--quantize', 'int8', '--io', 'float32', '--data', root / 'samples.npz', '--no-cache', '--calibrator', c]
            found[c] = judged(model, expected, *run_octet(octet, model, root, flags))
    return found


def fitted(octet, limit, name):
    """The rows of Octet's models by scheme and fit of weights."""
    model = Model(name, limit)
    expected = outputs(model.content, model.feeds, lite.BUILTIN)
    found = {}
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        np.savez(root / 'samples.npz', **model.arrays)
        for scheme, flags in FITTED.items():
            calibrated = ['--data', root / 'samples.npz'] if scheme.startswith('int') else []
            for fit in FITS:
                found[f'{scheme}, {fit}'] = judged(
                    model, expected, *run_octet(octet, model, root, [*flags, '--weight-fit', fit, *calibrated])
                )
    return found


def decibels(row, size=None):
    """A row's error; None if there is no such file, or if nothing in it is quantized, of a model of that size; infinity if all
    outputs are equal."""
    if row is None or 'db' not in row or size and row['bytes'] > QUANTIZED * size:
        return None
    known = [x for x in row['db'] if x is not None]
    return statistics.mean(known) if known else float('inf')


def table(results):
    whole = {name: r for name, r in sorted(results.items()) if all(w in r for w in PEERS)}
    print(
        '| scheme | models | '
        + ' | '.join(f'{p}, dB | size, % | time, s' for p in PEERS.values())
        + ' |\n| --- | ---: |'
        + ' ---: |' * 9
    )
    for scheme in OCTET:
        asked = [w for w in PEERS if any(scheme in r[w] for r in whole.values())]
        common = [r for r in whole.values() if all(decibels(r[w].get(scheme), r['bytes']) is not None for w in asked)]
        cells = []
        for w in PEERS:
            if w not in asked or not common:
                cells.append('– | – | –')
                continue
            rows = [r[w][scheme] for r in common]
            size = statistics.median(100 * x['bytes'] / r['bytes'] for x, r in zip(rows, common))
            cells.append(
                f'{statistics.median(map(decibels, rows)):.1f} | {size:.0f} | '
                + (f'{statistics.median(x["seconds"] for x in rows):.2f}' if all(x['seconds'] for x in rows) else '–')
            )
        print(f'| {scheme} | {len(common)} | ' + ' | '.join(cells) + ' |')
    chosen = {name: {c: decibels(r['calibrators'][c]) for c in CALIBRATORS} for name, r in results.items() if 'calibrators' in r}
    print('\n| model | ' + ' | '.join(CALIBRATORS) + ' |\n| --- |' + ' ---: |' * len(CALIBRATORS))
    for name, row in chosen.items():
        print(f'| {name} | ' + ' | '.join(f'{x:.1f}' for x in row.values()) + ' |')
    if chosen:
        print('| median | ' + ' | '.join(f'{statistics.median(r[c] for r in chosen.values()):.1f}' for c in CALIBRATORS) + ' |')


def gains(rows):
    """Cells of what the second decibels of each row gain over the first: of how many it is more than 0.5 better and worse, the
    median, the ends."""
    gain = [x[1] - x[0] for x in rows]
    better, worse = sum(g > 0.5 for g in gain), sum(g < -0.5 for g in gain)
    return f'{better}, {worse} | {statistics.median(gain):.1f} | {min(gain):.1f}, {max(gain):.1f}'


def fits(results):
    """What each fit gains over the default by scheme, the medians, and the decibels of 4 bits of each model."""
    found = {name: {k: decibels(row) for k, row in r['fits'].items()} for name, r in sorted(results.items()) if 'fits' in r}
    ends = ' | '.join(f'{f}: better, worse | median gain | least, greatest' for f in FITS[1:])
    measured = {}
    print(f'| scheme | models | {ends} |\n| --- | ---: |' + ' ---: |' * 6)
    for scheme in FITTED:
        rows = [[r.get(f'{scheme}, {fit}') for fit in FITS] for r in found.values()]
        measured[scheme] = rows = [r for r in rows if all(x is not None and x != float('inf') for x in r)]
        if rows:
            print(f'| {scheme} | {len(rows)} | {gains([r[:2] for r in rows])} | {gains([r[::2] for r in rows])} |')
    print('\n| scheme | models | ' + ' | '.join(FITS) + ' |\n| --- | ---: |' + ' ---: |' * len(FITS))
    for scheme, rows in measured.items():
        print(f'| {scheme} | {len(rows)} | ' + ' | '.join(f'{statistics.median(column):.1f}' for column in zip(*rows)) + ' |')
    shown = [f'{scheme}, {fit}' for scheme in list(FITTED)[1:3] for fit in FITS]
    print('\n| model | ' + ' | '.join(shown) + ' |\n| --- |' + ' ---: |' * len(shown))
    for name, row in found.items():
        print(f'| {name} | ' + ' | '.join('–' if row[k] is None else f'{row[k]:.1f}' for k in shown) + ' |')


def csv(results):
    """Writes all rows: a model, a scheme, who made it; nothing for decibels means equal outputs."""
    lines = ['model,scheme,by,db,bytes,percent,seconds']
    for name, r in sorted(results.items()):
        for scheme in OCTET:
            for w, who in PEERS.items():
                row = r.get(w, {}).get(scheme)
                if (db := decibels(row, r['bytes'])) is not None:
                    shown = '' if db == float('inf') else round(db, 2)
                    size = f'{row["bytes"]},{100 * row["bytes"] / r["bytes"]:.1f}'
                    lines.append(f'{name},{scheme},{who},{shown},{size},{row["seconds"] or ""}')
    (REPO / 'docs/costs.csv').write_text('\n'.join(lines) + '\n')


def worse(results, margin):
    for name, r in results.items():
        for which in ('tflite', 'edge'):
            for scheme, row in r.get(which, {}).items():
                own, other = decibels(r.get('octet', {}).get(scheme)), decibels(row, r['bytes'])
                if own is not None and other is not None and other != float('inf') and own < other - margin:
                    print(f'{name}, {scheme}: {own:.2f} dB, {PEERS[which]} {other:.2f}: {r["octet"][scheme]["db"]} {row["db"]}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    parser.add_argument('--again', action='store_true', help='measure what is there')
    parser.add_argument('--by', choices=list(PEERS), help='only what this one makes')
    parser.add_argument('--samples', type=int, metavar='N', help='to calibrate over: the first N of 16; LiteRT runs N/2')
    parser.add_argument('--calibrators', action='store_true')
    parser.add_argument('--fits', action='store_true')
    parser.add_argument('--table', action='store_true', help='print what is there')
    parser.add_argument('--csv', action='store_true', help='write what is there to docs/costs.csv')
    parser.add_argument('--worse', type=float, metavar='DECIBELS')
    parser.add_argument('--peer', nargs=3, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.peer:
        return peer(a.peer[0], pathlib.Path(a.peer[1]), int(a.peer[2]) or None, a.name)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if a.table:
        table(results)
        return fits(results)
    if a.csv:
        return csv(results)
    if a.worse is not None:
        return worse(results, a.worse)
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        alone = {'calibrators': calibrated} if a.calibrators else {'fits': fitted} if a.fits else {}
        for which in alone or ([a.by] if a.by else PEERS):
            wanted = [n for n in a.name or real() if a.again or which not in results.get(n, {})]
            rows = ((n, alone[which](octet, a.samples, n)) for n in wanted) if alone else measure(which, octet, a.samples, wanted)
            for name, found in rows:
                results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}  # others may have written
                results.setdefault(name, {'bytes': real()[name].path.stat().st_size})[which] = found
                RESULTS.write_text(json.dumps(results, indent=1) + '\n')
                print(f'{name}: {which}', flush=True)


if __name__ == '__main__':
    main()
