#!/usr/bin/env python3
"""Calibration and conversion: Octet with every range recorded, beside its peers in the same run, as tables in Markdown.

usage: bench.py [--octet BINARY] [--rounds N] [--seconds S] [--models NAME,...] [--tables NAME,...] [--calibrators NAME,...]
                [--json FILE] [--isa SET]

Tables:
calibration     CPU milliseconds per sample on one thread: `octet convert`, the whole program (by the slope between a quarter of
                the samples and all of them, so that loading, quantizing and writing cancel out); XNNPACK's plain inference, which
                records nothing; TensorFlow's calibrator; AI Edge Quantizer's in both modes (bench_peer.py)
inference       the same without reading and checking samples: in process, samples in memory (pkg/shard BenchmarkRate),
                with every range recorded and with every histogram, beside XNNPACK's plain inference
cores           samples per second by the clock, on one core, to which the programs are bound, since octet reads ahead beside its
                one worker, and on two: octet's --workers, XNNPACK's threads; and what two octets make together, each on a core of
                its own and with nothing in common but the machine, which bounds what one program can reach
conversion      float model and 100 samples to int8, the whole program: seconds and peak memory of octet and of TFLiteConverter;
                from a SavedModel where .corpus/sources has one, else from the float flatbuffer, of which TFLiteConverter's
                calibrator and quantizer make one
int8            CPU milliseconds per sample on one thread of the int8 model that octet makes: `octet run` (by the slope), XNNPACK,
                and LiteRT's reference kernels, whose integers octet's equal

In each round the programs run in turn; a cell is the median of the rounds. A model has as many samples as XNNPACK takes for S
seconds, within limits. A dash is a peer that fails on the model. For a machine that does nothing else.

SET is native, or avx2, which has octet and its peers do without AVX-512, VNNI and AMX, in all tables (isa.py).
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np

import isa
import measured
import models
from places import HERE, PYTHON, REPO, SOURCES
from samples import inputs

MODELS = (
    'mobilenetv2,resnet50,efficientnetb0,efficientnet_lite0,unet,conv1d_audio,transformer,lstm,'
    'folded-mediapipe-palm_detection_full,tfjs-posenet,tfjs-movenet-lightning'
)
SAVED = {'mobilenetv2': 'full-mobilenetv2', 'resnet50': 'full-resnet50', 'efficientnetb0': 'full-efficientnetb0'}
TABLES = ('calibration', 'inference', 'cores', 'conversion', 'int8')
CALIBRATORS = {'xnnpack': 'XNNPACK', 'tensorflow': 'TensorFlow', 'preserve': 'AI Edge', 'profiler': 'AI Edge, profiler'}
RUNTIMES = {'xnnpack': 'XNNPACK', 'reference': 'reference kernels'}
CONVERTED = 100  # samples of the conversion
FEWEST, MOST = 24, 4000  # samples otherwise
BYTES = 256 << 20  # of samples at most


def timed(command, environment):
    """CPU seconds, wall seconds and peak bytes of a program, and what it prints; None if it fails."""
    used = measured.run([str(c) for c in command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return None if used.status else (used.cpu, used.seconds, used.memory, used.out)


@contextlib.contextmanager
def bound(first, end):
    """Binds programs that this thread starts meanwhile to the cores from the first up to the end, where the system can."""
    if not hasattr(os, 'sched_setaffinity'):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[first:end])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


class Bench:
    """The programs, for one model after the other, on a set of instructions."""

    def __init__(self, octet, rate, folder, rounds, seconds, instructions, calibrators):
        self.octet, self.rate, self.folder, self.rounds, self.seconds = octet, rate, folder, rounds, seconds
        self.ours, self.theirs = isa.octet(instructions), isa.peers(instructions, folder)
        self.samples, self.calibrators = {}, calibrators

    def model(self, path):
        """Makes the model's samples: few and many, and those of a conversion."""
        self.path = path
        self.make('converted', CONVERTED)
        self.sized('converted', path, 'few', 'many')

    def sized(self, measured, path, few, many):
        """Makes few and many samples of a model, by how long XNNPACK takes for those that are there."""
        rate = self.peer('xnnpack', 1, measured, path)
        size = (self.folder / f'{measured}.npz').stat().st_size / self.samples[measured]
        n = int(max(FEWEST, min(MOST, self.seconds / max(rate['cpu'], 1e-6), BYTES / size)))
        self.make(few, n // 4, path)
        self.make(many, n, path)

    def make(self, name, count, path=None):
        rng = np.random.default_rng(1)
        arrays = {}
        for x in inputs(models.load(path or self.path)):
            shape = (count, *x.shape[1:])
            floats = np.issubdtype(x.dtype, np.floating)
            arrays[x.name] = (rng.random(shape, np.float32) if floats else rng.integers(0, 8, shape)).astype(x.dtype)
        np.savez(self.folder / f'{name}.npz', **arrays)
        self.samples[name] = count

    def convert(self, source, samples, *options, out='octet.tflite'):
        out, data = self.folder / out, self.folder / f'{samples}.npz'
        return timed([self.octet, 'convert', source, '-o', out, '--data', data, '--no-cache', *options], self.ours)

    def run(self, model, samples):
        out, data = self.folder / 'outputs.npz', self.folder / f'{samples}.npz'
        return timed([self.octet, 'run', model, '-o', out, '--data', data, '--workers', 1], self.ours)

    def slope(self, program, few='few', many='many'):
        """CPU and wall seconds per sample of what program(samples) times."""
        a, b = program(few), program(many)
        if a is None or b is None:
            return None
        n = self.samples[many] - self.samples[few]
        return {'cpu': (b[0] - a[0]) / n, 'wall': (b[1] - a[1]) / n}

    def calibrate(self, workers):
        return self.slope(lambda samples: self.convert(self.path, samples, '--workers', workers))

    def apart(self):
        """What one sample takes by the clock if two programs, each on a core of its own, share the samples."""

        def one(core, samples):
            with bound(core, core + 1):
                return self.convert(self.path, samples, '--workers', 1, out=f'octet{core}.tflite')

        def both(samples):
            done = list(threads.map(one, (0, 1), (samples, samples)))
            return None if None in done else tuple(max(d[i] for d in done) for i in (0, 1))

        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            found = self.slope(both)
        return found and {'wall': found['wall'] / 2}

    def peer(self, kind, threads, samples='many', path=None):
        data = self.folder / f'{samples}.npz'
        command = [PYTHON, '-W', 'ignore', HERE / 'bench_peer.py', 'rate', kind, path or self.path, data, threads]
        done = timed(command, self.theirs)
        return done and json.loads(done[3].strip().splitlines()[-1])

    def medians(self, runs):
        """The medians of what each of several functions returns, run in turn; None for those that failed."""
        results = {name: [] for name in runs}
        for _ in range(self.rounds):
            for name, run in runs.items():
                if None not in results[name]:
                    results[name].append(run())
        return {
            name: None if None in found else {key: statistics.median(r[key] for r in found) for key in found[0]}
            for name, found in results.items()
        }

    def calibration(self, _name):
        runs = {'octet': lambda: self.calibrate(1)}
        runs |= {kind: lambda kind=kind: self.peer(kind, 1) for kind in self.calibrators}
        return dict.fromkeys(CALIBRATORS) | {name: r and 1e3 * r['cpu'] for name, r in self.medians(runs).items()}

    def inference(self, _name):
        runs = {name: lambda name=name: self.inside(name) for name in ('ranges', 'histograms')}
        runs['xnnpack'] = lambda: self.peer('xnnpack', 1)
        return {name: r and 1e3 * r['cpu'] for name, r in self.medians(runs).items()}

    def inside(self, name):
        """CPU seconds per sample in process."""
        ours = self.ours | {'OCTET_RATE_MODEL': str(self.path), 'OCTET_RATE_DATA': str(self.folder / 'many.npz')}
        command = [self.rate, '-test.run', '^$', '-test.bench', f'Rate/{name}$', '-test.benchtime', '1x', '-test.cpu', 1]
        done = timed(command, ours)
        found = done and re.search(r'([\d.e+]+) cpu-ns/sample', done[3])
        return found and {'cpu': float(found[1]) / 1e9}

    def cores(self, _name):
        def on(n, program):
            with bound(0, n):
                return program()

        runs = {'apart': self.apart}
        for n in (1, 2):
            runs[f'octet{n}'] = lambda n=n: on(n, lambda: self.calibrate(n))
            runs[f'xnnpack{n}'] = lambda n=n: on(n, lambda: self.peer('xnnpack', n))
        return {name: r and 1 / r['wall'] for name, r in self.medians(runs).items()}

    def conversion(self, name):
        saved = SOURCES / SAVED.get(name, name) / 'saved_model'
        source = saved if name in SAVED and saved.exists() else self.path
        data = self.folder / 'converted.npz'
        if source is saved:
            data = self.renamed(saved, data)

        def program(command, environment):
            done = timed(command, environment)
            return done and {'seconds': done[1], 'bytes': done[2]}

        octet = [self.octet, 'convert', source, '-o', self.folder / 'octet.tflite', '--data', data, '--no-cache']
        theirs = [PYTHON, '-W', 'ignore', HERE / 'bench_peer.py', 'convert', source, data, self.folder / 'theirs.tflite']
        return {'source': 'SavedModel' if source is saved else 'flatbuffer'} | self.medians(
            {'octet': lambda: program(octet, self.ours), 'tensorflow': lambda: program(theirs, self.theirs)}
        )

    def int8(self, _name):
        model = self.folder / 'int8.tflite'
        command = [self.octet, 'convert', self.path, '-o', model, '--data', self.folder / 'converted.npz']
        if timed(command, self.ours) is None:
            return dict.fromkeys(('octet', *RUNTIMES))
        self.make('integers', CONVERTED, model)
        self.sized('integers', model, 'few integers', 'many integers')
        runs = {'octet': lambda: self.slope(lambda samples: self.run(model, samples), 'few integers', 'many integers')}
        runs['xnnpack'] = lambda: self.peer('xnnpack', 1, 'many integers', model)
        runs['reference'] = lambda: self.peer('reference', 1, 'few integers', model)
        return {name: r and 1e3 * r['cpu'] for name, r in self.medians(runs).items()}

    def renamed(self, saved, data):
        """The samples under the names of a SavedModel's inputs and in their shapes; all are pictures."""
        described = json.loads((saved.parent / 'source.json').read_text())['inputs']
        rng = np.random.default_rng(1)
        path = self.folder / 'saved.npz'
        np.savez(path, **{d['name']: rng.random((CONVERTED, *d['shape'][1:]), np.float32) for d in described})
        return path


def ratio(a, b):
    return f'{a / b:.2f}' if a and b else '–'


def number(x, form='.2f'):
    return '–' if x is None else format(x, form)


def print_table(head, rows):
    print('\n| ' + ' | '.join(head) + ' |')
    print('| --- |' + ' ---: |' * (len(head) - 1))
    for row in rows:
        print('| ' + ' | '.join(row) + ' |')


def calibration_table(results):
    ratios = ['Octet / XNNPACK', 'TensorFlow / Octet', 'AI Edge / Octet', 'profiler / Octet']
    head = ['CPU ms per sample', 'Octet', *CALIBRATORS.values(), *ratios]
    rows = []
    for name, r in results.items():
        o, *peers = r['calibration']['octet'], *(r['calibration'][kind] for kind in CALIBRATORS)
        ratios = [ratio(o, peers[0]), *(ratio(p, o) for p in peers[1:])]
        rows.append([name, number(o), *(number(p) for p in peers), *ratios])
    print_table(head, rows)


def inference_table(results):
    head = [
        'in process, CPU ms per sample',
        'Octet, ranges',
        'histograms',
        'XNNPACK, plain',
        'ranges / XNNPACK',
        'histograms / ranges',
    ]
    rows = []
    for name, r in results.items():
        o, h, x = (r['inference'][key] for key in ('ranges', 'histograms', 'xnnpack'))
        rows.append([name, number(o, '.3f'), number(h, '.3f'), number(x, '.3f'), ratio(o, x), ratio(h, o)])
    print_table(head, rows)


def cores_table(results):
    head = ['samples per second', 'Octet, 1 core', '2 cores', '2 / 1', 'two programs', 'two / 1']
    head += ['XNNPACK, 1 thread', '2 threads', '2 / 1']
    rows = []
    for name, r in results.items():
        c = r['cores']
        row = [name]
        for p in ('octet', 'xnnpack'):
            one, two = c[f'{p}1'], c[f'{p}2']
            row += [number(one, '.0f'), number(two, '.0f'), ratio(two, one)]
            if p == 'octet':
                row += [number(c['apart'], '.0f'), ratio(c['apart'], one)]
        rows.append(row)
    print_table(head, rows)


def conversion_table(results):
    head = [f'int8, {CONVERTED} samples', 'from', 'Octet', '', 'TFLiteConverter', '', 'faster', 'memory']
    rows = []
    for name, r in results.items():
        c = r['conversion']
        row = [name, c['source']]
        for p in ('octet', 'tensorflow'):
            row += [f'{c[p]["seconds"]:.2f} s', f'{c[p]["bytes"] / 1e6:.0f} MB'] if c[p] else ['–', '–']
        for key in ('seconds', 'bytes'):
            row.append(ratio(c['tensorflow'][key], c['octet'][key]) + '×' if c['octet'] and c['tensorflow'] else '–')
        rows.append(row)
    print_table(head, rows)


def int8_table(results):
    head = ['int8, CPU ms per sample', 'Octet', *RUNTIMES.values(), 'Octet / XNNPACK', 'reference / Octet']
    rows = []
    for name, r in results.items():
        o, x, reference = (r['int8'][key] for key in ('octet', *RUNTIMES))
        rows.append([name, number(o), number(x), number(reference), ratio(o, x), ratio(reference, o)])
    print_table(head, rows)


PRINTERS = {
    'calibration': calibration_table,
    'inference': inference_table,
    'cores': cores_table,
    'conversion': conversion_table,
    'int8': int8_table,
}


def processor():
    lines = pathlib.Path('/proc/cpuinfo').read_text().splitlines()
    found = dict(reversed([[part.strip() for part in line.split(':', 1)] for line in lines if ':' in line]))
    vectors = ' '.join(f for f in ('avx2', 'fma', 'avx512f') if f in found.get('flags', '').split())
    name = found.get('model name', platform.machine())
    return f'{name} (family {found.get("cpu family")}, model {found.get("model")}; {vectors})'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built from this checkout if not given')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--seconds', type=float, default=1)
    parser.add_argument('--models', default=MODELS)
    parser.add_argument('--tables', default=','.join(TABLES))
    parser.add_argument('--calibrators', default=','.join(CALIBRATORS), help='the peers of the table calibration')
    parser.add_argument('--json', type=pathlib.Path)
    parser.add_argument('--isa', choices=isa.SETS, default='native')
    a = parser.parse_args()
    tables = a.tables.split(',')
    if unknown := set(tables) - set(TABLES):
        sys.exit(f'bench: no table is called {", ".join(unknown)}')
    if unknown := set(a.calibrators.split(',')) - set(CALIBRATORS):
        sys.exit(f'bench: no calibrator is called {", ".join(unknown)}, only {", ".join(CALIBRATORS)}')
    paths = {m.name: m.path for m in models.corpus()}
    if missing := [name for name in a.models.split(',') if name not in paths]:
        sys.exit(f'bench: the corpus has no {", ".join(missing)}; python3 conformance/run.py corpus models makes it')
    results = {}
    limited = f'; all with {a.isa} at most' if a.isa != 'native' else ''
    print(
        f'{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {a.rounds} runs in turn{limited}',
        flush=True,
    )
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        octet = a.octet or folder / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        rate = folder / 'rate'
        if 'inference' in tables:
            subprocess.run(['go', 'test', '-c', '-tags', 'conformance', '-o', rate, './pkg/shard'], cwd=REPO, check=True)
        try:
            bench = Bench(octet, rate, folder, a.rounds, a.seconds, a.isa, a.calibrators.split(','))
        except isa.Missing as missing:
            sys.exit(f'bench: {missing}')
        for model in a.models.split(','):
            print(f'{model} …', file=sys.stderr, flush=True)
            bench.model(paths[model])
            results[model] = {t: getattr(bench, t)(model) for t in tables}
            if a.json:
                a.json.write_text(json.dumps(results, indent=1) + '\n')
    for t in tables:
        PRINTERS[t](results)


if __name__ == '__main__':
    main()
